/** How topics, channels and logs are named inside, and which topics a pattern means. Pure. */
import type { LogId } from './types.core.ts'

const DEAD = '.$dead.'

export function channelKey (pattern: string, name: string): string {
  return `${pattern}/${name}`
}

export function logKey ({ topic, publisher, epoch }: LogId): string {
  return `${topic}/${publisher}/${epoch}`
}

/** `*` is any one part between dots, `>` any number of further ones, at least one. Dead letters are matched by their name only. */
export function matches (pattern: string, topic: string): boolean {
  if (pattern === topic) return true
  if (topic.includes(DEAD)) return false
  const parts = topic.split('.')
  const wanted = pattern.split('.')
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>' && i === wanted.length - 1) return parts.length > i
    if (i >= parts.length || (wanted[i] !== '*' && wanted[i] !== parts[i])) return false
  }
  return parts.length === wanted.length
}
