/** A page calls with tokens, and is called with them. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { RemoteNode } from './nodes.ts'
import type { Mesh } from '../../src/index.ts'

interface Who { id: string, token?: string }

describe('a page and the links of a service', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  let relay: RemoteNode
  let carts: RemoteNode[]
  let caller: RemoteNode
  let page: Mesh

  before(async () => {
    relay = await remote.spawn({ mesh: 'links', name: 'relay', relay: true })
    carts = await Promise.all([1, 2, 3].map(async number =>
      remote.spawn({ mesh: 'links', service: 'cart', name: `cart-${number}`, bootstrap: relay.addresses, election: { expect: 3 }, links: { scope: 'service' } })))
    caller = await remote.spawn({ mesh: 'links', service: 'shop', name: 'shop', bootstrap: relay.addresses, links: { scope: 'service' } })
    page = await createMesh({ mesh: 'links', service: 'tab', bootstrap: relay.addresses, links: { scope: 'service' }, rpc: PATIENT })
    await until(() => page.discovery.nodes('cart').length === 3, { timeout: 40_000 })
  })

  after(async () => { await page.stop() })

  it('a token of the page lands where that of a Node process lands, whoever comes first', async () => {
    const options = { token: 'ada', timeout: 40_000 }
    const first = await caller.invoke('cart', 'who', undefined, options) as Who
    const second = await page.rpc.invoke('cart', 'who', undefined, options) as Who
    expect(second.id).to.equal(first.id)
    expect(second.token).to.equal(page.rpc.tokenId('ada'))
    for (const token of ['bob', 'eve', 'ida']) {
      const { id } = await page.rpc.invoke('cart', 'who', undefined, { ...options, token }) as Who
      expect((await caller.invoke('cart', 'who', undefined, { ...options, token }) as Who).id).to.equal(id)
      expect((await page.links.target(token, 'cart'))?.id).to.equal(id)
    }
  })

  it('a page loads what it needs for tokens with its first call of one, once, and calls the node that others do', async () => {
    const { mesh: { discovery, rpc, links }, window } = await pages.open({ mesh: 'links', bootstrap: relay.addresses, links: { scope: 'service' } })
    const scripts = (): number => window.performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).length
    await until(() => discovery.nodes('cart').length === 3, { timeout: 40_000 })
    const options = { token: 'ada', timeout: 40_000 }
    await rpc.invoke('cart', 'who', undefined, { timeout: 40_000 })
    const before = scripts()
    expect(links.status().asked).to.equal(0)
    const homes = await Promise.all([1, 2, 3].map(async () => (await rpc.invoke('cart', 'who', undefined, options) as Who).id))
    const after = scripts()
    expect(after).to.be.above(before)
    const { id } = await caller.invoke('cart', 'who', undefined, options) as Who
    expect(homes).to.deep.equal([id, id, id])
    await rpc.invoke('cart', 'who', undefined, { ...options, token: 'kim' })
    expect(scripts()).to.equal(after)
  })

  it('it moves a token, and the Node process follows', async () => {
    const home = (await page.links.target('ada', 'cart'))?.id
    const other = page.discovery.nodes('cart').find(({ id }) => id !== home)
    if (other === undefined) throw new Error('there is one node only')
    expect((await page.links.link('ada', other, { replace: true })).id).to.equal(other.id)
    expect((await caller.invoke('cart', 'who', undefined, { token: 'ada', timeout: 40_000 }) as Who).id).to.equal(other.id)
    expect(await page.links.unlink('ada', 'cart')).to.equal(1)
    expect(carts.map(({ id }) => id)).to.include(other.id)
  })

  it('a service of pages alone has nobody who decides, and is called with tokens all the same', async () => {
    page.rpc.handle('hello', () => page.id)
    await until(async () => (await caller.nodes('tab')).some(({ id }) => id === page.id), { timeout: 40_000 })
    expect(await caller.invoke('tab', 'hello', undefined, { token: 'ada', timeout: 40_000 })).to.equal(page.id)
    expect(await page.links.link('ada', page.self).catch((err: Error) => err.name)).to.equal('NoAuthorityError')
  })
})
