/**
 * How long a service is without a leader, and what its election costs: voters as processes on loopback, with storage.
 * From the kill until the last living voter was told of the new leader, on the clock that the processes share.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ElectionGroup } from '../test/harness/election-group.ts'
import { wallClock } from '../test/harness/ipc.ts'
import { quantile } from './lib/figures.ts'
import type { ElectionOptions, Leader } from '../src/index.ts'
import type { NodeProcess } from '../test/harness/processes.ts'

export interface ElectionBenchInit {
  /** Kills of each kind. @default 100 */
  kills?: number
  /** Minutes with a stall of 200 ms every 10 s. @default 10 */
  minutes?: number
  /** @default [5, 3] */
  voters?: readonly number[]
  /** Only what has this in its name: a kind of end, or `steady`. */
  only?: string | undefined
}

export interface Figure {
  name: string
  median: number
  p99: number
  n: number
  /** The three slowest, when there are as many. */
  slowest?: readonly number[]
  /** For 5 voters; undefined where there is none. */
  bars: { median?: number, p99?: number }
}

interface Kind {
  name: string
  election: ElectionOptions
  bars: Figure['bars']
  /** Ends the leader, and perhaps more; resolves to when. */
  end: (group: ElectionGroup, leader: NodeProcess) => Promise<number>
  least?: number
}

const kill = async (group: ElectionGroup, leader: NodeProcess): Promise<number> => group.kill(leader)

const KINDS: readonly Kind[] = [
  { name: 'kill -9, default', election: {}, bars: { median: 650, p99: 1_100 }, end: kill },
  { name: 'kill -9, fast', election: { profile: 'fast' }, bars: { median: 300, p99: 500 }, end: kill },
  { name: "kill -9, lease: 'off'", election: { lease: 'off' }, bars: { median: 150 }, end: kill },
  {
    name: 'graceful stop', election: {}, bars: { median: 50, p99: 150 },
    end: async (_group, leader) => {
      const at = wallClock()
      await leader.stop()
      return at
    }
  },
  {
    name: 'two kills at once', election: {}, bars: { p99: 1_500 }, least: 5,
    end: async (group, leader) => {
      const other = group.alive.find(node => node !== leader) as NodeProcess
      const [at] = await Promise.all([group.kill(leader), group.kill(other)])
      return at
    }
  }
]

/** Everybody runs and follows the same leader, whose lease the tasks have. */
async function whole (group: ElectionGroup): Promise<Leader> {
  await Promise.all(group.nodes.map(async (node, index) => node.alive ? undefined : group.startNode(index)))
  await group.agreed()
  // connections, caches and promises of those that were started anew
  await sleep(700)
  return group.agreed()
}

async function failover (voters: number, { name, election, bars, end }: Kind, kills: number): Promise<Figure> {
  await using group = new ElectionGroup({ voters, election: { ...election, targetVoters: voters } })
  await group.start()
  const times: number[] = []
  for (let i = 0; i < kills; i++) {
    const leader = await whole(group)
    const at = await end(group, group.node(leader.id))
    await group.agreed(leader)
    times.push(group.seenAfter(leader, at))
  }
  await group.expectSafe()
  return { name: `${voters} voters, ${name}, ms`, median: quantile(times, 0.5), p99: quantile(times, 0.99), n: kills, slowest: [...times].sort((a, b) => b - a).slice(0, 3), bars: voters === 5 ? bars : {} }
}

/** CPU of a voter when nothing happens, and leader changes while every 10 s one voter after the other stalls for 200 ms. */
async function steady (voters: number, minutes: number): Promise<Figure[]> {
  await using group = new ElectionGroup({ voters, election: { targetVoters: voters } })
  await using alone = new ElectionGroup({ voters, options: () => ({ election: false }), idle: true })
  await Promise.all([group.start(), alone.start()])
  await sleep(10_000)
  const [withElection, without] = await Promise.all([cpu(group.nodes), cpu(alone.nodes)])
  const before = await group.agreed()
  for (const end = performance.now() + minutes * 60_000, turn = { i: 0 }; performance.now() < end; turn.i++) {
    await group.nodes[turn.i % voters]?.block(200)
    await sleep(9_800)
  }
  const after = await group.agreed()
  await group.expectSafe()
  const changes = after.token.term - before.token.term
  return [
    { name: `${voters} voters, steady: CPU of the election, % of a core`, median: withElection - without, p99: withElection - without, n: voters, bars: { median: 1 } },
    { name: `${voters} voters, 200 ms stalls for ${minutes} min: leader changes`, median: changes, p99: changes, n: 1, bars: { median: 0 } }
  ]
}

interface Usage { cpu: { user: number, system: number }, at: number }

async function cpu (nodes: readonly NodeProcess[]): Promise<number> {
  const usage = async (): Promise<Usage[]> => Promise.all(nodes.map(async node => node.command<Usage>('usage')))
  const before = await usage()
  await sleep(10_000)
  const after = await usage()
  return quantile(after.map(({ cpu, at }, index) => {
    const was = before[index] as Usage
    return (cpu.user + cpu.system - was.cpu.user - was.cpu.system) / 1_000 / (at - was.at) * 100
  }), 0.5)
}

function print ({ name, median, p99, n, bars, slowest = [] }: Figure): void {
  const met = median <= (bars.median ?? Infinity) && p99 <= (bars.p99 ?? Infinity)
  const bar = [bars.median, bars.p99].map(value => value ?? '-').join(' / ')
  console.log(`${bars.median === undefined && bars.p99 === undefined ? '      ' : met ? 'met   ' : 'MISSED'} ${name.padEnd(56)} median ${median.toFixed(1).padStart(7)}  p99 ${p99.toFixed(1).padStart(7)}  n ${n}  (bar ${bar})${slowest.length > 0 ? `  slowest ${slowest.map(value => value.toFixed(0)).join(', ')}` : ''}`)
}

/** Measures, prints a table beside the bars, and resolves to the figures. Throws when two ever led at once. */
export async function run ({ kills = 100, minutes = 10, voters = [5, 3], only = '' }: ElectionBenchInit = {}): Promise<Figure[]> {
  const figures: Figure[] = []
  const add = (...more: Figure[]): void => {
    figures.push(...more)
    more.forEach(print)
  }
  for (const n of voters) {
    console.log(`election: ${n} processes on loopback, with storage …`)
    for (const kind of KINDS) {
      if (n >= (kind.least ?? 0) && kind.name.includes(only)) add(await failover(n, kind, kills))
    }
  }
  if ('steady'.includes(only)) add(...await steady(Math.max(...voters), minutes))
  return figures
}
