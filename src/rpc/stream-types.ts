/** Calls of which one side, or both, are sequences. */
import type { HandlerContext, InvokeOptions } from './index.ts'

/** What a method takes and gives: one value each, or sequences of them. */
export type CallKind = 'unary' | 'serverStream' | 'clientStream' | 'bidi'

/** {@link CallKind} of calls that have a stream of their own. */
export type StreamKind = Exclude<CallKind, 'unary'>

/** A kind on the wire: bit 1, the results are a sequence; bit 2, the input is. */
export const STREAMING: Readonly<Record<CallKind, 0 | 1 | 2 | 3>> = { unary: 0, serverStream: 1, clientStream: 2, bidi: 3 }

/**
 * Serves a streaming method. `input` is the arguments (`serverStream`) or a sequence; the result is a sequence
 * (`serverStream`, `bidi`: usually of an `async function *`), or the one result.
 */
export type StreamHandler = (input: any, context: HandlerContext) => any

/** {@link StreamHandler} by kind. `I` is what comes in and `O` what goes out, of a sequence each item. */
export interface StreamHandlers<I = any, O = any> {
  serverStream: (input: I, context: HandlerContext) => Sequence<O> | PromiseLike<Sequence<O>>
  clientStream: (input: AsyncIterable<I>, context: HandlerContext) => O | PromiseLike<O>
  bidi: (input: AsyncIterable<I>, context: HandlerContext) => Sequence<O> | PromiseLike<Sequence<O>>
}

/**
 * Options of a streaming call. There is no deadline unless `timeout` names one or the handler that calls has one; without
 * one, the room's default is the time until a node has taken the call, which it does when its interceptors let it pass.
 */
export type StreamOptions = Omit<InvokeOptions, 'idempotencyKey'>

// No AsyncIterableIterator: before TypeScript 5.6 that takes one argument, and there nobody could iterate these.
/**
 * Results of a streaming call. The call begins with the first `next`, and leaving the loop cancels it; so does
 * `await using`. What arrives is held only as far as the reader lags: the handler is held up by a slow one.
 */
export interface Results<T = unknown> extends AsyncIterator<T, undefined, undefined>, AsyncDisposable {
  return (): Promise<IteratorResult<T, undefined>>
  [Symbol.asyncIterator] (): Results<T>
}

/** What may be sent as a sequence. */
export type Sequence<T = unknown> = AsyncIterable<T> | Iterable<T>

/** Makes a streaming call: `input` is the arguments (`serverStream`) or the sequence to send. */
export interface StreamCaller {
  (service: string, method: string, kind: 'clientStream', input: Sequence, options?: StreamOptions): Promise<unknown>
  (service: string, method: string, kind: 'serverStream' | 'bidi', input?: unknown, options?: StreamOptions): Results
  (service: string, method: string, kind: StreamKind, input?: unknown, options?: StreamOptions): Results | Promise<unknown>
}
