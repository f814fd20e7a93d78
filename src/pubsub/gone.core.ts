/** Nodes that are gone, as a keeper remembers them: those that matter to its log, and of all others the latest. Pure. */

/** Of others: one of them may turn out to have assigned the log. */
const MAX_OTHERS = 64

export class Gone {
  readonly #ids = new Set<string>()
  readonly #matters: (id: string) => boolean

  constructor (matters: (id: string) => boolean) {
    this.#matters = matters
  }

  get size (): number {
    return this.#ids.size
  }

  has (id: string): boolean {
    return this.#ids.has(id)
  }

  add (id: string): void {
    this.#ids.add(id)
    if (this.#ids.size <= MAX_OTHERS) return
    for (const other of this.#ids) {
      if (this.#matters(other)) continue
      this.#ids.delete(other)
      return
    }
  }

  delete (id: string): void {
    this.#ids.delete(id)
  }
}
