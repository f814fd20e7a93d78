import { decodeBody } from '../wire/codecs.ts'
import { failAt } from './answers.ts'
import { SETTLED, timeLeft } from './call.ts'
import { encodeDetails } from './inbound.ts'
import { unreadable } from './outcome.ts'
import { detach } from './prepare.ts'
import type { Outcomes } from './answers.ts'
import type { Call } from './call.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Origin } from './inbound.ts'
import type { RpcError } from '../errors.ts'
import type { Timers } from '../util/timers.ts'
import type { BodyCodec } from '../wire/codecs.ts'

export interface LocalInit {
  caller: Caller
  timers: Timers
  outcomes: Outcomes
  /** Serve the call as if it had come over a stream. */
  serve: (call: Call) => void
  cancel: (origin: Origin, id: number) => void
  label: () => string
}

/**
 * This node's calls to itself. They skip the network and keep everything else: arguments and results are encoded, so
 * that neither side sees the other's later changes (bytes are shared), and the handler runs later than the call.
 */
export class Local implements Origin {
  readonly caller: Caller
  readonly running = new Map<number, Context>()
  readonly local = true
  readonly congested = false
  readonly #init: LocalInit
  readonly #calls = new Map<number, Call>()
  #next = 1
  #nextOneWay = -1

  constructor (init: LocalInit) {
    this.#init = init
    this.caller = init.caller
  }

  run (call: Call): void {
    if (!detach(call, this.#init.outcomes)) {
      return
    }
    if (call.oneWay) {
      this.#tell(call)
      return
    }
    call.id = this.#next++
    call.timeout = timeLeft(call, this.#init.timers)
    this.#calls.set(call.id, call)
    queueMicrotask(() => {
      if (this.#calls.has(call.id)) {
        this.#init.serve(call)
      }
    })
  }

  /** Nobody waits for its answer, so nothing is kept of it. */
  #tell (call: Call): void {
    call.id = this.#nextOneWay--
    call.timeout = timeLeft(call, this.#init.timers)
    queueMicrotask(() => {
      this.#init.serve(call)
      this.#init.outcomes.succeed(call, undefined)
    })
  }

  /** Nobody waits for the call any more. */
  cancel (call: Call): void {
    if (this.#calls.delete(call.id)) {
      this.#init.cancel(this, call.id)
    }
  }

  answer (id: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    const call = this.#take(id)
    if (call === undefined) {
      return
    }
    let value: unknown
    try {
      value = codec === 3 ? body : decodeBody(codec, body)
    } catch (err) {
      this.#init.outcomes.fail(call, unreadable(call.what, this.caller.id, this.#init.label(), err))
      return
    }
    this.#init.outcomes.succeed(call, value)
  }

  refuse (id: number, error: RpcError): void {
    const call = this.#take(id)
    if (call !== undefined) {
      const { codec, body } = encodeDetails(error.details)
      failAt(this.#init.outcomes, call, this.caller.id, this.#init.label(), error.code, error.message, error.retryable, decodeBody(codec, body), error.retryAfter)
    }
  }

  #take (id: number): Call | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call?.state === SETTLED ? undefined : call
  }
}
