/** Exit codes, and the error that a wrong command line is. */

export const DONE = 0
/** What was asked for failed: the call, a check, the relay. */
export const FAILED = 1
export const WRONG_USAGE = 2
export const NO_WAY_IN = 3
/** Ctrl-C, SIGTERM or SIGHUP before it was done, as shells have it: 128 + the signal's number. */
export const INTERRUPTED = 130

/** The command line was wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  static override readonly name = 'UsageError'
  constructor (message: string) { super(message); this.name = 'UsageError' }
}

/** A disk is full, or a terminal gone: results are lost, which is no end as in `… | head`. Exit code 1. */
export class UnwrittenError extends Error {
  static override readonly name = 'UnwrittenError'
  constructor (cause: Error) {
    super(`what it prints cannot be written: ${cause.message}`, { cause })
    this.name = 'UnwrittenError'
  }
}
