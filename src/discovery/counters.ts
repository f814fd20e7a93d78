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

/** The counts of a part, under its name. */
export function prefixed (prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}_${name}`, count]))
}
