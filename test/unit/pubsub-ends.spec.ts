/** What a consumer and its ends take, and when they give it back. */
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { ChannelEnd } from '../../src/pubsub/channel.ts'
import { createConsumer } from '../../src/pubsub/consumer.core.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { MAX_RANGES } from '../../src/pubsub/numbers.core.ts'
import { Subscription } from '../../src/pubsub/subscription.ts'
import { encodeBody } from '../../src/wire/codecs.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { encodePayload } from '../../src/wire/pubsub-codec.ts'
import { until } from '../harness/until.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Batch, ChannelSpec, ConsumerConfig, ConsumerInput, ConsumerOutput, Message, Net, Ranges } from '../../src/pubsub/types.core.ts'

const LOG = { topic: 'orders', publisher: 'p', epoch: 1 }
const generation = { number: 0, by: 'p' }
const spec: ChannelSpec = {
  channel: 'orders/billing', pattern: 'orders', name: 'billing', opened: 1, start: 'latest', durable: true, expire: 3_600_000, maxDeliver: 5, ackWait: 30_000, backoff: [250]
}

const messageOf = (seq: number, more: Partial<Message> = {}): Message => ({ seq, at: 1_000_000, ttl: 0, key: undefined, payload: new Uint8Array(4), ...more })
const batchOf = (messages: readonly Message[], mine: (seq: number) => boolean = () => true): Batch => ({
  log: LOG, generation, messages, channels: [{ channel: spec.channel, low: 0, members: ['c', 'd'], to: messages.map(({ seq }) => mine(seq) ? 1 : 2) }]
})

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

class Bench {
  now = 1_000
  readonly core: ReturnType<typeof createConsumer>

  constructor (config: Partial<ConsumerConfig> = {}) {
    this.core = createConsumer({ self: 'c', spec, session: 1, time: { now: this.now, wall: 1_000_000 }, ...config })
    this.step({ type: 'connected', peer: 'p' })
    this.step({ type: 'message', from: 'p', message: { type: 'opened', log: LOG, channel: spec.channel, generation, low: 0, high: 0 } })
  }

  step (input: Untimed<ConsumerInput>, ms = 0): ConsumerOutput[] {
    this.now += ms
    return this.core.step({ ...input, now: this.now, wall: 1_000_000 + this.now })
  }

  batch (batch: Batch): ConsumerOutput[] {
    return this.step({ type: 'batch', from: 'p', batch })
  }
}

const sent = (outputs: readonly ConsumerOutput[]): Net[] => outputs.flatMap(output => output.type === 'send' ? [output.message] : [])
const credits = (outputs: readonly ConsumerOutput[]): Array<[prefetch: number, unstarted: Ranges]> => sent(outputs).flatMap(message => message.type === 'credit' ? [[message.prefetch, message.unstarted]] : [])
const runs = (outputs: readonly ConsumerOutput[]): number => outputs.filter(({ type }) => type === 'run').length

describe('pub/sub: a consumer that takes nothing', () => {
  it('gives back what it has, and what still comes', () => {
    const bench = new Bench({ concurrency: 1 })
    expect(runs(bench.batch(batchOf([1, 2, 3].map(seq => messageOf(seq)))))).to.equal(1)
    expect(credits(bench.step({ type: 'pause', paused: true }))).to.deep.equal([[0, [2, 3]]])
    expect(credits(bench.batch(batchOf([messageOf(4), messageOf(5)])))).to.deep.equal([[0, [4, 5]]])
    expect(bench.core.held).to.equal(1)
    const [[prefetch]] = credits(bench.step({ type: 'pause', paused: false })) as [[number, Ranges]]
    expect(prefetch).to.be.above(0)
  })

  it('begins nothing of a key before what it gave back of it has come again, or will not', () => {
    const keyed = (seq: number, key = 'k'): Message => messageOf(seq, { key })
    const begun = (outputs: readonly ConsumerOutput[]): number[] => outputs.flatMap(output => output.type === 'run' ? [output.item.message.seq] : [])
    const assign = (bench: Bench, seq: number, attempt: number): ConsumerOutput[] =>
      bench.step({ type: 'message', from: 'p', message: { type: 'assign', log: LOG, channel: spec.channel, generation, low: 0, items: [{ message: keyed(seq), attempt }] } })
    for (const first of ['again', 'elsewhere'] as const) {
      const bench = new Bench()
      bench.step({ type: 'pause', paused: true })
      expect(credits(bench.batch(batchOf([keyed(1), keyed(2), messageOf(3)])))).to.deep.equal([[0, [1, 3]]])
      bench.step({ type: 'pause', paused: false })
      // sent before its word had come
      expect(begun(bench.batch(batchOf([keyed(4), messageOf(5), keyed(6, 'other')])))).to.deep.equal([5, 6])
      if (first === 'again') {
        expect(begun(assign(bench, 2, 2))).to.deep.equal([])
        const [run] = assign(bench, 1, 2).filter(output => output.type === 'run')
        expect(run?.item.message.seq).to.equal(1)
        expect(begun(bench.step({ type: 'settle', item: run!.item, how: 'ack' }))).to.deep.equal([2])
      } else {
        const drop = (seq: number): ConsumerOutput[] => bench.step({ type: 'message', from: 'p', message: { type: 'drop', log: LOG, channel: spec.channel, generation, ranges: [seq, seq] } })
        expect(begun(drop(1))).to.deep.equal([])
        expect(begun(drop(2))).to.deep.equal([4])
      }
    }
  })

  it('says so again with a new connection, in a way that is compared with what it holds', () => {
    const bench = new Bench()
    bench.step({ type: 'pause', paused: true })
    bench.step({ type: 'closed', peer: 'p' })
    const said = sent(bench.step({ type: 'connected', peer: 'p' }))
    expect(said.map(message => [message.type, (message as { prefetch: number }).prefetch])).to.deep.equal([['open', 1], ['credit', 0]])
  })

  it('tells of what it gave back once more, by its attempt, when that may have been lost', () => {
    const bench = new Bench()
    bench.step({ type: 'pause', paused: true })
    bench.batch(batchOf([messageOf(1), messageOf(2, { key: 'k' })]))
    bench.step({ type: 'closed', peer: 'p' })
    const said = sent(bench.step({ type: 'connected', peer: 'p' }))
    const naks = said.flatMap(message => 'outcomes' in message ? message.outcomes.naks.map(({ seq, attempt, delay, unstarted }) => [seq, attempt, delay, unstarted]) : [])
    expect(naks).to.deep.equal([[1, 1, 0, true], [2, 1, 0, true]])
  })

  it('begins anew what nobody took, in its order, once it is wanted again', () => {
    const bench = new Bench({ concurrency: 2 })
    const items = bench.batch(batchOf([1, 2, 3].map(seq => messageOf(seq, { key: seq === 2 ? undefined : 'k' })))).flatMap(output => output.type === 'run' ? [output.item] : [])
    expect(items.map(({ message: { seq } }) => seq)).to.deep.equal([1, 2])
    const begun: number[] = []
    const step = (input: Untimed<ConsumerInput>): void => { for (const output of bench.step(input)) if (output.type === 'run') begun.push(output.item.message.seq) }
    for (const item of items.toReversed()) step({ type: 'settle', item, how: 'unstarted' })
    expect([bench.core.held, bench.core.running, begun]).to.deep.equal([3, 0, []])
    step({ type: 'wanted', count: Infinity })
    expect(begun).to.deep.equal([1, 2])
    step({ type: 'settle', item: items[0]!, how: 'ack' })
    expect(begun).to.deep.equal([1, 2, 3])
  })

  it('gives back what nobody took when it takes nothing, or leaves, unless it is others\' by then', () => {
    for (const type of ['pause', 'leave'] as const) {
      const bench = new Bench()
      const items = bench.batch(batchOf([1, 2, 3].map(seq => messageOf(seq)))).flatMap(output => output.type === 'run' ? [output.item] : [])
      bench.step(type === 'pause' ? { type, paused: true } : { type })
      bench.step({ type: 'message', from: 'p', message: { type: 'drop', log: LOG, channel: spec.channel, generation, ranges: [3, 3] } })
      const said = items.flatMap(item => credits(bench.step({ type: 'settle', item, how: 'unstarted' })))
      expect(said).to.deep.equal([[0, [1, 1]], [0, [2, 2]]])
      expect([bench.core.held, bench.core.running]).to.deep.equal([0, 0])
    }
  })

  it('says what failed in it as it leaves, and gives no such one back', () => {
    const bench = new Bench()
    const [run] = bench.batch(batchOf([1, 2].map(seq => messageOf(seq, { key: 'k' })))).filter(output => output.type === 'run')
    const said = sent([...bench.step({ type: 'leave' }), ...bench.step({ type: 'settle', item: run!.item, how: 'nak' }), ...bench.step({ type: 'flush' })])
    expect(said.map(message => 'unstarted' in message ? message.unstarted : (message as Extract<Net, { type: 'ack' }>).outcomes.naks.map(({ seq }) => seq))).to.deep.equal([[2, 2], [1]])
    expect(bench.core.held).to.equal(0)
  })

  it('begins an attempt once, also one that came while the former one waited', () => {
    const bench = new Bench({ concurrency: 1 })
    const begun = (outputs: readonly ConsumerOutput[]): Array<[number, number]> => outputs.flatMap(output => output.type === 'run' ? [[output.item.message.seq, output.item.attempt]] : [])
    const assign = (attempt: number): ConsumerOutput[] => bench.step({ type: 'message', from: 'p', message: { type: 'assign', log: LOG, channel: spec.channel, generation, low: 0, items: [{ message: messageOf(2), attempt }] } })
    const [run] = bench.batch(batchOf([messageOf(1), messageOf(2)])).filter(output => output.type === 'run')
    expect(begun(assign(2))).to.deep.equal([])
    expect(begun(bench.step({ type: 'settle', item: run!.item, how: 'ack' }))).to.deep.equal([[2, 2]])
    expect(begun(bench.step({ type: 'tick' }, spec.ackWait))).to.deep.equal([])
    // while it runs, the former one is given up
    expect(begun(assign(3))).to.deep.equal([[2, 3]])
    expect(begun(assign(4))).to.deep.equal([])
    expect(begun(bench.step({ type: 'tick' }, spec.ackWait))).to.deep.equal([[2, 4]])
  })

  it('has no more to do with what nobody took, and was given up meanwhile', () => {
    const bench = new Bench()
    const [run] = bench.batch(batchOf([messageOf(1)])).filter(output => output.type === 'run')
    expect(bench.step({ type: 'tick' }, spec.ackWait).map(({ type }) => type)).to.include('abandon')
    bench.step({ type: 'settle', item: run!.item, how: 'unstarted' })
    expect([bench.core.running, sent(bench.step({ type: 'flush' }))]).to.deep.equal([0, []])
  })

  it('says no more at once than a frame takes, also when it leaves', () => {
    for (const type of ['pause', 'leave'] as const) {
      const bench = new Bench({ prefetch: 65_536, concurrency: 1 })
      for (let from = 1; from < 60_000; from += 1_000) bench.batch(batchOf(Array.from({ length: 1_000 }, (_, i) => messageOf(from + i)), seq => seq % 2 === 0))
      expect(bench.core.held).to.equal(30_000)
      const said = sent(bench.step(type === 'pause' ? { type, paused: true } : { type }))
      const parts = said.flatMap(message => 'unstarted' in message ? [message.unstarted] : [])
      expect(said.every(message => !('prefetch' in message) || message.prefetch === 0)).to.equal(true)
      expect(parts.every(({ length }) => length <= 2 * MAX_RANGES)).to.equal(true)
      expect(parts.flat()).to.have.length(2 * 29_999)
    }
  })

  it('tells that what waits is alive in parts that fit as well', () => {
    const bench = new Bench({ prefetch: 65_536, concurrency: 1 })
    for (let from = 1; from < 60_000; from += 1_000) bench.batch(batchOf(Array.from({ length: 1_000 }, (_, i) => messageOf(from + i)), seq => seq % 2 === 0))
    const said = [...bench.step({ type: 'tick' }, spec.ackWait / 3), ...bench.step({ type: 'flush' })]
    const working = sent(said).flatMap(message => message.type === 'ack' ? [message.outcomes.working] : [])
    expect([working.every(({ length }) => length <= 2 * MAX_RANGES), working.flat().length]).to.deep.equal([true, 2 * 29_999])
  })

  it('keeps nothing alive that a loop which hangs will not ask for', () => {
    const bench = new Bench()
    bench.step({ type: 'wanted', count: 1 })
    expect(runs(bench.batch(batchOf(Array.from({ length: 100 }, (_, i) => messageOf(i + 1)))))).to.equal(1)
    let last = 0
    for (let second = 1; second <= 600; second++) {
      const said = [...bench.step({ type: 'tick' }, 1_000), ...bench.step({ type: 'flush' })]
      if (sent(said).some(message => message.type === 'ack' && message.outcomes.working.length > 0)) last = second
    }
    expect(last).to.be.within(1, 2 * spec.ackWait / 1_000)
  })
})

class Ends {
  readonly loop: Loop
  readonly failures: unknown[] = []
  readonly sent: Net[] = []
  readonly ends: Array<ChannelEnd<number>>
  readonly subscription: Subscription
  #seq = 0

  constructor (...ends: Array<{ schema?: StandardSchemaV1, concurrency?: number }>) {
    this.loop = new Loop(err => { this.failures.push(err) })
    this.subscription = new Subscription({
      loop: this.loop, config: { self: 'c', spec, session: 1, time: { now: performance.now(), wall: Date.now() } }, send: (_, message) => { this.sent.push(message) }, onPause: () => {}, onProblem: (_, message) => { this.failures.push(message) }
    })
    this.ends = ends.map(({ schema, concurrency = 32 }) => {
      const end = new ChannelEnd<number>({
        name: 'billing', topic: 'orders', schema, settings: () => spec, log: defaultLogger().forComponent('test'), leave: async () => {},
        onTaking: taking => { this.subscription.taking(end, taking) }, onWanting: () => { this.subscription.wanting() }, onClosing: () => { this.subscription.taking(end, false) }
      })
      this.subscription.add(end, { concurrency, prefetch: 1_000 })
      return end
    })
  }

  give (...bodies: unknown[]): void {
    this.subscription.batch('p', batchOf(bodies.map(body => this.#message(body))))
  }

  /** By stream. */
  assign (attempt: number, unstarted: number): void {
    const about = { log: LOG, channel: spec.channel, generation }
    this.subscription.message('p', { type: 'assign', ...about, low: 0, items: [{ message: this.#message(0), attempt, unstarted }] })
    this.subscription.message('p', { type: 'covered', ...about, ranges: [1, this.#seq] })
  }

  #message (body: unknown): Message {
    return messageOf(++this.#seq, { at: Date.now(), payload: body instanceof Uint8Array ? body : encodePayload(encodeBody(body), new Map()) })
  }

  get naks (): number[] {
    return this.sent.flatMap(message => message.type === 'ack' ? message.outcomes.naks.map(({ seq }) => seq) : [])
  }

  /** By seq, in the order in which they were given back. */
  get unstarted (): number[] {
    return this.sent.flatMap(message => 'unstarted' in message ? message.unstarted.filter((_, i) => i % 2 === 0) : [])
  }
}

describe('pub/sub: the ends of one channel at a node', () => {
  it('a loop goes on after a message that nobody can read', async () => {
    const ends = new Ends({})
    const got: number[] = []
    const loop = (async () => {
      for await (const message of ends.ends[0] as ChannelEnd<number>) {
        got.push(message.body)
        await message.ack()
        if (message.body === 3) break
      }
    })()
    ends.give(1)
    await until(() => got.length === 1)
    ends.give(Uint8Array.of(255, 255, 255, 1))
    ends.give(2, 3)
    await loop
    expect([got, ends.failures]).to.deep.equal([[1, 2, 3], []])
    ends.subscription.stop()
  })

  it('no message is handled twice by two handlers, of which some end at once', async () => {
    const random = createRandom(7)
    for (let round = 0; round < 25; round++) {
      const ends = new Ends({ concurrency: 1 + random.int(6) }, { concurrency: 1 + random.int(6) }, {})
      const got: number[] = []
      for (const end of ends.ends.slice(0, 2)) {
        end.onMessage(({ body }) => {
          got.push(body)
          return random.chance(0.5) ? new Promise(resolve => setTimeout(resolve, random.between(1, 7))) : undefined
        })
      }
      await new Promise(resolve => setTimeout(resolve, 1))
      let given = 0
      for (let n = 0; n < 4; n++) {
        ends.give(...Array.from({ length: 1 + random.int(20) }, () => given++))
        await new Promise(resolve => setTimeout(resolve, random.between(0, 5)))
      }
      await until(() => got.length >= given)
      expect(got.toSorted((a, b) => a - b), `round ${round}`).to.deep.equal(Array.from({ length: given }, (_, n) => n))
      ends.subscription.stop()
    }
  })

  it('a handler beside a loop has no more at once than it takes, nor has a loop more than it asks for', async () => {
    const ends = new Ends({ concurrency: 2 }, {})
    const [handling, looping] = ends.ends as [ChannelEnd<number>, ChannelEnd<number>]
    const open = Promise.withResolvers<void>()
    let [running, most, handled, looped] = [0, 0, 0, 0]
    handling.onMessage(async () => {
      most = Math.max(most, ++running)
      await open.promise
      running--
      handled++
    })
    const loop = (async () => {
      for await (const message of looping) {
        looped++
        await open.promise
        await message.ack()
        if (handled + looped >= 60) break
      }
    })()
    ends.give(...Array.from({ length: 60 }, (_, n) => n))
    await until(() => running === 2 && looped === 1)
    expect([most, looping.load]).to.deep.equal([2, 0])
    open.resolve()
    await until(() => handled + looped >= 60)
    expect(most).to.equal(2)
    await looping.close()
    await loop
    ends.subscription.stop()
  })

  it('a handler sees the attempts that somebody began, whatever its assigner says', async () => {
    const ends = new Ends({})
    const attempts: number[] = []
    ends.ends[0]!.onMessage(({ attempt }) => { attempts.push(attempt) })
    ends.give(1)
    for (const [attempt, unstarted] of [[4, 0], [4, 3], [4, 9]] as const) ends.assign(attempt, unstarted)
    expect(attempts).to.deep.equal([1, 4, 1, 1])
    ends.subscription.stop()
  })

  it('what a loop did not wait for is given back, and a loop that begins anew within a moment has it', async () => {
    const gate = Promise.withResolvers<void>()
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: async (value: unknown) => gate.promise.then(() => ({ value })) } }
    const ends = new Ends({ schema })
    const [end] = ends.ends as [ChannelEnd<number>]
    const leave = async (): Promise<void> => {
      const messages = end[Symbol.asyncIterator]()
      const next = messages.next()
      ends.give(ends.sent.length)
      await messages.return?.()
      expect((await next).done).to.equal(true)
    }
    await leave()
    gate.resolve()
    await until(() => end.load === 0)
    expect(ends.unstarted).to.deep.equal([])
    const again = end[Symbol.asyncIterator]()
    await (await again.next()).value.ack()
    await again.return?.()
    expect(end.load).to.equal(0)
    await leave()
    await until(() => ends.unstarted.length > 0)
    expect([ends.unstarted, ends.naks, end.load]).to.deep.equal([[2], [], 0])
    ends.subscription.stop()
  })

  it('what a loop did not wait for another end of the node has at once', async () => {
    for (const checked of [false, true]) {
      const gate = Promise.withResolvers<void>()
      const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: async (value: unknown) => gate.promise.then(() => ({ value })) } }
      const ends = new Ends(checked ? { schema } : {}, {})
      const [end, other] = ends.ends as [ChannelEnd<number>, ChannelEnd<number>]
      const messages = end[Symbol.asyncIterator]()
      const next = messages.next()
      ends.give(1)
      await messages.return?.()
      expect((await next).done).to.equal(true)
      const got: number[] = []
      other.onMessage(({ body }) => { got.push(body) })
      gate.resolve()
      await until(() => got.length === 1)
      expect([ends.naks, ends.unstarted, end.load, ends.failures]).to.deep.equal([[], [], 0, []])
      ends.subscription.stop()
    }
  })

  it('what an end was about to be given when it was closed is given back at once', async () => {
    const gate = Promise.withResolvers<void>()
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: async (value: unknown) => gate.promise.then(() => ({ value })) } }
    const ends = new Ends({ schema })
    const [end] = ends.ends as [ChannelEnd<number>]
    end.onMessage(() => { throw new Error('closed') })
    ends.give(1, 2)
    const closed = end.close()
    // in the same moment, and while a body is checked
    ends.give(3)
    await closed
    gate.resolve()
    await until(() => ends.unstarted.length === 3)
    expect([ends.naks, ends.failures]).to.deep.equal([[], []])
    ends.subscription.stop()
  })
})
