/** What `top` shows: tables of what the nodes told, and how much came since the last time. Pure. */
import { mergeChannels, mergeServices, ownCalls } from './merge.core.ts'
import type { MergedChannel, MergedService } from './merge.core.ts'
import type { MeshSnapshot } from '../monitor/index.ts'

export interface TopNode {
  id: string
  name: string
  service: string
  state: string
  /** Share of a core. */
  cpu: number | undefined
  /** Bytes. */
  rss: number | undefined
  /** Calls per second. */
  rate: number
  links: number
  connections: number
}

export interface TopView {
  /** Milliseconds since 1970. */
  at: number
  mesh: string
  nodes: TopNode[]
  services: MergedService[]
  channels: MergedChannel[]
  /** Calls per second, of all. */
  rate: number
  /** Names of those that did not answer. */
  silent: string[]
}

/** What nodes are sorted by, those first that have most of it; of those that have as much, and without, by service and name. */
export const ORDERS = ['calls', 'cpu', 'memory', 'links'] as const
export type Order = typeof ORDERS[number]

const AMOUNTS: Readonly<Record<Order, (node: TopNode) => number>> = {
  calls: ({ rate }) => rate, cpu: ({ cpu }) => cpu ?? 0, memory: ({ rss }) => rss ?? 0, links: ({ links }) => links
}

/** Calls that a node has served by then, of its own methods, and how many a second. */
export interface Served { at: number, calls: number, rate: number }

/** The rate is that since the last look; at the first look, what the node says of its last minute. */
export function servedOf (snapshot: MeshSnapshot, before?: Served): Served {
  const { at } = snapshot
  const calls = ownCalls(snapshot).reduce((sum, { calls }) => sum + calls, 0)
  // What it answered a moment ago it may answer again.
  if (before?.at === at && before.calls === calls) return before
  // A node that began anew counts from 0.
  const isLater = before != null && at > before.at && calls >= before.calls
  const rate = isLater ? (calls - before.calls) / (at - before.at) * 1_000 : ownCalls(snapshot).reduce((sum, { rate }) => sum + rate, 0)
  return { at, calls, rate }
}

export function topView (mesh: string, at: number, snapshots: readonly MeshSnapshot[], silent: readonly string[], before: ReadonlyMap<string, Served>, order?: Order): TopView {
  const amount = order == null ? () => 0 : AMOUNTS[order]
  const nodes = snapshots.map((snapshot): TopNode => ({
    id: snapshot.self.id,
    name: snapshot.self.name,
    service: snapshot.self.service ?? '-',
    state: snapshot.self.state,
    cpu: snapshot.resources.cpu,
    rss: snapshot.resources.rss,
    rate: servedOf(snapshot, before.get(snapshot.self.id)).rate,
    links: snapshot.self.load.links,
    connections: snapshot.resources.connections
  }))
  nodes.sort((a, b) => amount(b) - amount(a) || a.service.localeCompare(b.service) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
  const services = mergeServices(snapshots).map(service => ({
    ...service,
    rate: nodes.filter(node => node.service === service.service).reduce((sum, { rate }) => sum + rate, 0)
  }))
  return {
    at,
    mesh,
    nodes,
    services,
    channels: mergeChannels(snapshots).channels,
    rate: nodes.reduce((sum, { rate }) => sum + rate, 0),
    silent: [...silent]
  }
}
