/** Milliseconds of a monotonic clock that may stand still in sleep, and of the wall clock, which can be set. */
export interface Time { readonly now: number, readonly wall: number }

export function time (): Time {
  return { now: performance.now(), wall: Date.now() }
}

/** By both clocks: what was granted until then is over when either says so. */
export function isBefore (time: Time, until: Time): boolean {
  return time.now < until.now && time.wall < until.wall
}
