/**
 * How a node that cannot be dialled gets a place on a relay, keeps it, and says why it has none. The search that
 * circuit-relay-v2 makes for itself walks the DHT at random for ever when no relay is to be had (60 % of a core in a
 * tab), and never asks a relay again that was full or away; so this asks those it is connected with, again and again.
 */
import { circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { RelayRefusedError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { unref } from '../util/timeouts.ts'
import { keepConfigured } from './configured.ts'
import { Reachability } from './reachability.ts'
import type { OnReservation } from './reachability.ts'
import type { Connection, Libp2pEvents, PeerId, PeerStore, Transport, TypedEventTarget } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds before the first look, and between two at most. */
const INITIAL = 250
const MAX = 10_000
/** Looks that must have found no relay before it is said that there is none. */
const PATIENCE = 3

interface Components {
  peerStore: Pick<PeerStore, 'get'>
  connectionManager: { getConnections (): Connection[] }
  events: TypedEventTarget<Libp2pEvents>
  transportManager: { getAddrs (): Multiaddr[] }
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
  readonly #reachability: Reachability
  /** Of the next look, or of the one that goes on: one of a former search may take a while to end. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #looks = 0
  #closed = false

  constructor (components: Components, store: Internals['reservationStore'], reachability: Reachability) {
    this.#components = components
    this.#store = store
    this.#reachability = reachability
  }

  open (): void {
    this.#closed = false
  }

  /** Connections that close while libp2p stops start no search any more. */
  close (): void {
    this.#closed = true
    this.#end()
  }

  start (): void {
    if (this.#timer !== undefined || this.#closed) return
    this.#looks = 0
    this.#reachability.forget(this)
    this.#arm()
  }

  /** There is a place, if one was looked for. */
  stop (): void {
    if (this.#timer === undefined) return
    this.#end()
    this.#reachability.answered(this, [])
  }

  #end (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#reachability.forget(this)
  }

  #arm (): void {
    const delay = backoff(this.#looks++, { initial: INITIAL, max: MAX }, Math.random)
    const timer = this.#timer = unref(setTimeout(() => {
      const current = (): boolean => timer === this.#timer
      void this.#look(current).finally(() => { if (current()) this.#arm() })
    }, delay))
  }

  async #look (current: () => boolean): Promise<void> {
    const reasons: Error[] = []
    const peers = await this.#relays()
    this.#store.relayFilter = NOBODY
    for (const peer of peers) {
      if (!current()) return
      await this.#store.addRelay(peer, 'discovered').catch((error: Error) => { reasons.push(refusal(peer, error)) })
    }
    if (!current()) return
    const connected = this.#components.connectionManager.getConnections().length
    if (peers.length === 0 && connected > 0 && this.#looks > PATIENCE) {
      reasons.push(new RelayRefusedError('none of the nodes connected with this one is a relay: start one with `relay: true` (or `braid-mesh relay`) and add it to `bootstrap`'))
    }
    if (reasons.length > 0) this.#reachability.answered(this, reasons)
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
}

function refusal (peer: PeerId, error: Error): Error {
  const why = error.message.includes('RESERVATION_REFUSED')
    ? 'is full (`relay: { reservations }`): raise that number, or add another relay to `bootstrap`'
    : error.message.includes('PERMISSION_DENIED')
      ? 'does not take this node'
      : `gave this node no place: ${error.message}`
  return new RelayRefusedError(`relay ${peer.toString()} ${why}. Until then only nodes connected with this one can reach it`, { cause: error })
}

/** Dials through relays, and on `/p2p-circuit` listens through one. */
export function relayTransport (onReservation: OnReservation = () => {}): (components: any) => Transport {
  return (components: Components) => {
    const transport = circuitRelayTransport()(components as never) as unknown as Transport & Internals
    const elsewhere = (): boolean => components.transportManager.getAddrs().some(address => !address.toString().includes('/p2p-circuit'))
    const reachability = new Reachability(onReservation, elsewhere)
    const reserver = new Reserver(components, transport.reservationStore, reachability)
    keepConfigured(transport, reachability)
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
