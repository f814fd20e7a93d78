/** A rate that may be exceeded for a moment. Pure: the clock is an input. */

/** Tokens come at a rate up to a burst; taking more than there are makes a debt, which takes time to be paid. */
export class Bucket {
  readonly #rate: number
  readonly #burst: number
  #level: number
  #at: number

  /**
   * @param rate - per second
   * @param burst - what there is at most, and to begin with
   * @param now - ms
   */
  constructor (rate: number, burst: number, now: number) {
    this.#rate = rate
    this.#burst = burst
    this.#level = burst
    this.#at = now
  }

  /** Milliseconds until the debt is paid that taking so many makes; 0 when there were enough. */
  take (amount: number, now: number): number {
    if (this.#rate === Infinity) return 0
    this.#level = Math.min(this.#burst, this.#level + Math.max(0, now - this.#at) / 1_000 * this.#rate) - amount
    this.#at = now
    return this.#level >= 0 ? 0 : -this.#level / this.#rate * 1_000
  }
}
