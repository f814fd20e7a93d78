/** Calls on their way out through hooks. */
import { handedOn } from './handed-on.ts'
import { compose, hooked, Run } from './hooks.ts'
import { Places } from './places.ts'
import { within } from './within.ts'
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
  return compose(interceptors, last, around, (interceptor, next) => {
    const through = interceptor(call => next(handedOn(call as OutCall)))
    return call => within(call as OutCall, () => through(call))
  })
}

function around (hooks: HookList, next: ClientNext): ClientNext {
  const way = new Way(hooks, next)
  return call => pass(way, call)
}

/** What calls pass through, and where they come out. */
class Way {
  readonly hooks: HookList
  readonly places: Places<ClientCall>
  readonly next: ClientNext
  readonly direct: LastNext['direct'] | undefined

  constructor (hooks: HookList, next: ClientNext) {
    this.hooks = hooks
    this.places = new Places(hooks)
    this.next = next
    this.direct = 'direct' in next ? (next as LastNext).direct : undefined
  }
}

function pass (way: Way, call: ClientCall): Promise<unknown> {
  const passage = begun = new Passage(way, call as OutCall)
  const promise = new Promise<unknown>(take)
  passage.enter()
  return promise
}

/** Whose promise is being made: a function of its own for each costs as much as the promise. */
let begun: Passage

function take (resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  begun.settle(resolve, reject)
}

class Passage extends Run<ClientCall> implements Ending {
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

  resolve (value: unknown): void {
    this.#leave(false, value)
  }

  reject (error: unknown): void {
    this.#leave(true, error)
  }

  enter (): void {
    const call = this.#call
    const { places, next, direct } = this.#way
    try {
      const held = places.advance(this, call, call.now)
      if (held !== undefined) {
        within(call, () => held).then(() => { this.enter() }, (error: unknown) => { this.reject(error) })
      } else if (direct?.(call, this) !== true) {
        this.#follow(next(call))
      }
    } catch (err) {
      // also of an interceptor that throws instead of rejecting
      this.reject(err)
    }
  }

  #leave (failed: boolean, outcome: unknown): void {
    const { hooks, places } = this.#way
    const call = this.#call
    const now = call.timers.arrived()
    this.failed = failed
    this.outcome = outcome
    if (!failed) {
      places.retreat(this, call, now)
    } else if (this.retreat(hooks, call, now, hook => this.#recovers(hook))) {
      return
    }
    if (this.failed) {
      this.#reject(this.outcome)
    } else {
      this.#resolve(this.outcome)
    }
  }

  #recovers ({ recover }: Halves<ClientCall>): boolean {
    const { hooks, next } = this.#way
    const inner = hooks.slice(this.reached + 1)
    const instead = recover?.(this.#call, this.outcome, () => pass(new Way(inner, next), this.#call))
    if (instead !== undefined) {
      this.#follow(within(this.#call, () => instead))
    }
    return instead !== undefined
  }

  #follow (result: Promise<unknown>): void {
    result.then(value => { this.resolve(value) }, (error: unknown) => { this.reject(error) })
  }
}
