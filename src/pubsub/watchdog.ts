/**
 * Gossipsub opens one stream to each peer and does not notice when only that stream ends (the peer's queue was full, it
 * was reset): from then on the peer hears nothing while its connection lives. This looks now and then and opens it again.
 */
import { unref } from '../util/timeouts.ts'
import { WATCH_INTERVAL } from './numbers.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'

const PROTOCOL = /^\/meshsub\//

/** What gossipsub has beside its documented methods; without it the peer is reconnected. */
interface Reopening {
  createOutboundStream?: (peer: PeerId, connection: Connection) => Promise<void>
}

export interface WatchdogInit {
  gossipsub: () => object | undefined
  connections: () => Connection[]
  /** Whether a peer speaks gossipsub at all: nodes of the mesh do. */
  known: (peer: string) => boolean
  count: (what: string) => void
  log: Logger
}

export class GossipWatchdog {
  readonly #init: WatchdogInit
  #missing = new Set<string>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (init: WatchdogInit) {
    this.#init = init
  }

  start (): void {
    this.#timer = unref(setInterval(() => { this.look() }, WATCH_INTERVAL))
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#missing.clear()
  }

  /** Peers that have lacked a stream since the look before get one. */
  look (): void {
    const { connections, known } = this.#init
    const byPeer = new Map<string, Connection[]>()
    for (const connection of connections()) {
      if (connection.status !== 'open') continue
      const peer = connection.remotePeer.toString()
      const list = byPeer.get(peer)
      if (list === undefined) byPeer.set(peer, [connection])
      else list.push(connection)
    }
    const missing = new Set<string>()
    for (const [peer, list] of byPeer) {
      if (!known(peer) || list.some(hasStream)) continue
      missing.add(peer)
      const [connection] = list
      if (this.#missing.has(peer) && connection !== undefined) this.#reopen(peer, connection)
    }
    this.#missing = missing
  }

  #reopen (peer: string, connection: Connection): void {
    const { gossipsub, count, log } = this.#init
    const service = gossipsub() as Reopening | undefined
    if (service === undefined) return
    count('gossip_reopened')
    log('no gossip stream to %s: opening one', peer)
    if (typeof service.createOutboundStream === 'function') {
      service.createOutboundStream(connection.remotePeer, connection).catch((err: unknown) => { log('could not open it - %e', err) })
    } else {
      connection.close().catch((err: unknown) => { connection.abort(err as Error) })
    }
  }
}

function hasStream ({ streams }: Connection): boolean {
  return streams.some(({ direction, protocol, status }) => direction === 'outbound' && status === 'open' && PROTOCOL.test(protocol))
}
