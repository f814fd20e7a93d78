/** Which of several connections with a peer is the best. */
import type { FramedStream } from './index.ts'
import type { Timers } from '../util/timers.ts'
import type { Connection } from '@libp2p/interface'

/** Milliseconds that a connection on which nothing came back is the last choice. */
export const DOUBT = 10_000

export class Paths {
  readonly #timers: Timers
  readonly #of = new WeakMap<FramedStream, Connection>()
  readonly #doubtfulUntil = new WeakMap<Connection, number>()

  constructor (timers: Timers) {
    this.#timers = timers
  }

  /** Those that are open, the best first. */
  sorted (connections: readonly Connection[]): Connection[] {
    return connections.filter(({ status }) => status === 'open').sort((a, b) => this.#rank(b) - this.#rank(a))
  }

  /** The stream was opened on this connection. */
  carries (connection: Connection, stream: FramedStream): void {
    this.#of.set(stream, connection)
  }

  /** Whether the connection is better than the one that the stream is on. */
  better (connection: Connection, stream: FramedStream): boolean {
    const current = this.#of.get(stream)
    return current !== undefined && connection.status === 'open' && this.#rank(connection) > this.#rank(current)
  }

  /** Nothing came back on this connection. */
  doubt (connection: Connection): void {
    this.#doubtfulUntil.set(connection, this.#timers.now() + DOUBT)
  }

  /** Relayed connections are slower, and limited ones end after some bytes or minutes. */
  #rank (connection: Connection): number {
    const doubtful = (this.#doubtfulUntil.get(connection) ?? -Infinity) > this.#timers.now()
    return (doubtful ? 0 : 4) + (connection.limits === undefined ? 2 : 0) + (connection.direct ? 1 : 0)
  }
}
