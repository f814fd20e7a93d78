import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { allSeeAll, internals, join, Nodes } from './discovery-nodes.ts'
import { signInfo } from '../../src/discovery/records.ts'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { peerStreams } from '../../src/streams/index.ts'
import { decodeDiscoveryFrame, decodeSignedRecord, encodeDiscoveryFrame, encodeSignedRecord } from '../../src/wire/discovery-codec.ts'
import { until } from '../harness/until.ts'
import type { Node } from './discovery-nodes.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { FramedStream } from '../../src/streams/index.ts'
import type { Conflict, SignedRecord } from '../../src/wire/discovery-codec.ts'
import type { Libp2p, PrivateKey } from '@libp2p/interface'

const PROTOCOL = '/braid/braid/discovery/1.0.0'

async function record (key: PrivateKey, more: Partial<NodeInfo> = {}, mesh = 'braid'): Promise<SignedRecord> {
  const info = initialInfo(peerIdFromPrivateKey(key).toString(), { service: 'forged', incarnation: 100 })
  return decodeSignedRecord((await signInfo({ ...info, ...more }, mesh, key)).signed)
}

describe('discovery among hostile peers', () => {
  const nodes = new Nodes()
  let victim: Node
  let friend: Node
  let attacker: Libp2p
  let stream: FramedStream
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => { rejections.push(reason) }

  before(() => { process.on('unhandledRejection', onRejection) })
  after(() => { process.off('unhandledRejection', onRejection) })

  beforeEach(async () => {
    victim = await nodes.add({ name: 'victim', gossip: false })
    friend = await nodes.add({ name: 'friend', gossip: false })
    await join(friend, victim)
    attacker = await nodes.bare()
    await attacker.dial(victim.libp2p.getMultiaddrs())
    const streams = peerStreams(internals(attacker), { protocol: PROTOCOL, onFrame: () => {} })
    await streams.start()
    stream = await streams.open(victim.libp2p.peerId)
    await allSeeAll([victim, friend])
  })

  /** Whatever was done: the two others still see each other and hear of changes. */
  afterEach(async () => {
    friend.discovery.update({ metadata: { still: 'here' } })
    await until(() => victim.discovery.node(friend.id)?.metadata.still === 'here')
    expect(victim.discovery.node(friend.id)?.state).to.equal('up')
    await nodes.stop()
    expect(rejections).to.have.length(0)
  })

  async function counted (name: string, least = 1): Promise<void> {
    await until(() => (victim.discovery.stats()[name] ?? 0) >= least, { what: () => `${name}: ${JSON.stringify(victim.discovery.stats())}` })
  }

  function sendRecords (...records: SignedRecord[]): void {
    stream.send(encodeDiscoveryFrame({ records: { records } }))
  }

  it('drops records with false signatures, of another mesh, and under a false name, and counts them', async () => {
    const key = await generateKeyPair('Ed25519')
    const good = await record(key)
    sendRecords({ ...good, signature: new Uint8Array(64) })
    await counted('records_bad_signature')
    sendRecords(await record(key, {}, 'other'))
    await counted('records_wrong_mesh')
    stream.send(encodeDiscoveryFrame({ hello: { self: good } }))
    await counted('records_wrong_id')
    expect(victim.discovery.nodes()).to.have.length(2)
    expect(victim.discovery.services()).to.deep.equal([])
  })

  it('takes a true record from anybody, but not an older one afterwards, nor one of an earlier incarnation', async () => {
    const key = await generateKeyPair('Ed25519')
    const id = peerIdFromPrivateKey(key).toString()
    sendRecords(await record(key, { seq: 5, weight: 5 }))
    await until(() => friend.discovery.node(id)?.weight === 5)
    const before = victim.discovery.stats().records_stale ?? 0
    sendRecords(await record(key, { seq: 4, weight: 4 }), await record(key, { incarnation: 99, seq: 9, weight: 9 }))
    await counted('records_stale', before + 2)
    expect(victim.discovery.node(id)?.weight).to.equal(5)
  })

  it('takes a record that somebody introduces another node with, if it is true and that node\'s, at once', async () => {
    const [key, other] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const id = peerIdFromPrivateKey(key).toString()
    const bytes = async (key: PrivateKey, more?: Partial<NodeInfo>, mesh?: string): Promise<Uint8Array> => encodeSignedRecord(await record(key, more, mesh))
    const introduce = async (id: string, record: Uint8Array): Promise<void> => victim.discovery.introduce(id, record, attacker.peerId.toString())
    const before = victim.discovery.nodes()
    const { record: said, ...rest } = await record(other)
    const lies: Array<[counter: string | undefined, record: Uint8Array]> = [
      [undefined, await bytes(other)],
      ['records_wrong_mesh', await bytes(key, {}, 'other')],
      ['records_bad_signature', encodeSignedRecord({ ...await record(key), ...rest, record: (await record(key)).record })],
      ['records_bad_signature', encodeSignedRecord({ ...rest, record: (await record(key)).record })],
      ['records_malformed', encodeSignedRecord({ ...rest, record: said.subarray(1) })],
      ['records_malformed', new Uint8Array(0)],
      ['records_malformed', Uint8Array.of(1, 2, 3)],
      ['records_malformed', new Uint8Array(64 * 1024)]
    ]
    for (const [counter, lie] of lies) {
      const count = victim.discovery.stats()[counter ?? ''] ?? 0
      await introduce(id, lie)
      if (counter !== undefined) expect(victim.discovery.stats()[counter], counter).to.equal(count + 1)
      expect(victim.discovery.nodes()).to.equal(before)
    }
    await introduce(victim.id, await bytes(key))
    expect(victim.discovery.nodes()).to.equal(before)

    await introduce(id, await bytes(key, { seq: 5 }))
    expect(victim.discovery.node(id)).to.include({ id, service: 'forged', seq: 5 })
    expect(victim.discovery.peerId(id)?.toString()).to.equal(id)
    await introduce(id, await bytes(key, { seq: 4 }))
    expect(victim.discovery.node(id)?.seq, 'an older one').to.equal(5)
    expect(decodeSignedRecord(victim.discovery.signed(id) ?? new Uint8Array(0))).to.deep.equal(await record(key, { seq: 5 }))
    expect(victim.discovery.signed(peerIdFromPrivateKey(other).toString())).to.equal(undefined)
  })

  it('cuts a peer that sends garbage, and does not listen to it for a while', async () => {
    for (let i = 0; i < 4 && stream.open; i++) stream.send(new Uint8Array([255, 255, 255, i]))
    await until(() => !stream.open)
    expect(victim.discovery.stats()).to.include({ peers_cut: 1, frames_malformed: 4 })
    const { connectionManager, logger } = internals(attacker)
    const again = peerStreams({ connectionManager, logger, registrar: { handle: async () => {}, unhandle: async () => {} } }, { protocol: PROTOCOL, onFrame: () => {} })
    await again.start()
    const refused = await again.open(victim.libp2p.peerId).then(async reopened => until(() => !reopened.open), () => true)
    expect(refused).to.equal(true)
    await again.stop()
  })

  it('cuts a peer that floods', async () => {
    const probe = encodeDiscoveryFrame({ probe: { nonce: 1 } })
    await until(() => {
      for (let i = 0; i < 500 && stream.open; i++) stream.send(probe)
      return !stream.open
    })
    await counted('peers_cut')
  })

  it('does not believe a stranger that says a member is gone', async () => {
    const { incarnation, seq } = friend.discovery.self
    for (let i = 0; i < 5; i++) stream.send(encodeDiscoveryFrame({ suspicion: { id: friend.id, incarnation, seq, refused: true } }))
    await counted('detector_ignored', 5)
    expect(victim.discovery.node(friend.id)?.state).to.equal('up')
  })

  it('answers no more hellos and fetches than an honest peer needs', async () => {
    for (let i = 0; i < 40; i++) stream.send(encodeDiscoveryFrame({ hello: { bootNonce: new Uint8Array(16) } }))
    for (let i = 0; i < 40; i++) stream.send(encodeDiscoveryFrame({ fetch: { ids: [friend.id] } }))
    await counted('hellos_refused')
    await counted('fetches_refused')
    expect(victim.discovery.stats().hellos_received).to.be.lessThan(25)
  })

  it('does not believe a stranger that says that its identity was copied, whatever it shows for it', async () => {
    const heard: Conflict[] = []
    const took = (_: FramedStream, bytes: Uint8Array, start: number, end: number): void => {
      const { conflict } = decodeDiscoveryFrame(bytes, start, end)
      if (conflict != null) heard.push(conflict)
    }
    const hostile = await nodes.bare()
    const streams = peerStreams(internals(hostile), { protocol: PROTOCOL, onFrame: took })
    await streams.start()
    await hostile.dial(victim.libp2p.getMultiaddrs())
    // the stream that the victim opens, on which others speak of it
    const theirs = await until(() => [...streams.streams()].find(({ direction }) => direction === 'inbound'))
    const say = (conflict: Partial<Conflict>): void => { theirs.send(encodeDiscoveryFrame({ conflict })) }
    const mine = await streams.open(victim.libp2p.peerId)
    mine.send(encodeDiscoveryFrame({ conflict: {} }))
    say({})
    const { challenge } = await until(() => heard.shift())
    expect(challenge).to.have.length(16)
    // signed by itself, for itself
    say({ challenge })
    const own = await until(() => heard.shift())
    expect(own.signature).to.have.length(64)
    say(own)
    await counted('conflicts_forged')
    say({ ...own, bootNonce: new Uint8Array(16) })
    await counted('conflicts_forged', 2)
    // true once, for another number
    say({ ...own, challenge: new Uint8Array(16) })
    say({})
    expect(await until(() => heard.shift())).to.deep.include({ challenge, signature: new Uint8Array() })
    expect(victim.discovery.stats()).to.include({ conflicts_forged: 2 })
    expect(victim.discovery.stats()).not.to.have.property('conflicts')
    for (let i = 0; i < 20; i++) say({ challenge })
    await counted('conflict_frames_refused')
    expect(heard.length).to.be.below(9)
    await streams.stop()
  })

  it('answers only for records that it has, and once for each', async () => {
    const sent = victim.discovery.stats().records_sent ?? 0
    stream.send(encodeDiscoveryFrame({ fetch: { ids: ['nobody', '__proto__', friend.id, friend.id, friend.id] } }))
    await counted('records_sent', sent + 1)
    expect(victim.discovery.stats().records_sent).to.equal(sent + 1)
  })

  it('keeps nothing in the peer store of identities that came and left', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, async () => generateKeyPair('Ed25519')))
    const ids = keys.map(key => peerIdFromPrivateKey(key))
    const { peerStore } = victim.libp2p
    for (const key of keys) sendRecords(await record(key, { seq: 1, addresses: ['/ip4/127.0.0.1/tcp/1'] }))
    await counted('view_nodes', 22)
    await Promise.all(ids.map(async id => until(async () => peerStore.has(id))))
    for (const key of keys) sendRecords(await record(key, { seq: 2, state: 'left' }))
    await counted('view_tombstones', 20)
    await Promise.all(ids.map(async id => until(async () => !await peerStore.has(id))))
    expect(await peerStore.has(friend.libp2p.peerId)).to.equal(true)
  })
})
