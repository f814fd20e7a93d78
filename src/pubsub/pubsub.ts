/** Puts the room together: streams, gossip, registry, logs, subscriptions, what is kept for others. */
import { serviceCapabilities } from '@libp2p/interface'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { InvalidNameError, InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { abortable } from '../streams/abortable.ts'
import { withDeadline } from '../util/deadline.ts'
import { checkName } from '../wire/names.ts'
import { createParts } from './assemble.ts'
import { KEEPER } from './context.ts'
import { describe } from './info.ts'
import { LocalTopic } from './local-topic.ts'
import { channelKey } from './names.core.ts'
import { checkTopicOrPattern } from './names.ts'
import { checkPubsubOptions } from './options.ts'
import { SystemTopics } from './system-topics.ts'
import { isSystem } from './system.ts'
import { TopicEnd } from './topic.ts'
import type { Parts } from './assemble.ts'
import type { TopicContract } from './contract.ts'
import type { OutboxOptions, Pubsub, PubsubComponents, PubsubEvents, PubsubInfo, PubsubInit, Topic } from './index.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'
import type { EventHandler } from 'main-event'

/** Milliseconds that a publish may wait for company. */
const LINGER = 5
/** Milliseconds that {@link PubsubService.leave} gives others to take what is handed over. */
const LEAVE_TIMEOUT = 5_000
/** Between looks whether they have. */
const LEAVE_INTERVAL = 20
const NODE_EVENTS = ['node:add', 'node:update', 'node:remove'] as const

export class PubsubService extends SafeEmitter<PubsubEvents> implements Pubsub, Startable {
  readonly [Symbol.toStringTag] = '@braid/pubsub'
  readonly [serviceCapabilities]: string[] = ['@braid/pubsub']
  readonly #components: PubsubComponents
  readonly #init: PubsubInit
  readonly #log: Logger
  readonly #topics = new Map<string, Topic>()
  #parts: Parts | undefined
  #starting: Promise<void> | undefined
  #stopped = false
  readonly #system: SystemTopics

  constructor (components: PubsubComponents, init: PubsubInit) {
    const log = components.logger.forComponent('braid:pubsub')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#init = init
    this.#log = log
    this.#system = new SystemTopics({
      self: components.peerId.toString(),
      topic: name => this.#local(name),
      emit: (type, detail) => { this.safeDispatchEvent(type, { detail }) },
      ...init.onElection === undefined ? {} : { onElection: init.onElection }
    })
  }

  // ---- lifecycle

  async start (): Promise<void> {
    if (this.#parts !== undefined) return
    this.#stopped = false
    this.#starting = this.#start()
    await this.#starting
  }

  async #start (): Promise<void> {
    const discovery = this.#discovery()
    const parts = this.#parts = createParts({
      components: this.#components,
      init: this.#init,
      discovery,
      emit: (type, detail) => { this.safeDispatchEvent(type, { detail }) },
      log: this.#log
    })
    const { roles } = discovery.self
    if (parts.kept !== undefined && !roles.includes(KEEPER)) discovery.update({ roles: [...roles, KEEPER] })
    this.#components.events.addEventListener('peer:connect', this.#onConnect)
    this.#components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    for (const type of NODE_EVENTS) discovery.addEventListener(type, this.#onNode)
    this.#system.start(discovery)
    await parts.logs.restore()
    await parts.kept?.restore()
    await parts.net.start()
  }

  /** Gossipsub is there when every service's `start` has ended. */
  async afterStart (): Promise<void> {
    this.#parts?.gossip.start()
    this.#parts?.watchdog.start()
  }

  /** Before libp2p begins to close connections. */
  async beforeStop (): Promise<void> {
    await this.stop()
  }

  async stop (): Promise<void> {
    const parts = this.#parts
    if (parts === undefined || this.#stopped) return
    this.#stopped = true
    await this.leave().catch((err: unknown) => { this.#log('could not leave - %e', err) })
    const discovery = this.#discovery()
    this.#components.events.removeEventListener('peer:connect', this.#onConnect)
    this.#components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    for (const type of NODE_EVENTS) discovery.removeEventListener(type, this.#onNode)
    this.#system.stop(discovery)
    parts.watchdog.stop()
    parts.gossip.stop()
    parts.subscriptions.stop()
    parts.registry.stop()
    await parts.net.stop()
    await Promise.all([parts.logs.stop(), parts.kept?.stop()])
    this.#topics.clear()
    this.#parts = undefined
  }

  async leave ({ signal }: AbortOptions = {}): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    await withDeadline(LEAVE_TIMEOUT, [signal], async signal => {
      const closed = Promise.all(Array.from(this.#topics.values(), async topic => topic.close())).then(async () => parts.subscriptions.close())
      await abortable(closed, signal).catch(() => {})
      while (parts.logs.unfinished && !signal.aborted) await new Promise(resolve => { setTimeout(resolve, LEAVE_INTERVAL) })
    })
    parts.logs.leave()
  }

  // ---- what can be done

  topic (name: string | TopicContract<any, any>, options: OutboxOptions = {}): Topic {
    const contract = typeof name === 'string' ? undefined : name
    const known = checkTopicOrPattern(contract?.topic ?? name)
    checkPubsubOptions({ outbox: options })
    if (isSystem(known)) return this.#local(known)
    const topic = this.#topics.get(known)
    if (topic instanceof TopicEnd && contract !== undefined && topic.schema !== contract.body) {
      if (topic.schema !== undefined) throw new InvalidOptionsError(`the topic ${known} was made with another contract`)
      throw new InvalidOptionsError(`the topic ${known} was made without its contract: give the contract first`)
    }
    const made = topic ?? this.#createTopic(known, contract, options)
    this.#topics.set(known, made)
    return made
  }

  info (): PubsubInfo {
    const { logs, context, kept } = this.#parts ?? {}
    return describe(logs?.all() ?? [], context?.counters ?? new Map(), kept)
  }

  resync (): void {
    const { logs, subscriptions, context, registry } = this.#parts ?? {}
    logs?.input({ type: 'resumed' })
    subscriptions?.input({ type: 'resumed' })
    for (const peer of context?.neighbours() ?? []) registry?.hello(peer)
  }

  override addEventListener<K extends keyof PubsubEvents> (type: K, listener: EventHandler<PubsubEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)
    this.#system.want(type)
  }

  // ---- parts

  /** Looked up when it is first needed: services are made in the order of their keys. */
  #discovery (): Discovery {
    const { discovery } = this.#components
    if (discovery === undefined) throw new InvalidOptionsError('pubsub needs the discovery service beside it: add `discovery: discovery()` to the services')
    return discovery
  }

  #running (): Parts {
    if (this.#parts === undefined || this.#stopped) throw new MeshStoppedError()
    return this.#parts
  }

  #createTopic (name: string, contract: TopicContract | undefined, options: OutboxOptions): TopicEnd {
    return new TopicEnd({
      name,
      schema: contract?.body,
      linger: this.#init.linger ?? LINGER,
      overflow: options.overflow ?? this.#init.outbox?.overflow ?? 'wait',
      most: options.messages ?? this.#init.outbox?.messages,
      log: async () => {
        await this.#starting
        return this.#running().logs.own(name, options)
      },
      kept: () => this.#running().context.keepers(name).length >= 2,
      subscribe: async (channel, subscribeOptions, schema) => {
        await this.#starting
        return this.#running().subscriptions.subscribe(name, channel, subscribeOptions, schema)
      },
      deleteChannel: async channel => { this.#running().registry.delete(channelKey(name, checkName('channel', channel))) },
      onClose: () => { this.#topics.delete(name) }
    })
  }

  #local (name: string): LocalTopic {
    const known = this.#topics.get(name)
    if (known instanceof LocalTopic) return known
    if (/[*>]/.test(name)) throw new InvalidNameError(`${name}: topics of the node itself are subscribed to by their names`)
    const topic = new LocalTopic({
      name,
      self: this.#components.peerId.toString(),
      onPublish: body => { this.#system.published(name, body) },
      log: this.#log
    })
    this.#topics.set(name, topic)
    this.#system.want(name)
    return topic
  }

  // ---- what happens

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    this.#parts?.router.connected(detail.toString())
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const parts = this.#parts
    const id = detail.toString()
    // a second connection may be there
    if (parts !== undefined && !parts.context.connected(id)) parts.router.closed(id)
  }

  readonly #onNode = ({ type, detail }: CustomEvent<NodeInfo>): void => {
    this.#parts?.router.node(detail, type === 'node:remove')
  }
}

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: no `discovery` service beside it
 *
 * @example
 *
 * ```ts
 * const node = await createLibp2p({ services: { identify: identify(), pubsub: gossipsub(), discovery: discovery(), topics: pubsub() } })
 * await node.services.topics.topic('orders').publish({ item: 'book' })
 * ```
 */
export function pubsub (init: PubsubInit = {}): (components: PubsubComponents) => Pubsub {
  checkPubsubOptions(init)
  return components => new PubsubService(components, init)
}
