/**
 * Mocha's dots, and the totals as JSON in the file that the reporter option `counts` names, for `test.ts`. Why a test was
 * skipped `skip` of test/harness/skip.ts has noted on it.
 */
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'
import type { Counts, Skipped } from './summary.ts'

class CountingReporter extends Mocha.reporters.Dot {
  constructor (runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const file: unknown = options.reporterOptions?.counts
    const skipped: Skipped[] = []

    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test: Mocha.Test & { why?: string }) => {
      skipped.push({ what: test.fullTitle(), why: test.why ?? 'no reason was given' })
    })
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      if (typeof file === 'string') writeFileSync(file, JSON.stringify({ passes, failures, pending, skipped } satisfies Counts))
    })
  }
}

// Mocha loads reporters by their default export.
export { CountingReporter as default }
