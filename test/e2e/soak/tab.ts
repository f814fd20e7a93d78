/** One tab of the soak: the page, what it told, and what a person or a browser does to it. */
import { until } from '../../harness/until.ts'
import { MESH } from './fleet.ts'
import type { CdpPage, Chromium } from './chromium.ts'
import type { Ledger } from './ledger.ts'
import type { SoakPage, TabState } from './page.ts'
import type { Told } from './work.ts'

declare const soak: SoakPage

export interface TabInit {
  readonly browser: Chromium
  readonly context: string
  readonly url: string
  readonly bootstrap: readonly string[]
  readonly storage: string | undefined
  readonly ledger: Ledger
  readonly label: string
  readonly seed: number
}

export interface Metrics { readonly heap: number, readonly listeners: number, readonly nodes: number }

export class SoakTab {
  readonly #init: TabInit
  #page: CdpPage | undefined
  id = ''
  /** The place that it has in the storage. */
  place: string | undefined
  /** Something is being done to it. */
  busy = true
  /** It ended, as it was told to or not. */
  gone = false
  /** Pages that its script was loaded in. */
  lives = 0

  constructor (init: TabInit) {
    this.#init = init
  }

  get label (): string {
    return this.#init.label
  }

  get context (): string {
    return this.#init.context
  }

  get storage (): string | undefined {
    return this.#init.storage
  }

  get page (): CdpPage {
    if (this.#page === undefined) throw new Error(`${this.label} is not open`)
    return this.#page
  }

  async open (): Promise<void> {
    const { browser, context, url } = this.#init
    this.#page = await browser.newPage(context, (method, params) => { this.#onEvent(method, params) })
    for (const domain of ['Runtime', 'Page', 'Network', 'Performance', 'Inspector']) await this.page.send(`${domain}.enable`)
    await this.page.send('Runtime.addBinding', { name: 'tell' })
    await this.page.send('Page.navigate', { url })
    await this.begin()
    this.busy = false
  }

  /** Its script makes a node, and works. */
  async begin (): Promise<void> {
    const { bootstrap, storage, seed, ledger } = this.#init
    await this.#loaded()
    const life = this.lives++
    const options = { mesh: MESH, service: 'tab', name: this.label, bootstrap: [...bootstrap], ...storage === undefined ? {} : { storage } }
    const started = await this.page.evaluate(async (options, label, seed) => soak.start(options, label, seed), options, `${this.label}-${life}`, seed + life)
    this.id = started.id
    this.place = started.storage
    ledger.name(this.id, this.label)
  }

  async #loaded (): Promise<void> {
    await until(async () => this.page.evaluate(() => 'soak' in globalThis && document.readyState === 'complete'), { interval: 50 })
  }

  #onEvent (method: string, params: any): void {
    const { ledger } = this.#init
    const error = (text: string): void => { ledger.note(this.id, { type: 'error', at: Date.now(), text }) }
    if (method === 'Runtime.bindingCalled') ledger.note(this.id, JSON.parse(params.payload) as Told)
    else if (method === 'Runtime.exceptionThrown') error(`exception: ${params.exceptionDetails.exception?.description ?? params.exceptionDetails.text}`)
    else if (method === 'Runtime.consoleAPICalled' && (params.type === 'error' || params.type === 'warning')) {
      error(`console.${params.type}: ${params.args.map(({ value, description }: { value?: unknown, description?: string }) => description ?? String(value)).join(' ')}`)
    } else if (method === 'Inspector.targetCrashed' && !this.gone) {
      // what runs in the same process goes with it
      ledger.fault(this.id, 'crash')
      this.gone = true
    }
  }

  /** @param kind - what it is called in what is reported */
  async suffers (kind: string, act: () => Promise<void>): Promise<void> {
    const healed = this.#init.ledger.fault(this.id, kind)
    const { id } = this
    try {
      await act()
    } finally {
      if (!this.gone && this.id === id) healed()
    }
  }

  /** As by the person: `pagehide` is told. */
  async close (): Promise<void> {
    this.#init.ledger.fault(this.id, 'close')
    this.gone = true
    await this.page.send('Page.close')
  }

  /** The renderer dies: nothing is told. */
  async crash (): Promise<void> {
    this.#init.ledger.fault(this.id, 'crash')
    this.gone = true
    this.page.send('Page.crash').catch(() => {})
    await new Promise(resolve => { setTimeout(resolve, 500) })
    await this.page.closeTarget()
  }

  async reload (): Promise<void> {
    const healed = this.#init.ledger.fault(this.id, 'reload')
    const before = this.id
    await this.page.evaluate(() => { Object.assign(globalThis, { old: true }) })
    await this.page.send('Page.reload')
    await until(async () => this.page.evaluate(() => !('old' in globalThis)), { interval: 50 })
    await this.begin()
    if (this.id === before) healed()
  }

  /** Away to another page, and back. Resolves to whether it came from the cache. */
  async awayAndBack (ms: number): Promise<boolean> {
    const { url } = this.#init
    await this.page.send('Page.navigate', { url: `${url}another` })
    await until(async () => this.page.evaluate(() => location.pathname === '/another'), { interval: 50 })
    await new Promise(resolve => { setTimeout(resolve, ms) })
    const { currentIndex, entries } = await this.page.send<{ currentIndex: number, entries: Array<{ id: number }> }>('Page.getNavigationHistory')
    await this.page.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1]?.id })
    await until(async () => this.page.evaluate(() => location.pathname === '/'), { interval: 50 })
    await this.#loaded()
    const kept = await this.page.evaluate(() => soak.mesh !== undefined)
    if (!kept) await this.begin()
    return kept
  }

  async frozen (ms: number): Promise<void> {
    await this.page.send('Page.setWebLifecycleState', { state: 'frozen' })
    await new Promise(resolve => { setTimeout(resolve, ms) })
    await this.page.send('Page.setWebLifecycleState', { state: 'active' })
  }

  /** @param conditions - of the DevTools protocol */
  async network (conditions: object, ms: number): Promise<void> {
    const normal = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
    await this.page.send('Network.emulateNetworkConditions', { ...normal, ...conditions })
    await new Promise(resolve => { setTimeout(resolve, ms) })
    await this.page.send('Network.emulateNetworkConditions', { ...normal, packetLoss: 0 })
  }

  async clearDatabases (): Promise<void> {
    await this.page.send('Storage.clearDataForOrigin', { origin: new URL(this.#init.url).origin, storageTypes: 'indexeddb' })
  }

  async stopWork (): Promise<void> {
    await this.page.evaluate(() => { soak.stopWork() })
  }

  async state (): Promise<TabState> {
    return this.page.evaluate(() => soak.state()).catch((cause: Error) => { throw new Error(`${this.label}: ${cause.message}`, { cause }) })
  }

  /** After what can be collected is. */
  async metrics (): Promise<Metrics> {
    await this.page.send('HeapProfiler.collectGarbage')
    const { metrics } = await this.page.send<{ metrics: Array<{ name: string, value: number }> }>('Performance.getMetrics')
    const of = (name: string): number => metrics.find(metric => metric.name === name)?.value ?? Number.NaN
    return { heap: of('JSHeapUsedSize'), listeners: of('JSEventListeners'), nodes: of('Nodes') }
  }
}
