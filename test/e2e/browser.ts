/** A real Chromium, and what a person does with the demo page in it. */
import { chromium } from 'playwright-core'
import { findChromium } from '../../scripts/chromium.ts'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'

// Without the last one a tab tells others a name that only multicast could resolve instead of its address.
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-features=WebRtcHideLocalIpsWithMdns']

export async function launch (): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ARGS })
}

/** A browser that a test treats as people do: it keeps pages that are left, and all of it can be stopped. */
export interface WholeBrowser extends AsyncDisposable {
  readonly browser: Browser
  /** Nothing of it runs, as on a laptop that sleeps, until it wakes. */
  sleep (): void
  wake (): void
}

export async function launchWhole (): Promise<WholeBrowser> {
  // playwright's own pages cannot come back from the cache
  const server = await chromium.launchServer({ executablePath: findChromium(), args: ARGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] })
  const browser = await chromium.connect(server.wsEndpoint())
  // it leads a process group of its own
  const signal = (name: NodeJS.Signals): void => { process.kill(-(server.process().pid as number), name) }
  return {
    browser,
    sleep: () => { signal('SIGSTOP') },
    wake: () => { signal('SIGCONT') },
    [Symbol.asyncDispose]: async () => {
      signal('SIGCONT')
      await browser.close()
      await server.close()
    }
  }
}

interface Gathering extends Window { asked: RTCConfiguration[] }

/** Runs in the page, before its own scripts: what each of its direct paths is configured with. */
function gatherDirect (): void {
  const page = globalThis as unknown as Gathering
  const asked: Gathering['asked'] = page.asked = []
  const { setRemoteDescription } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.setRemoteDescription = async function (description: RTCSessionDescriptionInit) {
    asked.push(this.getConfiguration())
    await Reflect.apply(setRemoteDescription, this, [description])
  }
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
    page.setDefaultTimeout(80_000)
    page.on('pageerror', error => { this.errors.push(error.stack ?? error.message) })
    page.on('console', message => { if (message.type() === 'error' || message.type() === 'warning') this.errors.push(message.text()) })
    page.on('request', request => { this.requests.push(request.url()) })
  }

  static async open (context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(await context.newPage())
    await tab.page.addInitScript(gatherDirect)
    await tab.page.goto(url)
    return tab
  }

  /** Clicks Join; resolves to the tab's name in the mesh when it sees all of the demo's services and what they offer. */
  async join (): Promise<string> {
    await this.page.getByRole('button', { name: 'Join the mesh' }).click()
    await this.page.locator('#status[data-status=joined]').waitFor()
    await this.services('login').waitFor()
    await this.services('mail').waitFor()
    await this.#offered('user.password')
    return this.page.locator('#self-name').innerText()
  }

  /** Resolves when other nodes can dial it. */
  async reachable (): Promise<void> {
    await this.page.locator('#self-reached[data-reached=true]').waitFor()
  }

  async close (): Promise<void> {
    if (this.page.isClosed()) return
    const closed = this.page.waitForEvent('close')
    await this.page.close({ runBeforeUnload: true })
    await closed
  }

  /** STUN and TURN servers that its direct paths may ask, of each path. */
  async iceServers (): Promise<RTCIceServer[][]> {
    return this.page.evaluate(() => (globalThis as unknown as Gathering).asked.map(({ iceServers }) => iceServers ?? []))
  }

  get id (): Promise<string> {
    return this.page.locator('#self-id').innerText()
  }

  /** The link that it shares. */
  async shareLink (): Promise<string> {
    await this.page.getByRole('button', { name: 'Share' }).click()
    const link = await this.page.getByLabel('Link', { exact: true }).inputValue()
    await this.page.keyboard.press('Escape')
    return link
  }

  /** Its row of the list. */
  node (name: string): Locator {
    return this.page.locator(`#nodes tr[data-node="${name}"]`)
  }

  services (name: string): Locator {
    return this.page.locator(`#service-list li[data-service="${name}"]`)
  }

  /** A line of the event log. */
  event (text: string | RegExp): Locator {
    return this.page.locator('#events .log li', { hasText: text }).first()
  }

  button (name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  async #offered (method: string): Promise<void> {
    await this.page.locator('#method').getByRole('option', { name: method, exact: true, includeHidden: true }).waitFor({ state: 'attached' })
  }

  /** A service and its method in the form. */
  async choose (service: string, method?: string): Promise<void> {
    await this.page.locator('#service').selectOption(service)
    if (method == null) return
    await this.#offered(method)
    await this.page.locator('#method').selectOption(method)
  }

  /** Fills the form; resolves to the answer once it is there. */
  async call ({ service, method, args, token = '', node = '', times = 'Call', deadline = 30_000 }: CallInput): Promise<Answer> {
    const { page } = this
    await this.choose(service, method)
    if (args != null) {
      const json = page.getByLabel('Edit as JSON')
      if (await json.count() > 0) await json.check()
      await page.locator('#args').fill(args)
    }
    await page.locator('#token').fill(token)
    await page.locator('#deadline').fill(String(deadline))
    await page.locator('#target').selectOption(node === '' ? '' : { label: node })
    const answer = page.locator('#answer')
    const ended = Number(await answer.getAttribute('data-ended'))
    await this.button(times).click()
    await page.locator(`#answer[data-ended="${ended + 1}"]`).waitFor()
    return {
      outcome: await answer.getAttribute('data-outcome') ?? '',
      node: (await answer.locator('.answerer').allInnerTexts()).join(),
      text: (await answer.innerText()).replace(/\s+/g, ' ')
    }
  }
}

export interface CallInput {
  service: string
  method?: string
  /** JSON; else the example that the form is filled with. */
  args?: string
  token?: string
  /** Name as in the list. */
  node?: string
  /** The button's name. */
  times?: string
  /** Milliseconds. @default 30000 */
  deadline?: number
}

export interface Answer {
  outcome: string
  /** Who answered. */
  node: string
  /** All of it, in one line. */
  text: string
}
