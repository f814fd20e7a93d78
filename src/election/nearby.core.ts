/** Who of a service is to be connected with whom. In a large mesh nobody is connected with all. Pure. */
import { MAX_VOTERS } from '../wire/limits.ts'
import { firstInOrder } from './order.core.ts'

/** Nodes of a service, beside its voters, that are connected with each other in a mesh of any size. */
const FIRST = 8

export interface NearbyInit {
  service: string
  self: string
  /** Of the own config, and those that were asked for. */
  seats: readonly string[]
  /** Ids of nodes that may vote, and whether their records say that they do. */
  eligible: ReadonlyArray<{ id: string, votes: boolean }>
  /** Nodes that a group is founded with. */
  size: number
}

/**
 * Those who vote, and those who would found, or take a seat, before all others: as seen by one of them. What records say is
 * bounded, for anybody can say it, and comes last.
 */
export function nearby ({ service, self, seats, eligible, size }: NearbyInit): string[] {
  const first = (of: NearbyInit['eligible'], count: number): string[] => firstInOrder(service, of.map(({ id }) => id), count)
  const kept = new Set([...seats, ...first(eligible, Math.max(FIRST, size)), ...first(eligible.filter(({ votes }) => votes), MAX_VOTERS)])
  return kept.delete(self) ? [...kept] : []
}
