/**
 * The assigner of one log: it keeps the messages, gives each of them to one consumer of every channel, and holds on to it
 * until it is final there. The publisher is the only one who assigns its messages, so no two consumers both think that a
 * first delivery is theirs; when it is gone, a keeper does, with a higher generation. Pure.
 */
import { announce, makeRoom, sayAgain } from './announce.core.ts'
import { Deliveries } from './deliveries.core.ts'
import { Heap } from './heap.core.ts'
import * as intake from './intake.core.ts'
import { compareGenerations, isCredible } from './generation.core.ts'
import { Keeping } from './keeping.core.ts'
import { ADOPT_WAIT, BEATS, HOLD, RETAKE_WAIT, RETAKE_WAIT_MAX, RETENTION, START_WAIT } from './numbers.core.ts'
import { areRanges, clip } from './ranges.core.ts'
import { startOf } from './start.core.ts'
import { Backlog } from './backlog.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import { hashText } from '../balancing/rendezvous.core.ts'
import type { Room } from './announce.core.ts'
import type { ChannelMessage, DeliveriesHost } from './delivery.core.ts'
import type { Seat } from './seats.core.ts'
import type {
  AssignerConfig, AssignerCore, AssignerInput, AssignerOutput, AssignerStatus, Beat, ChannelCursor, ChannelSpec, Generation, KeeperNet, LogId, Member, Message,
  NewMessage, ToAssigner, ToConsumer
} from './types.core.ts'
import type { Hash } from '../balancing/rendezvous.core.ts'

/** Ms between two saves of what is done. */
const SAVE_EVERY = 250
/** Messages that may be forgotten on disk before it is told to. */
const TRIM_EVERY = 256

/** A channel that the registry told of, while it is open where it starts. */
interface Unfixed { spec: ChannelSpec, members: readonly Member[], readonly since: number, readonly mark: number }

export class LogAssigner implements AssignerCore, DeliveriesHost {
  readonly self: string
  readonly log: LogId
  readonly random: () => number
  readonly config: AssignerConfig
  readonly owner: boolean
  readonly backlog: Backlog
  readonly channels = new Map<string, Deliveries>()
  /** The channels by name. */
  sorted: readonly Deliveries[] = []
  readonly connected = new Set<string>()
  readonly keeping: Keeping
  generation: Generation
  now: number
  wall: number
  announced: number
  trusted: number
  /** `over`: stopped, or a keeper's that was deposed. */
  state: 'asking' | 'deposed' | 'assigning' | 'over'
  /** When what waits for room goes out without; Infinity: nothing waits. */
  holdUntil = Infinity
  /** Somebody waits for so much room in the outbox. */
  wanted: Room | undefined
  /** When to say again what there is, and how often it was said. */
  beatAt = Infinity
  beats = 0
  /** The save that everything said from now on needs. */
  barrier = 0
  readonly #unfixed = new Map<string, Unfixed>()
  readonly #unavailable = new Set<string>()
  readonly #ends = new Heap<number>()
  readonly #hash: { a: number, b: number }
  #out: AssignerOutput[] = []
  #saves = 0
  #saveAt = Infinity
  #trimmed = 0
  /** Consumers may still say what they hold; nothing is assigned before. */
  #adoptUntil = -Infinity
  #retakeAt = Infinity
  #retakes = 0
  #began: number

  constructor (config: AssignerConfig) {
    const { self, log, random, time, restored, takeOver, retention } = config
    Object.assign(this, time)
    this.now = time.now
    this.wall = time.wall
    this.config = config
    this.owner = takeOver === undefined
    this.self = self
    this.log = log
    this.random = random
    this.#hash = { ...hashText(`${log.topic}/${log.publisher}/${log.epoch}`) }
    this.backlog = new Backlog({ ...RETENTION, ...retention }, restored?.messages, restored?.last)
    this.announced = this.trusted = this.backlog.last
    this.generation = takeOver?.generation ?? restored?.state?.generation ?? { number: 0, by: self }
    this.keeping = new Keeping(this, this.generation)
    this.#began = time.now
    this.connected.add(self)
    for (const cursor of restored?.state?.cursors ?? []) this.keeping.merge(cursor)
    for (const { seq, at, ttl } of restored?.messages ?? []) if (ttl > 0) this.#ends.push(at + ttl, seq)
    this.state = 'assigning'
    if (takeOver !== undefined) {
      this.begin(takeOver.generation, takeOver.complete)
    } else if (restored !== undefined) {
      this.keeping.others = true
      this.#ask()
    }
  }

  get due (): number {
    if (this.state === 'over') return Infinity
    let due = Math.min(this.keeping.due, this.holdUntil, this.beatAt, this.#saveAt, this.#retakeAt, this.backlog.expires - this.wall + this.now, this.#ends.least - this.wall + this.now)
    if (this.#adoptUntil > this.now) due = Math.min(due, this.#adoptUntil)
    for (const { since } of this.#unfixed.values()) due = Math.min(due, since + START_WAIT)
    for (const deliveries of this.sorted) due = Math.min(due, deliveries.due(this.state === 'assigning' && this.#adoptUntil <= this.now))
    return due
  }

  step (input: AssignerInput): AssignerOutput[] {
    this.now = Math.max(this.now, input.now)
    this.wall = input.wall
    if (this.state !== 'over') {
      this.#take(input)
      this.#work()
    }
    const out = this.#out
    this.#out = []
    return out
  }

  status (): AssignerStatus {
    const { generation, backlog } = this
    return {
      generation,
      assigning: this.state === 'assigning',
      last: backlog.last,
      length: backlog.length,
      bytes: backlog.bytes,
      pending: backlog.pending,
      pendingBytes: backlog.pendingBytes,
      channels: this.sorted.map(({ spec, seats, cursor, lag, flights, redelivered, dead, expired }) => {
        return { channel: spec.channel, members: seats.size, low: cursor.low, lag, inFlight: flights.size, redelivered, dead, expired }
      })
    }
  }

  // --- for the channels and the keepers' side

  tell (output: AssignerOutput): void {
    this.#out.push(output)
  }

  /** To somebody who is no consumer, or nothing that depends on what is stored. */
  post (to: string, message: Beat | KeeperNet): void {
    this.#out.push({ type: 'send', to, message, after: message.type === 'cursors' || message.type === 'ask' ? 0 : this.barrier })
  }

  send (to: string, { spec: { channel } }: Deliveries, message: ChannelMessage): void {
    const { log, generation } = this
    this.#out.push({ type: 'send', to, message: { ...message, log, channel, generation } as ToConsumer, after: message.type === 'drop' ? 0 : this.barrier })
  }

  complain (peer: string, message: string): void {
    this.#out.push({ type: 'problem', peer, message })
  }

  final (channel: Deliveries, seq: number): void {
    channel.fresh.push(seq)
    this.keeping.note()
    if (!channel.holding) return
    const slot = this.backlog.get(seq)
    if (slot !== undefined && slot.left > 0 && this.backlog.release(slot) && slot.watch) this.tell({ type: 'handled', seq })
  }

  hash (seq: number): Hash {
    return { a: this.#hash.a ^ seq, b: this.#hash.b }
  }

  cursors (): ChannelCursor[] {
    return this.sorted.map(({ spec: { channel, opened }, cursor }) => ({ channel, opened, low: cursor.low, done: cursor.ranges() }))
  }

  /** What is done may be lost with this process, but not for long. */
  save (): void {
    if (this.config.persistent === true && this.#saveAt === Infinity) this.#saveAt = this.now + SAVE_EVERY
  }

  append (messages: readonly Message[]): void {
    if (this.config.persistent === true) this.tell({ type: 'append', id: this.barrier = ++this.#saves, messages })
    for (const { seq, at, ttl } of messages) if (ttl > 0) this.#ends.push(at + ttl, seq)
  }

  /** It assigns from now on. */
  begin (generation: Generation, complete: boolean): void {
    this.state = 'assigning'
    this.generation = generation
    this.keeping.seen = generation
    if (this.keeping.others || !this.owner) {
      this.trusted = this.announced
      this.#adoptUntil = this.now + ADOPT_WAIT
      for (const deliveries of this.sorted) this.#rebuild(deliveries)
    }
    this.keeping.others = false
    this.#began = this.now
    this.#saveNow()
    this.tell({ type: 'assigning', generation, complete })
    this.beatAt = this.now
    this.beats = -1
  }

  // --- inputs

  #take (input: AssignerInput): void {
    switch (input.type) {
      case 'tick': break
      case 'publish': this.#publish(input.messages); break
      case 'channel': this.#channel(input.spec, input.members); break
      case 'channel-gone': this.#end(input.channel, input.opened); break
      case 'message': this.#message(input.from, input.message); break
      case 'connected': this.#connect(input.peer); break
      case 'closed':
        this.connected.delete(input.peer)
        this.keeping.forget(input.peer)
        for (const [deliveries, seat] of this.#seats(input.peer)) intake.closed(deliveries, seat)
        break
      case 'gone':
        this.connected.delete(input.peer)
        for (const [deliveries, seat] of this.#seats(input.peer)) {
          seat.connected = false
          intake.release(deliveries, seat, 'gone')
        }
        break
      case 'available':
        if (input.available) this.#unavailable.delete(input.peer)
        else this.#unavailable.add(input.peer)
        for (const [deliveries, seat] of this.#seats(input.peer)) {
          seat.available = input.available
          deliveries.seats.update(seat)
          if (!input.available) deliveries.chains.unstall(seat)
        }
        break
      case 'keepers': this.keeping.set(input.keepers); break
      case 'copies': this.#copy(input.messages); break
      case 'buried': this.channels.get(input.channel)?.buried(input.seq); break
      case 'resumed': this.#resume(); break
      case 'stop': this.#stop(); break
    }
  }

  #publish (created: readonly NewMessage[]): void {
    if (!makeRoom(this, created)) return this.tell({ type: 'full' })
    const { backlog } = this
    const holding = this.sorted.filter(deliveries => deliveries.holding)
    const first = backlog.last + 1
    const messages = created.map(({ at, ttl, key, payload, watch = false }, i): Message => {
      const message: Message = { seq: first + i, at, ttl, key, payload }
      const slot = backlog.put(message, watch)
      for (let n = holding.length; n > 0; n--) backlog.hold(slot)
      return message
    })
    backlog.retain(this.wall)
    const last = backlog.last
    const channels = [...this.channels.values(), ...this.#unfixed.values()].map(({ spec }) => spec.name).sort()
    this.tell({ type: 'published', first, last, channels })
    this.append(messages)
    if (holding.length === 0) created.forEach(({ watch }, i) => { if (watch === true) this.tell({ type: 'handled', seq: first + i }) })
    this.beats = 0
    this.beatAt = this.now + BEATS[0]!
  }

  #message (from: string, message: ToAssigner | KeeperNet): void {
    if (message.type === 'open') return this.#open(from, message)
    if ('generation' in message && !isCredible(message.generation, this.generation)) return this.complain(from, 'a generation that nobody can have reached')
    if (message.type === 'stale') {
      // only who took over can say so in the end; a lie costs a question to the keepers
      if (compareGenerations(message.generation, this.generation) > 0) this.#depose(message.generation)
      return
    }
    if (message.type === 'stored') return this.keeping.stored(from, message)
    if (message.type === 'fetch') return this.keeping.fetch(from, message.ranges)
    if (message.type === 'have' || message.type === 'cursors') {
      if (message.type === 'have') this.keeping.have(from, message)
      else message.cursors.forEach(cursor => { this.keeping.merge(cursor) })
      if (this.state === 'assigning' && compareGenerations(message.generation, this.generation) > 0) this.#depose(message.generation)
      return
    }
    if (message.type === 'ask' || message.type === 'range') return
    const deliveries = this.channels.get(message.channel)
    if (deliveries === undefined) return
    const seat = deliveries.seats.get(from)
    switch (message.type) {
      case 'ack': this.#complain(from, intake.settle(deliveries, from, message.outcomes)); break
      case 'credit': if (seat !== undefined) this.#complain(from, intake.credit(deliveries, seat, message)); break
      case 'lacks': this.#repair(deliveries, from, seat, message.ranges); break
      case 'leave':
        if (!areRanges(message.unstarted)) this.complain(from, 'illegal ranges')
        else if (seat !== undefined) intake.leave(deliveries, seat, message.unstarted)
        this.#hold(deliveries)
        break
    }
  }

  #complain (peer: string, complaint: string | undefined): void {
    if (complaint !== undefined) this.complain(peer, complaint)
  }

  #repair (deliveries: Deliveries, from: string, seat: Seat | undefined, ranges: readonly number[]): void {
    if (!areRanges(ranges)) return this.complain(from, 'illegal ranges')
    const covered = clip(ranges, 1, this.announced)
    const bytes = intake.lacks(deliveries, seat, covered)
    if (this.keeping.serve(from, bytes + covered.length)) this.send(from, deliveries, { type: 'covered', ranges: covered })
  }

  #open (from: string, message: Extract<ToAssigner, { type: 'open' }>): void {
    const { spec, fresh } = message
    if (spec.opened <= (this.keeping.ended.get(spec.channel) ?? -Infinity)) return
    if (this.#isFull(spec.channel)) return
    const unfixed = this.#unfixed.get(spec.channel)
    // who made the channel just now says where it starts: its word may be under way
    if (!fresh && unfixed !== undefined && this.now < unfixed.since + START_WAIT) return
    const deliveries = this.channels.get(spec.channel) ??
      this.#fix(unfixed?.spec ?? spec, fresh && spec.start === 'latest' ? unfixed?.mark ?? this.backlog.last : undefined, unfixed?.members ?? [])
    // it opens again when it hears the new generation
    if (this.state !== 'assigning' && this.keeping.others) return
    const seat = deliveries.seats.get(from) ?? this.#seat(deliveries, from)
    this.#complain(from, intake.open(deliveries, seat, message))
    this.#hold(deliveries)
    this.send(from, deliveries, { type: 'opened', low: deliveries.cursor.low, high: this.announced })
  }

  #channel (spec: ChannelSpec, members: readonly Member[]): void {
    if (spec.opened <= (this.keeping.ended.get(spec.channel) ?? -Infinity)) return
    if (this.#isFull(spec.channel)) return
    let deliveries = this.channels.get(spec.channel)
    if (deliveries === undefined) {
      const known = this.keeping.known.get(spec.channel)
      if (known === undefined && this.backlog.last > 0 && this.state === 'assigning') {
        const { since, mark } = this.#unfixed.get(spec.channel) ?? { since: this.now, mark: this.backlog.last }
        this.#unfixed.set(spec.channel, { spec, members, since, mark })
        return
      }
      deliveries = this.#fix(spec, this.backlog.last === 0 ? 0 : undefined, members)
    }
    deliveries.spec = spec
    this.#list(deliveries, members)
  }

  /** It has no place for one more channel: a batch could not name them all. */
  #isFull (channel: string): boolean {
    const { channels } = this
    return !channels.has(channel) && !this.#unfixed.has(channel) && channels.size + this.#unfixed.size >= MAX_TOPIC_CHANNELS
  }

  /** Members as the registry has them. */
  #list (deliveries: Deliveries, members: readonly Member[]): void {
    const named = new Set(members.map(({ id }) => id))
    for (const { id, weight } of members) {
      const seat = deliveries.seats.get(id) ?? this.#seat(deliveries, id)
      seat.listed = true
      seat.weight = Math.max(1, weight)
    }
    for (const seat of deliveries.seats.values()) {
      if (!seat.listed || named.has(seat.id)) continue
      // it left; its own word, which says what it has begun, may be under way
      seat.listed = false
      if (!seat.leaving) intake.closed(deliveries, seat)
      seat.leaving = true
      deliveries.seats.update(seat)
    }
    this.#hold(deliveries)
  }

  #seat (deliveries: Deliveries, id: string): Seat {
    return deliveries.seats.add(id, this.connected.has(id), !this.#unavailable.has(id))
  }

  /** Where the channel starts is certain from now on. `low` undefined: by what is known of it, or by the rule. */
  #fix (spec: ChannelSpec, low: number | undefined, members: readonly Member[]): Deliveries {
    const { channel } = spec
    const known = this.keeping.known.get(channel)
    this.keeping.known.delete(channel)
    this.#unfixed.delete(channel)
    const deliveries = new Deliveries(this, spec, known?.cursor.low ?? low ?? startOf(this.backlog, spec, this.owner))
    if (known !== undefined) deliveries.cursor.merge(known.cursor.low, known.cursor.ranges(), this.backlog.last)
    deliveries.fresh.push(deliveries.cursor.low)
    this.channels.set(channel, deliveries)
    this.#sort()
    this.#list(deliveries, members)
    this.keeping.urge()
    this.#saveNow()
    return deliveries
  }

  #end (channel: string, opened: number): void {
    this.keeping.end(channel, opened)
    const deliveries = this.channels.get(channel)
    this.#unfixed.delete(channel)
    if (deliveries === undefined) return
    this.#hold(deliveries, false)
    this.channels.delete(channel)
    this.#sort()
    this.save()
  }

  #sort (): void {
    this.sorted = [...this.channels.values()].sort((a, b) => a.spec.channel < b.spec.channel ? -1 : 1)
  }

  /** Only channels with consumers hold the outbox. */
  #hold (deliveries: Deliveries, holding = deliveries.seats.size > 0): void {
    if (deliveries.holding === holding) return
    deliveries.holding = holding
    const { backlog } = this
    for (let seq = Math.max(deliveries.cursor.low + 1, backlog.first); seq <= backlog.last; seq++) {
      const slot = backlog.get(seq)
      if (slot === undefined || deliveries.cursor.has(seq)) continue
      if (holding) backlog.hold(slot)
      else if (backlog.release(slot) && slot.watch) this.tell({ type: 'handled', seq })
    }
  }

  /** Others assigned meanwhile: who has what is to be said anew. */
  #rebuild (old: Deliveries): void {
    const deliveries = new Deliveries(this, old.spec, old.cursor.low)
    deliveries.cursor.merge(old.cursor.low, old.cursor.ranges(), this.backlog.last)
    Object.assign(deliveries, { fresh: old.fresh, holding: old.holding, redelivered: old.redelivered, dead: old.dead, expired: old.expired })
    for (const { id, weight, listed } of old.seats.values()) Object.assign(this.#seat(deliveries, id), { weight, listed })
    this.channels.set(old.spec.channel, deliveries)
    this.#sort()
  }

  #seats (peer: string): Array<[Deliveries, Seat]> {
    const found: Array<[Deliveries, Seat]> = []
    for (const deliveries of this.sorted) {
      const seat = deliveries.seats.get(peer)
      if (seat !== undefined) found.push([deliveries, seat])
    }
    return found
  }

  #connect (peer: string): void {
    this.connected.add(peer)
    const seats = this.#seats(peer)
    for (const [, seat] of seats) {
      seat.connected = true
      seat.graceAt = Infinity
    }
    if (this.keeping.keepers.includes(peer)) this.keeping.greet(peer)
    if (seats.length > 0 || this.keeping.keepers.includes(peer)) sayAgain(this, [peer])
  }

  #copy (messages: readonly Message[]): void {
    const { backlog } = this
    for (const message of messages) {
      const { seq } = message
      if (backlog.get(seq) === undefined && (seq >= backlog.first || backlog.lower(seq))) backlog.put(message, false)
    }
    this.announced = this.trusted = this.backlog.last
    for (const deliveries of this.sorted) {
      if (!deliveries.holding) continue
      for (const { seq } of messages) {
        const slot = this.backlog.get(seq)
        if (slot?.left === 0 && !deliveries.cursor.has(seq)) this.backlog.hold(slot)
        deliveries.revive(seq)
      }
    }
  }

  // --- who assigns

  #ask (): void {
    this.state = 'asking'
    this.#retakeAt = Infinity
    this.keeping.ask()
  }

  #depose (generation: Generation): void {
    this.keeping.see(generation)
    if (this.state !== 'assigning') return
    this.tell({ type: 'deposed', generation })
    if (!this.owner) {
      this.state = 'over'
      return
    }
    this.state = 'deposed'
    this.#retakes = this.now - this.#began > RETAKE_WAIT_MAX ? 0 : this.#retakes + 1
    this.#retakeAt = this.now + (this.#retakes === 0 ? 0 : Math.min(RETAKE_WAIT_MAX, RETAKE_WAIT * 2 ** Math.min(this.#retakes, 10)) * (0.5 + this.random() / 2))
  }

  #resume (): void {
    const alone = this.keeping.keepers.every(id => id === this.self)
    if (this.state === 'assigning' && this.owner && !alone) this.#ask()
    this.beatAt = this.now
  }

  #stop (): void {
    for (const keeper of this.keeping.keepers) this.keeping.greet(keeper)
    if (this.config.persistent === true) this.#saveNow()
    this.state = 'over'
  }

  // --- after each input

  #work (): void {
    if (this.#retakeAt <= this.now) this.#ask()
    this.keeping.tick()
    if (this.state === 'over') return
    for (const { spec, members, since } of this.#unfixed.values()) {
      if (since + START_WAIT > this.now) continue
      this.#fix(spec, undefined, members)
      sayAgain(this, members.map(({ id }) => id))
    }
    this.#age()
    for (const deliveries of this.sorted) {
      for (const seat of deliveries.seats.values()) {
        if (seat.graceAt <= this.now) intake.release(deliveries, seat, 'closed')
        if (seat.leaving && !seat.listed && seat.inFlight === 0 && seat.graceAt === Infinity) deliveries.seats.remove(seat)
      }
      intake.runOut(deliveries)
      this.#hold(deliveries)
    }
    if (this.state === 'assigning' && this.#adopted()) {
      for (const deliveries of this.sorted) deliveries.pump()
      announce(this, this.holdUntil <= this.now)
    }
    if (this.holdUntil <= this.now) this.holdUntil = this.now + HOLD
    if (this.beatAt <= this.now) this.#beat()
    if (this.#saveAt <= this.now) this.#saveNow()
    makeRoom(this, [])
  }

  /** All consumers said what they hold, or had the time to. */
  #adopted (): boolean {
    if (this.#adoptUntil <= this.now) return true
    const silent = this.sorted.some(({ seats }) => [...seats.values()].some(seat => seat.connected && seat.listed && !seat.opened))
    if (!silent && this.sorted.length > 0) this.#adoptUntil = -Infinity
    return this.#adoptUntil <= this.now
  }

  #beat (): void {
    sayAgain(this)
    this.beats++
    const pending = this.sorted.some(({ lag, holding }) => holding && lag > 0)
    this.beatAt = this.beats < BEATS.length || pending ? this.now + BEATS[Math.min(this.beats, BEATS.length - 1)]! : Infinity
  }

  #age (): void {
    const { backlog } = this
    backlog.retain(this.wall)
    while (this.#ends.least <= this.wall) {
      const seq = this.#ends.pop()!
      for (const deliveries of this.sorted) deliveries.outlive(seq)
    }
    if (this.config.persistent === true && backlog.first - 1 - this.#trimmed >= TRIM_EVERY) this.tell({ type: 'trim', upto: this.#trimmed = backlog.first - 1 })
  }

  #saveNow (): void {
    this.#saveAt = Infinity
    if (this.config.persistent !== true) return
    const id = ++this.#saves
    this.barrier = id
    this.tell({ type: 'save', id, state: { generation: this.generation, cursors: this.cursors() } })
  }
}

export function createAssigner (config: AssignerConfig): AssignerCore {
  return new LogAssigner(config)
}
