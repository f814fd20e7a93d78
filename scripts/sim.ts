/**
 * Runs the simulator: `npm run sim -- --client detector --seeds 500`, or one seed again: `--seed 4711`.
 */
import { parseArgs } from 'node:util'
import { CLIENTS } from '../test/sim/clients/index.ts'
import { describeFailure, runBatch } from '../test/sim/kernel/run.ts'

const { values } = parseArgs({
  options: {
    client: { type: 'string', default: 'detector' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' }
  }
})
const factory = CLIENTS.get(values.client)
if (factory === undefined) {
  console.error(`no such client: ${values.client}; there are ${[...CLIENTS.keys()].join(', ')}`)
  process.exit(2)
}
const seeds = Number(values.seeds ?? 1)
const started = performance.now()
const batch = runBatch(factory, Number(values.seed), seeds)
const seconds = (performance.now() - started) / 1_000
console.log(`${batch.runs} seeds, ${batch.steps} steps, ${Math.round(batch.virtualMs / 1_000)} virtual s in ${seconds.toFixed(1)} s`)
for (const [what, count] of Object.entries(batch.counts).sort()) console.log(`  ${what.padEnd(20)} ${count}`)
if (batch.failure !== undefined) {
  console.error(describeFailure(factory, batch.failure))
  process.exitCode = 1
} else if (seeds >= 100 && batch.unproven.length > 0) {
  console.error(`never happened, so nothing is proved about it: ${batch.unproven.join(', ')}`)
  process.exitCode = 1
}
