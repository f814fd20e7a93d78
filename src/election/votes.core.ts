/**
 * Elections: PreVote, votes, and what makes a node a follower again. Raft thesis 3.4, 4.2.3 and 9.6; etcd's answers to
 * lower terms. A vote is durable before it is told, and none is given within T of a live leader. Pure.
 */
import { hasPassed } from './clock.core.ts'
import { hasSeat, isNewer, majority } from './order.core.ts'
import { endLeadership, NEWER_TERM, startLeadership } from './leader.core.ts'
import { askVoters, LEADERLESS, mayTeach } from './trust.core.ts'
import type { Core } from './state.core.ts'
import type { VoteRequest, VoteResponse } from './messages.core.ts'
import type { Config } from './types.core.ts'

/** Share of T that a campaign may take, and by which simultaneous ones are kept apart. */
const ROUND = 0.25
/** Milliseconds over which those spread who see the leader's connection close. */
const CLOSE_SPREAD = 150

/** Follows nobody, or `leader`; in a newer term if that is higher. */
export function becomeFollower (core: Core, term: number, leader?: string, why = NEWER_TERM): void {
  endLeadership(core, why)
  core.role = 'follower'
  core.campaign = undefined
  if (leader !== undefined) {
    core.early = undefined
    core.orphaned = false
    core.gaveWay.clear()
  }
  if (term > core.hard.term) core.save({ term, vote: undefined })
  if (leader !== core.leader) core.leaderlessSince = core.time.now
  core.leader = leader
  waitForLeader(core)
}

/** A whole random timeout from now. */
export function waitForLeader (core: Core): void {
  core.electionDue = core.time.now + core.drawTimeout()
}

/** The leader's connection closed: without promises start at once, else as soon as they end. */
export function hurry (core: Core): void {
  const spread = core.init.random() * Math.min(CLOSE_SPREAD, core.timeout / 2)
  const earliest = core.strict && core.contact !== undefined ? core.contact.now + core.timeout : core.time.now
  core.electionDue = Math.min(core.electionDue, Math.max(core.time.now, earliest) + core.headStart + spread)
}

export function electionTimeout (core: Core): void {
  if (!core.voting || core.broken) {
    // voters and standbys hear their leader, all others are told of it when they ask
    const heard = core.contact !== undefined && !hasPassed(core.contact, 2 * core.timeout, core.time)
    const told = core.contact === undefined && core.time.now - core.toldAt < LEADERLESS
    if (core.leader !== undefined && !heard && !(told && core.connected.has(core.leader))) {
      core.leaderlessSince = core.contact === undefined ? Math.min(core.toldAt, core.time.now) : core.time.now
      core.leader = core.contact = undefined
    }
    return waitForLeader(core)
  }
  if (core.promised()) {
    // its own clocks disagree about the time since it heard its leader
    core.electionDue = core.time.now + core.timeout * ROUND
    return
  }
  if (core.leader !== undefined) {
    core.leader = undefined
    core.leaderlessSince = core.time.now
  }
  campaign(core, 'prevote')
}

/** `transfer`: the leader asked for it, so that its promises do not count. */
export function campaign (core: Core, type: 'prevote' | 'vote', transfer = false): void {
  const { config, hard, self } = core
  if (config === undefined || !core.voting || core.broken) return
  const term = hard.term + 1
  core.role = 'candidate'
  core.leader = undefined
  const known = core.hardSave
  const save = type === 'vote' ? core.save({ term, vote: self }) : 0
  core.campaign = { type, term, granted: new Set([self]), save, transfer }
  const round = core.timeout * (ROUND + ROUND * core.init.random())
  core.electionDue = core.time.now + (type === 'vote' ? 2 * round + 3 * core.syncTime : round)
  // The others store their votes while this one stores its own, which counts only then. Should this be forgotten, nothing is
  // lost: they voted for this node in that term, which it may ask for again, or vote in for another. The config counts as known.
  for (const { id } of config.voters) if (id !== self) core.send(id, { type, term, config, transfer }, known)
  count(core)
}

/** Goes on when a majority of its own config granted, its own vote being durable. */
export function count (core: Core): void {
  const { campaign: run, config } = core
  if (run === undefined || config === undefined || !core.isDurable(run.save)) return
  if (config.voters.filter(voter => run.granted.has(voter.id)).length < majority(config.voters.length)) return
  core.campaign = undefined
  if (run.type === 'prevote') campaign(core, 'vote')
  else startLeadership(core)
}

export function onVoteRequest (core: Core, from: string, message: VoteRequest): void {
  const { type, config: theirs, term: asked } = message
  const known = core.config
  if (known === undefined) return
  const stranger = (own: Config): void => {
    core.problem('stranger', `${from} asks for a vote, but is not a voter`, from)
    respond(core, from, type, asked, false, isNewer(own, theirs))
  }
  if (!hasSeat(known, from, message.incarnation)) {
    if (isNewer(theirs, known)) askVoters(core)
    return stranger(known)
  }
  if (!core.hard.founded) core.save({ founded: true })
  takeConfig(core, message)
  const own = core.config as Config
  if (!hasSeat(own, from, message.incarnation)) return stranger(own)
  const refuse = (): void => { respond(core, from, type, asked, false, isNewer(own, theirs)) }
  if (!core.voting || isNewer(own, theirs) || asked < core.hard.term) return refuse()
  // a vote that was given is confirmed, whatever was promised since
  const { term, vote } = core.hard
  if (type === 'vote' && asked === term && (vote !== undefined || core.leader !== undefined)) return respond(core, from, type, asked, core.role !== 'leader' && vote === from, false)
  if (core.promised() && !message.transfer) {
    const at = core.promiseEnd()
    if (type === 'vote' || core.role === 'leader' || at - core.time.now > core.timeout * ROUND) return refuse()
    core.early = { from, message, at }
    return
  }
  if (type === 'prevote') {
    const granted = asked > core.hard.term
    if (granted) giveWay(core, from)
    return respond(core, from, type, asked, granted, false)
  }
  becomeFollower(core, asked)
  core.save({ vote: from })
  respond(core, from, type, asked, true, false)
}

/**
 * Two that ask at once would share the votes. Whoever would vote for another one lets that one try first, and of two who
 * ask each other the first by id goes on; once for each, for it may reach nobody else.
 */
function giveWay (core: Core, from: string): void {
  if (core.role === 'leader' || core.gaveWay.has(from) || core.campaign?.type === 'vote' || (core.campaign !== undefined && core.self < from)) return
  core.gaveWay.add(from)
  core.campaign = undefined
  core.role = 'follower'
  core.electionDue = Math.max(core.electionDue, core.time.now + core.timeout * 2 * ROUND)
}

export function answerEarly (core: Core): void {
  const { early, time } = core
  if (early === undefined || time.now < early.at) return
  core.early = undefined
  onVoteRequest(core, early.from, early.message)
}

/** Configs spread with requests. A leader obeys one that only a leader of a higher term can have written. */
function takeConfig (core: Core, { config }: VoteRequest): void {
  if (core.role === 'leader' && config.term <= core.hard.term) return
  if (core.adopt(config) && core.role !== 'follower') becomeFollower(core, core.hard.term, undefined, 'a newer config')
}

function respond (core: Core, to: string, type: 'prevote' | 'vote', asked: number, granted: boolean, outdated: boolean): void {
  core.send(to, { type: `${type}-response`, asked, granted, config: outdated ? core.config : undefined })
}

export function onVoteResponse (core: Core, from: string, message: VoteResponse): void {
  if (message.config !== undefined && core.role !== 'leader' && mayTeach(core, from, message.incarnation, message.config) && core.adopt(message.config)) {
    return becomeFollower(core, core.hard.term)
  }
  if (!hasSeat(core.config, from, message.incarnation)) return
  if (message.term > core.hard.term) return becomeFollower(core, message.term)
  const { campaign: run } = core
  const matches = run !== undefined && message.asked === run.term && message.type === `${run.type}-response`
  if (!matches || !message.granted) return
  run.granted.add(from)
  count(core)
}
