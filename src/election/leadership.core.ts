/** What a node keeps while it leads, and nothing else: gone with the term. Pure types and their start. */
import type { ConfigVersion } from './messages.core.ts'
import type { Authority } from './authority.core.ts'
import type { Config, Entry, Rank, SignedConfig, Time, Token } from './types.core.ts'

/** A voter or a standby, as the leader knows it. Everything was said in the leader's term. */
export interface Follower {
  incarnation: string
  /** Highest round answered. */
  round: number
  /** Monotonic time of the last answer. */
  contact: number
  /** Ms that its answers take, of late. */
  delay: number
  config: ConfigVersion
  /** When it was last sent a config, monotonic. */
  toldAt: number
  /** Durable there; undefined until it said so in this term. */
  synced: Rank | undefined
  leaving: boolean
  /** When it said so, monotonic, and the first round that was sent afterwards. */
  leavingAt: number
  leavingRound: number
  /** The append that is under way, how many of its parts were sent, and when it last got further. */
  inflight: { from: Rank, to: Rank, reset: boolean, parts: Entry[][], sent: number, at: number } | undefined
  /** What it held before this term, so far as this leader lacked it, or the `whole` of it; `asked`, or last heard. */
  read: { asked: number, since: Rank, whole: boolean, synced: Rank | undefined, next: number, entries: Map<string, Rank> | undefined } | undefined
  /** It holds all that this leader does since. */
  currentSince: number | undefined
  /** The line of signed configs that it was sent. */
  line: readonly SignedConfig[] | undefined
}

/** Leadership that is given away. `wanted`: to nobody else; `id`: of who waits for the outcome. */
export interface Handover { readonly wanted: string | undefined, readonly id: number | undefined, readonly deadline: number }

export interface Leadership {
  /** Fixed for the term: an epoch that is raised becomes part of the token with the next term. */
  readonly epoch: number
  readonly token: Token
  wonAt: Time
  round: number
  /** When rounds that are not yet acknowledged by a majority were sent. */
  readonly sent: Map<number, Time>
  /** The latest round that a majority acknowledged, and when it was sent. */
  quorumRound: number
  quorumAt: Time | undefined
  /** Rounds up to this one were sent before a clock was set back: they earn no lease. */
  voidRound: number
  readonly followers: Map<string, Follower>
  nextHeartbeat: number
  lease: Time | undefined
  /** No lease in this term any more. */
  over: boolean
  /** This leader leaves, and its heir catches up: nothing is written any more. */
  closing: boolean
  /** `asked`: who was sent TimeoutNow, `to` last; another one is from `nextAt` on. */
  transfer: (Handover & { to: string, readonly asked: string[], nextAt: number }) | undefined
  readonly register: Authority
  /** Save that the present config needs here. */
  configSave: number
  /** Has a seat in the present config, and is told only the one before until the others know. */
  joining: { readonly id: string, readonly before: Config } | undefined
  /** A higher epoch was seen: raise this group's then. */
  raiseAt: number
  /** Even number of voters since. */
  evenSince: number | undefined
  standbys: readonly string[]
}
