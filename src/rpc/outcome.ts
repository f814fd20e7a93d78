/** Errors on their way through a call: what a throw becomes for the caller, and what an answer becomes here. */
import { MeshStoppedError, RpcError, STATUS_CODES } from '../errors.ts'
import { decodeBody } from '../wire/codecs.ts'
import { MAX_MESSAGE, MAX_RETRY_AFTER } from '../wire/limits.ts'
import type { ErrorCode } from '../errors.ts'
import type { BodyCodec } from '../wire/codecs.ts'

/** Number of a code on the wire. */
const NUMBERS: ReadonlyMap<string, number> = new Map(STATUS_CODES.map((code, number) => [code, number]))

/** Header of an error's answer: milliseconds to wait before asking again; below 0, do not. */
export const RETRY_AFTER = 'braid-retry-after'

/** The milliseconds of a {@link RETRY_AFTER}. What cannot be read asks for silence, as in gRPC's push-back. */
export function retryAfterOf (header: string | undefined): number | undefined {
  const ms = Number(header)
  return header === undefined ? undefined : Number.isFinite(ms) ? ms : -1
}

/** Milliseconds for which a node that answered so is left alone; Infinity: for good. */
export function pushbackOf (answer: Error | undefined): number {
  const ms = (answer as RpcError | undefined)?.retryAfter ?? 0
  return ms >= 0 && ms <= MAX_RETRY_AFTER ? ms : Infinity
}

/** Details of an error's answer; an error without them is better than none. */
export function detailsOf ({ codec, body }: { codec: BodyCodec, body: Uint8Array | undefined }): unknown {
  try {
    return decodeBody(codec, body)
  } catch {
    return undefined
  }
}

/** gRPC's number of a code. */
export function statusOf (code: ErrorCode): number {
  return NUMBERS.get(code) ?? 2
}

/** The code of a number; numbers of a future version are `UNKNOWN`. */
export function codeOf (status: number): ErrorCode {
  const code = STATUS_CODES[status]
  return code === undefined || code === 'OK' ? 'UNKNOWN' : code
}

/**
 * What a handler's throw becomes. An {@link RpcError} keeps code, message and details; of anything else only the message
 * travels, never the stack. Never retryable: that word means that the request did not run.
 */
export function thrown (error: unknown): RpcError {
  if (isRpcError(error)) {
    return new RpcError(error.code, error.message, { details: error.details, retryAfter: error.retryAfter, cause: error })
  }
  // a call of the handler's own met the end of its node: that is no fault of what it was asked
  return new RpcError(error instanceof MeshStoppedError ? 'UNAVAILABLE' : 'UNKNOWN', messageOf(error), { cause: error })
}

/** What a node answered makes no sense here. @param label - the node for people */
export function unreadable (what: string, node: string, label: string, cause: unknown): RpcError {
  return new RpcError('INTERNAL', `${what} at ${label}: the answer cannot be read: ${messageOf(cause)}`, { node, cause })
}

export function messageOf (error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : String(error)
    return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1)}…` : text
  } catch {
    return 'an error that cannot be shown'
  }
}

/** For a body that is too large, or that cannot be encoded, which is `otherwise`. @param what - which body, as for people */
export function unsendable (what: string, otherwise: ErrorCode, cause: unknown): RpcError {
  const tooLarge = cause instanceof Error && cause.name === 'FrameTooLargeError'
  return new RpcError(tooLarge ? 'RESOURCE_EXHAUSTED' : otherwise, `${what} cannot be sent: ${messageOf(cause)}`, { cause })
}

/** By shape, not by `instanceof`: two copies of the package may be loaded. */
function isRpcError (error: unknown): error is RpcError {
  if (error instanceof RpcError) {
    return true
  }
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return false
  }
  return (error.name === 'RpcError' || error.name === 'ServiceUnavailableError') && (NUMBERS.get(error.code) ?? 0) > 0
}

/**
 * An error that may be made thousands of times at once, as when one signal ends as many calls: its stack would cost more
 * than the rest, and shows only who listens to the signal.
 */
export function withoutStack<E extends Error> (make: () => E): E {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 0
    return make()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The answer, or that there is none, leaves open whether the call ran, and its callee does not let it try again. */
export function mayHaveRun (error: Error): boolean {
  return error instanceof RpcError && !error.retryable && error.code !== 'UNAUTHENTICATED' && error.code !== 'PERMISSION_DENIED'
}

/** The caller's signal, or the call that it is part of, ended it. */
export function cancelled (what: string, reason: unknown): RpcError {
  return withoutStack(() => new RpcError('CANCELLED', `${what}: cancelled by the caller`, { cause: reason }))
}
