/** What a channel sends to its consumers: assignments of one step together, and what they are to forget. Pure. */
import { isOvertaking } from './delivery.core.ts'
import { MAX_BATCH, MAX_BATCH_BYTES } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import type { Deliveries } from './deliveries.core.ts'
import type { Flight } from './delivery.core.ts'
import type { Seat } from './seats.core.ts'

export class Outgoing {
  readonly #channel: Deliveries
  #seats: Seat[] = []
  /** By where they were tried last. */
  readonly #passed = new Map<string, number[]>()

  constructor (channel: Deliveries) {
    this.#channel = channel
  }

  /** Before what was assigned in this step is sent: it waits there for this one, which is somebody else's now. */
  passed (from: string, seq: number): void {
    const seqs = this.#passed.get(from) ?? []
    this.#passed.set(from, seqs)
    seqs.push(seq)
  }

  /** Sends what was assigned. */
  flush (): void {
    for (const [id, seqs] of this.#passed) if (this.#channel.seats.get(id)?.connected === true) this.drop(id, seqs)
    this.#passed.clear()
    for (const seat of this.#seats) {
      const items = seat.outbox
      seat.outbox = []
      for (let from = 0; from < items.length;) {
        let to = from
        for (let bytes = 0; to < items.length && to - from < MAX_BATCH && (to === from || bytes + items[to]!.message.payload.length <= MAX_BATCH_BYTES); to++) {
          bytes += items[to]!.message.payload.length
        }
        this.#channel.host.send(seat.id, this.#channel, { type: 'assign', low: this.#channel.cursor.low, items: items.slice(from, to) })
        from = to
      }
    }
    this.#seats = []
  }

  /** Sends it to the consumer that has it, again or for the first time. */
  post (flight: Flight): void {
    const slot = this.#channel.host.backlog.get(flight.seq)
    if (slot === undefined) return
    if (flight.chain !== undefined && !flight.streamed) flight.chain.streamed++
    flight.streamed = true
    if (flight.seat.outbox.length === 0) this.#seats.push(flight.seat)
    flight.seat.outbox.push({ message: slot.message, attempt: flight.attempt, unstarted: flight.unstarted })
  }

  /** The consumer did not get it: it is sent again, unless an earlier one of its key waits to be. */
  resend (flight: Flight): void {
    if (isOvertaking(flight)) return this.#channel.fail(flight, 'recalled', false, 0, '')
    // it was there by an earlier assignment, and has been handled, perhaps
    if (flight.adopted) this.#channel.repeat(flight.seq, 'takeover')
    flight.adopted = false
    this.post(flight)
  }

  /**
   * The consumer is about to be told that it lacks nothing: what waits there for an earlier one of its key comes back. It drops
   * that at once with all else that it is to forget, or it would begin it in between.
   */
  recall (seat: Seat, strange: readonly number[] = []): void {
    const early = this.#channel.flightsOf(seat).filter(isOvertaking)
    this.drop(seat.id, [...strange, ...early.map(({ seq }) => seq)])
    for (const flight of early) this.#channel.fail(flight, 'recalled', false, 0, '')
  }

  drop (to: string, seqs: readonly number[]): void {
    if (seqs.length > 0) this.#channel.host.send(to, this.#channel, { type: 'drop', ranges: rangesOf(seqs) })
  }
}
