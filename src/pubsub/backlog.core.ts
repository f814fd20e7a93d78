/**
 * The messages of a log that are kept: the newest ones up to the retention, and older ones that some channel with a live
 * consumer is not done with. Pure.
 */
import { MAX_SPAN, MESSAGE_COST } from './numbers.core.ts'
import type { Message, Retention } from './types.core.ts'

export interface Slot {
  readonly message: Message
  readonly size: number
  /** Channels with consumers that are not done with it. */
  left: number
}

export class Backlog {
  /** The oldest seq that may be here, and the newest that was ever used. */
  first: number
  last: number
  /** All up to here, at least, was beyond the retention. */
  forgotten = 0
  /** Messages kept, and their bytes. */
  length = 0
  bytes = 0
  /** Messages with channels left, and their bytes. */
  pending = 0
  pendingBytes = 0
  readonly #retention: Retention
  /** Places from the oldest to the newest. */
  readonly #span: number
  /** By seq modulo its length, a power of 2. */
  #ring: Array<Slot | undefined> = new Array(16).fill(undefined)
  /** The oldest one that retention alone would keep; messages and bytes from there on. */
  #kept: number
  #keptLength = 0
  #keptBytes = 0

  constructor (retention: Retention, messages: readonly Message[] = [], last = 0, span = MAX_SPAN) {
    this.#retention = retention
    this.#span = span
    this.first = messages[0]?.seq ?? last + 1
    this.#kept = this.first
    this.last = this.first - 1
    for (const message of messages) this.put(message)
    this.last = Math.max(this.last, last)
  }

  get (seq: number): Slot | undefined {
    return seq < this.first || seq > this.last ? undefined : this.#ring[seq & (this.#ring.length - 1)]
  }

  /** Adds the next message, or a later one: those between are not kept; or one of these, which is not here. */
  put (message: Message): Slot {
    const { seq } = message
    if (this.length === 0 && seq > this.last) this.first = this.#kept = seq
    if (seq - this.first >= this.#span) this.#cut(seq - this.#span + 1)
    if (Math.max(seq, this.last) - this.first >= this.#ring.length) this.#grow(Math.max(seq, this.last))
    const slot: Slot = { message, size: message.payload.length + MESSAGE_COST, left: 0 }
    this.#ring[seq & (this.#ring.length - 1)] = slot
    this.last = Math.max(this.last, seq)
    this.length++
    this.bytes += slot.size
    if (seq >= this.#kept) {
      this.#keptLength++
      this.#keptBytes += slot.size
    }
    return slot
  }

  /** Makes place for an older message. False: it is too old to be kept. */
  lower (seq: number): boolean {
    if (seq <= this.forgotten || this.#kept > this.first || this.last - seq >= this.#span) return false
    this.first = this.#kept = seq
    return true
  }

  /** One more channel needs it, or one less. */
  hold (slot: Slot): void {
    if (slot.left++ > 0) return
    this.pending++
    this.pendingBytes += slot.size
  }

  /** True: no channel needs it any more. */
  release (slot: Slot): boolean {
    if (--slot.left > 0) return false
    this.pending--
    this.pendingBytes -= slot.size
    if (slot.message.seq < this.#kept) this.#drop(slot.message.seq)
    return true
  }

  /**
   * Forgets what is beyond the retention. Call it after each `put`, and now and then for the age. Places without a message
   * above `solid` may still get one.
   */
  retain (wall: number, solid = this.last): void {
    const { messages, bytes, age } = this.#retention
    while (this.#kept <= this.last) {
      const slot = this.get(this.#kept)
      const old = slot === undefined ? this.#kept <= solid : slot.message.at + age <= wall
      if (!old && this.#keptLength <= messages && this.#keptBytes <= bytes) break
      if (slot !== undefined) {
        this.#keptLength--
        this.#keptBytes -= slot.size
      }
      this.forgotten = this.#kept++
      if (slot === undefined || slot.left === 0) this.#drop(this.#kept - 1)
    }
  }

  /** Wall clock time at which `retain` has something to do. */
  get expires (): number {
    const slot = this.get(this.#kept)
    return slot === undefined ? Infinity : slot.message.at + this.#retention.age
  }

  /** Whatever is older goes: `first` is the oldest place from now on. */
  #cut (first: number): void {
    for (let seq = this.first; seq < first && seq <= this.last; seq++) {
      const slot = this.get(seq)
      if (slot !== undefined && slot.left > 0) {
        this.pending--
        this.pendingBytes -= slot.size
      }
      if (slot !== undefined && seq >= this.#kept) {
        this.#keptLength--
        this.#keptBytes -= slot.size
      }
      this.#drop(seq)
    }
    this.first = Math.max(this.first, first)
    this.#kept = Math.max(this.#kept, first)
  }

  #drop (seq: number): void {
    const at = seq & (this.#ring.length - 1)
    const slot = this.#ring[at]
    if (slot?.message.seq === seq) {
      this.#ring[at] = undefined
      this.length--
      this.bytes -= slot.size
    }
    while (this.first <= this.last && this.first < this.#kept && this.#ring[this.first & (this.#ring.length - 1)] === undefined) this.first++
  }

  #grow (seq: number): void {
    const old = this.#ring
    let size = old.length
    while (seq - this.first >= size) size *= 2
    const ring: Array<Slot | undefined> = new Array(size).fill(undefined)
    for (const slot of old) if (slot !== undefined) ring[slot.message.seq & (size - 1)] = slot
    this.#ring = ring
  }
}
