/** A binary heap: the least comes first; equals in the order they came. Pure. */

interface Entry<T> { readonly by: number, readonly order: number, readonly item: T }

export class Heap<T> {
  readonly #entries: Array<Entry<T>> = []
  #count = 0

  get size (): number {
    return this.#entries.length
  }

  /** What the first one is sorted by; Infinity when empty. */
  get least (): number {
    return this.#entries[0]?.by ?? Infinity
  }

  peek (): T | undefined {
    return this.#entries[0]?.item
  }

  push (by: number, item: T): void {
    const entries = this.#entries
    const entry = { by, order: this.#count++, item }
    let at = entries.length
    entries.push(entry)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!isBefore(entry, entries[parent]!)) break
      entries[at] = entries[parent]!
      at = parent
    }
    entries[at] = entry
  }

  pop (): T | undefined {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (first === undefined || last === undefined || entries.length === 0) return first?.item
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++
      if (!isBefore(entries[child]!, last)) break
      entries[at] = entries[child]!
      at = child
    }
    entries[at] = last
    return first.item
  }
}

function isBefore <T> (a: Entry<T>, b: Entry<T>): boolean {
  return a.by < b.by || (a.by === b.by && a.order < b.order)
}
