import { compose } from './interceptor.ts'
import { changed, DeferredResults } from './results.ts'
import type { Context } from './context.ts'
import type { HandleOptions, Handler, HandlerContext } from './index.ts'
import type { ServerCall, ServerInterceptor, ServerNext } from './interceptor.ts'
import type { CallKind } from './stream-types.ts'

class InCall implements ServerCall {
  readonly kind: CallKind
  args: unknown
  readonly context: HandlerContext

  constructor (kind: CallKind, args: unknown, context: HandlerContext) {
    this.kind = kind
    this.args = args
    this.context = context
  }

  get method (): string {
    return this.context.method
  }

  get metadata (): Readonly<Record<string, string>> {
    return this.context.metadata
  }

  set metadata (metadata: Readonly<Record<string, string>>) {
    (this.context as Context).metadata = metadata
  }

  inherit (name: string, value: () => string): void {
    (this.context as Context).inherit(name, value)
  }
}

/** A handler with the room's interceptors and its own around it; itself when there are none. */
export function intercepted (rooms: readonly ServerInterceptor[] = [], kind: CallKind, handler: Handler, { interceptors = [] }: HandleOptions): Handler {
  const all = [...rooms, ...interceptors]
  if (all.length === 0) {
    return handler
  }
  const last: ServerNext = async ({ args, context }) => handler(args, context)
  const chain = compose(all, last)
  if (kind === 'unary' || kind === 'clientStream') {
    return (args, context) => chain(new InCall(kind, args, context))
  }
  return (args: unknown, context: HandlerContext) =>
    new DeferredResults(async () => asyncIterable(await chain(new InCall(kind, args, context))))
}

/** A handler may return an array. What is neither is told by the first `next`. */
function asyncIterable (items: unknown): AsyncIterable<unknown> {
  if (typeof items === 'object' && items !== null && Symbol.iterator in items) {
    const iterator = (items as Iterable<unknown>)[Symbol.iterator]()
    return changed(iterator, item => item)
  }
  return items as AsyncIterable<unknown>
}
