/** Snapshots and counts to look at. */
import { Histogram } from '../../src/util/histogram.core.ts'
import type { MeshSnapshot } from '../../src/monitor/index.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { CallCounts } from '../../src/rpc/index.ts'
import type { TopicInfo } from '../../src/pubsub/index.ts'

export function nodeOf (id: string, more: Partial<NodeInfo> = {}): NodeInfo {
  return {
    id, service: undefined, name: id, incarnation: 1, seq: 1, state: 'up', roles: [], weight: 1024, load: { links: 0, inflight: 0 },
    methods: [], metadata: {}, addresses: [], ...more
  }
}

export function topicOf (name: string, channels: readonly string[] = [], more: Partial<TopicInfo> = {}): TopicInfo {
  return {
    name, length: 3, bytes: 300, pending: 2, full: false,
    channels: channels.map((name, i) => ({ name, consumers: 1, lag: i, pending: 1, redelivered: 4, dead: 5 })),
    ...more
  }
}

export function snapshotOf (more: Partial<MeshSnapshot> = {}): MeshSnapshot {
  const self = nodeOf('me', { service: 'shop' })
  return {
    at: 1, uptime: 2_500, version: '1.2.3', mesh: 'test', status: 'joined', health: { level: 'healthy', reasons: [] }, self, nodes: [self],
    paths: [], services: [], links: [], topics: [], calls: { served: [], made: [] },
    resources: { connections: 0, streams: 0, counters: {} }, ...more
  }
}

export interface Counted extends CallCounts {
  calls: number
  errors: number
  readonly times: Histogram
}

export function countsOf (service: string, method: string, calls = 0, errors = 0, times: readonly number[] = []): Counted {
  const counts = { service, method, calls, errors, times: new Histogram() }
  for (const time of times) counts.times.add(time)
  return counts
}
