/**
 * Changing the voter set: logless reconfiguration as in MongoDB (Schultz et al., OPODIS 2021), one voter at a time so that
 * the majorities of the old and the new set share a member. Pure.
 */
import { sendConfig } from './admission.core.ts'
import { beat, configCommitted } from './leader.core.ts'
import { hasVoter, sortVoters } from './order.core.ts'
import type { Core } from './state.core.ts'
import type { Config, Voter } from './types.core.ts'

/** Why the leader may not change the config now; undefined when it may. */
export function blocked (core: Core, next: Pick<Config, 'voters'>): string | undefined {
  const { lead, config, self } = core
  if (lead === undefined || config === undefined) return 'not the leader'
  if (lead.transfer !== undefined || lead.over) return 'leadership is being given away'
  // ConfigQuorumCheck and TermQuorumCheck: answers in this term, from voters that have this very config
  if (!configCommitted(core, lead)) return 'the present config is not on a majority'
  if (!lead.register.settled()) return 'the register is not on a majority of the present config'
  if (!next.voters.some(({ id }) => id === self)) return 'the leader must stay'
  if (difference(config.voters, next.voters) + difference(next.voters, config.voters) > 1) return 'more than one voter would change'
  return undefined
}

/** Seats of A that B lacks; another incarnation is another seat. */
function difference (a: readonly Voter[], b: readonly Voter[]): number {
  return a.filter(seat => !b.some(({ id, incarnation }) => id === seat.id && incarnation === seat.incarnation)).length
}

/** Returns whether the change is under way. It holds for this leader at once, as all configs do. */
export function reconfigure (core: Core, voters: readonly Voter[], epoch = core.config?.epoch ?? 0): boolean {
  const { lead, config } = core
  if (lead === undefined || config === undefined || blocked(core, { voters }) !== undefined) return false
  const next: Config = { ...config, voters: sortVoters(voters), epoch, version: config.version + 1 }
  const told = new Set([...config.voters, ...next.voters].map(({ id }) => id))
  lead.configSave = core.save({ config: next, highestEpoch: Math.max(core.hard.highestEpoch, epoch) })
  lead.evenSince = undefined
  core.out.push({ type: 'sign', config: next })
  const newcomer = next.voters.find(({ id }) => !hasVoter(config, id))
  lead.joining = newcomer === undefined ? undefined : { id: newcomer.id, before: config }
  for (const id of new Set([...told, ...lead.standbys])) {
    if (id === core.self) continue
    const follower = lead.followers.get(id)
    if (follower !== undefined) follower.toldAt = core.time.now
    sendConfig(core, id)
  }
  beat(core, lead)
  return true
}
