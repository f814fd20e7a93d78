/** Dealings with pickers and routers, which may be the application's own. */
import { InvalidOptionsError, MeshStoppedError, RpcError } from '../errors.ts'
import { messageOf, pushbackOf } from './outcome.ts'
import type { Call } from './call.ts'
import type { Targets } from './targets.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'

/** Codes that speak against the node, to pickers. */
const AT_FAULT: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED'])

/** The node that the caller wants to be asked first, if it is there; asked for once. */
export function preferred (call: Call, discovery: Discovery): NodeInfo | undefined {
  const node = call.prefer === undefined ? undefined : discovery.node(call.prefer)
  call.prefer = undefined
  return node?.state === 'left' || node?.state === 'away' || call.only !== undefined || call.tried?.has(node?.id ?? '') === true ? undefined : node
}

/** This node does not run the call in this round. Returns how many do not. */
export function passOver (call: Call, node: string, cause: Error): number {
  // of one round, that of the node which may be asked again first
  if (call.tried === undefined || pushbackOf(cause) <= pushbackOf(call.cause)) call.cause = cause
  call.tried ??= new Set()
  return call.tried.add(node).size
}

/** When the call began, without asking the clock again. */
export function startOf (call: Call): number {
  return (call.timer?.due ?? 0) - call.budget
}

/** Whom the picker of the call chooses, which hears of it. Throws what a picker does. */
export function pick (targets: Targets, call: Call, now: number): NodeInfo | undefined {
  const picker = targets.picker(call, now)
  const { avoid, tokenId, tried } = call
  let node = avoid === undefined ? undefined : targets.pick(picker, tokenId, new Set([...avoid, ...tried ?? []]), now)
  node ??= targets.pick(picker, tokenId, tried, now)
  if (node !== undefined && picker.finished !== undefined) {
    call.picker = picker
    call.startedAt = now
    picker.started?.(node.id, now)
  }
  return node
}

/** Whether that is the fault of the node, to pickers. */
export function speaksAgainst (error: Error): boolean {
  return error instanceof RpcError && AT_FAULT.has(error.code)
}

/** Tell the picker of a call how it went, once. */
export function feedback (call: Call, ok: boolean, now: number, cancelled: boolean): void {
  const { picker } = call
  call.picker = undefined
  try {
    picker?.finished?.(call.node, now - call.startedAt, ok, now, cancelled)
  } catch {
    // the call has its outcome
  }
}

/** What a call fails with whose node could not be chosen. */
export function unrouted (call: Call, err: unknown): Error {
  const known = err instanceof RpcError || err instanceof InvalidOptionsError || err instanceof MeshStoppedError
  return known ? err : new RpcError('INTERNAL', `${call.what}: no node could be chosen: ${messageOf(err)}`, { cause: err })
}
