/** What must hold for the election: E1 to E10, and a register that reads like one. */
import { createElection } from '../../../src/election/election.core.ts'
import { struckBy } from '../kernel/faults.ts'
import { peerOf, Violation } from '../kernel/types.ts'
import { judge } from './election-alive.ts'
import { Records } from './election-discovery.ts'
import { History } from './election-history.ts'
import { Leases } from './election-leases.ts'
import { isForged, LiarProcess } from './election-liar.ts'
import { Meetings } from './election-meeting.ts'
import { ElectionProcess } from './election-process.ts'
import { Reach } from './election-reach.ts'
import { Reigns } from './election-reigns.ts'
import { drawSetup, FAULTS, SCHEDULE, STRUCK, workload } from './election-setup.ts'
import { holds, processOf, Sight } from './election-sight.ts'
import type { Living, Verdict } from './election-alive.ts'
import type { ElectionView, MakeCore, Surroundings } from './election-process.ts'
import type { Setup } from './election-setup.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type { HardState, Token } from '../../../src/election/types.core.ts'
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
/** Of the simulated wall clocks, ms; how far they may be ahead; and an epoch is a time. */
const EPOCH_0 = 1_700_000_000_000
const AHEAD = 24 * 60 * 60 * 1_000 + 600_000
const EPOCHS_PER_MS = 1_024

export function electionClient (name = 'election', make: MakeCore = createElection): ClientFactory {
  return {
    name,
    faults: FAULTS,
    workload,
    schedule: SCHEDULE,
    mustHappen: ['elections', 'reconfigurations', 'restarts', 'writes', 'reads', 'lost calls', 'adopted', 'transfers', 'founded', 'joined', 'leave', 'transfer', 'identity', 'recovered', 'lies', 'alive', 'left to others', 'clones told', 'saves refused', 'founders severed', ...STRUCK.map(struckBy)],
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
  readonly #sight: Sight
  readonly #meetings: Meetings
  readonly #records: Records
  readonly #history: History
  readonly #reigns: Reigns
  readonly #leases: Leases
  readonly #states = new Map<string, HardState>()
  #nextCheck = 0
  #lookedAt = 0
  #verdict: Verdict = { is: 'missing', what: 'a look', slow: false }

  constructor (world: World, make: MakeCore) {
    this.#world = world
    this.#make = make
    this.#setup = drawSetup(world.scenario)
    const sight = this.#sight = new Sight(world, this.#setup)
    this.#meetings = new Meetings(world, () => sight.up().filter(node => !sight.isLiars(node.id)))
    this.#records = new Records(sight, this.#meetings)
    this.#history = new History(sight)
    const reach = new Reach(world)
    this.#reigns = new Reigns(sight, this.#history, reach, this.#meetings)
    this.#leases = new Leases(sight, reach, CHECK_EVERY)
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
      nodes: () => this.#records.discovered(id),
      lostForGood: without => this.#records.lostForGood(id, without),
      errs: () => !this.#world.healed,
      bootstrapped: this.#setup.started.bootstrapped
    }
  }

  leader (): string | undefined {
    return this.#sight.up().find(node => processOf(node).core.status(processOf(node).time()).state === 'leader')?.id
  }

  followers (): string[] {
    const id = this.leader()
    return id === undefined ? [] : processOf(this.#world.nodes.get(id)!).durable?.hard.config?.voters.map(voter => voter.id).filter(voter => voter !== peerOf(id)) ?? []
  }

  observe (id: string, event: SimEvent): void {
    const { ruined } = this.#sight.doubles
    if (ruined.size > 0 && ruined.has(this.#groupOf(id, event))) return this.#noteChange(id, event)
    try {
      this.#take(id, event)
    } catch (error) {
      const group = this.#groupOf(id, event)
      const twice = error instanceof Violation && error.invariant === 'E1' && this.#sight.doubles.hadIn(group, processOf(this.#world.nodes.get(id)!).durable?.hard.term ?? Infinity)
      if (!(error instanceof Violation) || error.invariant === 'E5' || !(twice || this.#sight.doubles.has(group))) throw error
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
    if (event.type !== 'state' && this.#sight.isLiars(id)) return
    switch (event.type) {
      case 'state':
        this.#checkState(id, life, event['hard'] as HardState)
        if (isForged((event['hard'] as HardState).config)) return
        this.#history.checkTwins(id, event['twins'] as Array<Uint8Array | undefined>)
        break
      case 'sent': this.#reigns.checkSent(id, String(event['to']), event['message'] as Message, event['view'] as ElectionView); break
      case 'lease': this.#leases.checkLease(id, event['view'] as ElectionView, event['token'] as Token); break
      case 'ready': this.#reigns.checkReady(id, event['token'] as Token, event['view'] as ElectionView); break
      case 'change': this.#reigns.checkChange(id, life, event); break
      case 'group': {
        const { config } = processOf(node).core.status(processOf(node).time())
        if (event['what'] === 'founded' && config !== undefined) {
          this.#meetings.founded(node, config, other => holds(processOf(other)))
          this.#sever(id)
        }
        break
      }
      case 'leaves': if (event['whole'] === true) this.#meetings.leaves(node); break
      case 'exits': if (!this.#setup.mixed) this.#meetings.exits(node, other => other === this.#setup.tab); break
      case 'called': this.#history.called(event); break
      case 'committed': case 'value': case 'refused': this.#history.ended(id, event); break
    }
  }

  /** Whoever else is in the set that it has just founded does not hear of it. */
  #sever (id: string): void {
    const { severs, ids, now } = this.#world
    if (severs === undefined) return
    this.#world.severs = undefined
    const links = ids.flatMap((other): Array<[string, string]> => other === id ? [] : [[id, other], [other, id]])
    this.#world.strike({ kind: 'isolate', at: now, ms: severs, links })
    this.#world.count('founders severed')
  }

  /** In a group that is not judged any more: a lease that was earned with another config lasts there, too. */
  #noteChange (id: string, event: SimEvent): void {
    if (event.type !== 'state') return
    const key = `${id}/${this.#world.nodes.get(id)!.life}`
    const hard = event['hard'] as HardState
    const before = this.#states.get(key)?.config
    this.#states.set(key, hard)
    if (before?.term !== hard.config?.term || before?.version !== hard.config?.version) this.#sight.changedAt.set(id, this.#world.now)
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
    this.#reigns.checkConfig(id, key, before.config, hard.config)
    if (hard.term < before.term) throw new Violation('E2', `${id} went back from term ${before.term} to ${hard.term}`)
    if (hard.term > before.term) this.#reigns.checkTerm(id, hard)
    if (hard.term === before.term && before.vote !== undefined && hard.vote !== before.vote) throw new Violation('E2', `${id} changed its vote in term ${hard.term}`)
  }

  /** Who has a seat believes nobody without one, and nobody uses the numbers up. */
  #checkBelieved (id: string, before: HardState | undefined, { config, incarnation, highestEpoch }: HardState): void {
    if (highestEpoch > (EPOCH_0 + this.#world.now + AHEAD) * EPOCHS_PER_MS) throw new Violation('strangers', `${id} believes in an epoch of the far future`)
    const seated = before?.founded === true && before.config?.voters.some(voter => voter.id === id && voter.incarnation === before.incarnation) === true
    if (!seated || before.config?.kind === 'default' || incarnation !== before.incarnation || isForged(before.config) || !isForged(config)) return
    throw new Violation('strangers', `${id}, a voter, believes ${this.#setup.liar ?? ''} about the config`)
  }

  check (): void {
    const { now } = this.#world
    if (now < this.#nextCheck) return
    this.#nextCheck = now + CHECK_EVERY
    this.#leases.checkCutOff(now)
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
    this.#sight.doubles.look(id => id === this.#setup.liar)
    for (const node of this.#sight.up()) {
      const { conflict, core } = processOf(node)
      if (conflict && core.status(processOf(node).time()).voting) throw new Violation('E1', `${node.id} votes although its identity is in use elsewhere`)
    }
  }

  settled (): string | undefined {
    this.#history.checkCalls()
    if (this.#setup.mixed) return undefined
    const verdict = this.#verdict.is === 'well' ? this.#verdict : this.#judge()
    if (verdict.is === 'missing') return verdict.what
    this.#world.count(verdict.is === 'well' ? verdict.how : verdict.why)
    return undefined
  }

  /** E10. Who believed the liar is his: a voter does not leave a group that was founded on purpose, not even a liar's. */
  #judge (): Verdict {
    const nodes = this.#sight.up().filter(node => !node.frozen)
    const configs = nodes.map(node => processOf(node).durable?.hard.config)
    if (configs.some(config => isForged(config)) || nodes.some(node => this.#sight.isLiars(node.id))) return { is: 'excused', why: 'a liar was believed' }
    if (configs.some(config => config !== undefined && this.#sight.doubles.ruined.has(config.group))) return { is: 'excused', why: 'a seat was two' }
    const living = nodes.map((node): Living => {
      const view = processOf(node)
      const { leader } = view.core.status(view.time())
      const { config, founded, incarnation } = view.durable?.hard ?? {}
      return {
        id: node.id, votes: node.id !== this.#setup.tab, able: view.leaving === undefined && node.id !== this.#setup.tab, incarnation, config, founded: founded ?? false, leader, leads: holds(view),
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
}
