/** What a method runs. Only for code that serves: whoever imports this has all of sequences. */
import { RpcError } from '../errors.ts'
import { intercepted } from './intercepted.ts'
import { ServerFlow } from './server-flow.ts'
import type { Context } from './context.ts'
import type { HandleOptions, Handler, HandlerContext } from './index.ts'
import type { Method } from './methods.ts'
import type { StreamHandler, StreamKind } from './stream-types.ts'

/** What the calls of a method run: its handler, with interceptors around it. */
export function handlerOf (method: Method): Handler {
  const { kind, about } = method
  const handler = intercepted(method)
  return kind === 'unary' ? handler : flowHandler(kind, handler, about)
}

/** Makes an ordinary handler, which runs as every other, of one that takes or gives sequences. */
function flowHandler (kind: StreamKind, handler: StreamHandler, options: HandleOptions): Handler {
  return async (args, context: HandlerContext) => {
    const { origin } = context as Context
    if (!(origin instanceof ServerFlow)) {
      throw new RpcError('INTERNAL', `${context.method}: a streaming method needs the context that it was given`)
    }
    origin.accept(kind !== 'serverStream')
    return origin.run(kind, handler, args, context as Context, options)
  }
}
