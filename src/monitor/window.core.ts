/** What became of growing counts in the last minute: marks are taken now and then, and compared with. Pure. */
import type { CallStats } from './index.ts'
import type { CallCounts } from '../rpc/index.ts'

/** Milliseconds between marks, and how many there are. */
export const MARK_INTERVAL = 20_000
const MARKS = 3
/** Milliseconds that a mark must be old to be compared with, if there is one: with those above, none is older than a minute. */
const LEAST = 40_000

interface Seen {
  readonly calls: number
  readonly times: Uint32Array
}

interface Mark {
  readonly at: number
  readonly seen: ReadonlyMap<CallCounts, Seen>
}

export class CallWindow {
  #marks: Mark[]

  constructor (now: number) {
    this.#marks = [{ at: now, seen: new Map() }]
  }

  /** Take a mark, if it is time. Methods that were not called meanwhile cost nothing. */
  mark (now: number, counts: Iterable<CallCounts>): void {
    const last = this.#marks.at(-1)
    if (last !== undefined && now - last.at < MARK_INTERVAL) return
    const seen = new Map<CallCounts, Seen>()
    for (const entry of counts) {
      if (entry.calls === 0) continue
      const before = last?.seen.get(entry)
      seen.set(entry, before?.calls === entry.calls ? before : { calls: entry.calls, times: entry.times.copy() })
    }
    this.#marks = [...this.#marks, { at: now, seen }].slice(-MARKS)
  }

  /** @param service - of this node, for what it serves */
  stats (now: number, counts: CallCounts, service: string): CallStats {
    const mark = this.#marks.findLast(({ at }) => now - at >= LEAST) ?? this.#marks[0]
    const before = mark?.seen.get(counts)
    const elapsed = mark === undefined ? 0 : (now - mark.at) / 1_000
    const { calls, errors, times } = counts
    const quantile = (q: number): number => {
      const recent = before === undefined ? Number.NaN : times.quantile(q, before.times)
      const value = Number.isNaN(recent) ? times.quantile(q) : recent
      return Number.isNaN(value) ? 0 : value
    }
    return {
      service: counts.service === '' ? service : counts.service,
      method: counts.method,
      calls,
      errors,
      rate: elapsed > 0 ? (calls - (before?.calls ?? 0)) / elapsed : 0,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99)
    }
  }
}
