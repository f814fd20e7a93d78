/**
 * What members of a group say to each other. A message belongs to one service; the driver adds which. Fields are checked
 * for type and range by the codec (numbers: integers in [0, 2^53); texts and lists within wire/limits.ts).
 */
import type { Config, Entry, GroupKind, Rank, SignedConfig } from './types.core.ts'

/** In every message. */
interface Common {
  /** The sender's group; 0 while it has none. Of another group than the receiver's: answered with a `hello`, else ignored. */
  readonly group: number
  /** The sender's fencing epoch. */
  readonly epoch: number
  /** The sender's term; in `prevote`, `vote` the term it wants. */
  readonly term: number
  /** The sender's voter incarnation. */
  readonly incarnation: string
}

/** A config by its order only. */
export interface ConfigVersion { readonly term: number, readonly version: number }

/** On connect, when a group is joined or left, in answer to a message of another group. */
export interface Hello extends Common {
  readonly type: 'hello'
  /** The sender's config; undefined while it has none. */
  readonly config: Config | undefined
  /** Config is founded: all members pledged themselves. */
  readonly founded: boolean
  /** The leader the sender follows, or it itself. */
  readonly leader: string | undefined
  /** May vote. */
  readonly eligible: boolean
  /** How it would found a group: the kind, and the number of voters. */
  readonly kind: GroupKind
  readonly size: number
  /** Highest epoch it has seen. */
  readonly highestEpoch: number
  /** Answer with a hello. */
  readonly ask: boolean
}

/** `prevote`: would you vote for me? Changes nothing. `vote`: do. */
export interface VoteRequest extends Common {
  readonly type: 'prevote' | 'vote'
  readonly config: Config
  /** The leader of the term before asked for this (`timeout-now`): its lease has ended, promises to it do not count. */
  readonly transfer: boolean
}

export interface VoteResponse extends Common {
  readonly type: 'prevote-response' | 'vote-response'
  /** The term that was asked for. */
  readonly asked: number
  readonly granted: boolean
  /** Config of the voter, when the candidate's is older. */
  readonly config: Config | undefined
}

/** The leader lives. */
export interface Heartbeat extends Common {
  readonly type: 'heartbeat'
  /** Counts the leader's rounds in this term; an answer extends the lease from the time this round was sent. */
  readonly round: number
  /** Of the leader's config; a receiver with an older one says so in its answer and gets it. */
  readonly config: ConfigVersion
  /** Enough voters hold the register up to here: deletion marks of lower or equal rank may go. */
  readonly floor: Rank | undefined
  /** The leader wants this receiver as a standby that holds the register. True for voters. */
  readonly standby: boolean
}

export interface HeartbeatResponse extends Common {
  readonly type: 'heartbeat-response'
  /** Of the round answered; 0 when the heartbeat was refused for its lower term. */
  readonly round: number
  /** Durable at the sender; all 0 when none. */
  readonly config: ConfigVersion
  readonly synced: Rank
  /** The sender wants to leave the voter set, or not to become a voter. */
  readonly leaving: boolean
  /** Ms for which it votes for nobody else from now on; 0: it promises nothing. */
  readonly promise: number
  /** Highest epoch it has seen. */
  readonly highestEpoch: number
}

/** A newer config. Durable at the receiver before it answers with `config-response`. */
export interface ConfigMessage extends Common { readonly type: 'config', readonly config: Config, readonly founded: boolean }
export interface ConfigResponse extends Common { readonly type: 'config-response', readonly config: ConfigVersion }

/**
 * The leader asks for what it lacks: all entries unless `since` is of the same term as the receiver's `synced`, and no
 * deletion mark above it is gone, else those above it. It gets a few parts, from `part` on, and then asks for the next.
 */
export interface ReadRequest extends Common { readonly type: 'read', readonly since: Rank, readonly part: number }
/** In parts; `part` from 0, `last` in the last one. `since` as asked for; all 0: these are all entries. */
export interface ReadResponse extends Common {
  readonly type: 'table'
  readonly since: Rank
  readonly synced: Rank
  readonly part: number
  readonly last: boolean
  readonly entries: readonly Entry[]
}

/** Entries of the leader, in parts like `table`, a few ahead of the answers; the parts take effect together. */
export interface Append extends Common {
  readonly type: 'append'
  /** `synced` that the receiver must have; ignored when `reset`. */
  readonly from: Rank
  /** `synced` of the receiver afterwards. */
  readonly to: Rank
  /** Replaces the receiver's whole table. */
  readonly reset: boolean
  readonly part: number
  readonly last: boolean
  readonly entries: readonly Entry[]
}
/** What the receiver holds durably, whether the append fitted or not. `part`: the next one it waits for; 0 after the last. */
export interface AppendResponse extends Common { readonly type: 'append-response', readonly synced: Rank, readonly part: number }

/** The leader's lease has ended for good in this term: campaign at once, with `transfer`. */
export interface TimeoutNow extends Common { readonly type: 'timeout-now' }

/** The sender stops, or left its group. `seat`: it wants out of the voter set. */
export interface Bye extends Common { readonly type: 'bye', readonly seat: boolean }

/** Found a group of exactly these. Not `firm`: would you? Changes nothing. A member pledges itself by making config durable; it leaves one only if it never voted in it. */
export interface Propose extends Common { readonly type: 'propose', readonly config: Config, readonly size: number, readonly firm: boolean }
export interface Pledge extends Common {
  readonly type: 'pledge'
  /** The group proposed. */
  readonly proposed: number
  readonly ok: boolean
  /** For people, when refused. */
  readonly why: string
  /** As in the question. */
  readonly firm: boolean
}

/** The leader of a group that gives way says so: forget vote and term, take a new incarnation, join `to`. */
export interface Yield extends Common { readonly type: 'yield', readonly to: number }

/** Of the group of both. Empty: show yours, for you tell of voters that I do not know. */
export interface Lineage extends Common { readonly type: 'lineage', readonly configs: readonly SignedConfig[] }

export type Message =
  | Hello | VoteRequest | VoteResponse | Heartbeat | HeartbeatResponse | ConfigMessage | ConfigResponse
  | ReadRequest | ReadResponse | Append | AppendResponse | TimeoutNow | Bye | Propose | Pledge | Yield | Lineage
