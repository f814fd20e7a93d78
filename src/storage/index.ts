/**
 * @packageDocumentation
 *
 * What must survive a crash. {@link StableStore} keeps small values that are durable when `set` resolves (votes,
 * incarnations, the identity); {@link LogStore} keeps ordered entries with group commit (outboxes, retained messages).
 * In Node a directory (two-slot files with CRC-32C and fdatasync; level with `sync`), in browsers IndexedDB with strict
 * durability, without a location memory. libp2p's own datastores sync nothing and are not used for this.
 */

/** Small named values, each replaced as a whole, durable once {@link StableStore.set} has resolved. */
export interface StableStore {
  /** Undefined when never set, deleted, or lost (then its name is in {@link lost}). */
  get (name: string): Promise<Uint8Array | undefined>
  set (name: string, value: Uint8Array): Promise<void>
  delete (name: string): Promise<void>
  /** Names whose stored value was found corrupt: treat as lost, never as never written. */
  readonly lost: ReadonlySet<string>
}

/** One entry of a log. `seq` is contiguous from 1 within its log, and is never used twice. */
export interface LogEntry {
  seq: number
  value: Uint8Array
}

/** Ordered entries by log name. Appends that are under way together become durable in one sync. */
export interface LogStore {
  /** Resolves, when durable, to the seq of the last entry appended. */
  append (log: string, values: readonly Uint8Array[]): Promise<number>
  /** Entries with `seq >= from`, at most `limit`, in order. */
  read (log: string, from: number, limit: number): Promise<LogEntry[]>
  /** First and last seq that are kept; `last` stays after a truncation, `first > last` when empty. */
  bounds (log: string): Promise<{ first: number, last: number }>
  /** Forget entries with `seq < before`. */
  truncate (log: string, before: number): Promise<void>
  delete (log: string): Promise<void>
  logs (): Promise<string[]>
}

export interface Storage {
  readonly stable: StableStore
  readonly log: LogStore
  /** False for memory: nothing survives this process. */
  readonly durable: boolean
  close (): Promise<void>
}

export { loadIdentity } from './identity.ts'
export type { Identity, IdentityInit } from './identity.ts'
export { memoryStorage } from './memory.ts'
export { openStorage } from '#storage'
