import { expect } from 'chai'
import { PageLife } from '../../src/page-life.ts'
import type { Life } from '../../src/page-life.ts'

type Doc = EventTarget & Pick<Document, 'visibilityState'>

/** A page whose clocks, visibility and network a test sets. */
class FakePage extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' }) as EventTarget & { visibilityState: DocumentVisibilityState }
  readonly navigator = { onLine: true }
  readonly told: string[] = []
  now = 1_000
  wall = 1_700_000_000_000
  readonly life: PageLife

  constructor (page: { document?: Doc, navigator?: object, addEventListener?: undefined } = {}) {
    super()
    const listener = {
      onChange: ({ page, online }: Life, before: Life) => { this.told.push(`${before.page} ${before.online} -> ${page} ${online}`) },
      onRest: (as: string, kept: boolean) => { this.told.push(as === 'left' ? `hide ${kept}` : 'freeze') },
      onWake: (slept: number) => { this.told.push(`wake ${slept}`) }
    }
    const fake = { document: this.document, navigator: this.navigator, addEventListener: this.addEventListener.bind(this), ...page }
    this.life = new PageLife(listener, fake as ConstructorParameters<typeof PageLife>[1], () => ({ now: this.now, wall: this.wall }))
    this.life.start()
  }

  pass (ms: number, { still = false } = {}): void {
    if (!still) this.now += ms
    this.wall += ms
  }

  see (state: DocumentVisibilityState): void {
    this.document.visibilityState = state
    this.document.dispatchEvent(new Event('visibilitychange'))
  }

  transition (type: 'pagehide' | 'pageshow', persisted: boolean): void {
    this.dispatchEvent(Object.assign(new Event(type), { persisted }))
  }

  network (onLine: boolean): void {
    this.navigator.onLine = onLine
    this.dispatchEvent(new Event(onLine ? 'online' : 'offline'))
  }

  /** Since the last call of it. */
  fresh (): string[] {
    return this.told.splice(0)
  }
}

describe('the life of a page or process', () => {
  const pages: FakePage[] = []
  function open (...args: ConstructorParameters<typeof FakePage>): FakePage {
    const page = new FakePage(...args)
    pages.push(page)
    return page
  }
  afterEach(() => { for (const page of pages.splice(0)) page.life.stop() })

  /** The clocks are looked at once a second by a timer; a test cannot wait for a minute of it. */
  function look (page: FakePage): void {
    page.document.dispatchEvent(new Event('visibilitychange'))
  }

  it('tells what is seen of the page, and what of the network', () => {
    const page = open()
    expect(page.life.life).to.deep.equal({ page: 'visible', online: true })
    page.see('hidden')
    page.network(false)
    page.network(true)
    page.see('visible')
    expect(page.fresh()).to.deep.equal(['visible true -> hidden true', 'hidden true -> hidden false', 'hidden false -> hidden true', 'hidden true -> visible true'])
    page.dispatchEvent(new Event('online'))
    expect(page.fresh()).to.deep.equal([])
  })

  it('tells of each freeze and each return once, and how long it took, also when a clock stood still in it', () => {
    for (const still of [false, true]) {
      const page = open()
      page.see('hidden')
      page.fresh()
      page.document.dispatchEvent(new Event('freeze'))
      expect(page.life.life.page).to.equal('frozen')
      page.pass(60_000, { still })
      page.document.dispatchEvent(new Event('resume'))
      look(page)
      page.transition('pageshow', true)
      page.document.dispatchEvent(new Event('resume'))
      expect(page.fresh()).to.deep.equal(['freeze', 'hidden true -> frozen true', 'frozen true -> hidden true', 'wake 60000'])
    }
  })

  it('tells a page that may come back from the cache from one that dies', () => {
    const page = open()
    page.transition('pagehide', true)
    page.pass(5_000)
    page.transition('pageshow', true)
    expect(page.fresh()).to.deep.equal(['hide true', 'visible true -> left true', 'left true -> visible true', 'wake 5000'])
    // as Chromium tells it
    page.transition('pagehide', true)
    page.see('hidden')
    page.document.dispatchEvent(new Event('freeze'))
    page.pass(5_000)
    page.document.dispatchEvent(new Event('resume'))
    page.see('visible')
    page.transition('pageshow', true)
    expect(page.fresh()).to.deep.equal(['hide true', 'visible true -> left true', 'left true -> hidden true', 'wake 5000', 'hidden true -> visible true'])
    page.transition('pagehide', false)
    page.transition('pageshow', false)
    expect(page.fresh()).to.deep.equal(['hide false', 'visible true -> left true'])
  })

  it('tells what became of the network once the page runs again: who rests takes up nothing', () => {
    const page = open()
    const rests = { frozen: () => { page.document.dispatchEvent(new Event('freeze')) }, left: () => { page.transition('pagehide', true) } }
    for (const [as, rest] of Object.entries(rests)) {
      page.network(false)
      // it is back, and nobody has told
      page.navigator.onLine = true
      page.fresh()
      rest()
      page.dispatchEvent(new Event('online'))
      expect(page.fresh().slice(1)).to.deep.equal([`visible false -> ${as} false`])
      page.pass(1_000)
      page.document.dispatchEvent(new Event('resume'))
      expect(page.fresh()).to.deep.equal([`${as} false -> visible true`, 'wake 1000'])
    }
  })

  it('finds a sleep of which nobody told by either clock', () => {
    for (const still of [false, true]) {
      const page = open()
      page.pass(3_600_000, { still })
      look(page)
      look(page)
      expect(page.fresh()).to.deep.equal(['wake 3599000'])
    }
  })

  it('takes neither a busy machine, nor the slow timers of a hidden tab, nor a clock that is set back for a sleep', () => {
    const page = open()
    page.pass(4_000)
    look(page)
    page.wall -= 3_600_000
    look(page)
    page.see('hidden')
    page.fresh()
    for (let i = 0; i < 5; i++) {
      page.pass(60_000)
      look(page)
    }
    page.pass(60_000)
    page.see('visible')
    expect(page.fresh()).to.deep.equal(['hidden true -> visible true'])
    page.see('hidden')
    page.pass(120_000)
    page.see('visible')
    expect(page.fresh()).to.deep.equal(['visible true -> hidden true', 'wake 119000', 'hidden true -> visible true'])
  })

  it('says nothing after it was stopped', () => {
    const page = open()
    page.life.stop()
    page.document.dispatchEvent(new Event('freeze'))
    page.see('hidden')
    page.network(false)
    expect(page.fresh()).to.deep.equal([])
  })

  it('needs no document, as in a worker, and nothing at all, as in Node', async () => {
    const worker = open({ document: undefined as unknown as Doc })
    worker.network(false)
    expect(worker.fresh()).to.deep.equal(['visible true -> visible false'])
    const node = open({ document: undefined as unknown as Doc, navigator: {}, addEventListener: undefined })
    expect(node.life.life).to.deep.equal({ page: 'visible', online: true })
    for (const page of [worker, node]) page.pass(60_000, { still: true })
    // by its own timer
    while (worker.told.length === 0 || node.told.length === 0) await new Promise(resolve => { setTimeout(resolve, 10) })
    expect([worker.fresh(), node.fresh()]).to.deep.equal([['wake 59000'], ['wake 59000']])
  })
})
