/** Which assigner of a log counts. Pure. */
import { GENERATION_STEPS, MAX_GENERATION, MAX_GENERATION_STEP } from './numbers.core.ts'
import type { Generation } from './types.core.ts'

/** Negative: `a` is lower. */
export function compareGenerations (a: Generation, b: Generation): number {
  return a.number - b.number || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0)
}

/** Whether somebody can have come so far since this one was known. */
export function isCredible ({ number }: Generation, known: Generation): boolean {
  return number >= 0 && number <= Math.min(MAX_GENERATION, known.number + MAX_GENERATION_STEP)
}

/** A keeper's next one. It may have forgotten one that it had before a start, which is not to be taken again. @param drawn - in [0, 1) */
export function raised ({ number }: Generation, by: string, drawn: number): Generation {
  return { number: number + 1 + Math.floor(drawn * GENERATION_STEPS), by }
}
