/** Failure detector: SWIM (Das et al. 2002) with suspicion and Lifeguard's local health (arXiv 1707.00788). Pure. */

export type DetectorInput =
  /** Every `interval` ms; `lag` = how much later than asked this tick came. */
  | { type: 'tick', now: number, lag: number }
  /** A record of this node entered the view or got newer; `seq`/`incarnation` say which one is alive. */
  | { type: 'member', id: string, incarnation: number, seq: number, now: number }
  /** The node left the view (it said so, or was given up). */
  | { type: 'forget', id: string }
  /** First connection opened / last connection closed. */
  | { type: 'connected', id: string, now: number }
  | { type: 'closed', id: string, now: number }
  /** Any frame came from the node itself. */
  | { type: 'contact', id: string, now: number }
  /** An Ack to our nonce came (directly or passed on). */
  | { type: 'ack', nonce: number, now: number }
  /** A redial that we asked for ended. `refused`: actively refused (nobody listens there), not merely timed out. */
  | { type: 'redialled', id: string, ok: boolean, refused: boolean, now: number }
  /** A peer told us that it cannot reach `id` (may be ourselves). */
  | { type: 'suspicion', from: string, id: string, incarnation: number, seq: number, refused: boolean, now: number }
  /** Another room has trouble to reach the node. */
  | { type: 'report', id: string, now: number }

export type DetectorOutput =
  | { type: 'probe', to: string, nonce: number }
  | { type: 'probeRequest', via: string, target: string, nonce: number }
  | { type: 'redial', id: string }
  /** Tell the peers. */
  | { type: 'spread', id: string, incarnation: number, seq: number, refused: boolean }
  | { type: 'suspect', id: string }
  /** A suspect answered or refuted. */
  | { type: 'alive', id: string }
  | { type: 'down', id: string }
  /** Somebody suspects us: sign a record with a higher seq and spread it. */
  | { type: 'refute', seq: number }
