import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { peerStreams } from '../../src/streams/index.ts'
import { MAX_PUBLISHER_TOPICS, MAX_TOPIC_CHANNELS } from '../../src/wire/limits.ts'
import { encodeBatch, encodePubsub } from '../../src/wire/pubsub-codec.ts'
import { until } from '../harness/until.ts'
import { internals, Nodes } from './discovery-nodes.ts'
import { streamsNode } from './streams.helper.ts'
import type { Mesh } from '../../src/index.ts'
import type { WireMessage } from '../../src/pubsub/announced.ts'
import type { Batch, LogId } from '../../src/pubsub/types.core.ts'
import type { FramedStream, PeerStreams } from '../../src/streams/index.ts'
import type { Node } from './discovery-nodes.ts'

const WAIT = { timeout: 30_000 }
const LISTEN = ['/ip4/127.0.0.1/tcp/0']
const PROTOCOL = '/braid/hostile/pubsub/1.0.0'

describe('mesh: pub/sub among hostile peers', function () {
  this.timeout(90_000)
  const nodes = new Nodes()
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => { rejections.push(reason) }
  let victim: Mesh
  let friend: Mesh
  let attacker: Node
  let streams: PeerStreams
  let handled: unknown[]

  before(() => { process.on('unhandledRejection', onRejection) })
  after(() => { process.off('unhandledRejection', onRejection) })

  /** The victim publishes, the friend consumes, the attacker is a node of the mesh like any other. */
  beforeEach(async () => {
    victim = await createMesh({ mesh: 'hostile', listen: LISTEN })
    friend = await createMesh({ mesh: 'hostile', listen: LISTEN, bootstrap: victim.libp2p.getMultiaddrs().map(String) })
    attacker = await nodes.add({ mesh: 'hostile' })
    await attacker.libp2p.dial(victim.libp2p.getMultiaddrs())
    streams = peerStreams(internals(attacker.libp2p), { protocol: PROTOCOL, onFrame: () => {} })
    await streams.start()
    handled = []
    const channel = await friend.pubsub.topic('orders').subscribe('billing')
    channel.onMessage(({ body }) => { handled.push(body) })
    await until(() => victim.discovery.node(attacker.id) !== undefined && victim.discovery.node(friend.id) !== undefined, WAIT)
    await victim.pubsub.topic('orders').publish('first', { confirm: 'handled' })
  })

  /** Whatever was done: what is published arrives, once. */
  afterEach(async () => {
    await victim.pubsub.topic('orders').publish('last', { confirm: 'handled' })
    expect(handled).to.deep.equal(['first', 'last'])
    await streams.stop()
    await nodes.stop()
    await Promise.all([victim.stop(), friend.stop()])
    expect(rejections).to.have.length(0)
  })

  const count = (name: string): number => victim.pubsub.info().counters[name] ?? 0

  async function open (): Promise<FramedStream> {
    return streams.open(victim.libp2p.peerId)
  }

  async function cutFor (bytes: Uint8Array): Promise<void> {
    const stream = await open()
    stream.send(bytes)
    await until(() => count('peers_cut') > 0 && !stream.open, WAIT)
  }

  const log = (more: Partial<LogId> = {}): LogId => ({ topic: 'orders', publisher: attacker.id, epoch: 1, ...more })
  const generation = (): { number: number, by: string } => ({ number: 9, by: attacker.id })
  const batch = (of: LogId, body = 1): Batch => ({
    log: of, generation: { number: 0, by: of.publisher }, messages: [{ seq: 1, at: Date.now(), ttl: 0, key: undefined, payload: Uint8Array.of(body) }], channels: []
  })
  const frame = (message: WireMessage): Uint8Array => encodePubsub(message)

  it('cuts a peer that sends what is none of the protocol', async () => {
    await cutFor(Uint8Array.of(0xff, 0xff, 0xff, 1, 2, 3))
  })

  it('cuts a peer that names an illegal topic', async () => {
    await cutFor(frame({ type: 'lacks', log: log({ topic: 'Not A Topic' }), channel: 'Not A Topic/billing', ranges: [1, 1] }))
  })

  it('cuts a peer that publishes under another\'s id', async () => {
    await cutFor(frame({ type: 'batch', batch: batch(log({ publisher: friend.id })) }))
  })

  it('drops what is published by gossip under another\'s id, and counts it', async () => {
    // the victim listens as it keeps the topic
    const gossip = (attacker.libp2p.services as unknown as { pubsub: { subscribe (topic: string): void, getSubscribers (topic: string): unknown[], publish (topic: string, data: Uint8Array): Promise<unknown> } }).pubsub
    const topic = 'braid/hostile/t/orders'
    gossip.subscribe(topic)
    await until(() => gossip.getSubscribers(topic).length > 0, WAIT)
    await until(async () => {
      await gossip.publish(topic, encodeBatch(batch(log({ publisher: victim.id, epoch: 5 }))))
      await gossip.publish(topic, Uint8Array.of(1, 2, 3))
      return (friend.pubsub.info().counters['gossip_malformed'] ?? 0) >= 2
    }, WAIT)
  })

  it('cuts a peer that assigns another\'s messages and keeps none', async () => {
    await cutFor(frame({ type: 'assign', log: log({ publisher: friend.id }), channel: 'orders/billing', generation: generation(), low: 0, items: [] }))
  })

  it('cuts a peer that fetches another\'s messages and keeps none', async () => {
    await cutFor(frame({ type: 'fetch', log: log({ publisher: victim.id }), ranges: [1, 1_000] }))
  })

  it('gives nothing to a peer that is no node of the mesh, and makes no channel for it', async () => {
    const stranger = await streamsNode({ protocol: PROTOCOL })
    try {
      await stranger.libp2p.dial(victim.libp2p.getMultiaddrs())
      const stream = await stranger.streams.open(victim.libp2p.peerId)
      for (const name of ['billing', 'invented']) {
        const spec = { channel: `orders/${name}`, pattern: 'orders', name, opened: Date.now(), start: 'latest' as const, durable: true, expire: 3_600_000, maxDeliver: 5, ackWait: 30_000, backoff: [250] }
        stream.send(frame({ type: 'open', log: undefined, spec, fresh: true, weight: 1_048_576, session: 7, prefetch: 65_536, concurrency: 32, holds: [], low: 0, outcomes: { done: [], naks: [], terms: [], expired: [], working: [] } }))
      }
      await until(() => count('strangers_refused') === 2, WAIT)
      expect(victim.pubsub.info().topics[0]?.channels.map(({ name, consumers }) => [name, consumers])).to.deep.equal([['billing', 1]])
    } finally {
      await stranger.libp2p.stop()
    }
  })

  it('an ack of what was not given changes nothing', async () => {
    const stream = await open()
    const [topic] = victim.pubsub.info().topics
    expect(topic?.name).to.equal('orders')
    const outcomes = { done: [1, 1_000], naks: [], terms: [{ seq: 1, reason: 'no' }], expired: [], working: [] }
    for (let epoch = 0; epoch < 3; epoch++) stream.send(frame({ type: 'ack', log: log({ publisher: victim.id, epoch }), channel: 'orders/billing', outcomes }))
    await until(() => count('in_ack') > 3 || count('peers_cut') > 0, WAIT)
  })

  it('takes what few words say of millions of messages without a halt', async () => {
    const stream = await open()
    const cursors = Array.from({ length: MAX_TOPIC_CHANNELS }, (_, i) => ({ channel: `orders/c${i}`, opened: 1, low: 0, done: [2, 2 ** 20 + 1] }))
    const before = process.cpuUsage()
    stream.send(frame({ type: 'cursors', log: log(), generation: generation(), high: 2 ** 40, cursors, gone: [] }))
    await until(() => count('in_cursors') > 0, WAIT)
    // it computes for less than that, however long it has to wait for the processor
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).to.be.below(5_000)
    expect(count('peers_cut')).to.equal(0)
  })

  it('keeps so many topics of one publisher, and no more', async () => {
    const stream = await open()
    const most = MAX_PUBLISHER_TOPICS + 50
    for (let n = 0; n < most; n++) {
      stream.send(frame({ type: 'batch', batch: batch(log({ topic: `flood-${n}` })) }))
      if (n % 200 === 0) await stream.drained()
    }
    await until(() => count('topics_refused') >= 50, WAIT)
    expect(count('logs_kept')).to.be.at.most(MAX_PUBLISHER_TOPICS + 1)
  })
})
