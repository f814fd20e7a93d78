/** What peers ask for before the code is there that serves it: requests, which wait for a short while. */
import { HELD_COST, MAX_HELD, MAX_HELD_PER_PEER, STREAM_WINDOW } from '../wire/limits.ts'
import { fillFrame, sizeGoAway, sizeResponse } from '../wire/rpc-frames.ts'
import { HOLD } from './numbers.ts'
import { statusOf } from './outcome.ts'
import type { Serving } from './serving.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream } from '../streams/index.ts'
import type { Lazy } from '../util/lazy.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'
import type { DecodedCancel, DecodedRequest } from '../wire/rpc-frames.ts'

/** The share of strangers. */
const STRANGERS = 1 / 4

/** For bodies: small ones, large ones, those of one call of sequences. */
export type Room = 'rpc' | 'bulk' | 'stream'

export interface HeldFrame {
  readonly frame: DecodedRequest | DecodedCancel
  /** When it came. */
  readonly since: number
}

/** A stream of a peer that asked for something before the code was there. */
interface Early {
  readonly room: Room
  readonly frames: HeldFrame[]
  /** It is of no use any more: later requests may refer to what came with the one that was refused. */
  refused: boolean
}

/** For one stretch of time: what was not served in it is refused until the code is there. */
export class Held {
  readonly #discovery: Discovery
  readonly #timers: Timers
  readonly #serving: Lazy<Serving>
  readonly #load: () => void
  readonly #streams = new Map<FramedStream, Early>()
  /** What waits, or did, of each peer and in all. */
  readonly #bytes = new Map<string, number>()
  #total = 0
  #timer: TimerHandle | undefined
  /** Why nothing waits any more. */
  #refusing: string | undefined
  #left: (() => void) | undefined

  /** @param load - see that the code comes */
  constructor (discovery: Discovery, timers: Timers, serving: Lazy<Serving>, load: () => void) {
    this.#discovery = discovery
    this.#timers = timers
    this.#serving = serving
    this.#load = load
  }

  /** A request on a stream that was not accepted, or one is cancelled. @param size - of the frame */
  onFrame (stream: FramedStream, frame: DecodedRequest | DecodedCancel, size: number, room: Room): void {
    const held = { frame, since: this.#timers.now() }
    let early = this.#streams.get(stream)
    if (early === undefined) {
      if (this.#serving.value !== undefined) {
        this.#serving.value.replay(stream, room, [held])
        return
      }
      early = { room, frames: [], refused: false }
      this.#streams.set(stream, early)
    }
    early.frames.push(held)
    if (early.refused || this.#refusing !== undefined || this.#isFull(stream, size + HELD_COST, room)) {
      this.#refuse(stream, early, this.#refusing ?? 'too much waits for the code that serves calls')
      return
    }
    // its bytes are those of the stream
    if (frame.kind === 1) frame.body = frame.body?.slice()
    if (room === 'stream') stream.pause()
    this.#timer ??= this.#timers.after(HOLD, () => { if (this.#serving.value === undefined) this.refuse(this.#refusing) })
    this.#load()
  }

  /** The stream has asked for something, and is not served. */
  has (stream: FramedStream): boolean {
    return this.#streams.has(stream)
  }

  onEnd (stream: FramedStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size === 0) this.#left?.()
  }

  /** The code is there. */
  serve (serving: Serving): void {
    for (const [stream, { room, frames, refused }] of this.#streams) {
      if (refused) continue
      this.onEnd(stream)
      try {
        serving.replay(stream, room, frames)
      } catch (err) {
        stream.abort(err as Error)
      }
    }
  }

  /** Nothing waits any more; the callers are told so, as these calls did not run. */
  refuse (reason = 'the code that serves calls is not there'): void {
    this.#refusing = reason
    for (const [stream, early] of this.#streams) this.#refuse(stream, early, reason)
  }

  /** Resolves when the callers have ended the streams of what was refused. */
  async left (): Promise<void> {
    if (this.#streams.size > 0) await new Promise<void>(resolve => { this.#left = resolve })
  }

  #isFull ({ peer, paused }: FramedStream, size: number, room: Room): boolean {
    if (room === 'stream') {
      // one that waits for its turn would be read on after that
      if (paused) return true
      size += STREAM_WINDOW
    }
    const bytes = (this.#bytes.get(peer) ?? 0) + size
    const share = this.#discovery.node(peer) === undefined ? STRANGERS : 1
    if (bytes > MAX_HELD_PER_PEER * share || this.#total + size > MAX_HELD * share) return true
    this.#bytes.set(peer, bytes)
    this.#total += size
    return false
  }

  #refuse (stream: FramedStream, early: Early, reason: string): void {
    early.refused = true
    const frames = early.frames.splice(0)
    try {
      for (const { frame } of frames) if (frame.kind === 1) refuse(stream, early.room, frame.id, reason)
      // callers end their streams then, and may be served on another one
      if (early.room !== 'stream' && stream.open) stream.write(sizeGoAway(reason), fillFrame)
    } catch (err) {
      stream.abort(err as Error)
    }
  }
}

/** Tell the caller that its call did not run. */
export function refuse (stream: FramedStream, room: Room, id: number, message: string): void {
  if (stream.open && (id > 0 || room === 'stream')) {
    stream.write(sizeResponse({ id, status: statusOf('UNAVAILABLE'), codec: 0, body: undefined, message, retryable: true, headers: undefined }), fillFrame)
  }
  if (room === 'stream') {
    stream.close().catch(() => {})
    stream.resume()
  }
}
