/** The last lines of `npm test`. */

export interface Skipped {
  what: string
  why: string
}

/** What a run of tests leaves in its file of counts. */
export interface Counts {
  passes: number
  failures: number
  pending: number
  /** Tests that this machine cannot run; also whole parts, which `pending` does not count. */
  skipped: Skipped[]
}

export interface Result extends Counts {
  /** Of the stage. */
  name: string
  seconds: number
  /** What went wrong with the stage itself, or nothing. */
  note: string
}

function describe ({ name, seconds, passes, failures, pending, note }: Result): string {
  const tests = passes + failures > 1 || passes > 0 ? `${passes} passed, ${failures} failed` : failures > 0 ? 'failed' : 'ok'
  const skipped = pending > 0 ? `, ${pending} skipped` : ''
  return `${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s  ${tests}${skipped}${note === '' ? '' : ` (${note})`}`
}

/** A line for each stage, what was not run and why, and at the end `N passed, N failed`. */
export function summary (results: readonly Result[]): string {
  const passed = results.reduce((sum, result) => sum + result.passes, 0)
  const failed = results.reduce((sum, result) => sum + result.failures, 0)
  const left = results.flatMap(({ name, skipped }) => skipped.map(({ what, why }) => `  ${name}: ${what} (${why})`))
  return [...results.map(describe), '', ...left.length === 0 ? [] : ['not run here:', ...left, ''], `${passed} passed, ${failed} failed`].join('\n')
}
