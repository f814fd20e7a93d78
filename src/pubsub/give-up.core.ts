/** What a channel cannot have any more. Pure. */
import { MAX_BATCH } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import type { Deliveries } from './deliveries.core.ts'

/** Nothing before `first` is kept any more. */
export function giveUp (channel: Deliveries, first: number): void {
  if (!channel.host.owner) {
    channel.next = Math.max(channel.next, first)
    return
  }
  const from = channel.cursor.low + 1
  const lost: number[] = []
  for (const seq of channel.waiting.keys()) if (seq < first) lost.push(seq)
  for (const [, seq] of channel.chains.before(first)) if (!channel.waiting.has(seq)) lost.push(seq)
  for (let seq = Math.max(channel.next, from); seq < first && lost.length < MAX_BATCH; seq++) if (!channel.cursor.has(seq)) lost.push(seq)
  const ranges = rangesOf(lost)
  if (lost.length === MAX_BATCH) ranges[ranges.length - 1] = first - 1
  for (const seq of lost) if (channel.waiting.has(seq)) channel.finish(seq)
  for (const [chain, seq] of channel.chains.before(first)) {
    channel.chains.unpark(chain, seq)
    channel.finish(seq, chain)
  }
  for (const flight of [...channel.flights.values()]) if (flight.seq < first) channel.finish(flight.seq)
  for (const seq of [...channel.dying.keys()]) if (seq < first) channel.finish(seq)
  channel.cursor.raise(first - 1)
  channel.next = Math.max(channel.next, first)
  if (ranges.length > 0) channel.host.tell({ type: 'lost', channel: channel.spec.channel, ranges, why: 'retention' })
}
