/** What was answered to calls with an idempotency key: the second call of a key gets the first one's reply. */
import { RpcError } from '../errors.ts'
import { crc32c } from '../util/crc32c.ts'
import { MAX_IDEMPOTENCY_KEY, MAX_REPLIES, MAX_REPLY_BYTES, REPLY_TTL } from '../wire/limits.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Origin } from './inbound.ts'
import type { BodyCodec } from '../wire/codecs.ts'
import type { RequestFrame } from '../wire/rpc-frames.ts'

interface Waiter {
  readonly origin: Origin
  readonly id: number
}

/**
 * One keyed call, in place of the stream that it came on: it outlives that stream, and whoever asks again while it runs
 * waits for the same answer.
 */
export class Keyed implements Origin {
  readonly caller: Caller
  readonly running = new Map<number, Context>()
  readonly local: boolean
  readonly congested = false
  readonly key: string
  /** Of the arguments. */
  readonly sum: number
  readonly at: number
  /** Set while it runs. */
  context: Context | undefined = undefined
  size = 0
  kept = false
  readonly #replies: Replies
  #waiters: Waiter[] = []
  #send: ((waiter: Waiter) => void) | undefined

  constructor (replies: Replies, origin: Origin, key: string, sum: number, now: number) {
    this.#replies = replies
    this.caller = origin.caller
    this.local = origin.local
    this.key = key
    this.sum = sum
    this.at = now
  }

  /** Answer this one too: at once when the reply is there. */
  join (origin: Origin, id: number): void {
    const waiter = { origin, id }
    if (this.#send !== undefined) {
      this.#send(waiter)
    } else if (this.context !== undefined) {
      this.#waiters.push(waiter)
      origin.running.set(id, this.context)
    }
  }

  /** One of those that wait was cancelled. True: nobody waits any more, and the call is to end. */
  cancelled (origin: Origin, id: number): boolean {
    this.lost(origin, id)
    if (this.#waiters.length > 0) {
      return false
    }
    this.#replies.drop(this)
    return true
  }

  /** The stream of one of those that wait has ended: it may ask again. */
  lost (origin: Origin, id: number): void {
    origin.running.delete(id)
    this.#waiters = this.#waiters.filter(waiter => waiter.origin !== origin || waiter.id !== id)
  }

  answer (_id: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    // the handler may go on to use its buffer
    const kept = codec === 3 && body !== undefined ? body.slice() : body
    this.#settle(kept?.length ?? 0, ({ origin, id }) => { origin.answer(id, codec, kept) })
    this.#replies.keep(this)
  }

  refuse (_id: number, error: RpcError): void {
    const ran = !error.retryable && this.context?.ended === undefined
    this.#settle(error.message.length, ({ origin, id }) => { origin.refuse(id, error) })
    if (ran) {
      this.#replies.keep(this)
    } else {
      this.#replies.drop(this)
    }
  }

  #settle (size: number, send: (waiter: Waiter) => void): void {
    this.#send = send
    this.size = size + this.key.length
    this.context = undefined
    for (const waiter of this.#waiters) {
      waiter.origin.running.delete(waiter.id)
      send(waiter)
    }
    this.#waiters = []
  }
}

/** The replies of a node, the oldest forgotten first: those of the caller that holds the most. */
export class Replies {
  readonly #callers = new Map<string, Map<string, Keyed>>()
  #count = 0
  #bytes = 0

  /**
   * The keyed call to run; undefined when its key is known and the answer comes, or came, by itself.
   *
   * @throws RpcError - the key cannot be, or was used for another call
   */
  begin (origin: Origin, request: RequestFrame, now: number): Keyed | undefined {
    const { idempotencyKey = '', method, body } = request
    if (idempotencyKey.length > MAX_IDEMPOTENCY_KEY) {
      throw new RpcError('INVALID_ARGUMENT', `an idempotency key has at most ${MAX_IDEMPOTENCY_KEY} characters`)
    }
    const key = `${method} ${idempotencyKey}`
    const sum = body === undefined ? 0 : crc32c(body)
    const known = this.#known(origin.caller.id, key, now)
    if (known === undefined) {
      const keyed = new Keyed(this, origin, key, sum, now)
      this.#add(keyed)
      return keyed
    }
    if (known.sum !== sum) {
      throw new RpcError('FAILED_PRECONDITION', `the idempotency key of this call to '${method}' was used with other arguments; it did not run again`)
    }
    known.join(origin, request.id)
    return undefined
  }

  keep (keyed: Keyed): void {
    if (this.#callers.get(keyed.caller.id)?.get(keyed.key) === keyed) {
      keyed.kept = true
      this.#bytes += keyed.size
      while (this.#bytes > MAX_REPLY_BYTES && this.#evict()) { /* one at a time */ }
    }
  }

  drop (keyed: Keyed): void {
    const replies = this.#callers.get(keyed.caller.id)
    if (replies?.get(keyed.key) === keyed) {
      replies.delete(keyed.key)
      this.#count--
      this.#bytes -= keyed.kept ? keyed.size : 0
      if (replies.size === 0) {
        this.#callers.delete(keyed.caller.id)
      }
    }
  }

  #known (caller: string, key: string, now: number): Keyed | undefined {
    const replies = this.#callers.get(caller)
    for (const keyed of replies?.values() ?? []) {
      if (now - keyed.at < REPLY_TTL) {
        break
      }
      if (keyed.context === undefined) {
        this.drop(keyed)
      }
    }
    return replies?.get(key)
  }

  #add (keyed: Keyed): void {
    if (this.#count >= MAX_REPLIES) {
      this.#evict()
    }
    const { id } = keyed.caller
    const replies = this.#callers.get(id) ?? new Map<string, Keyed>()
    this.#callers.set(id, replies.set(keyed.key, keyed))
    this.#count++
  }

  /** False: all that are left run. */
  #evict (): boolean {
    const largest = [...this.#callers.values()].reduce<Map<string, Keyed> | undefined>((a, b) => a === undefined || b.size > a.size ? b : a, undefined)
    for (const keyed of largest?.values() ?? []) {
      if (keyed.context === undefined) {
        this.drop(keyed)
        return true
      }
    }
    return false
  }

  /** Calls that run. */
  * contexts (): Iterable<Context> {
    for (const keyed of this.#callers.values()) {
      for (const { context } of keyed.values()) {
        if (context !== undefined) {
          yield context
        }
      }
    }
  }
}
