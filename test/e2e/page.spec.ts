import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { OWN } from '../../src/wire/names.ts'
import { expectAccessible } from './axe.ts'
import { until } from './patience.ts'
import { ARTEFACTS } from './stage.ts'
import { useTabs } from './tabs.ts'
import type { Tab } from './browser.ts'

declare const waits: Array<string | null>

describe('the demo page, in Chromium', function () {
  this.timeout(480_000)
  const tabs = useTabs()

  it('is served under a strict policy and asks nobody else for anything', async () => {
    const { url } = tabs.stage
    const response = await fetch(url)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self'").and.not.to.contain('unsafe')
    const tab = await tabs.open()
    await tab.join()
    expect(tab.requests.map(request => new URL(request).origin)).to.satisfy((origins: string[]) => origins.every(origin => origin === new URL(url).origin))
    expect((await fetch(`${url}../package.json`)).status).to.equal(404)
    expect((await fetch(url, { method: 'POST' })).status).to.equal(405)
  })

  it('joins with one click: nodes, services, leaders and the map', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    for (const node of ['relay', 'login-1', 'login-2', 'login-3', 'mail-1', 'mail-2', 'gate', name]) await tab.node(node).waitFor()
    expect(await tab.services('login').innerText()).to.equal('login × 3')
    expect(await tab.services('mail').innerText()).to.equal('mail × 2')
    expect(await tab.node(name).innerText()).to.contain('this tab')
    expect(await tab.page.locator('#status').innerText()).to.match(/^joined, \d+ peers$/)
    expect(await tab.page.evaluate(() => document.activeElement?.id)).to.equal('leave')
    // The map says what the table says, and opens the same details.
    await tab.page.locator('#leaders [data-service=login][data-term]').waitFor()
    await until(async () => Number(await tab.page.locator('#leaders [data-service=login] [data-lease]').getAttribute('data-lease')) > 0)
    await tab.page.locator('#leaders summary').click()
    const link = await tab.page.locator('#leaders .note a').last().getAttribute('href')
    expect(await (await fetch(`${tabs.stage.url}${link}`)).text()).to.contain('One leader per service')
    const node = tab.page.getByRole('button', { name: /^login-1 login, Node, up/ })
    // one of them may have been quicker to dial this tab, by the relay
    await until(async () => /direct, ws|not connected/.test(await node.getAttribute('aria-label') ?? ''))
    await node.focus()
    await tab.page.keyboard.press('Enter')
    await tab.page.getByRole('dialog', { name: 'login-1' }).getByText('user.watch').waitFor()
    await tab.button('Ping').click()
    await tab.page.getByText(/^answered in [\d.]+ ms$/).waitFor()
  })

  it('calls a service: shows who answered, in how many milliseconds, and what; a token stays on its node', async () => {
    const tab = await tabs.open()
    await tab.join()
    const free = await tab.call({ service: 'login' })
    expect(free.outcome).to.equal('done')
    expect(free.text).to.match(/^login-\d answered in [\d.]+ ms/)
    expect(JSON.parse(free.text.replace(/^[^{]*/, ''))).to.include({ user: 'ada', node: free.node })

    const many = await tab.call({ service: 'login', times: 'Call ×100' })
    expect(many.text).to.contain('100 of 100 answered').and.to.match(/p50 [\d.]+ ms p99 [\d.]+ ms/)
    expect(await tab.page.locator('#answer .bars > div').count()).to.be.above(1)
    const linked = await tab.call({ service: 'login', token: 'ada' })
    const same = await tab.call({ service: 'login', token: 'ada', times: 'Call ×100' })
    expect(same.text).to.contain('100 of 100 answered')
    expect(await tab.page.locator('#answer .bars > div').count()).to.equal(1)
    const row = tab.page.locator('#tokens tr[data-token=ada]')
    await row.filter({ hasText: linked.node }).getByRole('cell', { name: '101', exact: true }).waitFor()
    await row.getByRole('button', { name: 'Unlink ada' }).click()
    await row.getByText('not linked').waitFor()

    expect((await tab.call({ service: 'login', node: 'login-2' })).node).to.equal('login-2')
    expect((await tab.call({ service: 'mail' })).text).to.match(/^mail-\d answered/).and.to.contain('ada@example.org')
  })

  it('makes a form from the schema of a method, shows a stream as it comes, and cancels it', async () => {
    const tab = await tabs.open()
    await tab.join()
    await tab.choose('login', 'user.watch')
    expect(await tab.page.locator('#arg-user').inputValue()).to.equal('ada')
    await tab.page.locator('#arg-user').fill('grace')
    await tab.page.locator('#arg-events').fill('1000')
    await tab.page.locator('#arg-every').fill('20')
    await tab.button('Call').click()
    await tab.page.locator('#answer .chunks', { hasText: 'grace looked at a lamp' }).waitFor()
    await tab.button('Cancel').click()
    await tab.page.locator('#answer[data-outcome=cancelled]').waitFor()
    const digest = await tab.call({ service: 'mail', method: 'digest', args: '[{"line":"one"},{"line":"three"}]' })
    expect(digest.text).to.contain('"lines": 2').and.to.contain('"letters": 8')
  })

  it('keeps what is typed the moment a method was chosen: no example comes over it', async () => {
    const tab = await tabs.open()
    await tab.join()
    await tab.choose('mail', 'digest')
    await tab.choose('mail', 'send')
    const typed = await tab.page.evaluate(async () => {
      const method = document.querySelector<HTMLSelectElement>('#method')!
      method.value = 'digest'
      method.dispatchEvent(new Event('change', { bubbles: true }))
      while (!document.querySelector('#method-about')!.textContent.startsWith('Takes lines')) await Promise.resolve()
      const args = document.querySelector<HTMLTextAreaElement>('#args')!
      args.value = '["typed"]'
      args.dispatchEvent(new Event('input', { bubbles: true }))
      for (let frame = 0; frame < 4; frame++) await new Promise(resolve => { requestAnimationFrame(resolve) })
      return args.value
    })
    expect(typed).to.equal('["typed"]')
  })

  it('says what is wrong with a call', async () => {
    const tab = await tabs.open()
    await tab.join()
    const refused = await tab.call({ service: 'mail', method: 'send', args: '{"to":"nobody"}' })
    expect(refused.outcome).to.equal('failed')
    expect(refused.text).to.contain('INVALID_ARGUMENT').and.to.contain('this is no mail address')
    // who has no path to a node says so instead
    await tab.call({ service: 'login', node: 'login-1', method: 'user.password', args: '{"user":"ada"}' })
    const late = await tab.call({ service: 'login', node: 'login-1', method: 'sleep', args: '{"milliseconds":20000}', deadline: 2_000 })
    expect(late.text).to.contain('DEADLINE_EXCEEDED')
    const args = tab.page.getByLabel('Arguments, as JSON')
    await args.fill('{ user: ada')
    await tab.button('Call').click()
    expect(await tab.page.locator('#args-problem').innerText()).to.contain('not JSON')
    expect(await args.getAttribute('aria-invalid')).to.equal('true')
    expect(await args.evaluate(field => field === document.activeElement)).to.equal(true)
  })

  it('serves: login nodes, the gate and a Node process call the tab, as slowly as a person wants', async () => {
    const { demo, url } = tabs.stage
    const tab = await tabs.open()
    const name = await tab.join()
    await tab.event('gate called hello').waitFor()
    await demo.prints(new RegExp(`${name} hello +${name} +[\\d.]+ ms`))
    const called = await tab.call({ service: 'login', method: 'call.tab', args: JSON.stringify({ tab: await tab.id }) })
    expect(called.text).to.contain(`hello ${called.node}, I am a browser tab`)

    const { relays } = await (await fetch(`${url}config.json`)).json() as { relays: string[] }
    await using mesh = await createMesh({ mesh: 'demo', name: 'visitor', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: relays })
    const answer = await mesh.rpc.invoke('tab', 'hello', { from: 'node' }, { node: await tab.id, timeout: 60_000 })
    expect(answer).to.include({ text: 'hello visitor, I am a browser tab', node: name })
    await tab.event('visitor called hello from node').waitFor()
    // as slow as the slider goes, and half of that
    await tab.page.locator('#latency').fill('2000')
    const refused = mesh.rpc.invoke('tab', 'hello', {}, { node: await tab.id, timeout: 1_000 })
    expect(await refused.then(() => 'answered', (error: { code: string }) => error.code)).to.equal('DEADLINE_EXCEEDED')
  })

  it('leaves with a click, joins again as the same node, and keeps a log of it', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    const witness = await tabs.open()
    await witness.join()
    await witness.node(name).waitFor()
    await tab.button('Leave').click()
    await witness.node(name).waitFor({ state: 'detached' })
    await tab.page.locator('#status[data-status=offline]').waitFor()
    expect(await tab.join()).to.equal(name)
    await witness.node(name).waitFor()
    await tab.event(`this tab joined as ${name}`).waitFor()
    await tab.page.getByLabel(/^page \d+$/).check()
    await until(async () => await tab.page.locator('#events .room:not([data-room=page])').count() === 0)
    await tab.button('Pause').click()
    await tab.button('Go on').waitFor()
  })

  it('is the same node after a reload of the page, and goes elsewhere by a link when a person wants that', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    const id = await tab.id
    const link = new URL(await tab.shareLink())
    const open = async (hash: string): Promise<void> => tab.page.evaluate(hash => { location.hash = hash }, hash)
    const other = tab.button('Leave this one and join it')
    await open(link.hash.replace('mesh=demo', 'mesh=other'))
    await other.waitFor()
    expect(await tab.page.getByRole('link', { name: /^Open another tab/ }).getAttribute('href')).to.equal(link.href)
    await open(link.hash)
    await other.waitFor({ state: 'detached' })
    await open(link.hash.replace('mesh=demo', 'mesh=other'))
    await other.click()
    await tab.page.locator('#self-mesh', { hasText: 'other' }).waitFor()
    expect(await other.count()).to.equal(0)
    await open('')
    await tab.page.reload()
    expect(await tab.join()).to.equal(name)
    expect(await tab.id).to.equal(id)
    await tab.page.getByText('after a reload it is the same node').waitFor()
  })

  it('holds its log still while a person reads, and has all of it afterwards', async () => {
    const tab = await tabs.open()
    await tab.join()
    const lines = tab.page.locator('#events .log li')
    const total = async (): Promise<number> => Number.parseInt(await tab.page.locator('#events .aside').innerText())
    await tab.button('Pause').click()
    await tab.button('Go on').waitFor()
    const [before, shown] = [await total(), await lines.allInnerTexts()]
    await tab.page.locator('#consume-topic').fill('meanwhile')
    await tab.button('Join channel').click()
    await tab.page.locator('.consumer').waitFor()
    await until(async () => await total() > before)
    expect(await lines.allInnerTexts()).to.deep.equal(shown)
    await tab.button('Go on').click()
    await tab.event('this tab consumes meanwhile in channel billing').waitFor()
    expect(await lines.count()).to.be.above(shown.length)
  })

  it('a node that answers nonsense takes nothing from the picture', async () => {
    const { relays } = await (await fetch(`${tabs.stage.url}config.json`)).json() as { relays: string[] }
    const description = { id: 'odd', service: 'odd', health: 'SERVING', methods: [{ name: 'work', kind: 'unary', input: { type: 'object', properties: { a: null }, required: 5 } }] }
    const odd = await createMesh({ mesh: 'demo', service: 'odd', name: 'odd', monitor: false, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: relays, start: false })
    try {
      let asked = 0
      // before the room has its own
      odd.rpc.handle('braid.ping', () => 'pong', OWN)
      odd.rpc.handle('braid.describe', () => description, OWN)
      odd.rpc.handle('braid.monitor.snapshot', () => {
        asked++
        return {}
      }, OWN)
      await odd.start()
      const tab = await tabs.open()
      await tab.join()
      await tab.node('odd').waitFor()
      await tab.page.locator('#service').selectOption('odd')
      await tab.page.locator('#method option', { hasText: /^work$/ }).waitFor({ state: 'attached' })
      await tab.page.locator('#args').waitFor()
      expect(await tab.page.locator('#send').isEnabled()).to.equal(true)
      await until(() => asked > 0)
      await until(async () => await tab.page.locator('.map .edge:not(.own)').count() > 0, { what: 'paths between the others' })
      await odd.stop()
      await tab.node('odd').waitFor({ state: 'detached' })
    } finally {
      await odd.stop()
    }
  })

  it('needs no mouse', async () => {
    const tab = await tabs.open()
    const { page } = tab
    await page.locator('#join').waitFor()
    for (let i = 0; i < 4 && await page.evaluate(() => document.activeElement?.id) !== 'join'; i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#status[data-status=joined]').waitFor()
    await page.locator('#send:not([disabled])').waitFor()
    await page.locator('#arg-user').focus()
    await page.keyboard.press('Enter')
    await page.locator('#answer[data-outcome]').waitFor()
    // and loses no place: neither where a button waits, nor where it goes
    const focused = async (): Promise<string | undefined> => page.evaluate(() => document.activeElement?.id)
    await tab.choose('login', 'sleep')
    await page.locator('#arg-milliseconds').fill('300')
    await page.locator('#send').focus()
    await page.locator('#send').evaluate(send => {
      const waits: Array<string | null> = []
      Object.assign(globalThis, { waits })
      new MutationObserver(() => { waits.push(send.getAttribute('aria-disabled')) }).observe(send, { attributeFilter: ['aria-disabled'] })
    })
    await page.keyboard.press('Enter')
    await until(async () => String(await page.evaluate(() => waits)) === 'true,false')
    expect(await focused()).to.equal('send')
    await page.locator('#leave').focus()
    await page.keyboard.press('Enter')
    await page.locator('#status[data-status=offline]').waitFor()
    await until(async () => await focused() === 'join')
  })

  async function fill (tab: Tab): Promise<void> {
    await tab.join()
    await tab.reachable()
    await tab.call({ service: 'mail', method: 'send', args: '{"to":"nobody"}' })
    await tab.button('Link 9 tokens').click()
    await tab.page.locator('#tokens tr[data-token=user-9] .peer').waitFor()
    await tab.button('Join channel').click()
    await tab.button('Publish 20').click()
    await until(async () => Number.parseInt(await tab.page.locator('#shares p').innerText()) >= 20)
    await tab.call({ service: 'login', token: 'ada' })
    await tab.call({ service: 'login', times: 'Call ×100' })
    await until(async () => await tab.page.locator('.map .edge-label').count() >= 7)
  }

  it('has no accessibility violation in either colour scheme, on a desk and on a phone', async () => {
    const tab = await tabs.open(undefined, { colorScheme: 'light', viewport: { width: 1280, height: 900 } })
    const { page } = tab
    const picture = async (name: string, fullPage = false): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.screenshot({ path: `${ARTEFACTS}${name}-${colorScheme}.png`, fullPage })
      }
    }
    await page.locator('#join').waitFor()
    await expectAccessible(page, 'before joining')
    await fill(tab)
    await expectAccessible(page, 'in the mesh')
    await page.evaluate(() => { scrollTo(0, 0) })
    await picture('demo')
    await picture('demo-whole', true)
    await page.locator('#nodes').getByRole('button', { name: 'login-1' }).click()
    await expectAccessible(page, 'details of a peer')
    await page.keyboard.press('Escape')
    await tab.button('Share').click()
    await expectAccessible(page, 'sharing')
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 360, height: 740 })
    await expectAccessible(page, 'on a phone')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360)
    const heights = await page.evaluate(() => ['.brand', '#status', '#theme'].map(part => document.querySelector(part)?.getBoundingClientRect().height ?? 0))
    expect(Math.max(...heights), 'the top of the page is one line').to.be.below(40)
    await picture('demo-phone', true)
  })
})
