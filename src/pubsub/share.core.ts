/** How a consumer splits its prefetch over its logs: most of it to those that send, and no room twice. Pure. */
import { FEW_LOGS, IDLE_AFTER, IDLE_CREDIT, PROMISE, SHARE_AGAIN } from './numbers.core.ts'
import type { Source } from './source.core.ts'

/** What each may have, and when to look again. */
export function grants (sources: readonly Source[], prefetch: number, now: number): { credits: Array<[Source, number]>, again: number } {
  const busy = new Set(sources.filter(source => sources.length <= FEW_LOGS || source.items.size > 0 || now - source.activeAt < IDLE_AFTER))
  const idle = sources.length - busy.size
  const small = idle === 0 ? 0 : Math.max(1, Math.min(IDLE_CREDIT, Math.floor(prefetch / 2 / idle)))
  const large = Math.max(1, Math.floor((prefetch - small * idle) / Math.max(1, busy.size)))
  let again = sources.length > FEW_LOGS ? now + IDLE_AFTER / 2 : Infinity
  let free = prefetch
  for (const source of sources) free -= Math.max(source.credit, source.items.size, source.promisedUntil > now ? source.promised : 0)
  const credits = sources.map((source): [Source, number] => {
    const share = busy.has(source) ? large : small
    // what others were allowed before, and still hold, is not given twice
    const base = Math.max(Math.min(share, source.credit), Math.min(share, source.items.size))
    const more = Math.max(0, Math.min(share - base, free))
    free -= more
    const credit = Math.max(1, base + more)
    if (credit < share) again = Math.min(again, now + SHARE_AGAIN)
    if (credit < source.credit && source.promisedUntil <= now) {
      source.promised = source.credit
      source.promisedUntil = now + PROMISE
      again = Math.min(again, source.promisedUntil)
    }
    return [source, credit]
  })
  return { credits, again }
}
