import { tokenToHex } from '../wire/token.ts'
import { TRACEPARENT } from '../wire/trace.ts'
import type { Call } from './call.ts'
import type { HandlerContext, InvokeOptions, TokenId } from './index.ts'
import type { Contract, ContractClient } from './contract.ts'
import type { Origin } from './inbound.ts'
import type { Whole } from './handed-on.ts'
import type { Method } from './methods.ts'
import type { ServerCall } from './interceptor.ts'
import type { CallParent } from './prepare.ts'
import type { CallKind, Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { ClientOptions } from './typed.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'
import type { RequestFrame } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'

/** Shared by all calls without any. */
export const NO_ENTRIES: Readonly<Record<string, string>> = Object.freeze({})

/** What the contexts of a node share. */
export interface ContextHost {
  readonly timers: Timers
  /** That this node is of. */
  readonly service: string
  invoke (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: Context): Promise<unknown>
  stream (service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: Context): Results | Promise<unknown>
  client<C extends Contract<any>> (contract: C, options: ClientOptions | undefined, parent: Context): ContractClient<C>
  cancel (call: Call, reason: unknown): void
  callerOf (peer: string): NodeInfo
}

/** One request that is being handled. */
export class Context implements HandlerContext, ServerCall, CallParent, Whole<Context> {
  /** Itself, for interceptors, also in a copy. */
  whole: Context | undefined = undefined
  readonly id: number
  readonly entry: Method
  readonly origin: Origin
  readonly tokenBytes: Uint8Array | undefined
  readonly link: HandlerContext['link']
  readonly headers: Readonly<Record<string, string>>
  baggage: Readonly<Record<string, string>>
  /** What interceptors are given. */
  args: unknown = undefined
  /** What the calls of the handler are children of: what came with the call, or what an interceptor made of it. */
  trace: Trace | undefined
  /** Bytes of its arguments. */
  readonly bytes: number
  /** Those, and what else they take in memory once they are read. */
  size: number
  /** Why nobody waits for its result any more. */
  ended: Error | undefined = undefined
  /** Counted as running, until the handler is done. */
  counted = false
  /** Has one of the places of its method's gate. */
  gated = false
  /** Whoever decides whether it may run has not said yes. */
  barred = false
  /** Its handler was called, whoever let it: an interceptor may go on without that yes, or ask again. */
  ran = false
  /** When its handler began, if that is measured; as in `Call`, not 0 at first. */
  began: number | undefined = undefined
  timer: TimerHandle | undefined = undefined
  readonly #host: ContextHost
  readonly #due: number
  // made when asked for: a controller costs more than the rest of a call
  #controller: AbortController | undefined = undefined
  #children: Set<Call> | undefined = undefined

  constructor (host: ContextHost, origin: Origin, entry: Method, request: RequestFrame, due: number, link: HandlerContext['link']) {
    this.#host = host
    this.origin = origin
    this.entry = entry
    this.id = request.id
    this.tokenBytes = request.token
    this.link = link
    this.baggage = request.metadata ?? NO_ENTRIES
    this.trace = request.trace
    this.headers = request.headers ?? NO_ENTRIES
    this.size = this.bytes = request.body?.length ?? 0
    this.#due = due
  }

  get timers (): Timers {
    return this.#host.timers
  }

  get metadata (): Readonly<Record<string, string>> {
    const { trace } = this
    return trace === undefined ? this.baggage : Object.assign(Object.create(null) as Record<string, string>, this.baggage, { [TRACEPARENT]: trace.toString() })
  }

  /** Interceptors may replace it, with the trace context that is part of it. */
  set metadata (metadata: Readonly<Record<string, string>>) {
    this.baggage = metadata
    this.trace = undefined
  }

  get kind (): CallKind {
    return this.entry.kind
  }

  get service (): string {
    return this.#host.service
  }

  get context (): this {
    return this
  }

  take (copy: Partial<Context>): void {
    this.args = copy.args
    if (copy.metadata !== undefined) {
      this.metadata = copy.metadata
    }
  }

  get method (): string {
    return this.entry.name
  }

  get token (): TokenId | undefined {
    return this.tokenBytes === undefined ? undefined : tokenToHex(this.tokenBytes)
  }

  get caller (): NodeInfo {
    return this.#host.callerOf(this.origin.caller.id)
  }

  get remaining (): number {
    return Math.max(0, this.#due - this.#host.timers.now())
  }

  get signal (): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.ended !== undefined) {
        this.#controller.abort(this.ended)
      }
    }
    return this.#controller.signal
  }

  /** Bound, and made when asked for: handlers take it out of the context. */
  get invoke (): HandlerContext['invoke'] {
    return async (service, method, args, options) => this.#host.invoke(service, method, args, options, this)
  }

  /** Bound, as {@link invoke}. */
  get stream (): HandlerContext['stream'] {
    return ((service: string, method: string, kind: StreamKind, input?: unknown, options?: StreamOptions) => this.#host.stream(service, method, kind, input, options, this)) as HandlerContext['stream']
  }

  get client (): HandlerContext['client'] {
    return (contract, options) => this.#host.client(contract, options, this)
  }

  adopt (call: Call): void {
    this.#children ??= new Set()
    this.#children.add(call)
  }

  disown (call: Call): void {
    this.#children?.delete(call)
  }

  /** Nobody waits for the result any more: tell the handler, and end the calls that it made. */
  end (error: Error): void {
    if (this.ended !== undefined) {
      return
    }
    this.ended = error
    const children = this.#children
    this.#children = undefined
    for (const call of children ?? []) {
      this.#host.cancel(call, error)
    }
    this.#controller?.abort(error)
  }

  /** The handler is done: what it left running is no longer part of this call. */
  finish (): void {
    this.#children = undefined
  }
}
