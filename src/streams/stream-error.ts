import { FrameTooLargeError, ProtocolError, StreamEndedError, StreamTimeoutError, WriteQueueFullError } from '../errors.ts'

/** Errors of the protocol pass; a fault of a frame handler becomes one, with its cause. */
export function streamError (error: unknown): Error {
  if (error instanceof ProtocolError || error instanceof FrameTooLargeError || error instanceof StreamEndedError ||
    error instanceof StreamTimeoutError || error instanceof WriteQueueFullError) {
    return error
  }
  const wrapped = new ProtocolError(`a frame could not be handled: ${error instanceof Error ? error.message : String(error)}`)
  wrapped.cause = error
  return wrapped
}
