/**
 * Leases and promises on two clocks that drift, jump and sleep. A lease errs to its end: it is over when either clock
 * says so. A voter's promise errs to its continuance: it is over when both do. Pure.
 */
import type { Time } from '../util/clocks.ts'

export { isBefore } from '../util/clocks.ts'

/** Largest error of a clock's rate. */
const RHO = 0.02
/** Milliseconds for what is not exact about a clock: its grain, and the time between reading it and acting. */
const DELTA = 10
/** Milliseconds that a wall clock may lose against the monotonic one without having been set back. */
const SET_BACK = 100

/** An epoch is the time of its founding: milliseconds since 1970, times this. */
export const EPOCHS_PER_MS = 1_024
/** Milliseconds by which clocks may differ: what is further ahead is a lie that would use the numbers up. */
const AHEAD = 24 * 60 * 60 * 1_000

/** The highest epoch that can be true, by this clock. */
export function latestEpoch (wall: number): number {
  return (wall + AHEAD + 1) * EPOCHS_PER_MS
}

/**
 * Until when nobody else can have won, after a majority acknowledged a round that was sent at `sent`: each of them
 * promised `timeout` on its own clock, which may be as fast as this one is slow (Raft thesis 6.4.1).
 */
export function leaseUntil (sent: Time, timeout: number): Time {
  const length = timeout * (1 - RHO) / (1 + RHO) - DELTA
  return { now: sent.now + length, wall: sent.wall + length }
}

/** Whether `ms` have passed since then, by both clocks. */
export function hasPassed (since: Time, ms: number, time: Time): boolean {
  return time.now - since.now >= ms && time.wall - since.wall >= ms
}

/** The wall clock was set back between the two: what was measured with it is void. Sleep looks the other way round. */
export function wasSetBack (before: Time, after: Time): boolean {
  return (after.wall - before.wall) < (after.now - before.now) - SET_BACK
}
