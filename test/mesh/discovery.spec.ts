import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'chai'
import { peerStreams } from '../../src/streams/index.ts'
import { decodeDiscoveryFrame, decodeNodeRecord, encodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import { allSeeAll, crash, internals, isolate, join, Nodes } from './discovery-nodes.ts'
import { until } from '../harness/until.ts'
import type { Node } from './discovery-nodes.ts'
import type { GossipSub } from '@libp2p/gossipsub'

async function failure (promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

function goneFrom (nodes: readonly Node[], id: string): boolean {
  return nodes.every(({ discovery }) => discovery.node(id) == null)
}

describe('discovery', () => {
  const nodes = new Nodes()

  afterEach(async () => { await nodes.stop() })

  async function star (count: number, options: Parameters<Nodes['add']>[0] = {}): Promise<[Node, ...Node[]]> {
    const first = await nodes.add({ service: 'login', name: 'n0', ...options })
    const rest: Node[] = []
    for (let i = 1; i < count; i++) {
      const node = await nodes.add({ service: i % 2 === 1 ? 'mail' : 'login', name: `n${i}`, ...options })
      await join(node, first)
      rest.push(node)
    }
    await allSeeAll([first, ...rest])
    return [first, ...rest]
  }

  describe('ten nodes that know one of them', () => {
    it('see each other, what each serves, and connect with each other', async () => {
      const all = await star(10, { metadata: { zone: 'a' } })
      for (const { discovery, id } of all) {
        expect(discovery.services()).to.deep.equal(['login', 'mail'])
        expect(discovery.nodes('mail')).to.have.length(5)
        expect(discovery.nodes('mail')).to.equal(discovery.nodes('mail'))
        expect(discovery.self.id).to.equal(id)
        expect(discovery.node(all[3]?.id ?? '')).to.deep.include({ name: 'n3', service: 'mail', state: 'up', metadata: { zone: 'a' } })
        expect(discovery.peerId(all[3]?.id ?? '')?.publicKey?.type).to.equal('Ed25519')
      }
      await until(() => all.every(({ libp2p }) => libp2p.getPeers().length === 9))
    })

    it('hear of an update, of a goodbye and of a crash', async () => {
      const all = await star(10)
      const [first, second, third, ...others] = all as [Node, Node, Node, ...Node[]]
      const removed: string[] = []
      others[0]?.discovery.addEventListener('node:remove', ({ detail }) => { removed.push(`${detail.name} ${detail.state}`) })

      second.discovery.update({ state: 'draining', methods: ['user.password'], metadata: { zone: 'b' } })
      await until(() => all.every(({ discovery }) => discovery.node(second.id)?.state === 'draining'))
      expect(others[0]?.discovery.node(second.id)).to.deep.include({ methods: ['user.password'], metadata: { zone: 'b' } })

      await second.libp2p.stop()
      await until(() => goneFrom([first, third, ...others], second.id))
      await crash(third)
      await until(() => goneFrom([first, ...others], third.id))
      expect(removed[0]).to.equal('n1 left')
      expect(removed[1]).to.match(/^n2 /)
      expect(first.discovery.nodes()).to.have.length(8)
      await allSeeAll([first, ...others])
    })
  })

  it('needs neither gossipsub nor DHT nor identify', async () => {
    const all = await star(4, { gossip: false })
    const [first, second] = all
    second?.discovery.update({ weight: 7 })
    await until(() => all.every(({ discovery }) => discovery.node(second?.id ?? '')?.weight === 7))
    await second?.libp2p.stop()
    await until(() => goneFrom(all.filter(node => node !== second), second?.id ?? ''))
    expect(first.discovery.stats()).not.to.have.property('gossip_published')
  })

  it('tells nodes of each other that cannot connect', async () => {
    const hub = await nodes.add({ name: 'hub' })
    const tabs = await Promise.all(['a', 'b', 'c'].map(async name => nodes.add({ name, service: name, listen: false })))
    for (const tab of tabs) await join(tab, hub)
    await allSeeAll([hub, ...tabs])
    expect(tabs.map(({ libp2p }) => libp2p.getPeers().length)).to.deep.equal([1, 1, 1])
    tabs[0]?.discovery.update({ metadata: { hidden: 'yes' } })
    await until(() => tabs.every(({ discovery }) => discovery.nodes('a')[0]?.metadata.hidden === 'yes'))
    await tabs[0]?.libp2p.stop()
    await until(() => tabs.slice(1).every(({ discovery }) => discovery.nodes('a').length === 0))
  })

  it('finds through the DHT whom no member has told of', async () => {
    const middle = await nodes.bare({ dht: true })
    const a = await nodes.add({ name: 'a', service: 'login', dht: true })
    const c = await nodes.add({ name: 'c', service: 'mail', dht: true })
    await join(a, middle)
    await join(c, middle)
    await allSeeAll([a, c])
    expect(a.discovery.node(middle.peerId.toString())).to.equal(undefined)
  })

  it('does not bother peers that are no members', async () => {
    const stranger = await nodes.bare()
    const member = await nodes.add()
    const other = await nodes.add({ mesh: 'other' })
    await join(member, stranger)
    await join(member, other)
    await until(() => member.discovery.stats().strangers === 2)
    expect(member.discovery.nodes()).to.have.length(1)
    expect(other.discovery.nodes()).to.have.length(1)
    expect(member.libp2p.getPeers()).to.have.length(2)
  })

  it('keeps two meshes with common peers apart', async () => {
    const [a, b] = await star(2)
    const x = await nodes.add({ mesh: 'other', service: 'login' })
    const y = await nodes.add({ mesh: 'other', service: 'login' })
    await join(x, a)
    await join(y, x)
    if (b != null) await join(y, b)
    await allSeeAll([x, y])
    expect(a.discovery.nodes()).to.have.length(2)
  })

  describe('waitFor', () => {
    it('resolves as soon as there is a node that takes calls', async () => {
      const [first] = await star(2)
      expect(await first.discovery.waitFor('mail')).to.have.length(1)
      const waiting = first.discovery.waitFor('late')
      const late = await nodes.add({ service: 'late' })
      late.discovery.update({ state: 'away' })
      await join(late, first)
      await until(() => first.discovery.nodes('late').length === 1)
      late.discovery.update({ state: 'up' })
      expect((await waiting).map(({ id, state }) => ({ id, state }))).to.deep.equal([{ id: late.id, state: 'up' }])
    })

    it('ends with the signal, with the node, and refuses names that cannot be', async () => {
      const node = await nodes.add()
      const controller = new AbortController()
      const aborted = failure(node.discovery.waitFor('nothing', { signal: controller.signal }))
      const reason = new Error('enough')
      controller.abort(reason)
      expect(await aborted).to.equal(reason)
      expect((await failure(node.discovery.waitFor('No Such'))).name).to.equal('InvalidNameError')
      const stopped = failure(node.discovery.waitFor('nothing'))
      await node.libp2p.stop()
      expect((await stopped).name).to.equal('MeshStoppedError')
    })
  })

  it('takes back a node that was given up and is alive', async () => {
    const [first, second, third] = await star(3) as [Node, Node, Node]
    const { incarnation } = second.discovery.self
    const log: string[] = []
    first.discovery.addEventListener('node:remove', ({ detail }) => { log.push(`remove ${detail.name}`) })
    first.discovery.addEventListener('node:add', ({ detail }) => { log.push(`add ${detail.name}`) })
    isolate(second)
    await until(() => [first, third].every(({ discovery }) => discovery.node(second.id) == null) && second.discovery.nodes().length === 1)
    second.isolated = false
    await join(second, first)
    await allSeeAll([first, second, third])
    expect(log).to.deep.equal(['remove n1', 'add n1'])
    expect(second.discovery.self.incarnation).to.equal(incarnation)
  })

  describe('of those that only one node connects, and that say nothing new, one that was cut off', () => {
    async function cutOff (): Promise<{ hub: Node, away: Node, tabs: Node[] }> {
      const hub = await nodes.add({ name: 'hub' })
      // it looks at all of them at once, so that it gives all up within seconds
      const away = await nodes.add({ listen: false, detector: { probes: 10, calmInterval: 1_000 } })
      const tabs = await Promise.all(Array.from({ length: 4 }, async () => nodes.add({ listen: false })))
      for (const tab of [away, ...tabs]) await join(tab, hub)
      await allSeeAll([hub, away, ...tabs])
      isolate(away)
      await until(() => away.discovery.nodes().length === 1 && hub.discovery.node(away.id) == null)
      away.isolated = false
      return { hub, away, tabs }
    }

    it('takes back all that live: who has them in its view tells them that they were given up', async () => {
      const { hub, away, tabs: [dead, ...tabs] } = await cutOff() as { hub: Node, away: Node, tabs: [Node, ...Node[]] }
      await crash(dead)
      let raised = 0
      away.discovery.addEventListener('node:add', ({ detail }) => { if (detail.id === dead.id) raised++ })
      await join(away, hub)
      await until(() => [hub, ...tabs].every(({ id }) => away.discovery.node(id) != null))
      expect(raised).to.equal(0)
    })

    it('takes back all as they are, once it is told that it was away', async () => {
      const { hub, away, tabs } = await cutOff()
      const said = tabs.map(({ discovery }) => discovery.self.seq)
      away.discovery.resync()
      await join(away, hub)
      await until(() => [hub, ...tabs].every(({ id }) => away.discovery.node(id) != null))
      expect(tabs.map(({ discovery }) => discovery.self.seq)).to.deep.equal(said)
    })
  })

  it('answers a peer that gave it up even when that peer is no member to it', async () => {
    const node = await nodes.add({ gossip: false })
    const stranger = await nodes.bare()
    const heard: string[] = []
    const streams = peerStreams(internals(stranger), {
      protocol: '/braid/braid/discovery/1.0.0',
      onFrame: (_, bytes, start, end) => {
        for (const { record } of decodeDiscoveryFrame(bytes, start, end).records?.records ?? []) {
          const { id, seq } = decodeNodeRecord(record)
          heard.push(`${id}:${seq}`)
        }
      }
    })
    await streams.start()
    await stranger.dial(node.libp2p.getMultiaddrs())
    // It greets whoever speaks the protocol.
    await until(() => (node.discovery.stats()['hellos_sent'] ?? 0) > 0)
    const { id, incarnation, seq } = node.discovery.self
    const stream = await streams.open(node.libp2p.peerId)
    stream.send(encodeDiscoveryFrame({ suspicion: { id, incarnation, seq } }))
    await until(() => heard.includes(`${id}:${seq + 1}`))
    expect(node.discovery.nodes()).to.have.length(1)
  })

  it('keeps a node whose connection broke, and connects again', async () => {
    const [first, second] = await star(2) as [Node, Node]
    let removed = 0
    first.discovery.addEventListener('node:remove', () => { removed++ })
    const [broken] = first.libp2p.getConnections()
    for (const connection of first.libp2p.getConnections()) connection.abort(new Error('cut'))
    await until(() => first.discovery.node(second.id)?.state === 'up' && first.libp2p.getConnections().some(({ id, status }) => id !== broken?.id && status === 'open'))
    expect(removed).to.equal(0)
  })

  it('raises its incarnation above one that an earlier start had', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const first = await nodes.add()
    const earlier = await nodes.add({ privateKey, incarnation: 5_000 })
    await join(earlier, first)
    await allSeeAll([first, earlier])
    await crash(earlier)
    await until(() => first.discovery.nodes().length === 1)
    const raised: number[] = []
    const later = await nodes.add({ privateKey, incarnation: 5_000, onIncarnation: incarnation => { raised.push(incarnation) } })
    await join(later, first)
    await allSeeAll([first, later])

    await later.libp2p.stop()
    await until(() => first.discovery.nodes().length === 1)
    const again = await nodes.add({ privateKey, incarnation: 4_000, onIncarnation: incarnation => { raised.push(incarnation) } })
    await join(again, first)
    await allSeeAll([first, again])
    expect(raised.at(-1)).to.equal(again.discovery.self.incarnation)
    expect(again.discovery.self.incarnation).to.be.greaterThan(5_000)
  })

  it('uses gossip as a hint, and shrugs at what is no record', async () => {
    const [first, second] = await star(2) as [Node, Node]
    const pubsub = (second.libp2p.services as unknown as { pubsub: GossipSub }).pubsub
    await until(() => pubsub.getSubscribers('braid/braid/nodes').length === 1)
    second.discovery.update({ metadata: { spread: 'by gossip too' } })
    await until(() => (first.discovery.stats().gossip_received ?? 0) > 0)
    await pubsub.publish('braid/braid/nodes', new Uint8Array([1, 2, 3]))
    await until(() => first.discovery.stats().gossip_malformed === 1)
    await until(() => first.discovery.node(second.id)?.metadata.spread === 'by gossip too')
    expect(first.discovery.stats()).not.to.have.property('peers_cut')
  })

  it('goes on when a listener throws', async () => {
    const first = await nodes.add()
    const seen: string[] = []
    first.discovery.addEventListener('node:add', () => { throw new Error('a bug of the user') })
    const later: any = async () => { throw new Error('another one') }
    first.discovery.addEventListener('node:add', later)
    first.discovery.addEventListener('node:add', ({ detail }) => { seen.push(detail.id) })
    const second = await nodes.add()
    await join(second, first)
    await until(() => seen.length === 1)
    expect(seen).to.deep.equal([second.id])
  })

  it('refuses what no peer would take, and changes nothing then', async () => {
    const node = await nodes.add()
    const before = node.discovery.self
    expect(() => { node.discovery.update({ weight: 0 }) }).to.throw().with.property('name', 'InvalidOptionsError')
    expect(() => { node.discovery.update({ methods: ['No/Such'] }) }).to.throw().with.property('name', 'InvalidOptionsError')
    expect(() => { node.discovery.update({ metadata: { big: 'x'.repeat(20_000) } }) }).to.throw().with.property('name', 'InvalidOptionsError')
    expect(node.discovery.self).to.equal(before)
    expect((await failure(nodes.add({ mesh: 'No Such' }))).name).to.equal('InvalidNameError')
    expect((await failure(nodes.add({ weight: -1 }))).name).to.equal('InvalidOptionsError')
  })

  it('starts and stops twenty times and leaves nothing behind', async () => {
    const first = await nodes.add()
    const second = await nodes.add()
    const added: string[] = []
    first.discovery.addEventListener('node:add', ({ detail }) => { added.push(detail.id) })
    for (let i = 0; i < 20; i++) {
      await join(second, first)
      await until(() => first.discovery.node(second.id)?.state === 'up')
      await second.libp2p.stop()
      await until(() => first.discovery.node(second.id) == null)
      await second.libp2p.start()
    }
    expect(added.filter(id => id === second.id)).to.have.length(20)
    const events = (second.libp2p as unknown as { components: { events: { listenerCount: (type: string) => number } } }).components.events
    const running = events.listenerCount('peer:connect')
    await second.libp2p.stop()
    expect(events.listenerCount('peer:connect')).to.equal(running - 1)
  })
})
