/** The serving side: who may call what, and the streams that calls come from. */
// first, as in serving.ts
import { Runner } from './runner.ts'
import { ProtocolError, RpcError } from '../errors.ts'
import { decodeBody } from '../wire/codecs.ts'
import { DEFAULT_TIMEOUT } from '../wire/limits.ts'
import { lifeOf } from '../wire/rpc-frames.ts'
import { Context } from './context.ts'
import { Inbound } from './inbound.ts'
import { isBuiltIn } from './methods.ts'
import { messageOf, withoutStack } from './outcome.ts'
import { Keyed, Replies } from './replies.ts'
import { STREAMING } from './stream-types.ts'
import type { Callers } from './callers.ts'
import type { ContextHost } from './context.ts'
import type { Admission, HandlerContext, TokenGuard } from './index.ts'
import type { Origin } from './inbound.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { Method, Methods } from './methods.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { RequestFrame } from '../wire/rpc-frames.ts'

export interface ServerInit {
  discovery: Discovery
  methods: Methods
  callers: Callers
  timers: Timers
  /** Bytes of a result. */
  maxBody: number
  host: ContextHost
  /** {@link Server.running} has changed. */
  onLoad: () => void
}

export class Server {
  readonly #init: ServerInit
  readonly #runner: Runner
  readonly #inbounds = new Map<FramedStream, Inbound>()
  readonly #replies = new Replies()
  #guard: TokenGuard | undefined
  #refusing: string | undefined
  /** Only calls of tokens that are linked to this node run; why. */
  #linkedOnly: string | undefined
  #left: (() => void) | undefined

  constructor (init: ServerInit) {
    this.#init = init
    this.#runner = new Runner(init.timers, init.onLoad, init.maxBody, ({ link }) => link === undefined || this.#guard?.holds?.(link) !== false)
  }

  setGuard (guard: TokenGuard): void {
    this.#guard = guard
  }

  /** Calls that run and that somebody waits for. */
  get running (): number {
    return this.#runner.running
  }

  /** `large` takes the large answers to what is asked on this stream. */
  onAccept (stream: FramedStream, large?: LargeAnswers): void {
    const caller = this.#init.callers.get(stream.peer, this.#init.timers.now())
    caller.streams++
    caller.outlets.add(stream)
    const inbound = new Inbound(stream, caller, large)
    this.#inbounds.set(stream, inbound)
    if (this.#refusing !== undefined) {
      inbound.goAway(this.#refusing)
    }
  }

  /**
   * False: the stream was not accepted here.
   *
   * @param gone - nobody waits for it any more: only its headers count
   * @throws ProtocolError - the id is in use: one of the two answers would go to the wrong call; or its headers were never
   * sent; or it is a streaming call, which has a stream of its own
   */
  onRequest (stream: FramedStream, request: RequestFrame, gone = false): boolean {
    const inbound = this.#inbounds.get(stream)
    if (inbound === undefined) {
      return false
    }
    if (request.streaming !== 0) {
      throw new ProtocolError('a streaming call')
    }
    if (request.headerSet !== 0) {
      inbound.headers.resolve(request)
    }
    if (gone) {
      return true
    }
    if (request.id === 0) {
      // nobody waits for its answer
      request.id = inbound.nextOneWay--
    }
    if (inbound.running.has(request.id)) {
      throw new ProtocolError(`request ${request.id} came twice`)
    }
    this.serve(inbound, request)
    return true
  }

  onCancel (stream: FramedStream, id: number): void {
    const inbound = this.#inbounds.get(stream)
    if (inbound !== undefined) {
      this.cancel(inbound, id)
    }
  }

  cancel (origin: Origin, id: number): void {
    const context = origin.running.get(id)
    if (context !== undefined && (!(context.origin instanceof Keyed) || context.origin.cancelled(origin, id))) {
      this.#runner.end(context, withoutStack(() => new RpcError('CANCELLED', `${context.method}: cancelled by the caller`)))
      if (!context.counted) {
        // it has waited for its turn, which does not come any more
        context.origin.unrun?.()
      }
    }
  }

  /** The stream of its caller has ended. */
  lost (context: Context, reason: Error | undefined): void {
    this.#runner.end(context, new RpcError('CANCELLED', `${context.method}: the caller has left, or its connection was lost`, { cause: reason }))
  }

  onEnd (stream: FramedStream, reason: Error | undefined): void {
    const inbound = this.#inbounds.get(stream)
    if (inbound === undefined) {
      return
    }
    this.#inbounds.delete(stream)
    inbound.caller.streams--
    inbound.caller.outlets.delete(stream)
    inbound.end()
    if (this.#inbounds.size === 0) {
      this.#left?.()
    }
    for (const [id, context] of [...inbound.running]) {
      if (context.origin instanceof Keyed) {
        // its caller may ask again for the reply
        context.origin.lost(inbound, id)
        continue
      }
      this.lost(context, reason)
    }
  }

  busy (stream: FramedStream): boolean {
    return (this.#inbounds.get(stream)?.running.size ?? 0) > 0
  }

  serve (origin: Origin, request: RequestFrame): void {
    const { methods, timers } = this.#init
    const now = timers.arrived()
    const refusal = this.#refusal(origin, request, now)
    if (refusal !== undefined) {
      origin.refuse(request.id, refusal)
      return
    }
    const entry = methods.get(request.method)
    if (entry === undefined) {
      origin.refuse(request.id, new RpcError('UNIMPLEMENTED', `service '${request.service}' has no method '${request.method}' on this node`))
      return
    }
    if (STREAMING[entry.kind] !== request.streaming) {
      origin.refuse(request.id, new RpcError('UNIMPLEMENTED', `'${request.method}' is a ${entry.kind} method`))
      return
    }
    const builtIn = isBuiltIn(entry.name)
    if (request.token === undefined || this.#guard === undefined || builtIn) {
      this.#admitted(origin, entry, request, now, builtIn ? undefined : this.#unlinked())
      return
    }
    const admission = this.#guard.admit(request.token, request.link, origin.caller.id)
    if (admission instanceof Promise) {
      this.#admit(origin, entry, request, now, admission)
    } else {
      this.#admitted(origin, entry, request, now, admission ?? this.#unlinked())
    }
  }

  /** Whether a call runs that is under no link. */
  #unlinked (): RpcError | undefined {
    return this.#linkedOnly === undefined ? undefined : new RpcError('UNAVAILABLE', this.#linkedOnly, { retryable: true })
  }

  /** It counts as running while it waits, so that it can be cancelled, and ends in time. */
  #admit (origin: Origin, entry: Method, request: RequestFrame, now: number, admission: Promise<Admission>): void {
    const { host, timers } = this.#init
    const waiting = new Context(host, origin, entry, request, this.#due(request, now), undefined)
    // its bytes are those of the stream
    const own = { ...request, body: request.body?.slice() }
    this.#runner.hold(waiting)
    admission.catch((err: unknown) => new RpcError('UNAVAILABLE', `the link of its token could not be checked: ${messageOf(err)}`, { retryable: true })).then(admission => {
      if (!this.#runner.release(waiting)) {
        return
      }
      const later = timers.now()
      const timeout = own.timeout === 0 ? 0 : Math.max(1, own.timeout - (later - now))
      this.#admitted(origin, entry, { ...own, timeout }, later, admission ?? this.#unlinked())
    }).catch((err: unknown) => { origin.refuse(request.id, new RpcError('INTERNAL', messageOf(err))) })
  }

  #due (request: RequestFrame, now: number): number {
    const none = request.streaming === 0 ? DEFAULT_TIMEOUT : Infinity
    return now + (request.timeout === 0 ? none : request.timeout)
  }

  #admitted (origin: Origin, entry: Method, request: RequestFrame, now: number, admission: Admission): void {
    if (admission instanceof RpcError) {
      origin.refuse(request.id, admission)
    } else if (request.idempotencyKey !== undefined && entry.kind === 'unary' && !isBuiltIn(entry.name)) {
      this.#serveOnce(origin, entry, request, now, admission)
    } else {
      this.#start(new Context(this.#init.host, origin, entry, request, this.#due(request, now), admission), request)
    }
  }

  /** A call with an idempotency key: unless it runs or has run already. */
  #serveOnce (origin: Origin, entry: Method, request: RequestFrame, now: number, link: HandlerContext['link']): void {
    if (request.life !== 0 && request.life !== lifeOf(this.#init.discovery.self.incarnation)) {
      // retryAfter: to ask a third time is of no use
      origin.refuse(request.id, new RpcError('UNAVAILABLE', 'this node was started anew since it was sent this call, which may have run', { retryAfter: -1 }))
      return
    }
    let keyed: Keyed | undefined
    try {
      keyed = this.#replies.begin(origin, request, now)
    } catch (err) {
      origin.refuse(request.id, err as RpcError)
      return
    }
    if (keyed !== undefined) {
      keyed.context = new Context(this.#init.host, keyed, entry, request, this.#due(request, now), link)
      keyed.join(origin, request.id)
      this.#start(keyed.context, request)
    }
  }

  #start (context: Context, request: RequestFrame): void {
    const { origin } = context
    context.entry.calls++
    let args: unknown
    let refusal: RpcError | undefined
    try {
      args = origin.local && request.codec === 3 ? request.body : decodeBody(request.codec, request.body, context)
      // what they take is known only now
      refusal = origin.caller.full(context.bytes, context.size)
    } catch (err) {
      refusal = new RpcError('INVALID_ARGUMENT', `the arguments cannot be read: ${messageOf(err)}`)
    }
    if (refusal === undefined) this.#runner.start(context, args)
    else this.#runner.reject(context, refusal)
  }

  /** Take new requests of tokens only that are linked to this node. */
  keepLinked (reason: string): void {
    this.#linkedOnly = reason
  }

  /** Take no new requests, and tell the peers. Resolves when no call runs, or the signal aborts. */
  async drain (reason: string, signal?: AbortSignal): Promise<void> {
    this.#refusing = reason
    for (const inbound of this.#inbounds.values()) {
      inbound.goAway(reason)
    }
    await this.#runner.idle(signal)
  }

  /**
   * Resolves when all callers have ended their streams, as they do when they are told to; until then a request that was
   * under way already is answered, so that its caller knows that it did not run.
   */
  async left (): Promise<void> {
    if (this.#inbounds.size > 0) {
      await new Promise<void>(resolve => { this.#left = resolve })
    }
  }

  /** End what still runs. */
  abort (contexts: Iterable<Context>, reason: string): void {
    // a call with a key is in the table of each stream that waits for it
    for (const context of new Set(contexts)) {
      const error = new RpcError('UNAVAILABLE', `${reason}; the call was under way and may have run`)
      this.#runner.end(context, error)
      context.origin.refuse(context.id, error)
    }
  }

  * contexts (): Iterable<Context> {
    for (const inbound of this.#inbounds.values()) {
      yield * inbound.running.values()
    }
    yield * this.#replies.contexts()
  }

  #refusal (origin: Origin, request: RequestFrame, now: number): RpcError | undefined {
    const { service } = this.#init.discovery.self
    const builtIn = isBuiltIn(request.method)
    if (this.#refusing !== undefined && !builtIn) {
      return new RpcError('UNAVAILABLE', this.#refusing, { retryable: true })
    }
    if (request.service !== service && !builtIn) {
      const serves = service === undefined ? 'no service' : `service '${service}'`
      return new RpcError('NOT_FOUND', `this node serves ${serves}, not '${request.service}'`, { retryable: true })
    }
    if (origin.congested) {
      return new RpcError('RESOURCE_EXHAUSTED', 'too many answers wait for the caller', { retryable: true })
    }
    return this.#init.callers.refusal(origin.caller, request.body?.length ?? 0, now)
  }
}
