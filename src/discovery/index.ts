/**
 * @packageDocumentation
 *
 * Which nodes serve which service. Records are signed by their node, spread by a push-pull `hello` on every connection
 * and by gossip, and found in the first place through the DHT; a SWIM-like failure detector removes what is gone.
 */
import type { DetectorConfig } from './detector.core.ts'
import type { AbortOptions, ComponentLogger, ContentRouting, Libp2pEvents, PeerId, PeerStore, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** `suspect` is this node's own opinion; the other states are what the node said of itself. */
export type NodeState = 'up' | 'suspect' | 'draining' | 'away' | 'left'

export interface NodeLoad {
  /** Tokens linked to the node. */
  readonly links: number
  /** Calls that run on it. */
  readonly inflight: number
}

/** What a voter says of its service's group. */
export interface Leadership {
  /** Of the group: the higher one is the newer. */
  readonly epoch: number
  /** Of the leader, within the epoch. */
  readonly term: number
  /** Peer id; empty: the voter knows none in this term. */
  readonly leader: string
  /** Peer ids. */
  readonly voters: readonly string[]
  /** Identity of the group, and how it came to be: who meets two groups of a service must know which gives way. */
  readonly group: number
  readonly kind: 'default' | 'expect' | 'voters' | 'recover'
}

/** A node as this node sees it. Immutable: a change makes a new object. */
export interface NodeInfo {
  /** Peer id, as string. */
  readonly id: string
  /** Undefined for a pure client. */
  readonly service: string | undefined
  /** For people; nothing keeps two nodes from having the same. */
  readonly name: string
  /** Grows with every start of the node. */
  readonly incarnation: number
  /** Grows with every change of the record within an incarnation. */
  readonly seq: number
  readonly state: NodeState
  /** What it does beside its service: `voter`, `keeper`, `relay`, and more. */
  readonly roles: readonly string[]
  /** Share of the calls, relative to the other nodes of the service: 1 to 1048576. */
  readonly weight: number
  /** Up to 2 s old. */
  readonly load: NodeLoad
  /** Names of the methods that it serves. */
  readonly methods: readonly string[]
  /** Facts that its owner gave it, as `{ zone: 'a' }`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Multiaddrs as strings, without `/p2p/<id>`. */
  readonly addresses: readonly string[]
  /** Only of a voter of the service's election group. */
  readonly election?: Leadership
}

export interface DiscoveryEvents {
  'node:add': CustomEvent<NodeInfo>
  'node:update': CustomEvent<NodeInfo>
  /** The node left (`detail.state` is `left`) or was given up. */
  'node:remove': CustomEvent<NodeInfo>
  /** Detail: the service's name. Its first node came. */
  'service:add': CustomEvent<string>
  /** Its last node went. */
  'service:remove': CustomEvent<string>
  /** Another live process uses this node's identity (a copied disk or machine), and has proved it. Not in tabs. Detail: the peer id. */
  'conflict': CustomEvent<string>
}

/** What a node says of itself and may change while it runs; what is left out stays. The members are those of {@link NodeInfo}. */
export interface SelfPatch {
  state?: 'up' | 'draining' | 'away'
  weight?: number
  load?: NodeLoad
  methods?: readonly string[]
  roles?: readonly string[]
  metadata?: Readonly<Record<string, string>>
  /** Null takes it out of the record. */
  election?: Leadership | null
}

export interface Discovery extends TypedEventTarget<DiscoveryEvents> {
  /** Name of the mesh. */
  readonly mesh: string
  /** This node as others see it: another object after each change. */
  readonly self: NodeInfo
  /** Names of the services that have a node, sorted. */
  services (): string[]
  /**
   * Nodes of a service, or all, this one included, sorted by id; without those that left. The same array until
   * something changes, so that a caller may compare it by reference.
   */
  nodes (service?: string): readonly NodeInfo[]
  /** The node of this peer id; undefined when it is not known, not yet or no more. */
  node (id: string): NodeInfo | undefined
  /**
   * Resolves as soon as the service has a node that takes calls; looks it up in the DHT meanwhile.
   *
   * @throws the signal's reason
   * @throws MeshStoppedError
   */
  waitFor (service: string, options?: AbortOptions): Promise<readonly NodeInfo[]>
  /**
   * Change this node's record; it is signed and spread soon after (load at most every 2 s).
   *
   * @throws InvalidOptionsError - the record would be too large, or no peer would take it; nothing was changed
   */
  update (patch: SelfPatch): void
  /** Some room has trouble to reach this node: probe it now rather than at its turn. */
  report (id: string): void
  /** Say `left` to everybody and wait until it is written to the connections. */
  leave (options?: AbortOptions): Promise<void>
  /**
   * Exchange views with some peers now: the network was away. Those that were given up meanwhile are taken back as they
   * are, if a peer has them.
   */
  resync (): void
  /**
   * Say `away` or `left` within this call, as no script may run after it: to those whose streams are open, by a record
   * that was signed before. Does nothing without `presign`.
   */
  suspend (state: 'away' | 'left'): void
  /** All that others hold against this life of the node, up to an incarnation, ends: go on in a new one above it. */
  renew (above: number): void
  /**
   * This node ran nothing for a while: that others were silent tells nothing of them. After {@link suspend}: be what this
   * node was before, in a new incarnation if it had left.
   */
  resume (): void
  /** The record of a node in the view as it signed it, for somebody who may not know it. */
  signed (id: string): Uint8Array | undefined
  /**
   * A peer has named a node to this one, with its record: it is verified at once, and enters the view if it is true, of
   * that node and newer than what is known. On some platforms that takes a moment. What is not true changes nothing, and
   * is held against the peer. Never throws.
   */
  introduce (id: string, record: Uint8Array, peer: string): void | Promise<void>
  /**
   * Members that this node is to be connected with, however many there are, in place of those said before: dialled first,
   * in this order, and closed last when there are too many connections. For few of them.
   */
  keep (ids: readonly string[]): void
  /** Peer id of a node in the view, with its key: no parsing on hot paths. */
  peerId (id: string): PeerId | undefined
  /** Milliseconds there and back, of the last probe that the node answered; no traffic is made for it. */
  rtt (id: string): number | undefined
  /** Counters: records dropped and why, probes, suspicions, removals. */
  stats (): Readonly<Record<string, number>>
}

export interface DiscoveryInit {
  /** @default 'braid' */
  mesh?: string
  /** The service that this node is an instance of. @default none: a pure client */
  service?: string
  /** A name for people. @default the end of the peer id */
  name?: string
  /** Share of the calls, relative to the other nodes of the service: 1 to 1048576. @default 1024 */
  weight?: number
  /** Facts for others, as `{ zone: 'a' }`. @default none */
  metadata?: Readonly<Record<string, string>>
  /** What it does beside its service, from its first word on. @default none */
  roles?: readonly string[]
  /** Of this start; see storage. @default start time in ms */
  incarnation?: number
  /** 16 bytes of this start, which no other start has. @default random ones */
  bootNonce?: Uint8Array
  /** How closely this node watches the others. @default 3 probes a second, looked at every 100 ms, to whoever's turn it is */
  detector?: Partial<Pick<DetectorConfig, 'tick' | 'probes' | 'calm' | 'calmInterval'>>
  /** Keep the records signed that {@link Discovery.suspend} sends. @default false */
  presign?: boolean
  /** A record of this node with a higher incarnation was met: the number this start now has, to be persisted. */
  onIncarnation?: (incarnation: number) => void
  /** Key of the gossipsub service beside this one; without such a service records travel by streams alone. @default 'pubsub' */
  pubsub?: string
}

/** What {@link discovery} needs of libp2p: nothing that a plain node lacks. DHT and gossipsub are used when there. */
export interface DiscoveryComponents {
  peerId: PeerId
  privateKey: PrivateKey
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'openConnection' | 'getConnections'>
  addressManager: Pick<AddressManager, 'getAddresses' | 'getListenAddrs'>
  peerStore: Pick<PeerStore, 'merge' | 'delete'>
  contentRouting: Pick<ContentRouting, 'provide' | 'findProviders'>
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

export { discovery } from './discovery.ts'
