/** What `subscribe` takes, its defaults and its refusals. */
import { InvalidOptionsError } from '../errors.ts'
import { MAX_TTL } from '../wire/limits.ts'
import { checkName } from '../wire/names.ts'
import { channelKey } from './names.core.ts'
import { checkTopicOrPattern } from './names.ts'
import type { SubscribeOptions } from './index.ts'
import type { ChannelSpec } from './types.core.ts'
import type { Capacity } from './subscription.ts'

const BACKOFF = [250, 1_000, 5_000, 30_000]
const MAX_BACKOFFS = 32
const MAX_CONCURRENCY = 10_000
const MAX_PREFETCH = 65_536
const MAX_DELIVER = 1_000_000

function number (name: string, value: number | undefined, initial: number, least: number, most: number): number {
  const number = value ?? initial
  if (!(Number.isInteger(number) && number >= least && number <= most)) throw new InvalidOptionsError(`${name}: expected an integer from ${least} to ${most}, got ${String(value)}`)
  return number
}

/** @throws InvalidNameError, InvalidOptionsError */
export function resolveSubscription (topic: string, channel: string, options: SubscribeOptions, durable: boolean): { spec: ChannelSpec, capacity: Capacity } {
  const pattern = checkTopicOrPattern(topic)
  const name = checkName('channel', channel)
  const { from = 'latest', backoff = BACKOFF } = options
  const start = from instanceof Date ? from.getTime() : from
  if (start !== 'latest' && start !== 'beginning' && !(typeof start === 'number' && Number.isFinite(start) && start >= 0)) {
    throw new InvalidOptionsError('from: expected \'latest\', \'beginning\' or a Date')
  }
  if (!Array.isArray(backoff) || backoff.length === 0 || backoff.length > MAX_BACKOFFS) throw new InvalidOptionsError(`backoff: expected 1 to ${MAX_BACKOFFS} numbers of milliseconds`)
  const prefetch = number('prefetch', options.prefetch, 1_000, 1, MAX_PREFETCH)
  return {
    capacity: { concurrency: number('concurrency', options.concurrency, 32, 1, MAX_CONCURRENCY), prefetch },
    spec: {
      channel: channelKey(pattern, name),
      pattern,
      name,
      opened: Date.now(),
      start,
      durable: options.durable ?? durable,
      expire: number('expire', options.expire, 3_600_000, 0, MAX_TTL),
      maxDeliver: number('maxDeliver', options.maxDeliver, 5, 1, MAX_DELIVER),
      ackWait: number('ackWait', options.ackWait, 30_000, 1, MAX_TTL),
      backoff: backoff.map((ms: number) => number('backoff', ms, 0, 0, MAX_TTL))
    }
  }
}
