/** Handlers with interceptors around them. */
import { compose, hooked, Run } from './hooks.ts'
import { changed, DeferredResults } from './results.ts'
import { isThenable } from '../util/thenable.ts'
import type { Context } from './context.ts'
import type { Halves, Hooks } from './hooks.ts'
import type { HandleOptions, Handler, HandlerContext } from './index.ts'
import type { ServerCall, ServerInterceptor } from './interceptor.ts'
import type { CallKind } from './stream-types.ts'

/** A result, or the promise of one: a handler that has it at once is answered at once. */
type Serve = (call: ServerCall) => unknown
type HookList = ReadonlyArray<Halves<ServerCall>>

/** An interceptor of the serving side, in two halves. */
export function serverHooks (hooks: Hooks<ServerCall>): ServerInterceptor {
  return hooked(hooks, (halves, next) => {
    const serve = around(halves, next)
    return async call => serve(call)
  })
}

/** A handler with the room's interceptors and its own around it; itself when there are none. */
export function intercepted (rooms: readonly ServerInterceptor[] = [], kind: CallKind, handler: Handler, { interceptors = [] }: HandleOptions): Handler {
  const all = [...rooms, ...interceptors]
  if (all.length === 0) {
    return handler
  }
  const last: Serve = ({ args, context }) => handler(args, context)
  const chain = compose(all, last, around, (interceptor, next) => interceptor(async call => next(call)))
  if (kind === 'unary' || kind === 'clientStream') {
    return (args, context) => chain(callOf(args, context))
  }
  return (args: unknown, context: HandlerContext) => new DeferredResults(async () => asyncIterable(await chain(callOf(args, context))))
}

/** The context is the call, for those around the handler. */
function callOf (args: unknown, context: HandlerContext): ServerCall {
  const call = context as Context
  call.args = args
  return call
}

/** A handler may return an array. What is neither is told by the first `next`. */
function asyncIterable (items: unknown): AsyncIterable<unknown> {
  if (typeof items === 'object' && items !== null && Symbol.iterator in items) {
    const iterator = (items as Iterable<unknown>)[Symbol.iterator]()
    return changed(iterator, item => item)
  }
  return items as AsyncIterable<unknown>
}

function around (hooks: HookList, next: Serve): Serve {
  return call => new Visit(hooks, next, call as Context).enter(0)
}

/** One call on its way through some hooks. */
class Visit extends Run {
  readonly #hooks: HookList
  readonly #next: Serve
  readonly #call: Context

  constructor (hooks: HookList, next: Serve, call: Context) {
    super()
    this.#hooks = hooks
    this.#next = next
    this.#call = call
  }

  /** Go on from the first halves that were not run yet. */
  enter (from: number): unknown {
    const hooks = this.#hooks
    const call = this.#call
    const now = call.timers.arrived()
    if (from === 0) {
      this.began = now
    }
    let i = from
    let result: unknown
    try {
      for (; i < hooks.length; i++) {
        const state = hooks[i]?.before?.(call, now)
        if (state instanceof Promise) {
          return this.#hold(i, state)
        }
        this.keep(i, state)
      }
      result = this.#next(call)
    } catch (err) {
      return this.#leave(i - 1, true, err)
    }
    return isThenable(result)
      ? Promise.resolve(result).then(value => this.#leave(i - 1, false, value), (err: unknown) => this.#leave(i - 1, true, err))
      : this.#leave(i - 1, false, result)
  }

  #hold (i: number, state: Promise<unknown>): Promise<unknown> {
    return state.then(state => {
      this.keep(i, state)
      return this.enter(i + 1)
    }, (err: unknown) => this.#leave(i - 1, true, err))
  }

  /** Run the other halves, the last one first. Throws the error of a call that has failed. */
  #leave (from: number, failed: boolean, outcome: unknown): unknown {
    const hooks = this.#hooks
    this.failed = failed
    this.outcome = outcome
    this.now = this.#call.timers.look()
    for (let i = from; i >= 0; i--) {
      try {
        hooks[i]?.after?.(this.#call, this.kept(i), this)
      } catch (err) {
        this.failed = true
        this.outcome = err
      }
    }
    if (this.failed) {
      throw this.outcome
    }
    return this.outcome
  }
}
