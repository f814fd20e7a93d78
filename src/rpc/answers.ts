import { RpcError } from '../errors.ts'
import type { Call } from './call.ts'
import type { ErrorCode } from '../errors.ts'

/** Code of a node that does not run a call because it does not hold its token's link; retryable, unlike a handler's own. */
export const NOT_OWNER = 'FAILED_PRECONDITION' satisfies ErrorCode

/** How a call goes on. */
export interface Outcomes {
  succeed (call: Call, value: unknown): void
  fail (call: Call, error: Error): void
  /**
   * The call certainly did not run at this node. `unreachable`: there is no way to it; `refused`: it takes no calls, or
   * serves something else; `busy`: it has too many; `full`: too much waits to be sent to it.
   */
  again (call: Call, node: string, cause: Error, why: 'unreachable' | 'refused' | 'busy' | 'full'): void
  /** The node does not hold the link of the call's token, and did not run it. */
  moved (call: Call, node: string, cause: RpcError): void
}

/** A node answered with an error. `label` is the node for people. */
export function failAt (outcomes: Outcomes, call: Call, node: string, label: string, code: ErrorCode, message: string, retryable: boolean, details: unknown, retryAfter?: number): void {
  const rawMessage = message === '' ? code : message
  const error = new RpcError(code, `${call.what} at ${label}: ${rawMessage}`, { node, retryable, details, retryAfter, rawMessage })
  if (retryable && (code === 'UNAVAILABLE' || code === 'NOT_FOUND')) {
    outcomes.again(call, node, error, 'refused')
  } else if (retryable && code === 'RESOURCE_EXHAUSTED') {
    outcomes.again(call, node, error, 'busy')
  } else if (retryable && code === NOT_OWNER && call.tokenId !== undefined) {
    outcomes.moved(call, node, error)
  } else {
    outcomes.fail(call, error)
  }
}
