/** Makes the parts of the room and tells each of the others. */
// first, beside what it is like: 0.2 kB when it is compressed
import { Subscriptions } from './subscriptions.ts'
import { optional } from '../discovery/optional.ts'
import { ProtocolError } from '../errors.ts'
import { protocolId } from '../wire/protocols.ts'
import { decodeBatch } from '../wire/pubsub-codec.ts'
import { keeping } from '#keeping'
import { Context } from './context.ts'
import { Courier } from './courier.ts'
import { TopicGossip } from './gossip.ts'
import { Logs } from './logs.ts'
import { Loop } from './loop.ts'
import { Net } from './net.ts'
import { Registry } from './registry.ts'
import { Router } from './router.ts'
import { GossipWatchdog } from './watchdog.ts'
import type { ContextInit } from './context.ts'
import type { GossipsubLike } from './gossip.ts'
import type { PubsubComponents, PubsubInit } from './index.ts'
import type { KeptLogs } from './kept-logs.ts'
import type { WireMessage as Message } from './announced.ts'
import type { Discovery } from '../discovery/index.ts'
import type { Connection, Logger } from '@libp2p/interface'

export interface Parts {
  readonly context: Context
  readonly gossip: TopicGossip
  readonly registry: Registry
  readonly subscriptions: Subscriptions
  readonly logs: Logs
  readonly kept: KeptLogs | undefined
  readonly router: Router
  readonly net: Net
  readonly watchdog: GossipWatchdog
}

export interface PartsInit {
  components: PubsubComponents
  init: PubsubInit
  discovery: Discovery
  emit: ContextInit['emit']
  log: Logger
}

/** Known to each other only once all are made. */
type Made = { -readonly [K in keyof Parts]?: Parts[K] }

export function createParts (parts: PartsInit): Parts {
  const { components, init, discovery, log } = parts
  const made: Made = {}
  const self = components.peerId.toString()
  const context = createContext(parts, made)
  const gossipsub = (): GossipsubLike | undefined => optional<GossipsubLike>(components, init.gossipsub ?? 'pubsub')
  const gossip = new TopicGossip({
    mesh: discovery.mesh,
    gossipsub,
    count: context.count,
    log,
    onBatch: (topic, from, data) => { onGossip(context, made.router, topic, from, data) }
  })
  const registry = new Registry({
    context,
    incarnation: discovery.self.incarnation,
    onChanged: (spec, members) => {
      made.logs?.channel(spec, members)
      made.subscriptions?.changed(spec)
    },
    onEnded: (channel, opened) => {
      made.logs?.input({ type: 'channel-gone', channel, opened })
      made.kept?.input({ type: 'channel-gone', channel, opened })
      made.subscriptions?.ended(channel)
    }
  })
  const subscriptions = new Subscriptions({ context, gossip, registry, durable: keeping !== undefined })
  const logs = new Logs({
    context,
    courier: new Courier({ context, gossip }),
    registry,
    onBatch: batch => { subscriptions.batch(self, batch) },
    onDeposed: (log, generation) => { made.kept?.deposed(log, generation) }
  })
  const kept = init.keeper === false ? undefined : keeping?.createKept(context, gossip, logs)
  const router = new Router({ context, registry, logs, subscriptions, kept })
  const net = new Net(components, {
    protocol: protocolId(discovery.mesh, 'pubsub'),
    onMessage: (from, message) => { router.message(from, message as Message) },
    peerId: id => discovery.peerId(id),
    connected: context.connected,
    onLost: peer => { router.again(peer) },
    now: () => performance.now(),
    count: context.count,
    log
  })
  const connections = (): Connection[] => components.connectionManager.getConnections()
  const watchdog = new GossipWatchdog({ gossipsub, count: context.count, log, connections, known: peer => discovery.node(peer) !== undefined })
  return Object.assign(made, { context, gossip, registry, subscriptions, logs, kept, router, net, watchdog })
}

function createContext ({ components, init, discovery, emit, log }: PartsInit, made: Made): Context {
  const self = components.peerId.toString()
  return new Context({
    self,
    init,
    discovery,
    storage: init.storage,
    loop: new Loop(err => { log.error('a core failed - %e', err) }),
    net: () => made.net as Net,
    onOwn: message => { made.router?.message(self, message) },
    connected: id => {
      const peer = discovery.peerId(id)
      return peer !== undefined && components.connectionManager.getConnections(peer).some(({ status }) => status === 'open')
    },
    emit,
    log
  })
}

function onGossip (context: Context, router: Router | undefined, topic: string, from: string, data: Uint8Array): void {
  try {
    const batch = decodeBatch(data)
    if (batch.log.topic !== topic) throw new ProtocolError('a batch of another topic')
    router?.message(from, { type: 'batch', batch })
  } catch (err) {
    context.count('gossip_malformed')
    context.log('dropped a batch of %s - %e', from, err)
  }
}
