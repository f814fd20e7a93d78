/** What the mesh notices of a page that is left, killed, frozen, or comes back. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { RemoteNode } from './nodes.ts'
import type { Page, PageOptions } from './pages.ts'
import type { Mesh, NodeInfo } from '../../src/index.ts'

/** Each WebSocket of the page that is made from here on. */
function countSockets (window: Window, urls: string[]): void {
  const scope = window as unknown as { WebSocket: typeof WebSocket }
  scope.WebSocket = class extends scope.WebSocket {
    constructor (url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      urls.push(String(url))
    }
  }
}

describe('the life of a page', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  let relay: RemoteNode
  let login: RemoteNode
  /** Another page, which stays. */
  let witness: Mesh
  let removed: NodeInfo[]

  async function openPage (before?: (window: Window) => void, options: PageOptions = {}): Promise<Page> {
    const page = await pages.open({ mesh: 'life', service: 'tab', name: 'tab', bootstrap: relay.addresses, ...options }, before)
    page.mesh.rpc.handle('who', () => page.mesh.id)
    await everywhere(page.mesh.id, ({ state }) => state === 'up')
    // everybody has dialled everybody: the page has streams to all, and the witness one through the relay
    await until(() => page.mesh.libp2p.getPeers().length >= 3)
    // and calls of its service are its own
    await until(() => witness.discovery.nodes('tab').length === 1)
    return page
  }

  /** Resolves when all others see the node so. */
  async function everywhere (id: string, as: (node: NodeInfo) => boolean): Promise<void> {
    await until(async () => {
      const views = [await relay.nodes(), await login.nodes(), [...witness.discovery.nodes()]]
      return views.every(view => view.some(node => node.id === id && as(node)))
    })
  }

  /** Resolves when nobody sees the node any more, to what each saw last. */
  async function gone (id: string): Promise<NodeInfo[]> {
    return until(async () => {
      const last = [await relay.removals(id), await login.removals(id), removed.filter(node => node.id === id)].map(list => list.at(-1))
      const still = [await relay.sees(id), await login.sees(id), witness.discovery.node(id) != null]
      return last.every(node => node != null) && !still.includes(true) ? last : undefined
    }, { interval: 50, timeout: 40_000 })
  }

  before(async () => {
    relay = await remote.spawn({ mesh: 'life', name: 'relay', relay: true })
    login = await remote.spawn({ mesh: 'life', service: 'login', bootstrap: relay.addresses })
    witness = await createMesh({ mesh: 'life', name: 'witness', bootstrap: relay.addresses, rpc: PATIENT })
    removed = []
    witness.discovery.addEventListener('node:remove', ({ detail }) => { removed.push(detail) })
  })

  after(async () => { await witness.stop() })

  it('a page that is left says so, and is removed everywhere', async () => {
    const page = await openPage()
    page.leave()
    for (const node of await gone(page.mesh.id)) expect(node.state).to.equal('left')
  })

  it('a page that is left while it is not connected with all of them reaches the others by those it is', async () => {
    const page = await openPage()
    for (const connection of page.mesh.libp2p.getConnections(witness.libp2p.peerId)) connection.abort(new Error('lost'))
    page.leave()
    for (const node of await gone(page.mesh.id)) expect(node.state).to.equal('left')
  })

  it('a page that is killed says nothing, and is removed everywhere all the same', async () => {
    const page = await openPage()
    page.kill()
    for (const node of await gone(page.mesh.id)) expect(node.state).not.to.equal('left')
  })

  it('a page that is frozen takes nothing new, and does again when it runs', async () => {
    const page = await openPage()
    page.window.document.dispatchEvent(new Event('freeze'))
    await everywhere(page.mesh.id, ({ state }) => state === 'away')
    const error = await witness.rpc.invoke('tab', 'who', undefined, { timeout: 300 }).catch((error: unknown) => error)
    expect(error).to.have.property('code').that.is.oneOf(['UNAVAILABLE', 'DEADLINE_EXCEEDED'])
    page.window.document.dispatchEvent(new Event('resume'))
    await everywhere(page.mesh.id, ({ state }) => state === 'up')
    expect(await witness.rpc.invoke('tab', 'who')).to.equal(page.mesh.id)
  })

  it('a page that goes into the cache has left, and is back when it is shown again', async () => {
    const opened: string[] = []
    const page = await openPage(window => { countSockets(window, opened) })
    const { incarnation } = page.mesh.self
    expect(opened).not.to.have.lengthOf(0)
    opened.length = 0
    page.window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    // not left open for a page that does not answer
    expect(page.mesh.libp2p.getConnections()).to.have.lengthOf(0)
    for (const node of await gone(page.mesh.id)) expect(node.state).to.equal('left')
    // a page that opens another one is not kept
    expect(opened).to.deep.equal([])
    page.window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    await everywhere(page.mesh.id, node => node.state === 'up' && node.incarnation > incarnation)
    await until(() => page.mesh.status === 'joined')
    expect(await witness.rpc.invoke('tab', 'who')).to.equal(page.mesh.id)
  })

  it('a page with a connection gater of its own joins, and opens nothing while it is in the cache', async () => {
    const opened: string[] = []
    const page = await openPage(window => { countSockets(window, opened) }, { libp2p: { connectionGater: { denyDialPeer: () => false } } })
    opened.length = 0
    page.window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    await gone(page.mesh.id)
    expect(opened).to.deep.equal([])
    page.window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    await until(() => page.mesh.status === 'joined')
    expect(opened).not.to.have.lengthOf(0)
  })

  it('a page that is hidden goes on', async () => {
    const page = await openPage()
    /** Others may suspect who is starved: it has to say something new then. */
    const refuted = (): number => page.mesh.discovery.stats()['detector_refutations'] ?? Number.NaN
    const [{ seq }, before] = [page.mesh.self, refuted()]
    page.window.document.dispatchEvent(new Event('visibilitychange'))
    expect(await witness.rpc.invoke('tab', 'who')).to.equal(page.mesh.id)
    expect(page.mesh.self.state).to.equal('up')
    expect(page.mesh.self.seq - seq).to.be.at.most(refuted() - before)
  })

  it('a mesh that was stopped has nothing more to say when its page is left', async () => {
    const page = await openPage()
    await page.mesh.stop()
    await gone(page.mesh.id)
    page.leave()
    expect(witness.discovery.node(page.mesh.id)).to.equal(undefined)
  })
})
