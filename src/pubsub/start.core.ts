/** Where a channel starts in a log that began without it. Pure. */
import { START_SLACK } from './numbers.core.ts'
import type { ChannelSpec } from './types.core.ts'
import type { Backlog } from './backlog.core.ts'

/**
 * All up to the seq returned is not for the channel. Who learns of a channel later than it was opened cannot tell what was
 * published after that but by clocks, which differ: rather a few messages too many than one too few. `owner`: what is not
 * here is nowhere; else nothing is passed over that only its publisher may have.
 */
export function startOf (backlog: Backlog, { start, opened }: ChannelSpec, owner: boolean): number {
  let low = owner ? backlog.first - 1 : 0
  if (start === 'beginning') return low
  const time = start === 'latest' ? opened - START_SLACK : start
  for (let seq = backlog.first; seq <= backlog.last; seq++) {
    const slot = backlog.get(seq)
    if (slot === undefined) continue
    if (slot.message.at >= time) return low
    low = seq
  }
  return low
}
