/**
 * Power of two choices (Mitzenmacher) over a peak-sensitive moving average of latency, as Finagle and Linkerd do: two
 * nodes are drawn and the one with the lower latency x (pending + 1) x path cost / weight takes the call. A slow answer
 * counts at once, a fast one bit by bit, and what was learnt fades, so that a node that was slow is tried again. Pure.
 */
import { PoolPicker } from './pool.core.ts'
import type { Candidate, PickContext } from './index.ts'
import type { Pool, Seat } from './pool.core.ts'

/** Milliseconds in which an observation loses 63 % of its say; a node that was ten times too slow is tried after 12 s. */
const FADE = 5_000
/** The most that a new observation leaves of the old: a node that became quick again must not need hundreds of calls. */
const KEEP = 0.8
/** Milliseconds a failure adds to a latency: a node that fails fast must not look fast. */
const FAILURE = 2_000
/** Milliseconds each call in flight to a node without any answer yet counts as: a newcomer is tried, not flooded. */
const UNKNOWN = 1_000
/** A relay's hop costs the relay's owner too. */
const RELAYED = 2
/** Milliseconds; below it clocks tell nothing. */
const LEAST_LATENCY = 0.05

interface Measured<C extends Candidate> extends Seat<C> {
  pending: number
  /** Milliseconds; undefined until the first answer. */
  latency: number | undefined
  measured: number
  /** Until then what was learnt does not fade: its last call was given up. */
  held: number
}

export class P2cPicker<C extends Candidate> extends PoolPicker<C, Measured<C>> {
  readonly name = 'p2c'

  started (id: string): void {
    const seat = this.seats.get(id)
    if (seat !== undefined) {
      seat.pending++
    }
  }

  finished (id: string, latency: number, ok: boolean, now: number, cancelled = false): void {
    const seat = this.seats.get(id)
    if (seat === undefined) {
      return
    }
    seat.pending = Math.max(0, seat.pending - 1)
    const seen = ok ? latency : latency + FAILURE
    const before = seat.latency
    if (cancelled && seen <= (before ?? UNKNOWN)) {
      // no answer was seen, so that it looks no quicker by this, nor slower than it was seen to be: it is tried again later
      seat.held = now + FADE
      return
    }
    seat.held = 0
    if (before === undefined || seen > before) {
      seat.latency = seen
    } else {
      const keep = Math.min(KEEP, fade(now - seat.measured))
      seat.latency = before * keep + seen * (1 - keep)
    }
    seat.measured = now
  }

  protected seat (node: C): Measured<C> {
    return { id: node.id, node, weight: node.weight, pending: 0, latency: undefined, measured: 0, held: 0 }
  }

  protected choose (pool: Pool<Measured<C>>, exclude: ReadonlySet<string> | undefined, { now, random }: PickContext): Measured<C> | undefined {
    const seats = exclude === undefined ? pool.seats : pool.seats.filter(seat => !exclude.has(seat.id))
    if (seats.length < 2) {
      return seats[0]
    }
    const i = Math.floor(random() * seats.length)
    const j = Math.floor(random() * (seats.length - 1))
    const one = seats[i] as Measured<C>
    const other = seats[j < i ? j : j + 1] as Measured<C>
    return cost(other, now) < cost(one, now) ? other : one
  }
}

function fade (elapsed: number): number {
  return Math.exp(-Math.max(0, elapsed) / FADE)
}

function cost <C extends Candidate> ({ latency, measured, held, pending, weight, node }: Measured<C>, now: number): number {
  const path = (node.relayed === true ? RELAYED : 1) / weight
  if (latency === undefined) {
    return (now < held ? pending + 1 : pending) * UNKNOWN * path
  }
  return Math.max(LEAST_LATENCY, now < held ? latency : latency * fade(now - measured)) * (pending + 1) * path
}
