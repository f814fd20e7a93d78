/**
 * One coarse timer for many deadlines: arming and cancelling is O(1) and costs no setTimeout, which matters when every
 * call has a deadline. Deadlines fire up to one slot (8 ms) late, never early.
 */
import { unref } from './timeouts.ts'
import { TimerWheel, WheelTimer } from './timers.core.ts'

/** Returned by {@link Timers.after}; give it to {@link Timers.cancel}. */
export interface TimerHandle {
  readonly due: number
}

export interface Timers {
  /** Timers that are armed. */
  readonly armed: number
  /**
   * Calls `fn` once, at least `ms` from now. A throw of `fn` is not caught here; the other timers still fire.
   * `now` is for those who have just looked at the clock.
   */
  after (ms: number, fn: () => void, now?: number): TimerHandle
  /** A timer that has fired or was cancelled before is left alone. */
  cancel (handle: TimerHandle): void
  /** Milliseconds, monotonic. */
  now (): number
  /**
   * {@link now} as it was when it, or {@link look}, was first asked for in this stretch of code, until the next microtask:
   * of the frames that arrived together, the time of their arrival. A look at the clock costs as much as reading a frame.
   */
  arrived (): number
  /** {@link now}, and from here on what {@link arrived} tells. */
  look (): number
}

export interface TimersInit {
  /** Milliseconds, monotonic. @default performance.now */
  now?: () => number
  /** Calls `fn` once after `ms`; returns what cancels that. @default setTimeout that keeps no process alive */
  schedule?: (fn: () => void, ms: number) => () => void
}

function schedule (fn: () => void, ms: number): () => void {
  const timeout = unref(setTimeout(fn, ms))
  return () => { clearTimeout(timeout) }
}

class WheelTimers implements Timers {
  readonly now: () => number
  readonly #schedule: (fn: () => void, ms: number) => () => void
  readonly #wheel = new TimerWheel()
  readonly #run = (): void => { this.#tick() }
  readonly #forget = (): void => { this.#seen = Number.NaN }
  #wake = Infinity
  #unschedule: (() => void) | undefined
  #seen = Number.NaN

  constructor (init: TimersInit) {
    this.now = init.now ?? (() => performance.now())
    this.#schedule = init.schedule ?? schedule
  }

  get armed (): number {
    return this.#wheel.size
  }

  after (ms: number, fn: () => void, now = this.now()): TimerHandle {
    const timer = new WheelTimer(now + (ms > 0 ? ms : 0), fn)
    this.#wheel.add(timer, now)
    if (timer.due < this.#wake) {
      this.#arm(now)
    }
    return timer
  }

  arrived (): number {
    return Number.isNaN(this.#seen) ? this.look() : this.#seen
  }

  look (): number {
    const now = this.now()
    if (Number.isNaN(this.#seen)) {
      queueMicrotask(this.#forget)
    }
    this.#seen = now
    return now
  }

  /**
   * The underlying timeout is left to run out, within one turn of the wheel (2 s): a call that arms and cancels, again
   * and again, would pay for a setTimeout each time.
   */
  cancel (handle: TimerHandle): void {
    this.#wheel.remove(handle as WheelTimer)
  }

  #arm (now: number): void {
    const wake = this.#wheel.next()
    if (wake >= this.#wake) {
      return
    }
    this.#unschedule?.()
    this.#wake = wake
    this.#unschedule = this.#schedule(this.#run, Math.max(1, Math.ceil(wake - now)))
  }

  #tick (): void {
    this.#wake = Infinity
    this.#unschedule = undefined
    const now = this.now()
    let timer: WheelTimer | undefined
    try {
      while ((timer = this.#wheel.expire(now)) !== undefined) {
        timer.fn()
      }
    } finally {
      // after a throw too: what is due beside it fires in the next turn
      this.#arm(this.now())
    }
  }
}

/** A wheel with a clock of its own, for tests. */
export function createTimers (init: TimersInit = {}): Timers {
  return new WheelTimers(init)
}

/** The wheel that everything in this process shares. */
export const timers: Timers = createTimers()
