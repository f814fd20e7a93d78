/**
 * The datastore that the DHT sees: what it stores under `/dht/record/` goes through {@link Held}, which the DHT's own code
 * does not ask, and stays in memory; everything else goes on to the datastore below. A scan of that one, as for each
 * question for providers, then need not pass by a hundred thousand records.
 */
import { NotFoundError } from '@libp2p/interface'
import { MAX_KEPT_RECORDS, MAX_STORED_RECORD_BYTES } from '../wire/limits.ts'
import { decodeStoredValue } from '../wire/record-codec.ts'
import { Held } from './held.core.ts'
import type { Counted } from './counted.ts'
import type { HeldLimits } from './held.core.ts'
import type { Checked } from './rules.ts'
import type { Libp2pOptions } from 'libp2p'

export type Datastore = NonNullable<Libp2pOptions['datastore']>
type DatastoreKey = Parameters<Datastore['get']>[0]

const PREFIX = '/dht/record/'

export interface RecordStoreInit {
  limits: Partial<HeldLimits>
  counters: Counted
  now: () => number
  /** @throws RecordRefusedError */
  check: (key: Uint8Array, value: Uint8Array) => Checked
  isKnown: (author: string) => boolean
}

export class RecordStore {
  readonly #init: RecordStoreInit
  readonly #held: Held

  constructor (init: RecordStoreInit) {
    this.#init = init
    this.#held = new Held({ perAuthor: MAX_KEPT_RECORDS, bytes: MAX_STORED_RECORD_BYTES, ...init.limits }, init.isKnown)
  }

  get size (): number {
    return this.#held.size
  }

  get bytes (): number {
    return this.#held.bytes
  }

  /** As the DHT stored it. */
  get (id: string): Uint8Array | undefined {
    return this.#held.get(id, this.#init.now())?.stored
  }

  /** The signed record alone. */
  value (id: string): Uint8Array | undefined {
    const stored = this.get(id)
    return stored === undefined ? undefined : decode(stored)?.value
  }

  /**
   * Its signature is verified by the DHT's validator, for what other nodes send.
   *
   * @throws RecordRefusedError
   */
  put (id: string, stored: Uint8Array): void {
    const { counters, check } = this.#init
    const { key, value } = decode(stored) ?? NOTHING
    const { fields: { author, epoch, term, index, validUntil }, signed: { signature } } = check(key, value)
    const result = this.#held.admit(id, { author, rank: [epoch, term, index], validUntil, signature, stored: new Uint8Array(stored) })
    if (typeof result === 'string') throw counters.refuse(result)
    counters.add('records_stored')
    if (result > 0) counters.add('records_pushed_out', result)
  }

  delete (id: string): void {
    this.#held.delete(id)
  }

  sweep (): void {
    const gone = this.#held.expire(this.#init.now())
    if (gone > 0) this.#init.counters.add('records_expired', gone)
  }

  /** `inner` with this in front of it. */
  over (inner: Datastore): Datastore {
    const put = (key: DatastoreKey, value: Uint8Array, ...rest: any[]): ReturnType<Datastore['put']> => {
      const id = idOf(key)
      if (id === undefined) return inner.put(key, value, ...rest)
      this.put(id, value)
      return key
    }
    const get = (key: DatastoreKey, ...rest: any[]): ReturnType<Datastore['get']> => {
      const id = idOf(key)
      return id === undefined ? inner.get(key, ...rest) : this.get(id) ?? missing(id)
    }
    const has = (key: DatastoreKey, ...rest: any[]): ReturnType<Datastore['has']> => {
      const id = idOf(key)
      return id === undefined ? inner.has(key, ...rest) : this.get(id) !== undefined
    }
    const remove = (key: DatastoreKey, ...rest: any[]): ReturnType<Datastore['delete']> => {
      const id = idOf(key)
      return id === undefined ? inner.delete(key, ...rest) : this.delete(id)
    }
    const own: Partial<Datastore> = { put, get, has, delete: remove }
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = own[name as keyof Datastore] ?? Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
  }
}

const NOTHING = { key: new Uint8Array(0), value: new Uint8Array(0) }

/** Undefined when it cannot be read. */
function decode (stored: Uint8Array): { key: Uint8Array, value: Uint8Array } | undefined {
  try {
    return decodeStoredValue(stored)
  } catch {
    return undefined
  }
}

function idOf (key: DatastoreKey): string | undefined {
  const text = key.toString()
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined
}

function missing (id: string): never {
  throw new NotFoundError(`no record ${id}`)
}
