/** Which records are valid, and which of two is the newer: pure, so that every server and reader says the same. */
import { MAX_CLOCK_SKEW, MAX_RANKED_TTL } from '../wire/limits.ts'
import type { RankedFields, RecordKey } from '../wire/record-codec.ts'

/** Why a record was refused. */
export type Refusal =
  | 'malformed' | 'wrong_key' | 'wrong_mesh' | 'expired' | 'too_far' | 'signature' | 'stale' | 'author_quota' | 'full'

/** What orders the records of one key and author. */
export interface Ordered {
  readonly rank: readonly [number, number, number]
  /** Milliseconds since 1970. */
  readonly validUntil: number
}

/** Why a record is refused whatever its signature says; undefined: it is not. `now` in milliseconds since 1970. */
export function judge (fields: RankedFields, under: RecordKey, mesh: string, now: number): Refusal | undefined {
  if (fields.mesh !== mesh || under.mesh !== mesh) return 'wrong_mesh'
  if (fields.author !== under.author || !same(fields.key, under.key)) return 'wrong_key'
  if (fields.validUntil <= now) return 'expired'
  if (fields.validUntil > now + MAX_RANKED_TTL + MAX_CLOCK_SKEW) return 'too_far'
  return undefined
}

/** Positive: `a` is the newer. A record that was only signed anew has the same rank and lives longer. */
export function compareRecords (a: Ordered, b: Ordered): number {
  return a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2] || a.validUntil - b.validUntil
}

/** Of two that are neither newer, as only an author who contradicts himself makes them: the same one everywhere. */
export function compareBytes (a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
