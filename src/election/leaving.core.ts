/**
 * Leaving for good: a voter is taken out by its leader, a leader hands over first. The only voter makes a standby its heir:
 * it waits until that one holds everything, and writes nothing more meanwhile. Pure.
 */
import { add, chooseStandbys, isReady, lastContact } from './autopilot.core.ts'
import { configCommitted, setLeaving } from './leader.core.ts'
import { hasSeat } from './order.core.ts'
import { startTransfer } from './transfer.core.ts'
import { becomeFollower } from './votes.core.ts'
import type { Core } from './state.core.ts'
import type { Leadership } from './leadership.core.ts'
import type { Bye } from './messages.core.ts'

/** @param last - the process ends now */
export function startLeaving (core: Core, last: boolean): void {
  // who stays goes first from now on
  if (!core.leaving) core.electionDue += core.timeout
  core.leaving = core.leavingSeat = true
  core.saidLeft = false
  if (last) farewell(core)
  else leave(core)
}

/** This node wants out of the voter set. */
export function leave (core: Core): void {
  const { lead, config, self, time } = core
  if (config === undefined || !core.voting) {
    core.leavingSeat = false
    return left(core)
  }
  if (lead === undefined || lead.transfer !== undefined) return
  const others = config.voters.filter(({ id }) => id !== self)
  if (others.some(seat => time.now - lastContact(lead, seat) < core.timeout)) {
    // an heir must know that it is one
    if (others.length > 1 || configCommitted(core, lead)) startTransfer(core)
    return
  }
  const before = lead.standbys
  chooseStandbys(core, lead)
  if (lead.standbys.some(id => !before.includes(id))) lead.nextHeartbeat = time.now
  const heir = lead.standbys.find(id => isReady(core, lead, id, 0))
  lead.closing = heir !== undefined || (others.length === 0 && hasHeirs(core, lead))
  if (heir !== undefined) add(core, heir)
  else if (others.length === 0 && !lead.closing) left(core)
}

/** Whoever comes later still gets what this node has. */
function left (core: Core): void {
  if (!core.saidLeft) core.out.push({ type: 'left' })
  core.saidLeft = true
}

/** There are standbys, or peers that will be in a moment. */
function hasHeirs (core: Core, lead: Leadership): boolean {
  if (core.target === 0) return false
  const { candidates, config, peers } = core
  return lead.standbys.length > 0 || [...core.connected].some(id => {
    const hello = peers.get(id)?.hello
    const known = candidates.find(candidate => candidate.id === id)?.eligible
    if (hello === undefined) return known === true
    const joins = hello.group === 0 && (hello.kind === 'default' || config!.kind !== 'default')
    return hello.eligible && known !== false && (joins || hello.group === config!.group)
  })
}

/** Whether the seat was left or not. */
function farewell (core: Core): void {
  const { config, lead, leader, self } = core
  if (config === undefined || !core.voting || !core.leavingSeat) return
  const alone = lead !== undefined && config.voters.length === 1
  // who knows an old config only could take the end of one voter for the end of the group
  const told = alone ? core.connected : config.voters.filter(({ id }) => id === leader && id !== self).map(({ id }) => id)
  if (alone) becomeFollower(core, core.hard.term, undefined, 'the only voter leaves')
  for (const peer of told) core.send(peer, { type: 'bye', seat: true }, core.termSave)
}

/** Of a voter that leaves for good: when it was the only one, nobody can lead this group any more. */
export function onBye (core: Core, from: string, { seat, incarnation }: Bye): void {
  const { config, lead } = core
  const follower = lead?.followers.get(from)
  if (lead !== undefined && follower !== undefined && seat) setLeaving(core, lead, follower, true)
  if (!seat || core.voting || config?.kind !== 'default' || config.voters.length > 1 || !hasSeat(config, from, incarnation)) return
  core.leader = undefined
  core.leaderlessSince = core.lookAt = core.time.now
  core.orphaned = true
}
