/**
 * The node that runs the fewest calls of ours, by effective weight; a draw among those that are level. Knows the calls
 * of this caller only: what a node says of its load is two seconds old, and all callers would rush to the same one.
 * Pure.
 */
import { PoolPicker } from './pool.core.ts'
import type { Candidate, PickContext } from './index.ts'
import type { Pool, Seat } from './pool.core.ts'

interface Busy<C extends Candidate> extends Seat<C> {
  pending: number
}

export class LeastPendingPicker<C extends Candidate> extends PoolPicker<C, Busy<C>> {
  readonly name = 'least-pending'

  started (id: string): void {
    const seat = this.seats.get(id)
    if (seat !== undefined) {
      seat.pending++
    }
  }

  finished (id: string): void {
    const seat = this.seats.get(id)
    // a node that went and came back starts from 0 while older calls to it may still end
    if (seat !== undefined && seat.pending > 0) {
      seat.pending--
    }
  }

  protected seat (node: C): Busy<C> {
    return { id: node.id, node, weight: node.weight, pending: 0 }
  }

  protected choose (pool: Pool<Busy<C>>, exclude: ReadonlySet<string> | undefined, { random }: PickContext): Busy<C> | undefined {
    let least = Infinity
    let level = 0
    for (const seat of pool.seats) {
      if (exclude?.has(seat.id) === true) {
        continue
      }
      const cost = (seat.pending + 1) / seat.weight
      if (cost < least) {
        least = cost
        level = 1
      } else if (cost === least) {
        level++
      }
    }
    let nth = level > 1 ? Math.floor(random() * level) : 0
    return pool.seats.find(seat => exclude?.has(seat.id) !== true && (seat.pending + 1) / seat.weight === least && nth-- === 0)
  }
}
