/**
 * Who founds a default group alone asks those that it knows first: two that do not know each other, and begin at once, have
 * somebody in common more often than not, and he lets one of them. Nobody is held up for long by one who answers no. Pure.
 */
import { inOrder } from './order.core.ts'
import type { Core } from './state.core.ts'
import type { Pledge, Propose } from './messages.core.ts'
import type { Config } from './types.core.ts'

/** The question: under which number, who has not answered, and until when he is waited for. */
export interface Asking { readonly group: number, readonly left: Set<string>, readonly until: number }

/** Milliseconds that answers may take, for which a yes keeps others back, and after which nobody is asked any more. */
const ANSWER = 1_000
const HELD = 2_000
const PATIENCE = 5_000

/** Whether all said yes. @param waited - since this node's turn came */
export function allAgree (core: Core, others: readonly string[], waited: number, alone: () => Config): boolean {
  const { time: { now }, asking } = core
  if (waited > PATIENCE) return true
  if (asking !== undefined && now < asking.until + ANSWER) {
    return now >= asking.until || [...asking.left].every(id => !core.connected.has(id))
  }
  const left = new Set(others.filter(id => core.connected.has(id)))
  if (now < core.heldUntil || left.size === 0) return now >= core.heldUntil
  const config = alone()
  core.asking = { group: config.group, left, until: now + ANSWER }
  for (const id of left) core.send(id, { type: 'propose', config, size: 1, firm: false })
  return false
}

/** A yes to one is a no to the others for a while. Of two that ask each other the first in the order goes on. */
export function onQuestion (core: Core, from: string, { config }: Propose): void {
  const { time: { now }, self, hard } = core
  const first = core.asking !== undefined && inOrder(core.init.service, [self, from])[0] === self
  const ok = !hard.founded && core.founding === undefined && !first && (now >= core.heldUntil || core.heldFor === from)
  if (ok) hold(core, from)
  core.send(from, { type: 'pledge', proposed: config.group, ok, why: ok ? '' : 'another one founds', firm: false })
}

/** Returns whether it may found now. */
export function onAnswer (core: Core, from: string, { proposed, ok }: Pledge): boolean {
  const { asking } = core
  if (asking?.group !== proposed || !asking.left.has(from)) return false
  if (!ok) hold(core, from)
  else asking.left.delete(from)
  return ok && asking.left.size === 0
}

function hold (core: Core, whom: string): void {
  core.asking = undefined
  core.heldFor = whom
  core.heldUntil = core.time.now + HELD
}
