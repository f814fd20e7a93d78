/** What one node knows of its group, and the two ways in which it changes anything: by a save and by a message. Pure. */
import { EPOCHS_PER_MS, hasPassed } from './clock.core.ts'
import { hasSeat, isNewer, NO_RANK } from './order.core.ts'
import { Table } from './table.core.ts'
import { MAX_REGISTER_ENTRIES } from '../wire/limits.ts'
import type { Asking } from './asking.core.ts'
import type { Founding } from './founding.core.ts'
import type { Handover, Leadership } from './leadership.core.ts'
import type { Hello, Message, VoteRequest } from './messages.core.ts'
import type {
  Candidate, Config, ElectionConfig, ElectionOutput, ElectionProblem, ElectionState, Entry, GroupKind, HardState, Rank, SignedConfig, Time, Token
} from './types.core.ts'

/** Milliseconds between two reports of the same problem, between tries of a store that fails, and saves of epochs that were seen. */
const REPORT_EVERY = 10_000
const SAVE_AGAIN = 1_000
const MAX_REPORTS = 256
/** How fast a slow save is forgotten, and the longest that counts, in ms. */
const SYNC_FADE = 0.8
const MAX_SYNC = 5_000

type Without<T> = T extends unknown ? Omit<T, 'group' | 'epoch' | 'term' | 'incarnation'> & { term?: number } : never
/** A message but for what every message has. */
export type Draft = Without<Message>

type Role = 'follower' | 'candidate' | 'leader'

/** A campaign: first would they, then do they. */
export interface Campaign { readonly type: 'prevote' | 'vote', readonly term: number, readonly granted: Set<string>, readonly save: number, readonly transfer: boolean }

/** A line that is gone along. `next`: the number, and the config, whose signature is being verified. */
export interface Proof { readonly from: string, readonly configs: readonly SignedConfig[], readonly id: number, readonly next: SignedConfig, readonly at: number }

/** What a peer of the service said of itself. */
export interface Peer { readonly hello: Hello, readonly since: number }

export class Core {
  readonly init: ElectionConfig
  readonly self: string
  readonly heartbeat: number
  readonly timeout: number
  readonly strict: boolean
  readonly eligible: boolean
  readonly persistent: boolean
  readonly target: number
  readonly kind: GroupKind
  readonly size: number
  readonly marks: number
  readonly startedAt: number

  time: Time
  hard: HardState
  readonly table: Table
  /** `synced` of what is durable. */
  durableSynced: Rank
  out: ElectionOutput[] = []

  role: Role = 'follower'
  leader: string | undefined
  campaign: Campaign | undefined
  lead: Leadership | undefined
  /** Given away; who has it now was not heard yet. */
  handover: Handover | undefined
  /** When a leader was last heard: the start of this voter's promise. */
  contact: Time | undefined
  /** The connection to the leader broke since. */
  leaderGone = false
  /** A pre-vote that came a moment before the promise ends: it is answered then. */
  early: { readonly from: string, readonly message: VoteRequest, readonly at: number } | undefined
  /** Those to whom this node gave way since a leader was heard, once each. */
  readonly gaveWay = new Set<string>()
  electionDue = Infinity
  leaderlessSince: number
  /** When a voter last said who leads, to one who hears no heartbeats. */
  toldAt = -Infinity
  /** Start a campaign at the end of this step: the former leader's lease is over. */
  takeOver = false
  founding: Founding | undefined
  /** Before it founds alone; and whom it lets found, until when. */
  asking: Asking | undefined
  heldFor = ''
  heldUntil = -Infinity
  /** A group that this node wanted to found, in this life, and never will. */
  gaveUp = 0
  /** From when on the epoch may be raised again, and how long that wait was. */
  raiseFrom = -Infinity
  raiseWait = 0
  /** When to look again whether a group is to be founded; when another one was last heard of. */
  lookAt: number
  seenGroupAt = -Infinity
  /** When this node last asked who leads. */
  askedAt = -Infinity
  greetAt: number
  leaving = false
  /** Until it left. */
  leavingSeat = false
  /** It has left, or found nobody whom it could leave anything to. */
  saidLeft = false
  /** The only voter of the group said that it leaves for good. */
  orphaned = false
  conflict = false
  broken = false
  mayFound = true
  mayFoundSince = -Infinity
  candidates: readonly Candidate[] = []
  readonly connected = new Set<string>()
  readonly peers = new Map<string, Peer>()
  /** Who was asked to show the line to the voters that it tells of, when, and whether it did; and when it was shown to whom. */
  readonly askedForProof = new Map<string, { readonly at: number, heard: boolean }>()
  readonly shownProof = new Map<string, number>()
  proof: Proof | undefined
  proofs = 0

  #saves = 0
  #durable = 0
  /** Saves with a hard state; with a term, vote or incarnation. */
  #hardSave = 0
  #termSave = 0
  /** The highest epoch of the last save, and from when on a higher one makes one more. */
  #savedEpoch = 0
  #keepEpochFrom = -Infinity
  /** Of all epochs that were known in this life, the most by which one was ahead of the monotonic clock. */
  #epochAhead: number
  readonly #syncing: Array<{ id: number, synced: Rank }> = []
  readonly #savedAt: Array<{ id: number, at: number, config: Config | undefined }> = []
  /** The config that is durable here. */
  durableConfig: Config | undefined
  /** Ms that a save takes, of late. */
  syncTime = 0
  saveAgainAt = Infinity
  /** There was a table to save: where there is none, what keeps it need not work. */
  #tabled: boolean
  #told = ''
  readonly #reported = new Map<string, number>()

  constructor (init: ElectionConfig) {
    const { durable, profile, time, voters, expect = 1 } = init
    this.init = init
    this.self = init.self
    this.heartbeat = profile?.heartbeat ?? 100
    this.timeout = profile?.timeout ?? 500
    this.strict = init.lease !== 'off'
    this.eligible = init.eligible ?? true
    this.persistent = init.persistent ?? true
    this.target = init.targetVoters ?? 3
    this.kind = voters !== undefined ? 'voters' : expect > 1 ? 'expect' : 'default'
    this.size = voters?.length ?? expect
    this.marks = init.marks ?? MAX_REGISTER_ENTRIES / 4
    this.time = time
    this.startedAt = this.leaderlessSince = time.now
    this.lookAt = this.greetAt = time.now
    this.table = new Table(durable?.entries, durable?.synced, time.now)
    this.durableSynced = this.table.synced
    this.#tabled = this.table.entries.size > 0 || this.table.synced.epoch > 0
    // it may have promised something in the life before
    this.contact = durable?.hard.config === undefined ? undefined : time
    this.durableConfig = durable?.hard.config
    this.hard = durable?.hard ?? {
      incarnation: drawIncarnation(init.random), config: undefined, founded: false, term: 0, vote: undefined, highestEpoch: 0, epochAhead: 0, lineage: []
    }
    this.#epochAhead = this.hard.highestEpoch - time.now * EPOCHS_PER_MS
  }

  get config (): Config | undefined {
    return this.hard.config
  }

  get group (): number {
    return this.hard.config?.group ?? 0
  }

  /** This node's vote counts. */
  get voting (): boolean {
    return this.hard.founded && this.seated && !this.conflict && this.eligible
  }

  get seated (): boolean {
    return hasSeat(this.hard.config, this.self, this.hard.incarnation)
  }

  /** Number of the save that the present term, vote and incarnation need. */
  get termSave (): number {
    return this.#termSave
  }

  get hardSave (): number {
    return this.#hardSave
  }

  get lastSave (): number {
    return this.#saves
  }

  isDurable (save: number): boolean {
    return save <= this.#durable
  }

  /** The promise to the leader stands: nobody else gets a vote. */
  promised (): boolean {
    if (this.role === 'leader') {
      const heard = this.lead?.quorumAt ?? this.lead?.wonAt
      return heard !== undefined && !this.lead?.over && !hasPassed(heard, this.timeout, this.time)
    }
    return this.contact !== undefined && !(this.leaderGone && !this.strict) && !hasPassed(this.contact, this.timeout, this.time)
  }

  /** Monotonic time at which the promise ends, as far as the clocks agree until then. */
  promiseEnd (): number {
    const { contact, time, timeout } = this
    return contact === undefined ? time.now : Math.max(contact.now + timeout, time.now + timeout - (time.wall - contact.wall))
  }

  /** A leader is there, or was until less than T ago. */
  get hearsLeader (): boolean {
    return this.leader !== undefined || (this.contact !== undefined && !hasPassed(this.contact, this.timeout, this.time))
  }

  /** In [T, 2T), and time for a disk that is slower than that. */
  drawTimeout (): number {
    return this.timeout * (1 + this.init.random()) + this.headStart + 2 * this.syncTime
  }

  /** Ms that who leaves gives those who stay: one of them leads, if any can. */
  get headStart (): number {
    return this.leaving ? this.timeout : 0
  }

  save (changes: Partial<HardState>): number {
    if (changes.highestEpoch !== undefined) this.seeEpoch(changes.highestEpoch)
    const before = this.hard
    // another group has another line
    const lineage = !('config' in changes) || changes.config?.group === before.config?.group ? before.lineage : []
    this.hard = { ...before, lineage, ...changes }
    const { term, vote, incarnation } = this.hard
    const id = ++this.#saves
    this.#hardSave = id
    if (term !== before.term || vote !== before.vote || incarnation !== before.incarnation) this.#termSave = id
    this.#savedEpoch = this.hard.highestEpoch
    this.out.push({ type: 'save', id, hard: this.hard })
    this.#savedAt.push({ id, at: this.time.now, config: this.hard.config })
    return id
  }

  /** The table changed: `reset` when entries went that no `drop` names. */
  saveTable (entries: readonly Entry[], reset = false, drop: readonly string[] = []): number {
    const id = ++this.#saves
    const { synced } = this.table
    this.#tabled = true
    this.#syncing.push({ id, synced })
    this.out.push({ type: 'save', id, register: { reset, entries, drop, synced } })
    return id
  }

  saved (id: number): void {
    // what succeeds after what failed does not make that durable: all of it is saved again
    if (this.saveAgainAt !== Infinity) return
    this.#durable = Math.max(this.#durable, id)
    while (this.#savedAt.length > 0 && this.#savedAt[0]!.id <= id) {
      const { at, config } = this.#savedAt.shift()!
      this.durableConfig = config
      this.syncTime = Math.max(this.syncTime * SYNC_FADE, Math.min(this.time.now - at, MAX_SYNC))
    }
    while (this.#syncing.length > 0 && this.#syncing[0]!.id <= id) this.durableSynced = this.#syncing.shift()!.synced
    if (this.broken && this.saveAgainAt === Infinity && id === this.#saves) this.broken = false
  }

  saveFailed (reason: string): void {
    this.broken = true
    this.saveAgainAt = this.time.now + SAVE_AGAIN
    this.problem('storage-failed', `cannot save the election's state, so this node does not vote: ${reason}; free or mend the disk, it is tried again each second`)
  }

  saveAgain (): void {
    this.saveAgainAt = Infinity
    this.#syncing.length = this.#savedAt.length = 0
    this.save({})
    this.#termSave = this.#hardSave
    if (this.#tabled) this.saveTable([...this.table.entries], true)
  }

  /** Held back until the whole hard state is durable; a heartbeat needs the term only. */
  send (to: string, draft: Draft, after = this.#hardSave): void {
    if (!this.connected.has(to) || this.broken) return
    const { term, incarnation } = this.hard
    const message = { group: this.group, epoch: this.hard.config?.epoch ?? 0, term, incarnation, ...draft } as Message
    this.out.push({ type: 'send', to, message, after: this.isDurable(after) ? 0 : after })
  }

  problem (problem: ElectionProblem, message: string, peer?: string): void {
    const key = `${problem} ${peer ?? ''}`
    const last = this.#reported.get(key)
    if (last !== undefined && this.time.now - last < REPORT_EVERY) return
    if (this.#reported.size >= MAX_REPORTS) this.#reported.clear()
    this.#reported.set(key, this.time.now)
    this.out.push({ type: 'problem', problem, message, ...peer === undefined ? {} : { peer } })
  }

  sendHello (to: string, ask = false): void {
    const { founded, highestEpoch } = this.hard
    const joining = this.lead?.joining
    this.send(to, {
      type: 'hello', config: joining?.id === to ? joining.before : this.config, founded, leader: this.leader, kind: this.kind, size: this.size, highestEpoch, ask,
      eligible: this.eligible && !this.leaving && !this.conflict
    })
  }

  /** Tells the driver once per change. */
  tell (): void {
    const { state, leader } = this
    const token = this.token()
    const { config } = this
    const now = `${state} ${leader} ${token?.epoch} ${token?.term} ${this.group} ${config?.term} ${config?.version}`
    if (now === this.#told) return
    this.#told = now
    this.out.push({ type: 'change', state, leader, token, config })
  }

  get state (): ElectionState {
    if (this.role === 'leader') return 'leader'
    if (!this.eligible) return 'observer'
    if (this.config !== undefined && this.hard.founded && !this.voting) return 'observer'
    return this.leader === undefined ? 'wait' : 'follower'
  }

  token (): Token | undefined {
    const { config, leader } = this
    return config === undefined || leader === undefined ? undefined : { epoch: this.lead?.epoch ?? config.epoch, term: this.hard.term }
  }

  /** Saved with what is saved next, or by {@link keepEpoch}. */
  seeEpoch (epoch: number): void {
    if (epoch <= this.hard.highestEpoch) return
    const { now, wall } = this.time
    this.#epochAhead = Math.max(this.#epochAhead, epoch - now * EPOCHS_PER_MS)
    this.hard = { ...this.hard, highestEpoch: epoch, epochAhead: Math.max(this.hard.epochAhead, Math.ceil(epoch / EPOCHS_PER_MS - wall)) }
  }

  /**
   * What the highest epoch that is known may have been raised to since, elsewhere, by a clock that is ahead of this one:
   * it has run on (a hybrid logical clock, Kulkarni et al. 2014, whose logical part is time that passed). By the clock that
   * says more: the monotonic one stands still in sleep and between two lives, the wall clock can be set back.
   */
  get epochNow (): number {
    const { hard: { epochAhead }, time: { now, wall } } = this
    const byWall = epochAhead > 0 ? (wall + epochAhead) * EPOCHS_PER_MS : 0
    return Math.floor(Math.max(byWall, this.#epochAhead + now * EPOCHS_PER_MS))
  }

  /** Once a second: anybody can tell of one after the other. */
  keepEpoch (): void {
    if (this.hard.highestEpoch <= this.#savedEpoch || this.time.now < this.#keepEpochFrom) return
    this.#keepEpochFrom = this.time.now + SAVE_AGAIN
    this.save({})
  }

  /** Takes over a newer config of the own group. Durable before anything that is sent later. */
  adopt (config: Config, founded = true): boolean {
    const own = this.config
    if (own === undefined || config.group !== own.group || !isNewer(config, own)) return false
    this.save({ config, founded: this.hard.founded || founded, highestEpoch: Math.max(this.hard.highestEpoch, config.epoch) })
    return true
  }

  /** Becomes a stranger to every group, with a store that is as good as new. */
  forget (changes: Partial<HardState> = {}): void {
    this.contact = undefined
    this.leader = undefined
    this.leaderlessSince = this.time.now
    this.electionDue = Infinity
    this.campaign = undefined
    this.orphaned = false
    this.save({ incarnation: drawIncarnation(this.init.random), config: undefined, founded: false, term: 0, vote: undefined, ...changes })
    this.table.clear(this.time.now)
    this.table.synced = NO_RANK
    this.saveTable([], true)
  }
}

/** 128 bits as 32 hex digits. */
export function drawIncarnation (random: () => number): string {
  return Array.from({ length: 8 }, () => Math.floor(random() * 0x1_0000).toString(16).padStart(4, '0')).join('')
}
