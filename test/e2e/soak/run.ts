/**
 * Tabs that come, go, freeze, lose their network, their storage or their relay at random, among processes that are killed:
 * `npm run test:soak-tabs`, or one run again: `--seed 7 --minutes 3`, with some faults alone: `--only freeze,offline`. `--dump FILE`
 * writes all that was told, as JSON.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createRandom } from '../../../src/util/random.core.ts'
import { serveScript } from '../tab-server.ts'
import { settled } from './checks.ts'
import { Chromium } from './chromium.ts'
import { FAULTS, strike } from './faults.ts'
import { Fleet } from './fleet.ts'
import { Ledger } from './ledger.ts'
import { SoakTab } from './tab.ts'
import type { Stage } from './faults.ts'
import type { Metrics } from './tab.ts'

const CONTEXTS = 2
const MIN = 4
const MAX = 6
/** Milliseconds between two faults. */
const PACE = { from: 800, to: 3_500 }
/** Minutes in which nothing is done to anybody. */
const WARM = 0.25
/** What a tab's heap may grow by, bytes, from when it works to the end: what is remembered for minutes fills first. */
const MAX_GROWTH = 24 * 1024 * 1024

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '5' }, only: { type: 'string', default: FAULTS.join() }, dump: { type: 'string' } } })

/** Of other paths than `/` the page is empty: tabs go there and back. */
const html = (path: string | undefined): string => `<!doctype html><title>soak</title><link rel="icon" href="data:,">${path === '/' ? '<script type="module" src="/script.js"></script>' : ''}`

/** Tabs of some profiles, which come and go. */
class Tabs {
  readonly all: SoakTab[] = []
  /** So many tabs with a storage a profile had at once. */
  readonly most = new Map<string, number>()
  readonly #open: (n: number) => SoakTab

  constructor (open: (n: number) => SoakTab) {
    this.#open = open
  }

  get living (): SoakTab[] {
    return this.all.filter(({ gone }) => !gone)
  }

  async open (): Promise<void> {
    const tab = this.#open(this.all.length + 1)
    this.all.push(tab)
    // who goes may hold its place for a moment longer
    const sharing = this.all.filter(({ context, storage }) => context === tab.context && storage !== undefined).length
    this.most.set(tab.context, sharing)
    await tab.open()
  }
}

async function play (stage: Stage, kinds: readonly string[], minutes: number): Promise<string[]> {
  const { random, ledger } = stage
  const problems: string[] = []
  const running = new Set<Promise<void>>()
  const down = new Set<string>()
  const end = Date.now() + minutes * 60_000
  while (Date.now() < end) {
    await new Promise(resolve => { setTimeout(resolve, random.between(PACE.from, PACE.to)) })
    const fault = strike(stage, kinds, down)
    if (fault === undefined) continue
    const began = Date.now()
    console.log(`${ledger.time(began).padStart(8)}  ${fault.name}`)
    const over = fault.over.catch((error: Error) => { problems.push(`${fault.name} at ${ledger.time(began)}: ${error.stack ?? error.message}`) })
    running.add(over)
    void over.finally(() => { running.delete(over) })
  }
  await Promise.all(running)
  return problems
}

function growth (tab: SoakTab, before: Metrics | undefined, after: Metrics | undefined): string[] {
  // a page that was left is in the same process
  if (before === undefined || after === undefined || tab.lives > 1) return []
  const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
  console.log(`  ${tab.label}: heap ${mib(before.heap)} -> ${mib(after.heap)}, listeners ${before.listeners} -> ${after.listeners}, nodes ${before.nodes} -> ${after.nodes}`)
  return after.heap - before.heap > MAX_GROWTH ? [`${tab.label}: its heap grew from ${mib(before.heap)} to ${mib(after.heap)}`] : []
}

async function soak (seed: number, minutes: number, kinds: readonly string[]): Promise<string[]> {
  const random = createRandom(seed)
  const ledger = new Ledger()
  await using fleet = new Fleet(ledger, seed * 1_000)
  const [site, browser] = await Promise.all([serveScript(new URL('./page.ts', import.meta.url), html), Chromium.launch(), fleet.start()])
  try {
    const contexts = await Promise.all(Array.from({ length: CONTEXTS }, async () => browser.newContext()))
    const tabs = new Tabs(n => new SoakTab({
      browser, ledger, url: site.url, bootstrap: fleet.bootstrap, label: `tab-${n}`, seed: seed * 100_000 + n * 100,
      context: contexts[n % CONTEXTS] as string, storage: random.chance(0.5) ? 'shop' : undefined
    }))
    for (let n = 0; n < MIN; n++) await tabs.open()
    await fleet.work()
    const stage: Stage = { random, fleet, ledger, tabs: tabs.all, min: MIN, max: MAX, open: async () => tabs.open() }
    const problems = await play(stage, [], WARM)
    const before = new Map<SoakTab, Metrics>()
    for (const tab of tabs.living) before.set(tab, await tab.metrics())
    problems.push(...await play(stage, kinds, minutes))
    await fleet.stopWork()
    await Promise.all(tabs.living.map(async tab => tab.stopWork().catch((error: Error) => { problems.push(`${tab.label} does not answer: ${error.message}`) })))
    console.log(`${ledger.time(Date.now()).padStart(8)}  nothing is done any more`)
    problems.push(...await settled({ fleet, ledger, tabs: tabs.living }, tabs.most))
    for (const tab of tabs.living) problems.push(...growth(tab, before.get(tab), await tab.metrics().catch(() => undefined)))
    fleet.collect()
    if (values.dump !== undefined) await writeFile(values.dump, ledger.dump())
    const { problems: found, counts } = ledger.judge()
    for (const [what, count] of Object.entries(counts).sort()) console.log(`  ${what.padEnd(60)} ${count}`)
    return [...problems, ...found, ...fleet.faults()]
  } finally {
    await site[Symbol.asyncDispose]()
    await browser[Symbol.asyncDispose]()
  }
}

const problems = await soak(Number(values.seed), Number(values.minutes), values.only.split(','))
console.log(problems.length === 0 ? `seed ${values.seed}: nothing is wrong` : `seed ${values.seed}: ${problems.length} problems\n${problems.map(problem => `- ${problem}`).join('\n')}`)
process.exit(problems.length === 0 ? 0 : 1)
