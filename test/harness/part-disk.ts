/** A storage whose two parts are damaged, vanish, or refuse a deletion, each for itself. What is on it outlives its lives. */
import { memoryStorage } from '../../src/storage/index.ts'
import type { Storage } from '../../src/storage/index.ts'

export type Part = 'stable' | 'log'

const STABLE = 'vote-login'
const LOG = 'register-login'

export class PartDisk {
  readonly inner = memoryStorage()
  /** What a deletion, or a value that is written, mends. */
  readonly damaged = new Set<Part>()
  /** Before each change, with what is changed; a change that fails here, or hangs, does not happen. */
  before: (part: Part, change: 'set' | 'append' | 'truncate' | 'delete') => Promise<void> = async () => {}

  /** After each change: one that fails here has happened all the same. */
  after: (part: Part, change: 'set' | 'append' | 'truncate' | 'delete') => Promise<void> = async () => {}

  /** What the next life opens. */
  open (): Pick<Storage, 'stable' | 'log'> {
    const { inner, damaged } = this
    const lost = (part: Part, name: string): Set<string> => new Set(damaged.has(part) ? [name] : [])
    const stable = lost('stable', STABLE)
    const log = lost('log', LOG)
    const mend = (part: Part): void => {
      damaged.delete(part)
      if (part === 'stable') stable.clear()
      else log.clear()
    }
    const change = async <T>(part: Part, kind: Parameters<PartDisk['before']>[1], make: () => Promise<T>): Promise<T> => {
      await this.before(part, kind)
      const result = await make()
      if (kind === 'set' || kind === 'delete') mend(part)
      await this.after(part, kind)
      return result
    }
    return {
      stable: {
        lost: stable,
        get: async name => damaged.has('stable') ? undefined : inner.stable.get(name),
        set: async (name, value) => change('stable', 'set', async () => inner.stable.set(name, value)),
        delete: async name => change('stable', 'delete', async () => inner.stable.delete(name))
      },
      log: {
        lost: log,
        append: async (name, values) => change('log', 'append', async () => inner.log.append(name, values)),
        truncate: async (name, seq) => change('log', 'truncate', async () => inner.log.truncate(name, seq)),
        delete: async name => change('log', 'delete', async () => inner.log.delete(name)),
        read: async (name, from, limit) => inner.log.read(name, from, limit),
        bounds: async name => inner.log.bounds(name),
        logs: async () => inner.log.logs()
      }
    }
  }

  async has (part: Part): Promise<boolean> {
    if (part === 'stable') return await this.inner.stable.get(STABLE) !== undefined
    const { first, last } = await this.inner.log.bounds(LOG)
    return first <= last
  }

  /** Nobody is told. */
  async vanish (part: Part): Promise<void> {
    await (part === 'stable' ? this.inner.stable.delete(STABLE) : this.inner.log.delete(LOG))
    this.damaged.delete(part)
  }
}
