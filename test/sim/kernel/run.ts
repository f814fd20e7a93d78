/** Runs seeds, checks that equal seeds run equally, and makes the schedule of a failure as small as it can be. */
import { drawScenario } from './scenario.ts'
import { World } from './world.ts'
import type { Client, Fault, FaultKind, Scenario, Schedule } from './types.ts'
import type { RunResult } from './world.ts'

export interface ClientFactory {
  readonly name: string
  readonly faults: readonly FaultKind[]
  readonly workload?: NonNullable<Client['workload']>
  readonly schedule?: Schedule
  readonly mustHappen: readonly string[]
  create (world: World): Client
}

export interface Failure {
  result: RunResult
  scenario: Scenario
  /** What is left of the schedule when everything is removed without which the same invariant breaks as well. */
  shrunk: Fault[]
}

export interface BatchResult {
  runs: number
  steps: number
  virtualMs: number
  counts: Record<string, number>
  failure: Failure | undefined
  /** Kinds of faults that were drawn but never struck, and things that must happen and did not. */
  unproven: string[]
}

/** Every so many seeds one is run twice. */
const TWICE_EVERY = 50

export function runScenario (scenario: Scenario, factory: ClientFactory): RunResult {
  return new World(scenario, world => factory.create(world)).run()
}

export function runSeed (seed: number, factory: ClientFactory): { scenario: Scenario, result: RunResult } {
  const scenario = drawScenario(seed, factory)
  return { scenario, result: runScenario(scenario, factory) }
}

/** Runs seeds until one fails. @param shrinks - whether the schedule of a failure is made small, which takes a hundred runs */
export function runBatch (factory: ClientFactory, from: number, seeds: number, { shrinks = true } = {}): BatchResult {
  const batch: BatchResult = { runs: 0, steps: 0, virtualMs: 0, counts: {}, failure: undefined, unproven: [] }
  const expected = new Set<string>(factory.mustHappen)
  for (let seed = from; seed < from + seeds; seed++) {
    const { scenario, result } = runSeed(seed, factory)
    batch.runs++
    batch.steps += result.steps
    batch.virtualMs += result.at
    for (const [what, count] of Object.entries(result.counts)) batch.counts[what] = (batch.counts[what] ?? 0) + count
    for (const kind of scenario.enabled) expected.add(COUNTED_AS[kind] ?? kind)
    if (result.violation !== undefined) {
      batch.failure = { result, scenario, shrunk: shrinks ? shrink(scenario, factory, result.violation.invariant) : scenario.faults }
      return batch
    }
    if (seed % TWICE_EVERY === 0 && runSeed(seed, factory).result.hash !== result.hash) {
      throw new Error(`seed ${seed} ran differently the second time: something outside the seed decides`)
    }
  }
  batch.unproven = [...expected].filter(what => (batch.counts[what] ?? 0) === 0).sort()
  return batch
}

/** Conditions that hold all the time count by what they did. */
const COUNTED_AS: Partial<Record<FaultKind, string>> = { lossy: 'dropped', ambush: 'freeze' }

/** Leaves out faults, large pieces first, while the same invariant breaks (ddmin). */
function shrink (scenario: Scenario, factory: ClientFactory, invariant: string): Fault[] {
  let faults = scenario.faults
  const fails = (subset: Fault[]): boolean => runScenario({ ...scenario, faults: subset }, factory).violation?.invariant === invariant
  for (let size = Math.ceil(faults.length / 2); size >= 1 && faults.length > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < faults.length;) {
      const subset = [...faults.slice(0, start), ...faults.slice(start + size)]
      if (fails(subset)) faults = subset
      else start += size
    }
  }
  return faults
}

export function describeFailure (factory: ClientFactory, { result, scenario, shrunk }: Failure): string {
  const { faults, ...conditions } = scenario
  return [
    `SEED=${result.seed} at ${result.at} ms: ${result.violation?.message ?? ''}`,
    `conditions: ${JSON.stringify(conditions)}`,
    `faults (${shrunk.length} of ${faults.length} are enough):`,
    ...shrunk.map(fault => `  ${JSON.stringify(fault, (_, value: unknown) => value === Infinity ? 'for ever' : value)}`),
    `replay: npm run sim -- --client ${factory.name} --seed ${result.seed}`
  ].join('\n')
}
