/**
 * How often a test repeats itself that draws what it does. Node makes all of the runs; a page, where all specs share one
 * thread and each browser makes them again, makes a tenth: what it adds is another engine, which many of them show as well.
 */
const SHARE = 'document' in globalThis ? 10 : 1

export function runs (inNode: number): number {
  return inNode / SHARE
}
