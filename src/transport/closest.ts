/**
 * Who is closest to a key. In a mesh of fewer servers than hold a record these are all of them, whatever the key; in a
 * larger one this node's own table tells, as long as it says of the keys of some walks what these have found. So a few walks do
 * for the puts that follow them, each of which would else ask twenty servers or more before it writes to twenty.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds after which is asked again who there is. */
const FRESH = 10_000
/** The part of those that a walk finds which this node may lack: by so many fewer a record is held, and little more than a quarter is read. */
const LACKING = 1 / 10
/**
 * Parts of the space of keys, of each of which the last walk must have shown that: a table knows all who are close to this
 * node, so that a key from there shows nothing of others.
 */
const PARTS = 4

interface ClosestOptions extends AbortOptions {
  /** What the last walk found will do. @default false */
  reuse?: boolean
}

interface Event {
  readonly name: string
  readonly peer?: { readonly id: unknown, readonly multiaddrs?: readonly unknown[] }
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

/** What a walk has shown of a table of that size. */
interface Known {
  readonly size: number
  readonly until: number
}

export function reuseWalks ({ k, routingTable, peerRouting }: Walks, now: () => number = Date.now): void {
  const walk = peerRouting.getClosestPeers.bind(peerRouting)
  let all: Known & { readonly found: readonly Event[] } | undefined
  /** Of each part an event that others are made like, when its last walk has found those of the table. */
  const parts = Array.from({ length: PARTS }, (): Known & { readonly like: Event } | undefined => undefined)
  const isTrue = (part: Known | undefined): boolean => part !== undefined && now() < part.until && routingTable.size >= part.size - LACKING * k

  peerRouting.getClosestPeers = async function * (key, options) {
    const reuse = options?.reuse === true
    // one that came or went changes the table
    if (reuse && all !== undefined && now() < all.until && all.size === routingTable.size) {
      yield * all.found
      return
    }
    const id = sha256(key)
    const expected = routingTable.closestPeers?.(id) ?? []
    if (reuse && expected.length === k && parts.every(isTrue)) {
      for (const id of expected) yield likeOf(parts[0]?.like, id)
      return
    }
    const found: Event[] = []
    for await (const event of walk(key, options)) {
      if (event.name === 'FINAL_PEER') found.push(event)
      yield event
    }
    shown(Math.floor((id[0] as number) * PARTS / 256), found, expected)
  }

  function shown (part: number, found: readonly Event[], expected: readonly unknown[]): void {
    const { size } = routingTable
    const until = now() + FRESH
    const [like] = found
    const unlike = (from: readonly unknown[], others: readonly unknown[]): unknown[] => {
      const ids = new Set(others.map(String))
      return from.filter(id => !ids.has(String(id)))
    }
    const ids = found.map(({ peer }) => peer?.id)
    // who did not answer now may answer the next time, and is asked then
    const silent = unlike(expected, ids)
    all = found.length < k && found.length + silent.length >= size && silent.length <= Math.min(found.length, LACKING * k)
      ? { found: [...found, ...silent.map(id => likeOf(like, id))], size, until }
      : undefined
    parts[part] = like !== undefined && found.length >= k && unlike(ids, expected).length <= LACKING * k ? { like, size, until } : undefined
  }
}

/** As if a walk had found this one. */
function likeOf (event: Event | undefined, id: unknown): Event {
  return { ...event as Event, peer: { id, multiaddrs: [] } }
}
