/**
 * Timers and clocks that a test moves, in the place of those of its process: a minute takes as long as what happens in it.
 * Nothing but what follows at once from a timer, or from the test, may be waited for.
 */

/** Milliseconds of it after which what does not come is not waited for any more. */
const PATIENCE = 120_000
/** Milliseconds between two looks. */
const LOOK = 10

interface Due { at: number, every: number | undefined, fn: () => void }

export class OwnTime {
  now = 10_000
  readonly #due = new Map<number, Due>()
  readonly #back: Array<() => void> = []
  #id = 0

  constructor () {
    const arm = (every: boolean) => (fn: () => void, ms = 0): number => {
      this.#due.set(++this.#id, { at: this.now + ms, every: every ? ms : undefined, fn })
      return this.#id
    }
    const disarm = (id: number): void => { this.#due.delete(id) }
    this.put(globalThis, 'setTimeout', arm(false))
    this.put(globalThis, 'setInterval', arm(true))
    this.put(globalThis, 'clearTimeout', disarm)
    this.put(globalThis, 'clearInterval', disarm)
    this.put(performance, 'now', () => this.now)
    this.put(Date, 'now', () => 1_700_000_000_000 + this.now)
  }

  put (target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name)
    Object.defineProperty(target, name, { value, configurable: true, writable: true })
    this.#back.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name)
      else Object.defineProperty(target, name, before)
    })
  }

  restore (): void {
    for (const back of this.#back.reverse()) back()
  }

  /** What is due happens in its order, each thing with all that follows from it at once. */
  async pass (ms: number): Promise<void> {
    const end = this.now + ms
    await turn()
    for (;;) {
      let next: [number, Due] | undefined
      for (const entry of this.#due) if (entry[1].at <= end && (next === undefined || entry[1].at < next[1].at)) next = entry
      if (next === undefined) break
      const [id, due] = next
      // late, after a time in which nothing ran
      this.now = Math.max(this.now, due.at)
      if (due.every === undefined) this.#due.delete(id)
      else due.at = this.now + due.every
      due.fn()
      await turn()
    }
    this.now = end
  }

  /** It goes on until the condition holds; resolves to the first truthy value. */
  async until <T> (condition: () => T): Promise<NonNullable<T>> {
    for (const end = this.now + PATIENCE; ; await this.pass(LOOK)) {
      const value = condition()
      if (value != null && value !== false && value !== 0 && value !== '') return value
      if (this.now >= end) throw new Error(`not within ${PATIENCE} ms: ${condition.toString()}`)
    }
  }

  /** It goes on until the promise is settled. */
  async settled <T> (promise: Promise<T>): Promise<T> {
    let over = false
    promise.then(() => { over = true }, () => { over = true })
    await this.until(() => over)
    return promise
  }
}

async function turn (): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve()
}
