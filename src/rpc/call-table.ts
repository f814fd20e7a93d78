/** Ids wrap here: it is a small integer in every engine, and its varint has at most five bytes. */
const LAST_ID = 0x3fffffff
const FIRST_SIZE = 16

/** What a {@link CallTable} holds; the table sets the id. */
export interface Numbered {
  id: number
}

/**
 * Calls that wait for their answer on one stream. Ids count up and are not used again before they have wrapped, so that
 * an answer that comes late never meets another call; the slots are a ring, which costs less than a Map on each call.
 */
export class CallTable<T extends Numbered> {
  size = 0
  #slots: Array<T | undefined> = new Array<T | undefined>(FIRST_SIZE).fill(undefined)
  #mask = FIRST_SIZE - 1
  #next: number

  constructor (first = 1) {
    this.#next = first
  }

  /** The id that the next call gets, if it is free. */
  get next (): number {
    return this.#next
  }

  /** Gives the call an id that no other call here has. */
  add (call: T): void {
    if (this.size * 2 >= this.#slots.length) {
      this.#grow()
    }
    let id = this.#next
    while (this.#slots[id & this.#mask] !== undefined) {
      id = id === LAST_ID ? 1 : id + 1
    }
    this.#next = id === LAST_ID ? 1 : id + 1
    call.id = id
    this.#slots[id & this.#mask] = call
    this.size++
  }

  has (id: number): boolean {
    return this.#slots[id & this.#mask]?.id === id
  }

  /** Removes and returns the call with this id, if it is here. */
  take (id: number): T | undefined {
    const call = this.#slots[id & this.#mask]
    if (call === undefined || call.id !== id) {
      return undefined
    }
    this.#slots[id & this.#mask] = undefined
    this.size--
    return call
  }

  /** Removes and returns all calls. */
  clear (): T[] {
    const calls = [...this]
    this.#slots.fill(undefined)
    this.size = 0
    return calls
  }

  * [Symbol.iterator] (): Iterator<T> {
    for (const call of this.#slots) {
      if (call !== undefined) {
        yield call
      }
    }
  }

  #grow (): void {
    const old = this.#slots
    this.#slots = new Array<T | undefined>(old.length * 2).fill(undefined)
    this.#mask = this.#slots.length - 1
    for (const call of old) {
      if (call !== undefined) {
        this.#slots[call.id & this.#mask] = call
      }
    }
  }
}
