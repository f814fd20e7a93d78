/** Handlers with interceptors around them. */
import { handedOn } from './handed-on.ts'
import { compose, hooked, Run } from './hooks.ts'
import { changed } from './results.ts'
import { isThenable } from '../util/thenable.ts'
import type { Context } from './context.ts'
import type { Halves, Hooks } from './hooks.ts'
import type { Handler, HandlerContext } from './index.ts'
import type { ServerCall, ServerInterceptor } from './interceptor.ts'
import type { Method } from './methods.ts'

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

/** A method's handler with the room's interceptors and its own around it; itself when there are none. */
export function intercepted ({ kind, handler, interceptors }: Pick<Method, 'kind' | 'handler' | 'interceptors'>): Handler {
  if (interceptors.length === 0) {
    return handler
  }
  const last: Serve = ({ args, context }) => {
    (context as Context).ran = true
    return handler(args, context)
  }
  const chain = compose(interceptors, last, around, (interceptor, next) => interceptor(async call => next(handedOn(call as Context))))
  if (kind === 'unary' || kind === 'clientStream') {
    return (args, context) => chain(callOf(args, context))
  }
  // at once, not with the first item: who refuses the call waits for nobody to ask for one
  return async (args, context) => asyncIterable(await chain(callOf(args, context)))
}

/** The context is the call, for those around the handler. */
function callOf (args: unknown, context: HandlerContext): ServerCall {
  const call = context as Context
  call.args = args
  call.whole = call
  return call
}

/** A handler may return an array. What is neither is told by who iterates it. */
function asyncIterable (items: unknown): AsyncIterable<unknown> {
  if (typeof items === 'object' && items !== null && Symbol.iterator in items) {
    const iterator = (items as Iterable<unknown>)[Symbol.iterator]()
    return changed(iterator, item => item)
  }
  return items as AsyncIterable<unknown>
}

function around (hooks: HookList, next: Serve): Serve {
  return call => enter(hooks, next, call as Context, new Run())
}

function enter (hooks: HookList, next: Serve, call: Context, run: Run<ServerCall>): unknown {
  let result: unknown
  try {
    const held = run.advance(hooks, call, call.timers.arrived())
    if (held !== undefined) {
      return held.then(() => enter(hooks, next, call, run), (err: unknown) => leave(hooks, call, run, true, err))
    }
    // it may have ended while it was held up
    if (call.ended !== undefined) throw call.ended
    result = next(call)
  } catch (err) {
    return leave(hooks, call, run, true, err)
  }
  return isThenable(result)
    ? Promise.resolve(result).then(value => leave(hooks, call, run, false, value), (err: unknown) => leave(hooks, call, run, true, err))
    : leave(hooks, call, run, false, result)
}

/** Throws the error of a call that has failed. */
function leave (hooks: HookList, call: Context, run: Run<ServerCall>, failed: boolean, outcome: unknown): unknown {
  run.failed = failed
  run.outcome = outcome
  run.retreat(hooks, call, call.timers.look())
  if (run.failed) {
    throw run.outcome
  }
  return run.outcome
}
