/** A relay of our own: circuit-relay-v2 without the quotas that end every real use, and without its leaks. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { slowDown } from './slow-down.ts'
import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2pEvents, PeerId, Stream, TypedEventTarget } from '@libp2p/interface'

export interface RelayOptions {
  /** Peers that others may reach through this relay at the same time. @default 1000 */
  reservations?: number
}

const MAX_RESERVATIONS = 1_000

/** What the server has and its type does not tell. */
interface Server {
  onHop (stream: Stream, connection: Connection): Promise<void>
  stopHop (...args: unknown[]): Promise<Stream | undefined>
  readonly reservations: {
    get (peer: PeerId): { readonly signal: { clear (): void } } | undefined
    delete (peer: PeerId): boolean
  }
}

/** The defaults (15 reservations, 2 minutes, 128 KiB in all) are for strangers; these are for members of a mesh. */
function quotas ({ reservations = MAX_RESERVATIONS }: RelayOptions): CircuitRelayServerInit {
  return {
    maxInboundHopStreams: 1_024,
    maxOutboundHopStreams: 1_024,
    maxOutboundStopStreams: 1_024,
    reservations: {
      maxReservations: reservations,
      // A slot is given back when its peer is gone, so no time needs to end it. The signal behind a reservation cannot
      // be prolonged twice (retimeable-signal forgets to disarm the second timer), which would cut every connection of a
      // peer after its second renewal: after a fortnight, not after an hour.
      reservationTtl: 7 * 24 * 60 * 60_000,
      // With a default limit a relayed connection counts as limited: neither the DHT nor gossip would run over it.
      applyDefaultLimit: false
    }
  }
}

/** The service of a relay. */
export function relayServer (options: RelayOptions = {}): (components: any) => unknown {
  const factory = circuitRelayServer(quotas(options))
  return (components: Parameters<typeof factory>[0] & { events: TypedEventTarget<Libp2pEvents> }) => {
    const server = factory(components) as unknown as Server
    // It keeps the reservation of a peer that left for its whole life; and its timer would then end a later one.
    components.events.addEventListener('peer:disconnect', ({ detail }) => {
      server.reservations.get(detail)?.signal.clear()
      server.reservations.delete(detail)
    })
    // The one of the instance is bound to it.
    const { onHop } = Object.getPrototypeOf(server) as Server
    server.onHop = async (stream, connection) => {
      const stopHop = async (...args: unknown[]): Promise<Stream | undefined> => {
        const other = await server.stopHop(...args)
        if (other != null) {
          slowDown(stream, other)
          slowDown(other, stream)
        }
        return other
      }
      await onHop.call(Object.create(server, { stopHop: { value: stopHop } }), stream, connection)
    }
    return server
  }
}
