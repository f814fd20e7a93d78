import { openDB } from 'idb'
import { StorageError, StorageLockedError } from '../errors.ts'
import { MAX_TABS } from '../wire/limits.ts'
import { takePlace } from './browser/places.ts'
import { composeStorage } from './compose.ts'
import { GroupLogStore } from './log.ts'
import { seal, unseal } from './seal.ts'
import { CachedStableStore } from './stable.ts'
import type { LogEntry, OpenOptions, Storage } from './index.ts'
import type { LogBackend, LogContent } from './log.ts'
import type { LogState, RosterEntry } from './recovery.core.ts'
import type { StableBackend, StableContent } from './stable.ts'
import type { DBSchema, IDBPDatabase } from 'idb'

const VERSION = 1
/** Chrome's default is relaxed: a transaction completes before its data is on the disk. */
const STRICT = { durability: 'strict' } as const

/** Every value is sealed. Out-of-line keys: name, or [log, seq]. */
interface Schema extends DBSchema {
  stable: { key: string, value: Uint8Array }
  states: { key: string, value: Uint8Array }
  roster: { key: string, value: Uint8Array }
  entries: { key: [string, number], value: Uint8Array }
}

type Database = IDBPDatabase<Schema>
type ByName = 'stable' | 'states' | 'roster'

/** Each sealed value by its name; undefined where the seal is broken. */
async function readAll (db: Database, store: ByName): Promise<Map<string, Uint8Array | undefined>> {
  const tx = db.transaction(store)
  const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll(), tx.done])
  return new Map(keys.map((name, i) => [name, unseal(name, 0, values[i])]))
}

function sealJSON (name: string, value: unknown): Uint8Array {
  return seal(name, 0, new TextEncoder().encode(JSON.stringify(value)))
}

function parseJSON<T> (bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T
}

function idbStable (db: Database): StableBackend {
  return {
    write: async (name, value) => {
      const tx = db.transaction('stable', 'readwrite', STRICT)
      await Promise.all([tx.store.put(seal(name, 0, value), name), tx.done])
    },
    remove: async name => {
      const tx = db.transaction('stable', 'readwrite', STRICT)
      await Promise.all([tx.store.delete(name), tx.done])
    }
  }
}

async function stableContent (db: Database): Promise<StableContent> {
  const content: StableContent = { values: new Map(), lost: new Set() }
  for (const [name, value] of await readAll(db, 'stable')) {
    if (value == null) {
      content.lost.add(name)
    } else {
      content.values.set(name, value)
    }
  }
  return content
}

function idbLogs (db: Database): LogBackend {
  return {
    commit: async (entries, states) => {
      const tx = db.transaction(['entries', 'states'], 'readwrite', STRICT)
      const puts: Array<Promise<unknown>> = entries.map(async ({ log, seq, value }) =>
        await tx.objectStore('entries').put(seal(log, seq, value), [log, seq]))
      for (const [log, state] of states) {
        puts.push(tx.objectStore('states').put(sealJSON(log, state), log))
      }
      await Promise.all([...puts, tx.done])
    },
    note: async entries => {
      const tx = db.transaction('roster', 'readwrite', STRICT)
      const puts = [...entries].map(async ([log, entry]) => await tx.store.put(sealJSON(log, entry), log))
      await Promise.all([...puts, tx.done])
    },
    range: async (log, from, to, limit) => await readRange(db, log, from, to, limit),
    prune: async (log, from, before) => {
      await db.delete('entries', IDBKeyRange.bound([log, from], [log, before], false, true))
    },
    edges: async (log, from) => {
      const range = IDBKeyRange.bound([log, from], [log, Number.MAX_SAFE_INTEGER])
      const tx = db.transaction('entries')
      const [first, last] = await Promise.all([tx.store.openKeyCursor(range), tx.store.openKeyCursor(range, 'prev'), tx.done])
      return first == null || last == null ? undefined : { first: first.key[1], last: last.key[1] }
    }
  }
}

async function readRange (db: Database, log: string, from: number, to: number, limit: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  const tx = db.transaction('entries')
  let cursor = await tx.store.openCursor(IDBKeyRange.bound([log, from], [log, to]))
  while (cursor != null && entries.length < limit) {
    const seq = cursor.key[1]
    const value = unseal(log, seq, cursor.value)
    if (value != null) {
      entries.push({ seq, value })
    }
    cursor = await cursor.continue()
  }
  await tx.done
  return entries
}

async function logContent (db: Database): Promise<LogContent> {
  const states = new Map<string, LogState | 'corrupt'>()
  const roster = new Map<string, RosterEntry>()
  for (const [name, bytes] of await readAll(db, 'states')) {
    states.set(name, bytes == null ? 'corrupt' : parseJSON<LogState>(bytes))
  }
  for (const [name, bytes] of await readAll(db, 'roster')) {
    if (bytes != null) { roster.set(name, parseJSON<RosterEntry>(bytes)) }
  }
  // a transaction is whole or not at all, so there is no damage of unknown extent here
  return { states, roster, damaged: false }
}

function checkPlatform (): void {
  const advice = 'leave `storage` out and the node gets a fresh identity at each start'
  if (typeof indexedDB === 'undefined') {
    throw new StorageError(`this page has no IndexedDB: ${advice}`)
  }
  if (globalThis.navigator?.locks == null) {
    throw new StorageError(`this page has no navigator.locks to keep other tabs out of its storage: serve it over https or from localhost, or ${advice}`)
  }
}

/**
 * Opens the storage in the IndexedDB database called `location`, or `location#2` and so on when other tabs hold those
 * before; it is created if it is missing. It belongs to this tab until `close`, or until the tab ends. The browser may
 * evict the whole database when the disk is full, unless the page was granted `navigator.storage.persist()`; that cannot
 * be told from a first visit.
 *
 * Throws StorageLockedError when as many tabs hold it as may, and StorageError when it cannot be read or written. Damage
 * is no error: what is lost is in `stable.lost` and `log.lost`.
 */
export async function openStorage (location: string, { tabs = MAX_TABS }: OpenOptions = {}): Promise<Storage> {
  checkPlatform()
  let storage: Storage | undefined
  const onLost = (): void => { storage?.close().catch(() => {}) }
  try {
    const place = await takePlace(location, tabs, onLost)
    try {
      const parts = storage = await openParts(place.location, onLost)
      // When the browser ends the parts, the place stays taken: the node goes on, and another tab would become it as well.
      return { ...parts, close: async () => parts.close().then(place.release) }
    } catch (err) {
      await place.release()
      throw err
    }
  } catch (err) {
    if (err instanceof StorageLockedError || err instanceof StorageError) { throw err }
    const reason = err instanceof Error ? err.message : String(err)
    throw new StorageError(`the storage "${location}" cannot be opened: ${reason}. If this page may not store anything, leave \`storage\` out`, { cause: err })
  }
}

async function openParts (location: string, onLost: () => void): Promise<Storage> {
  const db = await openDB<Schema>(location, VERSION, {
    upgrade: made => {
      for (const store of ['stable', 'states', 'roster', 'entries'] as const) {
        made.createObjectStore(store)
      }
    },
    // somebody deletes the database, or the browser does: hold nothing open, and fail from now on
    blocking: onLost,
    terminated: onLost
  })
  try {
    const log = await GroupLogStore.open(idbLogs(db), await logContent(db))
    const stable = new CachedStableStore(idbStable(db), await stableContent(db))
    return composeStorage({
      stable,
      log,
      location,
      release: async () => { db.close() }
    })
  } catch (err) {
    db.close()
    throw err
  }
}
