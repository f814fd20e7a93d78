/** What the nodes of a mesh tell of themselves, put together. Pure. */
import type { CallStats, MeshSnapshot } from '../monitor/index.ts'

/** Links of the callers of one service to one node. */
export interface MergedLinks { service: string, parent: string, node: string, count: number }

/** Numbers are NaN while nobody has published for it, as far as nodes tell. */
export interface MergedChannel { topic: string, channel: string, consumers: number, lag: number, pending: number, redelivered: number, dead: number }

export interface MergedTopic { topic: string, publishers: number, length: number, bytes: number }

export interface MergedService {
  service: string
  nodes: number
  up: number
  leader?: string
  term?: number
  calls: number
  errors: number
  /** Calls per second. */
  rate: number
  p50: number
  p99: number
  links: number
}

/** Leaders tell links by relation; of services without one, node records tell how many each node holds. */
export function mergeLinks (snapshots: readonly MeshSnapshot[]): MergedLinks[] {
  const known = new Map<string, MergedLinks>()
  const detailed = new Set<string>()
  for (const { self: teller, links } of snapshots) {
    for (const link of links) {
      if (link.parent === '*' || link.service !== teller.service) continue
      detailed.add(link.service)
      known.set(`${link.service}/${link.parent}/${link.node}`, { ...link })
    }
  }
  for (const { self: { id, service, load } } of snapshots) {
    if (service == null || detailed.has(service) || load.links === 0) continue
    known.set(`${service}/*/${id}`, { service, parent: '*', node: id, count: load.links })
  }
  return [...known.values()].sort((a, b) => a.service.localeCompare(b.service) || a.parent.localeCompare(b.parent) || b.count - a.count)
}

/** Each publisher assigns its own messages, so lags add up; consumers are the same for all. Who waits, all nodes know. */
export function mergeChannels (snapshots: readonly MeshSnapshot[]): { topics: MergedTopic[], channels: MergedChannel[] } {
  const topics = new Map<string, MergedTopic>()
  const channels = new Map<string, MergedChannel>()
  for (const { topics: told } of snapshots) {
    for (const { name, length, bytes, channels: own } of told) {
      const topic = topics.get(name) ?? { topic: name, publishers: 0, length: 0, bytes: 0 }
      topic.publishers++
      topic.length += length
      topic.bytes += bytes
      topics.set(name, topic)
      for (const { name: channel, consumers, lag, pending, redelivered, dead } of own) {
        const key = `${name}/${channel}`
        const sum = channels.get(key) ?? { topic: name, channel, consumers: 0, lag: 0, pending: 0, redelivered: 0, dead: 0 }
        sum.consumers = Math.max(sum.consumers, consumers)
        sum.lag += lag
        sum.pending += pending
        sum.redelivered += redelivered
        sum.dead += dead
        channels.set(key, sum)
      }
    }
  }
  for (const { channels: open = [] } of snapshots) {
    for (const { topic, name: channel, consumers } of open) {
      const key = `${topic}/${channel}`
      const known = channels.get(key) ?? { topic, channel, consumers: 0, lag: Number.NaN, pending: Number.NaN, redelivered: Number.NaN, dead: Number.NaN }
      known.consumers = Math.max(known.consumers, consumers)
      channels.set(key, known)
    }
  }
  const byName = (a: { topic: string, channel?: string }, b: { topic: string, channel?: string }): number =>
    a.topic.localeCompare(b.topic) || (a.channel ?? '').localeCompare(b.channel ?? '')
  return { topics: [...topics.values()].sort(byName), channels: [...channels.values()].sort(byName) }
}

/** Calls of a service's own methods; those that every node has would hide them. */
export function ownCalls ({ calls }: MeshSnapshot): CallStats[] {
  return calls.served.filter(({ method }) => !method.startsWith('braid.'))
}

function weighted (stats: readonly CallStats[], pick: (stat: CallStats) => number): number {
  const used = stats.filter(stat => stat.calls > 0 && Number.isFinite(pick(stat)))
  const weight = (stat: CallStats): number => stat.rate > 0 ? stat.rate : stat.calls / 1e9
  const total = used.reduce((sum, stat) => sum + weight(stat), 0)
  return total === 0 ? Number.NaN : used.reduce((sum, stat) => sum + weight(stat) * pick(stat), 0) / total
}

/** Times are those of the methods, weighted by how often they are called: p50 their mean, p99 the worst. */
export function mergeServices (snapshots: readonly MeshSnapshot[]): MergedService[] {
  const names = [...new Set(snapshots.flatMap(snapshot => snapshot.self.service ?? []))].sort((a, b) => a.localeCompare(b))
  return names.map(service => {
    const own = snapshots.filter(snapshot => snapshot.self.service === service)
    const calls = own.flatMap(ownCalls)
    const told = snapshots.flatMap(({ services }) => services.filter(info => info.service === service && info.leader != null))
      .sort((a, b) => (b.leader?.epoch ?? 0) - (a.leader?.epoch ?? 0) || (b.leader?.term ?? 0) - (a.leader?.term ?? 0))[0]?.leader
    return {
      service,
      nodes: own.length,
      up: own.filter(snapshot => snapshot.self.state === 'up').length,
      ...(told != null ? { leader: told.id, term: told.term } : {}),
      calls: calls.reduce((sum, stat) => sum + stat.calls, 0),
      errors: calls.reduce((sum, stat) => sum + stat.errors, 0),
      rate: calls.reduce((sum, stat) => sum + stat.rate, 0),
      p50: weighted(calls, ({ p50 }) => p50),
      p99: calls.reduce((worst, { p99 }) => p99 > worst || Number.isNaN(worst) ? p99 : worst, Number.NaN),
      links: own.reduce((sum, snapshot) => sum + snapshot.self.load.links, 0)
    }
  })
}
