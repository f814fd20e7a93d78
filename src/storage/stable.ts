import { StorageError } from '../errors.ts'
import { checkStableName, checkStableValue } from './names.ts'
import type { StableStore } from './index.ts'

/** Where values go. Calls for one name never overlap; both resolve when the change is durable. */
export interface StableBackend {
  write (name: string, value: Uint8Array): Promise<void>
  remove (name: string): Promise<void>
}

/** What a backend found when it was opened. */
export interface StableContent {
  values: Map<string, Uint8Array>
  lost: Set<string>
}

interface Waiter {
  resolve (): void
  reject (err: unknown): void
}

/** Changes of one name that wait for the one under way: only the last value is written, for all of them. */
interface Queue {
  value: Uint8Array | undefined
  waiters: Waiter[]
}

/**
 * Every durable {@link StableStore}: values are read once at opening, changes of one name are made one after the other,
 * and those that arrive meanwhile are made as one. `get` gives what is durable, never what is still being written.
 */
export class CachedStableStore implements StableStore {
  private readonly content: StableContent
  private readonly backend: StableBackend
  private readonly queues = new Map<string, Queue>()
  private readonly writers = new Map<string, Promise<void>>()
  /** What these were changed to when the write failed half-way: neither the old nor the new value can be promised. */
  private readonly unknown = new Map<string, Uint8Array | undefined>()
  private closed = false

  constructor (backend: StableBackend, content: StableContent = { values: new Map(), lost: new Set() }) {
    this.backend = backend
    this.content = content
  }

  get lost (): ReadonlySet<string> {
    return this.content.lost
  }

  async get (name: string): Promise<Uint8Array | undefined> {
    this.check(name)
    // whoever starts anew has nothing else to set; a change under way is newer than the one that failed
    while (this.unknown.has(name)) {
      await (this.writers.get(name) ?? this.change(name, this.unknown.get(name)))
      this.check(name)
    }
    const value = this.content.values.get(name)
    return value == null ? undefined : new Uint8Array(value)
  }

  async set (name: string, value: Uint8Array): Promise<void> {
    this.check(name)
    checkStableValue(name, value)
    return await this.change(name, new Uint8Array(value))
  }

  async delete (name: string): Promise<void> {
    this.check(name)
    return await this.change(name, undefined)
  }

  /** Refuses new work and resolves when what was under way has ended, well or not. */
  async close (): Promise<void> {
    this.closed = true
    await Promise.all(this.writers.values())
  }

  private check (name: string): void {
    if (this.closed) {
      throw new StorageError('the storage is closed')
    }
    checkStableName(name)
  }

  private async change (name: string, value: Uint8Array | undefined): Promise<void> {
    return await new Promise((resolve, reject) => {
      const queue = this.queues.get(name) ?? { value, waiters: [] }
      queue.value = value
      queue.waiters.push({ resolve, reject })
      this.queues.set(name, queue)
      if (!this.writers.has(name)) {
        this.writers.set(name, this.drain(name))
      }
    })
  }

  private async drain (name: string): Promise<void> {
    for (let queue = this.queues.get(name); queue != null; queue = this.queues.get(name)) {
      this.queues.delete(name)
      try {
        await this.apply(name, queue.value)
        queue.waiters.forEach(waiter => { waiter.resolve() })
      } catch (err) {
        this.unknown.set(name, queue.value)
        const failure = new StorageError(`could not store "${name}": ${err instanceof Error ? err.message : String(err)}`, { cause: err })
        queue.waiters.forEach(waiter => { waiter.reject(failure) })
      }
    }
    // here and not in a `finally` outside: a set that came in between would find a writer that no longer looks
    this.writers.delete(name)
  }

  private async apply (name: string, value: Uint8Array | undefined): Promise<void> {
    const { values, lost } = this.content
    if (value == null) {
      await this.backend.remove(name)
      values.delete(name)
    } else {
      await this.backend.write(name, value)
      values.set(name, value)
    }
    lost.delete(name)
    this.unknown.delete(name)
  }
}
