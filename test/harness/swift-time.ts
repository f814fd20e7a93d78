/**
 * Time that passes faster, for the tests of a `describe` that wait for seconds of our own code and do nothing meanwhile:
 * its timers and clocks run alike, so that it sees the same times as ever. Only for what is made and ended in a test, does
 * not use the shared timers of `src/util/timers.ts`, and has no other process to agree with about the time.
 */

/** Times that it is faster. A real timer is late by 1 ms or two, which is this many more to what is tested. */
const RATE = 5

interface Clock {
  now (): number
}

type Timer = (fn: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => unknown

/** Returns what puts the real one back. */
function hasten (clock: Clock): () => void {
  const own = Object.getOwnPropertyDescriptor(clock, 'now')
  const real = clock.now.bind(clock)
  const began = real()
  Object.defineProperty(clock, 'now', { value: () => began + (real() - began) * RATE, configurable: true, writable: true })
  return () => {
    if (own === undefined) Reflect.deleteProperty(clock, 'now')
    else Object.defineProperty(clock, 'now', own)
  }
}

function hastenTimer (name: 'setTimeout' | 'setInterval'): () => void {
  const timers = globalThis as unknown as Record<typeof name, Timer>
  const real = timers[name]
  timers[name] = (fn, ms = 0, ...args) => real.call(globalThis, fn, ms / RATE, ...args)
  return () => { timers[name] = real }
}

/** Call in a `describe`. */
export function useSwiftTime (): void {
  let restore: Array<() => void> = []
  before(() => { restore = [hasten(performance), hasten(Date), hastenTimer('setTimeout'), hastenTimer('setInterval')] })
  after(() => { for (const back of restore.splice(0)) back() })
}
