/** Draws a scenario from a seed: how many nodes, how good the network is, which faults exist at all, and when they strike. */
import { createRandom } from '../../../src/util/random.core.ts'
import { cloneOf } from './types.ts'
import type { Client, Fault, FaultKind, Scenario, Schedule } from './types.ts'
import type { Random } from '../../../src/util/random.core.ts'

const FAULTS_FROM = 5_000
const USUAL: Schedule = { until: 40_000, healAt: 45_000, sizes: [2, 3, 3, 4, 5, 5, 7, 10, 10], intensity: 1 }

export function drawScenario (seed: number, client: Pick<Client, 'faults' | 'workload'> & { schedule?: Schedule }): Scenario {
  const schedule = client.schedule ?? USUAL
  const random = createRandom(seed).fork('scenario')
  // a few kinds at a time: faults of all kinds together hide each other
  const enabled = random.shuffle(client.faults).slice(0, random.int(Math.min(5, client.faults.length + 1)))
  const ids = Array.from({ length: random.pick(schedule.sizes) ?? 3 }, (_, i) => `n${i}`)
  const has = (kind: FaultKind): boolean => enabled.includes(kind)
  const lossy = has('lossy') || random.fork('lossy').chance(schedule.lossy ?? 0)
  const faults = enabled.flatMap(kind => draw(kind, random.fork(kind), ids, schedule))
  faults.push(...client.workload?.(random.fork('workload'), ids, schedule.until) ?? [])
  return {
    seed,
    ids,
    enabled,
    latency: random.pick([{ min: 0.1, mean: 0.5 }, { min: 1, mean: 5 }, { min: 10, mean: 40 }]) ?? { min: 1, mean: 5 },
    drop: lossy ? random.between(0.001, 0.05) : 0,
    duplicate: lossy ? random.between(0, 0.1) : 0,
    reorder: lossy ? random.between(0, 0.1) : 0,
    drift: has('drift') || random.fork('drift').chance(schedule.drift ?? 0) ? 0.02 : 0,
    extreme: schedule.drift !== undefined,
    ...schedule.starts === undefined ? {} : { startWithin: random.fork('starts').pick(schedule.starts) ?? 0 },
    fsync: has('slowDisk') ? random.between(100, 500) : 2,
    faults: faults.sort((a, b) => a.at - b.at),
    healAt: schedule.healAt
  }
}

function draw (kind: FaultKind, random: Random, ids: readonly string[], { until, intensity }: Schedule): Fault[] {
  const times = Array.from({ length: 1 + random.int(4 * intensity) }, () => Math.round(random.between(FAULTS_FROM, until)))
  return times.flatMap(at => drawOne(kind, at, random, ids))
}

function drawOne (kind: FaultKind, at: number, random: Random, ids: readonly string[]): Fault[] {
  const node = random.pick(ids)!
  const ms = Math.round(random.between(1_000, 15_000))
  switch (kind) {
    case 'kill': case 'poweroff':
      return [{ kind, at, node, back: random.chance(0.7) ? random.between(10, 10_000) : undefined, disk: 'keep' }]
    case 'wipe':
      return [{ kind: 'kill', at, node, back: random.between(10, 5_000), disk: 'wipe' }]
    case 'torn': {
      // dies again right after its start, in the middle of its first writes
      const back = random.between(10, 2_000)
      return [
        { kind: 'kill', at, node, back, disk: 'keep' },
        { kind: 'kill', at: at + back + random.between(0, 3), node, back: 500, disk: 'torn' }
      ]
    }
    case 'stall': return [{ kind, at, node, ms: Math.round(random.between(200, 2_000)) }]
    case 'freeze': case 'sleep': return [{ kind, at, node, ms: ms * 2 }]
    case 'stop': return [{ kind, at, node, ms: Infinity }]
    case 'clockJump': return [{ kind, at, node, ms: Math.round(random.between(-60_000, 60_000)) }]
    case 'halves': case 'isolate': case 'ring': case 'pair': case 'oneWay': return [{ kind, at, ms, links: cutLinks(kind, random, ids) }]
    case 'reset': {
      const [a, b = a] = random.shuffle(ids) as [string, string?]
      return [{ kind, at, a, b }]
    }
    case 'ambush': {
      // one is frozen just when it has a reason to be suspicious of the other
      const [a, b = a] = random.shuffle(ids) as [string, string?]
      return [{ kind: 'reset', at, a, b }, { kind: 'freeze', at: at + random.between(0, 30), node: a, ms }]
    }
    case 'clone': {
      // half of the others see one of the two only, for a while
      const others = random.shuffle(ids.filter(id => id !== node))
      const half = (name: string, of: readonly string[]): Array<[string, string]> => of.flatMap((id): Array<[string, string]> => [[name, id], [id, name]])
      const middle = Math.ceil(others.length / 2)
      const links = [...half(node, others.slice(middle)), ...half(cloneOf(node), others.slice(0, middle))]
      return [{ kind, at, node, ms: ms * 2 }, ...random.chance(0.5) ? [{ kind: 'halves' as const, at: at + 0.01, ms, links }] : []]
    }
    case 'slow': return [{ kind, at, ms, factor: random.between(2, 10) }]
    case 'lossy': case 'slowDisk': case 'drift': return []
  }
}

function cutLinks (kind: 'halves' | 'isolate' | 'ring' | 'pair' | 'oneWay', random: Random, ids: readonly string[]): Array<[string, string]> {
  const order = random.shuffle(ids)
  const pairs = order.flatMap((_, i) => order.slice(i + 1).map((_, j): [number, number] => [i, i + 1 + j]))
  const isCut = (i: number, j: number): boolean => {
    switch (kind) {
      case 'halves': return i < order.length / 2 && j >= order.length / 2
      case 'isolate': case 'oneWay': return i === 0
      case 'pair': return i === 0 && j === 1
      // everybody sees its two neighbours only
      case 'ring': return j - i !== 1 && !(i === 0 && j === order.length - 1)
    }
  }
  return pairs.filter(([i, j]) => isCut(i, j)).flatMap(([i, j]): Array<[string, string]> => {
    const [a, b] = [order[i]!, order[j]!]
    return kind === 'oneWay' ? [random.chance(0.5) ? [a, b] : [b, a]] : [[a, b], [b, a]]
  })
}
