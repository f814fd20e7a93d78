/**
 * What the channels of a log are done with, as somebody knows it who does not assign them. In ranges, so that what a peer
 * says takes no more place than its words, and with a bound: forgetting some of it costs a second handling. Pure.
 */
import { noteEnded } from './ended.core.ts'
import { MAX_HOLES, MAX_RANGES } from './numbers.core.ts'
import { areRanges, clip, joined } from './ranges.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import type { ChannelCursor, Ranges } from './types.core.ts'

export interface KnownCursor { readonly opened: number, readonly low: number, readonly done: Ranges }

export class ChannelCursors {
  readonly #cursors = new Map<string, KnownCursor>()
  /** Deleted channels, and when the deleted one was opened. */
  readonly #ended = new Map<string, number>()
  /** Ranges of all of them. */
  #ranges = 0

  /** Joins a part of a cursor. False: it is of a channel that was deleted, or illegal, or there is no place for it. */
  merge (cursor: ChannelCursor, limit: number): boolean {
    const { channel, opened, low, done } = cursor
    if (!this.isLegal(cursor)) return false
    const known = this.#cursors.get(channel)
    if (known === undefined && this.#cursors.size >= MAX_TOPIC_CHANNELS) return false
    const all = { opened: Math.min(known?.opened ?? opened, opened), low: Math.max(known?.low ?? 0, Math.min(low, limit)) }
    const above = joined(known?.done ?? [], clip(done, 1, limit))
    let from = 0
    for (; from < above.length && above[from]! <= all.low + 1; from += 2) all.low = Math.max(all.low, above[from + 1]!)
    this.take(channel)
    // the newest ones: of the oldest ones the messages are gone first
    const most = Math.min(MAX_RANGES, MAX_HOLES - this.#ranges)
    const kept = most > 0 ? above.slice(Math.max(from, above.length - 2 * most)) : []
    this.#ranges += kept.length / 2
    this.#cursors.set(channel, { ...all, done: kept })
    return true
  }

  /** Not of a channel that was deleted, and with numbers that can be. */
  isLegal ({ channel, opened, low, done }: ChannelCursor): boolean {
    return areRanges(done) && Number.isSafeInteger(low) && low >= 0 && !this.isEnded(channel, opened)
  }

  has (channel: string): boolean {
    return this.#cursors.has(channel)
  }

  /** What is known of a channel, which is not known here any more. */
  take (channel: string): KnownCursor | undefined {
    const known = this.#cursors.get(channel)
    if (known === undefined) return undefined
    this.#cursors.delete(channel)
    this.#ranges -= known.done.length / 2
    return known
  }

  /** `opened` 0: it was not deleted, and may come back. */
  end (channel: string, opened: number): void {
    if (opened > 0) noteEnded(this.#ended, channel, opened)
    this.take(channel)
  }

  isEnded (channel: string, opened: number): boolean {
    return opened <= (this.#ended.get(channel) ?? -Infinity)
  }

  list (): ChannelCursor[] {
    const cursors = Array.from(this.#cursors, ([channel, cursor]) => ({ channel, ...cursor }))
    return cursors.sort((a, b) => a.channel < b.channel ? -1 : 1)
  }
}
