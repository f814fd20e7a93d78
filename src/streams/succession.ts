/**
 * Ends connections that died without a word (another network, a NAT or a proxy that forgets) once their peer is back on
 * another one. Nobody else would for minutes: what is sent on them vanishes, and what the peer sends on the new one
 * shows that it is alive. `#succession`, which for browsers is `no-succession.ts`.
 */
import { withDeadline } from '../util/deadline.ts'
import { pause } from '../util/timeouts.ts'
import { roundTrip } from './round-trip.ts'
import { silentOf } from './silent.ts'
import type { Connection, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

/** Milliseconds that the new connection has to answer: else it says nothing about the others. */
const PATIENCE = 5_000
/** Milliseconds that an older one may then still be silent, in parts: while this process stands still only one passes. */
const GRACE = 2_000
const PARTS = 4

export interface SuccessionInit {
  events: TypedEventTarget<Libp2pEvents>
  getConnections: (peer: PeerId) => Connection[]
}

export class Succession {
  readonly #init: SuccessionInit
  /** Of which peers connections are asked now, and the newest one that has come meanwhile. */
  readonly #asking = new Map<string, Connection | undefined>()
  #closing = new AbortController()

  constructor (init: SuccessionInit) {
    this.#init = init
  }

  start (): void {
    this.#closing = new AbortController()
    this.#init.events.addEventListener('connection:open', this.#onOpen, { signal: this.#closing.signal })
  }

  stop (): void {
    this.#closing.abort()
  }

  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => { this.#begin(detail) }

  #begin (newer: Connection): void {
    const id = newer.remotePeer.toString()
    const older = this.#init.getConnections(newer.remotePeer).filter(connection => connection !== newer && connection.status === 'open')
    if (older.length === 0 || this.#closing.signal.aborted) return
    if (this.#asking.has(id)) {
      this.#asking.set(id, newer)
      return
    }
    this.#asking.set(id, undefined)
    const { signal } = this.#closing
    // one that does not answer itself proves nothing
    ask(newer, older, signal).catch(() => {}).finally(() => {
      const next = this.#asking.get(id)
      this.#asking.delete(id)
      if (next !== undefined) this.#begin(next)
    })
  }
}

/** Aborts those of `older` on which nothing comes, not even a byte, while the newer one answers. */
async function ask (newer: Connection, older: Connection[], closing: AbortSignal): Promise<void> {
  const done = new AbortController()
  const silent = silentOf(older, done.signal)
  for (const connection of older) {
    // one that could not be asked is not silent
    roundTrip(connection, { signal: done.signal }).catch(() => {}).finally(() => { if (!done.signal.aborted) silent.delete(connection) })
  }
  try {
    await withDeadline(PATIENCE, [closing], async signal => roundTrip(newer, { signal }))
    for (let i = 0; i < PARTS && silent.size > 0; i++) await pause(GRACE / PARTS)
    if (closing.aborted || newer.status !== 'open') return
    for (const connection of silent) connection.abort(new Error('the peer answers on another connection, and not on this one'))
  } finally {
    done.abort(new Error('asked for long enough'))
  }
}
