/** Code around calls, on either side: `(next) => async call => …`, the first of a list outermost. */
import type { HandlerContext, InvokeOptions } from './index.ts'
import type { CallKind } from './stream-types.ts'
import type { NodeInfo } from '../discovery/index.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A call on its way out. Interceptors may change what is not read-only before they hand it on. */
export interface ClientCall {
  readonly kind: CallKind
  /** Without the version that the caller may have named it with. */
  readonly service: string
  /** With the version that the contract or the caller names: `user.password@2`. */
  readonly method: string
  /** The arguments; of `clientStream` and `bidi` the sequence of inputs. */
  args: unknown
  /** A copy made for this call. `timeout` plays no part any more: see {@link limit}. */
  readonly options: Mutable<InvokeOptions>
  /** The call that is being handled by whoever makes this one through its context. */
  readonly parent: HandlerContext | undefined
  /** The caller has named a timeout. */
  readonly timed: boolean
  /** Milliseconds of the whole call that are left; `Infinity` for streams without a deadline. */
  readonly remaining: number
  /** Milliseconds that each `next` of a unary call may take, within what remains. */
  perTry: number | undefined
  /** Somebody around it repeats what was refused: a `next` need not wait for a busy service. */
  repeats: boolean
  /** The node that the last `next` went to. */
  readonly node: string | undefined
  /** Nodes that the last `next` could not reach before it went to {@link node}. */
  readonly failed: readonly string[]
  /** Let the whole call end `ms` from now at the latest. */
  limit (ms: number): void
  /** Nodes of the service, as this node sees them now. */
  nodes (): readonly NodeInfo[]
}

/**
 * Resolves to the result; for `serverStream` and `bidi` to the AsyncIterable of results. May be called again. It is given
 * the call, or a copy (`{ ...call, args }`) whose `args`, `options`, `perTry` and `repeats` become the call's.
 */
export type ClientNext = (call: ClientCall) => Promise<unknown>
export type ClientInterceptor = (next: ClientNext) => ClientNext

/** A call that came in, before its handler. Arguments are checked already. */
export interface ServerCall {
  readonly kind: CallKind
  /** That of this node. */
  readonly service: string
  readonly method: string
  /** The arguments; of `clientStream` and `bidi` the AsyncIterable of inputs. */
  args: unknown
  readonly context: HandlerContext
  /** What the calls of the handler inherit, the trace context that came with the call as `traceparent`; may be replaced. */
  metadata: Readonly<Record<string, string>>
}

/**
 * Resolves to what the handler returns; for `serverStream` and `bidi` to its AsyncIterable. It is given the call, or a copy
 * whose `args` and `metadata` become the call's.
 */
export type ServerNext = (call: ServerCall) => Promise<unknown>
export type ServerInterceptor = (next: ServerNext) => ServerNext

/** Either side's, each applied to every call of the room but those of `braid.` methods. */
export interface Interceptors {
  client?: readonly ClientInterceptor[]
  server?: readonly ServerInterceptor[]
}
