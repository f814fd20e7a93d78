/** Stores with one mistake each, made of the production code. */
import { compileMutant } from './mutate.ts'
import type { Replacement } from './mutate.ts'
import type { StoreClass } from './store-lives.ts'

export const MUTATIONS: readonly Replacement[] = [
  { name: 'forgets by halves', file: 'store', find: 'log.delete(this.#logName))\n', replace: 'log.delete(this.#logName)).catch(() => {})\n' },
  { name: 'takes a log without its value for all', file: 'store', find: 'if (first <= last && bytes === undefined) damage.stable = true', replace: '' },
  { name: 'takes a value without its log for all', file: 'store', find: 'if (first > last && this.#logged) damage.log = true', replace: '' },
  { name: 'says too early that there is a log', file: 'store', find: 'await this.#setStable(hard, this.#logged || this.#compaction.length > 0)', replace: 'await this.#setStable(hard, true)' },
  { name: 'does not say that there is a log which it found', file: 'store', find: 'this.#logged || this.#compaction.length > 0', replace: 'this.#logged' },
  { name: 'takes an older vote', file: 'store', find: 'if (stored.hard !== undefined && stored.number >= this.#number)', replace: 'if (stored.hard !== undefined)' },
  { name: 'rewrites its log without the newest vote', file: 'store', find: 'synced: this.#synced, hard: this.#hard }', replace: 'synced: this.#synced }' },
  { name: 'rewrites its log without saying how far its register goes', file: 'store', find: 'entries, synced: this.#synced, hard', replace: 'entries, hard' },
  { name: 'cuts its log before all of it is said again', file: 'compaction', find: 'if (pass.left <= 0) await', replace: 'await' },
  { name: 'says only what the table had when its log had grown long', file: 'compaction', find: 'for (const entry of slice) entries.set(entry)', replace: '' },
  { name: 'gives up what a refused rewrite could not say', file: 'compaction', find: 'const seq = await log.append', replace: 'pass.left -= slice.length\n    const seq = await log.append' }
]

/** @throws when what it replaces is not there (any more), exactly once */
export async function mutant (mutation: Replacement): Promise<StoreClass> {
  const { GroupStore } = await compileMutant(new URL('../../../src/election/', import.meta.url), "export { GroupStore } from './store.ts'", mutation) as { GroupStore: StoreClass }
  return GroupStore
}
