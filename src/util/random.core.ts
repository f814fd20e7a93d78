/** Seeded pseudo random numbers (mulberry32): the same seed gives the same numbers everywhere. Not for secrets. Pure. */

export interface Random {
  /** In [0, 1). */
  (): number
  /** An integer in [0, n). */
  int (n: number): number
  /** In [from, to). */
  between (from: number, to: number): number
  /** True with probability p. */
  chance (p: number): boolean
  /** One of the list; undefined if it is empty. */
  pick<T> (list: readonly T[]): T | undefined
  shuffle<T> (list: readonly T[]): T[]
  /** Independent numbers that do not move this sequence when more or fewer of them are drawn. */
  fork (label: string): Random
}

export function createRandom (seed: number): Random {
  let state = scramble(seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return Object.assign(next, {
    int: (n: number) => Math.floor(next() * n),
    between: (from: number, to: number) => from + next() * (to - from),
    chance: (p: number) => next() < p,
    pick: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)],
    shuffle: <T>(list: readonly T[]) => shuffle(list, next),
    fork: (label: string) => createRandom(hashString(label, seed))
  })
}

/** A shuffled copy (Fisher-Yates), by any source of numbers in [0, 1). */
export function shuffle<T> (list: readonly T[], random: () => number): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}

/** FNV-1a, 32 bits, mixed with a start value. */
export function hashString (text: string, start = 0): number {
  let hash = scramble(start)
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return hash >>> 0
}

/** Seeds that lie next to each other must not give sequences that resemble each other. */
function scramble (seed: number): number {
  let h = (seed | 0) ^ 0x811c9dc5
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
