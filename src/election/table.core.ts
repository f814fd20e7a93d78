/** The register's table: for each key the entry of the highest rank that a leader gave this node. Pure. */
import { Entries } from './entries.core.ts'
import { Erased } from './erased.core.ts'
import { compareRanks, NO_RANK } from './order.core.ts'
import { MAX_REGISTER_BATCH, MAX_REGISTER_VALUE, MAX_REGISTER_WRITES, MAX_TEXT } from '../wire/limits.ts'
import type { Entry, Rank, Write } from './types.core.ts'

/** Bytes of entries in one message. */
const PART_BYTES = 64 * 1024
/** Parts that are under way to one peer: a queue that is full loses them, and a heartbeat waits behind them. */
export const PARTS_AT_ONCE = 4
/** Bytes of an entry beside its key and value. */
const ENTRY_OVERHEAD = 64
/** Bytes of a UTF-16 unit in UTF-8, at most. */
const MAX_UTF8 = 3

export class Table {
  readonly entries = new Entries()
  /** Keys of the deletion marks among them. */
  readonly #marks = new Set<string>()
  /** The table is exactly that of the leader of this epoch and term at this index. */
  synced: Rank
  /** Deletion marks up to here may be missing: who held less than this cannot be brought up to date by what is above that. */
  dropped: Rank
  bytes = 0
  /** Keys whose marks went. */
  readonly #erased: Erased

  /**
   * @param entries - what was durable; it is not written down which marks had been dropped by then
   * @param now - milliseconds
   */
  constructor (entries: readonly Entry[] = [], synced: Rank = NO_RANK, now = 0) {
    this.synced = this.dropped = synced
    this.#erased = new Erased(synced.term > 0, now)
    for (const entry of entries) this.put(entry)
  }

  put (entry: Entry): void {
    this.drop(entry.key)
    this.entries.set(entry)
    this.bytes += sizeOf(entry)
    if (entry.value === undefined) this.#marks.add(entry.key)
  }

  drop (key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.bytes -= sizeOf(entry)
    this.#marks.delete(key)
  }

  /** What takes its place does not say what was deleted before. `now` in milliseconds. */
  clear (now: number): void {
    this.#erased.addAll(now)
    this.entries.clear()
    this.#marks.clear()
    this.bytes = 0
    this.dropped = NO_RANK
  }

  get deletions (): number {
    return this.#marks.size
  }

  /** Entries above a rank, lowest first. */
  above (rank: Rank): Entry[] {
    const entries = [...this.entries].filter(entry => compareRanks(entry.rank, rank) > 0)
    return entries.sort((a, b) => compareRanks(a.rank, b.rank))
  }

  /** Undefined when there is none, or only the mark of its deletion. */
  present (key: string): Entry | undefined {
    return this.#marks.has(key) ? undefined : this.entries.get(key)
  }

  /** Whether the key was deleted of late, or may have been. */
  wasDeleted (key: string, now: number): boolean {
    return this.#marks.has(key) || this.#erased.has(key, now)
  }

  /** Drops the deletion marks up to a rank; returns their keys. */
  dropMarks (floor: Rank, now: number): string[] {
    return [...this.#marks].filter(key => {
      const rank = this.entries.get(key)?.rank
      if (rank === undefined || compareRanks(rank, floor) > 0) return false
      this.drop(key)
      this.#erased.add(key, now)
      if (compareRanks(rank, this.dropped) > 0) this.dropped = rank
      return true
    })
  }
}

/** At most, in a frame. */
export function sizeOf ({ key, value }: Pick<Entry, 'key' | 'value'>): number {
  return key.length * MAX_UTF8 + (value?.length ?? 0) + ENTRY_OVERHEAD
}

/** What no register takes, in words for the caller. */
export function flawOf (writes: readonly Write[]): string | undefined {
  if (!Array.isArray(writes) || writes.length === 0 || writes.length > MAX_REGISTER_WRITES) return `1 to ${MAX_REGISTER_WRITES} writes at a time`
  let bytes = 0
  for (const { key, value } of writes as readonly Write[]) {
    if (!isKey(key)) return `a key is a text of 1 to ${MAX_TEXT} characters`
    if (value !== undefined && !(value instanceof Uint8Array && value.length <= MAX_REGISTER_VALUE)) return `a value is a Uint8Array of at most ${MAX_REGISTER_VALUE} bytes`
    bytes += sizeOf({ key, value })
  }
  return bytes > MAX_REGISTER_BATCH ? `at most ${MAX_REGISTER_BATCH} bytes at a time` : undefined
}

export function isKey (key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.length <= MAX_TEXT && key.isWellFormed()
}

/** Cut into pieces that fit into a message; at least one, which may be empty. */
export function inParts (entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [[]]
  let bytes = 0
  for (const entry of entries) {
    const size = sizeOf(entry)
    if (bytes + size > PART_BYTES && bytes > 0) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(entry)
    bytes += size
  }
  return parts
}
