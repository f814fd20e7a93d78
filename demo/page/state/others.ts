/** What the other nodes know and this tab does not: each is asked now and then. */
import { signal } from '@preact/signals'
import { isSnapshot } from '../../../src/monitor/index.ts'
import { bounded } from '../lib/bounded.ts'
import { leaderships, mesh, nodes, selfId, services } from './view.ts'
import type { Mesh, MeshSnapshot, PathInfo, ServiceInfo, TopicInfo } from '../../../src/index.ts'

const INTERVAL = 5_000
const TIMEOUT = 4_000
/** Nodes that are asked: a picture of more says nothing. */
const MAX_NODES = 24

/** Milliseconds that each leader's lease ran when it was asked, by service. */
export const leases = signal<ReadonlyMap<string, number>>(new Map())
/** By node. */
export const othersPaths = signal<ReadonlyMap<string, readonly PathInfo[]>>(new Map())
/** Topics that each of them assigns. */
export const othersTopics = signal<ReadonlyArray<readonly TopicInfo[]>>([])

async function ask (node: Mesh): Promise<void> {
  const led = leaderships.peek()
  // leaders first: only they know how long they lead
  const others = nodes.peek().filter(({ id, state }) => id !== selfId.peek() && state === 'up').sort((a, b) => Number(led.has(b.id)) - Number(led.has(a.id))).slice(0, MAX_NODES)
  const told = await Promise.all(others.map(async ({ id, service }) => {
    try {
      const answer = await node.rpc.invoke(service ?? 'node', 'braid.monitor.snapshot', {}, { node: id, timeout: TIMEOUT })
      return isSnapshot(answer) ? [{ ...bounded(answer), id }] : []
    } catch {
      // It tells nothing, or is about to be gone.
      return []
    }
  }))
  if (mesh.peek() !== node) return
  const snapshots = told.flat()
  othersPaths.value = new Map(snapshots.map(({ id, paths }) => [id, paths]))
  othersTopics.value = snapshots.map(({ topics }) => topics)
  leases.value = leasesOf(snapshots, services.peek())
}

/** Of each service as its leader tells it, and nobody else. */
export function leasesOf (told: ReadonlyArray<Pick<MeshSnapshot, 'services'> & { readonly id: string }>, known: readonly ServiceInfo[]): ReadonlyMap<string, number> {
  return new Map(known.flatMap(({ service, leader }) => {
    const left = told.find(({ id }) => id === leader?.id)?.services.find(told => told.service === service)?.leaseLeft
    return typeof left === 'number' ? [[service, left] as const] : []
  }))
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
    othersTopics.value = []
    leases.value = new Map()
  }
}
