/**
 * The assigner of one log: it keeps the messages, gives each of them to one consumer of every channel, and holds on to it
 * until it is final there. The publisher is the only one who assigns its messages, so no two consumers both think that a
 * first delivery is theirs; when it is gone, a keeper does, with a higher generation. Pure.
 */
import { announce, beat, makeRoom, publish } from './announce.core.ts'
import { Channels } from './channels.core.ts'
import { Heap } from './heap.core.ts'
import * as intake from './intake.core.ts'
import { compareGenerations, isFollowed } from './generation.core.ts'
import { Keeping } from './keeping.core.ts'
import { ADOPT_WAIT, BEATS, CATCH_UP, HOLD, MAX_CLAIMED, MAX_TOLD, RETAKE_WAIT, RETAKE_WAIT_MAX, RETENTION, SAVE_EVERY, STOOD_STILL, TRIM_EVERY } from './numbers.core.ts'
import { statusOf } from './status.core.ts'
import { Backlog } from './backlog.core.ts'
import { Watched } from './watched.core.ts'
import { hashText } from '../balancing/rendezvous.core.ts'
import type { Room } from './announce.core.ts'
import type { Deliveries } from './deliveries.core.ts'
import type { ChannelMessage, DeliveriesHost } from './delivery.core.ts'
import type {
  AssignerConfig, AssignerCore, AssignerInput, AssignerOutput, AssignerStatus, Beat, ChannelCursor, Generation, KeeperNet, LogId, Message, ToAssigner, ToConsumer
} from './types.core.ts'
import type { Hash } from '../balancing/rendezvous.core.ts'

export class LogAssigner implements AssignerCore, DeliveriesHost {
  readonly self: string
  readonly log: LogId
  readonly random: () => number
  config: AssignerConfig
  readonly owner: boolean
  readonly backlog: Backlog
  readonly channels: Channels
  readonly connected = new Set<string>()
  readonly keeping: Keeping
  readonly watched = new Watched(seq => { this.tell({ type: 'handled', seq }) })
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
  readonly unavailable = new Set<string>()
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
  /** Nobody is late before. */
  #judgesFrom = -Infinity

  constructor (config: AssignerConfig) {
    const { self, log, random, time, restored, takeOver, retention } = config
    ;({ now: this.now, wall: this.wall } = time)
    this.config = config
    this.owner = takeOver === undefined
    this.self = self
    this.log = log
    this.random = random
    this.#hash = { ...hashText(`${log.topic}/${log.publisher}/${log.epoch}`) }
    this.backlog = new Backlog({ ...RETENTION, ...retention }, restored?.messages, restored?.last)
    this.announced = this.trusted = this.backlog.last
    this.generation = takeOver?.generation ?? restored?.state?.generation ?? { number: 0, by: self }
    this.channels = new Channels(this)
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

  get sorted (): readonly Deliveries[] {
    return this.channels.sorted
  }

  get due (): number {
    if (this.state === 'over') return Infinity
    let due = Math.min(this.channels.due, this.keeping.due, this.holdUntil, this.beatAt, this.#saveAt, this.#retakeAt, this.backlog.expires - this.wall + this.now, this.#ends.least - this.wall + this.now)
    if (this.#adoptUntil > this.now) due = Math.min(due, this.#adoptUntil)
    for (const deliveries of this.sorted) due = Math.min(due, Math.max(this.#judgesFrom, deliveries.due(this.state === 'assigning' && this.#adoptUntil <= this.now)))
    return due
  }

  step (input: AssignerInput): AssignerOutput[] {
    if (input.now - this.now > STOOD_STILL && input.now - this.due > STOOD_STILL && this.#judgesFrom < 0) this.#judgesFrom = input.now + CATCH_UP
    this.now = Math.max(this.now, input.now)
    this.wall = input.wall
    if (this.state !== 'over') {
      this.#take(input)
      this.#work()
    }
    return this.#out.splice(0)
  }

  status (): AssignerStatus {
    return statusOf(this)
  }

  // --- for the channels and the keepers' side

  tell (output: AssignerOutput): void {
    this.#out.push(output)
  }

  /** To somebody who is no consumer, or nothing that depends on what is stored. */
  post (to: string, message: Beat | KeeperNet): void {
    this.#out.push({ type: 'send', to, message, after: message.type === 'cursors' || message.type === 'ask' ? 0 : this.barrier })
  }

  /** All to consumers keeps its order: a `drop` may not overtake what it drops. */
  send (to: string, { spec: { channel } }: Deliveries, message: ChannelMessage): void {
    const { log, generation } = this
    this.#out.push({ type: 'send', to, message: { ...message, log, channel, generation } as ToConsumer, after: this.barrier })
  }

  complain (peer: string, message: string): void {
    this.#out.push({ type: 'problem', peer, message })
  }

  final (channel: Deliveries, seq: number): void {
    channel.fresh.push(seq)
    this.keeping.note()
    this.watched.final(channel.spec.channel, seq)
    if (!channel.holding) return
    const slot = this.backlog.get(seq)
    if (slot !== undefined && slot.left > 0) this.backlog.release(slot)
  }

  hash (seq: number): Hash {
    return { a: this.#hash.a ^ seq, b: this.#hash.b }
  }

  cursors (): ChannelCursor[] {
    return this.keeping.cursors()
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
      for (const deliveries of this.sorted) this.channels.rebuild(deliveries)
    }
    this.keeping.others = false
    this.#began = this.now
    this.saveNow()
    this.tell({ type: 'assigning', generation, complete })
    this.beatAt = this.now
    this.beats = -1
  }

  beatSoon (): void {
    this.beats = 0
    this.beatAt = Math.min(this.beatAt, this.now + BEATS[0]!)
  }

  // --- inputs

  #take (input: AssignerInput): void {
    switch (input.type) {
      case 'tick': break
      case 'publish': publish(this, input.messages); break
      case 'limits': this.config = { ...this.config, ...input.limits }; break
      case 'channel': this.channels.channel(input.spec, input.members); break
      case 'channel-gone': this.channels.end(input.channel, input.opened); break
      case 'message': this.#message(input.from, input.message); break
      case 'connected': this.channels.connect(input.peer); break
      case 'closed':
        this.connected.delete(input.peer)
        this.keeping.forget(input.peer)
        for (const [deliveries, seat] of this.channels.seatsOf(input.peer)) intake.closed(deliveries, seat)
        break
      case 'gone':
        this.connected.delete(input.peer)
        this.keeping.gone(input.peer)
        for (const [deliveries, seat] of this.channels.seatsOf(input.peer)) {
          seat.connected = false
          intake.release(deliveries, seat, 'gone')
        }
        break
      case 'available':
        if (input.available) this.unavailable.delete(input.peer)
        else this.unavailable.add(input.peer)
        for (const [deliveries, seat] of this.channels.seatsOf(input.peer)) {
          seat.available = input.available
          deliveries.seats.update(seat)
          if (!input.available) deliveries.chains.unstall(seat)
        }
        break
      case 'keepers': this.keeping.set(input.keepers); break
      case 'copies': this.channels.copy(input.messages); break
      case 'buried': this.channels.byName.get(input.channel)?.buried(input.seq); break
      case 'resumed': this.#resume(); break
      case 'stop': this.#stop(); break
    }
  }

  #message (from: string, message: ToAssigner | KeeperNet): void {
    if (!this.connected.has(from)) this.channels.hear(from)
    if (message.type === 'open') return this.channels.open(from, message)
    if ('generation' in message && !isFollowed(message.generation, this.generation, message.type === 'stale' ? MAX_CLAIMED : MAX_TOLD, text => { this.complain(from, text) })) return
    if (message.type === 'stored') return this.keeping.stored(from, message)
    if (message.type === 'fetch') return this.keeping.fetch(from, message.ranges)
    if (message.type === 'stale' || message.type === 'have' || message.type === 'cursors') {
      if (message.type === 'have') this.keeping.have(from, message)
      else if (message.type === 'cursors') message.cursors.forEach(cursor => { this.keeping.merge(cursor) })
      // only who took over can say so in the end; a lie costs a question to the keepers
      if (compareGenerations(message.generation, this.generation) > 0) this.#depose(message.generation)
      return
    }
    if (message.type === 'ask' || message.type === 'range') return
    this.channels.message(from, message)
  }

  complainIf (peer: string, complaint: string | undefined): void {
    if (complaint !== undefined) this.complain(peer, complaint)
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
    this.saveNow()
    this.state = 'over'
  }

  // --- after each input

  #work (): void {
    if (this.#retakeAt <= this.now) this.#ask()
    this.keeping.tick()
    if (this.state === 'over') return
    this.channels.tick()
    this.#age()
    // put off once: the timers of a hidden tab are late each time
    const judges = this.#judgesFrom <= this.now
    if (judges) this.#judgesFrom = -Infinity
    for (const deliveries of this.sorted) {
      for (const seat of deliveries.seats.values()) {
        if (judges && seat.graceAt <= this.now) intake.release(deliveries, seat, 'closed')
        if (seat.leaving && !seat.listed && seat.inFlight === 0 && seat.graceAt === Infinity) deliveries.seats.remove(seat)
      }
      if (judges) intake.runOut(deliveries)
      this.channels.hold(deliveries)
    }
    if (this.state === 'assigning' && this.#adopted()) {
      for (const deliveries of this.sorted) deliveries.pump()
      announce(this, this.holdUntil <= this.now)
    }
    if (this.holdUntil <= this.now) this.holdUntil = this.now + HOLD
    if (this.beatAt <= this.now) beat(this)
    if (this.#saveAt <= this.now) this.saveNow()
    makeRoom(this, [])
  }

  /** All consumers said what they hold, or had the time to. */
  #adopted (): boolean {
    if (this.#adoptUntil <= this.now) return true
    const silent = this.sorted.some(({ seats }) => [...seats.values()].some(seat => seat.connected && seat.listed && !seat.opened))
    if (!silent && this.sorted.length > 0) this.#adoptUntil = -Infinity
    return this.#adoptUntil <= this.now
  }

  #age (): void {
    const { backlog } = this
    backlog.retain(this.wall)
    this.watched.forget(backlog.first)
    while (this.#ends.least <= this.wall) {
      const seq = this.#ends.pop()!
      for (const deliveries of this.sorted) deliveries.outlive(seq)
    }
    if (this.config.persistent === true && backlog.first - 1 - this.#trimmed >= TRIM_EVERY) this.tell({ type: 'trim', upto: this.#trimmed = backlog.first - 1 })
  }

  saveNow (): void {
    this.#saveAt = Infinity
    if (this.config.persistent !== true) return
    const id = ++this.#saves
    this.barrier = id
    this.tell({ type: 'save', id, state: { generation: this.generation, cursors: this.cursors(), told: this.sorted.length + this.channels.stored.size } })
  }
}

export function createAssigner (config: AssignerConfig): AssignerCore {
  return new LogAssigner(config)
}
