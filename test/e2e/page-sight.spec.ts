/** What the page tells, each thing to those who see it and to those who do not. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { freePort } from '../harness/ports.ts'
import { expectAccessible } from './axe.ts'
import { until } from './patience.ts'
import { useTabs } from './tabs.ts'
import type { Mesh } from '../../src/index.ts'
import type { Tab } from './browser.ts'

declare const pulsesSeen: string[]
declare const spoken: string[]
declare const placesSeen: Set<string>

/** Keeps of each call that the map shows which way it went, and how it was drawn. */
async function watchPulses ({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    const pulsesSeen: string[] = []
    Object.assign(globalThis, { pulsesSeen })
    new MutationObserver(() => {
      for (const line of document.querySelectorAll<SVGElement>('.map .pulse:not([data-seen])')) {
        line.dataset['seen'] = ''
        const { animationName, opacity } = getComputedStyle(line)
        pulsesSeen.push(`${line.dataset['direction']}, animation ${animationName}, opacity ${opacity}`)
      }
    }).observe(document.querySelector('.map') ?? document.body, { childList: true, subtree: true })
  })
}

/** Keeps what a screen reader is given to say. */
async function watchSpoken ({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    const spoken: string[] = []
    Object.assign(globalThis, { spoken })
    const voice = document.querySelector('p.unseen[role=status][aria-live=polite]')!
    new MutationObserver(() => { spoken.push(voice.textContent) }).observe(voice, { childList: true, characterData: true, subtree: true })
  })
}

/** Places of the map's nodes, once none has moved in thirty frames. */
async function rested ({ page }: Tab): Promise<string[]> {
  return page.evaluate(async () => {
    let before: string[] = []
    for (let still = 0; still < 30; still++) {
      await new Promise(resolve => { requestAnimationFrame(resolve) })
      const now = Array.from(document.querySelectorAll('.map .node'), node => node.getAttribute('transform') ?? '')
      if (String(now) !== String(before)) still = 0
      before = now
    }
    return before
  })
}

describe('the demo page, for every eye and none', function () {
  this.timeout(480_000)
  const tabs = useTabs()

  async function visitor (name: string): Promise<Mesh> {
    const { relays } = await (await fetch(`${tabs.stage.url}config.json`)).json() as { relays: string[] }
    return createMesh({ mesh: 'demo', name, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: relays })
  }

  for (const [reducedMotion, drawn] of [['no-preference', 'animation pulse, opacity 0.75'], ['reduce', 'animation none, opacity 0.4']] as const) {
    it(`shows each call that goes out or comes in, and counts it in words; motion: ${reducedMotion}`, async () => {
      const tab = await tabs.open(undefined, { reducedMotion })
      await tab.join()
      await using mesh = await visitor('caller')
      await tab.node('caller').locator('.path:not([data-transport=none])').waitFor()
      await watchPulses(tab)
      const { node } = await tab.call({ service: 'login' })
      await tab.node(node).locator('.calls', { hasText: '1 out, 0 in' }).waitFor()
      await until(async () => (await tab.page.evaluate(() => pulsesSeen)).includes(`out, ${drawn}`))

      for (let i = 0; i < 2; i++) await mesh.rpc.invoke('tab', 'hello', {}, { node: await tab.id, timeout: 60_000 })
      await until(async () => (await tab.page.evaluate(() => pulsesSeen)).includes(`in, ${drawn}`))
      await tab.node('caller').locator('.calls', { hasText: '0 out, 2 in' }).waitFor()
      await tab.page.getByText('All paths as a table').click()
      const paths = tab.page.getByRole('region', { name: 'Paths', exact: true })
      await paths.getByRole('row', { name: /caller .*0 out, 2 in/ }).waitFor()
      // what was shown does not stay
      await tab.page.locator('.map .pulse').first().waitFor({ state: 'detached' })
    })
  }

  it('moves the nodes of the map to their places where motion is wanted; none rests on another one', async () => {
    const tab = await tabs.open(undefined, { reducedMotion: 'no-preference' })
    await tab.join()
    const { page } = tab
    await page.locator('.map .node[data-node=login-1]').evaluate(node => {
      const placesSeen = new Set<string>()
      Object.assign(globalThis, { placesSeen })
      new MutationObserver(() => { placesSeen.add(node.getAttribute('transform') ?? '') }).observe(node, { attributeFilter: ['transform'] })
    })
    await using mesh = await visitor('newcomer')
    await page.locator('.map .node[data-node=newcomer]').waitFor()
    await until(() => mesh.status === 'joined')
    await rested(tab)
    // a machine that draws less often than it moves them shows none of it: somebody else comes
    for (let more = 1; more <= 4 && await page.evaluate(() => placesSeen.size) <= 5; more++) {
      await page.evaluate(() => { placesSeen.clear() })
      await using another = await visitor(`newcomer-${more}`)
      await until(() => another.status === 'joined')
      await page.locator(`.map .node[data-node=newcomer-${more}]`).waitFor()
      await rested(tab)
    }
    expect(await page.evaluate(() => placesSeen.size), 'login-1 moves, and does not jump').to.be.above(5)
    const points = (await rested(tab)).map(place => /translate\((\S+) (\S+)\)/.exec(place)?.slice(1).map(Number) ?? [])
    const gaps = points.flatMap(([x = 0, y = 0], i) => points.slice(i + 1).map(([x2 = 0, y2 = 0]) => Math.hypot(x - x2, y - y2)))
    expect(Math.min(...gaps)).to.be.at.least(60)
  })

  it('says who shares a channel, and how many of its messages became dead letters, whoever published them', async () => {
    const tab = await tabs.open()
    await tab.join()
    await using mesh = await visitor('publisher')
    await tab.page.locator('#consume-topic').fill('letters')
    await tab.page.locator('#consume-channel').fill('post')
    await tab.button('Join channel').click()
    const consumer = tab.page.locator('.consumer[data-channel=post]')
    await consumer.getByText('nobody has published yet').waitFor()
    await consumer.getByLabel('Bury the next').check()
    const letters = mesh.pubsub.topic('letters')
    const dead = new Promise<string>(resolve => { mesh.pubsub.addEventListener('dead', ({ detail }) => { resolve(detail.reason) }) })
    await until(async () => (await letters.publish('spoilt')).channels.includes('post'), { interval: 200 })
    expect(await dead).to.equal('a person refused it for good')
    await consumer.locator('li[data-state=dead]', { hasText: 'spoilt' }).waitFor()
    await consumer.getByText('this tab alone').waitFor()
    await consumer.locator('[data-count=dead]', { hasText: '1' }).waitFor()
    expect(await consumer.getByLabel('Bury the next').isChecked()).to.equal(false)

    const share = await letters.subscribe('post')
    share.onMessage(() => {})
    await letters.publish('fine')
    await consumer.locator('.badge[data-consumers="2"]', { hasText: 'competing, 2 consumers' }).waitFor()
  })

  it('copies what it shows, draws the link, tells of others aloud, and keeps the colours that a person chose', async () => {
    const tab = await tabs.open(undefined, { permissions: ['clipboard-read', 'clipboard-write'] })
    const name = await tab.join()
    const { page } = tab
    expect(await page.locator('#self-mesh').innerText()).to.equal('demo')
    const copied = async (button: string): Promise<string> => {
      const around = tab.button(button).locator('xpath=..')
      await until(async () => {
        await tab.button(button).click()
        // it is said for a moment only
        await around.getByText('copied', { exact: true }).waitFor({ timeout: 1_500 })
        return true
      })
      return page.evaluate(async () => navigator.clipboard.readText())
    }
    expect(await copied('Copy id')).to.equal(await tab.id)
    await page.getByLabel(/^page \d+$/).check()
    const events = JSON.parse(await copied('Copy as JSON')) as Array<{ at: string, room: string, text: string }>
    expect(events.map(({ room }) => room)).to.include('page').and.to.satisfy((rooms: string[]) => rooms.every(room => room === 'page'))
    expect(events.map(({ text }) => text)).to.include(`this tab joined as ${name}`)
    const link = await tab.shareLink()
    await tab.button('Share').click()
    expect(await copied('Copy link')).to.equal(link)
    const { width = 0 } = await page.getByRole('img', { name: 'QR code of the link' }).boundingBox() ?? {}
    expect(width).to.be.above(150)
    await page.keyboard.press('Escape')

    await watchSpoken(tab)
    const other = await tabs.open()
    const joined = await other.join()
    await until(async () => (await page.evaluate(() => spoken)).some(text => text.split('; ').includes(`${joined} (tab) is there`)), { what: `that ${joined} is there, told aloud` })

    const theme = async (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['theme'])
    for (const expected of ['light', 'dark', undefined, 'light']) {
      await page.getByRole('button', { name: /theme, change$/ }).click()
      expect(await theme()).to.equal(expected)
    }
    await page.reload()
    expect(await theme()).to.equal('light')
  })

  it('draws every path by the way it goes, own or between others, as its legend has it, and not by colour alone', async () => {
    const tab = await tabs.open()
    await tab.join()
    const other = await tabs.open()
    await other.join()
    for (const one of [tab, other]) await one.reachable()
    await using mesh = await visitor('caller')
    // over the relay: it has neither WebSockets nor WebRTC of its own
    for (const one of [tab, other]) await until(async () => await mesh.rpc.invoke('tab', 'hello', {}, { node: await one.id, timeout: 15_000 }))
    expect((await tab.call({ service: 'tab', node: await other.page.locator('#self-name').innerText(), args: '{}' })).outcome).to.equal('done')

    const lines = async (selector: string): Promise<string[]> => {
      const found = await tab.page.locator(selector).evaluateAll(elements => elements.map(element => {
        const { stroke, strokeDasharray } = getComputedStyle(element)
        return `${(element as SVGElement).dataset['style']}: ${stroke}, dashes ${strokeDasharray}`
      }))
      return [...new Set(found)].sort()
    }
    const legend = await lines('.legend .edge.own')
    expect(legend.map(text => text.split(':')[0])).to.deep.equal(['relayed', 'tcp', 'webrtc', 'ws'])
    expect(new Set(legend.map(text => /rgb.*\)/.exec(text)?.[0])).size).to.equal(4)
    expect(new Set(legend.map(text => /dashes .*/.exec(text)?.[0])).size).to.equal(4)
    const of = (...styles: string[]): string[] => legend.filter(text => styles.some(style => text.startsWith(`${style}:`)))
    await until(async () => String(await lines('.map .edge.own')) === String(of('relayed', 'webrtc', 'ws')), { what: 'own paths of three kinds' })
    await until(async () => String(await lines('.map .edge:not(.own)')) === String(of('relayed', 'tcp', 'ws')), { what: 'paths of three kinds between others' })
    const widths = async (selector: string): Promise<number[]> => tab.page.locator(selector).evaluateAll(elements => elements.map(element => Number.parseFloat(getComputedStyle(element).strokeWidth)))
    expect(Math.min(...await widths('.map .edge.own'))).to.be.above(Math.max(...await widths('.map .edge:not(.own)')))
    await tab.page.getByText('All paths as a table').click()
    const table = tab.page.getByRole('region', { name: 'Paths', exact: true })
    for (const way of ['WebRTC, direct', 'WebSocket, direct', 'TCP, direct', 'over a relay']) await table.getByRole('cell', { name: way }).first().waitFor()
  })

  it('crowns who leads on the map and in the list, and says aloud when that becomes another one', async () => {
    const tab = await tabs.open()
    await tab.join()
    const { page } = tab
    const names = async (selector: string): Promise<string[]> => (await page.locator(selector).evaluateAll(elements => elements.map(element => (element as HTMLElement).dataset['node'] ?? ''))).sort()
    const crowned = async (): Promise<string> => {
      const leaders = (await page.locator('#leaders [data-term] .leader strong:first-of-type').allInnerTexts()).sort()
      await until(async () => String(await names('.map .node:has(.crown)')) === String(leaders) && String(await names('#nodes tr:has(.badge.crown)')) === String(leaders), { timeout: 1_000 })
      return String(leaders)
    }
    const leader = async (): Promise<string | undefined> => /^(login-\d),mail-\d$/.exec(await crowned())?.[1]
    await until(async () => page.getByRole('button', { name: new RegExp(`^${await leader()} login,.*, leads login`) }).isVisible())
    await watchSpoken(tab)
    const stepDown = page.getByRole('button', { name: /^Step down .* as leader of login$/ })
    const after = await until(async () => {
      const events = (await page.locator('#events .log li').allInnerTexts()).join('\n')
      const [, former] = /login: (login-\d) stepped down/.exec(events) ?? []
      // a leader whose voters are not connected yet refuses, and the office may move by itself before it is asked
      if (former === undefined && await stepDown.isVisible()) await stepDown.click({ timeout: 1_000 })
      const now = await leader()
      return former === undefined || now === former ? undefined : now
    }, { interval: 500 })
    await until(async () => (await page.evaluate(() => spoken)).some(text => text.includes(`${after} leads login in term `)))
  })

  it('has no accessibility violation where something is wrong', async () => {
    const { relays: [relay = ''] } = await (await fetch(`${tabs.stage.url}config.json`)).json() as { relays: string[] }
    const lost = await tabs.open(`${tabs.stage.url}#mesh=demo&relay=${relay.replace(/\/tcp\/\d+/, `/tcp/${await freePort()}`)}`)
    await lost.button('Join the mesh').click()
    await lost.page.locator('#status[data-status=isolated]').waitFor()
    await lost.page.getByText('There is no way into the mesh').waitFor()
    await expectAccessible(lost.page, 'isolated')

    const tab = await tabs.open()
    await tab.join()
    const { page } = tab
    for (const field of ['#consume-topic', '#publish-topic']) await page.locator(field).fill('complaints')
    await page.locator('#consume-channel').fill('desk')
    await tab.button('Join channel').click()
    const consumer = page.locator('.consumer[data-channel=desk]')
    await consumer.getByLabel('Bury the next').check()
    await tab.button('Publish').click()
    await consumer.locator('li[data-state=dead]').waitFor()
    await consumer.getByLabel('Refuse the next').check()
    await tab.button('Publish').click()
    await consumer.locator('li[data-state=nacked]').waitFor()
    await consumer.locator('[data-count=dead]', { hasText: '1' }).waitFor()
    await page.locator('#publish-topic').fill('no name')
    await tab.button('Publish').click()
    await page.locator('#receipt.problem').waitFor()
    await page.locator('#consume-channel').fill('no name')
    await tab.button('Join channel').click()
    await page.locator('#topics .problem[role=alert]').waitFor()
    await expectAccessible(page, 'messages refused and dead, names that are none')
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360)
  })

  it('tells the trend of round trips, and hangs up', async () => {
    const tab = await tabs.open()
    await tab.join()
    const row = tab.node('relay')
    await row.getByRole('img', { name: /^the last \d+: from [\d.]+ ms to [\d.]+ ms$/ }).waitFor()
    await row.getByRole('button', { name: 'relay' }).click()
    const dialog = tab.page.getByRole('dialog', { name: 'relay' })
    await dialog.getByText(/direct, ws, outbound/).waitFor()
    await tab.button('Hang up').click()
    await dialog.getByText('hung up; it is dialled again when it is needed').waitFor()
    await tab.event('connection closed: relay by WebSocket').waitFor()
    // the way in is kept open
    await dialog.getByText(/direct, ws, outbound/).waitFor()
  })
})
