/** Which assigner of a log counts. Pure. */
import type { Generation } from './types.core.ts'

/** Negative: `a` is lower. */
export function compareGenerations (a: Generation, b: Generation): number {
  return a.number - b.number || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0)
}
