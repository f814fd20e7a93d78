/** Failure detector: SWIM (Das et al. 2002) with suspicion and Lifeguard's local health (arXiv 1707.00788). Pure. */
import { MAX_NODES } from '../wire/limits.ts'
import { SwimDetector } from './swim.core.ts'

export type DetectorInput =
  /** Every `tickInterval` ms; `lag` = how much later than asked this tick came (0 when in time). */
  | { type: 'tick', now: number, lag: number }
  /**
   * A record entered the view or got newer; also this node's own, so that it knows what to refute with. `calm`: a tab, or
   * another node that nobody can dial, which shows by a closed connection that it is gone: probe it seldom.
   */
  | { type: 'member', id: string, incarnation: number, seq: number, calm?: boolean, now: number }
  /** The node left the view (it said so, or was given up). */
  | { type: 'forget', id: string }
  /** First connection opened / last connection closed. */
  | { type: 'connected', id: string, now: number }
  | { type: 'closed', id: string, now: number }
  /** Any frame came from the node itself. */
  | { type: 'contact', id: string, now: number }
  /** An Ack to our nonce came (directly or passed on). */
  | { type: 'ack', nonce: number, from?: string, now: number }
  /** A redial that we asked for ended. `refused`: actively refused (nobody listens there), not merely timed out. */
  | { type: 'redialled', id: string, ok: boolean, refused: boolean, now: number }
  /** A peer told us that it cannot reach `id` (may be ourselves); `gone`: it has given it up. */
  | { type: 'suspicion', from: string, id: string, incarnation: number, seq: number, refused: boolean, gone?: boolean, now: number }
  /** This node ran nothing for a while, as a frozen tab, a stopped process or a laptop that sleeps, whose clocks may have stood still. */
  | { type: 'woken', now: number }
  /** Another room has trouble to reach the node. */
  | { type: 'report', id: string, now: number }

export type DetectorOutput =
  /** Send it over the peer's stream, opening a connection if there is none. What cannot be sent needs no answer. */
  | { type: 'probe', to: string, nonce: number }
  | { type: 'probeRequest', via: string, target: string, nonce: number }
  /** Dial it now, and say how that ended with `redialled`. */
  | { type: 'redial', id: string }
  /** Tell the peers. */
  | { type: 'spread', id: string, incarnation: number, seq: number, refused: boolean }
  /** Tell the suspect itself, as a peer told us: it is connected with us, and may not be with the peer. */
  | { type: 'warn', id: string, incarnation: number, seq: number, refused: boolean, gone: boolean }
  | { type: 'suspect', id: string }
  /** A suspect answered or refuted. */
  | { type: 'alive', id: string }
  | { type: 'down', id: string }
  /** Somebody suspects us: sign a record with this seq and spread it. */
  | { type: 'refute', seq: number }

/** Milliseconds, unless said otherwise. */
export interface DetectorConfig {
  /** This node's id. */
  self: string
  /** In [0, 1): order of probes, choice of helpers, nonces. */
  random: () => number
  /** How often the driver must tick. @default 100 */
  tick: number
  /** One round of probes. @default 1000 */
  interval: number
  /** Members probed per round. @default 3 */
  probes: number
  /** Least time between two probes of a member that is calm. @default 5000 */
  calmInterval: number
  /** Treat every member as calm: this node is a tab. @default false */
  calm: boolean
  /** Least time for an answer; 4 x the smoothed round trip if that is more. @default 500 */
  probeTimeout: number
  /** Helpers asked to probe a member that did not answer. @default 3 */
  indirect: number
  /** How long a suspect has to answer or refute when nobody else suspects it. @default 6000 */
  suspicionMax: number
  /** The same when enough others do, or when nobody is there who could. @default 2500 */
  suspicionMin: number
  /** Others whose suspicion shortens the time to its least. @default 3 */
  confirmations: number
  /** Members watched; the view has its own limit. @default MAX_NODES */
  maxMembers: number
}

export interface Detector {
  /** Ask `step({ type: 'tick' })` every so many ms. */
  readonly tickInterval: number
  /** Outputs are to be carried out in their order. */
  step (input: DetectorInput): DetectorOutput[]
  /** Counters: probes, indirect, missed, suspicions, refuted, downs, refusedDowns, refutations, lateTicks, health (0 well .. 8 sick), members. */
  stats (): Readonly<Record<string, number>>
  /** Milliseconds that a member's last answer to a direct probe took. */
  rtt (id: string): number | undefined
}

export function createDetector (config: Partial<DetectorConfig> & Pick<DetectorConfig, 'self' | 'random'>): Detector {
  return new SwimDetector({ ...DEFAULTS, ...config })
}

export const DEFAULTS = {
  tick: 100,
  interval: 1_000,
  probes: 3,
  calmInterval: 5_000,
  calm: false,
  probeTimeout: 500,
  indirect: 3,
  suspicionMax: 6_000,
  suspicionMin: 2_500,
  confirmations: 3,
  maxMembers: MAX_NODES
}
