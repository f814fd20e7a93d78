/**
 * The leader's side of the register. Before it answers, a new leader learns the tables of a majority that refuses lower
 * terms from then on, and takes the furthest of them as a whole, as Raft takes the furthest log: a table that some leader
 * left is one state, and one that was mixed of two might never have been. What it does not find with one and the same
 * rank on a majority it commits again with a rank of its own term (Raft fig. 8: an old rank, however often copied, may
 * still lose to one that was written between). After that all nodes get exactly the leader's table. Pure.
 */
import { isBefore } from './clock.core.ts'
import { compareRanks, hasSeat, majority, reachedByMajority, sameReign } from './order.core.ts'
import { Recent } from './recent.core.ts'
import { flawOf, inParts, PARTS_AT_ONCE, sizeOf } from './table.core.ts'
import { MAX_REGISTER_BYTES, MAX_REGISTER_ENTRIES } from '../wire/limits.ts'
import type { Core } from './state.core.ts'
import type { Follower } from './leadership.core.ts'
import type { AppendResponse, ReadResponse } from './messages.core.ts'
import type { Entry, Rank, Token, Write } from './types.core.ts'

/** Timeouts without any progress after which an append, or a read, begins again: of one part, of many. */
const STALL = 2
const LONG_STALL = 10

export class Authority {
  readonly #core: Core
  readonly #token: Token
  /** `synced` before this term, and of the table that was taken: what it means for the entries below is known. */
  #base: Rank
  /** The majority's tables are one. */
  #merged = false
  /** Tables under way, and the furthest of those that came: whole, or above the own one of the same reign. */
  readonly #staged = new Map<string, Entry[]>()
  #found: { synced: Rank, whole: boolean, entries: readonly Entry[] } | undefined
  ready = false
  #last = 0
  #committed = -1
  /** Must be committed before anything is answered. */
  #readyAt = 0
  readonly #recent = new Recent()
  readonly #pending: Array<{ id: number, upTo: number, ranks: Rank[] }> = []
  /** `met`: a write whose condition did not hold, and what it met. */
  #reads: Array<{ id: number, key: string, upTo: number, round: number, met?: Entry | null }> = []
  /** The last round that was sent for reads. */
  #asked = 0

  constructor (core: Core, token: Token) {
    this.#core = core
    this.#token = token
    this.#base = core.table.synced
  }

  /** A follower's durable `synced`, said in this term. */
  heard (id: string, follower: Follower, synced: Rank): void {
    follower.synced = synced
    const { inflight } = follower
    if (inflight !== undefined && (compareRanks(synced, inflight.to) >= 0 || this.#stalled(inflight.at, inflight.parts.length > 1))) follower.inflight = undefined
    if (!this.#merged) this.#ask(id, follower)
    else this.#bring(id, follower)
  }

  /** The answer to an append, or to a part of one. */
  appended (id: string, follower: Follower, { synced, part }: AppendResponse): void {
    const { inflight } = follower
    if (part === 0) follower.inflight = undefined
    else if (inflight !== undefined) {
      inflight.at = this.#core.time.now
      return this.#feed(id, inflight, Math.min(part, inflight.sent))
    }
    this.heard(id, follower, synced)
  }

  /** Many parts keep a slow line busy; a single one was lost by then. */
  #stalled (since: number, long: boolean): boolean {
    return this.#core.time.now - since >= (long ? LONG_STALL : STALL) * this.#core.timeout
  }

  #ask (id: string, follower: Follower): void {
    const core = this.#core
    if (!hasSeat(core.config, id, follower.incarnation) || this.#covered(follower)) return
    if (follower.read !== undefined && !this.#stalled(follower.read.asked, follower.read.next > 0)) return
    follower.read = { asked: core.time.now, since: this.#base, whole: false, synced: undefined, next: 0, entries: undefined }
    core.send(id, { type: 'read', since: this.#base, part: 0 })
  }

  /** What it holds above this leader's base is known: nothing, or it was read. */
  #covered (follower: Follower): boolean {
    const { synced, read } = follower
    if (synced === undefined) return false
    if (read?.synced !== undefined) return true
    return synced.term === 0 || (sameReign(synced, this.#base) && synced.index <= this.#base.index)
  }

  table (id: string, follower: Follower, message: ReadResponse): void {
    const { read } = follower
    const whole = message.since.term === 0
    if (this.#merged || read === undefined || !(whole || compareRanks(message.since, read.since) === 0)) return
    if (message.part === 0) {
      read.next = 0
      read.whole = whole
      this.#staged.set(id, [])
    }
    if (message.part !== read.next || whole !== read.whole) return
    read.next++
    const staged = this.#staged.get(id) ?? []
    if (staged.length > MAX_REGISTER_ENTRIES) return
    staged.push(...message.entries)
    if (!message.last) {
      read.asked = this.#core.time.now
      if (read.next % PARTS_AT_ONCE === 0) this.#core.send(id, { type: 'read', since: read.since, part: read.next })
      return
    }
    this.#staged.delete(id)
    read.synced = follower.synced = message.synced
    read.entries = new Map(staged.map(({ key, rank }) => [key, rank]))
    if (compareRanks(message.synced, this.#found?.synced ?? this.#base) > 0) this.#found = { synced: message.synced, whole, entries: staged }
    this.advance()
  }

  /** Whether a follower held this entry before the term. */
  #held (follower: Follower, { key, rank }: Entry, own: boolean): boolean {
    const { synced, read } = follower
    if (synced === undefined || !this.#covered(follower)) return false
    const said = read?.entries?.get(key)
    if (said !== undefined) return compareRanks(said, rank) === 0
    // the same leader's table, so far as it goes
    return own && sameReign(read?.synced ?? synced, this.#base) && compareRanks(rank, read?.synced ?? synced) <= 0
  }

  #merge (): void {
    const core = this.#core
    const { table, config } = core
    const voters = config!.voters.filter(({ id }) => id !== core.self)
    const followers = voters.map(({ id, incarnation }) => {
      const follower = core.lead?.followers.get(id)
      return follower?.incarnation === incarnation && this.#covered(follower) ? follower : undefined
    }).filter(follower => follower !== undefined)
    if (followers.length + 1 < majority(config!.voters.length)) return
    const before = new Map(Array.from(table.entries, entry => [entry.key, entry]))
    const best = this.#found?.synced ?? this.#base
    const reset = !sameReign(best, this.#base) || this.#found?.whole === true
    const all = new Map(reset ? [] : before)
    for (const entry of this.#found?.entries ?? []) all.set(entry.key, entry)
    const changed: Entry[] = []
    for (const entry of [...all.values()].sort((a, b) => compareRanks(a.rank, b.rank))) {
      const own = before.get(entry.key)
      const mine = own !== undefined && compareRanks(own.rank, entry.rank) === 0
      const holders = followers.filter(follower => this.#held(follower, entry, mine)).length + (mine ? 1 : 0)
      if (holders >= majority(config!.voters.length)) {
        if (!mine || reset) changed.push(entry)
        continue
      }
      const adopted = { ...entry, rank: this.#next() }
      changed.push(adopted)
      this.#recent.add(adopted)
    }
    if (reset) table.clear(core.time.now)
    // what came holds all marks above what it was asked for, and no less of them than is known here
    if (this.#found !== undefined) table.dropped = reset ? best : this.#base
    this.#merged = true
    this.#found = undefined
    // as large as the table, for each of them
    this.#staged.clear()
    for (const { read } of core.lead?.followers.values() ?? []) if (read !== undefined) read.entries = undefined
    this.#base = best
    this.#readyAt = this.#last
    if (best.term > 0) this.#write(changed, reset)
    else this.#committed = 0
    this.#bringAll()
  }

  #next (): Rank {
    // one literal: what is added to a spread takes 40 bytes more, for each entry
    return { epoch: this.#token.epoch, term: this.#token.term, index: ++this.#last }
  }

  #write (entries: readonly Entry[], reset = false): void {
    const core = this.#core
    for (const entry of entries) core.table.put(entry)
    core.table.synced = { ...this.#token, index: this.#last }
    core.saveTable(entries, reset)
  }

  #bringAll (): void {
    const { lead } = this.#core
    for (const [id, follower] of lead?.followers ?? []) this.#bring(id, follower)
  }

  /** Sends what the follower lacks, one batch at a time. */
  #bring (id: string, follower: Follower): void {
    const core = this.#core
    const { table, time } = core
    const from = follower.synced
    if (from === undefined || follower.inflight !== undefined) return
    const to = table.synced
    if (compareRanks(from, to) === 0 || (!sameReign(to, this.#token) && from.term === 0)) {
      follower.currentSince ??= time.now
      return
    }
    // nobody takes what is older than his own
    if (!sameReign(to, this.#token) || compareRanks(from, to) > 0) return
    if (!sameReign(from, to)) follower.currentSince = undefined
    const entries = this.#lacked(id, follower, from)
    const parts = inParts(entries ?? table.above({ epoch: 0, term: 0, index: 0 }))
    follower.inflight = { from, to, reset: entries === undefined, parts, sent: 0, at: time.now }
    this.#feed(id, follower.inflight, 0)
  }

  /** The next parts, for one who has so many. */
  #feed (id: string, append: NonNullable<Follower['inflight']>, held: number): void {
    const { from, to, reset, parts } = append
    for (const end = Math.min(parts.length, held + PARTS_AT_ONCE); append.sent < end; append.sent++) {
      this.#core.send(id, { type: 'append', from, to, reset, part: append.sent, last: append.sent === parts.length - 1, entries: parts[append.sent]! })
    }
  }

  /** Undefined when it must get the whole table in place of its own. */
  #lacked (id: string, follower: Follower, from: Rank): Entry[] | undefined {
    const core = this.#core
    if (sameReign(from, this.#token)) return this.#recent.latest(this.#last - from.index, core.table.entries)
    // who held less than the marks that are gone would keep what they deleted
    const known = this.#covered(follower) && hasSeat(core.config, id, follower.incarnation) && sameReign(from, this.#base)
    return known && compareRanks(from, core.table.dropped) >= 0 ? core.table.above(from) : undefined
  }

  /** Something became durable somewhere. */
  advance (): void {
    const core = this.#core
    const { lead, config } = core
    if (lead === undefined || config === undefined) return
    if (!this.#merged) {
      // a rank of a raised epoch that is not committed could be above those of the next leader
      if (config.epoch !== config.group && lead.lease === undefined) return
      this.#merge()
    }
    if (!this.#merged) return
    const reached = this.#reached()
    if (reached > this.#committed) this.#committed = reached
    if (!this.ready && this.#committed >= this.#readyAt) {
      this.ready = true
      core.out.push({ type: 'register-ready', token: this.#token })
    }
    while (this.#pending.length > 0 && this.#pending[0]!.upTo <= this.#committed) {
      const { id, ranks } = this.#pending.shift()!
      core.out.push({ type: 'committed', id, ranks })
    }
    this.#answerReads()
  }

  /** Index that a majority of the present config holds durably. */
  #reached (): number {
    const core = this.#core
    const index = (synced: Rank | undefined): number => synced !== undefined && sameReign(synced, this.#token) ? synced.index : -1
    const indexes = core.config!.voters.map(({ id, incarnation }) => {
      if (id === core.self) return index(core.durableSynced)
      const follower = core.lead?.followers.get(id)
      return follower?.incarnation === incarnation ? index(follower.synced) : -1
    })
    return reachedByMajority(indexes, (a, b) => a - b)
  }

  /** OplogCommitment: what was committed, at least in this term, lies on a majority of the present config. */
  settled (): boolean {
    const core = this.#core
    if (this.#merged && core.table.synced.term === 0) return true
    return this.ready && this.#reached() >= this.#committed
  }

  /** The follower holds all that this leader does. */
  isCurrent (follower: Follower): boolean {
    const { synced } = follower
    if (synced === undefined || !this.#merged) return false
    return compareRanks(synced, this.#core.table.synced) === 0 || this.#core.table.synced.term === 0
  }

  /** Deletion marks up to here go: all voters have them, or a majority when they would fill the table. */
  floor (): Rank | undefined {
    const core = this.#core
    const { lead, config, table } = core
    if (!this.ready || table.deletions === 0 || lead === undefined) return undefined
    let floor: Rank = { ...this.#token, index: this.#committed }
    for (const { id, incarnation } of table.deletions > core.marks ? [] : config!.voters) {
      if (id === core.self) continue
      const follower = lead.followers.get(id)
      if (follower?.incarnation !== incarnation || follower.synced === undefined || !sameReign(follower.synced, this.#token)) return undefined
      if (compareRanks(follower.synced, floor) < 0) floor = follower.synced
    }
    const marks = table.dropMarks(floor, core.time.now)
    if (marks.length > 0) core.saveTable([], false, marks)
    return floor
  }

  propose (id: number, writes: readonly Write[]): void {
    const core = this.#core
    const { table } = core
    if (!this.ready || core.lead?.closing === true || core.lead?.transfer !== undefined) return refuse(core, id, 'not-ready')
    if (flawOf(writes) !== undefined) return refuse(core, id, 'full')
    const mine = new Map<string, Entry>()
    let added = 0
    for (const { key, value, ifRank } of writes) {
      const present = mine.get(key) ?? table.entries.get(key)
      const fits = ifRank === undefined || (ifRank === null ? present?.value === undefined : present !== undefined && compareRanks(present.rank, ifRank) === 0)
      // to say what is there is to read it
      if (!fits) return this.read(id, key, table.entries.get(key) ?? null)
      if (value !== undefined) added += sizeOf({ key, value }) - (present === undefined ? 0 : sizeOf(present))
      mine.set(key, { key, value, rank: { ...this.#token, index: this.#last + mine.size + 1 } })
    }
    // what only takes the place of an entry must go on when there is no room, or there never would be any
    const more = [...mine.keys()].filter(key => !table.entries.has(key)).length
    const full = (more > 0 && table.entries.size + more > MAX_REGISTER_ENTRIES) || (added > 0 && table.bytes + added > MAX_REGISTER_BYTES)
    if (full) return refuse(core, id, 'full')
    const entries = writes.map(({ key, value }): Entry => ({ key, value, rank: this.#next() }))
    for (const entry of entries) this.#recent.add(entry)
    this.#write(entries)
    this.#pending.push({ id, upTo: this.#last, ranks: entries.map(({ rank }) => rank) })
    this.#bringAll()
    this.advance()
  }

  /** Answered when no write of the key is under way, and the leader knows that it leads after the question came. */
  read (id: number, key: string, met?: Entry | null): void {
    const core = this.#core
    const { lead } = core
    if (!this.ready || lead === undefined || lead.transfer !== undefined) return refuse(core, id, 'not-ready')
    const rank = core.table.entries.get(key)?.rank
    this.#reads.push({ id, key, upTo: rank !== undefined && sameReign(rank, this.#token) ? rank.index : 0, round: lead.round + 1, ...met === undefined ? {} : { met } })
    this.#answerReads()
  }

  #leased (): boolean {
    const { lead, time, strict } = this.#core
    return strict && lead?.lease !== undefined && isBefore(time, lead.lease)
  }

  #answerReads (): void {
    if (this.#reads.length === 0) return
    const core = this.#core
    const lead = core.lead!
    const leased = this.#leased()
    this.#reads = this.#reads.filter(({ id, key, upTo, round, met }) => {
      if (this.#committed < upTo || !(leased || lead.quorumRound >= round)) return true
      if (met !== undefined) {
        refuse(core, id, 'condition', met ?? undefined)
        return false
      }
      const entry = core.table.entries.get(key)
      // a write that came later is under way: its commit answers
      if (entry !== undefined && sameReign(entry.rank, this.#token) && entry.rank.index > this.#committed) return true
      core.out.push({ type: 'value', id, entry: entry?.value === undefined ? undefined : entry })
      return false
    })
    const last = this.#reads.at(-1)?.round ?? 0
    // one round at a time: those that come meanwhile share the next one. A heartbeat makes up for a lost one
    if (leased || last <= lead.round || lead.quorumRound < this.#asked) return
    this.#asked = last
    lead.nextHeartbeat = core.time.now
  }

  /** Leadership is lost: what was under way may or may not have been done. */
  end (): void {
    const core = this.#core
    for (const { id } of this.#pending) core.out.push({ type: 'refused', id, why: 'lost', certain: false })
    for (const { id } of this.#reads) refuse(core, id, 'not-leader')
    this.#pending.length = this.#reads.length = 0
  }
}

export function refuse (core: Core, id: number, why: 'not-leader' | 'not-ready' | 'condition' | 'full', entry?: Entry): void {
  core.out.push({ type: 'refused', id, why, certain: true, ...why === 'condition' ? { entry } : {} })
}
