/** What `subscribe` takes, its defaults and its refusals. */
import { InvalidOptionsError } from '../errors.ts'
import { checkInteger } from '../util/refuse.ts'
import { MAX_TTL } from '../wire/limits.ts'
import { checkName } from '../wire/names.ts'
import { channelKey } from './names.core.ts'
import { checkTopicOrPattern } from './names.ts'
import { MAX_PREFETCH } from './numbers.core.ts'
import { MAX_BACKOFFS, MAX_CONCURRENCY, MAX_DELIVER } from './numbers.ts'
import { STATED } from './settings.core.ts'
import type { SubscribeOptions } from './index.ts'
import type { ChannelSpec } from './types.core.ts'
import type { Capacity } from './subscription.ts'

const BACKOFF = [250, 1_000, 5_000, 30_000]

function number (name: string, value: number | undefined, initial: number, least: number, most: number): number {
  checkInteger(name, value, least, most)
  return value ?? initial
}

/** What somebody subscribes for. */
export interface Wanted {
  readonly spec: ChannelSpec
  /** Settings that are not just the defaults, as bits. */
  readonly stated: number
  readonly capacity: Capacity
}

/** @throws InvalidNameError, InvalidOptionsError */
export function resolveSubscription (topic: string, channel: string, options: SubscribeOptions, durable: boolean): Wanted {
  const pattern = checkTopicOrPattern(topic)
  const name = checkName('channel', channel)
  const { from = 'latest', backoff = BACKOFF } = options
  const start = from instanceof Date ? from.getTime() : from
  if (start !== 'latest' && start !== 'beginning' && !(typeof start === 'number' && Number.isFinite(start) && start >= 0)) {
    throw new InvalidOptionsError('from: expected \'latest\', \'beginning\' or a Date')
  }
  if (!Array.isArray(backoff) || backoff.length === 0 || backoff.length > MAX_BACKOFFS) throw new InvalidOptionsError(`backoff: expected 1 to ${MAX_BACKOFFS} numbers of milliseconds`)
  const lasts = options.durable ?? durable
  const given = { ...options, durable: true }
  const prefetch = number('prefetch', options.prefetch, 1_000, 1, MAX_PREFETCH)
  return {
    // who does not need a channel for longer leaves that to those who do
    stated: STATED.reduce((bits, name, i) => given[name] === undefined ? bits : bits | 1 << i, 0) & (lasts ? 31 : 7),
    capacity: { concurrency: number('concurrency', options.concurrency, 32, 1, MAX_CONCURRENCY), prefetch },
    spec: {
      channel: channelKey(pattern, name),
      pattern,
      name,
      opened: Date.now(),
      start,
      durable: lasts,
      expire: number('expire', options.expire, 3_600_000, 0, MAX_TTL),
      maxDeliver: number('maxDeliver', options.maxDeliver, 5, 1, MAX_DELIVER),
      ackWait: number('ackWait', options.ackWait, 30_000, 1, MAX_TTL),
      backoff: backoff.map((ms: number) => number('backoff', ms, 0, 0, MAX_TTL))
    }
  }
}
