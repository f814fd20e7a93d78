/** Quantiles of many positive numbers in little memory: eight buckets for each doubling, so that they are 7 % off at most. */

/** Numbers are counted in these: microseconds, when they are milliseconds. */
const UNIT = 1 / 1_000
const PER_DOUBLING = 8
/** Bits of a number that tell its bucket within its doubling. */
const BITS = 3
/** The highest one begins at 2^31 units: 35 minutes. */
const LARGEST = 2 ** 31
const BUCKETS = (31 - BITS) * PER_DOUBLING + 2 * PER_DOUBLING

const EMPTY = new Uint32Array(0)

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

  /** The number below which a share `q` of all lies, or of all that came since a {@link copy}; NaN when there is none. */
  quantile (q: number, since?: Uint32Array): number {
    const buckets = this.#buckets
    if (buckets === undefined) {
      return Number.NaN
    }
    const count = since === undefined ? this.count : buckets.reduce((sum, n, i) => sum + n - (since[i] ?? 0), 0)
    let left = q * count
    const bucket = buckets.findIndex((n, i) => (left -= n - (since?.[i] ?? 0)) <= 0)
    return count === 0 || bucket < 0 ? Number.NaN : middleOf(bucket)
  }

  /** How many are below each limit. Exact where a limit is a power of two of a thousandth; ascending. */
  below (limits: readonly number[]): number[] {
    let count = 0
    let i = 0
    return limits.map(limit => {
      for (const end = bucketOf(limit); i < end; i++) {
        count += this.#buckets?.[i] ?? 0
      }
      return count
    })
  }

  /** Of now, for {@link quantile}. */
  copy (): Uint32Array {
    return this.#buckets?.slice() ?? EMPTY
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
