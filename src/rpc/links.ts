/** Calls on their way to one peer and back: the peer's stream, what waits for it, and what waits for an answer. */
import { RpcError } from '../errors.ts'
import { decodeBody } from '../wire/codecs.ts'
import { MAX_LARGE_WAITING } from '../wire/limits.ts'
import { sizeCancel } from '../wire/rpc-frames.ts'
import { failAt } from './answers.ts'
import { SENT, timeLeft } from './call.ts'
import { Lane, Link } from './link.ts'
import { isBuiltIn } from './methods.ts'
import { AWAY } from './numbers.ts'
import { codeOf, detailsOf, messageOf, RETRY_AFTER, retryAfterOf, unreadable } from './outcome.ts'
import type { Outcomes } from './answers.ts'
import type { Call } from './call.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream, PeerStreams } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { DecodedResponse } from '../wire/rpc-frames.ts'

export interface LinksInit {
  streams: PeerStreams
  discovery: Discovery
  timers: Timers
  /** Calls to one peer that wait. */
  maxPending: number
  /** Calls wait until the stream has room, instead of failing when it is full. */
  patient: boolean
  outcomes: Outcomes
}

export class Links {
  /** Answers to calls that nobody waits for any more. */
  late = 0
  #firstId = 1
  readonly #init: LinksInit
  readonly #links = new Map<string, Link>()
  readonly #lanes = new Map<FramedStream, Lane>()
  /** Until when nodes that said goodbye are left alone: discovery will have told by then. */
  readonly #away = new Map<string, number>()

  constructor (init: LinksInit) {
    this.#init = init
  }

  dispatch (call: Call, node: string): void {
    call.node = node
    if (this.#away.size > 0 && this.#isAway(node) && !isBuiltIn(call.method)) {
      this.#init.outcomes.again(call, node, new RpcError('UNAVAILABLE', `${this.label(node)} takes no new calls`, { node, retryable: true }), 'refused')
      return
    }
    const link = this.#links.get(node) ?? this.#add(node)
    if (link.pending >= this.#init.maxPending) {
      this.#full(call, node, `${link.pending} calls to it wait`)
    } else if (link.lane?.stream.open === true && (!this.#init.patient || (!link.opening && link.lane.hasRoom))) {
      this.#send(call, link.lane)
    } else if (this.#init.patient && link.waiting > MAX_LARGE_WAITING) {
      this.#full(call, node, `${link.waiting} bytes wait to be sent to it`)
    } else {
      this.#enqueue(call, link)
    }
  }

  /** The call is not wanted any more. */
  withdraw (call: Call): void {
    const { lane, peer: link } = call
    if (lane !== undefined && lane.calls.take(call.id) !== undefined && lane.stream.open) {
      try {
        lane.write(sizeCancel(call.id))
      } catch {
        // a stream that takes nothing more: the callee notices by its own deadline, or by the end of the stream
      }
    }
    link?.queue.delete(call)
    if (lane?.goingAway === true) this.#retire(lane)
  }

  onResponse (stream: FramedStream, response: DecodedResponse): void {
    const lane = this.#lanes.get(stream)
    const call = lane?.calls.take(response.id)
    if (lane?.goingAway === true) this.#retire(lane)
    if (call === undefined) {
      this.late++
    } else if (response.status === 0) {
      this.#succeed(call, stream.peer, response)
    } else {
      this.#fail(call, stream.peer, response)
    }
  }

  /** An answer that came on a stream of the peer's own, as large ones do. */
  onPushed (peer: string, response: DecodedResponse): void {
    for (const lane of [this.#links.get(peer)?.lane, ...this.#lanes.values()]) {
      if (lane?.stream.peer === peer && lane.calls.has(response.id)) {
        this.onResponse(lane.stream, response)
        return
      }
    }
    this.late++
  }

  onGoAway (stream: FramedStream): void {
    const lane = this.#lanes.get(stream)
    if (lane !== undefined) {
      lane.goingAway = true
      this.#away.set(stream.peer, this.#init.timers.now() + AWAY)
      this.#retire(lane)
    }
  }

  /** A better path to the peer: new calls go there, and those under way get their answers where they were sent. */
  onMove (from: FramedStream, to: FramedStream): void {
    const lane = this.#lanes.get(from) ?? new Lane(from, 0)
    const link = this.#links.get(from.peer)
    if (link?.lane === lane) {
      link.lane = new Lane(to, this.#first(from.peer))
      this.#lanes.set(to, link.lane)
    }
    lane.goingAway = true
    this.#retire(lane)
  }

  /** The node was started, or is gone for good: what it said before counts no more. */
  forget (node: string): void {
    this.#away.delete(node)
  }

  onEnd (stream: FramedStream, reason: Error | undefined): void {
    const lane = this.#lanes.get(stream)
    if (lane === undefined) {
      return
    }
    this.#lanes.delete(stream)
    this.#firstId = Math.max(this.#firstId, lane.calls.next)
    const link = this.#links.get(stream.peer)
    if (link?.lane === lane) {
      link.lane = undefined
      this.#drop(link)
    }
    // what still waited in the stream never left, so it never ran
    const left = lane.written - stream.queued
    for (const call of lane.calls.clear()) {
      const cause = this.#lost(call, stream.peer, reason)
      if (call.position >= left) {
        this.#init.outcomes.again(call, stream.peer, cause, 'unreachable')
      } else {
        this.#init.outcomes.fail(call, cause)
      }
    }
  }

  #lost (call: Call, node: string, cause: unknown): RpcError {
    return new RpcError('UNAVAILABLE', `${call.what}: connection to ${this.label(node)} lost while the call was under way; it may have run`, { node, cause })
  }

  /** True while calls wait for their answer on this stream: it must not be closed for being idle. */
  busy (stream: FramedStream): boolean {
    return (this.#lanes.get(stream)?.calls.size ?? 0) > 0
  }

  /** Every call that was sent or waits for a stream. */
  all (): Call[] {
    const calls: Call[] = []
    for (const lane of this.#lanes.values()) {
      calls.push(...lane.calls)
    }
    for (const link of this.#links.values()) {
      calls.push(...link.queue)
    }
    return calls
  }

  /** A node for people. */
  label (id: string): string {
    const name = this.#init.discovery.node(id)?.name
    return name === undefined || name === '' ? id : `${name} (${id})`
  }

  #isAway (node: string): boolean {
    const until = this.#away.get(node)
    if (until !== undefined && until < this.#init.timers.now()) this.#away.delete(node)
    return this.#away.has(node)
  }

  /** The peer waits for the end of the stream, so that no request is lost on its way: end it with the last answer. */
  #retire (lane: Lane): void {
    if (lane.calls.size === 0) {
      lane.stream.close().catch(() => {})
    }
  }

  #add (id: string): Link {
    const link = new Link(id)
    this.#links.set(id, link)
    return link
  }

  #drop (link: Link): void {
    if (link.idle && this.#links.get(link.id) === link) {
      this.#links.delete(link.id)
    }
  }

  #send (call: Call, lane: Lane): void {
    const { stream } = lane
    if (call.oneWay) {
      this.#tell(call, lane)
      return
    }
    lane.calls.add(call)
    try {
      call.timeout = timeLeft(call, this.#init.timers)
      call.position = lane.written
      lane.request(call)
      call.state = SENT
      call.lane = lane
    } catch (err) {
      lane.calls.take(call.id)
      this.#unsent(call, stream.peer, err as Error)
      return
    }
    if (call.onNode !== undefined) {
      call.tellNode()
    }
  }

  /** Send a call that has no answer: it is done when it was handed to the stream, and the stream has room for more. */
  #tell (call: Call, lane: Lane): void {
    const { stream } = lane
    const { outcomes } = this.#init
    call.id = 0
    let room: boolean
    try {
      call.timeout = timeLeft(call, this.#init.timers)
      room = lane.request(call)
      call.state = SENT
    } catch (err) {
      this.#unsent(call, stream.peer, err as Error)
      return
    }
    call.tellNode()
    if (room) {
      outcomes.succeed(call, undefined)
    } else {
      stream.drained().then(() => { outcomes.succeed(call, undefined) }, err => { outcomes.fail(call, this.#lost(call, stream.peer, err)) })
    }
  }

  /** This node asks that one for enough already: another may have room. */
  #full (call: Call, node: string, why: string): void {
    this.#init.outcomes.again(call, node, new RpcError('RESOURCE_EXHAUSTED', `${call.what} at ${this.label(node)}: ${why} already; nothing was sent`, { node, retryable: true }), 'full')
  }

  #unsent (call: Call, node: string, err: Error): void {
    const { outcomes } = this.#init
    const to = `${call.what} to ${this.label(node)}: ${messageOf(err)}; nothing was sent`
    if (err.name === 'WriteQueueFullError') {
      outcomes.again(call, node, new RpcError('RESOURCE_EXHAUSTED', to, { node, retryable: true, cause: err }), 'full')
    } else if (err.name === 'StreamEndedError') {
      outcomes.again(call, node, err, 'unreachable')
    } else {
      outcomes.fail(call, new RpcError(err.name === 'FrameTooLargeError' ? 'RESOURCE_EXHAUSTED' : 'INVALID_ARGUMENT', to, { node, cause: err }))
    }
  }

  #enqueue (call: Call, link: Link): void {
    link.queue.add(call)
    call.peer = link
    if (!link.opening) {
      link.opening = true
      this.#open(link).then(
        stream => { this.#opened(link, stream) },
        err => { this.#unopened(link, err) })
    }
  }

  async #open (link: Link): Promise<FramedStream> {
    const peer = this.#init.discovery.peerId(link.id)
    if (peer === undefined) {
      throw new RpcError('UNAVAILABLE', `the node ${link.id} is not known any more`, { node: link.id, retryable: true })
    }
    const stream = await this.#init.streams.open(peer)
    if (this.#init.patient) {
      await stream.drained()
    }
    return stream
  }

  #opened (link: Link, stream: FramedStream): void {
    if (!stream.open) {
      this.#unopened(link, new RpcError('UNAVAILABLE', `the stream to ${this.label(link.id)} ended at once`, { node: link.id, retryable: true }))
      return
    }
    const lane = this.#lanes.get(stream) ?? new Lane(stream, this.#first(link.id))
    this.#lanes.set(stream, lane)
    link.lane = lane
    for (const call of this.#takeQueue(link)) {
      if (this.#init.patient && !lane.hasRoom) {
        this.#enqueue(call, link)
      } else {
        this.#send(call, lane)
      }
    }
  }

  #unopened (link: Link, err: Error): void {
    const calls = this.#takeQueue(link)
    this.#drop(link)
    if (err.name !== 'MeshStoppedError') {
      this.#init.discovery.report(link.id)
    }
    for (const call of calls) {
      this.#init.outcomes.again(call, link.id, err, 'unreachable')
    }
  }

  /** Ids are not used again by the next stream to a peer: an answer to a call of the last one may still be on its way. */
  #first (peer: string): number {
    let first = this.#firstId
    for (const { stream, calls } of this.#lanes.values()) {
      first = stream.peer === peer ? Math.max(first, calls.next) : first
    }
    return first
  }

  #takeQueue (link: Link): Call[] {
    const calls = [...link.queue]
    link.queue.clear()
    link.opening = false
    for (const call of calls) {
      call.peer = undefined
    }
    return calls
  }

  #succeed (call: Call, node: string, response: DecodedResponse): void {
    let value: unknown
    try {
      value = decodeBody(response.codec, response.body)
    } catch (err) {
      this.#init.outcomes.fail(call, unreadable(call.what, node, this.label(node), err))
      return
    }
    this.#init.outcomes.succeed(call, value)
  }

  #fail (call: Call, node: string, response: DecodedResponse): void {
    const code = codeOf(response.status)
    failAt(this.#init.outcomes, call, node, this.label(node), code, response.message, response.retryable, detailsOf(response), retryAfterOf(response.headers?.[RETRY_AFTER]))
  }
}
