/** What a relay tells of itself. Browsers may ask for it, so the server is elsewhere. */
import type { RelayOptions, RelayRefusal, RelayStats } from './relay-quota.core.ts'
import type { Libp2p, TypedEventTarget } from '@libp2p/interface'

/** Peer ids, as strings. */
export interface RelayEvents {
  /** A peer got a place. Detail: the address it comes from. */
  'reserve': CustomEvent<{ readonly peer: string, readonly address: string }>
  /** Its place is free again, as it is gone. */
  'release': CustomEvent<{ readonly peer: string }>
  /** A peer wanted a place, or a circuit to another one, and did not get it. */
  'refuse': CustomEvent<{ readonly peer: string, readonly address: string, readonly why: RelayRefusal }>
  'circuit:open': CustomEvent<{ readonly from: string, readonly to: string }>
  /** Bytes: both ways; time: ms that it was open. */
  'circuit:close': CustomEvent<{ readonly from: string, readonly to: string, readonly bytes: number, readonly time: number }>
}

/** What a relay does beside what a node does. */
export interface Relay extends TypedEventTarget<RelayEvents> {
  readonly limits: Required<RelayOptions>
  stats (): RelayStats
}

/** The relay that a node with `relay: true` is; undefined for others. */
export function relayOf (libp2p: Pick<Libp2p, 'services'>): Relay | undefined {
  return (libp2p.services as { relay?: Relay }).relay
}
