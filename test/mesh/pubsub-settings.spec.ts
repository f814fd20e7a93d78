import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { defineTopic } from '../../src/index.ts'
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

  it('a topic that is in use with other options is refused, and those that are not there for the topic', () => {
    const { pubsub } = publisher
    const topic = pubsub.topic('orders', { messages: 5, overflow: 'reject' })
    for (const options of [{ messages: 5, overflow: 'reject' }, { overflow: 'reject' }, {}] as const) expect(pubsub.topic('orders', options)).to.equal(topic)
    for (const options of [{ messages: 6 }, { overflow: 'wait' }, { messages: 5, bytes: 1_000 }] as const) {
      expect(() => pubsub.topic('orders', options), JSON.stringify(options)).to.throw().with.property('name', 'InvalidOptionsError')
    }
    const contract = (name: string): unknown => pubsub.topic(defineTopic(name, { body: z.string() }))
    expect(() => contract('braid.topic.linkcache.unlink')).to.throw().with.property('name', 'InvalidNameError')
    expect(() => contract('mail')).not.to.throw()
  })

  it('a publisher that restarts with its storage keeps to what is asked of a topic, not to what all topics have', async () => {
    const storage = mkdtempSync(join(tmpdir(), 'braid-settings-'))
    try {
      const options = { messages: 5, overflow: 'reject' } as const
      const before = await mesh.add({ storage, pubsub: { keeper: false } })
      await mesh.ready()
      await first.pubsub.topic('orders').subscribe('billing')
      for (let n = 0; n < 5; n++) expect((await before.pubsub.topic('orders', options).publish(n)).channels).to.deep.equal(['billing'])
      await before.stop()
      const again = await mesh.add({ storage, pubsub: { keeper: false } })
      expect(again.id).to.equal(before.id)
      await mesh.ready()
      await until(() => again.pubsub.info().topics.some(({ name, pending }) => name === 'orders' && pending === 5), WAIT)
      const outcome = await again.pubsub.topic('orders', options).publish(6).then(() => 'published', (err: Error) => err.name)
      expect(outcome).to.equal('OutboxFullError')
    } finally {
      rmSync(storage, { recursive: true, force: true })
    }
  })
})
