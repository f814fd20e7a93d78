import { expect } from 'chai'
import { createAssigner } from '../../src/pubsub/assigner.core.ts'
import { createConsumer } from '../../src/pubsub/consumer.core.ts'
import { haves } from '../../src/pubsub/kept-log.ts'
import { MAX_RANGES } from '../../src/pubsub/numbers.core.ts'
import { sizedParts } from '../../src/pubsub/parts.ts'
import { decodePubsub, decodeStoredState, encodePubsub, encodeStoredState } from '../../src/wire/pubsub-codec.ts'
import type { AssignerConfig, AssignerCore, AssignerOutput, Batch, ConsumerCore, ChannelCursor, ConsumerOutput, KeeperNet, LogId, Message, Nak, Outcomes, ToAssigner } from '../../src/pubsub/types.core.ts'
import type { WireMessage } from '../../src/pubsub/announced.ts'

const LOG: LogId = { topic: 'orders', publisher: 'p', epoch: 1 }
const WALL = 1_000_000
const NONE: Outcomes = { done: [], naks: [], terms: [], expired: [], working: [] }
const generation = { number: 0, by: 'p' }
const spec = { channel: 'orders/billing', pattern: 'orders', name: 'billing', opened: WALL, start: 'latest' as const, durable: true, expire: 3_600_000, maxDeliver: 5, ackWait: 30_000, backoff: [600_000] }
const time = { now: 1_000, wall: WALL + 1_000 }
const messageOf = (seq: number): Message => ({ seq, at: WALL, ttl: 0, key: undefined, payload: Uint8Array.of(seq) })

/** As it arrives at the other side. */
const travelled = (message: WireMessage): WireMessage[] => sizedParts(message).map(part => decodePubsub(encodePubsub(part)) as WireMessage)

describe('pub/sub: after an outage in which much was refused', () => {
  /** It was given so many, and refused as many of them. */
  function refusing (count: number, reason: string, refused = count): { core: ConsumerCore, flush: () => ConsumerOutput[] } {
    const core = createConsumer({ self: 'c', spec, session: 1, prefetch: 65_536, concurrency: 65_536, time })
    core.step({ ...time, type: 'connected', peer: 'p' })
    for (let first = 1; first <= count; first += 1_000) {
      const batch: Batch = {
        log: LOG, generation, messages: Array.from({ length: 1_000 }, (_, i) => messageOf(first + i)),
        channels: [{ channel: spec.channel, low: 0, members: ['c'], to: new Array<number>(1_000).fill(1) }]
      }
      for (const output of core.step({ ...time, type: 'batch', from: 'p', batch })) {
        if (output.type === 'run' && output.item.message.seq <= refused) core.step({ ...time, type: 'settle', item: output.item, how: 'nak', delay: undefined, reason })
      }
    }
    return { core, flush: () => core.step({ ...time, type: 'flush' }) }
  }

  const heard = (outputs: readonly ConsumerOutput[]): WireMessage[] => outputs.flatMap(output => output.type === 'send' ? travelled(output.message) : [])
  const naksOf = (messages: readonly WireMessage[]): Nak[] => messages.flatMap(message => message.type === 'ack' || message.type === 'open' ? [...message.outcomes.naks] : [])

  for (const [count, length] of [[25_000, 100], [2_000, 1_024], [30_000, 0]] as const) {
    it(`a consumer tells of ${count} with reasons of ${length} characters, and again when it has connected anew`, () => {
      const { core, flush } = refusing(count, '€'.repeat(length))
      expect(naksOf(heard(flush()))).to.have.length(count)
      core.step({ ...time, type: 'closed', peer: 'p' })
      const told = heard(core.step({ ...time, type: 'connected', peer: 'p' }))
      expect(naksOf(told).map(({ seq }) => seq).toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1))
      // what comes after is about what was not refused
      expect(told.map(({ type }) => type).indexOf('open')).to.equal(told.length - 1)
    })
  }

  it('what was told in parts when it had connected anew is not given to it again, and waits for its time', () => {
    const core = assigner()
    core.step({ ...time, type: 'channel', spec, members: [{ id: 'c', weight: 1 }] })
    core.step({ ...time, type: 'connected', peer: 'c' })
    const { core: consumer, flush } = refusing(3_000, 'x'.repeat(1_024))
    const [greeting] = consumer.step({ ...time, type: 'resumed' }).flatMap(output => output.type === 'send' && output.message.type === 'open' ? [output.message] : [])
    core.step({ ...time, type: 'message', from: 'c', message: { ...greeting!, prefetch: 3_000, holds: [], outcomes: NONE } })
    core.step({ ...time, type: 'publish', messages: Array.from({ length: 3_000 }, () => ({ at: WALL, ttl: 0, key: undefined, payload: Uint8Array.of(1) })) })
    // the first word of it is lost
    flush()
    for (const type of ['closed', 'connected'] as const) core.step({ ...time, type, peer: 'c' })
    const outputs = heard(consumer.step({ ...time, type: 'connected', peer: 'p' })).flatMap(message => core.step({ ...time, type: 'message', from: 'c', message: message as ToAssigner }))
    expect(outputs.filter(({ type }) => type === 'problem')).to.deep.equal([])
    expect(outputs.flatMap(output => output.type === 'send' && output.message.type === 'assign' ? output.message.items : [])).to.deep.equal([])
    expect(core.status().channels[0]).to.deep.include({ lag: 3_000, inFlight: 0 })
  })

  it('is told at once when it was little', () => {
    const { core, flush } = refusing(1_000, '', 50)
    flush()
    const told = heard(core.step({ ...time, type: 'connected', peer: 'p' }))
    expect(told.map(({ type }) => type)).to.deep.equal(['open'])
    expect(naksOf(told)).to.have.length(50)
  })

  function assigner (config: Partial<AssignerConfig> = {}): AssignerCore {
    return createAssigner({ self: 'p', log: LOG, random: () => 0.5, time, persistent: true, maxPending: 100_000, ...config })
  }

  /** Every other one of so many is done, the others are not. */
  function halfDone (count: number): { saved: Extract<AssignerOutput, { type: 'save' }>['state'], greeting: KeeperNet[] } {
    const core = assigner()
    core.step({ ...time, type: 'channel', spec, members: [{ id: 'c', weight: 1 }] })
    core.step({ ...time, type: 'connected', peer: 'c' })
    const open: ToAssigner = { type: 'open', log: LOG, spec, weight: 1, fresh: false, session: 1, prefetch: 65_536, concurrency: 1, holds: [], low: 0, outcomes: NONE }
    core.step({ ...time, type: 'message', from: 'c', message: open })
    for (let i = 0; i < count; i += 1_000) core.step({ ...time, type: 'publish', messages: Array.from({ length: 1_000 }, () => ({ at: WALL, ttl: 0, key: undefined, payload: Uint8Array.of(1) })) })
    for (let from = 2; from <= count; from += 2_000) {
      const done = Array.from({ length: 1_000 }, (_, i) => [from + 2 * i, from + 2 * i]).flat()
      core.step({ ...time, type: 'message', from: 'c', message: { type: 'ack', log: LOG, channel: spec.channel, outcomes: { ...NONE, done } } })
    }
    const saved = core.step({ now: time.now + 1_000, wall: time.wall + 1_000, type: 'tick' }).flatMap(output => output.type === 'save' ? [output.state] : []).at(-1)
    const outputs = core.step({ now: time.now + 1_000, wall: time.wall + 1_000, type: 'keepers', keepers: ['k'] })
    const greeting = outputs.flatMap(output => output.type === 'send' && output.to === 'k' && output.message.type === 'cursors' ? [output.message] : [])
    return { saved: saved!, greeting }
  }

  it('a publisher starts again, and knows all that was done', () => {
    const { saved } = halfDone(60_000)
    expect(saved.cursors[0]?.done).to.have.length(60_000)
    const state = decodeStoredState(encodeStoredState(saved)) as typeof saved
    expect(state).to.deep.equal(saved)
    const again = assigner({ retention: { messages: 100_000, bytes: 100_000_000, age: 3_600_000 }, restored: { messages: Array.from({ length: 60_000 }, (_, i) => messageOf(i + 1)), last: 60_000, state } })
    again.step({ now: time.now + 1_000, wall: time.wall, type: 'tick' })
    again.step({ now: time.now + 1_000, wall: time.wall, type: 'channel', spec, members: [] })
    expect(again.status().channels[0]).to.deep.include({ low: 0, lag: 30_000 })
  })

  it('its keepers understand it, and know what was done of the newest ones', () => {
    const { greeting } = halfDone(60_000)
    const [{ done }] = greeting.flatMap(travelled).flatMap(message => message.type === 'cursors' ? [...message.cursors] : []) as [ChannelCursor]
    expect([done.length, done.at(-1)]).to.deep.equal([2 * MAX_RANGES, 60_000])
  })

  it('what keepers tell each other of many channels fits into frames, and is an answer when all of it is there', () => {
    const cursors = Array.from({ length: 200 }, (_, c) => ({ channel: `orders/c${c}`, opened: 1, low: 1, done: Array.from({ length: 2_000 }, (_, i) => 2 ** 50 + i - i % 2) }))
    const have: Extract<KeeperNet, { type: 'have' }> = { type: 'have', log: LOG, generation, asked: generation, ranges: [], high: 9, cursors }
    const parts = haves(have).flatMap(travelled) as Array<typeof have>
    expect(parts.flatMap(({ cursors }) => cursors)).to.deep.equal(cursors)
    expect(parts.map(({ asked }) => asked)).to.deep.equal(parts.map((_, i) => i < parts.length - 1 ? undefined : generation))
  })
})
