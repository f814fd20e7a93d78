/**
 * A copy of one log: kept for those who come later and for when its publisher is gone, with what every channel is done
 * with. The first live keeper of the topic takes the assigning over from a publisher that is gone, once it has heard from
 * two of the three, and gives it back to one that returns. Pure.
 */
import { Cursor } from './cursor.core.ts'
import { compareGenerations, isCredible } from './generation.core.ts'
import { ASK_WAIT, COMPARE_EVERY, GAP_AGAIN, GAP_WAIT, MAX_BATCH, MAX_BATCH_BYTES, MAX_RANGES, QUORUM, RETENTION, SYNC_TIME } from './numbers.core.ts'
import { areRanges, clip, RangeSet } from './ranges.core.ts'
import { Backlog } from './backlog.core.ts'
import { noteEnded } from './ended.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import type { AssignerState, Batch, Beat, ChannelCursor, Generation, KeeperConfig, KeeperCore, KeeperInput, KeeperNet, KeeperOutput, LogId, Message, Ranges } from './types.core.ts'

/** Ms for which a takeover waits for copies that other keepers have. */
const COPY_WAIT = 10_000
const TRIM_EVERY = 256
/** Ms for which whoever began to assign is left alone, whatever discovery thinks of it. */
const YIELD = 5_000
/** Peers whose copies are remembered. */
const MAX_COPIES = 16

interface TakeOver { readonly generation: Generation, readonly haves: Set<string>, until: number, complete: boolean | undefined }

class Keeper implements KeeperCore {
  readonly #self: string
  readonly #log: LogId
  readonly #persistent: boolean
  readonly #backlog: Backlog
  readonly #age: number
  /** Kept, or lost for ever. */
  readonly #resolved = new RangeSet()
  readonly #cursors = new Map<string, { opened: number, readonly cursor: Cursor }>()
  readonly #ended = new Map<string, number>()
  /** What other keepers say they have. */
  readonly #copies = new Map<string, Ranges>()
  readonly #connected = new Set<string>()
  readonly #gone = new Set<string>()
  #goneSince = Infinity
  #keepers: readonly string[] = []
  #generation: Generation
  #high: number
  #assigning = false
  #takeOver: TakeOver | undefined
  /** Whoever asked while this node assigned. */
  #asked: { readonly from: string, readonly generation: Generation } | undefined
  #stored = 0
  #appended = 0
  #saves = 0
  #trimmed = 0
  #saveAt = Infinity
  #askAt = Infinity
  #yieldUntil = -Infinity
  #compareAt = Infinity
  #over = false
  #now: number
  #wall: number
  #out: KeeperOutput[] = []

  constructor ({ self, log, time, restored, persistent = false, retention }: KeeperConfig) {
    this.#self = self
    this.#log = log
    this.#persistent = persistent
    this.#now = time.now
    this.#wall = time.wall
    this.#age = retention?.age ?? RETENTION.age
    this.#backlog = new Backlog({ ...RETENTION, ...retention }, restored?.messages)
    this.#generation = restored?.state?.generation ?? { number: 0, by: log.publisher }
    this.#high = restored?.last ?? 0
    this.#connected.add(self)
    for (const { seq } of restored?.messages ?? []) this.#resolved.add(seq)
    // what was forgotten before is not asked for again
    if (!this.#resolved.isEmpty) this.#resolved.add(1, this.#resolved.first - 1)
    for (const cursor of restored?.state?.cursors ?? []) this.#merge(cursor)
    this.#saveAt = Infinity
  }

  get due (): number {
    if (this.#over) return Infinity
    const retire = this.#goneSince + this.#age
    const yields = this.#yieldUntil > this.#now && this.#gone.has(this.#log.publisher) ? this.#yieldUntil : Infinity
    return Math.min(yields, this.#saveAt, this.#askAt, this.#compareAt, this.#takeOver?.until ?? Infinity, this.#backlog.expires - this.#wall + this.#now, this.#backlog.length === 0 ? retire : Infinity)
  }

  get length (): number {
    return this.#backlog.length
  }

  get bytes (): number {
    return this.#backlog.bytes
  }

  restored (): { messages: Message[], last: number, state: AssignerState } {
    const messages: Message[] = []
    for (let seq = this.#backlog.first; seq <= this.#backlog.last; seq++) {
      const slot = this.#backlog.get(seq)
      if (slot !== undefined) messages.push(slot.message)
    }
    return { messages, last: messages.at(-1)?.seq ?? Math.min(this.#high, this.#solid), state: this.#state() }
  }

  step (input: KeeperInput): KeeperOutput[] {
    this.#now = Math.max(this.#now, input.now)
    this.#wall = input.wall
    this.#out = []
    if (!this.#over) {
      this.#take(input)
      this.#work()
    }
    const out = this.#out
    this.#out = []
    return out
  }

  #take (input: KeeperInput): void {
    switch (input.type) {
      case 'tick': break
      case 'batch': this.#batch(input.from, input.batch); break
      case 'message': this.#message(input.from, input.message); break
      case 'channel-gone': this.#end(input.channel, input.opened); break
      case 'saved': break
      case 'keepers':
        // who is new here learns what the former ones have
        if (this.#resolved.ranges.length > 0 && input.keepers.some(id => !this.#keepers.includes(id))) this.#compareAt = this.#now
        this.#keepers = input.keepers
        break
      case 'connected':
        this.#connected.add(input.peer)
        if (input.peer === this.#log.publisher) this.#tellStored(true)
        else if (this.#keepers.includes(input.peer)) this.#compare([input.peer])
        break
      case 'closed': this.#connected.delete(input.peer); break
      case 'gone':
        this.#gone.add(input.peer)
        this.#connected.delete(input.peer)
        this.#copies.delete(input.peer)
        if (input.peer === this.#log.publisher) this.#goneSince = Math.min(this.#goneSince, this.#now)
        break
      case 'back':
        this.#gone.delete(input.peer)
        if (input.peer === this.#log.publisher) this.#goneSince = Infinity
        break
      case 'deposed':
        this.#obey(input.generation)
        this.#assigning = false
        this.#answer()
        break
    }
  }

  // --- messages

  #batch (from: string, { log, messages, generation }: Batch): void {
    if (from !== log.publisher) return this.#complain(from, 'publishes for another one')
    if (compareGenerations(generation, this.#generation) < 0) this.#compare([from])
    // whoever does not take this node for a keeper leaves out the bodies that are not for its consumers: no body is empty
    this.#keep(messages.filter(({ payload }) => payload.length > 0))
    this.#reach(messages.at(-1)?.seq ?? 0)
  }

  #message (from: string, message: KeeperNet | Beat): void {
    switch (message.type) {
      case 'beat':
        this.#reach(message.high)
        if (from === this.#log.publisher) this.#tellStored(true)
        break
      case 'range':
        if (!areRanges(message.lost)) return this.#complain(from, 'illegal ranges')
        for (const [a, b] of pairs(clip(message.lost, 1, this.#high))) if (from === this.#log.publisher) this.#resolved.add(a, b)
        this.#keep(message.messages)
        if (message.messages.length + message.lost.length > 0 && this.#askAt !== Infinity) this.#askAt = this.#now
        break
      case 'fetch': this.#fetch(from, message.ranges); break
      case 'cursors':
        this.#reach(message.high)
        for (const cursor of message.cursors) this.#merge(cursor)
        for (const { channel, opened } of message.gone) this.#end(channel, opened)
        if (compareGenerations(message.generation, this.#generation) < 0) this.#compare([from])
        else this.#obey(message.generation)
        break
      case 'ask': this.#ask(from, message.generation); break
      case 'have': this.#have(from, message); break
      case 'stored': break
    }
  }

  /** The last seq of the part from the first that is kept or lost as a whole. */
  get #solid (): number {
    const { ranges } = this.#resolved
    return ranges[0] === 1 ? ranges[1]! : 0
  }

  #keep (messages: readonly Message[]): void {
    const news: Message[] = []
    for (const message of messages) {
      const { seq } = message
      if (!Number.isSafeInteger(seq) || seq < 1 || this.#resolved.has(seq)) continue
      this.#resolved.add(seq)
      if (seq < this.#backlog.first && this.#backlog.length > 0 && !this.#backlog.lower(seq)) continue
      this.#backlog.put(message, false)
      news.push(message)
      this.#high = Math.max(this.#high, seq)
    }
    if (news.length === 0) return
    if (this.#persistent) this.#out.push({ type: 'append', id: this.#appended = ++this.#saves, messages: news })
    if (this.#assigning) this.#out.push({ type: 'copies', messages: news.sort((a, b) => a.seq - b.seq) })
    this.#retain()
    this.#tellStored(false)
    this.#changed()
    this.#seekGaps()
  }

  #reach (high: number): void {
    if (!Number.isSafeInteger(high) || high <= this.#high) return
    this.#high = high
    this.#seekGaps()
  }

  #seekGaps (): void {
    if (this.#solid >= this.#high) this.#askAt = Infinity
    else if (this.#askAt === Infinity) this.#askAt = this.#now + GAP_WAIT
  }

  #tellStored (again: boolean): void {
    const upto = this.#solid
    if (upto === 0 || (upto === this.#stored && !again)) return
    this.#stored = upto
    this.#send(this.#log.publisher, { type: 'stored', log: this.#log, upto, durable: this.#persistent }, this.#appended)
  }

  /** Neither kept nor lost, at most as much as one answer may hold. */
  #missing (): number[] {
    const missing: number[] = []
    let from = 1
    for (const [a, b] of [...pairs(this.#resolved.ranges), [this.#high + 1, this.#high + 1] as const]) {
      if (from < a) missing.push(from, Math.min(a - 1, this.#high))
      from = b + 1
      if (missing.length >= MAX_RANGES || from > this.#high) break
    }
    return missing
  }

  /** Who is there and has what is missing: the publisher, or else another keeper. */
  #seek (): void {
    this.#askAt = Infinity
    const missing = this.#missing()
    if (missing.length === 0) return
    this.#askAt = this.#now + GAP_AGAIN
    const { publisher } = this.#log
    if (this.#connected.has(publisher) && !this.#gone.has(publisher)) return this.#send(publisher, { type: 'fetch', log: this.#log, ranges: missing }, 0)
    for (const [peer, ranges] of this.#copies) {
      if (!this.#connected.has(peer)) continue
      const there = pairs(ranges).flatMap(([a, b]) => clip(missing, a, b))
      if (there.length > 0) return this.#send(peer, { type: 'fetch', log: this.#log, ranges: there.slice(0, MAX_RANGES * 2) }, 0)
    }
    // nobody has it: it is asked for when somebody says so
    if (this.#gone.has(publisher)) this.#askAt = Infinity
  }

  #fetch (from: string, ranges: Ranges): void {
    if (!areRanges(ranges)) return this.#complain(from, 'illegal ranges')
    const messages: Message[] = []
    let bytes = 0
    for (const [a, b] of pairs(clip(ranges, this.#backlog.first, this.#backlog.last))) {
      for (let seq = a; seq <= b && messages.length < MAX_BATCH && bytes < MAX_BATCH_BYTES; seq++) {
        const slot = this.#backlog.get(seq)
        if (slot === undefined) continue
        bytes += slot.message.payload.length
        if (messages.length === 0 || bytes <= MAX_BATCH_BYTES) messages.push(slot.message)
      }
    }
    this.#send(from, { type: 'range', log: this.#log, messages, lost: [] }, 0)
  }

  // --- what the channels are done with

  #merge ({ channel, opened, low, done }: ChannelCursor): void {
    if (!areRanges(done) || !Number.isSafeInteger(low) || low < 0 || opened <= (this.#ended.get(channel) ?? -Infinity)) return
    let known = this.#cursors.get(channel)
    if (known === undefined) {
      if (this.#cursors.size >= MAX_TOPIC_CHANNELS) return
      this.#cursors.set(channel, known = { opened, cursor: new Cursor() })
    }
    known.opened = Math.min(known.opened, opened)
    known.cursor.merge(low, done, this.#high)
    this.#changed()
  }

  #end (channel: string, opened: number): void {
    if (opened > 0) noteEnded(this.#ended, channel, opened)
    this.#cursors.delete(channel)
    this.#changed()
  }

  #state (): AssignerState {
    const cursors = [...this.#cursors].map(([channel, { opened, cursor }]) => ({ channel, opened, low: cursor.low, done: cursor.ranges().slice(0, MAX_RANGES * 2) }))
    return { generation: this.#generation, cursors: cursors.sort((a, b) => a.channel < b.channel ? -1 : 1) }
  }

  // --- who assigns

  /** From now on nobody lower is believed. */
  #obey (generation: Generation): void {
    if (!isCredible(generation, this.#generation) || compareGenerations(generation, this.#generation) <= 0) return
    this.#generation = generation
    if (generation.by !== this.#self) {
      this.#takeOver = undefined
      // it assigns, though perhaps out of this node's sight: two keepers must not depose each other for ever
      this.#yieldUntil = this.#now + YIELD
    }
    this.#save()
    if (this.#assigning && generation.by !== this.#self) this.#out.push({ type: 'give-back', generation })
  }

  #ask (from: string, generation: Generation): void {
    this.#obey(generation)
    this.#asked = { from, generation }
    // what the assigner here knows has to be in the answer
    if (!this.#assigning || compareGenerations(generation, this.#generation) < 0) this.#answer()
  }

  #answer (): void {
    if (this.#asked === undefined) return
    const { from, generation } = this.#asked
    this.#asked = undefined
    this.#send(from, this.#saying(generation), this.#persistent ? this.#saves : 0)
  }

  #saying (asked: Generation | undefined): Extract<KeeperNet, { type: 'have' }> {
    const { generation, cursors } = this.#state()
    const ranges: number[] = []
    for (const [a, b] of pairs(clip(this.#resolved.ranges, this.#backlog.first, this.#backlog.last))) ranges.push(a, b)
    return { type: 'have', log: this.#log, generation, asked, ranges, high: this.#high, cursors }
  }

  #have (from: string, { generation, asked, ranges, high, cursors }: Extract<KeeperNet, { type: 'have' }>): void {
    if (!areRanges(ranges)) return this.#complain(from, 'illegal ranges')
    this.#reach(high)
    for (const cursor of cursors) this.#merge(cursor)
    if (this.#copies.has(from) || this.#copies.size < MAX_COPIES) this.#copies.set(from, ranges.slice(0, MAX_RANGES * 2))
    this.#obey(generation)
    const { generation: own, haves } = this.#takeOver ?? {}
    if (own !== undefined && asked !== undefined && compareGenerations(asked, own) === 0) haves!.add(from)
    this.#askAt = Math.min(this.#askAt, this.#solid < this.#high ? this.#now : Infinity)
  }

  /** Whether it is for this node to assign. */
  #isDue (): boolean {
    const { publisher } = this.#log
    const { by } = this.#generation
    if (this.#assigning || this.#yieldUntil > this.#now || !this.#gone.has(publisher) || (by !== publisher && by !== this.#self && !this.#gone.has(by))) return false
    return this.#keepers.find(id => !this.#gone.has(id)) === this.#self
  }

  #consider (): void {
    if (this.#takeOver === undefined) {
      if (!this.#isDue()) return
      const generation = { number: this.#generation.number + 1, by: this.#self }
      this.#generation = generation
      this.#save()
      this.#takeOver = { generation, haves: new Set([this.#self]), until: this.#now + ASK_WAIT, complete: undefined }
      for (const keeper of this.#keepers) if (keeper !== this.#self) this.#send(keeper, { type: 'ask', log: this.#log, generation }, 0)
      return
    }
    const { haves, until, complete } = this.#takeOver
    if (!this.#gone.has(this.#log.publisher)) {
      // it is back, and assigns again when it has asked
      this.#takeOver = undefined
      return
    }
    if (complete === undefined) {
      // two of three would do, but who else is there may have more
      if ((haves.size < QUORUM || this.#keepers.some(id => !haves.has(id) && !this.#gone.has(id))) && until > this.#now) return
      this.#takeOver.complete = haves.size >= QUORUM
      this.#takeOver.until = this.#now + COPY_WAIT
      this.#seek()
    }
    if (this.#takeOver.until > this.#now && this.#othersHaveMore()) return
    const { generation } = this.#takeOver
    this.#takeOver = undefined
    this.#assigning = true
    this.#out.push({ type: 'take-over', generation, complete: complete ?? haves.size >= QUORUM })
  }

  #othersHaveMore (): boolean {
    const missing = this.#missing()
    for (const [peer, ranges] of this.#copies) {
      if (this.#connected.has(peer) && pairs(ranges).some(([a, b]) => clip(missing, a, b).length > 0)) return true
    }
    return false
  }

  // --- time

  #work (): void {
    this.#retain()
    if (this.#askAt <= this.#now) this.#seek()
    if (this.#compareAt <= this.#now) this.#compare(this.#keepers)
    this.#consider()
    if (this.#saveAt <= this.#now) this.#save()
    if (this.#goneSince + this.#age <= this.#now && this.#backlog.length === 0) {
      this.#over = true
      this.#out.push({ type: 'forget' })
    }
  }

  #retain (): void {
    this.#backlog.retain(this.#wall, this.#solid)
    // what is too old is not asked for any more
    const { forgotten } = this.#backlog
    if (forgotten > 0) this.#resolved.add(1, forgotten)
    if (this.#persistent && forgotten - this.#trimmed >= TRIM_EVERY) this.#out.push({ type: 'trim', upto: this.#trimmed = forgotten })
  }

  #changed (): void {
    if (this.#persistent) this.#saveAt = Math.min(this.#saveAt, this.#now + SYNC_TIME)
    // while the publisher is there, all keepers hear from it
    if (!this.#connected.has(this.#log.publisher)) this.#compareAt = Math.min(this.#compareAt, this.#now + COMPARE_EVERY)
  }

  #compare (peers: readonly string[]): void {
    if (peers === this.#keepers) this.#compareAt = Infinity
    const have = this.#saying(undefined)
    for (const peer of peers) if (peer !== this.#self && this.#connected.has(peer)) this.#send(peer, have, 0)
  }

  #save (): void {
    this.#saveAt = Infinity
    if (this.#persistent) this.#out.push({ type: 'save', id: ++this.#saves, state: this.#state() })
  }

  #send (to: string, message: KeeperNet, after: number): void {
    this.#out.push({ type: 'send', to, message, after })
  }

  #complain (peer: string, message: string): void {
    this.#out.push({ type: 'problem', peer, message })
  }
}

function pairs (ranges: Ranges): Array<readonly [number, number]> {
  const list: Array<readonly [number, number]> = []
  for (let i = 0; i < ranges.length; i += 2) list.push([ranges[i]!, ranges[i + 1]!])
  return list
}

export function createKeeper (config: KeeperConfig): KeeperCore {
  return new Keeper(config)
}
