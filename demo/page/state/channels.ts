/** What the publishers of a channel know of it: this tab, and the others as far as they have told. */
import { othersTopics } from './others.ts'
import { snapshot } from './view.ts'

export interface ChannelState {
  /** Over all nodes. */
  readonly consumers: number
  /** Messages that nobody could handle. */
  readonly dead: number
}

/** Undefined: nobody has published to it. The topic may be a pattern. */
export function channelState (topic: string, channel: string): ChannelState | undefined {
  const parts = topic.split('.').map(part => part === '*' ? '[^.]+' : part === '>' ? '.+' : part.replace('$', '\\$'))
  const matches = new RegExp(`^${parts.join('\\.')}$`)
  const known = [snapshot.value?.topics ?? [], ...othersTopics.value].flat()
    .filter(({ name }) => matches.test(name))
    .flatMap(({ channels }) => channels.filter(({ name }) => name === channel))
  if (known.length === 0) return undefined
  return { consumers: known.reduce((most, { consumers }) => Math.max(most, consumers), 0), dead: known.reduce((sum, { dead }) => sum + dead, 0) }
}
