/** How topics, channels and logs are named inside, and which topics a pattern means. Pure. */
import type { LogId } from './types.core.ts'

export const DEAD = '.$dead.'

/** Dead letters have no dead letters of their own. */
export function isDead (topic: string): boolean {
  return topic.includes(DEAD)
}

export function channelKey (pattern: string, name: string): string {
  return `${pattern}/${name}`
}

/** The channel's own name. */
export function nameOf (channel: string): string {
  return channel.slice(channel.lastIndexOf('/') + 1)
}

export function logKey ({ topic, publisher, epoch }: LogId): string {
  return `${topic}/${publisher}/${epoch}`
}

/** `*` is any one part between dots, `>` any number of further ones, at least one. Dead letters are matched by their name only. */
export function matches (pattern: string, topic: string): boolean {
  if (pattern === topic) return true
  if (isDead(topic)) return false
  const parts = topic.split('.')
  const wanted = pattern.split('.')
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>' && i === wanted.length - 1) return parts.length > i
    if (i >= parts.length || (wanted[i] !== '*' && wanted[i] !== parts[i])) return false
  }
  return parts.length === wanted.length
}
