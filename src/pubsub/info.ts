import { nameOf } from './names.core.ts'
import type { ChannelInfo, PubsubInfo, TopicInfo } from './index.ts'
import type { KeptLogs } from './kept-logs.ts'
import type { LogDriver } from './log.ts'
import type { Registry } from './registry.ts'

/** What `info()` tells: of all logs that this node assigns, by topic, and of the channels that it has heard of. */
export function describe (logs: Iterable<LogDriver>, registry: Registry, counters: ReadonlyMap<string, number>, kept: KeptLogs | undefined): PubsubInfo {
  const topics = new Map<string, Omit<TopicInfo, 'channels'> & { channels: Map<string, ChannelInfo> }>()
  for (const log of logs) {
    const { topic } = log.log
    const status = log.status()
    const known = topics.get(topic)
    const channels = known?.channels ?? new Map<string, ChannelInfo>()
    for (const { channel, members, lag, inFlight, redelivered, dead } of status.channels) {
      const before = channels.get(channel)
      channels.set(channel, {
        name: nameOf(channel),
        consumers: Math.max(before?.consumers ?? 0, members),
        lag: (before?.lag ?? 0) + lag,
        pending: (before?.pending ?? 0) + inFlight,
        redelivered: (before?.redelivered ?? 0) + redelivered,
        dead: (before?.dead ?? 0) + dead
      })
    }
    topics.set(topic, {
      name: topic,
      length: (known?.length ?? 0) + status.length,
      bytes: (known?.bytes ?? 0) + status.bytes,
      pending: (known?.pending ?? 0) + status.pending,
      full: (known?.full ?? false) || status.full,
      channels
    })
  }
  const sorted = [...topics.values()].sort((a, b) => a.name < b.name ? -1 : 1)
  return {
    topics: sorted.map(topic => ({ ...topic, channels: [...topic.channels.values()] })),
    // many nodes consume from many: only for those who ask
    get channels () {
      return registry.matching().map(({ spec: { pattern, channel }, members }) => ({ topic: pattern, name: nameOf(channel), consumers: members.length }))
    },
    counters: { ...Object.fromEntries(counters), logs_kept: kept?.size ?? 0 }
  }
}
