import { ServiceUnavailableError } from '../errors.ts'
import { messageOf } from './outcome.ts'
import { byVersion, parseVersioned } from './versions.core.ts'
import type { Call } from './call.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'

/** The deadline passed and the call was sent nowhere: why? @param isolated - see {@link RpcInit.isolation} */
export function unavailable (call: Call, discovery: Discovery, isolated: readonly Error[] | undefined): ServiceUnavailableError {
  const { cause = isolated?.[0], only, service, what } = call
  const ms = Math.round(call.budget)
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`
  if (only !== undefined) {
    const known = discovery.node(only) !== undefined
    return new ServiceUnavailableError(`${what}: the node ${only} ${known ? 'could not be reached' : 'is not known here'} after ${ms} ms${reason}`, { cause, node: only })
  }
  const nodes = discovery.nodes(service)
  if (nodes.length === 0) {
    return new ServiceUnavailableError(`no node of service '${service}' in mesh '${discovery.mesh}' after ${ms} ms${isolated === undefined ? '; is it started, and does it share a bootstrap?' : `: this node is isolated${reason}`}`, { cause })
  }
  const versions = byVersion(nodes, call.method)
  const message = versions?.compatible.length === 0
    ? `${what}: none of the ${nodes.length} nodes of service '${service}' serves a compatible version; they serve ${served(nodes, call.method)}`
    : `${what}: no node of service '${service}' took the call within ${ms} ms${reason}`
  return new ServiceUnavailableError(message, { cause })
}

/** What there is of a method, for people. */
function served (nodes: readonly NodeInfo[], method: string): string {
  const { name } = parseVersioned(method)
  const found = new Set(nodes.flatMap(({ methods }) => methods.filter(served => parseVersioned(served).name === name)))
  return found.size === 0 ? 'none' : [...found].sort().join(', ')
}
