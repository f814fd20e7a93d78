import { nextTask } from '../util/next-tick.ts'
import type { FramedStream } from '../streams/index.ts'

/**
 * Frames of one peer that are handled before everybody else has a turn: some milliseconds of work. A socket hands over
 * up to 2 MiB at once, which may be 10^5 requests.
 */
const MAX_PER_TURN = 512
/** Frames of a peer after which the end of the turn is waited for: a timer for a lone call would cost a tenth of it. */
const WATCHED = 128
/** Peers that are counted without such a timer. */
const MAX_UNWATCHED = 1_024

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
