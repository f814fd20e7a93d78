/** What the services offer: asked of one node of each, once, and again when its methods change. */
import { signal } from '@preact/signals'
import { isDescription } from '../../../src/rpc/index.ts'
import { shorten } from '../lib/text.ts'
import { snapshot } from './view.ts'
import type { CallKind, Mesh, MethodDescription, NodeInfo } from '../../../src/index.ts'

const TIMEOUT = 10_000
const KINDS: readonly CallKind[] = ['unary', 'serverStream', 'clientStream', 'bidi']
/** Methods of a service that are shown, and characters of what each says of itself. */
const MAX_METHODS = 512
const MAX_TEXT = 1_000

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

/** As much as can be shown. */
function shownOf (methods: readonly MethodDescription[]): MethodDescription[] {
  return methods.filter(({ kind }) => KINDS.includes(kind)).slice(0, MAX_METHODS)
    .map(({ description, ...method }) => description == null ? method : { ...method, description: shorten(description, MAX_TEXT) })
}

export function watchDescriptions (mesh: Mesh): () => void {
  const asking = new Set<string>()
  /** Of services of which a node did not answer, or not with a description: how often. */
  const misses = new Map<string, number>()
  const ask = async (service: string, node: NodeInfo): Promise<void> => {
    asking.add(service)
    try {
      const answer = await mesh.rpc.invoke(service, 'braid.describe', undefined, { node: node.id, timeout: TIMEOUT })
      if (!isDescription(answer)) throw new Error('its answer is no description')
      misses.delete(service)
      known.value = new Map(known.peek()).set(service, { key: keyOf(node), methods: shownOf(answer.methods) })
    } catch {
      // The next one is asked when the view changes: at the latest within a second.
      misses.set(service, (misses.get(service) ?? 0) + 1)
    } finally {
      asking.delete(service)
    }
  }
  const unwatch = snapshot.subscribe(now => {
    for (const service of mesh.discovery.services()) {
      if (now == null || asking.has(service)) continue
      const up = mesh.discovery.nodes(service).filter(({ state }) => state === 'up')
      const key = known.peek().get(service)?.key
      const node = up[(misses.get(service) ?? 0) % up.length]
      if (node != null && !up.some(node => keyOf(node) === key)) void ask(service, node)
    }
  })
  return () => {
    unwatch()
    known.value = new Map()
  }
}
