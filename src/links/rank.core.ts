/** The order of links: by who committed them, epoch and term, and in which turn. Pure. */
import type { Rank } from '../util/rank.core.ts'

export { compareRanks } from '../util/rank.core.ts'
export type { Rank } from '../util/rank.core.ts'

/** Of three numbers, as it travels in answers. */
export type RankTuple = readonly [epoch: number, term: number, index: number]

/** Below every rank that anything was committed with. */
export const NO_RANK: Rank = Object.freeze({ epoch: 0, term: 0, index: 0 })

/** Hex digits of one number. */
const DIGITS = 14

export function toTuple ({ epoch, term, index }: Rank): RankTuple {
  return [epoch, term, index]
}

/** What a peer sent as a rank; undefined if it is none. */
export function toRank (value: unknown): Rank | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(part => Number.isSafeInteger(part) && part >= 0)) return undefined
  const [epoch, term, index] = value as [number, number, number]
  return { epoch, term, index }
}

/** Texts of one length whose order is that of the ranks. */
export function rankText ({ epoch, term, index }: Rank): string {
  return [epoch, term, index].map(part => part.toString(16).padStart(DIGITS, '0')).join('.')
}
