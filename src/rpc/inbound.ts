import { RpcError, WriteQueueFullError } from '../errors.ts'
import { encodeBody } from '../wire/codecs.ts'
import { LARGE_BODY, MAX_DETAILS, MAX_WRITE_QUEUE } from '../wire/limits.ts'
import { fillFrame, sizeGoAway, sizeResponse } from '../wire/rpc-frames.ts'
import { ReceivedHeaders } from './header-sets.ts'
import { RETRY_AFTER, statusOf } from './outcome.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { FramedStream } from '../streams/index.ts'
import type { BodyCodec, EncodedBody } from '../wire/codecs.ts'
import type { ResponseFrame } from '../wire/rpc-frames.ts'

/** Bytes that wait for a peer above which it may ask for nothing new, so that the answers to those that run find room. */
const CONGESTED = MAX_WRITE_QUEUE / 2

const NO_BODY: EncodedBody = { codec: 0, body: undefined }

/** Where requests come from, and where their answers go. */
export interface Origin {
  readonly caller: Caller
  /** Its requests that were not answered yet, by id. */
  readonly running: Map<number, Context>
  /** The requests are this node's own. */
  readonly local: boolean
  /** Answers wait that the caller does not take. */
  readonly congested: boolean
  /** Why no more items of its call are sent. */
  readonly failure?: unknown
  answer (id: number, codec: BodyCodec, body: Uint8Array | undefined): void
  refuse (id: number, error: RpcError): void
  /** The handler is done after the call was ended. */
  late? (result: EncodedBody | undefined): void
  /** The call was ended before its handler began, which it will not. */
  unrun? (): void
}

/** Made anew for no answer: the stream's batch takes a copy. */
const response: ResponseFrame = { id: 0, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: undefined }

/** A stream that a peer has opened to us. */
export class Inbound implements Origin {
  readonly stream: FramedStream
  readonly caller: Caller
  readonly running = new Map<number, Context>()
  readonly headers = new ReceivedHeaders()
  readonly local = false
  /** Calls without an answer have ids of ours, below 0. */
  nextOneWay = -1

  readonly #large: LargeAnswers | undefined

  /** `large` takes the answers that would be in the way of others here. */
  constructor (stream: FramedStream, caller: Caller, large: LargeAnswers | undefined) {
    this.stream = stream
    this.caller = caller
    this.#large = large
  }

  get congested (): boolean {
    // a peer may open several, and must not get the room of several
    return this.caller.queued > CONGESTED || this.#large?.congested(this.stream.peer) === true
  }

  answer (id: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    if (this.#large !== undefined && body !== undefined && body.length > LARGE_BODY && id > 0) {
      this.#large.send(this, id, codec, body)
    } else {
      this.write(id, codec, body)
    }
  }

  /** Answer on this very stream. */
  write (id: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    response.id = id
    response.status = 0
    response.codec = codec
    response.body = body
    response.message = ''
    response.retryable = false
    if (id < 0 || !this.stream.open) {
      return
    }
    try {
      this.stream.write(sizeResponse(response), fillFrame)
    } catch (err) {
      this.#unsent(id, err as Error)
    } finally {
      response.body = undefined
    }
  }

  refuse (id: number, error: RpcError): void {
    if (id < 0) {
      return
    }
    const { codec, body } = encodeDetails(error.details)
    response.id = id
    response.status = statusOf(error.code)
    response.codec = codec
    response.body = body
    response.message = error.message
    response.retryable = error.retryable
    response.headers = error.retryAfter === undefined ? undefined : { [RETRY_AFTER]: String(error.retryAfter) }
    try {
      if (this.stream.open) {
        this.stream.write(sizeResponse(response), fillFrame)
      }
    } catch (err) {
      // not even that: a caller which reads nothing is no caller
      this.stream.abort(err as Error)
    } finally {
      response.headers = undefined
      response.body = undefined
    }
  }

  /** The stream has ended. */
  end (): void {
    this.#large?.forget(this)
  }

  goAway (reason: string): void {
    try {
      if (this.stream.open) {
        this.stream.write(sizeGoAway(reason), fillFrame)
      }
    } catch {
      // it will hear it in the answer to its next request
    }
  }

  #unsent (id: number, err: Error): void {
    if (err instanceof WriteQueueFullError) {
      this.refuse(id, new RpcError('RESOURCE_EXHAUSTED', `it ran, but too many answers wait to be taken: ${this.stream.queued} bytes`))
    } else {
      this.stream.abort(err)
    }
  }
}

/** Details that cannot travel are left out: the error itself must. */
export function encodeDetails (details: unknown): EncodedBody {
  if (details === undefined) {
    return NO_BODY
  }
  try {
    const encoded = encodeBody(details)
    return (encoded.body?.length ?? 0) > MAX_DETAILS ? NO_BODY : encoded
  } catch {
    return NO_BODY
  }
}
