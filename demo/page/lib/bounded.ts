import type { MeshSnapshot } from '../../../src/index.ts'

/** Paths, topics and services of a node that are shown. */
const MAX_SHOWN = 200
const MAX_CHANNELS = 50

type Told = Pick<MeshSnapshot, 'paths' | 'topics' | 'services'>

/** As much of what another node tells as can be shown: all of it is looked at again with each picture. */
export function bounded ({ paths, topics, services }: Told): Told {
  return {
    paths: paths.slice(0, MAX_SHOWN),
    topics: topics.slice(0, MAX_SHOWN).map(topic => ({ ...topic, channels: topic.channels.slice(0, MAX_CHANNELS) })),
    services: services.slice(0, MAX_SHOWN)
  }
}
