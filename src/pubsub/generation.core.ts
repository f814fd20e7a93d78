/** Which assigner of a log counts. Pure. */
import { GENERATION_STEPS, MAX_GENERATION, MAX_GENERATION_STEP } from './numbers.core.ts'
import type { Generation } from './types.core.ts'

/** Negative: `a` is lower. */
export function compareGenerations (a: Generation, b: Generation): number {
  return a.number - b.number || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0)
}

/** Whether there can be such a one: who names another one lies. */
export function isPossible ({ number }: Generation): boolean {
  return number < MAX_GENERATION
}

/** Whether a generation that somebody speaks of is followed: up to `most` always, then in steps. Who says more may have been lied to. */
export function isFollowed (generation: Generation, known: Generation, most: number, complain: (message: string) => void): boolean {
  if (isPossible(generation)) return generation.number <= Math.max(most, known.number + MAX_GENERATION_STEP)
  complain('illegal numbers')
  return false
}

/** A keeper's next one. It may have forgotten one that it had before a start, which is not to be taken again. @param drawn - in [0, 1) */
export function raised ({ number }: Generation, by: string, drawn: number): Generation {
  return { number: number + 1 + Math.floor(drawn * GENERATION_STEPS), by }
}
