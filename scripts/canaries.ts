/** The table of canaries: how many seeds it took, from the first, to find each core that has a mistake; `npm run sim:canaries`. */
import { parseArgs } from 'node:util'
import * as election from '../test/sim/clients/election-mutants.ts'
import * as links from '../test/sim/clients/links-mutants.ts'
import * as pubsub from '../test/sim/clients/pubsub-mutants.ts'
import { runBatch } from '../test/sim/kernel/run.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, only: { type: 'string', default: '' } } })
for (const { MUTATIONS, mutant } of [election, links, pubsub]) {
  for (const mutation of MUTATIONS.filter(({ name }) => name.includes(values.only))) {
    const started = performance.now()
    const { runs, failure } = runBatch(await mutant(mutation), 1, Number(values.seeds), { shrinks: false })
    const took = `${runs} seeds`.padStart(11) + `${((performance.now() - started) / 1_000).toFixed(1)} s`.padStart(9)
    console.log(`${mutation.name.padEnd(52)}${took}  ${failure === undefined ? 'NOT FOUND' : failure.result.violation?.message.split('\n')[0]?.slice(0, 110)}`)
    if (failure === undefined) process.exitCode = 1
  }
}
