import { expect } from 'chai'
import { decodeUpdateMsg } from '../../src/pubsub/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { MAX_PUBLISHER_TOPICS } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import type { Mesh, Message } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

const WAIT = { timeout: 40_000 }
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)

async function failure (promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

describe('mesh: pub/sub within its bounds', function () {
  this.timeout(120_000)
  const running: TestMesh[] = []

  async function pair (options: TestNodeOptions = {}): Promise<{ mesh: TestMesh, publisher: Mesh, consumer: Mesh }> {
    const mesh = await createTestMesh([options, {}])
    running.push(mesh)
    await mesh.ready()
    const [publisher, consumer] = mesh.nodes as [Mesh, Mesh]
    return { mesh, publisher, consumer }
  }

  /** A consumer that handles nothing until its gate opens. */
  async function stuck (consumer: Mesh): Promise<{ got: Message[], open: () => void }> {
    const gate = Promise.withResolvers<void>()
    const got: Message[] = []
    const channel = await consumer.pubsub.topic('orders').subscribe('billing', { prefetch: 1, concurrency: 1 })
    channel.onMessage(async message => {
      await gate.promise
      got.push(message)
    })
    return { got, open: gate.resolve }
  }

  afterEach(async () => {
    await Promise.all(running.splice(0).map(async mesh => mesh.stop()))
  })

  it('an outbox that is full makes its publisher wait', async () => {
    const { publisher, consumer } = await pair({ pubsub: { outbox: { messages: 5 } } })
    const { got, open } = await stuck(consumer)
    let published = 0
    const all = Promise.all(numbers(20).map(async n => publisher.pubsub.topic('orders').publish(n).then(() => { published++ })))
    await until(() => published >= 5, WAIT)
    expect(await publisher.pubsub.topic('orders').publish(99, { signal: AbortSignal.timeout(100) }).then(() => 'published', (err: Error) => err.name)).to.equal('TimeoutError')
    expect(published).to.equal(5)
    open()
    await all
    await until(() => got.length >= 20, WAIT)
    expect(got.map(({ body }) => body).slice(0, 20)).to.deep.equal(numbers(20))
  })

  it('or is refused, when it was told so', async () => {
    const { publisher, consumer } = await pair({ pubsub: { outbox: { messages: 5, overflow: 'reject' } } })
    const { got, open } = await stuck(consumer)
    const topic = publisher.pubsub.topic('orders')
    const outcomes = await Promise.all(numbers(20).map(async n => topic.publish(n).then(() => 'published', (err: Error) => err.name)))
    expect(outcomes).to.deep.equal([...new Array(5).fill('published'), ...new Array(15).fill('OutboxFullError')])
    open()
    await until(() => got.length >= 5, WAIT)
    await topic.publish('more', { confirm: 'handled' })
    expect(got.map(({ body }) => body)).to.deep.equal([...numbers(5), 'more'])
  })

  it('or the oldest messages are given up, with an event', async () => {
    const { publisher, consumer } = await pair({ pubsub: { outbox: { messages: 5, overflow: 'dropOldest' } } })
    const { got, open } = await stuck(consumer)
    let dropped = 0
    publisher.pubsub.addEventListener('overflow', ({ detail }) => { dropped += detail.dropped })
    const topic = publisher.pubsub.topic('orders')
    for (const n of numbers(20)) await topic.publish(n)
    await until(() => dropped >= 14, WAIT)
    open()
    await until(() => got.some(({ body }) => body === 20), WAIT)
    expect(got.length).to.be.below(20)
  })

  it('a publisher that stops hands its messages to their consumers first, or to its keepers', async () => {
    const { publisher, consumer } = await pair()
    const got: unknown[] = []
    const channel = await consumer.pubsub.topic('orders').subscribe('billing', { concurrency: 4 })
    channel.onMessage(async ({ body }) => {
      await new Promise(resolve => { setTimeout(resolve, 5) })
      got.push(body)
    })
    await Promise.all(numbers(100).map(async n => publisher.pubsub.topic('orders').publish(n)))
    await publisher.stop()
    await until(() => new Set(got).size >= 100, WAIT)
    expect(got).to.have.lengthOf(100)
  })

  it('a publisher that nobody keeps messages for stops when its consumers have handled them', async () => {
    const mesh = await createTestMesh([{}, {}], { defaults: { pubsub: { keeper: false } } })
    running.push(mesh)
    await mesh.ready()
    const [publisher, consumer] = mesh.nodes as [Mesh, Mesh]
    const got: unknown[] = []
    const channel = await consumer.pubsub.topic('orders').subscribe('billing', { concurrency: 1 })
    channel.onMessage(async ({ body }) => {
      await new Promise(resolve => { setTimeout(resolve, 5) })
      got.push(body)
    })
    await Promise.all(numbers(50).map(async n => publisher.pubsub.topic('orders').publish(n)))
    await publisher.stop()
    expect(got).to.deep.equal(numbers(50))
  })

  it('who waits for what becomes of a message hears that the mesh was stopped', async () => {
    const { publisher, consumer } = await pair({ pubsub: { outbox: { messages: 5 } } })
    const { open } = await stuck(consumer)
    const topic = publisher.pubsub.topic('orders')
    const outcomes = Promise.all(numbers(20).map(async n => topic.publish(n, { confirm: 'handled' }).then(() => 'handled', (err: Error) => err.name)))
    await until(() => publisher.pubsub.info().topics[0]?.pending === 5, WAIT)
    await publisher.stop({ signal: AbortSignal.timeout(100) })
    expect(new Set(await outcomes)).to.deep.equal(new Set(['MeshStoppedError']))
    open()
  })

  it('a consumer that stops takes nothing with it', async () => {
    const { mesh, publisher, consumer } = await pair()
    const other = await mesh.add({})
    await mesh.ready()
    const got: unknown[] = []
    for (const node of [consumer, other]) {
      const channel = await node.pubsub.topic('orders').subscribe('billing')
      channel.onMessage(async ({ body }) => {
        await new Promise(resolve => { setTimeout(resolve, 2) })
        got.push(body)
      })
    }
    const receipts = Promise.all(numbers(200).map(async n => publisher.pubsub.topic('orders').publish(n, { confirm: 'handled' })))
    await until(() => got.length > 20, WAIT)
    await consumer.stop()
    await receipts
    expect(new Set(got)).to.have.lengthOf(200)
  })

  it('tells which publishers could not be asked where a channel begins', async () => {
    const { mesh, publisher, consumer } = await pair()
    mesh.freeze(publisher)
    const channel = await consumer.pubsub.topic('orders').subscribe('billing')
    expect(channel.unreached.map(({ id }) => id)).to.deep.equal([publisher.id])
    mesh.thaw(publisher)
    const got: unknown[] = []
    channel.onMessage(({ body }) => { got.push(body) })
    await until(async () => (await publisher.pubsub.topic('orders').publish('x', { confirm: 'handled' })).channels.length > 0, WAIT)
    expect(got).to.include('x')
  })

  it('carries, and buries, as many and as large headers as it takes', async () => {
    const { publisher, consumer } = await pair()
    const channel = await consumer.pubsub.topic('orders').subscribe('billing', { maxDeliver: 1 })
    channel.onMessage(() => { throw new Error('\u20ac'.repeat(1_024)) })
    const letters = await consumer.pubsub.topic('orders.$dead.billing').subscribe('look')
    const got: Message[] = []
    letters.onMessage(message => { got.push(message) })
    const few = { a: 'x'.repeat(16_300) }
    const many = Object.fromEntries(numbers(990).map(n => [`h${n}`, '']))
    // the largest body with the largest headers, and the most headers
    await publisher.pubsub.topic('orders').publish(new Uint8Array(1024 * 1024), { headers: few })
    await publisher.pubsub.topic('orders').publish(1, { headers: many })
    await until(() => got.length === 2, WAIT)
    for (const { headers, body } of got) {
      const before = body === 1 ? many : few
      expect(headers).to.include(before).and.to.have.property('braid-channel', 'billing')
    }
  })

  it('publishes on so many topics, and no more, and who hears them all hears others as well', async () => {
    const { publisher, consumer } = await pair()
    const heard = new Set<string>()
    for (const pattern of ['t.>', 'plain']) (await consumer.pubsub.topic(pattern).subscribe('all')).onMessage(({ topic }) => { heard.add(topic) })
    await publisher.pubsub.topic('plain').publish(0, { confirm: 'handled' })
    for (let n = 1; n < MAX_PUBLISHER_TOPICS; n++) await publisher.pubsub.topic(`t.${n}`).publish(n, { confirm: 'sent' })
    expect(await failure(publisher.pubsub.topic('t.more').publish(1))).to.have.property('name', 'InvalidOptionsError')
    await publisher.pubsub.topic('t.1').publish(2, { confirm: 'handled' })
    await publisher.pubsub.topic('plain').publish(1, { confirm: 'handled' })
    await until(() => heard.size === MAX_PUBLISHER_TOPICS, { timeout: 40_000 })
    expect(consumer.pubsub.info().counters).to.not.have.any.keys('peers_cut', 'refused')
  })

  it('refuses illegal names and options, and whatever was closed', async () => {
    const { publisher } = await pair()
    const { pubsub } = publisher
    for (const name of ['', 'Orders', 'a b', 'orders.>.x', '$x']) expect(() => pubsub.topic(name), name).to.throw().with.property('name', 'InvalidNameError')
    const topic = pubsub.topic('orders')
    expect(pubsub.topic('orders')).to.equal(topic)
    expect(await failure(topic.subscribe('Billing'))).to.have.property('name', 'InvalidNameError')
    for (const options of [{ prefetch: 0 }, { concurrency: 1.5 }, { maxDeliver: -1 }, { ackWait: 0 }, { backoff: [] }, { backoff: [-1] }, { from: 'now' as 'latest' }]) {
      expect(await failure(topic.subscribe('billing', options)), JSON.stringify(options)).to.have.property('name', 'InvalidOptionsError')
    }
    for (const options of [{ ttl: 0 }, { key: '' }, { key: 'half \ud83d' }, { confirm: 'soon' as 'sent' }, { headers: { a: 1 as unknown as string } }]) {
      expect(await failure(topic.publish(1, options)), JSON.stringify(options)).to.have.property('name', 'InvalidOptionsError')
    }
    // what no consumer would read
    const many = Object.fromEntries(numbers(991).map(n => [`h${n}`, '']))
    for (const headers of [JSON.parse('{"__proto__":"x"}') as Record<string, string>, { ['x'.repeat(257)]: '' }, many]) {
      expect(await failure(topic.publish(1, { headers }))).to.have.property('name', 'InvalidOptionsError')
    }
    for (const value of ['x'.repeat(20_000), '€'.repeat(6_000)]) expect(await failure(topic.publish(1, { headers: { a: value } }))).to.have.property('name', 'FrameTooLargeError')
    expect(await failure(topic.publish(() => {}))).to.have.property('name', 'EncodeError')
    await topic.close()
    expect(await failure(topic.publish(1))).to.have.property('name', 'ChannelClosedError')
    expect(await failure(topic.subscribe('billing'))).to.have.property('name', 'ChannelClosedError')
    expect(pubsub.topic('orders')).not.to.equal(topic)
    await publisher.stop()
    expect(await failure(pubsub.topic('orders').publish(1))).to.have.property('name', 'MeshStoppedError')
  })

  const views = async (lazy: boolean): Promise<void> => {
    const mesh = await createTestMesh([{ service: 'login', pubsub: { lazy } }])
    running.push(mesh)
    const [node] = mesh.nodes as [Mesh]
    const events: string[] = []
    node.pubsub.addEventListener('braid.topic.discover.service_update', ({ detail }) => { events.push(`${detail.Event} ${detail.Nod.Name} ${detail.Nod.ID}`) })
    const bodies: string[] = []
    const channel = await node.pubsub.topic('braid.topic.discover.service_update').subscribe('watch')
    channel.onMessage(({ body }) => {
      const { Event, Nod } = decodeUpdateMsg(body)
      bodies.push(`${Event} ${Nod.Name} ${Nod.ID}`)
    })
    const other = await mesh.add({ service: 'mail' })
    const added = `braid.topic.discover.service_node_add mail ${other.id}`
    await until(() => events.includes(added) && bodies.includes(added), WAIT)
    await other.stop()
    const removed = `braid.topic.discover.service_node_rmv mail ${other.id}`
    await until(() => events.includes(removed) && bodies.includes(removed), WAIT)
    const tokens: string[] = []
    node.pubsub.addEventListener('braid.topic.linkcache.unlink', ({ detail }) => { tokens.push(detail) })
    for (const token of ['ada', '', 'nil']) await node.pubsub.topic('braid.topic.linkcache.unlink').publish(new TextEncoder().encode(token))
    expect(tokens).to.deep.equal(['ada'])
    const states: unknown[] = []
    node.pubsub.addEventListener('braid.topic.election.change_state', ({ detail }) => { states.push(detail) })
    await until(() => states.length > 0, WAIT)
    expect(states.at(-1)).to.have.property('ID', node.id)
  }

  it('braid\'s own topics tell of this node\'s view, and of nobody else\'s', async () => views(false))

  it('and so they do where their code is loaded when somebody asks for them', async () => views(true))
})
