/**
 * What each node takes of each channel. A log that is made later is told of it at once: else its first messages would go
 * to whoever answers first.
 */
import type { Net } from './types.core.ts'

export interface Announce { readonly type: 'announce', readonly channel: string, readonly weight: number, readonly session: number, readonly prefetch: number, readonly concurrency: number }
/** Everything that travels by stream. */
export type WireMessage = Net | Announce

/** Channels of one node, and nodes, that are remembered. */
const MAX_CHANNELS = 4_096
const MAX_NODES = 5_000

export class Announced {
  readonly #nodes = new Map<string, Map<string, Announce>>()

  set (node: string, announce: Announce): void {
    const channels = this.#nodes.get(node) ?? new Map<string, Announce>()
    if (!channels.has(announce.channel) && channels.size >= MAX_CHANNELS) return
    if (!this.#nodes.has(node) && this.#nodes.size >= MAX_NODES) return
    this.#nodes.set(node, channels.set(announce.channel, announce))
  }

  get (node: string, channel: string): Announce | undefined {
    return this.#nodes.get(node)?.get(channel)
  }

  gone (node: string): void {
    this.#nodes.delete(node)
  }
}
