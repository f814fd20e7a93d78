/** {@link until} with a patience for pages: a look at one may itself take as long as its browser lets it. */
import { until as soon } from '../harness/until.ts'
import type { UntilOptions } from '../harness/until.ts'

export async function until <T> (condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  return soon(condition, { timeout: 90_000, ...options })
}
