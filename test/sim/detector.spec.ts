import { expect } from 'chai'
import { MUTANTS } from './clients/detector-mutants.ts'
import { detectorClient } from './clients/detector.ts'
import { FIXTURES } from './fixtures/detector.ts'
import { describeFailure, runBatch, runScenario, runSeed } from './kernel/run.ts'

const SEEDS = 300

describe('simulation: failure detector and view', function () {
  this.timeout(300_000)

  it(`keeps its invariants over ${SEEDS} seeds, in each of which other things go wrong`, () => {
    const client = detectorClient()
    const batch = runBatch(client, 1, SEEDS)
    if (batch.failure !== undefined) throw new Error(describeFailure(client, batch.failure))
    expect(batch.unproven, 'faults and reactions that never happened').to.deep.equal([])
  })

  it('runs the same seed the same way', () => {
    const [first, second] = [runSeed(7, detectorClient()), runSeed(7, detectorClient())]
    expect(first.result).to.deep.equal(second.result)
    expect(runSeed(8, detectorClient()).result.hash).to.not.equal(first.result.hash)
  })

  for (const { what, scenario } of FIXTURES) {
    it(`keeps them in an old failure: ${what}`, () => {
      expect(runScenario(scenario, detectorClient()).violation).to.equal(undefined)
    })
  }

  for (const mutant of MUTANTS) {
    it(`finds the mutant that ${mutant.name}`, () => {
      const { failure, runs } = runBatch(mutant, 1, 200, { shrinks: false })
      expect(failure, `not found in ${runs} seeds`).to.not.equal(undefined)
    })
  }
})
