import { Uint8ArrayList } from 'uint8arraylist'
import { allocUnsafe } from 'uint8arrays/alloc'
import { LARGE, MAX_SPARE, MIN_ROOM, SLAB, SLACK } from './numbers.ts'

/**
 * Memory that frames are written into. What lies below `mark` was handed to libp2p, which may hold it for as long as it
 * likes, and is never written again; the rest is for the next writer, whichever stream that is, so that idle streams
 * hold no memory.
 */
interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>
  mark: number
}

const spare: Slab[] = []

/** Bytes of the varint of a length below 2^28. */
export function varintSize (value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4
}

function putVarint (target: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    target[at++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  target[at++] = value
  return at
}

/** The frames that wait to be sent, as few large pieces. */
export class Batch {
  /** Bytes that wait. */
  size = 0
  #slab: Slab | undefined
  #end = 0
  #pieces: Array<Uint8Array<ArrayBuffer>> = []

  /** Append a frame. A throw of `fill` leaves the batch as it was. */
  add (length: number, fill: (target: Uint8Array, offset: number) => void, tail?: Uint8Array): void {
    const size = length + varintSize(length)
    if (tail !== undefined) {
      const slab = this.#room(size - tail.byteLength)
      fill(slab.bytes, putVarint(slab.bytes, this.#end, length))
      this.#end += size - tail.byteLength
      this.#seal()
      this.#pieces.push(tail as Uint8Array<ArrayBuffer>)
    } else if (size > LARGE) {
      const bytes = allocUnsafe(size)
      fill(bytes, putVarint(bytes, 0, length))
      this.#seal()
      this.#pieces.push(bytes)
    } else {
      const slab = this.#room(size)
      fill(slab.bytes, putVarint(slab.bytes, this.#end, length))
      this.#end += size
    }
    this.size += size
  }

  /** Takes some `max` bytes off the front; undefined when nothing waits. */
  take (max: number): Uint8Array<ArrayBuffer> | Uint8ArrayList<ArrayBuffer> | undefined {
    this.#release()
    const pieces = this.#pieces
    const first = pieces[0]
    if (first === undefined) {
      return undefined
    }
    if (first.byteLength > max + SLACK) {
      pieces[0] = first.subarray(max)
      this.size -= max
      return first.subarray(0, max)
    }
    let count = 1
    let bytes = first.byteLength
    for (let piece = pieces[1]; piece !== undefined && bytes + piece.byteLength <= max + SLACK; piece = pieces[count]) {
      bytes += piece.byteLength
      count++
    }
    this.size -= bytes
    if (count === pieces.length) {
      this.#pieces = []
      return count === 1 ? first : new Uint8ArrayList(...pieces)
    }
    return new Uint8ArrayList(...pieces.splice(0, count))
  }

  clear (): void {
    this.#release()
    this.#pieces = []
    this.size = 0
  }

  #room (size: number): Slab {
    if (this.#slab !== undefined && SLAB - this.#end >= size) {
      return this.#slab
    }
    this.#release()
    let slab = spare.pop()
    if (slab === undefined || SLAB - slab.mark < size) {
      slab = { bytes: allocUnsafe(SLAB), mark: 0 }
    }
    this.#slab = slab
    this.#end = slab.mark
    return slab
  }

  /** What was written since the last seal becomes a piece. */
  #seal (): void {
    const slab = this.#slab
    if (slab !== undefined && this.#end > slab.mark) {
      this.#pieces.push(slab.bytes.subarray(slab.mark, this.#end))
      slab.mark = this.#end
    }
  }

  #release (): void {
    this.#seal()
    const slab = this.#slab
    this.#slab = undefined
    if (slab !== undefined && SLAB - slab.mark >= MIN_ROOM && spare.length < MAX_SPARE) {
      spare.push(slab)
    }
  }
}
