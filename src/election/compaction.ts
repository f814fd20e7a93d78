/**
 * Makes a log that has grown long short again, a slice after each save, so that no save waits for all of the table, nor do the
 * heartbeats of a group whose logs grow alike. A slice says some entries of the table once more; what lies before the first
 * one goes when all have been said. Wherever this ends, the log means what it meant before.
 */
import { sizeOf } from './table.core.ts'
import type { Entries } from './entries.core.ts'
import type { Entry } from './types.core.ts'
import type { LogStore } from '../storage/index.ts'

/** Entries of a slice, and their bytes, about: what the next save waits for. */
const SLICE = 500
const SLICE_BYTES = 256 * 1024
const AGAIN = 300

export interface CompactionInit {
  log: Pick<LogStore, 'append' | 'truncate'>
  name: string
  /** All that the log says, the oldest first. */
  entries: Entries
  /** Values in the log, beside those that the last one left and those of the table, from which on it is made short. */
  after: number
  /** @default 500 entries */
  slice?: number
  /** Values that come to the log until what failed is tried again. @default 300 */
  again?: number
  /** A value with these entries, and all else that is to be kept. */
  encode: (entries: readonly Entry[]) => Uint8Array
}

interface Pass {
  /** Entries that may not have been said yet. */
  left: number
  /** Where the first slice is. */
  from: number | undefined
  /** Values before it. */
  readonly before: number
}

export class Compaction {
  /** Values in the log. */
  length = 0
  readonly #init: CompactionInit
  /** Values that the last one left. */
  #base = 0
  #pass: Pass | undefined
  /** Length from which on what failed is tried again. */
  #againAt = 0

  constructor (init: CompactionInit) {
    this.#init = init
  }

  /** The log is another one. */
  reset (): void {
    this.length = this.#base = this.#againAt = 0
    this.#pass = undefined
  }

  /**
   * After a save. Resolves with whether there was anything to do.
   *
   * @throws what the storage throws: nothing is lost, and it goes on later
   */
  async step (): Promise<boolean> {
    const { entries, after, slice = SLICE, again = AGAIN } = this.#init
    if (this.length < this.#againAt) return false
    if (this.#pass === undefined && this.length <= this.#base + after + entries.size / slice) return false
    const pass: Pass = this.#pass ?? { left: Math.max(1, entries.size), from: undefined, before: this.length }
    this.#againAt = this.length + again
    if (pass.left > 0) await this.#say(pass)
    if (pass.left <= 0) await this.#cut(pass)
    this.#againAt = 0
    return true
  }

  /** What has been said is the newest: whatever was saved meanwhile is, too, so that the others come first. */
  async #say (pass: Pass): Promise<void> {
    const { log, name, entries, encode } = this.#init
    pass.left = Math.max(1, Math.min(pass.left, entries.size))
    const slice = this.#slice(pass.left)
    const seq = await log.append(name, [encode(slice)])
    this.length++
    pass.from ??= seq
    this.#pass = pass
    pass.left -= slice.length === 0 ? pass.left : slice.length
    for (const entry of slice) entries.set(entry)
  }

  #slice (left: number): Entry[] {
    const { entries, slice = SLICE } = this.#init
    const taken: Entry[] = []
    let bytes = 0
    for (const entry of entries) {
      if (taken.length >= Math.min(left, slice) || bytes >= SLICE_BYTES) break
      taken.push(entry)
      bytes += sizeOf(entry)
    }
    return taken
  }

  async #cut ({ from = 0, before }: Pass): Promise<void> {
    const { log, name } = this.#init
    await log.truncate(name, from)
    this.length = this.#base = this.length - before
    this.#pass = undefined
  }
}
