/** One log as one consumer sees it: who assigns, what has arrived, what is held, what is done, and what is to be told. Pure. */
import { Cursor } from './cursor.core.ts'
import { MAX_RANGES, MAX_REFUSED } from './numbers.core.ts'
import { RangeSet, rangesOf } from './ranges.core.ts'
import type { Generation, Held, LogId, Message, Nak, Outcomes, Term } from './types.core.ts'

/**
 * `queued`: to be started. `chained`: behind another one of its key. `failed`: of a key, and waits for its next delivery, so
 * that those behind it wait as well. `abandoned`: its time ran out while it ran. `over`: settled, or no longer here.
 */
export type ItemState = 'queued' | 'chained' | 'running' | 'failed' | 'abandoned' | 'over'

export class Item implements Held {
  readonly source: Source
  readonly message: Message
  attempt: number
  unstarted: number
  state: ItemState = 'queued'
  /** When it came, or its time began anew. */
  since: number
  began = 0
  deadline = Infinity
  /** Its handler was given up, and has not ended. */
  zombie = false
  /** It runs, and will not come again: it is final, or another consumer's. */
  dropped = false
  /** It came by stream, or the assigner was told that it is here: it is not one from a batch that was late. */
  confirmed = false
  /** It runs, and was delivered again: the assigner gave this attempt up. */
  again = false

  constructor (source: Source, message: Message, attempt: number, unstarted: number, now: number) {
    this.source = source
    this.message = message
    this.attempt = attempt
    this.unstarted = unstarted
    this.since = now
  }

  get log (): LogId {
    return this.source.log
  }
}

/** Messages of one key: one runs, or has failed; the others wait, in order. So do those that were given back, until they come again. */
interface Line { head: Item, readonly behind: Queue }

/** Puts the item behind the line's head. False: the head does not run, and comes after it, which takes its place. */
export function isBehind (line: Line, item: Item): boolean {
  const { head } = line
  const first = head.message.seq > item.message.seq && (head.state === 'queued' || head.state === 'failed')
  if (!first) line.behind.push(item)
  else {
    // one that is queued finds its place when it is its turn
    if (head.state === 'failed') line.behind.push(head)
    line.head = item
  }
  return !first
}

/** Items by seq. Mostly they come in order. */
export class Queue {
  #items: Item[] = []
  #head = 0

  get size (): number {
    return this.#items.length - this.#head
  }

  peek (): Item | undefined {
    return this.#items[this.#head]
  }

  push (item: Item): void {
    const items = this.#items
    const { seq } = item.message
    if (this.size === 0 || items[items.length - 1]!.message.seq < seq) {
      items.push(item)
      return
    }
    let low = this.#head
    let high = items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (items[middle]!.message.seq < seq) low = middle + 1
      else high = middle
    }
    if (low === this.#head && low > 0) items[this.#head = low - 1] = item
    else items.splice(low, 0, item)
  }

  shift (): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#head++
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    } else if (this.#head >= 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

export class Source {
  readonly log: LogId
  readonly cursor: Cursor
  /** Highest seq there is. */
  high: number
  generation: Generation
  readonly items = new Map<number, Item>()
  readonly queue = new Queue()
  readonly lines = new Map<string, Line>()
  /** Not arrived, up to `high`. */
  readonly missing = new RangeSet()
  missingSince = Infinity
  askAt = Infinity
  /** What the assigner was told that it may send. */
  credit = 0
  /** It was told more than that, and may use it until it has heard. */
  promised = 0
  promisedUntil = -Infinity
  /** When to say again that this consumer takes part, unless the assigner answers; and when it was said last. */
  openAt = Infinity
  openedAt = -Infinity
  /** All up to here that is this consumer's came by stream when it took part: what a batch says of it is older. */
  openedHigh = 0
  /** When it last gave us something, and when anything was heard of it. */
  activeAt = -Infinity
  heardAt: number
  done: number[] = []
  naks: Nak[] = []
  terms: Term[] = []
  working: number[] = []
  expired: number[] = []
  /** What was refused and has not come again: told anew to who may not have heard. */
  readonly refused = new Map<number, { readonly attempt: number, readonly nak?: Nak, readonly term?: Term }>()

  constructor (log: LogId, generation: Generation, low: number, high: number, now: number) {
    this.log = log
    this.generation = generation
    this.cursor = new Cursor(low)
    this.high = high
    this.heardAt = now
  }

  get hasNews (): boolean {
    return this.done.length + this.naks.length + this.terms.length + this.working.length + this.expired.length > 0
  }

  /** What is to be told, once, as much as fits into a frame. */
  takeNews (): Outcomes {
    const [done, working, expired] = [this.done, this.working, this.expired].map(seqs => rangesOf(seqs.splice(0, MAX_RANGES)))
    return { done: done!, naks: this.naks.splice(0, MAX_REFUSED), terms: this.terms.splice(0, MAX_REFUSED), working: working!, expired: expired! }
  }

  /** All that was refused is to be told anew. What is done the cursor tells. */
  recall (): void {
    this.done = []
    this.working = []
    this.naks = []
    this.terms = []
    for (const { nak, term } of this.refused.values()) {
      if (nak !== undefined) this.naks.push(nak)
      if (term !== undefined) this.terms.push(term)
    }
  }

  /** From..to is here; what is between that and what was known before is not. */
  arrived (from: number, to: number, now: number): void {
    if (from > this.high + 1) this.#miss(this.high + 1, from - 1, now)
    this.cover(from, to)
  }

  /** There is all of this. */
  exists (high: number, now: number): void {
    if (high > this.high) this.#miss(this.high + 1, high, now)
  }

  cover (from: number, to: number): void {
    this.missing.remove(from, to)
    this.high = Math.max(this.high, to)
    if (this.missing.isEmpty) this.missingSince = this.askAt = Infinity
  }

  /** All up to `low` is final in the channel: none of it is missed. */
  lower (low: number): void {
    for (const seq of this.refused.keys()) if (seq <= low) this.refused.delete(seq)
    this.cursor.raise(low)
    this.cover(1, Math.min(low, this.high))
    this.high = Math.max(this.high, low)
  }

  #miss (from: number, to: number, now: number): void {
    const low = Math.max(from, this.cursor.low + 1)
    this.high = to
    if (low > to) return
    if (this.missing.isEmpty) {
      this.missingSince = now
      this.askAt = Infinity
    }
    this.missing.add(low, to)
    // the oldest are taken together, with what came between: whoever asks for more than it lacks gets what it lacks
    if (this.missing.ranges.length > MAX_RANGES * 2) this.missing.add(this.missing.first, this.missing.ranges[3])
  }

  /** What is held, but for what this consumer gave back. */
  holds (): number[] {
    const seqs: number[] = []
    for (const [seq, item] of this.items) {
      if (item.state === 'failed') continue
      item.confirmed = true
      seqs.push(seq)
    }
    return rangesOf(seqs)
  }
}
