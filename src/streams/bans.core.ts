/** As many as are remembered. */
const MAX_BANS = 1_000

/** Peers that are not listened to for a while, for what they sent. Pure. */
export class Bans {
  /** Until when; the oldest ban first. */
  readonly #until = new Map<string, number>()
  readonly #length: number

  /** @param length - milliseconds */
  constructor (length: number) {
    this.#length = length
  }

  has (id: string, now: number): boolean {
    const until = this.#until.get(id)
    if (until === undefined) return false
    if (now < until) return true
    this.#until.delete(id)
    return false
  }

  add (id: string, now: number): void {
    this.#until.delete(id)
    this.#until.set(id, now + this.#length)
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= MAX_BANS) break
      this.#until.delete(oldest)
    }
  }

  clear (): void {
    this.#until.clear()
  }
}
