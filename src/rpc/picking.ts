/** Dealings with pickers and routers, which may be the application's own. */
import { InvalidOptionsError, RpcError } from '../errors.ts'
import { messageOf } from './outcome.ts'
import type { Call } from './call.ts'

/** Tell the picker of a call how it went, once. */
export function feedback (call: Call, ok: boolean, now: number): void {
  const { picker } = call
  call.picker = undefined
  try {
    picker?.finished?.(call.node, now - call.startedAt, ok, now)
  } catch {
    // the call has its outcome
  }
}

/** What a call fails with whose node could not be chosen. */
export function unrouted (call: Call, err: unknown): Error {
  const known = err instanceof RpcError || err instanceof InvalidOptionsError
  return known ? err : new RpcError('INTERNAL', `${call.what}: no node could be chosen: ${messageOf(err)}`, { cause: err })
}
