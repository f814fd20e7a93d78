/** What `createMesh` gives. */
import type { Discovery, NodeInfo } from './discovery/index.ts'
import type { Election } from './election/index.ts'
import type { Links } from './links/index.ts'
import type { MeshStatus, Monitor } from './monitor/index.ts'
import type { Life } from './page-life.ts'
import type { Pubsub } from './pubsub/index.ts'
import type { Rpc } from './rpc/index.ts'
import type { PathChange } from './transport/index.ts'
import type { AbortOptions, Libp2p, TypedEventTarget } from '@libp2p/interface'

export interface MeshEvents {
  /** {@link Mesh.status} changed; detail: the new one. */
  'status': CustomEvent<MeshStatus>
  /**
   * The last path into the mesh is gone, or none was found. Detail: what is known of why. What is so when `createMesh`
   * resolves is told right after that, so that whoever listens then hears it.
   */
  'isolated': CustomEvent<{ reasons: Error[] }>
  /** There is a path again; every room brings itself up to date. */
  'resumed': CustomEvent<undefined>
  /**
   * This node cannot be dialled (a browser tab, or one that listens on `/p2p-circuit`) and has no place on a relay: only
   * nodes that it is connected with can call it. Detail: why each relay refused it, or that there is none.
   */
  'unreachable': CustomEvent<{ reasons: Error[] }>
  /** It has a place on a relay again. */
  'reachable': CustomEvent<undefined>
  /** With {@link MeshOptions.webrtc}: a direct path to a peer is there, is gone, or could not be made. */
  'path': CustomEvent<PathChange>
  /** {@link Mesh.life} changed; detail: the new one. Within the page's own event: when it is frozen, nothing runs after it. */
  'life': CustomEvent<Life>
  /**
   * This node ran nothing for `slept` ms (a frozen tab, a page in the back/forward cache, a laptop that slept, a stopped
   * process), has a path again and has brought every room up to date. Once each time.
   */
  'awake': CustomEvent<{ slept: number }>
}

/** What stands between a node and the others. */
export interface MeshConnectivity {
  /** What is known of why there is no path into the mesh, as in the event `isolated`; undefined: there is one. */
  readonly isolated: readonly Error[] | undefined
  /** Why no relay has a place for this node, as in `unreachable`; undefined: others can call it, or that is not known yet. */
  readonly unreachable: readonly Error[] | undefined
}

/** One node of a mesh, with everything it does. */
export interface Mesh extends TypedEventTarget<MeshEvents>, AsyncDisposable {
  /** This node's peer id. */
  readonly id: string
  /** This node as others see it. */
  readonly self: NodeInfo
  readonly status: MeshStatus
  /** Why it is isolated or cannot be called, for whoever asks later than the events told it. */
  readonly connectivity: MeshConnectivity
  /** What its page and its network are at. A new object after each change. */
  readonly life: Life
  /** The storage that is open: {@link MeshOptions.storage}, in a second tab `<storage>#2`. Undefined: memory. */
  readonly storage: string | undefined
  readonly libp2p: Libp2p
  readonly rpc: Rpc
  readonly discovery: Discovery
  readonly election: Election
  /** With `links: false` its methods throw MeshStoppedError. */
  readonly links: Links
  readonly pubsub: Pubsub
  readonly monitor: Monitor
  /** Only needed after `createMesh({ start: false })`. */
  start (options?: AbortOptions): Promise<void>
  /**
   * Take no new calls but those of tokens that are linked to this node, give leadership and vote away, and wait until no
   * token is linked any more; at the timeout the leader gives the rest to other nodes. Then {@link stop} loses nothing.
   *
   * @param options.timeout - ms, default 30000; Infinity: as long as it takes
   * @throws MeshStoppedError, InvalidOptionsError - nothing was begun; the signal's reason
   */
  drain (options?: AbortOptions & { timeout?: number }): Promise<void>
  /** Refuse new calls, finish those that run (at most 5 s), say goodbye, close everything. Idempotent. */
  stop (options?: AbortOptions): Promise<void>
}
