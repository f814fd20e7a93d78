/** Quantiles of many positive numbers in little memory: four buckets for each doubling, so that they are 10 % off at most. */

const PER_DOUBLING = 4
/** The lowest bucket ends at 2^-10: a microsecond, when the numbers are milliseconds. */
const LOWEST = -10
/** The highest begins at 2^22: 70 minutes. */
const BUCKETS = (22 - LOWEST) * PER_DOUBLING

export class Histogram {
  count = 0
  sum = 0
  #buckets: Uint32Array | undefined

  add (value: number): void {
    this.count++
    this.sum += value
    this.#buckets ??= new Uint32Array(BUCKETS)
    const bucket = value > 0 ? Math.floor((Math.log2(value) - LOWEST) * PER_DOUBLING) : 0
    this.#buckets[Math.min(Math.max(bucket, 0), BUCKETS - 1)]!++
  }

  /** The number below which a share `q` of all lies; NaN when there is none. */
  quantile (q: number): number {
    let left = q * this.count
    for (let i = 0; this.count > 0 && i < BUCKETS; i++) {
      left -= this.#buckets?.[i] ?? 0
      if (left <= 0) {
        return 2 ** ((i + 0.5) / PER_DOUBLING + LOWEST)
      }
    }
    return Number.NaN
  }
}
