/** The channels of one log: which there are, where each starts, who takes part, and what they hold of the outbox. Pure. */
import { sayAgain } from './announce.core.ts'
import { Deliveries } from './deliveries.core.ts'
import * as intake from './intake.core.ts'
import { nameOf } from './names.core.ts'
import { START_WAIT, UNTOLD } from './numbers.core.ts'
import { areRanges, clip } from './ranges.core.ts'
import { startOf } from './start.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import type { LogAssigner } from './assigner.core.ts'
import type { Seat } from './seats.core.ts'
import type { ChannelSpec, Member, Message, ToAssigner } from './types.core.ts'

/** A channel that the registry told of, while it is open where it starts. */
interface Unfixed { spec: ChannelSpec, members: readonly Member[], readonly since: number, readonly mark: number }

export class Channels {
  readonly byName = new Map<string, Deliveries>()
  /** By name. */
  sorted: readonly Deliveries[] = []
  readonly #core: LogAssigner
  readonly #unfixed = new Map<string, Unfixed>()
  /** Channels that this node has stored, and nobody has told of since its start: those of {@link Keeping.known} that count. */
  readonly stored: Set<string>
  /** From then on they do not count. */
  #untold: number
  #counts = true
  /** There was somebody who could have told. */
  #met = false

  constructor (core: LogAssigner) {
    const state = core.config.restored?.state
    this.#core = core
    this.stored = new Set(state?.cursors.slice(0, state.told).map(({ channel }) => channel))
    this.#untold = core.now + UNTOLD
  }

  get due (): number {
    let due = this.#counts && this.stored.size > 0 ? this.#untold : Infinity
    for (const { since } of this.#unfixed.values()) due = Math.min(due, since + START_WAIT)
    return due
  }

  /** Names of all, also of those whose start is not certain. */
  get names (): string[] {
    return this.keys().map(nameOf).sort()
  }

  keys (): string[] {
    return [...this.byName.keys(), ...this.#unfixed.keys(), ...this.#counts ? this.stored : []]
  }

  /** Nobody said where these start, or that there are these. */
  tick (): void {
    if (this.#counts && this.#untold <= this.#core.now) {
      this.#counts = false
      for (const channel of this.stored) this.#core.watched.without(channel)
      if (this.#met && this.stored.size > 0) {
        this.stored.clear()
        this.#core.save()
      }
    }
    for (const { spec, members, since } of this.#unfixed.values()) {
      if (since + START_WAIT > this.#core.now) continue
      this.#fix(spec, undefined, members)
      sayAgain(this.#core, members.map(({ id }) => id))
    }
  }

  open (from: string, message: Extract<ToAssigner, { type: 'open' }>): void {
    const { spec, fresh } = message
    if (this.#isRefused(spec)) return
    const unfixed = this.#unfixed.get(spec.channel)
    // who made the channel just now says where it starts: its word may be under way
    if (!fresh && unfixed !== undefined && this.#core.now < unfixed.since + START_WAIT) return
    const deliveries = this.byName.get(spec.channel) ??
      this.#fix(unfixed?.spec ?? spec, fresh && spec.start === 'latest' ? unfixed?.mark ?? this.#core.backlog.last : undefined, unfixed?.members ?? [])
    // it opens again when it hears the new generation
    if (this.#core.state !== 'assigning' && this.#core.keeping.others) return
    const seat = deliveries.seats.get(from) ?? this.#seat(deliveries, from)
    this.#core.complainIf(from, intake.open(deliveries, seat, message))
    this.hold(deliveries)
    this.#core.send(from, deliveries, { type: 'opened', low: deliveries.cursor.low, high: this.#core.announced })
  }

  channel (spec: ChannelSpec, members: readonly Member[]): void {
    if (this.#isRefused(spec)) return
    let deliveries = this.byName.get(spec.channel)
    if (deliveries === undefined) {
      const known = this.#core.keeping.known.get(spec.channel)
      if (known === undefined && this.#core.backlog.last > 0 && this.#core.state === 'assigning') {
        const { since, mark } = this.#unfixed.get(spec.channel) ?? { since: this.#core.now, mark: this.#core.backlog.last }
        this.#unfixed.set(spec.channel, { spec, members, since, mark })
        return
      }
      deliveries = this.#fix(spec, this.#core.backlog.last === 0 ? 0 : undefined, members)
    }
    deliveries.respec(spec)
    this.#list(deliveries, members)
  }

  /** It was deleted, or there is no place for one more: a batch could not name them all. */
  #isRefused ({ channel, opened }: ChannelSpec): boolean {
    return opened <= (this.#core.keeping.ended.get(channel) ?? -Infinity) ||
      (!this.byName.has(channel) && !this.#unfixed.has(channel) && this.byName.size + this.#unfixed.size >= MAX_TOPIC_CHANNELS)
  }

  /** Members as the registry has them. */
  #list (deliveries: Deliveries, members: readonly Member[]): void {
    const named = new Set(members.map(({ id }) => id))
    // who is listed and does not take part may not know that it was given up: it hears of it with the next beat
    if (members.some(({ id }) => deliveries.seats.get(id)?.opened !== true)) this.#core.beatSoon()
    for (const { id, weight } of members) {
      const seat = deliveries.seats.get(id) ?? this.#seat(deliveries, id)
      seat.listed = true
      seat.weight = Math.max(1, weight)
    }
    for (const seat of deliveries.seats.values()) {
      if (named.has(seat.id) || !(seat.listed || seat.leaving)) continue
      // it left; its own word, which says what it has begun, may be under way
      seat.listed = false
      intake.unlisted(deliveries, seat)
      seat.leaving = seat.settled = true
      deliveries.seats.update(seat)
    }
    this.hold(deliveries)
  }

  #seat (deliveries: Deliveries, id: string): Seat {
    return deliveries.seats.add(id, this.#core.connected.has(id), !this.#core.unavailable.has(id))
  }

  /** Where the channel starts is certain from now on. `low` undefined: by what is known of it, or by the rule. */
  #fix (spec: ChannelSpec, low: number | undefined, members: readonly Member[]): Deliveries {
    const { channel } = spec
    const known = this.#core.keeping.known.get(channel)
    // whatever clocks say: what came after it was heard of is for it
    const mark = this.#unfixed.get(channel)?.mark ?? Infinity
    this.#core.keeping.known.delete(channel)
    this.stored.delete(channel)
    this.#unfixed.delete(channel)
    const deliveries = new Deliveries(this.#core, spec, known?.low ?? low ?? Math.min(mark, startOf(this.#core.backlog, spec, this.#core.owner)))
    if (known !== undefined) deliveries.cursor.merge(known.low, known.done, this.#core.backlog.last)
    deliveries.fresh.push(deliveries.cursor.low)
    this.#core.watched.without(channel, seq => deliveries.cursor.has(seq))
    this.byName.set(channel, deliveries)
    this.#sort()
    this.#list(deliveries, members)
    this.#core.keeping.urge()
    this.#core.saveNow()
    return deliveries
  }

  end (channel: string, opened: number): void {
    this.#core.keeping.end(channel, opened)
    const deliveries = this.byName.get(channel)
    this.stored.delete(channel)
    this.#unfixed.delete(channel)
    this.#core.watched.without(channel)
    if (deliveries === undefined) return
    this.hold(deliveries, false)
    this.byName.delete(channel)
    this.#sort()
    this.#core.save()
  }

  #sort (): void {
    this.sorted = [...this.byName.values()].sort((a, b) => a.spec.channel < b.spec.channel ? -1 : 1)
  }

  /** Only channels with consumers hold the outbox. */
  hold (deliveries: Deliveries, holding = deliveries.seats.size > 0): void {
    if (deliveries.holding === holding) return
    deliveries.holding = holding
    const { backlog } = this.#core
    for (let seq = Math.max(deliveries.cursor.low + 1, backlog.first); seq <= backlog.last; seq++) {
      const slot = backlog.get(seq)
      if (slot === undefined || deliveries.cursor.has(seq)) continue
      if (holding) backlog.hold(slot)
      else backlog.release(slot)
    }
  }

  /** Others assigned meanwhile: who has what is to be said anew. */
  rebuild (old: Deliveries): void {
    const deliveries = new Deliveries(this.#core, old.spec, old.cursor.low)
    deliveries.cursor.merge(old.cursor.low, old.cursor.ranges(), this.#core.backlog.last)
    Object.assign(deliveries, { fresh: old.fresh, holding: old.holding, redelivered: old.redelivered, dead: old.dead, expired: old.expired })
    for (const { id, weight, listed } of old.seats.values()) Object.assign(this.#seat(deliveries, id), { weight, listed })
    this.byName.set(old.spec.channel, deliveries)
    this.#sort()
  }

  seatsOf (peer: string): Array<[Deliveries, Seat]> {
    const found: Array<[Deliveries, Seat]> = []
    for (const deliveries of this.sorted) {
      const seat = deliveries.seats.get(peer)
      if (seat !== undefined) found.push([deliveries, seat])
    }
    return found
  }

  copy (messages: readonly Message[]): void {
    const { backlog } = this.#core
    for (const message of messages) {
      const { seq } = message
      if (backlog.get(seq) === undefined && (seq >= backlog.first || backlog.lower(seq))) backlog.put(message)
    }
    this.#core.announced = this.#core.trusted = this.#core.backlog.last
    for (const deliveries of this.sorted) {
      if (!deliveries.holding) continue
      for (const { seq } of messages) {
        const slot = this.#core.backlog.get(seq)
        if (slot?.left === 0 && !deliveries.cursor.has(seq)) this.#core.backlog.hold(slot)
        deliveries.revive(seq)
      }
    }
  }

  /** Somebody speaks who was not said to be connected. What was taken from it, or is about to be, stays so: it opens anew. */
  hear (peer: string): void {
    this.#core.connected.add(peer)
    for (const [, seat] of this.seatsOf(peer)) if (seat.graceAt === Infinity) seat.connected = true
    sayAgain(this.#core, [peer])
  }

  connect (peer: string): void {
    this.#core.connected.add(peer)
    if (!this.#met) {
      this.#met = this.#counts = true
      this.#untold = this.#core.now + UNTOLD
    }
    const seats = this.seatsOf(peer)
    for (const [, seat] of seats) {
      seat.connected = true
      // what crossed its word is not begun there
      if (!seat.settled) seat.graceAt = Infinity
    }
    if (this.#core.keeping.keepers.includes(peer)) this.#core.keeping.greet(peer)
    if (seats.length > 0 || this.#core.keeping.keepers.includes(peer)) sayAgain(this.#core, [peer])
  }

  /** Of a consumer. */
  message (from: string, message: Extract<ToAssigner, { type: 'ack' | 'credit' | 'lacks' | 'leave' }>): void {
    const core = this.#core
    const deliveries = this.byName.get(message.channel)
    if (deliveries === undefined) return
    const seat = deliveries.seats.get(from)
    switch (message.type) {
      case 'ack': core.complainIf(from, intake.settle(deliveries, from, message.outcomes)); break
      case 'credit': if (seat !== undefined) core.complainIf(from, intake.credit(deliveries, seat, message)); break
      case 'lacks': this.#repair(deliveries, from, seat, message.ranges); break
      case 'leave':
        if (!areRanges(message.unstarted)) core.complain(from, 'illegal ranges')
        else if (seat !== undefined) intake.leave(deliveries, seat, message.unstarted)
        this.hold(deliveries)
        break
    }
  }

  #repair (deliveries: Deliveries, from: string, seat: Seat | undefined, ranges: readonly number[]): void {
    if (!areRanges(ranges)) return this.#core.complain(from, 'illegal ranges')
    // what it holds may be others' by now: that is settled when it opens
    if (seat?.opened !== true) return
    const covered = clip(ranges, 1, this.#core.announced)
    const bytes = intake.lacks(deliveries, seat, covered)
    if (this.#core.keeping.serve(from, bytes + covered.length)) this.#core.send(from, deliveries, { type: 'covered', ranges: covered })
  }
}
