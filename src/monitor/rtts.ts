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

/** Finite, so that differences are numbers. */
const NEVER = -Number.MAX_VALUE

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
    const unprobed: Connection[] = []
    connections.forEach((connection, i) => {
      const id = ids[i] ?? ''
      const probed = peers.get(id) === 1 ? this.#init.probed(id) : undefined
      if (probed === undefined) unprobed.push(connection)
      const rtt = probed ?? this.#of(connection).rtt
      if (rtt !== undefined) known.set(connection, rtt)
    })
    this.#ping(unprobed)
    return known
  }

  stop (): void {
    this.#stopped.abort()
  }

  /** Those first that were not for longest: of many, each has its turn. */
  #ping (connections: readonly Connection[]): void {
    const now = this.#init.now()
    const due = connections.map(connection => ({ connection, measured: this.#of(connection) }))
      .filter(({ measured }) => now - measured.pingedAt >= INTERVAL)
      .sort((a, b) => a.measured.pingedAt - b.measured.pingedAt)
    for (const { connection, measured } of due) {
      if (this.#pings >= MAX_PINGS || this.#stopped.signal.aborted) return
      measured.pingedAt = now
      this.#pings++
      const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), this.#stopped.signal])
      // that it fails is no news: the failure detector judges peers
      this.#init.ping(connection, signal).then(rtt => { measured.rtt = rtt }, () => {}).finally(() => { this.#pings-- })
    }
  }

  #of (connection: Connection): Measured {
    const known = this.#measured.get(connection)
    if (known !== undefined) return known
    const measured = { pingedAt: NEVER, rtt: undefined }
    this.#measured.set(connection, measured)
    return measured
  }
}
