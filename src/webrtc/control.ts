/**
 * A data channel of one byte a message, beside the streams of a direct path. WebRTC tells a peer that closes its end
 * nothing (the other notices after 15 s, when ICE gives up), and lets one end take a path for open that the other never
 * had. Here both ends greet before the path counts, say goodbye when they close it, and can be asked whether they live.
 */
import { abortable } from '../util/abortable.ts'
import type { AbortOptions } from '@libp2p/interface'

/**
 * Both ends make the channel, under this number, so that no stream of the muxer is spent on it. Browsers give their own
 * channels the lowest numbers that are free, and take this one in all of them.
 */
const CHANNEL = 250

/** What one end says to the other, a byte each: doc/wire/webrtc.md. */
export const WORDS = { hello: 1, 'hello-too': 2, ping: 3, pong: 4, bye: 5 } as const

type Word = keyof typeof WORDS

export type ControlledConnection = Pick<RTCPeerConnection, 'createDataChannel'>

export class Control {
  /** The other end has closed the path. */
  onBye = (): void => {}
  /** The channel is closed: one end has closed its RTCPeerConnection, and need not have said so. */
  onEnd = (): void => {}
  readonly #channel: RTCDataChannel
  readonly #met = Promise.withResolvers<void>()
  #pong: PromiseWithResolvers<void> | undefined
  /** Whether the other end has greeted. */
  met = false

  constructor (connection: ControlledConnection) {
    this.#channel = connection.createDataChannel('braid', { negotiated: true, id: CHANNEL })
    this.#channel.binaryType = 'arraybuffer'
    this.#met.promise.catch(() => {})
    this.#channel.addEventListener('message', ({ data }: MessageEvent) => { this.#onMessage(data) })
    this.#channel.addEventListener('close', () => {
      this.#met.reject(new Error('the path was closed'))
      this.onEnd()
    })
    if (this.isOpen) this.#say('hello')
    else this.#channel.addEventListener('open', () => { this.#say('hello') }, { once: true })
  }

  /** There is a way to the other end, whether it listens here or not. */
  get isOpen (): boolean {
    return this.#channel.readyState === 'open'
  }

  /** Resolves when the other end has greeted; rejects when the path ends before, or with the signal. */
  async greeted ({ signal }: AbortOptions = {}): Promise<void> {
    await abortable(this.#met.promise, signal)
  }

  /** Resolves when the other end answers, or something else of it comes; rejects with the signal. */
  async ping ({ signal }: AbortOptions = {}): Promise<void> {
    this.#pong ??= Promise.withResolvers<void>()
    this.#say('ping')
    await abortable(this.#pong.promise, signal)
  }

  bye (): void {
    this.#say('bye')
  }

  #onMessage (data: unknown): void {
    const [type] = data instanceof ArrayBuffer && data.byteLength === 1 ? new Uint8Array(data) : []
    if (type === undefined) return
    this.#pong?.resolve()
    this.#pong = undefined
    if (type === WORDS.hello || type === WORDS['hello-too']) {
      if (type === WORDS.hello) this.#say('hello-too')
      this.met = true
      this.#met.resolve()
    } else if (type === WORDS.ping) {
      this.#say('pong')
    } else if (type === WORDS.bye) {
      this.onBye()
    }
  }

  #say (word: Word): void {
    try {
      if (this.isOpen) this.#channel.send(Uint8Array.of(WORDS[word]))
    } catch {
      // it is being closed: the other end learns it otherwise
    }
  }
}
