/**
 * The room in pages, `#records`. All of it, `#ranked`, is loaded by the first who puts, reads or keeps a record, as links
 * do: what a page has from its start only remembers what is to be kept.
 */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { toString } from 'uint8arrays/to-string'
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Lazy } from '../util/lazy.ts'
import { timers } from '../util/timers.ts'
import { MAX_KEPT_RECORDS } from '../wire/limits.ts'
import { RECORD_NAMESPACE } from '../wire/protocols.ts'
import { checkRecord } from './check.ts'
import { isHigher, SOURCE } from './order.core.ts'
import type { Kept } from './backlog.core.ts'
import type { Dht } from './dht.ts'
import type { GetOptions, NewRecord, RankedRecord, Records, RecordRulesInit, RecordsComponents, RecordSource, RecordsStatus } from './index.ts'
import type * as ranked from './index.ts'
import type { RecordRules } from './rules.ts'
import type { Datastore } from './record-store.ts'
import type { DhtRules } from '../transport/index.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'

const PREFIX = '/dht/record/'
/** Milliseconds after which code that could not be loaded is asked for again while records are to be kept; its own pace may be slower. */
const RETRY = 5_000
const STORED = ['put', 'get', 'has', 'delete'] as const

type Code = typeof ranked
type Running = Records & Startable
/** A record that is to be kept, and how the room is told. */
interface Early extends Kept { keep: (records: Records) => boolean }

class LateRules implements DhtRules {
  readonly namespace = RECORD_NAMESPACE
  readonly code: Lazy<{ readonly code: Code, readonly rules: RecordRules }>

  constructor (init: RecordRulesInit, load: () => Promise<Code>) {
    this.code = new Lazy('records', timers, load, code => ({ code, rules: code.recordRules(init) }))
  }

  readonly validate = async (key: Uint8Array, value: Uint8Array): Promise<void> => (await this.#rules()).validate(key, value)

  /** All of them were validated. */
  readonly select = (key: Uint8Array, values: Uint8Array[]): number => this.code.value?.rules.select(key, values) ?? 0

  /** Records pass the rules, which are loaded for the first of them. */
  readonly datastore = (inner: Datastore): Datastore => {
    let held: Datastore | undefined
    const under = async (): Promise<Datastore> => (held ??= (await this.#rules()).datastore(inner))
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        const plain = value.bind(target) as (...args: unknown[]) => unknown
        if (!STORED.includes(name as 'put')) return plain
        return (...args: unknown[]) => String(args[0]).startsWith(PREFIX)
          ? under().then(store => (store[name as 'get'] as (...args: unknown[]) => unknown)(...args))
          : plain(...args)
      }
    })
  }

  async #rules (): Promise<RecordRules> {
    return (await this.code.load()).rules
  }
}

class LateRecords implements Running {
  readonly [Symbol.toStringTag] = '@braid/records'
  readonly [serviceCapabilities]: string[] = ['@braid/records']
  readonly [serviceDependencies]: string[] = ['@libp2p/kad-dht']
  readonly #components: RecordsComponents
  readonly #rules: LateRules
  readonly #early = new Map<string, Early>()
  #running: AbortController | undefined
  #room: Running | undefined
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor (components: RecordsComponents, rules: LateRules) {
    this.#components = components
    this.#rules = rules
  }

  /** @throws InvalidOptionsError - the DHT was not given the same rules */
  start (): void {
    if (this.#running !== undefined) return
    const { dht } = this.#components as unknown as { dht: Dht }
    if (dht.validators[RECORD_NAMESPACE] !== this.#rules.validate) throw new InvalidOptionsError('records: give the DHT the same rules, libp2pOptions({ dht: rules })')
    this.#running = new AbortController()
    void this.#room?.start()
    this.#fetch()
  }

  stop (): void {
    this.#running?.abort(new MeshStoppedError())
    this.#running = undefined
    clearTimeout(this.#retry)
    this.#retry = undefined
    void this.#room?.stop()
  }

  async put (record: NewRecord, options?: AbortOptions): Promise<{ stored: number }> {
    checkRecord(record)
    return (await this.#load(options?.signal)).put(record, options)
  }

  async get (key: Uint8Array, options: GetOptions): Promise<RankedRecord | undefined> {
    return (await this.#load(options.signal)).get(key, options)
  }

  keep (record: NewRecord): boolean {
    checkRecord(record)
    return this.#keep(toString(record.key, 'base32'), record, records => records.keep(record))
  }

  keepSource (source: RecordSource): boolean {
    return this.#keep(SOURCE + source.name, source, records => records.keepSource(source))
  }

  withdraw (key: Uint8Array): void {
    this.#early.delete(toString(key, 'base32'))
    this.#room?.withdraw(key)
  }

  withdrawAll (): void {
    this.#early.clear()
    this.#room?.withdrawAll()
  }

  withdrawSources (): void {
    for (const [id, { final }] of this.#early) if (id.startsWith(SOURCE) && final !== true) this.#early.delete(id)
    this.#room?.withdrawSources()
  }

  status (): RecordsStatus {
    return this.#room?.status() ?? { kept: this.#early.size, stored: 0, waiting: this.#early.size }
  }

  stats (): Readonly<Record<string, number>> {
    return this.#room?.stats() ?? { records_held: 0, records_held_bytes: 0 }
  }

  #keep (id: string, { rank, ttl, final = false }: Kept, keep: Early['keep']): boolean {
    if (this.#room !== undefined) return keep(this.#room)
    const before = this.#early.get(id)
    if (before === undefined ? this.#early.size >= MAX_KEPT_RECORDS : isHigher(before, { rank })) return false
    this.#early.delete(id)
    this.#early.set(id, { rank, ttl, final, keep })
    this.#fetch()
    return true
  }

  /** For what is to be kept, again and again until it is there. */
  #fetch (): void {
    if (this.#retry !== undefined || this.#early.size === 0 || this.#running === undefined) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#fetch()
    }, RETRY)
    this.#load().catch(() => {})
  }

  /** @throws MeshStoppedError; the signal's reason; RpcError `UNAVAILABLE` - the code could not be loaded */
  async #load (signal?: AbortSignal): Promise<Records> {
    const running = this.#running?.signal
    if (running === undefined) throw new MeshStoppedError()
    if (this.#room !== undefined) return this.#room
    const { code, rules } = await abortable(this.#rules.code.load(), signal === undefined ? running : AbortSignal.any([running, signal]))
    return this.#room ?? this.#make(code, rules)
  }

  #make ({ records }: Code, rules: RecordRules): Records {
    const room = this.#room = records({ rules, given: this.#rules })(this.#components) as Running
    void room.start()
    for (const { keep } of this.#early.values()) keep(room)
    this.#early.clear()
    clearTimeout(this.#retry)
    return room
  }
}

/** @param load - what tests put their own in place of */
export function recordRules (init: RecordRulesInit = {}, load = async (): Promise<Code> => import('#ranked')): LateRules {
  return new LateRules(init, load)
}

export function records ({ rules }: { rules: LateRules }): (components: RecordsComponents) => Records {
  return components => new LateRecords(components, rules)
}
