/** Paths between the other nodes: each is asked for its own, now and then. */
import { signal } from '@preact/signals'
import { isSnapshot } from '../../../src/monitor/index.ts'
import { mesh, nodes, selfId } from './view.ts'
import type { Mesh, PathInfo } from '../../../src/index.ts'

const INTERVAL = 5_000
const TIMEOUT = 4_000
/** Nodes that are asked: a picture of more says nothing. */
const MAX_NODES = 24

/** Milliseconds that each leader's lease ran when it was asked, by service. */
export const leases = signal<ReadonlyMap<string, number>>(new Map())
/** By node. */
export const othersPaths = signal<ReadonlyMap<string, readonly PathInfo[]>>(new Map())

async function ask (node: Mesh): Promise<void> {
  const others = nodes.peek().filter(({ id, state }) => id !== selfId.peek() && state === 'up').slice(0, MAX_NODES)
  const told = await Promise.all(others.map(async ({ id, service }) => {
    try {
      const answer = await node.rpc.invoke(service ?? 'node', 'braid.monitor.snapshot', {}, { node: id, timeout: TIMEOUT })
      if (!isSnapshot(answer)) return [id, [], []] as const
      return [id, answer.paths, answer.services.flatMap(({ service, leaseLeft }) => typeof leaseLeft === 'number' ? [[service, leaseLeft] as const] : [])] as const
    } catch {
      // It tells nothing, or is about to be gone.
      return [id, [], []] as const
    }
  }))
  if (mesh.peek() !== node) return
  othersPaths.value = new Map(told.map(([id, paths]) => [id, paths]))
  leases.value = new Map(told.flatMap(([,, leases]) => leases))
}

export function watchOthers (node: Mesh): () => void {
  let asking = false
  const look = (): void => {
    if (asking || document.hidden) return
    asking = true
    void ask(node).finally(() => { asking = false })
  }
  const timer = setInterval(look, INTERVAL)
  const first = setTimeout(look, 800)
  return () => {
    clearInterval(timer)
    clearTimeout(first)
    othersPaths.value = new Map()
    leases.value = new Map()
  }
}
