/** The places of a relay: who gets one, how often it may be asked for, and what ends it. */
import type { RelayEvents } from './relay-service.ts'
import type { RelayQuota } from './relay-quota.core.ts'
import type { Connection, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds that a place lasts when it is not asked for again. */
export const PLACE_TTL = 7 * 24 * 60 * 60_000

interface Retimeable extends AbortSignal {
  reset (ms: number): void
  clear (): void
}

interface Reservation {
  readonly addr: Multiaddr
  signal: Retimeable
}

type Answer = { status: 'RESERVATION_REFUSED' } | { status: 'OK', expire?: number }

/** What the server has and its type does not tell. */
export interface PlacesServer extends TypedEventTarget<RelayEvents> {
  readonly reservationStore: {
    reserve (peer: PeerId, address: Multiaddr): Answer
    removeReservation (peer: PeerId): void
    clear (): void
  }
  readonly reservations: Map<PeerId, Reservation>
}

export interface Components {
  events: TypedEventTarget<Libp2pEvents>
  connectionManager: { getConnections (peer: PeerId): Connection[] }
}

function ipOf (address: Multiaddr): string | undefined {
  return address.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value
}

/**
 * A signal with one timer, however often it is set anew. That of retimeable-signal leaves one behind each time, with all
 * that hangs on it, until its time is up: then it would cut the circuits of a place, and end a later one of the peer.
 */
function retimeable (ms: number): Retimeable {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const clear = (): void => { clearTimeout(timer) }
  const reset = (ms: number): void => {
    clear()
    timer = setTimeout(() => { controller.abort(new Error('the place on the relay was not renewed')) }, ms)
    timer.unref()
  }
  reset(ms)
  return Object.assign(controller.signal, { reset, clear })
}

/** Wraps the store of circuit-relay-v2. */
export class Places {
  readonly #server: PlacesServer
  readonly #quota: RelayQuota
  readonly #connections: Components['connectionManager']
  readonly #reserve: PlacesServer['reservationStore']['reserve']

  constructor (server: PlacesServer, quota: RelayQuota, { events, connectionManager }: Components) {
    this.#server = server
    this.#quota = quota
    this.#connections = connectionManager
    const { reservationStore: store } = server
    this.#reserve = store.reserve.bind(store)
    store.reserve = (peer, address) => this.#ask(peer, address)
    store.removeReservation = peer => { this.#release(peer) }
    const clear = store.clear.bind(store)
    store.clear = () => {
      for (const { signal } of server.reservations.values()) signal.clear()
      clear()
    }
    // It keeps the reservation of a peer that left for its whole life.
    events.addEventListener('peer:disconnect', ({ detail }) => {
      quota.forget(detail.toString())
      this.#release(detail)
    })
  }

  #ask (peer: PeerId, address: Multiaddr): Answer {
    const why = this.#whyNot(peer, address)
    if (why != null) {
      this.#server.safeDispatchEvent('refuse', { detail: { peer: peer.toString(), address: address.toString(), why } })
      return { status: 'RESERVATION_REFUSED' }
    }
    const renewed = this.#server.reservations.has(peer)
    const answer = this.#reserve(peer, address)
    const reservation = this.#server.reservations.get(peer)
    if (!renewed && reservation != null) {
      reservation.signal.clear()
      reservation.signal = retimeable(PLACE_TTL)
      reservation.signal.addEventListener('abort', () => { this.#release(peer) })
      this.#server.safeDispatchEvent('reserve', { detail: { peer: peer.toString(), address: address.toString() } })
    }
    return answer
  }

  #whyNot (peer: PeerId, address: Multiaddr): ReturnType<RelayQuota['reserve']> {
    const { reservations } = this.#server
    // One that hung up while it was looked at would never be told to have left.
    if (this.#connections.getConnections(peer).length === 0) {
      this.#quota.refuse('gone')
      return 'gone'
    }
    return this.#quota.request(peer.toString(), performance.now()) ?? (reservations.has(peer)
      ? undefined
      : this.#quota.reserve(ipOf(address), Array.from(reservations.values(), ({ addr }) => ipOf(addr))))
  }

  #release (peer: PeerId): void {
    const { reservations } = this.#server
    reservations.get(peer)?.signal.clear()
    if (reservations.delete(peer)) this.#server.safeDispatchEvent('release', { detail: { peer: peer.toString() } })
  }
}
