import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh, Message } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

/** Deadline of a wait: only how long a failing test takes. */
const WAIT = { timeout: 30_000 }

async function failure (promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

const bodies = (messages: readonly Message[]): unknown[] => messages.map(({ body }) => body)
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)

describe('mesh: pub/sub', function () {
  this.timeout(90_000)
  const running: TestMesh[] = []

  async function meshOf (count: number, options: TestNodeOptions = {}): Promise<Mesh[]> {
    const mesh = await createTestMesh(Array.from({ length: count }, () => ({})), { defaults: options })
    running.push(mesh)
    await mesh.ready()
    return [...mesh.nodes]
  }

  /** What a new consumer of the channel gets, and acks. */
  async function collect (mesh: Mesh, topic: string, channel: string, options = {}): Promise<Message[]> {
    const got: Message[] = []
    const end = await mesh.pubsub.topic(topic).subscribe(channel, options)
    end.onMessage(message => { got.push(message) })
    return got
  }

  async function publish (mesh: Mesh, topic: string, values: readonly unknown[]): Promise<void> {
    for (const value of values) await mesh.pubsub.topic(topic).publish(value)
  }

  afterEach(async () => {
    // nobody did what it may not
    for (const node of running.flatMap(mesh => mesh.alive)) {
      expect(node.pubsub.info().counters).not.to.have.any.keys('refused', 'peers_cut', 'gossip_malformed')
    }
    await Promise.all(running.splice(0).map(async mesh => mesh.stop()))
  })

  it('a message that is published on one node is handled on another, and its publisher is told', async () => {
    const [publisher, consumer] = await meshOf(2) as [Mesh, Mesh]
    const got = await collect(consumer, 'orders', 'billing')
    const receipt = await publisher.pubsub.topic('orders').publish({ item: 'book', count: 2 }, { confirm: 'handled', headers: { trace: 'x' }, key: 'ada' })
    expect(got).to.have.lengthOf(1)
    expect(got[0]).to.deep.include({ id: receipt.id, topic: 'orders', channel: 'billing', body: { item: 'book', count: 2 }, headers: { trace: 'x' }, key: 'ada', attempt: 1, publisher: publisher.id })
    expect(got[0]?.publishedAt).to.be.closeTo(Date.now(), 60_000)
    expect(receipt).to.deep.include({ reached: 'handled', channels: ['billing'] })
  })

  it('no body is no message', async () => {
    const [mesh] = await meshOf(1) as [Mesh]
    for (const body of [null, undefined]) {
      expect(await failure(mesh.pubsub.topic('orders').publish(body))).to.have.property('name', 'InvalidMessageError')
    }
  })

  it('one consumer gets the messages of one publisher in their order', async () => {
    const [publisher, consumer] = await meshOf(2) as [Mesh, Mesh]
    const got = await collect(consumer, 'orders', 'billing', { concurrency: 1 })
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(500).map(async n => topic.publish(n)))
    await until(() => got.length >= 500, WAIT)
    expect(bodies(got)).to.deep.equal(numbers(500))
  })

  it('a channel that begins at the beginning gets 7 of 7, one at the latest 5 of 7', async () => {
    const [publisher, consumer] = await meshOf(2) as [Mesh, Mesh]
    await publish(publisher, 'orders', numbers(2))
    const all = await collect(consumer, 'orders', 'all', { from: 'beginning', concurrency: 1 })
    const late = await collect(consumer, 'orders', 'late', { concurrency: 1 })
    await publish(publisher, 'orders', numbers(5, 3))
    await until(() => all.length >= 7 && late.length >= 5, WAIT)
    expect(bodies(all)).to.deep.equal(numbers(7))
    expect(bodies(late)).to.deep.equal(numbers(5, 3))
  })

  it('two channels each get all 7', async () => {
    const [publisher, first, second] = await meshOf(3) as [Mesh, Mesh, Mesh]
    const billing = await collect(first, 'orders', 'billing', { concurrency: 1 })
    const audit = await collect(second, 'orders', 'audit', { concurrency: 1 })
    await publish(publisher, 'orders', numbers(7))
    await until(() => billing.length >= 7 && audit.length >= 7, WAIT)
    expect(bodies(billing)).to.deep.equal(numbers(7))
    expect(bodies(audit)).to.deep.equal(numbers(7))
  })

  it('two consumers of a channel share its messages: each gets some, together all, none twice', async () => {
    const [publisher, first, second] = await meshOf(3) as [Mesh, Mesh, Mesh]
    const one = await collect(first, 'orders', 'billing')
    const two = await collect(second, 'orders', 'billing')
    await publish(publisher, 'orders', numbers(70))
    await until(() => one.length + two.length >= 70, WAIT)
    expect(one.length).to.be.greaterThan(0)
    expect(two.length).to.be.greaterThan(0)
    expect([...bodies(one), ...bodies(two)].sort((a, b) => Number(a) - Number(b))).to.deep.equal(numbers(70))
  })

  it('two consumers of one node share 7', async () => {
    const [mesh] = await meshOf(1) as [Mesh]
    const one = await collect(mesh, 'orders', 'billing')
    const two = await collect(mesh, 'orders', 'billing')
    await publish(mesh, 'orders', numbers(7))
    await until(() => one.length + two.length >= 7, WAIT)
    expect(one.length).to.be.greaterThan(0)
    expect(two.length).to.be.greaterThan(0)
    expect([...bodies(one), ...bodies(two)].sort()).to.deep.equal(numbers(7))
  })

  it('100 writers of 10 messages make exactly 1000', async () => {
    const [publisher, other, first, second] = await meshOf(4) as [Mesh, Mesh, Mesh, Mesh]
    const got = await Promise.all([first, second].map(async mesh => collect(mesh, 'orders', 'billing')))
    await Promise.all(numbers(100).map(async writer => publish(writer % 2 === 0 ? publisher : other, 'orders', numbers(10, writer * 10))))
    const count = (): number => got.reduce((sum, messages) => sum + messages.length, 0)
    await until(() => count() >= 1_000, { ...WAIT, what: () => `${count()} of 1000` })
    expect(new Set(got.flatMap(bodies))).to.have.lengthOf(1_000)
    expect(count()).to.equal(1_000)
  })

  it('bodies that travel by gossip arrive once, signed by their publisher', async () => {
    const [publisher, first, second] = await meshOf(3, { pubsub: { direct: 0 } }) as [Mesh, Mesh, Mesh]
    const got = await Promise.all([first, second].map(async mesh => collect(mesh, 'orders', 'billing')))
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(300).map(async n => topic.publish(n, { confirm: 'handled' })))
    await Promise.all(numbers(300, 301).map(async n => topic.publish(n, { confirm: 'handled' })))
    const all = got.flat()
    expect(bodies(all).toSorted((a, b) => Number(a) - Number(b))).to.deep.equal(numbers(600))
    expect(new Set(all.map(message => message.publisher))).to.deep.equal(new Set([publisher.id]))
    const { counters } = first.pubsub.info()
    expect(counters['gossip_received']).to.be.greaterThan(0)
    expect(publisher.pubsub.info().counters['gossip_published']).to.be.lessThan(100)
  })
})
