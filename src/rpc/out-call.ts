import { MAX_MISSES } from './numbers.ts'
import { splitVersion } from './prepare.ts'
import type { Call } from './call.ts'
import type { Whole } from './handed-on.ts'
import type { ClientCall } from './interceptor.ts'
import type { HandlerContext, InvokeOptions } from './index.ts'
import type { CallParent } from './prepare.ts'
import type { CallKind } from './stream-types.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Timers } from '../util/timers.ts'
import type { TextMap } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'

const NONE: readonly string[] = Object.freeze([])

type Options = { -readonly [K in keyof InvokeOptions]: InvokeOptions[K] }

/** What the calls of a room share. */
export interface OutCallHost {
  readonly timers: Timers
  readonly discovery: Discovery
  /** Milliseconds of a call that names no timeout. */
  readonly timeout: number
}

/** A call that goes through interceptors. */
export class OutCall implements ClientCall, Whole<OutCall> {
  /** Itself, also in a copy. */
  readonly whole: OutCall = this
  readonly kind: CallKind
  readonly service: string
  readonly method: string
  args: unknown
  readonly parent: (HandlerContext & CallParent) | undefined
  readonly timed: boolean
  perTry: number | undefined = undefined
  repeats = false
  node: string | undefined = undefined
  failed: readonly string[] = NONE
  /** Times that it was handed to the client. */
  attempts = 0
  /** With a key: the attempt that may have run. Others have its headers, and run in the same life of its node only. */
  lost: Call | undefined = undefined
  /** Wants no answer. */
  readonly oneWay: boolean
  /** Of the span that it makes; undefined: that of the handler that makes it, if it has one. */
  trace: Trace | undefined = undefined
  readonly #host: OutCallHost
  // most calls have none, and those that credentials are put beside do without the rest
  #options: Options | undefined
  #headers: TextMap | undefined = undefined
  readonly #began: number
  #due: number
  /** Nobody has waited yet, since it began. */
  #fresh = true

  constructor (host: OutCallHost, kind: CallKind, service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: (HandlerContext & CallParent) | undefined, oneWay = false) {
    this.#host = host
    this.kind = kind
    const [name, versioned] = splitVersion(service, method)
    this.service = name
    this.method = versioned
    this.args = args
    this.#options = options === undefined ? undefined : { ...options }
    this.parent = parent
    this.oneWay = oneWay
    const timeout = options?.timeout
    this.timed = timeout !== undefined
    // a handler's own budget is the default of the calls that it makes, and a stream may go on for ever
    const budget = timeout ?? (parent === undefined && kind === 'unary' ? host.timeout : Infinity)
    this.#began = host.timers.now()
    this.#due = this.#began + Math.min(budget, parent?.remaining ?? Infinity)
  }

  get timers (): Timers {
    return this.#host.timers
  }

  get options (): Options {
    this.#options ??= this.#headers === undefined ? {} : { headers: this.#headers }
    return this.#options
  }

  /** {@link options} for those who only read them; undefined: there are none but {@link headers}. */
  get asked (): InvokeOptions | undefined {
    return this.#options
  }

  /** Those of the {@link options}. */
  get headers (): TextMap | undefined {
    return this.#options === undefined ? this.#headers : this.#options.headers
  }

  /** Texts, all of them. */
  set headers (headers: TextMap) {
    if (this.#options === undefined) {
      this.#headers = headers
    } else {
      this.#options.headers = headers
    }
  }

  /** Milliseconds. The clock is looked at anew only when time may have passed. */
  get now (): number {
    return this.#fresh ? this.#began : this.#host.timers.now()
  }

  /** The code that made the call is left: from here on time passes. */
  grow (): void {
    this.#fresh = false
  }

  get remaining (): number {
    return this.#due - this.now
  }

  take ({ args, options, perTry, repeats }: Partial<OutCall>): void {
    this.args = args
    this.perTry = perTry
    this.repeats = repeats === true
    if (options !== undefined) {
      this.#options = { ...options }
    }
  }

  limit (ms: number): void {
    const due = this.now + ms
    if (due < this.#due) {
      this.#due = due
    }
  }

  nodes (): readonly NodeInfo[] {
    return this.#host.discovery.nodes(this.service)
  }

  /** An attempt begins. Returns the milliseconds that it may take. */
  attempt (): number {
    this.attempts++
    this.failed = NONE
    const left = this.remaining
    // of a stream it would end what has begun
    return this.perTry === undefined || this.kind !== 'unary' || left < this.perTry ? left : this.perTry
  }

  /** A node could not be reached, or refused the attempt. */
  miss (node: string): void {
    if (this.failed.length < MAX_MISSES) {
      this.failed = [...this.failed, node]
    }
  }
}
