import { ProtocolError, RpcError } from '../errors.ts'
import { decodeBody, encodeBody } from '../wire/codecs.ts'
import { failAt } from './answers.ts'
import { SETTLED } from './call.ts'
import { Inflow } from './inflow.ts'
import { RETRY_AFTER, codeOf, detailsOf, messageOf, retryAfterOf, unreadable, unsendable } from './outcome.ts'
import { Outflow } from './outflow.ts'
import type { Outcomes } from './answers.ts'
import type { Call } from './call.ts'
import type { Channel, ChannelUser } from './channel.ts'
import type { BodyCodec, EncodedBody } from '../wire/codecs.ts'
import type { DecodedCredit, DecodedEnd, DecodedItem, ResponseFrame } from '../wire/rpc-frames.ts'

/** What a {@link ClientFlow} asks of the calling side. */
export interface FlowHost {
  readonly outcomes: Outcomes
  /** Bytes of an item. */
  readonly maxBody: number
  label (node: string): string
  begin (call: Call): void
  /** A node has taken the call: it may last. */
  accepted (call: Call): void
  cancel (call: Call, reason: unknown): void
}

/** A streaming call, at the node that makes it. It outlives the attempts at nodes that do not take it. */
export class ClientFlow implements ChannelUser {
  readonly call: Call
  /** Undefined when there is one result. */
  readonly results: Inflow | undefined
  readonly #host: FlowHost
  readonly #input: unknown
  #channel: Channel | undefined
  #out: Outflow | undefined
  #begun = false
  #accepted = false
  /** Nobody wants what has arrived. */
  #dropped = false

  constructor (call: Call, input: unknown, host: FlowHost) {
    this.call = call
    this.#host = host
    this.#input = input
    this.results = (call.streaming & 1) === 0
      ? undefined
      : new Inflow({
        read: (codec, body) => this.#read(codec, body),
        grant: bytes => { this.#channel?.credit(bytes) },
        onNext: () => { this.#onNext() },
        onLeave: reason => { this.#onLeave(reason) }
      })
    if (this.results !== undefined) {
      const { results } = this
      call.resolve = () => { results.end() }
      call.reject = error => {
        results.end(error as Error, this.#dropped)
        call.onFailed?.(error)
      }
    }
  }

  /** Send the call on this channel. Throws as the channel does; nothing was sent then. */
  attach (channel: Channel): void {
    this.#channel = channel
    this.#out = new Outflow(channel)
    channel.request(this.call)
    if (this.results !== undefined) {
      channel.credit(this.results.open())
    }
  }

  begin (): void {
    this.#begun = true
    this.#host.begin(this.call)
  }

  /** The caller takes the call back. */
  withdraw (): void {
    this.#dropped = true
    this.#out?.stop()
    this.#channel?.abort(new Error('the call was cancelled'))
  }

  onRequest (): void {
    throw new ProtocolError('a request on a stream for answers')
  }

  onFlow (frame: DecodedItem | DecodedCredit | DecodedEnd, keep: boolean): void {
    if (this.call.state === SETTLED) {
      return
    }
    if (frame.kind === 6) {
      this.#accept()
      this.#out?.grant(frame.bytes)
    } else if (frame.kind === 5 && this.#accepted && this.results !== undefined) {
      this.results.push(frame.codec, frame.body, keep)
    } else {
      throw new ProtocolError('results that were not asked for')
    }
  }

  onResponse (response: ResponseFrame): void {
    const { call } = this
    const { outcomes } = this.#host
    this.#channel?.close()
    if (call.state === SETTLED) {
      return
    }
    this.#out?.stop()
    if (response.status !== 0) {
      // what has begun did run, whatever the peer says
      const retryable = response.retryable && !this.#accepted
      failAt(outcomes, call, call.node, this.#host.label(call.node), codeOf(response.status), response.message, retryable, detailsOf(response), retryAfterOf(response.headers?.[RETRY_AFTER]))
      return
    }
    let value: unknown
    try {
      value = this.#read(response.codec, response.body)
    } catch (err) {
      outcomes.fail(call, err as Error)
      return
    }
    outcomes.succeed(call, value)
  }

  onEnd (reason: Error | undefined): void {
    const { call } = this
    this.#out?.stop()
    if (call.state === SETTLED || this.#dropped) {
      return
    }
    const { node } = call
    const what = reason === undefined ? 'ended the call before its result' : 'lost while the call was under way; it may have run'
    const error = new RpcError('UNAVAILABLE', `${call.what}: ${reason === undefined ? '' : 'connection to '}${this.#host.label(node)} ${what}`, { node, cause: reason })
    if (!this.#accepted && this.#channel?.unsent === true) {
      this.#host.outcomes.again(call, node, error, 'unreachable')
    } else {
      this.#host.outcomes.fail(call, error)
    }
  }

  #accept (): void {
    if (this.#accepted) {
      return
    }
    this.#accepted = true
    this.#host.accepted(this.call)
    if ((this.call.streaming & 2) !== 0) {
      this.#send(this.#out as Outflow).catch((err: unknown) => {
        this.#failInput(err)
      })
    }
  }

  async #send (out: Outflow): Promise<void> {
    if (await out.run(this.#input, value => this.#encode(value))) {
      this.#channel?.end()
    }
  }

  #failInput (err: unknown): void {
    const { call } = this
    if (call.state !== SETTLED) {
      this.withdraw()
      this.#host.outcomes.fail(call, err instanceof RpcError ? err : new RpcError('CANCELLED', `${call.what}: its input failed: ${messageOf(err)}`, { cause: err }))
    }
  }

  #encode (value: unknown): EncodedBody {
    try {
      return encodeBody(value, this.#host.maxBody)
    } catch (err) {
      throw unsendable(`${this.call.what}: an item`, 'INVALID_ARGUMENT', err)
    }
  }

  #read (codec: BodyCodec, body: Uint8Array | undefined): unknown {
    try {
      return decodeBody(codec, body)
    } catch (err) {
      const { call } = this
      throw unreadable(call.what, call.node, this.#host.label(call.node), err)
    }
  }

  #onNext (): void {
    const { signal } = this.call
    if (!this.#begun) {
      this.begin()
    } else if (signal?.aborted === true && this.call.state === SETTLED) {
      this.results?.end(new RpcError('CANCELLED', `${this.call.what}: cancelled by the caller`, { cause: signal.reason }), true)
    }
  }

  #onLeave (reason: unknown): void {
    if (this.#begun && this.call.state !== SETTLED) {
      this.#host.cancel(this.call, reason ?? new Error('the results are not read any more'))
    }
    this.#begun = true
  }
}
