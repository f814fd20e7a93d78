/** A topic within this node: the same channels and the same acks, no network, nothing kept for later. */
import { InvalidMessageError } from '../errors.ts'
import { unref } from '../util/timeouts.ts'
import { checkName } from '../wire/names.ts'
import { ChannelEnd } from './channel.ts'
import { LOCAL_DELIVER, LOCAL_RETRY, MAX_LOCAL } from './numbers.ts'
import type { Channel, PublishOptions, Receipt, SubscribeOptions, Topic } from './index.ts'
import type { Outcome } from './message.ts'
import type { Logger } from '@libp2p/interface'

interface Waiting { readonly body: unknown, readonly options: PublishOptions, readonly at: number, readonly id: string, attempt: number }

interface LocalChannel {
  readonly name: string
  /** Who takes messages now, in turn. */
  readonly taking: Array<ChannelEnd<any>>
  readonly members: Set<ChannelEnd<any>>
  readonly waiting: Waiting[]
}

export interface LocalTopicInit {
  name: string
  self: string
  /** A message was published here. */
  onPublish: (body: unknown) => void
  log: Logger
}

export class LocalTopic implements Topic {
  readonly name: string
  readonly #init: LocalTopicInit
  readonly #channels = new Map<string, LocalChannel>()
  #seq = 0

  constructor (init: LocalTopicInit) {
    this.#init = init
    this.name = init.name
  }

  async publish (body: unknown, options: PublishOptions = {}): Promise<Receipt> {
    options.signal?.throwIfAborted()
    if (body == null) throw new InvalidMessageError(`${this.name}: a message needs a body`)
    this.#init.onPublish(body)
    return this.emit(body, options)
  }

  /** {@link publish} of the node itself. */
  emit (body: unknown, options: PublishOptions = {}): Receipt {
    const id = `${this.#init.self}/local/${++this.#seq}`
    for (const channel of this.#channels.values()) {
      this.#offer(channel, { body, options, at: Date.now(), id, attempt: 1 })
    }
    return { id, reached: 'sent', storedBy: [], channels: [...this.#channels.keys()] }
  }

  async subscribe (name: string, options: SubscribeOptions = {}): Promise<Channel> {
    checkName('channel', name)
    options.signal?.throwIfAborted()
    const channel = this.#channels.get(name) ?? { name, taking: [], members: new Set(), waiting: [] }
    this.#channels.set(name, channel)
    const end: ChannelEnd<any> = new ChannelEnd<any>({
      name,
      topic: this.name,
      schema: undefined,
      settings: () => ({ durable: false, expire: 0, maxDeliver: LOCAL_DELIVER, ackWait: Infinity, backoff: [LOCAL_RETRY] }),
      log: this.#init.log,
      onWanting: () => {},
      onTaking: taking => {
        remove(channel.taking, end)
        if (taking) channel.taking.push(end)
        for (const waiting of channel.waiting.splice(0)) this.#offer(channel, waiting)
      },
      onClosing: () => { remove(channel.taking, end) },
      leave: async () => {
        channel.members.delete(end)
        if (channel.members.size === 0) this.#channels.delete(name)
      }
    })
    channel.members.add(end)
    return end
  }

  async deleteChannel (name: string): Promise<void> {
    const channel = this.#channels.get(checkName('channel', name))
    await Promise.all(Array.from(channel?.members ?? [], async end => end.close()))
  }

  async close (): Promise<void> {
    await Promise.all(Array.from(this.#channels.keys(), async name => this.deleteChannel(name)))
  }

  #offer (channel: LocalChannel, waiting: Waiting): void {
    const end = channel.taking.shift()
    if (end === undefined) {
      if (channel.waiting.push(waiting) > MAX_LOCAL) channel.waiting.shift()
      return
    }
    channel.taking.push(end)
    const { self } = this.#init
    const { body, options, at, id, attempt } = waiting
    end.deliver({
      id, attempt, topic: this.name, channel: channel.name, publisher: self, headers: options.headers ?? {}, key: options.key, publishedAt: at
    }, () => body, {
      settle: outcome => { this.#settled(channel, waiting, outcome) },
      working: () => {}
    })
  }

  #settled (channel: LocalChannel, waiting: Waiting, outcome: Outcome): void {
    if (outcome.type !== 'nak' || (!outcome.unstarted && ++waiting.attempt > LOCAL_DELIVER)) return
    unref(setTimeout(() => { this.#offer(channel, waiting) }, outcome.delay ?? LOCAL_RETRY))
  }
}

function remove<T> (list: T[], one: T): void {
  const at = list.indexOf(one)
  if (at !== -1) list.splice(at, 1)
}
