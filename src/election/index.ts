/**
 * @packageDocumentation
 *
 * One leader per service, by the rules of Raft (PreVote, CheckQuorum, leader leases, membership changes of one voter at a
 * time), with a fencing token for each term. The voters are a set that only the group itself changes; discovery supplies
 * addresses and candidates, never a quorum. Node peers vote; browser tabs, pure clients and relays only look on.
 *
 * A lease ends, for this node, before any other can win: `lease.signal` aborts then, and `lease.check()` throws. What acts
 * on something outside this process takes `lease.token` along, and that thing refuses older ones (`fence.check`): a
 * process may be stopped between its last check and its act.
 *
 * @example
 *
 * ```ts
 * await using mesh = await createMesh({ service: 'billing', storage: './data', election: { expect: 3 } })
 *
 * await mesh.election.runAsLeader(async lease => {
 *   for (const invoice of await due({ signal: lease.signal })) {
 *     lease.check()                              // throws LeaseLostError
 *     await send(invoice, { token: lease.token })
 *   }
 * }, { signal })
 * ```
 */
// what pages have of it is another
import { election as room } from '#election'
import type { Entry, Rank, Write } from './types.core.ts'
import type { Discovery } from '../discovery/index.ts'
import type { Storage } from '../storage/index.ts'
import type { PeerStreamsComponents } from '../streams/index.ts'
import type { AbortOptions, Libp2pEvents, PeerId, PrivateKey, TypedEventTarget } from '@libp2p/interface'

/**
 * `wait`: no leader is known. `follower`, `leader`: of a group that has one. `observer`: this node has no part in it, as a
 * learner, a tab, a relay or a pure client. braid's EWait, ESlave and EMaster are `wait`, `follower` and `leader`.
 */
export type ElectionState = 'wait' | 'follower' | 'leader' | 'observer'

/** Grows with every new leader of a service: compare `epoch`, then `term`. */
export interface FencingToken {
  /** Of the group: one that is founded anew has a higher one. */
  readonly epoch: number
  /** Of the leader, within the epoch. */
  readonly term: number
}

export interface Leader {
  /** Peer id. */
  readonly id: string
  /** What it proves its acts with. */
  readonly token: FencingToken
}

/** What is known of a service's group. */
export interface GroupView {
  /** Of this node, in that group. */
  readonly state: ElectionState
  /** Undefined: none is known. */
  readonly leader?: Leader
  /** Peer ids, sorted. Empty while no group is known. */
  readonly voters: readonly string[]
  /** The newest that is known; 0 while no group is. */
  readonly term: number
  /** Of a service of nodes that cannot vote: whom everybody would take. It has no token, and several may think so. */
  readonly hint?: string
}

export interface ElectionChange {
  readonly service: string
  /** Of this node. */
  readonly state: ElectionState
  /** Undefined: there is none now, as far as this node knows. */
  readonly leader: Leader | undefined
  readonly term: number
}

export interface ElectionEvents {
  /** The leader of a service that this node follows has changed, or this node's own part in it. */
  'change': CustomEvent<ElectionChange>
  /** The same for this node's own service, under the name and with the numbers that braid had (0 EWait, 1 ESlave, 2 EMaster). */
  'braid.topic.election.change_state': CustomEvent<{ readonly State: 0 | 1 | 2, readonly ID: string }>
  /** This node leads, and its register is complete. Detail: its token. */
  'register:ready': CustomEvent<FencingToken>
  /**
   * Something keeps this node or its group from voting; the message says what to do. Detail: ElectionStoreError,
   * IdentityConflictError, GroupConflictError or VotersError. ProtocolError: a peer's messages are ignored. An
   * ElectionStoreError also tells of a log that cannot be made short, and grows: `status().fault` does not.
   */
  'fault': CustomEvent<Error>
}

/** Proof that this node leads, for as long as it does. */
export interface Lease {
  /** Aborts with LeaseLostError before another node can win. */
  readonly signal: AbortSignal
  readonly token: FencingToken
  /** Call it after each await that matters: a process may have been stopped meanwhile. @throws LeaseLostError */
  check (): void
}

export interface FenceOptions {
  /** Whose leaders act on the resource; used only where what was accepted for it is lost. @default this node's own */
  service?: string | undefined
}

export interface Fence {
  /**
   * Accept a leader's act on a resource: resolves once its token, the highest so far, is stored. At most 2,000 resources,
   * with names of 1 to 256 characters, and 450 bytes as JSON.
   *
   * When the storage has lost what was accepted, what is older than the newest leader of the service that was known since is
   * refused: one of which nobody tells any more goes for an older one after minutes, as records may be false.
   *
   * @throws StaleTokenError - a newer leader has acted on it
   * @throws ElectionStoreError, InvalidOptionsError, InvalidNameError
   */
  check (resource: string, token: FencingToken, options?: FenceOptions): Promise<void>
}

/**
 * A small table that the voters of a group hold, written and read by their leader: what a majority holds is never lost,
 * nor changed by a leader that was replaced.
 */
export interface Register {
  /** This node leads, and its table is complete; `entry` and `entries` are current while {@link current}. */
  readonly ready: boolean
  /**
   * All or nothing; resolves with the ranks of the entries when a majority holds them. At most 1,000 writes and 1 MiB
   * together, keys of 1 to 256 characters, values of at most 64 KiB. While this node leads there is no end to the wait but
   * the signal's, after which it may be done yet.
   *
   * @throws RegisterError, InvalidOptionsError, the signal's reason
   */
  write (writes: readonly Write[], options?: AbortOptions): Promise<readonly Rank[]>
  /** This node's own table is all there is, by a lease that holds now: nobody else can have written. */
  readonly current: boolean
  /** Linearizable. @throws RegisterError, InvalidOptionsError */
  read (key: string, options?: AbortOptions): Promise<Entry | undefined>
  /** Of this node's own table, perhaps stale. */
  entry (key: string): Entry | undefined
  /** All of this node's own table, perhaps stale. */
  entries (): IterableIterator<Entry>
  /**
   * Whether an entry of this key was deleted within the last 15 s, or may have been: a node that was started with what it
   * has stored of it, or got the whole table anew, cannot tell for 15 to 30 s from then on. What a group had that is gone
   * with its register is no part of it. As current as {@link entry}.
   */
  wasDeleted (key: string): boolean
  /** Of this node's own table, deletion marks included; it takes 200 000 entries of 64 MiB. */
  readonly size: { readonly entries: number, readonly bytes: number }
}

export interface VoterStatus {
  /** Peer id. */
  readonly id: string
  /** Milliseconds since it last answered; only the leader knows. */
  readonly lastContact?: number
}

export interface ElectionStatus {
  /** This node's own; undefined for a pure client. */
  readonly service: string | undefined
  /** Of this node. */
  readonly state: ElectionState
  /** Of the group's config, and the newest term; 0 while this node knows none. */
  readonly epoch: number
  readonly term: number
  readonly leader: Leader | undefined
  /** Of the group's config; empty while this node knows none. */
  readonly voters: readonly VoterStatus[]
  /** Peer ids of those that are kept up to date and do not vote; only the leader knows. */
  readonly learners: readonly string[]
  /** Milliseconds that this node's lease still runs; 0 when it does not lead. */
  readonly leaseLeft: number
  /** Whether this node's vote counts: it has a seat, under the life that its store has now, and its identity is its own. */
  readonly voting: boolean
  /** What keeps this node from voting, until its group has a leader; of the storage, until it can be written. */
  readonly fault: Error | undefined
}

export interface ElectionOptions {
  /** Exactly these nodes vote at first (peer ids). Every node of the service must be given the same ones. */
  voters?: readonly string[]
  /** Wait for so many nodes of the service, which then agree on who votes at first. @default 1, for development */
  expect?: number
  /** Voters that the leader keeps, of the nodes there are. Odd. @default 3, or as many as there were at first */
  targetVoters?: number
  /**
   * How soon a silent leader is replaced: `fast` 200 to 400 ms (one machine), `default` 500 to 1000 ms, `wan` 1 to 2 s.
   * All voters must have the same.
   *
   * @default 'default'
   */
  profile?: ElectionProfile
  /**
   * `strict`: nobody wins before the lease of the last leader has ended. `off`: the end of its connections is enough,
   * which is faster, and the fencing token is the only protection. All voters must have the same.
   *
   * @default 'strict'
   */
  lease?: 'strict' | 'off'
  /**
   * Whoever is in the mesh may make this node step down by the method `braid.election.resign`, as the buttons of a
   * demonstration or of an operator do.
   *
   * @default false
   */
  remoteResign?: boolean
}

export type ElectionProfile = 'fast' | 'default' | 'wan'

export interface Election extends TypedEventTarget<ElectionEvents> {
  /** Of this node in the group of its own service. */
  readonly state: ElectionState
  /** Of that group; undefined: none is known. To ask makes this node take part, or follow. */
  readonly leader: Leader | undefined
  /** Where acts of leaders are checked, on this node's storage. */
  readonly fence: Fence
  /** For the service's own rooms: links are kept in it. */
  readonly register: Register
  /**
   * What is known of a service's group; undefined when there is no sign of one. Asking makes this node follow it; of services
   * without nodes, the last 1,024.
   */
  of (service: string): GroupView | undefined
  /** The same without a trace: this node does not follow the group for it, and none is formed. */
  peek (service: string): GroupView | undefined
  /**
   * Run a task while this node leads, once for each term it wins: after a loss it waits for the next. Resolves with
   * what the task returns when it ends while the lease holds.
   *
   * @throws what the task throws while it leads; the signal's reason; MeshStoppedError; NotLeaderError - this node can never lead
   */
  runAsLeader<T> (task: (lease: Lease) => Promise<T> | T, options?: AbortOptions): Promise<T>
  /**
   * Give the leadership away, to whoever is up to date and answers soonest. Resolves when the next leader is heard; does
   * nothing when this node does not lead.
   *
   * @throws VotersError - nobody took over in time
   */
  resign (options?: AbortOptions): Promise<void>
  /** Give it to this voter. @throws NotLeaderError, VotersError - no voter of that id; it did not take over in time, or another one did */
  transfer (to: string, options?: AbortOptions): Promise<void>
  status (): ElectionStatus
  /**
   * After a majority of the voters is lost for good: found the group anew, with these voters (this node among them).
   * Only an operator can know that no majority of the old group lives on somewhere; fencing tokens go on growing.
   *
   * @throws VotersError, ElectionStoreError, NotLeaderError
   */
  recover (options: { voters: readonly string[] } & AbortOptions): Promise<void>
  /** Hand over what this node has of the group, as far as the others take it: for a node that stops. It begins no task as leader any more. */
  leave (options?: LeaveOptions): Promise<void>
}

export interface LeaveOptions extends AbortOptions {
  /** The vote too, not only the leadership. @default true without a durable storage: this node does not come back */
  seat?: boolean
}

export interface ElectionInit extends ElectionOptions {
  /** Where the vote is kept. Without a durable one a node gives its vote back when it stops, and is new at every start. */
  storage?: Pick<Storage, 'stable' | 'log' | 'durable'>
  /** False: this node never votes or leads. Pages never do. @default true */
  votes?: boolean
  /** There are other nodes: no group is founded before one was heard of. @default false */
  bootstrapped?: boolean
  /** A group is formed, or joined, at once rather than when something needs its leader. @default false */
  eager?: boolean
  /** `of` was asked for a service that has no group; its nodes make one when they are asked for their leader. */
  onAsk?: (service: string) => void
}

/** What {@link election} needs of libp2p, and of the services beside it. */
export interface ElectionComponents extends PeerStreamsComponents {
  peerId: PeerId
  privateKey: PrivateKey
  events: TypedEventTarget<Libp2pEvents>
  /** The service `discovery: discovery()`, under that key. */
  discovery?: Discovery
}

export type { Entry as RegisterEntry, Rank as RegisterRank, Write as RegisterWrite } from './types.core.ts'

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: no `discovery` service beside it
 *
 * @example
 *
 * ```ts
 * const node = await createLibp2p({ services: { identify: identify(), discovery: discovery({ service: 'login' }), election: election({ expect: 3 }) } })
 * await node.services.election.runAsLeader(async lease => { … })
 * ```
 */
export const election: (init?: ElectionInit) => (components: ElectionComponents) => Election = room
