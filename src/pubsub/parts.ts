/** Messages that are checked and cut before they travel. */
import { LARGE_PART } from '../wire/limits.ts'
import { isPattern, isTopic } from './names.ts'
import { PART_OVERHEAD } from './numbers.ts'
import type { WireMessage } from './announced.ts'
import type { Assignment, Message } from './types.core.ts'

/** The message in parts that fit into frames, which mean the same one after the other. */
export function sizedParts (message: WireMessage): WireMessage[] {
  if (message.type === 'assign') {
    return groups(message.items, ({ message }: Assignment) => message.payload.length).map(items => ({ ...message, items }))
  }
  if (message.type === 'range') {
    const [first, ...rest] = groups(message.messages, ({ payload }: Message) => payload.length)
    return [{ ...message, messages: first ?? [] }, ...rest.map(messages => ({ ...message, messages, lost: [] }))]
  }
  if (message.type === 'registry') {
    const { openings, removed, members } = message.delta
    return [
      ...groups(openings, ({ tag, spec: { channel } }) => tag.length + 2 * channel.length).map(openings => ({ openings, removed: [], members: [] })),
      ...groups(members, ({ channels }) => channels.reduce((sum, channel) => sum + channel.length + 4, 0)).map(members => ({ openings: [], removed: [], members })),
      ...groups(removed, tag => tag.length).map(removed => ({ openings: [], removed, members: [] }))
    ].filter(({ openings, removed, members }, i) => i === 0 || openings.length + removed.length + members.length > 0).map(delta => ({ type: 'registry', delta }))
  }
  return [message]
}

/** In their order; one that is large alone. */
export function groups<T> (items: readonly T[], size: (item: T) => number, most = LARGE_PART): T[][] {
  const all: T[][] = []
  let group: T[] = []
  let bytes = 0
  for (const item of items) {
    const more = size(item) + PART_OVERHEAD
    if (group.length > 0 && bytes + more > most) {
      all.push(group)
      group = []
      bytes = 0
    }
    group.push(item)
    bytes += more
  }
  if (group.length > 0 || all.length === 0) all.push(group)
  return all
}

/** Whether all names in it are. */
export function isLegal (message: WireMessage): boolean {
  const specs = message.type === 'registry' ? message.delta.openings.map(({ spec }) => spec) : message.type === 'open' ? [message.spec] : []
  const log = message.type === 'batch' ? message.batch.log : 'log' in message ? message.log : undefined
  return (log === undefined || isTopic(log.topic)) && specs.every(({ pattern }) => isTopic(pattern) || isPattern(pattern))
}
