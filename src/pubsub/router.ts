/** What comes from others, and what becomes of them, to all parts that it concerns. */
import { ProtocolError } from '../errors.ts'
import { MAX_PUBSUB_FRAMES } from '../wire/limits.ts'
import { MAX_ANSWERS, MAX_PEERS } from './numbers.ts'
import { isLegal } from './parts.ts'
import { MEMBER } from './roles.ts'
import type { WireMessage } from './announced.ts'
import type { Context } from './context.ts'
import type { KeptLogs } from './kept-logs.ts'
import type { Logs } from './logs.ts'
import type { Registry } from './registry.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { KeeperNet, ToAssigner } from './types.core.ts'
import type { NodeInfo } from '../discovery/index.ts'

export interface RouterInit {
  context: Context
  registry: Registry
  logs: Logs
  subscriptions: Subscriptions
  kept: KeptLogs | undefined
}

export class Router {
  readonly #init: RouterInit
  readonly #rates = new Map<string, { second: number, frames: number }>()
  /** Nodes that are known to be connected. */
  readonly #connected = new Set<string>()

  constructor (init: RouterInit) {
    this.#init = init
  }

  /** @throws ProtocolError - the peer is to be cut */
  message (from: string, message: WireMessage): void {
    const { context, registry, logs, subscriptions, kept } = this.#init
    if (from !== context.self) {
      this.#check(from, message)
      if (message.type === 'open' && context.discovery.node(from) === undefined) {
        // nobody would say when it goes; a consumer that is not known yet opens again
        context.count('strangers_refused')
        return
      }
      if ((message.type === 'fetch' || message.type === 'lacks') && context.net.queued(from) > MAX_ANSWERS) {
        // it asks faster than it reads; what it does not get it asks for again
        context.count('fetches_refused')
        return
      }
    }
    context.count(`in_${message.type}`)
    if (isToAssigner(message)) return logs.message(from, message)
    switch (message.type) {
      case 'registry':
        registry.message(from, message.delta)
        break
      case 'opened-all':
        subscriptions.opened(from, message.channel)
        break
      case 'announce':
        logs.announced.set(from, message)
        break
      case 'opened': case 'assign': case 'drop': case 'covered':
        subscriptions.message(from, message)
        break
      case 'beat':
        subscriptions.beat(from, message)
        if (message.log.publisher !== context.self) kept?.message(from, message)
        break
      case 'batch':
        subscriptions.batch(from, message.batch)
        kept?.batch(from, message.batch)
        break
      default:
        this.#keeper(from, message)
    }
  }

  /** The node has a connection, and its record is known. */
  connected (id: string): void {
    const { context } = this.#init
    context.net.changed(id)
    if (this.#connected.has(id) || context.discovery.node(id)?.roles.includes(MEMBER) !== true || !context.connected(id)) return
    this.#connected.add(id)
    this.#greet(id)
  }

  #greet (id: string): void {
    const { registry, logs, subscriptions, kept } = this.#init
    // what it is told of channels comes before what is asked of it
    registry.hello(id)
    logs.input({ type: 'connected', peer: id })
    subscriptions.connected(id)
    kept?.input({ type: 'connected', peer: id })
  }

  /** What was said to it may be lost: it is said again, as after a connection was made. */
  again (id: string): void {
    if (!this.#connected.has(id)) return
    this.#init.context.count('said_again')
    this.#greet(id)
  }

  /** Its last connection has ended. */
  closed (id: string): void {
    const { context, logs, subscriptions, kept } = this.#init
    context.net.changed(id)
    if (!this.#connected.delete(id)) return
    logs.input({ type: 'closed', peer: id })
    subscriptions.input({ type: 'closed', peer: id })
    kept?.input({ type: 'closed', peer: id })
  }

  /** Discovery's word on a node. */
  node ({ id, state, roles }: NodeInfo, removed: boolean): void {
    const { context, registry, logs, kept } = this.#init
    context.nodesChanged()
    if (id !== context.self) {
      if (!removed) logs.available(id, state === 'up')
      // what a former life of it consumed from counts for nothing while this one takes no part
      if (!removed && roles.includes(MEMBER)) registry.back(id)
      else registry.gone(id)
      if (removed) {
        logs.announced.gone(id)
        logs.input({ type: 'gone', peer: id })
        // nothing is held against it, should it come back
        logs.available(id, true)
        kept?.gone(id)
        this.#connected.delete(id)
      } else if (state === 'away') {
        kept?.gone(id)
      } else if (state !== 'left') {
        this.connected(id)
        if (state === 'up') kept?.back(id)
      }
    }
    logs.nodesChanged()
    kept?.nodesChanged()
  }

  #keeper (from: string, message: KeeperNet): void {
    const { context, logs, kept } = this.#init
    const { type, log } = message
    const mine = log.publisher === context.self || type === 'stored' || (type === 'fetch' && logs.has(log))
    if (mine || type === 'have' || type === 'cursors') logs.message(from, message)
    if (!mine) kept?.message(from, message)
  }

  #check (from: string, message: WireMessage): void {
    const { context } = this.#init
    const second = Math.floor(performance.now() / 1_000)
    let rate = this.#rates.get(from)
    if (rate?.second !== second) {
      if (this.#rates.size > MAX_PEERS) this.#rates.clear()
      rate = { second, frames: 0 }
      this.#rates.set(from, rate)
    }
    if (++rate.frames > MAX_PUBSUB_FRAMES) throw new ProtocolError('too many frames')
    if (!isLegal(message)) throw new ProtocolError('an illegal name of a topic or a channel')
    if (message.type === 'batch' && message.batch.log.publisher !== from) throw new ProtocolError('messages under another\'s id')
    if ('log' in message && !isToAssigner(message) && !context.mayAssign(from, message.log.publisher)) throw new ProtocolError(`${message.type} by a node that does not assign`)
  }
}

/** What consumers say; all else that is about a log, its publisher and keepers do. */
function isToAssigner (message: WireMessage): message is ToAssigner {
  return ['open', 'credit', 'ack', 'lacks', 'leave', 'stale'].includes(message.type)
}
