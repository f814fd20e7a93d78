/** Spans of OpenTelemetry. The API is given by the application that has it: nothing of it is imported here. */
import type { ClientCall, ServerCall } from './interceptor.ts'
import type { Tracing } from './tracing.ts'
import type { Receipt, TopicTracing } from '../pubsub/index.ts'

interface OtelSpan {
  setAttribute (name: string, value: string | number | boolean): unknown
  setStatus (status: { code: number, message?: string }): unknown
  recordException (error: Error): unknown
  isRecording (): boolean
  end (): void
}

type Texts = Readonly<Record<string, string>>
type Attributes = Record<string, string | number | boolean>

interface SpanOptions {
  kind: number
  attributes: Attributes
  startTime?: number
  links?: Array<{ context: any }>
}

interface OtelTracer {
  startSpan (name: string, options: SpanOptions, context?: any): OtelSpan
}

/** What is used of the module `@opentelemetry/api`, 1.x. */
export interface OtelApi {
  readonly trace: {
    getTracer (name: string): OtelTracer
    setSpan (context: any, span: any): any
    getSpan (context: any): unknown
    getSpanContext (context: any): unknown
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
const PRODUCER = 3
const CONSUMER = 4
const ERROR = 2

/** Attribute of a span: who the call or message is with. */
const PEER = 'network.peer.id'

/**
 * Interceptors that open a span for each call, and what does so for each message. Context travels by the application's
 * propagator, W3C by default. Of a slow span that its sampler dropped, a second one with the attribute `braid.slow` is
 * offered: a sampler keeps it by that. Those that ship with OpenTelemetry know nothing of it.
 */
export function otelSpans (api: OtelApi, slow: number): Tracing {
  const spans = new Spans(api, slow)
  return { ...ofCalls(api, spans), ...ofMessages(api, spans) }
}

class Spans {
  readonly #api: OtelApi
  readonly #slow: number
  readonly #tracer: OtelTracer

  constructor (api: OtelApi, slow: number) {
    this.#api = api
    this.#slow = slow
    this.#tracer = api.trace.getTracer('braid-mesh')
  }

  /** @param peer - who it turned out to be with, once it is over */
  async run (name: string, options: SpanOptions, parent: unknown, call: (context: unknown) => Promise<unknown>, peer?: () => string | undefined): Promise<unknown> {
    const { trace, context } = this.#api
    const start = Date.now()
    const span = this.#tracer.startSpan(name, options, parent)
    const within: unknown = trace.setSpan(parent, span)
    let failure: Error | undefined
    try {
      return await context.with(within, async () => call(within))
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      const node = peer?.()
      if (Date.now() - start > this.#slow && !span.isRecording()) {
        const again = { ...options, attributes: { ...options.attributes, 'braid.slow': true }, startTime: start }
        end(this.#tracer.startSpan(name, again, parent), failure, node)
      }
      end(span, failure, node)
    }
  }

  /** What is active here. Without a context manager nothing is, in a handler: what came with its call, or message, is. */
  active (inherited: Texts | undefined): unknown {
    const { trace, context, propagation } = this.#api
    const active: unknown = context.active()
    return trace.getSpan(active) === undefined && inherited !== undefined ? propagation.extract(active, inherited) : active
  }

  carrying (context: unknown, texts: Texts | undefined): Record<string, string> {
    const carrier = { ...texts }
    this.#api.propagation.inject(context, carrier)
    return carrier
  }
}

function end (span: OtelSpan, failure: Error | undefined, peer: string | undefined): void {
  if (peer !== undefined) span.setAttribute(PEER, peer)
  if (failure !== undefined) {
    span.recordException(failure)
    span.setStatus({ code: ERROR, message: failure.message })
  }
  span.end()
}

function ofCalls (api: OtelApi, spans: Spans): Pick<Tracing, 'client' | 'server'> {
  return {
    client: next => async (call: ClientCall) => {
      const { service, method, options } = call
      return spans.run(`${service}/${method}`, { kind: CLIENT, attributes: rpcAttributes(service, method) }, spans.active(call.parent?.metadata), async context => {
        options.metadata = spans.carrying(context, options.metadata)
        return next(call)
      }, () => call.node)
    },
    server: next => async (call: ServerCall) => {
      const parent: unknown = api.propagation.extract(api.context.active(), call.metadata)
      const attributes = { ...rpcAttributes(undefined, call.method), [PEER]: call.context.caller.id }
      return spans.run(call.method, { kind: SERVER, attributes }, parent, async context => {
        call.metadata = spans.carrying(context, call.metadata)
        return next(call)
      })
    }
  }
}

/** A handling is the child of the publish, and linked to it, as it may be far away from it in time, and come again. */
function ofMessages (api: OtelApi, spans: Spans): TopicTracing {
  return {
    publish: async ({ topic, headers }, next) =>
      await spans.run(`publish ${topic}`, { kind: PRODUCER, attributes: messageAttributes('publish', 'send', topic) }, spans.active(headers), async context =>
        next(spans.carrying(context, headers))) as Receipt,
    consume: async ({ topic, channel, id, publisher, attempt, headers }, next) => {
      const parent: unknown = api.propagation.extract(api.context.active(), headers)
      const origin: unknown = api.trace.getSpanContext(parent)
      const attributes = {
        ...messageAttributes('process', 'process', topic),
        'messaging.consumer.group.name': channel,
        'messaging.message.id': id,
        [PEER]: publisher,
        'braid.attempt': attempt
      }
      return spans.run(`process ${topic}`, { kind: CONSUMER, attributes, links: origin === undefined ? [] : [{ context: origin }] }, parent, async context =>
        next(spans.carrying(context, headers)))
    }
  }
}

/** Names of OpenTelemetry's semantic conventions for RPC. */
function rpcAttributes (service: string | undefined, method: string): Record<string, string> {
  return { 'rpc.system': 'braid-mesh', 'rpc.method': method, ...(service !== undefined && { 'rpc.service': service }) }
}

/** And for messaging. */
function messageAttributes (name: string, type: string, topic: string): Attributes {
  return { 'messaging.system': 'braid-mesh', 'messaging.operation.name': name, 'messaging.operation.type': type, 'messaging.destination.name': topic }
}
