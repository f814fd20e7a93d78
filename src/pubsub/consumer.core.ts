/**
 * One node's part in one channel. It runs what is assigned to it and nothing else, each message once however often it
 * comes, in the order of each publisher, and the messages of a key one after the other; it tells the assigner what became
 * of them, and asks for what it lacks. Pure.
 */
import { isExpired } from './expiry.core.ts'
import { compareGenerations } from './generation.core.ts'
import { Heap } from './heap.core.ts'
import { logKey } from './names.core.ts'
import {
  ACK_LINGER, FEW_LOGS, GAP_AGAIN, GAP_WAIT, IDLE_AFTER, IDLE_CREDIT, MAX_GENERATION, MAX_LOGS, MAX_PREFETCH, MAX_RANGES, MAX_ZOMBIES, OPEN_AGAIN, ORDER_WAIT, PROMISE, RETENTION, SHARE_AGAIN
} from './numbers.core.ts'
import { areRanges, rangesOf } from './ranges.core.ts'
import { Item, Queue, Source } from './source.core.ts'
import type { Batch, Beat, BatchChannel, ConsumerConfig, ConsumerCore, ConsumerInput, ConsumerOutput, Generation, LogId, Message, Ranges, ToAssigner, ToConsumer } from './types.core.ts'

class Consumer implements ConsumerCore {
  dirty = false
  held = 0
  running = 0
  readonly #config: ConsumerConfig
  readonly #channel: string
  readonly #sources = new Map<string, Source>()
  /** Sources with something to start, in turn. */
  #ready: Source[] = []
  readonly #news = new Set<Source>()
  readonly #connected = new Set<string>()
  /** Running items, by the time at which they count as failed. */
  readonly #clock = new Set<Item>()
  #concurrency: number
  #prefetch: number
  /** Handlers that were given up and have not ended. */
  #zombies = 0
  #paused = false
  #leaving = false
  #left = false
  #flushAt = Infinity
  #aliveAt: number
  #shareAt = Infinity
  readonly #ends = new Heap<Item>()
  #now: number
  #wall: number
  #out: ConsumerOutput[] = []

  constructor (config: ConsumerConfig) {
    this.#config = config
    this.#channel = config.spec.channel
    this.#concurrency = Math.max(1, config.concurrency ?? 32)
    this.#prefetch = Math.min(MAX_PREFETCH, Math.max(1, config.prefetch ?? 1_000))
    this.#now = config.time.now
    this.#wall = config.time.wall
    this.#aliveAt = this.#now + config.spec.ackWait / 3
    this.#connected.add(config.self)
  }

  get due (): number {
    if (this.#left) return Infinity
    let due = Math.min(this.#flushAt, this.#aliveAt, this.#shareAt, this.#ends.least - this.#wall + this.#now)
    for (const { deadline } of this.#clock) {
      due = Math.min(due, deadline)
      break
    }
    for (const source of this.#sources.values()) due = Math.min(due, this.#dueOf(source))
    return due
  }

  step (input: ConsumerInput): ConsumerOutput[] {
    this.#now = Math.max(this.#now, input.now)
    this.#wall = input.wall
    this.#out = []
    this.#take(input)
    if (this.#flushAt <= this.#now) this.#flush()
    if (this.#leaving && !this.#left && this.running === 0) {
      this.#flush()
      this.#left = true
      this.#out.push({ type: 'left' })
    }
    const out = this.#out
    this.#out = []
    return out
  }

  #take (input: ConsumerInput): void {
    switch (input.type) {
      case 'tick': this.#tick(); break
      case 'batch': if (!this.#leaving) this.#batch(input.from, input.batch); break
      case 'message': this.#message(input.from, input.message); break
      case 'settle': this.#settle(input.item as Item, input.how, input.delay, input.reason ?? ''); break
      case 'working': this.#extend(input.item as Item); break
      case 'flush': this.#flush(); break
      case 'connected':
        this.#connected.add(input.peer)
        for (const source of this.#sources.values()) if (source.generation.by === input.peer) this.#open(source)
        break
      case 'closed': this.#connected.delete(input.peer); break
      case 'resumed': for (const source of this.#sources.values()) this.#open(source); break
      case 'capacity':
        this.#concurrency = Math.max(1, input.concurrency)
        this.#prefetch = Math.min(MAX_PREFETCH, Math.max(1, input.prefetch))
        this.#share(true)
        break
      case 'pause': this.#paused = input.paused; break
      case 'leave': this.#leave(); break
    }
    this.#start()
  }

  // --- what comes

  #batch (from: string, batch: Batch): void {
    const { log, generation, messages, channels } = batch
    const first = messages[0]?.seq ?? 0
    const last = messages.at(-1)?.seq ?? 0
    if (from !== log.publisher || generation.by !== from) return this.#complain(from, 'publishes for another one')
    if (messages.length === 0 || first < 1 || last - first !== messages.length - 1) return this.#complain(from, 'a batch with holes')
    const mine = channels.find(({ channel }) => channel === this.#channel)
    const source = this.#heard(from, log, generation, mine?.low ?? 0, mine?.low ?? last)
    if (source === undefined) return
    source.arrived(first, last, this.#now)
    if (mine === undefined) {
      this.#missed(source)
      return
    }
    this.#lower(source, mine.low)
    const me = mine.members.indexOf(this.#config.self) + 1
    if (me > 0) this.#mine(source, messages, mine, me)
    else this.#missed(source)
  }

  #mine (source: Source, messages: readonly Message[], { to }: BatchChannel, me: number): void {
    for (let i = 0; i < messages.length; i++) if (to[i] === me) this.#accept(source, messages[i]!, 1)
  }

  #message (from: string, message: ToConsumer | Beat): void {
    const { log, generation } = message
    if (generation.by !== from) return this.#complain(from, 'assigns for another one')
    if (message.type === 'beat') return this.#beat(from, message)
    if (message.channel !== this.#channel) return
    const source = this.#heard(from, log, generation, message.type === 'opened' || message.type === 'assign' ? message.low : 0, message.type === 'opened' ? message.high : 0)
    if (source === undefined) return
    switch (message.type) {
      case 'opened':
        source.openAt = Infinity
        this.#lower(source, message.low)
        source.cover(1, message.high)
        this.#share(false)
        break
      case 'assign':
        this.#lower(source, message.low)
        // what comes by stream may overtake the batches before it
        source.exists(message.items.reduce((high, { message: { seq } }) => Math.max(high, seq), 0), this.#now)
        for (const { message: assigned, attempt } of message.items) this.#accept(source, assigned, attempt)
        break
      case 'drop': if (areRanges(message.ranges)) this.#drop(source, message.ranges); break
      case 'covered':
        if (!areRanges(message.ranges)) return this.#complain(from, 'illegal ranges')
        for (let i = 0; i < message.ranges.length; i += 2) source.cover(message.ranges[i]!, Math.min(message.ranges[i + 1]!, source.high))
        break
    }
  }

  #beat (from: string, { log, generation, high, lows }: Beat): void {
    const low = lows.find(({ channel }) => channel === this.#channel)?.low
    const source = this.#heard(from, log, generation, low ?? 0, low ?? high)
    if (source === undefined) return
    if (low === undefined) return this.#missed(source)
    source.exists(high, this.#now)
    this.#lower(source, low)
  }

  /** The log that is spoken of, if who speaks may. */
  #heard (from: string, log: LogId, generation: Generation, low: number, high: number): Source | undefined {
    const key = logKey(log)
    let source = this.#sources.get(key)
    if (!(generation.number >= 0 && generation.number <= MAX_GENERATION && low >= 0 && high >= 0)) {
      this.#complain(from, 'illegal numbers')
      return undefined
    }
    if (source === undefined) {
      if (this.#leaving) return undefined
      if (this.#sources.size >= MAX_LOGS) {
        this.#complain(from, 'too many logs')
        return undefined
      }
      source = new Source(log, generation, low, high, this.#now)
      this.#sources.set(key, source)
      this.#out.push({ type: 'joined', log })
      this.#share(false, source)
      this.#open(source)
    }
    source.heardAt = this.#now
    const order = compareGenerations(generation, source.generation)
    if (order < 0) {
      this.#send(from, { type: 'stale', log, generation: source.generation })
      return undefined
    }
    if (order > 0) {
      source.generation = generation
      // who assigns from now on knows of no attempts
      source.refused.clear()
      for (const item of source.items.values()) if (item.state === 'failed' || item.state === 'abandoned') item.attempt = 0
      this.#open(source)
    }
    return source
  }

  #accept (source: Source, message: Message, attempt: number): void {
    const { seq } = message
    source.activeAt = this.#now
    if (source.cursor.has(seq)) {
      // done: the ack was lost, or is under way
      source.done.push(seq)
      this.#soon(source)
      return
    }
    const held = source.items.get(seq)
    if (held !== undefined && held.state !== 'failed' && held.state !== 'abandoned') {
      held.attempt = Math.max(held.attempt, attempt)
      held.dropped = false
      return
    }
    // one that crossed what we said of it
    if (attempt <= (held?.attempt ?? source.refused.get(seq)?.attempt ?? 0)) return
    if (this.#leaving) return
    source.refused.delete(seq)
    if (held === undefined && this.held >= this.#prefetch * 4 + 1_000) return this.#complain(source.generation.by, 'assigns more than it may')
    const item = new Item(source, message, attempt, this.#now)
    if (held === undefined) {
      this.held++
    } else {
      const line = message.key === undefined ? undefined : source.lines.get(message.key)
      if (line?.head === held) line.head = item
      if (held.state === 'failed') held.state = 'over'
    }
    source.items.set(seq, item)
    if (message.ttl > 0) this.#ends.push(message.at + message.ttl, item)
    this.#enqueue(item)
  }

  #enqueue (item: Item): void {
    const { source } = item
    item.state = 'queued'
    source.queue.push(item)
    if (source.queue.size === 1) this.#ready.push(source)
  }

  /** All up to `low` is final in the channel: of these nothing is to be begun. */
  #lower (source: Source, low: number): void {
    const before = source.cursor.low
    if (low <= before) return
    source.lower(low)
    if (source.items.size === 0) return
    if (low - before < source.items.size) {
      for (let seq = before + 1; seq <= low; seq++) this.#forget(source.items.get(seq))
    } else {
      for (const [seq, item] of source.items) if (seq <= low) this.#forget(item)
    }
  }

  #drop (source: Source, ranges: Ranges): void {
    for (let i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1]! - ranges[i]! < source.items.size) {
        for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) this.#forget(source.items.get(seq))
      } else {
        for (const [seq, item] of source.items) if (seq >= ranges[i]! && seq <= ranges[i + 1]!) this.#forget(item)
      }
    }
  }

  /** It is not to be begun. What runs goes on. */
  #forget (item: Item | undefined): void {
    if (item === undefined) return
    if (item.state === 'running') {
      item.dropped = true
      return
    }
    const blocked = item.state
    this.#release(item)
    if (blocked !== 'chained') this.#next(item)
  }

  /** Held no longer. */
  #release (item: Item): void {
    const { source, message: { seq } } = item
    item.state = 'over'
    if (source.items.get(seq) !== item) return
    source.items.delete(seq)
    this.held--
  }

  // --- what runs

  #start (): void {
    if (this.#paused || this.#leaving || this.#ready.length === 0) return
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
    return this.running + Math.max(0, this.#zombies - MAX_ZOMBIES) < this.#concurrency
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
      if (isExpired(item.message, this.#wall)) {
        queue.shift()
        this.#expire(item)
        continue
      }
      // an earlier one may still come; of its key it has to
      if (seq > missing.first && (key !== undefined || this.#now < source.missingSince + ORDER_WAIT)) return undefined
      queue.shift()
      if (key === undefined) return item
      const line = source.lines.get(key)
      if (line === undefined) source.lines.set(key, { head: item, behind: new Queue() })
      else if (line.head !== item && this.#behind(line, item)) continue
      return item
    }
    return undefined
  }

  /** False: the one at the head was not begun, and comes after this one. */
  #behind (line: { head: Item, readonly behind: Queue }, item: Item): boolean {
    const { head } = line
    if (head.state === 'queued' && head.message.seq > item.message.seq) {
      line.head = item
      return false
    }
    item.state = 'chained'
    line.behind.push(item)
    return true
  }

  /** It was not begun in time. */
  #expire (item: Item): void {
    if (item.state !== 'queued' && item.state !== 'chained') return
    item.source.expired.push(item.message.seq)
    this.#soon(item.source)
    this.#forget(item)
  }

  #run (item: Item): void {
    const { ackWait } = this.#config.spec
    this.running++
    item.state = 'running'
    item.deadline = this.#now + ackWait
    this.#clock.add(item)
    if (this.#now - item.since > ackWait / 6) {
      item.source.working.push(item.message.seq)
      this.#soon(item.source)
    }
    this.#out.push({ type: 'run', item })
  }

  #extend (item: Item): void {
    if (item.state !== 'running') return
    item.deadline = this.#now + this.#config.spec.ackWait
    this.#clock.delete(item)
    this.#clock.add(item)
    item.source.working.push(item.message.seq)
    this.#soon(item.source)
  }

  #settle (item: Item, how: 'ack' | 'nak' | 'term', delay: number | undefined, reason: string): void {
    const { source, message: { seq, key } } = item
    if (item.zombie) return this.#settleLate(item, how)
    if (item.state !== 'running') return
    this.#clock.delete(item)
    this.running--
    if (how === 'ack') {
      source.cursor.add(seq)
      source.done.push(seq)
    } else if (how === 'nak') {
      const nak = { seq, attempt: item.attempt, delay, reason }
      source.naks.push(nak)
      source.refused.set(seq, { attempt: item.attempt, nak, term: undefined })
    } else {
      const term = { seq, reason }
      source.terms.push(term)
      source.refused.set(seq, { attempt: item.attempt, nak: undefined, term })
    }
    this.#soon(source)
    if (how !== 'ack' && key !== undefined && !item.dropped) {
      // those behind it wait for its next delivery, or for the word that there will be none
      item.state = 'failed'
      return
    }
    this.#release(item)
    this.#next(item)
  }

  /** A handler that was given up ended: it is late, but it is done. */
  #settleLate (item: Item, how: 'ack' | 'nak' | 'term'): void {
    const { source, message: { seq } } = item
    item.zombie = false
    this.#zombies--
    if (how !== 'ack') return
    source.cursor.add(seq)
    source.done.push(seq)
    this.#soon(source)
    this.#forget(source.items.get(seq))
  }

  /** Whoever waits behind it for the same key. */
  #next (item: Item): void {
    const { source, message: { key } } = item
    const line = key === undefined ? undefined : source.lines.get(key)
    if (line?.head !== item) return
    let next = line.behind.shift()
    while (next !== undefined && next.state !== 'chained') next = line.behind.shift()
    if (next === undefined) {
      source.lines.delete(key!)
    } else {
      line.head = next
      this.#enqueue(next)
    }
  }

  // --- what is told

  #soon (source: Source): void {
    this.#news.add(source)
    this.dirty = true
    if (this.#flushAt === Infinity) this.#flushAt = this.#now + ACK_LINGER
  }

  #flush (): void {
    for (const source of this.#news) {
      if (!source.hasNews) continue
      const { log, generation: { by } } = source
      this.#send(by, { type: 'ack', log, channel: this.#channel, outcomes: source.takeNews() })
    }
    this.#news.clear()
    this.dirty = false
    this.#flushAt = Infinity
  }

  /** The assigner does not count on this consumer. */
  #missed (source: Source): void {
    if (source.openAt === Infinity && this.#now >= source.openedAt + OPEN_AGAIN) this.#open(source)
  }

  /** Takes part in the log, and says what it has and what it is done with: once for each connection and each assigner. */
  #open (source: Source): void {
    if (this.#leaving) return
    const { log, generation: { by }, cursor } = source
    const { spec, session, weight = 1_024 } = this.#config
    source.openedAt = this.#now
    source.openAt = this.#connected.has(by) ? this.#now + OPEN_AGAIN : Infinity
    this.#send(by, {
      type: 'open', log, spec, weight, fresh: false, session, prefetch: source.credit, concurrency: this.#concurrency, holds: source.holds().slice(0, MAX_RANGES * 2), low: cursor.low,
      outcomes: source.allNews()
    })
  }

  #leave (): void {
    if (this.#leaving) return
    this.#leaving = true
    this.#flush()
    for (const source of this.#sources.values()) {
      const unstarted: number[] = []
      for (const [seq, item] of source.items) {
        if (item.state === 'running' || item.state === 'abandoned') continue
        unstarted.push(seq)
        this.#release(item)
      }
      this.#send(source.generation.by, { type: 'leave', log: source.log, channel: this.#channel, unstarted: rangesOf(unstarted) })
    }
  }

  /** Splits the prefetch: most of it to those that send. */
  #share (capacity: boolean, quiet?: Source): void {
    const sources = [...this.#sources.values()]
    const busy = sources.filter(source => sources.length <= FEW_LOGS || source.items.size > 0 || this.#now - source.activeAt < IDLE_AFTER)
    const idle = sources.length - busy.length
    const small = idle === 0 ? 0 : Math.max(1, Math.min(IDLE_CREDIT, Math.floor(this.#prefetch / 2 / idle)))
    const large = Math.max(1, Math.floor((this.#prefetch - small * idle) / Math.max(1, busy.length)))
    const busySet = new Set(busy)
    this.#shareAt = sources.length > FEW_LOGS ? this.#now + IDLE_AFTER / 2 : Infinity
    const shares = new Map(sources.map(source => [source, busySet.has(source) ? large : small]))
    let free = this.#prefetch
    for (const source of sources) free -= Math.max(source.credit, source.items.size, source.promisedUntil > this.#now ? source.promised : 0)
    for (const [source, share] of shares) {
      // what others were allowed before, and still hold, is not given twice
      const base = Math.max(Math.min(share, source.credit), Math.min(share, source.items.size))
      const more = Math.max(0, Math.min(share - base, free))
      free -= more
      const credit = Math.max(1, base + more)
      if (credit < share) this.#shareAt = this.#now + SHARE_AGAIN
      if (credit === source.credit && !capacity) continue
      if (credit < source.credit && source.promisedUntil <= this.#now) {
        source.promised = source.credit
        source.promisedUntil = this.#now + PROMISE
        this.#shareAt = Math.min(this.#shareAt, source.promisedUntil)
      }
      source.credit = credit
      if (source !== quiet && !this.#leaving) this.#send(source.generation.by, { type: 'credit', log: source.log, channel: this.#channel, prefetch: credit, concurrency: this.#concurrency })
    }
  }

  // --- time

  #dueOf (source: Source): number {
    let due = Math.min(source.openAt, source.heardAt + this.#retention)
    if (source.missing.isEmpty) return due
    if (this.#connected.has(source.generation.by)) due = Math.min(due, source.askAt === Infinity ? source.missingSince + GAP_WAIT : source.askAt)
    if (source.queue.size > 0 && this.#now < source.missingSince + ORDER_WAIT) due = Math.min(due, source.missingSince + ORDER_WAIT)
    return due
  }

  get #retention (): number {
    return this.#config.retention ?? RETENTION.age
  }

  #tick (): void {
    const now = this.#now
    for (const item of this.#clock) {
      if (item.deadline > now) break
      this.#abandon(item)
    }
    while (this.#ends.least <= this.#wall) this.#expire(this.#ends.pop()!)
    for (const [key, source] of this.#sources) this.#mind(key, source)
    if (this.#shareAt <= now) this.#share(false)
    if (this.#aliveAt <= now) this.#alive()
  }

  #mind (key: string, source: Source): void {
    const now = this.#now
    if (source.openAt <= now) this.#open(source)
    if (source.heardAt + this.#retention <= now) {
      if (source.items.size === 0) this.#sources.delete(key)
      else source.heardAt = now
    }
    if (source.missing.isEmpty || !this.#connected.has(source.generation.by)) return
    if (now < (source.askAt === Infinity ? source.missingSince + GAP_WAIT : source.askAt)) return
    source.askAt = now + GAP_AGAIN
    this.#send(source.generation.by, { type: 'lacks', log: source.log, channel: this.#channel, ranges: source.missing.ranges.slice(0, MAX_RANGES * 2) })
  }

  #abandon (item: Item): void {
    this.#clock.delete(item)
    this.running--
    this.#zombies++
    item.state = 'abandoned'
    item.zombie = true
    this.#out.push({ type: 'abandon', item })
    if (item.dropped) this.#forget(item)
  }

  /** What only waits is not to be taken for lost. */
  #alive (): void {
    const every = this.#config.spec.ackWait / 3
    this.#aliveAt = this.#now + every
    // with handlers that never end in all places, nothing that waits here would ever begin
    if (this.running === 0 && !this.#hasSlot) return
    for (const source of this.#sources.values()) {
      for (const [seq, item] of source.items) {
        if ((item.state !== 'queued' && item.state !== 'chained') || this.#now - item.since < every / 2) continue
        source.working.push(seq)
      }
      if (source.working.length > 0) this.#soon(source)
    }
  }

  #send (to: string, message: ToAssigner): void {
    this.#out.push({ type: 'send', to, message })
  }

  #complain (peer: string, message: string): void {
    this.#out.push({ type: 'problem', peer, message })
  }
}

export function createConsumer (config: ConsumerConfig): ConsumerCore {
  return new Consumer(config)
}
