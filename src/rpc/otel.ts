/** Spans of OpenTelemetry. The API is given by the application that has it: nothing of it is imported here. */
import { STATUS_CODES } from '../errors.ts'
import { iteratorOf } from './iterator.ts'
import { thrown } from './outcome.ts'
import { FAILED } from './prepare.ts'
import { LEFT } from './results.ts'
import type { Context } from './context.ts'
import type { ClientCall, ServerCall } from './interceptor.ts'
import type { AnyIterator } from './iterator.ts'
import type { Sharing } from './prepare.ts'
import type { CallKind, Results } from './stream-types.ts'
import type { Tracing } from './tracing.ts'
import type { RpcError } from '../errors.ts'
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
    with (context: any, fn: () => any): any
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

/** Attribute of a span: the node that the call or message is with. OpenTelemetry's own names know addresses only. */
const PEER = 'braid.peer.id'

/**
 * Interceptors that open a span for each call, and what does so for each message. Names are those of OpenTelemetry's semantic
 * conventions; `rpc.system` and `rpc.service` are of the older ones, for tools that read no others. Context travels by the
 * application's propagator, W3C by default. Of a slow span that its sampler dropped, a second one with the attribute
 * `braid.slow` is offered: a sampler keeps it by that. Those that ship with OpenTelemetry know nothing of it.
 */
export function otelSpans (api: OtelApi, slow: number): Tracing {
  const spans = new Spans(api, slow)
  return { ...ofCalls(api, spans), ...ofMessages(api, spans) }
}

/** What became of a call or message. */
interface Ending {
  failure?: unknown
  result?: unknown
  /** Nobody wanted the rest of a sequence. */
  left?: true
}

/** Gives a function that is called when a sequence fails, whoever asks for its items. */
type Listen = (failed: (failure: unknown) => void) => void

interface About {
  /** Attributes that are known once it is over. */
  learnt: (ending: Ending) => Attributes
  /** What else is known of how it ended. */
  amend?: (ending: Ending) => Ending
  /** The result is a sequence, and it is over when that is. */
  sequence?: Listen | undefined
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

  async run (name: string, options: SpanOptions, parent: unknown, call: (context: unknown) => Promise<unknown>, { learnt, amend, sequence }: About): Promise<unknown> {
    const { trace, context } = this.#api
    const start = Date.now()
    const span = this.#tracer.startSpan(name, options, parent)
    const within: unknown = trace.setSpan(parent, span)
    const over = (seen: Ending, began = Date.now()): void => {
      const ending = amend?.(seen) ?? seen
      const attributes = learnt(ending)
      if (began - start > this.#slow && !span.isRecording()) {
        const again = { ...options, attributes: { ...options.attributes, 'braid.slow': true }, startTime: start }
        end(this.#tracer.startSpan(name, again, parent), attributes, ending)
      }
      end(span, attributes, ending)
    }
    try {
      const result: unknown = await context.with(within, async () => call(within))
      if (sequence !== undefined) return following(iteratorOf(result), over, step => context.with(within, step), sequence)
      over({ result })
      return result
    } catch (failure) {
      over({ failure })
      throw failure
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

/**
 * The same sequence, whose end is told once, with when it began: that of its items, its failure, also while nobody asks for an
 * item, or that nobody wants the rest.
 */
function following (items: AnyIterator, over: (ending: Ending, began?: number) => void, within: (step: () => unknown) => unknown, listen: Listen): Results {
  let open = true
  let asked = 0
  let began: number | undefined
  const close = (ending: Ending): void => {
    if (open) {
      open = false
      over(ending, began)
    }
  }
  // whoever asks is told by the item
  listen(failure => { if (asked === 0) close({ failure }) })
  const step = async (ends: boolean, take: () => unknown): Promise<IteratorResult<unknown, undefined>> => {
    asked++
    try {
      const item = await within(take) as IteratorResult<unknown, undefined> | undefined
      began ??= Date.now()
      if (ends || item?.done === true) close(ends ? { left: true } : {})
      return item ?? { done: true, value: undefined }
    } catch (failure) {
      began ??= Date.now()
      close({ failure })
      throw failure
    } finally {
      asked--
    }
  }
  const own: Results = {
    next: async () => step(false, () => items.next()),
    return: async () => step(true, () => items.return?.()),
    [Symbol.asyncDispose]: async () => { await own.return() },
    [Symbol.asyncIterator]: () => own
  }
  return own
}

function end (span: OtelSpan, attributes: Attributes, ending: Ending): void {
  for (const [name, value] of Object.entries(attributes)) span.setAttribute(name, value)
  if ('failure' in ending) {
    const { failure } = ending
    const error = failure instanceof Error ? failure : new Error(String(failure))
    span.recordException(error)
    span.setStatus({ code: ERROR, message: error.message })
  }
  span.end()
}

function ofCalls (api: OtelApi, spans: Spans): Pick<Tracing, 'client' | 'server'> {
  return {
    client: next => async (call: ClientCall) => {
      const { service, method, kind, options } = call
      return spans.run(`${service}/${method}`, { kind: CLIENT, attributes: rpcAttributes(service, method) }, spans.active(call.parent?.metadata), async context => {
        options.metadata = spans.carrying(context, options.metadata)
        return next(call)
      }, {
        learnt: ending => ({ ...statusOf(ending, codeOf), ...call.node !== undefined && { [PEER]: call.node } }),
        amend: ending => (ending.failure as { cause?: unknown } | null | undefined)?.cause === LEFT ? { left: true } : ending,
        sequence: isSequence(kind) ? failures(options) : undefined
      })
    },
    server: next => async (call: ServerCall) => {
      const { service, method, kind } = call
      const context = call.context as Context
      const parent: unknown = api.propagation.extract(api.context.active(), call.metadata)
      const attributes = { ...rpcAttributes(service, method), [PEER]: context.caller.id }
      return spans.run(`${service}/${method}`, { kind: SERVER, attributes }, parent, async context => {
        call.metadata = spans.carrying(context, call.metadata)
        return next(call)
      }, {
        learnt: ending => statusOf(ending, failure => thrown(failure).code),
        amend: ending => amended(ending, context),
        sequence: isSequence(kind) ? () => {} : undefined
      })
    }
  }
}

/** What a call of sequences fails with. Outer spans hear of it, too. */
function failures (options: Sharing): Listen {
  const outer = options[FAILED]
  let told: ((failure: unknown) => void) | undefined
  options[FAILED] = failure => {
    try {
      told?.(failure)
    } catch {
      // what processes spans is the application's: in whatever the call ends, it must not end that
    }
    outer?.(failure)
  }
  return failed => { told = failed }
}

/** A sequence that its handler was made to leave: by what its caller has heard. */
function amended (ending: Ending, { ended, origin }: Context): Ending {
  const failure = (ended as Partial<RpcError> | undefined)?.code === 'CANCELLED' ? undefined : ended ?? origin.failure
  return 'failure' in ending || failure === undefined ? ending : { failure }
}

function isSequence (kind: CallKind): boolean {
  return kind === 'serverStream' || kind === 'bidi'
}

/** A handling is the child of the publish, and linked to it, as it may be far away from it in time, and come again. */
function ofMessages (api: OtelApi, spans: Spans): TopicTracing {
  return {
    publish: async ({ topic, headers }, next) =>
      await spans.run(`publish ${topic}`, { kind: PRODUCER, attributes: messageAttributes('publish', 'send', topic) }, spans.active(headers), async context =>
        next(spans.carrying(context, headers)), { learnt: ending => ({ ...failed(ending), ...ending.result !== undefined && { 'messaging.message.id': (ending.result as Receipt).id } }) }) as Receipt,
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
        next(spans.carrying(context, headers)), { learnt: failed })
    }
  }
}

/** Names of OpenTelemetry's semantic conventions for RPC. */
function rpcAttributes (service: string, method: string): Record<string, string> {
  return { 'rpc.system.name': 'braid-mesh', 'rpc.method': `${service}/${method}`, 'rpc.system': 'braid-mesh', 'rpc.service': service }
}

/** How a call ended. What it failed with is an error, whichever code that has; that the rest of a sequence was not wanted is none. */
function statusOf (ending: Ending, codeOf: (failure: unknown) => string): Attributes {
  if (!('failure' in ending)) return { 'rpc.status_code': ending.left === true ? 'CANCELLED' : 'OK' }
  const code = codeOf(ending.failure)
  return { 'rpc.status_code': code, 'error.type': code }
}

/** What a call failed with at the end that made it: an interceptor there may have thrown anything. */
function codeOf (failure: unknown): string {
  return STATUS_CODES.find(code => code === (failure as { code?: unknown } | null | undefined)?.code) ?? 'UNKNOWN'
}

/** Names of its semantic conventions for messaging. */
function messageAttributes (name: string, type: string, topic: string): Attributes {
  return { 'messaging.system': 'braid-mesh', 'messaging.operation.name': name, 'messaging.operation.type': type, 'messaging.destination.name': topic }
}

/** What a message failed on. */
function failed (ending: Ending): Attributes {
  const { failure } = ending
  return 'failure' in ending ? { 'error.type': failure instanceof Error ? failure.name : '_OTHER' } : {}
}
