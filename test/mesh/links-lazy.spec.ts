/** Nodes that load links when they need them, as pages do, among nodes that have them from the start. */
import { expect } from 'chai'
import { resolveLinksOptions } from '../../src/links/options.ts'
import { LinksService } from '../../src/links/service.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { until } from '../harness/until.ts'
import type { LinkChange, LinksOptions, Mesh } from '../../src/index.ts'
import type { LinksComponents } from '../../src/links/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'
import type * as Code from '#links'

/** What a node does with the way to the code: `loads` counts, `broken` cuts it. */
interface Way { loads: number, broken: boolean }

function lazy (way: Way, options: LinksOptions = {}): TestNodeOptions {
  const load = async (): Promise<typeof Code> => {
    way.loads++
    if (way.broken) throw new TypeError('Failed to fetch dynamically imported module')
    return import('#links')
  }
  return { libp2p: { services: { links: (components: LinksComponents) => new LinksService(components, resolveLinksOptions({ ...options, lazy: true }), { load }) } } }
}

const cart = (options: TestNodeOptions = {}): TestNodeOptions => ({ service: 'cart', election: { expect: 3 }, ...options })
const where = async (client: Mesh, token: string | undefined, timeout = 30_000): Promise<string> => await client.rpc.invoke('cart', 'where', undefined, { timeout, ...token !== undefined && { token } }) as string

describe('mesh: links that are loaded when they are needed', function () {
  this.timeout(90_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('a caller finds, moves and unlinks what others do, and hears of it; before its first token it has loaded nothing', async () => {
    const way: Way = { loads: 0, broken: false }
    mesh = await createTestMesh([cart(), cart(), cart(), {}, lazy(way)])
    const [a, b, c, plain, page] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh, Mesh]
    for (const node of [a, b, c]) node.rpc.handle('where', () => node.id)
    const heard: Array<[string, LinkChange]> = []
    for (const type of ['link:add', 'link:move', 'link:remove'] as const) page.links.addEventListener(type, ({ detail }) => { heard.push([type, detail]) })
    expect([a.id, b.id, c.id]).to.include(await where(page, undefined))
    expect([way.loads, page.monitor.snapshot().self.load.links, page.links.status().cached]).to.deep.equal([0, 0, 0])
    const first = await where(plain, 'ada')
    const tokens = ['ada', 'ada', 'bob', 'eve', 'ada']
    const found = await Promise.all([...tokens.map(async token => where(page, token)), page.links.target('ada', 'cart', { signal: AbortSignal.timeout(30_000) }).then(node => node?.id)])
    expect(way.loads).to.equal(1)
    expect([found[0], found[1], found[4], found[5]]).to.deep.equal([first, first, first, first])
    for (const [index, token] of tokens.entries()) expect(await where(plain, token)).to.equal(found[index])
    const other = [a, b, c].find(({ id }) => id !== first) as Mesh
    expect((await page.links.link('ada', other.self, { replace: true })).id).to.equal(other.id)
    expect([await where(page, 'ada'), await where(plain, 'ada')]).to.deep.equal([other.id, other.id])
    expect(await page.links.unlink('ada', 'cart')).to.equal(1)
    expect(await page.links.count('cart')).to.equal(2)
    const ada = page.rpc.tokenId('ada')
    await until(() => heard.some(([type]) => type === 'link:remove'))
    expect(heard.filter(([, { token }]) => token === ada).map(([type, { node }]) => [type, node])).to.deep.equal([['link:add', first], ['link:move', other.id], ['link:remove', other.id]])
    expect(way.loads).to.equal(1)
  })

  it('a node of the service takes its share of tokens, keeps links once it leads, and gives its own away when it drains', async () => {
    const ways = [1, 2, 3].map((): Way => ({ loads: 0, broken: false }))
    mesh = await createTestMesh([...ways.map(way => cart(lazy(way))), {}])
    const nodes = mesh.nodes.slice(0, 3)
    const client = mesh.nodes[3] as Mesh
    for (const node of nodes) node.rpc.handle('where', () => node.id)
    const tokens = Array.from({ length: 60 }, (_, i) => `t${i}`)
    const homes = await Promise.all(tokens.map(async token => where(client, token)))
    expect(new Set(homes).size).to.equal(3)
    for (const [index, token] of tokens.entries()) expect(await where(client, token)).to.equal(homes[index])
    expect(ways.map(({ loads }) => loads)).to.deep.equal([1, 1, 1])
    await until(() => nodes.every(node => node.links.status().held === homes.filter(home => home === node.id).length), { what: 'each knows what it holds' })
    const leaving = nodes.find(({ links }) => links.status().authority === undefined) as Mesh
    await leaving.drain({ timeout: 2_000 })
    const after = await Promise.all(tokens.map(async token => where(client, token)))
    expect(after.every(home => home !== leaving.id)).to.equal(true)
    for (const [index, home] of homes.entries()) if (home !== leaving.id) expect(after[index]).to.equal(home)
  })

  it('while the code does not come calls of tokens wait as for a leader, others go on; then nothing is lost', async () => {
    const way: Way = { loads: 0, broken: true }
    mesh = await createTestMesh([cart(), cart(), cart(), lazy(way)])
    const page = mesh.nodes[3] as Mesh
    for (const node of mesh.nodes.slice(0, 3)) node.rpc.handle('where', () => node.id)
    await until(async () => await where(page, undefined) !== '')
    expect(await where(page, 'ada', 300).catch((err: unknown) => err)).to.have.property('code', 'UNAVAILABLE')
    expect(await page.links.target('ada', 'cart').catch((err: unknown) => err)).to.deep.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
    const waiting = ['ada', 'bob'].map(async token => where(page, token))
    await until(() => way.loads >= 3)
    way.broken = false
    const homes = await Promise.all(waiting)
    expect(homes).to.deep.equal([(await page.links.target('ada', 'cart'))?.id, (await page.links.target('bob', 'cart'))?.id])
  })
})
