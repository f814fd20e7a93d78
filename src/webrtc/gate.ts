/** What stands between @libp2p/webrtc and libp2p: its connections become paths only here. */
import { unref } from '../util/timeouts.ts'
import { MAX_DIRECT_PATHS, MAX_SIGNALLING, MAX_SIGNALLING_PER_PEER } from '../wire/limits.ts'
import { DirectPath } from './path.ts'
import type { Components } from './components.ts'
import type { Connection, MultiaddrConnection, Stream, StreamHandler, StreamHandlerOptions, Upgrader } from '@libp2p/interface'

/** Milliseconds that a negotiation has; libp2p's own for what comes in. */
const TIMEOUT = 10_000

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
  /** All whose RTCPeerConnection is open: also those that are ending. */
  readonly open = new Set<DirectPath>()
  readonly #timeout: number
  /** Of each peer that negotiates, what ends each of its negotiations here; oldest first. */
  readonly #signalling = new Map<string, Set<() => void>>()

  constructor (components: Components, timeout = TIMEOUT) {
    this.#components = components
    this.#timeout = timeout
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
    const inbound = connection.direction === 'inbound'
    const ends = inbound && this.full
    this.paths.add(path)
    this.open.add(path)
    path.onEnd = () => { this.open.delete(path) }
    // from here on the path counts; its peer need not end the stream that it was negotiated on
    if (inbound) for (const end of [...this.#signalling.get(path.peer) ?? []].slice(0, 1)) end()
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
        if (!this.#admits(connection.remotePeer.toString())) {
          stream.abort(new Error('too many direct paths are being made'))
          return
        }
        this.#begin(connection.remotePeer.toString(), stream)
        return handler(stream, connection)
      }, options)
    })
  }

  #admits (peer: string): boolean {
    // what came of earlier ones counts until it is a path: else who begins again and again leaves no room for others
    const begun = [...this.paths].filter(path => !path.isReady)
    const own = (this.#signalling.get(peer)?.size ?? 0) + begun.filter(path => path.peer === peer).length
    const others = new Set(this.#signalling.keys())
    for (const path of begun) if (path.connection.direction === 'inbound') others.add(path.peer)
    others.delete(peer)
    return !this.full && own < MAX_SIGNALLING_PER_PEER && others.size < MAX_SIGNALLING
  }

  #begin (peer: string, stream: Stream): void {
    const ends = this.#signalling.get(peer) ?? new Set()
    const end = (): void => {
      if (ends.delete(end) && ends.size === 0) this.#signalling.delete(peer)
    }
    this.#signalling.set(peer, ends.add(end))
    const timer = unref(setTimeout(() => {
      end()
      stream.abort(new Error('the negotiation is over'))
    }, this.#timeout))
    stream.addEventListener('close', () => {
      clearTimeout(timer)
      end()
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
