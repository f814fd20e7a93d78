/**
 * One channel of one log at its assigner: which consumer has which message, what is to be tried again and when, and what
 * is final. Each message goes from fresh to in flight to final, and back to waiting as often as it fails. Pure.
 */
import { Chains } from './chains.core.ts'
import { Cursor } from './cursor.core.ts'
import { Deadlines } from './deadlines.core.ts'
import { isExpired } from './expiry.core.ts'
import { Heap } from './heap.core.ts'
import { giveUp } from './give-up.core.ts'
import { MAX_ABOVE, MAX_SEATS } from './numbers.core.ts'
import { Outgoing } from './outgoing.core.ts'
import { mayTake, Seats } from './seats.core.ts'
import type { Chain } from './chains.core.ts'
import type { Seat } from './seats.core.ts'
import type { ChannelSpec, Message, RedeliveryCause } from './types.core.ts'
import type { DeliveriesHost, Flight, Retry } from './delivery.core.ts'

const NOBODY: readonly string[] = []
/** Causes for which the consumer is told to drop it. */
const RECALLED: readonly RedeliveryCause[] = ['recalled', 'ack-wait', 'gone']

export class Deliveries {
  spec: ChannelSpec
  readonly host: DeliveriesHost
  readonly cursor: Cursor
  readonly seats = new Seats()
  readonly chains = new Chains()
  /** In the order in which their time began. */
  readonly flights = new Map<number, Flight>()
  readonly #deadlines = new Deadlines(this.flights)
  readonly waiting = new Map<number, Retry>()
  /** Dead letters on their way, by seq. */
  readonly dying = new Map<number, Chain | undefined>()
  /** Assigned by an earlier assigner, and not passed by `next` yet. */
  readonly ahead = new Set<number>()
  /** Passed by `next`, and not here. */
  readonly absent = new Set<number>()
  /** The first one that was not looked at. */
  next: number
  /** Final since the keepers were told. */
  fresh: number[] = []
  /** Its consumers hold the outbox. */
  holding = false
  redelivered = 0
  dead = 0
  expired = 0
  readonly #ready = new Heap<number>()
  readonly #delayed = new Heap<Retry>()
  readonly outgoing = new Outgoing(this)

  constructor (host: DeliveriesHost, spec: ChannelSpec, low: number) {
    this.host = host
    this.spec = spec
    this.cursor = new Cursor(low)
    this.next = low + 1
  }

  /** `assigning`: what waits may go. */
  due (assigning: boolean): number {
    let due = Math.min(assigning ? this.#delayed.least : Infinity, this.#deadlines.least)
    for (const seat of this.seats.values()) due = Math.min(due, seat.graceAt)
    return due
  }

  /** Not final, of the messages that there are. */
  get lag (): number {
    return Math.max(0, this.host.backlog.last - this.cursor.low - this.cursor.above)
  }

  /** A message goes out to all: the place of its consumer in the roster, plus 1; 0 for none. It was taken if `next` has passed it. */
  offer (message: Message): number {
    const { seq } = message
    if (this.next !== seq) return 0
    if (this.#pass(seq)) return 0
    if (isExpired(message, this.host.wall)) {
      this.next++
      this.expire(seq)
      return 0
    }
    let seat: Seat | undefined
    let chain: Chain | undefined
    if (message.key !== undefined) {
      chain = this.chains.open(message.key)
      seat = this.#place(chain, seq)
      if (seat !== undefined && chain.streamed > 0) {
        this.next++
        this.#deliver(seq, seat, chain)
        return 0
      }
    } else if (this.seats.hasFree) {
      seat = this.seats.pick(this.host.hash(seq), undefined)
    } else {
      return 0
    }
    this.next++
    if (seat === undefined) return 0
    this.fly(seq, seat, chain)
    return seat.index + 1
  }

  /** Assigns by stream whatever can be. */
  pump (): void {
    const { host, seats } = this
    if (this.cursor.low + 1 < host.backlog.first) giveUp(this, host.backlog.first)
    while (this.#delayed.least <= host.now) {
      const retry = this.#delayed.pop()!
      if (this.waiting.get(retry.seq) !== retry) continue
      this.#due(retry)
      this.#queue(retry)
    }
    if (seats.hasAble) for (const chain of this.chains.homeless) this.chains.move(chain, seats.pickForKey(chain.hash))
    for (const seat of seats.values()) if (seat.stalled.size > 0) this.#unpark(seat)
    if (seats.hasFree) {
      while (this.#ready.size > 0 && seats.hasFree) {
        const retry = this.waiting.get(this.#ready.pop()!)
        if (retry !== undefined) this.#deliver(retry.seq, seats.pick(host.hash(retry.seq), retry.tried.at(-1))!, retry.chain)
      }
      this.#fresh()
    }
    this.outgoing.flush()
  }

  /** What a consumer has, by seq. */
  flightsOf (seat: Seat): Flight[] {
    return [...this.flights.values()].filter(flight => flight.seat === seat).sort((a, b) => a.seq - b.seq)
  }

  /** `more`: deliveries that this one is. */
  fly (seq: number, seat: Seat, chain: Chain | undefined, { attempt = 0, failures = 0, unstarted = 0, tried = NOBODY }: Partial<Retry> = {}, more = 1): Flight {
    const flight: Flight = { seq, seat, attempt: attempt + more, failures, unstarted, chain, tried, began: 0, deadline: 0, streamed: false, adopted: false }
    this.#begin(flight)
    if (++seat.inFlight >= seat.prefetch) this.seats.update(seat)
    if (chain !== undefined) chain.inFlight++
    return flight
  }

  /** Its time begins anew. */
  extend (flight: Flight): void {
    this.flights.delete(flight.seq)
    this.#begin(flight)
  }

  #begin (flight: Flight): void {
    this.flights.set(flight.seq, flight)
    this.#deadlines.begin(flight, this.host.now, this.spec.ackWait)
  }

  respec (spec: ChannelSpec): void {
    this.spec = spec
    this.#deadlines.change(spec.ackWait)
  }

  land (flight: Flight): void {
    const { seat, chain } = flight
    this.flights.delete(flight.seq)
    seat.inFlight--
    if (!seat.free) this.seats.update(seat)
    if (chain === undefined) return
    chain.inFlight--
    if (flight.streamed) chain.streamed--
    if (chain.inFlight === 0 && chain.seat !== undefined && !mayTake(chain.seat)) this.chains.move(chain, undefined)
  }

  /** Whatever became of it: the channel is done with it. `owner`: its key's chain, when it is in none of the tables. */
  finish (seq: number, owner?: Chain): void {
    if (!this.cursor.add(seq)) return
    const flight = this.flights.get(seq)
    let chain = owner
    if (flight !== undefined) {
      this.land(flight)
      chain = flight.chain
    } else if (this.waiting.size > 0 && this.waiting.has(seq)) {
      chain = this.waiting.get(seq)!.chain
      this.unwait(this.waiting.get(seq)!)
      if (chain !== undefined) this.chains.unpark(chain, seq)
    } else if (this.dying.size > 0 && this.dying.has(seq)) {
      chain = this.dying.get(seq)
      this.dying.delete(seq)
    } else {
      chain ??= this.#parkedChain(seq)
    }
    if (chain !== undefined) this.chains.close(chain)
    this.host.final(this, seq)
  }

  /** It waits for nothing any more. */
  unwait (retry: Retry): void {
    this.waiting.delete(retry.seq)
    this.#due(retry)
  }

  #due (retry: Retry): void {
    if (retry.delayed && retry.chain !== undefined) retry.chain.delayed--
    retry.delayed = false
  }

  /** A delivery came to nothing. `blamed`: it counts against `maxDeliver`. */
  fail (flight: Flight, cause: RedeliveryCause, blamed: boolean, delay: number | undefined, reason: string): void {
    const { seq, attempt, unstarted, chain } = flight
    this.land(flight)
    const failures = flight.failures + (blamed ? 1 : 0)
    // each once, the last one last: it may be tried for ever
    const tried = [...flight.tried.filter(id => id !== flight.seat.id).slice(1 - MAX_SEATS), flight.seat.id]
    const retry: Retry = { seq, attempt, failures, unstarted, chain, cause, tried, recalled: RECALLED.includes(cause), delayed: false }
    const slot = this.host.backlog.get(seq)
    if (slot === undefined) return this.#lose(seq, chain)
    if (isExpired(slot.message, this.host.wall)) return this.expire(seq, chain)
    if (failures >= this.spec.maxDeliver) return this.bury(flight, reason)
    this.waiting.set(seq, retry)
    const { backoff } = this.spec
    const wait = delay ?? (backoff[Math.min(failures, backoff.length) - 1] ?? 0) * (0.8 + 0.4 * this.host.random())
    if (wait <= 0) return this.#queue(retry)
    retry.delayed = true
    if (chain !== undefined) chain.delayed++
    this.#delayed.push(this.host.now + wait, retry)
  }

  /** It becomes a dead letter. It has landed, and does not wait. */
  bury ({ seq, attempt, unstarted, chain, seat: { id } }: Flight, reason: string): void {
    const slot = this.host.backlog.get(seq)
    if (slot === undefined) return this.#lose(seq, chain)
    this.dead++
    this.dying.set(seq, chain)
    this.#forgetAt(chain, seq, id)
    this.host.tell({ type: 'dead', channel: this.spec.channel, message: slot.message, attempt: attempt - unstarted, reason })
  }

  buried (seq: number): void {
    if (this.dying.has(seq)) this.finish(seq)
  }

  expire (seq: number, owner?: Chain): void {
    this.expired++
    const { chain = owner, tried = NOBODY }: Partial<Retry> = this.waiting.get(seq) ?? {}
    this.finish(seq, chain)
    this.#forgetAt(chain, seq, tried.at(-1))
    this.host.tell({ type: 'expired', channel: this.spec.channel, seq })
  }

  /** Its lifetime is over. What is being handled may still be. */
  outlive (seq: number): void {
    if (!this.cursor.has(seq) && !this.flights.has(seq) && !this.dying.has(seq)) this.expire(seq)
  }

  /** Flights whose time is over. */
  overdue (): Flight[] {
    return this.#deadlines.over(this.host.now)
  }

  #fresh (): void {
    const { host } = this
    while (this.next <= host.announced) {
      const seq = this.next
      if (this.#pass(seq)) continue
      const slot = host.backlog.get(seq)
      const key = slot?.message.key
      if (slot === undefined || isExpired(slot.message, host.wall)) {
        this.next++
        if (slot === undefined) this.#lose(seq, undefined)
        else this.expire(seq)
      } else if (key !== undefined) {
        this.next++
        const chain = this.chains.open(key)
        const seat = this.#place(chain, seq)
        if (seat !== undefined) this.#deliver(seq, seat, chain)
      } else if (this.seats.hasFree) {
        this.next++
        this.#deliver(seq, this.seats.pick(host.hash(seq), undefined)!, undefined)
      } else {
        return
      }
    }
  }

  /** It needs no consumer. */
  #pass (seq: number): boolean {
    const passed = this.cursor.has(seq) || (this.ahead.size > 0 && this.ahead.delete(seq))
    if (passed) this.next++
    return passed
  }

  #deliver (seq: number, seat: Seat, chain: Chain | undefined): void {
    const retry = this.waiting.get(seq)
    const slot = this.host.backlog.get(seq)
    if (slot === undefined) return this.#lose(seq, chain)
    if (isExpired(slot.message, this.host.wall)) return this.expire(seq, chain)
    if (retry !== undefined) {
      this.unwait(retry)
      this.repeat(seq, retry.cause)
      if (chain !== undefined && (retry.tried.at(-1) ?? seat.id) !== seat.id) this.outgoing.passed(retry.tried.at(-1)!, seq)
    }
    this.outgoing.post(this.fly(seq, seat, chain, retry))
  }

  /** It is about to be handled once more. */
  repeat (seq: number, cause: RedeliveryCause): void {
    this.redelivered++
    this.host.tell({ type: 'redelivered', channel: this.spec.channel, seq, cause })
  }

  /** Its waiting time is over. */
  #queue (retry: Retry): void {
    if (retry.chain === undefined) {
      this.#ready.push(retry.seq, retry.seq)
      return
    }
    const seat = this.#place(retry.chain, retry.seq)
    if (seat !== undefined) this.#deliver(retry.seq, seat, retry.chain)
  }

  /** The consumer of a key's message, if it has room; else the message is parked. */
  #place (chain: Chain, seq: number): Seat | undefined {
    if (chain.seat === undefined || (chain.inFlight === 0 && !mayTake(chain.seat))) this.chains.move(chain, this.seats.pickForKey(chain.hash))
    if (this.#hasRoom(chain, seq) && chain.delayed === 0 && !(chain.parked[0]! < seq)) return chain.seat
    this.chains.park(chain, seq)
    return undefined
  }

  /** A message that failed goes back beyond the prefetch, if there are later ones of its key: those wait for it there. */
  #hasRoom ({ seat, inFlight }: Chain, seq: number): boolean {
    return seat !== undefined && (seat.free || (inFlight > 0 && mayTake(seat) && this.waiting.has(seq)))
  }

  #unpark (seat: Seat): void {
    for (const chain of seat.stalled) {
      while (chain.parked.length > 0 && chain.delayed === 0 && this.#hasRoom(chain, chain.parked[0]!)) {
        const seq = chain.parked[0]!
        this.chains.unpark(chain, seq)
        this.#deliver(seq, seat, chain)
      }
    }
  }

  #parkedChain (seq: number): Chain | undefined {
    const key = seq < this.next ? this.host.backlog.get(seq)?.message.key : undefined
    const chain = key === undefined ? undefined : this.chains.get(key)
    return chain !== undefined && this.chains.unpark(chain, seq) ? chain : undefined
  }

  /** The consumer that keeps a key's later messages back for this one goes on. */
  #forgetAt (chain: Chain | undefined, seq: number, at = chain?.seat?.id): void {
    if (chain !== undefined && at !== undefined) this.outgoing.drop(at, [seq])
  }

  /** A keeper got it after all. */
  revive (seq: number): void {
    if (!this.absent.delete(seq) || this.cursor.has(seq)) return
    const key = this.host.backlog.get(seq)?.message.key
    const chain = key === undefined ? undefined : this.chains.open(key)
    const retry: Retry = { seq, attempt: 0, failures: 0, unstarted: 0, chain, cause: 'takeover', tried: NOBODY, recalled: false, delayed: false }
    this.waiting.set(seq, retry)
    this.#queue(retry)
  }

  #lose (seq: number, owner: Chain | undefined): void {
    if (!this.host.owner) {
      const retry = this.waiting.get(seq)
      if (retry !== undefined) this.unwait(retry)
      if (owner !== undefined) this.chains.close(owner)
      if (this.absent.size < MAX_ABOVE) this.absent.add(seq)
      return
    }
    this.finish(seq, owner)
    this.host.tell({ type: 'lost', channel: this.spec.channel, ranges: [seq, seq], why: 'retention' })
  }
}
