/** What stands between @libp2p/webrtc and libp2p: its connections become paths only here. */
import { MAX_DIRECT_PATHS, MAX_SIGNALLING, MAX_SIGNALLING_PER_PEER } from '../wire/limits.ts'
import { DirectPath } from './path.ts'
import type { Components } from './components.ts'
import type { Connection, MultiaddrConnection, StreamHandler, StreamHandlerOptions, Upgrader } from '@libp2p/interface'

type UpgradeOptions = Parameters<Upgrader['upgradeInbound']>[1] & { remotePeer?: { toString (): string } }

/** `target`, some of whose properties are others. */
export function except <T extends object> (target: T, others: Partial<T>): T {
  return new Proxy(target, {
    get: (target, name) => {
      if (Object.hasOwn(others, name)) return Reflect.get(others, name) as unknown
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

/** What both ends' connections go through on their way to libp2p. */
export class Gate {
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
  get upgrader (): Upgrader {
    const { upgrader } = this.#components
    return except(upgrader, {
      upgradeInbound: async (connection: MultiaddrConnection, options: UpgradeOptions) => {
        await this.#pass(connection, options, async () => upgrader.upgradeInbound(connection, options as never))
      },
      upgradeOutbound: async (connection: MultiaddrConnection, options: UpgradeOptions) =>
        this.#pass(connection, options, async () => upgrader.upgradeOutbound(connection, options as never))
    })
  }

  async #pass <T> (connection: MultiaddrConnection, { remotePeer, signal }: UpgradeOptions, upgrade: () => Promise<T>): Promise<T> {
    if (remotePeer == null) return upgrade()
    const path = new DirectPath(connection, remotePeer.toString())
    const ends = connection.direction === 'inbound' && this.full
    this.paths.add(path)
    connection.addEventListener('close', () => { this.paths.delete(path) })
    try {
      if (ends) throw new Error(`this node has ${MAX_DIRECT_PATHS} direct paths already`)
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
        // what was negotiated counts until it ended: who begins again and again leaves no room for others else
        const begun = [...this.paths].filter(path => path.peer === peer).length
        if (this.full || busy + begun >= MAX_SIGNALLING_PER_PEER || this.#signalling.size >= MAX_SIGNALLING) {
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
    })
  }

  /** Negotiates over a path that works: of several the transport takes the first, whatever it is. */
  get connectionManager (): Components['connectionManager'] {
    const { connectionManager } = this.#components
    const last = ({ multiplexer }: Connection): number => Number(multiplexer === '/webrtc')
    return except(connectionManager, {
      getConnections: peer => connectionManager.getConnections(peer).filter(({ status }) => status === 'open').sort((a, b) => last(a) - last(b))
    })
  }
}
