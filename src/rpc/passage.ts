/** Calls on their way out through hooks. */
import { compose, hooked, Run } from './hooks.ts'
import type { Halves, Hooks } from './hooks.ts'
import type { ClientCall, ClientInterceptor, ClientNext } from './interceptor.ts'
import type { OutCall } from './out-call.ts'

/** Hears of the outcome of a call, as the maker of a promise does. */
export interface Ending {
  resolve (value: unknown): void
  reject (error: unknown): void
}

/** The innermost `next`, which can do without a promise of its own. */
export interface LastNext extends ClientNext {
  /** Never throws. False: this call needs the promise. */
  readonly direct: (call: ClientCall, ending: Ending) => boolean
}

type HookList = ReadonlyArray<Halves<ClientCall>>

/** An interceptor of the calling side, in two halves. */
export function clientHooks (hooks: Hooks<ClientCall>): ClientInterceptor {
  return hooked(hooks, around)
}

/** One function of all of them around `last`. */
export function clientChain (interceptors: readonly ClientInterceptor[], last: ClientNext): ClientNext {
  return compose(interceptors, last, around, (interceptor, next) => interceptor(next))
}

function around (hooks: HookList, next: ClientNext): ClientNext {
  const way = new Way(hooks, next)
  return call => pass(way, call)
}

/** What calls pass through, and where they come out. */
class Way {
  readonly hooks: HookList
  readonly next: ClientNext
  readonly direct: LastNext['direct'] | undefined

  constructor (hooks: HookList, next: ClientNext) {
    this.hooks = hooks
    this.next = next
    this.direct = 'direct' in next ? (next as LastNext).direct : undefined
  }
}

function pass (way: Way, call: ClientCall): Promise<unknown> {
  const passage = begun = new Passage(way, call as OutCall)
  const promise = new Promise<unknown>(take)
  passage.enter(0)
  return promise
}

/** Whose promise is being made: a function of its own for each costs as much as the promise. */
let begun: Passage

function take (resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  begun.settle(resolve, reject)
}

/** One call on its way through some hooks. */
class Passage extends Run implements Ending {
  readonly #way: Way
  readonly #call: OutCall
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void

  constructor (way: Way, call: OutCall) {
    super()
    this.#way = way
    this.#call = call
  }

  /** How to settle its promise. */
  settle (resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Go on from the first halves that were not run yet. */
  enter (from: number): void {
    const hooks = this.#way.hooks
    const call = this.#call
    const { now } = call
    if (from === 0) {
      this.began = now
    }
    let i = from
    try {
      for (; i < hooks.length; i++) {
        const state = hooks[i]?.before?.(call, now)
        if (state instanceof Promise) {
          this.#hold(i, state)
          return
        }
        this.keep(i, state)
      }
    } catch (err) {
      this.#leave(i - 1, true, err)
      return
    }
    this.#send()
  }

  resolve (value: unknown): void {
    this.#leave(this.#way.hooks.length - 1, false, value)
  }

  reject (error: unknown): void {
    this.#leave(this.#way.hooks.length - 1, true, error)
  }

  #send (): void {
    const { next, direct } = this.#way
    if (direct?.(this.#call, this) === true) {
      return
    }
    try {
      next(this.#call).then(value => { this.resolve(value) }, (error: unknown) => { this.reject(error) })
    } catch (err) {
      // an interceptor may throw instead of rejecting
      this.reject(err)
    }
  }

  #hold (i: number, state: Promise<unknown>): void {
    state.then(state => {
      this.keep(i, state)
      this.enter(i + 1)
    }, (error: unknown) => { this.#leave(i - 1, true, error) })
  }

  /** Run the other halves, the last one first. */
  #leave (from: number, failed: boolean, outcome: unknown): void {
    const hooks = this.#way.hooks
    const call = this.#call
    this.failed = failed
    this.outcome = outcome
    this.now = call.timers.arrived()
    for (let i = from; i >= 0; i--) {
      const hook = hooks[i] as Halves<ClientCall>
      try {
        if (this.failed && hook.recover !== undefined && this.#recovers(i, hook.recover)) {
          return
        }
        hook.after?.(call, this.kept(i), this)
      } catch (err) {
        this.failed = true
        this.outcome = err
      }
    }
    if (this.failed) {
      this.#reject(this.outcome)
    } else {
      this.#resolve(this.outcome)
    }
  }

  #recovers (i: number, recover: NonNullable<Halves<ClientCall>['recover']>): boolean {
    const again = (): Promise<unknown> => pass(new Way(this.#way.hooks.slice(i + 1), this.#way.next), this.#call)
    const instead = recover(this.#call, this.outcome, again)
    instead?.then(value => { this.#leave(i - 1, false, value) }, (error: unknown) => { this.#leave(i - 1, true, error) })
    return instead !== undefined
  }
}
