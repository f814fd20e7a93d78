/** Events in order of time; of those at the same time, the one that was added first. */
export class EventQueue<T> {
  readonly #heap: Array<{ at: number, order: number, item: T }> = []
  #order = 0

  get size (): number {
    return this.#heap.length
  }

  push (at: number, item: T): void {
    const heap = this.#heap
    const entry = { at, order: this.#order++, item }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = entry
  }

  peek (): number {
    return this.#heap[0]?.at ?? Infinity
  }

  pop (): { at: number, item: T } | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
}

function isBefore (a: { at: number, order: number }, b: { at: number, order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
