import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { until } from '../harness/until.ts'
import type { Channel, ChannelInfo, Mesh, Message, SubscribeOptions } from '../../src/index.ts'
import type { TestMesh } from '../../src/testing/index.ts'

const WAIT = { timeout: 40_000 }

describe('mesh: pub/sub, what several consumers ask of one channel', function () {
  this.timeout(120_000)
  let mesh: TestMesh
  let publisher: Mesh, first: Mesh, second: Mesh

  beforeEach(async () => {
    mesh = await createTestMesh([{}, {}, {}])
    await mesh.ready()
    ;[publisher, first, second] = mesh.nodes as [Mesh, Mesh, Mesh]
  })

  afterEach(async () => {
    for (const node of mesh.alive) expect(node.pubsub.info().counters).not.to.have.any.keys('refused', 'peers_cut', 'gossip_malformed')
    await mesh.stop()
  })

  async function consume (node: Mesh, handler: (message: Message) => unknown, options: SubscribeOptions = {}): Promise<Channel> {
    const channel = await node.pubsub.topic('orders').subscribe('billing', options)
    channel.onMessage(handler)
    return channel
  }

  const billing = (): ChannelInfo | undefined => publisher.pubsub.info().topics.find(({ name }) => name === 'orders')?.channels.find(({ name }) => name === 'billing')

  /** All leave, something is published meanwhile, somebody comes back. */
  async function comesBack (channels: Channel[]): Promise<void> {
    const topic = publisher.pubsub.topic('orders')
    await topic.publish('before', { confirm: 'handled' })
    for (const channel of channels) await channel.close()
    await until(() => (billing()?.consumers ?? 0) === 0, WAIT)
    expect((await topic.publish('meanwhile')).channels).to.deep.equal(['billing'])
    const got: unknown[] = []
    await consume(second, ({ body }) => { got.push(body) })
    await until(() => got.length > 0, WAIT)
    expect(got).to.deep.equal(['meanwhile'])
  }

  it('one that is ephemeral, and that a service needs for longer, keeps its place', async () => {
    await comesBack([await consume(first, () => {}, { durable: false }), await consume(second, () => {})])
  })

  it('whoever leaves last', async () => {
    await comesBack([await consume(first, () => {}, { durable: false }), await consume(second, () => {})].reverse())
  })

  it('also when the same node asks for less and for more', async () => {
    await comesBack([await consume(second, () => {}, { durable: false }), await consume(second, () => {}, { durable: true })])
  })

  it('one that is durable does not end with somebody who would not have needed it for longer', async () => {
    await comesBack([await consume(second, () => {}), await consume(first, () => {}, { durable: false })])
  })

  it('who says how often a message is tried is heard, though the channel was there before', async () => {
    const attempts: number[] = []
    const dead: number[] = []
    publisher.pubsub.addEventListener('dead', ({ detail }) => { dead.push(detail.attempts) })
    const handler = ({ attempt }: Message): never => {
      attempts.push(attempt)
      throw new Error('no')
    }
    const early = await consume(first, handler)
    const late = await consume(second, handler, { maxDeliver: 2, backoff: [20], ackWait: 60_000 })
    await until(() => early.settings.maxDeliver === 2, WAIT)
    const settings = { durable: true, expire: 3_600_000, maxDeliver: 2, ackWait: 60_000, backoff: [20] }
    for (const channel of [early, late]) expect(channel.settings).to.deep.include(settings)
    await publisher.pubsub.topic('orders').publish('never')
    await until(() => dead.length > 0, WAIT)
    expect([attempts, dead]).to.deep.equal([[1, 2], [2]])
    // who says nothing of them takes the channel as it is
    const third = await consume(publisher, handler)
    for (const channel of [early, third]) expect(channel.settings).to.deep.include(settings)
  })
})
