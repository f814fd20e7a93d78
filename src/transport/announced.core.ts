/** Which of a host's addresses a node tells. */
import { MAX_ADDRESSES } from '../wire/limits.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** They lead to this machine, or not beyond its link. */
const NEAR = /^(\/ip6zone\/[^/]+)?\/ip(4\/(127|169\.254)\.|6\/(::1|fe80:[^/]*)\/)/
const RELAYED = /\/p2p-circuit(\/|$)/
const WS = /\/wss?(\/|$)/

/**
 * As many as a node's record holds. Of more it is some of each kind, by turns, as a page dials no TCP and a place on a relay
 * leads anywhere, and those first that lead far. A relay tells those who have a place on it the same.
 */
export function announced (addresses: Multiaddr[]): Multiaddr[] {
  if (addresses.length <= MAX_ADDRESSES) return addresses
  const turns = new Map<string, number>()
  return addresses.map(address => {
    const text = address.toString()
    const near = NEAR.test(text)
    const kind = [near, RELAYED.test(text), WS.test(text)].join()
    const turn = turns.get(kind) ?? 0
    turns.set(kind, turn + 1)
    return { address, turn: near ? turn + addresses.length : turn }
  }).sort((a, b) => a.turn - b.turn).slice(0, MAX_ADDRESSES).map(({ address }) => address)
}
