/**
 * Weighted rendezvous hashing (highest random weight): every caller sends a token to the same node without asking
 * anybody, and a node of weight w that comes or goes moves the keys of its own share, w / W, and no others. It goes by
 * the static weight: load must not move tokens. Pure.
 */
import { draw, PoolPicker } from './pool.core.ts'
import type { Candidate, PickContext } from './index.ts'
import type { Pool, Seat } from './pool.core.ts'

/** 64 bits of a text, as two words. */
export interface Hash {
  readonly a: number
  readonly b: number
}

interface Hashed<C extends Candidate> extends Seat<C> {
  readonly hash: Hash
}

export class RendezvousPicker<C extends Candidate> extends PoolPicker<C, Hashed<C>> {
  readonly name = 'rendezvous'

  protected seat (node: C): Hashed<C> {
    return { id: node.id, node, weight: node.weight, hash: hashText(node.id) }
  }

  /** Without a token any node will do. */
  protected choose (pool: Pool<Hashed<C>>, exclude: ReadonlySet<string> | undefined, { token, random }: PickContext): Hashed<C> | undefined {
    if (token === undefined) {
      return draw(pool, exclude, random)
    }
    const key = hashText(token)
    let best: Hashed<C> | undefined
    let least = Infinity
    for (const seat of pool.seats) {
      if (exclude?.has(seat.id) === true) {
        continue
      }
      const cost = distance(key, seat.hash, seat.node.weight)
      if (cost < least) {
        best = seat
        least = cost
      }
    }
    return best
  }
}

/** The node of a token: what a `rendezvous` picker would answer, for a caller that has no picker. */
export function rendezvousPick <C extends Candidate> (token: string, candidates: readonly C[], exclude?: ReadonlySet<string>): C | undefined {
  const ranked = rendezvousRank(token, candidates.filter(({ id, state }) => (state === 'up' || state === 'suspect') && exclude?.has(id) !== true))
  return ranked.find(({ state }) => state === 'up') ?? ranked[0]
}

/** All candidates, whatever their state, in the order in which a token prefers them. */
export function rendezvousRank <C extends Pick<Candidate, 'id' | 'weight'>> (token: string, candidates: readonly C[]): C[] {
  const key = hashText(token)
  return candidates
    .map(node => ({ node, cost: distance(key, hashText(node.id), node.weight) }))
    .sort((x, y) => x.cost - y.cost || (x.node.id < y.node.id ? -1 : 1))
    .map(({ node }) => node)
}

/** Exponential with rate `weight`: the least of such numbers is each node's with a chance of exactly its share. */
export function distance (key: Hash, node: Hash, weight: number): number {
  const a = mix(key.a ^ node.a)
  const b = mix((key.b ^ node.b) + a)
  const high = mix(a ^ Math.imul(b, 0x9e3779b1))
  // 53 bits, never 0: 27 of one word, 26 of the other
  const uniform = ((high >>> 5) * 0x4000000 + (b >>> 6) + 0.5) / 2 ** 53
  return -Math.log(uniform) / weight
}

/** FNV-1a with two multipliers, each then mixed. */
export function hashText (text: string): Hash {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85ebca6b)
  }
  return { a: mix(a), b: mix(b) }
}

/** The finaliser of MurmurHash3: every bit of the input changes every bit of the output with a chance of a half. */
function mix (h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
