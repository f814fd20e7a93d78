/**
 * @packageDocumentation
 *
 * A whole mesh inside one process, for tests: in Node, in browsers, without sockets. Its nodes are made by `createMesh`
 * and do everything that nodes on a network do; only the network between them is replaced, so that it can be cut,
 * silenced, frozen and healed at will.
 *
 * @example
 *
 * ```ts
 * import { createTestMesh } from 'braid-mesh/testing'
 *
 * await using mesh = await createTestMesh([{ service: 'login' }, { service: 'login' }, {}])
 * const [a, b, client] = mesh.nodes
 * for (const node of [a, b]) node.rpc.handle('who', () => node.id)
 *
 * mesh.kill(a)                                           // crashes: never says goodbye
 * await mesh.ready()                                     // the others have noticed
 * await client.rpc.invoke('login', 'who')                // b
 * ```
 */
import type { MeshOptions } from '../mesh-options.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Options of one node; what makes the network is the test mesh's own business. */
export type TestNodeOptions = Omit<MeshOptions, 'mesh' | 'listen' | 'announce' | 'bootstrap' | 'relay' | 'start' | 'signal'>

export interface TestMeshOptions extends AbortOptions {
  /** Name of the mesh. @default 'test' */
  mesh?: string
  /** Options that every node gets unless its own say otherwise. @default a service 'test' when only a number of nodes is given */
  defaults?: TestNodeOptions
}

/** A node, or its place in {@link TestMesh.nodes}. */
export type TestNode = Mesh | number

export interface CutOptions {
  /**
   * True: connections stay open and carry nothing, as when a cable is pulled; what was sent meanwhile arrives after the
   * heal. False: connections are reset and new ones refused, as by a firewall.
   *
   * @default false
   */
  silent?: boolean
}

export interface TestMesh extends AsyncDisposable {
  /** In the order they were added. One that was killed or stopped stays in its place. */
  readonly nodes: readonly Mesh[]
  /** Those that were neither killed nor stopped. */
  readonly alive: readonly Mesh[]
  /** Start one more node. Resolves when its `createMesh` has, not when all see it: await {@link ready} for that. */
  add (options?: TestNodeOptions & AbortOptions): Promise<Mesh>
  /** Resolves when each living node sees exactly the living nodes. @throws the signal's reason */
  ready (options?: AbortOptions): Promise<void>
  /** No connection between these two, until {@link heal}. */
  cut (a: TestNode, b: TestNode, options?: CutOptions): void
  /** {@link cut} between each node of one group and each node of every other. */
  partition (groups: ReadonlyArray<readonly TestNode[]>, options?: CutOptions): void
  /** {@link cut} from every other node there is now. */
  isolate (node: TestNode, options?: CutOptions): void
  /** Ends the cuts between two nodes, or of one, or all. The nodes find their way back by themselves. */
  heal (a?: TestNode, b?: TestNode): void
  /**
   * Nothing leaves or reaches the node, its connections stay open: to the others it looks like a process that is
   * stopped or a machine that hangs. (Its own timers go on: to itself, the others look frozen.)
   */
  freeze (node: TestNode): void
  /** Ends {@link freeze}; what was sent meanwhile, either way, arrives now. */
  thaw (node: TestNode): void
  /**
   * The node is gone in the middle of whatever it does: connections are reset, nobody is told, no call is finished.
   * What it holds is released in the background; {@link stop} waits for that.
   */
  kill (node: TestNode): void
  /** Ends all faults and stops every node. Idempotent. */
  stop (): Promise<void>
}

export { createTestMesh } from './test-mesh.ts'
