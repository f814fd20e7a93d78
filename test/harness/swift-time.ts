/**
 * Time that passes faster, for tests that wait for seconds of our own code and do nothing meanwhile: its timers and clocks
 * run alike, so that it sees the same times as ever. Not for what has to agree about the time with another process, nor
 * for `AbortSignal.timeout`, which is as slow as ever.
 */
import { realNow } from './real-time.ts'

/** Times that it is faster. A real timer is late by 1 ms or two, which is this many more to what is tested. */
const RATE = 5

type Timer = (fn: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => unknown

/** Milliseconds by which the monotonic clock is ahead: it goes never back, as whatever lives on has seen it. */
let ahead = 0

function set (now: () => number): void {
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true })
}

function hastenMonotonic (): () => void {
  const began = realNow()
  const before = ahead
  set(() => realNow() + before + (realNow() - began) * (RATE - 1))
  return () => {
    ahead = before + (realNow() - began) * (RATE - 1)
    set(() => realNow() + ahead)
  }
}

function hastenWall (): () => void {
  const { now } = Date
  const began = now()
  Date.now = () => began + Math.floor((now() - began) * RATE)
  return () => { Date.now = now }
}

function hastenTimer (name: 'setTimeout' | 'setInterval'): () => void {
  const timers = globalThis as unknown as Record<typeof name, Timer>
  const real = timers[name]
  timers[name] = (fn, ms = 0, ...args) => real.call(globalThis, fn, ms / RATE, ...args)
  return () => { timers[name] = real }
}

/** Until the function is called that it returns. */
export function hasten (): () => void {
  const backs = [hastenMonotonic(), hastenWall(), hastenTimer('setTimeout'), hastenTimer('setInterval')]
  return () => { for (const back of backs) back() }
}

/** So many milliseconds of the monotonic clock have passed, at once: no timer was late. Not while time passes faster. */
export function leap (ms: number): void {
  ahead += ms
  set(() => realNow() + ahead)
}

/** For all tests of the `describe` in which it is called. */
export function useSwiftTime (): void {
  let back = (): void => {}
  before(() => { back = hasten() })
  after(() => { back() })
}

/** For one test. */
export function swiftly (test: () => Promise<void>): () => Promise<void> {
  return async () => {
    const back = hasten()
    try {
      await test()
    } finally {
      back()
    }
  }
}

/**
 * For one test, in which no time passes by the clocks of our own code, however long it takes: no patience is at its end, no
 * lease runs out, and who may do something once a second may not do it again. Timers run as ever.
 */
export function inNoTime (test: () => Promise<void>): () => Promise<void> {
  return async () => {
    const { now: wall } = Date
    const [now, then] = [performance.now(), Date.now()]
    set(() => now)
    Date.now = () => then
    try {
      await test()
    } finally {
      ahead = now - realNow()
      set(() => realNow() + ahead)
      Date.now = wall
    }
  }
}
