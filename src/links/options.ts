import { InvalidOptionsError } from '../errors.ts'
import type { LinksOptions } from './index.ts'

const CHOICES = {
  mode: ['shared', 'local'],
  scope: ['relation', 'service'],
  onNoLeader: ['fail', 'provisional'],
  ownership: ['open', 'strict']
} as const

/** Milliseconds that a link may stay unused. */
const TTL = { default: 60 * 60 * 1_000, min: 1_000, max: 30 * 24 * 60 * 60 * 1_000 }

export type ResolvedLinksOptions = Required<LinksOptions>

/** @throws InvalidOptionsError */
export function resolveLinksOptions (options: LinksOptions): ResolvedLinksOptions {
  const { mode = 'shared', scope = 'relation', onNoLeader = 'fail', ownership = 'open', ttl = TTL.default, lazy = false } = options
  const resolved = { mode, scope, onNoLeader, ownership, ttl, lazy }
  for (const [name, values] of Object.entries(CHOICES)) {
    const value = resolved[name as keyof typeof CHOICES]
    if (!(values as readonly unknown[]).includes(value)) throw new InvalidOptionsError(`links ${name}: expected ${values.map(value => `'${value}'`).join(' or ')}, got ${String(value)}`)
  }
  if (typeof ttl !== 'number' || !(ttl >= TTL.min && ttl <= TTL.max)) throw new InvalidOptionsError(`links ttl: expected ${TTL.min} to ${TTL.max} ms, got ${String(ttl)}`)
  return resolved
}
