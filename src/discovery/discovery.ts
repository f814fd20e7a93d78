/** Puts the parts of discovery together: streams, records, view, spreading, failure detection, rendezvous. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import { MeshStoppedError } from '../errors.ts'
import { encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { checkName } from '../wire/names.ts'
import { nodesTopic, protocolId } from '../wire/protocols.ts'
import { Counters } from './counters.ts'
import { Dialler } from './dialler.ts'
import { recordFrames } from './frames.ts'
import { Gossip } from './gossip.ts'
import { Greeter } from './hello.ts'
import { Intake } from './intake.ts'
import { PeerIds } from './peer-ids.ts'
import { Peers } from './peers.ts'
import { Prober } from './prober.ts'
import { Rendezvous } from './rendezvous.ts'
import { Roster } from './roster.ts'
import { SafeEmitter } from './safe-emitter.ts'
import { initialInfo, ownAddresses, Self } from './self.ts'
import { Spreader } from './spread.ts'
import type { PubSubLike } from './gossip.ts'
import type { Discovery, DiscoveryComponents, DiscoveryEvents, DiscoveryInit, NodeInfo, SelfPatch } from './index.ts'
import type { Origin, RecordFault } from './intake.ts'
import type { VerifiedRecord, View } from './view.core.ts'
import type { DiscoveryFrame } from '../wire/discovery-codec.ts'
import type { AbortOptions, IdentifyResult, Logger, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds that a goodbye may take, and the streams' end. */
const LEAVE_TIMEOUT = 200
const STOP_TIMEOUT = 500
/** Milliseconds between two looks at who is not connected. */
const CONNECT_INTERVAL = 1_000

class NodeDiscovery extends SafeEmitter<DiscoveryEvents> implements Discovery, Startable {
  readonly [Symbol.toStringTag] = '@braid/discovery'
  readonly [serviceCapabilities]: string[] = ['@braid/discovery']
  readonly [serviceDependencies]: string[] = []
  readonly mesh: string
  readonly #components: DiscoveryComponents
  readonly #id: string
  readonly #bootNonce: Uint8Array
  readonly #log: Logger
  readonly #counters = new Counters()
  readonly #peerIds = new PeerIds()
  readonly #roster: Roster
  readonly #self: Self
  readonly #peers: Peers
  readonly #intake: Intake
  readonly #gossip: Gossip
  readonly #spreader: Spreader
  readonly #greeter: Greeter
  readonly #dialler: Dialler
  readonly #prober: Prober
  readonly #rendezvous: Rendezvous
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
    this.#id = components.peerId.toString()
    this.#log = log
    this.#bootNonce = init.bootNonce ?? crypto.getRandomValues(new Uint8Array(16))
    const common = { counters: this.#counters, random: Math.random, now, log }
    const view = (): View => this.#roster.view
    const members = (): string[] => this.#members()
    const unreachable = (): boolean => this.#self.info.addresses.length === 0
    this.#roster = this.#createRoster()
    this.#self = this.#createSelf(init)
    this.#peers = new Peers(components, { ...common, peerIds: this.#peerIds, protocol: protocolId(this.mesh, 'discovery'), onFrame: (from, frame) => { this.#onFrame(from, frame) } })
    const { connectionManager } = components
    const peers = this.#peers
    this.#intake = new Intake({
      mesh: this.mesh,
      now,
      wants: (id, incarnation, seq, left) => this.#wants(id, incarnation, seq, left),
      onRecord: (record, origin) => { this.#onRecord(record, origin) },
      onFault: (fault, origin) => { this.#onFault(fault, origin) }
    })
    this.#gossip = new Gossip({
      ...common,
      topic: nodesTopic(this.mesh),
      pubsub: () => optional<PubSubLike>(components, init.pubsub ?? 'pubsub'),
      onRecords: records => { this.#intake.offer(records, { from: undefined, firstHand: false }) }
    })
    this.#spreader = new Spreader({ peers, gossip: this.#gossip, members, random: Math.random })
    this.#greeter = new Greeter({ ...common, peers, view, members, own: () => this.#self.signed, bootNonce: this.#bootNonce })
    this.#dialler = new Dialler({ ...common, self: this.#id, connectionManager, peers, view, unreachable })
    this.#prober = new Prober({
      ...common,
      self: this.#id,
      peers,
      dialler: this.#dialler,
      members,
      knows: id => this.#roster.has(id),
      onOpinion: (id, opinion) => {
        this.#counters.add(`opinions_${opinion}`)
        this.#roster.judge(id, opinion)
      },
      onRefute: seq => { this.#self.refute(seq) }
    })
    this.#rendezvous = new Rendezvous({
      ...common,
      mesh: this.mesh,
      service: init.service,
      contentRouting: () => optional(components, 'contentRouting'),
      connected: () => connectionManager.getConnections().length > 0,
      reachable: () => !unreachable(),
      lonely: () => this.#roster.lonely,
      has: service => this.#roster.waiters.ready(service) != null,
      onProvider: (peer, addresses) => { this.#meet(peer, addresses) }
    })
  }

  #createRoster (): Roster {
    return new Roster({
      self: this.#id,
      peerIds: this.#peerIds,
      peerStore: this.#components.peerStore,
      now,
      log: this.#log,
      onRecord: ({ info: { id, incarnation, seq } }, added) => {
        this.#prober.tell({ type: 'member', id, incarnation, seq })
        if (added && id !== this.#id) this.#dialler.tick()
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

  get self (): NodeInfo {
    return this.#self.info
  }

  async start (): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#leaving = undefined
    this.#stopping = undefined
    this.#roster.reset()
    this.#dialler.start()
    await this.#peers.start()
    const { events, connectionManager } = this.#components
    events.addEventListener('peer:connect', this.#onConnect)
    events.addEventListener('peer:disconnect', this.#onDisconnect)
    events.addEventListener('peer:identify', this.#onIdentify)
    events.addEventListener('self:peer:update', this.#onAddresses)
    events.addEventListener('transport:listening', this.#onAddresses)
    events.addEventListener('transport:close', this.#onAddresses)
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
    const { events } = this.#components
    events.removeEventListener('peer:connect', this.#onConnect)
    events.removeEventListener('peer:disconnect', this.#onDisconnect)
    events.removeEventListener('peer:identify', this.#onIdentify)
    events.removeEventListener('self:peer:update', this.#onAddresses)
    events.removeEventListener('transport:listening', this.#onAddresses)
    events.removeEventListener('transport:close', this.#onAddresses)
    this.#roster.waiters.rejectAll(new MeshStoppedError())
    for (const part of [this.#rendezvous, this.#prober, this.#greeter, this.#dialler, this.#intake, this.#spreader, this.#gossip, this.#self]) part.stop()
    await this.#peers.stop(AbortSignal.timeout(STOP_TIMEOUT))
    this.#running = false
  }

  async leave ({ signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#leaving ??= this.#leave()
    await this.#leaving
  }

  async #leave (): Promise<void> {
    this.#spreader.flush()
    const record = await this.#self.leave()
    const [frame] = recordFrames(record == null ? [] : [record.signed])
    if (record == null || frame == null) return
    const members = this.#members()
    this.#roster.take(record)
    this.#gossip.publish(frame)
    const until = now() + LEAVE_TIMEOUT
    const sent = members.map(async id => {
      const peer = this.#peerIds.get(id)
      if (peer != null) await this.#peers.send(peer, frame, LEAVE_TIMEOUT).catch(() => {})
    })
    await Promise.race([Promise.all(sent), pause(LEAVE_TIMEOUT)])
    while (this.#peers.queued(members) > 0 && now() < until) await pause(1)
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

  report (id: string): void {
    this.#prober.tell({ type: 'report', id })
  }

  resync (): void {
    if (this.#running) this.#greeter.resync()
  }

  peerId (id: string): PeerId | undefined {
    return this.#roster.view.get(id) == null ? undefined : this.#peerIds.get(id)
  }

  stats (): Readonly<Record<string, number>> {
    return { ...prefixed('view', this.#roster.view.stats()), ...prefixed('detector', this.#prober.stats()), ...this.#counters.all() }
  }

  #members (): string[] {
    return [...this.#peers.connected()].filter(id => this.#roster.has(id))
  }

  #tick (): void {
    this.#greeter.tick()
    if (now() < this.#nextConnect) return
    this.#nextConnect = now() + CONNECT_INTERVAL
    this.#dialler.tick()
  }

  #wants (id: string, incarnation: number, seq: number, left: boolean): boolean {
    const own = this.#self.info
    const wanted = id === this.#id
      ? incarnation > own.incarnation || (incarnation === own.incarnation && seq >= own.seq)
      : this.#roster.view.wants(id, incarnation, seq, left)
    if (!wanted) this.#counters.add('records_stale')
    return wanted
  }

  #onFault (fault: RecordFault, { from }: Origin): void {
    this.#counters.add(`records_${fault}`)
    if (from != null && fault !== 'overload') this.#peers.punish(from, 2)
  }

  #onRecord (record: VerifiedRecord, { from, firstHand }: Origin): void {
    const { id, incarnation, seq } = record.info
    if (firstHand && id !== from) {
      this.#counters.add('records_wrong_id')
      this.#peers.punish(from ?? '', 2)
    } else if (id === this.#id) {
      this.#self.met(incarnation, seq, record.signed)
    } else {
      this.#counters.add('records_accepted')
      this.#roster.take(record)
      if (from != null) this.#spreader.add(id, record.signed, { from, wide: firstHand })
    }
  }

  #meet (peer: PeerId, addresses: Multiaddr[]): void {
    const id = peer.toString()
    if (id === this.#id || this.#roster.has(id)) return
    if (this.#peers.isConnected(peer)) this.#greeter.speaks(peer)
    else this.#dialler.meet(peer, addresses)
  }

  #onFrame (from: string, frame: DiscoveryFrame): void {
    if (!this.#running || this.#leaving != null) return
    this.#prober.tell({ type: 'contact', id: from })
    if (frame.hello != null) this.#onHello(from, frame.hello)
    else if (frame.records != null) this.#intake.offer(frame.records.records, { from, firstHand: false })
    else if (frame.fetch != null) this.#greeter.fetch(from, frame.fetch.ids)
    else if (frame.probe != null) {
      this.#prober.onProbe(from, frame.probe.nonce)
      this.#tellIfGone(from)
    } else if (frame.ack != null) this.#prober.onAck(frame.ack.nonce)
    else if (frame.probeRequest != null) this.#prober.onProbeRequest(from, frame.probeRequest)
    else if (frame.suspicion != null) this.#prober.onSuspicion(from, frame.suspicion)
  }

  #onHello (from: string, hello: NonNullable<DiscoveryFrame['hello']>): void {
    if (from === this.#id) {
      if (!equals(hello.bootNonce, this.#bootNonce)) this.#conflict()
      return
    }
    if (hello.self != null) this.#intake.offer([hello.self], { from, firstHand: true })
    this.#greeter.answer(from, hello)
    this.#tellIfGone(from)
  }

  /** A node that we gave up talks to us: it must say something newer to come back. */
  #tellIfGone (from: string): void {
    const grave = this.#roster.view.tombstone(from)
    if (grave == null || grave.left || !this.#peers.allow(from, 'obituaries', 2)) return
    const { id, incarnation, seq } = grave
    this.#peers.post(from, encodeDiscoveryFrame({ suspicion: { id, incarnation, seq } }))
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

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => { this.#connected(detail) }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const id = detail.toString()
    this.#greeter.disconnected(id)
    this.#peers.forget(id)
    this.#prober.tell({ type: 'closed', id })
  }

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    if (detail.protocols.includes(protocolId(this.mesh, 'discovery'))) this.#greeter.speaks(detail.peerId)
  }

  readonly #onAddresses = (): void => { this.#self.refreshAddresses() }
}

function now (): number {
  return performance.now()
}

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, ms) })
}

/** libp2p throws when it is asked for a component that it does not have. */
function optional <T> (components: object, key: string): T | undefined {
  try {
    return (components as Record<string, T | undefined>)[key]
  } catch {
    return undefined
  }
}

function prefixed (prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}_${name}`, count]))
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
