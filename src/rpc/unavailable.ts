import { ServiceUnavailableError } from '../errors.ts'
import { messageOf } from './outcome.ts'
import type { Call } from './call.ts'
import type { Discovery } from '../discovery/index.ts'

/** The deadline passed and the call was sent nowhere: why? */
export function unavailable (call: Call, discovery: Discovery): ServiceUnavailableError {
  const { cause, only, service, what } = call
  const ms = Math.round(call.budget)
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`
  if (only !== undefined) {
    const known = discovery.node(only) !== undefined
    return new ServiceUnavailableError(`${what}: the node ${only} ${known ? 'could not be reached' : 'is not known here'} after ${ms} ms${reason}`, { cause, node: only })
  }
  const message = discovery.nodes(service).length > 0
    ? `${what}: no node of service '${service}' took the call within ${ms} ms${reason}`
    : `no node of service '${service}' in mesh '${discovery.mesh}' after ${ms} ms; is it started, and does it share a bootstrap?`
  return new ServiceUnavailableError(message, { cause })
}
