/**
 * Polls a condition instead of sleeping and hoping. The deadline is generous: it only decides how long a failing test
 * takes, never whether a working one passes. So it counts time in which this process ran: when it stood still, nothing
 * for which it waits could happen.
 */
import { realNow, realTimeout } from './real-time.ts'

/** Milliseconds between two looks at the clock. */
const TICK = 100
/** Milliseconds that count between two looks at most: what is above that is a standstill. */
const MOST = 250
/** Milliseconds between two looks: twice as long as one takes, so that looking at other processes is no work of its own. */
const SOONEST = 10
const LATEST = 100

export interface UntilOptions {
  /** Milliseconds that this process ran. @default 45000 */
  timeout?: number
  /** Milliseconds between two looks. @default from 10 to 100, twice as long as a look takes */
  interval?: number
  /** What was waited for, for the error: text, or a function that describes the last state. */
  what?: string | (() => string)
}

/** Resolves to the first truthy value that `condition` returns. Its throws count as not yet. */
export async function until <T> (condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { timeout = 45_000, interval, what } = options
  using patience = new Patience(timeout)
  let problem: unknown
  for (let last = false; ;) {
    const looked = realNow()
    try {
      const value = await condition()
      problem = undefined
      if (value != null && value !== false && value !== 0 && value !== '') return value
    } catch (error) {
      problem = error
    }
    if (last) {
      const text = typeof what === 'function' ? what() : what ?? condition.toString()
      throw new Error(`not within ${timeout} ms: ${text}`, problem === undefined ? undefined : { cause: problem })
    }
    // what became ready at the last moment gets its turn before the last look
    last = patience.over()
    const pause = interval ?? Math.min(LATEST, Math.max(SOONEST, 2 * (realNow() - looked)))
    await new Promise(resolve => { realTimeout(resolve, pause) })
  }
}

/** Also while a condition is awaited: that alone may take long. */
class Patience implements Disposable {
  #left: number
  #looked = realNow()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (ms: number) {
    this.#left = ms
    this.#tick()
  }

  over (): boolean {
    const now = realNow()
    this.#left -= Math.min(now - this.#looked, MOST)
    this.#looked = now
    return this.#left < 0
  }

  readonly #tick = (): void => {
    if (!this.over()) this.#timer = realTimeout(this.#tick, TICK)
  }

  [Symbol.dispose] (): void {
    clearTimeout(this.#timer)
  }
}
