/**
 * A clock that stands still while this node is blocked, so that a stall takes away nobody's time to answer. What is heard
 * after a stall may come before the tick that tells of it: the clock never runs ahead of the ticks. Pure.
 */

/** Milliseconds after a sleep in which nobody is judged or accused: lost connections are made anew first. */
const WAKE_GRACE = 3_000

export class OwnTime {
  readonly #tick: number
  readonly #tolerance: number
  #skew = 0
  /** Furthest that the clock may be before the next tick. */
  #limit = Infinity
  #graceUntil = -Infinity

  /** @param tick - ms between two ticks; @param tolerance - ms that one may be late without being a stall */
  constructor (tick: number, tolerance: number) {
    this.#tick = tick
    this.#tolerance = tolerance
  }

  at (now: number): number {
    return Math.min(now - this.#skew, this.#limit)
  }

  /** Whether that tick came so late that this node stood still. */
  ticked (now: number, lag: number): boolean {
    const stalled = lag > this.#tolerance
    if (stalled) this.#skew += lag
    const at = now - this.#skew
    this.#limit = at + this.#tick + this.#tolerance
    // what waits in the sockets must be heard before anybody is judged, but a loop that is always late must judge too
    if (stalled && at >= this.#graceUntil + this.#tick) this.#graceUntil = at + 2 * this.#tick
    return stalled
  }

  woken (at: number): void {
    this.#graceUntil = at + WAKE_GRACE
  }

  /** What this node thinks of others may be its own fault. */
  isGrace (at: number): boolean {
    return at < this.#graceUntil
  }
}
