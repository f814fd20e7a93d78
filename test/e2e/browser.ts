/** A real Chromium, and what a person does with the demo page in it. */
import { chromium } from 'playwright-core'
import { findChromium } from '../../scripts/chromium.ts'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'

export async function launch (): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] })
}

/** The demo page in a tab. */
export class Tab {
  readonly page: Page
  /** Errors of scripts and on the console. */
  readonly errors: string[] = []
  /** Every URL that it asked for. */
  readonly requests: string[] = []

  constructor (page: Page) {
    this.page = page
    page.setDefaultTimeout(15_000)
    page.on('pageerror', error => { this.errors.push(error.stack ?? error.message) })
    page.on('console', message => { if (message.type() === 'error' || message.type() === 'warning') this.errors.push(message.text()) })
    page.on('request', request => { this.requests.push(request.url()) })
  }

  static async open (context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(await context.newPage())
    await tab.page.goto(url)
    return tab
  }

  /** Clicks Join; resolves to the tab's name in the mesh when it sees all of the demo's services. */
  async join (): Promise<string> {
    await this.page.getByRole('button', { name: 'Join the mesh' }).click()
    await this.page.locator('#status[data-status=joined]').waitFor()
    await this.services('login').waitFor()
    await this.services('mail').waitFor()
    return this.page.locator('#self-name').innerText()
  }

  /** Resolves when other nodes can dial it. */
  async reachable (): Promise<void> {
    await this.page.locator('#self-reached', { hasText: 'over a relay' }).waitFor()
  }

  async close (): Promise<void> {
    if (this.page.isClosed()) return
    const closed = this.page.waitForEvent('close')
    await this.page.close({ runBeforeUnload: true })
    await closed
  }

  get id (): Promise<string> {
    return this.page.locator('#self-id').innerText()
  }

  /** Its row of the list. */
  node (name: string): Locator {
    return this.page.locator(`#nodes tr[data-node="${name}"]`)
  }

  services (name: string): Locator {
    return this.page.locator(`#services tr[data-key="${name}"]`)
  }

  /** Fills the form; resolves to the answer once it is there. */
  async call ({ service, method, args, token = '', node = 'any', times = 'Call' }: CallInput): Promise<Answer> {
    const { page } = this
    await page.getByLabel('Service', { exact: true }).selectOption(service)
    if (method != null) await page.getByLabel('Method').fill(method)
    if (args != null) await page.getByLabel('Arguments').fill(args)
    await page.getByLabel('Token').fill(token)
    await page.getByLabel('Node', { exact: true }).selectOption(node)
    await page.evaluate(() => { document.getElementById('answer')?.replaceChildren() })
    await page.getByRole('button', { name: times, exact: true }).click()
    const answer = page.locator('#answer:not([aria-busy])')
    await answer.locator('p').waitFor()
    return {
      outcome: await answer.getAttribute('data-outcome') ?? '',
      node: await answer.locator('strong').first().innerText(),
      text: await answer.innerText()
    }
  }
}

export interface CallInput {
  service: string
  method?: string
  args?: string
  token?: string
  /** Name as in the list. */
  node?: string
  /** The button's name. */
  times?: string
}

export interface Answer {
  outcome: string
  /** Who answered, or the error's code. */
  node: string
  text: string
}
