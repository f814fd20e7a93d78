import { AxeBuilder } from '@axe-core/playwright'
import { expect } from 'chai'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { launch, Tab } from './browser.ts'
import { DemoProcess, isAlive } from './demo-process.ts'
import type { Browser, BrowserContext } from 'playwright-core'

const ARTEFACTS = fileURLToPath(new URL('../../.artefacts/', import.meta.url))

describe('the demo page, in Chromium', function () {
  this.timeout(60_000)
  let demo: DemoProcess
  let url: string
  let browser: Browser
  let context: BrowserContext
  const tabs: Tab[] = []
  /** What the tabs complained of. */
  const problems: string[] = []

  async function open (): Promise<Tab> {
    const tab = await Tab.open(context, url)
    tabs.push(tab)
    return tab
  }

  /** The browser itself reports a WebSocket that nobody answers any more. */
  function forgive (tab: Tab): void {
    tab.errors.splice(0, Infinity, ...tab.errors.filter(error => !/^WebSocket connection to 'ws:.* failed/.test(error)))
  }

  before(async function () {
    this.timeout(90_000)
    demo = new DemoProcess(['--port', '0'])
    ;[url, browser] = await Promise.all([demo.ready(), launch()])
    await mkdir(ARTEFACTS, { recursive: true })
  })

  beforeEach(async () => { context = await browser.newContext({ viewport: { width: 1200, height: 900 } }) })

  afterEach(async function () {
    // As a person closes them, so that the next test meets no tab that is about to be missed.
    await Promise.all(tabs.map(async tab => tab.close()))
    await context.close()
    const title = this.currentTest?.title ?? ''
    for (const { errors } of tabs.splice(0)) problems.push(...errors.map(error => `${title}: ${error}`))
  })

  after(async () => {
    await browser?.close()
    await demo?.[Symbol.asyncDispose]()
  })

  it('is served under a strict policy and asks nobody else for anything', async () => {
    const response = await fetch(url)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self'").and.not.to.contain('unsafe')
    const tab = await open()
    await tab.join()
    expect(tab.requests.map(request => new URL(request).origin)).to.satisfy((origins: string[]) => origins.every(origin => origin === new URL(url).origin))
    expect((await fetch(`${url}../package.json`)).status).to.equal(404)
    expect((await fetch(url, { method: 'POST' })).status).to.equal(405)
  })

  it('joins with one click and lists nodes and services', async () => {
    const tab = await open()
    const name = await tab.join()
    for (const node of ['relay', 'login-1', 'login-2', 'login-3', 'mail-1', 'gate', name]) await tab.node(node).waitFor()
    await until(async () => await tab.services('login').innerText() === 'login\t3\tcall.tab, user.password')
    expect(await tab.services('mail').innerText()).to.equal('mail\t1\tsend')
    expect(await tab.services('tab').innerText()).to.match(/^tab\t\d\thello$/)
    expect(await tab.node(name).innerText()).to.contain('this tab')
    expect(await tab.page.locator('#status').innerText()).to.match(/^joined, \d other nodes$/)
    expect(await tab.page.evaluate(() => document.activeElement?.id)).to.equal('leave')
  })

  it('calls a service: shows who answered, in how many milliseconds, and what; a token stays on its node', async () => {
    const tab = await open()
    await tab.join()
    const free = await tab.call({ service: 'login' })
    expect(free.outcome).to.equal('done')
    expect(free.text).to.match(/^login-\d answered in [\d.]+ ms/)
    expect(JSON.parse(free.text.replace(/^.*\n/, ''))).to.include({ user: 'ada', node: free.node })

    const nodes = new Set<string>()
    for (let i = 0; i < 5; i++) nodes.add((await tab.call({ service: 'login', token: 'ada' })).node)
    expect(Array.from(nodes)).to.have.lengthOf(1)
    const same = await tab.call({ service: 'login', token: 'ada', times: 'Call 10 times' })
    expect(same.text).to.contain('10 of 10 answered').and.to.contain(`${[...nodes].join()} answered 10`)
    const spread = await tab.call({ service: 'login', times: 'Call 10 times' })
    expect(spread.text.match(/login-\d answered \d+/g)?.length, spread.text).to.be.above(1)
    expect((await tab.call({ service: 'login', node: 'login-2' })).node).to.equal('login-2')
    expect((await tab.call({ service: 'mail' })).text).to.contain('mail-1 answered').and.to.contain('ada@example.org')
    expect(await tab.page.locator('#calls tbody tr').count()).to.equal(12)
  })

  it('says what is wrong with a call', async () => {
    const tab = await open()
    await tab.join()
    const unknown = await tab.call({ service: 'login', method: 'user.fingerprint' })
    expect(unknown).to.include({ outcome: 'failed', node: 'UNIMPLEMENTED' })
    expect(unknown.text).to.contain('user.fingerprint')
    await tab.page.getByLabel('Arguments').fill('{ user: ada')
    await tab.page.getByRole('button', { name: 'Call', exact: true }).click()
    const args = tab.page.getByLabel('Arguments')
    expect(await args.getAttribute('aria-invalid')).to.equal('true')
    expect(await tab.page.locator('#args-problem').innerText()).to.contain('not JSON')
    expect(await args.evaluate(field => field === document.activeElement)).to.equal(true)
  })

  it('serves: login nodes, the gate and a Node process call the tab', async () => {
    const tab = await open()
    const name = await tab.join()
    const served = tab.page.locator('#served')
    await served.getByText('gate called hello').waitFor()
    await demo.prints(new RegExp(`${name} hello +${name} +[\\d.]+ ms`))
    await tab.page.getByRole('button', { name: 'Have a login node call this tab' }).click()
    await served.getByText(/login-\d called hello with/).waitFor()

    const { relays } = await (await fetch(`${url}config.json`)).json() as { relays: string[] }
    await using mesh = await createMesh({ mesh: 'demo', name: 'visitor', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: relays })
    await mesh.discovery.waitFor('tab', { signal: AbortSignal.timeout(15_000) })
    const answer = await mesh.rpc.invoke('tab', 'hello', { from: 'node' }, { node: await tab.id, timeout: 15_000 })
    expect(answer).to.include({ text: 'hello visitor, I am a browser tab', node: name })
    await served.getByText('visitor called hello with {"from":"node"}').waitFor()
  })

  it('two tabs call each other; one that is closed is removed from the list of the other', async () => {
    const first = await open()
    const firstName = await first.join()
    const second = await open()
    const secondName = await second.join()
    await first.node(secondName).waitFor()
    await second.node(firstName).waitFor()
    expect(await second.call({ service: 'tab', node: firstName, args: '{"from":"second"}' })).to.include({ outcome: 'done', node: firstName })
    expect(await first.page.locator('#served').innerText()).to.contain(`${secondName} called hello with {"from":"second"}`)
    expect(await first.call({ service: 'tab', node: secondName })).to.include({ outcome: 'done', node: secondName })
    await second.close()
    await first.node(secondName).waitFor({ state: 'detached' })
    await first.page.locator('#events', { hasText: `${secondName}, a tab node, left` }).waitFor()
    await demo.prints(new RegExp(`${secondName} left`))
  })

  it('leaves with a click, and joins again', async () => {
    const tab = await open()
    const name = await tab.join()
    const witness = await open()
    await witness.join()
    await witness.node(name).waitFor()
    await tab.page.getByRole('button', { name: 'Leave' }).click()
    await tab.page.getByText('not joined').first().waitFor()
    await witness.node(name).waitFor({ state: 'detached' })
    expect(await tab.page.locator('#status').innerText()).to.equal('offline')
    expect(await tab.page.getByRole('button', { name: 'Call', exact: true }).isDisabled()).to.equal(true)
    const again = await tab.join()
    await witness.node(again).waitFor()
  })

  it('needs no mouse', async () => {
    const { page } = await open()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.id)).to.equal('join')
    await page.keyboard.press('Enter')
    await page.locator('#status[data-status=joined]').waitFor()
    await page.locator('#send:not([disabled])').waitFor()
    await page.getByLabel('Method').focus()
    await page.keyboard.press('Enter')
    await page.locator('#answer[data-outcome]').waitFor()
  })

  for (const scheme of ['light', 'dark'] as const) {
    it(`has no accessibility violation in the ${scheme} colour scheme, on a desk and on a phone`, async () => {
      const tab = await open()
      const { page } = tab
      await page.emulateMedia({ colorScheme: scheme })
      const check = async (when: string): Promise<void> => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${when}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).to.deep.equal([])
      }
      await check('before joining')
      await tab.join()
      await tab.reachable()
      await tab.call({ service: 'mail', method: 'nothing' })
      await check('after a failure')
      await tab.call({ service: 'login', token: 'ada' })
      await tab.call({ service: 'login', times: 'Call 10 times' })
      await tab.call({ service: 'login' })
      await page.getByRole('button', { name: 'Have a login node call this tab' }).click()
      await page.locator('#served').getByText(/login-\d called/).waitFor()
      await check('after calls')
      await page.screenshot({ path: `${ARTEFACTS}demo-${scheme}.png`, fullPage: true })
      await page.setViewportSize({ width: 390, height: 844 })
      await check('on a phone')
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(390)
      await page.screenshot({ path: `${ARTEFACTS}demo-${scheme}-phone.png`, fullPage: true })
    })
  }

  it('goes on when a login process is killed, and removes it from the list', async () => {
    const tab = await open()
    await tab.join()
    const victim = 'login-2'
    const pid = demo.pids.get(victim) ?? 0
    await tab.node(victim).waitFor()
    process.kill(pid, 'SIGKILL')
    await tab.node(victim).waitFor({ state: 'detached' })
    await demo.prints(new RegExp(`login-2 \\(process ${pid}\\) was killed by SIGKILL; the mesh goes on without it`))
    const after = await tab.call({ service: 'login', times: 'Call 10 times' })
    expect(after.text).to.contain('10 of 10 answered').and.not.to.contain(victim)
    forgive(tab)
  })

  it('tells a person what to do when the mesh is gone', async () => {
    const tab = await open()
    await tab.join()
    const { pids } = demo
    demo.kill('SIGINT')
    expect(await demo.exit).to.deep.equal({ code: 0, signal: null })
    expect(demo.output).to.contain('all processes stopped')
    expect(Array.from(pids.values()).filter(isAlive)).to.deep.equal([])
    await tab.page.getByText('There is no way into the mesh').waitFor()
    expect(await tab.page.locator('#status').getAttribute('data-status')).to.equal('isolated')
    forgive(tab)
  })

  it('has written no error to the console in all of this', () => {
    expect(problems, demo.output).to.deep.equal([])
  })
})
