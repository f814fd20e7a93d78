import { WRITE_HIGH_WATER } from '../wire/limits.ts'
import { fillFrame, sizeRequest } from '../wire/rpc-frames.ts'
import { CallTable } from './call-table.ts'
import { SentHeaders } from './header-sets.ts'
import type { Call } from './call.ts'
import type { FramedStream } from '../streams/index.ts'

/** A stream to a peer and the calls that were sent on it. */
export class Lane {
  readonly stream: FramedStream
  readonly calls: CallTable<Call>
  /** It gets no new calls: the peer has said that it takes none, or there is a better path. */
  goingAway = false
  /** Frame bytes written. */
  written = 0
  readonly #headers = new SentHeaders()

  /** `first` is the id of its first call. */
  constructor (stream: FramedStream, first: number) {
    this.stream = stream
    this.calls = new CallTable(first)
  }

  get hasRoom (): boolean {
    return this.stream.queued <= WRITE_HIGH_WATER
  }

  /** Send a request, its headers by their number where the peer has them. Returns and throws as {@link write} does. */
  request (call: Call): boolean {
    const { headers } = call
    if (headers === undefined) {
      call.headerSet = 0
      return this.write(sizeRequest(call))
    }
    const sent = this.#headers
    const known = sent.find(headers)
    call.headerSet = known === 0 ? sent.place(headers) : known
    const room = this.write(sizeRequest(call, known !== 0))
    if (known === 0 && call.headerSet !== 0) {
      sent.keep(headers)
    }
    return room
  }

  /** Send the frame that was just sized. Returns and throws as the stream's own write does. */
  write (size: number): boolean {
    const room = this.stream.write(size, fillFrame)
    // with its length prefix, as the stream counts what waits
    this.written += size + (size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : 4)
    return room
  }
}

/** The way of this node's calls to one peer. */
export class Link {
  /** The peer's id. */
  readonly id: string
  lane: Lane | undefined = undefined
  /** Calls that wait for the stream that is being opened. */
  readonly queue = new Set<Call>()
  opening = false

  constructor (id: string) {
    this.id = id
  }

  get pending (): number {
    return (this.lane?.calls.size ?? 0) + this.queue.size
  }

  /** Bytes of the bodies that wait for the stream. */
  get waiting (): number {
    let bytes = 0
    for (const { body } of this.queue) {
      bytes += body?.length ?? 0
    }
    return bytes
  }

  get idle (): boolean {
    return this.lane === undefined && !this.opening && this.queue.size === 0
  }
}
