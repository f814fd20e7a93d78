import { expect } from 'chai'
import { decodeNumMsg } from '../../src/pubsub/index.ts'
import { discovery } from '../../src/discovery/index.ts'
import { createMesh } from '../../src/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { Discovery, DiscoveryComponents } from '../../src/discovery/index.ts'
import type { LinkChange, LinksOptions, Mesh } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

const cart = (links: LinksOptions = {}, options: TestNodeOptions = {}): TestNodeOptions => ({ service: 'cart', election: { expect: 3 }, links, ...options })
const where = async (client: Mesh, token: string, service = 'cart'): Promise<string> => await client.rpc.invoke(service, 'where', undefined, { token, timeout: 30_000 }) as string

function serve (nodes: readonly Mesh[]): void {
  for (const node of nodes) node.rpc.handle('where', () => node.id)
}

async function rejection (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (err: Error) => err.name === 'RpcError' && 'code' in err ? String(err.code) : err.name)
}

/** The node that decides about the service's links, once there is one: a change of links waits for that for five seconds and no longer. */
async function leading (nodes: readonly Mesh[]): Promise<Mesh> {
  return until(() => nodes.find(({ links }) => links.status().authority !== undefined), { timeout: 30_000, what: 'somebody keeps the links' })
}

describe('mesh: links', function () {
  this.timeout(90_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('a token stays on one node for every caller of a service, and is found, moved and unlinked', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), {}, {}])
    const [a, b, c, one, two] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh, Mesh]
    serve([a, b, c])
    await leading([a, b, c])
    expect(await one.links.target('ada', 'cart', { signal: AbortSignal.timeout(30_000) })).to.equal(undefined)
    const first = await where(one, 'ada')
    expect([a.id, b.id, c.id]).to.include(first)
    for (let i = 0; i < 5; i++) expect([await where(one, 'ada'), await where(two, 'ada')]).to.deep.equal([first, first])
    expect((await two.links.target('ada', 'cart'))?.id).to.equal(first)
    expect(await one.links.count('cart')).to.equal(1)
    const other = [a, b, c].find(({ id }) => id !== first) as Mesh
    expect((await one.links.link('ada', other.self)).id, 'linked already').to.equal(first)
    expect((await one.links.link('ada', other.self, { replace: true })).id).to.equal(other.id)
    expect([await where(one, 'ada'), await where(two, 'ada')]).to.deep.equal([other.id, other.id])
    // a node that the caller has chosen itself judges as any other: those who know the link, and who do not
    const third = [a, b, c].find(({ id }) => id !== first && id !== other.id) as Mesh
    for (const caller of [one, await mesh.add()]) {
      const at = async (node: Mesh, token: string): Promise<unknown> => caller.rpc.invoke('cart', 'where', undefined, { token, node: node.id, timeout: 20_000 })
      for (const wrong of [first, third.id]) {
        const refused = await at([a, b, c].find(({ id }) => id === wrong) as Mesh, 'ada').then(() => undefined, (err: unknown) => err)
        expect(refused).to.deep.include({ code: 'FAILED_PRECONDITION' }).and.have.nested.property('details.owner', other.id)
      }
      expect(await at(other, 'ada')).to.equal(other.id)
      for (const node of [a, b, c]) expect(await at(node, 'unlinked')).to.equal(node.id)
    }
    expect(await one.links.count('cart')).to.equal(1)
    expect(await one.links.unlink('ada', 'cart')).to.equal(1)
    expect(await one.links.unlink('ada', 'cart')).to.equal(0)
    expect(await one.links.target('ada', 'cart')).to.equal(undefined)
    expect(await two.links.count('cart')).to.equal(0)
    expect([a.id, b.id, c.id]).to.include(await where(two, 'ada'))
  })

  it('when one of three targets is killed only its tokens move; when one is added nothing does', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), cart(), {}])
    const targets = mesh.nodes.slice(0, 4)
    const client = mesh.nodes[4] as Mesh
    serve(targets)
    const tokens = Array.from({ length: 40 }, (_, i) => `t${i}`)
    const before = new Map(await Promise.all(tokens.map(async token => [token, await where(client, token)] as const)))
    expect(new Set(before.values()).size, 'nodes in use').to.equal(4)
    const leader = await leading(targets)
    const victim = targets.find(({ id }) => id !== leader.id) as Mesh
    mesh.kill(victim)
    const after = new Map(await Promise.all(tokens.map(async token => [token, await where(client, token)] as const)))
    for (const token of tokens) {
      if (before.get(token) === victim.id) expect(after.get(token)).to.not.equal(victim.id)
      else expect(after.get(token), token).to.equal(before.get(token))
    }
    expect(await client.links.count('cart')).to.equal(tokens.length)
    const fresh = await mesh.add(cart())
    serve([fresh])
    await until(() => client.discovery.node(fresh.id) !== undefined)
    for (const token of tokens) expect(await where(client, token)).to.equal(after.get(token))
  })

  it('when the leader is killed links stay, for those who know them and those who have to ask', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), cart(), {}, {}])
    const targets = mesh.nodes.slice(0, 4)
    const [knowing, asking] = mesh.nodes.slice(4) as [Mesh, Mesh]
    serve(targets)
    const tokens = Array.from({ length: 30 }, (_, i) => `t${i}`)
    const before = new Map(await Promise.all(tokens.map(async token => [token, await where(knowing, token)] as const)))
    const leader = await leading(targets)
    mesh.kill(leader)
    const rest = tokens.filter(token => before.get(token) !== leader.id)
    for (const client of [knowing, asking]) {
      for (const token of rest) expect(await where(client, token)).to.equal(before.get(token))
    }
    expect((await leading(mesh.alive)).id).to.not.equal(leader.id)
  })

  it('errors of the application, deadlines and cancelled calls unlink nothing; a node that is gone loses that token of that service only', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), { service: 'mail', election: { expect: 1 } }, {}])
    const targets = mesh.nodes.slice(0, 3)
    const [mail, client] = mesh.nodes.slice(3) as [Mesh, Mesh]
    serve([...targets, mail])
    for (const node of targets) {
      node.rpc.handle('fail', () => { throw new Error('no') })
      node.rpc.handle('hang', async () => new Promise(() => {}))
    }
    const removed: LinkChange[] = []
    for (const node of mesh.nodes) node.links.addEventListener('link:remove', ({ detail }) => { removed.push(detail) })
    const home = await where(client, 'ada')
    await where(client, 'ada', 'mail')
    const options = { token: 'ada' }
    expect(await rejection(client.rpc.invoke('cart', 'fail', undefined, options))).to.equal('UNKNOWN')
    expect(await rejection(client.rpc.invoke('cart', 'hang', undefined, { ...options, timeout: 50 }))).to.equal('DEADLINE_EXCEEDED')
    expect(await rejection(client.rpc.invoke('cart', 'hang', undefined, { ...options, signal: AbortSignal.timeout(50) }))).to.equal('CANCELLED')
    expect(await rejection(client.rpc.invoke('cart', 'nothing', undefined, options))).to.equal('UNIMPLEMENTED')
    expect((await client.links.target('ada', 'cart'))?.id).to.equal(home)
    expect(removed).to.deep.equal([])
    mesh.kill(targets.find(({ id }) => id === home) as Mesh)
    expect(await where(client, 'ada')).to.not.equal(home)
    expect((await client.links.target('ada', 'mail'))?.id).to.equal(mail.id)
  })

  it('a chain of calls keeps each of its nodes, and handlers see the token id and the rank of the link', async () => {
    const chain = (service: string): TestNodeOptions => ({ service, election: { expect: 2 } })
    mesh = await createTestMesh([chain('b'), chain('b'), chain('c'), chain('c'), {}])
    const [b1, b2, c1, c2, client] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh, Mesh]
    for (const node of [c1, c2]) node.rpc.handle('end', (_, ctx) => [node.id, ctx.token, ctx.link?.rank])
    for (const node of [b1, b2]) node.rpc.handle('go', async (_, ctx) => [node.id, ...await ctx.invoke('c', 'end') as string[]])
    const go = async (): Promise<string[]> => await client.rpc.invoke('b', 'go', undefined, { token: 'ada', timeout: 30_000 }) as string[]
    const first = await go()
    expect(first[2]).to.equal(client.rpc.tokenId('ada'))
    expect(first[3]).to.match(/^[0-9a-f]{14}\.[0-9a-f]{14}\.[0-9a-f]{14}$/)
    for (let i = 0; i < 5; i++) expect(await go()).to.deep.equal(first)
    // the link of the chain is that of b's nodes, not of the client
    expect(await client.links.target('ada', 'c')).to.equal(undefined)
    expect((await b1.links.target('ada', 'c'))?.id).to.equal(first[1])
    const other = first[1] === c1.id ? c2 : c1
    await b2.links.link('ada', other.self, { replace: true })
    const moved = await go()
    expect(moved[1]).to.equal(other.id)
    expect((moved[3] as string) > (first[3] as string), 'the rank grows').to.equal(true)
  })

  it('a node that drains keeps its tokens and gets no new ones; at the timeout the leader gives them to others', async () => {
    // what is asked for after the timeout is judged as it is then
    const { wrong, after, count, expected } = await undisturbed(async () => drained(8_000), ({ wrong }) => wrong.length === 0, ({ time }) => time < 7_000 ? 0 : time)
    expect(wrong).to.deep.equal([])
    expect(after).to.deep.equal([])
    expect(count).to.equal(expected)
  })

  /** Tokens that were where they should not be while a node drained, and how long they took; its own that were there afterwards; and how many there are. */
  async function drained (timeout: number): Promise<{ wrong: string[], time: number, after: string[], count: number, expected: number }> {
    await endMeshes(mesh)
    mesh = await createTestMesh([cart(), cart(), cart(), cart(), {}])
    const targets = mesh.nodes.slice(0, 4)
    const client = mesh.nodes[4] as Mesh
    serve(targets)
    const tokens = Array.from({ length: 30 }, (_, i) => `t${i}`)
    const before = new Map(await Promise.all(tokens.map(async token => [token, await where(client, token)] as const)))
    const leader = await leading(targets)
    const draining = targets.find(({ id }) => id !== leader.id && [...before.values()].includes(id)) as Mesh
    const kept = tokens.filter(token => before.get(token) === draining.id)
    const began = performance.now()
    const over = draining.drain({ timeout })
    await until(() => client.discovery.node(draining.id)?.state === 'draining')
    const during = await Promise.all([...kept, ...Array.from({ length: 20 }, (_, i) => `new${i}`)].map(async token => [token, await where(client, token)] as const))
    const time = performance.now() - began
    const wrong = during.filter(([token, at]) => (at === draining.id) !== kept.includes(token)).map(([token]) => token)
    await over
    const after: string[] = []
    for (const token of kept) if (await where(client, token) === draining.id) after.push(token)
    return { wrong, time, after, count: await client.links.count('cart'), expected: tokens.length + 20 }
  }

  it('a drain is over when the last token is gone', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), {}])
    const targets = mesh.nodes.slice(0, 3)
    const client = mesh.nodes[3] as Mesh
    serve(targets)
    const home = await where(client, 'ada')
    const draining = targets.find(({ id }) => id === home) as Mesh
    const drained = draining.drain({ timeout: 60_000 })
    expect(await where(client, 'ada')).to.equal(home)
    expect(await client.links.unlink('ada', 'cart')).to.equal(1)
    await drained
    expect(await where(client, 'ada')).to.not.equal(home)
  })

  it('all links of a node end with one word, and it goes on in a new life without them', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), {}])
    const targets = mesh.nodes.slice(0, 3)
    const client = mesh.nodes[3] as Mesh
    serve(targets)
    const tokens = Array.from({ length: 30 }, (_, i) => `t${i}`)
    const before = new Map(await Promise.all(tokens.map(async token => [token, await where(client, token)] as const)))
    const [down] = targets as [Mesh]
    const lost = tokens.filter(token => before.get(token) === down.id)
    const { incarnation } = down.self
    expect(await client.links.down(down.id)).to.equal(lost.length)
    expect(await client.links.count('cart')).to.equal(tokens.length - lost.length)
    for (const token of tokens) {
      const now = await where(client, token)
      if (!lost.includes(token)) expect(now).to.equal(before.get(token))
    }
    await until(() => down.self.incarnation > incarnation)
    await until(() => client.discovery.node(down.id)?.incarnation === down.self.incarnation)
    expect(await client.links.down(down.id)).to.be.lessThan(tokens.length)
    expect(await rejection(client.links.down('12D3KooWnobody'))).to.equal('LinkError')
  })

  it('what cannot be is refused by name, and changes nothing', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), { service: 'mail' }, {}])
    const [a] = mesh.nodes as [Mesh]
    const [mail, client] = mesh.nodes.slice(3) as [Mesh, Mesh]
    const { links } = client
    const large = 'x'.repeat(1024 * 1024)
    for (const token of ['', large]) {
      expect(await rejection(links.link(token, a.self))).to.equal('InvalidOptionsError')
      expect(await rejection(links.target(token, 'cart'))).to.equal('InvalidOptionsError')
      expect(await rejection(links.unlink(token, 'cart'))).to.equal('InvalidOptionsError')
      expect(await rejection(client.rpc.invoke('cart', 'where', undefined, { token }))).to.equal('InvalidOptionsError')
    }
    expect(await rejection(links.link('ada', { ...a.self, service: 'mail' }))).to.equal('LinkError')
    expect(await rejection(links.link('ada', client.self))).to.equal('LinkError')
    expect(await rejection(links.link('ada', '12D3KooWnobody'))).to.equal('LinkError')
    expect(await rejection(links.target('ada', 'No Service'))).to.equal('InvalidNameError')
    await mail.stop()
    await until(() => client.discovery.node(mail.id) === undefined)
    expect(await rejection(links.link('ada', mail.self))).to.equal('LinkError')
    await leading(mesh.nodes)
    expect(await links.count('cart', { signal: AbortSignal.timeout(30_000) })).to.equal(0)
    expect(await rejection(links.link('ada', a.self, { signal: AbortSignal.abort(new Error('enough')) }))).to.equal('Error')
  })

  it('a service without voters has nobody who decides: its tokens go where rendezvous says', async () => {
    mesh = await createTestMesh([{ service: 'tab', election: false }, { service: 'tab', election: false }, {}, {}])
    const [a, b, one, two] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh]
    serve([a, b])
    for (const token of ['ada', 'bob', 'eve']) expect(await where(one, token, 'tab')).to.equal(await where(two, token, 'tab'))
    expect(await rejection(one.links.link('ada', a.self))).to.equal('NoAuthorityError')
    expect(await rejection(one.links.unlink('ada', 'tab'))).to.equal('NoAuthorityError')
    // once somebody can decide, tokens stay where they were
    const homes = new Map(await Promise.all(['ada', 'bob', 'eve'].map(async token => [token, await where(one, token, 'tab')] as const)))
    const voter = await mesh.add({ service: 'tab', election: { expect: 1 } })
    serve([voter])
    await until(() => one.election.of('tab')?.leader !== undefined, { timeout: 30_000 })
    for (const [token, home] of homes) {
      expect(await where(one, token, 'tab')).to.equal(home)
      expect((await one.links.target(token, 'tab'))?.id).to.equal(home)
    }
  })

  it('links that nobody uses end, and those that are used stay', async () => {
    const ttl = 1_500
    // one that nothing used for that long has ended, rightly: of a time in which this process stood still nothing follows
    const { found, expected } = await undisturbed(async () => {
      await endMeshes(mesh)
      mesh = await createTestMesh([cart({ ttl }), cart({ ttl }), cart({ ttl }), {}])
      const client = mesh.nodes[3] as Mesh
      serve(mesh.nodes.slice(0, 3))
      const removed: string[] = []
      for (const { links } of mesh.nodes.slice(0, 3)) {
        links.addEventListener('link:remove', ({ detail }) => { if (links.status().authority !== undefined) removed.push(detail.token) })
      }
      const home = await where(client, 'used')
      await where(client, 'unused')
      const homes = new Set([home])
      let [used, gap] = [performance.now(), 0]
      await until(async () => {
        homes.add(await where(client, 'used'))
        gap = Math.max(gap, performance.now() - used)
        used = performance.now()
        return removed.length > 0
      }, { timeout: 30_000 })
      const expected = { removed: [client.rpc.tokenId('unused')], homes: [home], count: 1 }
      return { gap, expected, found: { removed, homes: [...homes], count: await client.links.count('cart') } }
    }, ({ found, expected }) => JSON.stringify(found) === JSON.stringify(expected), ({ gap }) => gap < ttl / 2 ? 0 : gap)
    expect(found).to.deep.equal(expected)
  })

  it('events tell each change once, and counts under braid\'s names', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), {}])
    const [a, b, c] = mesh.nodes as [Mesh, Mesh, Mesh]
    const client = mesh.nodes[3] as Mesh
    const events: string[] = []
    const unlinked: string[] = []
    const counts = new Map<string, number>()
    for (const node of mesh.nodes) {
      node.links.addEventListener('braid.topic.linkcache.service_link_number', ({ detail }) => { counts.set(detail.ID, detail.Num) })
    }
    const leader = await leading(mesh.nodes)
    await client.links.link('ada', a.self, { signal: AbortSignal.timeout(30_000) })
    const told: unknown[] = []
    for (const { links, pubsub } of [a, b, c]) {
      // whoever of them leads by then
      const decides = (): boolean => links.status().authority !== undefined
      for (const type of ['link:add', 'link:move', 'link:remove'] as const) {
        links.addEventListener(type, ({ detail: { node, former, service, parent } }) => { if (decides()) events.push([type, service, parent, node, former ?? ''].join(' ')) })
      }
      links.addEventListener('braid.topic.linkcache.unlink', ({ detail }) => { if (decides()) unlinked.push(detail) })
      pubsub.addEventListener('braid.topic.linkcache.unlink', ({ detail }) => { if (decides()) told.push(detail) })
    }
    const numbers = await leader.pubsub.topic('braid.topic.linkcache.service_link_number').subscribe('watch')
    const read = new Map<string, number>()
    numbers.onMessage(({ body }) => { const { ID, Num } = decodeNumMsg(body); read.set(ID, Num) })
    await client.links.link('bob', a.self)
    await client.links.link('bob', b.self, { replace: true })
    await until(() => counts.get(a.id) === 1 && counts.get(b.id) === 1)
    await client.links.unlink('bob')
    expect(events).to.deep.equal([`link:add cart  ${a.id} `, `link:move cart  ${b.id} ${a.id}`, `link:remove cart  ${b.id} `])
    expect(unlinked).to.deep.equal([client.rpc.tokenId('bob')])
    await until(() => counts.get(b.id) === 0)
    // as topics of the node, too
    expect(told).to.deep.equal(unlinked)
    await until(() => read.size > 0 && [...read].every(([id, links]) => counts.get(id) === links))
    await until(() => client.discovery.node(a.id)?.load.links === 1, { timeout: 20_000 })
    // a weight that links have lowered comes back when they go
    await client.links.unlink('ada')
    await until(() => client.discovery.node(a.id)?.load.links === 0, { timeout: 20_000 })
  })

  it('on request braid\'s topics are the mesh\'s: each change is told once, by who decides it, and to everybody', async () => {
    const pubsub = { system: ['braid.topic.linkcache.unlink', 'braid.topic.linkcache.service_link_number', 'braid.topic.election.change_state'] as const }
    mesh = await createTestMesh([cart(), cart(), cart(), {}, {}].map(options => ({ ...options, pubsub })))
    const [a, b] = mesh.nodes as [Mesh, Mesh]
    const [client, watcher] = mesh.nodes.slice(3) as [Mesh, Mesh]
    const got: Record<string, string[]> = {}
    for (const name of pubsub.system) {
      const list = got[name] = [] as string[]
      const channel = await watcher.pubsub.topic(name).subscribe('watch', { from: 'beginning' })
      channel.onMessage(({ body }) => { list.push(new TextDecoder().decode(body as Uint8Array)) })
    }
    const [unlinked, numbers, states] = pubsub.system.map(name => got[name] as string[]) as [string[], string[], string[]]
    await leading(mesh.nodes)
    await client.links.link('ada', a.self, { signal: AbortSignal.timeout(30_000) })
    // whoever hears of it would tell it again if it told what it heard
    for (const node of mesh.nodes) await node.links.target('ada', 'cart', { signal: AbortSignal.timeout(20_000) })
    await until(() => numbers.map(body => decodeNumMsg(new TextEncoder().encode(body))).some(({ ID, Num }) => ID === a.id && Num === 1), { timeout: 20_000 })
    await client.links.link('bob', b.self)
    for (const token of ['ada', 'bob']) await client.links.unlink(token, 'cart')
    await until(() => unlinked.length >= 2, { timeout: 20_000 })
    await until(() => states.some(body => JSON.parse(body).State === 2), { timeout: 20_000 })
    await watcher.pubsub.topic('braid.topic.linkcache.unlink').publish(new TextEncoder().encode('last'))
    await until(() => unlinked.includes('last'))
    expect(unlinked).to.deep.equal([client.rpc.tokenId('ada'), client.rpc.tokenId('bob'), 'last'])
  })

  it('a caller is sent on to a node that it has never heard of, and reaches it in the same call', async () => {
    // it tells who it is, and hears nobody
    const deaf = (components: DiscoveryComponents): Discovery => discovery({ mesh: 'shop', pubsub: 'none' })(new Proxy(components, {
      get: (target, name) => name === 'registrar' ? { handle: async () => {}, unhandle: async () => {} } : Reflect.get(target, name) as unknown
    }))
    const options = { mesh: 'shop', listen: ['/ip4/127.0.0.1/tcp/0'] }
    await using a = await createMesh({ ...options, service: 'cart', election: {} })
    const bootstrap = a.libp2p.getMultiaddrs().map(String)
    await using b = await createMesh({ ...options, bootstrap, service: 'cart', election: false })
    await using mover = await createMesh({ ...options, bootstrap })
    await using client = await createMesh({ ...options, bootstrap, libp2p: { services: { discovery: deaf } } })
    serve([a, b])
    await until(() => [a, b, mover].every(({ discovery }) => discovery.nodes().length === 4), { timeout: 30_000 })
    const tell = async (node: Mesh): Promise<void> => client.discovery.introduce(node.id, node.discovery.signed(node.id) as Uint8Array, a.id)
    await until(async () => {
      await tell(a)
      return client.election.of('cart')?.leader !== undefined
    }, { timeout: 30_000, what: 'the client knows the leader' })
    expect(await where(client, 'ada')).to.equal(a.id)
    expect((await mover.links.link('ada', b.self, { replace: true })).id).to.equal(b.id)
    expect(client.discovery.node(b.id)).to.equal(undefined)
    const { asked } = client.links.status()
    expect(await where(client, 'ada')).to.equal(b.id)
    expect(client.links.status().asked, 'its leader was not asked').to.equal(asked)
    expect(client.discovery.node(b.id)).to.include({ service: 'cart' })
  })

  it('links of a process of its own are decided there', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), { links: { mode: 'local' } }, {}])
    const [a, b] = mesh.nodes as [Mesh, Mesh]
    const [local, other] = mesh.nodes.slice(3) as [Mesh, Mesh]
    serve(mesh.nodes.slice(0, 3))
    const home = await where(local, 'ada')
    for (let i = 0; i < 3; i++) expect(await where(local, 'ada')).to.equal(home)
    expect(await local.links.count('cart')).to.equal(1)
    const target = home === a.id ? b : a
    expect((await local.links.link('ada', target.self)).id).to.equal(home)
    expect((await local.links.link('ada', target.self, { replace: true })).id).to.equal(target.id)
    expect(await local.links.count('cart')).to.equal(1)
    expect(await where(local, 'ada')).to.equal(target.id)
    expect(await local.links.unlink('ada')).to.equal(1)
    expect(await local.links.count('cart')).to.equal(0)
    await leading(mesh.nodes)
    expect(await other.links.count('cart', { signal: AbortSignal.timeout(30_000) })).to.equal(0)
  })
})
