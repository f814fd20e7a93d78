/** One direction of a proxied connection: reads one socket, writes the other, and misbehaves in between. */
import type { Socket } from 'node:net'

export type Direction = 'up' | 'down'

export interface Faults {
  /** Milliseconds every byte is under way. @default 0 */
  latency?: number
  /** Milliseconds, at most, on top of {@link latency}, different for every chunk. @default 0 */
  jitter?: number
  /** Bytes per second. @default Infinity */
  rate?: number
  /** Nothing gets through, neither bytes nor the end of the connection; the sender's buffers fill up. @default false */
  blackhole?: boolean
  /** Write in pieces of 1 to this many bytes, each in a write of its own; 0 leaves the chunks as they came. @default 0 */
  split?: number
}

/** Bytes a pipe takes in before it stops reading, as a network would. */
const CAPACITY = 1024 * 1024
/** Bytes that a link with a rate hands on at once: what a socket is read in pieces of would arrive in jumps. */
const PACKET = 4 * 1024

/** What goes through: bytes, the end of the sender's side, or the loss of its connection. */
interface Item {
  readonly due: number
  readonly what: Buffer | 'end' | 'reset'
}

/**
 * RST, as far as it can be had: libuv resets no socket that is being shut down, and Node, which does not notice, then
 * keeps the handle for ever and spins when the process should exit.
 */
export function reset (socket: Socket): void {
  if (socket.destroyed) return
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

export class Pipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #random: () => number
  #faults: Required<Faults>
  #queue: Item[] = []
  #queued = 0
  /** When the link has carried what was put on it, under `rate`. */
  #free = 0
  #lastDue = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #immediate: ReturnType<typeof setImmediate> | undefined
  #blocked = false
  #stopped = false
  carried = 0

  constructor (from: Socket, to: Socket, faults: Faults, random: () => number) {
    this.#from = from
    this.#to = to
    this.#random = random
    this.#faults = { latency: 0, jitter: 0, rate: Infinity, blackhole: false, split: 0, ...faults }
    from.on('data', (chunk: Buffer) => { this.#take(chunk) })
    from.on('end', () => { this.#take('end') })
    from.on('close', () => { if (!from.readableEnded) this.#take('reset') })
    to.on('drain', () => {
      this.#blocked = false
      this.#pump()
    })
    to.on('close', () => { this.stop() })
    this.#throttle()
  }

  set (faults: Faults): void {
    this.#faults = { ...this.#faults, ...faults }
    this.#throttle()
    this.#pump()
  }

  /** Hands nothing on any more. */
  stop (): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#queue = []
    // The other direction may still need this socket: bytes that come now go nowhere, but its end must be read.
    this.#from.resume()
  }

  #take (what: Item['what']): void {
    if (this.#stopped) return
    const now = performance.now()
    const { latency, jitter, rate, split } = this.#faults
    if (typeof what !== 'string' && rate < Infinity && what.length > PACKET) {
      for (let start = 0; start < what.length; start += PACKET) this.#take(what.subarray(start, start + PACKET))
      return
    }
    let due = now + latency + jitter * this.#random()
    if (typeof what !== 'string') {
      this.#queued += what.length
      this.#free = Math.max(this.#free, now) + what.length / rate * 1_000
      due = Math.max(due, this.#free + latency)
    }
    // Bytes never overtake each other.
    this.#lastDue = due = Math.max(due, this.#lastDue)
    if (typeof what === 'string' || split === 0) this.#queue.push({ due, what })
    else this.#split(what, split, due)
    this.#throttle()
    this.#pump()
  }

  #split (chunk: Buffer, max: number, due: number): void {
    for (let start = 0; start < chunk.length;) {
      const end = Math.min(chunk.length, start + 1 + Math.floor(this.#random() * max))
      this.#queue.push({ due, what: chunk.subarray(start, end) })
      start = end
    }
  }

  #throttle (): void {
    if (this.#stopped) return
    // Not reading is how a black hole swallows the FIN and fills the sender's buffers.
    if (this.#faults.blackhole || this.#queued >= CAPACITY) this.#from.pause()
    else this.#from.resume()
  }

  #pump (): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    while (!this.#stopped && !this.#faults.blackhole && !this.#blocked) {
      const item = this.#queue[0]
      if (item == null) return
      const wait = item.due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => { this.#pump() }, wait)
        return
      }
      this.#queue.shift()
      this.#deliver(item.what)
      if (this.#faults.split > 0) {
        // A turn of the event loop between two pieces, or the kernel would join them again.
        this.#immediate = setImmediate(() => { this.#pump() })
        return
      }
    }
  }

  #deliver (what: Item['what']): void {
    if (what === 'end') {
      this.#to.end()
    } else if (what === 'reset') {
      reset(this.#to)
    } else {
      this.carried += what.length
      this.#queued -= what.length
      this.#throttle()
      if (!this.#to.destroyed) this.#blocked = !this.#to.write(what)
    }
  }
}
