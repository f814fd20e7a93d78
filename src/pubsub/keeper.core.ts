/**
 * A copy of one log: kept for those who come later and for when its publisher is gone, with what every channel is done
 * with. The first live keeper of the topic takes the assigning over from a publisher that is gone, once it has heard from
 * two of the three, and gives it back to one that returns. Pure.
 */
import { Copies } from './copies.core.ts'
import { ChannelCursors } from './channel-cursors.core.ts'
import { compareGenerations, isFollowed, raised } from './generation.core.ts'
import { Gone } from './gone.core.ts'
import { ASK_WAIT, COMPARE_EVERY, GAP_AGAIN, GAP_WAIT, MAX_GENERATION, MAX_RANGES, MAX_TOLD, QUORUM, RETENTION, SYNC_TIME, TRIM_EVERY } from './numbers.core.ts'
import { areRanges, clip, pairs } from './ranges.core.ts'
import type { AssignerState, Batch, Beat, ChannelCursor, Generation, KeeperConfig, KeeperCore, KeeperInput, KeeperNet, KeeperOutput, LogId, Message, Ranges } from './types.core.ts'

/** Ms for which a takeover waits for copies that other keepers have. */
const COPY_WAIT = 10_000
/** Ms for which whoever began to assign is left alone, whatever discovery thinks of it. */
const YIELD = 5_000
/** Peers whose copies are remembered. */
const MAX_COPIES = 16

interface TakeOver { readonly generation: Generation, readonly haves: Set<string>, until: number, complete: boolean | undefined }

class Keeper implements KeeperCore {
  readonly #self: string
  readonly #log: LogId
  readonly #random: () => number
  readonly #persistent: boolean
  readonly #copies: Copies
  readonly #age: number
  readonly #cursors = new ChannelCursors()
  /** What other keepers say they have. */
  readonly #others = new Map<string, Ranges>()
  readonly #connected = new Set<string>()
  readonly #gone = new Gone(id => id === this.#log.publisher || id === this.#generation.by || this.#keepers.includes(id))
  #goneSince = Infinity
  #keepers: readonly string[] = []
  #generation: Generation
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

  constructor ({ self, log, random, time, restored, persistent = false, retention }: KeeperConfig) {
    this.#self = self
    this.#log = log
    this.#random = random
    this.#persistent = persistent
    ;({ now: this.#now, wall: this.#wall } = time)
    this.#age = retention?.age ?? RETENTION.age
    this.#copies = new Copies({ ...RETENTION, ...retention }, restored?.messages, restored?.last)
    this.#generation = restored?.state?.generation ?? { number: 0, by: log.publisher }
    this.#connected.add(self)
    for (const cursor of restored?.state?.cursors ?? []) this.#merge(cursor)
  }

  get due (): number {
    if (this.#over) return Infinity
    const retire = this.#goneSince + this.#age
    const yields = this.#yieldUntil > this.#now && this.#gone.has(this.#log.publisher) ? this.#yieldUntil : Infinity
    return Math.min(yields, this.#saveAt, this.#askAt, this.#compareAt, this.#takeOver?.until ?? Infinity, this.#copies.backlog.expires - this.#wall + this.#now, this.#copies.backlog.length === 0 ? retire : Infinity)
  }

  get length (): number {
    return this.#copies.backlog.length
  }

  get bytes (): number {
    return this.#copies.backlog.bytes
  }

  restored (): { messages: Message[], last: number, state: AssignerState } {
    const messages = this.#copies.all
    return { messages, last: messages.at(-1)?.seq ?? Math.min(this.#copies.high, this.#copies.solid), state: this.#state() }
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
      case 'batch': this.#batch(input.from, input.batch); break
      case 'message': this.#message(input.from, input.message); break
      case 'channel-gone': if (this.#cursors.end(input.channel, input.opened)) this.#changed(); break
      case 'tick': case 'saved': break
      case 'keepers':
        // who is new here learns what the former ones have
        if (this.#copies.resolved.ranges.length > 0 && input.keepers.some(id => !this.#keepers.includes(id))) this.#compareAt = this.#now
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
        this.#others.delete(input.peer)
        if (input.peer === this.#log.publisher) this.#goneSince = Math.min(this.#goneSince, this.#now)
        break
      case 'back':
        this.#gone.delete(input.peer)
        if (input.peer === this.#log.publisher) this.#goneSince = Infinity
        break
      case 'deposed':
        this.#obey(this.#self, input.generation)
        this.#assigning = false
        this.#answer()
        break
    }
  }

  // --- messages

  #batch (from: string, { log, messages, generation }: Batch): void {
    if (from !== log.publisher) return this.#complain(from, 'publishes for another one')
    if (compareGenerations(generation, this.#generation) < 0) this.#compare([from])
    this.#keep(messages)
  }

  #message (from: string, message: KeeperNet | Beat): void {
    switch (message.type) {
      case 'beat':
        this.#reach(message.high)
        if (from === this.#log.publisher) this.#tellStored(true)
        break
      case 'range':
        if (!areRanges(message.lost)) return this.#complain(from, 'illegal ranges')
        for (const [a, b] of pairs(clip(message.lost, 1, this.#copies.high))) if (from === this.#log.publisher) this.#copies.resolved.add(a, b)
        this.#keep(message.messages)
        if (message.messages.length + message.lost.length > 0 && this.#askAt !== Infinity) this.#askAt = this.#now
        break
      case 'fetch':
        if (areRanges(message.ranges)) this.#send(from, { type: 'range', log: this.#log, messages: this.#copies.pick(message.ranges), lost: [] }, 0)
        else this.#complain(from, 'illegal ranges')
        break
      case 'cursors':
        this.#reach(message.high)
        for (const cursor of message.cursors) this.#merge(cursor)
        for (const { channel, opened } of message.gone) if (this.#cursors.end(channel, opened)) this.#changed()
        if (compareGenerations(message.generation, this.#generation) < 0) this.#compare([from])
        else this.#obey(from, message.generation)
        break
      case 'ask': this.#ask(from, message.generation); break
      case 'have': this.#have(from, message); break
      case 'stored': break
    }
  }

  #keep (messages: readonly Message[]): void {
    const news = this.#copies.add(messages)
    if (news.length === 0) return this.#seekGaps()
    if (this.#persistent) this.#out.push({ type: 'append', id: this.#appended = ++this.#saves, messages: news })
    if (this.#assigning) this.#out.push({ type: 'copies', messages: news.sort((a, b) => a.seq - b.seq) })
    this.#retain()
    this.#tellStored(false)
    this.#changed()
    this.#seekGaps()
  }

  #reach (high: number): void {
    if (!Number.isSafeInteger(high) || high <= this.#copies.high) return
    this.#copies.high = high
    this.#seekGaps()
  }

  #seekGaps (): void {
    if (this.#copies.solid >= this.#copies.high) this.#askAt = Infinity
    else if (this.#askAt === Infinity) this.#askAt = this.#now + GAP_WAIT
  }

  #tellStored (again: boolean): void {
    const upto = this.#copies.solid
    if (upto === 0 || (upto === this.#stored && !again)) return
    this.#stored = upto
    this.#send(this.#log.publisher, { type: 'stored', log: this.#log, upto, durable: this.#persistent }, this.#appended)
  }

  /** Who is there and has what is missing: the publisher, or else another keeper. */
  #seek (): void {
    this.#askAt = Infinity
    const missing = this.#copies.missing()
    if (missing.length === 0) return
    this.#askAt = this.#now + GAP_AGAIN
    const { publisher } = this.#log
    if (this.#connected.has(publisher) && !this.#gone.has(publisher)) return this.#send(publisher, { type: 'fetch', log: this.#log, ranges: missing }, 0)
    for (const [peer, ranges] of this.#others) {
      if (!this.#connected.has(peer)) continue
      const there = this.#copies.lacked(ranges)
      if (there.length > 0) return this.#send(peer, { type: 'fetch', log: this.#log, ranges: there.slice(0, MAX_RANGES * 2) }, 0)
    }
    // nobody has it: it is asked for when somebody says so
    if (this.#gone.has(publisher)) this.#askAt = Infinity
  }

  // --- what the channels are done with

  #merge (cursor: ChannelCursor): void {
    if (this.#cursors.merge(cursor, this.#copies.high)) this.#changed()
  }

  #state (): AssignerState {
    return { generation: this.#generation, cursors: this.#cursors.list() }
  }

  // --- who assigns

  /** From now on nobody lower is believed. Its publisher knows what it came to. */
  #obey (from: string, generation: Generation): void {
    if (compareGenerations(generation, this.#generation) <= 0 || !isFollowed(generation, this.#generation, from === this.#log.publisher ? MAX_GENERATION : MAX_TOLD, text => { this.#complain(from, text) })) return
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
    this.#obey(from, generation)
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
    return { type: 'have', log: this.#log, generation, asked, ranges: this.#copies.ranges.slice(0, MAX_RANGES * 2), high: this.#copies.high, cursors }
  }

  #have (from: string, { generation, asked, ranges, high, cursors }: Extract<KeeperNet, { type: 'have' }>): void {
    if (!areRanges(ranges)) return this.#complain(from, 'illegal ranges')
    this.#reach(high)
    for (const cursor of cursors) this.#merge(cursor)
    if (this.#others.has(from) || this.#others.size < MAX_COPIES) this.#others.set(from, ranges.slice(0, MAX_RANGES * 2))
    this.#obey(from, generation)
    const { generation: own, haves } = this.#takeOver ?? {}
    if (own !== undefined && asked !== undefined && compareGenerations(asked, own) === 0) haves!.add(from)
    this.#askAt = Math.min(this.#askAt, this.#copies.solid < this.#copies.high ? this.#now : Infinity)
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
      const generation = this.#generation = raised(this.#generation, this.#self, this.#random())
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
    return [...this.#others].some(([peer, ranges]) => this.#connected.has(peer) && this.#copies.lacked(ranges).length > 0)
  }

  // --- time

  #work (): void {
    this.#retain()
    if (this.#askAt <= this.#now) this.#seek()
    if (this.#compareAt <= this.#now) this.#compare(this.#keepers)
    this.#consider()
    if (this.#saveAt <= this.#now) this.#save()
    if (this.#goneSince + this.#age <= this.#now && this.#copies.backlog.length === 0) {
      this.#over = true
      this.#out.push({ type: 'forget' })
    }
  }

  #retain (): void {
    this.#copies.retain(this.#wall)
    const { forgotten } = this.#copies.backlog
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

export function createKeeper (config: KeeperConfig): KeeperCore {
  return new Keeper(config)
}
