/** This node's end of a channel: what comes is given to the handler, or to the iteration, and nobody else. */
import { ChannelClosedError, ChannelInUseError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { checkedBody } from './contract.ts'
import { MessageDelivery, UNSTARTED } from './message.ts'
import { CLOSE_GRACE } from './numbers.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { AbortOptions, Logger } from '@libp2p/interface'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Channel, ChannelSettings, Message, MessageHandler, TopicTracing } from './index.ts'
import type { Delivered, Settler } from './message.ts'

export interface ChannelInit {
  readonly name: string
  readonly topic: string
  readonly schema: StandardSchemaV1 | undefined
  readonly settings: () => ChannelSettings
  /** Somebody takes messages from now on, or nobody does. */
  readonly onTaking: (taking: boolean) => void
  /** It takes a message more than before. */
  readonly onWanting: () => void
  /** Nothing more is wanted: what was not begun goes back. Called once, first. */
  readonly onClosing: () => void
  /** Leave the channel. Called once, when what ran has ended. */
  readonly leave: (options: AbortOptions) => Promise<void>
  readonly log: Logger
  readonly tracing?: TopicTracing | undefined
}

export class ChannelEnd<T> implements Channel<T> {
  readonly name: string
  readonly topic: string
  unreached: readonly NodeInfo[] = []
  /** Called when it has left the channel. */
  onClosed: () => void = () => {}
  readonly #init: ChannelInit
  #handler: MessageHandler<T> | undefined
  #iterating = false
  /** What the iteration has not taken yet. */
  #queue: Array<MessageDelivery<T>> = []
  /** Each waits for a message, or for the end. */
  #waiting: Array<() => void> = []
  /** Calls of `next` that have none yet. */
  #asking = 0
  /** Messages whose bodies are being checked. */
  #coming = 0
  /** Nobody takes messages any more. */
  #resting = false
  #running = 0
  #idle: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor (init: ChannelInit) {
    this.#init = init
    this.name = init.name
    this.topic = init.topic
  }

  get settings (): ChannelSettings {
    return this.#init.settings()
  }

  get closed (): boolean {
    return this.#closing !== undefined
  }

  /** Messages that it has and has not settled, as far as it knows. */
  get load (): number {
    return this.#running + this.#queue.length + this.#coming
  }

  /** Messages that may be here at once: an iteration is given what it asks for, so that none runs out before it was looked at. */
  get most (): number {
    return this.#handler === undefined ? this.#asking : Infinity
  }

  onMessage (handler: MessageHandler<T>): void {
    this.#checkFree()
    this.#handler = handler
    this.#resting = false
    this.#init.onTaking(true)
    for (const message of this.#queue.splice(0)) this.#run(message)
  }

  [Symbol.asyncIterator] (): AsyncIterator<Message<T>> {
    this.#checkFree()
    this.#iterating = true
    this.#resting = false
    this.#init.onTaking(true)
    const loop = { ended: false }
    const end = (): IteratorResult<Message<T>> => {
      if (!loop.ended) {
        loop.ended = true
        this.#iterating = false
        this.#wake()
        if (!this.closed) this.#init.onTaking(false)
      }
      return { done: true, value: undefined }
    }
    return {
      next: async () => {
        const value = loop.ended ? undefined : await this.#ask(loop)
        if (value === undefined) return end()
        this.#traced(value, () => value.settled())?.catch(() => {})
        return { done: false, value }
      },
      return: async () => end()
    }
  }

  /** The next message; undefined when there will be none. */
  async #ask (loop: { readonly ended: boolean }): Promise<MessageDelivery<T> | undefined> {
    this.#asking++
    this.#init.onWanting()
    while (!loop.ended && !this.closed && this.#queue.length === 0) {
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
    this.#asking--
    return loop.ended || this.closed ? undefined : this.#queue.shift()
  }

  /** Nobody takes messages any more: what was not taken is not begun. */
  rest (): void {
    this.#resting = true
    for (const message of this.#queue.splice(0)) message.settle(UNSTARTED)
  }

  async close (options: AbortOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    await abortable(this.#closing, options.signal)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  /** A message that this node is to handle now. Never throws. */
  deliver (delivered: Delivered, decode: () => unknown, settler: Settler): void {
    const { schema, log } = this.#init
    let body: unknown
    try {
      body = decode()
    } catch (err) {
      // nobody can read it, here or elsewhere
      settler.settle({ type: 'term', reason: `unreadable: ${(err as Error).message}` })
      this.#init.onWanting()
      return
    }
    if (schema === undefined) {
      this.#take(new MessageDelivery(delivered, body as T, settler))
      return
    }
    this.#coming++
    checkedBody(delivered.topic, schema, body).then(value => {
      this.#coming--
      this.#take(new MessageDelivery(delivered, value as T, settler))
    }, (err: Error) => {
      this.#coming--
      this.#init.onWanting()
      log('refused a message - %e', err)
      settler.settle({ type: 'term', reason: err.message })
    })
  }

  #wake (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #checkFree (): void {
    if (this.closed) throw new ChannelClosedError(`the channel ${this.name} of ${this.topic} is closed`)
    const use = this.#handler !== undefined ? 'has a handler already' : this.#iterating ? 'is being iterated' : ''
    if (use !== '') throw new ChannelInUseError(`the channel ${this.name} of ${this.topic} ${use}: subscribe once more for another consumer`)
  }

  #take (message: MessageDelivery<T>): void {
    if (this.closed || this.#resting) {
      message.settle(UNSTARTED)
    } else if (this.#handler !== undefined) {
      this.#run(message)
    } else {
      this.#queue.push(message)
      this.#wake()
    }
  }

  #run (message: MessageDelivery<T>): void {
    this.#running++
    let result: unknown
    try {
      result = this.#init.tracing === undefined ? this.#handler?.(message) : this.#traced(message, () => this.#handler?.(message))
    } catch (err) {
      this.#failed(message, err)
      return
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
      this.#done(message)
      return
    }
    (result as PromiseLike<unknown>).then(() => { this.#done(message) }, (err: unknown) => { this.#failed(message, err) })
  }

  /** Within a span, if there are any. */
  #traced (message: MessageDelivery<T>, run: () => unknown): Promise<unknown> | undefined {
    return this.#init.tracing?.consume(message, headers => {
      message.headers = headers
      return run()
    })
  }

  #done (message: MessageDelivery<T>): void {
    message.settle({ type: 'ack' })
    this.#ended()
  }

  #failed (message: MessageDelivery<T>, err: unknown): void {
    this.#init.log('the handler of %s/%s failed at attempt %d of %s - %e', this.topic, this.name, message.attempt, message.id, err)
    message.settle({ type: 'nak', delay: undefined, reason: err instanceof Error ? err.message : '' })
    this.#ended()
  }

  #ended (): void {
    this.#running--
    this.#init.onWanting()
    if (this.#running === 0) this.#idle?.()
  }

  async #close (options: AbortOptions): Promise<void> {
    // the caller's `closed` is true before anything else happens
    await Promise.resolve()
    this.#init.onClosing()
    this.rest()
    this.#wake()
    if (this.#running > 0) {
      const idle = new Promise<void>(resolve => { this.#idle = resolve })
      await abortable(idle, AbortSignal.any([AbortSignal.timeout(CLOSE_GRACE), ...options.signal === undefined ? [] : [options.signal]])).catch(() => {})
    }
    await this.#init.leave(options)
    this.onClosed()
  }
}
