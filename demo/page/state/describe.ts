/** What the services offer: asked of one node of each, once, and again when its methods change. */
import { signal } from '@preact/signals'
import { snapshot } from './view.ts'
import type { Description, Mesh, MethodDescription, NodeInfo } from '../../../src/index.ts'

const TIMEOUT = 10_000

interface Known {
  /** Node, its life and its methods, as asked. */
  readonly key: string
  readonly methods: readonly MethodDescription[]
}

const known = signal<ReadonlyMap<string, Known>>(new Map())

export function methodsOf (service: string): readonly MethodDescription[] {
  return known.value.get(service)?.methods ?? []
}

function keyOf ({ id, incarnation, methods }: NodeInfo): string {
  return `${id} ${incarnation} ${methods.join()}`
}

export function watchDescriptions (mesh: Mesh): () => void {
  const asking = new Set<string>()
  const ask = async (service: string, node: NodeInfo): Promise<void> => {
    asking.add(service)
    try {
      const { methods } = await mesh.rpc.invoke(service, 'braid.describe', undefined, { node: node.id, timeout: TIMEOUT }) as Partial<Description>
      // It may answer anything.
      const told = Array.isArray(methods) ? methods.filter(method => typeof method?.name === 'string' && typeof method.kind === 'string') : []
      known.value = new Map(known.peek()).set(service, { key: keyOf(node), methods: told })
    } catch {
      // It is asked again, or another one is, when the view changes: at the latest within a second.
    } finally {
      asking.delete(service)
    }
  }
  const unwatch = snapshot.subscribe(now => {
    for (const service of mesh.discovery.services()) {
      if (now == null || asking.has(service)) continue
      const up = mesh.discovery.nodes(service).filter(({ state }) => state === 'up')
      const key = known.peek().get(service)?.key
      const [node] = up
      if (node != null && !up.some(node => keyOf(node) === key)) void ask(service, node)
    }
  })
  return () => {
    unwatch()
    known.value = new Map()
  }
}
