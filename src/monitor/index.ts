/**
 * @packageDocumentation
 *
 * What a node knows of its mesh and of itself, for people, dashboards and alarms: which nodes and paths there are, who
 * leads which service, where links lead, how far channels lag, how often which method is called and how long that takes.
 *
 * Nothing is collected in one place: each node tells what it knows, here (`mesh.monitor.snapshot()`), to any other node
 * (`braid.monitor.snapshot`), and as text for Prometheus. {@link Health} says in plain words why a node is not well, and
 * changes only once something has lasted.
 *
 * Texts and numbers only: no token, argument, result or message is in it.
 *
 * @example
 *
 * ```ts
 * mesh.monitor.addEventListener('health', ({ detail }) => { console.log(detail.level, detail.reasons) })
 * for (const { peer, transport, relayed, rtt } of mesh.monitor.snapshot().paths) console.log(peer, transport, relayed, rtt)
 * const other = await mesh.rpc.invoke('login', 'braid.monitor.snapshot', {}, { node })
 * if (isSnapshot(other)) console.log(other.health)
 * ```
 */
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election, ElectionState } from '../election/index.ts'
import type { Links } from '../links/index.ts'
import type { OpenChannel, Pubsub, TopicInfo } from '../pubsub/index.ts'
import type { Rpc } from '../rpc/index.ts'
import type { ComponentLogger, Connection, Metrics, TypedEventTarget } from '@libp2p/interface'

/** Of a node in its mesh. */
export type MeshStatus = 'starting' | 'isolated' | 'joined' | 'draining' | 'stopped'

/**
 * `isolated`: no path into the mesh. `joined`: there is one, and something is not as it should be. `healthy`: nothing is
 * known to be wrong.
 */
export type HealthLevel = 'isolated' | 'joined' | 'healthy'

export interface Health {
  readonly level: HealthLevel
  /** Why it is not healthy, in plain words. */
  readonly reasons: readonly string[]
}

/** One open connection. */
export interface PathInfo {
  /** Peer id. */
  readonly peer: string
  /** What the peer calls itself, if it is a node of the mesh. */
  readonly name?: string
  /** Multiaddr of the other end. */
  readonly address: string
  /** Of a relayed path: that of its way to the relay. */
  readonly transport: PathTransport
  readonly relayed: boolean
  /** Peer id of the relay. */
  readonly relay?: string
  readonly direction: 'inbound' | 'outbound'
  /** Protocol ids, as `/noise` and `/yamux/1.0.0`; WebRTC needs neither. */
  readonly encryption?: string
  readonly multiplexer?: string
  /** Milliseconds there and back, as last measured: nothing is measured unless somebody asks. */
  readonly rtt?: number
  /** Milliseconds since 1970. */
  readonly since: number
  /** Those that are open on it. */
  readonly streams: number
}

export type PathTransport = 'tcp' | 'ws' | 'wss' | 'webrtc' | 'webrtc-direct' | 'memory' | 'other'

export interface ServiceInfo {
  readonly service: string
  /** Peer ids. */
  readonly nodes: readonly string[]
  /** Of the node that tells, in the service's group. */
  readonly state: ElectionState
  readonly leader?: { readonly id: string, readonly epoch: number, readonly term: number }
  /** Milliseconds that the leader's lease still runs; only the leader itself knows. */
  readonly leaseLeft?: number
  /** Peer ids; empty while no group is known. */
  readonly voters: readonly string[]
  /** Peer ids; only the leader knows them. */
  readonly learners: readonly string[]
  /** Of a service of nodes that cannot vote: whom everybody would take. */
  readonly hint?: string
}

/** Links of the callers of one service to one node of another. */
export interface LinkCount {
  readonly service: string
  /** The calling service; empty for callers without one; `*`: all of them, as only the leader of `service` tells them apart. */
  readonly parent: string
  /** Peer id. */
  readonly node: string
  readonly count: number
}

/** Calls of one method. Times are milliseconds, of the last minute when there were calls in it, else of all calls. */
export interface CallStats {
  readonly service: string
  readonly method: string
  /** Of all time, and how many of them failed. */
  readonly calls: number
  readonly errors: number
  /** Calls per second, in the last minute. */
  readonly rate: number
  /** How long half of them took at most; likewise 95 and 99 of a hundred. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface Resources {
  /** Share of one core that this process used of late: 1 is all of it. Node only. */
  readonly cpu?: number
  /** Bytes. Node only. */
  readonly rss?: number
  /** Bytes; of the browsers, Chromium tells. */
  readonly heapUsed?: number
  /** Milliseconds by which timers came late of late: the 99th percentile. */
  readonly loopDelay?: number
  /** Those that are open, and the streams on them. */
  readonly connections: number
  readonly streams: number
  /** What the rooms count, by name. */
  readonly counters: Readonly<Record<string, number>>
}

/** What one node knows at one moment. */
export interface MeshSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Milliseconds since the node was made. */
  readonly uptime: number
  /** Of this package. */
  readonly version: string
  /** Name of the mesh. */
  readonly mesh: string
  readonly status: MeshStatus
  readonly health: Health
  readonly self: NodeInfo
  /** All that are known, this one included. */
  readonly nodes: readonly NodeInfo[]
  /** Its open connections. */
  readonly paths: readonly PathInfo[]
  /** Those that have a node. */
  readonly services: readonly ServiceInfo[]
  /** How many lead to each node, by its own word; apart by calling service where this node leads. */
  readonly links: readonly LinkCount[]
  /** Those that this node assigns. */
  readonly topics: readonly TopicInfo[]
  /** All that this node has heard of, also those for which nobody has published yet. Missing: it is of an older build. */
  readonly channels?: readonly OpenChannel[]
  /** Of this node's own methods, and of those that it called. */
  readonly calls: { readonly served: readonly CallStats[], readonly made: readonly CallStats[] }
  readonly resources: Resources
  /** How many of each list were left out, as an answer to another node is bounded: `{ nodes: 500 }`. */
  readonly truncated?: Readonly<Record<string, number>>
}

export interface MonitorEvents {
  /** {@link Monitor.health} has changed. */
  'health': CustomEvent<Health>
}

export interface Monitor extends TypedEventTarget<MonitorEvents> {
  readonly health: Health
  /** Of what this node knows: asks nobody. @throws InvalidOptionsError - the monitor is off */
  snapshot (): MeshSnapshot
  /** The metrics as text for Prometheus (exposition format 0.0.4). @throws InvalidOptionsError - the monitor is off */
  prometheus (): string
}

/** Begins and ends with its node. */
export interface RunningMonitor extends Monitor {
  start (): void
  stop (): void
  /** The node's own state has changed: look now rather than in a second. */
  refresh (): void
}

/** What is read of gossipsub. */
export interface GossipLike {
  getSubscribers (topic: string): readonly unknown[]
  getMeshPeers (topic: string): readonly unknown[]
}

/** None yet. */
export type MonitorOptions = Readonly<Record<string, never>>

export { metricsHandler } from './handler.ts'
export type { HandlerOptions } from './handler.ts'
export { isSnapshot } from './is-snapshot.ts'

/** What the monitor reads. */
export interface MonitorComponents {
  logger: ComponentLogger
  getConnections: () => Connection[]
  discovery: Discovery
  rpc: Rpc
  election: Election
  links: Links
  pubsub: Pubsub
  /** Of libp2p, if the application gave it one. */
  metrics: Metrics | undefined
  gossip: () => GossipLike | undefined
  status: () => MeshStatus
  /** Why there is no path into the mesh. */
  isolation: () => readonly Error[]
  /** Why nobody can dial this node; undefined while somebody can, or it needs no relay. */
  unreachable: () => readonly Error[] | undefined
  /** This node lives in a page. */
  page: boolean
}
