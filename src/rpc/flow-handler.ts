/** What a method runs. Only for code that serves: whoever imports this has all of sequences. */
import { RpcError } from '../errors.ts'
import { intercepted } from './intercepted.ts'
import { ServerFlow } from './server-flow.ts'
import type { Context } from './context.ts'
import type { Handler } from './index.ts'
import type { Method } from './methods.ts'

/**
 * What the calls of a method run: its handler, with interceptors around it. One that takes or gives sequences is made an
 * ordinary one, which runs as every other.
 */
export function handlerOf (method: Method): Handler {
  const { kind, about } = method
  const handler = intercepted(method)
  return kind === 'unary'
    ? handler
    : async (args, context) => {
      const { origin } = context as Context
      if (!(origin instanceof ServerFlow)) {
        throw new RpcError('INTERNAL', `${context.method}: a streaming method needs the context it was given`)
      }
      origin.accept(kind !== 'serverStream')
      return origin.run(kind, handler, args, context as Context, about)
    }
}
