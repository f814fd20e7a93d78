/** Quotas of our own relays. The defaults (15 reservations, 2 minutes, 128 KiB in all) end every real use. */
import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'

export const RELAY_QUOTAS: CircuitRelayServerInit = {
  maxInboundHopStreams: 1_024,
  maxOutboundHopStreams: 1_024,
  maxOutboundStopStreams: 1_024,
  reservations: {
    maxReservations: 1_000,
    // A reservation is renewed 5 minutes before it ends; a peer that vanished frees its slot after this at the latest.
    reservationTtl: 30 * 60_000,
    // With a default limit a relayed connection counts as limited: neither the DHT nor gossip would run over it.
    applyDefaultLimit: false
  }
}
