import { RpcError } from '../errors.ts'
import { ServerFlow } from './server-flow.ts'
import type { Context } from './context.ts'
import type { HandleOptions, Handler, HandlerContext } from './index.ts'
import type { StreamHandler, StreamKind } from './stream-types.ts'

/** Makes an ordinary handler, which runs as every other, of one that takes or gives sequences. */
export function flowHandler (kind: StreamKind, handler: StreamHandler, options: HandleOptions): Handler {
  return async (args, context: HandlerContext) => {
    const { origin } = context as Context
    if (!(origin instanceof ServerFlow)) {
      throw new RpcError('INTERNAL', `${context.method}: a streaming method needs the context it was given`)
    }
    origin.accept(kind !== 'serverStream')
    return origin.run(kind, handler, args, context as Context, options)
  }
}
