/**
 * One service's election at one node: takes an input, changes the state, says what is to be done. Raft's rules (Ongaro's
 * thesis), etcd's additions, MongoDB's reconfiguration; the parts stand in the files beside this one. Pure.
 */
import { refuse } from './authority.core.ts'
import { autopilot } from './autopilot.core.ts'
import { isBefore, wasSetBack } from './clock.core.ts'
import { onAppend, onConfig, onHeartbeat, onRead } from './following.core.ts'
import { isPlausibleEpoch, lookAround, onFarFuture, onPledge, onPropose, recover } from './founding.core.ts'
import { askForLeader, greetStrangers, onHello, onYield } from './groups.core.ts'
import { beat, bringConfig, configCommitted, endLease, followerOf, leaseLeft, onHeartbeatResponse, quorumDeadline, refresh } from './leader.core.ts'
import { leave, onBye, startLeaving } from './leaving.core.ts'
import { onSigned } from './lineage.core.ts'
import { hasSeat } from './order.core.ts'
import { onLineage, onVerified } from './proof.core.ts'
import { drawIncarnation, Core } from './state.core.ts'
import { advanceTransfer, settleHandover, startTransfer } from './transfer.core.ts'
import { mayTeach } from './trust.core.ts'
import { answerEarly, becomeFollower, campaign, count, electionTimeout, hurry, onVoteRequest, onVoteResponse, waitForLeader } from './votes.core.ts'
import { MAX_TERM_JUMP } from '../wire/limits.ts'
import type { Reading, Staged } from './following.core.ts'
import type { Leadership } from './leadership.core.ts'
import type { AppendResponse, Bye, ConfigResponse, HeartbeatResponse, Message, ReadResponse } from './messages.core.ts'
import type { ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, ElectionStatus, Entry, GroupView, MemberStatus, Profile, Time } from './types.core.ts'

/** Heartbeats and timeouts: for one machine or a LAN, the default, for far or relayed peers. */
export const PROFILES: Readonly<Record<'fast' | 'default' | 'wan', Profile>> = {
  fast: { heartbeat: 50, timeout: 200 },
  default: { heartbeat: 100, timeout: 500 },
  wan: { heartbeat: 200, timeout: 1_000 }
}

/** Milliseconds between two answers to a peer of another group. */
const TELL_EVERY = 500

export function createElection (config: ElectionConfig): ElectionCore {
  return new Election(config)
}

class Election implements ElectionCore {
  readonly #core: Core
  #staged: Staged | undefined
  #reading: Reading | undefined
  readonly #told = new Map<string, number>()

  constructor (config: ElectionConfig) {
    this.#core = new Core(config)
    const { durable } = config
    const core = this.#core
    // with the first save this life has an incarnation that the next one knows
    core.save(durable === undefined ? {} : { term: Math.max(core.hard.term, durable.synced.epoch === core.config?.epoch ? durable.synced.term : 0) })
    if (core.config !== undefined) waitForLeader(core)
    if (config.lost === true) core.problem('seat-lost', `the election's state of '${config.service}' was lost: this node votes again when the group has admitted it`)
  }

  get due (): number {
    const core = this.#core
    const { lead } = core
    let due = Math.min(core.electionDue, core.saveAgainAt, core.handover?.deadline ?? Infinity, core.early?.at ?? Infinity)
    if (lead === undefined) return Math.min(due, core.lookAt)
    due = Math.min(due, lead.nextHeartbeat, quorumDeadline(core, lead), lead.transfer?.deadline ?? Infinity, lead.transfer?.nextAt ?? Infinity)
    return lead.lease === undefined ? due : Math.min(due, lead.lease.now, core.time.now + Math.max(0, lead.lease.wall - core.time.wall))
  }

  step (input: ElectionInput): ElectionOutput[] {
    const core = this.#core
    const { now, wall } = input
    this.#setTime({ now, wall })
    this.#take(input)
    if (core.takeOver) {
      core.takeOver = false
      campaign(core, 'vote', true)
    }
    this.#timers(input.type === 'tick')
    core.tell()
    settleHandover(core)
    const { out } = core
    core.out = []
    return out
  }

  #setTime (time: Time): void {
    const core = this.#core
    const { lead } = core
    if (wasSetBack(core.time, time)) {
      // what was promised on that clock is promised again, what was earned on it is void
      if (core.contact !== undefined) core.contact = time
      if (lead !== undefined) {
        endLease(core, lead, 'the clock was set back')
        lead.voidRound = lead.round
        lead.sent.clear()
        lead.nextHeartbeat = time.now
        lead.quorumAt &&= { now: lead.quorumAt.now, wall: time.wall }
        lead.wonAt = { now: lead.wonAt.now, wall: time.wall }
      }
    }
    core.time = time
    if (lead?.lease !== undefined && !isBefore(time, lead.lease)) endLease(core, lead, 'no majority answers')
  }

  #take (input: ElectionInput): void {
    const core = this.#core
    switch (input.type) {
      case 'tick': break
      case 'message': this.#message(input.from, input.message); break
      case 'connected':
        core.connected.add(input.peer)
        core.sendHello(input.peer, true)
        break
      case 'closed': this.#closed(input.peer); break
      case 'saved':
        core.saved(input.id)
        count(core)
        if (core.founding !== undefined) lookAround(core)
        if (core.lead !== undefined) refresh(core, core.lead)
        break
      case 'save-failed':
        core.saveFailed(input.reason)
        if (core.role !== 'follower') becomeFollower(core, core.hard.term, undefined, 'the state cannot be saved')
        break
      case 'candidates': core.candidates = input.candidates; break
      case 'may-found':
        if (input.allowed && !core.mayFound) core.mayFoundSince = core.time.now
        core.mayFound = input.allowed
        break
      case 'group': this.#hearOf(input.view); break
      case 'propose':
        if (core.lead === undefined) refuse(core, input.id, 'not-leader')
        else core.lead.register.propose(input.id, input.writes)
        break
      case 'read':
        if (core.lead === undefined) refuse(core, input.id, 'not-leader')
        else core.lead.register.read(input.id, input.key)
        break
      case 'transfer': startTransfer(core, input.to, input.id); break
      case 'leave': startLeaving(core, input.last === true); break
      case 'recover': recover(core, input.voters, input.id); break
      case 'identity-conflict': this.#conflict(input.active); break
      case 'signed': onSigned(core, input.signed); break
      case 'verified': onVerified(core, input.id, input.ok); break
    }
  }

  #hearOf ({ group, epoch, kind }: GroupView): void {
    const core = this.#core
    if (!isPlausibleEpoch(core, epoch)) return
    core.seeEpoch(epoch)
    if (group !== core.group && (core.kind === 'default' || kind !== 'default')) core.seenGroupAt = core.time.now
  }

  #closed (peer: string): void {
    const core = this.#core
    core.connected.delete(peer)
    core.peers.delete(peer)
    this.#told.delete(peer)
    core.askedForProof.delete(peer)
    core.shownProof.delete(peer)
    const follower = core.lead?.followers.get(peer)
    // a line that was on its way may be lost
    if (follower !== undefined) follower.inflight = follower.line = undefined
    if (peer !== core.leader) return
    core.leaderGone = true
    hurry(core)
  }

  /** The other process has the same vote: this one gives it up, and becomes another voter to the group. */
  #conflict (active: boolean): void {
    const core = this.#core
    if (active && !core.conflict) {
      core.conflict = true
      becomeFollower(core, core.hard.term, undefined, 'another process uses this identity')
      core.save({ incarnation: drawIncarnation(core.init.random) })
      // who hears of it finds a node that does not lead
      core.tell()
      core.problem('identity-conflict', 'another process uses this identity: both stop voting; give each node a storage of its own')
    }
    core.conflict = active
    for (const peer of core.connected) core.sendHello(peer)
  }

  #message (from: string, message: Message): void {
    const core = this.#core
    if (core.broken || from === core.self || !core.connected.has(from)) return
    const config = 'config' in message && message.config !== undefined && 'voters' in message.config ? message.config : undefined
    const ahead = Math.max(message.term, config?.term ?? 0, (config?.version ?? 0) - (core.config?.version ?? 0)) - core.hard.term
    if (ahead > MAX_TERM_JUMP && message.group === core.group) return core.problem('term-jump', `${from} is ${ahead} terms, or configs, ahead: ignored`, from)
    if (!isPlausibleEpoch(core, Math.max(message.epoch, config?.epoch ?? 0, 'highestEpoch' in message ? message.highestEpoch : 0))) return onFarFuture(core, from, message)
    if (message.type === 'hello') return onHello(core, from, message)
    if (message.type === 'propose') return onPropose(core, from, message)
    if (message.type === 'pledge') return onPledge(core, from, message)
    if (message.group !== core.group || message.group === 0) return this.#tellGroup(from)
    this.#memberMessage(from, message)
  }

  #tellGroup (from: string): void {
    const { time: { now } } = this.#core
    if (now - (this.#told.get(from) ?? -Infinity) < TELL_EVERY) return
    this.#told.set(from, now)
    this.#core.sendHello(from, true)
  }

  #memberMessage (from: string, message: Exclude<Message, { type: 'hello' | 'propose' | 'pledge' }>): void {
    const core = this.#core
    switch (message.type) {
      case 'prevote': case 'vote': return onVoteRequest(core, from, message)
      case 'prevote-response': case 'vote-response': return onVoteResponse(core, from, message)
      case 'heartbeat': return onHeartbeat(core, from, message)
      case 'append': this.#staged = onAppend(core, from, message, this.#staged); return
      case 'read': this.#reading = onRead(core, from, message, this.#reading); return
      case 'config':
        if (mayTeach(core, from, message.incarnation, message.config)) onConfig(core, from, message)
        return
      case 'yield': return onYield(core, from, message)
      case 'lineage': return onLineage(core, from, message)
      case 'bye': return this.#bye(from, message)
      case 'timeout-now':
        // of this term's leader only: it may come late
        if (core.voting && from === core.leader && message.term === core.hard.term) core.takeOver = true
        return
      default: this.#answer(from, message)
    }
  }

  /** To something a leader sent. */
  #answer (from: string, message: HeartbeatResponse | ConfigResponse | AppendResponse | ReadResponse): void {
    const core = this.#core
    const { lead } = core
    const member = hasSeat(core.config, from, message.incarnation) || lead?.standbys.includes(from) === true
    if (!member) return
    if (message.term > core.hard.term) return becomeFollower(core, message.term)
    if (lead === undefined) return
    if (message.type === 'heartbeat-response') return onHeartbeatResponse(core, from, message)
    if (message.term < core.hard.term) return
    const follower = followerOf(lead, from, message.incarnation)
    if (message.type === 'config-response') {
      // the answer to a heartbeat counts
      if (bringConfig(core, from, follower, message.config) && !configCommitted(core, lead)) lead.nextHeartbeat = core.time.now
    } else if (message.type === 'table') lead.register.table(from, follower, message)
    else lead.register.appended(from, follower, message)
    refresh(core, lead)
  }

  #bye (from: string, message: Bye): void {
    const core = this.#core
    if (from === core.leader) {
      core.leaderGone = true
      hurry(core)
    }
    onBye(core, from, message)
  }

  /** @param alone - nothing was told: what is heard after a stall is taken before anybody is given up */
  #timers (alone: boolean): void {
    const core = this.#core
    const { now } = core.time
    if (core.saveAgainAt <= now) core.saveAgain()
    core.keepEpoch()
    if ((core.lead === undefined || core.founding !== undefined) && core.lookAt <= now) {
      lookAround(core)
      askForLeader(core)
    }
    if (core.greetAt <= now) greetStrangers(core)
    answerEarly(core)
    if (alone && core.electionDue <= now) electionTimeout(core)
    // the heir is looked for at each answer, until it is told that there is none
    if (core.leavingSeat && (core.lead === undefined || !core.saidLeft || now >= core.lead.nextHeartbeat)) leave(core)
    if (core.lead !== undefined) this.#leaderTimers(core.lead, now, alone)
    if (core.leavingSeat && !core.voting) leave(core)
  }

  #leaderTimers (lead: Leadership, now: number, alone: boolean): void {
    const core = this.#core
    // the only voter need not hear from itself in time
    if (alone && now >= quorumDeadline(core, lead) && core.config?.voters.length !== 1) return becomeFollower(core, core.hard.term, undefined, 'no majority answers')
    if (lead.transfer !== undefined) advanceTransfer(core)
    if (core.lead === undefined) return
    this.#settleEpoch(lead)
    if (core.lead === undefined || now < lead.nextHeartbeat) return
    autopilot(core)
    if (core.lead !== undefined) beat(core, lead)
  }

  /** A raised epoch is committed: it becomes part of the token with a new term, which this leader gives itself. */
  #settleEpoch (lead: Leadership): void {
    const core = this.#core
    const { config } = core
    if (config === undefined || config.epoch === lead.epoch || lead.transfer !== undefined || !configCommitted(core, lead)) return
    lead.over = true
    core.out.push({ type: 'group', what: 'merged', group: config.group, epoch: config.epoch })
    becomeFollower(core, core.hard.term, undefined, 'the group has a new epoch')
    campaign(core, 'vote', true)
  }

  status (time: Time): ElectionStatus {
    const core = this.#core
    const { config, lead, hard, self, leader } = core
    const describe = (id: string): MemberStatus => {
      const follower = lead?.followers.get(id)
      const own = id === self
      return {
        id,
        lastContact: own ? 0 : follower === undefined || follower.contact === -Infinity ? undefined : Math.max(0, time.now - follower.contact),
        synced: own ? core.durableSynced : follower?.synced
      }
    }
    return {
      group: core.group,
      epoch: core.token()?.epoch ?? config?.epoch ?? 0,
      kind: config?.kind ?? core.kind,
      term: hard.term,
      leader,
      voters: config?.voters.map(({ id }) => id) ?? [],
      state: core.state,
      config,
      members: config?.voters.map(({ id }) => describe(id)) ?? [],
      learners: lead?.standbys.map(describe) ?? [],
      leaseLeft: leaseLeft(lead, time),
      voting: core.voting,
      broken: core.broken,
      entries: core.table.entries.size
    }
  }

  entry (key: string): Entry | undefined {
    const entry = this.#core.table.entries.get(key)
    return entry?.value === undefined ? undefined : entry
  }

  * entries (): IterableIterator<Entry> {
    for (const entry of this.#core.table.entries) if (entry.value !== undefined) yield entry
  }

  get size (): { entries: number, bytes: number } {
    const { entries, bytes } = this.#core.table
    return { entries: entries.size, bytes }
  }
}
