/**
 * Round trips of paths. Discovery's probes tell those of peers with one connection; any other is pinged, at most once in
 * ten seconds, and only when somebody asks: the answer is for who asks next.
 */
import type { Connection } from '@libp2p/interface'

/** Milliseconds between two pings of a connection. */
const INTERVAL = 10_000
/** Milliseconds that a ping may take. */
const TIMEOUT = 5_000
/** Pings under way: a relay with 2 000 connections sends them a few at a time. */
const MAX_PINGS = 16

interface Measured {
  pingedAt: number
  rtt: number | undefined
}

export interface RttsInit {
  /** By the probes of discovery. */
  probed: (peer: string) => number | undefined
  ping: (connection: Connection, signal: AbortSignal) => Promise<number>
  /** Milliseconds. */
  now: () => number
}

export class Rtts {
  readonly #init: RttsInit
  readonly #measured = new WeakMap<Connection, Measured>()
  readonly #stopped = new AbortController()
  #pings = 0

  constructor (init: RttsInit) {
    this.#init = init
  }

  /** Milliseconds, as far as they are known now. Somebody asks: what is not known will be measured. */
  of (connections: readonly Connection[]): Map<Connection, number> {
    const known = new Map<Connection, number>()
    const peers = new Map<string, number>()
    const ids = connections.map(({ remotePeer }) => remotePeer.toString())
    for (const id of ids) peers.set(id, (peers.get(id) ?? 0) + 1)
    connections.forEach((connection, i) => {
      const id = ids[i] ?? ''
      const probed = peers.get(id) === 1 ? this.#init.probed(id) : undefined
      const rtt = probed ?? this.#pinged(connection)
      if (rtt !== undefined) known.set(connection, rtt)
    })
    return known
  }

  stop (): void {
    this.#stopped.abort()
  }

  #pinged (connection: Connection): number | undefined {
    const measured = this.#measured.get(connection) ?? { pingedAt: -Infinity, rtt: undefined }
    this.#measured.set(connection, measured)
    const now = this.#init.now()
    if (now - measured.pingedAt >= INTERVAL && this.#pings < MAX_PINGS && !this.#stopped.signal.aborted) {
      measured.pingedAt = now
      this.#pings++
      const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), this.#stopped.signal])
      // that it fails is no news: the failure detector judges peers
      this.#init.ping(connection, signal).then(rtt => { measured.rtt = rtt }, () => {}).finally(() => { this.#pings-- })
    }
    return measured.rtt
  }
}
