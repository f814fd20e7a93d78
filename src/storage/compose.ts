import type { GroupLogStore } from './log.ts'
import type { CachedStableStore } from './stable.ts'
import type { Storage } from './index.ts'

export interface StorageParts {
  stable: CachedStableStore
  log: GroupLogStore
  location: string
  /** Closes what is below and gives the lock back; called once, after all writes have ended. */
  release (): Promise<void>
}

export function composeStorage ({ stable, log, location, release }: StorageParts): Storage {
  let closing: Promise<void> | undefined
  return {
    stable,
    log,
    location,
    durable: true,
    close: async () => {
      closing ??= Promise.all([stable.close(), log.close()]).then(release)
      await closing
    }
  }
}
