/**
 * Mocha's dots, and the totals as JSON in the file that the reporter option `counts` names, for `test.ts`.
 */
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

class CountingReporter extends Mocha.reporters.Dot {
  constructor (runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const file: unknown = options.reporterOptions?.counts

    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      if (typeof file === 'string') writeFileSync(file, JSON.stringify({ passes, failures, pending }))
    })
  }
}

// Mocha loads reporters by their default export.
export { CountingReporter as default }
