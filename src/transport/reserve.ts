/**
 * How a node that cannot be dialled gets a place on a relay, keeps it, and says why it has none. The search that
 * circuit-relay-v2 makes for itself walks the DHT at random for ever when no relay is to be had (60 % of a core in a
 * tab), and never asks a relay again that was full or away; so this asks those it is connected with, again and again.
 */
import { circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { RelayRefusedError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { keepConfigured } from './configured.ts'
import type { Connection, Libp2pEvents, PeerId, PeerStore, Transport, TypedEventTarget } from '@libp2p/interface'

/** Milliseconds before the first look, and between two at most. */
const INITIAL = 250
const MAX = 10_000
/** Looks that must have found no relay before it is said that there is none. */
const PATIENCE = 3

/** Called when relays refuse this node or none is found, and with nothing once there is a reservation. */
export type OnReservation = (reasons: Error[]) => void

interface Components {
  peerStore: Pick<PeerStore, 'get'>
  connectionManager: { getConnections (): Connection[] }
  events: TypedEventTarget<Libp2pEvents>
}

/** What the transport has and its type does not tell. */
interface Internals {
  readonly discovery: { start (): Promise<void>, stop (): void, startDiscovery (): void, stopDiscovery (): void }
  readonly reservationStore: {
    addRelay (peer: PeerId, type: 'discovered'): Promise<unknown>
    /** Relays that are never asked again, as one that went away while it was asked. */
    relayFilter: { has (bytes: Uint8Array): boolean, add (bytes: Uint8Array): void }
  }
}

/** Every relay may be asked again: only those that are connected are. */
const NOBODY = { has: () => false, add: () => {} }

class Reserver {
  readonly #components: Components
  readonly #store: Internals['reservationStore']
  readonly #onReservation: OnReservation
  #timer: ReturnType<typeof setTimeout> | undefined
  #looks = 0
  #running = false
  #closed = false
  #said = ''

  constructor (components: Components, store: Internals['reservationStore'], onReservation: OnReservation) {
    this.#components = components
    this.#store = store
    this.#onReservation = onReservation
  }

  open (): void {
    this.#closed = false
  }

  /** Connections that close while libp2p stops start no search any more. */
  close (): void {
    this.#closed = true
    this.stop()
  }

  start (): void {
    if (this.#running || this.#closed) return
    this.#running = true
    this.#looks = 0
    this.#arm()
  }

  stop (): void {
    this.#running = false
    clearTimeout(this.#timer)
    this.#say([])
  }

  #arm (): void {
    const delay = backoff(this.#looks++, { initial: INITIAL, max: MAX }, Math.random)
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => { if (this.#running) this.#arm() })
    }, delay)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  async #look (): Promise<void> {
    const reasons: Error[] = []
    const peers = await this.#relays()
    this.#store.relayFilter = NOBODY
    for (const peer of peers) {
      if (!this.#running) return
      await this.#store.addRelay(peer, 'discovered').catch((error: Error) => { reasons.push(refusal(peer, error)) })
    }
    if (!this.#running) return
    const connected = this.#components.connectionManager.getConnections().length
    if (peers.length === 0 && connected > 0 && this.#looks > PATIENCE) {
      reasons.push(new RelayRefusedError('none of the nodes this one is connected with is a relay, so only they can reach it: start one with `relay: true` (or `braid-mesh relay`) and add it to `bootstrap`'))
    }
    if (reasons.length > 0) this.#say(reasons)
  }

  /** Connected directly, and known to be a relay. */
  async #relays (): Promise<PeerId[]> {
    const peers = new Map<string, PeerId>()
    for (const { remotePeer, remoteAddr, status } of this.#components.connectionManager.getConnections()) {
      if (status !== 'open' || remoteAddr.toString().includes('/p2p-circuit')) continue
      const { protocols } = await this.#components.peerStore.get(remotePeer).catch(() => ({ protocols: [] as string[] }))
      if (protocols.includes(RELAY_V2_HOP_CODEC)) peers.set(remotePeer.toString(), remotePeer)
    }
    return [...peers.values()]
  }

  /** Once for the same reasons. */
  #say (reasons: Error[]): void {
    const said = reasons.map(({ message }) => message).join()
    if (said === this.#said) return
    this.#said = said
    this.#onReservation(reasons)
  }
}

function refusal (peer: PeerId, error: Error): Error {
  const why = error.message.includes('RESERVATION_REFUSED')
    ? 'is full: it has given away all its places (`relay: { reservations }`). Add another relay to `bootstrap`, or raise that number'
    : error.message.includes('PERMISSION_DENIED')
      ? 'does not take this node'
      : `gave this node no place: ${error.message}`
  return new RelayRefusedError(`relay ${peer.toString()} ${why}. Until then only nodes that this one is connected with can reach it`, { cause: error })
}

/** Dials through relays, and on `/p2p-circuit` listens through one. */
export function relayTransport (onReservation: OnReservation = () => {}): (components: any) => Transport {
  return (components: Components) => {
    const transport = circuitRelayTransport()(components as never) as unknown as Transport & Internals
    const reserver = new Reserver(components, transport.reservationStore, onReservation)
    keepConfigured(transport, onReservation)
    const { discovery } = transport
    const { start, stop } = discovery
    discovery.startDiscovery = () => { reserver.start() }
    discovery.stopDiscovery = () => { reserver.stop() }
    discovery.start = async () => {
      reserver.open()
      await start.call(discovery)
    }
    discovery.stop = () => {
      reserver.close()
      stop.call(discovery)
    }
    return transport
  }
}
