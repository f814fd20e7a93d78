/** Writing: a put that counts, and the records that are kept stored in the background. */
import { equals } from 'uint8arrays/equals'
import { sign } from '../util/signing.ts'
import { withDeadline } from '../util/deadline.ts'
import { unref } from '../util/timeouts.ts'
import { MAX_KEPT_RECORDS } from '../wire/limits.ts'
import { encodeRanked, encodeRecordKey, encodeSignedRanked } from '../wire/record-codec.ts'
import { Backlog, putInterval } from './backlog.core.ts'
import { SOURCE } from './order.core.ts'
import { DOMAIN } from './rules.ts'
import type { Job } from './backlog.core.ts'
import type { Dht } from './dht.ts'
import type { NewRecord, RecordSource, RecordsStatus } from './index.ts'
import type { RecordRules } from './rules.ts'
import type { Logger, PrivateKey } from '@libp2p/interface'

/** Milliseconds a put may take: servers that stall cost it up to 3 s each, in parallel. */
const PUT_TIMEOUT = 10_000
/** Puts of kept records at once. */
const MAX_FLYING = 10
/** Milliseconds between two looks when nothing is to be put, or nobody is there to put it to. */
const IDLE_INTERVAL = 1_000

export interface PublisherInit {
  self: string
  privateKey: PrivateKey
  rules: RecordRules
  dht: () => Dht
  log: Logger
  /** @throws InvalidOptionsError - no peer would take it */
  check: (record: NewRecord) => void
}

export class Publisher {
  readonly #init: PublisherInit
  readonly #backlog = new Backlog<NewRecord | RecordSource>(MAX_KEPT_RECORDS, id => id.startsWith(SOURCE))
  #closing: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #flying = 0
  /** Of the last put. */
  #messages: number | undefined

  constructor (init: PublisherInit) {
    this.#init = init
  }

  start (): void {
    this.#closing = new AbortController()
    this.#flying = 0
    this.#arm()
  }

  stop (): void {
    this.#closing?.abort()
    this.#closing = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  keep (id: string, record: NewRecord | RecordSource, isFirst = false): boolean {
    const kept = this.#backlog.keep(id, record, isFirst)
    if (kept) this.#arm()
    return kept
  }

  withdraw (id: string): void {
    this.#backlog.withdraw(id)
  }

  withdrawAll (prefix = ''): void {
    if (prefix === '') this.#backlog.clear()
    else this.#backlog.withdrawAll(prefix)
  }

  status (): RecordsStatus {
    return this.#backlog.status(this.#init.rules.now())
  }

  /** How many nodes stored it, and until when. @throws the signal's reason */
  async put (record: NewRecord, signal?: AbortSignal): Promise<{ stored: number, validUntil: number }> {
    const { self, rules, dht } = this.#init
    const { value, validUntil } = await this.#sign(record)
    signal?.throwIfAborted()
    const under = encodeRecordKey({ mesh: rules.mesh, author: self, key: record.key })
    const takers = new Set<string>()
    let messages = 0
    rules.counters.add('puts')
    await withDeadline(PUT_TIMEOUT, [signal, this.#closing?.signal], async signal => {
      for await (const { name, messageName, from, record } of dht().put(under, value, { signal, reuse: true })) {
        if (name === 'SEND_QUERY') messages++
        // It has stored itself by the time the first event comes.
        if (dht().getMode() === 'server') takers.add(self)
        if (name === 'PEER_RESPONSE' && messageName === 'PUT_VALUE' && from != null && record != null && equals(record.value, value)) takers.add(from.toString())
      }
    }).catch((err: unknown) => { this.#init.log.trace('a put ended early - %e', err) })
    if (messages > 0) this.#messages = messages
    signal?.throwIfAborted()
    rules.counters.add(takers.size > 0 ? 'puts_stored' : 'puts_refused')
    return { stored: takers.size, validUntil }
  }

  async #sign (record: NewRecord): Promise<{ value: Uint8Array, validUntil: number }> {
    const { self, privateKey, rules } = this.#init
    const validUntil = Math.floor(rules.now() + record.ttl)
    const [epoch, term, index] = record.rank
    const fields = encodeRanked({ mesh: rules.mesh, key: record.key, author: self, epoch, term, index, value: record.value, validUntil })
    return { value: encodeSignedRanked(await sign(DOMAIN, fields, privateKey)), validUntil }
  }

  #arm (delay = 0): void {
    if (this.#closing == null || this.#timer != null || this.#backlog.size === 0) return
    this.#timer = unref(setTimeout(() => {
      this.#timer = undefined
      this.#arm(this.#next() ? putInterval(this.#init.dht().routingTable.size, this.#messages) : IDLE_INTERVAL)
    }, delay))
  }

  /** False: nothing to do for now. */
  #next (): boolean {
    const { rules, dht } = this.#init
    if (dht().routingTable.size === 0) return false
    if (this.#flying >= MAX_FLYING) return true
    const job = this.#backlog.next(rules.now())
    if (job === undefined) return false
    const closing = this.#closing
    this.#flying++
    this.#run(job).catch((err: unknown) => { this.#init.log.error('a kept record could not be put - %e', err) })
      .finally(() => { if (closing === this.#closing) this.#flying-- })
    return true
  }

  /** @throws whatever it cannot be made for: it will not be later either */
  #made ({ id, record }: Job<NewRecord | RecordSource>): NewRecord {
    if (!('make' in record)) return record
    try {
      const made = record.make()
      this.#init.check(made)
      return made
    } catch (err) {
      this.#backlog.withdraw(id)
      throw err
    }
  }

  async #run (job: Job<NewRecord | RecordSource>): Promise<void> {
    let until = 0
    try {
      const { stored, validUntil } = await this.put(this.#made(job))
      if (stored > 0) until = validUntil
    } finally {
      this.#backlog.done(job, until, this.#init.rules.now())
    }
  }
}
