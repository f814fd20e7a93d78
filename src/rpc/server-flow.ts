import { ProtocolError, RpcError } from '../errors.ts'
import { decodeBody, encodeBody } from '../wire/codecs.ts'
import { encodeDetails } from './inbound.ts'
import { Inflow } from './inflow.ts'
import { RETRY_AFTER, messageOf, statusOf, unsendable } from './outcome.ts'
import { Outflow } from './outflow.ts'
import { checkedInput, checkedOutput } from './validate-items.ts'
import type { Caller } from './callers.ts'
import type { Channel, ChannelUser } from './channel.ts'
import type { Context } from './context.ts'
import type { Origin } from './inbound.ts'
import type { HandleOptions } from './index.ts'
import type { StreamHandler, StreamKind } from './stream-types.ts'
import type { BodyCodec, EncodedBody } from '../wire/codecs.ts'
import type { DecodedCredit, DecodedEnd, DecodedItem, RequestFrame, ResponseFrame } from '../wire/rpc-frames.ts'

export interface ServerFlowInit {
  channel: Channel
  caller: Caller
  /** Bytes of an item. */
  maxBody: number
  serve: (flow: ServerFlow, request: RequestFrame) => void
  /** The caller is not there any more. */
  lost: (flow: ServerFlow, reason: Error | undefined) => void
}

/** A streaming call, at the node that serves it. */
export class ServerFlow implements Origin, ChannelUser {
  readonly caller: Caller
  readonly running = new Map<number, Context>()
  readonly local: boolean
  readonly congested = false
  readonly #init: ServerFlowInit
  readonly #channel: Channel
  readonly #out: Outflow
  #begun = false
  #accepted = false
  #answered = false
  #works = false
  #input: Inflow | undefined

  constructor (init: ServerFlowInit) {
    this.#init = init
    this.#channel = init.channel
    this.caller = init.caller
    this.local = init.channel.local
    this.#out = new Outflow(init.channel)
  }

  /** It is answered, and its handler is done. */
  get over (): boolean {
    return this.#answered && !this.#works
  }

  get failure (): unknown {
    return this.#out.failure
  }

  onRequest (request: RequestFrame): void {
    if (this.#begun || request.streaming === 0) {
      throw new ProtocolError(this.#begun ? 'a second request on the stream of one call' : 'a request of one answer on a stream for sequences')
    }
    this.#begun = true
    this.#init.serve(this, request)
  }

  onResponse (): void {
    throw new ProtocolError('an answer on a stream for requests')
  }

  onFlow (frame: DecodedItem | DecodedCredit | DecodedEnd, keep: boolean): void {
    if (this.#answered) {
      return
    }
    if (frame.kind === 6) {
      this.#out.grant(frame.bytes)
    } else if (this.#input === undefined || !this.#accepted) {
      throw new ProtocolError('input that was not asked for')
    } else if (frame.kind === 5) {
      this.#input.push(frame.codec, frame.body, keep)
    } else {
      this.#input.end()
    }
  }

  onEnd (reason: Error | undefined): void {
    this.#init.lost(this, reason)
    this.#over()
  }

  answer (_: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    this.#respond({ id: 0, status: 0, codec, body, message: '', retryable: false, headers: undefined })
  }

  refuse (_: number, error: RpcError): void {
    const { code, message, retryable, details, retryAfter } = error
    const headers = retryAfter === undefined ? undefined : { [RETRY_AFTER]: String(retryAfter) }
    this.#respond({ id: 0, status: statusOf(code), ...encodeDetails(details), message, retryable, headers })
  }

  /** Runs a handler, which is to accept the call; resolves to what is answered when its sequences have ended. */
  async run (kind: StreamKind, handler: StreamHandler, args: unknown, context: Context, options: HandleOptions): Promise<unknown> {
    const { signal } = context
    if (kind !== 'serverStream') {
      this.#input = new Inflow({ read, grant: bytes => { this.#channel.credit(bytes) }, onNext: () => { this.accept() } })
    }
    const onAbort = (): void => {
      this.#input?.end(context.ended, true)
      this.#out.stop()
    }
    signal.addEventListener('abort', onAbort)
    this.#works = true
    try {
      const input = this.#input === undefined ? args : checkedInput(options.input, this.#input)
      const result = await handler(input, context)
      if (kind === 'clientStream') {
        return result
      }
      // an interceptor may give results of its own
      this.accept()
      await this.#out.run(result, checkedOutput(options.output, value => encode(value, this.#init.maxBody)))
      return undefined
    } finally {
      this.#works = false
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Tells the caller that the call runs here, and may send its input. */
  accept (): void {
    if (!this.#accepted && !this.#answered) {
      this.#accepted = true
      this.#channel.credit(this.#input?.open() ?? 0)
    }
  }

  #respond (response: ResponseFrame): void {
    if (this.#answered) {
      return
    }
    this.#over()
    try {
      this.#channel.respond(response)
      this.#channel.close()
    } catch (err) {
      this.#channel.abort(err as Error)
    }
  }

  #over (): void {
    this.#answered = true
    this.#input?.end(undefined, true)
    this.#out.stop()
  }
}

function read (codec: BodyCodec, body: Uint8Array | undefined): unknown {
  try {
    return decodeBody(codec, body)
  } catch (err) {
    throw new RpcError('INVALID_ARGUMENT', `the input cannot be read: ${messageOf(err)}`, { cause: err })
  }
}

function encode (value: unknown, maxBody: number): EncodedBody {
  try {
    return encodeBody(value, maxBody)
  } catch (err) {
    throw unsendable('a result', 'INTERNAL', err)
  }
}
