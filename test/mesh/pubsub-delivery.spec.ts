import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { defineTopic } from '../../src/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { Channel, Mesh, Message, Receipt, SubscribeOptions } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

const WAIT = { timeout: 40_000 }

async function failure (promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)
const sorted = (values: unknown[]): number[] => (values as number[]).toSorted((a, b) => a - b)

describe('mesh: pub/sub delivers at least once', function () {
  this.timeout(120_000)
  const running: TestMesh[] = []
  const directories: string[] = []

  async function meshOf (nodes: TestNodeOptions[]): Promise<TestMesh> {
    const mesh = await createTestMesh(nodes)
    running.push(mesh)
    await mesh.ready()
    return mesh
  }

  async function three (): Promise<{ mesh: TestMesh, publisher: Mesh, first: Mesh, second: Mesh }> {
    const mesh = await meshOf([{}, {}, {}])
    const [publisher, first, second] = mesh.nodes as [Mesh, Mesh, Mesh]
    return { mesh, publisher, first, second }
  }

  async function consume (mesh: Mesh, topic: string, channel: string, handler: (message: Message) => unknown, options: SubscribeOptions = {}): Promise<Channel> {
    const end = await mesh.pubsub.topic(topic).subscribe(channel, options)
    end.onMessage(handler)
    return end
  }

  function directory (): string {
    const made = mkdtempSync(join(tmpdir(), 'braid-pubsub-'))
    directories.push(made)
    return made
  }

  afterEach(async () => {
    // nobody did what it may not
    for (const node of running.flatMap(mesh => mesh.alive)) {
      expect(node.pubsub.info().counters).not.to.have.any.keys('refused', 'peers_cut', 'gossip_malformed')
    }
    await endMeshes(...running.splice(0))
    for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true })
  })

  it('a handler that throws gets the message again, with the next attempt', async () => {
    const { publisher, first } = await three()
    const attempts: number[] = []
    await consume(first, 'orders', 'billing', ({ attempt }) => {
      attempts.push(attempt)
      if (attempt < 3) throw new Error('not yet')
    }, { backoff: [20] })
    await publisher.pubsub.topic('orders').publish('x', { confirm: 'handled' })
    expect(attempts).to.deep.equal([1, 2, 3])
    expect(publisher.pubsub.info().topics[0]?.channels[0]).to.deep.include({ name: 'billing', consumers: 1, lag: 0, pending: 0, redelivered: 2, dead: 0 })
  })

  it('a loop that is slow is given what it asks for: nothing runs out that it has not looked at', async () => {
    const ackWait = 1_000
    // all together take longer than that; where one of them does, it comes again, rightly
    const { taken, ...rest } = await undisturbed(async () => slowLoop(ackWait), ({ redelivered, dead }) => redelivered === 0 && dead === 0, ({ longest }) => longest < ackWait / 2 ? 0 : longest)
    expect(sorted(taken)).to.deep.equal(numbers(60))
    expect(rest).to.include({ redelivered: 0, dead: 0 })
  })

  /** What a loop took, how often anything was given again or up, and the longest time that it had one. */
  async function slowLoop (ackWait: number): Promise<{ taken: number[], redelivered: number | undefined, dead: number | undefined, longest: number }> {
    await endMeshes(...running.splice(0))
    const { publisher, first } = await three()
    const channel = await first.pubsub.topic('orders').subscribe('billing', { ackWait })
    const taken: number[] = []
    let longest = 0
    const loop = (async () => {
      for await (const message of channel) {
        const began = performance.now()
        await new Promise(resolve => setTimeout(resolve, 40))
        taken.push(message.body as number)
        await message.ack()
        longest = Math.max(longest, performance.now() - began)
      }
    })()
    await Promise.all(numbers(60).map(async n => publisher.pubsub.topic('orders').publish(n, { confirm: 'handled' })))
    await channel.close()
    await loop
    const { redelivered, dead } = publisher.pubsub.info().topics[0]?.channels[0] ?? {}
    return { taken, redelivered, dead, longest }
  }

  it('what a loop leaves goes to others at once, as often as it begins anew', async () => {
    const { publisher, first, second } = await three()
    const channel = await first.pubsub.topic('orders').subscribe('billing', { maxDeliver: 2, ackWait: 600_000 })
    const taken: number[] = []
    const attempts = new Set<number>()
    const take = ({ body, attempt }: Message): void => {
      taken.push(body as number)
      attempts.add(attempt)
    }
    const one = async (): Promise<void> => {
      for await (const message of channel) {
        take(message)
        await message.ack()
        if (taken.length > 0) break
      }
    }
    const published = Promise.all(numbers(20).map(async n => publisher.pubsub.topic('orders').publish(n, { confirm: 'handled' })))
    for (let n = 0; n < 5; n++) await one()
    await consume(second, 'orders', 'billing', take)
    // long before ackWait
    await published
    expect(sorted(taken)).to.deep.equal(numbers(20))
    expect([...attempts]).to.deep.equal([1])
    expect(publisher.pubsub.info().topics[0]?.channels[0]).to.deep.include({ dead: 0 })
  })

  it('`handled` waits for a durable channel whose consumer comes again, and for one that is deleted it does not', async () => {
    const { publisher, first } = await three()
    const topic = publisher.pubsub.topic('orders')
    for (const name of ['billing', 'audit']) await (await consume(first, 'orders', name, () => {}, { durable: true })).close()
    await until(() => publisher.pubsub.info().channels.length === 2 && publisher.pubsub.info().channels.every(({ consumers }) => consumers === 0), WAIT)
    let receipt: Receipt | undefined
    const published = topic.publish('x', { confirm: 'handled' }).then(given => { receipt = given })
    await topic.publish('y', { confirm: 'sent' })
    await topic.deleteChannel('audit')
    await until(() => publisher.pubsub.info().channels.length === 1, WAIT)
    expect(receipt).to.equal(undefined)
    const handled: unknown[] = []
    await consume(first, 'orders', 'billing', ({ body }) => { handled.push(body) })
    await published
    expect(receipt).to.deep.include({ reached: 'handled', channels: ['audit', 'billing'] })
    expect(handled).to.include('x')
  })

  it('a node that has just started deletes a channel that it has not heard of yet', async () => {
    const { mesh, first, publisher } = await three()
    await (await consume(first, 'orders', 'billing', () => {}, { durable: true })).close()
    await until(() => publisher.pubsub.info().channels.some(({ name, consumers }) => name === 'billing' && consumers === 0), WAIT)
    const admin = await mesh.add({})
    await admin.pubsub.topic('orders').deleteChannel('billing')
    await until(() => [first, publisher].every(({ pubsub }) => pubsub.info().channels.length === 0), WAIT)
  })

  it('what a consumer had when it died, another one of the channel handles', async () => {
    const { mesh, publisher, first, second } = await three()
    const held: unknown[] = []
    const handled: unknown[] = []
    await consume(first, 'orders', 'billing', async ({ body }) => {
      held.push(body)
      await new Promise(() => {})
    })
    await consume(second, 'orders', 'billing', ({ body }) => { handled.push(body) })
    const topic = publisher.pubsub.topic('orders')
    const receipts = Promise.all(numbers(40).map(async n => topic.publish(n, { confirm: 'handled' })))
    await until(() => held.length + handled.length >= 40 && held.length > 0, WAIT)
    mesh.kill(first)
    await receipts
    expect(sorted(handled)).to.deep.equal(numbers(40))
  })

  it('a publisher that restarts with its storage goes on with what was not handled', async () => {
    const storage = directory()
    const mesh = await meshOf([{ pubsub: { keeper: false } }, { storage, pubsub: { keeper: false } }])
    const [consumer, publisher] = mesh.nodes as [Mesh, Mesh]
    // a channel that nobody consumes from at the moment
    const end = await consumer.pubsub.topic('orders').subscribe('billing', { durable: true })
    const handled: unknown[] = []
    for (const n of numbers(10)) {
      const receipt = await publisher.pubsub.topic('orders').publish(n)
      expect(receipt).to.deep.include({ reached: 'outbox', channels: ['billing'] })
    }
    await publisher.stop()
    const again = await mesh.add({ storage, pubsub: { keeper: false } })
    expect(again.id).to.equal(publisher.id)
    await mesh.ready()
    const ids: string[] = []
    end.onMessage(message => {
      handled.push(message.body)
      ids.push(message.id)
    })
    await until(() => handled.length >= 10, WAIT)
    await again.pubsub.topic('orders').publish(11, { confirm: 'handled' })
    expect(sorted([...new Set(handled)])).to.deep.equal(numbers(11))
    expect(new Set(ids)).to.have.lengthOf(11)
  })

  it('what was on a stream that broke is said again, while the connection lives', async () => {
    const { publisher, first } = await three()
    const got: unknown[] = []
    const gate = Promise.withResolvers<void>()
    await consume(first, 'orders', 'billing', async ({ body }) => {
      got.push(body)
      await gate.promise
    })
    const topic = publisher.pubsub.topic('orders')
    const receipts = Promise.all(numbers(20).map(async n => topic.publish(n, { confirm: 'handled' })))
    await until(() => got.length >= 20, WAIT)
    const streams = [publisher, first].flatMap(node => node.libp2p.getConnections().flatMap(({ streams }) => streams).filter(({ protocol }) => protocol.includes('/pubsub/')))
    expect(streams.length).to.be.greaterThan(0)
    // the acks leave, and do not arrive
    gate.resolve()
    for (const stream of streams) stream.abort(new Error('broken'))
    await receipts
    expect(sorted(got)).to.deep.equal(numbers(20))
    expect(first.libp2p.getConnections(publisher.libp2p.peerId)).not.to.have.lengthOf(0)
  })

  it('a message that always fails goes to the dead letters after its deliveries, and holds up no other', async () => {
    const { publisher, first, second } = await three()
    const dead: unknown[] = []
    publisher.pubsub.addEventListener('dead', ({ detail }) => { dead.push(detail) })
    const handled: unknown[] = []
    await consume(first, 'orders', 'billing', ({ body }) => {
      if (body === 3) throw new Error('poison')
      handled.push(body)
    }, { maxDeliver: 3, backoff: [10] })
    const topic = publisher.pubsub.topic('orders')
    const receipts = await Promise.all(numbers(5).map(async n => topic.publish(n, { confirm: 'handled', headers: { trace: 't' } })))
    expect(sorted(handled)).to.deep.equal([1, 2, 4, 5])
    expect(dead).to.have.lengthOf(1)
    const { id } = receipts[2] as { id: string }
    expect(dead[0]).to.deep.include({ topic: 'orders', channel: 'billing', id, attempts: 3 })
    // they are read as any topic is, later and elsewhere
    const letters: Message[] = []
    await consume(second, 'orders.$dead.billing', 'care', message => { letters.push(message) }, { from: 'beginning' })
    await until(() => letters.length > 0, WAIT)
    expect(letters[0]?.body).to.equal(3)
    expect(letters[0]?.headers).to.deep.include({ 'trace': 't', 'braid-topic': 'orders', 'braid-channel': 'billing', 'braid-id': id, 'braid-attempts': '3', 'braid-reason': 'poison' })
    expect(publisher.pubsub.info().topics.find(({ name }) => name === 'orders')?.channels[0]).to.deep.include({ dead: 1, lag: 0 })
  })

  it('term buries at once, nak comes again after its delay, working holds the deadline off', async () => {
    const ackWait = 1_000
    const expected = ['later 1', 'later 2', 'long 1', 'poison 1']
    // where it could not say for so long that it works, it is given again, rightly
    const { seen, reason } = await undisturbed(async () => outcomes(ackWait), ({ seen }) => seen.join() === expected.join(), ({ gap }) => gap < ackWait / 2 ? 0 : gap)
    expect(seen).to.deep.equal(expected)
    expect(reason).to.equal('never\ufffd')
  })

  /** What was handled, at which attempt; why something was buried; and the longest time between two words of what works. */
  async function outcomes (ackWait: number): Promise<{ seen: string[], reason: string | undefined, gap: number }> {
    await endMeshes(...running.splice(0))
    const { publisher, first, second } = await three()
    const seen: string[] = []
    let gap = 0
    await consume(first, 'orders', 'billing', async message => {
      seen.push(`${message.body} ${message.attempt}`)
      if (message.body === 'poison') await message.term('never\ud83d')
      if (message.body === 'later' && message.attempt === 1) await message.nak(30)
      if (message.body === 'long') {
        for (let i = 0, said = performance.now(); i < 8; i++) {
          await new Promise(resolve => { setTimeout(resolve, 250) })
          gap = Math.max(gap, performance.now() - said)
          said = performance.now()
          message.working()
        }
      }
    }, { ackWait, backoff: [10_000] })
    const letters: Message[] = []
    await consume(second, 'orders.$dead.billing', 'care', message => { letters.push(message) })
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(['poison', 'later', 'long'].map(async body => topic.publish(body, { confirm: 'handled' })))
    await until(() => letters.length === 1, WAIT)
    return { seen: seen.toSorted(), reason: letters[0]?.headers['braid-reason'], gap }
  }

  it('a delay that is no whole number is one, and takes none of the acks beside it with it', async () => {
    const { publisher, first } = await three()
    const channel = await first.pubsub.topic('orders').subscribe('billing', { ackWait: 600_000, backoff: [600_000] })
    const topic = publisher.pubsub.topic('orders')
    const handled = [1, 2, 3].map(async n => topic.publish(n, { confirm: 'handled' }))
    const seen: string[] = []
    const all: Message[] = []
    for await (const message of channel) {
      seen.push(`${message.body} ${message.attempt}`)
      all.push(message)
      // all three in one tick
      if (all.length === 3) await Promise.all(all.map(async message => message.body === 3 ? message.nak(33.3) : message.ack()))
      if (all.length < 4) continue
      await message.ack()
      break
    }
    await Promise.all(handled)
    expect(seen).to.deep.equal(['1 1', '2 1', '3 1', '3 2'])
  })

  it('a pattern gets the topics that match, those that come later too, and no dead letters', async () => {
    const { publisher, first, second } = await three()
    const star: string[] = []
    const rest: string[] = []
    await consume(first, 'orders.*', 'star', ({ topic, body }) => {
      star.push(`${topic} ${String(body)}`)
      if (body === 'poison') throw new Error('no')
    }, { maxDeliver: 1 })
    await consume(second, 'orders.>', 'rest', ({ topic, body }) => { rest.push(`${topic} ${String(body)}`) })
    for (const name of ['orders.eu', 'orders.us', 'orders', 'orders.eu.de', 'billing.eu']) await publisher.pubsub.topic(name).publish(1)
    await publisher.pubsub.topic('orders.eu').publish('poison', { confirm: 'handled' })
    await until(() => star.length >= 3 && rest.length >= 4, WAIT)
    expect(star.toSorted()).to.deep.equal(['orders.eu 1', 'orders.eu poison', 'orders.us 1'])
    expect(rest.toSorted()).to.deep.equal(['orders.eu 1', 'orders.eu poison', 'orders.eu.de 1', 'orders.us 1'])
    expect(await failure(publisher.pubsub.topic('orders.*').publish(1))).to.have.property('name', 'InvalidNameError')
  })

  it('a channel begins at a time', async () => {
    const { publisher, first } = await three()
    const topic = publisher.pubsub.topic('orders')
    await topic.publish(1)
    await until(() => Date.now() > 0)
    await new Promise(resolve => { setTimeout(resolve, 30) })
    const from = new Date()
    await topic.publish(2)
    await topic.publish(3)
    const got: unknown[] = []
    await consume(first, 'orders', 'billing', ({ body }) => { got.push(body) }, { from })
    await until(() => got.length >= 2, WAIT)
    await topic.publish(4, { confirm: 'handled' })
    expect(sorted(got)).to.deep.equal([2, 3, 4])
  })

  it('messages of a key are handled one after the other, in their order, by one consumer', async () => {
    const { publisher, first, second } = await three()
    const seen = new Map<string, Array<{ n: number, by: string }>>()
    let together = 0
    const busy = new Set<string>()
    for (const [mesh, by] of [[first, 'first'], [second, 'second']] as const) {
      await consume(mesh, 'orders', 'billing', async ({ key = '', body }) => {
        if (busy.has(key)) together++
        busy.add(key)
        seen.set(key, [...seen.get(key) ?? [], { n: body, by }])
        await new Promise(resolve => { setTimeout(resolve, 1) })
        busy.delete(key)
      })
    }
    const topic = publisher.pubsub.topic('orders')
    await Promise.all(numbers(120).map(async n => topic.publish(n, { key: `k${n % 6}`, confirm: 'handled' })))
    expect(together).to.equal(0)
    expect(seen.size).to.equal(6)
    for (const list of seen.values()) {
      expect(list.map(({ n }) => n)).to.deep.equal(sorted(list.map(({ n }) => n)))
      expect(new Set(list.map(({ by }) => by))).to.have.lengthOf(1)
    }
  })

  it('a message that nobody takes within its ttl is dropped, with an event', async () => {
    const { publisher, first } = await three()
    const expired: unknown[] = []
    publisher.pubsub.addEventListener('expired', ({ detail }) => { expired.push(detail) })
    const got: unknown[] = []
    const end = await first.pubsub.topic('orders').subscribe('billing', { concurrency: 1 })
    const gate = Promise.withResolvers<void>()
    end.onMessage(async ({ body }) => {
      got.push(body)
      if (body === 'slow') await gate.promise
    })
    const topic = publisher.pubsub.topic('orders')
    await topic.publish('slow')
    await until(() => got.length === 1, WAIT)
    const { id } = await topic.publish('stale', { ttl: 100 })
    await until(() => expired.length === 1, WAIT)
    gate.resolve()
    await topic.publish('fresh', { confirm: 'handled' })
    expect(got).to.deep.equal(['slow', 'fresh'])
    expect(expired).to.deep.equal([{ topic: 'orders', channel: 'billing', id }])
  })

  it('bodies up to 1 MiB arrive whole, larger ones are refused', async () => {
    const { publisher, first } = await three()
    const got: Uint8Array[] = []
    await consume(first, 'orders', 'billing', ({ body }) => { got.push(body) })
    const body = new Uint8Array(1024 * 1024).map((_, i) => i * 7)
    const topic = publisher.pubsub.topic('orders')
    await topic.publish(body, { confirm: 'handled' })
    await topic.publish(body.subarray(0, 200_000), { confirm: 'handled' })
    expect(got[0]).to.deep.equal(body)
    expect(got[1]).to.deep.equal(body.subarray(0, 200_000))
    expect(await failure(topic.publish(new Uint8Array(1024 * 1024 + 1)))).to.have.property('name', 'FrameTooLargeError')
  })

  it('a typed topic checks what is published, and gives consumers what its schema makes of it', async () => {
    const { publisher, first } = await three()
    const orders = defineTopic('orders', { body: z.object({ count: z.coerce.number<string>() }) })
    const got: number[] = []
    const end = await first.pubsub.topic(orders).subscribe('billing')
    end.onMessage(({ body }) => { got.push(body.count) })
    const topic = publisher.pubsub.topic(orders)
    await topic.publish({ count: '7' }, { confirm: 'handled' })
    expect(got).to.deep.equal([7])
    expect(await failure(topic.publish({ count: 'many' }))).to.have.property('name', 'InvalidMessageError')
  })

  it('the contract of a pattern checks what comes of the topics that match, and publishes nothing', async () => {
    const { publisher, first } = await three()
    const all = first.pubsub.topic(defineTopic('orders.*', { body: z.object({ count: z.coerce.number<string>() }) }))
    const got: number[] = []
    ;(await all.subscribe('billing', { maxDeliver: 1 })).onMessage(({ body }) => { got.push(body.count) })
    for (const count of ['7', 'many', '8']) await publisher.pubsub.topic('orders.eu').publish({ count }, { confirm: 'handled' })
    expect(got).to.deep.equal([7, 8])
    expect(publisher.pubsub.info().topics.find(({ name }) => name === 'orders.eu')?.channels[0]).to.deep.include({ dead: 1 })
    expect(await failure(all.publish({ count: '7' }))).to.have.property('name', 'InvalidNameError')
  })

  it('a channel that is deleted ends everywhere; one that is made anew is another', async () => {
    const { publisher, first, second } = await three()
    const before: unknown[] = []
    const end = await consume(first, 'orders', 'billing', ({ body }) => { before.push(body) })
    const topic = publisher.pubsub.topic('orders')
    await topic.publish(1, { confirm: 'handled' })
    await topic.deleteChannel('billing')
    await until(async () => { try { end[Symbol.asyncIterator](); return false } catch (err) { return (err as Error).name === 'ChannelClosedError' } }, WAIT)
    expect((await topic.publish(2)).channels).to.deep.equal([])
    const after: unknown[] = []
    await consume(second, 'orders', 'billing', ({ body }) => { after.push(body) })
    await topic.publish(3, { confirm: 'handled' })
    expect([before, after]).to.deep.equal([[1], [3]])
    // at once, by the one that consumed from it
    await second.pubsub.topic('orders').deleteChannel('billing')
    const last: unknown[] = []
    await consume(second, 'orders', 'billing', ({ body }) => { last.push(body) })
    await until(async () => (await topic.publish(4, { confirm: 'handled' })).channels.length > 0 && last.length > 0, WAIT)
    expect([before, after, last[0]]).to.deep.equal([[1], [3], 4])
  })

  it('a consumer that closes gives back what it did not begin; the channel goes on with the others', async () => {
    const { publisher, first, second } = await three()
    const handled: unknown[] = []
    const end = await consume(first, 'orders', 'billing', async ({ body }) => {
      await new Promise(resolve => { setTimeout(resolve, 20) })
      handled.push(body)
    }, { concurrency: 1 })
    await consume(second, 'orders', 'billing', ({ body }) => { handled.push(body) })
    const topic = publisher.pubsub.topic('orders')
    const receipts = Promise.all(numbers(60).map(async n => topic.publish(n, { confirm: 'handled' })))
    await until(() => handled.length > 0, WAIT)
    await end.close()
    await receipts
    expect(sorted(handled)).to.deep.equal(numbers(60))
  })

  it('an ephemeral channel ends with its last consumer, a durable one waits for the next', async () => {
    const { publisher, first, second } = await three()
    const ends = [await consume(first, 'orders', 'ephemeral', () => {}, { durable: false }), await consume(first, 'orders', 'durable', () => {}, { durable: true })]
    await publisher.pubsub.topic('orders').publish(1, { confirm: 'handled' })
    await Promise.all(ends.map(async end => end.close()))
    const got = { ephemeral: [] as unknown[], durable: [] as unknown[] }
    await until(async () => (await publisher.pubsub.topic('orders').publish(2)).channels.join() === 'durable', WAIT)
    await consume(second, 'orders', 'ephemeral', ({ body }) => { got.ephemeral.push(body) }, { durable: false })
    await consume(second, 'orders', 'durable', ({ body }) => { got.durable.push(body) })
    await publisher.pubsub.topic('orders').publish(3, { confirm: 'handled' })
    await until(() => got.durable.includes(2) && got.durable.includes(3), WAIT)
    expect(got.ephemeral).to.deep.equal([3])
    expect(got.durable).not.to.include(1)
  })
})
