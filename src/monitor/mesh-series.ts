/** Metrics of the node, its mesh, its paths, leaders and links. */
import { counter, gauge, single } from './families.ts'
import type { Family, Labels, Sample } from './families.ts'
import type { HealthLevel, MeshSnapshot, PathInfo } from './index.ts'

const LEVELS: Readonly<Record<HealthLevel, number>> = { isolated: 0, joined: 1, healthy: 2 }
const SECOND = 1_000

export interface MeshSource {
  readonly snapshot: MeshSnapshot
  /** How often the leader of each service was seen to change. */
  readonly leaderChanges: ReadonlyMap<string, number>
}

export function seriesOfMesh ({ snapshot, leaderChanges }: MeshSource): Family[] {
  return [...ofNode(snapshot), ...ofPaths(snapshot.paths), ...ofServices(snapshot, leaderChanges), ...ofResources(snapshot)]
}

function ofNode ({ self, version, mesh, uptime, health, nodes }: MeshSnapshot): Family[] {
  const states = count(nodes, ({ service = '', state }) => ({ service, state }))
  return [
    gauge('braid_info', 'Always 1; the labels tell which node this is.', ['node', 'name', 'service', 'mesh', 'version'], single(1, { node: self.id, name: self.name, service: self.service ?? '', mesh, version })),
    gauge('braid_uptime_seconds', 'Since the node was made.', [], single(uptime / SECOND)),
    gauge('braid_health_level', '0: no path into the mesh, 1: joined, and something is wrong, 2: healthy.', [], single(LEVELS[health.level])),
    gauge('braid_health_reasons', 'Things that are wrong.', [], single(health.reasons.length)),
    gauge('braid_nodes', 'Nodes that are known, this one included, by service and state.', ['service', 'state'], states)
  ]
}

function ofPaths (paths: readonly PathInfo[]): Family[] {
  const measured = kinds(paths.filter(({ rtt }) => rtt !== undefined), ({ transport, relayed }) => ({ transport, relayed: String(relayed) }))
  const samples = measured.flatMap(({ labels, items }) => {
    const rtts = items.map(({ rtt = 0 }) => rtt / SECOND).sort((a, b) => a - b)
    return Object.entries({ median: 0.5, slowest: 1 }).map(([of, q]) => ({ labels: { ...labels, of }, value: rtts[Math.ceil(q * rtts.length) - 1] ?? 0 }))
  })
  return [
    gauge('braid_connections', 'Open connections.', ['transport', 'relayed', 'direction'], count(paths, ({ transport, relayed, direction }) => ({ transport, relayed: String(relayed), direction }))),
    gauge('braid_streams', 'Open streams.', [], single(paths.reduce((sum, { streams }) => sum + streams, 0))),
    gauge('braid_path_rtt_seconds', 'There and back over the paths of a kind: their median and the slowest.', ['transport', 'relayed', 'of'], samples)
  ]
}

function ofServices ({ services, links, self }: MeshSnapshot, leaderChanges: ReadonlyMap<string, number>): Family[] {
  const groups = services.filter(({ voters }) => voters.length > 0)
  const each = (value: (group: typeof groups[number]) => number): Sample[] => groups.map(group => ({ labels: { service: group.service }, value: value(group) }))
  return [
    gauge('braid_leader_known', 'Whether this node knows the leader of a service.', ['service'], each(({ leader }) => leader === undefined ? 0 : 1)),
    gauge('braid_leader_self', 'Whether this node leads a service.', ['service'], each(({ leader }) => leader?.id === self.id ? 1 : 0)),
    gauge('braid_election_term', 'Term of the leader; 0 while there is none.', ['service'], each(({ leader }) => leader?.term ?? 0)),
    gauge('braid_election_voters', 'Voters of the group of a service.', ['service'], each(({ voters }) => voters.length)),
    counter('braid_leader_changes_total', 'Leaders that took over, as this node saw.', ['service'], Array.from(leaderChanges, ([service, value]) => ({ labels: { service }, value }))),
    gauge('braid_links', 'Tokens that are linked to the nodes of a service. Parent: the calling service; *: all, told apart by the leader alone.', ['service', 'parent', 'node'],
      links.map(({ service, parent, node, count }) => ({ labels: { service, parent, node }, value: count })))
  ]
}

function ofResources ({ resources: { cpu, rss, heapUsed, loopDelay, counters } }: MeshSnapshot): Family[] {
  return [
    gauge('braid_process_cpu_ratio', 'Share of one core that the process uses.', [], single(cpu)),
    gauge('braid_process_resident_bytes', 'Memory of the process.', [], single(rss)),
    gauge('braid_process_heap_used_bytes', 'Heap that is in use.', [], single(heapUsed)),
    gauge('braid_process_loop_delay_seconds', 'By which timers come late, 99th percentile.', [], single(loopDelay === undefined ? undefined : loopDelay / SECOND)),
    { name: 'braid_counters', type: 'untyped', help: 'What the rooms of the node count, by name.', labels: ['name'], samples: Object.entries(counters).map(([name, value]) => ({ labels: { name }, value })) }
  ]
}

/** How many there are of each kind. */
function count <T> (items: readonly T[], labelsOf: (item: T) => Labels): Sample[] {
  return kinds(items, labelsOf).map(({ labels, items }) => ({ labels, value: items.length }))
}

/** Those with the same labels together. */
function kinds <T> (items: readonly T[], labelsOf: (item: T) => Labels): Array<{ labels: Labels, items: T[] }> {
  const found = new Map<string, { labels: Labels, items: T[] }>()
  for (const item of items) {
    const labels = labelsOf(item)
    const key = JSON.stringify(labels)
    const kind = found.get(key) ?? { labels, items: [] }
    kind.items.push(item)
    found.set(key, kind)
  }
  return [...found.values()]
}
