/** Runs before every spec: leaves out, for all to see, what cannot be done here; see specs.ts. */
import { karma } from './karma.ts'

beforeEach(function () {
  if (karma.config.leftOut[this.currentTest?.fullTitle() ?? ''] != null) this.skip()
})
