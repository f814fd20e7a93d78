import { createMesh } from '../mesh.ts'
import { InvalidOptionsError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Network } from './network.ts'
import type { CutOptions, TestMesh, TestMeshOptions, TestNode, TestNodeOptions } from './index.ts'
import type { Mesh } from '../mesh-interface.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Nodes that a new one is told of: more than one, so that the mesh stays open when its first node is killed. */
const MAX_BOOTSTRAP = 3

class TestMeshCluster implements TestMesh {
  readonly #name: string
  readonly #defaults: TestNodeOptions
  readonly #network = new Network()
  readonly #nodes: Mesh[] = []
  /** The node's name in the network. */
  readonly #hosts = new Map<Mesh, string>()
  readonly #killed = new Map<Mesh, Promise<void>>()
  #counter = 0
  #stopped: Promise<void> | undefined

  constructor (name: string, defaults: TestNodeOptions) {
    this.#name = name
    this.#defaults = defaults
  }

  get nodes (): readonly Mesh[] {
    return this.#nodes
  }

  get alive (): readonly Mesh[] {
    return this.#nodes.filter(node => node.status !== 'stopped' && !this.#killed.has(node))
  }

  async add ({ signal, ...options }: TestNodeOptions & AbortOptions = {}): Promise<Mesh> {
    if (this.#stopped != null) throw new InvalidOptionsError('add: this test mesh was stopped')
    const node = await this.make(options)
    try {
      await node.start(signal == null ? {} : { signal })
    } catch (error) {
      await node.stop()
      throw error
    }
    return node
  }

  /** A node that is not started. Known already, so that a fault may hit it while it joins. */
  async make (options: TestNodeOptions): Promise<Mesh> {
    const host = `node-${this.#counter++}`
    const bootstrap = this.alive.slice(0, MAX_BOOTSTRAP).map(node => `/memory/${this.#hosts.get(node)}/p2p/${node.id}`)
    const node = await createMesh({
      name: host,
      ...this.#defaults,
      ...options,
      mesh: this.#name,
      listen: [`/memory/${host}`],
      bootstrap,
      start: false,
      libp2p: { ...this.#defaults.libp2p, ...options.libp2p, transports: [this.#network.transport(host)] }
    })
    this.#hosts.set(node, host)
    this.#nodes.push(node)
    return node
  }

  async ready ({ signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#complete()) return
    const watched = new Set<Mesh>()
    const done = Promise.withResolvers<void>()
    const check = (): void => {
      for (const node of this.alive) watch(node)
      if (this.#complete()) done.resolve()
    }
    const watch = (node: Mesh): void => {
      if (watched.has(node)) return
      watched.add(node)
      node.discovery.addEventListener('node:add', check)
      node.discovery.addEventListener('node:remove', check)
      node.addEventListener('status', check)
    }
    try {
      check()
      await abortable(done.promise, signal)
    } finally {
      for (const node of watched) {
        node.discovery.removeEventListener('node:add', check)
        node.discovery.removeEventListener('node:remove', check)
        node.removeEventListener('status', check)
      }
    }
  }

  #complete (): boolean {
    const ids = this.alive.map(({ id }) => id).sort().join()
    return this.alive.every(node => node.discovery.nodes().map(({ id }) => id).sort().join() === ids)
  }

  #host (node: TestNode): string {
    const mesh = typeof node === 'number' ? this.#nodes[node] : node
    const host = mesh == null ? undefined : this.#hosts.get(mesh)
    if (host == null) throw new InvalidOptionsError(`no such node in this test mesh: ${typeof node === 'number' ? node : node.id}`)
    return host
  }

  cut (a: TestNode, b: TestNode, { silent = false }: CutOptions = {}): void {
    const [one, two] = [this.#host(a), this.#host(b)]
    if (one === two) throw new InvalidOptionsError('cut: a node cannot be cut from itself')
    this.#network.fail(one, two, silent ? 'silent' : 'cut')
  }

  partition (groups: ReadonlyArray<readonly TestNode[]>, options?: CutOptions): void {
    groups.forEach((group, index) => {
      for (const other of groups.slice(index + 1).flat()) {
        for (const node of group) this.cut(node, other, options)
      }
    })
  }

  isolate (node: TestNode, options?: CutOptions): void {
    const host = this.#host(node)
    for (const other of this.#nodes) {
      if (this.#hosts.get(other) !== host) this.cut(node, other, options)
    }
  }

  heal (a?: TestNode, b?: TestNode): void {
    const wanted = [a, b].flatMap(node => node == null ? [] : this.#host(node))
    this.#network.repair((one, two) => wanted.every(host => host === one || host === two))
  }

  freeze (node: TestNode): void {
    this.#network.freeze(this.#host(node))
  }

  thaw (node: TestNode): void {
    this.#network.thaw(this.#host(node))
  }

  kill (node: TestNode): void {
    const host = this.#host(node)
    const mesh = this.#nodes.find(other => this.#hosts.get(other) === host)
    if (mesh == null || this.#killed.has(mesh)) return
    this.#network.kill(host)
    // It has no connection left to say goodbye on, and an aborted signal leaves its running calls no grace.
    this.#killed.set(mesh, mesh.stop({ signal: AbortSignal.abort() }).catch(() => {}))
  }

  async stop (): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  async #stop (): Promise<void> {
    this.#network.repair()
    for (const host of this.#hosts.values()) this.#network.thaw(host)
    await Promise.all([...this.alive.map(async node => node.stop()), ...this.#killed.values()])
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.stop()
  }
}

/**
 * Start a mesh of nodes in this process and wait until all see all.
 *
 * @param nodes - how many, or the options of each
 * @throws the signal's reason; what `createMesh` throws
 */
export async function createTestMesh (nodes: number | readonly TestNodeOptions[], options: TestMeshOptions = {}): Promise<TestMesh> {
  const { mesh: name = 'test', signal } = options
  const abortable = signal == null ? {} : { signal }
  const list = typeof nodes === 'number' ? Array.from({ length: nodes }, (): TestNodeOptions => ({})) : nodes
  const cluster = new TestMeshCluster(name, options.defaults ?? (typeof nodes === 'number' ? { service: 'test' } : {}))
  try {
    // One after the other, so that their order is that of the list; then the first, and all others at once.
    for (const node of list) await cluster.make(node)
    await cluster.nodes[0]?.start(abortable)
    await Promise.all(cluster.nodes.map(async node => node.start(abortable)))
    await cluster.ready(abortable)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}
