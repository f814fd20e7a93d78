/** What a streaming call travels on: a stream of its own, or nothing at all when both ends are in this process. */
import { StreamEndedError } from '../errors.ts'
import { nextTask, nextTick } from '../util/next-tick.ts'
import { copyBytes } from '../wire/bytes.ts'
import { fillFrame, sizeCredit, sizeEnd, sizeItem, sizeRequest, sizeResponse } from '../wire/rpc-frames.ts'
import type { FramedStream } from '../streams/index.ts'
import type { BodyCodec } from '../wire/codecs.ts'
import type { DecodedCredit, DecodedEnd, DecodedItem, RequestFrame, ResponseFrame } from '../wire/rpc-frames.ts'

/** Bytes of a body that is sent without a copy. */
const LARGE = 16 * 1024

/** One end. What is written after the end of the other side is lost, as it may be on a network. */
export interface Channel {
  readonly local: boolean
  /** Nothing that was written has left yet. */
  readonly unsent: boolean
  request (frame: RequestFrame): void
  respond (frame: ResponseFrame): void
  /**
   * False: {@link drained} should be awaited before the next.
   *
   * @throws FrameTooLargeError, StreamEndedError
   */
  item (codec: BodyCodec, body: Uint8Array | undefined): boolean
  credit (bytes: number): void
  end (): void
  drained (): Promise<void>
  /** This end has said all. */
  close (): void
  abort (reason: Error): void
}

/** What an end does with the frames of the other. Each throws ProtocolError, which ends the call. */
export interface ChannelUser {
  onRequest (frame: RequestFrame): void
  onResponse (frame: ResponseFrame): void
  /** `keep`: the body of an item may be kept as it is. */
  onFlow (frame: DecodedItem | DecodedCredit | DecodedEnd, keep: boolean): void
  /** Nothing more comes; undefined: both sides have closed. */
  onEnd (reason: Error | undefined): void
}

export class StreamChannel implements Channel {
  readonly local = false
  readonly #stream: FramedStream
  #written = 0

  constructor (stream: FramedStream) {
    this.#stream = stream
  }

  get unsent (): boolean {
    return this.#stream.queued >= this.#written
  }

  request (frame: RequestFrame): void {
    this.#write(sizeRequest(frame))
  }

  respond (frame: ResponseFrame): void {
    if (this.#stream.open) {
      this.#write(sizeResponse(frame))
    }
  }

  item (codec: BodyCodec, body: Uint8Array | undefined): boolean {
    // bytes are the application's, which may use them again at once
    const bare = codec !== 3 && body !== undefined && body.length >= LARGE
    return this.#stream.write(sizeItem(codec, body, bare), fillFrame, bare ? body : undefined)
  }

  credit (bytes: number): void {
    if (this.#stream.open) {
      this.#write(sizeCredit(bytes))
    }
  }

  end (): void {
    if (this.#stream.open) {
      this.#write(sizeEnd())
    }
  }

  async drained (): Promise<void> {
    await this.#stream.drained()
  }

  close (): void {
    this.#stream.close().catch(() => {})
  }

  abort (reason: Error): void {
    this.#stream.abort(reason)
  }

  #write (size: number): void {
    this.#written += size
    this.#stream.write(size, fillFrame)
  }
}

/** Two ends in this process. */
export class LocalChannel implements Channel {
  readonly local = true
  readonly unsent = false
  #other: LocalChannel = this
  #user: ChannelUser | undefined
  #queue: Array<(user: ChannelUser) => void> = []
  #opener = false
  #granted = false
  #closed = false
  #ended = false

  static pair (): [LocalChannel, LocalChannel] {
    const one = new LocalChannel()
    const two = new LocalChannel()
    one.#other = two
    two.#other = one
    return [one, two]
  }

  /** Who hears of what the other end writes. */
  attach (user: ChannelUser): void {
    this.#user = user
  }

  request (frame: RequestFrame): void {
    this.#opener = true
    this.#post(user => { user.onRequest(frame) })
  }

  respond (frame: ResponseFrame): void {
    const copy = { ...frame }
    this.#post(user => { user.onResponse(copy) })
  }

  item (codec: BodyCodec, body: Uint8Array | undefined): boolean {
    if (this.#ended || this.#closed) {
      throw new StreamEndedError('the call has ended')
    }
    const kept = codec === 3 && body !== undefined ? copyBytes(body) : body
    this.#post(user => { user.onFlow({ kind: 5, codec, body: kept }, true) })
    return true
  }

  credit (bytes: number): void {
    const grant = (): void => { this.#post(user => { user.onFlow({ kind: 6, bytes }, true) }) }
    if (this.#granted) {
      // two ends in one process could go on for ever
      nextTask(grant)
    } else {
      this.#granted = true
      grant()
    }
  }

  end (): void {
    this.#post(user => { user.onFlow({ kind: 7 }, true) })
  }

  async drained (): Promise<void> {}

  close (): void {
    this.#closed = true
    if (this.#other.#closed) {
      nextTick(() => {
        this.#end(undefined)
        this.#other.#end(undefined)
      })
    }
  }

  abort (reason: Error): void {
    const other = this.#other
    this.#end(reason)
    nextTick(() => { other.#end(new StreamEndedError('the other end has left the call', { cause: reason })) })
  }

  #post (deliver: (user: ChannelUser) => void): void {
    if (this.#ended || this.#closed) {
      return
    }
    const other = this.#other
    if (other.#queue.push(deliver) === 1) {
      nextTick(() => { other.#flush() })
    }
  }

  #flush (): void {
    const queue = this.#queue
    this.#queue = []
    for (const deliver of queue) {
      if (this.#ended || this.#user === undefined) {
        return
      }
      try {
        deliver(this.#user)
      } catch (err) {
        this.abort(err as Error)
      }
    }
  }

  #end (reason: Error | undefined): void {
    if (!this.#ended) {
      this.#ended = true
      this.#queue = []
      // it may make another attempt by now
      if (!this.#opener || !this.#closed) {
        this.#user?.onEnd(reason)
      }
    }
  }
}
