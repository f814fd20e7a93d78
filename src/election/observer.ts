/**
 * The room in pages, `#election`: what is known of the groups of services. Pages never vote: their clocks are slowed, their
 * storage is not theirs alone, and they come and go.
 */
import { serviceCapabilities } from '@libp2p/interface'
import { needed } from '../discovery/optional.ts'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { ElectionStoreError, MeshStoppedError, NotLeaderError, RegisterError } from '../errors.ts'
import { memoryStorage } from '../storage/index.ts'
import { Lazy } from '../util/lazy.ts'
import { timers } from '../util/timers.ts'
import { checkName } from '../wire/names.ts'
import { resolveElectionOptions } from './options.ts'
import { Views } from './views.ts'
import type { Election, ElectionComponents, ElectionEvents, ElectionInit, ElectionState, ElectionStatus, Fence, GroupView, Leader, Register } from './index.ts'
import type * as guarding from './guarding.ts'
import type { RemoteResign } from './remote-resign.ts'
import type { Discovery } from '../discovery/index.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'
import type { EventHandler } from 'main-event'

const NODE_EVENTS = ['node:add', 'node:update', 'node:remove'] as const

export class Observer extends SafeEmitter<ElectionEvents> implements Election, Startable {
  readonly [Symbol.toStringTag] = '@braid/election'
  readonly [serviceCapabilities]: string[] = ['@braid/election']
  readonly fence: Fence
  readonly register: Register
  readonly #components: ElectionComponents
  readonly #init: ElectionInit
  readonly #load: () => Promise<typeof guarding>
  #views: Views | undefined
  /** Undefined before the first start. */
  #running: boolean | undefined
  /** Somebody listens: to changes of the own service above all. */
  #wanted = false

  /** @param load - what tests put their own in place of */
  constructor (components: ElectionComponents, init: ElectionInit, load = async (): Promise<typeof guarding> => import('#guarding')) {
    const log = components.logger.forComponent('braid:election')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#init = init
    this.#load = load
    const { stable } = init.storage ?? memoryStorage()
    const guard = new Lazy('election', timers, load, ({ createFence, MemberRegister }) =>
      ({ fence: createFence(stable, service => (service === undefined ? this : this.peek(service))?.leader?.token), register: new MemberRegister(() => undefined) }))
    this.fence = {
      check: async (...asked) => (await guard.load().catch((cause: unknown) => {
        throw new ElectionStoreError('fence: its code could not be loaded: try again', { cause })
      })).fence.check(...asked)
    }
    this.register = registerOf(guard)
  }

  start (): void {
    if (this.#running === true) return
    const discovery = this.#discovery()
    this.#running = true
    for (const type of NODE_EVENTS) discovery.addEventListener(type, this.#onNodes)
  }

  afterStart (): void {
    if (this.#running !== true) return
    if (this.#wanted) this.#view()
    this.#onNodes()
  }

  override addEventListener<K extends keyof ElectionEvents> (type: K, listener: EventHandler<ElectionEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)
    this.#wanted ||= type === 'change'
    if (this.#running === true && this.#wanted) this.#view()
  }

  /** Before libp2p begins to close connections. */
  beforeStop (): void {
    this.stop()
  }

  stop (): void {
    if (this.#running !== true) return
    this.#running = false
    const discovery = this.#discovery()
    for (const type of NODE_EVENTS) discovery.removeEventListener(type, this.#onNodes)
  }

  get state (): ElectionState {
    return this.#view()?.state ?? 'observer'
  }

  get leader (): Leader | undefined {
    return this.#view()?.leader
  }

  of (service: string): GroupView | undefined {
    return this.#groups(service).follow(service)
  }

  peek (service: string): GroupView | undefined {
    return this.#groups(service).get(service)
  }

  status (): ElectionStatus {
    const { service } = this.#discovery().self
    return { service, state: 'observer', epoch: 0, term: 0, leader: undefined, voters: [], learners: [], leaseLeft: 0, voting: false, fault: undefined }
  }

  async runAsLeader (): Promise<never> {
    if (this.#running === false) throw new MeshStoppedError()
    throw new NotLeaderError('this node can never lead: it has no service, or does not vote (a tab, a relay, election: false)')
  }

  async resign (): Promise<void> {}

  async transfer (): Promise<void> {
    throw new NotLeaderError(`only the leader can transfer: ask ${this.leader?.id ?? 'it, once there is one'}`)
  }

  async recover ({ voters }: { voters: readonly string[] } & AbortOptions): Promise<void> {
    // what is wrong with them is told where that can be told
    const code = await this.#load().catch(() => undefined)
    code?.checkVoters(voters)
    throw new NotLeaderError('this node does not vote: recover at one of the voters to be')
  }

  async leave (): Promise<void> {}

  /** Of the own service. */
  #view (): GroupView | undefined {
    const { service } = this.#discovery().self
    return service === undefined ? undefined : this.of(service)
  }

  #discovery (): Discovery {
    return needed('election', this.#components, 'discovery')
  }

  #groups (service: string): Views {
    checkName('service', service)
    this.#views ??= new Views(this.#discovery(), this.#init.onAsk)
    return this.#views
  }

  readonly #onNodes = (): void => {
    for (const detail of this.#views?.changes() ?? []) this.safeDispatchEvent('change', { detail })
  }
}

/** That of a node which never leads: nothing is in it, and whatever is asked is refused, for the reason of every such node. */
function registerOf (guard: Lazy<{ readonly register: Register }>): Register {
  const own = async (): Promise<Register> => (await guard.load().catch(() => { throw new RegisterError('lost', false) })).register
  return {
    ready: false,
    current: false,
    size: { entries: 0, bytes: 0 },
    entry: () => undefined,
    entries: function * () {},
    // as who cannot tell
    wasDeleted: () => true,
    write: async (...asked) => (await own()).write(...asked),
    read: async (...asked) => (await own()).read(...asked)
  }
}

/** Nobody has reason to ask a page to step down. */
export const remoteResign: RemoteResign | undefined = undefined

export function election (init: ElectionInit = {}): (components: ElectionComponents) => Election {
  resolveElectionOptions(init)
  return components => new Observer(components, init)
}
