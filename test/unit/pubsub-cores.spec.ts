import { expect } from 'chai'
import { createAssigner, LogAssigner } from '../../src/pubsub/assigner.core.ts'
import { createConsumer } from '../../src/pubsub/consumer.core.ts'
import { MAX_RANGES } from '../../src/pubsub/numbers.core.ts'
import { raised } from '../../src/pubsub/generation.core.ts'
import { Gone } from '../../src/pubsub/gone.core.ts'
import { createKeeper } from '../../src/pubsub/keeper.core.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { sizedParts } from '../../src/pubsub/parts.ts'
import { createRegistry } from '../../src/pubsub/registry.core.ts'
import { Registry } from '../../src/pubsub/registry.ts'
import { MAX_PUBLISHER_TOPICS, MAX_TOPIC_CHANNELS } from '../../src/wire/limits.ts'
import { decodeBatch, decodePubsub, decodeStoredState, encodeBatch, encodePubsub, encodeStoredState } from '../../src/wire/pubsub-codec.ts'
import type { Source } from '../../src/pubsub/source.core.ts'
import type { Timeless } from '../../src/pubsub/loop.ts'
import type { RegistryInit } from '../../src/pubsub/registry.ts'
import type {
  AssignerConfig, AssignerCore, AssignerInput, AssignerOutput, AssignerState, ChannelCursor, ChannelSpec, ConsumerCore, ConsumerInput, ConsumerOutput, Generation, KeeperCore, KeeperInput, KeeperOutput, LogId, Message, NewMessage, Outcomes, RegistryCore, RegistryInput, RegistryOutput,
  ToAssigner
} from '../../src/pubsub/types.core.ts'

const LOG: LogId = { topic: 'orders', publisher: 'p', epoch: 1 }
const NONE: Outcomes = { done: [], naks: [], terms: [], expired: [], working: [] }
const WALL = 1_000_000

const specOf = (change: Partial<ChannelSpec> = {}): ChannelSpec => {
  const name = change.name ?? 'billing'
  return { channel: `orders/${name}`, pattern: 'orders', name, opened: WALL, start: 'latest', durable: true, expire: 3_600_000, maxDeliver: 5, ackWait: 30_000, backoff: [250], ...change }
}
const messageOf = (seq: number, size = 4): Message => ({ seq, at: WALL, ttl: 0, key: undefined, payload: new Uint8Array(size).fill(seq) })
const newMessage = (size = 4): NewMessage => ({ at: WALL, ttl: 0, key: undefined, payload: new Uint8Array(size) })

/** A core whose clock the test moves. */
class Bench<I, O extends { readonly type: string }> {
  now = 1_000
  readonly core: { step (input: I): O[] }
  readonly seen: O[] = []

  constructor (core: { step (input: I): O[] }) {
    this.core = core
  }

  step (input: Timeless<I>, ms = 0): O[] {
    this.now += ms
    const out = this.core.step({ ...input, now: this.now, wall: WALL + this.now } as unknown as I)
    this.seen.push(...out)
    return out
  }

  of<T extends O['type']> (type: T): Array<Extract<O, { type: T }>> {
    return this.seen.filter((output): output is Extract<O, { type: T }> => output.type === type)
  }
}

const random = (): number => 0.5
const time = { now: 1_000, wall: WALL + 1_000 }

function assigner (config: Partial<AssignerConfig> = {}): Bench<AssignerInput, AssignerOutput> & { core: AssignerCore } {
  return new Bench<AssignerInput, AssignerOutput>(createAssigner({ self: 'p', log: LOG, random, time, ...config })) as never
}

/** Also by a consumer and a keeper that never heard of the log. */
function believed (generation: Generation): void {
  const { by } = generation
  const consumer = new Bench<ConsumerInput, ConsumerOutput>(createConsumer({ self: 'c', spec: specOf(), session: 1, time }))
  consumer.step({ type: 'connected', peer: by })
  consumer.step({ type: 'message', from: by, message: { type: 'beat', log: LOG, generation, high: 1, lows: [] } })
  const keeper = new Bench<KeeperInput, KeeperOutput>(createKeeper({ self: 'l', log: LOG, random, time }))
  keeper.step({ type: 'message', from: by, message: { type: 'cursors', log: LOG, generation, high: 1, cursors: [], gone: [] } })
  expect([...consumer.of('problem'), ...keeper.of('problem')]).to.deep.equal([])
  expect(consumer.of('joined')).to.have.length(1)
  expect((keeper.core as KeeperCore).restored().state?.generation).to.deep.equal(generation)
}

function openOf (spec: ChannelSpec, change: Partial<Extract<ToAssigner, { type: 'open' }>> = {}): ToAssigner {
  return { type: 'open', log: LOG, spec, weight: 1_024, fresh: false, session: 1, prefetch: 100, concurrency: 32, holds: [], low: 0, outcomes: NONE, ...change }
}

describe('pub/sub: the assigner of a log', () => {
  /** `c` consumes and is connected. */
  function consumed (spec = specOf(), config: Partial<AssignerConfig> = {}): ReturnType<typeof assigner> {
    const bench = assigner(config)
    bench.step({ type: 'channel', spec, members: [{ id: 'c', weight: 1_024 }] })
    bench.step({ type: 'connected', peer: 'c' })
    bench.step({ type: 'message', from: 'c', message: openOf(spec) })
    return bench
  }

  const reconnect = (bench: ReturnType<typeof assigner>, session: number): void => {
    bench.step({ type: 'closed', peer: 'c' })
    bench.step({ type: 'tick' }, 600)
    bench.step({ type: 'connected', peer: 'c' })
    bench.step({ type: 'message', from: 'c', message: openOf(specOf(), { session }) })
  }

  it('a consumer whose connections end again and again, and that lives, buries nothing', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage(), newMessage()] })
    for (let i = 0; i < 8; i++) reconnect(bench, 1)
    expect(bench.of('dead')).to.deep.equal([])
    expect(bench.core.status().channels[0]).to.deep.include({ lag: 2, inFlight: 2, dead: 0 })
    bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, done: [1, 2] } } })
    expect(bench.core.status().channels[0]).to.deep.include({ lag: 0, dead: 0 })
  })

  it('what a consumer had by an earlier assignment, and has no more, is told to be delivered again', () => {
    const bench = consumed()
    const say = (change: Parameters<typeof openOf>[1]): void => { bench.step({ type: 'message', from: 'c', message: openOf(specOf(), change) }) }
    bench.step({ type: 'publish', messages: [newMessage()] })
    // the batch was lost on the way
    say({ holds: [] })
    expect(bench.core.status().channels[0]).to.deep.include({ inFlight: 1, redelivered: 0 })
    bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, naks: [{ seq: 1, attempt: 1, delay: 5_000, reason: '' }] } } })
    say({ holds: [1, 1] })
    expect(bench.core.status().channels[0]).to.deep.include({ inFlight: 1, redelivered: 0 })
    say({ holds: [] })
    expect(bench.of('redelivered').map(({ seq, cause }) => [seq, cause])).to.deep.equal([[1, 'takeover']])
    // lost on the way: it is sent again, and handled once
    say({ holds: [] })
    expect(bench.of('redelivered')).to.have.length(1)
  })

  it('a message at which consumers die is buried', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    for (let i = 0; i < 5; i++) reconnect(bench, i + 2)
    expect(bench.of('dead').map(({ message: { seq } }) => seq)).to.deep.equal([1])
  })

  it('remembers who had a message each once, however often it fails', () => {
    const core = new LogAssigner({ self: 'p', log: LOG, random, time })
    const bench = new Bench<AssignerInput, AssignerOutput>(core)
    const spec = specOf({ maxDeliver: 1_000_000, backoff: [0] })
    bench.step({ type: 'channel', spec, members: ['c', 'd'].map(id => ({ id, weight: 1_024 })) })
    for (const peer of ['c', 'd']) {
      bench.step({ type: 'connected', peer })
      bench.step({ type: 'message', from: peer, message: openOf(spec) })
    }
    bench.step({ type: 'publish', messages: [newMessage()] })
    const { flights } = core.sorted[0]!
    const had = new Set<string>()
    for (let attempt = 1; attempt <= 2_000; attempt++) {
      const { seat: { id }, tried } = flights.get(1)!
      expect(tried.length).to.equal(had.size)
      expect(tried.at(-1)).to.equal([...had].find(other => had.size === 1 || other !== id))
      had.add(id)
      bench.step({ type: 'message', from: id, message: { type: 'ack', log: LOG, channel: spec.channel, outcomes: { ...NONE, naks: [{ seq: 1, attempt, delay: undefined, reason: '' }] } } })
    }
    expect([...had].sort()).to.deep.equal(['c', 'd'])
  })

  it('room is told of when there is enough for what waits, not before', () => {
    const bench = consumed(specOf(), { maxPendingBytes: 10_000 })
    bench.step({ type: 'publish', messages: [newMessage(4_000)] })
    bench.step({ type: 'publish', messages: [newMessage(4_000)] })
    expect(bench.step({ type: 'publish', messages: [newMessage(4_000)] }).map(({ type }) => type)).to.include('full').and.not.include('room')
    bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, done: [1, 1] } } })
    expect(bench.of('room')).to.have.length(1)
    expect(bench.step({ type: 'publish', messages: [newMessage(4_000)] }).map(({ type }) => type)).to.include('published')
  })

  it('a generation that nobody can have reached is a lie, and does not use the numbers up', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    for (const number of [2 ** 48, 2 ** 53 - 1]) bench.step({ type: 'message', from: 'c', message: { type: 'stale', log: LOG, generation: { number, by: 'z' } } })
    expect(bench.of('problem').map(({ peer }) => peer)).to.deep.equal(['c', 'c'])
    expect(bench.of('deposed')).to.deep.equal([])
    bench.step({ type: 'tick' }, 2_000)
    expect(bench.core.status()).to.deep.include({ assigning: true, generation: { number: 0, by: 'p' } })
  })

  it('one lie about the generation leaves its publisher at a number that all others believe, also who never heard of the log', () => {
    for (const number of [2 ** 20, 2 ** 45, 2 ** 46]) {
      const bench = consumed()
      bench.step({ type: 'keepers', keepers: ['k', 'l'] })
      bench.step({ type: 'message', from: 'm', message: { type: 'stale', log: LOG, generation: { number, by: 'z' } } }, 20_000)
      for (let i = 0; i < 30; i++) bench.step({ type: 'tick' }, 100)
      expect(bench.of('problem')).to.deep.equal([])
      const { assigning, generation } = bench.core.status()
      expect({ assigning, generation }).to.deep.equal({ assigning: true, generation: { number: number + 1, by: 'p' } })
      believed(generation)
      // and so are keepers that go on from there
      believed(raised(generation, 'k', 0.999_999))
      bench.step({ type: 'message', from: 'c', message: { type: 'stale', log: LOG, generation: raised(generation, 'k', 0.999_999) } }, 20_000)
      expect(bench.of('deposed')).to.have.length(2)
    }
  })

  it('a lie about the generation that goes beyond that is not followed, and who may only pass it on is not cut', () => {
    const bench = consumed()
    bench.step({ type: 'message', from: 'c', message: { type: 'stale', log: LOG, generation: { number: 2 ** 46 + 1, by: 'z' } } })
    bench.step({ type: 'message', from: 'k', message: { type: 'have', log: LOG, generation: { number: 2 ** 47 + 1, by: 'z' }, asked: undefined, ranges: [], high: 0, cursors: [] } })
    bench.step({ type: 'tick' }, 2_000)
    expect(bench.of('problem')).to.deep.equal([])
    expect(bench.core.status()).to.deep.include({ assigning: true, generation: { number: 0, by: 'p' } })
  })

  it('a flood of channels leaves those that were there, and every batch can be read', () => {
    const bench = consumed()
    for (let i = 0; i < 1_000; i++) {
      bench.step({ type: 'message', from: 'm', message: openOf(specOf({ name: `m${i}` })) })
      bench.step({ type: 'channel', spec: specOf({ name: `n${i}` }), members: [] })
    }
    bench.step({ type: 'publish', messages: [newMessage()] })
    const { batch } = bench.of('publish')[0]!
    expect(bench.core.status().channels).to.have.length(MAX_TOPIC_CHANNELS)
    expect(decodeBatch(encodeBatch(batch))).to.deep.equal(batch)
    expect(batch.channels.find(({ channel }) => channel === 'orders/billing')).to.deep.include({ members: ['c'], to: [1] })
  })

  it('a key has one consumer after a takeover, though two had messages of it', () => {
    const spec = specOf()
    const messages = [1, 2, 3, 4, 5, 6].map(seq => ({ ...messageOf(seq), key: 'x' }))
    const state = { generation: { number: 0, by: 'p' }, cursors: [{ channel: spec.channel, opened: WALL, low: 0, done: [] }] }
    const bench = assigner({ self: 'k', restored: { messages, last: 6, state }, takeOver: { generation: { number: 1, by: 'k' }, complete: true } })
    for (const peer of ['c', 'd']) bench.step({ type: 'connected', peer })
    bench.step({ type: 'channel', spec, members: ['c', 'd'].map(id => ({ id, weight: 1_024 })) })
    for (const [from, holds] of [['c', [1, 3]], ['d', [5, 6]]] as const) bench.step({ type: 'message', from, message: openOf(spec, { holds }) })
    bench.step({ type: 'tick' }, 1_000)
    const sent = bench.of('send').map(({ to, message }) => ({ to, message }))
    expect(sent.flatMap(({ to, message }) => message.type === 'drop' ? [[to, message.ranges]] : [])).to.deep.equal([['d', [5, 6]]])
    expect(sent.flatMap(({ to, message }) => message.type === 'assign' ? message.items.map(({ message: { seq } }) => [to, seq]) : [])).to.deep.equal([['c', 4], ['c', 5], ['c', 6]])
  })

  it('what waits at a consumer for an earlier one of its key, which a takeover forgot that it refused, comes back and lets it pass', () => {
    const spec = specOf()
    const messages = [1, 2, 3, 4].map(seq => ({ ...messageOf(seq), key: seq === 3 ? undefined : 'x' }))
    const state = { generation: { number: 0, by: 'p' }, cursors: [{ channel: spec.channel, opened: WALL, low: 0, done: [] }] }
    const bench = assigner({ self: 'k', restored: { messages, last: 4, state }, takeOver: { generation: { number: 1, by: 'k' }, complete: true } })
    bench.step({ type: 'connected', peer: 'c' })
    bench.step({ type: 'channel', spec, members: [{ id: 'c', weight: 1_024 }] })
    bench.step({ type: 'message', from: 'c', message: openOf(spec, { holds: [2, 4], prefetch: 3 }) })
    const sent = bench.of('send').map(({ message }) => message)
    expect(sent.flatMap(message => message.type === 'drop' ? [message.ranges] : [])).to.deep.equal([[2, 2, 4, 4]])
    expect(sent.flatMap(message => message.type === 'assign' ? message.items.map(({ message: { seq } }) => seq) : [])).to.deep.equal([1, 2])
  })

  it('a consumer drops all that it is to drop of a key at once: of two drops, what the second one names would begin after the first', () => {
    const spec = specOf({ ackWait: 1_000 })
    const bench = consumed(spec)
    const keyed = { ...newMessage(), key: 'x' }
    bench.step({ type: 'publish', messages: [keyed, keyed] })
    for (let i = 0; i < 8; i++) bench.step({ type: 'tick' }, 100)
    bench.step({ type: 'publish', messages: [keyed] })
    bench.step({ type: 'closed', peer: 'c' }, 100)
    bench.step({ type: 'connected', peer: 'c' })
    // the time of the first two is over, that of the third is not
    bench.step({ type: 'tick' }, 150)
    const sent = bench.step({ type: 'message', from: 'c', message: openOf(spec, { holds: [1, 3] }) }).flatMap(output => output.type === 'send' ? [output.message] : [])
    expect(sent.flatMap(message => message.type === 'drop' ? [message.ranges] : [])).to.deep.equal([[1, 3]])
    expect(sent.flatMap(message => message.type === 'assign' ? message.items.map(({ message: { seq }, attempt }) => [seq, attempt]) : [])).to.deep.equal([[1, 2], [2, 2], [3, 2]])
  })

  it('what was under way to a consumer that left goes to others once it has closed, and blames nobody', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    bench.step({ type: 'message', from: 'c', message: { type: 'leave', log: LOG, channel: 'orders/billing', unstarted: [] } })
    bench.step({ type: 'channel', spec: specOf(), members: [{ id: 'd', weight: 1_024 }] })
    bench.step({ type: 'connected', peer: 'd' })
    bench.step({ type: 'message', from: 'd', message: openOf(specOf()) })
    for (let i = 0; i < 6; i++) bench.step({ type: 'tick' }, 100)
    const sent = bench.of('send').flatMap(({ to, message }) => message.type === 'assign' ? message.items.map(({ message: { seq }, attempt }) => [to, seq, attempt]) : [])
    expect(sent).to.deep.equal([['d', 1, 2]])
    expect(bench.of('redelivered').map(({ cause }) => cause)).to.deep.equal(['left'])
  })

  /** The only consumer that the registry names from now on. */
  const joins = (bench: ReturnType<typeof assigner>, id: string, spec = specOf()): void => {
    bench.step({ type: 'channel', spec, members: [{ id, weight: 1_024 }] })
    bench.step({ type: 'connected', peer: id })
    bench.step({ type: 'message', from: id, message: openOf(spec) })
  }
  const leave: ToAssigner = { type: 'leave', log: LOG, channel: 'orders/billing', unstarted: [] }

  it('what was under way to a consumer whose node stops in good order blames nobody, though the node is gone at once', () => {
    const spec = specOf({ maxDeliver: 1 })
    const bench = consumed(spec)
    bench.step({ type: 'publish', messages: [newMessage()] })
    bench.step({ type: 'message', from: 'c', message: leave })
    joins(bench, 'd', spec)
    bench.step({ type: 'gone', peer: 'c' }, 5)
    expect(bench.of('dead')).to.deep.equal([])
    expect(bench.of('redelivered').map(({ cause }) => cause)).to.deep.equal(['left'])
  })

  it('what a consumer had whose node is lost, without a word of its own, was tried', () => {
    const spec = specOf({ maxDeliver: 1 })
    const bench = consumed(spec)
    bench.step({ type: 'publish', messages: [newMessage()] })
    // discovery tells the registry first
    bench.step({ type: 'channel', spec, members: [] }, 5)
    bench.step({ type: 'gone', peer: 'c' }, 5)
    expect(bench.of('dead').map(({ message: { seq } }) => seq)).to.deep.equal([1])
  })

  it('what was under way to a consumer that left goes to others once it has closed, though its node connects again meanwhile', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    bench.step({ type: 'message', from: 'c', message: leave })
    joins(bench, 'd')
    bench.step({ type: 'connected', peer: 'c' }, 50)
    for (let i = 0; i < 5; i++) bench.step({ type: 'tick' }, 100)
    expect(bench.of('redelivered').map(({ cause }) => cause)).to.deep.equal(['left'])
  })

  it('what a consumer that leaves has begun stays with it when it connects again', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    bench.step({ type: 'message', from: 'c', message: leave })
    bench.step({ type: 'closed', peer: 'c' })
    bench.step({ type: 'connected', peer: 'c' }, 50)
    for (let i = 0; i < 10; i++) bench.step({ type: 'tick' }, 100)
    expect(bench.of('redelivered')).to.deep.equal([])
    bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, done: [1, 1] } } })
    expect(bench.core.status().channels[0]).to.deep.include({ lag: 0 })
  })

  it('what a consumer brings back and refuses then is tried again after its backoff, whatever number its attempt has there', () => {
    const bench = consumed(specOf({ maxDeliver: 9 }))
    bench.step({ type: 'publish', messages: [newMessage()] })
    bench.step({ type: 'closed', peer: 'c' })
    bench.step({ type: 'connected', peer: 'd' })
    bench.step({ type: 'message', from: 'd', message: openOf(specOf()) })
    for (let i = 0; i < 6; i++) bench.step({ type: 'tick' }, 100)
    bench.step({ type: 'closed', peer: 'd' })
    for (let i = 0; i < 6; i++) bench.step({ type: 'tick' }, 100)
    bench.step({ type: 'connected', peer: 'c' })
    bench.step({ type: 'message', from: 'c', message: openOf(specOf(), { holds: [1, 1] }) })
    bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, naks: [{ seq: 1, attempt: 1, delay: 0, reason: '' }] } } })
    expect(bench.of('redelivered').map(({ cause }) => cause)).to.deep.equal(['closed', 'nak'])
  })

  it('consumers that leave and come back as others bury nothing', () => {
    const bench = consumed()
    bench.step({ type: 'publish', messages: [newMessage()] })
    for (let session = 2; session < 9; session++) {
      bench.step({ type: 'message', from: 'c', message: { type: 'leave', log: LOG, channel: 'orders/billing', unstarted: [] } })
      bench.step({ type: 'message', from: 'c', message: openOf(specOf(), { session }) }, 10)
    }
    expect(bench.of('dead')).to.deep.equal([])
    expect(bench.core.status().channels[0]).to.deep.include({ lag: 1, inFlight: 1 })
  })

  it('what is published after a channel was heard of is for it, however slow the clock of the publisher is', () => {
    const bench = assigner()
    bench.step({ type: 'publish', messages: [newMessage(), newMessage()] })
    bench.step({ type: 'channel', spec: specOf({ opened: WALL + 60_000 }), members: [{ id: 'c', weight: 1_024 }] })
    bench.step({ type: 'publish', messages: [newMessage()] })
    for (let i = 0; i < 11; i++) bench.step({ type: 'tick' }, 100)
    expect(bench.core.status().channels[0]).to.deep.include({ low: 2, lag: 1 })
  })

  it('a publisher that is started twice before it hears of a channel still knows where it was', () => {
    const first = consumed(specOf(), { persistent: true })
    first.step({ type: 'publish', messages: [newMessage(), newMessage(), newMessage()] })
    first.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, done: [1, 1] } } })
    const restarted = (bench: typeof first): typeof first => {
      bench.step({ type: 'tick' }, 1_000)
      const again = assigner({ persistent: true, restored: { messages: [1, 2, 3].map(seq => messageOf(seq)), last: 3, state: bench.of('save').at(-1)!.state } })
      again.step({ type: 'tick' }, 1_000)
      return again
    }
    const third = restarted(restarted(first))
    third.step({ type: 'channel', spec: specOf({ opened: WALL + 60_000 }), members: [{ id: 'c', weight: 1_024 }] })
    expect(third.core.status().channels[0]).to.deep.include({ low: 1, lag: 2 })
  })

  describe('that was started again, and was told of no channel yet', () => {
    const billing = { channel: 'orders/billing', opened: WALL, low: 1, done: [] }
    function restarted (cursors: readonly ChannelCursor[] = [billing], state: AssignerState = { generation: { number: 0, by: 'p' }, cursors }): ReturnType<typeof assigner> {
      const bench = assigner({ persistent: true, restored: { messages: [messageOf(1)], last: 1, state } })
      bench.step({ type: 'tick' }, 1_000)
      bench.step({ type: 'publish', messages: [{ ...newMessage(), watch: true }] })
      return bench
    }
    const handled = (bench: ReturnType<typeof assigner>): number[] => bench.of('handled').map(({ seq }) => seq)
    const waits = (bench: ReturnType<typeof assigner>): unknown => bench.of('published').at(-1)?.channels

    it('waits until what it publishes is handled in the channels that it has stored', () => {
      const bench = restarted()
      expect([bench.of('published')[0]?.channels, handled(bench)]).to.deep.equal([['billing'], []])
      bench.step({ type: 'channel', spec: specOf(), members: [{ id: 'c', weight: 1_024 }] }, 20_000)
      bench.step({ type: 'connected', peer: 'c' })
      bench.step({ type: 'message', from: 'c', message: openOf(specOf()) })
      bench.step({ type: 'tick' }, 20_000)
      expect(handled(bench)).to.deep.equal([])
      bench.step({ type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: 'orders/billing', outcomes: { ...NONE, done: [2, 2] } } })
      expect(handled(bench)).to.deep.equal([2])
    })

    it('waits for none that was deleted meanwhile, and for half a minute for one of which nobody tells', () => {
      const bench = restarted()
      bench.step({ type: 'channel-gone', channel: 'orders/billing', opened: 0 })
      expect(handled(bench)).to.deep.equal([2])
      const alone = restarted()
      for (const end = alone.now + 28_500; alone.core.due < end;) alone.step({ type: 'tick' }, Math.max(1, alone.core.due - alone.now))
      expect(handled(alone)).to.deep.equal([])
      alone.step({ type: 'tick' }, alone.core.due - alone.now)
      expect(handled(alone)).to.deep.equal([2])
      alone.step({ type: 'publish', messages: [{ ...newMessage(), watch: true }] })
      expect([alone.of('published').at(-1)?.channels, handled(alone)]).to.deep.equal([[], [2, 3]])
      expect(handled(restarted([]))).to.deep.equal([2])
    })

    it('one of which nobody tells counts for that life only, and keeps its place; one that was told of meanwhile counts again', () => {
      const again = (bench: ReturnType<typeof assigner>): ReturnType<typeof assigner> => restarted([], decodeStoredState(encodeStoredState(bench.of('save').at(-1)!.state)))
      const lonely = (bench: ReturnType<typeof assigner>): ReturnType<typeof assigner> => {
        bench.step({ type: 'connected', peer: 'who-knows-of-none' })
        bench.step({ type: 'tick' }, 30_000)
        bench.step({ type: 'tick' }, 1_000)
        return bench
      }
      // it lived too short to be told
      const first = again(restarted([billing, { ...billing, channel: 'orders/audit' }]))
      expect(waits(first)).to.deep.equal(['audit', 'billing'])
      first.step({ type: 'channel', spec: specOf({ name: 'audit' }), members: [] })
      const second = again(lonely(first))
      expect([waits(second), handled(second)]).to.deep.equal([['audit'], []])
      const third = again(lonely(second))
      expect([waits(third), handled(third)]).to.deep.equal([[], [2]])
      third.step({ type: 'channel', spec: specOf({ opened: WALL + 60_000 }), members: [{ id: 'c', weight: 1_024 }] })
      expect(third.core.status().channels[0]).to.deep.include({ low: 1, lag: 1 })
      expect(waits(again(lonely(third)))).to.deep.equal(['billing'])
    })

    it('a life in which nobody was there to tell uses nothing up, and who comes late may tell for half a minute', () => {
      const again = (bench: ReturnType<typeof assigner>): ReturnType<typeof assigner> => restarted([], bench.of('save').at(-1)!.state)
      const publish = (bench: ReturnType<typeof assigner>): unknown => {
        bench.step({ type: 'publish', messages: [{ ...newMessage(), watch: true }] })
        return waits(bench)
      }
      const bench = restarted()
      for (let s = 0; s < 40; s++) bench.step({ type: 'tick' }, 1_000)
      expect([publish(bench), handled(bench)], 'alone').to.deep.equal([[], [2, 3]])
      bench.step({ type: 'channel', spec: specOf({ name: 'audit' }), members: [] })
      bench.step({ type: 'tick' }, 1_000)
      expect(waits(again(bench))).to.deep.equal(['audit', 'billing'])
      bench.step({ type: 'connected', peer: 'q' })
      expect(publish(bench)).to.deep.equal(['audit', 'billing'])
      for (let s = 0; s < 31; s++) bench.step({ type: 'tick' }, 1_000)
      bench.step({ type: 'connected', peer: 'r' })
      expect(publish(bench)).to.deep.equal(['audit'])
      expect(waits(again(bench))).to.deep.equal(['audit'])
    })

    it('one that was deleted is not there after the next start', () => {
      const bench = restarted()
      bench.step({ type: 'channel-gone', channel: 'orders/billing', opened: 0 })
      bench.step({ type: 'tick' }, 1_000)
      expect(bench.of('save').at(-1)!.state.cursors).to.deep.equal([])
    })

    it('what keepers tell of is none that it has stored, and a channel counts once', () => {
      const bench = restarted([])
      bench.step({ type: 'keepers', keepers: ['k'] })
      bench.step({ type: 'channel', spec: specOf(), members: [{ id: 'c', weight: 1_024 }] })
      const cursors = ['orders/billing', 'elsewhere/fake'].map(channel => ({ channel, opened: WALL, low: 1, done: [] }))
      bench.step({ type: 'message', from: 'k', message: { type: 'have', log: LOG, generation: { number: 0, by: 'p' }, asked: undefined, ranges: [], high: 1, cursors } })
      bench.step({ type: 'publish', messages: [{ ...newMessage(), watch: true }] })
      expect(bench.of('published').at(-1)?.channels).to.deep.equal(['billing'])
      bench.step({ type: 'tick' }, 1_000)
      expect(waits(restarted([], bench.of('save').at(-1)!.state))).to.deep.equal(['billing'])
    })
  })

  it('a channel goes on at its place when all were started again: registries are not stored, so who consumes next takes it for a new one', () => {
    const cursors = [{ channel: 'orders/billing', opened: WALL, low: 1, done: [3, 3] }]
    const bench = assigner({ persistent: true, restored: { messages: [1, 2, 3, 4].map(seq => messageOf(seq)), last: 4, state: { generation: { number: 0, by: 'p' }, cursors } } })
    bench.step({ type: 'tick' }, 1_000)
    bench.step({ type: 'connected', peer: 'c' })
    bench.step({ type: 'message', from: 'c', message: openOf(specOf({ opened: WALL + 60_000 }), { fresh: true }) })
    bench.step({ type: 'tick' }, 1_000)
    expect(bench.core.status().channels[0]).to.deep.include({ low: 1, lag: 2 })
    expect(bench.of('send').flatMap(({ message }) => message.type === 'assign' ? message.items.map(({ message: { seq } }) => seq) : [])).to.deep.equal([2, 4])
  })

  it('what a keeper has of a channel that was deleted is gone from its storage, too, however quiet the log is', () => {
    const generation = { number: 0, by: 'p' }
    for (const gone of [{ type: 'channel-gone', channel: 'orders/billing', opened: WALL }, { type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: 1, cursors: [], gone: [{ channel: 'orders/billing', opened: WALL }] } }] as const) {
      const keeper = new Bench<KeeperInput, KeeperOutput>(createKeeper({ self: 'k', log: LOG, random, time, persistent: true }))
      keeper.step({ type: 'connected', peer: 'p' })
      keeper.step({ type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: 1, cursors: [{ channel: 'orders/billing', opened: WALL, low: 1, done: [] }], gone: [] } })
      for (let i = 0; i < 5; i++) keeper.step({ type: 'tick' }, 100)
      expect(keeper.of('save').at(-1)?.state.cursors).to.have.length(1)
      keeper.step(gone)
      for (let i = 0; i < 5; i++) keeper.step({ type: 'tick' }, 100)
      expect(keeper.of('save').at(-1)?.state.cursors, gone.type).to.deep.equal([])
    }
  })

  it('what it knows of channels that nobody tells it of has the bound of those that it is told of', () => {
    const cursors = Array.from({ length: 1_000 }, (_, i) => ({ channel: `orders/m${i}`, opened: WALL, low: 1, done: [] }))
    const bench = assigner({ persistent: true, restored: { messages: [messageOf(1)], last: 1, state: { generation: { number: 0, by: 'p' }, cursors } } })
    bench.step({ type: 'channel', spec: specOf(), members: [] })
    bench.step({ type: 'tick' }, 1_000)
    const saved = bench.of('save').at(-1)!.state.cursors
    expect(saved).to.have.length(MAX_TOPIC_CHANNELS)
    expect(saved.map(({ channel }) => channel)).to.include('orders/billing')
  })
})

describe('pub/sub: the keeper of a log', () => {
  const keeper = (): Bench<KeeperInput, KeeperOutput> & { core: KeeperCore } => {
    const bench = new Bench<KeeperInput, KeeperOutput>(createKeeper({ self: 'k', log: LOG, random, time })) as never as Bench<KeeperInput, KeeperOutput> & { core: KeeperCore }
    bench.step({ type: 'keepers', keepers: ['k', 'l', 'm'] })
    bench.step({ type: 'connected', peer: 'p' })
    return bench
  }
  const generation = { number: 0, by: 'p' }

  it('one that was started again, and knows nothing of it, takes over by another number than before', () => {
    const numbers = [0, 0.3, 0.999_999].map(drawn => {
      const bench = new Bench<KeeperInput, KeeperOutput>(createKeeper({ self: 'k', log: LOG, random: () => drawn, time }))
      bench.step({ type: 'keepers', keepers: ['k', 'l', 'm'] })
      bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(1)] } })
      bench.step({ type: 'gone', peer: 'p' })
      bench.step({ type: 'tick' }, 600)
      return bench.of('take-over')[0]!.generation.number
    })
    expect(numbers).to.deep.equal([1, 1_229, 4_096])
  })

  it('takes over from a publisher that is lost and found for fifty years, a thousand times a day, and is believed by who never heard of the log', () => {
    const bench = keeper()
    bench.step({ type: 'keepers', keepers: ['k'] })
    const outage = (): Generation => {
      bench.step({ type: 'gone', peer: 'p' }, 20_000)
      bench.step({ type: 'tick' }, 600)
      bench.step({ type: 'tick' }, 11_000)
      const { number } = bench.of('take-over').at(-1)!.generation
      bench.step({ type: 'back', peer: 'p' })
      const taken = { number: number + 1, by: 'p' }
      bench.step({ type: 'message', from: 'p', message: { type: 'ask', log: LOG, generation: taken } })
      bench.step({ type: 'deposed', generation: taken })
      return taken
    }
    for (let i = 0; i < 600; i++) believed(outage())
    believed({ number: outage().number + 50 * 365 * 1_000 * 4_097, by: 'k' })
  })

  it('obeys its publisher whatever number others drove it to, and others so far only that all can follow', () => {
    const bench = keeper()
    const have = (number: number): void => { bench.step({ type: 'message', from: 'm', message: { type: 'have', log: LOG, generation: { number, by: 'm' }, asked: undefined, ranges: [], high: 0, cursors: [] } }) }
    const known = (): number | undefined => bench.core.restored().state?.generation.number
    have(2 ** 47 + 2 ** 20 + 1)
    expect(known()).to.equal(0)
    have(2 ** 47)
    expect(known()).to.equal(2 ** 47)
    bench.step({ type: 'message', from: 'p', message: { type: 'ask', log: LOG, generation: { number: 2 ** 47 + 2 ** 30, by: 'p' } } })
    expect(known()).to.equal(2 ** 47 + 2 ** 30)
    expect(bench.of('problem')).to.deep.equal([])
    have(2 ** 48)
    expect(bench.of('problem').map(({ peer }) => peer)).to.deep.equal(['m'])
  })

  it('a body that was left out, as its publisher takes this node for a consumer only, is fetched and not kept as empty', () => {
    const bench = keeper()
    bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(1), messageOf(2, 0), messageOf(3), messageOf(4, 0)] } })
    expect(bench.core.restored().messages.map(({ seq }) => seq)).to.deep.equal([1, 3])
    bench.step({ type: 'tick' }, 500)
    const fetched = bench.of('send').flatMap(({ message }) => message.type === 'fetch' ? [message.ranges] : [])
    expect(fetched).to.deep.equal([[2, 2, 4, 4]])
    bench.step({ type: 'message', from: 'p', message: { type: 'range', log: LOG, messages: [messageOf(2), messageOf(4)], lost: [] } })
    expect(bench.core.restored().messages).to.deep.equal([1, 2, 3, 4].map(seq => messageOf(seq)))
    const stored = bench.of('send').flatMap(({ message }) => message.type === 'stored' ? [message.upto] : [])
    expect(stored).to.deep.equal([1, 4])
  })

  it('a publisher that leaves out millions takes no more place than one that does not', () => {
    const bench = keeper()
    for (const seq of [1, 2, 5_000, 15_000, 4_000_000]) {
      bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(seq)] } })
    }
    expect(bench.core.restored().messages.map(({ seq }) => seq)).to.deep.equal([4_000_000])
    bench.step({ type: 'message', from: 'p', message: { type: 'range', log: LOG, messages: [messageOf(3_990_000), messageOf(3_990_001)], lost: [] } })
    expect(bench.core.restored().messages.map(({ seq }) => seq)).to.deep.equal([3_990_001, 4_000_000])
  })

  it('what it remembers of channels has a bound, whatever they are called', () => {
    const bench = keeper()
    for (let i = 0; i < 5_000; i++) {
      const cursors = [{ channel: `orders/c${i}`, opened: 1, low: 0, done: [] }]
      bench.step({ type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: 1, cursors, gone: [{ channel: `orders/g${i}`, opened: 1 }] } })
    }
    expect(bench.core.restored().state?.cursors).to.have.length(256)
  })

  it('what it lacked, and gets as it takes over, is not brought back when it was done', () => {
    const bench = keeper()
    const done = Array.from({ length: 4_998 }, (_, i) => i - i % 2 + 2)
    bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(5_000)] } })
    bench.step({ type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: 5_000, cursors: [{ channel: 'orders/billing', opened: 1, low: 0, done }], gone: [] } })
    const taker = assigner({ self: 'k', restored: bench.core.restored(), takeOver: { generation: { number: 1, by: 'k' }, complete: false } })
    taker.step({ type: 'copies', messages: Array.from({ length: 4_999 }, (_, i) => messageOf(i + 1)) })
    taker.step({ type: 'channel', spec: specOf(), members: [{ id: 'c', weight: 1_024 }] })
    taker.step({ type: 'connected', peer: 'c' })
    taker.step({ type: 'message', from: 'c', message: openOf(specOf(), { prefetch: 65_536 }) })
    taker.step({ type: 'tick' }, 1_000)
    const assigned = taker.of('send').flatMap(({ message }) => message.type === 'assign' ? message.items.map(({ message: { seq } }) => seq) : [])
    expect(assigned).to.have.length(2_501)
    expect(assigned.filter(seq => seq % 2 === 0)).to.deep.equal([5_000])
  })

  it('of all that were ever gone it remembers a few, and those that matter', () => {
    const gone = new Gone(id => id === 'p')
    for (const id of ['p', ...Array.from({ length: 10_000 }, (_, i) => `tab${i}`)]) gone.add(id)
    expect(gone.size).to.equal(64)
    expect(['p', 'tab0', 'tab9999'].map(id => gone.has(id))).to.deep.equal([true, false, true])
    gone.delete('p')
    expect(gone.has('p')).to.equal(false)
  })

  it('takes over from one that took over, whoever else was gone since', () => {
    const bench = keeper()
    bench.step({ type: 'keepers', keepers: ['l', 'k'] })
    bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(1)] } })
    bench.step({ type: 'gone', peer: 'p' })
    bench.step({ type: 'message', from: 'l', message: { type: 'ask', log: LOG, generation: { number: 1, by: 'l' } } })
    bench.step({ type: 'gone', peer: 'l' })
    bench.step({ type: 'keepers', keepers: ['k'] })
    for (let i = 0; i < 10_000; i++) bench.step({ type: 'gone', peer: `tab${i}` })
    expect(bench.of('take-over')).to.deep.equal([])
    for (let i = 0; i < 20; i++) bench.step({ type: 'tick' }, 1_000)
    expect(bench.of('take-over')).to.have.length(1)
  })

  it('a long range costs it, and who takes the log over from it, no more than a short one', () => {
    const bench = keeper()
    const cursors = Array.from({ length: MAX_TOPIC_CHANNELS }, (_, i) => ({ channel: specOf({ name: `c${i}` }).channel, opened: 1, low: 0, done: [2, 2 ** 20 + 1] }))
    const before = performance.now()
    bench.step({ type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: 2 ** 40, cursors, gone: [] } })
    bench.step({ type: 'message', from: 'l', message: { type: 'have', log: LOG, generation, asked: undefined, ranges: [], high: 2 ** 40, cursors } })
    bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: [messageOf(2 ** 40)] } })
    const restored = bench.core.restored()
    expect(restored.state?.cursors.map(({ done }) => done)).to.deep.equal(cursors.map(({ done }) => done))
    const taker = assigner({ self: 'k', restored, takeOver: { generation: { number: 1, by: 'k' }, complete: true } })
    for (let i = 0; i < MAX_TOPIC_CHANNELS; i++) taker.step({ type: 'channel', spec: specOf({ name: `c${i}`, opened: 1 }), members: [] })
    expect(taker.core.status().channels).to.have.length(MAX_TOPIC_CHANNELS)
    // one by one they are 2^28
    expect(performance.now() - before).to.be.below(3_000)
  })

  it('what it has stays done when the log is taken over, however many older ones are not', () => {
    const bench = keeper()
    const last = 60_000
    for (let seq = last - 9_999; seq <= last; seq += 1_000) {
      bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, channels: [], messages: Array.from({ length: 1_000 }, (_, i) => messageOf(seq + i, 1)) } })
    }
    for (let from = 2; from <= last; from += 2_000) {
      const done = Array.from({ length: 1_000 }, (_, i) => [from + 2 * i, from + 2 * i]).flat()
      bench.step({ type: 'message', from: 'p', message: { type: 'cursors', log: LOG, generation, high: last, cursors: [{ channel: 'orders/billing', opened: 1, low: 0, done }], gone: [] } })
    }
    const taker = assigner({ self: 'k', restored: bench.core.restored(), takeOver: { generation: { number: 1, by: 'k' }, complete: true } })
    taker.step({ type: 'connected', peer: 'c' })
    taker.step({ type: 'channel', spec: specOf(), members: [{ id: 'c', weight: 1_024 }] })
    taker.step({ type: 'message', from: 'c', message: openOf(specOf(), { prefetch: 65_536 }) })
    taker.step({ type: 'tick' }, 1_000)
    const assigned = taker.of('send').flatMap(({ message }) => message.type === 'assign' ? message.items.map(({ message: { seq } }) => seq) : [])
    expect(assigned).to.deep.equal(Array.from({ length: 5_000 }, (_, i) => last - 9_999 + 2 * i))
  })
})

describe('pub/sub: a consumer', () => {
  const consumer = (): Bench<ConsumerInput, ConsumerOutput> => {
    const bench = new Bench<ConsumerInput, ConsumerOutput>(createConsumer({ self: 'c', spec: specOf({ pattern: '>', name: 'all', channel: '>/all' }), session: 1, time }))
    for (const peer of ['p', 'q']) bench.step({ type: 'connected', peer })
    return bench
  }
  const beatOf = (publisher: string, epoch: number, number = 0): ConsumerInput & { type: 'message' } => {
    return { type: 'message', from: publisher, message: { type: 'beat', log: { topic: 'orders', publisher, epoch }, generation: { number, by: publisher }, high: 1, lows: [] } } as never
  }

  it('a publisher of more logs than a node may have is heard in these, and others have their place', () => {
    const bench = consumer()
    for (let epoch = 1; epoch <= 10_000; epoch++) bench.step(beatOf('p', epoch))
    expect(bench.of('joined')).to.have.length(MAX_PUBLISHER_TOPICS)
    bench.step(beatOf('q', 1))
    expect(bench.of('joined')).to.have.length(MAX_PUBLISHER_TOPICS + 1)
    expect(bench.of('problem')).to.deep.equal([])
  })

  it('what it lacks of a publisher that leaves every other one out has a bound, and is asked for', () => {
    const spec = specOf()
    const core = createConsumer({ self: 'c', spec, session: 1, time })
    const bench = new Bench<ConsumerInput, ConsumerOutput>(core)
    bench.step({ type: 'connected', peer: 'p' })
    const generation = { number: 0, by: 'p' }
    for (let seq = 2; seq <= 30_000; seq += 2) {
      bench.step({ type: 'batch', from: 'p', batch: { log: LOG, generation, messages: [messageOf(seq)], channels: [{ channel: spec.channel, low: 0, members: ['c'], to: [0] }] } })
    }
    const [source] = (core as unknown as { sources: Iterable<Source> }).sources
    const { ranges } = source!.missing
    expect(ranges.length).to.equal(2 * MAX_RANGES)
    // the first ones in one
    expect(ranges.slice(0, 4)).to.deep.equal([1, 10_001, 10_003, 10_003])
    bench.step({ type: 'tick' }, 1_000)
    expect(bench.of('send').flatMap(({ message }) => message.type === 'lacks' ? [message.ranges] : []).at(-1)).to.deep.equal(ranges)
  })

  it('a generation that nobody can have reached is not believed', () => {
    const bench = consumer()
    bench.step(beatOf('p', 1))
    bench.step({ ...beatOf('p', 1, 2 ** 48) })
    expect(bench.of('problem').map(({ peer }) => peer)).to.deep.equal(['p'])
    bench.step(beatOf('p', 1, 1))
    expect(bench.of('problem')).to.have.length(1)
    expect(bench.of('send').filter(({ message: { type } }) => type === 'stale')).to.deep.equal([])
  })

  it('counts attempts as who assigns from now on does, which knows of none', () => {
    const bench = consumer()
    const assign = (by: string, number: number, attempt: number): ConsumerOutput[] => bench.step({
      type: 'message', from: by, message: { type: 'assign', log: LOG, channel: '>/all', generation: { number, by }, low: 0, items: [{ message: { ...messageOf(1), key: 'x' }, attempt }] }
    })
    const [running] = assign('p', 0, 3).filter(({ type }) => type === 'run')
    bench.step({ type: 'message', from: 'q', message: { type: 'beat', log: LOG, generation: { number: 1, by: 'q' }, high: 1, lows: [{ channel: '>/all', low: 0 }] } })
    bench.step({ type: 'settle', item: (running as Extract<ConsumerOutput, { type: 'run' }>).item, how: 'nak', reason: 'thrown' })
    bench.step({ type: 'flush' })
    expect(bench.of('send').flatMap(({ to, message }) => message.type === 'ack' ? message.outcomes.naks.map(({ attempt }) => [to, attempt]) : [])).to.deep.equal([['q', 1]])
    expect(assign('q', 1, 2).map(({ type }) => type)).to.deep.equal(['run'])
  })

  it('that leaves, and was not answered yet, is not due until something is', () => {
    const bench = consumer()
    const core = bench.core as ConsumerCore
    const generation = { number: 0, by: 'p' }
    bench.step({ type: 'message', from: 'p', message: { type: 'assign', log: LOG, channel: '>/all', generation, low: 0, items: [{ message: messageOf(1), attempt: 1 }] } })
    bench.step({ type: 'leave' })
    expect(core.running).to.equal(1)
    bench.step({ type: 'tick' }, 3_000)
    expect(core.due).to.be.greaterThan(bench.now)
  })
})

describe('pub/sub: the registry', () => {
  let stopped: Promise<Array<PromiseSettledResult<unknown>>>

  const registry = (self: string, incarnation = 1): Bench<RegistryInput, RegistryOutput> & { core: RegistryCore } =>
    new Bench<RegistryInput, RegistryOutput>(createRegistry({ self, incarnation, random, time })) as never

  it('tells who consumes from what, without those that are gone', () => {
    const [one, other] = [registry('a'), registry('b')]
    for (const bench of [one, other]) bench.step({ type: 'open', spec: specOf(), stated: 0, weight: 1 })
    one.step({ type: 'message', from: 'b', delta: other.core.whole() })
    const counts = (): number[] => one.core.matching().map(({ members }) => members.length)
    expect(one.core.matching().map(({ spec }) => spec.channel)).to.deep.equal(['orders/billing'])
    expect(counts()).to.deep.equal([2])
    one.step({ type: 'gone', peer: 'b' })
    expect(counts()).to.deep.equal([1])
    one.step({ type: 'back', peer: 'b' })
    expect(counts()).to.deep.equal([2])
  })

  it('tells a new node nothing of consumers that are gone: it never saw them, and nobody would take them from it', () => {
    const [one, other, late] = [registry('a'), registry('b'), registry('c')]
    for (const bench of [one, other]) bench.step({ type: 'open', spec: specOf(), stated: 0, weight: 1 })
    one.step({ type: 'message', from: 'b', delta: other.core.whole() })
    one.step({ type: 'gone', peer: 'b' })
    late.step({ type: 'message', from: 'a', delta: one.core.whole() })
    const counts = (): number[] => late.core.matching().map(({ members }) => members.length)
    expect(counts()).to.deep.equal([1])
    // it was only out of sight
    one.step({ type: 'back', peer: 'b' })
    late.step({ type: 'message', from: 'a', delta: one.core.whole() })
    expect(counts()).to.deep.equal([2])
  })

  it('what others tell of a consumer counts once discovery knows it, or it speaks itself: it may be gone already', () => {
    const known = new Set(['a'])
    const late = new Bench<RegistryInput, RegistryOutput>(createRegistry({ self: 'c', incarnation: 1, random, isKnown: id => known.has(id), time }))
    const one = registry('a')
    const other = registry('b')
    for (const bench of [one, other]) bench.step({ type: 'open', spec: specOf(), stated: 0, weight: 1 })
    one.step({ type: 'message', from: 'b', delta: other.core.whole() })
    const members = (): string[] => (late.core as RegistryCore).matching().flatMap(({ members }) => members.map(({ id }) => id))
    late.step({ type: 'message', from: 'a', delta: one.core.whole() })
    expect(members()).to.deep.equal(['a'])
    late.step({ type: 'back', peer: 'b' })
    expect(members()).to.deep.equal(['a', 'b'])
    late.step({ type: 'gone', peer: 'b' })
    late.step({ type: 'message', from: 'b', delta: other.core.whole() })
    expect(members()).to.deep.equal(['a', 'b'])
  })

  it('a node that was started anew and consumes nothing says so, whatever others remember of its former life', () => {
    const [one, before, after] = [registry('a'), registry('b'), registry('b', 2)]
    before.step({ type: 'open', spec: specOf({ durable: false }), stated: 0, weight: 1 })
    one.step({ type: 'message', from: 'b', delta: before.core.whole() })
    one.step({ type: 'gone', peer: 'b' })
    one.step({ type: 'back', peer: 'b' }, 5_000)
    const members = (): string[] => one.core.matching().flatMap(({ members }) => members.map(({ id }) => id))
    expect(members()).to.deep.equal(['b'])
    // its first word to others has nothing of it yet
    one.step({ type: 'message', from: 'b', delta: after.core.whole() })
    const remembered = one.core.whole()
    after.step({ type: 'message', from: 'a', delta: remembered })
    for (const { delta } of after.of('spread')) one.step({ type: 'message', from: 'b', delta })
    expect(members()).to.deep.equal([])
    // once: whom it meets later it tells at once
    after.step({ type: 'message', from: 'a', delta: remembered })
    expect(after.of('spread').filter(({ delta }) => delta.members.length > 0)).to.have.length(1)
    const other = registry('o')
    other.step({ type: 'message', from: 'b', delta: after.core.whole() })
    other.step({ type: 'message', from: 'a', delta: remembered })
    expect(other.core.matching().map(({ members }) => members)).to.deep.equal([[]])
  })

  it('a channel that is made anew by a slower clock is another one than the deleted one', () => {
    const [fast, slow] = [registry('f'), registry('s')]
    fast.step({ type: 'open', spec: specOf({ opened: WALL + 60_000 }), stated: 0, weight: 1 })
    slow.step({ type: 'message', from: 'f', delta: fast.core.whole() })
    slow.step({ type: 'delete', channel: 'orders/billing' })
    slow.step({ type: 'open', spec: specOf({ opened: WALL }), stated: 0, weight: 1 })
    const { spec } = slow.of('opened')[0]!
    const bench = assigner()
    for (const { channel, opened } of slow.of('ended')) bench.step({ type: 'channel-gone', channel, opened })
    bench.step({ type: 'channel', spec, members: [{ id: 's', weight: 1 }] })
    expect(bench.core.status().channels.map(({ channel }) => channel)).to.deep.equal(['orders/billing'])
  })

  it('who opens a channel at the end of all time and deletes it takes its name from nobody', () => {
    for (const opened of [Number.MAX_SAFE_INTEGER, 2 ** 52, WALL + 25 * 60 * 60_000, WALL + 24 * 60 * 60_000]) {
      const [one, other] = [registry('a'), registry('b')]
      const bench = assigner()
      one.step({ type: 'open', spec: specOf(), stated: 0, weight: 1 })
      const { openings } = one.core.whole()
      for (const [i, at] of [opened, opened].entries()) {
        const lie = { tag: `lie${i}`, by: 'm', spec: specOf({ opened: i === 0 ? opened : WALL }), at, stated: i }
        for (const victim of [one, other]) {
          victim.step({ type: 'message', from: 'm', delta: { openings: [...openings, lie], removed: [], members: [] } })
          victim.step({ type: 'message', from: 'm', delta: { openings: [], removed: [...openings.map(({ tag }) => tag), lie.tag], members: [] } })
        }
      }
      // a second later there is another one
      for (const victim of [one, other]) victim.step({ type: 'tick' }, 1_000)
      one.step({ type: 'open', spec: specOf({ opened: WALL + one.now }), stated: 0, weight: 1 })
      other.step({ type: 'message', from: 'a', delta: one.core.whole() })
      expect(other.core.matching('orders')[0]?.members).to.deep.equal([{ id: 'a', weight: 1 }])
      for (const { channel, opened } of other.of('ended')) bench.step({ type: 'channel-gone', channel, opened })
      for (const { spec, members } of other.core.matching('orders')) bench.step({ type: 'channel', spec, members })
      expect(bench.core.status().channels.map(({ members }) => members), String(opened)).to.deep.equal([1])
    }
  })

  it('who waits for a channel when the node stops is told', async () => {
    const context = { self: 'me', loop: new Loop(() => {}), neighbours: () => [] }
    const driver = new Registry({ context, incarnation: 1, onChanged: () => {}, onEnded: () => {} } as unknown as RegistryInit)
    expect(await driver.open(specOf(), 0, 1)).to.have.nested.property('spec.channel', 'orders/billing')
    context.loop.post(() => {
      const waiting = driver.open(specOf({ name: 'audit' }), 0, 1)
      driver.stop()
      stopped = Promise.allSettled([waiting, driver.open(specOf({ name: 'late' }), 0, 1)])
    })
    expect((await stopped).map(result => result.status === 'rejected' && (result.reason as Error).name)).to.deep.equal(['MeshStoppedError', 'MeshStoppedError'])
  })

  it('who has been alone for long deletes at once what it does not know; who has just started, or is not alone, waits to be told', async () => {
    const { now } = performance
    const elapsed = async (age: number, ...neighbours: string[]): Promise<number> => {
      const context = { self: 'me', loop: new Loop(() => {}), neighbours: () => neighbours, send: () => {} }
      performance.now = () => now.call(performance) - age
      const driver = new Registry({ context, incarnation: 1, onChanged: () => {}, onEnded: () => {} } as unknown as RegistryInit)
      driver.start()
      performance.now = now
      const began = performance.now()
      const told = setTimeout(() => { driver.message('m', { openings: [{ tag: 't', by: 'm', spec: specOf(), at: 0, stated: 0 }], removed: [], members: [] }) }, 300)
      await driver.delete('orders/billing')
      const took = performance.now() - began
      if (took < 300) clearTimeout(told)
      expect(driver.matching()).to.deep.equal([])
      driver.stop()
      return took
    }
    expect(await elapsed(60_000)).to.be.below(300)
    expect(await elapsed(0)).to.be.at.least(295)
    expect(await elapsed(60_000, 'm')).to.be.at.least(295)
  })

  it('what this node does not know, and is to delete, has ended for it: it may have stored what it was done with', async () => {
    const ended: unknown[] = []
    const context = { self: 'me', loop: new Loop(() => {}), neighbours: () => [], send: () => {} }
    const { now } = performance
    performance.now = () => now.call(performance) - 60_000
    const driver = new Registry({ context, incarnation: 1, onChanged: () => {}, onEnded: (...args: unknown[]) => { ended.push(args) } } as unknown as RegistryInit)
    driver.start()
    performance.now = now
    await driver.delete('orders/billing')
    expect(ended).to.deep.equal([['orders/billing', 0]])
    driver.stop()
  })

  it('a mesh that is full of channels says so', async () => {
    const context = { self: 'me', loop: new Loop(() => {}), neighbours: () => [], problem: () => {} }
    const driver = new Registry({ context, incarnation: 1, onChanged: () => {}, onEnded: () => {} } as unknown as RegistryInit)
    const openings = Array.from({ length: 5_000 }, (_, i) => ({ tag: `${i}`, by: 'm', spec: specOf({ name: `m${i}` }), at: 0, stated: 0 }))
    driver.message('m', { openings, removed: [], members: [] })
    const [late] = await Promise.allSettled([driver.open(specOf(), 0, 1)])
    expect(late).to.have.nested.property('reason.name', 'InvalidOptionsError')
    expect(await driver.open(specOf({ name: 'm1' }), 0, 1)).to.deep.include({ fresh: false })
    driver.stop()
  })

  it('what others say of a node does not use up its numbers', () => {
    const [victim, other] = [registry('v'), registry('o')]
    victim.step({ type: 'open', spec: specOf(), stated: 0, weight: 1 })
    other.step({ type: 'message', from: 'v', delta: victim.core.whole() })
    for (const number of [2 ** 52, Number.MAX_SAFE_INTEGER]) {
      const delta = { openings: [], removed: [], members: [{ id: 'v', incarnation: number, version: number, weight: 1, channels: [] }] }
      for (const bench of [victim, other]) bench.step({ type: 'message', from: 'm', delta })
      other.step({ type: 'message', from: 'v', delta: victim.core.whole() })
      expect(other.core.matching('orders').map(({ members }) => members.map(({ id }) => id))).to.deep.equal([['v']])
      const { incarnation, version } = victim.core.whole().members.find(({ id }) => id === 'v')!
      expect([incarnation, version].every(Number.isSafeInteger)).to.equal(true)
    }
  })

  it('all that is known fits into frames, however much it is', () => {
    const name = (i: number): string => `${'n'.repeat(50)}${i}`
    const openings = Array.from({ length: 4_096 }, (_, i) => ({ tag: `${i}`, by: 'f', spec: specOf({ name: name(i) }), at: i, stated: i % 16 }))
    const members = Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, incarnation: 1, version: 1, weight: 1, channels: openings.slice(0, 512).map(({ spec }) => spec.channel) }))
    const removed = Array.from({ length: 16_384 }, (_, i) => `${i}.${'t'.repeat(80)}`)
    const joined = { openings: [] as unknown[], members: [] as unknown[], removed: [] as unknown[] }
    for (const part of sizedParts({ type: 'registry', delta: { openings, members, removed } })) {
      const { delta } = decodePubsub(encodePubsub(part)) as unknown as { delta: typeof joined }
      for (const field of ['openings', 'members', 'removed'] as const) joined[field].push(...delta[field])
    }
    expect(joined).to.deep.equal({ openings, members, removed })
    expect(sizedParts({ type: 'registry', delta: { openings: [], members: [], removed: [] } })).to.have.length(1)
  })
})
