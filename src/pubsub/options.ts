import { InvalidOptionsError } from '../errors.ts'
import { checkInteger } from '../util/refuse.ts'
import { MAX_TTL } from '../wire/limits.ts'
import { SHAREABLE } from './system.ts'
import type { PubsubInit } from './index.ts'

/** @throws InvalidOptionsError */
export function checkPubsubOptions ({ linger, direct, outbox = {}, retention = {}, system = [] }: Pick<PubsubInit, 'linger' | 'direct' | 'outbox' | 'retention' | 'system'>): void {
  checkInteger('pubsub.linger', linger, 0, 1_000)
  checkInteger('pubsub.direct', direct, 0, 1_000)
  checkInteger('pubsub.outbox.messages', outbox.messages, 1, 10_000_000)
  checkInteger('pubsub.outbox.bytes', outbox.bytes, 1, 2 ** 40)
  checkInteger('pubsub.retention.messages', retention.messages, 0, 10_000_000)
  checkInteger('pubsub.retention.bytes', retention.bytes, 0, 2 ** 40)
  checkInteger('pubsub.retention.time', retention.time, 0, MAX_TTL)
  for (const name of system) if (!SHAREABLE.includes(name)) throw new InvalidOptionsError(`pubsub.system: expected ${SHAREABLE.join(', ')}, got ${String(name)}`)
  if (outbox.overflow !== undefined && !['wait', 'reject', 'dropOldest'].includes(outbox.overflow)) {
    throw new InvalidOptionsError('pubsub.outbox.overflow: expected \'wait\', \'reject\' or \'dropOldest\'')
  }
}
