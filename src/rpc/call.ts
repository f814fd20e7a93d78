import type { Picker } from '../balancing/index.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'
import type { BodyCodec } from '../wire/codecs.ts'
import type { RequestFrame, TextMap } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'
import type { ClientFlow } from './client-flow.ts'
import type { Lane, Link } from './link.ts'
import type { OutCall } from './out-call.ts'
import type { Ending } from './passage.ts'
import type { InvokeOptions, TokenId } from './index.ts'

/** Has no node yet, or waits for a stream to it: nothing was sent. */
export const SEARCHING = 0
/** The request was written: it may have run. */
export const SENT = 1
/** The promise is settled. */
export const SETTLED = 2

/** Milliseconds as they travel: no less than are left, and never 0, which would be none named. */
export function wholeMs (ms: number): number {
  return Math.max(1, Math.ceil(ms))
}

/** What is left of the call's budget, for its frame. */
export function timeLeft (call: Call, timers: Timers): number {
  return call.fresh ? wholeMs(call.budget) : wholeMs((call.timer?.due ?? 0) - timers.now())
}

/** What ends the calls that it is told of: the context of the handler that makes them. */
export interface Parent {
  /** Why it was ended; undefined while it goes on. */
  readonly ended: Error | undefined
  adopt (call: Call): void
  disown (call: Call): void
}

/**
 * One invoke, from the first pick to the answer. One object holds all of it, the request's frame included, as there may
 * be 65 536 at a time.
 */
export class Call implements RequestFrame, Ending {
  /** On the stream it was last sent on. */
  id = 0
  state = SEARCHING
  readonly service: string
  readonly method: string
  readonly codec: BodyCodec
  readonly body: Uint8Array | undefined
  /** What is left when it is sent, whole milliseconds. */
  timeout = 0
  /** Milliseconds of the whole call. */
  budget: number
  token: Uint8Array | undefined = undefined
  tokenId: TokenId | undefined = undefined
  metadata: TextMap | undefined = undefined
  headers: TextMap | undefined = undefined
  idempotencyKey: string | undefined = undefined
  trace: Trace | undefined = undefined
  /** On the stream it was last sent on, as {@link id} is. */
  headerSet = 0
  /** The kind of the call, as in `STREAMING`. */
  streaming = 0
  link: Uint8Array | undefined = undefined
  life = 0
  /** With a key: the incarnation of {@link node}, as this node knew it when it sent the call there. */
  incarnation = 0
  /** Of a streaming call: what sends and receives its sequences. */
  flow: ClientFlow | undefined = undefined
  /** The deadline is the caller's, not the room's default. */
  timed = false
  /** No answer is wanted. */
  oneWay = false
  /** The only node it may go to. */
  only: string | undefined = undefined
  /** The node that is asked first, if it is there. */
  prefer: string | undefined = undefined
  /** Nodes that are asked when there is no other. */
  avoid: ReadonlySet<string> | undefined = undefined
  balancer: InvokeOptions['balancer'] = undefined
  /** Where interceptors read how it goes. */
  out: OutCall | undefined = undefined
  signal: AbortSignal | undefined = undefined
  onNode: ((id: string) => void) | undefined = undefined
  onFailed: ((error: unknown) => void) | undefined = undefined
  parent: Parent | undefined = undefined

  /** Who hears of its outcome. */
  ending: Ending = this
  resolve: (value: unknown) => void = nothing
  reject: (error: unknown) => void = nothing
  timer: TimerHandle | undefined = undefined
  /** It has begun just now: {@link budget} is what is left. */
  fresh = false
  onAbort: (() => void) | undefined = undefined

  /** The node it was last offered to. */
  node = ''
  /** Waits there for a stream. */
  peer: Link | undefined = undefined
  /** Was sent there. */
  lane: Lane | undefined = undefined
  /** Frame bytes of the lane before this request: what never left the stream never ran. */
  position = 0
  /** Nodes that certainly did not run it, in this round. */
  tried: Set<string> | undefined = undefined
  /** How many of these were asked. */
  asked = 0
  /** Nodes that wish to be left alone: why, and until when. */
  silent: Map<string, readonly [cause: Error, until: number]> | undefined = undefined
  /** It is for the node of its token or its key: another one has neither the state of that token nor the reply of that key. */
  bound = false
  /** Times that it came to a node which did not hold its token's link. */
  moves = 0
  /** Rounds over all candidates that found none. */
  round = 0
  /** What the last attempt failed on, or that one of this round whose node may be asked again first. */
  cause: Error | undefined = undefined
  /** Fail with that cause when no other node is left, instead of trying again. */
  giveUp = false
  /** Milliseconds, if it is timed. Not 0 at first: of a field of numbers that are not whole, each call has one of its own. */
  began: number | undefined = undefined
  /** Wants to hear how the call went. */
  picker: Picker<NodeInfo> | undefined = undefined
  startedAt = 0

  constructor (service: string, method: string, codec: BodyCodec, body: Uint8Array | undefined, budget: number) {
    this.service = service
    this.method = method
    this.codec = codec
    this.body = body
    this.budget = budget
  }

  /** For the caller's `onNode`: the call is on its way to {@link node}. */
  tellNode (): void {
    try {
      this.onNode?.(this.node)
    } catch {
      // the application's own; the call goes on
    }
  }

  /** It is settled: nobody can end it any more. */
  leave (): void {
    if (this.onAbort !== undefined) {
      this.signal?.removeEventListener('abort', this.onAbort)
    }
    this.parent?.disown(this)
  }

  /** For messages: `rpc login/user.password`. */
  get what (): string {
    return `rpc ${this.service}/${this.method}`
  }
}

function nothing (): void {}
