/**
 * Smooth weighted round robin, as nginx has it: weights 4, 2, 1 give A B A C A B A. Each pick adds every node's weight
 * to its credit, takes the richest and charges it the total; so shares are exact and no node gets its calls in a row.
 * Pure.
 */
import { PoolPicker } from './pool.core.ts'
import type { Candidate } from './index.ts'
import type { Pool, Seat } from './pool.core.ts'

interface Credited<C extends Candidate> extends Seat<C> {
  credit: number
}

export class WeightedPicker<C extends Candidate> extends PoolPicker<C, Credited<C>> {
  readonly name = 'weighted'

  override update (candidates: readonly C[]): void {
    super.update(candidates)
    // who left took a credit or a debt along: without this the others would carry it, and newcomers win or wait
    const seats = [...this.seats.values()]
    const mean = seats.reduce((sum, seat) => sum + seat.credit, 0) / seats.length
    for (const seat of seats) {
      seat.credit -= mean
    }
  }

  protected seat (node: C): Credited<C> {
    return { id: node.id, node, weight: 0, credit: 0 }
  }

  /** A debt that was run up under another weight is worth as many turns under the new one. */
  protected override weigh (seat: Credited<C>, weight: number): void {
    seat.credit *= seat.weight === 0 ? 0 : weight / seat.weight
    seat.weight = weight
  }

  protected choose (pool: Pool<Credited<C>>, exclude: ReadonlySet<string> | undefined): Credited<C> | undefined {
    let best: Credited<C> | undefined
    let total = 0
    for (const seat of pool.seats) {
      if (exclude?.has(seat.id) === true) {
        continue
      }
      total += seat.weight
      seat.credit += seat.weight
      if (best === undefined || seat.credit > best.credit) {
        best = seat
      }
    }
    if (best !== undefined) {
      best.credit -= total
    }
    return best
  }
}
