/** Sets of seqs as inclusive ranges, flat and ascending: from, to, from, to … Pure. */
import type { Ranges } from './types.core.ts'

/** The ranges of a list of numbers, in any order, each at most once. */
export function rangesOf (list: readonly number[]): number[] {
  const ranges: number[] = []
  let sorted = list
  for (let i = 1; i < list.length; i++) {
    if (list[i]! < list[i - 1]!) {
      sorted = Float64Array.from(list).sort() as unknown as readonly number[]
      break
    }
  }
  for (let i = 0; i < sorted.length; i++) {
    const seq = sorted[i]!
    if (ranges.length > 0 && seq <= ranges[ranges.length - 1]! + 1) ranges[ranges.length - 1] = seq
    else ranges.push(seq, seq)
  }
  return ranges
}

/** Ascending pairs of integers from 1 on: what a peer sends may be anything. */
export function areRanges (ranges: Ranges): boolean {
  if (ranges.length % 2 !== 0) return false
  let last = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i]!
    const to = ranges[i + 1]!
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from <= last || to < from) return false
    last = to
  }
  return true
}

/** What of the ranges lies within from..to. */
export function clip (ranges: Ranges, from: number, to: number): number[] {
  const clipped: number[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    const a = Math.max(ranges[i]!, from)
    const b = Math.min(ranges[i + 1]!, to)
    if (a <= b) clipped.push(a, b)
  }
  return clipped
}

export function countOf (ranges: Ranges): number {
  let count = 0
  for (let i = 0; i < ranges.length; i += 2) count += ranges[i + 1]! - ranges[i]! + 1
  return count
}

export function pairs (ranges: Ranges): Array<readonly [number, number]> {
  const list: Array<readonly [number, number]> = []
  for (let i = 0; i < ranges.length; i += 2) list.push([ranges[i]!, ranges[i + 1]!])
  return list
}

/** A set of seqs that mostly come in order. */
export class RangeSet {
  readonly #ranges: number[]

  constructor (ranges: Ranges = []) {
    this.#ranges = [...ranges]
  }

  get ranges (): Ranges {
    return this.#ranges
  }

  get isEmpty (): boolean {
    return this.#ranges.length === 0
  }

  /** Infinity when empty. */
  get first (): number {
    return this.#ranges[0] ?? Infinity
  }

  has (seq: number): boolean {
    const i = this.#find(seq)
    return i < this.#ranges.length && this.#ranges[i]! <= seq
  }

  add (from: number, to = from): void {
    if (to < from) return
    const ranges = this.#ranges
    const last = ranges.length - 1
    if (last < 0 || from > ranges[last]! + 1) {
      ranges.push(from, to)
      return
    }
    let start = this.#find(from - 1)
    let end = start
    let [low, high] = [from, to]
    while (end < ranges.length && ranges[end]! <= to + 1) {
      low = Math.min(low, ranges[end]!)
      high = Math.max(high, ranges[end + 1]!)
      end += 2
    }
    if (start > ranges.length) start = ranges.length
    ranges.splice(start, end - start, low, high)
  }

  remove (from: number, to = from): void {
    const ranges = this.#ranges
    if (to < from || ranges.length === 0 || from > ranges[ranges.length - 1]!) return
    const start = this.#find(from)
    let end = start
    const rest: number[] = []
    while (end < ranges.length && ranges[end]! <= to) {
      if (ranges[end]! < from) rest.push(ranges[end]!, from - 1)
      if (ranges[end + 1]! > to) rest.push(to + 1, ranges[end + 1]!)
      end += 2
    }
    if (end > start) ranges.splice(start, end - start, ...rest)
  }

  /** Index of the first range that ends at or after `seq`. */
  #find (seq: number): number {
    let low = 0
    let high = this.#ranges.length / 2
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ranges[middle * 2 + 1]! < seq) low = middle + 1
      else high = middle
    }
    return low * 2
  }
}
