/**
 * What the channels of a log are done with, as a keeper knows it. In ranges, so that what a peer says takes no more place
 * than its words, and with a bound: forgetting some of it costs a second handling. Pure.
 */
import { noteEnded } from './ended.core.ts'
import { MAX_HOLES, MAX_RANGES } from './numbers.core.ts'
import { areRanges, clip } from './ranges.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import type { ChannelCursor, Ranges } from './types.core.ts'

export class ChannelCursors {
  readonly #cursors = new Map<string, ChannelCursor>()
  /** Deleted channels, and when the deleted one was opened. */
  readonly #ended = new Map<string, number>()
  /** Ranges of all of them. */
  #ranges = 0

  /** Joins a part of a cursor. False: it is of a channel that was deleted, or illegal, or there is no place for it. */
  merge ({ channel, opened, low, done }: ChannelCursor, limit: number): boolean {
    if (!areRanges(done) || !Number.isSafeInteger(low) || low < 0 || opened <= (this.#ended.get(channel) ?? -Infinity)) return false
    const known = this.#cursors.get(channel)
    if (known === undefined && this.#cursors.size >= MAX_TOPIC_CHANNELS) return false
    const all = { channel, opened: Math.min(known?.opened ?? opened, opened), low: Math.max(known?.low ?? 0, Math.min(low, limit)) }
    const above = joined(known?.done ?? [], clip(done, 1, limit))
    let from = 0
    for (; from < above.length && above[from]! <= all.low + 1; from += 2) all.low = Math.max(all.low, above[from + 1]!)
    this.#forget(channel)
    // the newest ones: of the oldest ones the messages are gone first
    const most = Math.min(MAX_RANGES, MAX_HOLES - this.#ranges)
    const kept = most > 0 ? above.slice(Math.max(from, above.length - 2 * most)) : []
    this.#ranges += kept.length / 2
    this.#cursors.set(channel, { ...all, done: kept })
    return true
  }

  /** `opened` 0: it was not deleted, and may come back. */
  /** True: there was something of it. */
  end (channel: string, opened: number): boolean {
    if (opened > 0) noteEnded(this.#ended, channel, opened)
    return this.#forget(channel)
  }

  #forget (channel: string): boolean {
    this.#ranges -= (this.#cursors.get(channel)?.done.length ?? 0) / 2
    return this.#cursors.delete(channel)
  }

  list (): ChannelCursor[] {
    return [...this.#cursors.values()].sort((a, b) => a.channel < b.channel ? -1 : 1)
  }
}

/** What is in either of two lists of ranges. */
export function joined (a: Ranges, b: Ranges): number[] {
  const all: number[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [list, at] = i < a.length && !(a[i]! > b[j]!) ? [a, (i += 2) - 2] : [b, (j += 2) - 2]
    const last = all.length - 1
    if (last > 0 && list[at]! <= all[last]! + 1) all[last] = Math.max(all[last]!, list[at + 1]!)
    else all.push(list[at]!, list[at + 1]!)
  }
  return all
}
