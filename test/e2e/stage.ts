/** One fleet, started by `demo/start.ts`, and one Chromium, for all specs of the page. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { launch } from './browser.ts'
import { DemoProcess } from './demo-process.ts'
import type { Browser } from 'playwright-core'

export const ARTEFACTS = fileURLToPath(new URL('./artefacts/', import.meta.url))

export interface Stage {
  readonly demo: DemoProcess
  /** Of the page. */
  readonly url: string
  readonly browser: Browser
}

let demo: DemoProcess | undefined
let setting: Promise<Stage> | undefined

async function set (): Promise<Stage> {
  await mkdir(ARTEFACTS, { recursive: true })
  demo = new DemoProcess(['--port', '0'])
  const [url, browser] = await Promise.all([demo.ready(), launch()])
  return { demo, url, browser }
}

/** Made at the first call. */
export async function stage (): Promise<Stage> {
  setting ??= set()
  return setting
}

after('the fleet and the browser', async () => {
  const set = await setting?.catch(() => undefined)
  await set?.browser.close()
  await demo?.[Symbol.asyncDispose]()
})
