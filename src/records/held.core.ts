/**
 * What a server of the DHT holds: the newest record of each author and key, within a quota for each author and one for
 * all. When all is full, whoever holds most gives way to whoever holds less, so that one who fills the servers pushes out
 * his own records first. Key pairs are free, so authors that nobody here knows share one account, and push out each other.
 */
import { MAX_STRANGER_RECORD_BYTES, RECORD_COST } from '../wire/limits.ts'
import { compareBytes, compareRecords } from './record.core.ts'
import type { Ordered, Refusal } from './record.core.ts'

export interface HeldRecord extends Ordered {
  /** Peer id. */
  readonly author: string
  /** Orders those of the same rank and time. */
  readonly signature: Uint8Array
  /** What is given to who asks. */
  readonly stored: Uint8Array
  /** Its author was known at no time that it came. */
  readonly shared?: boolean
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
  readonly #isKnown: (author: string) => boolean
  #bytes = 0

  constructor (limits: HeldLimits, isKnown: (author: string) => boolean = () => true) {
    this.#limits = limits
    this.#isKnown = isKnown
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
    // what it had when its author was known it keeps, whoever puts it again: an id is of one author
    const trusted = (before !== undefined && before.shared !== true) || this.#isKnown(record.author)
    const held = trusted ? record : { ...record, shared: true }
    const account = accountOf(held)
    const author = this.#authors.get(account)
    if (before === undefined && (author?.records.size ?? 0) >= this.#limits.perAuthor) return 'author_quota'
    const more = cost(record) - (before === undefined ? 0 : cost(before))
    const holds = (author?.bytes ?? 0) + more
    const own = held.shared === true ? oldest(author, holds - MAX_STRANGER_RECORD_BYTES, id) : []
    const freed = own.reduce((sum, id) => sum + cost(this.#all.get(id) ?? record), 0)
    const evicted = this.#makeRoom(account, holds - freed, this.#bytes + more - freed - this.#limits.bytes)
    if (evicted === undefined) return 'full'
    for (const id of [...own, ...evicted]) this.delete(id)
    this.delete(id)
    this.#put(id, held)
    return own.length + evicted.length
  }

  delete (id: string): void {
    const record = this.#all.get(id)
    const author = record === undefined ? undefined : this.#authors.get(accountOf(record))
    if (record === undefined || author === undefined) return
    this.#all.delete(id)
    author.records.delete(id)
    author.bytes -= cost(record)
    this.#bytes -= cost(record)
    if (author.records.size === 0) this.#authors.delete(accountOf(record))
  }

  /** Forget those whose time is over; returns how many. `now` in milliseconds since 1970. */
  expire (now: number): number {
    const gone = Array.from(this.#all).filter(([, { validUntil }]) => validUntil <= now)
    for (const [id] of gone) this.delete(id)
    return gone.length
  }

  #put (id: string, record: HeldRecord): void {
    const account = accountOf(record)
    const author = this.#authors.get(account) ?? { bytes: 0, records: new Map<string, HeldRecord>() }
    this.#authors.set(account, author)
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

/** No peer id is empty. */
function accountOf ({ author, shared = false }: HeldRecord): string {
  return shared ? '' : author
}

/** Ids of an account's oldest records, but for this one, that are worth so many bytes. */
function oldest (account: Author | undefined, lacking: number, but: string): string[] {
  const ids: string[] = []
  for (const [id, record] of account?.records ?? []) {
    if (lacking <= 0) break
    if (id === but) continue
    ids.push(id)
    lacking -= cost(record)
  }
  return ids
}

function cost ({ stored }: HeldRecord): number {
  return stored.length + RECORD_COST
}

function isOlder (record: HeldRecord, than: HeldRecord): boolean {
  return (compareRecords(record, than) || compareBytes(record.signature, than.signature)) < 0
}
