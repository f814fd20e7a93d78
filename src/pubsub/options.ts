import { InvalidOptionsError } from '../errors.ts'
import { MAX_TTL } from '../wire/limits.ts'
import { SHAREABLE } from './system.ts'
import type { PubsubInit } from './index.ts'

function check (name: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw new InvalidOptionsError(`pubsub.${name}: expected an integer from ${least} to ${most}, got ${String(value)}`)
  }
}

/** @throws InvalidOptionsError */
export function checkPubsubOptions ({ linger, direct, outbox = {}, retention = {}, system = [] }: Pick<PubsubInit, 'linger' | 'direct' | 'outbox' | 'retention' | 'system'>): void {
  check('linger', linger, 0, 1_000)
  check('direct', direct, 0, 1_000)
  check('outbox.messages', outbox.messages, 1, 10_000_000)
  check('outbox.bytes', outbox.bytes, 1, 2 ** 40)
  check('retention.messages', retention.messages, 0, 10_000_000)
  check('retention.bytes', retention.bytes, 0, 2 ** 40)
  check('retention.time', retention.time, 0, MAX_TTL)
  for (const name of system) if (!SHAREABLE.includes(name)) throw new InvalidOptionsError(`pubsub.system: expected ${SHAREABLE.join(', ')}, got ${String(name)}`)
  if (outbox.overflow !== undefined && !['wait', 'reject', 'dropOldest'].includes(outbox.overflow)) {
    throw new InvalidOptionsError('pubsub.outbox.overflow: expected \'wait\', \'reject\' or \'dropOldest\'')
  }
}
