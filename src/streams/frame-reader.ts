import { allocUnsafe } from 'uint8arrays/alloc'
import { FrameTooLargeError, ProtocolError } from '../errors.ts'
import { MAX_KEPT_BUFFER, MAX_LENGTH_BITS, MIN_BUFFER } from './numbers.ts'

const NONE = new Uint8Array(0)

export interface FrameReaderInit {
  maxFrame: number
  /** One frame, valid during the call. */
  onFrame: (bytes: Uint8Array, start: number, end: number) => void
  onEmptyFrame: () => void
}

/**
 * Cuts a byte stream into frames: a varint length, then that many bytes. A frame inside one chunk is handed over where
 * it lies; one that spans chunks is put together in a buffer that grows with what has arrived, so a length that is only
 * announced costs nothing.
 */
export class FrameReader {
  /** While true frames stay here, from the very next one on. */
  halted = false
  /** Frames handed over, and all that ended, with empty ones. */
  frames = 0
  ended = 0
  /** The frame that is being handed over lies in memory that is used for nothing else. */
  owned = false
  /** Bytes of the frame under way that have arrived. */
  partial = 0

  readonly #init: FrameReaderInit
  #stopped = false
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** Length of the frame under way, once it is known. */
  #length = -1
  #lengthSoFar = 0
  #lengthShift = 0
  #buffer: Uint8Array = NONE
  #filled = 0

  constructor (init: FrameReaderInit) {
    this.#init = init
  }

  /** Bytes that arrived and were not handed over. */
  get held (): number {
    return this.#heldBytes + this.partial
  }

  /** True when whole chunks wait for {@link resume}. */
  get waiting (): boolean {
    return this.#heldBytes > 0
  }

  /**
   * Take a chunk, which must not change any more.
   *
   * @throws ProtocolError, FrameTooLargeError; and whatever `onFrame` throws
   */
  push (chunk: Uint8Array): void {
    if (this.halted || this.#heldBytes > 0) {
      this.#hold(chunk)
      return
    }
    const at = this.#consume(chunk)
    if (at < chunk.length) {
      this.#hold(chunk.subarray(at))
    }
  }

  /** Hand over what waits, until it is used up or the reader is halted again. Throws as {@link push}. */
  resume (): void {
    let done = 0
    for (let chunk = this.#held[0]; chunk !== undefined && !this.halted; chunk = this.#held[done]) {
      const at = this.#consume(chunk)
      if (this.#stopped) {
        return
      }
      this.#heldBytes -= at
      if (at < chunk.length) {
        this.#held[done] = chunk.subarray(at)
        break
      }
      done++
    }
    this.#held.splice(0, done)
  }

  /** Forget everything and hand over nothing any more. */
  stop (): void {
    this.halted = true
    this.#stopped = true
    this.#held = []
    this.#heldBytes = 0
    this.#buffer = NONE
    this.partial = 0
  }

  #hold (chunk: Uint8Array): void {
    if (!this.#stopped) {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
    }
  }

  /** Returns how far it got: the end of the chunk, unless the reader was halted. */
  #consume (chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.length && !this.halted) {
      if (this.#length < 0) {
        at = this.#readLength(chunk, at)
        if (this.#length < 0) {
          break
        }
        if (this.#length === 0) {
          this.#end()
          this.#init.onEmptyFrame()
          continue
        }
        const end = at + this.#length
        if (end <= chunk.length) {
          this.#end()
          this.frames++
          this.#init.onFrame(chunk, at, end)
          at = end
          continue
        }
      }
      at = this.#gather(chunk, at)
    }
    return at
  }

  #readLength (chunk: Uint8Array, at: number): number {
    while (at < chunk.length) {
      const byte = chunk[at++] as number
      this.partial++
      this.#lengthSoFar |= (byte & 0x7f) << this.#lengthShift
      if (byte < 0x80) {
        if (byte === 0 && this.#lengthShift > 0) {
          throw new ProtocolError('the length of a frame is not in its shortest form')
        }
        if (this.#lengthSoFar > this.#init.maxFrame) {
          throw new FrameTooLargeError(`the peer announced a frame of ${this.#lengthSoFar} bytes, at most ${this.#init.maxFrame} are allowed`)
        }
        this.#length = this.#lengthSoFar
        return at
      }
      if (this.#lengthShift === MAX_LENGTH_BITS) {
        throw new ProtocolError('the length of a frame takes more than 4 bytes')
      }
      this.#lengthShift += 7
    }
    return at
  }

  /** Copies what belongs to the frame under way, and hands it over when it is complete. */
  #gather (chunk: Uint8Array, at: number): number {
    const length = this.#length
    const count = Math.min(length - this.#filled, chunk.length - at)
    const filled = this.#filled + count
    if (filled > this.#buffer.length) {
      const grown = allocUnsafe(Math.min(length, Math.max(MIN_BUFFER, 8 * filled)))
      grown.set(this.#buffer.subarray(0, this.#filled))
      this.#buffer = grown
    }
    this.#buffer.set(count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#filled)
    this.#filled = filled
    this.partial += count
    if (filled === length) {
      const frame = this.#buffer
      this.#buffer = frame.length <= MAX_KEPT_BUFFER ? frame : NONE
      this.#end()
      this.frames++
      this.owned = this.#buffer === NONE
      try {
        this.#init.onFrame(frame, 0, length)
      } finally {
        this.owned = false
      }
    }
    return at + count
  }

  #end (): void {
    this.ended++
    this.partial = 0
    this.#length = -1
    this.#lengthSoFar = 0
    this.#lengthShift = 0
    this.#filled = 0
  }
}
