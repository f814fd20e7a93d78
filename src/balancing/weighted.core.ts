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
  #total = 1

  override update (candidates: readonly C[]): void {
    super.update(candidates)
    const seats = [...this.seats.values()]
    // a credit counts in parts of a turn, which is worth all weights together: keep the turns, not the numbers. Who
    // left took a credit or a debt along; without the mean the others would carry it, and newcomers win or wait.
    const total = seats.reduce((sum, { node, weight }) => node.state === 'up' ? sum + weight : sum, 0) || this.#total
    const mean = seats.reduce((sum, seat) => sum + seat.credit, 0) / seats.length
    for (const seat of seats) {
      seat.credit = (seat.credit - mean) * (total / this.#total)
    }
    this.#total = total
  }

  protected seat (node: C): Credited<C> {
    return { id: node.id, node, weight: 0, credit: 0 }
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
