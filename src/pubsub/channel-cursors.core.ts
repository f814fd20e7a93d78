/** What the channels of a log are done with, as a keeper knows it. Pure. */
import { Cursor } from './cursor.core.ts'
import { noteEnded } from './ended.core.ts'
import { MAX_RANGES } from './numbers.core.ts'
import { areRanges } from './ranges.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import type { ChannelCursor } from './types.core.ts'

export class ChannelCursors {
  readonly #cursors = new Map<string, { opened: number, readonly cursor: Cursor }>()
  /** Deleted channels, and when the deleted one was opened. */
  readonly #ended = new Map<string, number>()

  /** Joins a part of a cursor. False: it is of a channel that was deleted, or illegal. */
  merge ({ channel, opened, low, done }: ChannelCursor, limit: number): boolean {
    if (!areRanges(done) || !Number.isSafeInteger(low) || low < 0 || opened <= (this.#ended.get(channel) ?? -Infinity)) return false
    let known = this.#cursors.get(channel)
    if (known === undefined) {
      if (this.#cursors.size >= MAX_TOPIC_CHANNELS) return false
      this.#cursors.set(channel, known = { opened, cursor: new Cursor() })
    }
    known.opened = Math.min(known.opened, opened)
    known.cursor.merge(low, done, limit)
    return true
  }

  /** `opened` 0: it was not deleted, and may come back. */
  end (channel: string, opened: number): void {
    if (opened > 0) noteEnded(this.#ended, channel, opened)
    this.#cursors.delete(channel)
  }

  list (): ChannelCursor[] {
    const cursors = [...this.#cursors].map(([channel, { opened, cursor }]) => ({ channel, opened, low: cursor.low, done: cursor.ranges().slice(0, MAX_RANGES * 2) }))
    return cursors.sort((a, b) => a.channel < b.channel ? -1 : 1)
  }
}
