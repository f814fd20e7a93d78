/** What a mesh must not do, because braid-go v1.4.0 did: those of doc/BRAID-GO.md that no other spec would notice. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { decodeUpdateMsg, encodeUpdateMsg } from '../../src/pubsub/index.ts'
import { SERVICE_NODE_ADD, SERVICE_NODE_RMV, SERVICE_UPDATE } from '../../src/pubsub/system.ts'
import { createMesh } from '../../src/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import { allSeeAll, internals, join, Nodes } from './discovery-nodes.ts'
import type { Leader } from '../../src/election/index.ts'
import type { Mesh, Message, SubscribeOptions } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'
import type { Libp2p } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'
import type { AddressInfo } from 'node:net'
import type { Node } from './discovery-nodes.ts'

const WAIT = { timeout: 40_000 }
/** Where a node listens, whatever it says. */
const managerOf = (libp2p: Libp2p): TransportManager => (internals(libp2p) as unknown as { transportManager: TransportManager }).transportManager
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from)

describe('mesh: what a user of braid-go v1.4.0 lost', function () {
  this.timeout(120_000)
  const running: TestMesh[] = []

  afterEach(async () => { await endMeshes(...running.splice(0)) })

  async function meshOf <T extends readonly Mesh[]> (nodes: TestNodeOptions[]): Promise<{ mesh: TestMesh, nodes: T }> {
    const mesh = await createTestMesh(nodes)
    running.push(mesh)
    await mesh.ready()
    return { mesh, nodes: mesh.nodes as unknown as T }
  }

  describe('nodes and calls', () => {
    // D1: its nodes had no weight, and setting one did nothing
    it('a node has a weight, 1024 unless it says another, and everybody sees a new one', async () => {
      const { nodes: [login, light, gate] } = await meshOf<[Mesh, Mesh, Mesh]>([{ service: 'login' }, { service: 'login', weight: 512 }, {}])
      const seen = (): unknown[] => [login, light].map(({ id }) => gate.discovery.node(id)?.weight)
      expect(login.self.weight).to.equal(1_024)
      expect(seen()).to.deep.equal([1_024, 512])
      light.discovery.update({ weight: 4_096 })
      await until(() => gate.discovery.node(light.id)?.weight === 4_096, WAIT)
      expect([seen(), light.self.weight]).to.deep.equal([[1_024, 4_096], 4_096])
    })

    // D3: without links it went by turns, of which each caller begins with the same node
    for (const links of [undefined, false] as const) {
      it(`calls without a token are drawn, and link nothing, ${links === false ? 'without' : 'with'} links`, async () => {
        const login = { service: 'login', ...(links === false ? { links } : {}) }
        const { nodes: [first, second, gate] } = await meshOf<[Mesh, Mesh, Mesh]>([login, login, links === false ? { links } : {}])
        for (const node of [first, second]) node.rpc.handle('who', (_, ctx) => `${node.id} ${String(ctx.token)}`)
        const answers: unknown[] = []
        for (let i = 0; i < 60; i++) answers.push(await gate.rpc.invoke('login', 'who'))
        expect(new Set(answers)).to.deep.equal(new Set([`${first.id} undefined`, `${second.id} undefined`]))
        // turns of two never give the same one twice
        expect(answers.some((answer, i) => answer === answers[i - 1])).to.equal(true)
        if (links !== false) {
          expect([gate.links.status().asked, gate.links.status().cached, first.links.status().held + second.links.status().held]).to.deep.equal([0, 0, 0])
        }
      })
    }

    // D20: discovery left its own service out
    it('nodes of a service call each other by its name', async () => {
      const { nodes } = await meshOf<[Mesh, Mesh]>([{ service: 'login' }, { service: 'login' }])
      for (const node of nodes) node.rpc.handle('who', () => node.id)
      const [first, second] = nodes
      expect(await first.rpc.invoke('login', 'who', undefined, { node: second.id })).to.equal(second.id)
      const answers = await Promise.all(numbers(60).map(async () => first.rpc.invoke('login', 'who')))
      expect(new Set(answers)).to.deep.equal(new Set(nodes.map(({ id }) => id)))
    })
  })

  // D21: it called without encryption, always
  it('what calls carry is read by nobody on the way', async () => {
    const seen: Buffer[] = []
    let port = 0
    const way = createServer(near => {
      const far = connect(port, '127.0.0.1')
      for (const [from, to] of [[near, far], [far, near]] as const) {
        from.on('data', bytes => { seen.push(bytes as Buffer); to.write(bytes) })
        from.on('close', () => { to.destroy() })
        from.on('error', () => {})
      }
    }).listen(0, '127.0.0.1')
    await once(way, 'listening')
    try {
      const address = `/ip4/127.0.0.1/tcp/${(way.address() as AddressInfo).port}`
      await using login = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/0'], announce: [address] })
      port = Number(/tcp\/(\d+)/.exec(String(managerOf(login.libp2p).getAddrs()[0]))?.[1])
      await using gate = await createMesh({ mesh: 'shop', bootstrap: [address], listen: [] })
      login.rpc.handle('user.password', ({ word }) => `welcome, ${String(word)}`)
      const word = 'open-sesame '.repeat(20)
      expect(await gate.rpc.invoke('login', 'user.password', { word }, { token: 'ada-lovelace', timeout: 40_000 })).to.equal(`welcome, ${word}`)
      const bytes = Buffer.concat(seen)
      expect(bytes.length).to.be.above(2_000)
      for (const clear of ['open-sesame', 'ada-lovelace', 'user.password']) expect(bytes.includes(clear), clear).to.equal(false)
    } finally {
      way.close()
    }
  })

  // D20: a node that it had was never looked at again
  it('an address that a node changes under its id is an update of it, for all', async () => {
    const plain = new Nodes()
    try {
      const [first, second, third] = [await plain.add(), await plain.add({ service: 'login' }), await plain.add()] as [Node, Node, Node]
      for (const node of [second, third]) await join(node, first)
      await allSeeAll([first, second, third])
      const events: string[] = []
      for (const type of ['node:add', 'node:update', 'node:remove'] as const) third.discovery.addEventListener(type, ({ detail }) => { if (detail.id === second.id) events.push(type) })
      const { incarnation } = second.discovery.self
      await managerOf(second.libp2p).listen([multiaddr('/ip4/127.0.0.1/tcp/0')])
      const now = second.libp2p.getMultiaddrs().map(String).map(address => address.split('/p2p/')[0])
      expect(now).to.have.length(2)
      await until(() => [first, third].every(({ discovery }) => discovery.node(second.id)?.addresses.join() === now.join()), WAIT)
      expect(third.discovery.node(second.id)).to.deep.include({ incarnation, state: 'up' })
      expect(events).to.include('node:update').and.not.to.include('node:remove').and.not.to.include('node:add')
    } finally {
      await plain.stop()
    }
  })

  describe('topics', () => {
    async function collect (mesh: Mesh, channel: string, options: SubscribeOptions = {}, held?: Promise<void>): Promise<{ got: Message[], bodies: () => unknown[], close: () => Promise<void> }> {
      const got: Message[] = []
      const end = await mesh.pubsub.topic('orders').subscribe(channel, { concurrency: 1, ...options })
      end.onMessage(async message => {
        await held
        got.push(message)
      })
      return { got, bodies: () => got.map(({ body }) => body), close: async () => end.close() }
    }

    // D12: the first channel that acked a message deleted it for all
    it('what a channel has acked is there for one that is slower, and for one that comes later', async () => {
      const { nodes: [publisher, first, second] } = await meshOf<[Mesh, Mesh, Mesh]>([{}, {}, {}])
      const gate = Promise.withResolvers<void>()
      const slow = await collect(second, 'slow', { prefetch: 1 }, gate.promise)
      const fast = await collect(first, 'fast')
      const topic = publisher.pubsub.topic('orders')
      for (const n of numbers(7)) await topic.publish(n)
      await until(() => fast.got.length === 7 && publisher.pubsub.info().topics[0]?.channels.find(({ name }) => name === 'fast')?.lag === 0, WAIT)
      const late = await collect(first, 'late', { from: 'beginning' })
      await until(() => late.got.length === 7, WAIT)
      expect(slow.bodies()).to.deep.equal([])
      gate.resolve()
      await until(() => slow.got.length === 7, WAIT)
      for (const { bodies } of [fast, late, slow]) expect(bodies()).to.deep.equal(numbers(7))
    })

    // D14: a consumer that was closed went on to read, and kept what it read
    it('a consumer that has closed takes no message any more', async () => {
      const { nodes: [publisher, first, second] } = await meshOf<[Mesh, Mesh, Mesh]>([{}, {}, {}])
      const [closed, open] = [await collect(first, 'billing'), await collect(second, 'billing')]
      const topic = publisher.pubsub.topic('orders')
      await Promise.all(numbers(40).map(async n => topic.publish(n, { confirm: 'handled' })))
      const before = closed.got.length
      expect(before).to.be.above(0)
      await closed.close()
      await Promise.all(numbers(60, 41).map(async n => topic.publish(n, { confirm: 'handled' })))
      expect(closed.got).to.have.length(before)
      expect([...closed.bodies(), ...open.bodies()].map(Number).toSorted((a, b) => a - b)).to.deep.equal(numbers(100))
    })

    // D15: each consumer gave a message an id and a time of its own
    it('a message has the id and the time that its publisher gave it, wherever and whenever it is handled', async () => {
      const { nodes: [publisher, first, second] } = await meshOf<[Mesh, Mesh, Mesh]>([{}, {}, {}])
      const gate = Promise.withResolvers<void>()
      const [soon, later] = [await collect(first, 'soon'), await collect(second, 'later', {}, gate.promise)]
      const receipts = await Promise.all(numbers(5).map(async n => publisher.pubsub.topic('orders').publish(n)))
      await until(() => soon.got.length === 5, WAIT)
      gate.resolve()
      await until(() => later.got.length === 5, WAIT)
      const told = ({ got }: { got: Message[] }): unknown[] => got.map(({ id, publishedAt }) => [id, publishedAt])
      expect(told(later)).to.deep.equal(told(soon))
      expect(soon.got.map(({ id }) => id)).to.deep.equal(receipts.map(({ id }) => id))
    })

    // D16: what one node saw of the others was told to all, once by each, and removed nodes for all
    it('what a node sees of others is told to itself, once, and takes nobody from another one\'s view', async () => {
      const { mesh, nodes: [login, gate] } = await meshOf<[Mesh, Mesh]>([{ service: 'login' }, {}])
      const told: string[][] = [[], []]
      for (const [i, node] of [login, gate].entries()) {
        const channel = await node.pubsub.topic(SERVICE_UPDATE).subscribe('watch')
        channel.onMessage(({ body }) => {
          const { Event, Nod } = decodeUpdateMsg(body)
          told[i]?.push(`${Event} ${Nod.ID}`)
        })
      }
      const mail = await mesh.add({ service: 'mail' })
      await mesh.ready()
      const added = `${SERVICE_NODE_ADD} ${mail.id}`
      await until(() => told.every(list => list.includes(added)), WAIT)
      const removed = `${SERVICE_NODE_RMV} ${mail.id}`
      await login.pubsub.topic(SERVICE_UPDATE).publish(encodeUpdateMsg(SERVICE_NODE_RMV, { ID: mail.id, Name: 'mail', Address: '', Port: 0, Metadata: {} }), { confirm: 'handled' })
      // whatever left a node before this did has arrived
      const channel = await gate.pubsub.topic('orders').subscribe('billing')
      channel.onMessage(() => {})
      await login.pubsub.topic('orders').publish('book', { confirm: 'handled' })
      expect(told[0]?.filter(event => event === added || event === removed)).to.deep.equal([added, removed])
      expect(told[1]?.filter(event => event === added || event === removed)).to.deep.equal([added])
      expect(gate.discovery.node(mail.id)?.state).to.equal('up')
    })
  })

  describe('leaders', () => {
    const of = (node: Mesh, service: string): Leader | undefined => node.election.of(service)?.leader
    const order = (a: Leader, b: Leader): number => a.token.epoch - b.token.epoch || a.token.term - b.token.term

    async function agreed (nodes: readonly Mesh[], service: string, after?: Leader): Promise<Leader> {
      return until(() => {
        const [leader, ...others] = nodes.map(node => of(node, service))
        if (leader === undefined || (after !== undefined && order(leader, after) <= 0)) return undefined
        return others.every(other => other !== undefined && other.id === leader.id && order(other, leader) === 0) ? leader : undefined
      }, WAIT)
    }

    const voter = (service: string, expect: number): TestNodeOptions => ({ service, election: { expect } })

    // D18: whoever closed deleted the lease, the leader's too, for good
    it('a follower that stops leaves the leader in its office and in its term', async () => {
      const { leader, checked, after } = await undisturbed(followerStops, ({ leader, checked, after }) => [checked, after.token].every(token => JSON.stringify(token) === JSON.stringify(leader.token)))
      expect(checked).to.deep.equal(leader.token)
      expect(after).to.deep.include({ id: leader.id, token: leader.token })
    })

    /** Who led before; under which token its task ran to its end, in office; and who leads then. */
    async function followerStops (): Promise<{ leader: Leader, checked: unknown, after: Leader }> {
      await endMeshes(...running.splice(0))
      const { mesh, nodes } = await meshOf([voter('login', 3), voter('login', 3), voter('login', 3)])
      const leader = await agreed(nodes, 'login')
      const stopped = nodes.find(({ id }) => id !== leader.id) as Mesh
      const office = nodes.find(({ id }) => id === leader.id) as Mesh
      let checked: unknown
      const once = new AbortController()
      await office.election.runAsLeader(async lease => {
        try {
          await stopped.stop()
          // only a leader in office takes a voter off the list
          await until(() => !office.election.status().voters.some(({ id }) => id === stopped.id), WAIT)
          lease.check()
          checked = lease.token
        } finally {
          once.abort()
        }
      }, { signal: once.signal }).catch((error: Error) => { checked ??= error.name })
      return { leader, checked, after: await agreed(mesh.alive, 'login') }
    }

    // D19: all services shared one lock, its holder had no name, and nobody followed it
    it('each service has a leader of its own, with its name, and another one, under a higher token, when it dies', async () => {
      const { mail, other } = await undisturbed(leaderDies, ({ mail, other }) => JSON.stringify(mail) === JSON.stringify(other))
      expect(other).to.deep.include({ id: mail.id, token: mail.token })
    })

    /** Who leads another service, before and after that. */
    async function leaderDies (): Promise<{ mail: Leader, other: Leader }> {
      await endMeshes(...running.splice(0))
      const { mesh, nodes } = await meshOf([voter('login', 3), voter('login', 3), voter('login', 3), voter('mail', 1), {}])
      const [login, mail] = [await agreed(nodes, 'login'), await agreed(nodes, 'mail')]
      expect(nodes.slice(0, 3).map(({ id }) => id)).to.include(login.id)
      expect(mail.id).to.equal(nodes[3]?.id)
      mesh.kill(nodes.find(({ id }) => id === login.id) as Mesh)
      const next = await agreed(mesh.alive, 'login', login)
      expect(next.id).not.to.equal(login.id)
      expect(order(next, login)).to.be.above(0)
      return { mail, other: await agreed(mesh.alive, 'mail') }
    }
  })
})
