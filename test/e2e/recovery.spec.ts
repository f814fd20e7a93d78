import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from './patience.ts'
import { useTabs } from './tabs.ts'
import type { Message } from '../../src/index.ts'
import type { CallInput, Tab } from './browser.ts'

async function term (tab: Tab, service: string): Promise<number> {
  return Number(await tab.page.locator(`#leaders [data-service=${service}]`).getAttribute('data-term'))
}

async function leader (tab: Tab, service: string): Promise<string> {
  return tab.page.locator(`#leaders [data-service=${service}][data-term] .leader strong`).first().innerText()
}

/** A token whose calls go to this node. Who is asked for a service picks by chance. */
async function linkedTo (tab: Tab, call: Omit<CallInput, 'token'>, node: string): Promise<string> {
  for (let i = 0; i < 40; i++) if ((await tab.call({ ...call, token: `t${i}` })).node === node) return `t${i}`
  throw new Error(`no token of 40 went to ${node}`)
}

async function relaysOf (url: string): Promise<string[]> {
  const { relays } = await (await fetch(`${url}config.json`)).json() as { relays: string[] }
  return relays
}

// In this order: each test takes a part of the fleet away.
describe('the demo page, when something breaks', function () {
  this.timeout(480_000)
  const tabs = useTabs()

  it('each order is handled once, by a tab, a Node process or the fleet; what a tab that closes has not done, others do', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    await using mesh = await createMesh({ mesh: 'demo', name: 'worker', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: await relaysOf(tabs.stage.url) })
    const byWorker: number[] = []
    const handled: Array<{ id: string, by: string }> = []
    const watch = await mesh.pubsub.topic('orders.handled').subscribe('worker-watch')
    const notices = new Set<string>()
    watch.onMessage(({ id, body }: Message<{ id: string, by: string }>) => {
      // one that comes again tells nothing new
      if (!notices.has(id)) handled.push(body)
      notices.add(id)
    })
    const share = await mesh.pubsub.topic('orders').subscribe('billing')
    share.onMessage(({ body, id }: Message<{ count: number }>) => {
      byWorker.push(body.count)
      handled.push({ id, by: 'worker' })
    })
    await tab.button('Join channel').click()
    const consumer = tab.page.locator('.consumer[data-channel=billing]')
    await consumer.waitFor()
    const orders = mesh.pubsub.topic('orders')
    await until(async () => (await orders.publish({ item: 'probe', count: -1 })).channels.includes('billing') && handled.some(({ by }) => by === name), { interval: 50, what: 'the tab to take a share' })

    const done = (ids: ReadonlySet<string>): number => new Set(handled.filter(({ id }) => ids.has(id)).map(({ id }) => id)).size
    let removed = 0
    mesh.discovery.addEventListener('node:remove', () => { removed++ })
    const sixty = async (): Promise<{ mine: Set<string>, lost: number }> => {
      const before = removed
      const mine = new Set<string>()
      // In waves: who has just begun is trusted with few at a time.
      for (let wave = 1; wave <= 10; wave++) {
        const receipts = await Promise.all(Array.from({ length: 6 }, async (_, count) => orders.publish({ item: 'book', count })))
        for (const { id } of receipts) mine.add(id)
        await until(() => done(mine) === wave * 6, { what: () => `${wave * 6} orders handled: ${done(mine)}` })
      }
      return { mine, lost: removed - before }
    }
    const times = (ids: ReadonlySet<string>): number => handled.filter(({ id }) => ids.has(id)).length
    // what a consumer had that is taken for gone, because nothing of it ran, goes to another one
    const { mine } = await undisturbed(sixty, ({ mine }) => times(mine) === 60, ({ lost }) => lost > 0 ? Infinity : 0)
    expect(times(mine)).to.equal(60)
    expect(handled.some(({ id, by }) => mine.has(id) && by === name)).to.equal(true)
    expect(byWorker.some(count => count >= 0)).to.equal(true)

    // A tab that takes its time is closed in the middle of it.
    await consumer.getByLabel('Slow').check()
    const late = new Set((await Promise.all(Array.from({ length: 40 }, async (_, count) => orders.publish({ item: 'lamp', count })))).map(({ id }) => id))
    await until(async () => Number(await consumer.locator('[data-count=handling]').innerText()) > 0)
    await tab.close()
    await until(() => done(late) === 40, { what: () => `40 orders handled by others: ${done(late)}` })
  })

  it('refuses a message when a person says so, and gets it again', async () => {
    const tab = await tabs.open()
    await tab.join()
    await tab.page.locator('#consume-topic').fill('parcels')
    await tab.page.locator('#consume-channel').fill('here')
    await tab.button('Join channel').click()
    const consumer = tab.page.locator('.consumer[data-channel=here]')
    await consumer.getByLabel('Refuse the next').check()
    await tab.page.locator('#publish-topic').fill('parcels')
    await tab.button('Publish').click()
    await consumer.locator('li[data-state=nacked]').waitFor()
    await consumer.locator('li[data-state=acked]', { hasText: 'delivery 2' }).waitFor()
    await consumer.locator('[data-count=redelivered]', { hasText: /^1$/ }).waitFor()
  })

  it('claims no order twice because another channel gets it too; of two that are under way, refuses one', async () => {
    const tab = await tabs.open()
    await tab.join()
    await tab.button('Join channel').click()
    await tab.page.locator('.consumer[data-channel=billing]').waitFor()
    await tab.button('Take an own one').click()
    await tab.button('Join channel').click()
    const own = tab.page.locator('.consumer:not([data-channel=billing])')
    await own.waitFor()
    await tab.button('Publish 20').click()
    // a keeper may still bring orders of a tab that an earlier test closed: they come on top
    const acked = async (): Promise<number> => Number(await own.locator('[data-count=acked]').innerText())
    await until(async () => Number.parseInt(await tab.page.locator('#shares p').innerText()) >= 20)
    await until(async () => await acked() >= 20)
    expect(await tab.page.locator('#shares [data-twice]').getAttribute('data-twice')).to.equal('0')

    await own.getByLabel('Slow').check()
    await own.getByLabel('Refuse the next').check()
    const before = await acked()
    await tab.button('Publish 20').click()
    await until(async () => await acked() >= before + 20)
    expect(await own.locator('[data-count=nacked]').innerText()).to.equal('1')
    expect(await tab.page.locator('#shares [data-twice]').getAttribute('data-twice')).to.equal('0')
  })

  it('two tabs join by the share link; a call crosses; one that is closed is missed at once, and its links move', async () => {
    const first = await tabs.open()
    const firstName = await first.join()
    const second = await tabs.open(await first.shareLink())
    const secondName = await second.join()
    await first.node(secondName).waitFor()
    await second.node(firstName).waitFor()
    const there = await second.call({ service: 'tab', node: firstName, args: '{"from":"second"}' })
    expect(there).to.include({ outcome: 'done', node: firstName })
    await first.event(`${secondName} called hello from second`).waitFor()

    // Tokens of a service of tabs have nobody to decide, and go where everybody would take them.
    const token = await linkedTo(first, { service: 'tab', method: 'hello', args: '{}' }, secondName)
    await second.close()
    await first.node(secondName).waitFor({ state: 'detached' })
    await first.event(`${secondName} (tab) left`).waitFor()
    expect((await first.call({ service: 'tab', method: 'hello', token, args: '{}' })).node).to.equal(firstName)
    await first.page.locator(`#tokens tr[data-token=${token}]`, { hasText: `came from ${secondName}` }).waitFor()
  })

  it('cuts the relay off, goes on with the tab that it knows, and joins it again when it is given back', async () => {
    const first = await tabs.open()
    await first.join()
    await first.reachable()
    const second = await tabs.open(await first.shareLink())
    const secondName = await second.join()
    await second.reachable()
    await first.node(secondName).waitFor()
    expect((await first.call({ service: 'tab', node: secondName, args: '{}' })).outcome).to.equal('done')
    await first.node(secondName).locator('[data-transport=webrtc]').waitFor()
    await first.button('Cut the relay off').click()
    await first.event('this tab is cut off from relay').waitFor()
    await first.page.locator('#self-reached[data-reached=false]').waitFor()
    expect((await first.call({ service: 'tab', node: secondName, args: '{}' })).outcome).to.equal('done')
    await first.button('Give the relay back').click()
    await first.reachable()
    await first.button('Cut the relay off').waitFor()
  })

  it('a tab that stands still is missed, moves no term, and accuses nobody when it runs again', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    const witness = await tabs.open()
    await witness.join()
    await witness.node(name).waitFor()
    const terms = async ({ page }: Tab): Promise<string[]> => page.locator('#leaders .timeline .term').allInnerTexts()
    const both = async (): Promise<string[][]> => Promise.all([tab, witness].map(terms))
    const counted = async ({ page }: Tab, hasText: string | RegExp): Promise<number> => page.locator('#events .log li', { hasText }).count()
    const missed = new RegExp(`${name} \\(tab\\) is (suspect|gone)$`)
    for (const page of [tab, witness]) await until(async () => Math.min(await term(page, 'login'), await term(page, 'mail')) > 0)
    const asked = performance.now()
    // longer than anybody is let wait
    const answered = fetch(`${tabs.stage.url}still?ms=3600000`).then(({ status }) => ({ status, after: performance.now() - asked }))
    /** Once no term has moved for as long as a pause takes. */
    const calm = async (): Promise<string[][]> => until(async () => {
      const was = await both()
      const looked = performance.now()
      await until(() => performance.now() - looked >= 6_000)
      return String(await both()) === String(was) ? was : undefined
    })
    // Who takes the cores from the voters moves a term, too; what a pause does it would do each time.
    for (let attempt = 1; ; attempt++) {
      const before = attempt === 1 ? await both() : await calm()
      const missedBefore = await counted(witness, missed)
      await tab.button('Pause this tab for 6 s').click()
      await until(async () => await counted(witness, missed) > missedBefore)
      await until(async () => await counted(tab, 'this tab runs again') === attempt)
      await tab.page.locator('#status[data-status=joined]').waitFor()
      await witness.node(name).waitFor()
      await until(async () => (await tab.call({ service: 'login' })).outcome === 'done')
      expect(await counted(tab, /\) is gone$/)).to.equal(0)
      const after = await both()
      if (attempt < 3 && String(after) !== String(before)) continue
      expect(after).to.deep.equal(before)
      break
    }
    const { status, after } = await answered
    expect(status).to.equal(204)
    expect(after).to.be.within(9_000, 20_000)
  })

  it('a leader steps down when it is asked to, and the page shows the new term', async () => {
    const tab = await tabs.open()
    await tab.join()
    await until(async () => await term(tab, 'login') > 0)
    const before = await term(tab, 'login')
    const stepDown = tab.page.getByRole('button', { name: /^Step down .* of login$/ })
    const told = tab.event(/login: login-\d stepped down/)
    await until(async () => {
      if (await told.isVisible()) return await term(tab, 'login') > before
      // a leader whose voters are not connected yet refuses, and the office may move by itself before it is asked
      if (await stepDown.isVisible()) await stepDown.click({ timeout: 1_000 })
      return false
    }, { interval: 500 })
  })

  it('the process that leads dies: a new term, its links move, and calls go on', async () => {
    const { demo } = tabs.stage
    const tab = await tabs.open()
    await tab.join()
    await until(async () => await term(tab, 'login') > 0)
    await tab.button('Link 9 tokens').click()
    await tab.page.locator('#tokens tr[data-token=user-9] .peer').waitFor()
    // with fewer its own group may end with it: another one is founded, whose terms begin anew
    const voters = tab.page.locator('#leaders [data-service=login] .facts dd').first()
    await until(async () => (await voters.innerText()).split(', ').length === 3, { what: 'three voters' })
    const before = await term(tab, 'login')
    const victim = await leader(tab, 'login')
    // of nine tokens none may lead to it
    const token = await linkedTo(tab, { service: 'login' }, victim)
    const pid = demo.pids.get(victim) ?? 0
    process.kill(pid, 'SIGKILL')
    await tab.node(victim).waitFor({ state: 'detached' })
    await until(async () => await term(tab, 'login') > before && await leader(tab, 'login') !== victim)
    await demo.prints(new RegExp(`${victim} \\(process ${pid}\\) was killed by SIGKILL; the mesh goes on without it`))
    await until(async () => await tab.page.locator('#leaders [data-service=login] .timeline li').count() > 1)
    const after = await tab.call({ service: 'login', times: 'Call ×100' })
    expect(after.text).to.contain('100 of 100 answered').and.not.to.contain(victim)
    await until(async () => {
      // a call that failed in the gap leaves its token without a link, until the next one
      await tab.button('Call each once').click()
      return !(await tab.page.locator('#tokens tbody tr td:nth-child(3)').allInnerTexts()).some(text => text.startsWith(victim) || text.startsWith('not linked'))
    }, { interval: 1_000 })
    expect(await tab.page.locator(`#tokens tr[data-token=${token}]`).innerText()).to.contain(`came from ${victim}`)
  })

  it('a tab that is killed is found out by the others, and joins again', async () => {
    const tab = await tabs.open()
    const name = await tab.join()
    const witness = await tabs.open()
    await witness.join()
    await witness.node(name).waitFor()
    await tab.button("Kill this tab's node").click()
    await witness.node(name).waitFor({ state: 'detached' })
    await tab.join()
    await witness.node(name).waitFor()
  })

  it('a direct path between two tabs appears, and carries on when the relay is killed', async () => {
    const { demo, url } = tabs.stage
    const first = await tabs.open()
    const firstName = await first.join()
    await first.reachable()
    const second = await tabs.open(await first.shareLink())
    const secondName = await second.join()
    await second.reachable()
    await first.node(secondName).waitFor()
    expect((await first.call({ service: 'tab', node: secondName, args: '{}' })).outcome).to.equal('done')
    for (const [tab, name] of [[first, secondName], [second, firstName]] as const) await tab.node(name).locator('[data-transport=webrtc]').waitFor()
    await first.event(`a direct path to ${secondName}`).waitFor()
    // nobody outside was asked for an address
    for (const tab of [first, second]) {
      const servers = await tab.iceServers()
      expect(servers).to.deep.equal(servers.map(() => [])).and.not.to.deep.equal([])
    }

    process.kill(demo.pids.get('relay') ?? 0, 'SIGKILL')
    await first.node('relay').waitFor({ state: 'detached' })
    expect(await first.node(secondName).locator('[data-transport=webrtc]').count()).to.equal(1)
    expect((await first.call({ service: 'tab', node: secondName, args: '{}' })).outcome).to.equal('done')
    expect((await second.call({ service: 'tab', node: firstName, args: '{}' })).outcome).to.equal('done')
    expect(await first.page.locator('#status').getAttribute('data-status')).to.equal('joined')
    expect(new URL(url).hostname).to.equal('127.0.0.1')
  })

  it('tells a person what to do when the mesh is gone', async () => {
    const { demo } = tabs.stage
    // Without its relay nobody new comes in: this tab looks for the way, and says what it found.
    const tab = await tabs.open()
    await tab.button('Join the mesh').click()
    await tab.page.getByText('There is no way into the mesh').waitFor()
    expect(await tab.page.locator('#status').getAttribute('data-status')).to.equal('isolated')
    demo.kill('SIGINT')
    expect(await demo.exit).to.deep.equal({ code: 0, signal: null })
    expect(demo.output).to.contain('all processes stopped')
    await tab.button('Leave').click()
    await tab.button('Join the mesh').click()
    await tab.page.getByText('The server of this page does not answer').waitFor()
  })
})
