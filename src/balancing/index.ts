/**
 * @packageDocumentation
 *
 * Pure pickers: which node takes the next call. No clock and no chance of their own: both are passed in, so that the
 * same pickers run in the simulator.
 */

/** What a picker knows of a node. `NodeInfo` of discovery is one. */
export interface Candidate {
  readonly id: string
  /** Static weight, > 0. @default 1024 */
  readonly weight: number
  readonly state: 'up' | 'suspect' | 'draining' | 'away' | 'left'
  readonly load: { readonly links: number, readonly inflight: number }
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
  /** That call ended after `latency` ms; `ok` is false when the node itself failed (not the application). */
  finished? (id: string, latency: number, ok: boolean, now: number): void
}

/** Names of the pickers that ship. */
export type BalancerName = 'random' | 'rendezvous' | 'weighted' | 'least-pending' | 'p2c'

export { createPicker } from './create.ts'
export type { PickerFactory } from './create.ts'
