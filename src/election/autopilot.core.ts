/**
 * What a leader does of itself about the voter set: takes out who left or lost its seat, replaces the dead, grows to the
 * target in steps of two, for an even number survives no more losses than one less. Pure.
 */
import { newEpoch } from './founding.core.ts'
import { majority } from './order.core.ts'
import { reconfigure } from './reconfigure.core.ts'
import type { Core } from './state.core.ts'
import type { Leadership } from './leadership.core.ts'
import type { Voter } from './types.core.ts'

/** Milliseconds a standby holds everything before it may vote; without an answer after which a voter is dead; that a set may stay even. */
const CAUGHT_UP = 5_000
const DEAD = 60_000
const EVEN = 10_000
/** Nodes that follow the register in order to be ready. */
const MAX_STANDBYS = 4
/** Milliseconds between two raises, when there are more and more: two groups that do not give way could raise for ever. */
const RAISE_MIN = 5_000
const RAISE_MAX = 3_600_000

/** Every heartbeat. */
export function autopilot (core: Core): void {
  const { lead, config, self, time } = core
  if (lead === undefined || config === undefined || lead.transfer !== undefined) return
  chooseStandbys(core, lead)
  if (mustRaise(core, lead)) {
    if (reconfigure(core, config.voters, newEpoch(core))) raised(core, lead)
    return
  }
  const { voters } = config
  const others = voters.filter(({ id }) => id !== self)
  const leavers = others.filter(({ id }) => lead.followers.get(id)?.leaving === true)
  if (leavers.some(seat => take(core, seat))) return
  if (leavers[0] !== undefined) return makeRoom(core, lead, others, leavers[0])
  const out = others.find(seat => isLost(core, seat))
  if (out !== undefined && take(core, out)) return
  if (core.target === 0 || core.leaving) return
  const dead = others.find(seat => time.now - lastContact(lead, seat) >= DEAD)
  const ready = lead.standbys.filter(id => isReady(core, lead, id, CAUGHT_UP))
  if (out !== undefined) {
    // those who stay would be too few: somebody stands in first
    if (ready.length > 0) add(core, ready[0]!)
    return
  }
  const even = voters.length % 2 === 0
  if (dead !== undefined && (even || ready.length > 0)) {
    if (even) take(core, dead)
    else add(core, ready[0]!)
    return
  }
  if (voters.length < core.target && ready.length >= (even ? 1 : 2)) return add(core, ready[0]!)
  if (!even) return
  lead.evenSince ??= time.now
  if (time.now - lead.evenSince < EVEN) return
  const worst = [...others].sort((a, b) => lastContact(lead, a) - lastContact(lead, b) || (a.id < b.id ? 1 : -1))
  if (worst[0] !== undefined) take(core, worst[0])
}

/**
 * One leaves for good, and those who stay would be too few. It waits for a moment only, so whoever is even stands in; without
 * such a one the silent go first, for those who live would need their votes from then on, and nobody could take them out.
 */
function makeRoom (core: Core, lead: Leadership, others: readonly Voter[], out: Voter): void {
  const left = without(core, out)
  // they seem to live: what they answer now tells
  if (living(core, left) >= majority(left.length)) return
  const ready = core.target === 0 ? [] : lead.standbys.filter(id => isReady(core, lead, id, 0))
  const heir = ready.find(id => lead.followers.get(id)!.round >= saidSo(lead, out))
  if (heir !== undefined) return add(core, heir)
  // one that never answers that round must not keep it in
  if (ready.length > 0 && core.time.now - lead.followers.get(out.id)!.leavingAt < core.timeout) return
  // it was this leader that stood still: whose answer is read later was not silent
  if (lead.lease === undefined) return
  for (const seat of others) if (core.time.now - lastContact(lead, seat) >= core.timeout && take(core, seat)) return
}

/** Tokens were seen, perhaps by a leader before this one, that are above this group's: fences would refuse it for ever. */
function mustRaise (core: Core, lead: Leadership): boolean {
  const { time: { now }, hard, config, timeout } = core
  if (hard.highestEpoch <= config!.epoch) return false
  lead.raiseAt = Math.min(lead.raiseAt, Math.max(now + 2 * timeout, core.raiseFrom))
  return now >= lead.raiseAt
}

function raised (core: Core, lead: Leadership): void {
  const { now } = core.time
  lead.raiseAt = Infinity
  core.raiseWait = now - core.raiseFrom > core.raiseWait ? RAISE_MIN : Math.min(2 * core.raiseWait, RAISE_MAX)
  core.raiseFrom = now + core.raiseWait
}

/** At the latest since this node leads. */
export function lastContact (lead: Leadership, { id, incarnation }: Voter): number {
  const follower = lead.followers.get(id)
  return Math.max(lead.wonAt.now, follower?.incarnation === incarnation ? follower.contact : -Infinity)
}

/** The peer lives on with another store: this seat can never vote again. */
function isLost (core: Core, { id, incarnation }: Voter): boolean {
  const hello = core.peers.get(id)?.hello
  return hello !== undefined && hello.group === core.group && hello.incarnation !== incarnation
}

export function isReady (core: Core, lead: Leadership, id: string, since: number): boolean {
  const follower = lead.followers.get(id)
  if (follower === undefined || follower.leaving || core.time.now - follower.contact > core.timeout) return false
  return lead.register.isCurrent(follower) && follower.currentSince !== undefined && core.time.now - follower.currentSince >= since
}

export function add (core: Core, id: string): void {
  const { lead, config } = core
  const follower = lead!.followers.get(id)
  if (follower !== undefined) reconfigure(core, [...config!.voters, { id, incarnation: follower.incarnation }])
}

/**
 * Never so that those who are left would be no majority. Returns whether the change is under way. Who leaves lives, and its
 * vote is lost with it: the others count who have answered since, for one that died a moment before may look alive.
 */
function take (core: Core, seat: Voter): boolean {
  const left = without(core, seat)
  return living(core, left, saidSo(core.lead!, seat)) >= majority(left.length) && reconfigure(core, left)
}

function without (core: Core, seat: Voter): Voter[] {
  return core.config!.voters.filter(({ id }) => id !== seat.id)
}

/** The first round that was sent after it said that it leaves; 0 when it does not. */
function saidSo (lead: Leadership, { id }: Voter): number {
  const follower = lead.followers.get(id)
  return follower?.leaving === true ? follower.leavingRound : 0
}

/** How many of them are connected, and have answered within T, and that round or a later one. */
function living ({ lead, self, time, timeout, connected }: Core, voters: readonly Voter[], round = 0): number {
  return voters.filter(({ id }) => {
    const follower = lead!.followers.get(id)
    return id === self || (follower !== undefined && connected.has(id) && time.now - follower.contact < timeout && follower.round >= round)
  }).length
}

/** Those that are standbys stay; others come in their order. */
export function chooseStandbys (core: Core, lead: Leadership): void {
  const { config } = core
  const fits = (id: string): boolean => {
    const hello = core.peers.get(id)?.hello
    // who leaves takes whoever is there, for discovery may err
    const known = core.candidates.find(candidate => candidate.id === id)?.eligible ?? (core.candidates.length === 0 || core.leaving)
    return hello !== undefined && core.connected.has(id) && hello.eligible && hello.group === config!.group && !config!.voters.some(voter => voter.id === id) && known
  }
  const stay = lead.standbys.filter(fits)
  const max = core.target === 0 ? 0 : MAX_STANDBYS
  if (stay.length < max) stay.push(...[...core.peers.keys()].filter(id => !stay.includes(id) && fits(id)).sort().slice(0, max - stay.length))
  for (const id of lead.followers.keys()) {
    if (!stay.includes(id) && !config!.voters.some(voter => voter.id === id)) lead.followers.delete(id)
  }
  lead.standbys = stay
}
