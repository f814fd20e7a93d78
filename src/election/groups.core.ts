/** Meeting nodes of the service, joining their group, and what happens when there are two of them. Pure. */
import { sendConfig } from './admission.core.ts'
import { endLeadership } from './leader.core.ts'
import { hasSeat, isNewer, majority, sameOrder, sameSeats } from './order.core.ts'
import { ASK_CALM, ASK_LOST, hasNothingToLose, LEADERLESS, mayTeach } from './trust.core.ts'
import { becomeFollower } from './votes.core.ts'
import type { Core } from './state.core.ts'
import type { Hello, Yield } from './messages.core.ts'
import type { Config } from './types.core.ts'

/** A decides, B gives way: founded on purpose, then larger, then older. Undefined: both on purpose, nobody gives way. */
export function beats (a: Pick<Config, 'kind' | 'group'> & { voters: readonly unknown[] }, b: typeof a): boolean | undefined {
  const [defaultA, defaultB] = [a.kind === 'default', b.kind === 'default']
  if (!defaultA && !defaultB) return undefined
  if (defaultA !== defaultB) return defaultB
  if (a.voters.length !== b.voters.length) return a.voters.length > b.voters.length
  return a.group < b.group
}

export function onHello (core: Core, from: string, hello: Hello): void {
  // that this node led was in its life before: nobody else knows it better
  const message = hello.leader === core.self ? { ...hello, leader: undefined } : hello
  core.peers.set(from, { hello: message, since: core.peers.get(from)?.since ?? core.time.now })
  if (message.ask) core.sendHello(from)
  core.seeEpoch(Math.max(message.highestEpoch, message.config?.epoch ?? 0))
  const { config: theirs } = message
  if (theirs === undefined || !message.founded || theirs.group === 0 || theirs.voters.length === 0) return
  if (theirs.group === core.group) meetMember(core, from, message, theirs)
  else meetGroup(core, from, message, theirs)
}

function meetMember (core: Core, from: string, message: Hello, theirs: Config): void {
  const own = core.config as Config
  if (sameOrder(own, theirs) && !sameSeats(own, theirs)) {
    core.problem('group-conflict', `another group has the number ${own.group}, too: recover one`, from)
    return
  }
  const seated = hasSeat(own, from, message.incarnation)
  if (!seated && !sameOrder(own, theirs) && message.leader !== undefined && hasNothingToLose(core)) return moveTo(core, theirs)
  if (isNewer(own, theirs)) return sendConfig(core, from)
  if (core.role === 'leader' && theirs.term <= core.hard.term) return
  if (!mayTeach(core, from, message.incarnation, theirs)) return
  if (!core.hard.founded) core.save({ founded: true })
  if (core.adopt(theirs) && core.role !== 'follower') becomeFollower(core, core.hard.term, undefined, 'a newer config')
  // voters hear their leader; all others are told who it is
  if (core.voting || !hasSeat(core.config, from, message.incarnation)) return
  const aboutItself = message.leader === from || core.leader === from
  const news = message.term > core.hard.term || (message.term === core.hard.term && (aboutItself || core.leader === undefined))
  if (news && message.leader !== core.leader) becomeFollower(core, message.term, message.leader)
  if (message.leader !== undefined && message.leader === core.leader) core.toldAt = core.time.now
}

/** Who hears no heartbeats asks now and then: news of a leader may have been lost. */
export function askForLeader (core: Core): void {
  const { config, time, hard } = core
  if (!hard.founded || config === undefined || core.voting) return
  // one that hangs must not take the leader from those who ask it
  const unanswered = core.leader !== undefined && core.toldAt < core.askedAt
  if (time.now - core.askedAt < (core.leader === undefined || unanswered ? ASK_LOST : ASK_CALM)) return
  core.askedAt = time.now
  const voters = config.voters.filter(({ id }) => core.connected.has(id))
  const voter = voters[Math.floor(core.init.random() * voters.length)]
  for (const { id } of voters) if (unanswered || id === voter?.id) core.sendHello(id, true)
}

/** A greeting may have been lost: whoever is not known to be of this group is asked again. */
export function greetStrangers (core: Core): void {
  core.greetAt = core.time.now + ASK_CALM
  for (const peer of core.connected) if (core.peers.get(peer)?.hello.group !== core.group) core.sendHello(peer, true)
}

/** Another group of this service, founded and seen alive when `leader` is known. */
function meetGroup (core: Core, from: string, { leader, incarnation }: Hello, theirs: Config): void {
  const { config: own, hard } = core
  if (own === undefined || !hard.founded) {
    // one that was founded on purpose waits for its own kind, a default group will come over
    const waits = core.eligible && core.kind !== 'default' && theirs.kind === 'default'
    if (waits) return
    core.seenGroupAt = core.time.now
    if (own === undefined || (leader !== undefined && hard.term === 0)) join(core, theirs)
    return
  }
  if (!core.hearsLeader && hasSeat(own, from, incarnation) && isGivenUp(core, own, theirs)) return moveTo(core, theirs)
  if (leader === undefined) return
  if (hasNothingToLose(core)) return moveTo(core, theirs)
  const verdict = beats(theirs, own)
  const lost = core.leader === undefined && core.time.now - core.leaderlessSince >= LEADERLESS
  if (verdict === undefined) {
    if (core.role === 'leader') core.problem('group-conflict', `two groups of '${core.init.service}' were founded on purpose, ${own.group} and ${theirs.group}: recover one`)
    else if (lost) core.problem('group-conflict', `nobody leads ${own.group}, the group of '${core.init.service}' that this node votes in, and another one that was founded on purpose, ${theirs.group}, has a leader: if it took the place of this one, delete this node's storage; else start the voters that are away, or recover`)
    return
  }
  if (core.role === 'leader') {
    if (verdict) moveTo(core, theirs)
  } else if ((verdict && !core.voting) || (lost && own.kind === 'default')) moveTo(core, theirs)
}

/**
 * Whoever is in another group with the incarnation of its seat in this one pledged itself to that, and votes here no more.
 * One is enough when an operator asked for it, perhaps more than once since: later groups have higher numbers. Else so many
 * must say it themselves that those who are left are no majority.
 */
function isGivenUp (core: Core, own: Config, theirs: Config): boolean {
  if (theirs.group < own.group) return false
  const gone = own.voters.filter(({ id, incarnation }) => {
    const hello = core.peers.get(id)?.hello
    return hello?.founded === true && hello.incarnation === incarnation && hello.group !== own.group
  })
  return theirs.kind === 'recover' || own.voters.length - gone.length < majority(own.voters.length)
}

/** Gives the own group up. A leader ends its lease and takes all that follow it along. */
function moveTo (core: Core, theirs: Config): void {
  const { group } = core
  if (core.role === 'leader') {
    endLeadership(core, 'another group takes over')
    for (const peer of core.connected) core.send(peer, { type: 'yield', to: theirs.group })
  }
  core.out.push({ type: 'group', what: 'yielded', group, epoch: theirs.epoch })
  join(core, theirs)
}

export function onYield (core: Core, from: string, message: Yield): void {
  const { config } = core
  const fromLeader = message.term >= core.hard.term && hasSeat(config, from, message.incarnation) && (core.leader === from || core.leader === undefined)
  if (config?.kind !== 'default' || !fromLeader) return
  const target = [...core.peers.values()].find(({ hello }) => hello.group === message.to && hello.founded)?.hello.config
  core.seenGroupAt = core.time.now
  if (target !== undefined) return moveTo(core, target)
  core.out.push({ type: 'group', what: 'yielded', group: config.group, epoch: message.epoch })
  endLeadership(core, 'another group takes over')
  core.role = 'follower'
  core.forget()
}

/** As a learner. Whoever belonged to a group before is somebody else in this one. */
function join (core: Core, config: Config): void {
  endLeadership(core, 'another group takes over')
  core.role = 'follower'
  const joined = { config, founded: true, highestEpoch: Math.max(core.hard.highestEpoch, config.epoch) }
  if (core.config === undefined) core.save(joined)
  else core.forget(joined)
  core.founding = undefined
  core.leader = undefined
  // what was seen is the own one now
  core.seenGroupAt = -Infinity
  core.electionDue = core.time.now + core.drawTimeout()
  core.out.push({ type: 'group', what: 'joined', group: config.group, epoch: config.epoch })
  for (const peer of core.connected) core.sendHello(peer, true)
}
