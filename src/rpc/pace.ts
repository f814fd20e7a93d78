import { nextTask } from '../util/next-tick.ts'
import { MAX_PER_TURN, MAX_UNWATCHED, WATCHED } from './numbers.ts'
import type { FramedStream } from '../streams/index.ts'

interface Share {
  frames: number
  /** Streams that are held back until the next turn. */
  held: FramedStream[]
}

/** Shares the event loop among the peers: what one of them sends beyond its share of a turn waits for the next turn. */
export class Pace {
  #shares = new Map<string, Share>()
  #ending = false
  // frames come in runs from one stream
  #peer = ''
  #share: Share = { frames: 0, held: [] }

  /** A frame is about to be handled; the one after it may have to wait. */
  count (stream: FramedStream): void {
    if (stream.peer !== this.#peer) {
      this.#turnTo(stream.peer)
    }
    const share = this.#share
    if (++share.frames < WATCHED) {
      return
    }
    if (!this.#ending) {
      this.#ending = true
      // not a timer of the wheel: what ends a turn is the loop itself. Those of a hidden page run once a second
      const nextTurn: (fn: () => void) => void = globalThis.document?.hidden ? nextTask : setTimeout
      nextTurn(() => { this.#end() })
    }
    if (share.frames >= MAX_PER_TURN && !stream.paused) {
      stream.pause()
      share.held.push(stream)
    }
  }

  stop (): void {
    this.#end()
  }

  #turnTo (peer: string): void {
    if (!this.#ending && this.#shares.size >= MAX_UNWATCHED) {
      this.#shares.clear()
    }
    let share = this.#shares.get(peer)
    if (share === undefined) {
      share = { frames: 0, held: [] }
      this.#shares.set(peer, share)
    }
    this.#peer = peer
    this.#share = share
  }

  #end (): void {
    const shares = this.#shares
    this.#ending = false
    this.#shares = new Map()
    this.#peer = ''
    for (const { held } of shares.values()) {
      for (const stream of held) {
        stream.resume()
      }
    }
  }
}
