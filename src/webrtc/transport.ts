/** @libp2p/webrtc's transport for a mesh: with bounds, with ends that both sides see, and dialled in the background. */
import { webRTC } from '@libp2p/webrtc'
import { NoPathError } from '../errors.ts'
import { MAX_DIRECT_PATHS, MAX_SIGNALLING, MAX_SIGNALLING_PER_PEER } from '../wire/limits.ts'
import { DirectPath } from './path.ts'
import { Upgrader } from './upgrader.ts'
import type { WebRTCTransportComponents } from '@libp2p/webrtc'
import type { OnPath } from '../transport/index.ts'
import type { Connection, Libp2pEvents, MultiaddrConnection, PeerStore, StreamHandler, StreamHandlerOptions, StreamMuxerFactory, Transport, TypedEventTarget, Upgrader as Libp2pUpgrader } from '@libp2p/interface'

/** The protocol on which two peers tell each other their addresses, over the relayed path. */
export const SIGNALLING = '/webrtc-signaling/0.0.1'

/**
 * Bytes that wait in the browser for one stream. With the default of 2 MiB a burst of some MiB stalls for seconds, and
 * at times ends the connection.
 */
const MAX_BUFFERED = 64 * 1024
/** Streams that a peer opens before this end is ready: all rooms open theirs as soon as there is a connection. */
const MAX_EARLY_STREAMS = 64

export interface Components extends WebRTCTransportComponents {
  events: TypedEventTarget<Libp2pEvents>
  peerStore: PeerStore
}

export interface IceOptions {
  readonly iceServers: RTCIceServer[]
  readonly iceTransportPolicy: RTCIceTransportPolicy
}

type UpgradeOptions = Parameters<Libp2pUpgrader['upgradeInbound']>[1] & { muxerFactory?: StreamMuxerFactory, remotePeer?: { toString (): string } }

/** `target`, some of whose properties are others. */
function except <T extends object> (target: T, others: Partial<T>): T {
  return new Proxy(target, {
    get: (target, name) => {
      if (Object.hasOwn(others, name)) return Reflect.get(others, name) as unknown
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

/** WebRTC is in pages, but not in workers, nor where it is switched off; in Node a package brings it. */
export function hasWebrtc (scope: { RTCPeerConnection?: unknown, process?: { versions?: { node?: string } } } = globalThis): boolean {
  return scope.RTCPeerConnection != null || scope.process?.versions?.node != null
}

/** What both ends' connections go through on their way to libp2p. */
class Gate {
  readonly #components: Components
  /** Those that libp2p has, or is about to have. */
  readonly paths = new Set<DirectPath>()
  readonly #signalling = new Map<string, number>()

  constructor (components: Components) {
    this.#components = components
  }

  get full (): boolean {
    return this.paths.size >= MAX_DIRECT_PATHS
  }

  /** The upgrader that the transport sees. */
  get upgrader (): Libp2pUpgrader {
    const { upgrader } = this.#components
    return except(upgrader, {
      upgradeInbound: async (connection: MultiaddrConnection, options: UpgradeOptions) => {
        await this.#pass(connection, options, async () => upgrader.upgradeInbound(connection, options as never))
      },
      upgradeOutbound: async (connection: MultiaddrConnection, options: UpgradeOptions) =>
        this.#pass(connection, options, async () => upgrader.upgradeOutbound(connection, options as never))
    } as Partial<Libp2pUpgrader>)
  }

  async #pass <T> (connection: MultiaddrConnection, { muxerFactory, remotePeer, signal }: UpgradeOptions, upgrade: () => Promise<T>): Promise<T> {
    if (muxerFactory == null || remotePeer == null) return upgrade()
    const path = new DirectPath(connection, muxerFactory, remotePeer.toString())
    const ends = connection.direction === 'inbound' && this.full
    this.paths.add(path)
    connection.addEventListener('close', () => { this.paths.delete(path) })
    try {
      if (ends) throw new Error(`this node has ${this.paths.size} direct paths already`)
      await path.ready(signal == null ? {} : { signal })
      return await upgrade()
    } catch (err) {
      this.paths.delete(path)
      path.discard()
      throw err
    }
  }

  /** The registrar that the transport sees: each negotiation costs an RTCPeerConnection, whoever asks for it. */
  get registrar (): Components['registrar'] {
    const { registrar } = this.#components
    return except(registrar, {
      handle: async (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) => registrar.handle(protocol, (stream, connection) => {
        const peer = connection.remotePeer.toString()
        const busy = this.#signalling.get(peer) ?? 0
        if (this.full || busy >= MAX_SIGNALLING_PER_PEER || this.#signalling.size >= MAX_SIGNALLING) {
          stream.abort(new Error('too many direct paths are being made'))
          return
        }
        this.#signalling.set(peer, busy + 1)
        stream.addEventListener('close', () => {
          const left = (this.#signalling.get(peer) ?? 1) - 1
          if (left > 0) this.#signalling.set(peer, left)
          else this.#signalling.delete(peer)
        })
        return handler(stream, connection)
      }, options)
    } as Partial<Components['registrar']>)
  }

  /** Negotiates over a path that works: of several the transport takes the first, whatever it is. */
  get connectionManager (): Components['connectionManager'] {
    const { connectionManager } = this.#components
    const last = ({ multiplexer }: Connection): number => Number(multiplexer === '/webrtc')
    return except(connectionManager, {
      getConnections: peer => connectionManager.getConnections(peer).filter(({ status }) => status === 'open').sort((a, b) => last(a) - last(b))
    } as Partial<Components['connectionManager']>)
  }
}

/** Dials WebRTC, is dialled, and keeps a direct path beside each relayed one. */
export function directTransport ({ iceServers, iceTransportPolicy }: IceOptions, onPath: OnPath): (components: any) => Transport {
  return (components: Components) => {
    const gate = new Gate(components)
    const { upgrader, registrar, connectionManager } = gate
    const transport = webRTC({
      // named, even when there are none: the default asks four companies for this node's address
      rtcConfiguration: () => ({ iceServers, iceTransportPolicy }),
      dataChannel: { maxBufferedAmount: MAX_BUFFERED },
      maxEarlyStreams: MAX_EARLY_STREAMS
    })(except(components, { upgrader, registrar, connectionManager })) as Transport & { start (): Promise<void>, stop (): Promise<void> }
    const dial = transport.dial.bind(transport)
    const here = hasWebrtc()
    transport.dial = async (address, options) => {
      if (!here) throw new NoPathError('there is no WebRTC here: browsers have it in pages, not in workers, and some switch it off')
      return dial(address, { ...options, upgrader })
    }
    const upgrades = new Upgrader({ components, paths: gate.paths, dial: transport.dial, onPath, max: MAX_DIRECT_PATHS })
    const start = transport.start.bind(transport)
    const stop = transport.stop.bind(transport)
    transport.start = async () => {
      upgrades.start()
      if (here) await start()
    }
    transport.stop = async () => {
      upgrades.stop()
      if (here) await stop()
    }
    return transport
  }
}
