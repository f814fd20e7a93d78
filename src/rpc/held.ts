/** What peers ask for before the code is there that serves it: requests, which wait for a short while. */
import { ProtocolError } from '../errors.ts'
import { HELD_COST, MAX_HELD, MAX_HELD_PER_PEER, STREAM_WINDOW } from '../wire/limits.ts'
import { fillFrame, sizeGoAway, sizeResponse } from '../wire/rpc-frames.ts'
import { ReceivedHeaders } from './header-sets.ts'
import { statusOf } from './outcome.ts'
import type { Serving } from './serving.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream } from '../streams/index.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'
import type { DecodedRequest } from '../wire/rpc-frames.ts'

/** Milliseconds that a request waits at most: its caller must have time left for another node. */
const HOLD = 1_500
/** The share of strangers. */
const STRANGERS = 1 / 4

/** Who serves the requests of a stream. */
export interface Room {
  /** Each stream is of one call of sequences. */
  readonly flows: boolean
  /** `headers` are what came on it before. */
  readonly accept: (serving: Serving, stream: FramedStream, headers?: ReceivedHeaders) => void
  readonly serve: (serving: Serving, stream: FramedStream, request: DecodedRequest) => unknown
}

const serve: Room['serve'] = ({ server }, stream, request) => server.onRequest(stream, request)
export const SMALL: Room = { flows: false, accept: ({ server, large }, stream, headers) => { server.onAccept(stream, large, headers) }, serve }
export const BULK: Room = { flows: false, accept: ({ server }, stream, headers) => { server.onAccept(stream, undefined, headers) }, serve }
export const FLOWS: Room = { flows: true, accept: ({ flows }, stream) => { flows.onAccept(stream) }, serve: ({ flows }, stream, request) => flows.onFrame(stream, request) }

interface Waiting {
  readonly request: DecodedRequest
  readonly since: number
  readonly size: number
}

/** A stream of a peer that asked for something before the code was there. */
interface Early {
  readonly room: Room
  /** Also those of requests that were refused: later ones may refer to them. */
  readonly headers: ReceivedHeaders
  /** By id; those without one below 0. */
  readonly requests: Map<number, Waiting>
}

export interface HeldInit {
  discovery: Discovery
  timers: Timers
  /** Undefined: not yet. */
  serving: () => Serving | undefined
  /** See that it comes. */
  load: () => void
}

export class Held {
  readonly #init: HeldInit
  readonly #streams = new Map<FramedStream, Early>()
  readonly #peers = new Map<string, number>()
  #bytes = 0
  #nextOneWay = -1
  #timer: TimerHandle | undefined
  /** Why nothing waits any more. */
  #refusing: string | undefined
  #left: (() => void) | undefined

  constructor (init: HeldInit) {
    this.#init = init
  }

  /** A request on a stream that was not accepted yet. @param size - of its frame */
  onRequest (stream: FramedStream, request: DecodedRequest, size: number, room: Room): void {
    let early = this.#streams.get(stream)
    if (early === undefined) {
      early = { room, headers: new ReceivedHeaders(), requests: new Map() }
      this.#streams.set(stream, early)
    } else if (room.flows || early.requests.has(request.id)) {
      throw new ProtocolError(`request ${request.id} came twice`)
    }
    if (request.headerSet !== 0) early.headers.resolve(request)
    const serving = this.#init.serving()
    if (serving !== undefined) {
      this.#pass(serving, stream, early)
      room.serve(serving, stream, request)
    } else if (this.#refusing !== undefined) {
      this.#refuse(stream, early, [request.id], this.#refusing)
      this.#goAway(stream, early, this.#refusing)
    } else {
      this.#hold(stream, early, request, size + HELD_COST + (room.flows ? STREAM_WINDOW : 0))
    }
  }

  /** The stream has asked for something, and is not served. */
  has (stream: FramedStream): boolean {
    return this.#streams.has(stream)
  }

  onCancel (stream: FramedStream, id: number): void {
    const requests = this.#streams.get(stream)?.requests
    const waiting = requests?.get(id)
    if (waiting !== undefined) {
      requests?.delete(id)
      this.#count(stream.peer, -waiting.size)
    }
  }

  onEnd (stream: FramedStream): void {
    const early = this.#streams.get(stream)
    if (early !== undefined) {
      this.#take(stream.peer, early)
      this.#drop(stream)
    }
  }

  /** The code is there. Calls that nobody waits for any more do not run, and the others have the time that is left of theirs. */
  serve (serving: Serving): void {
    this.#stopTimer()
    for (const [stream, early] of this.#streams) {
      try {
        // the others are accepted with their next request
        if (early.requests.size > 0) this.#pass(serving, stream, early)
      } catch (err) {
        stream.abort(err as Error)
      }
    }
  }

  /** Nothing waits any more; the callers are told so, as these calls did not run. */
  refuse (reason: string): void {
    this.#refusing = reason
    this.#stopTimer()
    for (const [stream, early] of this.#streams) {
      this.#refuse(stream, early, this.#take(stream.peer, early).map(({ request }) => request.id), reason)
      this.#goAway(stream, early, reason)
    }
  }

  /** Resolves when the callers have ended the streams of what was refused. */
  async left (): Promise<void> {
    if (this.#streams.size > 0) await new Promise<void>(resolve => { this.#left = resolve })
  }

  #hold (stream: FramedStream, early: Early, request: DecodedRequest, size: number): void {
    const { peer } = stream
    const { room, requests } = early
    const share = this.#init.discovery.node(peer) === undefined ? STRANGERS : 1
    // one that waits for its turn cannot be kept from going on with it
    if ((this.#peers.get(peer) ?? 0) + size > MAX_HELD_PER_PEER * share || this.#bytes + size > MAX_HELD * share || (room.flows && stream.paused)) {
      this.#refuse(stream, early, [request.id], 'too much waits for the code that serves calls')
      return
    }
    if (room.flows) stream.pause()
    // its bytes are those of the stream
    request.body = request.body?.slice()
    requests.set(request.id === 0 ? this.#nextOneWay-- : request.id, { request, since: this.#init.timers.now(), size })
    this.#count(peer, size)
    this.#timer ??= this.#init.timers.after(HOLD, () => { this.refuse('the code that serves calls did not come in time') })
    this.#init.load()
  }

  #pass (serving: Serving, stream: FramedStream, early: Early): void {
    const { room, headers } = early
    const now = this.#init.timers.now()
    const waiting = this.#take(stream.peer, early)
    this.#drop(stream)
    room.accept(serving, stream, headers)
    for (const { request, since } of waiting) {
      const { timeout } = request
      request.timeout = Math.max(0, timeout - (now - since))
      if (timeout > 0 && request.timeout === 0) this.#refuse(stream, early, [request.id], 'its time was over before it could run')
      else room.serve(serving, stream, request)
      if (room.flows) stream.resume()
    }
  }

  #drop (stream: FramedStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size === 0) this.#left?.()
  }

  #take (peer: string, { requests }: Early): Waiting[] {
    const all = [...requests.values()]
    requests.clear()
    this.#count(peer, -all.reduce((sum, { size }) => sum + size, 0))
    return all
  }

  #count (peer: string, by: number): void {
    const bytes = (this.#peers.get(peer) ?? 0) + by
    this.#bytes += by
    if (bytes > 0) this.#peers.set(peer, bytes)
    else this.#peers.delete(peer)
  }

  #refuse (stream: FramedStream, { room }: Early, ids: readonly number[], message: string): void {
    for (const id of ids) {
      if (id > 0 || room.flows) write(stream, sizeResponse({ id, status: statusOf('UNAVAILABLE'), codec: 0, body: undefined, message, retryable: true, headers: undefined }))
    }
    if (room.flows && ids.length > 0) {
      stream.close().catch(() => {})
      stream.resume()
    }
  }

  /** Callers end their streams then; on another one they may be served. */
  #goAway (stream: FramedStream, { room }: Early, reason: string): void {
    if (!room.flows) write(stream, sizeGoAway(reason))
  }

  #stopTimer (): void {
    if (this.#timer !== undefined) this.#init.timers.cancel(this.#timer)
    this.#timer = undefined
  }
}

function write (stream: FramedStream, size: number): void {
  try {
    if (stream.open) stream.write(size, fillFrame)
  } catch (err) {
    stream.abort(err as Error)
  }
}
