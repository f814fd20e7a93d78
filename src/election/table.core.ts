/** The register's table: for each key the entry of the highest rank that a leader gave this node. Pure. */
import { compareRanks, NO_RANK } from './order.core.ts'
import type { Entry, Rank } from './types.core.ts'

/** Bytes of entries in one message. */
const PART_BYTES = 128 * 1024
/** Bytes of an entry beside its key and value. */
const ENTRY_OVERHEAD = 64

export class Table {
  readonly entries: Map<string, Entry>
  /** The table is exactly that of the leader of this epoch and term at this index. */
  synced: Rank
  deletions = 0

  constructor (entries: readonly Entry[] = [], synced: Rank = NO_RANK) {
    this.entries = new Map()
    this.synced = synced
    for (const entry of entries) this.put(entry)
  }

  put (entry: Entry): void {
    this.drop(entry.key)
    this.entries.set(entry.key, entry)
    if (entry.value === undefined) this.deletions++
  }

  drop (key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    if (entry.value === undefined) this.deletions--
  }

  clear (): void {
    this.entries.clear()
    this.deletions = 0
  }

  /** Entries above a rank, lowest first. */
  above (rank: Rank): Entry[] {
    const entries = [...this.entries.values()].filter(entry => compareRanks(entry.rank, rank) > 0)
    return entries.sort((a, b) => compareRanks(a.rank, b.rank))
  }

  /** Deletion marks up to a rank. */
  marks (floor: Rank): string[] {
    if (this.deletions === 0) return []
    return [...this.entries.values()].filter(({ value, rank }) => value === undefined && compareRanks(rank, floor) <= 0).map(({ key }) => key)
  }
}

/** Cut into pieces that fit into a message; at least one, which may be empty. */
export function inParts (entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [[]]
  let bytes = 0
  for (const entry of entries) {
    const size = entry.key.length + (entry.value?.length ?? 0) + ENTRY_OVERHEAD
    if (bytes + size > PART_BYTES && bytes > 0) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(entry)
    bytes += size
  }
  return parts
}
