/**
 * A Chromium that is driven by the DevTools protocol alone, over one socket: with several profiles, the back/forward cache
 * and pages that may be frozen, which playwright's own cannot.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findChromium } from '../../../scripts/chromium.ts'
import type { ChildProcess } from 'node:child_process'

const FLAGS = [
  '--headless=new', '--remote-debugging-port=0', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--disable-features=WebRtcHideLocalIpsWithMdns', '--js-flags=--expose-gc'
]
/** Milliseconds for an answer; a page that is frozen gives none. */
const TIMEOUT = 20_000

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: any
  readonly result?: any
  readonly error?: { readonly message: string }
}

interface Waiting {
  resolve (value: any): void
  reject (error: Error): void
}

export class Chromium implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #socket: WebSocket
  readonly #profile: string
  readonly #waiting = new Map<number, Waiting>()
  readonly #pages = new Map<string, CdpPage>()
  #next = 0

  constructor (process: ChildProcess, socket: WebSocket, profile: string) {
    this.#process = process
    this.#socket = socket
    this.#profile = profile
    socket.onmessage = ({ data }: MessageEvent<string>) => { this.#onMessage(JSON.parse(data) as Message) }
  }

  static async launch (): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'braid-soak-'))
    const child = spawn(findChromium(), [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
    const lines = createInterface(child.stderr)
    const url = await new Promise<string>((resolve, reject) => {
      lines.on('line', line => {
        const [, found] = /DevTools listening on (ws:\S+)/.exec(line) ?? []
        if (found !== undefined) resolve(found)
      })
      child.once('exit', code => { reject(new Error(`Chromium ended with code ${code}`)) })
    })
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = () => { reject(new Error('no DevTools')) }
    })
    return new Chromium(child, socket, profile)
  }

  #onMessage ({ id, sessionId, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error.message))
    } else if (method !== undefined) {
      this.#pages.get(sessionId ?? '')?.onEvent(method, params)
    }
  }

  async send <T = any> (method: string, params: object = {}, sessionId?: string, timeout = TIMEOUT): Promise<T> {
    const id = ++this.#next
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        timer = setTimeout(() => { reject(new Error(`no answer to ${method} in ${timeout} ms`)) }, timeout)
        this.#socket.send(JSON.stringify({ id, method, params, ...sessionId === undefined ? {} : { sessionId } }))
      })
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** A profile of its own. */
  async newContext (): Promise<string> {
    return (await this.send<{ browserContextId: string }>('Target.createBrowserContext')).browserContextId
  }

  async newPage (browserContextId: string, onEvent: CdpPage['onEvent']): Promise<CdpPage> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank', browserContextId })
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
    const page = new CdpPage(this, targetId, sessionId, onEvent)
    this.#pages.set(sessionId, page)
    return page
  }

  /** Pids of what runs pages. */
  async [Symbol.asyncDispose] (): Promise<void> {
    this.#socket.onmessage = null
    this.#socket.close()
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

export class CdpPage {
  readonly #browser: Chromium
  readonly #sessionId: string
  readonly targetId: string
  readonly onEvent: (method: string, params: any) => void

  constructor (browser: Chromium, targetId: string, sessionId: string, onEvent: CdpPage['onEvent']) {
    this.#browser = browser
    this.targetId = targetId
    this.#sessionId = sessionId
    this.onEvent = onEvent
  }

  async send <T = any> (method: string, params: object = {}, timeout?: number): Promise<T> {
    return this.#browser.send<T>(method, params, this.#sessionId, timeout)
  }

  /** Runs the function in the page, with arguments that JSON can carry. */
  async evaluate <T, A extends unknown[]> (run: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    const expression = `(${run.toString()})(...${JSON.stringify(args)})`
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails != null) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }

  async closeTarget (): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.targetId })
  }
}
