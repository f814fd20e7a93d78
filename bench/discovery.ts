/**
 * How fast ten processes on loopback find and lose each other, and what one costs when nothing happens. Times are taken
 * where things happen, in the processes themselves, on the clock they share.
 */
import { pathToFileURL } from 'node:url'
import { wallClock } from '../test/harness/ipc.ts'
import { spawnNode } from '../test/harness/processes.ts'
import { until } from '../test/harness/until.ts'
import { allSeeAll } from '../test/harness/use-processes.ts'
import { verdict } from './lib/figures.ts'
import type { NodeProcess } from '../test/harness/processes.ts'

const NODES = 10
/** Seconds of idling that are measured, after as many in which the mesh settles. */
const IDLE = 10

/** What each figure must not exceed. */
const BARS: Readonly<Record<string, number>> = {
  'join: all see all after the last start, ms': 3_000,
  'first call after createMesh resolved, ms': 1_500,
  'SIGKILL: removed by all, ms': 3_000,
  'SIGSTOP: removed by all, ms': 6_000,
  'stop(): removed by all, ms': 300,
  'blocked 2 s: removals': 0,
  'idle: CPU of a node, % of a core (median)': 2,
  'idle: RSS of a node, packages from node_modules, MB (median)': 130,
  'idle: RSS of a node, bundled and minified, MB (median)': 130
}

interface Usage {
  cpu: { user: number, system: number }
  rss: number
  at: number
}

function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** What most users run in Node, and what one runs who counts megabytes. */
type Packaging = 'modules' | 'bundle'

async function start (label: string, bootstrap: readonly string[], service?: string, packaging: Packaging = 'modules'): Promise<NodeProcess> {
  const how = packaging === 'modules' ? { external: true } : { minify: true }
  return spawnNode({ label, ...how, options: { mesh: 'bench', name: label, bootstrap, ...service == null ? {} : { service } } })
}

/** When the last of `nodes` had heard of all others. */
function allSeen (nodes: readonly NodeProcess[]): number {
  const times = nodes.flatMap(node => nodes.filter(other => other !== node).map(other =>
    node.eventsOf('node:add').find(({ detail }) => detail.id === other.id)?.at ?? Number.NaN))
  return Math.max(...times)
}

/** Milliseconds from `since` until the last of `nodes` removed `gone`. */
async function removed (nodes: readonly NodeProcess[], gone: NodeProcess, since: number): Promise<number> {
  const events = await Promise.all(nodes.map(async node =>
    node.waitEvent('node:remove', ({ detail, at }) => detail.id === gone.id && at >= since, { timeout: 60_000 })))
  return Math.max(...events.map(({ at }) => at)) - since
}

async function idle (nodes: readonly NodeProcess[]): Promise<{ cpu: number, rss: number[] }> {
  const usage = async (): Promise<Usage[]> => Promise.all(nodes.map(async node => node.command<Usage>('usage')))
  await new Promise(resolve => setTimeout(resolve, IDLE * 1_000))
  const before = await usage()
  await new Promise(resolve => setTimeout(resolve, IDLE * 1_000))
  const after = await usage()
  const shares = after.map(({ cpu, at }, index) => {
    const was = before[index]
    if (was == null) return Number.NaN
    return (cpu.user + cpu.system - was.cpu.user - was.cpu.system) / 1_000 / (at - was.at) * 100
  })
  return { cpu: median(shares), rss: after.map(({ rss }) => rss / 1e6) }
}

async function blocked (nodes: readonly NodeProcess[]): Promise<number> {
  const [victim] = nodes
  await victim?.block(2_000)
  await until(async () => {
    const views = await Promise.all(nodes.map(async node => node.nodes()))
    return views.every(view => view.every(({ state }) => state === 'up'))
  }, { timeout: 30_000 })
  return nodes.flatMap(node => node.eventsOf('node:remove')).length
}

async function firstCall (bootstrap: readonly string[]): Promise<{ caller: NodeProcess, ms: number }> {
  const caller = await start('caller', bootstrap)
  await caller.invoke('login', 'who')
  return { caller, ms: wallClock() - caller.startedAt }
}

async function measure (nodes: NodeProcess[]): Promise<Record<string, number>> {
  const first = await start('n0', [], 'login')
  nodes.push(first)
  nodes.push(...await Promise.all(Array.from({ length: NODES - 1 }, async (_, index) =>
    start(`n${index + 1}`, first.addresses, index < 2 ? 'login' : undefined, index % 2 === 0 ? 'bundle' : 'modules'))))
  await allSeeAll(nodes, 60_000)
  const join = Math.max(0, allSeen(nodes) - Math.max(...nodes.map(({ startedAt }) => startedAt)))
  const { cpu, rss } = await idle(nodes)
  const removals = await blocked(nodes)

  const { caller, ms } = await firstCall(first.addresses)
  nodes.push(caller)
  await allSeeAll(nodes, 60_000)

  const take = (): { gone: NodeProcess, others: NodeProcess[] } => {
    const gone = nodes.pop() as NodeProcess
    return { gone, others: [...nodes] }
  }
  const stop = take()
  const stoppedAt = wallClock()
  const ended = stop.gone.stop()
  const stopped = await removed(stop.others, stop.gone, stoppedAt)
  await ended

  const kill = take()
  const killedAt = wallClock()
  kill.gone.kill('SIGKILL')
  const killed = await removed(kill.others, kill.gone, killedAt)

  const freeze = take()
  const frozenAt = wallClock()
  freeze.gone.kill('SIGSTOP')
  const frozen = await removed(freeze.others, freeze.gone, frozenAt)
  await freeze.gone[Symbol.asyncDispose]()

  for (const node of nodes) node.expectClean()
  return {
    'join: all see all after the last start, ms': join,
    'first call after createMesh resolved, ms': ms,
    'SIGKILL: removed by all, ms': killed,
    'SIGSTOP: removed by all, ms': frozen,
    'stop(): removed by all, ms': stopped,
    'blocked 2 s: removals': removals,
    'idle: CPU of a node, % of a core (median)': cpu,
    'idle: RSS of a node, packages from node_modules, MB (median)': median(rss.filter((_, index) => index % 2 === 0)),
    'idle: RSS of a node, bundled and minified, MB (median)': median(rss.filter((_, index) => index % 2 === 1))
  }
}

/** Measures once, prints a table beside the bars, and resolves to the figures by name. */
export async function run (): Promise<Record<string, number>> {
  const nodes: NodeProcess[] = []
  try {
    console.log(`discovery: ${NODES} processes on loopback …`)
    const figures = await measure(nodes)
    for (const [name, value] of Object.entries(figures)) {
      const bar = BARS[name] ?? Infinity
      console.log(`${verdict(value <= bar, bar === 0)} ${name.padEnd(61)} ${value.toFixed(1).padStart(8)}  (bar ${bar})`)
    }
    return figures
  } finally {
    await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]()))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await run(), undefined, 2))
}
