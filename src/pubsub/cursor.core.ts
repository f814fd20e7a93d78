/**
 * What a channel is done with in one log: all up to a low watermark, and a set above it. Two cursors of one channel join
 * to what either is done with, so keepers may merge what they have in any order, any number of times. Dedup is exact,
 * without a window of time: what it costs is the messages that overtook a slower one. Pure.
 */
import { MAX_ABOVE } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import type { Ranges } from './types.core.ts'

export class Cursor {
  #low: number
  /** Above the watermark. */
  readonly #done = new Set<number>()

  constructor (low = 0) {
    this.#low = low
  }

  /** All up to here is done. */
  get low (): number {
    return this.#low
  }

  /** Done above the watermark. */
  get above (): number {
    return this.#done.size
  }

  has (seq: number): boolean {
    return seq <= this.#low || this.#done.has(seq)
  }

  /** False: it was done before. */
  add (seq: number): boolean {
    if (this.has(seq)) return false
    if (seq === this.#low + 1) {
      this.#low = seq
      this.#advance()
    } else {
      this.#done.add(seq)
    }
    return true
  }

  /** All up to `low` is done. */
  raise (low: number): void {
    if (low <= this.#low) return
    if (low - this.#low < this.#done.size) {
      for (let seq = this.#low + 1; seq <= low; seq++) this.#done.delete(seq)
    } else {
      for (const seq of this.#done) if (seq <= low) this.#done.delete(seq)
    }
    this.#low = low
    this.#advance()
  }

  /** Takes over what another one is done with, but nothing above `limit`: the last seq there is. */
  merge (low: number, done: Ranges, limit: number): void {
    this.raise(Math.min(low, limit))
    const most = Math.min(limit, this.#low + MAX_ABOVE)
    for (let i = 0; i < done.length; i += 2) {
      const to = Math.min(done[i + 1]!, most)
      for (let seq = Math.max(done[i]!, this.#low + 1); seq <= to; seq++) this.add(seq)
    }
  }

  /** What is done above the watermark. */
  ranges (): number[] {
    return rangesOf([...this.#done])
  }

  #advance (): void {
    while (this.#done.delete(this.#low + 1)) this.#low++
  }
}
