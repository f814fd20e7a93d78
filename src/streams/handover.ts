/** Moves what goes to a peer to a better path that has come up, while the one in use works and goes on working. */
import { StreamEndedError } from '../errors.ts'
import { FLOWING, HANDOVER_RETRY, HANDOVER_TIMEOUT, LOOK, MAX_HANDOVER_RETRY, MAX_HANDOVER_TIMEOUT, UNDER_WAY } from './numbers.ts'
import { openOn } from './opening.ts'
import { DOUBT } from './paths.ts'
import type { FramedStream } from './index.ts'
import type { OpeningInit } from './opening.ts'
import type { TimerHandle } from '../util/timers.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface HandoverInit {
  opening: OpeningInit
  /** The stream in use to a peer. */
  current: (peer: string) => FramedStream | undefined
  connections: (peer: PeerId) => Connection[]
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
  /** The streams that are about to be used. */
  readonly #next = new Map<string, FramedStream>()
  readonly #ends = new Map<FramedStream, () => void>()
  readonly #timers = new Map<string, TimerHandle>()

  constructor (init: HandoverInit) {
    this.#init = init
  }

  /** There is one connection more. */
  connected (connection: Connection, attempt = 0): void {
    const { current, opening, stopped } = this.#init
    const { remotePeer } = connection
    const peer = remotePeer.toString()
    const from = current(peer)
    if (from === undefined || stopped() || this.#moving.has(peer) || !opening.paths.better(connection, from)) {
      return
    }
    const controller = new AbortController()
    this.#moving.set(peer, controller)
    this.#move(connection, from, controller.signal).then(open => {
      this.#moving.delete(peer)
      // another one may have come meanwhile
      if (open) this.look(remotePeer)
    }, () => {
      this.#moving.delete(peer)
      this.#later('retry', remotePeer, Math.min(MAX_HANDOVER_RETRY, HANDOVER_RETRY * 2 ** attempt), attempt + 1)
    })
  }

  /** The stream to this peer was opened, or something else may have changed: is there a better connection for it? */
  look (peer: PeerId, attempt = 0): void {
    const [best] = this.#init.opening.paths.sorted(this.#init.connections(peer))
    if (best !== undefined) {
      this.connected(best, attempt)
    }
  }

  /** The connection is the last choice for a while, and may be the best again afterwards. */
  doubted (connection: Connection): void {
    this.#later('doubt', connection.remotePeer, DOUBT, 0)
  }

  /** One timer of each kind per peer: the latest. */
  #later (kind: 'retry' | 'doubt', peer: PeerId, ms: number, attempt: number): void {
    const { timers } = this.#init.opening
    const key = `${kind} ${peer.toString()}`
    const before = this.#timers.get(key)
    if (before !== undefined) {
      timers.cancel(before)
      this.#timers.delete(key)
    }
    if (!this.#init.stopped()) {
      this.#timers.set(key, timers.after(ms, () => {
        this.#timers.delete(key)
        this.look(peer, attempt)
      }))
    }
  }

  /** The stream to which what goes to the peer moves now. */
  next (peer: string): FramedStream | undefined {
    const stream = this.#next.get(peer)
    return stream?.open === true ? stream : undefined
  }

  ended (stream: FramedStream): void {
    this.#ends.get(stream)?.()
  }

  stop (reason: Error): void {
    for (const controller of this.#moving.values()) {
      controller.abort(reason)
    }
    for (const timer of this.#timers.values()) {
      this.#init.opening.timers.cancel(timer)
    }
    this.#timers.clear()
  }

  /** Whether the new stream is still open. */
  async #move (connection: Connection, from: FramedStream, signal: AbortSignal): Promise<boolean> {
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
      this.#next.set(from.peer, to)
      const done = this.#settled(from).then(() => {
        this.#next.delete(from.peer)
        if (!to.open) {
          throw new StreamEndedError(`the stream with ${from.peer} ended before it was used`)
        }
        use(to)
        return to
      })
      hold(from.peer, done)
      await done
    }
    return to.open
  }

  /** Ends the stream, and resolves when the acceptor has taken all of it, or nothing more of it goes. */
  async #settled (stream: FramedStream): Promise<void> {
    const { timers } = this.#init.opening
    const { promise, resolve } = Promise.withResolvers<void>()
    const began = timers.now()
    const all = stream.queued
    let left = all
    let until = began + HANDOVER_TIMEOUT
    let timer: TimerHandle | undefined
    const look = (): void => {
      const now = timers.now()
      if (stream.queued < left) {
        left = stream.queued
        until = now + Math.max(FLOWING, HANDOVER_TIMEOUT + UNDER_WAY * (now - began) / (all - left))
      }
      if (now >= Math.min(until, began + MAX_HANDOVER_TIMEOUT)) {
        resolve()
      } else {
        timer = timers.after(LOOK, look)
      }
    }
    this.#ends.set(stream, resolve)
    stream.close().catch(() => {})
    look()
    await promise
    if (timer !== undefined) {
      timers.cancel(timer)
    }
    this.#ends.delete(stream)
  }
}
