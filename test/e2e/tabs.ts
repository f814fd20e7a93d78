/** Tabs of a spec: closed after each test as a person closes them, and what they complained of. */
import { stage } from './stage.ts'
import { Tab } from './browser.ts'
import type { Stage } from './stage.ts'
import type { BrowserContext, BrowserContextOptions } from 'playwright-core'

export interface Tabs {
  /** A tab of a browser profile of its own. */
  open (url?: string, options?: BrowserContextOptions): Promise<Tab>
  readonly stage: Stage
}

/** The browser itself reports a WebSocket that nobody answers any more, and a fetch that found no file. */
const BROWSER = /^WebSocket connection to 'ws:.* failed|net::ERR_CONNECTION_REFUSED/

/** To be called in a `describe`. */
export function useTabs (): Tabs {
  const tabs: Tab[] = []
  const contexts: BrowserContext[] = []
  const problems: string[] = []
  let set: Stage | undefined

  before(async function () {
    this.timeout(300_000)
    set = await stage()
  })

  afterEach(async function () {
    // So that the next test meets no tab that is about to be missed.
    await Promise.all(tabs.map(async tab => tab.close()))
    await Promise.all(contexts.splice(0).map(async context => context.close()))
    const title = this.currentTest?.title ?? ''
    for (const { errors } of tabs.splice(0)) problems.push(...errors.filter(error => !BROWSER.test(error)).map(error => `${title}: ${error}`))
  })

  after('no error was written to the console', () => {
    if (problems.length > 0) throw new Error(problems.join('\n'))
  })

  return {
    get stage () {
      if (set == null) throw new Error('the stage is not set')
      return set
    },
    async open (url, options) {
      const { browser, url: home } = this.stage
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce', ...options })
      contexts.push(context)
      const tab = await Tab.open(context, url ?? home)
      tabs.push(tab)
      return tab
    }
  }
}
