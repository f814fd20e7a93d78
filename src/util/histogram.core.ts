/** Quantiles of many positive numbers in little memory: eight buckets for each doubling, so that they are 7 % off at most. */

/** Numbers are counted in these: microseconds, when they are milliseconds. */
const UNIT = 1 / 1_000
const PER_DOUBLING = 8
/** Bits of a number that tell its bucket within its doubling. */
const BITS = 3
/** The highest one begins at 2^31 units: 35 minutes. */
const LARGEST = 2 ** 31
const BUCKETS = (31 - BITS) * PER_DOUBLING + 2 * PER_DOUBLING

export class Histogram {
  count = 0
  sum = 0
  #buckets: Uint32Array | undefined

  add (value: number): void {
    this.count++
    this.sum += value
    this.#buckets ??= new Uint32Array(BUCKETS)
    this.#buckets[bucketOf(value)]!++
  }

  /** The number below which a share `q` of all lies; NaN when there is none. */
  quantile (q: number): number {
    let left = q * this.count
    for (let i = 0; this.count > 0 && i < BUCKETS; i++) {
      left -= this.#buckets?.[i] ?? 0
      if (left <= 0) {
        return middleOf(i)
      }
    }
    return Number.NaN
  }
}

/** Small numbers have a bucket each; of larger ones the highest bits count, which is found without a logarithm. */
function bucketOf (value: number): number {
  const units = value / UNIT
  if (!(units >= PER_DOUBLING)) {
    return units > 0 ? Math.floor(units) : 0
  }
  const whole = units >= LARGEST ? LARGEST - 1 : Math.floor(units)
  const shift = 31 - BITS - Math.clz32(whole)
  return shift * PER_DOUBLING + (whole >>> shift)
}

function middleOf (bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / PER_DOUBLING) - 1)
  return (bucket - shift * PER_DOUBLING + 0.5) * 2 ** shift * UNIT
}
