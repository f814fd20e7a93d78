/** This node's own part in the group of its service: what the group's core has to know of the network, and back. */
import { VotersError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Group } from './group.ts'
import { nearby } from './nearby.core.ts'
import { isFault, problemError } from './problems.ts'
import { VOTER } from './views.ts'
import type { GroupInit } from './group.ts'
import type { FencingToken } from './index.ts'
import type { Answer, GroupInput } from './orders.ts'
import type { Candidate, ElectionOutput } from './types.core.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'

/** Milliseconds from the first sign of other nodes until a group may be founded: their views must have come. */
const SETTLE = 500
/** Milliseconds that a copied identity counts after it was told of; discovery tells every 3 s. */
const CONFLICT = 10_000
/** Milliseconds in which a transfer, a goodbye or a new group comes about, or does not. */
const TRANSFER_TIMEOUT = 3_000
const LEAVE_TIMEOUT = 2_000
const RECOVER_TIMEOUT = 16_000
/** Milliseconds after a goodbye that came to nothing in which another one would, too. */
const LEAVE_AGAIN = 1_000

export interface MemberInit extends Omit<GroupInit, 'onAnswer' | 'onBegin'> {
  discovery: Discovery
  connected: (id: string) => boolean
  /** {@link ElectionInit.bootstrapped} */
  bootstrapped: boolean
}

type Problem = Extract<ElectionOutput, { type: 'problem' }>

interface Waiting {
  accepts: (answer: Answer) => boolean
  resolve: (answer: Answer) => void
}

export class Member {
  readonly group: Group
  /** Of the term in which this leader's register is complete. */
  #ready: FencingToken | undefined
  /** The last one of {@link fault}. */
  #problem: Problem | undefined
  readonly #init: MemberInit
  readonly #connected = new Set<string>()
  readonly #records = new Map<string, NodeInfo['election']>()
  readonly #waiting = new Set<Waiting>()
  #candidates = ''
  #kept = ''
  #conflict: ReturnType<typeof setTimeout> | undefined
  #conflicting = false
  #mayFound: ReturnType<typeof setTimeout> | undefined
  #running = false
  #leaving: Promise<void> | undefined
  #leavesSeat = false
  /** While a goodbye goes on, and a while after it, there is no other one. */
  #leaveAgainAt = Infinity
  #orders = 0
  /** Handovers under way. */
  #gives = 0

  constructor (init: MemberInit) {
    this.#init = init
    this.group = new Group({
      ...init,
      onAnswer: answer => { this.#onAnswer(answer) },
      onBegin: () => { this.#tell() },
      onRestart: (from, reason) => {
        init.onRestart(from, reason)
        this.#giveUp()
      },
      onReady: token => {
        this.#ready = token
        init.onReady(token)
      },
      onProblem: problem => {
        if (isFault(problem, this.group.change?.leader)) this.#problem = problem
        init.onProblem(problem)
      },
      onChange: change => {
        if (change.state !== 'leader') this.#ready = undefined
        const takesPart = change.state === 'leader' || change.state === 'follower'
        // a learner waits for nobody: its group is there
        const awaited = this.#problem?.problem === 'waiting-for-voters' && change.leader !== undefined
        if (awaited || (takesPart && this.#problem?.problem !== 'storage-failed')) this.#problem = undefined
        init.onChange(change)
      }
    })
  }

  /** {@link Register.ready}: also after a change of the voters, which is none of the leader. */
  get ready (): boolean {
    const { state, token } = this.group.change ?? {}
    return state === 'leader' && token !== undefined && token.epoch === this.#ready?.epoch && token.term === this.#ready.term
  }

  /** What keeps this node from voting: until its group has a leader; of the store, which is mended without a word, until it is well. */
  get fault (): Error | undefined {
    const problem = this.#problem
    const mended = problem?.problem === 'storage-failed' && this.group.status()?.broken === false
    return problem === undefined || mended || !isFault(problem, this.group.change?.leader) ? undefined : problemError(problem)
  }

  /** It takes part. */
  get active (): boolean {
    return this.#running
  }

  start (): void {
    if (this.#running) return
    this.#running = true
    this.group.start().catch((err: unknown) => { this.#init.log.error('could not start - %e', err) })
  }

  /** Tells a new core who is there. */
  #tell (): void {
    if (!this.#running) return
    clearTimeout(this.#mayFound)
    this.#mayFound = undefined
    this.#candidates = ''
    this.#records.clear()
    if (this.#init.bootstrapped) this.group.input({ type: 'may-found', allowed: false })
    if (this.#conflicting) this.group.input({ type: 'identity-conflict', active: true })
    for (const peer of this.#connected) this.group.input({ type: 'connected', peer })
    this.nodesChanged()
  }

  /** Whoever waits for an answer gets none. */
  #giveUp (): void {
    for (const { resolve } of this.#waiting) resolve({ type: 'left' })
    this.#waiting.clear()
  }

  stop (): void {
    this.#running = false
    clearTimeout(this.#mayFound)
    clearTimeout(this.#conflict)
    this.group.stop()
    this.#giveUp()
  }

  /** Nodes came, changed or went. */
  nodesChanged (): void {
    if (!this.#running) return
    const { discovery, config: { service, self } } = this.#init
    const nodes = discovery.nodes(service)
    const candidates: Candidate[] = nodes.map(({ id, roles, state, election }) => {
      const leads = election !== undefined && election.leader !== '' && election.voters.includes(id) ? election.group : undefined
      const votes = roles.includes(VOTER)
      return { id, eligible: votes && state === 'up', votes, leads }
    })
    const text = JSON.stringify(candidates)
    if (text !== this.#candidates) {
      this.#candidates = text
      this.group.input({ type: 'candidates', candidates })
    }
    this.#keepConnected(nodes)
    for (const node of nodes) {
      if (node.id !== self) this.#node(node)
    }
    for (const id of this.#records.keys()) {
      if (discovery.node(id) === undefined) this.#records.delete(id)
    }
    this.#checkFounding()
  }

  #keepConnected (nodes: readonly NodeInfo[]): void {
    const { discovery, config: { service, self, voters = [], expect = 1 } } = this.#init
    const eligible = nodes.filter(({ roles }) => roles.includes(VOTER)).map(({ id, election }) => ({ id, votes: election?.voters.includes(id) === true }))
    const kept = nearby({ service, self, seats: [...voters, ...this.group.status()?.voters ?? []], eligible, size: expect })
    const text = kept.join()
    if (text === this.#kept) return
    this.#kept = text
    discovery.keep(kept)
  }

  connectionChanged (id: string, connected: boolean): void {
    if (!this.#running) return
    if (!connected) {
      if (this.#connected.delete(id)) this.group.input({ type: 'closed', peer: id })
    } else if (!this.#connected.has(id) && this.#init.discovery.node(id)?.service === this.#init.config.service) {
      this.#connected.add(id)
      this.group.input({ type: 'connected', peer: id })
    }
  }

  /** @throws VotersError - nobody took over */
  async give (to: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.#gives++
    try {
      await this.group.retire('it gives the leadership away', signal)
      const answer = await this.ask({ type: 'transfer', id: ++this.#orders, ...to === undefined ? {} : { to } }, ['transferred'], TRANSFER_TIMEOUT, signal)
      if (answer?.ok !== true) throw new VotersError(`nobody took the leadership over: ${answer?.why ?? 'no answer'}; try again when the voters are connected`)
    } finally {
      // one that failed must not begin a new time in office while another one still hands over
      if (--this.#gives === 0 && this.#leaving === undefined) this.group.resume()
    }
  }

  /** As far as there is somebody who takes what this node has. Until somebody did it is tried again when it is asked for again. */
  async leave (seat: boolean, signal: AbortSignal | undefined): Promise<void> {
    const { state, voting } = this.group.status() ?? {}
    const kept = state === 'leader' || (this.#leavesSeat && voting === true)
    if (this.#leaving === undefined || (seat && !this.#leavesSeat) || (kept && performance.now() > this.#leaveAgainAt)) {
      this.#leavesSeat ||= seat
      this.#leaveAgainAt = Infinity
      this.#leaving = this.#leave(this.#leavesSeat, signal).finally(() => { this.#leaveAgainAt = performance.now() + LEAVE_AGAIN })
    }
    await this.#leaving
  }

  /** The process ends now: whoever still waits for it need not. */
  bye (): void {
    if (!this.#leavesSeat) return
    const { voting, voters = [] } = this.group.status() ?? {}
    if (voting === true && voters.length > 1) {
      this.#init.onProblem({ type: 'problem', problem: 'waiting-for-voters', message: `this node ends with a seat that nobody could take from it in time: the group of ${voters.join(', ')} needs a majority of them, or recover` })
    }
    this.group.input({ type: 'leave', last: true })
  }

  async #leave (seat: boolean, signal: AbortSignal | undefined): Promise<void> {
    const status = this.group.status()
    if (status === undefined) return
    await this.group.retire('the node is leaving', signal)
    const whole = seat && status.voting
    if (!whole && status.state !== 'leader') return
    if (!this.#accompanied()) {
      // Alone there is nobody to give anything to; who comes later gets it.
      if (whole) this.group.input({ type: 'leave' })
      return
    }
    try {
      await this.ask(whole ? { type: 'leave' } : { type: 'transfer', id: ++this.#orders }, whole ? ['left'] : ['transferred'], LEAVE_TIMEOUT, signal)
    } catch (err) {
      this.#init.log('left without a handover - %e', err)
    }
  }

  /** @throws VotersError - not all of them agreed */
  async recover (voters: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const answer = await this.ask({ type: 'recover', id: ++this.#orders, voters }, ['recovered'], RECOVER_TIMEOUT, signal)
    if (answer?.ok !== true) throw new VotersError(`no new group: ${answer?.why ?? `not all of ${voters.join(', ')} answered in time`}`)
  }

  /** Another live process uses this identity: this one does not vote, until nothing was heard of the other for a while. */
  conflict (): void {
    if (!this.#running) return
    clearTimeout(this.#conflict)
    this.#conflicting = true
    this.#conflict = setTimeout(() => {
      this.#conflicting = false
      this.group.input({ type: 'identity-conflict', active: false })
    }, CONFLICT)
    this.group.input({ type: 'identity-conflict', active: true })
  }

  /** Somebody of the service is there who may vote. */
  #accompanied (): boolean {
    const { discovery, config: { self, service } } = this.#init
    return discovery.nodes(service).some(({ id, roles }) => id !== self && this.#connected.has(id) && roles.includes(VOTER))
  }

  /**
   * Give the core an order and wait for its answer; undefined when there is none in time.
   *
   * @param goesOn - whether that time begins anew when it is over
   */
  async ask <T extends Answer['type']> (input: GroupInput, types: readonly T[], ms: number, signal?: AbortSignal, goesOn?: () => boolean): Promise<Extract<Answer, { type: T }> | undefined> {
    signal?.throwIfAborted()
    const id = 'id' in input ? input.id : undefined
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    const waiting: Waiting = {
      resolve,
      accepts: answer => (types as readonly string[]).includes(answer.type) && (!('id' in answer) || answer.id === id)
    }
    this.#waiting.add(waiting)
    const timer = setInterval(() => { if (goesOn?.() !== true) resolve(undefined) }, ms)
    try {
      this.group.input(input)
      return await abortable(promise, signal) as Extract<Answer, { type: T }> | undefined
    } finally {
      clearInterval(timer)
      this.#waiting.delete(waiting)
      this.group.withdraw(input)
    }
  }

  #node (node: NodeInfo): void {
    const { id, election } = node
    this.connectionChanged(id, this.#init.connected(id))
    if (election === undefined || !election.voters.includes(id) || this.#records.get(id) === election) return
    this.#records.set(id, election)
    const { leader, ...view } = election
    this.group.input({ type: 'group', view: { ...view, leader: leader === '' ? undefined : leader } })
  }

  /** Alone although there should be others: what they decided must be heard first. */
  #checkFounding (): void {
    const { bootstrapped, discovery } = this.#init
    if (!bootstrapped) return
    if (discovery.nodes().length < 2) {
      clearTimeout(this.#mayFound)
      this.#mayFound = undefined
      this.group.input({ type: 'may-found', allowed: false })
    } else {
      this.#mayFound ??= setTimeout(() => { this.group.input({ type: 'may-found', allowed: true }) }, SETTLE)
    }
  }

  #onAnswer (answer: Answer): void {
    for (const waiting of this.#waiting) {
      if (waiting.accepts(answer)) waiting.resolve(answer)
    }
  }
}
