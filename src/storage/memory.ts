import { composeStorage } from './compose.ts'
import { GroupLogStore } from './log.ts'
import { CachedStableStore } from './stable.ts'
import type { Storage } from './index.ts'
import type { LogBackend } from './log.ts'

function memoryLogs (): LogBackend {
  const logs = new Map<string, Map<number, Uint8Array>>()
  return {
    commit: async entries => {
      for (const { log, seq, value } of entries) {
        const values = logs.get(log) ?? new Map<number, Uint8Array>()
        values.set(seq, value)
        logs.set(log, values)
      }
    },
    note: async () => {},
    range: async (log, from, to, limit) => {
      const entries = []
      for (let seq = from; seq <= to && entries.length < limit; seq++) {
        const value = logs.get(log)?.get(seq)
        if (value != null) {
          entries.push({ seq, value: new Uint8Array(value) })
        }
      }
      return entries
    },
    prune: async (log, _from, before) => {
      const values = logs.get(log)
      for (const seq of values?.keys() ?? []) {
        // insertion order is seq order
        if (seq >= before) { break }
        values?.delete(seq)
      }
      if (values?.size === 0) {
        logs.delete(log)
      }
    },
    edges: async () => undefined
  }
}

/** A storage that forgets: the same rules, nothing durable. For nodes without `storage`, and for tests. */
export function memoryStorage (): Storage {
  const log = new GroupLogStore(memoryLogs())
  const stable = new CachedStableStore({ write: async () => {}, remove: async () => {} })
  return composeStorage({ stable, log, durable: false, release: async () => {} })
}
