/** A snapshot that fits into an answer, whatever the size of the mesh. */
import { encodeBody } from '../wire/codecs.ts'
import { MAX_SNAPSHOT_BYTES, MAX_SNAPSHOT_LIST, MAX_SNAPSHOT_SUBLIST } from '../wire/limits.ts'
import type { CallStats, MeshSnapshot } from './index.ts'
import type { NodeInfo } from '../discovery/index.ts'

/** Counters that are told: there are a hundred or so. */
const MAX_COUNTERS = 500

/** Shortens lists, the least interesting items first, until the whole has at most `limit` bytes. */
export function bounded (snapshot: MeshSnapshot, limit: number = MAX_SNAPSHOT_BYTES): MeshSnapshot {
  for (let most = MAX_SNAPSHOT_LIST; ; most = Math.floor(most / 2)) {
    const shorter = shortened(snapshot, most)
    if (most === 0 || size(shorter) <= limit) return shorter
  }
}

function size (snapshot: MeshSnapshot): number {
  try {
    return encodeBody(snapshot).body?.length ?? 0
  } catch {
    // larger than any body
    return Infinity
  }
}

function shortened (snapshot: MeshSnapshot, most: number): MeshSnapshot {
  const truncated: Record<string, number> = {}
  const take = <T>(name: string, items: readonly T[], most: number): readonly T[] => {
    if (items.length <= most) return items
    truncated[name] = items.length - most
    return items.slice(0, most)
  }
  const { self, health, resources } = snapshot
  const inner = Math.min(MAX_SNAPSHOT_SUBLIST, most)
  const others = snapshot.nodes.filter(({ id }) => id !== self.id)
  const shorter: MeshSnapshot = {
    ...snapshot,
    health: { ...health, reasons: health.reasons.map(reason => reason.slice(0, 1_024)) },
    self: brief(self, inner),
    nodes: take('nodes', [self, ...others], Math.max(1, most)).map(node => brief(node, inner)),
    paths: take('paths', snapshot.paths, most),
    services: take('services', snapshot.services, most).map(service => ({ ...service, nodes: take(`nodes of ${service.service}`, service.nodes, inner) })),
    links: take('links', largest(snapshot.links, ({ count }) => count), most),
    topics: take('topics', largest(snapshot.topics, ({ pending }) => pending), most)
      .map(topic => ({ ...topic, channels: take(`channels of ${topic.name}`, largest(topic.channels, ({ lag }) => lag), inner) })),
    ...(snapshot.channels === undefined ? {} : { channels: take('channels', largest(snapshot.channels, ({ consumers }) => consumers), most) }),
    calls: { served: take('served', busiest(snapshot.calls.served), most), made: take('made', busiest(snapshot.calls.made), most) },
    resources: { ...resources, counters: Object.fromEntries(take('counters', Object.entries(resources.counters), Math.min(MAX_COUNTERS, most))) }
  }
  return Object.keys(truncated).length === 0 ? shorter : { ...shorter, truncated: Object.fromEntries(Object.entries(truncated).slice(0, MAX_COUNTERS)) }
}

function busiest (calls: readonly CallStats[]): CallStats[] {
  return largest(calls, ({ calls }) => calls)
}

function largest <T> (items: readonly T[], size: (item: T) => number): T[] {
  return items.toSorted((a, b) => size(b) - size(a))
}

/** A record may have hundreds of methods; who wants all of one node's asks it. */
function brief (node: NodeInfo, most: number): NodeInfo {
  return {
    ...node,
    methods: node.methods.slice(0, most),
    addresses: node.addresses.slice(0, most),
    roles: node.roles.slice(0, most),
    metadata: Object.fromEntries(Object.entries(node.metadata).slice(0, most))
  }
}
