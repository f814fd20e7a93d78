/** Spans of OpenTelemetry. The API is given by the application that has it: nothing of it is imported here. */
import type { ClientCall, ServerCall } from './interceptor.ts'
import type { Tracing } from './tracing.ts'

interface OtelSpan {
  setAttribute (name: string, value: string | number | boolean): unknown
  setStatus (status: { code: number, message?: string }): unknown
  recordException (error: Error): unknown
  isRecording (): boolean
  end (): void
}

interface OtelTracer {
  startSpan (name: string, options: { kind: number, attributes: Record<string, string | boolean>, startTime?: number }, context?: any): OtelSpan
}

/** What is used of the module `@opentelemetry/api`, 1.x. */
export interface OtelApi {
  readonly trace: {
    getTracer (name: string): OtelTracer
    setSpan (context: any, span: any): any
    getSpan (context: any): unknown
  }
  readonly context: {
    active (): any
    with (context: any, fn: () => Promise<unknown>): Promise<unknown>
  }
  readonly propagation: {
    inject (context: any, carrier: Record<string, string>): void
    extract (context: any, carrier: Readonly<Record<string, string>>): any
  }
}

// as in the API's SpanKind and SpanStatusCode
const SERVER = 1
const CLIENT = 2
const ERROR = 2

/**
 * Interceptors that open a span for each call. Context travels by the application's propagator, W3C by default. Of a slow
 * span that its sampler dropped, a second one with the attribute `braid.slow` is offered: a sampler keeps it by that.
 */
export function otelSpans (api: OtelApi, slow: number): Tracing {
  const spans = api.trace.getTracer('braid-mesh')
  const run = async (name: string, kind: number, parent: unknown, attributes: Record<string, string | boolean>, call: (context: unknown) => Promise<unknown>): Promise<unknown> => {
    const start = Date.now()
    const span = spans.startSpan(name, { kind, attributes }, parent)
    const context: unknown = api.trace.setSpan(parent, span)
    try {
      return await api.context.with(context, async () => call(context))
    } catch (error) {
      const known = error instanceof Error ? error : new Error(String(error))
      span.recordException(known)
      span.setStatus({ code: ERROR, message: known.message })
      throw error
    } finally {
      if (Date.now() - start > slow && !span.isRecording()) {
        spans.startSpan(name, { kind, attributes: { ...attributes, 'braid.slow': true }, startTime: start }, parent).end()
      }
      span.end()
    }
  }
  return {
    client: next => async (call: ClientCall) => {
      const active: unknown = api.context.active()
      const inherited = call.parent?.metadata
      // without a context manager nothing is active in a handler: what came with its call is
      const parent: unknown = api.trace.getSpan(active) === undefined && inherited !== undefined ? api.propagation.extract(active, inherited) : active
      return run(`${call.service}/${call.method}`, CLIENT, parent, attributesOf(call.service, call.method), async context => {
        const carrier = { ...call.options.metadata }
        api.propagation.inject(context, carrier)
        call.options.metadata = carrier
        return next(call)
      })
    },
    server: next => async (call: ServerCall) => {
      const parent: unknown = api.propagation.extract(api.context.active(), call.metadata)
      return run(call.method, SERVER, parent, { ...attributesOf(undefined, call.method), 'network.peer.id': call.context.caller.id }, async context => {
        const carrier = { ...call.metadata }
        api.propagation.inject(context, carrier)
        call.metadata = carrier
        return next(call)
      })
    }
  }
}

/** Names of OpenTelemetry's semantic conventions for RPC. */
function attributesOf (service: string | undefined, method: string): Record<string, string> {
  return { 'rpc.system': 'braid-mesh', 'rpc.method': method, ...(service !== undefined && { 'rpc.service': service }) }
}
