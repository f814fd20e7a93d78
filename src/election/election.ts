/** Puts the room together: streams, this node's own part, what is known of other services, the fence. */
import { serviceCapabilities } from '@libp2p/interface'
import { needed } from '../discovery/optional.ts'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { MeshStoppedError, NotLeaderError, VotersError } from '../errors.ts'
import { memoryStorage } from '../storage/index.ts'
import { checkName } from '../wire/names.ts'
import { protocolId } from '../wire/protocols.ts'
import { Announcer } from './announcer.ts'
import { PROFILES } from './election.core.ts'
import { createFence } from './fence.ts'
import { Member } from './member.ts'
import { Net } from './net.ts'
import { resolveElectionOptions } from './options.ts'
import { problemError } from './problems.ts'
import { MemberRegister } from './register.ts'
import { Signer } from './signer.ts'
import { leaderOf, statusOf, viewOf } from './status.ts'
import { Views, VOTER } from './views.ts'
import { checkVoters } from './voters.ts'
import type {
  Election, ElectionChange, ElectionComponents, ElectionEvents, ElectionInit, ElectionState, ElectionStatus, Fence, FencingToken, GroupView, Leader, LeaveOptions, Lease, Register
} from './index.ts'
import type { Message } from './messages.core.ts'
import type { ResolvedElectionOptions } from './options.ts'
import type { ElectionOutput } from './types.core.ts'
import type { Discovery, SelfPatch } from '../discovery/index.ts'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'
import type { EventHandler } from 'main-event'

const NODE_EVENTS = ['node:add', 'node:update', 'node:remove'] as const
/** Milliseconds between two reports of messages from nodes of other services. */
const STRANGER_INTERVAL = 10_000
/** braid's numbers. */
const BRAID_STATES = { wait: 0, observer: 1, follower: 1, leader: 2 } as const

type Change = Extract<ElectionOutput, { type: 'change' }>

export class ElectionService extends SafeEmitter<ElectionEvents> implements Election, Startable {
  readonly [Symbol.toStringTag] = '@braid/election'
  readonly [serviceCapabilities]: string[] = ['@braid/election']
  readonly fence: Fence
  readonly register: Register = new MemberRegister(() => this.#member)
  readonly #components: ElectionComponents
  readonly #init: ElectionInit
  readonly #options: ResolvedElectionOptions
  readonly #storage: NonNullable<ElectionInit['storage']>
  readonly #log: Logger
  #views: Views | undefined
  #member: Member | undefined
  #net: Net | undefined
  #wanted: boolean
  /** Somebody listens to changes. */
  #heard = false
  #running = false
  #announcer: Announcer | undefined
  #stopping: Promise<void> | undefined
  #told = ''
  #strangerAt = -Infinity

  constructor (components: ElectionComponents, init: ElectionInit) {
    const log = components.logger.forComponent('braid:election')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#init = init
    this.#options = resolveElectionOptions(init)
    this.#storage = init.storage ?? memoryStorage()
    this.#log = log
    this.#wanted = init.eager ?? false
    this.fence = createFence(this.#storage.stable, service => this.#newest(service))
  }

  // ---- lifecycle

  async start (): Promise<void> {
    if (this.#running) return
    const discovery = this.#discovery()
    this.#running = true
    this.#stopping = undefined
    for (const type of NODE_EVENTS) discovery.addEventListener(type, this.#onNodes)
    discovery.addEventListener('conflict', this.#onConflict)
    const { service, roles } = discovery.self
    if (service === undefined || !this.#votes()) return
    if (!roles.includes(VOTER)) discovery.update({ roles: [...roles, VOTER] })
    this.#net = this.#createNet(discovery)
    this.#components.events.addEventListener('peer:connect', this.#onPeer)
    this.#components.events.addEventListener('peer:disconnect', this.#onPeer)
    await this.#net.start()
  }

  /** Connections are made when every service's `start` has ended. */
  async afterStart (): Promise<void> {
    if (!this.#running) return
    if (this.#wanted) this.#want()
    else this.#onNodes()
    this.#heed()
  }

  /** Before libp2p begins to close connections. */
  async beforeStop (): Promise<void> {
    await this.stop()
  }

  async stop (): Promise<void> {
    // tasks may wait for an office though the node was never started
    if (!this.#running) this.#member?.stop()
    this.#stopping ??= this.#running ? this.#stop() : Promise.resolve()
    await this.#stopping
  }

  async #stop (): Promise<void> {
    await this.leave().catch((err: unknown) => { this.#log('could not leave - %e', err) })
    this.#member?.bye()
    this.#running = false
    const discovery = this.#discovery()
    for (const type of NODE_EVENTS) discovery.removeEventListener(type, this.#onNodes)
    discovery.removeEventListener('conflict', this.#onConflict)
    this.#components.events.removeEventListener('peer:connect', this.#onPeer)
    this.#components.events.removeEventListener('peer:disconnect', this.#onPeer)
    const member = this.#member
    this.#member = undefined
    member?.stop()
    this.#announcer?.stop()
    await this.#net?.stop()
    await member?.group.idle()
    this.#net = undefined
  }

  // ---- what is known

  get state (): ElectionState {
    return this.#view()?.state ?? (this.#votes() ? 'wait' : 'observer')
  }

  get leader (): Leader | undefined {
    return this.#view()?.leader
  }

  of (service: string): GroupView | undefined {
    checkName('service', service)
    if (service === this.#discovery().self.service && this.#votes()) return this.#view()
    return this.#others().follow(service)
  }

  peek (service: string): GroupView | undefined {
    checkName('service', service)
    return (service === this.#discovery().self.service ? this.#group() : undefined) ?? this.#others().get(service)
  }

  /** As this node's own part in it tells. */
  #group (): GroupView | undefined {
    return this.#member?.group.change === undefined ? undefined : viewOf(this.status())
  }

  /** Of the own service. */
  #view (): GroupView | undefined {
    const { service } = this.#discovery().self
    if (service === undefined) return undefined
    this.#want()
    const group = this.#group()
    if (group !== undefined) return group
    const view = this.#others().follow(service)
    return view !== undefined && this.#votes() ? { ...view, state: 'wait' } : view
  }

  status (): ElectionStatus {
    const { service, id } = this.#discovery().self
    return statusOf({ service, id, group: this.#member?.group, votes: this.#votes(), fault: this.#member?.fault })
  }

  override addEventListener<K extends keyof ElectionEvents> (type: K, listener: EventHandler<ElectionEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)
    if (type !== 'fault' && type !== 'register:ready') this.#want()
    this.#heard ||= type === 'change'
    this.#heed()
  }

  /** Who has no part in the group of its service follows it for those who listen. */
  #heed (): void {
    if (this.#heard && this.#running && !this.#votes()) this.#view()
  }

  /** Of the own service, as far as it is known: a check of a fence begins no group. */
  #newest (service = this.#discovery().self.service): FencingToken | undefined {
    return service === undefined ? undefined : this.peek(service)?.leader?.token
  }

  // ---- what can be done

  async runAsLeader <T> (task: (lease: Lease) => Promise<T> | T, options: AbortOptions = {}): Promise<T> {
    const member = this.#own()
    if (this.#stopping !== undefined) throw new MeshStoppedError()
    if (member === undefined) throw new NotLeaderError('this node can never lead: it has no service, or does not vote (a tab, a relay, election: false)')
    this.#want()
    return member.group.tenures.run(task, options)
  }

  async resign (options: AbortOptions = {}): Promise<void> {
    if (this.#member?.group.change?.state === 'leader') await this.#member.give(undefined, options.signal)
  }

  async transfer (to: string, options: AbortOptions = {}): Promise<void> {
    const { state, voters } = this.status()
    if (state !== 'leader') throw new NotLeaderError(`only the leader can transfer: ask ${this.leader?.id ?? 'it, once there is one'}`)
    if (!voters.some(({ id }) => id === to)) throw new VotersError(`transfer: ${to} is no voter; those are ${voters.map(({ id }) => id).join(', ')}`)
    if (to !== this.#discovery().self.id) await this.#member?.give(to, options.signal)
  }

  async recover ({ voters, signal }: { voters: readonly string[] } & AbortOptions): Promise<void> {
    checkVoters(voters)
    const { id } = this.#discovery().self
    const member = this.#own()
    if (member === undefined) throw new NotLeaderError('this node does not vote: recover at one of the voters to be')
    if (!voters.includes(id)) throw new VotersError(`recover: this node, ${id}, must be one of the voters`)
    this.#want()
    await member.recover(voters, signal)
  }

  async leave ({ seat = !this.#storage.durable, signal }: LeaveOptions = {}): Promise<void> {
    await this.#member?.leave(seat, signal)
  }

  // ---- parts

  #votes (): boolean {
    return (this.#init.votes ?? true) && this.#discovery().self.service !== undefined
  }

  /** This node's part in its group; undefined when it has none. */
  #own (): Member | undefined {
    if (this.#member === undefined && this.#votes() && this.#stopping === undefined) {
      const discovery = this.#discovery()
      const { service, id } = discovery.self
      if (service !== undefined) this.#member = this.#createMember(discovery, service, id)
    }
    return this.#member
  }

  /** Something needs the leader. */
  #want (): void {
    this.#wanted = true
    if (this.#running && this.#stopping === undefined) this.#own()?.start()
  }

  #createMember (discovery: Discovery, service: string, self: string): Member {
    const { voters, expect, targetVoters, profile, lease } = this.#options
    return new Member({
      discovery,
      bootstrapped: this.#init.bootstrapped ?? false,
      storage: this.#storage,
      log: this.#log,
      connected: id => this.#connected(id),
      send: (to, frame) => { this.#net?.send(to, frame) },
      signer: new Signer({ privateKey: this.#components.privateKey, mesh: discovery.mesh, service, self }),
      onChange: change => { this.#onChange(change) },
      onGroup: ({ what, group, epoch }) => { this.#log('%s: %s group %d, epoch %d', service, what, group, epoch) },
      onProblem: problem => { this.#onProblem(problem) },
      onReady: token => { this.safeDispatchEvent('register:ready', { detail: token }) },
      onRestart: (from, reason) => { this.#net?.cut(from, reason) },
      config: { self, service, profile: PROFILES[profile], lease, targetVoters, expect, ...voters === undefined ? {} : { voters } }
    })
  }

  #createNet (discovery: Discovery): Net {
    return new Net(this.#components, {
      protocol: protocolId(discovery.mesh, 'election'),
      onMessage: (from, service, message) => { this.#onMessage(from, service, message) },
      peerId: id => discovery.peerId(id),
      now: () => performance.now(),
      log: this.#log
    })
  }

  #discovery (): Discovery {
    return needed('election', this.#components, 'discovery')
  }

  #connected (id: string): boolean {
    const peer = this.#discovery().peerId(id)
    return peer !== undefined && this.#components.connectionManager.getConnections(peer).some(({ status }) => status === 'open')
  }

  #others (): Views {
    this.#views ??= new Views(this.#discovery(), this.#init.onAsk)
    return this.#views
  }

  // ---- what happens

  #onMessage (from: string, service: string, message: Message): void {
    const { self } = this.#discovery()
    if (service !== self.service) return
    const sender = this.#discovery().node(from)
    // what is not known of a sender yet comes with its record; the core asks who has a seat
    if (sender !== undefined && !(sender.service === service && sender.roles.includes(VOTER))) return this.#onStranger(from)
    this.#want()
    this.#member?.group.input({ type: 'message', from, message })
  }

  readonly #onPeer = ({ detail }: CustomEvent<PeerId>): void => {
    const id = detail.toString()
    this.#net?.changed(id)
    this.#member?.connectionChanged(id, this.#connected(id))
  }

  /** Told again and again while the other one lives. */
  readonly #onConflict = (): void => {
    this.#member?.conflict()
  }

  #onStranger (from: string): void {
    const now = performance.now()
    if (now < this.#strangerAt + STRANGER_INTERVAL) return
    this.#strangerAt = now
    this.#onProblem({ type: 'problem', problem: 'stranger', message: `${from} cannot vote in this service, and yet sends election messages: ignored`, peer: from })
  }

  readonly #onNodes = (): void => {
    const discovery = this.#discovery()
    const { service, id } = discovery.self
    if (service !== undefined && this.#member?.active !== true && discovery.nodes(service).some(node => node.id !== id && node.election !== undefined)) this.#want()
    this.#member?.nodesChanged()
    for (const change of this.#others().changes(this.#member?.active === true ? service : undefined)) this.#tell(change)
  }

  #onChange (change: Change): void {
    const { state, token } = change
    const { service = '', id } = this.#discovery().self
    this.#announcer ??= new Announcer(id, patch => { this.#publish(patch) })
    this.#announcer.tell(change)
    const known = leaderOf(change)
    const text = JSON.stringify([state, known])
    if (text === this.#told) return
    this.#told = text
    this.#tell({ service, state, leader: known, term: token?.term ?? this.#member?.group.status()?.term ?? 0 })
    this.safeDispatchEvent('braid.topic.election.change_state', { detail: { State: BRAID_STATES[state], ID: id } })
  }

  #publish (patch: SelfPatch): void {
    try {
      this.#discovery().update(patch)
    } catch (err) {
      this.#log.error('the node record cannot tell of the leader - %e', err)
    }
  }

  #tell (detail: ElectionChange): void {
    this.safeDispatchEvent('change', { detail })
  }

  #onProblem (problem: Extract<ElectionOutput, { type: 'problem' }>): void {
    const error = problemError(problem)
    this.#log('%s: %s', problem.problem, problem.message)
    this.safeDispatchEvent('fault', { detail: error })
  }
}

export { remoteResign } from './remote-resign.ts'

/** @see index.ts */
export function election (init: ElectionInit = {}): (components: ElectionComponents) => Election {
  if (init.voters !== undefined) checkVoters(init.voters)
  resolveElectionOptions(init)
  return components => new ElectionService(components, init)
}
