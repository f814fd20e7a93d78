import { expect } from 'chai'
import { MUTATIONS, mutant } from './clients/pubsub-mutants.ts'
import { deaths, pubsubClient } from './clients/pubsub.ts'
import { describeFailure, runBatch, runSeed } from './kernel/run.ts'
import type { ClientFactory } from './kernel/run.ts'

const SEEDS = 60
/** Seeds that once found a mistake, when no consumer left and no clock was set yet. */
const OLD: ReadonlyArray<[number, string]> = [
  [2, 'gossip overtook the stream, and a key its order'],
  [35, 'a key lost its order when its consumer was cut off'],
  [79, 'a keeper gave up for all what only the publisher had'],
  [123, 'a keeper with the newest messages took the older ones for done'],
  [138, 'two keepers deposed each other for ever'],
  [158, 'a handler that never ended kept the later messages of its key for ever'],
  [165, 'a consumer was sent more than its prefetch'],
  [254, 'a restarted publisher gave attempts anew in the old generation'],
  [2_847, 'nothing, but a channel whose handlers hang had more to do than there was time'],
  [3_927, 'a publisher that was started twice before it heard of a channel forgot where it was'],
  [3_255, 'nothing, but a publisher whose log was torn had nothing to keep with what it was told of a channel'],
  [3_437, 'a key had two consumers after a takeover, and one of them waited for what the other was given'],
  [3_308, 'a consumer was told in two pieces what to drop of a key, and began a later message in between']
]
/** And since. */
const NEWER: typeof OLD = [
  [44, 'what was under way to a consumer that left waited for its time, and blamed it'],
  [155, 'a consumer that left said again and again that it takes part'],
  [6_148, 'a publisher whose clock was slow passed over what it had published for a channel that it had heard of'],
  [4_402, 'a keeper that was started again took over by the number that it had before'],
  [7_568, 'all places of a consumer were taken by what waited there for an earlier message of its key, which a takeover had forgotten']
]

describe('simulation: pub/sub', function () {
  this.timeout(300_000)

  it(`keeps D1 to D10 over ${SEEDS} seeds, in each of which other things go wrong`, () => {
    const client = pubsubClient()
    const batch = runBatch(client, 1, SEEDS)
    if (batch.failure !== undefined) throw new Error(describeFailure(client, batch.failure))
    const { handled = 0, owed = 0, restarts = 0, takeovers = 0 } = batch.counts
    expect(Math.min(handled, owed, restarts, takeovers), 'nothing went wrong, or nothing was delivered').to.be.greaterThan(0)
    console.log(`      ${handled} handled, ${restarts} crashes, ${takeovers} takeovers`)
  })

  for (const [seed, what] of [...OLD, ...NEWER]) {
    it(`keeps them in an old failure: ${what}`, () => {
      const former: Partial<ClientFactory> = OLD.some(([old]) => old === seed) ? { workload: (random, _, until) => deaths(random, until) } : {}
      expect(runSeed(seed, { ...pubsubClient(), ...former }).result.violation).to.equal(undefined)
    })
  }

  for (const mutation of MUTATIONS) {
    it(`finds the mutant that ${mutation.name}`, async () => {
      const { failure, runs } = runBatch(await mutant(mutation), mutation.from ?? 1, 2_000, { shrinks: false })
      expect(failure, `not found in ${runs} seeds`).to.not.equal(undefined)
    })
  }
})
