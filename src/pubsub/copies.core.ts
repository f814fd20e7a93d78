/** The messages of a log that a keeper has, and those that it knows it lacks. Pure. */
import { Backlog } from './backlog.core.ts'
import { MAX_BATCH, MAX_BATCH_BYTES, MAX_RANGES, MAX_SPAN } from './numbers.core.ts'
import { clip, pairs, RangeSet } from './ranges.core.ts'
import type { Message, Ranges, Retention } from './types.core.ts'

export class Copies {
  readonly backlog: Backlog
  /** Kept, or lost for ever. */
  readonly resolved = new RangeSet()
  /** Highest seq there is. */
  high: number

  constructor (retention: Retention, messages: readonly Message[] = [], last = 0) {
    // by seq no more than by number: a publisher that leaves millions out must not make all keepers hold their places
    this.backlog = new Backlog(retention, messages, 0, Math.min(MAX_SPAN, Math.max(1, retention.messages)))
    this.high = last
    for (const { seq } of messages) this.resolved.add(seq)
    // what was forgotten before is not asked for again
    if (!this.resolved.isEmpty) this.resolved.add(1, this.resolved.first - 1)
  }

  /** The last seq of the part from the first that is kept or lost as a whole. */
  get solid (): number {
    const { ranges } = this.resolved
    return ranges[0] === 1 ? ranges[1]! : 0
  }

  get all (): Message[] {
    const messages: Message[] = []
    for (let seq = this.backlog.first; seq <= this.backlog.last; seq++) {
      const slot = this.backlog.get(seq)
      if (slot !== undefined) messages.push(slot.message)
    }
    return messages
  }

  /** The ranges that are kept. */
  get ranges (): number[] {
    return clip(this.resolved.ranges, this.backlog.first, this.backlog.last)
  }

  /** Adds what is new, and returns it. */
  add (messages: readonly Message[]): Message[] {
    const { backlog, resolved } = this
    const news: Message[] = []
    for (const message of messages) {
      const { seq } = message
      if (!Number.isSafeInteger(seq) || seq < 1 || resolved.has(seq)) continue
      this.high = Math.max(this.high, seq)
      // whoever does not take this node for a keeper leaves out what is not for its consumers: a whole one is never empty
      if (message.payload.length === 0) continue
      resolved.add(seq)
      if (seq < backlog.first && backlog.length > 0 && !backlog.lower(seq)) continue
      backlog.put(message)
      news.push(message)
    }
    return news
  }

  retain (wall: number): void {
    const { backlog } = this
    backlog.retain(wall, this.solid)
    // what is too old is not asked for any more
    if (backlog.forgotten > 0) this.resolved.add(1, backlog.forgotten)
  }

  /** Neither kept nor lost, at most as much as one answer may hold. */
  missing (): number[] {
    const missing: number[] = []
    let from = 1
    for (const [a, b] of [...pairs(this.resolved.ranges), [this.high + 1, this.high + 1] as const]) {
      if (from < a) missing.push(from, Math.min(a - 1, this.high))
      from = b + 1
      if (missing.length >= MAX_RANGES || from > this.high) break
    }
    return missing
  }

  /** As many of these as fit into one frame. */
  pick (ranges: Ranges): Message[] {
    const messages: Message[] = []
    let bytes = 0
    for (const [a, b] of pairs(clip(ranges, this.backlog.first, this.backlog.last))) {
      for (let seq = a; seq <= b && messages.length < MAX_BATCH && bytes < MAX_BATCH_BYTES; seq++) {
        const slot = this.backlog.get(seq)
        if (slot === undefined) continue
        bytes += slot.message.payload.length
        if (messages.length === 0 || bytes <= MAX_BATCH_BYTES) messages.push(slot.message)
      }
    }
    return messages
  }

  /** What of these is missing here. */
  lacked (ranges: Ranges): number[] {
    const missing = this.missing()
    return pairs(ranges).flatMap(([a, b]) => clip(missing, a, b))
  }
}
