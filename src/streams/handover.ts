/** Moves what goes to a peer to a better path that has come up, while the one in use works and goes on working. */
import { StreamEndedError } from '../errors.ts'
import { openOn } from './opening.ts'
import type { FramedStream } from './index.ts'
import type { OpeningInit } from './opening.ts'
import type { Connection } from '@libp2p/interface'

/** Milliseconds that the acceptor has to take what was sent on the path before. */
const TIMEOUT = 2_000
/** Milliseconds before a better path that did not take a stream is tried again, doubled each time, and how often. */
const RETRY = 1_000
const MAX_RETRIES = 3

export interface HandoverInit {
  opening: OpeningInit
  /** The stream in use to a peer. */
  current: (peer: string) => FramedStream | undefined
  /** Nothing is to be sent until `to` resolves: what goes out on the old stream arrives first. */
  hold: (peer: string, to: Promise<FramedStream>) => void
  /** The stream is the one in use from here on. */
  use: (stream: FramedStream) => void
  stopped: () => boolean
}

export class Handover {
  readonly #init: HandoverInit
  /** Peers with a handover under way. */
  readonly #moving = new Map<string, AbortController>()
  readonly #ends = new Map<FramedStream, () => void>()

  constructor (init: HandoverInit) {
    this.#init = init
  }

  /** There is one connection more. */
  connected (connection: Connection, attempt = 0): void {
    const { current, opening, stopped } = this.#init
    const peer = connection.remotePeer.toString()
    const from = current(peer)
    if (from === undefined || stopped() || this.#moving.has(peer) || !opening.paths.better(connection, from)) {
      return
    }
    const controller = new AbortController()
    this.#moving.set(peer, controller)
    const done = (): void => { this.#moving.delete(peer) }
    this.#move(connection, from, controller.signal).then(done, () => {
      done()
      if (!stopped() && attempt < MAX_RETRIES) {
        opening.timers.after(RETRY * 2 ** attempt, () => { this.connected(connection, attempt + 1) })
      }
    })
  }

  ended (stream: FramedStream): void {
    this.#ends.get(stream)?.()
  }

  stop (reason: Error): void {
    for (const controller of this.#moving.values()) {
      controller.abort(reason)
    }
  }

  async #move (connection: Connection, from: FramedStream, signal: AbortSignal): Promise<void> {
    const { opening, hold, use } = this.#init
    const { onMove } = opening
    const to = await openOn(connection, { ...opening, onOpen: opening.onOwn }, connection.remotePeer, signal)
    if (!from.open) {
      // it broke meanwhile, and another may be about to be opened
      use(to)
    } else if (onMove !== undefined) {
      use(to)
      onMove(from, to)
    } else {
      const done = this.#settled(from).then(() => {
        if (!to.open) {
          throw new StreamEndedError(`the stream with ${from.peer} ended before it was used`)
        }
        use(to)
        return to
      })
      hold(from.peer, done)
      await done
    }
  }

  /** Ends the stream, and resolves when the acceptor has taken all of it, or takes too long. */
  async #settled (stream: FramedStream): Promise<void> {
    const { timers } = this.#init.opening
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ends.set(stream, resolve)
    const timeout = timers.after(TIMEOUT, resolve)
    stream.close().catch(() => {})
    await promise
    timers.cancel(timeout)
    this.#ends.delete(stream)
  }
}
