/**
 * Polls a condition instead of sleeping and hoping. The deadline is generous: it only decides how long a failing test
 * takes, never whether a working one passes.
 */
import { realNow, realTimeout } from './real-time.ts'

export interface UntilOptions {
  /** Milliseconds. @default 15000 */
  timeout?: number
  /** Milliseconds between two looks. @default 10 */
  interval?: number
  /** What was waited for, for the error: text, or a function that describes the last state. */
  what?: string | (() => string)
}

/** Resolves to the first truthy value that `condition` returns. Its throws count as not yet. */
export async function until <T> (condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { timeout = 15_000, interval = 10, what } = options
  const deadline = realNow() + timeout
  let problem: unknown
  for (;;) {
    try {
      const value = await condition()
      problem = undefined
      if (value != null && value !== false && value !== 0 && value !== '') return value
    } catch (error) {
      problem = error
    }
    if (realNow() > deadline) {
      const text = typeof what === 'function' ? what() : what ?? condition.toString()
      throw new Error(`not within ${timeout} ms: ${text}`, problem === undefined ? undefined : { cause: problem })
    }
    await new Promise(resolve => { realTimeout(resolve, interval) })
  }
}
