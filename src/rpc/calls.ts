/** The way of a call through the interceptors, if there are any, to the client. */
import { isBuiltIn } from './methods.ts'
import { OutCall } from './out-call.ts'
import { clientChain } from './passage.ts'
import { checkSignal } from './prepare.ts'
import { DeferredResults, primed } from './results.ts'
import { isSafe, retrying } from './retry.ts'
import type { Client } from './client.ts'
import type { HandlerContext, InvokeOptions } from './index.ts'
import type { ClientCall, ClientInterceptor, ClientNext } from './interceptor.ts'
import type { OutCallHost } from './out-call.ts'
import type { Ending, LastNext } from './passage.ts'
import type { CallParent } from './prepare.ts'
import type { Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { Trace } from '../wire/trace.ts'

/** The handler's context, when it is a handler that calls. */
export type Parent = (HandlerContext & CallParent) | undefined

type OpenStream = (service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: Parent, trace?: Trace) => Results | Promise<unknown>

export class Calls {
  readonly #host: OutCallHost
  readonly #client: Client
  readonly #openStream: OpenStream
  /** Of the room; undefined: none, and a call costs nothing for them. */
  readonly #chain: ClientNext | undefined
  /** For calls that may run twice, when the application has no interceptors of its own. */
  readonly #safe: ClientNext
  /** Inside of a client's own. */
  readonly #innermost: ClientNext
  readonly #last: LastNext
  readonly #own = new WeakMap<readonly ClientInterceptor[], ClientNext>()

  constructor (host: OutCallHost, client: Client, openStream: OpenStream, interceptors: readonly ClientInterceptor[] | undefined) {
    this.#host = host
    this.#client = client
    this.#openStream = openStream
    this.#last = Object.assign((call: ClientCall) => this.#send(call as OutCall), { direct: this.#direct })
    this.#chain = interceptors === undefined || interceptors.length === 0 ? undefined : clientChain(interceptors, this.#last)
    this.#safe = clientChain([retrying({})], this.#last)
    this.#innermost = this.#chain ?? Object.assign((call: ClientCall) => (this.#retries(call as OutCall) ? this.#safe : this.#last)(call), {
      direct: (call: ClientCall, ending: Ending) => !this.#retries(call as OutCall) && this.#direct(call, ending)
    })
  }

  /** `own`: interceptors of one client, outside of the room's. */
  invoke (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: Parent, own?: readonly ClientInterceptor[], oneWay = false): Promise<unknown> {
    const chain = this.#chainOf(method, options, own)
    return chain === undefined
      ? this.#client.invoke(service, method, args, options, parent, oneWay)
      : this.#through(chain, new OutCall(this.#host, 'unary', service, method, args, options, parent, oneWay))
  }

  stream (service: string, method: string, kind: StreamKind, input: unknown, options: InvokeOptions | undefined, parent: Parent, own?: readonly ClientInterceptor[]): Results | Promise<unknown> {
    const chain = this.#chainOf(method, undefined, own)
    if (chain === undefined) {
      return this.#openStream(service, method, kind, input, options, parent)
    }
    const open = async (options: InvokeOptions | undefined): Promise<unknown> => this.#through(chain, new OutCall(this.#host, kind, service, method, input, options, parent))
    if (kind === 'clientStream') {
      return open(options)
    }
    return new DeferredResults(async left => {
      checkSignal(options?.signal)
      const signal = options?.signal === undefined ? left : AbortSignal.any([options.signal, left])
      return await open({ ...options, signal }) as AsyncIterable<unknown>
    })
  }

  /** An interceptor may throw instead of rejecting. */
  #through (chain: ClientNext, call: OutCall): Promise<unknown> {
    try {
      checkSignal(call.asked?.signal)
      const result = chain(call)
      call.grow()
      return result
    } catch (err) {
      return Promise.reject(err)
    }
  }

  #chainOf (method: string, options: InvokeOptions | undefined, own: readonly ClientInterceptor[] | undefined): ClientNext | undefined {
    const rooms = this.#chain ?? (isSafe(options) ? this.#safe : undefined)
    if (own === undefined || own.length === 0) {
      return rooms === undefined || isBuiltIn(method) ? undefined : rooms
    }
    let chain = this.#own.get(own)
    if (chain === undefined) {
      chain = clientChain(own, this.#innermost)
      this.#own.set(own, chain)
    }
    return chain
  }

  /** Nobody around it does, and it may run twice. */
  #retries (call: OutCall): boolean {
    return call.kind === 'unary' && !call.repeats && isSafe(call.asked)
  }

  readonly #direct: LastNext['direct'] = (call, ending) => {
    if (call.kind === 'unary') {
      this.#client.send(call as OutCall, ending)
    }
    return call.kind === 'unary'
  }

  #send (call: OutCall): Promise<unknown> {
    const { service, method, args, kind, parent } = call
    if (kind === 'unary') {
      return new Promise((resolve, reject) => { this.#client.send(call, { resolve, reject }) })
    }
    const left = call.attempt()
    const { timeout: _, ...options } = call.options
    const { onNode } = options
    const told = (id: string): void => {
      call.node = id
      onNode?.(id)
    }
    const result = this.#openStream(service, method, kind, args, { ...options, ...(left !== Infinity && { timeout: left }), onNode: told }, parent, call.trace)
    return kind === 'clientStream' ? result as Promise<unknown> : primed(result as Results)
  }
}
