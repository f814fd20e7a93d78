/**
 * How many calls may be repeated, after gRPC's retry throttling (proposal A6): a bucket of tokens that each failure
 * empties by one and each success fills by a little. At or below its half nothing is repeated, so that a target that
 * fails is not given more work for it.
 */
export class RetryBudget {
  tokens: number
  readonly #max: number
  readonly #ratio: number

  /** `max` tokens; each success gives `ratio` of one back. */
  constructor (max: number, ratio: number) {
    this.tokens = max
    this.#max = max
    this.#ratio = ratio
  }

  succeeded (): void {
    if (this.tokens < this.#max) {
      this.tokens = Math.min(this.#max, this.tokens + this.#ratio)
    }
  }

  /** A failure that could be repeated. True: it may be. */
  failed (): boolean {
    this.tokens = Math.max(0, this.tokens - 1)
    return this.tokens > this.#max / 2
  }
}
