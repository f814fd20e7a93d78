/**
 * How long a peer has for its answer, in looks at the wall clock. A page that is frozen, a laptop that sleeps and a script
 * that computes stand still themselves: that is no silence of the peer, which has its whole time after it. Pure.
 */

/** Milliseconds between two looks. */
export const LOOK = 1_000
const LOOKS = 5
/** Milliseconds between two looks that the slow timers of a hidden tab, or a busy machine, explain. */
const STANDSTILL = 2.5 * LOOK
/** Times that a standstill begins the patience anew: who stands still all the time must judge too. */
const ANEW = 5

export class Patience {
  #seen: number
  #left = LOOKS
  #anew = ANEW

  constructor (now: number) {
    this.#seen = now
  }

  /** One look, {@link LOOK} ms after the last one or later. */
  isOver (now: number): boolean {
    const stood = now - this.#seen > STANDSTILL
    this.#seen = now
    if (stood && this.#anew-- > 0) this.#left = LOOKS
    else this.#left--
    return this.#left === 0
  }
}
