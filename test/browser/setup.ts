/** Runs before every spec: leaves out, for all to see, what only Node can do; see specs.ts. */
import { karma } from './karma.ts'

beforeEach(function () {
  if (karma.config.nodeOnly[this.currentTest?.fullTitle() ?? ''] != null) this.skip()
})
