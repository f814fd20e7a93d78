import type { ClientCall } from './interceptor.ts'
import type { HandlerContext, InvokeOptions } from './index.ts'
import type { CallParent } from './prepare.ts'
import type { CallKind } from './stream-types.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Timers } from '../util/timers.ts'

const NONE: readonly string[] = Object.freeze([])

/** What the calls of a room share. */
export interface OutCallHost {
  readonly timers: Timers
  readonly discovery: Discovery
  /** Milliseconds of a call that names no timeout. */
  readonly timeout: number
}

/** A call that goes through interceptors. */
export class OutCall implements ClientCall {
  readonly kind: CallKind
  readonly service: string
  readonly method: string
  args: unknown
  readonly options: { -readonly [K in keyof InvokeOptions]: InvokeOptions[K] }
  readonly parent: (HandlerContext & CallParent) | undefined
  readonly timed: boolean
  perTry: number | undefined = undefined
  repeats = false
  node: string | undefined = undefined
  failed: readonly string[] = NONE
  /** Times that it was handed to the client. */
  attempts = 0
  /** Wants no answer. */
  readonly oneWay: boolean
  readonly #host: OutCallHost
  #due: number

  constructor (host: OutCallHost, kind: CallKind, service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: (HandlerContext & CallParent) | undefined, oneWay = false) {
    this.#host = host
    this.kind = kind
    this.service = service
    this.method = method
    this.args = args
    this.options = { ...options }
    this.parent = parent
    this.oneWay = oneWay
    const { timeout } = this.options
    this.timed = timeout !== undefined
    // a handler's own budget is the default of the calls that it makes, and a stream may go on for ever
    const budget = timeout ?? (parent === undefined && kind === 'unary' ? host.timeout : Infinity)
    this.#due = host.timers.now() + Math.min(budget, parent?.remaining ?? Infinity)
  }

  get remaining (): number {
    return this.#due - this.#host.timers.now()
  }

  limit (ms: number): void {
    this.#due = Math.min(this.#due, this.#host.timers.now() + ms)
  }

  nodes (): readonly NodeInfo[] {
    const at = this.service.indexOf('@')
    return this.#host.discovery.nodes(at < 0 ? this.service : this.service.slice(0, at))
  }

  /** Options of the attempt that begins now. */
  attempt (): InvokeOptions {
    const { options } = this
    this.attempts++
    // of a stream it would end what has begun
    const left = Math.min(this.remaining, this.kind === 'unary' ? this.perTry ?? Infinity : Infinity)
    this.failed = NONE
    if (left === Infinity && this.kind !== 'unary') {
      delete options.timeout
    } else {
      options.timeout = left
    }
    return options
  }

  /** A node could not be reached, or refused the attempt. */
  miss (node: string): void {
    this.failed = [...this.failed, node]
  }
}
