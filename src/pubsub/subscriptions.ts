/** The channels that this node consumes from. */
import { InvalidOptionsError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { time } from '../util/clocks.ts'
import { within } from '../util/deadline.ts'
import { ChannelEnd } from './channel.ts'
import { NO_OUTCOMES } from './logs.ts'
import { matches } from './names.core.ts'
import { isPattern } from './names.ts'
import { Subscription } from './subscription.ts'
import { resolveSubscription } from './subscribing.ts'
import { MAX_PUBLISHER_TOPICS, MAX_RECORD_LIST, MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import { LEAVE_TIMEOUT, START_TIMEOUT } from './numbers.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Announce } from './announced.ts'
import type { Context } from './context.ts'
import type { TopicGossip } from './gossip.ts'
import type { SubscribeOptions } from './index.ts'
import type { Timeless } from './loop.ts'
import type { Opened, Registry } from './registry.ts'
import type { Wanted } from './subscribing.ts'
import type { Batch, Beat, ChannelSpec, ConsumerInput, ToConsumer } from './types.core.ts'

interface Entry {
  readonly subscription: Subscription
  /** Topics whose gossip is listened to, each with what ends it. */
  readonly topics: Map<string, () => void>
}

export interface SubscriptionsInit {
  context: Context
  gossip: TopicGossip
  registry: Registry
  durable: boolean
}

export class Subscriptions {
  readonly #init: SubscriptionsInit
  readonly #entries = new Map<string, Entry>()
  /** Channels that are about to be among them. */
  #joining = 0
  readonly #ends = new Map<string, Set<ChannelEnd<any>>>()
  /** Made, or left, one after the other: by channel. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Channels that were deleted and that this node is about to leave. */
  readonly #ending = new Map<string, Promise<void>>()
  /** Who waits for the nodes' `opened-all`: by channel, as there is one at a time. */
  readonly #waiting = new Map<string, (from: string) => void>()

  constructor (init: SubscriptionsInit) {
    this.#init = init
  }

  get size (): number {
    return this.#entries.size
  }

  async subscribe (topic: string, channel: string, options: SubscribeOptions, schema: StandardSchemaV1 | undefined): Promise<ChannelEnd<any>> {
    const wanted = resolveSubscription(topic, channel, options, this.#init.durable)
    const { spec } = wanted
    options.signal?.throwIfAborted()
    // one that is made anew has nothing to do with what is left of the former one
    await this.#ending.get(spec.channel)
    return this.#inTurn(spec.channel, async () => this.#subscribe(wanted, options, schema))
  }

  async #subscribe ({ spec, stated, capacity }: Wanted, options: SubscribeOptions, schema: StandardSchemaV1 | undefined): Promise<ChannelEnd<any>> {
    const { context, registry } = this.#init
    const key = spec.channel
    let entry = this.#entries.get(key)
    const joins = entry === undefined ? 1 : 0
    if (joins > 0) {
      await registry.synced()
      this.#checkRoom(spec)
    }
    this.#joining += joins
    let opened: Opened
    try {
      // though this node takes part already: it asks for something else, perhaps
      opened = await registry.open(spec, stated, context.discovery.self.weight)
      entry ??= this.#enter(opened.spec, capacity)
    } finally {
      this.#joining -= joins
    }
    const { subscription } = entry
    const end: ChannelEnd<any> = new ChannelEnd<any>({
      name: spec.name,
      topic: spec.pattern,
      schema,
      settings: () => subscription.spec,
      log: context.log,
      tracing: context.init.tracing,
      onTaking: taking => { subscription.taking(end, taking) },
      onWanting: () => { subscription.wanting() },
      onClosing: () => { subscription.taking(end, false) },
      leave: async () => this.#inTurn(key, async () => this.#leave(key, end))
    })
    subscription.add(end, capacity)
    this.#announce(subscription)
    const ends = this.#ends.get(key) ?? new Set()
    this.#ends.set(key, ends.add(end))
    try {
      if (joins > 0) end.unreached = await this.#open(opened, subscription, options.signal)
      return end
    } catch (err) {
      void end.close()
      throw err
    }
  }

  /** What nobody could be told, or no batch could name, is refused here. */
  #checkRoom ({ channel, pattern }: ChannelSpec): void {
    if (this.#entries.size + this.#joining >= MAX_RECORD_LIST) throw new InvalidOptionsError(`${channel}: at most ${MAX_RECORD_LIST} channels of a node`)
    const others = isPattern(pattern) ? [] : this.#init.registry.matching(pattern).filter(({ spec }) => spec.channel !== channel)
    if (others.length >= MAX_TOPIC_CHANNELS) throw new InvalidOptionsError(`${channel}: at most ${MAX_TOPIC_CHANNELS} channels of a topic`)
  }

  #enter (spec: ChannelSpec, { concurrency, prefetch }: Wanted['capacity']): Entry {
    const { context } = this.#init
    const subscription: Subscription = new Subscription({
      loop: context.loop,
      config: { self: context.self, spec, session: Math.floor(Math.random() * Number.MAX_SAFE_INTEGER), time: time(), weight: context.discovery.self.weight, concurrency, prefetch, retention: context.init.retention?.time },
      send: context.send,
      onPause: () => { this.#announce(subscription) },
      onProblem: context.problem
    })
    const entry: Entry = { subscription, topics: new Map() }
    this.#entries.set(spec.channel, entry)
    if (!isPattern(spec.pattern)) this.#listen(entry, spec.pattern)
    for (const peer of context.neighbours()) subscription.input({ type: 'connected', peer })
    return entry
  }

  /** Tells all nodes of the channel, and waits until they have said where it begins. Resolves to those that did not. */
  async #open ({ spec, fresh }: Opened, subscription: Subscription, signal: AbortSignal | undefined): Promise<NodeInfo[]> {
    const { context } = this.#init
    const nodes = [context.discovery.self, ...context.others()]
    const unreached = new Map(nodes.map(node => [node.id, node]))
    const all = Promise.withResolvers<void>()
    this.#waiting.set(spec.channel, id => {
      unreached.delete(id)
      if (unreached.size === 0) all.resolve()
    })
    const { weight, session, prefetch, concurrency } = this.#announcement(subscription)
    for (const { id } of nodes) {
      context.send(id, { type: 'open', log: undefined, spec, fresh, weight, session, prefetch, concurrency, holds: [], low: 0, outcomes: NO_OUTCOMES })
    }
    try {
      await abortable(within(START_TIMEOUT, all.promise), signal)
      return [...unreached.values()]
    } finally {
      // an abort ends the timer, too
      all.resolve()
      this.#waiting.delete(spec.channel)
    }
  }

  #announcement (subscription: Subscription): Announce {
    const { spec: { channel }, session, capacity: { prefetch, concurrency }, paused } = subscription
    return { type: 'announce', channel, session, weight: this.#init.context.discovery.self.weight, prefetch: paused ? 0 : prefetch, concurrency }
  }

  /** To all, for the logs that they make later. */
  #announce (subscription: Subscription): void {
    const { context } = this.#init
    const announcement = this.#announcement(subscription)
    for (const id of [context.self, ...context.neighbours()]) context.send(id, announcement)
  }

  // ---- what comes

  opened (from: string, channel: string): void {
    this.#waiting.get(channel)?.(from)
  }

  message (from: string, message: ToConsumer): void {
    const entry = this.#entries.get(message.channel)
    if (entry === undefined || !matches(entry.subscription.spec.pattern, message.log.topic)) return
    this.#listen(entry, message.log.topic)
    entry.subscription.message(from, message)
  }

  beat (from: string, beat: Beat): void {
    for (const entry of this.#of(beat.log.topic)) {
      this.#listen(entry, beat.log.topic)
      entry.subscription.message(from, beat)
    }
  }

  batch (from: string, batch: Batch): void {
    for (const entry of this.#of(batch.log.topic)) {
      this.#listen(entry, batch.log.topic)
      entry.subscription.batch(from, batch)
    }
  }

  connected (peer: string): void {
    for (const { subscription } of this.#entries.values()) {
      subscription.input({ type: 'connected', peer })
      this.#init.context.send(peer, this.#announcement(subscription))
    }
  }

  input (input: Timeless<ConsumerInput>): void {
    for (const { subscription } of this.#entries.values()) subscription.input(input)
  }

  /** Somebody asked for something else of the channel. */
  changed (spec: ChannelSpec): void {
    this.#entries.get(spec.channel)?.subscription.respec(spec)
  }

  /** The channel was deleted, or has ended: nothing comes any more. */
  ended (channel: string): void {
    const ends = [...this.#ends.get(channel) ?? []]
    if (ends.length === 0) return
    const ending = Promise.all(ends.map(async end => end.close())).then(() => { if (this.#ending.get(channel) === ending) this.#ending.delete(channel) })
    this.#ending.set(channel, ending)
  }

  /** Closes all ends. */
  async close (): Promise<void> {
    await Promise.all([...this.#ends.values()].flatMap(ends => [...ends]).map(async end => end.close()))
  }

  stop (): void {
    for (const key of [...this.#entries.keys()]) this.#remove(key)
    this.#ends.clear()
  }

  // ---- parts

  * #of (topic: string): IterableIterator<Entry> {
    for (const entry of this.#entries.values()) {
      if (matches(entry.subscription.spec.pattern, topic)) yield entry
    }
  }

  #listen ({ topics }: Entry, topic: string): void {
    if (topics.has(topic) || topics.size >= MAX_PUBLISHER_TOPICS) return
    topics.set(topic, this.#init.gossip.listen(topic))
  }

  async #leave (key: string, end: ChannelEnd<any>): Promise<void> {
    const entry = this.#entries.get(key)
    const ends = this.#ends.get(key)
    if (entry === undefined || ends?.has(end) !== true) return
    if (ends.size === 1) {
      await within(LEAVE_TIMEOUT, entry.subscription.leave())
    }
    entry.subscription.remove(end)
    ends.delete(end)
    if (ends.size > 0) return
    this.#ends.delete(key)
    this.#remove(key)
    this.#init.registry.close(key)
  }

  #remove (key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    entry.subscription.stop()
    for (const unlisten of entry.topics.values()) unlisten()
  }

  async #inTurn <T> (key: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(task)
    const settled = turn.then(() => {}, () => {}).then(() => { if (this.#turns.get(key) === settled) this.#turns.delete(key) })
    this.#turns.set(key, settled)
    return turn
  }
}
