/**
 * One channel of one log at its assigner: which consumer has which message, what is to be tried again and when, and what
 * is final. Each message goes from fresh to in flight to final, and back to waiting as often as it fails. Pure.
 */
import { Chains } from './chains.core.ts'
import { Cursor } from './cursor.core.ts'
import { isExpired } from './expiry.core.ts'
import { Heap } from './heap.core.ts'
import { MAX_ABOVE, MAX_BATCH, MAX_BATCH_BYTES } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import { mayTake, Seats } from './seats.core.ts'
import type { Hash } from '../balancing/rendezvous.core.ts'
import type { Chain } from './chains.core.ts'
import type { Seat } from './seats.core.ts'
import type { AssignerOutput, ChannelSpec, Message, RedeliveryCause, ToConsumer } from './types.core.ts'
import type { Backlog } from './backlog.core.ts'

/** What a channel needs of the assigner of its log. */
export interface DeliveriesHost {
  readonly backlog: Backlog
  readonly now: number
  readonly wall: number
  /** Messages up to here went out, so that they may be assigned by stream. */
  readonly announced: number
  /** Up to here others may have assigned, who are gone: what a consumer says about these is believed. */
  readonly trusted: number
  /** This is the publisher: what it does not have, nobody has. A keeper may lack what its publisher brings back. */
  readonly owner: boolean
  readonly random: () => number
  tell (output: AssignerOutput): void
  send (to: string, channel: Deliveries, message: ChannelMessage): void
  /** It became final in the channel. */
  final (channel: Deliveries, seq: number): void
  hash (seq: number): Hash
}

export type ChannelMessage = Untagged<ToConsumer>
type Untagged<M> = M extends unknown ? Omit<M, 'log' | 'channel' | 'generation'> : never

export interface Flight {
  readonly seq: number
  readonly seat: Seat
  readonly attempt: number
  readonly failures: number
  readonly chain: Chain | undefined
  /** Who had it before. */
  readonly tried: readonly string[]
  deadline: number
  /** It went by stream, not in a batch. */
  streamed: boolean
}

export interface Retry {
  readonly seq: number
  readonly attempt: number
  readonly failures: number
  readonly chain: Chain | undefined
  readonly tried: readonly string[]
  readonly cause: RedeliveryCause
  /** Whoever had it was told to drop it: what it says of it is older than that. */
  readonly recalled: boolean
  /** Its time has not come. */
  delayed: boolean
}

const NOBODY: readonly string[] = []

export class Deliveries {
  spec: ChannelSpec
  readonly host: DeliveriesHost
  readonly cursor: Cursor
  readonly seats = new Seats()
  readonly chains = new Chains()
  /** In the order in which their time runs out. */
  readonly flights = new Map<number, Flight>()
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
  /** No flight's time runs out earlier. */
  #expiry = Infinity
  readonly #ready = new Heap<number>()
  readonly #delayed = new Heap<Retry>()
  #outgoing: Seat[] = []

  constructor (host: DeliveriesHost, spec: ChannelSpec, low: number) {
    this.host = host
    this.spec = spec
    this.cursor = new Cursor(low)
    this.next = low + 1
  }

  /** `assigning`: what waits may go. */
  due (assigning: boolean): number {
    let due = Math.min(assigning ? this.#delayed.least : Infinity, this.#expiry)
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
    this.fly(seq, seat, 1, 0, chain, NOBODY)
    return seat.index + 1
  }

  /** Assigns by stream whatever can be. */
  pump (): void {
    const { host, seats } = this
    if (this.cursor.low + 1 < host.backlog.first) this.#giveUp(host.backlog.first)
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
    this.flush()
  }

  /** Sends what was assigned. */
  flush (): void {
    for (const seat of this.#outgoing) {
      const items = seat.outbox
      seat.outbox = []
      for (let from = 0; from < items.length;) {
        let to = from
        for (let bytes = 0; to < items.length && to - from < MAX_BATCH && (to === from || bytes + items[to]!.message.payload.length <= MAX_BATCH_BYTES); to++) {
          bytes += items[to]!.message.payload.length
        }
        this.host.send(seat.id, this, { type: 'assign', low: this.cursor.low, items: items.slice(from, to) })
        from = to
      }
    }
    this.#outgoing = []
  }

  /** Sends it to the consumer that has it, again or for the first time. */
  post (flight: Flight): void {
    const slot = this.host.backlog.get(flight.seq)
    if (slot === undefined) return
    if (flight.chain !== undefined && !flight.streamed) flight.chain.streamed++
    flight.streamed = true
    if (flight.seat.outbox.length === 0) this.#outgoing.push(flight.seat)
    flight.seat.outbox.push({ message: slot.message, attempt: flight.attempt })
  }

  /** The consumer did not get it: it is sent again, unless an earlier one of its key waits to be. */
  resend (flight: Flight): void {
    if (isOvertaking(flight)) this.fail(flight, 'recalled', false, 0, '')
    else this.post(flight)
  }

  /** The consumer is about to be told that it lacks nothing: what waits there for an earlier one of its key comes back. */
  recall (seat: Seat): void {
    const early = [...this.flights.values()].filter(flight => flight.seat === seat && isOvertaking(flight)).sort((a, b) => a.seq - b.seq)
    this.drop(seat.id, early.map(({ seq }) => seq))
    for (const flight of early) this.fail(flight, 'recalled', false, 0, '')
  }

  fly (seq: number, seat: Seat, attempt: number, failures: number, chain: Chain | undefined, tried: readonly string[]): Flight {
    const deadline = this.host.now + this.spec.ackWait
    const flight: Flight = { seq, seat, attempt, failures, chain, tried, deadline, streamed: false }
    this.flights.set(seq, flight)
    if (deadline < this.#expiry) this.#expiry = deadline
    if (++seat.inFlight >= seat.prefetch) this.seats.update(seat)
    if (chain !== undefined) chain.inFlight++
    return flight
  }

  /** Its time begins anew. */
  extend (flight: Flight): void {
    flight.deadline = this.host.now + this.spec.ackWait
    this.flights.delete(flight.seq)
    this.flights.set(flight.seq, flight)
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
    const { seq, attempt, chain } = flight
    this.land(flight)
    const failures = flight.failures + (blamed ? 1 : 0)
    const retry: Retry = { seq, attempt, failures, chain, cause, tried: [...flight.tried, flight.seat.id], recalled: cause === 'recalled' || cause === 'ack-wait', delayed: false }
    const slot = this.host.backlog.get(seq)
    if (slot === undefined) return this.#lose(seq, chain)
    if (isExpired(slot.message, this.host.wall)) return this.expire(seq, chain)
    if (failures >= this.spec.maxDeliver) return this.bury(seq, attempt, chain, reason)
    this.waiting.set(seq, retry)
    const { backoff } = this.spec
    const wait = delay ?? (backoff[Math.min(failures, backoff.length) - 1] ?? 0) * (0.8 + 0.4 * this.host.random())
    if (wait <= 0) return this.#queue(retry)
    retry.delayed = true
    if (chain !== undefined) chain.delayed++
    this.#delayed.push(this.host.now + wait, retry)
  }

  /** It becomes a dead letter. It is neither in flight nor waiting. */
  bury (seq: number, attempt: number, chain: Chain | undefined, reason: string): void {
    const slot = this.host.backlog.get(seq)
    if (slot === undefined) return this.#lose(seq, chain)
    this.dead++
    this.dying.set(seq, chain)
    this.#forgetAt(chain, seq)
    this.host.tell({ type: 'dead', channel: this.spec.channel, message: slot.message, attempt, reason })
  }

  buried (seq: number): void {
    if (this.dying.has(seq)) this.finish(seq)
  }

  expire (seq: number, owner?: Chain): void {
    this.expired++
    const chain = this.waiting.get(seq)?.chain ?? owner
    this.finish(seq, chain)
    this.#forgetAt(chain, seq)
    this.host.tell({ type: 'expired', channel: this.spec.channel, seq })
  }

  /** Its lifetime is over. What is being handled may still be. */
  outlive (seq: number): void {
    if (!this.cursor.has(seq) && !this.flights.has(seq) && !this.dying.has(seq)) this.expire(seq)
  }

  /** Flights whose time is over. */
  overdue (): Flight[] {
    const { now } = this.host
    if (this.#expiry > now) return []
    const late: Flight[] = []
    this.#expiry = Infinity
    for (const flight of this.flights.values()) {
      if (flight.deadline > now) {
        this.#expiry = flight.deadline
        break
      }
      late.push(flight)
    }
    return late
  }

  drop (to: string, seqs: readonly number[]): void {
    if (seqs.length > 0) this.host.send(to, this, { type: 'drop', ranges: rangesOf(seqs) })
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
      this.redelivered++
      this.host.tell({ type: 'redelivered', channel: this.spec.channel, seq, cause: retry.cause })
    }
    this.post(this.fly(seq, seat, (retry?.attempt ?? 0) + 1, retry?.failures ?? 0, chain, retry?.tried ?? NOBODY))
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
  #forgetAt (chain: Chain | undefined, seq: number): void {
    if (chain?.seat !== undefined) this.drop(chain.seat.id, [seq])
  }

  /** A keeper got it after all. */
  revive (seq: number): void {
    if (!this.absent.delete(seq) || this.cursor.has(seq)) return
    const key = this.host.backlog.get(seq)?.message.key
    const chain = key === undefined ? undefined : this.chains.open(key)
    const retry: Retry = { seq, attempt: 0, failures: 0, chain, cause: 'takeover', tried: NOBODY, recalled: false, delayed: false }
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

  /** Nothing before `first` is kept any more. */
  #giveUp (first: number): void {
    if (!this.host.owner) {
      this.next = Math.max(this.next, first)
      return
    }
    const from = this.cursor.low + 1
    const lost: number[] = []
    for (const seq of this.waiting.keys()) if (seq < first) lost.push(seq)
    for (const [, seq] of this.chains.before(first)) if (!this.waiting.has(seq)) lost.push(seq)
    for (let seq = Math.max(this.next, from); seq < first && lost.length < MAX_BATCH; seq++) if (!this.cursor.has(seq)) lost.push(seq)
    const ranges = rangesOf(lost)
    if (lost.length === MAX_BATCH) ranges[ranges.length - 1] = first - 1
    for (const seq of lost) if (this.waiting.has(seq)) this.finish(seq)
    for (const [chain, seq] of this.chains.before(first)) {
      this.chains.unpark(chain, seq)
      this.finish(seq, chain)
    }
    for (const flight of [...this.flights.values()]) if (flight.seq < first) this.finish(flight.seq)
    for (const seq of [...this.dying.keys()]) if (seq < first) this.finish(seq)
    this.cursor.raise(first - 1)
    this.next = Math.max(this.next, first)
    if (ranges.length > 0) this.host.tell({ type: 'lost', channel: this.spec.channel, ranges, why: 'retention' })
  }
}

/** An earlier message of its key is not at the consumer. */
function isOvertaking ({ chain, seq }: Flight): boolean {
  return chain !== undefined && (chain.delayed > 0 || chain.parked[0]! < seq)
}
