/**
 * One node's part in one channel. It runs what is assigned to it and nothing else, each message once however often it
 * comes, in the order of each publisher, and the messages of a key one after the other; it tells the assigner what became
 * of them, and asks for what it lacks. Pure.
 */
import { compareGenerations, isPossible } from './generation.core.ts'
import { logKey } from './names.core.ts'
import { ACK_LINGER, GAP_AGAIN, GAP_WAIT, MAX_LOGS, MAX_PREFETCH, MAX_RANGES, MAX_REFUSED, OPEN_AGAIN, ORDER_WAIT, RETENTION } from './numbers.core.ts'
import { areRanges } from './ranges.core.ts'
import { Credits } from './credits.core.ts'
import { Runner } from './runner.core.ts'
import { Source } from './source.core.ts'
import type { RunnerHost } from './runner.core.ts'
import type { Item } from './source.core.ts'
import { MAX_PUBLISHER_TOPICS } from '../wire/limits.ts'
import type { Assignment, Batch, Beat, BatchChannel, ConsumerConfig, ConsumerCore, ConsumerInput, ConsumerOutput, Generation, LogId, Message, ToAssigner, ToConsumer } from './types.core.ts'

class Consumer implements ConsumerCore, RunnerHost {
  dirty = false
  now: number
  wall: number
  #config: ConsumerConfig
  readonly #runner: Runner
  readonly #channel: string
  readonly #sources = new Map<string, Source>()
  /** By publisher: how many of them there are. */
  readonly #logs = new Map<string, number>()
  readonly #news = new Set<Source>()
  readonly #connected = new Set<string>()
  prefetch: number
  #left = false
  #flushAt = Infinity
  readonly #credits: Credits
  #out: ConsumerOutput[] = []

  constructor (config: ConsumerConfig) {
    this.#config = config
    this.#channel = config.spec.channel
    this.prefetch = Math.min(MAX_PREFETCH, Math.max(1, config.prefetch ?? 1_000))
    this.now = config.time.now
    this.wall = config.time.wall
    this.#connected.add(config.self)
    this.#runner = new Runner(this, Math.max(1, config.concurrency ?? 32))
    this.#credits = new Credits(this, this.#runner, this.#channel)
  }

  get ackWait (): number {
    return this.#config.spec.ackWait
  }

  get due (): number {
    if (this.#left) return Infinity
    let due = Math.min(this.#flushAt, this.#credits.again, this.#runner.due)
    for (const source of this.#sources.values()) due = Math.min(due, this.#dueOf(source))
    return due
  }

  get held (): number {
    return this.#runner.held
  }

  get running (): number {
    return this.#runner.running
  }

  get sources (): Iterable<Source> {
    return this.#sources.values()
  }

  tell (output: ConsumerOutput): void {
    this.#out.push(output)
  }

  send ({ generation: { by } }: Source, message: ToAssigner): void {
    this.#send(by, message)
  }

  step (input: ConsumerInput): ConsumerOutput[] {
    this.now = Math.max(this.now, input.now)
    this.wall = input.wall
    this.#out = []
    this.#take(input)
    // what was under way when it paused, or is not begun after all, is nobody's here either
    if (this.#runner.paused || this.#runner.leaving) this.#credits.giveBack(false)
    if (this.#flushAt <= this.now) this.#flush()
    if (this.#runner.leaving && !this.#left && this.running === 0) {
      this.#flush()
      this.#left = true
      this.#out.push({ type: 'left' })
    }
    return this.#out
  }

  #take (input: ConsumerInput): void {
    switch (input.type) {
      case 'tick': this.#tick(); break
      case 'batch': if (!this.#runner.leaving) this.#batch(input.from, input.batch); break
      case 'message': this.#message(input.from, input.message); break
      case 'wanted': this.#runner.wanted = input.count; break
      case 'settle': this.#runner.settle(input.item as Item, input.how, input.delay, input.reason ?? ''); break
      case 'working': this.#runner.extend(input.item as Item); break
      case 'flush': this.#flush(); break
      case 'connected':
        this.#connected.add(input.peer)
        for (const source of this.#sources.values()) if (source.generation.by === input.peer) this.#open(source)
        break
      case 'closed': this.#connected.delete(input.peer); break
      case 'resumed': for (const source of this.#sources.values()) this.#open(source); break
      case 'spec':
        this.#config = { ...this.#config, spec: input.spec }
        this.#runner.respec()
        break
      case 'capacity':
        this.#runner.concurrency = Math.max(1, input.concurrency)
        this.prefetch = Math.min(MAX_PREFETCH, Math.max(1, input.prefetch))
        this.#credits.share(true)
        break
      case 'pause': this.#credits.pause(input.paused); break
      case 'leave': this.#leave(); break
    }
    this.#runner.start()
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
    source.arrived(first, last, this.now)
    if (mine === undefined) {
      this.#missed(source)
      return
    }
    this.#runner.lower(source, mine.low)
    const me = mine.members.indexOf(this.#config.self) + 1
    if (me > 0) this.#mine(source, messages, mine, me)
    else this.#missed(source)
  }

  #mine (source: Source, messages: readonly Message[], { to }: BatchChannel, me: number): void {
    for (let i = 0; i < messages.length; i++) if (to[i] === me && messages[i]!.seq > source.openedHigh) this.#accept(source, { message: messages[i]!, attempt: 1 }, false)
  }

  #message (from: string, message: ToConsumer | Beat): void {
    const { log, generation } = message
    if (generation.by !== from) return this.#complain(from, 'assigns for another one')
    // who speaks is there, whatever was said of it
    this.#connected.add(from)
    if (message.type === 'beat') return this.#beat(from, message)
    if (message.channel !== this.#channel) return
    const source = this.#heard(from, log, generation, 'low' in message ? message.low : 0, 'high' in message ? message.high : 0)
    if (source === undefined) return
    switch (message.type) {
      case 'opened':
        source.openAt = Infinity
        this.#runner.lower(source, message.low)
        source.openedHigh = Math.max(source.openedHigh, message.high)
        this.#runner.sift(source)
        source.cover(1, message.high)
        this.#credits.share(false)
        break
      case 'assign':
        this.#runner.lower(source, message.low)
        // what comes by stream may overtake the batches before it
        source.exists(message.items.reduce((high, { message: { seq } }) => Math.max(high, seq), 0), this.now)
        for (const item of message.items) this.#accept(source, item, true)
        break
      case 'drop': if (areRanges(message.ranges)) this.#runner.drop(source, message.ranges); break
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
    source.exists(high, this.now)
    this.#runner.lower(source, low)
  }

  /** The log that is spoken of, if who speaks may. */
  #heard (from: string, log: LogId, generation: Generation, low: number, high: number): Source | undefined {
    const key = logKey(log)
    let source = this.#sources.get(key)
    if (!(isPossible(generation) && low >= 0 && high >= 0)) {
      this.#complain(from, 'illegal numbers')
      return undefined
    }
    if (source === undefined) {
      if (this.#runner.leaving) return undefined
      // neither who comes last, when all have too many, nor whose node of another version has more topics is at fault
      const logs = this.#logs.get(log.publisher) ?? 0
      if (this.#sources.size >= MAX_LOGS || logs >= MAX_PUBLISHER_TOPICS) return undefined
      this.#logs.set(log.publisher, logs + 1)
      source = new Source(log, generation, low, high, this.now)
      this.#sources.set(key, source)
      this.#out.push({ type: 'joined', log })
      this.#credits.share(false, source)
      this.#open(source)
    }
    source.heardAt = this.now
    const order = compareGenerations(generation, source.generation)
    if (order < 0) {
      this.#send(from, { type: 'stale', log, generation: source.generation })
      return undefined
    }
    if (order > 0) {
      source.generation = generation
      // who assigns from now on knows of no attempts
      source.refused.clear()
      for (const item of source.items.values()) {
        item.attempt = item.state === 'failed' || item.state === 'abandoned' ? 0 : 1
        item.unstarted = 0
      }
      this.#open(source)
    }
    return source
  }

  #accept (source: Source, assignment: Assignment, streamed: boolean): void {
    if (!this.#runner.accept(source, assignment, streamed, this.prefetch * 4 + 1_000)) this.#complain(source.generation.by, 'assigns more than it may')
  }

  // --- what is told

  soon (source: Source): void {
    this.#news.add(source)
    this.dirty = true
    if (this.#flushAt === Infinity) this.#flushAt = this.now + ACK_LINGER
  }

  #flush (): void {
    for (const source of this.#news) while (source.hasNews) this.#ack(source)
    this.#news.clear()
    this.dirty = false
    this.#flushAt = Infinity
  }

  #ack (source: Source): void {
    this.send(source, { type: 'ack', log: source.log, channel: this.#channel, outcomes: source.takeNews() })
  }

  /** The assigner does not count on this consumer. */
  #missed (source: Source): void {
    if (source.openAt === Infinity && this.now >= source.openedAt + OPEN_AGAIN) this.#open(source)
  }

  /** Takes part in the log, and says what it has and what it is done with: once for each connection and each assigner. */
  #open (source: Source): void {
    if (this.#runner.leaving) return
    const { log, generation: { by }, cursor } = source
    const { spec, session, weight = 1_024 } = this.#config
    const { paused, concurrency } = this.#runner
    source.recall()
    // ahead of what says that it is not here any more
    while (source.naks.length > MAX_REFUSED || source.terms.length > MAX_REFUSED) this.#ack(source)
    source.openedAt = this.now
    source.openAt = this.#connected.has(by) ? this.now + OPEN_AGAIN : Infinity
    this.#send(by, {
      type: 'open', log, spec, weight, fresh: false, session, prefetch: paused ? 1 : source.credit, concurrency, holds: source.holds().slice(0, MAX_RANGES * 2), low: cursor.low,
      outcomes: { ...source.takeNews(), done: cursor.ranges().slice(0, MAX_RANGES * 2) }
    })
    // an open that takes nothing says nothing of what is held
    if (paused) this.#credits.tell(source, [])
  }

  #leave (): void {
    if (this.#runner.leaving) return
    this.#runner.leaving = true
    this.#flush()
    for (const source of this.#sources.values()) {
      source.openAt = Infinity
      source.credit = 0
      this.send(source, { type: 'leave', log: source.log, channel: this.#channel, unstarted: this.#credits.unstarted(source) })
    }
  }

  // --- time

  #dueOf (source: Source): number {
    let due = Math.min(source.openAt, source.heardAt + this.#retention)
    if (source.missing.isEmpty) return due
    if (this.#connected.has(source.generation.by)) due = Math.min(due, source.askAt === Infinity ? source.missingSince + GAP_WAIT : source.askAt)
    if (source.queue.size > 0 && this.now < source.missingSince + ORDER_WAIT) due = Math.min(due, source.missingSince + ORDER_WAIT)
    return due
  }

  get #retention (): number {
    return this.#config.retention ?? RETENTION.age
  }

  #tick (): void {
    const now = this.now
    this.#runner.tick()
    for (const [key, source] of this.#sources) this.#mind(key, source)
    if (this.#credits.again <= now) this.#credits.share(false)
  }

  #mind (key: string, source: Source): void {
    const now = this.now
    if (source.openAt <= now) this.#open(source)
    if (source.heardAt + this.#retention <= now) {
      if (source.items.size === 0) this.#forget(key, source)
      else source.heardAt = now
    }
    if (source.missing.isEmpty || !this.#connected.has(source.generation.by)) return
    if (now < (source.askAt === Infinity ? source.missingSince + GAP_WAIT : source.askAt)) return
    source.askAt = now + GAP_AGAIN
    this.send(source, { type: 'lacks', log: source.log, channel: this.#channel, ranges: source.missing.ranges.slice(0, MAX_RANGES * 2) })
  }

  #forget (key: string, { log: { publisher } }: Source): void {
    this.#sources.delete(key)
    const logs = (this.#logs.get(publisher) ?? 1) - 1
    if (logs > 0) this.#logs.set(publisher, logs)
    else this.#logs.delete(publisher)
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
