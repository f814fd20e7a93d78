/** Comparisons that everything else rests on: ranks, configs, majorities. Pure. */
import { hashString } from '../util/random.core.ts'
import type { ConfigVersion } from './messages.core.ts'
import type { Config, Rank, Token, Voter } from './types.core.ts'

export { compareRanks } from '../util/rank.core.ts'

export const NO_RANK: Rank = { epoch: 0, term: 0, index: 0 }

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

interface Place {
  readonly id: string
  readonly hash: number
}

function byPlace (a: Place, b: Place): number {
  return a.hash - b.hash || (a.id < b.id ? -1 : 1)
}

/** The same order at all nodes, another one for each service. */
export function inOrder (service: string, ids: readonly string[]): string[] {
  return firstInOrder(service, ids, ids.length)
}

/** The first ones of {@link inOrder}, for which thousands need not be sorted. */
export function firstInOrder (service: string, ids: readonly string[], count: number): string[] {
  const start = hashString(service)
  const places = ids.map((id): Place => ({ id, hash: hashString(id, start) }))
  let first = places.splice(0, count).sort(byPlace)
  for (const place of places) {
    const last = first.at(-1)
    if (last !== undefined && byPlace(place, last) < 0) first = [...first, place].sort(byPlace).slice(0, count)
  }
  return first.map(({ id }) => id)
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
