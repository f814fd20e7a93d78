/** Reading: one walk through the DHT for each author, and the best of what comes until it is enough or late. */
import { setMaxListeners } from 'main-event'
import { toString } from 'uint8arrays/to-string'
import { abortable } from '../util/abortable.ts'
import { decodeRanked, decodeSignedRanked, encodeRecordKey } from '../wire/record-codec.ts'
import { compareRecords } from './record.core.ts'
import { Tally } from './tally.core.ts'
import type { Dht } from './dht.ts'
import type { GetOptions, RankedRecord } from './index.ts'
import type { RecordRules } from './rules.ts'

export interface ResolverInit {
  rules: RecordRules
  dht: () => Dht
  /** Milliseconds after which answers count that say there is none. */
  window: number
  /** Milliseconds a read takes at most. */
  timeout: number
}

type Found = Tally<RankedRecord>

export class Resolver {
  readonly #init: ResolverInit

  constructor (init: ResolverInit) {
    this.#init = init
  }

  /** @throws the signal's reason */
  async get (key: Uint8Array, authors: readonly string[], window: GetOptions['window'], signal: AbortSignal): Promise<RankedRecord | undefined> {
    signal.throwIfAborted()
    const { rules, timeout } = this.#init
    const walking = new AbortController()
    // One listener for each author's walk, and no leak.
    setMaxListeners(Infinity, walking.signal)
    const over = Promise.withResolvers<void>()
    const tallies = authors.map((): Found => new Tally())
    let late = false
    const check = (): void => {
      const servers = this.#servers()
      // most authors never had one: when it is found under another, nobody waits for what they may have
      const found = late || tallies.some(tally => tally.hasEnough(servers))
      if ((late && window === 'best' && tallies.some(({ best }) => best !== undefined)) || tallies.every(tally => tally.done(servers, found))) over.resolve()
    }
    const timers = [
      setTimeout(() => { late = true; check() }, this.#init.window),
      setTimeout(() => { over.resolve() }, timeout)
    ]
    try {
      tallies.forEach((tally, i) => {
        const under = encodeRecordKey({ mesh: rules.mesh, author: authors[i] ?? '', key })
        this.#walk(under, tally, walking.signal, check).catch(() => {}).finally(() => {
          tally.end()
          check()
        })
      })
      await abortable(over.promise, signal)
    } finally {
      for (const timer of timers) clearTimeout(timer)
      walking.abort()
    }
    return tallies.map(({ best }) => best).reduce((best, record) => isBetter(record, best) ? record : best, undefined)
  }

  /** Servers that may answer. */
  #servers (): number {
    const dht = this.#init.dht()
    return dht.routingTable.size + (dht.getMode() === 'server' ? 1 : 0)
  }

  async #walk (under: Uint8Array, tally: Found, signal: AbortSignal, check: () => void): Promise<void> {
    const { rules, dht } = this.#init
    const own = rules.store.value(toString(under, 'base32'))
    if (own !== undefined) tally.hold(toRecord(own))
    if (dht().routingTable.size === 0) return
    check()
    for await (const event of dht().get(under, { signal })) {
      // The walk is over, and the DHT begins to correct others, which fails as soon as one of them refuses.
      if (event.name === 'SEND_QUERY' && event.messageName === 'PUT_VALUE') return
      if (event.from == null) continue
      const from = event.from.toString()
      if (event.name === 'QUERY_ERROR') tally.fail(from)
      // What comes with a response has passed the validator.
      else if (event.name === 'PEER_RESPONSE' && event.messageName === 'GET_VALUE') tally.answer(from, event.record == null ? undefined : toRecord(event.record.value))
      else continue
      check()
    }
  }
}

function toRecord (value: Uint8Array): RankedRecord {
  const { key, author, epoch, term, index, value: body, validUntil } = decodeRanked(decodeSignedRanked(value).record)
  return { key, author, rank: [epoch, term, index], value: body, validUntil }
}

function isBetter (record: RankedRecord | undefined, than: RankedRecord | undefined): boolean {
  if (record === undefined || than === undefined) return record !== undefined
  return compareRecords(record, than) > 0
}
