/** Puts the room on one DHT, for as long as the node runs. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { toString } from 'uint8arrays/to-string'
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { unref } from '../util/timeouts.ts'
import { MAX_RECORD_AUTHORS } from '../wire/limits.ts'
import { checkKey, checkRecord } from './check.ts'
import { SOURCE } from './order.core.ts'
import { Publisher } from './publisher.ts'
import { Resolver } from './resolver.ts'
import type { Dht } from './dht.ts'
import type { GetOptions, NewRecord, RankedRecord, Records, RecordSource, RecordsComponents, RecordsInit, RecordsStatus } from './index.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'

/** Milliseconds after which a read believes servers that have no record, and that it takes at most. */
const WINDOW = 300
const GET_TIMEOUT = 3_000
/** Milliseconds between two looks for what expired. */
const SWEEP_INTERVAL = 60_000

class RecordsService implements Records, Startable {
  readonly [Symbol.toStringTag] = '@braid/records'
  readonly [serviceCapabilities]: string[] = ['@braid/records']
  readonly [serviceDependencies]: string[] = ['@libp2p/kad-dht']
  readonly #init: RecordsInit
  readonly #components: RecordsComponents
  readonly #publisher: Publisher
  readonly #resolver: Resolver
  #running: AbortController | undefined
  #sweeping: ReturnType<typeof setInterval> | undefined

  constructor (components: RecordsComponents, init: RecordsInit) {
    this.#components = components
    this.#init = init
    const common = { rules: init.rules, dht: () => this.#dht() }
    this.#publisher = new Publisher({ ...common, self: components.peerId.toString(), privateKey: components.privateKey, log: components.logger.forComponent('braid:records'), check: checkRecord })
    this.#resolver = new Resolver({ ...common, window: WINDOW, timeout: GET_TIMEOUT })
  }

  /** @throws InvalidOptionsError - the DHT was not given the same rules */
  start (): void {
    if (this.#running != null) return
    const { rules, given = rules } = this.#init
    if (this.#dht().validators[rules.namespace] !== given.validate) {
      throw new InvalidOptionsError('records: give the DHT the same rules, libp2pOptions({ dht: rules })')
    }
    this.#running = new AbortController()
    this.#sweeping = unref(setInterval(() => { rules.store.sweep() }, SWEEP_INTERVAL))
    this.#publisher.start()
  }

  stop (): void {
    this.#running?.abort(new MeshStoppedError())
    this.#running = undefined
    clearInterval(this.#sweeping)
    this.#publisher.stop()
  }

  async put (record: NewRecord, { signal }: AbortOptions = {}): Promise<{ stored: number }> {
    checkRecord(record)
    const running = this.#run()
    const { stored } = await this.#publisher.put(record, signal)
    running.throwIfAborted()
    return { stored }
  }

  async get (key: Uint8Array, { authors, window, signal }: GetOptions): Promise<RankedRecord | undefined> {
    checkKey(key)
    const all = [...new Set(authors)]
    if (all.length === 0 || all.length > MAX_RECORD_AUTHORS) {
      throw new InvalidOptionsError(`authors: 1 to ${MAX_RECORD_AUTHORS}, not ${all.length}`)
    }
    const running = this.#run()
    this.#init.rules.counters.add('gets')
    const record = await this.#resolver.get(key, all, window, signal == null ? running : AbortSignal.any([running, signal]))
    if (record !== undefined) this.#init.rules.counters.add('gets_found')
    return record
  }

  keep (record: NewRecord): boolean {
    checkRecord(record)
    return this.#publisher.keep(toString(record.key, 'base32'), record)
  }

  keepSource (source: RecordSource, isFirst?: boolean): boolean {
    return this.#publisher.keep(SOURCE + source.name, source, isFirst)
  }

  withdraw (key: Uint8Array): void {
    this.#publisher.withdraw(toString(key, 'base32'))
  }

  withdrawAll (): void {
    this.#publisher.withdrawAll()
  }

  withdrawSources (): void {
    this.#publisher.withdrawAll(SOURCE)
  }

  status (): RecordsStatus {
    return this.#publisher.status()
  }

  stats (): Readonly<Record<string, number>> {
    const { counters, store } = this.#init.rules
    return { ...counters.all(), records_held: store.size, records_held_bytes: store.bytes }
  }

  #dht (): Dht {
    return (this.#components as unknown as Record<string, Dht>)[this.#init.dht ?? 'dht'] as Dht
  }

  #run (): AbortSignal {
    if (this.#running == null) throw new MeshStoppedError()
    return this.#running.signal
  }
}

/**
 * The room as a libp2p service, beside a DHT that has the same rules.
 *
 * @example
 *
 * ```ts
 * const rules = recordRules({ mesh: 'shop' })
 * const node = await createLibp2p(libp2pOptions({ mesh: 'shop', dht: rules, libp2p: { services: { records: records({ rules }) } } }))
 * ```
 */
export function records (init: RecordsInit): (components: RecordsComponents) => Records {
  return components => new RecordsService(components, init)
}
