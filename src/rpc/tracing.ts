/** Interceptors that follow a call from node to node. */
import { timers } from '../util/timers.ts'
import { otelSpans } from './otel.ts'
import { formatTraceparent, newSpanId, newTraceId, parseTraceparent, TRACEPARENT } from './trace-context.ts'
import type { HandlerContext } from './index.ts'
import type { ClientCall, ClientInterceptor, ServerInterceptor } from './interceptor.ts'
import type { OtelApi } from './otel.ts'
import type { TraceContext } from './trace-context.ts'

/** One side of one call. */
export interface Span extends TraceContext {
  readonly parentId: string | undefined
  /** `login/user.password`; on the serving side the method alone. */
  readonly name: string
  readonly kind: 'client' | 'server'
  /** Milliseconds since 1970. */
  readonly start: number
  /** Milliseconds. */
  readonly duration: number
  /** Of a call that failed. */
  readonly error: string | undefined
  /** The node that answered, or that called. */
  readonly node: string | undefined
  /** It took longer than `slow`. */
  readonly slow: boolean
}

export interface TracingOptions {
  /** Share of the new traces that are kept, 0 to 1; a call inside a trace goes with it. @default 1 */
  sample?: number
  /** Milliseconds above which a span is kept even if its trace is not. @default 1000 */
  slow?: number
  /** Gets each span that is kept, once it has ended. */
  onSpan?: (span: Span) => void
  /** The module `@opentelemetry/api`, if the application has it: spans are its own then, sampled by it, and `sample` and `onSpan` play no part. */
  otel?: OtelApi
}

/** {@link tracing}: put each side into the interceptors of the room. */
export interface Tracing {
  readonly client: ClientInterceptor
  readonly server: ServerInterceptor
}

/**
 * Gives each call a span, and its context to the called node in `metadata` (W3C `traceparent`), so that the calls that a
 * handler makes belong to the same trace. Of a stream, a span lasts until its results begin.
 *
 * @example
 *
 * ```ts
 * const trace = tracing({ sample: 0.01, slow: 500, onSpan: span => console.log(span.name, span.duration) })
 * await createMesh({ rpc: { interceptors: { client: [trace.client], server: [trace.server] } } })
 * ```
 */
export function tracing (options: TracingOptions = {}): Tracing {
  const { otel } = options
  if (otel !== undefined) {
    return otelSpans(otel, options.slow ?? SLOW)
  }
  const tracer = new Tracer(options)
  return {
    client: next => call => {
      const parent = contextOf(call.options.metadata) ?? contextOf(call.parent?.metadata)
      const open = tracer.begin('client', `${call.service}/${call.method}`, parent)
      const { metadata } = call.options
      call.options.metadata = withContext(metadata, open)
      // a later attempt is no child of this one
      return tracer.follow(open, next(call), call, () => { call.options.metadata = metadata as Record<string, string> })
    },
    server: next => call => {
      const open = tracer.begin('server', call.method, contextOf(call.metadata))
      call.inherit(TRACEPARENT, () => formatTraceparent(open))
      return tracer.follow(open, next(call), call.context)
    }
  }
}

const SLOW = 1_000

function contextOf (metadata: Readonly<Record<string, string>> | undefined): TraceContext | undefined {
  return metadata === undefined ? undefined : parseTraceparent(metadata[TRACEPARENT])
}

function withContext (metadata: Readonly<Record<string, string>> | undefined, context: TraceContext): Record<string, string> {
  const line = formatTraceparent(context)
  return metadata === undefined ? { [TRACEPARENT]: line } : { ...metadata, [TRACEPARENT]: line }
}

interface OpenSpan extends TraceContext {
  readonly parentId: string | undefined
  readonly name: string
  readonly kind: 'client' | 'server'
  readonly began: number
}

/** Makes spans and decides which are kept. */
class Tracer {
  readonly #sample: number
  readonly #slow: number
  readonly #onSpan: ((span: Span) => void) | undefined

  constructor ({ sample = 1, slow = SLOW, onSpan }: TracingOptions) {
    this.#sample = sample
    this.#slow = slow
    this.#onSpan = onSpan
  }

  begin (kind: 'client' | 'server', name: string, parent: TraceContext | undefined): OpenSpan {
    return {
      traceId: parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      sampled: parent?.sampled ?? (this.#sample >= 1 || Math.random() < this.#sample),
      parentId: parent?.spanId,
      name,
      kind,
      began: timers.now()
    }
  }

  follow (open: OpenSpan, result: Promise<unknown>, about: ClientCall | HandlerContext, restore?: () => void): Promise<unknown> {
    return result.then(value => {
      restore?.()
      this.#end(open, undefined, about)
      return value
    }, (error: unknown) => {
      restore?.()
      this.#end(open, error instanceof Error ? error : new Error(String(error)), about)
      throw error
    })
  }

  #end (open: OpenSpan, error: Error | undefined, about: ClientCall | HandlerContext): void {
    const duration = timers.now() - open.began
    const slow = duration > this.#slow
    if (this.#onSpan === undefined || !(open.sampled || slow)) {
      return
    }
    const { began, ...context } = open
    const node = 'caller' in about ? about.caller.id : about.node
    try {
      this.#onSpan({ ...context, start: Date.now() - duration, duration, error: error?.message, node, slow })
    } catch {
      // the application's own; the call has its outcome
    }
  }
}
