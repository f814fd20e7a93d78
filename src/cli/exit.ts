/** Exit codes, and the error that a wrong command line is. */

export const DONE = 0
/** What was asked for failed: the call, a check, the relay. */
export const FAILED = 1
export const WRONG_USAGE = 2
export const NO_WAY_IN = 3
/** Ctrl-C or SIGTERM before it was done, as shells have it: 128 + the signal's number. */
export const INTERRUPTED = 130

/** The command line was wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  static override readonly name = 'UsageError'
  constructor (message: string) { super(message); this.name = 'UsageError' }
}
