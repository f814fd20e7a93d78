/** One node of a mesh: its rooms, in the order in which they start and stop. */
import { TypedEventEmitter } from 'main-event'
import { Connectivity } from './connectivity.ts'
import { MeshStoppedError } from './errors.ts'
import { isPage, PageLife } from './page-life.ts'
import { Revival } from './revival.ts'
import { Bootstrapper, halt, startError } from './transport/index.ts'
import { withDeadline } from './util/deadline.ts'
import { refuse } from './util/refuse.ts'
import { Succession } from '#succession'
import type { Discovery, NodeInfo } from './discovery/index.ts'
import type { Election } from './election/index.ts'
import type { Links } from './links/index.ts'
import type { Mesh, MeshConnectivity, MeshEvents } from './mesh-interface.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { GossipLike, MeshStatus, MonitorComponents, RunningMonitor } from './monitor/index.ts'
import type { Life } from './page-life.ts'
import type { Pubsub } from './pubsub/index.ts'
import type { Rpc } from './rpc/index.ts'
import type { Storage } from './storage/index.ts'
import type { AbortOptions, Libp2p, Startable } from '@libp2p/interface'

/** Milliseconds that `createMesh` waits for the first path into the mesh before it resolves without one. */
const JOIN_TIMEOUT = 3_000
/** Milliseconds that `stop()` gives the calls that run. */
const STOP_GRACE = 5_000

/** What a node is made of. */
export interface Parts {
  options: MeshOptions
  storage: Storage
  libp2p: Libp2p
  rpc: Rpc
  discovery: Discovery
  election: Election
  links: Links
  pubsub: Pubsub
  monitor: (components: MonitorComponents) => RunningMonitor
}

export class MeshNode extends TypedEventEmitter<MeshEvents> implements Mesh {
  readonly libp2p: Libp2p
  readonly rpc: Rpc
  readonly discovery: Discovery
  readonly election: Election
  readonly links: Links
  readonly pubsub: Pubsub
  readonly monitor: RunningMonitor
  readonly #storage: Storage
  readonly #bootstrapper: Bootstrapper
  readonly #connectivity: Connectivity
  readonly #page: PageLife
  readonly #revival: Revival
  readonly #succession: InstanceType<NonNullable<typeof Succession>> | undefined
  readonly #linked: boolean
  readonly #closing = new AbortController()
  /** @internal - False while the page is in the back/forward cache. */
  mayDial = true
  #status: MeshStatus = 'starting'
  /** Why no relay has a place for this node. */
  #unreachable: Error[] | undefined
  #started: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor ({ options, storage, libp2p, rpc, discovery, election, links, pubsub, monitor }: Parts) {
    super()
    this.libp2p = libp2p
    this.rpc = rpc
    this.discovery = discovery
    this.election = election
    this.links = links
    this.#linked = options.links !== false
    this.pubsub = pubsub
    this.#storage = storage
    this.#page = new PageLife({
      onChange: (life, before) => { this.#onLife(life, before) },
      onRest: (as, kept) => { this.#onRest(as, kept) },
      // 0 is a network's time away
      onWake: slept => { this.#revive(slept || 1) }
    })
    const online = (): boolean => this.#page.life.online
    const joined = (): boolean => this.#connectivity.refresh()
    this.#revival = new Revival({
      libp2p,
      online,
      joined,
      onDone: slept => {
        this.#resync()
        if (slept > 0) this.safeDispatchEvent('awake', { detail: { slept } })
      }
    })
    this.#succession = Succession === undefined ? undefined : new Succession({ events: libp2p, getConnections: peer => libp2p.getConnections(peer) })
    this.#bootstrapper = new Bootstrapper(libp2p, { addresses: options.bootstrap ?? [], online, onAttempt: joined })
    this.#connectivity = new Connectivity({
      mesh: options.mesh ?? 'braid',
      events: libp2p,
      connections: () => libp2p.getConnections(),
      discovery,
      bootstrapper: this.#bootstrapper,
      online,
      trusts: connection => this.#revival.trusts(connection),
      onChange: joined => { this.#onConnectivity(joined) }
    })
    this.monitor = monitor({
      logger: libp2p.logger,
      getConnections: () => libp2p.getConnections(),
      discovery, rpc, election, links, pubsub,
      metrics: libp2p.metrics,
      gossip: () => libp2p.services['pubsub'] as GossipLike | undefined,
      status: () => this.#status,
      isolation: () => this.#connectivity.reasons(),
      unreachable: () => this.#unreachable,
      page: isPage()
    })
  }

  get id (): string {
    return this.libp2p.peerId.toString()
  }

  get self (): NodeInfo {
    return this.discovery.self
  }

  get status (): MeshStatus {
    return this.#status
  }

  get connectivity (): MeshConnectivity {
    return { isolated: this.#connectivity.joined ? undefined : this.#connectivity.reasons(), unreachable: this.#unreachable }
  }

  get life (): Life {
    return this.#page.life
  }

  get storage (): string | undefined {
    return this.#storage.location
  }

  async start (options: AbortOptions = {}): Promise<void> {
    if (this.#stopped != null) throw new MeshStoppedError('this mesh was stopped; make a new one with createMesh')
    this.#started ??= this.#start(options).catch(startError)
    await this.#started
  }

  async #start ({ signal }: AbortOptions): Promise<void> {
    signal?.throwIfAborted()
    await this.libp2p.start()
    this.#succession?.start()
    this.#connectivity.start()
    this.#bootstrapper.start()
    this.monitor.start()
    this.#page.start()
    await withDeadline(JOIN_TIMEOUT, [this.#closing.signal, signal], async signal => this.#connectivity.settled({ signal }))
    signal?.throwIfAborted()
    if (this.#closing.signal.aborted) throw new MeshStoppedError()
    this.#setStatus(this.#connectivity.joined ? 'joined' : 'isolated')
    if (!this.#connectivity.joined) this.#announceIsolation()
  }

  async drain ({ timeout = 30_000, signal }: AbortOptions & { timeout?: number } = {}): Promise<void> {
    if (this.#stopped != null) throw new MeshStoppedError()
    refuse(!(timeout >= 0), 'drain: timeout: expected milliseconds')
    this.#setStatus('draining')
    this.discovery.update({ state: 'draining' })
    await withDeadline(timeout, [signal], async signal => {
      await this.rpc.drain({ linked: true })
      await Promise.all([this.election.leave({ signal, seat: true }), this.#linked ? this.links.drain({ signal }) : undefined])
      await Promise.all([this.rpc.drain({ signal }), this.pubsub.leave({ signal })])
    })
    signal?.throwIfAborted()
  }

  async stop (options: AbortOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options)
    await this.#stopped
  }

  async #stop ({ signal }: AbortOptions): Promise<void> {
    try {
      // A start that is under way ends first; that it failed is its caller's business.
      this.#closing.abort()
      await this.#started?.catch(() => {})
      this.#setStatus('draining')
      this.#page.stop()
      this.#revival.stop()
      this.monitor.stop()
      this.#bootstrapper.stop()
      this.#connectivity.stop()
      this.#succession?.stop()
      if (this.libp2p.status === 'started') {
        // Calls that run may need a leader; the next one is there before they end.
        await withDeadline(STOP_GRACE, [signal], async signal => Promise.all([this.election.leave({ signal }), this.rpc.drain({ signal }), this.pubsub.leave({ signal })]))
        await this.discovery.leave()
      }
    } finally {
      // A service of the caller's own may fail. Whoever waits for an office is told, though nothing may have been started.
      await halt(this.libp2p)
        .finally(async () => (this.election as Election & Startable).stop())
        .finally(async () => this.#storage.close())
        .finally(() => { this.#setStatus('stopped') })
    }
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.stop()
  }

  #setStatus (status: MeshStatus): void {
    if (status === this.#status || this.#status === 'stopped') return
    this.#status = status
    this.monitor.refresh()
    this.safeDispatchEvent('status', { detail: status })
  }

  #onConnectivity (joined: boolean): void {
    if (this.#status !== 'joined' && this.#status !== 'isolated') {
      if (joined) this.#revival.done()
      return
    }
    this.#setStatus(joined ? 'joined' : 'isolated')
    if (joined) {
      if (!this.#revival.done()) this.#resync()
      this.safeDispatchEvent('resumed')
    } else {
      this.#bootstrapper.retry()
      this.#announceIsolation()
    }
  }

  /** @internal */
  tellReachability (reasons: Error[]): void {
    if (this.#stopped != null) return
    this.#unreachable = reasons.length > 0 ? reasons : undefined
    if (reasons.length > 0) this.safeDispatchEvent('unreachable', { detail: { reasons } })
    else this.safeDispatchEvent('reachable')
  }

  /** @internal - Tells again what was told while nobody could listen, as nobody had this node yet. */
  tellAgain (): void {
    if (this.#status === 'isolated') this.#announceIsolation()
    if (this.#unreachable != null) this.tellReachability(this.#unreachable)
  }

  #onRest (as: 'frozen' | 'left', kept: boolean): void {
    this.discovery.suspend(as === 'left' ? as : 'away')
    if (!kept) return
    // A page in the cache answers nothing, and with a socket that is open, or being opened, it is not kept there.
    this.mayDial = false
    this.#bootstrapper.stop()
    for (const connection of this.libp2p.getConnections()) connection.abort(new Error('the page was left'))
  }

  #onLife (life: Life, before: Life): void {
    if (life.online && !before.online) this.#revive(0)
    this.#connectivity.refresh()
    this.safeDispatchEvent('life', { detail: life })
  }

  #revive (slept: number): void {
    this.mayDial = true
    this.discovery.resume()
    this.#bootstrapper.start()
    this.#bootstrapper.retry()
    this.#revival.begin(slept)
  }

  #resync (): void {
    this.discovery.resync()
    this.pubsub.resync()
    if (this.#linked) this.links.resync()
  }

  #announceIsolation (): void {
    this.safeDispatchEvent('isolated', { detail: { reasons: this.#connectivity.reasons() } })
  }
}
