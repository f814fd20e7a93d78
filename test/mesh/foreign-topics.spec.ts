/** A peer that knows doc/wire/pubsub.md and nothing of src/ consumes from channels, and publishes to them. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { cbor, message, readCbor, Said } from './foreign-bytes.ts'
import { ForeignPeer } from './foreign-peer.ts'
import { until } from '../harness/until.ts'
import type { Fields } from './foreign-bytes.ts'
import type { Mesh, Message } from '../../src/index.ts'

/** Kinds of frames. */
const [OPEN, ACK, ASSIGN, STORED, REGISTRY, BATCH, OPENED_ALL, ANNOUNCE] = [1, 3, 8, 12, 18, 19, 20, 21]
const EMPTY = new Uint8Array(0)
const SESSION = 77

/** What it was given to handle. */
interface Given { log: Said, channel: string, seq: number, attempt: number, body: unknown }

describe('mesh: topics of a peer made from the documents', function () {
  this.timeout(60_000)
  let mesh: Mesh
  let peer: ForeignPeer
  let frames: Said[]
  let given: Given[]

  beforeEach(async () => {
    frames = []
    given = []
    mesh = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/0'] })
    peer = await ForeignPeer.start({ mesh: 'shop', service: 'abroad', roles: ['topics'] })
    peer.onPubsub = said => {
      frames.push(said)
      const [kind = 0] = said.kinds
      if (kind === BATCH) takeBatch(said.in(BATCH).in(1))
      if (kind === ASSIGN) for (const item of said.in(ASSIGN).list(5)) take(said.in(ASSIGN).bytes(1), said.in(ASSIGN).text(2), new Said(item).in(1), new Said(item).number(2))
      // all of its own logs: it has none
      if (kind === OPEN && !said.in(OPEN).has(1)) void tell([[OPENED_ALL, message([[1, said.in(OPEN).in(2).text(1)]])]])
    }
    await peer.join(String(mesh.libp2p.getMultiaddrs()[0]))
    await until(() => mesh.discovery.node(peer.id))
  })

  afterEach(async () => {
    // it did nothing that it may not
    expect(mesh.pubsub.info().counters).not.to.have.any.keys('refused', 'peers_cut')
    await peer.leave()
    await mesh.stop()
  })

  async function tell (frame: Fields): Promise<void> { await peer.tell(mesh.id, frame, 'pubsub') }

  const heard = (kind: number): Said | undefined => frames.find(({ kinds }) => kinds[0] === kind)?.in(kind)

  function take (log: Uint8Array, channel: string, message: Said, attempt: number): void {
    const payload = message.in(5)
    given.push({ log: new Said(log), channel, seq: message.number(1), attempt, body: payload.number(1) === 1 ? readCbor(payload.bytes(3)) : undefined })
    settle(log, channel, message.number(1), attempt)
  }

  /** What becomes of it: the first attempt fails when its body says so. */
  function settle (log: Uint8Array, channel: string, seq: number, attempt: number): void {
    const isBad = attempt === 1 && given.at(-1)?.body === 'bad'
    const outcomes: Fields = isBad ? [[2, [message([[1, seq], [2, attempt], [3, [50]], [4, 'not yet']])]]] : [[1, [seq, seq]]]
    void tell([[ACK, message([[1, log], [2, channel], [3, message(outcomes)]])]])
  }

  /** Of a batch, what is for this peer: a byte for each message names its place among the members. */
  function takeBatch (batch: Said): void {
    for (const channel of batch.list(4).map(bytes => new Said(bytes))) {
      const place = channel.texts(3).indexOf(peer.id)
      channel.bytes(4).forEach((to, i) => {
        if (place >= 0 && to === place + 1) take(batch.bytes(1), channel.text(1), new Said(batch.list(3)[i] as Uint8Array), 1)
      })
    }
  }

  const channelOf = (topic: string, name: string, at: number): Uint8Array =>
    message([[1, `${topic}/${name}`], [2, topic], [3, name], [4, at], [7, 3_600_000], [8, 5], [9, 30_000], [10, [250, 1_000]]])

  async function subscribe (topic: string, name: string): Promise<void> {
    const channel = `${topic}/${name}`
    const at = Date.now()
    const spec = channelOf(topic, name, at)
    const opening = message([[1, `${at}.${peer.id}.1`], [2, peer.id], [3, spec], [4, at]])
    const member = message([[1, peer.id], [2, peer.incarnation], [3, 1], [4, 1_024], [5, [channel]]])
    await tell([[REGISTRY, message([[1, message([[1, [opening]], [3, [member]]])]])]])
    await tell([[OPEN, message([[2, spec], [3, 1_024], [4, true], [5, SESSION], [6, 100], [7, 10], [10, EMPTY]])]])
    await tell([[ANNOUNCE, message([[1, channel], [2, 1_024], [3, SESSION], [4, 100], [5, 10]])]])
    await until(() => heard(OPENED_ALL)?.text(1) === channel, { what: 'all logs of the node are open' })
  }

  it('subscribes, handles what is published, and is given again what it refused', async () => {
    await subscribe('orders', 'billing')
    const topic = mesh.pubsub.topic('orders')
    const receipt = await topic.publish({ item: 'book' }, { confirm: 'handled' })
    expect(receipt).to.deep.include({ reached: 'handled', channels: ['billing'] })
    expect(given.map(({ channel, seq, attempt, body }) => ({ channel, seq, attempt, body }))).to.deep.equal([{ channel: 'orders/billing', seq: 1, attempt: 1, body: { item: 'book' } }])
    expect([given[0]?.log.text(1), given[0]?.log.text(2)]).to.deep.equal(['orders', mesh.id])
    await topic.publish('bad', { confirm: 'handled' })
    expect(given.slice(1).map(({ seq, attempt, body }) => ({ seq, attempt, body }))).to.deep.equal([{ seq: 2, attempt: 1, body: 'bad' }, { seq: 2, attempt: 2, body: 'bad' }])
  })

  it('publishes: keepers store it, and a consumer handles it', async () => {
    const got: Message[] = []
    const end = await mesh.pubsub.topic('bills').subscribe('print')
    end.onMessage(message => { got.push(message) })
    // it was told of the channel, and what the consumer takes in a log that it makes now
    const spec = await until(() => heard(OPEN)?.in(2))
    expect(spec.text(1)).to.equal('bills/print')
    expect(await until(() => heard(ANNOUNCE)?.number(4))).to.be.greaterThan(0)
    const registered = frames.filter(({ kinds }) => kinds[0] === REGISTRY).flatMap(said => said.in(REGISTRY).in(1).list(3)).map(bytes => new Said(bytes))
    expect(registered.find(member => member.text(1) === mesh.id)?.texts(5)).to.deep.equal(['bills/print'])

    const log = message([[1, 'bills'], [2, peer.id], [3, Date.now() * 1_024]])
    const payload = message([[1, 1], [2, [message([[1, 'lang'], [2, 'de']])]], [3, cbor({ sum: 12 })]])
    const one = message([[1, 1], [2, Date.now()], [4, 'ada'], [5, payload]])
    const channel = message([[1, 'bills/print'], [3, [mesh.id]], [4, Uint8Array.of(1)]])
    await tell([[BATCH, message([[1, message([[1, log], [2, message([[2, peer.id]])], [3, [one]], [4, [channel]]])]])]])
    await until(() => got.length > 0)
    expect(got[0]).to.deep.include({ topic: 'bills', channel: 'print', body: { sum: 12 }, headers: { lang: 'de' }, key: 'ada', attempt: 1, publisher: peer.id })
    const acked = await until(() => heard(ACK))
    expect([acked.in(1).text(2), acked.text(2)]).to.deep.equal([peer.id, 'bills/print'])
    expect(acked.in(3).kinds, 'done').to.deep.equal([1])
    const stored = await until(() => heard(STORED))
    expect([stored.in(1).text(1), stored.number(2)]).to.deep.equal(['bills', 1])
  })
})
