/** Commands by which a node process publishes and consumes; see `node-child.ts`. */
import { told } from './child.ts'
import { wallClock } from './ipc.ts'
import type { Channel, Mesh, Message, PublishOptions, SubscribeOptions } from '../../src/index.ts'
import type { Command, Emit } from './child.ts'

/** A delivery, as it is told to the parent. */
export interface Handled {
  readonly id: string
  readonly body: unknown
  readonly attempt: number
  readonly key: string | undefined
  readonly publisher: string
  /** When its handler began, by `wallClock`. */
  readonly at: number
}

/** What the handler does with each message. */
export interface Behaviour {
  /** @default 'ack' */
  readonly how?: 'ack' | 'throw' | 'hang'
  /** Milliseconds that it takes. */
  readonly delay?: number
  /** Tell the parent of each as it begins, as the event `handled`. @default false */
  readonly tell?: boolean
  /** Tell the parent of each as it ends, as the event `done`, and ack only when it knows. @default false */
  readonly tellEnd?: boolean
}

export type ChildSubscribeOptions = Omit<SubscribeOptions, 'signal' | 'from'> & { from?: 'latest' | 'beginning' | number }

interface Part {
  readonly channel: Channel
  readonly handled: Handled[]
}

async function handle (message: Message, handled: Handled[], { how = 'ack', delay = 0, tell = false, tellEnd = false }: Behaviour, emit: Emit): Promise<void> {
  const { id, body, attempt, key, publisher } = message
  const item = { id, body, attempt, key, publisher, at: wallClock() }
  handled.push(item)
  if (tell) emit('handled', item)
  if (delay > 0) await new Promise(resolve => { setTimeout(resolve, delay) })
  if (how === 'hang') await new Promise(() => {})
  if (how === 'throw') throw new Error('the handler was told to fail')
  if (tellEnd) {
    emit('done', { ...item, channel: message.channel })
    await told()
  }
}

/** What a publisher tells of each message: that it tries, and the id, once its receipt is there. */
export interface Tried { readonly body: string, readonly id: string | undefined }

/** Publishes bodies `<label>/<n>` one after the other until it is stopped, and tells of each as the event `tried`. */
class Stream {
  readonly #mesh: Mesh
  readonly #emit: Emit
  #running = false
  #open = 0

  constructor (mesh: Mesh, emit: Emit) {
    this.#mesh = mesh
    this.#emit = emit
  }

  start (topic: string, label: string, rate: number, options: PublishOptions): void {
    this.#running = true
    const began = performance.now()
    let n = 0
    const more = (): void => {
      if (!this.#running) return
      for (; n < (performance.now() - began) * rate / 1_000; n++) void this.#one(topic, `${label}/${n}`, options)
      setTimeout(more, 5)
    }
    more()
  }

  /** Resolves when every receipt is there. */
  async stop (): Promise<void> {
    this.#running = false
    while (this.#open > 0) await new Promise(resolve => { setTimeout(resolve, 5) })
  }

  async #one (topic: string, body: string, options: PublishOptions): Promise<void> {
    this.#open++
    this.#emit('tried', { body, id: undefined })
    await told()
    const id = await this.#mesh.pubsub.topic(topic).publish(body, options).then(({ id }) => id, () => undefined)
    this.#emit('tried', { body, id })
    this.#open--
  }
}

export function pubsubCommands (mesh: Mesh, emit: Emit): Record<string, Command> {
  const parts = new Map<string, Part>()
  const stream = new Stream(mesh, emit)
  const part = (topic: string, channel: string): Part => {
    const known = parts.get(`${topic}/${channel}`)
    if (known === undefined) throw new Error(`this node does not consume from ${topic}/${channel}`)
    return known
  }
  for (const type of ['lost', 'dead', 'expired', 'overflow'] as const) {
    mesh.pubsub.addEventListener(type, ({ detail }: CustomEvent<unknown>) => { emit(`pubsub:${type}`, detail) })
  }
  mesh.libp2p.addEventListener('peer:disconnect', ({ detail }) => { emit('disconnect', detail.toString()) })
  return {
    /** Resolves to the ids of the nodes that could not be reached. */
    subscribe: async (topic: string, channel: string, { from, ...options }: ChildSubscribeOptions = {}, behaviour: Behaviour = {}) => {
      const start = from === undefined ? {} : { from: typeof from === 'number' ? new Date(from) : from }
      const end = await mesh.pubsub.topic(topic).subscribe(channel, { ...options, ...start })
      const handled: Handled[] = []
      parts.set(`${topic}/${channel}`, { channel: end, handled })
      end.onMessage(async message => handle(message, handled, behaviour, emit))
      return end.unreached.map(({ id }) => id)
    },
    /** What was handed to the handler so far, oldest first. */
    handled: (topic: string, channel: string, from = 0) => part(topic, channel).handled.slice(from),
    handledCount: (topic: string, channel: string) => part(topic, channel).handled.length,
    closeChannel: async (topic: string, channel: string) => part(topic, channel).channel.close(),
    deleteChannel: async (topic: string, channel: string) => mesh.pubsub.topic(topic).deleteChannel(channel),
    publish: async (topic: string, body: unknown, options: Omit<PublishOptions, 'signal'> = {}) => mesh.pubsub.topic(topic).publish(body, options),
    /** Bodies `from` to `from + count - 1`, all at once, or so many a second. Resolves to the receipts' ids. */
    publishMany: async (topic: string, count: number, { from = 1, rate, ...options }: Omit<PublishOptions, 'signal'> & { from?: number, rate?: number } = {}) => {
      const began = performance.now()
      const ids: Array<Promise<string>> = []
      for (let n = 0; n < count; n++) {
        if (rate !== undefined && performance.now() < began + n * 1_000 / rate) await new Promise(resolve => { setTimeout(resolve, 5) })
        ids.push(mesh.pubsub.topic(topic).publish(from + n, options).then(({ id }) => id))
      }
      return Promise.all(ids)
    },
    publishOn: (topic: string, label: string, rate: number, options: Omit<PublishOptions, 'signal'> = {}) => { stream.start(topic, label, rate, options) },
    publishOff: async () => stream.stop(),
    pubsubInfo: () => mesh.pubsub.info()
  }
}
