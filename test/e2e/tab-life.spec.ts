/** Tabs of a real Chromium in a mesh of real processes: one is frozen for a while, some share a storage. */
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import { ELECTION_COMMANDS } from '../harness/election-group.ts'
import { wallClock } from '../harness/ipc.ts'
import { useProcesses } from '../harness/use-processes.ts'
import { launch } from './browser.ts'
import { until } from './patience.ts'
import { RawTab } from './raw-tab.ts'
import { serveTabs } from './tab-server.ts'
import type { TabScript } from './tab-page.ts'
import type { TabServer } from './tab-server.ts'
import type { ElectionChange, Leader, LinkChange, MeshOptions, NodeInfo } from '../../src/index.ts'
import type { Handled } from '../harness/pubsub-methods.ts'
import type { NodeProcess } from '../harness/processes.ts'
import type { Who } from '../harness/node-methods.ts'
import type { Browser, BrowserContext, Page } from 'playwright-core'

const LINK_COMMANDS = fileURLToPath(new URL('../process/links-child.ts', import.meta.url))
const SOAKS = process.env['BRAID_SOAK'] === '1'
/** Milliseconds for which the tab is frozen; `npm run test:soak-tabs` takes a minute. */
const FROZEN = SOAKS ? 60_000 : 12_000
/** Milliseconds in which a tab is right again after a minute, where the machine has nothing else to do. */
const RIGHT_AGAIN = 2_000

declare const tab: TabScript

describe('the life of a tab, in Chromium', function () {
  this.timeout(480_000 + FROZEN)
  const processes = useProcesses({ per: 'suite' })
  let server: TabServer
  let browser: Browser
  let context: BrowserContext
  let relay: NodeProcess
  let logins: NodeProcess[]

  /** A page of playwright's. */
  async function open (page: Promise<Page> = context.newPage()): Promise<Page> {
    const opened = await page
    if (!opened.url().startsWith(server.url)) await opened.goto(server.url)
    await opened.waitForFunction(() => 'tab' in globalThis)
    return opened
  }

  async function start (page: Page, options: MeshOptions): Promise<{ id: string, storage: string | undefined }> {
    return page.evaluate(async options => tab.start(options), { mesh: 'tabs', bootstrap: [...relay.addresses], ...options })
  }

  /** What every process sees of a node. */
  async function seen (id: string): Promise<Array<NodeInfo | undefined>> {
    return Promise.all([relay, ...logins].map(async node => (await node.nodes()).find(info => info.id === id)))
  }

  before(async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0/ws']
    ;[relay, server, browser] = await Promise.all([
      processes.spawn({ label: 'relay', options: { mesh: 'tabs', name: 'relay', relay: true, listen } }), serveTabs(), launch()
    ])
    logins = await Promise.all(['login-1', 'login-2'].map(async name => processes.spawn({
      label: name, commands: ELECTION_COMMANDS,
      options: { mesh: 'tabs', service: 'login', name, listen, bootstrap: relay.addresses, election: { expect: 2 } }
    })))
  })

  beforeEach(async () => { context = await browser.newContext() })
  afterEach(async () => { await context.close() })

  after(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  it(`that is frozen for ${FROZEN / 1_000} s disturbs nothing, and is right again when it wakes`, async () => {
    const [first, second] = logins as [NodeProcess, NodeProcess]
    await using page = await RawTab.open(browser, server.url)
    const { id } = await page.evaluate(async options => tab.start(options), { mesh: 'tabs', bootstrap: relay.addresses, service: 'login', name: 'frozen' })
    await until(async () => (await seen(id)).every(node => node?.state === 'up'))
    await until(async () => page.evaluate(() => tab.mesh?.discovery.nodes().length === 4))
    // half of it, as the default is of a minute: what the tab holds goes to others while it is frozen
    const ackWait = FROZEN / 2
    await first.command('subscribe', ['orders', 'billing', { ackWait }, {}])
    await page.evaluate(async ackWait => tab.consume('orders', 'billing', { ackWait }), ackWait)
    await second.command('publishOn', ['orders', 'order', 20, {}])
    await until(async () => page.evaluate(() => tab.handled.length > 3))
    const leader = await until(async () => second.command<Leader | undefined>('leader'))
    const events = [relay, ...logins].map(node => node.events.length)
    const since = wallClock()
    /** The election is where it was; who takes the cores from a voter moves a term, too. */
    const expectUndisturbed = async (): Promise<void> => {
      const now = await until(async () => second.command<Leader | undefined>('leader'))
      expect(now.token.epoch).to.equal(leader.token.epoch)
      if (logins.some(node => node.stoodStill(since) > 300)) return
      expect(now).to.deep.equal(leader)
      for (const [i, node] of logins.entries()) {
        const changes = node.events.slice(events[i + 1]).filter(({ event }) => event === 'change').map(({ detail }) => (detail as ElectionChange).leader)
        // one that only hears of it by now is told of the same one
        expect(changes.filter(other => !isDeepStrictEqual(other, leader)), `elections at ${node.label}`).to.deep.equal([])
      }
    }

    const byFirst = async (): Promise<Set<unknown>> => new Set((await first.command<Handled[]>('handled', ['orders', 'billing'])).map(({ body }) => body))
    const confirmed = (): string[] => second.eventsOf<{ body: string, id?: string }>('tried').filter(({ detail }) => detail.id !== undefined).map(({ detail }) => detail.body)

    await page.freeze()
    await until(async () => (await seen(id)).every(node => node?.state === 'away'))
    const already = confirmed().length
    const until0 = performance.now() + FROZEN
    while (performance.now() < until0) {
      // with nobody named: none of them goes to the tab and waits there
      const { id: served } = await second.invoke<{ id: string }>('login', 'who')
      expect(served).not.to.equal(id)
      await new Promise(resolve => { setTimeout(resolve, 250) })
    }
    for (const [i, node] of [relay, ...logins].entries()) {
      const happened = node.events.slice(events[i])
      const removed = happened.filter(({ event }) => event === 'node:remove').map(({ detail }) => (detail as NodeInfo).id)
      expect(removed.filter(other => other !== id), `removals at ${node.label}`).to.deep.equal([])
      expect(happened.filter(({ event }) => event === 'status'), `at ${node.label}`).to.deep.equal([])
    }
    await expectUndisturbed()
    // nobody waits for the tab: not for what it was given, either
    const meanwhile = confirmed().slice(already)
    expect(meanwhile.length).to.be.above(0)
    await until(async () => {
      const handled = await byFirst()
      return meanwhile.every(body => handled.has(body))
    }, { what: 'what was published while it was frozen is handled' })

    const woken = performance.now()
    await page.wake()
    const took: Record<string, number> = {}
    const measured = async (what: string, condition: () => Promise<unknown>): Promise<void> => {
      await until(condition, { what })
      took[what] = Math.round(performance.now() - woken)
    }
    const before = await page.evaluate(() => tab.handled.length)
    await Promise.all([
      measured('it is up for all', async () => (await seen(id)).every(node => node?.state === 'up')),
      measured('it sees all up', async () => page.evaluate(() => tab.mesh?.discovery.nodes().filter(({ state }) => state === 'up').length === 4)),
      measured('it is called', async () => await second.invoke('login', 'who', undefined, { node: id, timeout: 1_000 }) === id),
      measured('it calls', async () => page.evaluate(async () => tab.mesh?.rpc.invoke('login', 'echo', 'hello', { timeout: 1_000, token: 'ada' }))),
      measured('it calls each of the others', async () => page.evaluate(async ids => {
        for (const node of ids) if (await tab.mesh?.rpc.invoke('login', 'echo', node, { timeout: 1_000, node }) !== node) return false
        return true
      }, [first.id, second.id])),
      measured('it consumes', async () => page.evaluate(before => tab.handled.length > before, before)),
      measured('it knows the leader', async () => page.evaluate(leader => tab.mesh?.election.of('login')?.leader?.id === leader, leader.id))
    ])
    if (SOAKS) {
      console.log(`    ms after waking: ${JSON.stringify(took)}`)
      for (const [what, ms] of Object.entries(took)) expect(ms, `ms until ${what}`).to.be.at.most(RIGHT_AGAIN)
    }

    const { seen: happened, resyncs } = await page.evaluate(() => ({ seen: tab.seen, resyncs: tab.resyncs }))
    // what is to be frozen is hidden first
    expect(happened.filter(({ type }) => type === 'life').map(({ detail }) => (detail as { page: string }).page).slice(0, 3)).to.deep.equal(['hidden', 'frozen', 'hidden'])
    const awake = happened.filter(({ type }) => type === 'awake')
    expect(awake).to.have.lengthOf(1)
    expect((awake[0]?.detail as { slept: number }).slept).to.be.at.least(FROZEN - 1_000)
    expect(resyncs).to.deep.equal({ discovery: 1, pubsub: 1, links: 1 })
    expect(happened.filter(({ type }) => type === 'node:remove')).to.deep.equal([])
    await second.command('publishOff')
    const all = confirmed()
    await until(async () => {
      const bodies = new Set([...await byFirst(), ...await page.evaluate(() => tab.handled)])
      return all.every(body => bodies.has(body))
    }, { what: 'every message is handled' })
    await expectUndisturbed()
  })

  it('that is closed gives the tokens that are linked to it to processes: who calls with them is told, and is answered there', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0/ws']
    const [shop, other] = await Promise.all(['shop-1', 'shop-2'].map(async name => processes.spawn({
      label: name, commands: LINK_COMMANDS, options: { mesh: 'tabs', service: 'shop', name, listen, bootstrap: relay.addresses }
    }))) as [NodeProcess, NodeProcess]
    const page = await open()
    const { id } = await start(page, { service: 'login', name: 'closing' })
    await until(async () => (await seen(id)).every(node => node?.state === 'up'))
    for (const node of [shop, other]) await until(async () => (await node.nodes('login')).filter(({ state }) => state === 'up').length === 3)
    const tokens = ['ada', 'bob', 'eve']
    const options = { timeout: 60_000 }
    for (const token of tokens) expect(await shop.command('link', [token, id])).to.equal(id)
    // committed: who has never called with it goes there, too
    for (const token of tokens) expect(await other.invoke('login', 'who', undefined, { ...options, token })).to.equal(id)
    for (const token of tokens) expect(await shop.invoke('login', 'who', undefined, { ...options, token })).to.equal(id)

    const closed = page.waitForEvent('close')
    await page.close({ runBeforeUnload: true })
    await closed
    for (const token of tokens) {
      const answered = await shop.invoke<Who>('login', 'who', undefined, { ...options, token })
      expect(logins.map(login => login.id)).to.include(answered.id)
      const moved = (): Array<{ detail: LinkChange }> => shop.eventsOf<LinkChange>('link:move').filter(({ detail }) => detail.token === answered.token)
      await until(() => moved().length > 0, { what: 'the move is told' })
      const moves = moved()
      expect(moves.map(({ detail: { service, node, former } }) => ({ service, node, former }))).to.deep.equal([{ service: 'login', node: answered.id, former: id }])
      expect(await other.invoke<Who>('login', 'who', undefined, { ...options, token })).to.include({ id: answered.id })
    }
  })

  it('shares a storage with others: each has its own identity, and the same one after a reload', async () => {
    const options = { storage: 'shop', name: 'a shop' }
    const page = await open()
    const first = await start(page, options)
    expect(first.storage).to.equal('shop')
    // a window that a page opens gets a copy of its sessionStorage, as one that is duplicated
    const popup = context.waitForEvent('page')
    await page.evaluate(() => { window.open(location.href) })
    const copy = await open(popup)
    expect(await copy.evaluate(() => sessionStorage.length)).to.be.above(0)
    const second = await start(copy, options)
    expect(second.storage).to.equal('shop#2')
    expect(second.id).not.to.equal(first.id)

    await Promise.all([page.reload(), copy.reload()])
    await Promise.all([open(Promise.resolve(page)), open(Promise.resolve(copy))])
    expect(await start(copy, options)).to.deep.equal(second)
    expect(await start(page, options)).to.deep.equal(first)

    // its renderer is killed: nothing is said, nothing is closed
    const crashed = page.waitForEvent('crash')
    const cdp = await context.newCDPSession(page)
    cdp.send('Page.crash').catch(() => {})
    await crashed
    const next = await open()
    const third = await start(next, options)
    expect(third).to.deep.equal(first)
    const refused = await (await open()).evaluate(async options => tab.start(options).catch(({ name }: Error) => name), { ...options, tabs: 1 })
    expect(refused).to.equal('StorageLockedError')
  })

  it('whose databases are cleared goes on, says that it cannot store what it is to publish, and nobody else gets its place', async () => {
    const page = await open()
    const { id, storage } = await start(page, { storage: 'cleared' })
    const publish = async (): Promise<string> => page.evaluate(async () =>
      await tab.mesh?.pubsub.topic('orders').publish('order', { signal: AbortSignal.timeout(30_000) }).then(() => 'published', ({ name }: Error) => name) ?? '')
    expect(await publish()).to.equal('published')
    const cdp = await context.newCDPSession(page)
    await cdp.send('Storage.clearDataForOrigin', { origin: new URL(server.url).origin, storageTypes: 'indexeddb' })
    await until(async () => await publish() === 'StorageError')
    expect(await page.evaluate(async () => tab.mesh?.rpc.invoke('login', 'echo', 'hello', { timeout: 30_000 }))).to.equal('hello')
    const other = await start(await open(), { storage: 'cleared' })
    expect(other.storage).to.equal(`${storage ?? ''}#2`)
    expect(other.id).not.to.equal(id)
    expect(await page.evaluate(() => tab.mesh?.status)).to.equal('joined')
  })
})
