/**
 * What each node takes of each channel. A log that is made later is told of it at once: else its first messages would go
 * to whoever answers first.
 */
import { MAX_ALL_TAKEN, MAX_TAKEN } from './numbers.ts'
import type { Net } from './types.core.ts'

export interface Announce { readonly type: 'announce', readonly channel: string, readonly weight: number, readonly session: number, readonly prefetch: number, readonly concurrency: number }
/** Everything that travels by stream. */
export type WireMessage = Net | Announce

export class Announced {
  readonly #nodes = new Map<string, Map<string, Announce>>()
  #count = 0

  set (node: string, announce: Announce): void {
    const channels = this.#nodes.get(node) ?? new Map<string, Announce>()
    if (!channels.has(announce.channel)) {
      if (channels.size >= MAX_TAKEN || this.#count >= MAX_ALL_TAKEN) return
      this.#count++
    }
    this.#nodes.set(node, channels.set(announce.channel, announce))
  }

  get (node: string, channel: string): Announce | undefined {
    return this.#nodes.get(node)?.get(channel)
  }

  gone (node: string): void {
    this.#count -= this.#nodes.get(node)?.size ?? 0
    this.#nodes.delete(node)
  }
}
