/**
 * Whether this node has a path into its mesh, and why not. A path is a connection to a node in the view, or to a
 * bootstrap peer that speaks the mesh's DHT.
 */
import { OfflineError, WrongMeshError } from './errors.ts'
import { isLoopback } from './transport/index.ts'
import { untilAborted } from './util/abortable.ts'
import { protocolId } from './wire/protocols.ts'
import type { Discovery } from './discovery/index.ts'
import type { Bootstrapper } from './transport/index.ts'
import type { AbortOptions, Connection, IdentifyResult, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

export interface ConnectivityInit {
  mesh: string
  events: TypedEventTarget<Libp2pEvents>
  connections: () => Connection[]
  discovery: Discovery
  bootstrapper: Bootstrapper
  /** False: there is no network, and no path but those within this machine. */
  online: () => boolean
  /** False: it may have died while there was no network. */
  trusts: (connection: Connection) => boolean
  /** Called when the answer of {@link Connectivity.joined} changes. */
  onChange: (joined: boolean) => void
}

export class Connectivity {
  readonly #init: ConnectivityInit
  readonly #stopped = new AbortController()
  /** Peers that speak the mesh's DHT, members or not. */
  readonly #speakers = new Set<string>()
  /** What is said of bootstrap peers that belong to another mesh, or to none. */
  readonly #strangers = new Map<string, Error>()
  /** Resolves at the next {@link refresh}. */
  #looked = Promise.withResolvers<void>()
  #joined: boolean

  constructor (init: ConnectivityInit) {
    this.#init = init
    this.#joined = this.#alone
  }

  /** Nobody to look for: the first node of a mesh is in it. */
  get #alone (): boolean {
    return this.#init.bootstrapper.size === 0
  }

  get joined (): boolean {
    return this.#joined
  }

  start (): void {
    const { events, discovery } = this.#init
    const { signal } = this.#stopped
    events.addEventListener('peer:identify', this.#onIdentify, { signal })
    events.addEventListener('peer:disconnect', this.#onDisconnect, { signal })
    // what is left to that peer may be no path
    events.addEventListener('connection:close', this.#refresh, { signal })
    discovery.addEventListener('node:add', this.#refresh, { signal })
    discovery.addEventListener('node:remove', this.#refresh, { signal })
  }

  stop (): void {
    this.#stopped.abort()
  }

  /** What keeps this node out: a dial that failed, a peer of another mesh. */
  reasons (): Error[] {
    const { bootstrapper, online } = this.#init
    if (!online()) return [new OfflineError()]
    const failed = bootstrapper.failures().map(({ address, error }) =>
      new Error(`bootstrap ${address} cannot be reached: ${error.message}`, { cause: error }))
    const reasons = [...failed, ...this.#strangers.values()]
    return reasons.length > 0 ? reasons : [new Error('no bootstrap peer has answered yet')]
  }

  /**
   * Resolves when there is a path, when every bootstrap address has failed once, or when the signal aborts: a node
   * whose bootstrap is down starts all the same.
   */
  async settled ({ signal }: AbortOptions = {}): Promise<void> {
    while (!this.#joined && signal?.aborted !== true && this.#init.bootstrapper.failures().length + this.#strangers.size < this.#init.bootstrapper.size) {
      await untilAborted(this.#looked.promise, signal)
    }
  }

  /** Something may have changed: an attempt ended, a peer came or went. Returns {@link joined}. */
  refresh (): boolean {
    const joined = this.#alone || this.#connected()
    const changed = joined !== this.#joined
    this.#joined = joined
    this.#looked.resolve()
    this.#looked = Promise.withResolvers()
    if (changed) this.#init.onChange(joined)
    return joined
  }

  readonly #refresh = (): void => { this.refresh() }

  #connected (): boolean {
    const { connections, discovery, bootstrapper, online, trusts } = this.#init
    const bootstrap = bootstrapper.peers
    return connections().some(connection => {
      if (!(online() && trusts(connection)) && !isLoopback(connection.remoteAddr.toString())) return false
      const id = connection.remotePeer.toString()
      return discovery.node(id) != null || (bootstrap.has(id) && this.#speakers.has(id))
    })
  }

  readonly #onIdentify = ({ detail: { peerId, protocols, connection } }: CustomEvent<IdentifyResult>): void => {
    const { mesh, bootstrapper } = this.#init
    const id = peerId.toString()
    // what it said before it had all its protocols
    this.#strangers.delete(id)
    if (protocols.includes(protocolId(mesh, 'kad'))) {
      this.#speakers.add(id)
    } else if (bootstrapper.peers.has(id)) {
      const other = protocols.find(protocol => protocol.startsWith('/braid/'))?.split('/')[2]
      if (other !== mesh) {
        this.#strangers.set(id, new WrongMeshError(`bootstrap ${connection.remoteAddr.toString()} belongs to ${other == null ? 'no mesh' : `mesh '${other}'`}, this node to mesh '${mesh}'`))
      }
    }
    this.refresh()
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const id = detail.toString()
    this.#speakers.delete(id)
    this.#strangers.delete(id)
    this.refresh()
  }
}
