import { expect } from 'chai'
import { linksClient } from './clients/links.ts'
import { describeFailure, runBatch, runSeed } from './kernel/run.ts'

const SEEDS = 100

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

  it('runs the same seed the same way', () => {
    expect(runSeed(7, linksClient()).result).to.deep.equal(runSeed(7, linksClient()).result)
  })
})
