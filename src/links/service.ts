/**
 * What a node has of the room from its start: its place in rpc, and answers for as long as nothing is known of any link.
 * All else, `#links`, is loaded by the first who needs it, so that a page without tokens does not carry it; Node peers,
 * which keep links, load it at once.
 */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { needed, optional } from '../discovery/optional.ts'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { MeshStoppedError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Lazy } from '../util/lazy.ts'
import { timers } from '../util/timers.ts'
import { encodeClaim } from '../wire/links-codec.ts'
import { OWN } from '../wire/names.ts'
import { METHODS } from './methods.core.ts'
import { resolveLinksOptions } from './options.ts'
import { parentOf } from './parent.core.ts'
import type { Announcer } from './announcer.ts'
import type { LinkEvents, LinkOptions, Links, LinksComponents, LinksOptions, LinksStatus } from './index.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type * as room from './room.ts'
import type { Room } from './room.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election } from '../election/index.ts'
import type { Records } from '../records/index.ts'
import type { Rpc, TokenRouter } from '../rpc/index.ts'
import type { AbortOptions, Logger, Startable } from '@libp2p/interface'

/** Nodes that are gone and whose service is remembered. */
const MAX_FORMER = 10_000

/** Of a node that has not loaded the room. */
const NOTHING = { held: 0, cached: 0, hits: 0, asked: 0 }
const NOTHING_KEPT = { links: 0, dead: 0, nodes: [], stored: 0, waiting: 0 }

/** What tests put their own in place of. */
interface Seams {
  load: () => Promise<typeof room>
}

const SEAMS: Seams = { load: async () => import('#links') }

/** From a start to a stop. */
interface Run {
  readonly discovery: Discovery
  readonly election: Election
  readonly rpc: Rpc
  /** Aborts with MeshStoppedError. */
  readonly closing: AbortController
  readonly ends: Array<() => void>
  readonly code: Lazy<typeof room>
  room: Room | undefined
}

export class LinksService extends SafeEmitter<LinkEvents> implements Links, Startable {
  readonly [Symbol.toStringTag] = '@braid/links'
  readonly [serviceCapabilities]: string[] = ['@braid/links']
  readonly [serviceDependencies]: string[] = ['@braid/discovery', '@braid/election', '@braid/rpc']
  readonly #components: LinksComponents
  readonly #options: ResolvedLinksOptions
  readonly #seams: Seams
  readonly #log: Logger
  readonly #former = new Map<string, string>()
  /** One for all runs: what it has told it does not tell again. */
  #announcer: Announcer | undefined
  #run: Run | undefined

  constructor (components: LinksComponents, options: ResolvedLinksOptions, seams = SEAMS) {
    const log = components.logger.forComponent('braid:links')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#options = options
    this.#seams = seams
    this.#log = log
  }

  // ---- lifecycle

  async start (): Promise<void> {
    if (this.#run !== undefined) return
    const run = this.#run = this.#begin()
    const { lazy, mode, ownership } = this.#options
    // a node of a service with `ownership: 'strict'` runs no call before it has its lease
    if (!lazy || (mode === 'shared' && ownership === 'strict' && run.discovery.self.service !== undefined)) await this.#load()
  }

  stop (): void {
    const run = this.#run
    this.#run = undefined
    run?.closing.abort(new MeshStoppedError())
    for (const end of run?.ends.splice(0) ?? []) end()
    run?.room?.stop()
  }

  /** Takes the room's place in rpc. */
  #begin (): Run {
    const run: Run = {
      discovery: needed('links', this.#components, 'discovery'),
      election: needed('links', this.#components, 'election'),
      rpc: needed('links', this.#components, 'rpc'),
      closing: new AbortController(),
      ends: [],
      code: new Lazy('links', timers, this.#seams.load, code => code),
      room: undefined
    }
    const { discovery, election, rpc } = run
    const { self } = discovery
    const isShared = this.#options.mode === 'shared'
    rpc.setTokenRouter(this.#createRouter(self.service))
    if (isShared) rpc.setTokenGuard({ admit: async (...call) => (await this.#load()).guard.admit(...call) })
    rpc.setLoadSource({ links: node => node === self.id ? run.room?.guard.count ?? 0 : discovery.node(node)?.load.links ?? 0 })
    const onRemove = ({ detail }: CustomEvent<NodeInfo>): void => {
      if (this.#former.size >= MAX_FORMER) this.#former.clear()
      if (detail.service !== undefined) this.#former.set(detail.id, detail.service)
      run.room?.nodeGone(detail)
    }
    discovery.addEventListener('node:remove', onRemove)
    run.ends.push(() => { discovery.removeEventListener('node:remove', onRemove) })
    if (self.service === undefined || !isShared) return run
    for (const method of METHODS) {
      const registration = rpc.handle(method, async (args: unknown, context) => (run.room ?? await this.#load()).hear(method, args, context), OWN)
      run.ends.push(() => { registration.close() })
    }
    const onReady = (): void => { this.#load().catch((err: unknown) => { this.#log.error('%e', err) }) }
    election.addEventListener('register:ready', onReady)
    run.ends.push(() => { election.removeEventListener('register:ready', onReady) })
    return run
  }

  #createRouter (service: string | undefined): TokenRouter {
    const { mode, scope } = this.#options
    const claim = mode === 'local' ? undefined : encodeClaim({ parent: parentOf(service, scope), epoch: 0, term: 0, index: 0, provisional: true })
    return {
      binding: true,
      route: async (...call) => (await this.#load()).router.route(...call),
      // no link is known, and only its node can tell
      claim: () => claim
    }
  }

  // ---- what can be done

  async target (token: string, service: string, options: AbortOptions = {}): Promise<NodeInfo | undefined> {
    return (await this.#load(options)).target(token, service, options)
  }

  async link (token: string, node: NodeInfo | string, options: LinkOptions = {}): Promise<NodeInfo> {
    return (await this.#load(options)).link(token, node, options)
  }

  async unlink (token: string, service?: string, options: AbortOptions = {}): Promise<number> {
    return (await this.#load(options)).unlink(token, service, options)
  }

  async down (node: string, options: AbortOptions = {}): Promise<number> {
    return (await this.#load(options)).down(node, options)
  }

  async count (service: string, options: AbortOptions = {}): Promise<number> {
    return (await this.#load(options)).count(service, options)
  }

  status (): LinksStatus {
    const { mode, scope } = this.#options
    return this.#running().room?.status() ?? { mode, scope, ...NOTHING, authority: mode === 'local' ? NOTHING_KEPT : undefined }
  }

  resync (): void {
    this.#run?.room?.resync()
  }

  async drain (options: AbortOptions = {}): Promise<void> {
    const { discovery, room } = this.#running()
    if (room === undefined && discovery.self.service === undefined) return
    // its leader may know of links that it has not heard of; without the code nobody can be asked
    const loaded = await this.#load(options).catch((err: unknown) => { this.#log('could not load - %e', err) })
    await loaded?.drain(options)
  }

  // ---- parts

  /** @throws MeshStoppedError */
  #running (): Run {
    if (this.#run === undefined) throw new MeshStoppedError('links are not started, or were stopped')
    return this.#run
  }

  /**
   * @throws MeshStoppedError; the signal's reason
   * @throws RpcError `UNAVAILABLE`, retryable - its code could not be loaded
   */
  async #load ({ signal }: AbortOptions = {}): Promise<Room> {
    const run = this.#running()
    if (run.room !== undefined) return run.room
    const ends = signal == null ? run.closing.signal : AbortSignal.any([run.closing.signal, signal])
    const code = await abortable(run.code.load(), ends)
    ends.throwIfAborted()
    return run.room ?? this.#make(run, code)
  }

  #make (run: Run, { Announcer, Room }: typeof room): Room {
    const { discovery, election, rpc } = run
    this.#announcer ??= new Announcer(this)
    const { mode } = this.#options
    const room = run.room = new Room({
      options: this.#options,
      discovery,
      election,
      rpc,
      records: optional<Records>(this.#components, 'records'),
      announcer: this.#announcer,
      former: node => this.#former.get(node),
      log: this.#log
    })
    rpc.setTokenRouter(room.router)
    if (mode === 'shared') rpc.setTokenGuard(room.guard)
    return room
  }
}

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: a service beside it is missing
 *
 * @example
 *
 * ```ts
 * const services = { identify: identify(), discovery: discovery({ service: 'login' }), election: election(), rpc: rpc(), links: links() }
 * const node = await createLibp2p({ services })
 * ```
 */
export function links (options: LinksOptions = {}): (components: LinksComponents) => Links {
  const resolved = resolveLinksOptions(options)
  return components => new LinksService(components, resolved)
}
