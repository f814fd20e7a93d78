/** What a seed decides about an election: how its nodes were started, what is asked of them, and who strikes whom. */
import { PROFILES } from '../../../src/election/election.core.ts'
import { createRandom } from '../../../src/util/random.core.ts'
import type { Started } from './election-alive.ts'
import type { Leaving, Options } from './election-process.ts'
import type { Fault, FaultKind, LeaderFault, Scenario, Schedule } from '../kernel/types.ts'
import type { Random } from '../../../src/util/random.core.ts'

export const FAULTS: readonly FaultKind[] = [
  'kill', 'poweroff', 'wipe', 'torn', 'stall', 'freeze', 'stop', 'sleep', 'clockJump', 'halves', 'isolate', 'ring', 'pair', 'oneWay', 'reset', 'ambush', 'slow',
  'lossy', 'slowDisk', 'drift', 'clone'
]
/** Seconds 5 to 85 are bad, 90 to 120 are good. */
export const SCHEDULE: Schedule = { until: 85_000, healAt: 90_000, sizes: [1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7], intensity: 2, drift: 0.5, lossy: 0.3, starts: [2_000, 2_000, 12_000] }
/** Each of them must have struck some leader. */
export const STRUCK: readonly LeaderFault[] = [
  'kill', 'isolate', 'halves', 'freeze', 'drop', 'setBack', 'rivalForget', 'rivalJump', 'outpace', 'lag', 'leave', 'beside', 'outgrow', 'abandon', 'bereave', 'exodus', 'regroup'
]
const STRIKES: readonly LeaderFault[] = ['kill', 'kill', 'isolate', 'halves', 'freeze', 'drop', 'drop', 'setBack', 'rivalForget', 'rivalJump']

export interface Setup {
  /** One that lies; it has no seat, and never gets one. */
  readonly liar: string | undefined
  /** One that looks on. */
  readonly tab: string | undefined
  /** Not all nodes were given the same profile, or lease: an operator's mistake. */
  readonly mixed: boolean
  readonly started: Started
  options (id: string): Options
}

export function drawSetup ({ seed, ids, enabled, faults, latency }: Scenario): Setup {
  const random = createRandom(seed).fork('election')
  const liar = ids.length > 3 && random.fork('liar').chance(0.25) ? ids.at(-1) : undefined
  const honest = ids.filter(id => id !== liar)
  // one of many is a tab
  const tab = honest.length > 5 ? honest.at(-1) : undefined
  // the one that is put aside matters where groups form anew by themselves
  const forms = enabled.length === 0 && faults.some(({ kind }) => kind === 'pair')
  // and that a voter is outgrown by a group of three
  const struckBy = (how: LeaderFault): boolean => faults.some(fault => fault.kind === 'leader' && fault.how === how)
  const [outgrown, regrouped] = [struckBy('outgrow'), struckBy('regroup')]
  const expects = outgrown || regrouped || faults.some(fault => fault.kind === 'sever')
  const kind = forms ? 'default' : expects ? 'expect' : random.pick(['default', 'default', 'expect', 'voters'])
  const odd = Math.min(5, honest.length % 2 === 0 ? honest.length - 1 : honest.length)
  // a timeout of a few round trips is a mistake of the operator
  const profiles = latency.mean > 10 ? ['wan', 'default'] as const : ['fast', 'default', 'default', 'default', 'wan'] as const
  const common: Options = {
    profile: PROFILES[random.pick(profiles) ?? 'default'],
    lease: random.chance(0.85) ? 'strict' : 'off',
    targetVoters: outgrown || regrouped ? 3 : random.pick([3, 3, 5]) ?? 3,
    persistent: (random.chance(0.75) && !forms) || regrouped,
    marks: random.fork('marks').pick([0, 1, 50_000]) ?? 0,
    ...kind === 'voters' ? { voters: honest.slice(0, Math.max(1, odd)) } : kind === 'expect' ? { expect: Math.max(1, Math.min(3, odd)) } : {}
  }
  const started: Started = {
    kind: kind === 'voters' ? 'voters' : common.expect !== undefined && common.expect > 1 ? 'expect' : 'default',
    voters: common.voters,
    expect: common.expect ?? 1,
    persistent: common.persistent !== false,
    bootstrapped: ids.length > 1 && random.fork('bootstrapped').chance(0.6)
  }
  const mixing = random.fork('mixed')
  const mixed = mixing.chance(0.1)
  const own = new Map(ids.map((id): [string, Options] => [id, {
    ...common, eligible: id !== tab,
    ...mixed ? { profile: PROFILES[mixing.pick(profiles) ?? 'default'], lease: mixing.chance(0.7) ? 'strict' : 'off' } : {}
  }]))
  return { liar, tab, mixed, started, options: id => own.get(id) ?? common }
}

export function workload (random: Random, ids: readonly string[], until: number): Fault[] {
  const replaced = rolling(random.fork('rolling'), ids)
  if (replaced.length > 0) return replaced
  const alone = aside(random.fork('aside'), ids)
  if (alone.length > 0) return alone
  const hasty = random.fork('hasty')
  if (ids.length > 3 && hasty.chance(0.1)) return [{ kind: 'leader', at: hasty.between(25_000, 60_000), how: 'abandon', ms: 0 }]
  const outgrown = random.fork('outgrown')
  if (ids.length > 4 && outgrown.chance(0.15)) return [{ kind: 'leader', at: outgrown.between(20_000, 50_000), how: 'outgrow', ms: outgrown.between(500, 20_000) }]
  const severed = random.fork('severed')
  if (ids.length > 3 && severed.chance(0.12)) return [{ kind: 'sever', at: 0, ms: severed.between(25_000, 45_000) }]
  const given = random.fork('given up')
  if (ids.length > 3 && given.chance(0.15)) return [{ kind: 'leader', at: given.between(20_000, 40_000), how: 'regroup', ms: given.between(0, 15_000) }]
  const exodus = random.fork('exodus')
  if (ids.length > 3 && exodus.chance(0.25)) return [20_000, 45_000, 65_000].map((at): Fault => ({ kind: 'leader', at: at + exodus.between(0, 15_000), how: 'exodus', ms: exodus.between(100, 3_000) }))
  const faults: Fault[] = refusals(random.fork('refusals'), ids, until)
  for (const [name, chance, most] of [['transfer', 0.6, 6], ['leave', 0.4, 2], ['identity', 0.15, 1]] as const) {
    if (!random.chance(chance)) continue
    for (let i = 1 + random.int(most); i > 0; i--) {
      const argument = name === 'leave' ? drawLeaving(random) : undefined
      faults.push({ kind: 'command', at: random.between(8_000, until), node: random.pick(ids) ?? '', name, argument })
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
  faults.push(...struck(random.fork('struck')))
  return [...faults, ...disaster(random.fork('disaster'), ids)]
}

function drawLeaving (random: Random): Leaving {
  return { seat: random.chance(0.7), stays: random.chance(0.5) ? 0 : random.between(0, 4_000), back: random.chance(0.7) ? random.between(200, 8_000) : undefined }
}

/** All are stopped and started again, one after the other; or are replaced, and the last one stays away. */
function rolling (random: Random, ids: readonly string[]): Fault[] {
  if (!random.chance(0.15)) return []
  // a young group has one voter
  const at = random.chance(0.5) ? random.between(3_000, 9_000) : random.between(16_000, 25_000)
  // so fast that nobody becomes a voter in time
  if (random.chance(0.6)) {
    const apart = random.between(2_000, 5_000)
    return Array.from({ length: 8 }, (_, i): Fault => ({ kind: 'leader', at: at + i * apart, how: 'leave', ms: random.between(200, 900) }))
  }
  const [apart, seat] = [random.between(1_500, 10_000), random.chance(0.7)]
  return random.shuffle(ids).map((node, i): Fault => {
    const argument: Leaving = { seat, stays: 0, back: random.chance(0.85) ? random.between(200, 1_500) : undefined }
    return { kind: 'command', at: at + i * apart, node, name: 'leave', argument }
  })
}

/** What only shows when several things fall together, again and again. */
function struck (random: Random): Fault[] {
  const faults: Fault[] = []
  const burst = (how: LeaderFault, chance: number, from: number, apart: number, times: number): void => {
    if (!random.chance(chance)) return
    for (let i = 0; i < times; i++) faults.push({ kind: 'leader', at: from + i * apart + random.between(0, 1_000), how, ms: random.between(1_500, 3_000) })
  }
  burst('outpace', 0.08, 20_000, 5_000, 12)
  burst('lag', 0.1, 20_000, 7_000, 9)
  burst('beside', 0.15, 22_000, 12_000, 5)
  burst('bereave', 0.15, 25_000, 14_000, 4)
  return faults
}

/** Disks that are full for a while, one after the other, or all. */
function refusals (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.2)) return []
  const faults: Fault[] = []
  for (let at = random.between(0, 20_000); at < until; at += random.between(3_000, 25_000)) {
    const ms = random.between(1, 6_000)
    const full = random.chance(0.2) ? ids : [random.pick(ids) ?? '']
    faults.push(...full.map((node): Fault => ({ kind: 'refuse', at, node, ms })))
    // and has something else to save before it tries again with all
    if (random.chance(0.3)) faults.push(...full.map((node): Fault => ({ kind: 'command', at: at + ms + random.between(0, 1_000), node, name: 'identity', argument: undefined })))
  }
  return faults
}

/** One hears of the others by a single one only, for longer than it would wait for a leader. */
function aside (random: Random, ids: readonly string[]): Fault[] {
  if (ids.length < 4 || !random.chance(0.2)) return []
  const [node = '', , ...others] = random.shuffle(ids)
  const links = others.flatMap((id): Array<[string, string]> => [[node, id], [id, node]])
  return [{ kind: 'pair', at: random.between(20_000, 60_000), ms: random.between(14_000, 25_000), links }]
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
