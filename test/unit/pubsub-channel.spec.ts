import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { z } from 'zod'
import { ChannelEnd } from '../../src/pubsub/channel.ts'
import { until } from '../harness/until.ts'
import type { Outcome } from '../../src/pubsub/message.ts'
import type { Message } from '../../src/pubsub/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

const log = defaultLogger().forComponent('test')

interface Settled { readonly n: number, readonly outcome: Outcome }

class Bench {
  readonly settled: Settled[] = []
  readonly taking: boolean[] = []
  working = 0
  wanting = 0
  closing = 0
  left = 0
  readonly end: ChannelEnd<any>

  constructor (schema?: StandardSchemaV1) {
    this.end = new ChannelEnd<any>({
      settings: () => ({ durable: false, expire: 0, maxDeliver: 5, ackWait: 30_000, backoff: [250] }),
      name: 'billing',
      topic: 'orders',
      schema,
      log,
      onTaking: taking => { this.taking.push(taking) },
      onWanting: () => { this.wanting++ },
      onClosing: () => { this.closing++ },
      leave: async () => { this.left++ }
    })
  }

  deliver (n: number, decode: () => unknown = () => n): void {
    this.end.deliver({ id: `id-${n}`, topic: 'orders', channel: 'billing', publisher: 'p', headers: {}, key: undefined, attempt: 1, publishedAt: 5 }, decode, {
      settle: outcome => { this.settled.push({ n, outcome }) },
      working: () => { this.working++ }
    })
  }

  get outcomes (): string[] {
    return this.settled.map(({ n, outcome }) => `${n} ${outcome.type}`)
  }
}

describe('pub/sub: the end of a channel', () => {
  it('acks when the handler has returned or resolved, naks when it has thrown or rejected', async () => {
    const bench = new Bench()
    bench.end.onMessage(async ({ body }) => {
      if (body === 2) throw new Error('no')
      await Promise.resolve()
    })
    bench.deliver(1)
    bench.deliver(2)
    await until(() => bench.settled.length === 2)
    expect(bench.outcomes.sort()).to.deep.equal(['1 ack', '2 nak'])
    const sync = new Bench()
    sync.end.onMessage(({ body }) => { if (body === 2) throw new Error('no') })
    sync.deliver(1)
    sync.deliver(2)
    expect(sync.outcomes).to.deep.equal(['1 ack', '2 nak'])
  })

  it('who asks for several messages at once gets them all', async () => {
    const bench = new Bench()
    const messages = bench.end[Symbol.asyncIterator]()
    const asked = [messages.next(), messages.next(), messages.next()]
    await Promise.resolve()
    for (const n of [1, 2]) bench.deliver(n)
    expect((await Promise.all(asked.slice(0, 2))).map(({ value }) => (value as Message).body)).to.deep.equal([1, 2])
    await bench.end.close()
    expect(await asked[2]).to.deep.equal({ done: true, value: undefined })
  })

  it('a delay travels as whole milliseconds that fit; what is none, and a reason that is no text, settle nothing', async () => {
    const bench = new Bench()
    const messages = bench.end[Symbol.asyncIterator]()
    const delays: Array<[number, number]> = [[333.3, 334], [0.2, 1], [0, 0], [-5, 0], [Infinity, 604_800_000], [30 * 86_400_000, 604_800_000]]
    for (const [given, sent] of delays) {
      bench.deliver(1)
      const { value } = await messages.next()
      await (value as Message).nak(given)
      expect(bench.settled.pop()?.outcome).to.deep.equal({ type: 'nak', delay: sent })
    }
    bench.deliver(2)
    const message = (await messages.next()).value as Message
    for (const wrong of [NaN, '30', null, {}]) {
      expect(await message.nak(wrong as number).catch((err: Error) => err.name)).to.equal('InvalidOptionsError')
    }
    expect(await message.term(new Error('no') as never).catch((err: Error) => err.name)).to.equal('InvalidOptionsError')
    expect(bench.settled).to.deep.equal([])
    await message.ack()
    expect(bench.outcomes).to.deep.equal(['2 ack'])
  })

  it('the first word on a message counts, by hand or by the handler\'s end', async () => {
    const bench = new Bench()
    bench.end.onMessage(async (message: Message) => {
      message.working()
      if (message.body === 1) await message.nak(50)
      if (message.body === 2) await message.term('poison')
      await message.ack()
      message.working()
    })
    bench.deliver(1)
    bench.deliver(2)
    await until(() => bench.settled.length === 2)
    await Promise.resolve()
    expect(bench.settled.map(({ outcome }) => outcome)).to.deep.equal([{ type: 'nak', delay: 50 }, { type: 'term', reason: 'poison' }])
    expect(bench.working).to.equal(2)
  })

  it('is iterated: a break pauses it, a later loop goes on, nothing is acked by itself', async () => {
    const bench = new Bench()
    for (let n = 1; n <= 4; n++) bench.deliver(n)
    expect(bench.taking).to.deep.equal([])
    const got: number[] = []
    for await (const message of bench.end) {
      got.push(message.body)
      if (message.body === 2) break
    }
    expect(bench.taking).to.deep.equal([true, false])
    expect(bench.settled).to.deep.equal([])
    for await (const message of bench.end) {
      got.push(message.body)
      await message.ack()
      if (message.body === 4) break
    }
    expect(got).to.deep.equal([1, 2, 3, 4])
    expect(bench.outcomes).to.deep.equal(['3 ack', '4 ack'])
  })

  it('a loop that waits gets what comes, and ends when the channel is closed', async () => {
    const bench = new Bench()
    const got: number[] = []
    const loop = (async () => { for await (const message of bench.end) got.push(message.body) })()
    await until(() => bench.taking.length === 1)
    bench.deliver(1)
    await until(() => got.length === 1)
    await bench.end.close()
    await loop
    expect([bench.closing, bench.left]).to.deep.equal([1, 1])
  })

  it('has one handler or one loop, and neither once it is closed', async () => {
    const bench = new Bench()
    bench.end.onMessage(() => {})
    expect(() => { bench.end.onMessage(() => {}) }).to.throw().with.property('name', 'ChannelInUseError')
    expect(() => bench.end[Symbol.asyncIterator]()).to.throw().with.property('name', 'ChannelInUseError')
    const other = new Bench()
    other.end[Symbol.asyncIterator]()
    expect(() => other.end[Symbol.asyncIterator]()).to.throw().with.property('name', 'ChannelInUseError')
    expect(() => { other.end.onMessage(() => {}) }).to.throw().with.property('name', 'ChannelInUseError')
    await bench.end.close()
    expect(() => { bench.end.onMessage(() => {}) }).to.throw().with.property('name', 'ChannelClosedError')
  })

  it('close waits for what runs, gives back what was not begun, and is idempotent', async () => {
    const bench = new Bench()
    const gate = Promise.withResolvers<void>()
    bench.end.onMessage(async () => gate.promise)
    bench.deliver(1)
    const closing = Promise.all([bench.end.close(), bench.end.close()])
    await until(() => bench.closing === 1)
    bench.deliver(2)
    expect(bench.outcomes).to.deep.equal(['2 nak'])
    expect(bench.left).to.equal(0)
    gate.resolve()
    await closing
    expect(bench.outcomes).to.deep.equal(['2 nak', '1 ack'])
    expect([bench.closing, bench.left]).to.deep.equal([1, 1])
  })

  it('what was there before its handler is handled; what nobody can read is not delivered again', () => {
    const bench = new Bench()
    bench.deliver(1)
    bench.deliver(2, () => { throw new Error('malformed CBOR') })
    const got: unknown[] = []
    bench.end.onMessage(({ body }) => { got.push(body) })
    expect(got).to.deep.equal([1])
    expect(bench.settled).to.deep.equal([{ n: 2, outcome: { type: 'term', reason: 'unreadable: malformed CBOR' } }, { n: 1, outcome: { type: 'ack' } }])
  })

  it('gives the handler what the schema makes of a body, and buries what it refuses', async () => {
    const bench = new Bench(z.object({ count: z.coerce.number() }))
    const got: unknown[] = []
    bench.end.onMessage(({ body }) => { got.push(body) })
    bench.deliver(1, () => ({ count: '7' }))
    bench.deliver(2, () => ({ count: 'many' }))
    await until(() => bench.settled.length === 2)
    expect(got).to.deep.equal([{ count: 7 }])
    expect(bench.outcomes.sort()).to.deep.equal(['1 ack', '2 term'])
  })
})
