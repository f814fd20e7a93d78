/** What no peer would take. */
import { InvalidOptionsError } from '../errors.ts'
import { MAX_RANKED_TTL, MAX_RANKED_VALUE, MIN_RANKED_TTL, RECORD_KEY_BYTES } from '../wire/limits.ts'
import type { NewRecord } from './index.ts'

/** @throws InvalidOptionsError */
export function checkKey (key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || key.length !== RECORD_KEY_BYTES) throw new InvalidOptionsError(`key: ${RECORD_KEY_BYTES} bytes`)
}

/** @throws InvalidOptionsError */
export function checkRecord ({ key, rank, value, ttl }: NewRecord): void {
  checkKey(key)
  if (rank.length !== 3 || !rank.every(part => Number.isSafeInteger(part) && part >= 0)) {
    throw new InvalidOptionsError('rank: three whole numbers from 0 to 2^53 - 1')
  }
  if (!(value instanceof Uint8Array) || value.length > MAX_RANKED_VALUE) throw new InvalidOptionsError(`value: at most ${MAX_RANKED_VALUE} bytes`)
  if (!(ttl >= MIN_RANKED_TTL && ttl <= MAX_RANKED_TTL)) throw new InvalidOptionsError(`ttl: ${MIN_RANKED_TTL} to ${MAX_RANKED_TTL} ms, not ${ttl}`)
}
