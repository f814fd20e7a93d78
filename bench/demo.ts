/** What a person waits for on the page of `npm start`: its first paint, and to be in the mesh after the click. A profile of its own for each load, nothing cached. */
import { DemoProcess } from '../test/e2e/demo-process.ts'
import { launch, Tab } from '../test/e2e/browser.ts'
import { median, printFigure } from './lib/figures.ts'
import type { Browser } from 'playwright-core'

const LOADS = 9

const BARS: Readonly<Record<string, number>> = {
  'demo page: first paint, ms after navigation (median)': 1_000,
  'demo page: joined, ms after the click (median)': 3_000
}

interface Load {
  paint: number
  /** Until the page says that it is in the mesh. */
  joined: number
  /** Until it shows the services and what they offer. */
  shown: number
}

async function load (browser: Browser, url: string): Promise<Load> {
  const context = await browser.newContext()
  try {
    const tab = await Tab.open(context, url)
    const paint = await tab.page.evaluate(async () => new Promise<number>(resolve => {
      new PerformanceObserver((list, observer) => {
        for (const { name, startTime } of list.getEntries()) {
          if (name !== 'first-contentful-paint') continue
          observer.disconnect()
          resolve(startTime)
        }
      }).observe({ type: 'paint', buffered: true })
    }))
    await tab.page.evaluate(() => {
      addEventListener('click', () => performance.mark('click'), { capture: true, once: true })
      new MutationObserver((_, observer) => {
        if (document.querySelector('#status[data-status=joined]') === null) return
        observer.disconnect()
        performance.mark('joined')
      }).observe(document.body, { subtree: true, childList: true, attributes: true })
    })
    const begin = performance.now()
    await tab.join()
    const shown = performance.now() - begin
    const joined = await tab.page.evaluate(() => performance.measure('join', 'click', 'joined').duration)
    await tab.close()
    return { paint, joined, shown }
  } finally {
    await context.close()
  }
}

/** Prints a table beside the bars, and resolves to the figures by name. */
export async function run (): Promise<Record<string, number>> {
  await using demo = new DemoProcess(['--port', '0'])
  const [url, browser] = await Promise.all([demo.ready(), launch()])
  try {
    const loads: Load[] = []
    for (let i = 0; i < LOADS; i++) loads.push(await load(browser, url))
    const of = (name: keyof Load): number[] => loads.map(one => one[name])
    const figures = {
      'demo page: first paint, ms after navigation (median)': median(of('paint')),
      '  slowest': Math.max(...of('paint')),
      'demo page: joined, ms after the click (median)': median(of('joined')),
      '  slowest ': Math.max(...of('joined')),
      '  services and methods shown, ms after the click (median)': median(of('shown'))
    }
    for (const [name, value] of Object.entries(figures)) printFigure(name, value, BARS[name])
    return figures
  } finally {
    await browser.close()
  }
}
