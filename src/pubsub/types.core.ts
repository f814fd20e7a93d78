/**
 * What the cores of pub/sub are told, what they answer, and the messages that nodes exchange for them. All cores are
 * synchronous and have no clock: every input carries both clocks, `due` says when the next `tick` is needed (ask again
 * after each step), and the driver carries out the outputs of a step in their order. Times are milliseconds.
 *
 * Which core lives where
 * - {@link RegistryCore}: one on every node. Which channels there are, and who consumes from them.
 * - {@link AssignerCore}: one per log (topic, publisher, epoch), on the publisher; after its loss on the one keeper that
 *   took over, with a higher generation. Holds the messages, says who handles which, collects acks, retries, buries.
 * - {@link ConsumerCore}: one per subscription (channel) of a node. Says what to run now, acks, finds gaps.
 * - {@link KeeperCore}: one per log on each keeper of the topic. Holds a copy, and decides to take over or to give back.
 *
 * Who calls what when
 * - subscribe: registry `open` -> `spread` its delta to all; and {@link Net} `open` to each connected node, which answers
 *   with one `opened` per own log that matches (the assigner does), then `opened-all` (the driver does, after the
 *   saves they wait for). When all answered, or are named as unreached, the start is fixed.
 * - A node that learns of a channel (registry `changed`) tells each assigner whose topic matches: `channel`; and each
 *   keeper core: `channel`. A node that makes a new log tells its assigner all channels that match before it publishes.
 * - publish: assigner `publish` -> `append` (when there is storage) -> `publish` a batch, by gossip; the node's own
 *   consumers and keepers get the same batch at once.
 * - a batch, a beat, or an assignment that arrives goes to every consumer core whose pattern matches the topic and to
 *   the keeper core of its log. All other stream messages name log and channel, and go to that core.
 * - consumer `run` -> the handler; its end -> `settle`. At the end of the tick, when `dirty`: `flush`, which sends acks.
 * - connection events (`connected`; `closed` = the last connection closed) and discovery's judgement (`gone`: removed or
 *   away; `back`) go to every core that names the peer. `resumed` after this node was isolated or asleep: to all cores.
 *
 * What must be durable before what
 * - A send that waits for a save is dropped when the connection to its peer closes: what went before it was lost, too.
 * - `after` of an output names the save (`append` or `save`, numbered per core) that must be durable before it may leave.
 *   Without storage nothing is waited for, and every start of the publisher has a new epoch: an id never has two bodies.
 * - A receipt of `outbox`: after the `append`. `stored`: after the assigner's `stored` output. `sent`: after the batch
 *   was handed to gossip. `handled`: after `handled`.
 * - A dead letter is published (with the publisher's best durability) before `buried` is told.
 * - Keepers send `stored` only of what is durable (or in memory, when they have no storage: `durable` false).
 */

import type { Time } from '../util/clocks.ts'

export type { Time } from '../util/clocks.ts'

/** Inclusive ranges of seqs, flat and ascending: from, to, from, to … */
export type Ranges = readonly number[]

/**
 * One publisher's messages on one topic. `epoch` grows with each start that cannot go on with the former outbox, below
 * 2^53; a publisher with storage keeps its epoch.
 */
export interface LogId { readonly topic: string, readonly publisher: string, readonly epoch: number }

/** `seq` is contiguous per log, from 1. The payload never changes for an id. */
export interface Message {
  readonly seq: number
  /** When it was published, by the publisher's wall clock. */
  readonly at: number
  /** Ms after which it is of no use; 0: never. */
  readonly ttl: number
  /** Same key, same consumer, in order. Undefined: none. */
  readonly key: string | undefined
  /** Content type, headers and body, encoded: opaque here. */
  readonly payload: Uint8Array
}

/** Which assigner of a log counts: the highest number; of two with the same number the one with the greater id. */
export interface Generation { readonly number: number, readonly by: string }

/** What a channel of a log is done with: all up to `low`, and `done` above it. `opened`: of the channel, see {@link ChannelSpec}. */
export interface ChannelCursor { readonly channel: string, readonly opened: number, readonly low: number, readonly done: Ranges }

/** Where a channel starts in logs: at what is published from now on, at what is retained, or at a wall clock time. */
export type Start = 'latest' | 'beginning' | number

/** A channel is its pattern and its name: `billing` of `orders` and `billing` of `orders.>` are two channels. */
export interface ChannelSpec {
  /** Pattern and name joined by '/': `orders.>/billing`. Names the channel everywhere else. */
  readonly channel: string
  readonly pattern: string
  readonly name: string
  /** Wall clock of who opened it first. Cursors of another time are of another channel that was deleted. */
  readonly opened: number
  readonly start: Start
  /** Keeps its place without consumers for `expire` ms; else it ends with its last consumer. */
  readonly durable: boolean
  readonly expire: number
  readonly maxDeliver: number
  readonly ackWait: number
  /** Ms before the second, third … attempt; the last one counts for all later ones. Spread by +-20 %. */
  readonly backoff: readonly number[]
}

export interface Member { readonly id: string, readonly weight: number }

// ---------------------------------------------------------------------------------------------------------------------
// What travels

/**
 * Consecutive messages of one log, signed as one by the publisher when they travel by gossip (`log.publisher` is the
 * signer; drop others' before any core sees them).
 */
export interface Batch {
  readonly log: LogId
  readonly generation: Generation
  readonly messages: readonly Message[]
  /** Every channel that the assigner knows and that has a consumer. Who misses its channel here, or itself in it, sends `open`. */
  readonly channels: readonly BatchChannel[]
}

export interface BatchChannel {
  readonly channel: string
  /** All up to here is final in the channel. */
  readonly low: number
  readonly members: readonly string[]
  /** By message: its consumer's index in `members` plus 1; 0 for none (yet, or not at all). Delivery attempt 1. */
  readonly to: readonly number[]
}

/** `attempt`: which delivery this is. `unstarted`: how many of them were given back before anybody had begun. @default 0 */
export interface Assignment { readonly message: Message, readonly attempt: number, readonly unstarted?: number }
export interface Nak {
  readonly seq: number
  readonly attempt: number
  /** Ms; undefined: the channel's backoff. */
  readonly delay: number | undefined
  readonly reason: string
  /** It is given back, and was not begun: it does not count. @default false */
  readonly unstarted?: boolean
}
export interface Term { readonly seq: number, readonly reason: string }

/** What became of messages at a consumer. */
export interface Outcomes {
  readonly done: Ranges
  readonly naks: readonly Nak[]
  readonly terms: readonly Term[]
  /** Not begun, and their `ttl` is over. */
  readonly expired: Ranges
  /** Held, and neither begun for long nor failed: give them another `ackWait`. */
  readonly working: Ranges
}

/** Consumer -> its assigner. */
export type ToAssigner =
  /**
   * On subscribe, on connect, on resume and when a batch lacked the channel. Idempotent. `log` undefined: all of the
   * node's own logs that match (the driver gives each its copy).
   */
  | {
    readonly type: 'open', readonly log: LogId | undefined, readonly spec: ChannelSpec, readonly weight: number
    /** The channel was made by this very subscribe: its start is now. */
    readonly fresh: boolean
    /** Of this life of the consumer ({@link ConsumerConfig}): another one holds nothing of what the former one had. */
    readonly session: number
    /** Messages this consumer takes at once from this assigner; 0 = not yet. */
    readonly prefetch: number, readonly concurrency: number
    /** What it holds of the log unfinished: what it should have beyond that is sent again. */
    readonly holds: Ranges
    /** All up to here is final in the channel, as an assigner told it. */
    readonly low: number
    /** What it told before, and what of that may have been lost. */
    readonly outcomes: Outcomes
  }
  /** Absolute; 0: it takes nothing now. What it holds, has not begun and gives back is to go to others at once. */
  | { readonly type: 'credit', readonly log: LogId, readonly channel: string, readonly prefetch: number, readonly concurrency: number, readonly unstarted: Ranges }
  | { readonly type: 'ack', readonly log: LogId, readonly channel: string, readonly outcomes: Outcomes }
  /** Which of these are mine? Answered by `assign`s and then `covered`. */
  | { readonly type: 'lacks', readonly log: LogId, readonly channel: string, readonly ranges: Ranges }
  /** It leaves the channel: what it holds and has not begun is to go to others at once. */
  | { readonly type: 'leave', readonly log: LogId, readonly channel: string, readonly unstarted: Ranges }
  /** There is a higher generation. */
  | { readonly type: 'stale', readonly log: LogId, readonly generation: Generation }

/** Assigner -> a consumer. */
export type ToConsumer =
  /** Answer to `open`: its channel begins, or goes on, above `low`; all up to `high` that is yours was sent before this. */
  | { readonly type: 'opened', readonly log: LogId, readonly channel: string, readonly generation: Generation, readonly low: number, readonly high: number }
  | { readonly type: 'assign', readonly log: LogId, readonly channel: string, readonly generation: Generation, readonly low: number, readonly items: readonly Assignment[] }
  /** Final, or another's by now: do not begin them. */
  | { readonly type: 'drop', readonly log: LogId, readonly channel: string, readonly generation: Generation, readonly ranges: Ranges }
  /** All of these ranges that is yours was sent before this. */
  | { readonly type: 'covered', readonly log: LogId, readonly channel: string, readonly generation: Generation, readonly ranges: Ranges }

/** Assigner -> consumers and keepers, after silence: what there is. */
export interface Beat {
  readonly type: 'beat', readonly log: LogId, readonly generation: Generation, readonly high: number
  /** The channels that the receiver takes part in. */
  readonly lows: ReadonlyArray<{ readonly channel: string, readonly low: number }>
}

/** Between keepers, and between them and the assigner. */
export type KeeperNet =
  /** Keeper -> publisher. All up to `upto` is kept, as far as there is any. */
  | { readonly type: 'stored', readonly log: LogId, readonly upto: number, readonly durable: boolean }
  /** Send me these messages. Answered by `range`. */
  | { readonly type: 'fetch', readonly log: LogId, readonly ranges: Ranges }
  /** `lost`: asked for, and nobody will have them. */
  | { readonly type: 'range', readonly log: LogId, readonly messages: readonly Message[], readonly lost: Ranges }
  /** Assigner -> keepers. A part of the cursors; joining all parts gives the whole. `gone`: channels that ended. */
  | { readonly type: 'cursors', readonly log: LogId, readonly generation: Generation, readonly high: number, readonly cursors: readonly ChannelCursor[], readonly gone: ReadonlyArray<{ readonly channel: string, readonly opened: number }> }
  /** Who is about to assign (take over, or take back) -> keepers. Answered by `have`. A keeper that answers obeys `generation` from then on. */
  | { readonly type: 'ask', readonly log: LogId, readonly generation: Generation }
  /** Answer to `ask`, and between keepers on connect and every 2 s while something changes. `asked`: the generation of the `ask`. */
  | {
    readonly type: 'have', readonly log: LogId, readonly generation: Generation, readonly asked: Generation | undefined
    /** Messages that are kept. */
    readonly ranges: Ranges, readonly high: number, readonly cursors: readonly ChannelCursor[]
  }

/**
 * One opening of a channel; a channel is there while it has one that was not removed. Together they say what it is:
 * `settings.core.ts`.
 */
export interface Opening {
  readonly tag: string
  readonly by: string
  readonly spec: ChannelSpec
  /** When that was said, `spec.opened` at least. Later than that: the channel was there, and this asks for something else. */
  readonly at: number
  /** What of the spec was asked for, as bits; the rest was taken as it was. */
  readonly stated: number
}
/** What one node consumes from: only that node writes it, and counts `version` up. A node that is gone has none. */
export interface Membership { readonly id: string, readonly incarnation: number, readonly version: number, readonly weight: number, readonly channels: readonly string[] }
/** Any part of a registry; joining is idempotent, in any order. */
export interface RegistryDelta { readonly openings: readonly Opening[], /** Tags. */ readonly removed: readonly string[], readonly members: readonly Membership[] }

/** Everything that travels by stream for the cores. A batch may, too. */
export type Net = ToAssigner | ToConsumer | Beat | KeeperNet
  | { readonly type: 'registry', readonly delta: RegistryDelta }
  | { readonly type: 'batch', readonly batch: Batch }
  /** Driver to driver: all own logs have answered the `open` of this channel. */
  | { readonly type: 'opened-all', readonly channel: string }

// ---------------------------------------------------------------------------------------------------------------------
// Registry

export type RegistryInput = Time & (
  | { readonly type: 'tick' }
  /** This node consumes. Answered by `opened`, unless there are too many channels. `stated`: as in {@link Opening}. */
  | { readonly type: 'open', readonly spec: ChannelSpec, readonly stated: number, readonly weight: number }
  /** This node consumes no longer. */
  | { readonly type: 'close', readonly channel: string }
  /** Nobody does, and its place is forgotten. */
  | { readonly type: 'delete', readonly channel: string }
  | { readonly type: 'message', readonly from: string, readonly delta: RegistryDelta }
  /**
   * Discovery removed it, or never knew it: its memberships do not count. Say so, too, of members that discovery does not
   * know for some seconds; they would hold outboxes.
   */
  | { readonly type: 'gone', readonly peer: string }
  | { readonly type: 'back', readonly peer: string }
)

export type RegistryOutput =
  /** The channel as it is now; `fresh`: this node made it just now. */
  | { readonly type: 'opened', readonly spec: ChannelSpec, readonly fresh: boolean }
  /** To every connected node but `except`. What comes from others and is news is spread again, so no gossip is needed. */
  | { readonly type: 'spread', readonly delta: RegistryDelta, readonly except: string | undefined }
  /** Tell the assigners and keepers that match: `channel`. Members are sorted by id. */
  | { readonly type: 'changed', readonly spec: ChannelSpec, readonly members: readonly Member[] }
  /**
   * Tell assigners and keepers `channel-gone`, and close this node's consumers of it. `opened` is 0 when it was not deleted but
   * ran out of consumers: it may come back.
   */
  | { readonly type: 'ended', readonly channel: string, readonly opened: number }
  /** A peer's delta had something illegal, or too much; that part was ignored. */
  | { readonly type: 'problem', readonly peer: string, readonly message: string }

export interface RegistryConfig {
  readonly self: string
  /** This start of the node: its memberships replace those of former starts. */
  readonly incarnation: number
  readonly random: () => number
  /** Whether discovery knows the node as one that takes part: what others tell of one that is gone already does not count. @default all are */
  readonly isKnown?: (id: string) => boolean
  readonly time: Time
}

export interface RegistryCore {
  readonly due: number
  step (input: RegistryInput): RegistryOutput[]
  /** All of it, for hello. */
  whole (): RegistryDelta
  /** Channels that match a topic, or all, sorted by key. */
  matching (topic?: string): ReadonlyArray<{ readonly spec: ChannelSpec, readonly members: readonly Member[] }>
}

// ---------------------------------------------------------------------------------------------------------------------
// Assigner

export interface NewMessage extends Omit<Message, 'seq'> {
  /** Tell by `handled` when it is final in every channel that it was published to. */
  readonly watch?: boolean
}

export type Overflow = 'wait' | 'reject' | 'dropOldest'

export type AssignerInput = Time & (
  | { readonly type: 'tick' }
  /** Answered by `published`, or `full` (then none of them was taken). */
  | { readonly type: 'publish', readonly messages: readonly NewMessage[] }
  /** Replace what the config said. */
  | { readonly type: 'limits', readonly limits: Pick<AssignerConfig, 'maxPending' | 'maxPendingBytes' | 'overflow'> }
  /** From the registry; replaces what it said before. */
  | { readonly type: 'channel', readonly spec: ChannelSpec, readonly members: readonly Member[] }
  | { readonly type: 'channel-gone', readonly channel: string, readonly opened: number }
  | { readonly type: 'message', readonly from: string, readonly message: ToAssigner | KeeperNet }
  | { readonly type: 'connected', readonly peer: string }
  | { readonly type: 'closed', readonly peer: string }
  /** Discovery removed it: no grace. */
  | { readonly type: 'gone', readonly peer: string }
  /** Takes nothing new (draining, suspect, away), or does again. */
  | { readonly type: 'available', readonly peer: string, readonly available: boolean }
  /** The (at most three) keepers of the topic that are live, in rendezvous order, this node among them if it is one. */
  | { readonly type: 'keepers', readonly keepers: readonly string[] }
  /** A keeper's assigner: the keeper core got messages that nobody had at the takeover. */
  | { readonly type: 'copies', readonly messages: readonly Message[] }
  /** The dead letter is published. */
  | { readonly type: 'buried', readonly channel: string, readonly seq: number }
  /** This node was asleep, away or cut off: others may assign by now. */
  | { readonly type: 'resumed' }
  /** It leaves for good, or the keeper gives back: sends all cursors, assigns nothing more. */
  | { readonly type: 'stop' }
)

export type AssignerOutput =
  | { readonly type: 'published', readonly first: number, readonly last: number, /** Names it was published to. */ readonly channels: readonly string[] }
  /** Over the limit; `room` tells when to try again. */
  | { readonly type: 'full' }
  | { readonly type: 'room' }
  /** Make these durable, as save `id`. */
  | { readonly type: 'append', readonly id: number, readonly messages: readonly Message[] }
  /** Make it durable, as save `id`; replaces the former. A later one may take its place. */
  | { readonly type: 'save', readonly id: number, readonly state: AssignerState }
  /** Messages up to here may be forgotten on disk. */
  | { readonly type: 'trim', readonly upto: number }
  /** By gossip, and to this node's own consumers and keeper. */
  | { readonly type: 'publish', readonly batch: Batch, readonly after: number }
  /** `to` may be this node. What cannot be sent is dropped: all of it is made up for. */
  | { readonly type: 'send', readonly to: string, readonly message: ToConsumer | Beat | KeeperNet, readonly after: number }
  /** All up to `upto` is stored by `by`: 2 keepers or more, this node counts if it is one. */
  | { readonly type: 'stored', readonly upto: number, readonly by: readonly string[] }
  | { readonly type: 'handled', readonly seq: number }
  /** Publish it as a dead letter, then tell `buried`. `attempt`: how often it was tried. */
  | { readonly type: 'dead', readonly channel: string, readonly message: Message, readonly attempt: number, readonly reason: string }
  | { readonly type: 'expired', readonly channel: string, readonly seq: number }
  /** The channel will never get these: overflow, or out of retention. */
  | { readonly type: 'lost', readonly channel: string, readonly ranges: Ranges, readonly why: 'overflow' | 'retention' }
  /** A second delivery, and its cause. For counters. */
  | { readonly type: 'redelivered', readonly channel: string, readonly seq: number, readonly cause: RedeliveryCause }
  /** Another one assigns (by). A keeper's assigner is to be thrown away; a publisher's takes back by itself. */
  | { readonly type: 'deposed', readonly generation: Generation }
  /** It assigns from now on; `complete` false: fewer than 2 of 3 keepers told what they have. */
  | { readonly type: 'assigning', readonly generation: Generation, readonly complete: boolean }
  /** Cut the stream of a peer that does what it may not. */
  | { readonly type: 'problem', readonly peer: string, readonly message: string }

export type RedeliveryCause = 'nak' | 'ack-wait' | 'closed' | 'gone' | 'left' | 'recalled' | 'takeover'

/** What survives beside the messages. `told`: so many of the first cursors count before anybody tells of their channels; none given: all. */
export interface AssignerState { readonly generation: Generation, readonly cursors: readonly ChannelCursor[], readonly told?: number }

export interface AssignerConfig {
  readonly self: string
  readonly log: LogId
  readonly random: () => number
  readonly time: Time
  /**
   * What a restarted publisher, or a keeper that takes over, begins with: messages ascending, seqs may be missing; `last`
   * is the last seq ever used. A publisher asks the keepers before it assigns; a keeper did so already.
   */
  readonly restored?: { readonly messages: readonly Message[], readonly last: number, readonly state: AssignerState | undefined } | undefined
  /** The keeper's, with the state of its `take-over`; left out on the publisher. */
  readonly takeOver?: { readonly generation: Generation, readonly complete: boolean } | undefined
  /** False: nothing to `append` or `save`. @default false */
  readonly persistent?: boolean
  /** Messages not final in every live channel, and their bytes. @default 100000, 64 MiB */
  readonly maxPending?: number | undefined
  readonly maxPendingBytes?: number | undefined
  /** @default 'wait' */
  readonly overflow?: Overflow | undefined
  /** @default 10000, 64 MiB, 1 h */
  readonly retention?: Partial<Retention>
}

export interface Retention { readonly messages: number, readonly bytes: number, readonly age: number }

export interface AssignerStatus {
  readonly generation: Generation
  readonly assigning: boolean
  readonly last: number
  /** Retained messages and bytes. */
  readonly length: number
  readonly bytes: number
  readonly pending: number
  readonly pendingBytes: number
  /** The outbox takes nothing more for now. */
  readonly full: boolean
  readonly channels: ReadonlyArray<{
    readonly channel: string, readonly members: number, readonly low: number
    /** Not final. */
    readonly lag: number, readonly inFlight: number, readonly redelivered: number, readonly dead: number, readonly expired: number
  }>
}

export interface AssignerCore {
  readonly due: number
  step (input: AssignerInput): AssignerOutput[]
  status (): AssignerStatus
}

// ---------------------------------------------------------------------------------------------------------------------
// Consumer

/** A message that the consumer core holds. Hand the same object back in `settle` and `working`. `attempt`, `unstarted`: see {@link Assignment}. */
export interface Held { readonly log: LogId, readonly message: Message, readonly attempt: number, readonly unstarted: number }

export type ConsumerInput = Time & (
  | { readonly type: 'tick' }
  /** By gossip, by stream or from this node. Give it every batch of a topic that matches, also those without this channel. */
  | { readonly type: 'batch', readonly from: string, readonly batch: Batch }
  | { readonly type: 'message', readonly from: string, readonly message: ToConsumer | Beat }
  /**
   * A handler ended, or the user did it by hand. Only the first of an item counts. `unstarted`: nobody took it. It is as if it
   * had not begun, and nothing begins until `wanted` is said.
   */
  | { readonly type: 'settle', readonly item: Held, readonly how: 'ack' | 'nak' | 'term' | 'unstarted', readonly delay?: number | undefined, readonly reason?: string }
  /** The user asks for more time. */
  | { readonly type: 'working', readonly item: Held }
  /** Send what waits to be sent. Call it once at the end of a tick in which `dirty` was true. */
  | { readonly type: 'flush' }
  | { readonly type: 'connected', readonly peer: string }
  | { readonly type: 'closed', readonly peer: string }
  | { readonly type: 'resumed' }
  /** Replace what the config said. */
  | { readonly type: 'spec', readonly spec: ChannelSpec }
  | { readonly type: 'capacity', readonly concurrency: number, readonly prefetch: number }
  /** So many more may begin, within `concurrency`, until it is said anew. */
  | { readonly type: 'wanted', readonly count: number }
  /** Handlers begin, or wait (an iterator nobody reads from). @default running */
  | { readonly type: 'pause', readonly paused: boolean }
  /** The user leaves: what has not begun goes back at once, what runs may still be settled until all is, or the driver gives up. */
  | { readonly type: 'leave' }
)

export type ConsumerOutput =
  /** Begin the handler. */
  | { readonly type: 'run', readonly item: Held }
  /** `ackWait` passed without `working`: it counts as failed here too, and no longer against `concurrency`; abort its signal. */
  | { readonly type: 'abandon', readonly item: Held }
  | { readonly type: 'send', readonly to: string, readonly message: ToAssigner }
  /** Its first message from a log; start known. For `channel.unreached` and tests. */
  | { readonly type: 'joined', readonly log: LogId }
  /** Everything that ran is settled, after `leave`. */
  | { readonly type: 'left' }
  | { readonly type: 'problem', readonly peer: string, readonly message: string }

export interface ConsumerConfig {
  readonly self: string
  readonly spec: ChannelSpec
  /** Any number that former consumers of this node on this channel did not have: random bits. It is in every `open`, the driver's, too. */
  readonly session: number
  readonly time: Time
  /** @default 1024 */
  readonly weight?: number
  /** Handlers at once. @default 32 */
  readonly concurrency?: number
  /** Messages held, over all logs. @default 1000 */
  readonly prefetch?: number
  /** Ms for which a log is remembered after its last sign of life: the keepers' retention. @default 1 h */
  readonly retention?: number | undefined
}

export interface ConsumerCore {
  readonly due: number
  /** There is something to `flush`. */
  readonly dirty: boolean
  /** Messages held, and of them running. */
  readonly held: number
  readonly running: number
  step (input: ConsumerInput): ConsumerOutput[]
}

// ---------------------------------------------------------------------------------------------------------------------
// Keeper

export type KeeperInput = Time & (
  | { readonly type: 'tick' }
  | { readonly type: 'batch', readonly from: string, readonly batch: Batch }
  | { readonly type: 'message', readonly from: string, readonly message: KeeperNet | Beat }
  /** From the registry, as for the assigner: only so that ended channels' cursors are dropped. */
  | { readonly type: 'channel-gone', readonly channel: string, readonly opened: number }
  /** Save `id` and all before it are durable. */
  | { readonly type: 'saved', readonly id: number }
  /** As for the assigner. */
  | { readonly type: 'keepers', readonly keepers: readonly string[] }
  | { readonly type: 'connected', readonly peer: string }
  | { readonly type: 'closed', readonly peer: string }
  /**
   * Discovery's word on a node: removed or away; or there (again). A publisher that came back with another epoch will not
   * return to this log: say that it is `gone`, and never `back`, as soon as the newer epoch is known.
   */
  | { readonly type: 'gone', readonly peer: string }
  | { readonly type: 'back', readonly peer: string }
  /** The assigner this node runs for the log was deposed and thrown away. */
  | { readonly type: 'deposed', readonly generation: Generation }
)

export type KeeperOutput =
  /** Make these durable, as save `id`. */
  | { readonly type: 'append', readonly id: number, readonly messages: readonly Message[] }
  | { readonly type: 'save', readonly id: number, readonly state: AssignerState }
  | { readonly type: 'trim', readonly upto: number }
  | { readonly type: 'send', readonly to: string, readonly message: KeeperNet, readonly after: number }
  /** Make an assigner of `restored` (`core.restored()`) and `takeOver`, and give it the channels, keepers and connections. */
  | { readonly type: 'take-over', readonly generation: Generation, readonly complete: boolean }
  /** Step the assigner of the log with `copies`. */
  | { readonly type: 'copies', readonly messages: readonly Message[] }
  /** Step the assigner of the log with `stop`, throw it away, and tell this core `deposed`: only then it answers who asked. */
  | { readonly type: 'give-back', readonly generation: Generation }
  /** Nothing is kept any more and nobody needs it: throw the core away, and what is stored of the log. */
  | { readonly type: 'forget' }
  | { readonly type: 'problem', readonly peer: string, readonly message: string }

export interface KeeperConfig {
  readonly self: string
  readonly log: LogId
  readonly random: () => number
  readonly time: Time
  readonly restored?: AssignerConfig['restored']
  /** Something survives this process: what is `stored` is durable. @default false */
  readonly persistent?: boolean
  readonly retention?: Partial<Retention>
}

export interface KeeperCore {
  readonly due: number
  step (input: KeeperInput): KeeperOutput[]
  /** What an assigner begins with. */
  restored (): NonNullable<AssignerConfig['restored']>
  /** Messages and bytes kept. */
  readonly length: number
  readonly bytes: number
}
