/** What is said of changes that a lost leader may have made, and of those that others overtake. */
import { RpcError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { pause } from '../util/timeouts.ts'

/** Milliseconds before a change that somebody else overtook is tried again. */
const RETRY = { initial: 5, max: 200 }

/** A leader was lost while it changed the link: nobody can tell any more. */
export function unsure (service: string, what: string): RpcError {
  return new RpcError('UNAVAILABLE', `links of service '${service}': the leader was lost meanwhile; ${what}`)
}

/** And the link has changed since. */
export function overtaken (service: string): RpcError {
  return unsure(service, 'the token was linked anew since, and it may or may not have been done')
}

/** There was no room, or it was asked for a moment ago. */
export function isExhausted (err: unknown): err is RpcError {
  return err instanceof RpcError && err.code === 'RESOURCE_EXHAUSTED'
}

/** The pause before somebody who was overtaken tries once more; throws when it has taken `patience` milliseconds. */
export function tryAgain (service: string, patience: number, signal: AbortSignal | undefined): () => Promise<void> {
  const due = performance.now() + patience
  let attempt = 0
  return async () => {
    if (performance.now() >= due) throw new RpcError('UNAVAILABLE', `links of service '${service}': the link changes all the time, or its leader has not caught up with it`, { retryable: true })
    await pause(backoff(attempt++, RETRY, Math.random))
    signal?.throwIfAborted()
  }
}
