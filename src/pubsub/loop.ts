/**
 * Runs what happens one after the other: an input that a core's output leads to waits until all outputs of that step are
 * carried out, so that each core's outputs keep their order.
 */
import { time } from '../util/clocks.ts'
import { timers } from '../util/timers.ts'
import type { TimerHandle } from '../util/timers.ts'
import type { Time } from '../util/clocks.ts'

export class Loop {
  #queue: Array<() => void> = []
  #running = false
  readonly #onError: (err: unknown) => void

  constructor (onError: (err: unknown) => void) {
    this.#onError = onError
  }

  post (job: () => void): void {
    this.#queue.push(job)
    if (this.#running) return
    this.#running = true
    for (let at = 0; at < this.#queue.length; at++) {
      this.attempt(this.#queue[at] as () => void)
    }
    this.#queue = []
    this.#running = false
  }

  /** What fails keeps nothing else from being done. */
  attempt (job: () => void): void {
    try {
      job()
    } catch (err) {
      this.#onError(err)
    }
  }
}

interface Core<I, O> {
  readonly due: number
  step (input: I): O[]
}

/** Distributes over unions, which `Omit` does not. */
export type Timeless<I> = I extends unknown ? Omit<I, keyof Time> : never

/** A core with its clock: steps it in the loop, carries out what it says, wakes it when it is due. */
export class Driven<I, O> {
  readonly #core: Core<I, O>
  readonly #loop: Loop
  readonly #output: (output: O) => void
  readonly #onStep: () => void
  #timer: TimerHandle | undefined
  #stopped = false

  constructor (core: Core<I, O>, loop: Loop, output: (output: O) => void, onStep: () => void = () => {}) {
    this.#core = core
    this.#loop = loop
    this.#output = output
    this.#onStep = onStep
    this.#arm()
  }

  get stopped (): boolean {
    return this.#stopped
  }

  input (input: Timeless<I>): void {
    this.#loop.post(() => { this.stepNow(input) })
  }

  /** From within a job of the loop. */
  stepNow (input: Timeless<I>): void {
    if (this.#stopped) return
    // the clocks are read when it is its turn
    for (const output of this.#core.step({ ...input, ...time() } as unknown as I)) this.#loop.attempt(() => { this.#output(output) })
    this.#onStep()
    this.#arm()
  }

  stop (): void {
    this.#stopped = true
    if (this.#timer !== undefined) timers.cancel(this.#timer)
  }

  #arm (): void {
    const { due } = this.#core
    if (this.#stopped || due === Infinity) return
    if (this.#timer !== undefined) {
      if (this.#timer.due <= due) return
      timers.cancel(this.#timer)
    }
    this.#timer = timers.after(Math.max(1, due - performance.now()), () => {
      this.#timer = undefined
      this.input({ type: 'tick' } as unknown as Timeless<I>)
    })
  }
}
