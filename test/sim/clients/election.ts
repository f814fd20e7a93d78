/** What must hold for the election: E1 to E10, and a register that reads like one. */
import { createElection } from '../../../src/election/election.core.ts'
import { createRandom } from '../../../src/util/random.core.ts'
import { checkLinearizable, explain } from '../../harness/linearizability.ts'
import { peerOf, Violation } from '../kernel/types.ts'
import { judge } from './election-alive.ts'
import { Doubles } from './election-doubles.ts'
import { isForged, LiarProcess } from './election-liar.ts'
import { Meetings } from './election-meeting.ts'
import { ElectionProcess, TWINS } from './election-process.ts'
import { drawSetup, FAULTS, SCHEDULE, workload } from './election-setup.ts'
import { checkCommitted, checkDurable, checkHeld, checkOwnVote, checkReconfiguration, checkWon, compareTokens, majorityOf } from './election-checks.ts'
import type { Living, Verdict } from './election-alive.ts'
import type { Disks } from './election-checks.ts'
import type { ElectionView, MakeCore, Seen, Surroundings } from './election-process.ts'
import type { Setup } from './election-setup.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type { Config, Durable, Entry, HardState, Rank, Token } from '../../../src/election/types.core.ts'
import type { Operation } from '../../harness/history.ts'
import type { Model } from '../../harness/linearizability.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Client, Process, SimEvent } from '../kernel/types.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'

const SETTLE = 30_000
/** When groups have to be founded or merged first. */
const SETTLE_SLOWLY = 75_000
/** In the last seconds of the good times all must have been well once. */
const LAST = 10_000
const CHECK_EVERY = 50
/** Records are as old as this. */
const RECORDS_EVERY = 500
/** More of them on one key would be a search for ever. */
const MAX_OPERATIONS = 300
const SETTLED = 5_000
/** Of the simulated wall clocks, ms; how far they may be ahead; and an epoch is a time. */
const EPOCH_0 = 1_700_000_000_000
const AHEAD = 24 * 60 * 60 * 1_000 + 600_000
const EPOCHS_PER_MS = 1_024

type Input = { op: 'write' | 'link', value: string | null } | { op: 'read' }
interface Call { key: string, input: Input, called: number, returned: number, output: string | null | undefined }

const register: Model<string | null, Input, string | null> = {
  init: null,
  step: (state, input, output) => {
    if (input.op === 'write') return { state: input.value }
    // one that was answered found no value
    if (input.op === 'link') return output === undefined ? { state: state ?? input.value } : state === null ? { state: input.value } : undefined
    return output === undefined || output === state ? { state } : undefined
  },
  key: state => String(state)
}

export function electionClient (name = 'election', make: MakeCore = createElection): ClientFactory {
  return {
    name,
    faults: FAULTS,
    workload,
    schedule: SCHEDULE,
    mustHappen: ['elections', 'reconfigurations', 'restarts', 'writes', 'reads', 'lost calls', 'adopted', 'transfers', 'founded', 'joined', 'leave', 'transfer', 'identity', 'recovered', 'lies', 'alive', 'left to others', 'clones told'],
    create: world => new ElectionClient(world, make)
  }
}

class ElectionClient implements Client {
  readonly name = 'election'
  readonly faults = FAULTS
  readonly mustHappen = []
  readonly #world: World
  readonly #make: MakeCore
  readonly #setup: Setup
  /** The longest of any node. */
  readonly #timeout: number
  readonly #leaders = new Map<string, string>()
  /** Terms that a candidate voted for itself in. */
  readonly #begun = new Set<string>()
  /** Terms that a leader asked its successor to begin. */
  readonly #asked = new Set<string>()
  /** By group and key, the rank of the latest write that was committed. */
  readonly #committed = new Map<number, Map<string, Rank>>()
  /** By group and term, what each seat held when it entered it. */
  readonly #promised = new Map<string, Map<string, Durable | undefined>>()
  readonly #votes = new Map<string, string>()
  readonly #states = new Map<string, HardState>()
  readonly #fence = new Map<number, Token>()
  readonly #calls = new Map<string, Call & { group: number }>()
  readonly #recovered = new Set<number>()
  /** Calls that wrote several keys, and what each call found at its keys. */
  readonly #together = new Set<string>()
  readonly #before = new Map<string, string | undefined>()
  /** When a node last reached each voter. */
  readonly #reached = new Map<string, Map<string, number>>()
  readonly #changedAt = new Map<string, number>()
  #nextCheck = 0
  #lookedAt = 0
  readonly #meetings: Meetings
  readonly #doubles: Doubles
  readonly #records = new Map<string, { at: number, seen: Seen }>()
  #verdict: Verdict = { is: 'missing', what: 'a look', slow: false }

  constructor (world: World, make: MakeCore) {
    this.#world = world
    this.#make = make
    this.#setup = drawSetup(world.scenario)
    this.#timeout = Math.max(...world.ids.map(id => this.#setup.options(id).profile?.timeout ?? 500))
    this.#meetings = new Meetings(world, () => this.#up().filter(node => !this.#isLiars(node.id)))
    this.#doubles = new Doubles(world, createRandom(world.scenario.seed).fork('doubles'), this.#timeout)
  }

  get settleTime (): number {
    return this.#verdict.is === 'missing' && this.#verdict.slow && !this.#setup.mixed ? SETTLE_SLOWLY : SETTLE
  }

  create (id: string): Process {
    if (peerOf(id) === this.#setup.liar) return new LiarProcess(() => this.#world.healed)
    return new ElectionProcess(this.#make, this.#setup.options(peerOf(id)), this.#surroundings(id))
  }

  keeps (id: string): boolean {
    return peerOf(id) === this.#setup.liar || this.#setup.started.persistent
  }

  #surroundings (id: string): Surroundings {
    return {
      nodes: () => this.#discovered(id),
      lostForGood: () => this.#lostForGood(id),
      errs: () => !this.#world.healed,
      bootstrapped: this.#setup.started.bootstrapped
    }
  }

  /** What discovery tells of those in reach. */
  #discovered (id: string): readonly Seen[] {
    const now = Math.floor(this.#world.now / RECORDS_EVERY)
    return [...this.#meetings.seenBy(id)].filter(name => peerOf(name) === name || name === id).map(name => {
      let record = this.#records.get(name)
      if (record?.at !== now) {
        record = { at: now, seen: this.#recordOf(name) }
        this.#records.set(name, record)
      }
      return record.seen
    })
  }

  #recordOf (name: string): Seen {
    const node = this.#world.nodes.get(name)!
    if (peerOf(name) === this.#setup.liar) return { id: name, eligible: true, leads: undefined, view: undefined }
    const view = processOf(node)
    const { group, epoch, kind, term, leader, voters } = view.core.status(view.time())
    const votes = voters.includes(peerOf(name))
    const eligible = name !== this.#setup.tab && view.leaving === undefined
    return { id: peerOf(name), eligible, leads: votes && leader !== undefined ? group : undefined, view: votes ? { group, epoch, kind, term, leader, voters } : undefined }
  }

  /** Who had no group, or no leader for a while, and believed the liar: a peer can found what it likes, and who votes in that is his. */
  #isLiars (id: string): boolean {
    const view = processOf(this.#world.nodes.get(id)!)
    return isForged(view.core.status(view.time()).config)
  }

  /** Those who are left of a group that can never have a majority again; undefined while it may. */
  #lostForGood (by: string): string[] | undefined {
    const disks = this.#disks()
    const configs = [...this.#world.nodes.values()].filter(node => node.status === 'up' || node.returning).map(({ id }) => disks.get(id)?.hard.config)
    const newest = newestOf(configs.filter(config => config !== undefined))
    if (newest === undefined) return undefined
    const lost = newest.voters.filter(({ id, incarnation }) => {
      const node = this.#world.nodes.get(id)!
      const mayVote = node.status === 'up' || node.returning
      return !mayVote || this.#disks().get(id)?.hard.incarnation !== incarnation
    })
    if (lost.length <= newest.voters.length - majorityOf(newest)) return undefined
    const { network } = this.#world
    return this.#up().filter(({ id, frozen }) => !frozen && id !== this.#setup.tab && (id === by || network.carries(id, by))).map(({ id }) => peerOf(id)).slice(0, 3)
  }

  leader (): string | undefined {
    return this.#up().find(node => processOf(node).core.status(processOf(node).time()).state === 'leader')?.id
  }

  followers (): string[] {
    const id = this.leader()
    return id === undefined ? [] : processOf(this.#world.nodes.get(id)!).durable?.hard.config?.voters.map(voter => voter.id).filter(voter => voter !== peerOf(id)) ?? []
  }

  observe (id: string, event: SimEvent): void {
    const { ruined } = this.#doubles
    if (ruined.size > 0 && ruined.has(this.#groupOf(id, event))) return this.#noteChange(id, event)
    try {
      this.#take(id, event)
    } catch (error) {
      const group = this.#groupOf(id, event)
      const twice = error instanceof Violation && error.invariant === 'E1' && this.#doubles.hadIn(group, processOf(this.#world.nodes.get(id)!).durable?.hard.term ?? Infinity)
      if (!(error instanceof Violation) || error.invariant === 'E5' || !(twice || this.#doubles.has(group))) throw error
      ruined.add(group)
      this.#world.count('ruined by clones')
    }
  }

  /** That an event is about. */
  #groupOf (id: string, event: SimEvent): number {
    if (event.type === 'state') return (event['hard'] as HardState).config?.group ?? 0
    const view = processOf(this.#world.nodes.get(id)!)
    return view.core.status(view.time()).group
  }

  #take (id: string, event: SimEvent): void {
    const node = this.#world.nodes.get(id)!
    const { life } = node
    if (event.type !== 'state' && this.#isLiars(id)) return
    switch (event.type) {
      case 'state':
        this.#checkState(id, life, event['hard'] as HardState)
        if (isForged((event['hard'] as HardState).config)) return
        this.#checkTwins(id, event['twins'] as Array<Uint8Array | undefined>)
        break
      case 'sent': this.#checkSent(id, String(event['to']), event['message'] as Message, event['view'] as ElectionView); break
      case 'lease': this.#checkLease(id, event['view'] as ElectionView, event['token'] as Token); break
      case 'ready': this.#checkReady(id, event['token'] as Token, event['view'] as ElectionView); break
      case 'change': this.#checkChange(id, life, event); break
      case 'group': {
        const { config } = processOf(node).core.status(processOf(node).time())
        if (event['what'] === 'founded' && config !== undefined) this.#meetings.founded(node, config, other => holds(processOf(other)))
        break
      }
      case 'leaves': if (event['whole'] === true) this.#meetings.leaves(node); break
      case 'exits': if (!this.#setup.mixed) this.#meetings.exits(node, other => other === this.#setup.tab); break
      case 'called': {
        const op = event['op'] as string
        const call = String(event['call'])
        const keys = event['keys'] as string[] | undefined ?? []
        if (keys.length > 1) this.#together.add(call)
        for (const [key, value] of event['before'] as Array<[string, Uint8Array | undefined]> | undefined ?? []) {
          if (keys.includes(key)) this.#before.set(`${key} ${call}`, textOf(value))
        }
        const input: Input = op === 'read' ? { op } : { op: op === 'link' ? op : 'write', value: op === 'delete' ? null : call }
        this.#calls.set(call, { key: `${event['group']} ${event['key']}`, group: Number(event['group']), input, called: this.#world.now, returned: Infinity, output: undefined })
        break
      }
      case 'committed': case 'value': case 'refused': this.#ended(id, event); break
    }
  }

  #ended (id: string, event: SimEvent): void {
    const name = String(event['call'])
    const call = this.#calls.get(name)
    if (call === undefined) return
    if (event.type === 'refused') {
      if (event['certain'] === true) this.#calls.delete(name)
      else this.#world.count('lost calls')
      return
    }
    call.returned = this.#world.now
    if (event.type === 'committed') {
      const ranks = this.#committed.get(call.group) ?? new Map<string, Rank>()
      this.#committed.set(call.group, ranks.set(call.key.split(' ')[1]!, (event['ranks'] as Rank[])[0]!))
    }
    const entry = event['entry'] as Entry | undefined
    call.output = event.type === 'committed' || entry?.value === undefined ? null : textOf(entry.value)!
    this.#world.count(event.type === 'committed' ? 'writes' : 'reads')
    if (this.#doubles.had(call.group)) return
    const rank = event.type === 'committed' ? (event['ranks'] as Rank[])[0] : entry?.rank
    const { config } = (event['view'] as ElectionView).core.status((event['view'] as ElectionView).time())
    // what was committed by the voters before may still be on its way to the present ones
    if (rank === undefined || config === undefined || this.#world.now - (this.#changedAt.get(id) ?? -Infinity) < SETTLED) return
    checkHeld(id, config, call.key.split(' ')[1]!, rank, this.#disks())
  }

  /** In a group that is not judged any more: a lease that was earned with another config lasts there, too. */
  #noteChange (id: string, event: SimEvent): void {
    if (event.type !== 'state') return
    const key = `${id}/${this.#world.nodes.get(id)!.life}`
    const hard = event['hard'] as HardState
    const before = this.#states.get(key)?.config
    this.#states.set(key, hard)
    if (before?.term !== hard.config?.term || before?.version !== hard.config?.version) this.#changedAt.set(id, this.#world.now)
  }

  /** E2: numbers only grow, a vote is given once. */
  #checkState (id: string, life: number, hard: HardState): void {
    const key = `${id}/${life}`
    const before = this.#states.get(key)
    this.#states.set(key, hard)
    this.#checkBelieved(id, before, hard)
    // who came over to a liar's own group is his
    if (isForged(hard.config)) return
    if (before?.incarnation !== hard.incarnation || before.config?.group !== hard.config?.group) return
    this.#checkConfig(id, key, before.config, hard.config)
    if (hard.term < before.term) throw new Violation('E2', `${id} went back from term ${before.term} to ${hard.term}`)
    if (hard.term > before.term) this.#checkTerm(id, hard)
    if (hard.term === before.term && before.vote !== undefined && hard.vote !== before.vote) throw new Violation('E2', `${id} changed its vote in term ${hard.term}`)
  }

  /** Who has a seat believes nobody without one, and nobody uses the numbers up. */
  #checkBelieved (id: string, before: HardState | undefined, { config, incarnation, highestEpoch }: HardState): void {
    if (highestEpoch > (EPOCH_0 + this.#world.now + AHEAD) * EPOCHS_PER_MS) throw new Violation('strangers', `${id} believes in an epoch of the far future`)
    const seated = before?.founded === true && before.config?.voters.some(voter => voter.id === id && voter.incarnation === before.incarnation) === true
    if (!seated || before.config?.kind === 'default' || incarnation !== before.incarnation || isForged(before.config) || !isForged(config)) return
    throw new Violation('strangers', `${id}, a voter, believes ${this.#setup.liar ?? ''} about the config`)
  }

  /** E7: what was written as one is there as one, but for what was written over it later. */
  #checkTwins (id: string, values: Array<Uint8Array | undefined>): void {
    if (this.#doubles.hadAny) return
    const names = values.map(textOf)
    TWINS.forEach((key, i) => {
      const [own, other] = [names[1 - i]!, names[i]]
      if (!this.#together.has(own)) return
      let at = other
      while (at !== undefined && at !== own) at = this.#before.get(`${key} ${at}`)
      if (at === undefined) throw new Violation('E7', `${id} holds half of what ${own} wrote: ${key} is of ${other ?? 'nobody'}`)
    })
  }

  /** A leader changed its config. */
  #checkConfig (id: string, key: string, last: Config | undefined, config: Config | undefined): void {
    if (last === undefined || config === undefined || last.term !== config.term || last.version === config.version) return
    if (this.#leaders.get(`${config.group} ${config.term}`) !== key) return
    this.#world.count('reconfigurations')
    this.#changedAt.set(id, this.#world.now)
    checkReconfiguration(id, last, config, this.#disks())
    if (!this.#doubles.had(config.group)) checkCommitted(id, last, this.#committed.get(config.group), this.#disks())
  }

  /** PreVote: a term begins only when a majority would vote for it, and nobody enters one that nobody began. */
  #checkTerm (id: string, { config, term, vote }: HardState): void {
    const name = `${config?.group} ${term}`
    if (vote !== peerOf(id)) {
      if (!this.#begun.has(name)) throw new Violation('PreVote', `${id} entered term ${term}, which no candidate began`)
      return
    }
    this.#begun.add(name)
    if (this.#asked.has(name)) return
    const reached = this.#reachedMajority(id, config)
    // answers that came while it was frozen are heard when it wakes
    const since = this.#world.now - reached - (Number.isFinite(reached) ? this.#world.nodes.get(id)!.stalledSince(reached) : 0)
    const allowed = 3 * this.#timeout + 2_000 + 3 * this.#world.scenario.fsync
    if (since > allowed && since < Infinity) throw new Violation('PreVote', `${id} began term ${term} though it reached no majority for ${Math.round(since)} ms`)
  }

  /** E5, and E2 across crashes: what was told counts. */
  #checkSent (id: string, to: string, message: Message, view: ElectionView): void {
    checkDurable(id, message, view)
    if (message.type === 'timeout-now') this.#asked.add(`${message.group} ${message.term + 1}`)
    if (message.type === 'heartbeat-response' && message.round > 0) this.#remember(message.group, message.term, view)
    if (message.type === 'vote-response' && message.granted) this.#voted(`${peerOf(id)} ${message.incarnation} ${message.group} ${message.term}`, to)
  }

  /** E2. A candidate votes for itself when it wins, not when it asks: a crash between the two may make it forget. */
  #voted (key: string, granted: string): void {
    const before = this.#votes.get(key)
    if (before !== undefined && before !== granted) throw new Violation('E2', `${key}: voted for ${before} and ${granted}`)
    this.#votes.set(key, granted)
  }

  #checkChange (id: string, life: number, event: SimEvent): void {
    const config = event['config'] as Config | undefined
    const key = `${id}/${life}`
    if (config?.kind === 'recover') this.#recovered.add(config.group)
    if (event['state'] !== 'leader' || config === undefined) return
    if (!config.voters.some(voter => voter.id === peerOf(id))) throw new Violation('E6', `${id} leads a group that it has no seat in`)
    const { term } = event['token'] as Token
    const reign = `${config.group} ${term}`
    const other = this.#leaders.get(reign)
    if (other !== undefined && other !== key) throw new Violation('E1', `${other} and ${key} both lead group ${config.group} in term ${term}`)
    if (other === undefined) {
      const view = event['view'] as ElectionView
      this.#world.count('elections')
      checkOwnVote(peerOf(id), term, view)
      this.#voted(`${peerOf(id)} ${view.durable!.hard.incarnation} ${config.group} ${term}`, peerOf(id))
      checkWon(id, config, term, this.#disks())
    }
    this.#leaders.set(reign, key)
  }

  /** What a node held when it first answered a leader of that term, and so refused all lower ones. */
  #remember (group: number, term: number, { durable }: ElectionView): void {
    const name = `${group} ${term}`
    const held = this.#promised.get(name) ?? new Map<string, Durable | undefined>()
    this.#promised.set(name, held)
    const seat = durable?.hard.incarnation ?? ''
    if (!held.has(seat)) held.set(seat, durable)
  }

  /** E7, Raft fig. 8: what a leader serves under an old rank was on a majority that refused lower terms, with that rank. */
  #checkReady (id: string, { term }: Token, view: ElectionView): void {
    const { config } = view.core.status(view.time())
    if (config === undefined || this.#doubles.had(config.group)) return
    this.#remember(config.group, term, view)
    const held = this.#promised.get(`${config.group} ${term}`)
    for (const { key, rank } of view.core.entries()) {
      if (rank.term === term) continue
      const holders = config.voters.filter(voter => held?.get(voter.incarnation)?.entries.some(entry => entry.key === key && compareTokens(entry.rank, rank) === 0 && entry.rank.index === rank.index))
      if (holders.length < majorityOf(config)) throw new Violation('E7', `${id} serves ${key} in term ${term} with its rank of term ${rank.term}, which ${holders.length} of ${config.voters.length} had`)
    }
  }

  /** E3 and E4: leases never overlap in true time, and their tokens grow. */
  #checkLease (id: string, view: ElectionView, token: Token): void {
    const { group, config } = view.core.status(view.time())
    if (isStrict(view)) {
      for (const node of this.#up()) {
        const other = processOf(node)
        if (node.id === id || this.#isLiars(node.id) || !isStrict(other) || !holds(other)) continue
        const theirs = other.core.status(other.time()).config
        // an operator says that the group before is gone: its last lease is, too
        if (theirs?.group !== group && !isRecoveryOf(config, theirs) && !isRecoveryOf(theirs, config)) continue
        throw new Violation('E3', `${id} and ${node.id} have leases at once, of groups ${group} and ${theirs?.group}, in terms ${token.term} and ${other.lease?.token.term}`)
      }
      // who founds a lost group anew goes on from its tokens
      const before = config?.kind === 'recover' || !this.#fence.has(group) ? this.#fence.get(config?.replaces ?? 0) : undefined
      const highest = [this.#fence.get(group), before].reduce((a, b) => a === undefined || (b !== undefined && compareTokens(b, a) > 0) ? b : a, undefined)
      if (highest !== undefined && compareTokens(token, highest) < 0) {
        throw new Violation('E4', `${id} leads with ${token.epoch}/${token.term} after ${highest.epoch}/${highest.term}`)
      }
      this.#fence.set(group, token)
    }
    this.#world.count('leases')
  }

  check (): void {
    const { now } = this.#world
    if (now < this.#nextCheck) return
    this.#nextCheck = now + CHECK_EVERY
    this.#checkCutOff(now)
    this.#meetings.look()
    this.#checkDoubles()
    const { healAt } = this.#world.scenario
    if (now < healAt + SETTLE - LAST || now - this.#lookedAt < 500 || this.#verdict.is === 'well' || this.#setup.mixed) return
    this.#lookedAt = now
    this.#verdict = this.#judge()
    if (this.#verdict.is === 'missing' && !this.#verdict.slow && now >= healAt + SETTLE) throw new Violation('E10', this.#verdict.what)
  }

  /** E1 of two machines with one identity: who knows of the other does not vote. */
  #checkDoubles (): void {
    this.#doubles.look(id => id === this.#setup.liar)
    for (const node of this.#up()) {
      const { conflict, core } = processOf(node)
      if (conflict && core.status(processOf(node).time()).voting) throw new Violation('E1', `${node.id} votes although its identity is in use elsewhere`)
    }
  }

  /** E9: who reaches no majority has no lease after T. */
  #checkCutOff (now: number): void {
    const allowed = this.#timeout / 0.98 + 10 + CHECK_EVERY
    for (const node of this.#up().filter(({ id }) => !this.#isLiars(id))) {
      const { config } = processOf(node).core.status(processOf(node).time())
      const since = now - this.#reachedMajority(node.id, config)
      // a lease that was earned with another config lasts
      if (Math.min(since, now - (this.#changedAt.get(node.id) ?? 0)) > allowed && isStrict(processOf(node)) && holds(processOf(node))) throw new Violation('E9', `${node.id} is cut off for ${Math.round(since)} ms and has a lease`)
    }
  }

  /** When the node last reached a majority, though perhaps not all at once. */
  #reachedMajority (id: string, config: Config | undefined): number {
    const { network, now } = this.#world
    const reached = this.#reached.get(id) ?? new Map<string, number>()
    this.#reached.set(id, reached)
    for (const { id: other, status } of this.#world.nodes.values()) {
      // a copy answers with the same name
      if ((status === 'up' || peerOf(other) === other) && (!network.isCut(other, id) || !network.isCut(id, other))) reached.set(peerOf(other), now)
    }
    const times = (config?.voters ?? []).map(voter => voter.id === peerOf(id) ? Infinity : reached.get(voter.id) ?? -Infinity)
    return times.sort((a, b) => b - a)[Math.floor(times.length / 2)] ?? Infinity
  }

  settled (): string | undefined {
    this.#checkCalls()
    if (this.#setup.mixed) return undefined
    const verdict = this.#verdict.is === 'well' ? this.#verdict : this.#judge()
    if (verdict.is === 'missing') return verdict.what
    this.#world.count(verdict.is === 'well' ? verdict.how : verdict.why)
    return undefined
  }

  /** E7, and linearizability of each key. */
  #checkCalls (): void {
    const keys = new Map<string, Operation[]>()
    for (const [client, { group, ...call }] of this.#calls) {
      // what is unknown and was only a read says nothing
      if (this.#recovered.has(group) || this.#doubles.had(group) || (call.input.op === 'read' && call.returned === Infinity)) continue
      const list = keys.get(call.key) ?? []
      list.push({ client, ...call })
      keys.set(call.key, list)
    }
    for (const operations of keys.values()) {
      const verdict = checkLinearizable(register, operations.slice(0, MAX_OPERATIONS) as Array<Operation<Input, string | null>>, { maxSteps: 200_000 })
      if (verdict.ok === false) throw new Violation('E7', explain(verdict))
      if (verdict.ok === 'undecided') this.#world.count('undecided')
    }
  }

  /** E10. Who believed the liar is his: a voter does not leave a group that was founded on purpose, not even a liar's. */
  #judge (): Verdict {
    const nodes = this.#up().filter(node => !node.frozen)
    const configs = nodes.map(node => processOf(node).durable?.hard.config)
    if (configs.some(config => isForged(config)) || nodes.some(node => this.#isLiars(node.id))) return { is: 'excused', why: 'a liar was believed' }
    if (configs.some(config => config !== undefined && this.#doubles.ruined.has(config.group))) return { is: 'excused', why: 'a seat was two' }
    const living = nodes.map((node): Living => {
      const view = processOf(node)
      const { leader } = view.core.status(view.time())
      const { config, founded, incarnation } = view.durable?.hard ?? {}
      return {
        id: node.id, able: view.leaving === undefined && node.id !== this.#setup.tab, incarnation, config, founded: founded ?? false, leader, leads: holds(view),
        sees: this.#meetings.seenBy(node.id).size - 1
      }
    })
    const verdict = judge(living, this.#setup.started)
    return verdict.is === 'well' ? this.#judgeToken(nodes) ?? verdict : verdict
  }

  /** E4 when groups have met: nobody knows a token that is above the leader's, or fences would refuse it for ever. */
  #judgeToken (nodes: readonly SimNode[]): Verdict | undefined {
    if (this.#setup.liar !== undefined) return undefined
    const token = nodes.map(node => processOf(node).lease?.token).find(token => token !== undefined)
    const known = Math.max(...nodes.map(node => processOf(node).durable?.hard.highestEpoch ?? 0))
    return token === undefined || token.epoch >= known ? undefined : { is: 'missing', what: `the leader's epoch is ${token.epoch}, and somebody knows of ${known}`, slow: true }
  }

  /** Those that are honest. */
  #up (): SimNode[] {
    return this.#world.up().filter(({ id }) => peerOf(id) !== this.#setup.liar)
  }

  /** What is on each disk, also of those that are dead. */
  #disks (): Disks {
    return new Map([...this.#world.nodes.values()].filter(({ id }) => peerOf(id) !== this.#setup.liar).map(node => [node.id, node.process === undefined ? node.disk.read('state') as Durable | undefined : processOf(node).durable]))
  }
}

const decoder = new TextDecoder()

/** The name of the call that wrote it; the rest is only size. */
function textOf (value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : decoder.decode(value.subarray(0, 100)).trimEnd()
}

function newestOf (configs: readonly Config[]): Config | undefined {
  return configs.reduce<Config | undefined>((a, b) => a === undefined || b.term > a.term || (b.term === a.term && b.version > a.version) ? b : a, undefined)
}

function isRecoveryOf (config: Config | undefined, before: Config | undefined): boolean {
  return config?.kind === 'recover' && before !== undefined && config.replaces === before.group
}

function isStrict (view: ElectionView): boolean {
  return view.options.lease !== 'off'
}

function holds (view: ElectionView): boolean {
  if (view.lease === undefined) return false
  const { now, wall } = view.time()
  return now < view.lease.until.now && wall < view.lease.until.wall
}

function processOf (node: SimNode): ElectionProcess {
  return node.process as ElectionProcess
}
