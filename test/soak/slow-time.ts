/**
 * Time that passes so many times slower in this process and those it starts (SOAK_SLOW=3): timers and clocks run alike, so
 * that a machine which is too busy has the time it needs. Loaded before all else.
 */
const rate = Number(process.env['SOAK_SLOW'] ?? 1)

type Timer = (fn: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => unknown

function slow (): void {
  const since = Number(process.env['SOAK_SLOW_SINCE'] ??= String(Date.now()))
  const wall = Date.now
  const monotonic = performance.now.bind(performance)
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  Date.now = () => Math.floor(since + (wall() - since) / rate)
  Object.defineProperty(performance, 'now', { value: () => monotonic() / rate, configurable: true, writable: true })
  AbortSignal.timeout = ms => timeout(Math.ceil(ms * rate))
  const timers = globalThis as unknown as Record<'setTimeout' | 'setInterval', Timer>
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const real = timers[name]
    timers[name] = (fn, ms = 0, ...args) => real.call(globalThis, fn, ms * rate, ...args)
  }
}

if (rate !== 1) slow()

export const isSlow = rate !== 1
