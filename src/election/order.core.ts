/** Comparisons that everything else rests on: ranks, configs, majorities. Pure. */
import { hashString } from '../util/random.core.ts'
import type { ConfigVersion } from './messages.core.ts'
import type { Config, Rank, Token, Voter } from './types.core.ts'

export const NO_RANK: Rank = { epoch: 0, term: 0, index: 0 }

/** Negative when `a` is lower. */
export function compareRanks (a: Rank, b: Rank): number {
  return a.epoch - b.epoch || a.term - b.term || a.index - b.index
}

/** Of one leader. */
export function sameReign (a: Token, b: Token): boolean {
  return a.epoch === b.epoch && a.term === b.term
}

/** Config A is newer than B: the order in which configs may replace each other. */
export function isNewer (a: ConfigVersion, b: ConfigVersion): boolean {
  return a.term > b.term || (a.term === b.term && a.version > b.version)
}

export function sameOrder (a: ConfigVersion, b: ConfigVersion): boolean {
  return a.term === b.term && a.version === b.version
}

/** Voters that a decision needs. Two such sets always share a member. */
export function majority (voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** Whether the peer, in this life of its store, has a seat. */
export function hasSeat (config: Config | undefined, id: string, incarnation: string): boolean {
  return config?.voters.some(voter => voter.id === id && voter.incarnation === incarnation) ?? false
}

/** The same order at all nodes, another one for each service. */
export function inOrder (service: string, ids: readonly string[]): string[] {
  const start = hashString(service)
  const hashes = new Map(ids.map(id => [id, hashString(id, start)]))
  return [...ids].sort((a, b) => hashes.get(a)! - hashes.get(b)! || (a < b ? -1 : 1))
}

/** In whatever life. */
export function hasVoter (config: Config, id: string): boolean {
  return config.voters.some(voter => voter.id === id)
}

/** Of one founding: two may have chosen the same number. */
export function sameFounding (a: Config, b: Config): boolean {
  return a.group === b.group && a.kind === b.kind && sameSeats(a, b)
}

export function sameSeats (a: Config, b: Config): boolean {
  return a.voters.length === b.voters.length && a.voters.every(({ id, incarnation }) => hasSeat(b, id, incarnation))
}

export function sortVoters (voters: readonly Voter[]): Voter[] {
  return [...voters].sort((a, b) => a.id < b.id ? -1 : 1)
}

/** The value that a majority reaches or exceeds; `values` has one for each voter. */
export function reachedByMajority<T> (values: readonly T[], compare: (a: T, b: T) => number): T {
  return [...values].sort((a, b) => compare(b, a))[majority(values.length) - 1] as T
}
