/**
 * What the election core is told and what it answers. The core is synchronous and has no clock: every input carries both
 * clocks, and the driver obeys the outputs in their order. Times are milliseconds.
 *
 * Durability: a `save` output says what must become durable, numbered from 1 in the order of saving. The driver saves in
 * that order (it may skip a `hard` that a later one replaces, never a `register` part), answers each with `saved`, and
 * holds back every `send` until all saves up to its `after` are durable. Sends to one peer keep their order,
 * but for a `heartbeat` and a `heartbeat-response`, which wait for their own `after` only.
 */
import type { Message } from './messages.core.ts'
import type { Time } from '../util/clocks.ts'
import type { Rank } from '../util/rank.core.ts'

export type { Rank } from '../util/rank.core.ts'
export type { Time } from '../util/clocks.ts'

/** The fencing token: grows with each leader, by epoch, then term. */
export interface Token { readonly epoch: number, readonly term: number }

/** A seat: a peer with one life of its store. 32 hex digits, drawn when the store is new, after a loss, a yield or an identity conflict. */
export interface Voter { readonly id: string, readonly incarnation: string }

/** How a group came to be: `default` groups yield to all others, and to larger or older default ones. */
export type GroupKind = 'default' | 'expect' | 'voters' | 'recover'

/** The voter set, and what else only the group itself may change. Newer: higher term, then higher version (logless reconfiguration, arXiv 2102.11960). */
export interface Config {
  /** Identity of the group: its epoch when it was founded. Never 0. */
  readonly group: number
  /** Fencing epoch: `group` at first, raised when another group was merged into this one. */
  readonly epoch: number
  readonly kind: GroupKind
  /** Term of the leader that wrote it; 0 when founded. */
  readonly term: number
  readonly version: number
  /** Sorted by id, no id twice, at least one. */
  readonly voters: readonly Voter[]
  /** The group that this one takes the place of (`recover`, or a group without storage that lost its majority); 0 for none. */
  readonly replaces: number
}

/** A config in the words of the leader that wrote it, for whoever knows that one: anybody may pass it on. */
export interface SignedConfig {
  /** One of its voters. */
  readonly by: string
  readonly config: Config
  readonly signature: Uint8Array
  /** Empty when the peer id carries it. */
  readonly publicKey: Uint8Array
}

/** What must survive a crash, but for the register. */
export interface HardState {
  readonly incarnation: string
  /** Undefined while this node belongs to no group. */
  readonly config: Config | undefined
  /** All founding members have pledged themselves to `config`, so that it may elect. */
  readonly founded: boolean
  readonly term: number
  /** Whom this node voted for in `term`. */
  readonly vote: string | undefined
  /** Highest epoch seen of any group of the service. */
  readonly highestEpoch: number
  /** Milliseconds, rounded up, by which one that was seen was ahead of this node's wall clock: the most of all; 0 when none was. */
  readonly epochAhead: number
  /** Oldest first: from voters of former times to those of now. */
  readonly lineage: readonly SignedConfig[]
}

/** One key of the register. `value` undefined: deleted; the mark stays until all voters have it, or a majority when there are many. */
export interface Entry { readonly key: string, readonly value: Uint8Array | undefined, readonly rank: Rank }

/** Everything that was durable at a start. */
export interface Durable {
  readonly hard: HardState
  /** Each key once. */
  readonly entries: readonly Entry[]
  /** This node holds exactly what the leader of that epoch and term held at that index. */
  readonly synced: Rank
}

/** What to make durable, as one unit: all of it or nothing survives a crash, and later parts only together with earlier ones. */
export interface Save {
  readonly type: 'save'
  readonly id: number
  /** The complete hard state, when it changed. */
  readonly hard?: HardState
  readonly register?: {
    /** Forget all entries first. */
    readonly reset: boolean
    /** Each replaces the one with the same key. */
    readonly entries: readonly Entry[]
    /** Keys of deletion marks that nobody needs any more. */
    readonly drop: readonly string[]
    readonly synced: Rank
  }
}

/** A node of the service, as discovery sees it: not gone. A hint only: never counted, never voting by itself. */
export interface Candidate {
  readonly id: string
  /** May vote: a Node process that is up and not draining, with an election of its own. */
  readonly eligible: boolean
  /** False: its record says that it takes no part in elections, whatever it was before it was started again. @default true */
  readonly votes?: boolean
  /** Its record says, now, that it is a voter of this group, and that the group has a leader. */
  readonly leads?: number | undefined
}

/** What a node record, or a member, says about a group. Routing hint. */
export interface GroupView {
  readonly group: number
  readonly epoch: number
  readonly kind: GroupKind
  readonly term: number
  readonly leader: string | undefined
  readonly voters: readonly string[]
}

/** One write. */
export interface Write {
  readonly key: string
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined
  /** Only if the key has this rank now (uncommitted writes included); null: only if it has no value. Left out: always. */
  readonly ifRank?: Rank | null
}

export type ElectionInput = Time & (
  /** The time asked for by {@link ElectionCore.due} has come; early or extra ticks do no harm. */
  | { readonly type: 'tick' }
  /** From the peer at the other end of the authenticated stream, whoever it says it is. */
  | { readonly type: 'message', readonly from: string, readonly message: Message }
  /** Messages can be sent to it from now on (its stream is open, or can be opened). Say so for each node of the service. */
  | { readonly type: 'connected', readonly peer: string }
  /** Its last connection closed, or it said goodbye. */
  | { readonly type: 'closed', readonly peer: string }
  /** Save `id` and all before it are durable. */
  | { readonly type: 'saved', readonly id: number }
  /** A save failed; drop all held sends. The core stops voting and tries again with everything, numbered on. */
  | { readonly type: 'save-failed', readonly id: number, readonly reason: string }
  /** Nodes of the service, this one included or not; replaces the former list. */
  | { readonly type: 'candidates', readonly candidates: readonly Candidate[] }
  /** Whether a group may be founded: false while isolated though there is a bootstrap list. @default true */
  | { readonly type: 'may-found', readonly allowed: boolean }
  /** Somebody's record tells of a group of this service. */
  | { readonly type: 'group', readonly view: GroupView }
  /** Write, as the leader, all or nothing. Answered by `committed` or `refused`. `id` is chosen by the driver. */
  | { readonly type: 'propose', readonly id: number, readonly writes: readonly Write[] }
  /** Read linearizably, as the leader. Answered by `value` or `refused`. */
  | { readonly type: 'read', readonly id: number, readonly key: string }
  /** Give leadership to that voter, or to the best one. Answered by `transferred`. */
  | { readonly type: 'transfer', readonly id: number, readonly to?: string }
  /**
   * Leave the voter set, leadership first. Answered by `left`: also when there is nobody to leave anything to, who gets it
   * when he comes. Or never, if nobody can help: bound the wait; it votes on, and leads when nobody else does. `last`: the
   * process ends now; unanswered.
   */
  | { readonly type: 'leave', readonly last?: boolean }
  /** Operator: found a new group of these (all must be connected and agree), after majority loss. Answered by `recovered`. */
  | { readonly type: 'recover', readonly id: number, readonly voters: readonly string[] }
  /** Two live processes use this identity: take a new incarnation and do not vote until the group admits it. `active` false: over. */
  | { readonly type: 'identity-conflict', readonly active: boolean }
  /** What was to be signed. */
  | { readonly type: 'signed', readonly signed: SignedConfig }
  /** Whether the one that it names has signed it. */
  | { readonly type: 'verified', readonly id: number, readonly ok: boolean }
)

export type ElectionState = 'wait' | 'follower' | 'leader' | 'observer'

/** Why something was refused, or what an operator should know. */
export type ElectionProblem =
  /** `voters` / `expect`: some are not there yet; a group is founded when all are. */
  | 'waiting-for-voters'
  /** A peer was started with other `voters`. */
  | 'voters-conflict'
  /** Two explicit groups of one service; at a voter without a leader: its own one may have been given up. */
  | 'group-conflict'
  | 'identity-conflict'
  /** Saves fail: this node does not vote. */
  | 'storage-failed'
  /** Its store was lost, so its seat is: it does not vote until admitted again. */
  | 'seat-lost'
  /** Of the driver: the log cannot be rewritten, so it grows. All is saved, and this node votes. */
  | 'log-long'
  /** A message from a peer that may not send it, or with a term or epoch out of bounds; it was ignored. */
  | 'stranger' | 'term-jump'

export type ElectionOutput =
  | Save
  /** `after`: id of the save that must be durable before; 0 for none. Lost messages are made up for: drop what cannot be sent. */
  | { readonly type: 'send', readonly to: string, readonly message: Message, readonly after: number }
  /** State, leader, token or voters changed. `leader` is set with `token` once the leader is known to have won. */
  | { readonly type: 'change', readonly state: ElectionState, readonly leader: string | undefined, readonly token: Token | undefined, readonly config: Config | undefined }
  /** This node leads, provably alone, while both clocks are before `until`. Repeated for each extension. */
  | { readonly type: 'lease', readonly token: Token, readonly until: Time }
  /** The lease ended: abort what runs under it before anything else. It may come back with the same token. */
  | { readonly type: 'lease-end', readonly token: Token, readonly reason: string }
  /** The leader's register is complete: `propose` and `read` are answered from now on until `change`. */
  | { readonly type: 'register-ready', readonly token: Token }
  /** A proposal is on a majority; ranks in the order of its writes. */
  | { readonly type: 'committed', readonly id: number, readonly ranks: readonly Rank[] }
  | { readonly type: 'value', readonly id: number, readonly entry: Entry | undefined }
  /** Not done (`certain`), or perhaps done (leadership was lost meanwhile). `entry`: what an `ifRank` met. */
  | { readonly type: 'refused', readonly id: number, readonly why: 'not-leader' | 'not-ready' | 'condition' | 'full' | 'lost', readonly certain: boolean, readonly entry?: Entry | undefined }
  /** `ok`: another one is heard to lead, the one that was named if one was. */
  | { readonly type: 'transferred', readonly id: number, readonly ok: boolean, readonly why?: string }
  | { readonly type: 'left' }
  | { readonly type: 'recovered', readonly id: number, readonly ok: boolean, readonly why?: string }
  /** This node gave its group up for another one (`yielded`), or its group took another one in (`merged`: tokens have a new epoch). */
  | { readonly type: 'group', readonly what: 'founded' | 'joined' | 'yielded' | 'merged', readonly group: number, readonly epoch: number }
  /** Sign this with the node's key. Answered by `signed`, if at all. */
  | { readonly type: 'sign', readonly config: Config }
  /** Answered by `verified`. */
  | { readonly type: 'verify', readonly id: number, readonly signed: SignedConfig }
  | { readonly type: 'problem', readonly problem: ElectionProblem, readonly message: string, readonly peer?: string }

/** Milliseconds. */
export interface Profile {
  readonly heartbeat: number
  /** T: least time without a leader before an election, and the length of a voter's promise. Timeouts are drawn from [T, 2T). */
  readonly timeout: number
}

export interface ElectionConfig {
  /** This node's peer id. */
  readonly self: string
  readonly service: string
  /** In [0, 1): timeouts, jitter, incarnations. */
  readonly random: () => number
  readonly time: Time
  /** What was durable; undefined for a new or a lost store. */
  readonly durable: Durable | undefined
  /** Whether a store was found damaged or empty though it should not be. Told by `seat-lost`. @default false */
  readonly lost?: boolean
  /** False without storage: nothing survives this process. @default true */
  readonly persistent?: boolean
  /** False: never votes, never founds (a tab). @default true */
  readonly eligible?: boolean
  /** @default PROFILES.default */
  readonly profile?: Profile
  /** `off`: no promises, so no lease; only the token protects. @default 'strict' */
  readonly lease?: 'strict' | 'off'
  /** Found the group from exactly these. */
  readonly voters?: readonly string[]
  /** Found the group from so many eligible nodes. @default 1 */
  readonly expect?: number
  /** Voters that autopilot grows to; 0 turns it off. @default 3 */
  readonly targetVoters?: number
  /** Ms after the start in which a group is looked for before one is founded. @default 1000 */
  readonly settle?: number
  /** Deletion marks that are kept for voters who are away; of more, those that a majority has go. @default a quarter of the register's keys */
  readonly marks?: number
}

export interface MemberStatus {
  readonly id: string
  /** Ms since this node, the leader, heard from it; undefined when never or unknown. */
  readonly lastContact: number | undefined
  readonly synced: Rank | undefined
}

export interface ElectionStatus extends GroupView {
  readonly state: ElectionState
  readonly config: Config | undefined
  readonly members: readonly MemberStatus[]
  /** The leader's standbys, which hold the register and may be promoted. */
  readonly learners: readonly MemberStatus[]
  /** Ms of lease left; 0 for none. */
  readonly leaseLeft: number
  /** Whether this node has a seat: it is a voter of the config under its incarnation. */
  readonly voting: boolean
  /** What it has to save cannot be saved: it does not vote. */
  readonly broken: boolean
  readonly entries: number
}

export interface ElectionCore {
  /** Monotonic time at which the next tick is needed; ask again after each step. */
  readonly due: number
  /** Outputs are to be carried out in their order. */
  step (input: ElectionInput): ElectionOutput[]
  status (time: Time): ElectionStatus
  /** This node's copy, perhaps stale, deletions left out; complete and current only between `register-ready` and the next `change`, under a lease. */
  entry (key: string): Entry | undefined
  entries (): IterableIterator<Entry>
  /** Whether the key was deleted within the last 15 s, or may have been: as current as {@link entry}. */
  wasDeleted (key: string): boolean
  /** Of the register, deletion marks included. */
  readonly size: { readonly entries: number, readonly bytes: number }
}
