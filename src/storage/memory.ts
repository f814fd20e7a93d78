/** Kept apart from the code of durable storages, as a page without one loads only this. */
import { StorageError } from '../errors.ts'
import { checkLogName, checkStableName, checkStableValue } from './names.ts'
import type { LogStore, StableStore, Storage } from './index.ts'

/** The entries from seq `first` on. One that was deleted is remembered for its seqs. */
interface Log { first: number, values: Uint8Array[], deleted: boolean }

const copy = (value: Uint8Array): Uint8Array => new Uint8Array(value)
const lastOf = ({ first, values }: Log): number => first + values.length - 1

function stableStore (check: () => void): StableStore {
  const values = new Map<string, Uint8Array>()
  const checkName = (name: string): void => {
    check()
    checkStableName(name)
  }
  return {
    lost: new Set(),
    get: async name => {
      checkName(name)
      const value = values.get(name)
      return value && copy(value)
    },
    set: async (name, value) => {
      checkName(name)
      checkStableValue(name, value)
      values.set(name, copy(value))
    },
    delete: async name => {
      checkName(name)
      values.delete(name)
    }
  }
}

function logStore (check: () => void): LogStore {
  const logs = new Map<string, Log>()
  const find = (name: string): Log => {
    check()
    checkLogName(name)
    return logs.get(name) ?? { first: 1, values: [], deleted: true }
  }
  const forget = (log: Log, before: number): void => {
    const count = Math.max(0, Math.min(before, lastOf(log) + 1) - log.first)
    log.values.splice(0, count)
    log.first += count
  }
  return {
    lost: new Set(),
    append: async (name, values) => {
      const log = find(name)
      if (values.length > 0) {
        log.deleted = false
        values.forEach(value => { log.values.push(copy(value)) })
        logs.set(name, log)
      }
      return lastOf(log)
    },
    read: async (name, from, limit) => {
      const { first, values } = find(name)
      const skipped = Math.max(0, Math.ceil(from) - first)
      const end = skipped + Math.max(0, Math.floor(limit))
      return values.slice(skipped, end).map((value, i) => ({ seq: first + skipped + i, value: copy(value) }))
    },
    bounds: async name => {
      const log = find(name)
      return { first: log.first, last: lastOf(log) }
    },
    truncate: async (name, before) => {
      if (Number.isNaN(before)) {
        throw new StorageError(`cannot truncate "${name}" before NaN`)
      }
      forget(find(name), Math.ceil(before))
    },
    delete: async name => {
      const log = find(name)
      forget(log, Infinity)
      log.deleted = true
    },
    logs: async () => {
      check()
      return [...logs].filter(([, log]) => !log.deleted).map(([name]) => name).sort()
    }
  }
}

/** A storage that forgets: the same rules, nothing durable. For nodes without `storage`, and for tests. */
export function memoryStorage (): Storage {
  let closed = false
  const check = (): void => {
    if (closed) {
      throw new StorageError('the storage is closed')
    }
  }
  return { stable: stableStore(check), log: logStore(check), location: undefined, durable: false, close: async () => { closed = true } }
}
