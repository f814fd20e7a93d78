/**
 * Keys of one channel: all messages of a key that are not final go to one consumer, in order. The key moves when all of
 * them are final, or when none of them is at a consumer that may take more. Pure.
 */
import { hashText } from '../balancing/rendezvous.core.ts'
import type { Hash } from '../balancing/rendezvous.core.ts'
import type { Seat } from './seats.core.ts'

export interface Chain {
  readonly key: string
  readonly hash: Hash
  seat: Seat | undefined
  /** Messages of the key that were looked at and are not final. */
  open: number
  /** Of these, at the consumer. */
  inFlight: number
  /** Of those at the consumer, sent by stream: gossip must not overtake them. */
  streamed: number
  /** Of those open, waiting for their next attempt: later ones wait behind them. */
  delayed: number
  /** Of those open, waiting for the consumer to have room; ascending. */
  readonly parked: number[]
}

export class Chains {
  readonly #chains = new Map<string, Chain>()
  /** With something parked, and no consumer. */
  readonly homeless = new Set<Chain>()

  /** The chain of a key, with one more message. */
  open (key: string): Chain {
    let chain = this.#chains.get(key)
    if (chain === undefined) {
      chain = { key, hash: hashText(key), seat: undefined, open: 0, inFlight: 0, streamed: 0, delayed: 0, parked: [] }
      this.#chains.set(key, chain)
    }
    chain.open++
    return chain
  }

  get (key: string): Chain | undefined {
    return this.#chains.get(key)
  }

  /** One of its messages, which is not parked and not at the consumer, is final. */
  close (chain: Chain): void {
    if (--chain.open > 0) return
    this.#chains.delete(chain.key)
    this.homeless.delete(chain)
    chain.seat?.stalled.delete(chain)
  }

  park (chain: Chain, seq: number): void {
    const { parked } = chain
    let at = parked.length
    while (at > 0 && parked[at - 1]! > seq) at--
    if (parked[at - 1] !== seq) parked.splice(at, 0, seq)
    if (chain.seat === undefined) this.homeless.add(chain)
    else chain.seat.stalled.add(chain)
  }

  /** It is parked no more. False: it was not. */
  unpark (chain: Chain, seq: number): boolean {
    const at = chain.parked.indexOf(seq)
    if (at === -1) return false
    chain.parked.splice(at, 1)
    if (chain.parked.length === 0) {
      this.homeless.delete(chain)
      chain.seat?.stalled.delete(chain)
    }
    return true
  }

  /** Its consumer from now on; undefined: none. */
  move (chain: Chain, seat: Seat | undefined): void {
    if (chain.seat === seat) return
    chain.seat?.stalled.delete(chain)
    chain.seat = seat
    if (chain.parked.length === 0) return
    if (seat === undefined) {
      this.homeless.add(chain)
    } else {
      this.homeless.delete(chain)
      seat.stalled.add(chain)
    }
  }

  /** What is parked before `first`. */
  before (first: number): Array<[Chain, number]> {
    const found: Array<[Chain, number]> = []
    for (const chain of this.#chains.values()) for (const seq of chain.parked) if (seq < first) found.push([chain, seq])
    return found
  }

  /** The consumer takes no more: what waits for it, and has nothing there, goes to others. */
  unstall (seat: Seat): void {
    for (const chain of seat.stalled) if (chain.inFlight === 0) this.move(chain, undefined)
  }

  /** The consumer is gone. */
  leave (seat: Seat): void {
    for (const chain of this.#chains.values()) if (chain.seat === seat) this.move(chain, undefined)
  }
}
