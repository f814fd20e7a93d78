/**
 * Leading: rounds of heartbeats, the lease and CheckQuorum that follow from their answers, and giving leadership away.
 * An answer counts from the time its round was sent, and only from members of the leader's own config. Pure.
 */
import { admit, sendConfig } from './admission.core.ts'
import { Authority } from './authority.core.ts'
import { isBefore, leaseUntil } from './clock.core.ts'
import { share } from './lineage.core.ts'
import { hasSeat, isNewer, reachedByMajority } from './order.core.ts'
import type { Core } from './state.core.ts'
import type { Follower, Leadership } from './leadership.core.ts'
import type { ConfigVersion, HeartbeatResponse } from './messages.core.ts'

export const NEWER_TERM = 'a newer term'
/** How much the latest answer counts in how long they take. */
const DELAY_GAIN = 0.2

/** The own vote and those of a majority are durable. */
export function startLeadership (core: Core): void {
  const { config, hard, self, time } = core
  if (config === undefined) return
  core.role = 'leader'
  core.leader = self
  core.leaderlessSince = Infinity
  core.electionDue = Infinity
  const configSave = core.save({ config: { ...config, term: hard.term } })
  const token = { epoch: config.epoch, term: hard.term }
  core.lead = {
    epoch: config.epoch,
    token,
    wonAt: time,
    round: 0,
    sent: new Map(),
    quorumRound: 0,
    quorumAt: undefined,
    voidRound: 0,
    followers: new Map(),
    nextHeartbeat: time.now,
    lease: undefined,
    over: false,
    closing: false,
    transfer: undefined,
    register: new Authority(core, token),
    configSave,
    joining: undefined,
    raiseAt: Infinity,
    evenSince: undefined,
    standbys: []
  }
  beat(core, core.lead)
  for (const peer of core.connected) core.sendHello(peer)
}

/** Ends the lease before anything else is heard of the end. */
export function endLeadership (core: Core, reason: string): void {
  const { lead } = core
  if (lead === undefined) return
  endLease(core, lead, reason)
  core.lead = undefined
  core.role = 'follower'
  core.leader = undefined
  // it heard a majority then, and promised itself as they did
  core.contact = lead.over ? undefined : lead.quorumAt ?? core.contact
  core.leaderGone = false
  core.leaderlessSince = core.time.now
  lead.register.end()
  const { transfer } = lead
  lead.transfer = undefined
  if (transfer?.id === undefined) return
  // who took it is known when the next leader is heard
  if (lead.over && reason === NEWER_TERM) core.handover = { ...transfer, deadline: core.time.now + core.timeout }
  else core.out.push({ type: 'transferred', id: transfer.id, ok: false, why: reason })
}

export function endLease (core: Core, lead: Leadership, reason: string): void {
  if (lead.lease === undefined) return
  lead.lease = undefined
  core.out.push({ type: 'lease-end', token: lead.token, reason })
}

export function followerOf (lead: Leadership, id: string, incarnation: string): Follower {
  let follower = lead.followers.get(id)
  if (follower?.incarnation !== incarnation) {
    follower = {
      incarnation, round: 0, contact: -Infinity, delay: Infinity, config: { term: 0, version: 0 }, toldAt: -Infinity, synced: undefined, leaving: false, leavingAt: -Infinity, leavingRound: 0,
      inflight: undefined, read: undefined, currentSince: undefined, line: undefined
    }
    lead.followers.set(id, follower)
  }
  return follower
}

export function setLeaving ({ time, timeout }: Core, lead: Leadership, follower: Follower, leaving: boolean): void {
  // who takes it back and says it again must not always be ahead of what anybody can have answered
  if (leaving && !follower.leaving && time.now - follower.leavingAt >= 2 * timeout) {
    follower.leavingAt = time.now
    follower.leavingRound = lead.round + 1
  }
  follower.leaving = leaving
}

/** Sends a round to all voters and standbys. */
export function beat (core: Core, lead: Leadership): void {
  const { config, time, self } = core
  if (config === undefined) return
  lead.round++
  lead.nextHeartbeat = time.now + core.heartbeat
  lead.sent.set(lead.round, time)
  for (const [round, { now }] of lead.sent) {
    // what a majority says to an older one comes too late for everything
    if (time.now - now < core.timeout) break
    lead.sent.delete(round)
  }
  const message = {
    type: 'heartbeat' as const, round: lead.round, config: { term: config.term, version: config.version }, floor: lead.register.floor(), standby: true
  }
  for (const { id } of config.voters) if (id !== self) core.send(id, message, core.termSave)
  for (const id of lead.standbys) core.send(id, message, core.termSave)
  refresh(core, lead)
}

/** What a majority acknowledged may have changed. */
export function refresh (core: Core, lead: Leadership): void {
  const { config, time } = core
  if (config === undefined) return
  const rounds = config.voters.map(({ id, incarnation }) => {
    if (id === core.self) return lead.round
    const follower = lead.followers.get(id)
    return follower?.incarnation === incarnation ? follower.round : 0
  })
  const reached = reachedByMajority(rounds, (a, b) => a - b)
  if (reached > lead.quorumRound) {
    lead.quorumRound = reached
    lead.quorumAt = lead.sent.get(reached) ?? lead.quorumAt
    for (const round of lead.sent.keys()) if (round < reached) lead.sent.delete(round)
  }
  extendLease(core, lead)
  lead.register.advance()
  admit(core, lead)
  if (lead.lease !== undefined && !isBefore(time, lead.lease)) endLease(core, lead, 'no majority answers')
}

function extendLease (core: Core, lead: Leadership): void {
  const { time, timeout, config } = core
  const { quorumAt, token } = lead
  if (quorumAt === undefined || lead.over || lead.quorumRound <= lead.voidRound) return
  // a raised epoch that is not committed could be lost with this leader, and the next token would be lower
  if (lead.lease === undefined && config!.epoch !== config!.group && !configCommitted(core, lead)) return
  const until = core.strict ? leaseUntil(quorumAt, timeout) : { now: quorumAt.now + timeout, wall: quorumAt.wall + timeout }
  const old = lead.lease
  if (!isBefore(time, until) || (old !== undefined && old.now >= until.now && old.wall === until.wall)) return
  lead.lease = until
  core.out.push({ type: 'lease', token, until })
}

/** A majority of the present config has it, and is in this term. */
export function configCommitted (core: Core, lead: Leadership): boolean {
  const { config } = core
  if (config === undefined) return false
  const have = config.voters.map(({ id, incarnation }) => {
    if (id === core.self) return core.isDurable(lead.configSave) ? 1 : 0
    const follower = lead.followers.get(id)
    return follower?.incarnation === incarnation && follower.config.term === config.term && follower.config.version === config.version ? 1 : 0
  })
  return reachedByMajority(have, (a, b) => a - b) === 1
}

export function onHeartbeatResponse (core: Core, from: string, message: HeartbeatResponse): void {
  const { lead, time, config } = core
  if (lead === undefined) return
  if (message.term < core.hard.term) {
    // it does not know that this node may lead
    if (config !== undefined && isNewer(config, message.config)) sendConfig(core, from)
    return
  }
  const known = hasSeat(core.config, from, message.incarnation) || lead.standbys.includes(from)
  if (!known) return
  const follower = followerOf(lead, from, message.incarnation)
  if (message.round > lead.round) return
  core.seeEpoch(message.highestEpoch)
  // a lease rests on promises that are as long: an answer without one is none
  if (core.strict && message.promise < core.timeout) {
    core.problem('voters-conflict', `${from} was started with a shorter timeout, or without leases: give all nodes the same profile and lease`, from)
    return
  }
  follower.contact = time.now
  const sentAt = lead.sent.get(message.round)?.now
  if (sentAt !== undefined) follower.delay = follower.delay === Infinity ? time.now - sentAt : follower.delay + (time.now - sentAt - follower.delay) * DELAY_GAIN
  follower.round = Math.max(follower.round, message.round)
  setLeaving(core, lead, follower, message.leaving)
  // with the promise that an accepted round renews: a chain of configs must not outrun the lease of the first one
  if (message.round > 0) follower.config = message.config
  bringConfig(core, from, follower, message.config)
  lead.register.heard(from, follower, message.synced)
  share(core, from, follower)
  refresh(core, lead)
}

/** Sends ours when theirs is another one, which they may be saving already. Returns whether they have it. */
export function bringConfig (core: Core, to: string, follower: Follower, theirs: ConfigVersion): boolean {
  const { config, time } = core
  if (config === undefined || (theirs.term === config.term && theirs.version === config.version)) return true
  if (time.now - follower.toldAt < core.timeout / 2) return false
  follower.toldAt = time.now
  sendConfig(core, to)
  return false
}

/** Exactly T without a majority, by the clock that cannot jump. */
export function quorumDeadline (core: Core, lead: Leadership): number {
  return (lead.quorumAt ?? lead.wonAt).now + core.timeout
}

/** Ms left, by the clock that says less. */
export function leaseLeft (lead: Leadership | undefined, time: { now: number, wall: number }): number {
  return lead?.lease === undefined ? 0 : Math.max(0, Math.min(lead.lease.now - time.now, lead.lease.wall - time.wall))
}
