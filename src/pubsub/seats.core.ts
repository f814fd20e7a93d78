/** The consumers of one channel, as the assigner of one log sees them: who has room, and who is next for a message. Pure. */
import { distance, hashText } from '../balancing/rendezvous.core.ts'
import { MAX_SEATS } from './numbers.core.ts'
import type { Hash } from '../balancing/rendezvous.core.ts'
import type { Assignment } from './types.core.ts'
import type { Chain } from './chains.core.ts'

export interface Seat {
  readonly id: string
  readonly hash: Hash
  weight: number
  /** The registry names it. */
  listed: boolean
  /** It said itself what it takes. */
  opened: boolean
  connected: boolean
  available: boolean
  /** It takes nothing new, and settles what it has begun. */
  leaving: boolean
  /** It said so itself. */
  left: boolean
  /** The registry names it no more: what it had begun is settled. */
  settled: boolean
  /** At most MAX_PREFETCH. */
  prefetch: number
  /** Which life of the consumer it is. */
  session: number | undefined
  concurrency: number
  inFlight: number
  /** When others get what it holds; Infinity: not. */
  graceAt: number
  /** What it was blamed for as it was out of reach: if it lives, it was not at fault. */
  doubted: readonly number[]
  /** Place in the roster; beyond it for those that are not in it. */
  index: number
  /** It may be assigned to, and in the list of those that have room as well. */
  able: boolean
  free: boolean
  /** Keys of its own that wait for room. */
  readonly stalled: Set<Chain>
  /** What the present step sends to it. */
  outbox: Assignment[]
}

export class Seats {
  readonly #seats = new Map<string, Seat>()
  /** With room, in no order. */
  #free: Seat[] = []
  #able = 0
  /** Those that take part, by index: shared by all batches until it changes. Whoever misses itself here opens anew. */
  roster: readonly string[] = []

  get size (): number {
    return this.#seats.size
  }

  /** There is one that may be assigned to, now or when it has room. */
  get hasAble (): boolean {
    return this.#able > 0
  }

  get hasFree (): boolean {
    return this.#free.length > 0
  }

  get (id: string): Seat | undefined {
    return this.#seats.get(id)
  }

  values (): IterableIterator<Seat> {
    return this.#seats.values()
  }

  add (id: string, connected: boolean, available: boolean): Seat {
    const seat: Seat = {
      id, hash: hashText(id), weight: 1, listed: false, opened: false, connected, available, leaving: false, left: false, settled: false, session: undefined, prefetch: 0, concurrency: 1, inFlight: 0,
      graceAt: Infinity, doubted: [], index: MAX_SEATS, able: false, free: false, stalled: new Set(), outbox: []
    }
    this.#seats.set(id, seat)
    return seat
  }

  remove (seat: Seat): void {
    this.#seats.delete(seat.id)
    seat.connected = false
    this.setOpened(seat, false)
  }

  /** It takes part, or does not. */
  setOpened (seat: Seat, opened: boolean): void {
    if (seat.opened !== opened) {
      seat.opened = opened
      this.#list()
    }
    this.update(seat)
  }

  /** Its room may have changed. */
  update (seat: Seat): void {
    const able = mayTake(seat) && seat.index < MAX_SEATS && this.#seats.get(seat.id) === seat
    if (able !== seat.able) {
      seat.able = able
      this.#able += able ? 1 : -1
    }
    const free = able && seat.inFlight < seat.prefetch
    if (free === seat.free) return
    seat.free = free
    if (free) this.#free.push(seat)
    else this.#free = this.#free.filter(other => other !== seat)
  }

  /** The one with room that a message prefers; another one than `last`, if there is one. */
  pick (key: Hash, last: string | undefined): Seat | undefined {
    const free = this.#free
    if (free.length === 1) return free[0]
    return nearest(free, key, last !== undefined && free.some(({ id }) => id !== last) ? last : undefined)
  }

  /** The one that a key prefers, room or not. */
  pickForKey (key: Hash): Seat | undefined {
    return nearest([...this.#seats.values()].filter(({ able }) => able), key, undefined)
  }

  #list (): void {
    const seats = [...this.#seats.values()].filter(({ opened }) => opened).sort((a, b) => a.id < b.id ? -1 : 1)
    seats.forEach((seat, index) => { seat.index = index })
    for (const seat of seats) this.update(seat)
    this.roster = seats.slice(0, MAX_SEATS).map(({ id }) => id)
  }
}

export function mayTake (seat: Seat): boolean {
  return seat.opened && seat.connected && seat.available && !seat.leaving && seat.prefetch > 0
}

function nearest (seats: readonly Seat[], key: Hash, except: string | undefined): Seat | undefined {
  let best: Seat | undefined
  let least = Infinity
  for (const seat of seats) {
    if (seat.id === except) continue
    const cost = distance(key, seat.hash, seat.weight)
    if (cost < least || (cost === least && best !== undefined && seat.id < best.id)) {
      best = seat
      least = cost
    }
  }
  return best
}
