/**
 * Who is closest to a key: in a mesh of fewer servers than hold a record these are all of them, whatever the key. So one
 * walk tells it for the puts that follow it, each of which would else ask every server before it writes to it.
 */
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds after which is asked again who there is. */
const FRESH = 10_000

interface ClosestOptions extends AbortOptions {
  /** What the last walk found will do. @default false */
  reuse?: boolean
}

interface Event { readonly name: string }

/** The part of js-libp2p's DHT that is used here. */
export interface Walks {
  /** Servers that hold a record. */
  readonly k: number
  readonly routingTable: { readonly size: number }
  readonly peerRouting: { getClosestPeers: (key: Uint8Array, options?: ClosestOptions) => AsyncIterable<Event> }
}

export function reuseWalks ({ k, routingTable, peerRouting }: Walks, now: () => number = Date.now): void {
  const walk = peerRouting.getClosestPeers.bind(peerRouting)
  let known: { readonly found: readonly Event[], readonly size: number, readonly until: number } | undefined
  peerRouting.getClosestPeers = async function * (key, options) {
    // one that came or went changes the table
    if (options?.reuse === true && known?.size === routingTable.size && now() < known.until) {
      yield * known.found
      return
    }
    const found: Event[] = []
    for await (const event of walk(key, options)) {
      if (event.name === 'FINAL_PEER') found.push(event)
      yield event
    }
    const { size } = routingTable
    // who did not answer now may answer the next time
    known = found.length >= k || found.length < size ? undefined : { found, size, until: now() + FRESH }
  }
}
