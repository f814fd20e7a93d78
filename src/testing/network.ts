/**
 * The network of a test mesh: libp2p transports that reach each other inside this process, and the faults between them.
 * It is like `@libp2p/memory`, but without a registry shared by the whole process, and every connection can be held up.
 */
import { ConnectionFailedError, ListenError, serviceCapabilities, transportSymbol, TypedEventEmitter } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { Wire } from './wire.ts'
import type {
  ComponentLogger, Connection, CreateListenerOptions, DialTransportOptions, Listener, ListenerEvents, MultiaddrConnection, PeerId, Transport
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface TransportComponents {
  peerId: PeerId
  logger: ComponentLogger
}

/** One node's place in the network. */
interface Host {
  readonly peerId: PeerId
  readonly logger: ComponentLogger
  readonly accept: (connection: MultiaddrConnection) => void
}

/** `cut`: connections are reset and refused. `silent`: they stay open and carry nothing. */
export type Fault = 'cut' | 'silent'

function pair (a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}

/** The name in `/memory/<name>`, undefined for any other address. */
function hostOf (address: Multiaddr): string | undefined {
  const parts = address.getComponents().filter(({ name }) => name !== 'p2p')
  return parts.length === 1 && parts[0]?.name === 'memory' ? parts[0].value : undefined
}

export class Network {
  readonly #hosts = new Map<string, Host>()
  readonly #wires = new Map<Wire, readonly [from: string, to: string]>()
  readonly #faults = new Map<string, Fault>()
  readonly #frozen = new Set<string>()
  readonly #dead = new Set<string>()

  /** Whether frames pass between the two now. */
  #flows (a: string, b: string): boolean {
    return !this.#frozen.has(a) && !this.#frozen.has(b) && !this.#faults.has(pair(a, b))
  }

  /** @internal Used by the listeners. */
  listen (name: string, host: Host): void {
    if (this.#hosts.has(name)) throw new ListenError(`/memory/${name} is in use`)
    this.#hosts.set(name, host)
  }

  /** @internal */
  unlisten (name: string): void {
    this.#hosts.delete(name)
    this.#cutWires(ends => ends[1] === name)
  }

  /** @internal Used by the transports. */
  connect (from: string, to: string, dialer: TransportComponents): MultiaddrConnection {
    const host = this.#hosts.get(to)
    if (host == null || this.#dead.has(from) || this.#dead.has(to) || this.#faults.get(pair(from, to)) === 'cut') {
      throw new ConnectionFailedError(`/memory/${to} cannot be reached`)
    }
    const wire: Wire = new Wire({
      remoteAddr: multiaddr(`/memory/${to}/p2p/${host.peerId}`),
      direction: 'outbound',
      log: dialer.logger.forComponent('braid:test-network')
    }, {
      remoteAddr: multiaddr(`/memory/${from}/p2p/${dialer.peerId}`),
      direction: 'inbound',
      log: host.logger.forComponent('braid:test-network')
    }, () => this.#flows(from, to), () => { this.#wires.delete(wire) })
    this.#wires.set(wire, [from, to])
    host.accept(wire.listener)
    return wire.dialer
  }

  #cutWires (which: (ends: readonly [string, string]) => boolean): void {
    for (const [wire, ends] of [...this.#wires]) {
      if (!which(ends)) continue
      this.#wires.delete(wire)
      wire.cut()
    }
  }

  #flushAll (): void {
    for (const wire of this.#wires.keys()) wire.flush()
  }

  fail (a: string, b: string, fault: Fault): void {
    this.#faults.set(pair(a, b), fault)
    if (fault === 'cut') this.#cutWires(([from, to]) => pair(from, to) === pair(a, b))
  }

  /** Ends the faults that `which` accepts. */
  repair (which: (a: string, b: string) => boolean = () => true): void {
    for (const key of [...this.#faults.keys()]) {
      const [a = '', b = ''] = key.split('|')
      if (which(a, b)) this.#faults.delete(key)
    }
    this.#flushAll()
  }

  freeze (name: string): void {
    this.#frozen.add(name)
  }

  thaw (name: string): void {
    this.#frozen.delete(name)
    this.#flushAll()
  }

  /** The host is gone for ever: its connections are reset, whatever state they are in. */
  kill (name: string): void {
    this.#dead.add(name)
    this.#hosts.delete(name)
    this.#cutWires(ends => ends.includes(name))
    this.#frozen.delete(name)
  }

  /** Connections that are open, or held up. */
  get size (): number {
    return this.#wires.size
  }

  /** The transport of one node: give it to libp2p, and listen on `/memory/<name>`. */
  transport (name: string): (components: TransportComponents) => Transport {
    return components => new NetworkTransport(this, name, components)
  }
}

class NetworkTransport implements Transport {
  readonly #network: Network
  readonly #name: string
  readonly #components: TransportComponents
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = '@braid/test-network'
  readonly [serviceCapabilities]: string[] = ['@libp2p/transport']

  constructor (network: Network, name: string, components: TransportComponents) {
    this.#network = network
    this.#name = name
    this.#components = components
  }

  async dial (address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    options.signal.throwIfAborted()
    const connection = this.#network.connect(this.#name, hostOf(address) ?? '', this.#components)
    try {
      return await options.upgrader.upgradeOutbound(connection, options)
    } catch (error) {
      connection.abort(error as Error)
      throw error
    }
  }

  createListener (options: CreateListenerOptions): Listener {
    return new NetworkListener(this.#network, this.#components, options)
  }

  listenFilter (addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter(address => hostOf(address) != null)
  }

  dialFilter (addresses: Multiaddr[]): Multiaddr[] {
    return this.listenFilter(addresses)
  }
}

class NetworkListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #network: Network
  readonly #components: TransportComponents
  readonly #options: CreateListenerOptions
  readonly #closing = new AbortController()
  #name: string | undefined

  constructor (network: Network, components: TransportComponents, options: CreateListenerOptions) {
    super()
    this.#network = network
    this.#components = components
    this.#options = options
  }

  async listen (address: Multiaddr): Promise<void> {
    const name = hostOf(address) ?? ''
    const { peerId, logger } = this.#components
    this.#network.listen(name, { peerId, logger, accept: connection => { this.#accept(connection) } })
    this.#name = name
    queueMicrotask(() => { this.safeDispatchEvent('listening') })
  }

  #accept (connection: MultiaddrConnection): void {
    this.#options.upgrader.upgradeInbound(connection, { signal: this.#closing.signal })
      .catch((error: Error) => { connection.abort(error) })
  }

  getAddrs (): Multiaddr[] {
    return this.#name == null ? [] : [multiaddr(`/memory/${this.#name}`)]
  }

  updateAnnounceAddrs (): void {
    // Memory addresses say everything already.
  }

  async close (): Promise<void> {
    this.#closing.abort()
    if (this.#name != null) this.#network.unlisten(this.#name)
    queueMicrotask(() => { this.safeDispatchEvent('close') })
  }
}
