/** When the time of what runs is over, though the time that is given changes under way. Pure. */

export interface Timed {
  /** When its time began. */
  began: number
  deadline: number
}

export class Deadlines<T extends Timed> {
  /** No time is over earlier. */
  least = Infinity
  /** In the order in which they began. */
  readonly #all: { values: () => Iterable<T> }
  /** Each is over after those before it: what began after the time was made shorter may not be. */
  #inOrder = true
  /** When the last one is over. */
  #last = 0

  constructor (all: { values: () => Iterable<T> }) {
    this.#all = all
  }

  /** It has become the last one, and has so long. */
  begin (timed: T, now: number, time: number): void {
    timed.began = now
    this.#set(timed, now + time)
  }

  #set (timed: T, deadline: number): void {
    timed.deadline = deadline
    this.#inOrder &&= deadline >= this.#last
    this.#last = deadline
    this.least = Math.min(this.least, deadline)
  }

  /** For those under way a longer time counts, a shorter one does not. */
  change (time: number): void {
    this.#last = 0
    for (const timed of this.#all.values()) this.#set(timed, Math.max(timed.deadline, timed.began + time))
  }

  /** Those whose time is over. The caller takes them away. */
  over (now: number): T[] {
    const over: T[] = []
    if (this.least > now) return over
    this.least = Infinity
    let inOrder = true
    let last = 0
    for (const timed of this.#all.values()) {
      const { deadline } = timed
      if (deadline <= now) {
        over.push(timed)
        continue
      }
      this.least = Math.min(this.least, deadline)
      if (this.#inOrder) return over
      inOrder &&= deadline >= last
      last = deadline
    }
    this.#inOrder = inOrder
    this.#last = last
    return over
  }
}
