/**
 * Names of topics, patterns of them and names of channels. Parts are separated by dots; `*` is any one part, `>` at the end any
 * number of further ones. What begins with `$` is matched by its name only: a channel of `orders.>` does not get its own
 * dead letters.
 */
import { InvalidNameError } from '../errors.ts'
import { MAX_NAME } from '../wire/limits.ts'
import { checkName, isName } from '../wire/names.ts'
import { DEAD } from './names.core.ts'

/** Where the messages go that a channel could not handle. */
export function deadTopic (topic: string, channel: string): string {
  return `${topic}${DEAD}${channel}`
}

/** Whether it is the name of one topic. */
export function isTopic (name: unknown): name is string {
  if (typeof name !== 'string') return false
  const at = name.indexOf(DEAD)
  return at === -1 ? isName('topic', name) : isName('topic', name.slice(0, at)) && isName('channel', name.slice(at + DEAD.length))
}

export function isPattern (name: unknown): name is string {
  if (typeof name !== 'string' || name.length > MAX_NAME) return false
  const parts = name.split('.')
  return parts.some((part, index) => part === '*' || (part === '>' && index === parts.length - 1)) &&
    parts.every((part, index) => part === '*' || (part === '>' && index === parts.length - 1 && index > 0) || isName('topic', part))
}

/** @throws InvalidNameError - it is neither a topic's name nor a pattern */
export function checkTopicOrPattern (name: unknown): string {
  if (isTopic(name) || isPattern(name)) return name
  if (typeof name === 'string' && /[*>]/.test(name)) {
    throw new InvalidNameError(`illegal pattern ${JSON.stringify(name.slice(0, 80))}: * stands for a whole part between dots, > for the rest, at the end and not alone`)
  }
  return checkName('topic', name)
}
