/** One node's circuit breaker: closed while it answers, open when too much fails, half open to try it again. */

export interface CircuitOptions {
  /** Share of failures that opens it. */
  threshold: number
  /** Calls within the window below which it stays closed. */
  minimum: number
  /** Milliseconds that are looked back. */
  window: number
  /** Failures in a row that open it, however few calls there were. */
  consecutive: number
  /** Milliseconds that it stays open; doubled each time that the trial fails, up to ten times. */
  cooldown: number
}

export type CircuitState = 'closed' | 'open' | 'half-open'

const SLICES = 10
const MAX_COOLDOWN = 10

export class Circuit {
  state: CircuitState = 'closed'
  /** When it may be tried again. */
  retryAt = 0
  /** Number of the last call that was let through half open. */
  trial = 0
  readonly #options: CircuitOptions
  /** Calls and failures of each slice of the window. */
  readonly #calls = new Array<number>(SLICES).fill(0)
  readonly #failures = new Array<number>(SLICES).fill(0)
  #slice = 0
  #sliceEnds = -Infinity
  #inRow = 0
  #opened = 0
  /** {@link trial} when it opened last. */
  #before = 0

  constructor (options: CircuitOptions) {
    this.#options = options
  }

  /**
   * A call may go there. Half open, it is the only one, under the number {@link trial}, until it is {@link record}ed or
   * another cooldown has passed.
   */
  allows (now: number): boolean {
    if (this.state === 'closed') {
      return true
    }
    if (now < this.retryAt) {
      return false
    }
    this.state = 'half-open'
    this.retryAt = now + this.#options.cooldown
    this.trial++
    return true
  }

  /** How a call went, the trial of that number if it was one. Undefined: nothing can be said, as of one that was cancelled. */
  record (ok: boolean | undefined, now: number, trial = 0): void {
    if (this.state !== 'closed') {
      // what was sent before it opened may still end, and says nothing of now
      if (this.state === 'half-open' && trial > this.#before) {
        this.#tried(ok, now)
      }
      return
    }
    if (ok === undefined) {
      return
    }
    const slice = this.#turn(now)
    this.#calls[slice]!++
    this.#inRow = ok ? 0 : this.#inRow + 1
    if (!ok) {
      this.#failures[slice]!++
      this.#judge(now)
    }
  }

  #judge (now: number): void {
    const { threshold, minimum, consecutive } = this.#options
    const calls = sum(this.#calls)
    if (this.#inRow >= consecutive || (calls >= minimum && sum(this.#failures) >= calls * threshold)) {
      this.#open(now)
    }
  }

  #tried (ok: boolean | undefined, now: number): void {
    if (ok === true) {
      this.state = 'closed'
      this.#opened = 0
      this.#clear()
    } else if (ok === false) {
      this.#open(now)
    } else {
      this.retryAt = now
    }
  }

  #open (now: number): void {
    this.state = 'open'
    this.#before = this.trial
    this.retryAt = now + this.#options.cooldown * Math.min(MAX_COOLDOWN, 2 ** this.#opened++)
    this.#clear()
  }

  #clear (): void {
    this.#calls.fill(0)
    this.#failures.fill(0)
    this.#inRow = 0
  }

  /** The slice of now; those between the last one and it are emptied. */
  #turn (now: number): number {
    if (now < this.#sliceEnds) {
      return this.#slice % SLICES
    }
    const at = Math.floor(now / (this.#options.window / SLICES))
    for (let i = Math.max(this.#slice + 1, at - SLICES + 1); i <= at; i++) {
      this.#calls[i % SLICES] = 0
      this.#failures[i % SLICES] = 0
    }
    this.#slice = Math.max(this.#slice, at)
    this.#sliceEnds = (this.#slice + 1) * (this.#options.window / SLICES)
    return this.#slice % SLICES
  }
}

function sum (numbers: number[]): number {
  let total = 0
  for (const n of numbers) {
    total += n
  }
  return total
}
