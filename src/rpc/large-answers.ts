import { RpcError } from '../errors.ts'
import { MAX_LARGE_WAITING } from '../wire/limits.ts'
import { fillFrame, sizeResponse } from '../wire/rpc-frames.ts'
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

interface Queue {
  bytes: number
  readonly answers: Answer[]
}

/** Results that would hold up small ones: each peer's go over a stream for large bodies, one after the other. */
export class LargeAnswers {
  readonly #streams: PeerStreams
  readonly #discovery: Discovery
  readonly #queues = new Map<string, Queue>()

  constructor (streams: PeerStreams, discovery: Discovery) {
    this.#streams = streams
    this.#discovery = discovery
  }

  send (inbound: Inbound, id: number, codec: BodyCodec, body: Uint8Array): void {
    const { peer } = inbound.stream
    let queue = this.#queues.get(peer)
    if (queue !== undefined && queue.bytes + body.length > MAX_LARGE_WAITING) {
      inbound.refuse(id, new RpcError('RESOURCE_EXHAUSTED', `it ran, but too many large answers wait to be taken: ${queue.bytes} bytes`))
      return
    }
    const idle = queue === undefined
    queue ??= { bytes: 0, answers: [] }
    queue.bytes += body.length
    queue.answers.push({ inbound, id, codec, body })
    if (idle) {
      this.#queues.set(peer, queue)
      void this.#drain(peer, queue)
    }
  }

  /** Never rejects. */
  async #drain (peer: string, queue: Queue): Promise<void> {
    for (let answer = queue.answers[0]; answer !== undefined; answer = queue.answers[0]) {
      try {
        const stream = await this.#open(peer)
        if (answer.inbound.stream.open && !stream.write(sizeResponse({ ...answer, status: 0, message: '', retryable: false, headers: undefined }), fillFrame)) {
          await stream.drained().catch(() => {})
        }
      } catch {
        // no stream of its own: rather in the way of others than not at all
        answer.inbound.write(answer.id, answer.codec, answer.body)
      }
      queue.answers.shift()
      queue.bytes -= answer.body.length
    }
    this.#queues.delete(peer)
  }

  async #open (peer: string): Promise<FramedStream> {
    const stream = this.#streams.get(peer)
    if (stream !== undefined) {
      return stream
    }
    const id = this.#discovery.peerId(peer)
    if (id === undefined) {
      throw new RpcError('UNAVAILABLE', `the node ${peer} is not known`)
    }
    return this.#streams.open(id)
  }
}
