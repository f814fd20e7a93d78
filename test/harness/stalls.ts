/** How long a process ran nothing: what a busy machine does to it, and what it may do wrong for that alone. */

/** A time in which a process ran nothing though it had something to do, in milliseconds of one clock. */
export interface Stall {
  readonly from: number
  readonly to: number
}

/** Milliseconds in which a process that stands still again and again is as late as one that does so once. */
const WINDOW = 1_000

/** Milliseconds of the longest time in which it ran nothing, or of the most in pieces within a second. */
export function standstill (stalls: readonly Stall[]): number {
  return Math.max(0, ...stalls.map(({ from, to }) => Math.max(to - from, within(from, stalls))))
}

function within (begin: number, stalls: readonly Stall[]): number {
  return stalls.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, begin + WINDOW) - Math.max(from, begin)), 0)
}
