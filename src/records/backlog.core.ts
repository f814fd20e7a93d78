/**
 * Which kept record is put next: the newest that is not stored yet, but every other turn one whose time has come to be
 * put anew, so that neither waits for ever. When there is neither, one that was put long ago: the servers that took it may
 * have been restarted since. Pure: the caller has the clock and the pace.
 */
import { MAX_RECORD_MESSAGES, MAX_RECORD_PUTS } from '../wire/limits.ts'
import { isHigher } from './order.core.ts'

/** Servers that a put goes to at most. */
const REPLICAS = 20
/** Milliseconds between two looks for records that are due. */
const SCAN_INTERVAL = 1_000
/** Milliseconds after which a record is put again when there is nothing else to do. */
const REFRESH = 10 * 60 * 1_000
/** Milliseconds until a put that nobody took is tried again, doubled up to the second. */
const MIN_RETRY = 5_000
const MAX_RETRY = 60_000

export interface Kept {
  readonly rank: readonly [number, number, number]
  /** Milliseconds. */
  readonly ttl: number
  /** Once stored it need not be put anew. */
  readonly final?: boolean
}

export interface Job<R extends Kept> {
  readonly id: string
  readonly record: R
}

interface Entry<R extends Kept> {
  readonly record: R
  /** Its place: on the stack of the new (of some nobody can have heard), among those that are due, being put, or waiting for its time. */
  state: 'fresh' | 'new' | 'due' | 'put' | 'later'
  /** Undefined until it is put for the first time: what waits for that are most, and numbers with fractions take memory each. */
  times: Times | undefined
}

interface Times {
  /** When to put it anew. */
  at: number
  /** When it was last put. */
  put: number
  /** Stored until then; 0 while nobody has it. */
  until: number
  failures: number
}

export class Backlog<R extends Kept> {
  readonly #limit: number
  readonly #entries = new Map<string, Entry<R>>()
  /** Ids, the newest last; some are here that are not new any more. */
  #stack: string[] = []
  readonly #due = new Set<string>()
  /** Those whose `until` was ahead at the last look, in the order in which they were put. */
  readonly #stored = new Set<string>()
  #scanned = -Infinity
  #turn = false

  readonly #yields: (id: string) => boolean

  /** @param yields - whether a record makes room for a new one of its kind, once it is stored */
  constructor (limit: number, yields: (id: string) => boolean = () => false) {
    this.#limit = limit
    this.#yields = yields
  }

  get size (): number {
    return this.#entries.size
  }

  /**
   * False: there is no room, or one of a higher rank is kept. One of the same rank takes its place.
   *
   * @param isFirst - none of this id was ever put: its end need not be, either, before it is
   */
  keep (id: string, record: R, isFirst = false): boolean {
    const before = this.#entries.get(id)
    if (before === undefined ? !this.#hasRoom(id) : isHigher(before.record, record)) return false
    const isFresh = before === undefined ? isFirst : before.state === 'fresh'
    this.withdraw(id)
    if (isFresh && record.final === true) return true
    this.#entries.set(id, { record, state: isFresh ? 'fresh' : 'new', times: undefined })
    this.#stack.push(id)
    if (this.#stack.length > 2 * this.#limit) this.#compact()
    return true
  }

  /** What was stored first is found for a while yet, and what is new would not be found at all. */
  #hasRoom (id: string): boolean {
    if (this.#entries.size < this.#limit) return true
    if (!this.#yields(id)) return false
    for (const stored of this.#stored) {
      if (!this.#yields(stored)) continue
      this.withdraw(stored)
      return true
    }
    return false
  }

  withdraw (id: string): void {
    this.#stored.delete(id)
    this.#entries.delete(id)
    this.#due.delete(id)
  }

  /** All whose id begins so, but for those that end by themselves. */
  withdrawAll (prefix: string): void {
    for (const [id, { record }] of this.#entries) if (id.startsWith(prefix) && record.final !== true) this.withdraw(id)
  }

  clear (): void {
    this.#entries.clear()
    this.#due.clear()
    this.#stack = []
    this.#stored.clear()
  }

  /** What to put now; tell {@link done} how it went. `now` in milliseconds. */
  next (now: number): Job<R> | undefined {
    this.#scan(now)
    this.#turn = !this.#turn
    const id = (this.#turn ? this.#newest() ?? this.#mostDue() : this.#mostDue() ?? this.#newest()) ?? this.#oldest(now)
    const entry = id === undefined ? undefined : this.#entries.get(id)
    if (id === undefined || entry === undefined) return undefined
    entry.state = 'put'
    return { id, record: entry.record }
  }

  /** A job is over: the record is stored until `until`, 0 if nobody took it. */
  done ({ id, record }: Job<R>, until: number, now: number): void {
    const entry = this.#entries.get(id)
    // Another took its place meanwhile.
    if (entry?.record !== record) return
    if (until > 0 && record.final === true) return this.withdraw(id)
    const { until: before = 0, failures = 0 } = entry.times ?? {}
    entry.state = 'later'
    entry.times = until > 0
      ? { at: now + record.ttl / 3, put: now, until, failures: 0 }
      : { at: now + Math.min(MAX_RETRY, MIN_RETRY * 2 ** failures), put: now, until: before, failures: failures + 1 }
    this.#stored.delete(id)
    if (entry.times.until > 0) this.#stored.add(id)
  }

  /** Up to a second old in what it says of records whose time is over. */
  status (now: number): { kept: number, stored: number, waiting: number } {
    this.#scan(now)
    return { kept: this.size, stored: this.#stored.size, waiting: this.size - this.#stored.size }
  }

  #newest (): string | undefined {
    for (;;) {
      const id = this.#stack.pop()
      if (id === undefined || isNew(this.#entries.get(id))) return id
    }
  }

  #mostDue (): string | undefined {
    const [id] = this.#due
    if (id !== undefined) this.#due.delete(id)
    return id
  }

  #oldest (now: number): string | undefined {
    for (const id of this.#stored) {
      const entry = this.#entries.get(id)
      if (entry?.times === undefined || now - entry.times.put < REFRESH) return undefined
      if (entry.state === 'later') return id
    }
    return undefined
  }

  #scan (now: number): void {
    if (now - this.#scanned < SCAN_INTERVAL) return
    this.#scanned = now
    for (const [id, entry] of this.#entries) {
      const { times } = entry
      if (times === undefined) continue
      if (times.until > 0 && times.until <= now) {
        times.until = 0
        this.#stored.delete(id)
      }
      if (entry.state !== 'later' || times.at > now) continue
      entry.state = 'due'
      this.#due.add(id)
    }
  }

  /** Each id once, at its newest place. */
  #compact (): void {
    const newest = new Set(this.#stack.toReversed().filter(id => isNew(this.#entries.get(id))))
    this.#stack = [...newest].reverse()
  }
}

function isNew (entry: { readonly state: string } | undefined): boolean {
  return entry?.state === 'new' || entry?.state === 'fresh'
}

/** Milliseconds between two puts. @param messages - of one: by default it asks every server that is to have the record, and then writes to it */
export function putInterval (servers: number, messages = 2 * Math.min(REPLICAS, servers)): number {
  return 1_000 * Math.max(1 / MAX_RECORD_PUTS, messages / MAX_RECORD_MESSAGES)
}
