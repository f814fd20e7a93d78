import { expect } from 'chai'
import { linksClient, strikes } from './clients/links.ts'
import { MUTATIONS, mutant } from './clients/links-mutants.ts'
import { describeFailure, runBatch, runSeed } from './kernel/run.ts'

const SEEDS = 100
/** Seeds that once found a mistake, when clocks were not set yet. */
const OLD: ReadonlyArray<[number, string]> = [
  [329, 'a leader without leases answered from its own table while another one led'],
  [1_013, 'a fast clock took a lease for over that a slow one still believed in']
]

describe('simulation: links', function () {
  this.timeout(300_000)

  it(`keeps K1 to K7 over ${SEEDS} seeds, in each of which other things go wrong`, () => {
    const client = linksClient()
    const batch = runBatch(client, 1, SEEDS)
    if (batch.failure !== undefined) throw new Error(describeFailure(client, batch.failure))
    expect(batch.unproven, 'faults and reactions that never happened').to.deep.equal([])
    const { linked = 0, moved = 0, unlinked = 0, restarts = 0, unknown = 0 } = batch.counts
    console.log(`      ${linked} linked, ${moved} moved, ${unlinked} unlinked, ${unknown} of unknown outcome, ${restarts} crashes`)
  })

  for (const [seed, what] of OLD) {
    it(`keeps them in an old failure: ${what}`, () => {
      expect(runSeed(seed, { ...linksClient(), workload: (random, _, until) => strikes(random, until) }).result.violation).to.equal(undefined)
    })
  }

  it('runs the same seed the same way', () => {
    expect(runSeed(7, linksClient()).result).to.deep.equal(runSeed(7, linksClient()).result)
  })

  for (const mutation of MUTATIONS) {
    it(`finds the mutant that ${mutation.name}`, async () => {
      const { failure, runs } = runBatch(await mutant(mutation), mutation.from ?? 1, 2_000, { shrinks: false })
      expect(failure, `not found in ${runs} seeds`).to.not.equal(undefined)
    })
  }
})
