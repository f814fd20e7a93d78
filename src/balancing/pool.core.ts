/** What all pickers share: who may take a call, with which weight, and what was learnt about whom. Pure. */
import type { Candidate, PickContext, Picker } from './index.ts'

/** A node as a picker keeps it; subclasses of {@link PoolPicker} add what they learn. */
export interface Seat<C extends Candidate> {
  readonly id: string
  node: C
  /** Effective weight: static weight less the links the node holds beyond the least laden one, at least 1. */
  weight: number
}

/** Nodes that are equally willing to take a call, sorted by id. */
export interface Pool<S> {
  readonly seats: readonly S[]
  /** `sums[i]` = weights of the seats 0 to i. */
  readonly sums: Float64Array
  readonly total: number
  /** All weights are equal. */
  readonly even: boolean
}

/**
 * A picker over two pools: nodes that are up, and suspects, which are asked only when no other node is left. Draining
 * and away nodes take nothing new, but what was learnt about them is kept.
 */
export abstract class PoolPicker<C extends Candidate, S extends Seat<C>> implements Picker<C> {
  abstract readonly name: string
  protected seats: ReadonlyMap<string, S> = new Map<string, S>()
  #up: Pool<S> = pool<S>([])
  #suspects: Pool<S> = pool<S>([])

  update (candidates: readonly C[]): void {
    const seats = new Map<string, S>()
    for (const node of [...candidates].sort(byId)) {
      if (node.state !== 'left') {
        const seat = this.seats.get(node.id) ?? this.seat(node)
        seat.node = node
        seats.set(node.id, seat)
      }
    }
    const takers = [...seats.values()].filter(({ node: { state } }) => state === 'up' || state === 'suspect')
    const least = takers.reduce((least, { node }) => Math.min(least, node.load.links), Infinity)
    for (const seat of takers) {
      seat.weight = Math.max(1, seat.node.weight - (seat.node.load.links - least))
    }
    this.seats = seats
    this.#up = pool(takers.filter(({ node }) => node.state === 'up'))
    this.#suspects = pool(takers.filter(({ node }) => node.state === 'suspect'))
  }

  pick (context: PickContext): C | undefined {
    const { exclude } = context
    const some = exclude !== undefined && exclude.size > 0 ? exclude : undefined
    return (this.choose(this.#up, some, context) ?? this.choose(this.#suspects, some, context))?.node
  }

  /** A newcomer. */
  protected abstract seat (node: C): S

  /** One of the pool that is not excluded. `exclude` is undefined rather than empty. */
  protected abstract choose (pool: Pool<S>, exclude: ReadonlySet<string> | undefined, context: PickContext): S | undefined
}

function byId (a: Candidate, b: Candidate): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

function pool <S extends { weight: number }> (seats: readonly S[]): Pool<S> {
  const sums = new Float64Array(seats.length)
  let total = 0
  seats.forEach((seat, i) => { sums[i] = total += seat.weight })
  return { seats, sums, total, even: seats.every(seat => seat.weight === seats[0]?.weight) }
}

/** One of the pool, with a chance that is proportional to its weight. */
export function draw <S extends Seat<Candidate>> (pool: Pool<S>, exclude: ReadonlySet<string> | undefined, random: () => number): S | undefined {
  const { seats, sums, total, even } = pool
  if (exclude !== undefined) {
    return drawOther(seats, exclude, random)
  }
  if (even) {
    return seats[Math.floor(random() * seats.length)]
  }
  const point = random() * total
  let low = 0
  let high = seats.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] as number) > point) {
      high = middle
    } else {
      low = middle + 1
    }
  }
  return seats[low]
}

function drawOther <S extends Seat<Candidate>> (seats: readonly S[], exclude: ReadonlySet<string>, random: () => number): S | undefined {
  const left = seats.filter(seat => !exclude.has(seat.id))
  let point = random() * left.reduce((sum, seat) => sum + seat.weight, 0)
  for (const seat of left) {
    point -= seat.weight
    if (point < 0) {
      return seat
    }
  }
  return left.at(-1)
}
