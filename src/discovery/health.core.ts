/**
 * Local health (Lifeguard): signs that this node itself is the slow one. The sicker it is, the more time it gives
 * others before it accuses them. Pure.
 */

const MAX_SCORE = 8
/** The word of others alone makes this node no sicker than this: a liar must not blind it. */
const MAX_BY_HEARSAY = 3
/** So many peers that do not answer at about the same time are more likely one sick node: this one. */
const MANY_MISSES = 3

export class LocalHealth {
  #score = 0
  readonly #interval: number
  readonly #missed = new Map<string, number>()
  #nextBlame = -Infinity
  #troubled = false

  constructor (interval: number) {
    this.#interval = interval
  }

  /** 0 (well) to 8. */
  get score (): number {
    return this.#score
  }

  /** Factor for the time that a probe may take. */
  get patience (): number {
    return 1 + this.#score
  }

  /** Factor for the time that a suspect has: at most 2, so that even a sick node gives up the dead in a bounded time. */
  get mercy (): number {
    return 1 + this.#score / MAX_SCORE
  }

  /** A tick came too late: the event loop was blocked, or the process stopped, for `lag` ms. */
  late (lag: number): void {
    this.#worse(Math.min(3, Math.ceil(lag / this.#interval)))
  }

  /** Somebody cannot reach this node. */
  suspected (): void {
    if (this.#score < MAX_BY_HEARSAY) this.#worse(1)
  }

  /** A peer that was fine so far did not answer a probe. */
  missed (id: string, at: number): void {
    this.#missed.set(id, at)
    for (const [other, when] of this.#missed) {
      if (at - when > this.#interval * 2) this.#missed.delete(other)
    }
    if (this.#missed.size < MANY_MISSES || at < this.#nextBlame) return
    this.#nextBlame = at + this.#interval
    this.#worse(1)
  }

  /** A round of probes ended: without trouble, this node is getting better. */
  round (): void {
    if (!this.#troubled && this.#score > 0) this.#score--
    this.#troubled = false
  }

  #worse (by: number): void {
    this.#troubled = true
    this.#score = Math.min(MAX_SCORE, this.#score + by)
  }
}
