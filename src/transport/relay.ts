/** A relay of our own: circuit-relay-v2 without the quotas that end every real use, without its leaks, with our limits. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { InvalidOptionsError } from '../errors.ts'
import { checkKnown } from '../util/known.ts'
import { PLACE_TTL, Places } from './places.ts'
import { relayLimits, RelayQuota } from './relay-quota.core.ts'
import { slowDown } from './slow-down.ts'
import type { Components, PlacesServer } from './places.ts'
import type { RelayOptions, RelayRefusal } from './relay-quota.core.ts'
import type { Relay, RelayEvents } from './relay-service.ts'
import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'
import type { Connection, Stream, TypedEventTarget } from '@libp2p/interface'

/** Streams on one connection: each circuit is one, and so is each request. */
const MAX_HOP_STREAMS = 1_024
/** So that there are streams left for requests. */
const MAX_CIRCUITS_PER_PEER = 1_000

interface HopStream {
  pb (codec: unknown): { write (message: { status?: string }, options?: unknown): Promise<unknown> }
}

/** What the server has and its type does not tell. */
interface Server extends PlacesServer {
  onHop (stream: Stream, connection: Connection): Promise<void>
  handleConnect (hop: { stream: HopStream }, options: unknown): Promise<void>
  stopHop (stop: { connection: Connection }, options: unknown): Promise<Stream | undefined>
}

/** The defaults (15 reservations, 2 minutes, 128 KiB in all) are for strangers; these are for members of a mesh. */
function serverInit ({ reservations }: Required<RelayOptions>): CircuitRelayServerInit {
  return {
    maxInboundHopStreams: MAX_HOP_STREAMS,
    maxOutboundHopStreams: MAX_HOP_STREAMS,
    maxOutboundStopStreams: MAX_HOP_STREAMS,
    reservations: {
      maxReservations: reservations,
      // A slot is given back when its peer is gone, so no time needs to end it.
      reservationTtl: PLACE_TTL,
      // With a default limit a relayed connection counts as limited: neither the DHT nor gossip would run over it.
      applyDefaultLimit: false
    }
  }
}

/** @throws InvalidOptionsError */
function check (options: RelayOptions): Required<RelayOptions> {
  const limits = relayLimits(options)
  checkKnown('relay', options, Object.keys(limits))
  const { proxies, ...numbers } = limits
  for (const [name, value] of Object.entries(numbers)) {
    const most = name === 'circuitsPerPeer' ? MAX_CIRCUITS_PER_PEER : Infinity
    if (!(Number.isInteger(value) || value === Infinity) || value < 1 || value > most) {
      throw new InvalidOptionsError(`relay.${name}: expected a whole number from 1${most < Infinity ? ` to ${most}` : ''}, got ${String(value)}`)
    }
  }
  if (!Array.isArray(proxies) || proxies.some(ip => typeof ip !== 'string')) {
    throw new InvalidOptionsError('relay.proxies: expected an array of IP addresses')
  }
  return limits
}

/** One circuit, from the request to its end. */
interface Circuit {
  readonly from: Connection
  readonly stream: Stream
  /** Set when it was not opened as a limit is reached. */
  refused?: RelayRefusal
  other?: Stream | undefined
}

/** Puts our limits around the server of circuit-relay-v2. */
class LimitedRelay {
  readonly #server: Server
  readonly #quota: RelayQuota
  readonly #connections: Components['connectionManager']

  constructor (server: Server, quota: RelayQuota, { events, connectionManager }: Components) {
    this.#server = server
    this.#quota = quota
    this.#connections = connectionManager
    // eslint-disable-next-line no-new -- it lives in what it wraps
    new Places(server, quota, { events, connectionManager })
    // The one of the instance is bound to it.
    const { onHop } = Object.getPrototypeOf(server) as Server
    server.onHop = async (stream, connection) => {
      const circuit: Circuit = { from: connection, stream }
      try {
        await onHop.call(this.#bound(circuit), stream, connection)
      } finally {
        // Whoever asked for it is gone: the other side would wait for the first byte for ever.
        if (stream.status !== 'open' && circuit.other?.status === 'open') circuit.other.abort(new Error('the other side is gone'))
      }
    }
  }

  /** The server, as it is for one request. */
  #bound (circuit: Circuit): Server {
    const server = this.#server
    return Object.create(server, {
      stopHop: { value: async (stop: { connection: Connection }, options: unknown) => this.#open(circuit, stop, options) },
      handleConnect: {
        async value (this: Server, hop: { stream: HopStream }, options: unknown) {
          await server.handleConnect.call(this, { ...hop, stream: telling(hop.stream, circuit) }, options)
        }
      }
    }) as Server
  }

  async #open (circuit: Circuit, stop: { connection: Connection }, options: unknown): Promise<Stream | undefined> {
    const { stream } = circuit
    const from = circuit.from.remotePeer.toString()
    const to = stop.connection.remotePeer.toString()
    const why = this.#quota.open(from, to)
    if (why != null) {
      circuit.refused = why
      this.#server.safeDispatchEvent('refuse', { detail: { peer: from, address: circuit.from.remoteAddr.toString(), why } })
      return undefined
    }
    try {
      circuit.other = await this.#server.stopHop({ ...stop, connection: this.#newest(stop.connection) }, options)
    } finally {
      if (circuit.other == null || stream.status !== 'open') this.#quota.close(from, to)
    }
    if (circuit.other != null && stream.status === 'open') this.#watch(stream, circuit.other, from, to)
    return circuit.other
  }

  /** Of those with the same peer: a peer that came back from another network has an older one, of which nobody knows yet that it is dead. */
  #newest (connection: Connection): Connection {
    return this.#connections.getConnections(connection.remotePeer)
      .filter(({ status, direct }) => status === 'open' && direct)
      .reduce((newest, other) => other.timeline.open > newest.timeline.open ? other : newest, connection)
  }

  #watch (stream: Stream, other: Stream, from: string, to: string): void {
    const server = this.#server
    const quota = this.#quota
    const began = performance.now()
    let bytes = 0
    let open = true
    const spender = (peer: string) => (count: number): number => {
      bytes += count
      return quota.sent(peer, count, performance.now())
    }
    slowDown(stream, other, spender(from))
    slowDown(other, stream, spender(to))
    const onClose = (): void => {
      if (!open) return
      open = false
      quota.close(from, to)
      server.safeDispatchEvent('circuit:close', { detail: { from, to, bytes, time: performance.now() - began } })
    }
    stream.addEventListener('close', onClose)
    other.addEventListener('close', onClose)
    quota.opened()
    server.safeDispatchEvent('circuit:open', { detail: { from, to } })
  }
}

/** The stream of a request, on which the answer says that a limit is reached when that is why it failed. */
function telling (stream: HopStream, circuit: Circuit): HopStream {
  return new Proxy(stream, {
    get: (target, name) => {
      if (name !== 'pb') {
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (codec: unknown) => {
        const messages = target.pb(codec)
        return {
          write: async (message: { status?: string }, options: unknown) =>
            messages.write(circuit.refused == null ? message : { ...message, status: 'RESOURCE_LIMIT_EXCEEDED' }, options)
        }
      }
    }
  })
}

/**
 * The service of a relay.
 *
 * @throws InvalidOptionsError
 */
export function relayServer (options: RelayOptions = {}): (components: any) => unknown {
  const limits = check(options)
  const factory = circuitRelayServer(serverInit(limits))
  return (components: Parameters<typeof factory>[0] & Components) => {
    const server = factory(components) as unknown as Server
    const quota = new RelayQuota(options)
    // eslint-disable-next-line no-new -- it lives in what it wraps
    new LimitedRelay(server, quota, components)
    return Object.assign(server, { limits, stats: () => quota.stats(server.reservations.size) } satisfies Omit<Relay, keyof TypedEventTarget<RelayEvents>>)
  }
}
