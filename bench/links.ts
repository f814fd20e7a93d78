/**
 * What links cost: 5 processes on loopback, three of them voters of the service `cart`, all in memory. Medians of rounds
 * where the figure is a rate. What never runs: 7 nodes of one process, whose network is split.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestMesh } from '../src/testing/index.ts'
import { freePort } from '../test/harness/ports.ts'
import { spawnNode } from '../test/harness/processes.ts'
import { until } from '../test/harness/until.ts'
import { median, verdict } from './lib/figures.ts'
import type { LinksStatus, Mesh } from '../src/index.ts'
import type { TestNodeOptions } from '../src/testing/index.ts'
import type { NodeProcess } from '../test/harness/processes.ts'
import type { Measured } from '../test/process/links-child.ts'

const COMMANDS = fileURLToPath(new URL('../test/process/links-child.ts', import.meta.url))
/** Milliseconds of one round of calls. */
const ROUND = 2_000
/** Milliseconds for which the network is split: the lease ends, and whoever does not answer is given up. */
const SPLIT = 12_000
/** Links before memory is measured. */
const WARM = 2_000

export interface LinksBenchInit {
  /** Links of one node when it is taken down. @default 100000 */
  links?: number
  /** @default 5 */
  rounds?: number
}

export interface Figure {
  name: string
  value: number
  bar: number
  /** The bar is a least, not a most. @default false */
  least?: boolean
  /** It is a count, which depends on no machine. @default false */
  count?: boolean
}

interface Cluster extends AsyncDisposable {
  readonly targets: readonly NodeProcess[]
  readonly clients: readonly NodeProcess[]
  readonly leader: NodeProcess
}

async function cluster (): Promise<Cluster> {
  const ports = await Promise.all([1, 2, 3].map(freePort))
  const address = (port: number | undefined): string => `/ip4/127.0.0.1/tcp/${port}`
  const nodes: NodeProcess[] = []
  const spawn = async (label: string, options: object): Promise<NodeProcess> => {
    const node = await spawnNode({ label, commands: COMMANDS, options: { mesh: 'bench', name: label, bootstrap: ports.map(address), ...options } })
    nodes.push(node)
    return node
  }
  const targets = await Promise.all(ports.map(async (port, i) => spawn(`cart-${i}`, {
    service: 'cart', listen: [address(port)], bootstrap: ports.filter(other => other !== port).map(address), election: { expect: 3, profile: 'wan' }
  })))
  const clients = [await spawn('client-1', {}), await spawn('client-2', {})]
  await clients[0]?.command('where', ['cart', 'warm'])
  const leader = await until(async () => {
    for (const node of targets) if (await node.command<boolean>('leads')) return node
    return undefined
  }, { timeout: 60_000, what: 'somebody keeps the links' })
  return { targets, clients, leader, [Symbol.asyncDispose]: async () => { await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]())) } }
}

async function measure (node: NodeProcess | undefined, what: string, args: readonly unknown[]): Promise<Measured> {
  return node?.command<Measured>(`measure:${what}`, args, 120_000) as Promise<Measured>
}

/** First links, lookups and calls. */
async function small (rounds: number): Promise<Figure[]> {
  await using nodes = await cluster()
  const [one, two] = nodes.clients
  const first: number[] = []
  const cold: number[] = []
  const warm: number[] = []
  const plain: number[] = []
  const linked: number[] = []
  const hops: number[] = []
  const hop = async (round: number): Promise<number> => one?.command<number>('measure:hops', ['cart', `first${round}`, 300], 60_000) as Promise<number>
  for (let round = 0; round < rounds; round++) {
    first.push((await measure(one, 'link', ['cart', `first${round}`, 300, 1])).p50)
    cold.push((await measure(two, 'target', ['cart', `first${round}`, 300, 1])).p99)
    warm.push((await measure(two, 'target', ['cart', `first${round}`, 300, 1])).p99)
    // one knows them by heart, the other moves them
    await hop(round)
    await measure(two, 'move', ['cart', `first${round}`, 300, 16])
    hops.push(await hop(round) - 1)
    const call = async (prefix: string | undefined): Promise<number> => one?.command<number>('measure:call', ['cart', prefix, ROUND, 64]) as Promise<number>
    await call('first0')
    plain.push(await call(undefined))
    linked.push(await call('first0'))
  }
  return [
    { name: 'first link through the authority, 1 at a time, p50 ms', value: median(first), bar: 5 },
    { name: 'cold lookup, p99 ms', value: median(cold), bar: 50 },
    { name: 'warm lookup, p99 ms', value: median(warm), bar: 1 },
    { name: 'a stale cache: hops more, the most of any of 300 calls', value: Math.max(...hops), bar: 1, count: true },
    { name: 'RPC, 64 in flight, with a warm token: share of the rate without', value: median(linked.map((rate, i) => rate / (plain[i] ?? 1))), bar: 0.9, least: true }
  ]
}

/**
 * With strict ownership, while the network is split time and again: calls of both sides that ran under an older link than
 * one that had run before, or under none. All nodes are in this process, so that there is one clock.
 */
async function strict (rounds: number): Promise<Figure[]> {
  const cart: TestNodeOptions = { service: 'cart', election: { expect: 3 }, links: { ownership: 'strict' } }
  await using mesh = await createTestMesh([cart, cart, cart, { ...cart, election: false }, { links: { onNoLeader: 'provisional' } }, {}, { links: false }])
  const [voters, rest, [near, far, bare]] = [mesh.nodes.slice(0, 3), mesh.nodes[3] as Mesh, mesh.nodes.slice(4) as [Mesh, Mesh, Mesh]]
  const ran = new Map<string, string>()
  let [right, wrong] = [0, 0]
  for (const node of [...voters, rest]) {
    node.rpc.handle('who', (_, { token = '', link }) => {
      const before = ran.get(token) ?? ''
      if (link === undefined || link.rank < before) wrong++
      else right++
      if (link !== undefined && link.rank > before) ran.set(token, link.rank)
      return node.id
    })
  }
  const call = async (client: Mesh, token: string, timeout: number): Promise<string> => await client.rpc.invoke('cart', 'who', undefined, { token, timeout }) as string
  for (let round = 0; round < rounds; round++) {
    const token = `strict-${round}`
    const home = await call(far, token, 60_000)
    // with the node that has it, which goes on for as long as it may, or with none that votes
    const silent = round % 2 === 0
    const cut = [rest, near, bare, ...voters.filter(({ id }) => silent && id === home)]
    mesh.partition([cut, mesh.nodes.filter(node => !cut.includes(node))], { silent })
    const end = performance.now() + SPLIT
    await Promise.all([near, far, bare].map(async client => {
      for (; performance.now() < end; await sleep(20)) await call(client, token, 500).catch(() => {})
    }))
    mesh.heal()
    for (const client of [near, far, bare]) await call(client, token, 60_000)
  }
  return [{ name: `wrong executions under strict, of ${right + wrong} calls in ${rounds} splits`, value: wrong, bar: 0, count: true }]
}

/** Very many links, and the end of a node that has most of them. */
async function large (count: number): Promise<Figure[]> {
  await using nodes = await cluster()
  const { leader, clients, targets } = nodes
  const [client] = clients
  const victim = targets.find(node => node !== leader) as NodeProcess
  const heap = async (): Promise<number> => leader.command<number>('measure:heap')
  // what the engine makes of the code is paid once
  await measure(client, 'link', ['cart', 'warm', WARM, 512, victim.id])
  await sleep(1_000)
  const before = await heap()
  const { ms } = await measure(client, 'link', ['cart', 'many', count, 512, victim.id])
  await sleep(2_000)
  const perLink = (await heap() - before) / count
  const { authority } = await leader.command<LinksStatus>('links')
  const status = authority as NonNullable<typeof authority>
  const waiting = async (): Promise<number> => (await leader.command<LinksStatus>('links')).authority?.waiting ?? 0
  const [backlog, at] = [await waiting(), performance.now()]
  await sleep(10_000)
  const puts = (backlog - await waiting()) / (performance.now() - at) * 1_000
  const usage = async (): Promise<number> => {
    const { cpu } = await leader.command<{ cpu: { user: number, system: number } }>('usage')
    return (cpu.user + cpu.system) / 1_000
  }
  const idle = -(await usage() - (await sleep(500), await usage()))
  const cpu = await usage()
  const took = performance.now()
  const died = await client?.command<number>('down', [victim.id]) as number
  const down = performance.now() - took
  await sleep(Math.max(0, 500 - down))
  const spent = await usage() - cpu - idle
  const again = performance.now()
  const held = await client?.command<string>('where', ['cart', 'many-1'])
  return [
    { name: `new links committed by one leader, per s, of ${count}`, value: count / ms * 1_000, bar: 5_000, least: true },
    { name: 'memory of the authority per link, bytes', value: perLink, bar: 300 },
    { name: 'links that wait for the DHT, beside those stored', value: backlog + status.stored, bar: 20_000, count: true },
    { name: 'puts into the DHT per s', value: puts, bar: 20 },
    { name: `down of a node with ${died} links: CPU of the leader, ms`, value: spent, bar: 50 },
    { name: `the same: until it is answered, ms (${held === undefined ? 'no node' : 'rerouted'} after ${(performance.now() - again).toFixed(0)} ms more)`, value: down, bar: 1_000 }
  ]
}

function print ({ name, value, bar, least = false, count = false }: Figure): void {
  const met = least ? value >= bar : value <= bar
  console.log(`${verdict(met, count)} ${name}: ${value.toFixed(2)} (bar ${bar})`)
}

/** Measures, prints the figures beside their bars, and resolves to them. */
export async function run ({ links = 100_000, rounds = 5 }: LinksBenchInit = {}): Promise<Figure[]> {
  console.log('links: 5 processes on loopback, in memory …')
  const figures: Figure[] = []
  for (const part of [async () => small(rounds), async () => strict(rounds), async () => large(links)]) {
    const some = await part()
    some.forEach(print)
    figures.push(...some)
  }
  return figures
}
