/**
 * @packageDocumentation
 *
 * What must survive a crash. {@link StableStore} keeps small values that are durable when `set` resolves (votes,
 * incarnations, the identity); {@link LogStore} keeps ordered entries with group commit (outboxes, retained messages).
 * In Node a directory (two-slot files with CRC-32C and fdatasync; level with `sync`), in browsers IndexedDB with strict
 * durability, without a location memory. libp2p's own datastores sync nothing and are not used for this.
 *
 * A storage belongs to one node at a time. Damage is never silent: what cannot be trusted any more is named in `lost`.
 *
 * @example
 *
 * ```ts
 * import { loadIdentity, openStorage } from 'braid-mesh/storage'
 *
 * const storage = await openStorage('./data')
 * const { peerId, incarnation } = await loadIdentity(storage, { now: Date.now() })
 *
 * await storage.stable.set('vote', new TextEncoder().encode(`${peerId} in term 7`))
 * const last = await storage.log.append('outbox', [new Uint8Array([1]), new Uint8Array([2])])
 * const entries = await storage.log.read('outbox', last - 1, 100)
 * await storage.close()
 * ```
 */

/** Small named values, each replaced as a whole, durable once {@link StableStore.set} has resolved. */
export interface StableStore {
  /**
   * The last value whose `set` has resolved. Undefined when never set, deleted, or lost (then its name is in
   * {@link lost}). After a write that failed no value can be promised: that write is made again first, and as long as it
   * fails this rejects.
   */
  get (name: string): Promise<Uint8Array | undefined>
  /** A `set` that rejects, or is cut short by a crash, may or may not have happened. At most 1 MiB. */
  set (name: string, value: Uint8Array): Promise<void>
  delete (name: string): Promise<void>
  /** Names whose stored value was found corrupt: treat as lost, never as never written. Until the next `set` or `delete`. */
  readonly lost: ReadonlySet<string>
}

/**
 * One entry of a log. `seq` is contiguous from 1 within its log, and is never used twice, not even after a truncation,
 * a deletion or a loss. After a loss it goes on above a gap.
 */
export interface LogEntry {
  seq: number
  value: Uint8Array
}

/** Ordered entries by log name. Appends that are under way together become durable in one sync. */
export interface LogStore {
  /**
   * Resolves, when durable, to the seq of the last entry appended (with no values: to the last seq used). One that
   * rejects, or is cut short by a crash, may or may not have happened, as a whole.
   */
  append (log: string, values: readonly Uint8Array[]): Promise<number>
  /** Entries with `seq >= from`, at most `limit`, in order. Corrupt ones are left out; then the log is in {@link lost}. */
  read (log: string, from: number, limit: number): Promise<LogEntry[]>
  /** First and last seq that are kept; `last` stays after a truncation, `first > last` when empty. */
  bounds (log: string): Promise<{ first: number, last: number }>
  /** Forget entries with `seq < before`. */
  truncate (log: string, before: number): Promise<void>
  /**
   * Forget all entries, and that the log is lost. Its seqs stay used: what is appended later goes on above them. `forever`:
   * nobody needs that, so nothing of the log need be remembered. @default false
   */
  delete (log: string, options?: { forever?: boolean }): Promise<void>
  /** Names of the logs that were appended to and not deleted, sorted. */
  logs (): Promise<string[]>
  /**
   * Logs that lack entries which were durable once, or may lack them. Grows while damage is found by reading; kept
   * across restarts until the log is deleted.
   */
  readonly lost: ReadonlySet<string>
}

export interface Storage {
  readonly stable: StableStore
  readonly log: LogStore
  /** What was opened: {@link openStorage}'s location, or the place beside it that a further tab got. Undefined: memory. */
  readonly location: string | undefined
  /** False for memory: nothing survives this process. */
  readonly durable: boolean
  /** Waits for writes under way and gives the location free. All else rejects with StorageError from now on. */
  close (): Promise<void>
}

export interface OpenOptions {
  /**
   * Browser only: how many tabs may have a place in this storage at once, each with an identity of its own; 1: a second
   * tab is refused. In Node a directory belongs to one node. @default MAX_TABS
   */
  tabs?: number
}

export { loadIdentity, raiseIncarnation } from './identity.ts'
export type { Identity, IdentityInit } from './identity.ts'
export { memoryStorage } from './memory.ts'

/**
 * Open what survives this process: in Node a directory, in a browser an IndexedDB database, made if it is missing. It
 * belongs to this process, or tab, until `close`; a further tab gets a database of its own beside it. Its code is loaded by
 * the first call: a page that stores nothing never loads it. Damage is no error: what is lost is in `stable.lost` and
 * `log.lost`.
 *
 * @throws StorageLockedError - another process or mesh holds it, or as many tabs as may
 * @throws StorageError - it cannot be opened, read or written; in a browser also when it has no Web Locks to keep other
 * tabs out (a page that is neither https nor from localhost)
 */
export async function openStorage (location: string, options: OpenOptions = {}): Promise<Storage> {
  const platform: { openStorage (location: string, options: OpenOptions): Promise<Storage> } = await import('#storage')
  return platform.openStorage(location, options)
}
