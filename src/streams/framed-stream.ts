import { ProtocolError, StreamEndedError, StreamTimeoutError } from '../errors.ts'
import { timers as sharedTimers } from '../util/timers.ts'
import { abortable } from '../util/abortable.ts'
import { FrameReader } from './frame-reader.ts'
import { resolveLimits } from './limits.ts'
import { SendQueue } from './send-queue.ts'
import { streamError } from './stream-error.ts'
import { Watchdog } from './watchdog.ts'
import type { FramedInit, FramedStream } from './index.ts'
import type { Watched } from './watchdog.ts'
import type { AbortOptions, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'

/** Turn a libp2p stream into frames. The stream belongs to the result from here on. */
export function framed (stream: Stream, init: FramedInit): FramedStream {
  return new LibP2PFramedStream(stream, init)
}

class LibP2PFramedStream implements FramedStream, Watched {
  readonly peer: string
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  open = true
  paused = false

  readonly #stream: Stream
  readonly #init: FramedInit
  readonly #queue: SendQueue
  readonly #reader: FrameReader
  readonly #watchdog: Watchdog
  #settling = false
  /** What libp2p was told; it is told in a microtask. */
  #streamPaused = false
  /** The remote ended its side; the stream is over for libp2p; for us. */
  #finished = false
  #transportClosed = false
  #ended = false
  #abortReason: Error | undefined
  #closing: Promise<void> | undefined

  constructor (stream: Stream, init: FramedInit) {
    this.peer = init.peer
    this.protocol = stream.protocol
    this.direction = stream.direction
    this.#stream = stream
    this.#init = init
    const limits = resolveLimits(init.limits)
    this.#queue = new SendQueue({
      stream,
      peer: init.peer,
      limits,
      onFlush: () => { this.#watchdog.sent() },
      onFailure: error => { this.abort(error) }
    })
    this.#reader = new FrameReader({
      maxFrame: limits.maxFrame,
      onFrame: (bytes, start, end) => { init.onFrame(this, bytes, start, end) },
      onEmptyFrame: () => { init.onEmptyFrame?.(this) }
    })
    this.#watchdog = new Watchdog(this, limits, init.timers ?? sharedTimers, init.expectFirstFrame === true, init.activity)
    // bytes that came before are dispatched in a microtask: the caller has the stream in its hands by then
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteFinish)
    stream.addEventListener('end', this.#settleSoon)
    stream.addEventListener('close', this.#onClose)
    // and events that came before are not repeated at all
    this.#transportClosed = stream.status === 'closed'
    this.#finished = stream.remoteWriteStatus === 'closed'
    if (stream.status !== 'open' || this.#finished) {
      this.#settleSoon()
    }
  }

  get queued (): number {
    return this.#queue.size
  }

  get held (): number {
    return this.#reader.held
  }

  get owned (): boolean {
    return this.#reader.owned
  }

  get frames (): number {
    return this.#reader.frames
  }

  get framesEnded (): number {
    return this.#reader.ended
  }

  get partial (): number {
    return this.#reader.partial
  }

  get passed (): number {
    return this.#queue.passed
  }

  write (length: number, fill: (target: Uint8Array, offset: number) => void, tail?: Uint8Array): boolean {
    if (!this.open) {
      throw new StreamEndedError(`the stream with ${this.peer} has ended`, { cause: this.#abortReason })
    }
    return this.#queue.add(length, fill, tail)
  }

  send (frame: Uint8Array): boolean {
    return this.write(frame.byteLength, (target, offset) => { target.set(frame, offset) })
  }

  async drained (options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    if (!this.open) {
      throw new StreamEndedError(`the stream with ${this.peer} has ended`, { cause: this.#abortReason })
    }
    await this.#queue.drained(options.signal)
  }

  pause (): void {
    if (!this.paused && !this.#ended) {
      this.paused = this.#reader.halted = true
      this.#settleSoon()
    }
  }

  resume (): void {
    if (this.paused && !this.#ended) {
      this.paused = this.#reader.halted = false
      this.#watchdog.resumed()
      this.#settleSoon()
    }
  }

  async close (options: AbortOptions = {}): Promise<void> {
    if (!this.#ended) {
      if (this.#closing === undefined) {
        this.#closing = this.#finish()
        // whoever waits hears of a failure, and so does onEnd
        this.#closing.catch(() => {})
      }
      await abortable(this.#closing, options.signal)
    }
  }

  abort (reason: Error): void {
    if (this.#ended || this.#abortReason !== undefined) {
      return
    }
    this.#abortReason = reason
    this.#queue.settleSize()
    try {
      this.#stream.abort(reason)
    } catch (error) {
      this.#stream.log.error('abort failed - %e', error)
    }
    this.#end(reason)
  }

  onIdle (): void {
    if (this.#init.busy?.(this) === true) {
      return
    }
    if (this.direction === 'outbound' && this.open) {
      void this.close().catch(() => {})
    } else {
      this.abort(new StreamTimeoutError('the stream was idle for too long'))
    }
  }

  async #finish (): Promise<void> {
    this.#leave()
    await this.#queue.emptied()
    try {
      await this.#stream.close()
    } catch (error) {
      throw new StreamEndedError(`the stream with ${this.peer} ended before it could be closed`, { cause: this.#abortReason ?? error })
    }
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (this.#ended) {
      return
    }
    const { data } = event
    try {
      if (data instanceof Uint8Array) {
        this.#reader.push(data)
      } else {
        for (const chunk of data) {
          this.#reader.push(chunk)
        }
      }
    } catch (error) {
      this.abort(streamError(error))
      return
    }
    this.#watchdog.received()
  }

  readonly #onRemoteFinish = (): void => {
    this.#finished = true
    this.#settleSoon()
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error !== undefined) {
      this.#end(this.#abortReason ?? new StreamEndedError(`the stream with ${this.peer} was reset`, { cause: event.error }))
    } else {
      this.#transportClosed = true
      this.#queue.close(this.#closed())
      this.#leave()
      this.#settleSoon()
    }
  }

  /**
   * libp2p is paused and resumed in a microtask: it undoes a pause that comes while it resumes, and muxers tell the end
   * of a stream before its last bytes.
   */
  readonly #settleSoon = (): void => {
    if (!this.#settling && !this.#ended) {
      this.#settling = true
      queueMicrotask(this.#settle)
    }
  }

  readonly #settle = (): void => {
    this.#settling = false
    if (this.#ended) {
      return
    }
    if (!this.paused && this.#reader.waiting) {
      try {
        this.#reader.resume()
      } catch (error) {
        this.abort(streamError(error))
        return
      }
      this.#watchdog.received()
    }
    this.#setStreamPaused(this.paused || this.#reader.waiting)
    this.#settleEnd()
  }

  #setStreamPaused (paused: boolean): void {
    if (paused === this.#streamPaused) {
      return
    }
    this.#streamPaused = paused
    try {
      if (paused) {
        this.#stream.pause()
      } else {
        this.#stream.resume()
      }
    } catch (error) {
      // its reading side is over already, or the connection: the end is told by an event
      this.#stream.log.trace('could not pause or resume - %e', error)
    }
  }

  /** Once all that arrived was handed over: is this the end? */
  #settleEnd (): void {
    const stream = this.#stream
    if (stream.status === 'reset' || stream.status === 'aborted') {
      this.#end(this.#abortReason ?? new StreamEndedError(`the stream with ${this.peer} was reset`))
    } else if (this.#reader.waiting || (this.#streamPaused && stream.readBufferLength > 0)) {
      // frames still wait for resume()
    } else if (!stream.readableEnded && !this.#transportClosed) {
      // it goes on
    } else if (this.#reader.partial > 0) {
      const cut = new ProtocolError('ended inside a frame')
      this.abort(this.#finished ? cut : new StreamEndedError(`the connection with ${this.peer} was closed inside a frame`, { cause: cut }))
    } else if (!this.#transportClosed) {
      void this.close().catch(() => {})
    } else {
      const clean = this.#finished && this.#queue.empty
      this.#end(clean ? undefined : this.#closed())
    }
  }

  #closed (): StreamEndedError {
    return new StreamEndedError(`the connection with ${this.peer} was closed`)
  }

  #leave (): void {
    if (this.open) {
      this.open = false
      this.#call(() => { this.#init.onClosing?.(this) })
    }
  }

  #end (reason: Error | undefined): void {
    if (this.#ended) {
      return
    }
    this.#ended = true
    this.#abortReason ??= reason
    this.#leave()
    const stream = this.#stream
    stream.removeEventListener('message', this.#onMessage)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteFinish)
    stream.removeEventListener('end', this.#settleSoon)
    stream.removeEventListener('close', this.#onClose)
    this.#watchdog.stop()
    this.#reader.stop()
    this.#queue.end(new StreamEndedError(`the stream with ${this.peer} has ended`, { cause: reason }))
    this.#call(() => { this.#init.onEnd?.(this, reason) })
  }

  /** Nobody above stands between a listener of an event and the process: its errors end here. */
  #call (fn: () => void): void {
    try {
      fn()
    } catch (error) {
      this.#stream.log.error('a listener of %s threw - %e', this.protocol, error)
    }
  }
}
