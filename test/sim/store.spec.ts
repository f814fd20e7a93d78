import { expect } from 'chai'
import { GroupStore } from '../../src/election/store.ts'
import { MUTATIONS, mutant } from './clients/store-mutants.ts'
import { StoreLives } from './clients/store-lives.ts'
import type { StoreClass } from './clients/store-lives.ts'

const SEEDS = 1_000

interface Batch { failure: string | undefined, counts: Record<string, number> }

async function runLives (store: StoreClass, seeds: number): Promise<Batch> {
  const counts: Record<string, number> = {}
  for (let seed = 1; seed <= seeds; seed++) {
    const lives = new StoreLives(seed, store)
    try {
      await lives.run()
    } catch (err) {
      return { failure: `seed ${seed}: ${String(err)}`, counts }
    }
    for (const [what, count] of Object.entries(lives.counts)) counts[what] = (counts[what] ?? 0) + count
  }
  return { failure: undefined, counts }
}

describe('simulation: the store of the election', function () {
  this.timeout(120_000)

  it(`gives back what was stored, or says that it is lost, over ${SEEDS} seeds of eight lives`, async () => {
    const { failure, counts } = await runLives(GroupStore, SEEDS)
    expect(failure).to.equal(undefined)
    for (const what of ['died', 'refused', 'forgets again', 'lost', 'kept', 'saved again', 'stable damaged', 'log damaged', 'stable gone', 'log gone', 'rewritten', 'not rewritten', 'done, and refused']) {
      expect(counts[what], what).to.be.above(50)
    }
  })

  for (const mutation of MUTATIONS) {
    it(`finds the mutant that ${mutation.name}`, async () => {
      const { failure } = await runLives(await mutant(mutation), SEEDS)
      expect(failure, `not found in ${SEEDS} seeds`).to.include('Violation')
    })
  }
})
