/**
 * How a group begins. Its first voters are fixed with their incarnations, and each of them pledges itself to that set
 * before it may elect; so a store that is lost later is noticed. A member leaves a set only while it never voted in it,
 * and only for a set with a majority of it: then nobody can win in the set it left. Pure.
 */
import { allAgree, onAnswer, onQuestion } from './asking.core.ts'
import { EPOCHS_PER_MS, latestEpoch } from './clock.core.ts'
import { endLeadership } from './leader.core.ts'
import { hasSeat, hasVoter, inOrder, majority, sameFounding, sortVoters } from './order.core.ts'
import { LEADERLESS } from './trust.core.ts'
import { campaign } from './votes.core.ts'
import type { Core } from './state.core.ts'
import type { Message, Pledge, Propose } from './messages.core.ts'
import type { Config, GroupKind, Voter } from './types.core.ts'

/** A founder's work. `firm`: by pledges, else it only asks who would. `from`: the group before. `report`: id of who waits for the outcome. */
export interface Founding {
  readonly config: Config
  readonly firm: boolean
  readonly from: number
  readonly report: number | undefined
  readonly pledged: Set<string>
  readonly save: number
  readonly since: number
  askAgain: number
  why: string
}

/** Milliseconds between two looks at what can be founded, between two requests, per place in the order, until the members give a set up. */
const LOOK_EVERY = 200
const ASK_EVERY = 1_000
const TURN = 3_000
const GIVE_UP = 10_000
const SETTLE = 1_000
const BOUND = 'a majority of those with whom it is pledged already'
/** Two that know the same highest epoch, their clocks being behind it, must not choose the same next one. */
const SPREAD = 65_536
/** Milliseconds short of the highest epoch that can be, from where on what is known no longer runs on with time. */
const RUNS_ON = 12 * 60 * 60 * 1_000

export function isPlausibleEpoch (core: Core, epoch: number): boolean {
  return epoch <= Math.max(latestEpoch(core.time.wall), core.hard.highestEpoch + 2 * SPREAD)
}

/** Whoever is in another group there is not only wrong: the two groups can never be one. Which clock errs nobody knows here. */
export function onFarFuture (core: Core, from: string, message: Message): void {
  if (message.type !== 'hello' || !message.founded || message.group === core.group) return core.problem('term-jump', `${from} tells of an epoch of the far future: ignored`, from)
  core.problem('group-conflict', `${from} is in a group of the far future, more than a day ahead of this node's clock, and is ignored: compare the clocks of both; only if that group was founded under the wrong one, start its nodes without what they have stored`, from)
}

/**
 * Above all that this node knows of, and what that may have become where nothing was heard of, unless that is far from all
 * clocks: whoever is behind this one would refuse it. And by chance unlike what anybody else chooses.
 */
export function newEpoch (core: Core): number {
  const { time, init, hard } = core
  const above = Math.max(hard.highestEpoch + 1, Math.min(core.epochNow, latestEpoch(time.wall - RUNS_ON)))
  const created = Math.floor(time.wall) * EPOCHS_PER_MS + Math.floor(init.random() * EPOCHS_PER_MS)
  return Math.max(created, above + Math.floor(init.random() * SPREAD))
}

/** Looks whether a group can and should be founded. */
export function lookAround (core: Core): void {
  const { time, hard } = core
  core.lookAt = time.now + LOOK_EVERY
  if (core.founding !== undefined) return pursue(core, core.founding)
  if (!core.eligible || core.broken || core.conflict || core.leaving || !core.mayFound) return
  if (hard.founded) return reform(core)
  if (hard.config?.kind === 'recover') {
    // whoever is pledged to a recovery can go back no more: any of them sees to it that it is founded
    if (core.seated && time.now - core.leaderlessSince >= GIVE_UP) found(core, hard.config, core.hardSave)
    return
  }
  // a time in which it might not found is no turn that the others let pass
  const waited = time.now - Math.max(Math.max(core.startedAt, core.leaderlessSince) + settleTime(core), core.mayFoundSince)
  if (waited < 0 || time.now - core.seenGroupAt < LEADERLESS) return
  // pledged to a set that was not founded: its founder has a while
  const patience = hard.config === undefined ? 0 : GIVE_UP
  if (waited < patience) return
  // it cannot join what it only hears of, and must not begin another one beside it
  if (core.kind === 'default' && core.candidates.some(({ id, leads }) => leads !== undefined && id !== core.self)) return
  foundNew(core, waited - patience)
}

function settleTime (core: Core): number {
  return core.init.settle ?? SETTLE
}

function foundNew (core: Core, waited: number): void {
  const { self, init } = core
  const free = new Map<string, string>([[self, core.hard.incarnation]])
  for (const [id, { hello }] of core.peers) if (hello.eligible && !hello.founded) free.set(id, hello.incarnation)
  const seats = (ids: readonly string[]): Voter[] => ids.map(id => ({ id, incarnation: free.get(id)! }))
  const pledged = (id: string): number => Number(hasSeat(core.hard.config, id, free.get(id)!))
  if (core.kind === 'voters') {
    const missing = init.voters!.filter(id => !free.has(id))
    if (!init.voters!.includes(self)) return
    if (missing.length > 0) return waiting(core, missing.join(', '))
    if (inOrder(core.init.service, init.voters!).indexOf(self) * TURN > waited) return
    if (!mayLeave(core, seats(init.voters!))) return waiting(core, BOUND)
    return propose(core, 'voters', seats(init.voters!), 0)
  }
  // who is known and has not spoken yet may belong to a group
  const silent = core.candidates.some(({ id, eligible }) => eligible && id !== self && !core.peers.has(id))
  if (silent && waited < TURN) return
  const order = inOrder(core.init.service, [...free.keys()].filter(id => id === self || core.peers.get(id)?.hello.kind === core.kind)).sort((a, b) => pledged(b) - pledged(a))
  if (order.length < core.size) return waiting(core, `${core.size - order.length} more with expect: ${core.size}`)
  const place = order.indexOf(self)
  if (place * TURN > waited) return
  // those in front who have just come take their turn at one of their first looks
  if (order.slice(0, place).some(id => core.time.now - core.peers.get(id)!.since < settleTime(core) + 2 * LOOK_EVERY)) return
  // whoever waited long enough founds with those in front of it, and itself
  const members = place < core.size ? order.slice(0, core.size) : [...order.slice(0, core.size - 1), self]
  if (!mayLeave(core, seats(members))) return waiting(core, BOUND)
  const alone = (): Config => newConfig(core, 'default', seats([self]), 0)
  if (core.kind === 'default' && !allAgree(core, order.filter(id => id !== self), waited - place * TURN, alone)) return
  core.asking = undefined
  propose(core, core.kind, seats(members), 0)
}

/**
 * Whether this node, pledged to a set that may have been founded meanwhile, may pledge itself to that one: with a majority
 * of the first, for then that has none. The founder who gave it up knows that it never was.
 */
function mayLeave (core: Core, voters: readonly Voter[]): boolean {
  const own = core.config
  if (own === undefined || own.group === core.gaveUp) return true
  return voters.filter(({ id, incarnation }) => hasSeat(own, id, incarnation)).length >= majority(own.voters.length)
}

function waiting (core: Core, whom: string): void {
  core.problem('waiting-for-voters', `no group of '${core.init.service}' yet: it is founded when these are there, too: ${whom}`)
}

/** A default group that can never have a leader again, for its voters left, kept nothing or lost it, begins anew. */
function reform (core: Core): void {
  const { config, time, self, hard } = core
  const waited = time.now - core.leaderlessSince - (core.orphaned ? 0 : LEADERLESS)
  if (config?.kind !== 'default' || core.leader !== undefined || waited < 0 || time.now - core.seenGroupAt < LEADERLESS) return
  const incarnationOf = (id: string): string | undefined => id === self ? hard.incarnation : core.peers.get(id)?.hello.incarnation
  const lost = config.voters.every(({ id, incarnation }) => ![undefined, incarnation].includes(incarnationOf(id)))
  const there = config.voters.filter(({ id, incarnation }) => incarnationOf(id) === incarnation)
  if (!core.orphaned && livesOn(core, config, id => incarnationOf(id) === undefined)) return
  if (!lost && !core.orphaned && (core.persistent || there.length >= majority(config.voters.length))) return
  const others = [...core.peers].filter(([, { hello }]) => hello.group === config.group && hello.eligible).map(([id]) => id)
  if (inOrder(core.init.service, [self, ...others]).indexOf(self) * TURN > waited) return
  const { group } = config
  core.forget()
  propose(core, 'default', [{ id: self, incarnation: core.hard.incarnation }], group)
}

/**
 * Voters that this node does not reach are there for others: it is the one that is cut off, and a second group would have a
 * higher epoch than the one that has a leader.
 */
function livesOn (core: Core, config: Config, unreached: (id: string) => boolean): boolean {
  return core.candidates.some(({ id, leads, votes = true }) => id !== core.self && (leads === config.group || (votes && hasVoter(config, id) && unreached(id))))
}

export function recover (core: Core, ids: readonly string[], id: number): void {
  const fail = (why: string): void => { core.out.push({ type: 'recovered', id, ok: false, why }) }
  if (core.founding?.report !== undefined) return fail('a group is being founded already')
  if (!core.eligible || core.broken || core.conflict || core.leaving) return fail('this node is unable to vote')
  const missing = ids.filter(id => id !== core.self && core.peers.get(id)?.hello.eligible !== true)
  if (!ids.includes(core.self)) return fail('ask one of the new voters')
  if (missing.length > 0 || ids.length === 0 || new Set(ids).size < ids.length) return fail(`not connected, or unable to vote: ${missing.join(', ')}`)
  const replaces = core.config?.kind === 'recover' && !core.hard.founded ? core.config.replaces : core.group
  const voters = ids.map(id => ({ id, incarnation: id === core.self ? core.hard.incarnation : core.peers.get(id)!.hello.incarnation }))
  found(core, newConfig(core, 'recover', voters, replaces), undefined, id)
}

function propose (core: Core, kind: GroupKind, voters: readonly Voter[], replaces: number): void {
  const config = newConfig(core, kind, voters, replaces)
  found(core, config, pledge(core, config))
}

function newConfig (core: Core, kind: GroupKind, voters: readonly Voter[], replaces: number): Config {
  const group = newEpoch(core)
  return { group, epoch: group, kind, term: 0, version: 1, voters: sortVoters(voters), replaces }
}

/** @param save - of the own pledge; without it the others are asked first, and nothing changes */
function found (core: Core, config: Config, save?: number, report?: number): void {
  const firm = save !== undefined
  core.founding = {
    config, firm, from: core.group, report, pledged: new Set(firm ? [core.self] : []), save: save ?? 0, since: core.time.now, askAgain: 0, why: ''
  }
  pursue(core, core.founding)
}

/** From now on nothing is heard of the group before. */
function pledge (core: Core, config: Config): number {
  endLeadership(core, 'a new group is founded')
  core.role = 'follower'
  core.campaign = undefined
  core.leader = undefined
  core.leaderlessSince = core.time.now
  // an old lease has ended before the new group elects
  core.contact = config.kind === 'recover' ? core.time : undefined
  core.electionDue = core.time.now + core.drawTimeout() + (config.kind === 'recover' ? 2 * core.timeout : 0)
  return core.save({ config, founded: false, term: 0, vote: undefined, highestEpoch: Math.max(core.hard.highestEpoch, config.group) })
}

function pursue (core: Core, founding: Founding): void {
  const { time, self } = core
  const { config, pledged, firm, report } = founding
  if (core.group !== founding.from) return giveUp(core, founding, 'this node is in another group now')
  if (!firm) core.hearsLeader ? pledged.clear() : pledged.add(self)
  const missing = config.voters.filter(({ id }) => !pledged.has(id))
  if (missing.length === 0 && !firm) return found(core, config, pledge(core, config), report)
  if (missing.length === 0 && core.isDurable(founding.save)) {
    core.founding = undefined
    core.save({ founded: true })
    core.out.push({ type: 'group', what: 'founded', group: config.group, epoch: config.epoch })
    if (report !== undefined) core.out.push({ type: 'recovered', id: report, ok: true })
    if (config.kind !== 'recover') campaign(core, config.voters.length === 1 ? 'vote' : 'prevote')
    for (const peer of core.connected) core.sendHello(peer)
    return
  }
  if (time.now - founding.since > (firm ? GIVE_UP : GIVE_UP / 2)) {
    if (config.kind !== 'recover') core.gaveUp = config.group
    return giveUp(core, founding, `no pledge of ${missing.map(({ id }) => id).join(', ')}${founding.why}`)
  }
  if (time.now < founding.askAgain) return
  founding.askAgain = time.now + ASK_EVERY
  for (const { id } of missing) if (id !== self) core.send(id, { type: 'propose', config, size: core.size, firm })
}

function giveUp (core: Core, { report }: Founding, why: string): void {
  core.founding = undefined
  if (report !== undefined) core.out.push({ type: 'recovered', id: report, ok: false, why })
}

export function onPropose (core: Core, from: string, message: Propose): void {
  const { config: theirs } = message
  if (theirs.kind === 'default' && !message.firm) return onQuestion(core, from, message)
  const why = objection(core, from, message)
  const again = core.config !== undefined && sameFounding(core.config, theirs)
  if (why === undefined && !again && message.firm) {
    if (core.founding !== undefined) giveUp(core, core.founding, `${from} founds another group`)
    core.seeEpoch(theirs.group)
    pledge(core, theirs)
  }
  core.send(from, { type: 'pledge', proposed: theirs.group, ok: why === undefined, why: why ?? '', firm: message.firm })
}

function objection (core: Core, from: string, { config: theirs, size, incarnation }: Propose): string | undefined {
  const { config: own, hard, self, init } = core
  if (own !== undefined && sameFounding(own, theirs)) return undefined
  if (!core.eligible || core.broken || core.conflict || core.leaving) return 'unable to vote'
  if (!hasSeat(theirs, self, hard.incarnation) || !hasSeat(theirs, from, incarnation)) return 'another incarnation'
  if (theirs.kind === 'recover') {
    if (own === undefined) return undefined
    if (theirs.group <= own.group) return 'in a newer group'
    if (core.hearsLeader) return 'a leader is there'
    return core.voting && !hasSeat(own, from, incarnation) ? 'not asked by a voter of its group' : undefined
  }
  const sameVoters = init.voters === undefined || (theirs.kind === 'voters' && [...init.voters].sort().join() === theirs.voters.map(({ id }) => id).join())
  if (!sameVoters || (core.kind === 'expect' && (theirs.kind !== 'expect' || size !== core.size))) {
    core.problem('voters-conflict', `${from} founds with other voters than this node was started with: give all nodes the same`, from)
    return 'started with other voters'
  }
  if (own === undefined) return undefined
  if (hard.founded || hard.term > 0 || own.kind === 'recover') return 'in a group'
  if (theirs.group <= own.group || !mayLeave(core, theirs.voters)) return 'pledged to others'
  return undefined
}

export function onPledge (core: Core, from: string, message: Pledge): void {
  const { founding } = core
  if (onAnswer(core, from, message)) return lookAround(core)
  if (founding === undefined || message.proposed !== founding.config.group || message.firm !== founding.firm) return
  if (!message.ok) {
    founding.why = ` (${from}: ${message.why})`
    core.problem(message.why === 'started with other voters' ? 'voters-conflict' : 'waiting-for-voters', `${from} does not join: ${message.why}`, from)
    return
  }
  if (!hasSeat(founding.config, from, message.incarnation)) return
  founding.pledged.add(from)
  pursue(core, founding)
}
