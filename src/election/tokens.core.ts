import type { FencingToken } from './index.ts'

/** Below zero when `a` is the older. */
export function compareTokens (a: FencingToken, b: FencingToken): number {
  return a.epoch - b.epoch || a.term - b.term
}
