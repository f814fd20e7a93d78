/** Makes the direct paths, keeps watch over them, and tells of them. */
import { multiaddr } from '@multiformats/multiaddr'
import { NoPathError } from '../errors.ts'
import { withDeadline } from '../util/deadline.ts'
import { unref } from '../util/timeouts.ts'
import { SIGNALLING } from './components.ts'
import { explain } from './explain.ts'
import { Upgrades } from './upgrades.core.ts'
import type { Components } from './components.ts'
import type { DirectPath } from './path.ts'
import type { UpgradeInput } from './upgrades.core.ts'
import type { OnPath } from '../transport/index.ts'
import type { Connection, IdentifyResult, Logger, PeerId, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Handshakes at the same time: each costs both ends, and more of them would only make each slower. */
const MAX_PARALLEL = 2

export interface UpgraderInit {
  components: Components
  paths: ReadonlySet<DirectPath>
  /** Those, and what is ending. */
  open: ReadonlySet<DirectPath>
  dial: Transport['dial']
  onPath: OnPath
  max: number
  /** Milliseconds that a dial may take. */
  timeout: number
}

export class Upgrader {
  readonly #init: UpgraderInit
  readonly #log: Logger
  #upgrades: Upgrades
  /** Peers that speak WebRTC, as they have told. */
  readonly #speakers = new Set<string>()
  readonly #direct = new Set<string>()
  #closing = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #listening = false

  constructor (init: UpgraderInit) {
    this.#init = init
    this.#log = init.components.logger.forComponent('braid:webrtc')
    this.#upgrades = this.#fresh()
  }

  start (): void {
    this.#closing = new AbortController()
    this.#upgrades = this.#fresh()
    const { events } = this.#init.components
    events.addEventListener('peer:identify', this.#onIdentify)
    events.addEventListener('connection:open', this.#onOpen)
    events.addEventListener('connection:close', this.#onClose)
    globalThis.addEventListener?.('online', this.#onOnline)
  }

  stop (): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
    const { events } = this.#init.components
    events.removeEventListener('peer:identify', this.#onIdentify)
    events.removeEventListener('connection:open', this.#onOpen)
    events.removeEventListener('connection:close', this.#onClose)
    globalThis.removeEventListener?.('online', this.#onOnline)
    globalThis.removeEventListener?.('pagehide', this.#onHide)
    this.#listening = false
    this.#speakers.clear()
    this.#direct.clear()
  }

  #fresh (): Upgrades {
    return new Upgrades({ self: this.#init.components.peerId.toString(), max: this.#init.max, parallel: MAX_PARALLEL })
  }

  readonly #onIdentify = ({ detail: { peerId, protocols } }: CustomEvent<IdentifyResult>): void => {
    if (protocols.includes(SIGNALLING)) this.#speakers.add(peerId.toString())
    else this.#speakers.delete(peerId.toString())
    this.#changed(peerId)
  }

  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => {
    if (isDirect(detail)) {
      // Only now, so that what the mesh itself says when the page is left comes first.
      if (!this.#listening) globalThis.addEventListener?.('pagehide', this.#onHide)
      this.#listening = true
    }
    this.#changed(detail.remotePeer)
  }

  readonly #onClose = ({ detail }: CustomEvent<Connection>): void => {
    const { remotePeer } = detail
    const id = remotePeer.toString()
    // A tab that is gone closes nothing but its socket to the relay, and so its relayed paths.
    if (!isDirect(detail)) for (const path of this.#init.paths) if (path.peer === id) path.doubt()
    this.#changed(remotePeer, detail)
    if (this.#connections(remotePeer, detail).length === 0) this.#speakers.delete(id)
  }

  readonly #onOnline = (): void => { this.#step({ type: 'moved', now: performance.now() }) }

  readonly #onHide = (event: Event): void => {
    for (const path of this.#init.open) path.left((event as PageTransitionEvent).persisted)
  }

  #connections (peer: PeerId, without?: Connection): Connection[] {
    return this.#init.components.connectionManager.getConnections(peer).filter(connection => connection.status === 'open' && connection !== without)
  }

  #changed (peer: PeerId, without?: Connection): void {
    if (this.#closing.signal.aborted) return
    const id = peer.toString()
    const connections = this.#connections(peer, without)
    const relayed = connections.find(isRelayed)
    // One that needs no relay, of WebRTC or not, is as good.
    const direct = connections.some(connection => !isRelayed(connection))
    const webrtc = connections.some(isDirect)
    this.#tell(id, webrtc)
    this.#step({ type: 'peer', now: performance.now(), random: Math.random(), id, relayed: relayed != null, direct, webrtc, speaks: this.#speakers.has(id) })
  }

  #tell (peer: string, direct: boolean): void {
    if (direct === this.#direct.has(peer)) return
    if (direct) this.#direct.add(peer)
    else this.#direct.delete(peer)
    this.#init.onPath({ peer, direct })
  }

  #step (input: UpgradeInput): void {
    if (this.#closing.signal.aborted) return
    const { dial, wake } = this.#upgrades.step(input)
    clearTimeout(this.#timer)
    if (wake != null) {
      this.#timer = unref(setTimeout(() => { this.#step({ type: 'tick', now: performance.now() }) }, Math.max(10, wake - input.now)))
    }
    for (const id of dial) void this.#dial(id)
  }

  async #dial (id: string): Promise<void> {
    const { components, dial, onPath, timeout } = this.#init
    const closing = this.#closing.signal
    const progress: string[] = []
    try {
      const address = this.#addressOf(id)
      await withDeadline(timeout, [closing], async signal => dial(address, {
        signal,
        upgrader: components.upgrader,
        onProgress: ({ type }: { type: string }) => { progress.push(type) }
      } as Parameters<Transport['dial']>[1]))
    } catch (err) {
      if (closing.aborted) return
      const error = explain(id, err as Error, progress)
      this.#log('no direct path to %s - %e', id, error)
      this.#step({ type: 'failed', now: performance.now(), random: Math.random(), id })
      onPath({ peer: id, direct: false, error })
    }
  }

  /** Of the relayed path that there is. */
  #addressOf (id: string): Multiaddr {
    const connection = this.#init.components.connectionManager.getConnections().find(connection => connection.remotePeer.toString() === id && isRelayed(connection))
    if (connection == null) throw new NoPathError(`the relayed path to ${id} is gone`)
    const [relay = ''] = connection.remoteAddr.toString().split('/p2p-circuit')
    return multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${id}`)
  }
}

function isDirect ({ multiplexer }: Connection): boolean {
  return multiplexer === '/webrtc'
}

function isRelayed ({ direct }: Connection): boolean {
  return !direct
}
