/** Interceptors that follow a call from node to node. */
import { newTrace } from '../wire/trace.ts'
import { serverHooks } from './intercepted.ts'
import { otelSpans } from './otel.ts'
import { clientHooks } from './passage.ts'
import { carried, topicSpans } from './topic-tracing.ts'
import type { Over } from './hooks.ts'
import type { Context } from './context.ts'
import type { ClientInterceptor, ServerInterceptor } from './interceptor.ts'
import type { OtelApi } from './otel.ts'
import type { OutCall } from './out-call.ts'
import type { TopicTracing } from '../pubsub/index.ts'
import type { Trace } from '../wire/trace.ts'

/** One side of one call, or of one message. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  readonly sampled: boolean
  readonly parentId: string | undefined
  /** `login/user.password`; on the serving side the method alone; of messages the topic, and the topic with the channel. */
  readonly name: string
  readonly kind: 'client' | 'server' | 'producer' | 'consumer'
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
  /**
   * Milliseconds above which a span is kept even if its trace is not. With `otel` it is offered to the sampler again, with the
   * attribute `braid.slow`, which keeps it if it looks at that.
   *
   * @default 1000
   */
  slow?: number
  /** Gets each span that is kept, once it has ended. */
  onSpan?: (span: Span) => void
  /** The module `@opentelemetry/api`, if the application has it: spans are its own then, sampled by it, and `sample` and `onSpan` play no part. */
  otel?: OtelApi
}

/** {@link tracing}: put each side into the interceptors of the room, and the whole into the options of pub/sub. */
export interface Tracing extends TopicTracing {
  readonly client: ClientInterceptor
  readonly server: ServerInterceptor
}

/**
 * Gives each call a span, and its context (W3C) to the called node, so that the calls that a handler makes belong to the
 * same trace; the handler finds it as `ctx.metadata.traceparent`. Of a stream, a span lasts until its results begin,
 * those of `otel` until they end.
 *
 * Likewise each publish and each handling of a message, whose header `traceparent` goes into the metadata of calls, or the
 * headers of messages, that belong to it.
 *
 * @example
 *
 * ```ts
 * const trace = tracing({ sample: 0.01, slow: 500, onSpan: span => console.log(span.name, span.duration) })
 * await createMesh({ rpc: { interceptors: { client: [trace.client], server: [trace.server] } }, pubsub: { tracing: trace } })
 * ```
 */
export function tracing (options: TracingOptions = {}): Tracing {
  const { otel } = options
  if (otel !== undefined) {
    return otelSpans(otel, options.slow ?? SLOW)
  }
  const tracer = new Tracer(options)
  return {
    client: clientHooks({
      before: call => tracer.depart(call as OutCall),
      after: (call, span: Trace, over) => { tracer.returned(call as OutCall, span, over) }
    }),
    server: serverHooks({
      before: call => tracer.arrive(call as Context),
      after: (call, span: Trace, over) => { tracer.done(call as Context, span, over) }
    }),
    ...topicSpans(tracer)
  }
}

const SLOW = 1_000

/** Makes spans and decides which are kept. Most are not, so that names and texts are made at the end. */
class Tracer {
  readonly #sample: number
  readonly #slow: number
  readonly #onSpan: ((span: Span) => void) | undefined

  constructor ({ sample = 1, slow = SLOW, onSpan }: TracingOptions) {
    this.#sample = sample
    this.#slow = slow
    this.#onSpan = onSpan
  }

  depart (call: OutCall): Trace {
    const { trace, parent, asked } = call
    const above = carried(asked?.metadata) ?? trace ?? (parent === undefined ? undefined : parent.trace ?? carried(parent.baggage))
    const span = this.span(above)
    call.trace = span
    return span
  }

  returned (call: OutCall, span: Trace, over: Over): void {
    // a later attempt is no child of this one
    call.trace = span.parent
    if (this.keeps(span, over)) {
      this.keep(span, 'client', `${call.service}/${call.method}`, call.node, over)
    }
  }

  arrive (call: Context): Trace {
    const span = this.span(call.trace ?? carried(call.baggage))
    call.trace = span
    return span
  }

  done (call: Context, span: Trace, over: Over): void {
    if (this.keeps(span, over)) {
      this.keep(span, 'server', call.method, call.caller.id, over)
    }
  }

  span (parent: Trace | undefined): Trace {
    return parent === undefined ? newTrace(this.#sample) : parent.child()
  }

  keeps ({ sampled }: Trace, { began, now }: Over): boolean {
    return sampled || now - began > this.#slow
  }

  keep ({ traceId, spanId, sampled, parent }: Trace, kind: Span['kind'], name: string, node: string | undefined, { failed, outcome, began, now }: Over): void {
    const duration = Math.max(0, now - began)
    const error = !failed ? undefined : outcome instanceof Error ? outcome.message : String(outcome)
    try {
      this.#onSpan?.({ traceId, spanId, sampled, parentId: parent?.spanId, name, kind, start: Date.now() - duration, duration, error, node, slow: duration > this.#slow })
    } catch {
      // the application's own; the call has its outcome
    }
  }
}
