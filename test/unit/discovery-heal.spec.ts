import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'chai'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { PeerIds } from '../../src/discovery/peer-ids.ts'
import { encodeInfo } from '../../src/discovery/records.ts'
import { decodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import { createWorld, WorldNode } from './discovery-world.ts'
import { until } from '../harness/until.ts'
import type { FramedStream } from '../../src/streams/index.ts'

describe('discovery: a node of a hundred that was cut off', function () {
  this.timeout(150_000)
  let nodes: WorldNode[]
  let relay: WorldNode
  let away: WorldNode
  /** Died while the other was away, and the relay does not know it yet. */
  let dead: WorldNode
  let others: WorldNode[]
  /** Of whom the one that was away says that it has given them up. */
  let graves: string[]

  beforeEach(async () => {
    nodes = await createWorld(100);
    [relay, away, dead, ...others] = nodes as [WorldNode, WorldNode, WorldNode, ...WorldNode[]]
    for (const other of [dead, ...others]) relay.link(other, false)
    // all of its suspicions have found nobody, and those of others about it, too
    for (const { id } of [relay, dead, ...others]) away.roster.judge(id, 'down')
    for (const other of [relay, ...others]) other.roster.judge(away.id, 'down')
    dead.cut()
    graves = []
    const { post } = away.peers
    away.peers.post = (to, frame) => {
      const { suspicion } = decodeDiscoveryFrame(frame)
      if (suspicion?.gone === true) graves.push(suspicion.id)
      post(to, frame)
    }
    away.link(relay)
    await until(() => away.sees([relay]) === 1)
  })

  afterEach(() => { for (const node of nodes) node.stop() })

  it('and knows it takes them as they are: it says of nobody that it had given it up, and nobody says anything new', async () => {
    const before = graves.splice(0)
    away.greeter.resync()
    await until(() => away.sees(others) === others.length)
    await until(() => relay.sees([away]) === 1)
    expect(graves).to.deep.equal([])
    // but those of whom it had said so before it knew
    expect(before).to.include.members(others.filter(({ self }) => self.info.seq > 1).map(({ id }) => id))
  })

  it('and does not know it hears something new of each that lives, a few at a time, and of nobody else', async () => {
    expect(away.sees(others)).to.be.lessThan(40)
    const all = (): boolean => others.every(({ id }) => (relay.roster.view.get(id)?.seq ?? 0) >= 2)
    for (let exchange = 0; exchange < 10 && !all(); exchange++) {
      const end = performance.now() + 8_000
      await until(() => all() || performance.now() > end, { timeout: 20_000 })
      // what did not reach it, or was said faster than it may be, comes with the next exchange
      away.cut()
      away.link(relay)
    }
    await until(() => away.sees(others) === others.length)
    // once each; on a busy machine somebody may be suspected and say so again
    expect(others.reduce((again, { self }) => again + self.info.seq - 2, 0)).to.be.within(0, 10)
    expect(away.sees([dead])).to.equal(0)
    expect(relay.sees([dead])).to.equal(1)
  })
})

describe('discovery: a node of a hundred that did not notice that it was cut off', function () {
  this.timeout(150_000)

  it('hears at once also of those that live without a connection to whoever tells of them', async () => {
    const nodes = await createWorld(100)
    const [relay, away, dead, ...others] = nodes as [WorldNode, WorldNode, WorldNode, ...WorldNode[]]
    try {
      for (const other of others.slice(0, 30)) relay.link(other, false)
      relay.redial = async id => {
        const found = others.find(other => other.id === id)
        if (found != null && !relay.linked.has(id)) relay.link(found)
        return { ok: found != null, refused: false }
      }
      for (const { id } of [relay, dead, ...others]) away.roster.judge(id, 'down')
      for (const other of [relay, ...others]) other.roster.judge(away.id, 'down')
      away.link(relay)
      // what it says before the relay knows it again is not listened to: that comes with the next exchange
      const far = others.slice(30)
      await until(() => far.filter(({ id }) => (relay.roster.view.get(id)?.seq ?? 0) > 1).length >= far.length - 6, { timeout: 60_000 })
      expect(dead.self.info.seq).to.equal(1)
    } finally {
      for (const node of nodes) node.stop()
    }
  })
})

describe('discovery: records of those that were given up', () => {
  it('cost three words per tick to those who sent them, and a thousand of them wait', async () => {
    const node = new WorldNode(await generateKeyPair('Ed25519'), new PeerIds())
    const posts: Array<{ to: string, id: string | undefined }> = []
    node.peers.post = (to, frame) => { posts.push({ to, id: decodeDiscoveryFrame(frame).suspicion?.id }) }
    const infos = Array.from({ length: 1_200 }, (_, i) => initialInfo(`x${i}`, { incarnation: 1 }))
    for (const info of infos) {
      node.roster.take({ info, signed: new Uint8Array() })
      if (info.id !== 'x7') node.roster.judge(info.id, 'down')
    }
    const records = infos.map(info => ({ record: encodeInfo(info, 'shop'), signature: new Uint8Array(64), publicKey: new Uint8Array() }))
    for (let i = 0; i < 3; i++) node.inbox.onFrame({ peer: 'flooder' } as FramedStream, { records: { records } })
    await until(() => node.stale() === 3_600)
    node.inbox.tick()
    expect(posts).to.deep.equal(['x0', 'x1', 'x2'].map(id => ({ to: 'flooder', id })))
    for (let i = 0; i < 500; i++) node.inbox.tick()
    expect(posts).to.have.length(1_000)
    expect(posts.map(({ id }) => id)).not.to.include('x7')
    node.stop()
  })

  it('are told to each who sent them: who sends them again and again keeps nobody else from it', async () => {
    const node = new WorldNode(await generateKeyPair('Ed25519'), new PeerIds())
    const told: string[] = []
    node.peers.post = to => { told.push(to) }
    const info = initialInfo('x', { incarnation: 1 })
    node.roster.take({ info, signed: new Uint8Array() })
    node.roster.judge('x', 'down')
    const records = [{ record: encodeInfo(info, 'shop'), signature: new Uint8Array(64), publicKey: new Uint8Array() }]
    for (const peer of ['flooder', 'friend', 'flooder', 'flooder']) node.inbox.onFrame({ peer } as FramedStream, { records: { records } })
    await until(() => node.stale() === 4)
    node.inbox.tick()
    expect(told).to.deep.equal(['flooder', 'friend'])
    node.stop()
  })
})
