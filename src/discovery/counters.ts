/** Counts what happened, by name. */
export class Counters {
  readonly #counts = new Map<string, number>()

  add (name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  all (): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}
