/** What this tab knows of the mesh, brought up to date at most once a frame. */
import { computed, signal } from '@preact/signals'
import { onceAFrame } from '../lib/once-a-frame.ts'
import type { Mesh, MeshSnapshot, NodeInfo, PathInfo } from '../../../src/index.ts'

/** Undefined while this tab is in no mesh. */
export const mesh = signal<Mesh | undefined>(undefined)
export const snapshot = signal<MeshSnapshot | undefined>(undefined)
/** Milliseconds since 1970, moved once a second: ages are told by it. */
export const now = signal(Date.now())

export const selfId = computed(() => mesh.value?.id ?? '')
export const services = computed(() => snapshot.value?.services ?? [])
export const paths = computed(() => snapshot.value?.paths ?? [])

/** By service, those that serve nothing last; then by name, with numbers as numbers. */
function compare (a: NodeInfo, b: NodeInfo): number {
  if ((a.service == null) !== (b.service == null)) return a.service == null ? 1 : -1
  return (a.service ?? '').localeCompare(b.service ?? '') || a.name.localeCompare(b.name, 'en', { numeric: true })
}

export const nodes = computed(() => [...snapshot.value?.nodes ?? []].sort(compare))
const byId = computed(() => new Map(nodes.value.map(node => [node.id, node])))
/** Names of nodes that are gone: what they did is still told. */
const names = new Map<string, string>()

export function nodeOf (id: string): NodeInfo | undefined {
  return byId.value.get(id)
}

export function nameOf (id: string): string {
  return byId.value.get(id)?.name ?? names.get(id) ?? `…${id.slice(-8)}`
}

export function nodesOf (service: string): NodeInfo[] {
  return nodes.value.filter(node => node.service === service)
}

/** Direct paths are better than relayed ones, and those between tabs are the ones to see. */
function rank ({ relayed, transport }: PathInfo): number {
  return relayed ? 0 : transport === 'webrtc' ? 2 : 1
}

/** The best path from this tab to each peer that it is connected with. */
export const pathTo = computed(() => {
  const best = new Map<string, PathInfo>()
  for (const path of paths.value) {
    const known = best.get(path.peer)
    if (known == null || rank(path) > rank(known)) best.set(path.peer, path)
  }
  return best
})

/** Services whose leader a node is. */
export const leaderships = computed(() => {
  const led = new Map<string, string[]>()
  for (const { service, leader } of services.value) if (leader != null) led.set(leader.id, [...led.get(leader.id) ?? [], service])
  return led
})

/** In words, for a table and for a screen reader. */
export function pathWords (path: PathInfo | undefined): string {
  if (path == null) return 'not connected'
  if (path.relayed) return `relayed${path.relay == null ? '' : ` by ${nameOf(path.relay)}`}`
  return path.transport === 'webrtc' ? 'direct, WebRTC' : `direct, ${path.transport}`
}

export function runtimeOf (node: NodeInfo): 'browser' | 'Node' {
  const { runtime } = node.metadata
  return runtime === 'browser' || (runtime == null && node.addresses.length > 0 && node.addresses.every(address => address.includes('/p2p-circuit'))) ? 'browser' : 'Node'
}

/** Its service, or what else it is there for. */
export function kindOf ({ service, roles }: NodeInfo): string {
  return service ?? (roles.includes('relay') ? 'relay' : 'client')
}

/** Keep the view of this node current until the node stops; returns what ends that. */
export function watchView (node: Mesh): () => void {
  const draw = onceAFrame(() => {
    if (mesh.peek() !== node) return
    for (const { id, name } of node.discovery.nodes()) names.set(id, name)
    snapshot.value = node.monitor.snapshot()
  })
  for (const event of ['node:add', 'node:update', 'node:remove'] as const) node.discovery.addEventListener(event, draw)
  for (const event of ['connection:open', 'connection:close', 'self:peer:update'] as const) node.libp2p.addEventListener(event, draw)
  node.election.addEventListener('change', draw)
  node.addEventListener('status', draw)
  const tick = setInterval(() => {
    now.value = Date.now()
    draw()
  }, 1_000)
  mesh.value = node
  snapshot.value = node.monitor.snapshot()
  return () => {
    clearInterval(tick)
    if (mesh.peek() !== node) return
    mesh.value = undefined
    snapshot.value = undefined
  }
}
