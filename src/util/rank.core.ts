/** Orders what leaders do: by epoch, then term, then index within the term, all below 2^53. `index` 0: nothing yet in this term. Pure. */
export interface Rank { readonly epoch: number, readonly term: number, readonly index: number }

/** Negative when `a` is lower. */
export function compareRanks (a: Rank, b: Rank): number {
  return a.epoch - b.epoch || a.term - b.term || a.index - b.index
}
