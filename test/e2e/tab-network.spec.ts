/** Tabs of a real Chromium that are left and come back, have no network for a while, or sleep with their machine. */
import { expect } from 'chai'
import { faultProxy } from '../harness/fault-proxy.ts'
import { freePort } from '../harness/ports.ts'
import { useProcesses } from '../harness/use-processes.ts'
import { launchWhole } from './browser.ts'
import { until } from './patience.ts'
import { RawTab } from './raw-tab.ts'
import { serveTabs } from './tab-server.ts'
import type { WholeBrowser } from './browser.ts'
import type { TabOptions, TabScript } from './tab-page.ts'
import type { TabServer } from './tab-server.ts'
import type { Life, NodeInfo } from '../../src/index.ts'
import type { FaultProxy } from '../harness/fault-proxy.ts'
import type { NodeProcess } from '../harness/processes.ts'

/** Milliseconds; longer than silence is borne. */
const ASLEEP = 12_000

declare const tab: TabScript

describe('a tab, its network and its machine, in Chromium', function () {
  this.timeout(480_000)
  const processes = useProcesses({ per: 'suite' })
  let server: TabServer
  let whole: WholeBrowser
  /** Between the tabs and the relay. */
  let network: FaultProxy
  let relay: NodeProcess
  let login: NodeProcess
  let bootstrap: string[]

  /** A tab that all others see, and that is called and calls. */
  async function open (options: TabOptions = {}): Promise<RawTab & { id: string }> {
    const page = await RawTab.open(whole.browser, server.url)
    const { id } = await page.evaluate(async options => tab.start(options), { mesh: 'net', service: 'tab', bootstrap, ...options })
    await up(id)
    await works(page, id)
    return Object.assign(page, { id })
  }

  async function seen (id: string): Promise<Array<NodeInfo | undefined>> {
    return Promise.all([relay, login].map(async node => (await node.nodes()).find(info => info.id === id)))
  }

  async function up (id: string, since = 0): Promise<void> {
    await until(async () => (await seen(id)).every(node => node?.state === 'up' && node.incarnation >= since))
  }

  async function works (page: RawTab, id: string): Promise<void> {
    await until(async () => await login.invoke('tab', 'who', undefined, { node: id, timeout: 1_000 }) === id)
    await until(async () => await page.evaluate(async () => tab.mesh?.rpc.invoke('login', 'echo', 'hello', { timeout: 1_000 })) === 'hello')
  }

  /** Both have a direct path to the other. */
  async function direct (...[a, b]: [RawTab & { id: string }, RawTab & { id: string }]): Promise<void> {
    const has = async (from: RawTab, to: string): Promise<boolean | undefined> => from.evaluate(id =>
      tab.mesh?.libp2p.getConnections().some(({ remotePeer, direct, status }) => direct && status === 'open' && remotePeer.toString() === id), to)
    await until(async () => await has(a, b.id) === true && await has(b, a.id) === true)
  }

  /** What it told of, of one kind. */
  async function told <T> (page: RawTab, type: string): Promise<T[]> {
    return (await page.evaluate(() => tab.seen)).filter(event => event.type === type).map(({ detail }) => detail as T)
  }

  /** One resync for all that has happened, and nobody else was missed. */
  async function disturbedNobody (page: RawTab & { id: string }, events: readonly number[]): Promise<void> {
    expect(await page.evaluate(() => tab.resyncs)).to.deep.equal({ discovery: 1, pubsub: 1, links: 1 })
    for (const [i, node] of [relay, login].entries()) {
      const removed = node.events.slice(events[i]).filter(({ event }) => event === 'node:remove').map(({ detail }) => (detail as NodeInfo).id)
      expect(removed.filter(other => other !== page.id), `removals at ${node.label}`).to.deep.equal([])
    }
    expect((await told<string>(page, 'node:remove')).filter(name => name !== 'the tab')).to.deep.equal([])
  }

  before(async () => {
    const port = await freePort()
    ;[network, server, whole] = await Promise.all([faultProxy({ port }), serveTabs(), launchWhole()])
    // A name of the loopback that is none to the mesh: this is the tab's way into the network.
    const listen = [`/ip4/127.0.0.1/tcp/${port}/ws`]
    relay = await processes.spawn({ label: 'relay', options: { mesh: 'net', name: 'relay', relay: true, listen, announce: [`/dns4/relay.localhost/tcp/${network.port}/ws`] } })
    bootstrap = [`/dns4/relay.localhost/tcp/${network.port}/ws/p2p/${relay.id}`]
    login = await processes.spawn({ label: 'login', options: { mesh: 'net', service: 'login', listen: ['/p2p-circuit'], bootstrap: [`${listen[0] ?? ''}/p2p/${relay.id}`] } })
  })

  afterEach(async () => { await network.heal() })

  after(async () => {
    await whole?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await network?.[Symbol.asyncDispose]()
  })

  for (const storage of [undefined, 'kept']) {
    it(`that is left ${storage === undefined ? 'without' : 'with'} a storage rests in the cache, has left, and is back, itself, with a step back`, async () => {
      await using page = await open({ name: 'the tab', ...storage === undefined ? {} : { storage } })
      const events = [relay, login].map(node => node.events.length)
      const [before] = await seen(page.id)
      await page.navigate(`${server.url}another`)
      await until(async () => (await seen(page.id)).every(node => node === undefined))
      for (const [i, node] of [relay, login].entries()) {
        const removed = node.events.slice(events[i]).filter(({ event }) => event === 'node:remove').map(({ detail }) => detail as NodeInfo)
        expect(removed.map(({ id, state }) => [id, state]), `at ${node.label}`).to.deep.equal([[page.id, 'left']])
      }
      await page.back()
      await until(async () => page.evaluate(() => location.pathname === '/' && 'tab' in globalThis))
      await up(page.id, (before?.incarnation ?? 0) + 1)
      // a page that was loaded anew has no mesh
      expect(await page.evaluate(() => tab.mesh?.id)).to.equal(page.id)
      await works(page, page.id)
      expect((await told<Life>(page, 'life')).map(({ page }) => page)).to.deep.equal(['left', 'hidden', 'visible'])
      expect(await told(page, 'awake')).to.have.lengthOf(1)
      await disturbedNobody(page, events)
    })
  }

  it('that is left with a direct path rests in the cache, and has one again', async () => {
    await using page = await open({ name: 'the tab', direct: true })
    await using other = await open({ name: 'another', direct: true })
    await direct(page, other)
    await page.navigate(`${server.url}another`)
    await until(async () => other.evaluate(id => tab.mesh?.discovery.node(id) === undefined && tab.mesh?.libp2p.getConnections().every(({ remotePeer }) => remotePeer.toString() !== id), page.id))
    await page.back()
    await until(async () => page.evaluate(() => location.pathname === '/' && 'tab' in globalThis))
    expect(await page.evaluate(() => tab.mesh?.id)).to.equal(page.id)
    await works(page, page.id)
    await direct(page, other)
    expect(await page.evaluate(async node => tab.mesh?.rpc.invoke('tab', 'who', undefined, { node }), other.id)).to.equal(other.id)
  })

  it('without a network is isolated and says why, and joins with it, by the connection that it had', async () => {
    await using page = await open({ name: 'the tab' })
    const events = [relay, login].map(node => node.events.length)
    const { accepted } = network
    await page.offline(true)
    await until(async () => page.evaluate(() => tab.mesh?.status === 'isolated'))
    expect(await told(page, 'isolated')).to.deep.equal([['OfflineError']])
    await page.offline(false)
    await until(async () => page.evaluate(() => tab.mesh?.status === 'joined' && tab.resyncs.discovery > 0))
    await works(page, page.id)
    expect((await told<Life>(page, 'life')).map(({ online }) => online)).to.deep.equal([false, true])
    expect(await told(page, 'awake')).to.deep.equal([])
    expect(network.accepted).to.equal(accepted)
    await disturbedNobody(page, events)
    await up(page.id)
  })

  it('whose connection died while it had no network makes another one', async () => {
    // of tabs that are about to be gone
    const others = network.connections
    await using page = await open({ name: 'the tab' })
    const events = [relay, login].map(node => node.events.length)
    const own = network.connections.filter(connection => !others.includes(connection))
    await page.offline(true)
    for (const connection of own) connection.set({ blackhole: true })
    await until(async () => page.evaluate(() => tab.mesh?.status === 'isolated'))
    await until(async () => (await seen(page.id)).every(node => node?.state !== 'up'))
    await page.offline(false)
    await until(async () => page.evaluate(() => tab.mesh?.status === 'joined' && tab.resyncs.discovery > 0))
    await up(page.id)
    await works(page, page.id)
    expect(await told(page, 'status')).to.deep.equal(['isolated', 'joined'])
    await disturbedNobody(page, events)
  })

  it(`whose machine sleeps for ${ASLEEP / 1_000} s accuses nobody, and is right again when it wakes`, async () => {
    await using page = await open({ name: 'the tab' })
    const events = [relay, login].map(node => node.events.length)
    whole.sleep()
    try {
      await until(async () => (await seen(page.id)).every(node => node?.state !== 'up'))
      await new Promise(resolve => { setTimeout(resolve, ASLEEP) })
    } finally {
      whole.wake()
    }
    await up(page.id)
    await works(page, page.id)
    const [slept, ...others] = await told<{ slept: number }>(page, 'awake')
    expect(slept?.slept).to.be.at.least(ASLEEP)
    expect(others).to.deep.equal([])
    await disturbedNobody(page, events)
  })

  it('whose machine sleeps has its direct paths, or new ones, when it wakes', async () => {
    await using page = await open({ name: 'the tab', direct: true })
    await using other = await open({ name: 'another', direct: true })
    await direct(page, other)
    whole.sleep()
    await new Promise(resolve => { setTimeout(resolve, ASLEEP) }).finally(() => { whole.wake() })
    await works(page, page.id)
    await direct(page, other)
    expect(await page.evaluate(async node => tab.mesh?.rpc.invoke('tab', 'who', undefined, { node }), other.id)).to.equal(other.id)
    for (const [tab, peer] of [[page, other], [other, page]] as const) {
      expect((await told<{ peer: string, direct: boolean }>(tab, 'path')).at(-1)).to.deep.equal({ peer: peer.id, direct: true })
      expect(await told(tab, 'status')).to.deep.equal([])
    }
  })
})
