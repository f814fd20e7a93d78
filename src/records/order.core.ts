import type { Kept } from './backlog.core.ts'

/** Of the names of sources: no key has such a name. */
export const SOURCE = '+'

/** Whether a kept record stays when the other one comes. */
export function isHigher (a: Pick<Kept, 'rank'>, b: Pick<Kept, 'rank'>): boolean {
  return (a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]) > 0
}
