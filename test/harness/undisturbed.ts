/** For claims that an act moves nothing: who takes the cores from voters moves a term, too, and rightly. */
import { realNow, realTimeout } from './real-time.ts'
import { standstill } from './stalls.ts'
import type { Stall } from './stalls.ts'

/** Milliseconds between two looks at the clock, and what one may be late before it counts. */
const TICK = 50
const LATE = 25
/** Milliseconds without a turn, within a second, from which on a leader may lose its office for that alone. */
const STANDSTILL = 300
const ATTEMPTS = 3

/**
 * Repeats `run`, a whole test's act with parts of its own, only while what it resolves to is not as claimed and the process
 * in which the parts are stood still meanwhile, once or in pieces: what our code does wrong it does each time. The last result is the one
 * to be judged. A rejection is none of that, and final.
 *
 * @param stood - milliseconds of the longest standstill, where the parts are not in this process
 */
export async function undisturbed <T> (run: () => Promise<T>, claimed: (result: T) => boolean, stood?: (result: T) => number): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    using meter = new Meter()
    const result = await run()
    if (attempt === ATTEMPTS || claimed(result) || (stood?.(result) ?? meter.longest()) < STANDSTILL) return result
  }
}

class Meter implements Disposable {
  readonly #stalls: Stall[] = []
  #looked = realNow()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor () {
    this.#tick()
  }

  /** Milliseconds. */
  longest (): number {
    this.#look()
    return standstill(this.#stalls)
  }

  readonly #tick = (): void => {
    this.#look()
    this.#timer = realTimeout(this.#tick, TICK)
  }

  #look (): void {
    const now = realNow()
    if (now - this.#looked > TICK + LATE) this.#stalls.push({ from: this.#looked + TICK, to: now })
    this.#looked = now
  }

  [Symbol.dispose] (): void {
    clearTimeout(this.#timer)
  }
}
