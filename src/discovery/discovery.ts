/** Puts the parts of discovery together: streams, records, view, spreading, failure detection, rendezvous. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { MeshStoppedError } from '../errors.ts'
import { withDeadline } from '../util/deadline.ts'
import { checkName } from '../wire/names.ts'
import { nodesTopic, protocolId } from '../wire/protocols.ts'
import { Counters, prefixed } from './counters.ts'
import { Dialler, isRelayed } from './dialler.ts'
import { sayGoodbye } from './farewell.ts'
import { recordFrames } from './frames.ts'
import { Gossip } from './gossip.ts'
import { Greeter } from './hello.ts'
import { initialInfo } from './initial-info.ts'
import { Inbox } from './inbox.ts'
import { listen } from './listen.ts'
import { CONNECT_INTERVAL, CONNECT_SOON, STOP_TIMEOUT } from './numbers.ts'
import { optional } from './optional.ts'
import { PeerIds } from './peer-ids.ts'
import { Peers } from './peers.ts'
import { Prober } from './prober.ts'
import { Rendezvous } from './rendezvous.ts'
import { Roster } from './roster.ts'
import { SafeEmitter } from './safe-emitter.ts'
import { ownAddresses, Self } from './self.ts'
import { Spreader } from './spread.ts'
import { now } from './timing.ts'
import type { PubSubLike } from './gossip.ts'
import type { Discovery, DiscoveryComponents, DiscoveryEvents, DiscoveryInit, NodeInfo, SelfPatch } from './index.ts'
import type { View } from './view.core.ts'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

interface Common {
  counters: Counters
  random: () => number
  now: () => number
  log: Logger
}

class NodeDiscovery extends SafeEmitter<DiscoveryEvents> implements Discovery, Startable {
  readonly [Symbol.toStringTag] = '@braid/discovery'
  readonly [serviceCapabilities]: string[] = ['@braid/discovery']
  readonly [serviceDependencies]: string[] = []
  readonly mesh: string
  readonly #components: DiscoveryComponents
  readonly #id: string
  readonly #protocol: string
  readonly #log: Logger
  readonly #counters = new Counters()
  readonly #peerIds = new PeerIds()
  readonly #roster: Roster
  readonly #self: Self
  readonly #peers: Peers
  readonly #inbox: Inbox
  readonly #gossip: Gossip
  readonly #spreader: Spreader
  readonly #greeter: Greeter
  readonly #dialler: Dialler
  readonly #prober: Prober
  readonly #rendezvous: Rendezvous
  #unlisten = (): void => {}
  #running = false
  #leaving: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #nextConnect = 0

  constructor (components: DiscoveryComponents, init: DiscoveryInit) {
    const log = components.logger.forComponent('braid:discovery')
    super(err => { log.error('a listener failed - %e', err) })
    this.mesh = checkName('mesh', init.mesh ?? 'braid')
    if (init.service != null) checkName('service', init.service)
    this.#components = components
    this.#protocol = protocolId(this.mesh, 'discovery')
    this.#id = components.peerId.toString()
    this.#log = log
    const bootNonce = init.bootNonce ?? crypto.getRandomValues(new Uint8Array(16))
    const common: Common = { counters: this.#counters, random: Math.random, now, log }
    const view = (): View => this.#roster.view
    this.#roster = this.#createRoster()
    this.#self = this.#createSelf(init)
    const peers = this.#peers = new Peers(components, { ...common, peerIds: this.#peerIds, protocol: this.#protocol, onFrame: (stream, frame) => { if (this.#running && this.#leaving == null) this.#inbox.onFrame(stream, frame) }, onEnd: stream => { this.#inbox.doubles?.onEnd(stream) } })
    this.#gossip = new Gossip({
      ...common, topic: nodesTopic(this.mesh),
      pubsub: () => optional<PubSubLike>(components, init.pubsub ?? 'pubsub'),
      onRecords: records => { this.#inbox.onGossip(records) }
    })
    this.#spreader = new Spreader({ peers, gossip: this.#gossip, members: () => this.#listeners(), random: Math.random })
    this.#greeter = new Greeter({ ...common, peers, view, members: () => this.#listeners(), own: () => this.#self.signed, bootNonce })
    const { addressManager, connectionManager, peerStore } = components
    const seeking = (): boolean => addressManager.getListenAddrs().some(address => isRelayed(String(address)))
    this.#dialler = new Dialler({ ...common, self: this.#id, connectionManager, peerStore, peers, view, seeking, unreachable: () => this.#self.info.addresses.length === 0 })
    this.#prober = this.#createProber(common, init.detector)
    this.#inbox = new Inbox({
      mesh: this.mesh, id: this.#id, privateKey: components.privateKey, bootNonce, peers,
      self: this.#self, roster: this.#roster, greeter: this.#greeter, prober: this.#prober, spreader: this.#spreader, counters: this.#counters,
      onConflict: () => { this.#conflict() }
    })
    this.#rendezvous = this.#createRendezvous(common, init.service)
  }

  #createRoster (): Roster {
    return new Roster({
      self: this.#id,
      peerIds: this.#peerIds,
      peerStore: this.#components.peerStore,
      now,
      log: this.#log,
      onRecord: ({ info: { id, incarnation, seq, addresses } }, added) => {
        this.#prober.tell({ type: 'member', id, incarnation, seq, calm: addresses.every(isRelayed) })
        // each look goes over all members: thousands that come at once are seen with a few
        if (added && id !== this.#id) this.#nextConnect = Math.min(this.#nextConnect, now() + CONNECT_SOON)
      },
      onRemove: id => {
        this.#prober.tell({ type: 'forget', id })
        this.#dialler.forget(id)
      },
      onEvent: event => { this.safeDispatchEvent(event.type, { detail: 'node' in event ? event.node : event.service }) }
    })
  }

  #createSelf (init: DiscoveryInit): Self {
    const { privateKey, addressManager } = this.#components
    return new Self({
      mesh: this.mesh,
      privateKey,
      presign: init.presign ?? false,
      now,
      info: initialInfo(this.#id, init),
      addresses: () => ownAddresses(this.#id, addressManager),
      onSigned: record => {
        this.#counters.add('records_signed')
        this.#roster.take(record)
        this.#spreader.add(this.#id, record.signed, { wide: true })
      },
      onIncarnation: incarnation => { init.onIncarnation?.(incarnation) },
      onConflict: () => { this.#conflict() },
      onError: err => { this.#log.error('could not sign - %e', err) }
    })
  }

  #createProber (common: Common, detector: DiscoveryInit['detector']): Prober {
    return new Prober({
      ...common, detector,
      self: this.#id, peers: this.#peers,
      dialler: this.#dialler,
      members: () => this.#members(), knows: id => this.#roster.has(id),
      onOpinion: (id, opinion) => {
        this.#counters.add(`opinions_${opinion}`)
        this.#roster.judge(id, opinion)
      },
      onRefute: seq => { this.#self.refute(seq) }
    })
  }

  #createRendezvous (common: Common, service: string | undefined): Rendezvous {
    const { connectionManager } = this.#components
    return new Rendezvous({
      ...common,
      mesh: this.mesh,
      service,
      contentRouting: () => optional(this.#components, 'contentRouting'),
      connected: () => connectionManager.getConnections().length > 0,
      reachable: () => this.#self.info.addresses.length > 0,
      lonely: () => this.#roster.lonely,
      has: name => this.#roster.waiters.ready(name) != null,
      onProvider: (peer, addresses) => { this.#meet(peer, addresses) }
    })
  }

  get self (): NodeInfo {
    return this.#self.info
  }

  async start (): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#leaving = this.#stopping = undefined
    this.#roster.reset()
    this.#dialler.start()
    await this.#peers.start()
    const { events, connectionManager } = this.#components
    const refresh = (): void => { this.#self.refreshAddresses() }
    this.#unlisten = listen(events, {
      'peer:connect': ({ detail }) => { this.#connected(detail) },
      'peer:disconnect': ({ detail }) => { this.#disconnected(detail.toString()) },
      'peer:identify': ({ detail: { peerId, protocols } }) => {
        if (protocols.includes(this.#protocol)) this.#greeter.speaks(peerId)
      },
      'self:peer:update': refresh, 'transport:listening': refresh, 'transport:close': refresh
    })
    this.#greeter.start()
    this.#prober.start(() => { this.#tick() })
    await this.#self.start()
    for (const { remotePeer } of connectionManager.getConnections()) this.#connected(remotePeer)
  }

  /** Transports listen and gossipsub runs only when every service's `start` has ended. */
  async afterStart (): Promise<void> {
    if (!this.#running) return
    this.#self.refreshAddresses()
    this.#gossip.start()
    this.#rendezvous.start()
  }

  /** Connections close while services stop: the goodbye has to be out before. */
  async beforeStop (): Promise<void> {
    await this.stop()
  }

  async stop (): Promise<void> {
    if (!this.#running) return
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  async #stop (): Promise<void> {
    await this.leave()
    this.#unlisten()
    this.#roster.waiters.rejectAll(new MeshStoppedError())
    for (const part of [this.#rendezvous, this.#prober, this.#greeter, this.#dialler, this.#inbox, this.#spreader, this.#gossip, this.#self]) part.stop()
    await withDeadline(STOP_TIMEOUT, [], async signal => this.#peers.stop(signal))
    this.#running = false
  }

  async leave ({ signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    await (this.#leaving ??= this.#leave())
  }

  async #leave (): Promise<void> {
    this.#spreader.flush()
    const record = await this.#self.leave()
    if (record == null) return
    const heard = this.#listeners()
    this.#roster.take(record)
    await sayGoodbye(record.signed, heard, { peers: this.#peers, gossip: this.#gossip })
  }

  services (): string[] {
    return this.#roster.view.services()
  }

  nodes (service?: string): readonly NodeInfo[] {
    return this.#roster.view.nodes(service)
  }

  node (id: string): NodeInfo | undefined {
    return this.#roster.view.get(id)
  }

  async waitFor (service: string, { signal }: AbortOptions = {}): Promise<readonly NodeInfo[]> {
    checkName('service', service)
    signal?.throwIfAborted()
    if (!this.#running || this.#stopping != null) throw new MeshStoppedError()
    const ready = this.#roster.waiters.ready(service)
    if (ready != null) return ready
    this.#rendezvous.want(service)
    try {
      return await this.#roster.waiters.wait(service, signal)
    } finally {
      if (!this.#roster.waiters.has(service)) this.#rendezvous.unwant(service)
    }
  }

  update (patch: SelfPatch): void {
    this.#self.update(patch)
  }

  report (id: string): void { this.#prober.tell({ type: 'report', id }) }

  resync (): void { if (this.#running) this.#greeter.resync() }

  suspend (state: 'away' | 'left'): void {
    const record = this.#self.suspend(state)
    if (record == null) return
    recordFrames([record.signed]).forEach(frame => { this.#peers.shout(frame) })
    this.#roster.take(record)
  }

  renew (above: number): void { this.#self.renew(above) }

  resume (): void {
    this.#prober.tell({ type: 'woken' })
    this.#self.resume()
  }

  signed (id: string): Uint8Array | undefined { return this.node(id) == null ? undefined : this.#roster.view.signed(id) }

  introduce (...[id, record, peer]: Parameters<Discovery['introduce']>): void | Promise<void> { return this.#running ? this.#inbox.introduce(id, record, peer) : undefined }

  keep (ids: readonly string[]): void { this.#dialler.keep(new Set(ids)) }

  peerId (id: string): PeerId | undefined { return this.node(id) == null ? undefined : this.#peerIds.get(id) }

  rtt (id: string): number | undefined { return this.#prober.rtt(id) }

  stats (): Readonly<Record<string, number>> {
    return { ...prefixed('view', this.#roster.view.stats()), ...prefixed('detector', this.#prober.stats()), ...this.#counters.all() }
  }

  #members (): string[] {
    return [...this.#peers.connected()].filter(id => this.#roster.has(id))
  }

  /** Also peers that are no members: of two nodes that gave each other up, each needs the other's word to come back. */
  #listeners (): string[] {
    return [...new Set([...this.#members(), ...this.#greeter.greeted()])]
  }

  #tick (): void {
    for (const part of [this.#greeter, this.#inbox]) part.tick()
    if (now() < this.#nextConnect) return
    this.#nextConnect = now() + CONNECT_INTERVAL
    this.#dialler.tick()
  }

  #meet (peer: PeerId, addresses: Multiaddr[]): void {
    const id = peer.toString()
    if (id === this.#id || this.#roster.has(id)) return
    if (this.#peers.isConnected(peer)) this.#greeter.speaks(peer)
    else this.#dialler.meet(peer, addresses)
  }

  #conflict (): void {
    this.#counters.add('conflicts')
    this.safeDispatchEvent('conflict', { detail: this.#id })
  }

  #connected (peer: PeerId): void {
    this.#prober.tell({ type: 'connected', id: peer.toString() })
    this.#greeter.connected(peer)
    this.#rendezvous.connected()
  }

  #disconnected (id: string): void {
    this.#greeter.disconnected(id)
    this.#peers.forget(id)
    this.#prober.tell({ type: 'closed', id })
  }
}

/**
 * The discovery service of a libp2p node. Works beside any others and needs none of them; it uses the DHT and gossipsub
 * if they are there.
 *
 * @throws InvalidNameError, InvalidOptionsError - when libp2p makes it
 *
 * @example
 *
 * ```ts
 * const node = await createLibp2p({ services: { discovery: discovery({ mesh: 'shop', service: 'login' }) } })
 * node.services.discovery.addEventListener('node:add', ({ detail }) => { console.log(detail.id, 'serves', detail.service) })
 * ```
 */
export function discovery (init: DiscoveryInit = {}): (components: DiscoveryComponents) => Discovery {
  return components => new NodeDiscovery(components, init)
}
