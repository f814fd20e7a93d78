/** Whom a node believes about its own group. Pure. */
import { hasSeat, isNewer } from './order.core.ts'
import type { ConfigVersion } from './messages.core.ts'
import type { Core } from './state.core.ts'

/** Milliseconds without a leader after which a node of a default group looks elsewhere. */
export const LEADERLESS = 10_000
/** Milliseconds between questions for the leader while none is known, and while one is. */
export const ASK_LOST = 500
export const ASK_CALM = 5_000

/**
 * Whether that peer is to be believed about the group: it has a seat in the config that this node knows. Else one message
 * of anybody could hand the group to him. A node that missed so many configs that it knows nobody in the newest asks those
 * it knows; and him to prove it when he tells of a newer one, for they may be gone.
 */
export function mayTeach (core: Core, from: string, incarnation: string, theirs: ConfigVersion): boolean {
  if (hasSeat(core.config, from, incarnation)) return true
  askVoters(core)
  if (core.config !== undefined && isNewer(theirs, core.config)) askForProof(core, from)
  return false
}

/**
 * Its vote does not count, and nobody has led it for a while, or can any more: it may follow whoever says that there is a leader, as somebody
 * new. With the incarnation that it has, a stranger could give it a seat, and a group of its number two leaders.
 */
export function hasNothingToLose (core: Core): boolean {
  return core.hard.founded && !core.voting && core.leader === undefined && (core.orphaned || core.time.now - core.leaderlessSince >= LEADERLESS)
}

export function askVoters (core: Core): void {
  if (core.time.now - core.askedAt < ASK_LOST) return
  core.askedAt = core.time.now
  for (const { id } of core.config?.voters ?? []) if (id !== core.self) core.sendHello(id, true)
}

/** One that tells of voters whom this node does not know is to show the line that leads to them. */
export function askForProof (core: Core, from: string): void {
  const { askedForProof, time: { now } } = core
  if (now - (askedForProof.get(from)?.at ?? -Infinity) < ASK_LOST) return
  askedForProof.set(from, { at: now, heard: false })
  core.send(from, { type: 'lineage', configs: [] })
}
