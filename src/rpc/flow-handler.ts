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
  const { kind, about, interceptors } = method
  if (kind === 'unary') {
    return intercepted(method)
  }
  const handler = intercepted({
    kind,
    interceptors,
    handler: (args, context) => {
      flowOf(context as Context).accept()
      return method.handler(args, context)
    }
  })
  return async (args, context) => flowOf(context as Context).run(kind, handler, args, context as Context, about)
}

function flowOf ({ origin, method }: Context): ServerFlow {
  if (!(origin instanceof ServerFlow)) {
    throw new RpcError('INTERNAL', `${method}: a streaming method needs the context it was given`)
  }
  return origin
}
