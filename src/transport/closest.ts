/**
 * Who is closest to a key. In a mesh of fewer servers than hold a record these are all of them, whatever the key; in a
 * larger one this node's own table tells, as long as it says of the key of a walk what the walk has found. So one walk does
 * for the puts that follow it, each of which would else ask twenty servers or more before it writes to twenty.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds after which is asked again who there is. */
const FRESH = 10_000
/** The part of those that a walk finds which this node may lack: by so many fewer a record is held, and little more than a quarter is read. */
const LACKING = 1 / 10

interface ClosestOptions extends AbortOptions {
  /** What the last walk found will do. @default false */
  reuse?: boolean
}

interface Event {
  readonly name: string
  readonly peer?: { readonly id: unknown }
}

/** The part of js-libp2p's DHT that is used here. */
export interface Walks {
  /** Servers that hold a record. */
  readonly k: number
  readonly routingTable: {
    readonly size: number
    /** Of those that this node knows; by the hash of a key. */
    readonly closestPeers?: (kadId: Uint8Array) => readonly unknown[]
  }
  readonly peerRouting: { getClosestPeers: (key: Uint8Array, options?: ClosestOptions) => AsyncIterable<Event> }
}

/** What a walk has shown. `found`: all there are; else an event that others are made like. */
interface Known {
  readonly found?: readonly Event[]
  readonly like?: Event
  readonly size: number
  readonly until: number
}

export function reuseWalks ({ k, routingTable, peerRouting }: Walks, now: () => number = Date.now): void {
  const walk = peerRouting.getClosestPeers.bind(peerRouting)
  const closest = (key: Uint8Array): readonly unknown[] => routingTable.closestPeers?.(sha256(key)) ?? []
  let known: Known | undefined
  peerRouting.getClosestPeers = async function * (key, options) {
    const may = options?.reuse === true && known !== undefined && now() < known.until ? known : undefined
    // one that came or went changes the table
    if (may?.found !== undefined && may.size === routingTable.size) {
      yield * may.found
      return
    }
    const expected = closest(key)
    if (may?.like !== undefined && expected.length === k) {
      for (const id of expected) yield { ...may.like, peer: { id, multiaddrs: [] } }
      return
    }
    const found: Event[] = []
    for await (const event of walk(key, options)) {
      if (event.name === 'FINAL_PEER') found.push(event)
      yield event
    }
    known = shown(found, expected)
  }

  function shown (found: readonly Event[], expected: readonly unknown[]): Known | undefined {
    const { size } = routingTable
    const until = now() + FRESH
    // who did not answer now may answer the next time
    if (found.length < k) return found.length < size ? undefined : { found, size, until }
    const ids = new Set(expected.map(String))
    const lacking = found.filter(({ peer }) => !ids.has(String(peer?.id))).length
    const [like] = found
    return like !== undefined && lacking <= LACKING * k ? { like, size, until } : undefined
  }
}
