/**
 * @packageDocumentation
 *
 * Topics and channels, at least once, without a broker. A topic is a stream of messages; each of its channels gets every
 * message, and the consumers of one channel share them. A message stays a channel's business until a consumer has acked
 * it: a handler that throws, a consumer that dies and a publisher that restarts with its storage lose nothing.
 *
 * Bodies travel by gossipsub, many in one signed message; who runs what, acks, repair and replay travel over streams.
 * The publisher assigns its own messages, so that in a run without faults each channel handles each of them exactly
 * once. Node peers keep what was published for a while (keepers), for those who come later and for when the publisher
 * is gone.
 *
 * @example
 *
 * ```ts
 * const topic = mesh.pubsub.topic('orders')
 * const channel = await topic.subscribe('billing')        // published from now on: surely delivered
 * channel.onMessage(async ({ body, attempt }) => {
 *   await bill(body)                                      // resolves: acked; throws: comes again, here or elsewhere
 * })
 * const { id, reached } = await topic.publish({ item: 'book', count: 1 })
 * ```
 */
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Storage } from '../storage/index.ts'
import type { PeerStreamsComponents } from '../streams/index.ts'
import type { AbortOptions, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { TopicContract } from './contract.ts'
import type { LinkNumMsg, SHAREABLE, StateChangeMsg, SystemEvents, UnlinkMsg } from './system.ts'

/**
 * How far a message has come. `sent`: given to the network. `outbox`: stored by its publisher, durably. `stored`: by two
 * of the topic's three keepers, none of which is its publisher. `handled`: final in every channel that there was when it
 * was published, also in a durable one whose consumers come later: acked, dead, expired, or given up with its channel or
 * as it was too old to be kept. A channel that this node has stored, and nobody has told it of since it started, counts for
 * half a minute, and after the next start no more.
 */
export type Reached = 'sent' | 'outbox' | 'stored' | 'handled'

export interface Receipt {
  /** Of the message, unique in the mesh. */
  readonly id: string
  readonly reached: Reached
  /** Peer ids of the keepers that had stored it by then; empty unless `reached` is `stored`. */
  readonly storedBy: readonly string[]
  /** Names of the channels that it was for by then. */
  readonly channels: readonly string[]
}

export interface PublishOptions extends AbortOptions {
  /** Messages of a key go to one consumer of each channel, one after the other, in the order they were published. */
  key?: string | undefined
  /** At most 990, names of up to 256 characters, 16 KiB with their values. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds after which a message that was not handled is dropped, with the event `expired`. @default none */
  ttl?: number | undefined
  /** What `publish` waits for. @default 'outbox' with a storage, else 'sent' */
  confirm?: Reached | undefined
}

export interface SubscribeOptions extends AbortOptions {
  /** Where a new channel begins; one that exists goes on where it is. @default 'latest' */
  from?: 'latest' | 'beginning' | Date | undefined
  /** Handlers that run at once. @default 32 */
  concurrency?: number | undefined
  /** Messages that may be assigned to this consumer and not be final. @default 1000 */
  prefetch?: number | undefined
  /**
   * Deliveries of one message, after which it goes to the topic `<topic>.$dead.<channel>`. This, `ackWait`, `backoff` and
   * `expire` are the channel's, for all its consumers: the newest `subscribe` that gives one decides. Who gives none takes
   * the channel as it is: see {@link Channel.settings}.
   *
   * @default 5
   */
  maxDeliver?: number | undefined
  /**
   * Milliseconds that a delivery may take; `message.working()` begins them anew. Changed under way, a longer time counts for
   * what runs, too; a shorter one only for what begins later.
   *
   * @default 30000
   */
  ackWait?: number | undefined
  /** Milliseconds before the second delivery, the third, and so on; the last one repeats. @default [250, 1000, 5000, 30000] */
  backoff?: readonly number[] | undefined
  /**
   * The channel outlives its last consumer, for `expire`: it does once anybody has subscribed with this, and nobody takes
   * that back but by {@link Topic.deleteChannel}.
   *
   * @default true in Node, false in pages
   */
  durable?: boolean | undefined
  /** Milliseconds that a durable channel without a consumer is kept. Counts together with `durable`. @default 3600000 */
  expire?: number | undefined
}

/** What counts for a channel by now, whoever asked for it. */
export type ChannelSettings = Readonly<{ [K in 'durable' | 'expire' | 'maxDeliver' | 'ackWait' | 'backoff']-?: NonNullable<SubscribeOptions[K]> }>

/** One delivery of a message to one consumer of a channel. */
export interface Message<T = any> {
  readonly id: string
  readonly topic: string
  readonly channel: string
  readonly body: T
  readonly headers: Readonly<Record<string, string>>
  readonly key: string | undefined
  /** 1 at the first delivery. One that a consumer gave back before it had begun does not count. */
  readonly attempt: number
  /** Milliseconds since 1970, by the publisher's clock. */
  readonly publishedAt: number
  /** Peer id. */
  readonly publisher: string
  /**
   * It is done. Resolves at once: whoever assigned it is told right after, together with other acks. If this node dies
   * before that is heard, the message comes again.
   */
  ack (): Promise<void>
  /**
   * Deliver it again, here or elsewhere.
   *
   * @param delay - milliseconds; below 0 is 0, and more than 7 days are 7 days. @default the channel's backoff
   * @throws InvalidOptionsError - no number: the message is as it was
   */
  nak (delay?: number): Promise<void>
  /** Never deliver it again: it goes to the dead letters. @throws InvalidOptionsError - no text: the message is as it was */
  term (reason?: string): Promise<void>
  /** It takes longer: `ackWait` begins anew. */
  working (): void
}

/** What it resolves to does not count: that it does is the ack. @see Channel.onMessage */
export type MessageHandler<T = any> = (message: Message<T>) => unknown

/**
 * This node's part in a channel. Messages are taken in one way: by a handler, or by iteration.
 *
 * A `break` out of the iteration pauses it; a later `for await` goes on. Only {@link Channel.close} leaves the channel.
 */
export interface Channel<T = any> extends AsyncIterable<Message<T>>, AsyncDisposable {
  readonly name: string
  /** The topic, or the pattern that was subscribed to. */
  readonly topic: string
  /** Publishers that could not be told of the channel within the time of `subscribe`; they are told when they are reached. */
  readonly unreached: readonly NodeInfo[]
  /** Of the channel, at this moment: others may ask for something else later. */
  readonly settings: ChannelSettings
  /**
   * Run a handler for each message: it is acked when the handler returns or resolves, and delivered again when it throws.
   *
   * @throws ChannelInUseError - there is a handler already, or the channel is iterated; ChannelClosedError
   */
  onMessage (handler: MessageHandler<T>): void
  /** Finish what runs (at most 5 s), give the rest back to others, and leave. Idempotent. */
  close (options?: AbortOptions): Promise<void>
}

export interface Topic<T = any> {
  readonly name: string
  /**
   * @throws InvalidMessageError - no body, or one that the topic's schema refuses
   * @throws EncodeError, FrameTooLargeError - a body that cannot travel, or of more than 1 MiB
   * @throws OutboxFullError - with `overflow: 'reject'`
   * @throws InvalidOptionsError - also for a topic too many: a node publishes on 1,024
   * @throws InvalidNameError - the topic is a pattern; ChannelClosedError - it was closed; MeshStoppedError, StorageError
   * @throws the signal's reason; the message may have been published all the same
   */
  publish (body: T, options?: PublishOptions): Promise<Receipt>
  /**
   * Take part in a channel. Resolves when its start is fixed: what is published after that is surely delivered to it,
   * except by the publishers in {@link Channel.unreached}.
   *
   * @throws InvalidNameError, ChannelClosedError, MeshStoppedError, the signal's reason
   * @throws InvalidOptionsError - also for a channel too many: a node consumes from 512, a topic has 256
   */
  subscribe (channel: string, options?: SubscribeOptions): Promise<Channel<T>>
  /**
   * End a channel everywhere, with its consumers and with what it has not handled. Of one that no node has told this one of,
   * as when all were started anew and none consumes yet, only what this node has stored is ended.
   */
  deleteChannel (channel: string, options?: AbortOptions): Promise<void>
  /** Closes this node's channels of the topic, and sends what waits. The topic itself goes on elsewhere. Idempotent. */
  close (options?: AbortOptions): Promise<void>
}

/** Bounds of what a publisher keeps for its channels, per topic. */
export interface OutboxOptions {
  /** Those that are not final in all channels. @default 100000 */
  messages?: number | undefined
  /** @default 67108864 (64 MiB) */
  bytes?: number | undefined
  /**
   * What `publish` does at the bound: wait for room, throw OutboxFullError, or give the oldest message up (event
   * `overflow`).
   *
   * @default 'wait'
   */
  overflow?: 'wait' | 'reject' | 'dropOldest' | undefined
}

/** Bounds of what keepers keep, per publisher and topic. */
export interface RetentionOptions {
  /** @default 10000 */
  messages?: number
  /** @default 67108864 (64 MiB) */
  bytes?: number
  /** Milliseconds. @default 3600000 */
  time?: number
}

export interface ChannelInfo {
  readonly name: string
  /** Members, over all nodes. */
  readonly consumers: number
  /** Messages of this node that are not final in the channel. */
  readonly lag: number
  /** Of these, assigned to a consumer now. */
  readonly pending: number
  readonly redelivered: number
  readonly dead: number
}

export interface TopicInfo {
  readonly name: string
  /** Messages that this node keeps for its channels. */
  readonly length: number
  readonly bytes: number
  /** Deliveries that are not final, over all channels. */
  readonly pending: number
  /** The outbox is at its limit: publishes wait, are refused, or drop the oldest message. */
  readonly full: boolean
  readonly channels: readonly ChannelInfo[]
}

/** A channel of the mesh, whether or not somebody publishes for it. */
export interface OpenChannel {
  /** The topic, or the pattern that was subscribed to. */
  readonly topic: string
  readonly name: string
  /** Members, over all nodes; a durable channel may have none. */
  readonly consumers: number
}

export interface PubsubInfo {
  /** Topics that this node assigns, sorted. */
  readonly topics: readonly TopicInfo[]
  /** All that this node has heard of. */
  readonly channels: readonly OpenChannel[]
  /** What was received, refused and cut, and why. */
  readonly counters: Readonly<Record<string, number>>
}

/** Where something happened. */
export interface Place {
  readonly topic: string
  readonly channel: string
}

export interface PubsubEvents extends SystemEvents {
  /** Messages that a channel will never get, as they were given up: told where they were assigned. */
  'lost': CustomEvent<Place & { readonly publisher: string, readonly from: number, readonly to: number, readonly reason: string }>
  /** A message went to the dead letters: told where it was assigned. */
  'dead': CustomEvent<Place & { readonly id: string, readonly attempts: number, readonly reason: string }>
  /** A message was not handled within its `ttl`. */
  'expired': CustomEvent<Place & { readonly id: string }>
  /** The outbox of a topic dropped its oldest messages. */
  'overflow': CustomEvent<{ readonly topic: string, readonly dropped: number }>
  /** What this node had stored of a topic is damaged (StorageError): told when it starts, or to who listens first, and counted as `logs_damaged`. */
  'fault': CustomEvent<Error>
}

/** Topics of a mesh. */
export interface Pubsub extends TypedEventTarget<PubsubEvents> {
  /**
   * The topic of that name; the same object for the same name. `orders.*` and `orders.>` are patterns, of topics with one
   * more part and of topics with any number of more parts: they may only be subscribed to. Topics `braid.topic.…` are
   * of this node alone, and keep nothing: of all options `key`, `headers` and `signal` count there. The type of its bodies
   * (`topic<Order>('orders')`) is the application's word: only a contract checks them.
   *
   * @throws InvalidNameError
   * @throws InvalidOptionsError - it is in use here with other options, or with another contract
   */
  topic<T = any>(name: string, options?: OutboxOptions): Topic<T>
  /** The same, with the types and the check of a contract. */
  topic<I, O> (contract: TopicContract<I, O>, options?: OutboxOptions): TypedTopic<I, O>
  info (): PubsubInfo
  /** Hand over what this node keeps and assigns, as far as others take it: for a node that stops. */
  leave (options?: AbortOptions): Promise<void>
  /** Bring everything up to date with everybody: the network was away. */
  resync (): void
}

/** A topic whose bodies are checked: publishers give what the schema takes, consumers get what it makes of it. */
export interface TypedTopic<I, O> extends Omit<Topic<O>, 'publish'> {
  publish (body: I, options?: PublishOptions): Promise<Receipt>
}

/** Spans around messages. `tracing()` of the RPC room makes it. */
export interface TopicTracing {
  /** Around a publish: `next` publishes, with these headers, and is called once. */
  publish (message: { readonly topic: string, readonly headers: Readonly<Record<string, string>> }, next: (headers: Readonly<Record<string, string>>) => Promise<Receipt>): Promise<Receipt>
  /**
   * Around the handling of one delivery: `next` runs the handler, whose message has these headers, and is called once, at
   * once. Of messages that are iterated it lasts until they are settled.
   */
  consume (message: Pick<Message, 'topic' | 'channel' | 'id' | 'publisher' | 'attempt' | 'headers'>, next: (headers: Readonly<Record<string, string>>) => unknown): Promise<unknown>
}

export interface PubsubInit {
  /** Milliseconds that a publish may wait for others to share its network message; an idle topic sends at once. @default 5 */
  linger?: number
  /**
   * Nodes up to which each gets a message from its publisher itself, if all are connected; by gossip if they are more.
   *
   * @default 24
   */
  direct?: number
  /** This node keeps messages for others. @default true in Node, never in pages */
  keeper?: boolean
  /**
   * Gives each publish and each handling a span, and its context (W3C) to the message, as headers.
   *
   * @default none, and no cost
   */
  tracing?: TopicTracing
  /** Of each topic, unless `topic()` says otherwise. */
  outbox?: OutboxOptions
  /** Of each topic that this node keeps. */
  retention?: RetentionOptions
  /** Where outbox and kept messages go. Without a durable one they are in memory. */
  storage?: Storage
  /** Take part from the first use on, not from the start: for pages, which then load most of the room's code only when it is used, and that of the node's own topics when one of them is. @default false */
  lazy?: boolean
  /**
   * Topics of braid's own modules that are topics of the whole mesh: `braid.topic.linkcache.unlink` (ids of tokens, told by
   * the leader that unlinked them), `braid.topic.linkcache.service_link_number` (told by a service's leader) and
   * `braid.topic.election.change_state` (told by each node of itself, which takes part in its election for it). The same
   * on all nodes of a mesh. Events of these names stay local.
   *
   * @default []
   */
  system?: ReadonlyArray<typeof SHAREABLE[number]>
  /** Key of the gossipsub service beside this one. @default 'pubsub' */
  gossipsub?: string
  /** Called once, when somebody wants to know of this node's part in its election. */
  onElection?: (listener: (change: StateChangeMsg) => void) => void
  /** Called once, when somebody wants to know of links: the listener takes tokens that were unlinked, and numbers of links. */
  onLinks?: (listener: (change: UnlinkMsg | LinkNumMsg) => void) => void
}

/** What {@link pubsub} needs of libp2p, and of the services beside it. */
export interface PubsubComponents extends PeerStreamsComponents {
  peerId: PeerId
  events: TypedEventTarget<Libp2pEvents>
  /** The service `discovery: discovery()`, under that key. */
  discovery?: Discovery
}

export { defineTopic } from './contract.ts'
export type { TopicContract } from './contract.ts'
export {
  decodeNumMsg, decodeStateChangeMsg, decodeUpdateMsg, encodeNumMsg, encodeStateChangeMsg, encodeUpdateMsg
} from './system.ts'
export type { BraidNode, LinkNumMsg, StateChangeMsg, SystemEvents, UnlinkMsg, UpdateMsg } from './system.ts'
export { pubsub } from './pubsub.ts'
