/** A topic before the room is loaded, and the way to it afterwards. */
import type { AbortOptions } from '@libp2p/interface'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Channel, OutboxOptions, PublishOptions, Receipt, SubscribeOptions, Topic } from './index.ts'
import type { Room, TopicRequest } from './room.ts'

export interface LazyTopicInit {
  options: OutboxOptions
  room: () => Room | undefined
  load: () => Promise<Room>
  request: (topic: LazyTopic) => TopicRequest
}

export class LazyTopic implements Topic {
  readonly name: string
  readonly schema: StandardSchemaV1 | undefined
  readonly options: OutboxOptions
  readonly #init: LazyTopicInit
  #topic: Topic | undefined

  constructor (name: string, schema: StandardSchemaV1 | undefined, init: LazyTopicInit) {
    this.name = name
    this.schema = schema
    this.options = init.options
    this.#init = init
  }

  publish (body: unknown, options?: PublishOptions): Promise<Receipt> {
    const topic = this.#topic ?? this.#find(this.#init.room())
    return topic === undefined ? this.#loaded().then(async topic => topic.publish(body, options)) : topic.publish(body, options)
  }

  async subscribe (channel: string, options?: SubscribeOptions): Promise<Channel> {
    return (await this.#loaded()).subscribe(channel, options)
  }

  async deleteChannel (channel: string, options?: AbortOptions): Promise<void> {
    await (await this.#loaded()).deleteChannel(channel, options)
  }

  async close (options?: AbortOptions): Promise<void> {
    await (await this.#loaded()).close(options)
  }

  #find (room: Room | undefined): Topic | undefined {
    if (room !== undefined) this.#topic ??= room.topic(this.#init.request(this))
    return this.#topic
  }

  async #loaded (): Promise<Topic> {
    return this.#topic ?? this.#find(await this.#init.load()) as Topic
  }
}
