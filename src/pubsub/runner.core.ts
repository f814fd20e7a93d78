/**
 * What one consumer holds and runs: in the order of each log, the messages of a key one after the other, so many at once
 * and no more. Pure.
 */
import { Deadlines } from './deadlines.core.ts'
import { isExpired } from './expiry.core.ts'
import { Heap } from './heap.core.ts'
import { MAX_ZOMBIES, ORDER_WAIT } from './numbers.core.ts'
import { isBehind, Item, Queue } from './source.core.ts'
import type { Source } from './source.core.ts'
import type { Assignment, ConsumerInput, ConsumerOutput, Ranges } from './types.core.ts'

type Settling = Extract<ConsumerInput, { type: 'settle' }>

/** What a runner needs of its consumer. */
export interface RunnerHost {
  readonly now: number
  readonly wall: number
  readonly ackWait: number
  readonly sources: Iterable<Source>
  tell (output: ConsumerOutput): void
  /** There is something to tell the assigner of a log. */
  soon (source: Source): void
}

export class Runner {
  held = 0
  running = 0
  paused = false
  leaving = false
  concurrency: number
  /** How many more are to begin. */
  wanted = Infinity
  readonly #host: RunnerHost
  /** Sources with something to start, in turn. */
  readonly #ready: Source[] = []
  /** Running items, in the order in which their time began; once it is over they count as failed. */
  readonly #clock = new Set<Item>()
  readonly #deadlines = new Deadlines(this.#clock)
  readonly #ends = new Heap<Item>()
  /** Handlers that were given up and have not ended. */
  #zombies = 0
  /** When it was said that what waits is not lost. */
  #saidAt: number

  constructor (host: RunnerHost, concurrency: number) {
    this.#host = host
    this.concurrency = concurrency
    this.#saidAt = host.now
  }

  get due (): number {
    const { now, wall } = this.#host
    return Math.min(this.#aliveAt, this.#ends.least - wall + now, this.#deadlines.least)
  }

  get #aliveAt (): number {
    return this.#saidAt + this.#host.ackWait / 3
  }

  tick (): void {
    const { now, wall } = this.#host
    for (const item of this.#deadlines.over(now)) this.#abandon(item)
    while (this.#ends.least <= wall) this.#expire(this.#ends.pop()!)
    if (this.#aliveAt <= now) this.#alive()
  }

  /** It was assigned, by stream or in a batch. False: it is one too many. */
  accept (source: Source, { message, attempt, unstarted = 0 }: Assignment, streamed: boolean, most: number): boolean {
    const { seq } = message
    source.activeAt = this.#host.now
    if (source.cursor.has(seq)) {
      // done: the ack was lost, or is under way
      this.#done(source, seq)
      return true
    }
    const held = source.items.get(seq)
    if (held !== undefined) held.confirmed ||= streamed
    if (held !== undefined && held.state !== 'failed' && held.state !== 'abandoned') {
      if (attempt > held.attempt) Object.assign(held, { attempt, unstarted, again: held.state === 'running' })
      held.dropped = false
      return true
    }
    // one that crossed what we said of it
    if (attempt <= (held?.attempt ?? source.refused.get(seq)?.attempt ?? 0)) return true
    if (this.leaving) return true
    source.refused.delete(seq)
    if (held === undefined && this.held >= most) return false
    const item = new Item(source, message, attempt, unstarted, this.#host.now)
    if (held === undefined) this.held++
    else this.#replace(held, item)
    item.confirmed = streamed
    source.items.set(seq, item)
    if (message.ttl > 0) this.#ends.push(message.at + message.ttl, item)
    this.#enqueue(item)
    return true
  }

  #replace (held: Item, item: Item): void {
    const { source, message: { key } } = held
    const line = key === undefined ? undefined : source.lines.get(key)
    if (line?.head === held) line.head = item
    if (held.state === 'failed') held.state = 'over'
  }

  #enqueue (item: Item): void {
    const { source } = item
    item.state = 'queued'
    source.queue.push(item)
    if (source.queue.size === 1) this.#ready.push(source)
  }

  /** All up to `low` is final in the channel: of these nothing is to be begun. */
  lower (source: Source, low: number): void {
    const before = source.cursor.low
    if (low <= before) return
    source.lower(low)
    if (source.items.size > 0) this.drop(source, [before + 1, low])
  }

  /** All that is its own came by stream: what came in late batches is others' by now. */
  sift (source: Source): void {
    for (const [seq, item] of source.items) {
      if (!item.confirmed && seq <= source.openedHigh && (item.state === 'queued' || item.state === 'chained')) this.forget(item)
    }
  }

  drop (source: Source, ranges: Ranges): void {
    for (let i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1]! - ranges[i]! < source.items.size) {
        for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) this.forget(source.items.get(seq))
      } else {
        for (const [seq, item] of source.items) if (seq >= ranges[i]! && seq <= ranges[i + 1]!) this.forget(item)
      }
    }
  }

  /** It is not to be begun. What runs goes on. */
  forget (item: Item | undefined): void {
    if (item === undefined) return
    if (item.state === 'running') {
      item.dropped = true
      return
    }
    const blocked = item.state
    this.release(item)
    if (blocked !== 'chained') this.#next(item)
  }

  /** Held no longer. */
  release (item: Item): void {
    const { source, message: { seq } } = item
    item.state = 'over'
    if (source.items.get(seq) !== item) return
    source.items.delete(seq)
    this.held--
  }

  start (): void {
    if (this.paused || this.leaving || this.#ready.length === 0) return
    let tried = 0
    while (tried < this.#ready.length && this.#hasSlot) {
      const source = this.#ready[0]!
      const item = this.#startable(source)
      if (item !== undefined) {
        this.#run(item)
        tried = 0
      } else {
        tried++
      }
      if (source.queue.size === 0) this.#ready.shift()
      else if (this.#ready.length > 1) this.#ready.push(this.#ready.shift()!)
    }
  }

  get #hasSlot (): boolean {
    return this.wanted > 0 && !this.#full
  }

  get #full (): boolean {
    return this.running + Math.max(0, this.#zombies - MAX_ZOMBIES) >= this.concurrency
  }

  /** The next one of a log that may begin now. */
  #startable (source: Source): Item | undefined {
    const { queue, missing } = source
    for (let item = queue.peek(); item !== undefined; item = queue.peek()) {
      const { message: { key, seq } } = item
      if (item.state !== 'queued') {
        queue.shift()
        continue
      }
      if (isExpired(item.message, this.#host.wall)) {
        queue.shift()
        this.#expire(item)
        continue
      }
      // an earlier one may still come; of its key it has to
      if (seq > missing.first && (key !== undefined || this.#host.now < source.missingSince + ORDER_WAIT)) return undefined
      queue.shift()
      if (key === undefined) return item
      const line = source.lines.get(key)
      if (line === undefined) source.lines.set(key, { head: item, behind: new Queue() })
      else if (line.head !== item && isBehind(line, item)) {
        item.state = 'chained'
        continue
      }
      return item
    }
    return undefined
  }

  /** It was not begun in time. */
  #expire (item: Item): void {
    if (item.state !== 'queued' && item.state !== 'chained') return
    item.source.expired.push(item.message.seq)
    this.#host.soon(item.source)
    this.forget(item)
  }

  #run (item: Item): void {
    const { ackWait } = this.#host
    this.running++
    this.wanted--
    item.state = 'running'
    this.#begin(item)
    if (this.#host.now - item.since > ackWait / 6) {
      item.source.working.push(item.message.seq)
      this.#host.soon(item.source)
    }
    this.#host.tell({ type: 'run', item })
  }

  #begin (item: Item): void {
    this.#clock.add(item)
    this.#deadlines.begin(item, this.#host.now, this.#host.ackWait)
  }

  /** There is another `ackWait`. */
  respec (): void {
    this.#deadlines.change(this.#host.ackWait)
  }

  extend (item: Item): void {
    if (item.state !== 'running') return
    this.#clock.delete(item)
    this.#begin(item)
    item.source.working.push(item.message.seq)
    this.#host.soon(item.source)
  }

  settle (item: Item, how: Settling['how'], delay: number | undefined, reason: string): void {
    const { source, message: { seq, key } } = item
    if (item.zombie) return this.#settleLate(item, how)
    if (item.state !== 'running') return
    this.#clock.delete(item)
    this.running--
    if (how === 'unstarted') return this.#putBack(item)
    if (how === 'ack') {
      this.#done(source, seq)
    } else if (how === 'nak') {
      const nak = { seq, attempt: item.attempt, delay, reason }
      source.naks.push(nak)
      source.refused.set(seq, { attempt: item.attempt, nak })
    } else {
      const term = { seq, reason }
      source.terms.push(term)
      source.refused.set(seq, { attempt: item.attempt, term })
    }
    this.#host.soon(source)
    if (how !== 'ack' && key !== undefined && !item.dropped && !this.leaving) {
      // those behind it wait for its next delivery, or for the word that there will be none
      item.state = 'failed'
      return
    }
    this.release(item)
    this.#next(item)
  }

  #putBack (item: Item): void {
    this.wanted = 0
    item.again = false
    this.#enqueue(item)
    if (item.dropped) this.forget(item)
  }

  /** A handler that was given up ended: it is late, but it is done. */
  #settleLate (item: Item, how: Settling['how']): void {
    const { source, message: { seq } } = item
    item.zombie = false
    this.#zombies--
    if (how !== 'ack') return
    this.#done(source, seq)
    this.forget(source.items.get(seq))
  }

  /** The assigner is told, perhaps once more. */
  #done (source: Source, seq: number): void {
    source.cursor.add(seq)
    source.done.push(seq)
    this.#host.soon(source)
  }

  /** Whoever waits behind it for the same key. */
  #next (item: Item): void {
    const { source, message: { key } } = item
    const line = key === undefined ? undefined : source.lines.get(key)
    if (line?.head !== item) return
    let next = line.behind.shift()
    while (next !== undefined && next.state !== 'chained' && next.state !== 'failed') next = line.behind.shift()
    if (next === undefined) {
      source.lines.delete(key!)
    } else {
      line.head = next
      // what was given back comes again, or somebody says that it will not
      if (next.state === 'chained') this.#enqueue(next)
    }
  }

  #abandon (item: Item): void {
    this.#clock.delete(item)
    this.running--
    this.#zombies++
    item.state = 'abandoned'
    item.zombie = true
    this.#host.tell({ type: 'abandon', item })
    if (item.dropped) return this.forget(item)
    if (!item.again) return
    const next = new Item(item.source, item.message, item.attempt, item.unstarted, this.#host.now)
    this.#replace(item, next)
    item.source.items.set(item.message.seq, next)
    this.#enqueue(next)
  }

  /** What only waits is not to be taken for lost. */
  #alive (): void {
    const every = this.#host.ackWait / 3
    this.#saidAt = this.#host.now
    // with handlers that never end in all places, or a loop that asks for no more, nothing that waits here would ever begin
    if (this.running === 0 && (this.#full || (this.wanted <= 0 && this.#zombies > 0))) return
    for (const source of this.#host.sources) {
      for (const [seq, item] of source.items) {
        if ((item.state !== 'queued' && item.state !== 'chained') || this.#host.now - item.since < every / 2) continue
        source.working.push(seq)
      }
      if (source.working.length > 0) this.#host.soon(source)
    }
  }
}
