/** What consumers say to the assigner of a log, taken into one of its channels. Pure. */
import { CLOSED_GRACE, MAX_PREFETCH } from './numbers.core.ts'
import { areRanges, clip, countOf, RangeSet } from './ranges.core.ts'
import type { Deliveries } from './deliveries.core.ts'
import type { Flight } from './delivery.core.ts'
import type { Seat } from './seats.core.ts'
import type { Outcomes, Ranges, RedeliveryCause, ToAssigner } from './types.core.ts'

type Said<T extends ToAssigner['type']> = Extract<ToAssigner, { type: T }>

/** What somebody may not say; undefined: all well. */
export type Complaint = string | undefined

/** A consumer takes part, or tells after a reconnect what it still has. */
export function open (channel: Deliveries, seat: Seat, said: Said<'open'>): Complaint {
  if (!areRanges(said.holds) || countOf(said.holds) > 2 * MAX_PREFETCH) return 'illegal ranges'
  const complaint = settle(channel, seat.id, said.outcomes)
  if (complaint !== undefined) return complaint
  if (!isCount(said.low) || !isCount(said.prefetch)) return 'illegal numbers'
  const { host } = channel
  // it says where the channel starts; what it takes it has said itself
  if (seat.opened && seat.session === said.session && said.prefetch === 0) return undefined
  if (seat.session !== undefined && seat.session !== said.session) failAll(channel, seat, seat.leaving ? 'left' : 'closed')
  else absolve(channel, seat.doubted)
  seat.doubted = []
  seat.session = said.session
  seat.connected = true
  seat.leaving = seat.left = seat.settled = false
  seat.graceAt = Infinity
  seat.weight = Math.max(1, said.weight)
  credit(channel, seat, said)
  channel.seats.setOpened(seat, true)
  for (let seq = channel.cursor.low + 1, end = Math.min(said.low, host.trusted); seq <= end; seq++) channel.finish(seq)
  const holds = new RangeSet(clip(said.holds, 1, host.announced))
  for (const flight of channel.flightsOf(seat)) if (!holds.has(flight.seq)) channel.outgoing.resend(flight)
  channel.outgoing.recall(seat, adopt(channel, seat, holds.ranges))
  channel.outgoing.flush()
  return undefined
}

/** Who was blamed for these was not at fault: only its connection was. */
function absolve ({ flights, waiting }: Deliveries, seqs: readonly number[]): void {
  for (const seq of seqs) {
    const tried = flights.get(seq) ?? waiting.get(seq)
    if (tried !== undefined && tried.failures > 0) tried.failures--
  }
}

/** What the consumer holds stays there, if nobody else has it, and no earlier one of its key is to come first. Returns what it may forget. */
function adopt (channel: Deliveries, seat: Seat, holds: Ranges): number[] {
  const { host: { backlog }, cursor, flights } = channel
  const strange: number[] = []
  /** Keys of what is to be given to somebody. */
  const waiting = new Set<string>()
  let looked = Math.max(channel.next, backlog.first)
  for (let i = 0; i < holds.length; i += 2) {
    for (let seq = holds[i]!; seq <= holds[i + 1]!; seq++) {
      for (; looked < seq; looked++) {
        const key = backlog.get(looked)?.message.key
        if (key !== undefined && !cursor.has(looked) && flights.get(looked)?.seat !== seat) waiting.add(key)
      }
      if (flights.get(seq)?.seat === seat) continue
      const key = seq < channel.next ? undefined : backlog.get(seq)?.message.key
      if ((key !== undefined && waiting.has(key)) || !adoptOne(channel, seat, seq)) strange.push(seq)
      else if (looked === seq) looked++
    }
  }
  return strange
}

function adoptOne (channel: Deliveries, seat: Seat, seq: number): boolean {
  const { host, chains } = channel
  const slot = host.backlog.get(seq)
  if (slot === undefined || channel.cursor.has(seq) || channel.flights.has(seq) || channel.dying.has(seq)) return false
  const retry = channel.waiting.get(seq)
  if (retry?.recalled === true || (seq > host.trusted && retry?.tried.includes(seat.id) !== true)) return false
  const { key } = slot.message
  const there = key === undefined ? undefined : chains.get(key)
  // another one has messages of the key, and is to have all of them
  if (there !== undefined && there.seat !== seat && there.inFlight > 0) return false
  const known = retry?.chain ?? (seq < channel.next ? there : undefined)
  const chain = known ?? (key === undefined ? undefined : chains.open(key))
  if (retry !== undefined) channel.unwait(retry)
  if (chain !== undefined) {
    chains.unpark(chain, seq)
    chains.move(chain, seat)
  }
  if (seq >= channel.next) channel.ahead.add(seq)
  // somebody else may still have the last attempt: should it be sent here once more, it is another one
  channel.fly(seq, seat, chain, retry, retry?.tried.at(-1) === seat.id ? 0 : 1).adopted = true
  return true
}

/** What it takes from now on; `unstarted`: what it gives back. */
export function credit (channel: Deliveries, seat: Seat, { prefetch, concurrency, unstarted = [] }: { prefetch: number, concurrency: number, unstarted?: Ranges }): Complaint {
  if (!isCount(prefetch) || !isCount(concurrency)) return 'illegal numbers'
  if (!areRanges(unstarted)) return 'illegal ranges'
  seat.prefetch = Math.min(prefetch, MAX_PREFETCH)
  seat.concurrency = Math.max(1, concurrency)
  channel.seats.update(seat)
  eachFlight(channel, unstarted, seat, flight => { takeBack(channel, flight) })
  if (prefetch === 0) channel.chains.unstall(seat)
  return undefined
}

/** It was not begun: that was no attempt. */
function takeBack (channel: Deliveries, flight: Flight): void {
  // what somebody brings back was counted once
  if (flight.unstarted < flight.attempt) flight.unstarted++
  channel.fail(flight, 'left', false, 0, '')
}

export function settle (channel: Deliveries, from: string, { done, naks, terms, expired, working }: Outcomes): Complaint {
  if (!areRanges(done) || !areRanges(working) || !areRanges(expired)) return 'illegal ranges'
  let strange: number | undefined
  eachSeq(done, channel, seq => {
    if (ackOne(channel, from, seq)) return true
    strange = seq
    return false
  })
  const own = (seq: number, fn: (flight: Flight) => void): true => {
    const flight = channel.flights.get(seq)
    if (flight?.seat.id === from) fn(flight)
    return true
  }
  eachSeq(working, channel, seq => own(seq, flight => { channel.extend(flight) }))
  const gone: number[] = []
  for (const { seq, attempt, delay, reason, unstarted } of naks) {
    // it is told of what will not come again to it: later ones of its key may wait there for that
    if (channel.flights.get(seq)?.seat.id !== from && channel.waiting.get(seq)?.tried.at(-1) !== from) gone.push(seq)
    own(seq, flight => {
      // what it says of an earlier attempt is old news, unless it has brought that one back
      if (flight.attempt !== attempt && !flight.adopted) return
      if (unstarted === true) takeBack(channel, flight)
      else channel.fail(flight, 'nak', true, delay, reason)
    })
  }
  channel.outgoing.drop(from, gone)
  eachSeq(expired, channel, seq => own(seq, () => { channel.expire(seq) }))
  for (const { seq, reason } of terms) {
    own(seq, flight => {
      channel.land(flight)
      channel.bury(flight, reason)
    })
  }
  return strange === undefined ? undefined : `acks message ${strange}, which it was not given`
}

/** Late ones count as well: it was handled. */
function ackOne (channel: Deliveries, from: string, seq: number): boolean {
  if (channel.cursor.has(seq)) return true
  const flight = channel.flights.get(seq)
  if (flight !== undefined) {
    const own = flight.seat.id === from
    if (!own && !flight.tried.includes(from) && seq > channel.host.trusted) return false
    channel.finish(seq)
    if (!own) channel.outgoing.drop(flight.seat.id, [seq])
    return true
  }
  // a dead letter stays one
  if (channel.dying.has(seq)) return true
  if ((seq > channel.host.trusted || channel.seats.get(from) === undefined) && channel.waiting.get(seq)?.tried.includes(from) !== true) return false
  channel.finish(seq)
  return true
}

/** It lacks what was sent in these ranges; all of it that is its own is sent again. Returns the bytes. */
export function lacks (channel: Deliveries, seat: Seat | undefined, ranges: Ranges): number {
  let bytes = 0
  if (seat !== undefined) {
    eachFlight(channel, ranges, seat, flight => {
      channel.outgoing.resend(flight)
      bytes += channel.host.backlog.get(flight.seq)?.size ?? 0
    })
    channel.outgoing.recall(seat)
  }
  channel.outgoing.flush()
  return bytes
}

function eachFlight (channel: Deliveries, ranges: Ranges, seat: Seat, fn: (flight: Flight) => void): void {
  if (countOf(ranges) < channel.flights.size) {
    eachSeq(ranges, channel, seq => {
      const flight = channel.flights.get(seq)
      if (flight?.seat === seat) fn(flight)
      return true
    })
    return
  }
  const set = new RangeSet(ranges)
  for (const flight of channel.flightsOf(seat)) if (set.has(flight.seq)) fn(flight)
}

/** It takes nothing more; what it has not begun goes to others, what it has begun it will settle. */
export function leave (channel: Deliveries, seat: Seat, unstarted: Ranges): void {
  // what the registry says comes when all is settled: it may come first
  if (!seat.leaving) seat.graceAt = Infinity
  seat.leaving = seat.left = true
  seat.listed = false
  channel.seats.update(seat)
  eachFlight(channel, unstarted, seat, flight => { takeBack(channel, flight) })
  channel.chains.unstall(seat)
}

/** Its last connection closed. */
export function closed (channel: Deliveries, seat: Seat): void {
  seat.connected = false
  seat.graceAt = channel.host.now + CLOSED_GRACE
  channel.seats.setOpened(seat, false)
}

/** It left, and has settled what it had begun: what it still has crossed its word. */
export function unlisted (channel: Deliveries, seat: Seat): void {
  if (!seat.leaving) return closed(channel, seat)
  if (seat.graceAt === Infinity) seat.graceAt = channel.host.now + CLOSED_GRACE
}

/**
 * It will not settle what it has. Only as many as it handles at once can have been at fault: what merely waited in it, or
 * was under way to one that left, is not blamed. A seat that the registry does not name is given up.
 */
export function release (channel: Deliveries, seat: Seat, cause: RedeliveryCause): void {
  seat.graceAt = Infinity
  channel.seats.setOpened(seat, false)
  channel.chains.leave(seat)
  // it may only be slow: what is under way to it is others' from now on
  if (cause === 'gone') channel.outgoing.drop(seat.id, channel.flightsOf(seat).map(({ seq }) => seq))
  // discovery takes one that is lost from the registry first: only its own word tells the two apart
  const blamed = failAll(channel, seat, (cause === 'closed' ? seat.leaving : seat.left) ? 'left' : cause)
  seat.doubted = cause === 'closed' ? blamed : []
  if (!seat.listed) channel.seats.remove(seat)
}

/** Returns what it was blamed for. */
function failAll (channel: Deliveries, seat: Seat, cause: RedeliveryCause): number[] {
  const flights = channel.flightsOf(seat)
  const blamed = cause === 'left' ? 0 : seat.concurrency
  flights.forEach((flight, i) => channel.fail(flight, cause, i < blamed, 0, 'its consumer was lost'))
  return flights.slice(0, blamed).map(({ seq }) => seq)
}

/** `ackWait` passed. */
export function runOut (channel: Deliveries): void {
  const late = new Map<Seat, number[]>()
  for (const flight of channel.overdue()) {
    channel.fail(flight, 'ack-wait', true, 0, 'it was not settled in time')
    // it gets it again, and keeps the later ones of its key back until then
    if (flight.chain?.seat === flight.seat) continue
    const list = late.get(flight.seat) ?? []
    list.push(flight.seq)
    late.set(flight.seat, list)
  }
  for (const [seat, seqs] of late) channel.outgoing.drop(seat.id, seqs)
}

/** Each that can be meant, while `fn` says true: ranges may be as long as their sender likes. */
function eachSeq (ranges: Ranges, { cursor, host }: Deliveries, fn: (seq: number) => boolean): void {
  for (let i = 0; i < ranges.length; i += 2) {
    const to = Math.min(ranges[i + 1]!, host.announced)
    for (let seq = Math.max(ranges[i]!, cursor.low + 1); seq <= to; seq++) if (!fn(seq)) return
  }
}

function isCount (n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}
