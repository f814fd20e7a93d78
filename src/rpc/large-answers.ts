import { RpcError } from '../errors.ts'
import { untilAborted } from '../util/abortable.ts'
import { copyBytes } from '../wire/bytes.ts'
import { MAX_LARGE_WAITING, WRITE_HIGH_WATER } from '../wire/limits.ts'
import { fillFrame, sizeResponse } from '../wire/rpc-frames.ts'
import { MAX_SENT } from './numbers.ts'
import type { Inbound } from './inbound.ts'
import type { Discovery } from '../discovery/index.ts'
import type { FramedStream, PeerStreams } from '../streams/index.ts'
import type { BodyCodec } from '../wire/codecs.ts'

interface Answer {
  readonly inbound: Inbound
  readonly id: number
  readonly codec: BodyCodec
  readonly body: Uint8Array
}

/** What goes back to one peer. */
interface Way {
  stream: FramedStream | undefined
  /** What waits, with its bytes. */
  readonly queue: Set<Answer>
  bytes: number
  draining: boolean
  /** What was written last. */
  readonly sent: Array<Pick<Answer, 'inbound' | 'id'>>
}

/** Results that would hold up small ones: each peer's go over a stream of their own, one after the other. */
export class LargeAnswers {
  readonly #streams: PeerStreams
  readonly #discovery: Discovery
  readonly #ways = new Map<string, Way>()
  /** Bytes that wait, over all peers. */
  #waiting = 0
  #idle: Array<() => void> = []

  constructor (streams: PeerStreams, discovery: Discovery) {
    this.#streams = streams
    this.#discovery = discovery
  }

  /** So much waits for the peer, or for all, that no more calls should run: their results might find no room. */
  congested (peer: string): boolean {
    return this.#waiting > 0 && (this.#waiting > 2 * MAX_LARGE_WAITING || (this.#ways.get(peer)?.bytes ?? 0) > MAX_LARGE_WAITING / 2)
  }

  send (inbound: Inbound, id: number, codec: BodyCodec, body: Uint8Array): void {
    const { peer } = inbound.stream
    const way = this.#way(peer)
    if (!way.draining && way.stream?.open === true && way.stream.queued <= WRITE_HIGH_WATER) {
      this.#write(way, way.stream, { inbound, id, codec, body })
      return
    }
    if (way.bytes + body.length > MAX_LARGE_WAITING) {
      inbound.refuse(id, new RpcError('RESOURCE_EXHAUSTED', `it ran, but too many answers wait to be taken: ${way.bytes} bytes`))
      return
    }
    // bytes are the handler's, which may use them again
    way.queue.add({ inbound, id, codec, body: codec === 3 ? copyBytes(body) : body })
    way.bytes += body.length
    this.#waiting += body.length
    if (!way.draining) {
      way.draining = true
      void this.#drain(peer, way)
    }
  }

  /** A caller has left, or its connection was lost: nobody waits for its answers. */
  forget (inbound: Inbound): void {
    const way = this.#ways.get(inbound.stream.peer)
    for (const answer of way?.queue ?? []) {
      if (answer.inbound === inbound) this.#done(way as Way, answer)
    }
  }

  /** A stream to this peer has ended. */
  onEnd (stream: FramedStream, reason: Error | undefined): void {
    const way = this.#ways.get(stream.peer)
    if (way?.stream !== stream) {
      return
    }
    way.stream = undefined
    for (const { inbound, id } of way.sent.splice(0)) {
      if (reason !== undefined && inbound.stream.open) {
        // a caller that has it already does not wait for this any more
        inbound.refuse(id, new RpcError('UNAVAILABLE', 'it ran, but its result was lost on the way'))
      }
    }
    if (!way.draining) {
      this.#ways.delete(stream.peer)
    }
  }

  /** Resolves when nothing waits, or the signal aborts. */
  async idle (signal: AbortSignal): Promise<void> {
    if (this.#waiting > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#idle.push(resolve)
      await untilAborted(promise, signal)
    }
  }

  #way (peer: string): Way {
    let way = this.#ways.get(peer)
    if (way === undefined) {
      way = { stream: undefined, queue: new Set(), bytes: 0, draining: false, sent: [] }
      this.#ways.set(peer, way)
    }
    return way
  }

  /** Never rejects. */
  async #drain (peer: string, way: Way): Promise<void> {
    for (const answer of way.queue) {
      try {
        const stream = await this.#open(peer, way)
        await stream.drained()
        this.#write(way, stream, answer)
      } catch {
        // no stream of its own: rather in the way of others than not at all
        answer.inbound.write(answer.id, answer.codec, answer.body)
      }
      this.#done(way, answer)
    }
    way.draining = false
    if (way.stream === undefined) {
      this.#ways.delete(peer)
    }
  }

  /** It waits no more. */
  #done (way: Way, answer: Answer): void {
    if (way.queue.delete(answer)) {
      way.bytes -= answer.body.length
      this.#waiting -= answer.body.length
      if (this.#waiting === 0) this.#idle.splice(0).forEach(resolve => { resolve() })
    }
  }

  #write (way: Way, stream: FramedStream, { inbound, id, codec, body }: Answer): void {
    if (inbound.stream.open) {
      stream.write(sizeResponse({ id, status: 0, codec, body, message: '', retryable: false, headers: undefined }), fillFrame)
      way.sent.push({ inbound, id })
      if (way.sent.length > MAX_SENT) {
        way.sent.shift()
      }
    }
  }

  /** Not the one that requests go by: what waits there tells which of them never left. */
  async #open (peer: string, way: Way): Promise<FramedStream> {
    if (way.stream?.open !== true || this.#streams.outdated(way.stream)) {
      const id = this.#discovery.peerId(peer)
      if (id === undefined) {
        throw new RpcError('UNAVAILABLE', `the node ${peer} is not known`)
      }
      const before = way.stream
      way.stream = await this.#streams.openOwn(id)
      before?.close().catch(() => {})
    }
    return way.stream
  }
}
