/** Entries of a leader's term, to bring followers up to date without looking through the table. Pure. */
import type { Entries } from './entries.core.ts'
import type { Entry } from './types.core.ts'

/** Beyond it only the newer half is kept. */
const MAX_RECENT = 20_000

export class Recent {
  /** By their keys, one for each index up to the last: the table has them. Of deletions, whose marks go from it, the entry itself. */
  #list: Array<string | Entry> = []

  add (entry: Entry): void {
    this.#list.push(entry.value === undefined ? entry : entry.key)
    if (this.#list.length > MAX_RECENT) this.#list = this.#list.slice(-MAX_RECENT / 2)
  }

  /** Of the last so many indexes the newest entry of each key, lowest first; undefined: it does not reach so far back. */
  latest (count: number, table: Entries): Entry[] | undefined {
    if (count > this.#list.length) return undefined
    const latest = new Map<string, Entry>()
    for (let i = this.#list.length - 1; i >= this.#list.length - count; i--) {
      const one = this.#list[i]!
      const key = typeof one === 'string' ? one : one.key
      if (latest.has(key)) continue
      const entry = typeof one === 'string' ? table.get(key) : one
      if (entry !== undefined) latest.set(key, entry)
    }
    return [...latest.values()].reverse()
  }
}
