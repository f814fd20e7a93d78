/**
 * A tab that is driven by the DevTools protocol alone: playwright keeps its own pages focused, and a page that counts as
 * visible is never frozen.
 */
import { until } from '../harness/until.ts'
import type { Browser, CDPSession } from 'playwright-core'

interface Reply {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Evaluated {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string, readonly exception?: { readonly description?: string } }
}

export class RawTab implements AsyncDisposable {
  readonly #browser: CDPSession
  readonly #targetId: string
  readonly #sessionId: string
  readonly #waiting = new Map<number, { resolve (value: unknown): void, reject (error: Error): void }>()
  #next = 0

  constructor (browser: CDPSession, targetId: string, sessionId: string) {
    this.#browser = browser
    this.#targetId = targetId
    this.#sessionId = sessionId
    browser.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      if (sessionId !== this.#sessionId) return
      const { id, result, error } = JSON.parse(message) as Reply
      const waiting = this.#waiting.get(id ?? -1)
      this.#waiting.delete(id ?? -1)
      if (error == null) waiting?.resolve(result)
      else waiting?.reject(new Error(error.message))
    })
  }

  /** Resolves when the page's script has run; see tab-page.ts. */
  static async open (browser: Browser, url: string): Promise<RawTab> {
    const session = await browser.newBrowserCDPSession()
    const { targetId } = await session.send('Target.createTarget', { url })
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false })
    const tab = new RawTab(session, targetId, sessionId)
    await until(async () => tab.evaluate(() => 'tab' in globalThis))
    return tab
  }

  async #send <T> (method: string, params: object): Promise<T> {
    const id = ++this.#next
    const reply = new Promise<unknown>((resolve, reject) => { this.#waiting.set(id, { resolve, reject }) })
    await this.#browser.send('Target.sendMessageToTarget', { sessionId: this.#sessionId, message: JSON.stringify({ id, method, params }) })
    return await reply as T
  }

  /** Runs the function in the page, with an argument that JSON can carry. Does not answer while the page is frozen. */
  async evaluate <T, A = undefined> (run: (argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    const expression = `(${run.toString()})(${JSON.stringify(argument)})`
    const { result, exceptionDetails } = await this.#send<Evaluated>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails != null) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }

  async freeze (): Promise<void> {
    await this.#send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  async wake (): Promise<void> {
    await this.#send('Page.setWebLifecycleState', { state: 'active' })
  }

  /** As by DevTools: the browser tells the page, and lets nothing through. */
  async offline (offline: boolean): Promise<void> {
    await this.#send('Network.enable', {})
    await this.#send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  }

  /** As by a link: the page before it goes into the history, and into the back/forward cache if it may. */
  async navigate (url: string): Promise<void> {
    await this.#send('Page.navigate', { url })
    await until(async () => await this.evaluate(() => location.href) === url)
  }

  /** As by the button. */
  async back (): Promise<void> {
    const { currentIndex, entries } = await this.#send<{ currentIndex: number, entries: Array<{ id: number }> }>('Page.getNavigationHistory', {})
    await this.#send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1]?.id })
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#targetId })
    await this.#browser.detach()
  }
}
