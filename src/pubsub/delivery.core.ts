/** What is written down of deliveries, and what a channel needs of the assigner of its log. Pure. */
import type { Hash } from '../balancing/rendezvous.core.ts'
import type { Backlog } from './backlog.core.ts'
import type { Chain } from './chains.core.ts'
import type { Timed } from './deadlines.core.ts'
import type { Deliveries } from './deliveries.core.ts'
import type { Seat } from './seats.core.ts'
import type { AssignerOutput, RedeliveryCause, ToConsumer } from './types.core.ts'

/** What a channel needs of the assigner of its log. */
export interface DeliveriesHost {
  readonly backlog: Backlog
  readonly now: number
  readonly wall: number
  /** Messages up to here went out, so that they may be assigned by stream. */
  readonly announced: number
  /** Up to here others may have assigned, who are gone: what a consumer says about these is believed. */
  readonly trusted: number
  /** This is the publisher: what it does not have, nobody has. A keeper may lack what its publisher brings back. */
  readonly owner: boolean
  readonly random: () => number
  tell (output: AssignerOutput): void
  send (to: string, channel: Deliveries, message: ChannelMessage): void
  /** It became final in the channel. */
  final (channel: Deliveries, seq: number): void
  hash (seq: number): Hash
}

export type ChannelMessage = Untagged<ToConsumer>
type Untagged<M> = M extends unknown ? Omit<M, 'log' | 'channel' | 'generation'> : never

export interface Flight extends Timed {
  readonly seq: number
  readonly seat: Seat
  readonly attempt: number
  /** Attempts that count against `maxDeliver`. */
  failures: number
  /** Attempts that nobody had begun when they were given back. */
  unstarted: number
  readonly chain: Chain | undefined
  /** Who had it before. */
  readonly tried: readonly string[]
  /** It went by stream, not in a batch. */
  streamed: boolean
  /** The consumer had it from an assigner before this one, or from an attempt that was given up. */
  adopted: boolean
}

export interface Retry {
  readonly seq: number
  readonly attempt: number
  failures: number
  readonly unstarted: number
  readonly chain: Chain | undefined
  readonly tried: readonly string[]
  readonly cause: RedeliveryCause
  /** Whoever had it was told to drop it: what it says of it is older than that. */
  readonly recalled: boolean
  /** Its time has not come. */
  delayed: boolean
}

/** An earlier message of its key is not at the consumer. */
export function isOvertaking ({ chain, seq }: Flight): boolean {
  return chain !== undefined && (chain.delayed > 0 || chain.parked[0]! < seq)
}
