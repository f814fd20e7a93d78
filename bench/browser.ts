/**
 * What a browser tab gets and costs: a real Chromium, a relay and services in processes of their own, on loopback.
 * Removals are timed where they are seen, on the clock that all processes of a machine share.
 */
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { browserVersion, findChromium } from '../scripts/chromium.ts'
import { wallClock } from '../test/harness/ipc.ts'
import { spawnNode } from '../test/harness/processes.ts'
import { until } from '../test/harness/until.ts'
import { median, printFigure, quantile } from './lib/figures.ts'
import type { Load, PageBench, PageOptions } from './peers/page.ts'
import type { NodeProcess } from '../test/harness/processes.ts'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserServer, Page } from 'playwright-core'

const MESH = 'bench'
/** Page loads whose phases are measured, and pages that join in a row. */
const LOADS = 8
const ROW = 20
const CALLS = 300
/** What is measured beside a plain WebSocket, rounds of so many milliseconds each. */
const LOADED = [{ inflight: 1, bytes: 128 }, { inflight: 64, bytes: 128 }, { inflight: 1, bytes: 4_096 }, { inflight: 64, bytes: 4_096 }] as const
const ROUNDS = 5
const ROUND_MS = 500
const BYTES = 128
/** Direct paths that one page makes to another, one after the other. */
const DIALS = 200
/** Seconds of idling that are measured, and tabs whose cost to others is. */
const IDLE = 30
const TABS = 8

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking',
  '--disable-component-update', '--disable-features=WebRtcHideLocalIpsWithMdns'
]

/** What each figure must not exceed. */
const BARS: Readonly<Record<string, number>> = {
  'page load to first answered call, ms (median)': 3_000,
  'call page to Node, ms (p50)': 4,
  'call page to page over the relay, ms (p50)': 12,
  [`WebRTC dials of ${DIALS} in a row that failed`]: 0,
  [`pages of ${ROW} in a row that did not join`]: 0,
  'tab closed: removed by all, ms': 1_000,
  'page left for another: removed by all, ms': 1_000,
  'browser killed: removed by all, ms': 3_000,
  'idle page: CPU, % of a core': 1,
  'one more tab: CPU of another node, % of a core (median)': 0.1,
  'one more tab: CPU of the relay, % of a core': 0.1
}

interface Bench extends Window { bench: Promise<PageBench> }

interface Site {
  /** @param webrtc - makes direct paths */
  url (service: string, webrtc?: boolean): string
  close (): void
}

async function serve (relay: NodeProcess): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./peers/page.ts', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['braid-mesh-source', 'browser'],
    target: 'es2022'
  })
  const [script] = outputFiles
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/page.js') {
      response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(script?.contents)
    } else if (pathname === '/') {
      const options: PageOptions = {
        mesh: MESH, service: searchParams.get('service') ?? 'tab', bootstrap: relay.addresses, webrtc: searchParams.has('webrtc')
      }
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<!doctype html><title>bench</title><script>options = ${JSON.stringify(options)}</script><script type="module" src="/page.js"></script>`)
    } else {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: (service, webrtc = false) => `http://127.0.0.1:${port}/?service=${service}${webrtc ? '&webrtc' : ''}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** A page in a profile of its own, with nothing cached, once it is ready. */
async function open (browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(url)
  await page.evaluate(async () => { await (globalThis as unknown as Bench).bench })
  return page
}

async function idOf (page: Page): Promise<string> {
  return page.evaluate(async () => (await (globalThis as unknown as Bench).bench).mesh.id)
}

async function close (page: Page): Promise<void> {
  const closed = page.waitForEvent('close')
  await page.close({ runBeforeUnload: true })
  await closed
}

async function calls (page: Page, service: string, count = CALLS): Promise<number[]> {
  return page.evaluate(async ({ service, count, bytes }) => {
    const bench = await (globalThis as unknown as Bench).bench
    await bench.calls(service, Math.min(50, count), bytes)
    return bench.calls(service, count, bytes)
  }, { service, count, bytes: BYTES })
}

/** Milliseconds until all of the nodes have removed `id`, from when `act` began. */
async function removed (nodes: readonly NodeProcess[], id: string, act: () => Promise<void>): Promise<number> {
  await Promise.all(nodes.map(async node => node.waitEvent('node:add', ({ detail }) => detail.id === id)))
  const since = wallClock()
  const acted = act()
  const events = await Promise.all(nodes.map(async node =>
    node.waitEvent('node:remove', ({ detail, at }) => detail.id === id && at >= since, { timeout: 60_000 })))
  await acted
  return Math.max(...events.map(({ at }) => at)) - since
}

async function loads (browser: Browser, site: Site): Promise<Record<string, number>> {
  const marks: Array<PageBench['marks']> = []
  for (let i = 0; i < LOADS; i++) {
    const page = await open(browser, site.url('tab'))
    marks.push(await page.evaluate(async () => (await (globalThis as unknown as Bench).bench).marks))
    await close(page)
    await page.context().close()
  }
  const of = (name: keyof PageBench['marks']): number => median(marks.map(mark => mark[name]))
  return {
    '  script runs, ms after navigation (median)': of('script'),
    '  createMesh resolved, ms after navigation (median)': of('joined'),
    'page load to first answered call, ms (median)': of('answered'),
    '  the slowest of them, ms': Math.max(...marks.map(({ answered }) => answered)),
    '  reachable over the relay, ms after navigation (median)': of('reachable')
  }
}

async function latencies (browser: Browser, site: Site): Promise<Record<string, number>> {
  const left = await open(browser, site.url('left'))
  const right = await open(browser, site.url('right'))
  const node = await calls(left, 'login')
  const page = await calls(left, 'right')
  await Promise.all([left, right].map(close))
  return {
    'call page to Node, ms (p50)': median(node),
    '  p90': quantile(node, 0.9),
    'call page to page over the relay, ms (p50)': median(page),
    '  p90 ': quantile(page, 0.9)
  }
}

async function direct (browser: Browser, site: Site): Promise<Record<string, number>> {
  const left = await open(browser, site.url('direct-left', true))
  const right = await open(browser, site.url('direct-right', true))
  const peer = await idOf(right)
  await until(async () => {
    await calls(left, 'direct-right', 1)
    return left.evaluate(async peer => (await (globalThis as unknown as Bench).bench).direct().includes(peer), peer)
  })
  // what goes to the other page has moved by then
  await pause(2)
  const times = await calls(left, 'direct-right')
  const dials: number[] = []
  const failures: string[] = []
  for (let i = 0; i < DIALS; i++) {
    const dialled = await left.evaluate(async peer => (await (globalThis as unknown as Bench).bench).dialAgain(peer), peer)
    if ('ms' in dialled) dials.push(dialled.ms)
    else failures.push(dialled.error)
  }
  if (failures.length > 0) console.error(`failed dials: ${[...new Set(failures)].join('; ')}`)
  await Promise.all([left, right].map(close))
  return {
    'call page to page directly, ms (p50)': median(times),
    '  p90  ': quantile(times, 0.9),
    [`WebRTC dials of ${DIALS} in a row that failed`]: failures.length,
    '  one dial, ms (p50)': median(dials),
    '  one dial, ms (p99)': quantile(dials, 0.99)
  }
}

/** Calls to one Node node beside a plain WebSocket to a process of its own, in interleaved rounds. */
async function beside (browser: Browser, site: Site): Promise<Record<string, number>> {
  const page = await open(browser, site.url('tab'))
  const echo = spawn(process.execPath, [fileURLToPath(new URL('./peers/ws-echo.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const figures: Record<string, number> = {}
  try {
    const [port] = await once(echo.stdout, 'data') as [Buffer]
    const ways = { 'page to Node': { service: 'solo' }, 'raw ws': { socket: `ws://127.0.0.1:${String(port).trim()}` } }
    for (const { inflight, bytes } of LOADED) {
      const loads = new Map<string, Load[]>(Object.keys(ways).map(way => [way, []]))
      for (let round = 0; round <= ROUNDS; round++) {
        for (const [way, to] of Object.entries(ways)) {
          const load = await page.evaluate(async ([to, inflight, bytes, ms]) =>
            (await (globalThis as unknown as Bench).bench).load(to, inflight, bytes, ms), [to, inflight, bytes, ROUND_MS] as const)
          // the first round warms up
          if (round > 0) loads.get(way)?.push(load)
        }
      }
      for (const [way, each] of loads) {
        const what = `${way}, ${bytes} B, ${inflight} in flight`
        figures[`  ${what}: per second`] = median(each.map(({ rate }) => rate))
        figures[`  ${what}: ms (p50)`] = median(each.map(({ p50 }) => p50))
      }
    }
  } finally {
    echo.kill()
    await close(page)
  }
  return figures
}

async function row (browser: Browser, site: Site): Promise<Record<string, number>> {
  let failed = 0
  for (let i = 0; i < ROW; i++) {
    const page = await (await browser.newContext()).newPage()
    const joined = page.goto(site.url('tab')).then(async () =>
      page.evaluate(async () => (await (globalThis as unknown as Bench).bench).mesh.status))
    if (await joined.catch(() => 'failed') !== 'joined') failed++
    await close(page)
    await page.context().close()
  }
  return { [`pages of ${ROW} in a row that did not join`]: failed }
}

async function removals (browser: Browser, server: BrowserServer, nodes: readonly NodeProcess[], site: Site): Promise<Record<string, number>> {
  const closed: number[] = []
  const left: number[] = []
  for (let i = 0; i < 5; i++) {
    const tab = await open(browser, site.url('tab'))
    closed.push(await removed(nodes, await idOf(tab), async () => close(tab)))
    const other = await open(browser, site.url('tab'))
    left.push(await removed(nodes, await idOf(other), async () => { await other.goto('about:blank') }))
    await close(other)
  }
  const victim = await open(browser, site.url('tab'))
  const killed = await removed(nodes, await idOf(victim), async () => { server.process().kill('SIGKILL') })
  return {
    'tab closed: removed by all, ms': Math.max(...closed),
    'page left for another: removed by all, ms': Math.max(...left),
    'browser killed: removed by all, ms': killed
  }
}

async function pause (seconds: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, seconds * 1_000))
}

interface Usage { cpu: { user: number, system: number }, at: number }

/** Per cent of a core that each node uses. */
async function cpuOfNodes (nodes: readonly NodeProcess[], act: () => Promise<void>): Promise<number[]> {
  const usage = async (): Promise<Usage[]> => Promise.all(nodes.map(async node => node.command<Usage>('usage')))
  const before = await usage()
  await act()
  const after = await usage()
  return after.map(({ cpu, at }, index) => {
    const was = before[index] as Usage
    return (cpu.user + cpu.system - was.cpu.user - was.cpu.system) / 1_000 / (at - was.at) * 100
  })
}

/** Seconds of CPU that each process for pages has used: one for ours, and spare ones. */
async function pageTimes (browser: Browser): Promise<Map<number, number>> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]))
}

async function idling (browser: Browser, nodes: readonly NodeProcess[], site: Site): Promise<Record<string, number>> {
  await pause(5)
  const alone = await cpuOfNodes(nodes, async () => pause(IDLE))
  const pages = [await open(browser, site.url('tab'))]
  await pause(10)
  const before = await pageTimes(browser)
  await pause(IDLE)
  const used = [...await pageTimes(browser)].map(([id, time]) => time - (before.get(id) ?? 0))
  const share = Math.max(...used) / IDLE * 100
  while (pages.length < TABS) pages.push(await open(browser, site.url('tab')))
  await pause(10)
  const together = await cpuOfNodes(nodes, async () => pause(IDLE))
  for (const page of pages) await close(page)
  return {
    'idle page: CPU, % of a core': share,
    'one more tab: CPU of another node, % of a core (median)': median(together.map((cpu, i) => (cpu - (alone[i] ?? Number.NaN)) / TABS)),
    'one more tab: CPU of the relay, % of a core': ((together[0] ?? Number.NaN) - (alone[0] ?? Number.NaN)) / TABS
  }
}

async function measure (server: BrowserServer, nodes: NodeProcess[], only: readonly string[]): Promise<Record<string, number>> {
  const listen = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
  const relay = await spawnNode({ label: 'relay', external: true, options: { mesh: MESH, name: 'relay', relay: true, listen } })
  nodes.push(relay)
  for (const name of ['login-1', 'login-2', 'login-3']) {
    nodes.push(await spawnNode({ label: name, external: true, options: { mesh: MESH, service: 'login', name, listen, bootstrap: relay.addresses } }))
  }
  nodes.push(await spawnNode({ label: 'solo', external: true, options: { mesh: MESH, service: 'solo', listen, bootstrap: relay.addresses } }))
  const site = await serve(relay)
  const browser = await chromium.connect(server.wsEndpoint())
  try {
    const parts = {
      loads: async () => loads(browser, site),
      latencies: async () => latencies(browser, site),
      beside: async () => beside(browser, site),
      direct: async () => direct(browser, site),
      row: async () => row(browser, site),
      idling: async () => idling(browser, nodes, site),
      removals: async () => removals(browser, server, nodes, site)
    }
    const figures: Record<string, number> = {}
    for (const [name, part] of Object.entries(parts)) {
      if (only.length === 0 || only.includes(name)) Object.assign(figures, await part())
    }
    for (const node of nodes) node.expectClean()
    // Whoever was removed is not dialled again and again.
    await until(async () => (await relay.nodes()).length === nodes.length)
    return figures
  } finally {
    site.close()
    await browser.close().catch(() => {})
  }
}

/**
 * Measures once, prints a table beside the bars, and resolves to the figures by name.
 *
 * @param only - names of parts, of `measure`; all when there are none
 */
export async function run (only: readonly string[] = []): Promise<Record<string, number>> {
  const executablePath = findChromium()
  console.log(`browser: ${browserVersion(executablePath)}, a relay and three services on loopback …`)
  const nodes: NodeProcess[] = []
  const server = await chromium.launchServer({ executablePath, args: FLAGS })
  try {
    const figures = await measure(server, nodes, only)
    for (const [name, value] of Object.entries(figures)) {
      printFigure(name, value, BARS[name])
    }
    return figures
  } finally {
    await server.kill().catch(() => {})
    await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]()))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await run(process.argv.slice(2)), undefined, 2))
}
