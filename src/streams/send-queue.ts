import { FrameTooLargeError, StreamEndedError, WriteQueueFullError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Batch } from './batch.ts'
import { scheduleFlush } from './flush-queue.ts'
import { MAX_SEND } from './numbers.ts'
import type { FrameLimits } from './index.ts'
import type { Flushable } from './flush-queue.ts'
import type { Stream } from '@libp2p/interface'

export interface SendQueueInit {
  stream: Stream
  peer: string
  limits: Required<FrameLimits>
  /** The queue was offered to libp2p, which took some of it, all or nothing. */
  onFlush: () => void
  onFailure: (error: Error) => void
}

/**
 * The sending half of a stream: gathers the frames of a tick, gives them to libp2p in one send, and keeps them while it
 * is saturated. `stream.onDrain()` works only once, so the `drain` event is what it goes on with.
 */
export class SendQueue implements Flushable {
  readonly #init: SendQueueInit
  readonly #stream: Stream
  readonly #batch = new Batch()
  /** Bytes given to libp2p. */
  #sent = 0
  /** What waited when the stream ended: none of it was ever given to the muxer. */
  #left: number | undefined
  #scheduled = false
  #sending = false
  #closed = false
  #drained: PromiseWithResolvers<void> | undefined
  #emptied: PromiseWithResolvers<void> | undefined

  constructor (init: SendQueueInit) {
    this.#init = init
    this.#stream = init.stream
    init.stream.addEventListener('drain', this.#onDrain)
    init.stream.addEventListener('idle', this.#settle)
  }

  /** Bytes that wait, here and in libp2p; after the end, those that never left. */
  get size (): number {
    return this.#left ?? this.#batch.size + this.#stream.writeBufferLength
  }

  /** Bytes that have left libp2p's buffer. */
  get passed (): number {
    return this.#sent - this.#stream.writeBufferLength
  }

  /** True when libp2p has got everything. */
  get empty (): boolean {
    return this.#batch.size === 0
  }

  add (length: number, fill: (target: Uint8Array, offset: number) => void, tail?: Uint8Array): boolean {
    const { maxFrame, maxQueue, highWater } = this.#init.limits
    if (length > maxFrame) {
      throw new FrameTooLargeError(`a frame of ${length} bytes, at most ${maxFrame} are allowed`)
    }
    const size = this.size + length
    if (size > maxQueue) {
      throw new WriteQueueFullError(`${this.size} bytes wait for ${this.#init.peer}, ${length} more are too many`)
    }
    this.#batch.add(length, fill, tail)
    if (!this.#scheduled) {
      this.#scheduled = true
      scheduleFlush(this)
    }
    return size <= highWater
  }

  /** Offer what waits to libp2p. */
  flush (): void {
    this.#scheduled = false
    if (this.#sending || this.#closed) {
      return
    }
    this.#sending = true
    try {
      // send() tells `idle` and may tell `drain`, but takes no bytes from their listeners
      for (let bytes; !this.#stream.writableNeedsDrain && (bytes = this.#batch.take(MAX_SEND)) !== undefined;) {
        this.#sent += bytes.byteLength
        this.#stream.send(bytes)
      }
    } catch (error) {
      // libp2p has closed the stream for writing, with its connection
      this.#init.onFailure(new StreamEndedError(`the stream with ${this.#init.peer} was closed before all was sent`, { cause: error }))
      return
    } finally {
      this.#sending = false
    }
    this.#init.onFlush()
    this.#settle()
  }

  /** Resolves when at most `highWater` bytes wait. */
  async drained (signal: AbortSignal | undefined): Promise<void> {
    if (this.size > this.#init.limits.highWater) {
      this.#drained ??= deferred()
      await abortable(this.#drained.promise, signal)
    }
  }

  /** Resolves when libp2p has got everything. */
  async emptied (): Promise<void> {
    this.flush()
    if (!this.empty) {
      this.#emptied ??= deferred()
      await this.#emptied.promise
    }
  }

  /** Nothing can be sent any more: fail who waits. The frames stay, to be counted. */
  close (error: Error): void {
    this.#closed = true
    this.#drained?.reject(error)
    this.#emptied?.reject(error)
  }

  /** The stream is about to be dropped with what waits: remember how much that was. */
  settleSize (): void {
    this.#left ??= this.size
  }

  /** {@link close}, and drop the frames. */
  end (error: Error): void {
    this.settleSize()
    this.close(error)
    this.#stream.removeEventListener('drain', this.#onDrain)
    this.#stream.removeEventListener('idle', this.#settle)
    this.#batch.clear()
  }

  readonly #onDrain = (): void => {
    if (this.empty) {
      this.#settle()
    } else {
      this.flush()
    }
  }

  readonly #settle = (): void => {
    if (this.#drained !== undefined && this.size <= this.#init.limits.highWater) {
      this.#drained.resolve()
      this.#drained = undefined
    }
    if (this.#emptied !== undefined && this.empty) {
      this.#emptied.resolve()
      this.#emptied = undefined
    }
  }
}

/** A deferred that may be rejected while nobody waits. */
function deferred (): PromiseWithResolvers<void> {
  const result = Promise.withResolvers<void>()
  result.promise.catch(() => {})
  return result
}
