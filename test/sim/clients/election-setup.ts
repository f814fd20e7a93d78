/** What a seed decides about an election: how its nodes were started, what is asked of them, and who strikes whom. */
import { PROFILES } from '../../../src/election/election.core.ts'
import { createRandom } from '../../../src/util/random.core.ts'
import type { Options } from './election-process.ts'
import type { Fault, FaultKind, LeaderFault, Scenario, Schedule } from '../kernel/types.ts'
import type { Random } from '../../../src/util/random.core.ts'

export const FAULTS: readonly FaultKind[] = [
  'kill', 'poweroff', 'wipe', 'torn', 'stall', 'freeze', 'stop', 'sleep', 'clockJump', 'halves', 'isolate', 'ring', 'pair', 'oneWay', 'reset', 'ambush', 'slow',
  'lossy', 'slowDisk', 'drift'
]
/** Seconds 5 to 85 are bad, 90 to 120 are good. */
export const SCHEDULE: Schedule = { until: 85_000, healAt: 90_000, sizes: [1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7], intensity: 2, drift: 0.5, lossy: 0.3 }
const STRIKES: readonly LeaderFault[] = ['kill', 'kill', 'isolate', 'halves', 'freeze', 'drop', 'drop', 'setBack', 'rivalForget', 'rivalJump']

export interface Setup {
  /** One that lies; it has no seat, and never gets one. */
  readonly liar: string | undefined
  /** One that looks on. */
  readonly tab: string | undefined
  /** Not all nodes were given the same profile, or lease: an operator's mistake. */
  readonly mixed: boolean
  options (id: string): Options
}

export function drawSetup ({ seed, ids, latency }: Scenario): Setup {
  const random = createRandom(seed).fork('election')
  const liar = ids.length > 3 && random.fork('liar').chance(0.25) ? ids.at(-1) : undefined
  const honest = ids.filter(id => id !== liar)
  // one of many is a tab
  const tab = honest.length > 5 ? honest.at(-1) : undefined
  const kind = random.pick(['default', 'default', 'expect', 'voters'])
  const odd = Math.min(5, honest.length % 2 === 0 ? honest.length - 1 : honest.length)
  // a timeout of a few round trips is a mistake of the operator
  const profiles = latency.mean > 10 ? ['wan', 'default'] as const : ['fast', 'default', 'default', 'default', 'wan'] as const
  const common: Options = {
    profile: PROFILES[random.pick(profiles) ?? 'default'],
    lease: random.chance(0.85) ? 'strict' : 'off',
    targetVoters: random.pick([3, 3, 5]) ?? 3,
    persistent: random.chance(0.85),
    marks: random.fork('marks').pick([0, 1, 50_000]) ?? 0,
    ...kind === 'voters' ? { voters: honest.slice(0, Math.max(1, odd)) } : kind === 'expect' ? { expect: Math.max(1, Math.min(3, odd)) } : {}
  }
  const mixing = random.fork('mixed')
  const mixed = mixing.chance(0.1)
  const own = new Map(ids.map((id): [string, Options] => [id, {
    ...common, eligible: id !== tab,
    ...mixed ? { profile: PROFILES[mixing.pick(profiles) ?? 'default'], lease: mixing.chance(0.7) ? 'strict' : 'off' } : {}
  }]))
  return { liar, tab, mixed, options: id => own.get(id) ?? common }
}

export function workload (random: Random, ids: readonly string[], until: number): Fault[] {
  const faults: Fault[] = []
  for (const [name, chance, most] of [['transfer', 0.6, 6], ['leave', 0.4, 2], ['identity', 0.15, 1]] as const) {
    if (!random.chance(chance)) continue
    for (let i = 1 + random.int(most); i > 0; i--) {
      faults.push({ kind: 'command', at: random.between(8_000, until), node: random.pick(ids) ?? '', name, argument: undefined })
    }
  }
  // whoever leads is hurt again and again: half-written entries of several terms meet
  if (random.chance(0.5)) {
    for (let at = random.between(8_000, 15_000); at < until; at += random.between(1_500, 8_000)) {
      faults.push({ kind: 'leader', at, how: random.pick(STRIKES) ?? 'kill', ms: random.between(300, 4_000) })
    }
  }
  // and again before the next one has told all: old values and new ones meet in several tables
  if (random.chance(0.3)) {
    for (let at = random.between(20_000, 50_000), i = 0; i < 25; i++, at += random.between(400, 1_500)) {
      faults.push({ kind: 'leader', at, how: random.pick(['isolate', 'halves', 'kill'] as const) ?? 'isolate', ms: random.between(800, 3_500) })
    }
  }
  return [...faults, ...disaster(random.fork('disaster'), ids)]
}

/** More are lost for good than a majority can do without, the rest is told to go on without them, and some that were away come back. */
function disaster (random: Random, ids: readonly string[]): Fault[] {
  if (ids.length < 3 || !random.chance(0.12)) return []
  const order = random.shuffle(ids)
  const lost = Math.floor(ids.length / 2) + 1
  const at = random.between(25_000, 45_000)
  return [
    ...order.slice(0, lost).map((node): Fault => ({ kind: 'kill', at: at + random.between(0, 3_000), node, back: random.chance(0.3) ? 4_000 : undefined, disk: 'wipe' })),
    ...order.slice(lost, -1).map((node): Fault => ({ kind: 'kill', at, node, back: random.between(1_000, 25_000), disk: 'keep' })),
    ...Array.from({ length: 8 }, (_, i): Fault => ({ kind: 'command', at: at + 6_000 + i * 3_000, node: order.at(-1 - random.int(2)) ?? '', name: 'recover', argument: undefined }))
  ]
}
