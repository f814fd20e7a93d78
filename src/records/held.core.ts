/**
 * What a server of the DHT holds: the newest record of each author and key, within a quota for each author and one for
 * all. When all is full, whoever holds most gives way to whoever holds less, so that one who fills the servers pushes out
 * his own records first.
 */
import { RECORD_COST } from '../wire/limits.ts'
import { compareBytes, compareRecords } from './record.core.ts'
import type { Ordered, Refusal } from './record.core.ts'

export interface HeldRecord extends Ordered {
  /** Peer id. */
  readonly author: string
  /** Orders those of the same rank and time. */
  readonly signature: Uint8Array
  /** What is given to who asks. */
  readonly stored: Uint8Array
}

export interface HeldLimits {
  /** Records of one author. */
  readonly perAuthor: number
  /** Bytes of all, `RECORD_COST` for each included. */
  readonly bytes: number
}

interface Author {
  bytes: number
  /** In the order in which they were last stored. */
  readonly records: Map<string, HeldRecord>
}

/** An author while room is made. */
interface Donor {
  bytes: number
  readonly records: Iterator<[string, HeldRecord]>
}

const NOBODY: Iterator<[string, HeldRecord]> = { next: () => ({ done: true, value: undefined }) }

export class Held {
  readonly #limits: HeldLimits
  readonly #authors = new Map<string, Author>()
  readonly #all = new Map<string, HeldRecord>()
  #bytes = 0

  constructor (limits: HeldLimits) {
    this.#limits = limits
  }

  get size (): number {
    return this.#all.size
  }

  /** Bytes of all, `RECORD_COST` for each included. */
  get bytes (): number {
    return this.#bytes
  }

  /** Undefined when its time is over; `now` in milliseconds since 1970. */
  get (id: string, now: number): HeldRecord | undefined {
    const record = this.#all.get(id)
    return record === undefined || record.validUntil <= now ? undefined : record
  }

  /** Take a record: returns how many of others were pushed out for it, or why nothing changed. */
  admit (id: string, record: HeldRecord): number | Refusal {
    const before = this.#all.get(id)
    if (before !== undefined && isOlder(record, before)) return 'stale'
    const author = this.#authors.get(record.author)
    if (before === undefined && (author?.records.size ?? 0) >= this.#limits.perAuthor) return 'author_quota'
    const more = cost(record) - (before === undefined ? 0 : cost(before))
    const evicted = this.#makeRoom(record.author, (author?.bytes ?? 0) + more, this.#bytes + more - this.#limits.bytes)
    if (evicted === undefined) return 'full'
    for (const id of evicted) this.delete(id)
    this.delete(id)
    this.#put(id, record)
    return evicted.length
  }

  delete (id: string): void {
    const record = this.#all.get(id)
    const author = record === undefined ? undefined : this.#authors.get(record.author)
    if (record === undefined || author === undefined) return
    this.#all.delete(id)
    author.records.delete(id)
    author.bytes -= cost(record)
    this.#bytes -= cost(record)
    if (author.records.size === 0) this.#authors.delete(record.author)
  }

  /** Forget those whose time is over; returns how many. `now` in milliseconds since 1970. */
  expire (now: number): number {
    const gone = Array.from(this.#all).filter(([, { validUntil }]) => validUntil <= now)
    for (const [id] of gone) this.delete(id)
    return gone.length
  }

  #put (id: string, record: HeldRecord): void {
    const author = this.#authors.get(record.author) ?? { bytes: 0, records: new Map<string, HeldRecord>() }
    this.#authors.set(record.author, author)
    author.records.set(id, record)
    author.bytes += cost(record)
    this.#all.set(id, record)
    this.#bytes += cost(record)
  }

  /** Oldest records of those who hold more than `newcomer` will, worth `lacking` bytes; undefined: they are not enough. */
  #makeRoom (newcomer: string, holds: number, lacking: number): string[] | undefined {
    const evict: string[] = []
    if (lacking <= 0) return evict
    const donors: Donor[] = []
    for (const [id, { bytes, records }] of this.#authors) {
      if (id !== newcomer && bytes > holds) donors.push({ bytes, records: records.entries() })
    }
    while (lacking > 0) {
      const donor = donors.reduce((most, donor) => donor.bytes > most.bytes ? donor : most, { bytes: holds, records: NOBODY })
      const next = donor.records.next()
      if (next.done === true) return undefined
      const [id, record] = next.value
      evict.push(id)
      donor.bytes -= cost(record)
      lacking -= cost(record)
    }
    return evict
  }
}

function cost ({ stored }: HeldRecord): number {
  return stored.length + RECORD_COST
}

function isOlder (record: HeldRecord, than: HeldRecord): boolean {
  return (compareRecords(record, than) || compareBytes(record.signature, than.signature)) < 0
}
