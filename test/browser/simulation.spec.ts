import { electionClient } from '../sim/clients/election.ts'
import { describeFailure, runBatch } from '../sim/kernel/run.ts'

/** In pieces, so that the page answers its runner between them. test/sim runs these seeds and many more in Node: here they show another engine. */
const PIECES = 10
const SEEDS = 5

describe('simulation in a page: election', function () {
  this.timeout(120_000)

  for (let piece = 0; piece < PIECES; piece++) {
    it(`keeps its invariants over seeds ${piece * SEEDS + 1} to ${(piece + 1) * SEEDS}`, () => {
      const client = electionClient()
      const { failure } = runBatch(client, piece * SEEDS + 1, SEEDS)
      if (failure !== undefined) throw new Error(describeFailure(client, failure))
    })
  }
})
