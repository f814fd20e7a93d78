/**
 * What one relay holds: 500 clients and 50 full nodes of the mesh, all on this machine. A client is a bare libp2p node with a
 * tab's WebSockets and relay transports and a place; what a whole tab costs a relay is in `browser.ts`. Its memory and CPU,
 * and how soon each client answers a ping: of the relay, and of another client through it.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import { spawnNode } from '../test/harness/processes.ts'
import { until } from '../test/harness/until.ts'
import { printFigure } from './lib/figures.ts'
import type { NodeProcess } from '../test/harness/processes.ts'
import type { RelayStats } from '../src/transport/index.ts'

const MESH = 'bench'
/** Processes of clients: each asks those of another one. */
const PROCESSES = 4
const NODES_PER_PROCESS = 10
/** Seconds of idling that are measured, after as many to settle. */
const IDLE = 10
/** Pings under way at once, of each process. */
const TOGETHER = 8
const CALLS = 500

/** What each figure must not exceed. */
const BARS: Readonly<Record<string, number>> = {
  'clients without a place': 0,
  'relay pings each client: slowest, ms': 1_000,
  'relay pings all clients at once: slowest, ms': 1_000,
  'client pings another through the relay, dial included: failed': 0,
  'clients that lost their place or connection': 0,
  'full nodes that a node does not see': 0
}

const CLIENT_SCRIPT = fileURLToPath(new URL('./lib/relay-clients.ts', import.meta.url))
const NODE_SCRIPT = fileURLToPath(new URL('./lib/relay-nodes.ts', import.meta.url))

function quantile (values: readonly number[], q: number): number {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Those that did not answer count as slower than any bar. */
function slowest (values: readonly number[]): number {
  return values.some(Number.isNaN) ? Infinity : Math.max(...values)
}

interface Usage { cpu: { user: number, system: number }, rss: number, at: number }

async function usageOver (relay: NodeProcess, seconds: number): Promise<{ cpu: number, rss: number }> {
  const before = await relay.command<Usage>('usage')
  await new Promise(resolve => setTimeout(resolve, seconds * 1_000))
  const after = await relay.command<Usage>('usage')
  const used = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system
  return { cpu: used / 1_000 / (after.at - before.at) * 100, rss: after.rss / 1e6 }
}

/** How many of each. */
interface Size { clients: number, nodes: number }

async function startClients (size: number, relay: NodeProcess, processes: NodeProcess[]): Promise<number> {
  const begin = performance.now()
  await Promise.all(Array.from({ length: PROCESSES }, async (_, index) => {
    const bootstrap = relay.addresses.filter(address => address.includes('/ws'))
    processes.push(await spawnNode({ label: `clients-${index}`, script: CLIENT_SCRIPT, external: true, timeout: 600_000, options: { mesh: MESH, bootstrap, weight: size / PROCESSES } }))
  }))
  return performance.now() - begin
}

async function startNodes (size: number, relay: NodeProcess, processes: NodeProcess[]): Promise<void> {
  for (let index = 0; index < size / NODES_PER_PROCESS; index++) {
    const bootstrap = relay.addresses.filter(address => !address.includes('/ws'))
    processes.push(await spawnNode({
      label: `nodes-${index}`,
      script: NODE_SCRIPT,
      external: true,
      timeout: 300_000,
      options: { mesh: MESH, name: `n${index}`, service: 'worker', bootstrap, weight: Math.min(NODES_PER_PROCESS, size - index * NODES_PER_PROCESS) }
    }))
  }
}

/** Adds a figure, and prints it beside its bar: a run that fails later has told something. */
class Figures {
  readonly all: Record<string, number> = {}

  add (name: string, value: number): void {
    this.all[name] = value
    printFigure(name, value, BARS[name], 72)
  }

  times (name: string, values: readonly number[]): void {
    this.add(`${name}: p50, ms`, quantile(values, 0.5))
    this.add(`${name}: p99, ms`, quantile(values, 0.99))
  }

  async usage (name: string, relay: NodeProcess): Promise<void> {
    const { rss, cpu } = await usageOver(relay, IDLE)
    this.add(`${name}: RSS, MB`, rss)
    this.add(`${name}: CPU, % of a core`, cpu)
  }
}

async function settled (): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, IDLE * 1_000))
}

async function measureClients (size: Size, relay: NodeProcess, clients: NodeProcess[], figures: Figures): Promise<void> {
  await figures.usage('relay alone', relay)
  figures.add(`${size.clients} clients have their places, from their processes' start, ms`, await startClients(size.clients, relay, clients))
  const { reservations } = await relay.command<RelayStats>('relayStats')
  figures.add('clients without a place', size.clients - reservations)
  await settled()
  await figures.usage(`relay with ${size.clients} clients, idle`, relay)
}

async function measureNodes (size: Size, relay: NodeProcess, nodes: NodeProcess[], figures: Figures): Promise<void> {
  await startNodes(size.nodes, relay, nodes)
  let seen = 0
  await until(async () => {
    seen = Math.min(...await Promise.all(nodes.map(async node => node.command<number>('seen'))))
    return seen > size.nodes
  }, { timeout: 60_000, interval: 500 }).catch(async () => {
    console.log('nodes seen / status / connections of each:', ...await Promise.all(nodes.map(async node => node.command<string[]>('how'))))
  })
  figures.add('full nodes that a node does not see', size.nodes + 1 - seen)
  await settled()
  await figures.usage(`relay with ${size.nodes} full nodes too, idle`, relay)
}

async function measurePings (relay: NodeProcess, clients: NodeProcess[], nodes: NodeProcess[], figures: Figures): Promise<void> {
  const ids = clients.flatMap(({ addresses }) => [...addresses])
  const ask = async (name: string, args: (index: number) => unknown[]): Promise<number[]> =>
    (await Promise.all(clients.map(async (client, index) => client.command<number[]>(name, args(index), 240_000)))).flat()
  const others = (index: number): unknown[] => [clients[(index + 1) % clients.length]?.addresses, TOGETHER]
  const one = await relay.command<number[]>('pingAll', [ids, TOGETHER], 240_000)
  figures.times('relay pings each client', one)
  figures.add('relay pings each client: slowest, ms', slowest(one))
  figures.add('relay pings all clients at once: slowest, ms', slowest(await relay.command<number[]>('pingAll', [ids, ids.length], 240_000)))
  figures.times('client pings the relay', await ask('pingRelay', () => [TOGETHER]))
  const through = await ask('pingOthers', others)
  figures.times('client pings another through the relay, dial included', through)
  figures.add('client pings another through the relay, dial included: failed', through.filter(Number.isNaN).length)
  figures.times('the same again, connected', await ask('pingOthers', others))
  figures.add('relayed connections then', (await relay.command<RelayStats>('relayStats')).circuits)
  await figures.usage('relay with them', relay)
  figures.times('full node calls the relay', await nodes[0]?.command<number[]>('calls', [relay.id, CALLS], 60_000) ?? [])
  const lost = await Promise.all(clients.map(async client => client.command<number>('lost')))
  figures.add('clients that lost their place or connection', lost.reduce((sum, count) => sum + count, 0))
}

/** Measures once, prints each figure beside its bar, and resolves to the figures by name. */
export async function run (size: Size = { clients: 500, nodes: 50 }): Promise<Record<string, number>> {
  console.log(`relay: ${size.clients} clients and ${size.nodes} full nodes, on loopback …`)
  const clients: NodeProcess[] = []
  const nodes: NodeProcess[] = []
  const relay = await spawnNode({
    label: 'relay',
    external: true,
    commands: fileURLToPath(new URL('./lib/relay-commands.ts', import.meta.url)),
    options: { mesh: MESH, name: 'relay', relay: true, listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] }
  })
  try {
    const figures = new Figures()
    await measureClients(size, relay, clients, figures)
    await measureNodes(size, relay, nodes, figures)
    await measurePings(relay, clients, nodes, figures)
    for (const node of [relay, ...nodes]) node.expectClean()
    return figures.all
  } finally {
    await Promise.all([relay, ...clients, ...nodes].map(async node => node[Symbol.asyncDispose]()))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [clients, nodes = 50] = process.argv.slice(2)
  console.log(JSON.stringify(await run(clients == null ? undefined : { clients: Number(clients), nodes: Number(nodes) }), undefined, 2))
}
