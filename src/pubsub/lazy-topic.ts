/** A topic before the room is loaded, and the way to it afterwards. */
import { abortable } from '../util/abortable.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Channel, OutboxOptions, PublishOptions, Receipt, SubscribeOptions, Topic } from './index.ts'
import type { TopicRequest } from './room.ts'

/** What makes the topic, once it is there. */
interface Maker { topic: (request: TopicRequest) => Topic }

export interface LazyTopicInit {
  options: OutboxOptions
  room: () => Maker | undefined
  load: () => Promise<Maker>
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
    // the way of every message: no promise more than that of the topic itself
    return this.#use(topic => topic.publish(body, options), options)
  }

  subscribe (channel: string, options?: SubscribeOptions): Promise<Channel> {
    return this.#use(async topic => topic.subscribe(channel, options), options)
  }

  deleteChannel (channel: string, options?: AbortOptions): Promise<void> {
    return this.#use(async topic => topic.deleteChannel(channel, options), options)
  }

  close (options?: AbortOptions): Promise<void> {
    return this.#use(async topic => topic.close(options), options)
  }

  #find (room: Maker | undefined): Topic | undefined {
    return (this.#topic ??= room?.topic(this.#init.request(this)))
  }

  /** At once if the code is there, else when it has come, in the order of the calls: of those that were given up nothing is begun then. */
  #use<T> (run: (topic: Topic) => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    const topic = this.#find(this.#init.room())
    return topic === undefined ? abortable(this.#init.load().then(async room => run(this.#find(room) as Topic)), signal) : run(topic)
  }
}
