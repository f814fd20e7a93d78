import { expect } from 'chai'
import { electionClient } from './clients/election.ts'
import { MUTATIONS, mutant } from './clients/election-mutants.ts'
import { FIXTURES } from './fixtures/election.ts'
import { describeFailure, runBatch, runScenario, runSeed } from './kernel/run.ts'

const SEEDS = 300

describe('simulation: election', function () {
  this.timeout(300_000)

  it(`keeps its invariants over ${SEEDS} seeds of 120 s, in each of which other things go wrong`, () => {
    const client = electionClient()
    const batch = runBatch(client, 1, SEEDS)
    if (batch.failure !== undefined) throw new Error(describeFailure(client, batch.failure))
    expect(batch.unproven, 'faults and reactions that never happened').to.deep.equal([])
    const { elections = 0, restarts = 0, halves = 0, isolate = 0, ring = 0, reconfigurations = 0 } = batch.counts
    console.log(`      ${elections} elections, ${restarts} crashes, ${halves + isolate + ring} partitions, ${reconfigurations} reconfigurations`)
  })

  it('runs the same seed the same way', () => {
    const [first, second] = [runSeed(7, electionClient()), runSeed(7, electionClient())]
    expect(first.result).to.deep.equal(second.result)
    expect(runSeed(8, electionClient()).result.hash).to.not.equal(first.result.hash)
  })

  for (const { what, scenario } of FIXTURES) {
    it(`keeps them in an old failure: ${what}`, () => {
      expect(runScenario(scenario, electionClient()).violation).to.equal(undefined)
    })
  }

  for (const mutation of MUTATIONS) {
    it(`finds the mutant that ${mutation.name}`, async () => {
      const { failure, runs } = runBatch(await mutant(mutation), mutation.from ?? 1, 2_000, { shrinks: false })
      expect(failure, `not found in ${runs} seeds`).to.not.equal(undefined)
    })
  }
})
