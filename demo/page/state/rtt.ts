/** How long a question takes to each connected peer and back, measured every two seconds while somebody looks. */
import { signal } from '@preact/signals'
import { nodeOf, paths } from './view.ts'
import type { Mesh } from '../../../src/index.ts'

const INTERVAL = 2_000
const TIMEOUT = 4_000
/** Values that are kept of each peer. */
export const RTT_HISTORY = 30
/** Peers that are asked. */
const MAX_PEERS = 32

/** Milliseconds of each peer, oldest first. */
export const rtts = signal<ReadonlyMap<string, readonly number[]>>(new Map())

export function rttOf (id: string): number | undefined {
  return rtts.value.get(id)?.at(-1)
}

function remember (id: string, took: number): void {
  const next = new Map(rtts.peek())
  next.set(id, [...next.get(id) ?? [], took].slice(-RTT_HISTORY))
  rtts.value = next
}

/** Ask a peer once; resolves to milliseconds. @throws RpcError */
export async function ping (mesh: Mesh, id: string): Promise<number> {
  const begin = performance.now()
  // A relay and a pure client serve nothing but the methods that every node has.
  await mesh.rpc.invoke(nodeOf(id)?.service ?? 'node', 'braid.ping', undefined, { node: id, timeout: TIMEOUT })
  const took = performance.now() - begin
  remember(id, took)
  return took
}

export function watchRtt (mesh: Mesh): () => void {
  const asked = new Set<string>()
  const ask = async (id: string): Promise<void> => {
    asked.add(id)
    // That it does not answer is discovery's to judge.
    await ping(mesh, id).catch(() => {})
    asked.delete(id)
  }
  const timer = setInterval(() => {
    if (document.hidden) return
    const peers = new Set(paths.peek().map(({ peer }) => peer))
    const known = rtts.peek()
    if ([...known.keys()].some(id => !peers.has(id))) rtts.value = new Map([...known].filter(([id]) => peers.has(id)))
    for (const id of [...peers].filter(id => nodeOf(id) != null && !asked.has(id)).slice(0, MAX_PEERS)) void ask(id)
  }, INTERVAL)
  return () => {
    clearInterval(timer)
    rtts.value = new Map()
  }
}
