/** How often something may be done by one peer, or to one. Pure. */

/** Keys that are remembered before those whose time is over are looked for. */
const MAX_KEYS = 1_024

export class Pace {
  readonly #interval: number
  readonly #last = new Map<string, number>()

  /** @param interval - milliseconds between two with the same key */
  constructor (interval: number) {
    this.#interval = interval
  }

  /** False: with one of these keys it was done a moment ago. */
  take (keys: readonly string[], now: number): boolean {
    if (keys.some(key => this.#isRecent(key, now))) return false
    if (this.#last.size >= MAX_KEYS) {
      for (const key of this.#last.keys()) if (!this.#isRecent(key, now)) this.#last.delete(key)
    }
    for (const key of keys) this.#last.set(key, now)
    return true
  }

  #isRecent (key: string, now: number): boolean {
    return now - (this.#last.get(key) ?? -Infinity) < this.#interval
  }
}
