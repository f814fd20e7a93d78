/** What one run of the pub/sub simulation does besides its faults: who publishes and consumes what, and how well handlers do. */
import { createRandom, hashString } from '../../../src/util/random.core.ts'
import type { ChannelSpec, Start } from '../../../src/pubsub/types.core.ts'
import type { Random } from '../../../src/util/random.core.ts'

export const TOPICS = ['orders.new', 'orders.old'] as const
export const ACK_WAIT = 4_000
export const MAX_DELIVER = 5
/** The most that a consumer asks for. */
export const MOST_DELIVER = MAX_DELIVER + 3
export const PREFETCH = 60
/** Handlers of a consumer at once. */
export const CONCURRENCY = 4

export interface ChannelPlan {
  readonly pattern: string
  readonly name: string
  readonly start: Start
  readonly consumers: readonly string[]
}

export interface Plan {
  /** Node -> the topics it publishes to. */
  readonly publishers: ReadonlyMap<string, readonly string[]>
  readonly channels: readonly ChannelPlan[]
  /** There are keepers: L1, else L0. */
  readonly kept: boolean
  /** Outboxes and copies survive a crash. */
  readonly persistent: boolean
  readonly keys: number
  /** Ms between publishes, at most. */
  readonly pace: number
  /** Ms of a handler, at most. */
  readonly work: number
  /** Chances that a handler throws, or never ends. */
  readonly fails: number
  readonly hangs: number
  /** Share of the messages that no handler can handle. */
  readonly poison: number
  /** Consumers of one channel ask for different things. */
  readonly disagree: boolean
  /** Nothing can go wrong: each message is handled exactly once. */
  readonly faultless: boolean
  readonly seed: number
}

/** `struck`: the publisher will be, while some messages take long, so that much is done above the watermarks. */
export function drawPlan (seed: number, ids: readonly string[], faultless: boolean, struck: boolean): Plan {
  const random = createRandom(seed).fork('pubsub')
  const publishers = new Map<string, readonly string[]>()
  const many = struck ? 1 : random.pick([1, 1, 2, 5])!
  for (const id of random.shuffle(ids).slice(0, many)) publishers.set(id, random.pick([TOPICS.slice(0, 1), TOPICS.slice(0, 1), TOPICS])!)
  const channels: ChannelPlan[] = [['orders.new', 'billing'], ['orders.*', 'audit'], ['orders.>', 'mail']].slice(0, random.pick([1, 2, 3])).map(([pattern = '', name = '']) => ({
    pattern,
    name,
    start: random.pick<Start>(['latest', 'latest', 'beginning'])!,
    // alone, and gone with what it did: only the keepers know
    consumers: struck && random.chance(0.5) ? [...publishers.keys()] : random.shuffle(ids).slice(0, struck ? ids.length : random.pick([1, 3, 8]))
  }))
  const careful = faultless || random.chance(0.5)
  return {
    publishers,
    channels,
    kept: random.chance(0.7) || struck,
    persistent: random.chance(0.6),
    keys: struck ? 0 : random.pick([0, 0, 3, 20])!,
    pace: random.pick([100, 300, 800])! * (many > 2 ? 4 : many),
    work: random.pick([5, 30, 100])!,
    fails: careful ? 0 : 0.05,
    hangs: struck ? 0.03 : careful ? 0 : 0.004,
    poison: careful ? 0 : 0.006,
    disagree: createRandom(seed).fork('settings').chance(0.3),
    faultless,
    seed
  }
}

function specOf ({ pattern, name, start }: ChannelPlan, wall: number): ChannelSpec {
  return {
    channel: `${pattern}/${name}`, pattern, name, opened: Math.floor(wall), start, durable: true, expire: 600_000, maxDeliver: MAX_DELIVER, ackWait: ACK_WAIT,
    backoff: [100, 300, 1_000]
  }
}

/** What a consumer asks for: as all do, or the first of the channel that it lasts, and each what it likes of the rest. */
export function askOf (channel: ChannelPlan, { disagree }: Plan, id: string, wall: number, random: Random): { spec: ChannelSpec, stated: number } {
  const spec = specOf(channel, wall)
  if (!disagree) return { spec, stated: 0 }
  const durable = id === channel.consumers[0]
  const stated = durable ? random.int(32) | 8 : random.int(8)
  return {
    spec: {
      ...spec,
      durable,
      expire: random.pick([300_000, 600_000, 900_000])!,
      maxDeliver: (stated & 1) === 0 ? MAX_DELIVER : MAX_DELIVER + 1 + random.int(MOST_DELIVER - MAX_DELIVER),
      ackWait: (stated & 2) === 0 ? ACK_WAIT : random.pick([ACK_WAIT / 2, ACK_WAIT, ACK_WAIT * 2])!,
      backoff: (stated & 4) === 0 ? spec.backoff : [random.int(1_000)]
    },
    stated
  }
}

export function isPoison (plan: Plan, id: string): boolean {
  return (hashString(id, plan.seed) % 1_000) < plan.poison * 1_000
}
