import { expect } from 'chai'
import { rendezvousPick } from '../../src/balancing/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { History } from '../harness/history.ts'
import { checkLinearizable, explain } from '../harness/linearizability.ts'
import { linkOwner } from '../harness/models.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { LinksOptions, Mesh, RpcError } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'
import type { LinkInput } from '../harness/models.ts'

const cart = (links: LinksOptions = {}, options: TestNodeOptions = {}): TestNodeOptions => ({ service: 'cart', election: { expect: 3 }, links, ...options })
const where = async (client: Mesh, token: string, timeout = 30_000): Promise<string> => await client.rpc.invoke('cart', 'where', undefined, { token, timeout }) as string

function serve (nodes: readonly Mesh[], onRun: (node: Mesh, token: string, rank: string) => void = () => {}): void {
  for (const node of nodes) {
    node.rpc.handle('where', (_, { token = '', link }) => {
      onRun(node, token, link?.rank ?? '')
      return node.id
    })
  }
}

/** Who decides about the links, once somebody does: a change of links waits for that for five seconds and no longer. */
async function leading (nodes: readonly Mesh[]): Promise<Mesh> {
  return until(() => nodes.find(({ links }) => links.status().authority !== undefined), { timeout: 30_000, what: 'somebody keeps the links' })
}

/** What was done to the link, and who had it then; null: nobody. */
async function perform ({ links }: Mesh, token: string, { op, ...input }: LinkInput): Promise<string | null> {
  const signal = AbortSignal.timeout(20_000)
  if (op === 'unlink') return links.unlink(token, 'cart', { signal }).then(() => null)
  return (await links.link(token, 'node' in input ? input.node : '', { signal, replace: op === 'move' })).id
}

describe('mesh: links under faults', function () {
  this.timeout(120_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('1000 first calls at once of one token, while the leader goes: one node has it, and all callers come to agree', async () => {
    // so many nodes in one process keep it too busy for short timeouts
    const slow = cart({}, { election: { expect: 3, profile: 'wan' } })
    mesh = await createTestMesh([slow, slow, slow, slow, ...Array.from({ length: 3 }, () => ({}))])
    const targets = mesh.nodes.slice(0, 4)
    const clients = mesh.nodes.slice(4)
    serve(targets)
    await where(clients[0] as Mesh, 'warm', 60_000)
    const leader = await leading(targets)
    const calls = Array.from({ length: 1_000 }, async (_, i) => where(clients[i % clients.length] as Mesh, 'ada', 60_000))
    mesh.kill(leader)
    const homes = (await Promise.allSettled(calls)).map(result => result.status === 'fulfilled' ? result.value : undefined).filter(home => home !== undefined && home !== leader.id)
    // calls that ran on the leader while it died are lost, or were answered before its tokens moved
    expect(homes.length).to.be.greaterThan(0)
    expect(new Set(homes).size).to.equal(1)
    for (const client of clients) expect(await where(client, 'ada', 60_000)).to.equal(homes[0])
    expect(await clients[0]?.links.count('cart', { signal: AbortSignal.timeout(60_000) })).to.be.lessThan(3)
  })

  it('what many nodes do with a token at once, while the leader is cut off and comes back, is as if one had done it after the other', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), {}, {}, {}])
    const targets = mesh.nodes.slice(0, 3)
    const clients = mesh.nodes.slice(3)
    serve(targets)
    await where(clients[0] as Mesh, 'warm')
    const history = new History<LinkInput, string | null>()
    const over = new AbortController()
    const run = async (client: Mesh, index: number): Promise<void> => {
      for (let turn = 0; !over.signal.aborted; turn++) {
        const node = (targets[(index + turn) % targets.length] as Mesh).id
        const input = ([{ op: 'link', node }, { op: 'move', node }, { op: 'link', node }, { op: 'unlink' }] as const)[(turn + index) % 4] as LinkInput
        const key = `k${turn % 3}`
        await history.run(client.id, key, input, async () => perform(client, key, input)).catch(() => {})
      }
    }
    const running = Promise.all(clients.map(run))
    const done = (): number => history.counts().ok
    const leader = await leading(targets)
    await until(() => done() >= 40, { timeout: 60_000 })
    mesh.isolate(leader)
    await until(() => targets.some(node => node !== leader && node.links.status().authority !== undefined), { timeout: 30_000 })
    mesh.heal()
    const before = done()
    await until(() => done() >= before + 40, { timeout: 60_000 })
    over.abort()
    await running
    expect(explain(checkLinearizable(linkOwner, history.operations()))).to.equal('linearizable')
  })

  it('a link that its leader could not write before it was replaced is made by the next one', async () => {
    // where no other one leads within five seconds it was waited for in vain, rightly
    const { wanted, third, other, made } = await undisturbed(overtaken, ({ wanted, made }) => made === wanted.id)
    expect(made).to.equal(wanted.id)
    expect([wanted, third].map(({ links }) => links.status().authority !== undefined)).to.include(true)
    expect((await other.links.target('ada', 'cart', { signal: AbortSignal.timeout(30_000) }))?.id).to.equal(wanted.id)
    expect(await where(other, 'ada')).to.equal(wanted.id)
  })

  /** A leader was cut off from the other voters; one of them had a token linked to it: where that is, or why not. */
  async function overtaken (): Promise<{ wanted: Mesh, third: Mesh, other: Mesh, made: string }> {
    await endMeshes(mesh)
    mesh = await createTestMesh([cart(), cart(), cart(), {}, {}])
    const targets = mesh.nodes.slice(0, 3)
    const [client, other] = mesh.nodes.slice(3) as [Mesh, Mesh]
    serve(targets)
    await where(client, 'warm')
    await until(() => targets.every(({ election }) => election.status().voters.length === 3), { timeout: 30_000 })
    const leader = await leading(targets)
    const [wanted, third] = targets.filter(node => node !== leader) as [Mesh, Mesh]
    for (const voter of [wanted, third]) mesh.cut(leader, voter, { silent: true })
    const made = await client.links.link('ada', wanted.self, { signal: AbortSignal.timeout(30_000) }).then(({ id }) => id, (err: Error) => err.message)
    return { wanted, third, other, made }
  }

  it('strict: on the side without a leader nothing runs after its lease, and on the other nothing before', async () => {
    mesh = await createTestMesh([cart({ ownership: 'strict' }), cart({ ownership: 'strict' }), cart({ ownership: 'strict' }), {}, {}])
    const targets = mesh.nodes.slice(0, 3)
    const [here, there] = mesh.nodes.slice(3) as [Mesh, Mesh]
    const runs: Array<{ node: string, rank: string, at: number }> = []
    serve(targets, (node, token, rank) => { if (token === here.rpc.tokenId('ada')) runs.push({ node: node.id, rank, at: performance.now() }) })
    const home = await where(here, 'ada')
    expect(await where(there, 'ada')).to.equal(home)
    const cut = targets.find(({ id }) => id === home) as Mesh
    const others = targets.filter(node => node !== cut)
    mesh.partition([[cut, here], [...others, there]], { silent: true })
    const over = new AbortController()
    const call = async (client: Mesh): Promise<void> => {
      while (!over.signal.aborted) {
        await where(client, 'ada', 300).catch(() => {})
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
    const calling = Promise.all([here, there].map(call))
    await until(() => runs.some(({ node }) => node !== home), { timeout: 60_000, what: 'the token moves' })
    const moved = runs.findIndex(({ node }) => node !== home)
    await until(() => runs.length > moved + 20, { timeout: 30_000 })
    mesh.heal()
    await until(async () => await where(here, 'ada', 5_000).catch(() => home) !== home, { timeout: 60_000 })
    over.abort()
    await calling
    const seen = JSON.stringify(runs.filter(({ node, rank }, i) => node !== runs[i - 1]?.node || rank !== runs[i - 1]?.rank))
    expect(runs.slice(moved).map(({ node }) => node).filter(node => node === home), `after it moved it runs elsewhere: ${seen}`).to.deep.equal([])
    expect(runs.every(({ rank }, i) => rank >= (runs[i - 1]?.rank ?? '')), `ranks grow: ${seen}`).to.equal(true)
  })

  it('strict: callers that know of no links go where the token is linked, and link it', async () => {
    const strict = { ownership: 'strict', scope: 'service' } as const
    mesh = await createTestMesh([cart(strict), cart(strict), cart(strict), { links: { scope: 'service' } }, { links: false }])
    const [linked, bare] = mesh.nodes.slice(3) as [Mesh, Mesh]
    serve(mesh.nodes.slice(0, 3))
    await until(() => bare.discovery.nodes('cart').length === 3, { timeout: 30_000 })
    // the group is whole: what it decides is not decided once more while it grows
    await until(() => mesh.nodes.slice(0, 3).every(({ election }) => election.status().voters.length === 3 && election.leader?.id === mesh.nodes[0]?.election.leader?.id), { timeout: 30_000 })
    const tokens = Array.from({ length: 12 }, (_, i) => `t${i}`)
    for (const [i, token] of tokens.entries()) {
      const [first, second] = i % 2 === 0 ? [linked, bare] : [bare, linked]
      // where rendezvous would not have sent it
      if (i % 4 === 0) await linked.links.link(token, mesh.nodes[(i / 4) % 3]!.self, { signal: AbortSignal.timeout(30_000) })
      const home = await where(first, token, 10_000)
      expect(await where(second, token, 10_000), token).to.equal(home)
    }
  })

  it('with small bodies: as many tokens as come at once find their nodes, and those in use stay linked', async () => {
    const tokens = Array.from({ length: 600 }, (_, i) => `t${i}`)
    // what nothing used for the time that links last has ended, rightly
    const { moved, count } = await undisturbed(async () => many(tokens), ({ moved }) => moved.length === 0, ({ gap }) => gap < SHORT / 2 + 500 ? 0 : gap)
    expect(moved).to.deep.equal([])
    expect(count).to.be.within(tokens.length, tokens.length + 1)
  })

  /** Milliseconds that a link lasts without being used. */
  const SHORT = 2_000

  /** Which tokens of so many in use moved or ended, how many are linked in the end, and the longest time between two uses of one. */
  async function many (tokens: string[]): Promise<{ moved: string[], count: number, gap: number }> {
    const rpc = { maxBody: 16 * 1_024 }
    await endMeshes(mesh)
    mesh = await createTestMesh([cart({ ttl: SHORT }, { rpc, election: { expect: 1 } }), cart({ ttl: SHORT }, { rpc, election: { expect: 1 } }), { rpc, links: { ttl: SHORT } }])
    const client = mesh.nodes[2] as Mesh
    serve(mesh.nodes.slice(0, 2))
    await where(client, 'warm')
    const homes = await Promise.all(tokens.map(async token => where(client, token)))
    const moved = new Set<string>()
    for (const { links } of mesh.nodes.slice(0, 2)) links.addEventListener('link:remove', ({ detail }) => { moved.add(detail.token) })
    let gap = 0
    let before = performance.now()
    for (const end = performance.now() + 8_000; performance.now() < end;) {
      const began = performance.now()
      await Promise.all(tokens.map(async (token, i) => { if (await where(client, token) !== homes[i]) moved.add(token) }))
      gap = Math.max(gap, performance.now() - before)
      before = began
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    moved.delete(client.rpc.tokenId('warm'))
    return { moved: [...moved], count: await client.links.count('cart'), gap }
  }

  it('strict: a node that does not vote runs nothing for anybody once it has lost those who do', async () => {
    const strict = { ownership: 'strict' } as const
    mesh = await createTestMesh([cart(strict), cart(strict), cart(strict), cart(strict, { election: false }), { links: { onNoLeader: 'provisional' } }, { links: false }])
    const voters = mesh.nodes.slice(0, 3)
    const [rest, guessing, bare] = mesh.nodes.slice(3) as [Mesh, Mesh, Mesh]
    const runs: string[] = []
    serve([...voters, rest], ({ id }) => { runs.push(id) })
    await leading(voters)
    await guessing.links.link('ada', voters[0]!.self, { signal: AbortSignal.timeout(30_000) })
    expect(await where(guessing, 'ada')).to.equal(voters[0]?.id)
    mesh.partition([voters, [rest, guessing, bare]])
    await until(() => [rest, guessing, bare].every(node => voters.every(({ id }) => node.discovery.node(id) === undefined)), { timeout: 60_000 })
    runs.length = 0
    const call = async (client: Mesh, options = {}): Promise<unknown> => client.rpc.invoke('cart', 'where', undefined, { token: 'ada', timeout: 3_000, ...options }).catch((err: RpcError) => err.code)
    // each has its time for it: at once, so that three of them are not three times as long
    expect(await Promise.all([call(guessing), call(bare), call(guessing, { node: rest.id })])).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
    expect(runs).to.deep.equal([])
  })

  it('once all voters are gone a link is found in the DHT, and no new one is made', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), cart({}, { election: false }), cart({}, { election: false }), {}, {}])
    const voters = mesh.nodes.slice(0, 3)
    const others = mesh.nodes.slice(3, 5)
    const [one, fresh] = mesh.nodes.slice(5) as [Mesh, Mesh]
    serve([...voters, ...others])
    const guess = rendezvousPick(one.rpc.tokenId('ada'), others.map(({ self }) => self))
    const owner = others.find(({ id }) => id !== guess?.id) as Mesh
    await leading(voters)
    await one.links.link('ada', owner.self, { signal: AbortSignal.timeout(30_000) })
    // who the voters are is known from the group
    await until(() => fresh.election.of('cart')?.leader !== undefined, { timeout: 30_000 })
    expect(await fresh.links.target('bob', 'cart', { signal: AbortSignal.timeout(30_000) })).to.equal(undefined)
    // whoever leads by then
    await until(() => voters.some(({ links }) => (links.status().authority?.stored ?? 0) >= 1), { timeout: 60_000, what: 'stored in the DHT' })
    for (const voter of voters) mesh.kill(voter)
    await until(() => voters.every(({ id }) => fresh.discovery.node(id) === undefined), { timeout: 60_000 })
    expect((await fresh.links.target('ada', 'cart', { signal: AbortSignal.timeout(30_000) }))?.id).to.equal(owner.id)
    expect(await where(fresh, 'ada')).to.equal(owner.id)
    const failed = await fresh.rpc.invoke('cart', 'where', undefined, { token: 'eve', timeout: 3_000 }).catch((err: Error) => err)
    expect(failed).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE' })
  })

  it('onNoLeader: provisional goes on where rendezvous says, and comes back to what was decided', async () => {
    mesh = await createTestMesh([cart(), cart(), cart(), cart({}, { election: false }), { links: { onNoLeader: 'provisional' } }])
    const voters = mesh.nodes.slice(0, 3)
    const [rest, client] = mesh.nodes.slice(3) as [Mesh, Mesh]
    serve([...voters, rest])
    await where(client, 'warm')
    await until(() => client.election.of('cart')?.leader !== undefined)
    for (const voter of voters) mesh.kill(voter)
    await until(() => voters.every(({ id }) => client.discovery.node(id) === undefined), { timeout: 60_000 })
    expect(await where(client, 'ada')).to.equal(rest.id)
  })
})
