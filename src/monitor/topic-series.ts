/** Metrics of the topics that a node assigns, and of their channels. */
import { counter, gauge } from './families.ts'
import type { Family, Sample } from './families.ts'
import type { MeshSnapshot } from './index.ts'
import type { ChannelInfo, TopicInfo } from '../pubsub/index.ts'

export function seriesOfTopics ({ topics }: Pick<MeshSnapshot, 'topics'>): Family[] {
  const each = (value: (topic: TopicInfo) => number): Sample[] => topics.map(topic => ({ labels: { topic: topic.name }, value: value(topic) }))
  const ofChannels = (value: (channel: ChannelInfo) => number): Sample[] =>
    topics.flatMap(topic => topic.channels.map(channel => ({ labels: { topic: topic.name, channel: channel.name }, value: value(channel) })))
  return [
    gauge('braid_topic_length', 'Messages that this node keeps.', ['topic'], each(({ length }) => length)),
    gauge('braid_topic_bytes', 'Their bytes.', ['topic'], each(({ bytes }) => bytes)),
    gauge('braid_topic_pending', 'Messages that some channel is not done with.', ['topic'], each(({ pending }) => pending)),
    gauge('braid_topic_full', 'Whether the outbox takes nothing more.', ['topic'], each(({ full }) => full ? 1 : 0)),
    gauge('braid_channel_consumers', 'Members, over all nodes.', ['topic', 'channel'], ofChannels(({ consumers }) => consumers)),
    gauge('braid_channel_lag', 'Messages of this node that are not final.', ['topic', 'channel'], ofChannels(({ lag }) => lag)),
    gauge('braid_channel_inflight', 'Of these, assigned to a consumer now.', ['topic', 'channel'], ofChannels(({ pending }) => pending)),
    counter('braid_channel_redelivered_total', 'Deliveries after the first.', ['topic', 'channel'], ofChannels(({ redelivered }) => redelivered)),
    counter('braid_channel_dead_total', 'Messages that went to the dead letters.', ['topic', 'channel'], ofChannels(({ dead }) => dead))
  ]
}
