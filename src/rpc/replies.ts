/** What was answered to calls with an idempotency key: the second call of a key gets the first one's reply. */
import { RpcError } from '../errors.ts'
import { crc32c } from '../util/crc32c.ts'
import { decodeBody } from '../wire/codecs.ts'
import { MAX_IDEMPOTENCY_KEY, MAX_REPLIES, MAX_REPLY_BYTES, REPLY_TTL } from '../wire/limits.ts'
import { tokenToHex } from '../wire/token.ts'
import { encodeDetails } from './inbound.ts'
import { MAX_WAITERS } from './numbers.ts'
import { withoutStack } from './outcome.ts'
import type { Caller } from './callers.ts'
import type { Context } from './context.ts'
import type { Origin } from './inbound.ts'
import type { BodyCodec, EncodedBody } from '../wire/codecs.ts'
import type { RequestFrame } from '../wire/rpc-frames.ts'

/** What the caller may ask again for: it is answered anew. */
const PASSING: ReadonlySet<string> = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'ABORTED', 'UNAUTHENTICATED', 'PERMISSION_DENIED', 'CANCELLED', 'DEADLINE_EXCEEDED'])

type Send = (origin: Origin, id: number) => void

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
  /** Set while its handler runs, also when nobody waits any more. */
  context: Context | undefined = undefined
  size = 0
  readonly #replies: Replies
  readonly #waiters = new Map<Origin, Set<number>>()
  #waiting = 0
  #send: Send | undefined

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
    if (this.#send !== undefined) {
      this.#send(origin, id)
    } else if (this.#waiting >= MAX_WAITERS) {
      // not retryable: another node would run it
      origin.refuse(id, new RpcError('RESOURCE_EXHAUSTED', `${this.#waiting} calls wait for the answer of this idempotency key already`))
    } else if (this.context !== undefined) {
      const ids = this.#waiters.get(origin) ?? new Set<number>()
      this.#waiters.set(origin, ids.add(id))
      this.#waiting++
      origin.running.set(id, this.context)
    }
  }

  /** One of those that wait was cancelled. True: nobody waits any more, and the call is to end. */
  cancelled (origin: Origin, id: number): boolean {
    this.lost(origin, id)
    return this.#waiting === 0
  }

  /** The stream of one of those that wait has ended: it may ask again. */
  lost (origin: Origin, id: number): void {
    origin.running.delete(id)
    const ids = this.#waiters.get(origin)
    if (ids?.delete(id) === true) {
      this.#waiting--
      if (ids.size === 0) {
        this.#waiters.delete(origin)
      }
    }
  }

  answer (_id: number, codec: BodyCodec, body: Uint8Array | undefined): void {
    // bytes are the handler's, or a caller's of this node, who may go on to use them; any other body is part of a larger buffer.
    // not slice(): that of a Node Buffer shares its memory
    const kept = body === undefined ? undefined : new Uint8Array(body)
    this.#settle(kept?.length ?? 0, (origin, id) => { origin.answer(id, codec, origin.local ? kept?.slice() : kept) })
    this.#replies.keep(this)
  }

  refuse (_id: number, error: RpcError): void {
    if (this.context?.ended !== undefined && this.context.counted) {
      // the deadline has passed and the handler runs on: what it comes to is the reply of the key
      this.#tell((origin, id) => { origin.refuse(id, error) })
      return
    }
    // it did not run: it may be let in the next time
    const barred = this.context?.barred === true && !this.context.ran
    const [send, size] = keptError(error)
    this.#settle(size, send)
    if (barred || error.retryable || PASSING.has(error.code)) {
      this.#replies.drop(this)
    } else {
      this.#replies.keep(this)
    }
  }

  /** The handler is done after nobody waited for it any more. No result: it threw, as it should when it is aborted. */
  late (result: EncodedBody | undefined): void {
    if (this.context === undefined) {
      return
    }
    if (result === undefined) {
      // not retryable: it has run, for some time, and another node does not know that
      this.refuse(0, new RpcError('UNAVAILABLE', 'the call of this idempotency key was cancelled while it ran'))
    } else {
      this.answer(0, result.codec, result.body)
    }
  }

  /** Whoever has joined it meanwhile may ask anew. Not retryable: that would be another node, while this one has the key's replies. */
  unrun (): void {
    if (this.context !== undefined) {
      this.refuse(0, new RpcError('UNAVAILABLE', 'the call of this idempotency key was ended before it ran'))
    }
  }

  #settle (size: number, send: Send): void {
    this.#send = send
    this.size = size + this.key.length * 2
    this.context = undefined
    this.#tell(send)
  }

  #tell (send: Send): void {
    for (const [origin, ids] of this.#waiters) {
      for (const id of ids) {
        origin.running.delete(id)
        send(origin, id)
      }
    }
    this.#waiters.clear()
    this.#waiting = 0
  }
}

/** As much of an error as travels, and its size. A function of its own: a closure beside it would keep the error itself. */
function keptError ({ code, details, message, retryAfter, retryable }: RpcError): [Send, number] {
  const { codec, body } = encodeDetails(details)
  const kept = withoutStack(() => new RpcError(code, message, { details: decodeBody(codec, body), retryAfter, retryable }))
  return [(origin, id) => { origin.refuse(id, kept) }, message.length * 2 + (body?.length ?? 0)]
}

/** What is kept for one caller. */
class Kept {
  readonly replies = new Map<string, Keyed>()
  /** Those that have their answer, the oldest first. */
  readonly done = new Set<Keyed>()
  bytes = 0
}

/** The replies of a node, the oldest forgotten first: those of the caller that holds the most. */
export class Replies {
  readonly #callers = new Map<string, Kept>()
  /** Of those that have their answer; those that run are bounded by what a caller may run. */
  #count = 0
  #bytes = 0

  /**
   * The keyed call to run; undefined when its key is known and the answer comes, or came, by itself.
   *
   * @throws RpcError - the key cannot be, or was used for another call
   */
  begin (origin: Origin, request: RequestFrame, now: number): Keyed | undefined {
    const { idempotencyKey = '', method, body, headers, token } = request
    if (idempotencyKey.length > MAX_IDEMPOTENCY_KEY) {
      throw new RpcError('INVALID_ARGUMENT', `an idempotency key has at most ${MAX_IDEMPOTENCY_KEY} characters`)
    }
    // who is allowed what may depend on both, and a reply is given without asking again
    const rights = crc32c(new TextEncoder().encode(JSON.stringify([headers, token === undefined ? '' : tokenToHex(token)])))
    const key = `${method} ${rights} ${idempotencyKey}`
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
    const own = this.#callers.get(keyed.caller.id)
    if (own?.replies.get(keyed.key) === keyed) {
      own.done.add(keyed)
      own.bytes += keyed.size
      this.#bytes += keyed.size
      this.#count++
      if (this.#count > MAX_REPLIES) {
        this.#evict((a, b) => b.done.size - a.done.size)
      }
      while (this.#bytes > MAX_REPLY_BYTES) {
        this.#evict((a, b) => b.bytes - a.bytes)
      }
    }
  }

  drop (keyed: Keyed): void {
    const own = this.#callers.get(keyed.caller.id)
    if (own?.replies.get(keyed.key) === keyed) {
      own.replies.delete(keyed.key)
      if (own.done.delete(keyed)) {
        own.bytes -= keyed.size
        this.#bytes -= keyed.size
        this.#count--
      }
      if (own.replies.size === 0) {
        this.#callers.delete(keyed.caller.id)
      }
    }
  }

  #known (caller: string, key: string, now: number): Keyed | undefined {
    const own = this.#callers.get(caller)
    for (const keyed of own?.done ?? []) {
      if (now - keyed.at < REPLY_TTL) {
        break
      }
      this.drop(keyed)
    }
    const known = own?.replies.get(key)
    if (known?.context === undefined && known !== undefined && now - known.at >= REPLY_TTL) {
      // one that took long stands behind younger ones
      this.drop(known)
      return undefined
    }
    return known
  }

  #add (keyed: Keyed): void {
    const { id } = keyed.caller
    const own = this.#callers.get(id) ?? new Kept()
    own.replies.set(keyed.key, keyed)
    this.#callers.set(id, own)
  }

  /** Forget the oldest reply of the caller that comes first. */
  #evict (order: (a: Kept, b: Kept) => number): void {
    let largest: Kept | undefined
    for (const own of this.#callers.values()) {
      largest = largest === undefined || order(largest, own) > 0 ? own : largest
    }
    const oldest = largest?.done.values().next().value
    if (oldest !== undefined) {
      this.drop(oldest)
    }
  }

  /** Calls that run. */
  * contexts (): Iterable<Context> {
    for (const { replies } of this.#callers.values()) {
      for (const { context } of replies.values()) {
        if (context !== undefined && context.ended === undefined) {
          yield context
        }
      }
    }
  }
}
