/** Capped exponential backoff with full jitter on the upper half: peers that lost the same node do not return in step. */

export interface BackoffInit {
  /** Milliseconds before the first retry. */
  initial: number
  /** Milliseconds between retries at most. */
  max: number
  /** @default 2 */
  factor?: number
}

/** Milliseconds to wait before retry number `attempt` (from 0), between a half and the whole of the step. */
export function backoff (attempt: number, init: BackoffInit, random: () => number): number {
  const step = Math.min(init.max, init.initial * Math.pow(init.factor ?? 2, Math.min(attempt, 30)))
  return step * (0.5 + random() / 2)
}
