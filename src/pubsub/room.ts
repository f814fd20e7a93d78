/** The room at work: streams, gossip, registry, logs, subscriptions, what is kept for others. Loaded when it is needed; see pubsub.ts. */
import { abortable } from '../util/abortable.ts'
import { MeshStoppedError } from '../errors.ts'
import { withDeadline } from '../util/deadline.ts'
import { Lazy } from '../util/lazy.ts'
import { pause } from '../util/timeouts.ts'
import { timers } from '../util/timers.ts'
import { checkName } from '../wire/names.ts'
import { createParts } from './assemble.ts'
import { describe } from './info.ts'
import { LazyTopic } from './lazy-topic.ts'
import { channelKey } from './names.core.ts'
import { HAND_OVER_INTERVAL, HAND_OVER_TIMEOUT, LINGER } from './numbers.ts'
import { KEEPER, MEMBER } from './roles.ts'
import { isSystem } from './system.ts'
import { TopicEnd } from './topic.ts'
import type { Parts, PartsInit } from './assemble.ts'
import type { OutboxOptions, PubsubInfo, Topic } from './index.ts'
import type * as system from './system-topics.ts'
import type { SystemTopics } from './system-topics.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { StandardSchemaV1 } from '@standard-schema/spec'

const NODE_EVENTS = ['node:add', 'node:update', 'node:remove'] as const

/** What a topic of the application is made of. */
export interface TopicRequest {
  readonly name: string
  readonly schema: StandardSchemaV1 | undefined
  readonly options: OutboxOptions
  readonly onClose: () => void
}

export class Room {
  readonly #init: PartsInit
  readonly #parts: Parts
  readonly #system: Lazy<SystemTopics, typeof system>
  /** System topics that are topics of the mesh, and those of them that this node has published on. */
  readonly #shared: ReadonlySet<string>
  readonly #published = new Map<string, Topic>()
  readonly #topics = new Set<TopicEnd>()
  /** Types of the system's events that are listened to before its code is there. */
  readonly #asked = new Set<string>()
  #stopped = false

  constructor (init: PartsInit) {
    this.#init = init
    this.#parts = createParts(init)
    this.#shared = new Set(init.init.system)
    const { components, emit, log, init: { onElection, onLinks } } = init
    this.#system = new Lazy('topics of the node', timers, async () => import('#system'), ({ SystemTopics }) => {
      const topics = new SystemTopics({
        self: components.peerId.toString(),
        shared: this.#shared,
        publish: (name, body) => { this.#publish(name, body) },
        emit,
        log,
        onElection,
        onLinks
      })
      for (const type of this.#asked) topics.want(type)
      return topics
    })
  }

  // ---- lifecycle

  /** @param wanted - types of events that somebody listens to: of none of them is anything missed */
  async start (wanted: Iterable<string>): Promise<void> {
    const { components, discovery, init } = this.#init
    const { logs, kept, net } = this.#parts
    if (init.lazy !== true || this.#shared.size > 0 || [...wanted].some(isSystem)) await this.#system.load()
    for (const type of NODE_EVENTS) discovery.addEventListener(type, this.#onNode)
    components.events.addEventListener('peer:connect', this.#onConnect)
    components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    await logs.restore()
    await kept?.restore()
    await net.start()
    // from now on others tell it of channels
    const { roles } = discovery.self
    const more = [MEMBER, ...kept === undefined ? [] : [KEEPER]].filter(role => !roles.includes(role))
    if (more.length > 0) discovery.update({ roles: [...roles, ...more] })
  }

  /** When gossipsub has started. */
  listen (): void {
    const { registry, gossip, watchdog, router } = this.#parts
    registry.start()
    gossip.start()
    watchdog.start()
    for (const node of this.#init.discovery.nodes()) router.node(node, false)
  }

  async stop (): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    const { components, discovery, log } = this.#init
    const { watchdog, gossip, subscriptions, registry, net, logs, kept } = this.#parts
    await this.leave().catch((err: unknown) => { log('could not leave - %e', err) })
    components.events.removeEventListener('peer:connect', this.#onConnect)
    components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    for (const type of NODE_EVENTS) discovery.removeEventListener(type, this.#onNode)
    watchdog.stop()
    gossip.stop()
    subscriptions.stop()
    registry.stop()
    await net.stop()
    await Promise.all([logs.stop(), kept?.stop()])
  }

  async leave ({ signal }: AbortOptions = {}): Promise<void> {
    const { logs, subscriptions } = this.#parts
    await withDeadline(HAND_OVER_TIMEOUT, [signal], async signal => {
      const closed = Promise.all(Array.from(this.#topics, async topic => topic.close())).then(async () => subscriptions.close())
      await abortable(closed, signal).catch(() => {})
      while (logs.unfinished && !signal.aborted) await pause(HAND_OVER_INTERVAL)
    })
    logs.leave()
  }

  // ---- what can be done

  topic (request: TopicRequest): Topic {
    const { name, options } = request
    if (isSystem(name) && !this.#shared.has(name)) {
      return new LazyTopic(name, undefined, { options, room: () => this.#system.value, load: async () => this.#system.load(), request: () => request })
    }
    const topic = this.#createTopic(request, () => {
      this.#topics.delete(topic)
      request.onClose()
    })
    this.#topics.add(topic)
    return topic
  }

  info (): PubsubInfo {
    const { logs, registry, context, kept } = this.#parts
    return describe(logs.all(), registry, context.counters, kept)
  }

  resync (): void {
    const { logs, subscriptions, context, registry } = this.#parts
    logs.input({ type: 'resumed' })
    subscriptions.input({ type: 'resumed' })
    for (const peer of context.neighbours()) registry.hello(peer)
  }

  /** Somebody listens to events of this type. */
  want (type: string): void {
    const { value } = this.#system
    if (type === 'fault') this.#parts.context.heard.resolve()
    if (value !== undefined) value.want(type)
    else if (isSystem(type)) {
      this.#asked.add(type)
      this.#system.keep(() => !this.#stopped, err => { this.#init.log('could not load - %e', err) })
    }
  }

  // ---- parts

  #running (): Parts {
    if (this.#stopped) throw new MeshStoppedError()
    return this.#parts
  }

  #createTopic ({ name, schema, options }: TopicRequest, onClose: () => void): TopicEnd {
    const { linger, outbox, tracing } = this.#init.init
    return new TopicEnd({
      name,
      schema,
      linger: linger ?? LINGER,
      overflow: options.overflow ?? outbox?.overflow ?? 'wait',
      most: options.messages ?? outbox?.messages,
      tracing,
      log: async () => this.#running().logs.own(name, options),
      kept: () => this.#parts.context.isKept(name),
      subscribe: async (channel, subscribeOptions, schema) => this.#running().subscriptions.subscribe(name, channel, subscribeOptions, schema),
      deleteChannel: async channel => this.#running().registry.delete(channelKey(name, checkName('channel', channel))),
      onClose
    })
  }

  /** Of this node itself: news, of which the newest count. */
  #publish (name: string, body: Uint8Array): void {
    if (this.#stopped) return
    let topic = this.#published.get(name)
    if (topic === undefined) {
      topic = this.topic({ name, schema: undefined, options: { overflow: 'dropOldest' }, onClose: () => { this.#published.delete(name) } })
      this.#published.set(name, topic)
    }
    topic.publish(body, { confirm: 'sent' }).catch((err: unknown) => { this.#init.log('%s: could not publish - %e', name, err) })
  }

  // ---- what happens

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    this.#parts.router.connected(detail.toString())
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const id = detail.toString()
    // a second connection may be there
    if (!this.#parts.context.connected(id)) this.#parts.router.closed(id)
  }

  readonly #onNode = ({ type, detail }: CustomEvent<NodeInfo>): void => {
    this.#parts.router.node(detail, type === 'node:remove')
    this.#system.value?.node(type, detail)
  }
}
