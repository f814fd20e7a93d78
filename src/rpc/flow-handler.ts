import { RpcError } from '../errors.ts'
import type { Context } from './context.ts'
import type { HandleOptions, Handler, HandlerContext } from './index.ts'
import type { ServerFlow } from './server-flow.ts'
import type { StreamHandler, StreamKind } from './stream-types.ts'

/** Makes an ordinary handler, which runs as every other, of one that takes or gives sequences. */
export function flowHandler (kind: StreamKind, handler: StreamHandler, options: HandleOptions): Handler {
  return async (args, context: HandlerContext) => {
    const { origin } = context as Context
    // not asked of its class: a page has that only once it serves
    if (origin === undefined || !('accept' in origin)) {
      throw new RpcError('INTERNAL', `${context.method}: a streaming method needs the context that it was given`)
    }
    const flow = origin as ServerFlow
    flow.accept(kind !== 'serverStream')
    return flow.run(kind, handler, args, context as Context, options)
  }
}
