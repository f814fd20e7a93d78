/** The streaming calls of a node: those it makes and those it serves, each on a stream of its own. */
import { ProtocolError, RpcError, StreamTimeoutError } from '../errors.ts'
import { FIRST_FRAME_TIMEOUT, STRANGER_STREAMS } from '../wire/limits.ts'
import { SENT, SETTLED, timeLeft } from './call.ts'
import { LocalChannel, StreamChannel } from './channel.ts'
import { detach } from './prepare.ts'
import { ServerFlow } from './server-flow.ts'
import type { Outcomes } from './answers.ts'
import type { Call } from './call.ts'
import type { Caller, Callers } from './callers.ts'
import type { ChannelUser } from './channel.ts'
import type { Context } from './context.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream, PeerStreams } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { DecodedFrame, RequestFrame } from '../wire/rpc-frames.ts'

export interface FlowsInit {
  streams: PeerStreams
  discovery: Discovery
  timers: Timers
  callers: Callers
  /** This node, as the caller of its own methods. */
  self: Caller
  /** Bytes of an item. */
  maxBody: number
  maxStreams: number
  maxStreamsPerPeer: number
  outcomes: Outcomes
  label: (node: string) => string
  serve: (flow: ServerFlow, request: RequestFrame) => void
  /** The stream of its caller has ended. */
  lost: (context: Context, reason: Error | undefined) => void
}

/** How many streams there are, in all and with each peer. */
class Census {
  total = 0
  readonly #peers = new Map<string, number>()

  of (peer: string): number {
    return this.#peers.get(peer) ?? 0
  }

  add (peer: string, by: 1 | -1): void {
    const count = this.of(peer) + by
    this.total += by
    if (count > 0) {
      this.#peers.set(peer, count)
    } else {
      this.#peers.delete(peer)
    }
  }
}

export class Flows {
  readonly #init: FlowsInit
  /** Undefined: it has its answer, or nobody wants one. Only the others count: whether the peer ends its side is up to the peer. */
  readonly #mine = new Map<FramedStream, ChannelUser & { readonly call: Call } | undefined>()
  readonly #theirs = new Map<FramedStream, ServerFlow>()
  readonly #locals = new Set<ServerFlow>()
  /** Those of peers that have made their request, and count. */
  readonly #admitted = new Set<ServerFlow>()
  readonly #opening = new Map<Call, AbortController>()
  readonly #sent = new Set<Call>()
  readonly #out = new Census()
  readonly #in = new Census()

  constructor (init: FlowsInit) {
    this.#init = init
  }

  /** Begin a call at this node, which may be our own. */
  dispatch (call: Call, node: string): void {
    const { discovery, outcomes, streams, maxStreams, maxStreamsPerPeer, label } = this.#init
    call.node = node
    if (node === discovery.self.id) {
      this.#runLocal(call)
      return
    }
    const all = this.#out.total >= maxStreams
    if (all || this.#out.of(node) >= maxStreamsPerPeer) {
      const many = all ? `${maxStreams} of this node's` : maxStreamsPerPeer
      const error = new RpcError('RESOURCE_EXHAUSTED', `${call.what} at ${label(node)}: ${many} streaming calls run already; nothing was sent`, { node, retryable: true })
      if (all) outcomes.fail(call, error)
      else outcomes.again(call, node, error, 'full')
      return
    }
    const peer = discovery.peerId(node)
    if (peer === undefined) {
      outcomes.again(call, node, new RpcError('UNAVAILABLE', `the node ${node} is not known any more`, { node, retryable: true }), 'unreachable')
      return
    }
    const controller = new AbortController()
    this.#opening.set(call, controller)
    this.#out.add(node, 1)
    streams.openOwn(peer, { signal: controller.signal }).then(
      stream => { this.#opened(call, stream) },
      err => { this.#unopened(call, node, err) })
  }

  /** The call is not wanted any more. */
  withdraw (call: Call): void {
    this.#opening.get(call)?.abort(new Error('the call was cancelled'))
    this.#opening.delete(call)
    call.flow?.withdraw()
  }

  onAccept (stream: FramedStream): void {
    const { callers, maxBody, timers, serve } = this.#init
    const caller = callers.get(stream.peer, timers.now())
    caller.streams++
    // an empty frame greets, and is enough for the stream's own watchdog
    const timer = timers.after(FIRST_FRAME_TIMEOUT, () => { stream.abort(new StreamTimeoutError('no request on the stream of a call')) })
    const flow: ServerFlow = new ServerFlow({
      channel: new StreamChannel(stream),
      caller,
      maxBody,
      lost: (flow, reason) => {
        timers.cancel(timer)
        this.#lost(flow, reason)
      },
      serve: (flow, request) => {
        timers.cancel(timer)
        if (this.#full(caller)) {
          flow.refuse(0, new RpcError('RESOURCE_EXHAUSTED', 'too many streaming calls run here', { retryable: true }))
          return
        }
        // a stream without a request takes nobody's place
        this.#in.add(caller.id, 1)
        this.#admitted.add(flow)
        serve(flow, request)
      }
    })
    this.#theirs.set(stream, flow)
  }

  #full (caller: Caller): boolean {
    if (!this.#isFull(caller)) {
      return false
    }
    // those are over whose callers keep their side open
    for (const flow of this.#admitted) {
      if (flow.over) {
        this.#giveBack(flow)
      }
    }
    return this.#isFull(caller)
  }

  #giveBack (flow: ServerFlow): void {
    if (this.#admitted.delete(flow)) {
      this.#in.add(flow.caller.id, -1)
    }
  }

  #isFull ({ id, known }: Caller): boolean {
    const { discovery, maxStreams, maxStreamsPerPeer } = this.#init
    const share = known || discovery.node(id) !== undefined ? maxStreamsPerPeer : Math.min(maxStreamsPerPeer, STRANGER_STREAMS)
    return this.#in.of(id) >= share || this.#in.total >= maxStreams
  }

  /** False: the stream is not, or not any more, that of a call. */
  onFrame (stream: FramedStream, frame: DecodedFrame): boolean {
    const user = stream.direction === 'inbound' ? this.#theirs.get(stream) : this.#mine.get(stream)
    if (user === undefined) {
      return false
    }
    switch (frame.kind) {
      case 1: user.onRequest(frame); break
      case 2:
        // what comes of it may be another attempt: this one is over
        if (stream.direction === 'outbound') {
          this.#release(stream)
        }
        user.onResponse(frame)
        break
      case 5: case 6: case 7: user.onFlow(frame, stream.owned); break
      default: throw new ProtocolError('not a frame of a streaming call')
    }
    return true
  }

  onEnd (stream: FramedStream, reason: Error | undefined): void {
    if (stream.direction === 'inbound') {
      const flow = this.#theirs.get(stream)
      if (flow !== undefined) {
        this.#theirs.delete(stream)
        flow.caller.streams--
        this.#giveBack(flow)
        flow.onEnd(reason)
      }
    } else if (this.#mine.has(stream)) {
      const flow = this.#mine.get(stream)
      this.#release(stream)
      this.#mine.delete(stream)
      flow?.onEnd(reason)
    }
  }

  busy (stream: FramedStream): boolean {
    return (this.#theirs.get(stream)?.running.size ?? 0) > 0 || this.#mine.get(stream) !== undefined
  }

  /** The call has its outcome. */
  settled (call: Call): void {
    this.#sent.delete(call)
  }

  /** Every call that was begun and has no outcome. */
  all (): Call[] {
    return [...this.#opening.keys(), ...this.#sent]
  }

  * contexts (): Iterable<Context> {
    for (const flow of [...this.#theirs.values(), ...this.#locals]) {
      yield * flow.running.values()
    }
  }

  #opened (call: Call, stream: FramedStream): void {
    const { flow } = call
    const wanted = this.#opening.delete(call) && call.state !== SETTLED
    if (stream.open && wanted) {
      this.#mine.set(stream, flow)
    } else {
      // nobody wants it, or its end was told before it was known here
      this.#out.add(stream.peer, -1)
    }
    if (!wanted || flow === undefined) {
      stream.abort(new Error('the call was cancelled'))
      return
    }
    if (!stream.open) {
      this.#init.outcomes.again(call, stream.peer, new RpcError('UNAVAILABLE', `the stream to ${this.#init.label(stream.peer)} ended at once`, { node: stream.peer, retryable: true }), 'unreachable')
      return
    }
    try {
      this.#begin(call)
      flow.attach(new StreamChannel(stream))
    } catch (err) {
      this.#release(stream)
      stream.abort(err as Error)
      this.#init.outcomes.fail(call, new RpcError('RESOURCE_EXHAUSTED', `${call.what}: ${(err as Error).message}; nothing was sent`, { node: stream.peer, cause: err }))
      return
    }
    call.tellNode()
  }

  /** It is no call any more. */
  #release (stream: FramedStream): void {
    if (this.#mine.get(stream) !== undefined) {
      this.#mine.set(stream, undefined)
      this.#out.add(stream.peer, -1)
    }
  }

  #unopened (call: Call, node: string, err: Error): void {
    this.#out.add(node, -1)
    if (this.#opening.delete(call) && call.state !== SETTLED) {
      if (err.name !== 'MeshStoppedError') {
        this.#init.discovery.report(node)
      }
      this.#init.outcomes.again(call, node, err, 'unreachable')
    }
  }

  #begin (call: Call): void {
    call.state = SENT
    call.timeout = call.timed ? timeLeft(call, this.#init.timers) : 0
    this.#sent.add(call)
  }

  #runLocal (call: Call): void {
    const { maxBody, maxStreams, outcomes, self, serve } = this.#init
    if (this.#locals.size >= maxStreams) {
      outcomes.fail(call, new RpcError('RESOURCE_EXHAUSTED', `${call.what}: ${maxStreams} of this node's streaming calls to itself run already`, { retryable: true }))
      return
    }
    if (!detach(call, outcomes)) {
      return
    }
    const [near, far] = LocalChannel.pair()
    const server = new ServerFlow({ channel: far, caller: self, maxBody, serve, lost: this.#lost })
    this.#locals.add(server)
    far.attach(server)
    this.#begin(call)
    if (call.flow !== undefined) {
      near.attach(call.flow)
      call.flow.attach(near)
    }
    call.tellNode()
  }

  readonly #lost = (flow: ServerFlow, reason: Error | undefined): void => {
    this.#locals.delete(flow)
    for (const context of [...flow.running.values()]) {
      this.#init.lost(context, reason)
    }
  }
}
