import { createTimers } from '../../src/util/timers.ts'
import type { Timers } from '../../src/util/timers.ts'

/** A clock and a setTimeout that move by hand. */
export class FakeTime {
  time = 1_000.5
  /** Timeouts set so far. */
  scheduled = 0
  pending: Array<{ at: number, fn: () => void }> = []
  readonly timers: Timers = createTimers({
    now: () => this.time,
    schedule: (fn, ms) => {
      const entry = { at: this.time + ms, fn }
      this.scheduled++
      this.pending.push(entry)
      return () => { this.pending = this.pending.filter(other => other !== entry) }
    }
  })

  advance (ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.pending.reduce<{ at: number, fn: () => void } | undefined>((min, entry) => min !== undefined && min.at <= entry.at ? min : entry, undefined)
      if (next === undefined || next.at > end) {
        break
      }
      this.pending = this.pending.filter(entry => entry !== next)
      this.time = Math.max(this.time, next.at)
      next.fn()
    }
    this.time = end
  }
}
