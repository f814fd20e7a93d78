/**
 * @packageDocumentation
 *
 * Pure pickers: which node takes the next call. No clock and no chance of their own: both are passed in, so that the
 * same pickers run in the simulator.
 *
 * | picker | takes | pick when |
 * |---|---|---|
 * | `random` | any, by weight | the default: stateless, callers never march in step |
 * | `rendezvous` | the token's node | the default with a token: the same one from every caller, without asking |
 * | `weighted` | in turn, by weight | shares must be exact, with few callers |
 * | `least-pending` | fewest calls of ours in flight | calls differ much in length |
 * | `p2c` | the quicker of two | nodes or paths differ in speed |
 *
 * Nodes that drain or are away take nothing new, suspects only what no other node can take. All but `rendezvous` go by
 * the effective weight: the static one less the links a node holds beyond the least laden node of the service.
 *
 * ```ts
 * const picker = createPicker('p2c')
 * picker.update(mesh.discovery.nodes('login'))
 * const node = picker.pick({ now: performance.now(), random: Math.random })
 * ```
 */

/** What a picker knows of a node. `NodeInfo` of discovery is one. */
export interface Candidate {
  readonly id: string
  /** Static weight, > 0. @default 1024 */
  readonly weight: number
  readonly state: 'up' | 'suspect' | 'draining' | 'away' | 'left'
  readonly load: { readonly links: number, readonly inflight: number }
  /** Reached through a relay only: dearer to `p2c`. */
  readonly relayed?: boolean
}

/** Passed to every {@link Picker.pick}. */
export interface PickContext {
  /** Id of the caller's token (hex), when there is one. */
  token?: string | undefined
  /** Nodes that were tried in this call and must not be picked again. */
  exclude?: ReadonlySet<string> | undefined
  /** Milliseconds, monotonic. */
  now: number
  /** Uniform in [0, 1). */
  random: () => number
}

/** Chooses among the nodes of one service. */
export interface Picker<C extends Candidate = Candidate> {
  readonly name: string
  /** Replaces the candidates. Nodes that stay keep what the picker learnt about them. */
  update (candidates: readonly C[]): void
  /** Undefined when no candidate is left. */
  pick (context: PickContext): C | undefined
  /** A call was sent to this node. */
  started? (id: string, now: number): void
  /**
   * That call ended after `latency` ms; `ok` is false when the node itself failed (not the application).
   *
   * @param cancelled - its caller gave it up: an answer would have taken longer than `latency`
   */
  finished? (id: string, latency: number, ok: boolean, now: number, cancelled?: boolean): void
}

/** Names of the pickers that ship. */
export type BalancerName = 'random' | 'rendezvous' | 'weighted' | 'least-pending' | 'p2c'

export { createPicker } from './create.ts'
export { rendezvousPick, rendezvousRank } from './rendezvous.core.ts'
export type { PickerFactory } from './create.ts'
