/** Which peers a call has just gone to, or come from: the map shows it. */
import { signal } from '@preact/signals'

/** Calls by peer, while there were any lately. */
export const pulses = signal<ReadonlyMap<string, number>>(new Map())
const LASTS = 1_000

export function pulse (peer: string): void {
  const count = (pulses.peek().get(peer) ?? 0) + 1
  pulses.value = new Map(pulses.peek()).set(peer, count)
  setTimeout(() => {
    if (pulses.peek().get(peer) !== count) return
    const next = new Map(pulses.peek())
    next.delete(peer)
    pulses.value = next
  }, LASTS)
}
