/** What the parts of the room share. */
import { StorageError } from '../errors.ts'
import { rendezvousRank } from '../balancing/rendezvous.core.ts'
import { KEEPERS, QUORUM, RETENTION } from './numbers.core.ts'
import { sizedParts } from './parts.ts'
import { KEEPER, MEMBER } from './roles.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Storage } from '../storage/index.ts'
import type { Logger } from '@libp2p/interface'
import type { PubsubEvents, PubsubInit } from './index.ts'
import type { Loop } from './loop.ts'
import type { Net } from './net.ts'
import type { LogId, Retention } from './types.core.ts'
import type { WireMessage as Message } from './announced.ts'

export interface ContextInit {
  self: string
  init: PubsubInit
  discovery: Discovery
  storage: Storage | undefined
  loop: Loop
  net: () => Net
  /** A message of this node to itself. */
  onOwn: (message: Message) => void
  connected: (id: string) => boolean
  emit: <K extends keyof PubsubEvents>(type: K, detail: PubsubEvents[K] extends CustomEvent<infer D> ? D : never) => void
  log: Logger
}

export class Context {
  readonly self: string
  readonly init: PubsubInit
  readonly discovery: Discovery
  readonly storage: Storage | undefined
  readonly loop: Loop
  readonly log: Logger
  readonly emit: ContextInit['emit']
  readonly connected: (id: string) => boolean
  readonly counters = new Map<string, number>()
  /** Resolved when somebody listens to faults, which are found before anybody can. */
  readonly heard = Promise.withResolvers<void>()
  /** Of what this node publishes and keeps, and how long its consumers remember a log. */
  readonly retention: Retention
  readonly #init: ContextInit
  /** By topic; forgotten when the nodes change. */
  readonly #keepers = new Map<string, readonly string[]>()

  constructor (init: ContextInit) {
    this.#init = init
    this.self = init.self
    this.init = init.init
    this.discovery = init.discovery
    this.storage = init.storage?.durable === true ? init.storage : undefined
    this.loop = init.loop
    this.log = init.log
    this.emit = init.emit
    this.connected = init.connected
    const { retention = {} } = init.init
    const { messages = RETENTION.messages, bytes = RETENTION.bytes, time: age = RETENTION.age } = retention
    this.retention = { messages, bytes, age }
  }

  get net (): Net {
    return this.#init.net()
  }

  readonly count = (what: string): void => {
    this.counters.set(what, (this.counters.get(what) ?? 0) + 1)
  }

  /** To a node, this one perhaps. What cannot be sent is dropped. */
  readonly send = (to: string, message: Message): void => {
    if (to === this.self) {
      this.loop.post(() => { this.#init.onOwn(message) })
      return
    }
    for (const part of sizedParts(message)) this.net.send(to, part)
  }

  /** What this node had stored of a log cannot be believed, or is not there. */
  readonly damaged = ({ topic }: LogId): void => {
    const error = new StorageError(`what is stored of ${topic} is damaged`)
    this.count('logs_damaged')
    this.log.error('%e', error)
    void this.heard.promise.then(() => { this.emit('fault', error) })
  }

  /** A peer did what it may not. */
  readonly problem = (peer: string, message: string): void => {
    this.count('refused')
    if (peer === this.self) this.log.error('this node broke its own rules: %s', message)
    else this.net.cut(peer, new Error(message))
  }

  /** Nodes that may be spoken to, without this one. */
  others (): NodeInfo[] {
    return this.discovery.nodes().filter(({ id, state, roles }) => id !== this.self && state !== 'left' && state !== 'away' && roles.includes(MEMBER))
  }

  /** Of those that are connected. */
  neighbours (): string[] {
    return this.others().filter(({ id }) => this.connected(id)).map(({ id }) => id)
  }

  /** Keepers of a topic, the first first, this node among them if it is one. */
  keepers (topic: string): readonly string[] {
    let keepers = this.#keepers.get(topic)
    if (keepers === undefined) {
      const nodes = this.discovery.nodes().filter(({ state, roles }) => (state === 'up' || state === 'suspect') && roles.includes(KEEPER))
      keepers = rendezvousRank(topic, nodes.map(({ id }) => ({ id, weight: 1 }))).slice(0, KEEPERS).map(({ id }) => id)
      this.#keepers.set(topic, keepers)
    }
    return keepers
  }

  /** Whether there are two others that keep: a publisher is none of those that make its messages stored. */
  isKept (topic: string): boolean {
    return this.keepers(topic).filter(id => id !== this.self).length >= QUORUM
  }

  nodesChanged (): void {
    this.#keepers.clear()
  }

  /** Whether this node may say what only a log's publisher and keepers say. */
  mayAssign (from: string, publisher: string): boolean {
    return from === publisher || from === this.self || this.discovery.node(from)?.roles.includes(KEEPER) === true
  }
}
