/** A topic as this node uses it. */
import { ChannelClosedError, FrameTooLargeError, InvalidMessageError, InvalidNameError, InvalidOptionsError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { encodeBody } from '../wire/codecs.ts'
import { BURIAL_HEADERS, MAX_HEADERS, MAX_KEY_TEXT, MAX_MESSAGE_HEADERS, MAX_TEXT, MAX_TTL } from '../wire/limits.ts'
import { encodePayload } from '../wire/pubsub-codec.ts'
import { isHeaderName } from '../wire/pubsub-schema.ts'
import { checkedBody } from './contract.ts'
import { isPattern } from './names.ts'
import { Outbox } from './outbox.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ChannelEnd } from './channel.ts'
import type { Channel, PublishOptions, Reached, Receipt, SubscribeOptions, Topic, TopicTracing } from './index.ts'
import type { LogDriver } from './log.ts'
import type { Placed } from './outbox.ts'
import type { NewMessage, Overflow } from './types.core.ts'

const REACHED: readonly Reached[] = ['sent', 'outbox', 'stored', 'handled']

export interface TopicInit {
  name: string
  schema: StandardSchemaV1 | undefined
  linger: number
  overflow: Overflow
  tracing: TopicTracing | undefined
  /** Messages of the outbox. */
  most: number | undefined
  /** The log that this node publishes on. */
  log: () => Promise<LogDriver>
  /** Whether there are enough keepers for `stored`. */
  kept: () => boolean
  subscribe: (channel: string, options: SubscribeOptions, schema: StandardSchemaV1 | undefined) => Promise<ChannelEnd<any>>
  deleteChannel: (channel: string) => Promise<void>
  onClose: () => void
}

export class TopicEnd implements Topic {
  readonly name: string
  readonly #init: TopicInit
  readonly #outbox: Outbox
  readonly #pattern: boolean
  readonly #channels = new Set<ChannelEnd<any>>()
  #closing: Promise<void> | undefined

  constructor (init: TopicInit) {
    this.#init = init
    this.name = init.name
    this.#pattern = isPattern(init.name)
    this.#outbox = new Outbox({ topic: init.name, linger: init.linger, overflow: init.overflow, most: init.most, log: init.log })
  }

  get schema (): StandardSchemaV1 | undefined {
    return this.#init.schema
  }

  async publish (body: unknown, options: PublishOptions = {}): Promise<Receipt> {
    const { schema, tracing } = this.#init
    const { signal, confirm, headers = {} } = options
    this.#checkOpen()
    if (this.#pattern) throw new InvalidNameError(`${this.name} is a pattern: it may only be subscribed to`)
    if (body == null) throw new InvalidMessageError(`${this.name}: a message needs a body`)
    signal?.throwIfAborted()
    const message = this.#message(body, options)
    if (schema !== undefined) {
      await checkedBody(this.name, schema, body)
      signal?.throwIfAborted()
    }
    const receipt = tracing === undefined
      ? this.#confirmed(message, confirm)
      : tracing.publish({ topic: this.name, headers }, async headers => this.#confirmed(this.#message(body, { ...options, headers }), confirm))
    return signal === undefined ? receipt : abortable(receipt, signal)
  }

  async subscribe (channel: string, options: SubscribeOptions = {}): Promise<Channel> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const end = await this.#init.subscribe(channel, options, this.#init.schema)
    this.#channels.add(end)
    end.onClosed = () => { this.#channels.delete(end) }
    if (this.#closing !== undefined) {
      await end.close(options)
      this.#checkOpen()
    }
    return end
  }

  async deleteChannel (channel: string, { signal }: AbortOptions = {}): Promise<void> {
    this.#checkOpen()
    signal?.throwIfAborted()
    await abortable(this.#init.deleteChannel(channel), signal)
  }

  async close ({ signal }: AbortOptions = {}): Promise<void> {
    this.#closing ??= this.#close()
    await abortable(this.#closing, signal)
  }

  #checkOpen (): void {
    if (this.#closing !== undefined) throw new ChannelClosedError(`the topic ${this.name} is closed`)
  }

  async #close (): Promise<void> {
    this.#init.onClose()
    await Promise.all([this.#outbox.close(), ...Array.from(this.#channels, async end => end.close())])
  }

  #message (body: unknown, { key, ttl, confirm, headers = {} }: PublishOptions): NewMessage {
    if (key !== undefined && (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_TEXT || !key.isWellFormed())) throw new InvalidOptionsError(`key: expected 1 to ${MAX_KEY_TEXT} characters`)
    if (ttl !== undefined && !(ttl >= 1 && ttl <= MAX_TTL)) throw new InvalidOptionsError(`ttl: expected 1 to ${MAX_TTL} milliseconds`)
    if (confirm !== undefined && !REACHED.includes(confirm)) throw new InvalidOptionsError(`confirm: expected one of ${REACHED.join(', ')}`)
    const map = new Map(Object.entries(headers))
    for (const [name, value] of map) {
      if (typeof value !== 'string') throw new InvalidOptionsError(`headers: ${name} is not a string`)
      if (!isHeaderName(name)) throw new InvalidOptionsError(`headers: ${name.slice(0, 40)}: expected at most ${MAX_TEXT} characters, not __proto__`)
    }
    if (map.size > MAX_MESSAGE_HEADERS - BURIAL_HEADERS) throw new InvalidOptionsError(`headers: expected at most ${MAX_MESSAGE_HEADERS - BURIAL_HEADERS}`)
    const encoded = encodeBody(body)
    const payload = encodePayload(encoded, map)
    const size = payload.length - (encoded.body?.length ?? 0)
    if (size > MAX_HEADERS) throw new FrameTooLargeError(`headers of ${size} bytes: at most ${MAX_HEADERS}`)
    return { at: Date.now(), ttl: Math.ceil(ttl ?? 0), key, payload, watch: confirm === 'handled' }
  }

  async #confirmed (message: NewMessage, confirm: Reached | undefined): Promise<Receipt> {
    const placed = await this.#outbox.add(message)
    const { log, seq, channels } = placed
    const reached = await this.#reach(placed, confirm ?? 'outbox')
    const { publisher, epoch, topic } = log.log
    return { id: messageId(topic, publisher, epoch, seq), reached, storedBy: reached === 'stored' ? log.storedBy : [], channels }
  }

  /** Waits for what was asked for, or for the next best that there is. */
  async #reach ({ log, seq }: Placed, wanted: Reached): Promise<Reached> {
    if (wanted === 'handled') {
      await log.handled(seq)
      return wanted
    }
    if (wanted === 'stored' && this.#init.kept() && await log.stored(seq)) return wanted
    if (wanted !== 'sent' && log.persistent) {
      await log.durable(seq)
      return 'outbox'
    }
    await log.sent(seq)
    return 'sent'
  }
}

/** Unique in the mesh. */
export function messageId (topic: string, publisher: string, epoch: number, seq: number): string {
  return `${topic}/${publisher}/${epoch}/${seq}`
}
