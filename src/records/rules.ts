/** What the DHT must be given so that it keeps ranked records as they should be kept: validator, selector, datastore. */
import { fromString } from 'uint8arrays/from-string'
import { equals } from 'uint8arrays/equals'
import { verify } from '../util/signing.ts'
import { checkName } from '../wire/names.ts'
import { decodeRanked, decodeRecordKey, decodeSignedRanked } from '../wire/record-codec.ts'
import { RECORD_NAMESPACE } from '../wire/protocols.ts'
import { Counted } from './counted.ts'
import { compareBytes, compareRecords, judge } from './record.core.ts'
import { RecordStore } from './record-store.ts'
import type { HeldLimits } from './held.core.ts'
import type { Datastore } from './record-store.ts'
import type { DhtRules } from '../transport/index.ts'
import type { RankedFields, RecordKey, SignedRanked } from '../wire/record-codec.ts'

/** What an author signs its records in. */
export const DOMAIN = fromString('braid-mesh/ranked-record/v1\0')
/** Records whose signature was verified and need not be again: a read meets the same one on many servers. */
const MAX_VERIFIED = 256

export interface RecordRulesInit {
  /** Name of the mesh. @default 'braid' */
  mesh?: string
  /** What this server takes. @default 20,000 records of an author, 64 MiB of all */
  limits?: Partial<HeldLimits>
  /** Whether an author is a node of the mesh: all others together get 4 MiB. @default all are */
  isKnown?: (author: string) => boolean
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

/** A record that may be stored or believed, but for its signature. */
export interface Checked {
  readonly under: RecordKey
  readonly signed: SignedRanked
  readonly fields: RankedFields
}

export class RecordRules implements DhtRules {
  readonly namespace = RECORD_NAMESPACE
  readonly mesh: string
  readonly counters = new Counted()
  readonly store: RecordStore
  readonly now: () => number
  readonly #verified = new Map<string, Uint8Array>()

  constructor (init: RecordRulesInit) {
    this.mesh = checkName('mesh', init.mesh ?? 'braid')
    this.now = init.now ?? Date.now
    this.store = new RecordStore({
      limits: init.limits ?? {},
      counters: this.counters,
      now: this.now,
      check: (key, value) => this.check(key, value),
      isKnown: init.isKnown ?? (() => true)
    })
  }

  readonly datastore = (inner: Datastore): Datastore => this.store.over(inner)

  /** @throws RecordRefusedError */
  check (key: Uint8Array, value: Uint8Array): Checked {
    const record = parse(key, value)
    const refusal = record === undefined ? 'malformed' : judge(record.fields, record.under, this.mesh, this.now())
    if (record === undefined || refusal !== undefined) throw this.counters.refuse(refusal ?? 'malformed')
    return record
  }

  /** @throws RecordRefusedError */
  readonly validate = async (key: Uint8Array, value: Uint8Array): Promise<void> => {
    const { fields: { author }, signed, under } = this.check(key, value)
    const id = `${under.author}/${under.key.join()}`
    const known = this.#verified.get(id)
    if (known !== undefined && equals(known, value)) return
    if (!await verify(DOMAIN, author, signed)) throw this.counters.refuse('signature')
    this.#verified.delete(id)
    this.#verified.set(id, new Uint8Array(value))
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= MAX_VERIFIED) break
      this.#verified.delete(oldest)
    }
  }

  /** Place of the newest; all were validated. */
  readonly select = (key: Uint8Array, values: readonly Uint8Array[]): number => {
    const records = values.map(value => parse(key, value))
    return records.reduce((best, record, i) => isNewer(record, records[best]) ? i : best, 0)
  }
}

/** The rules that a DHT needs for {@link records}: give them to `libp2pOptions`, and to `records`. */
export function recordRules (init: RecordRulesInit = {}): RecordRules {
  return new RecordRules(init)
}

function isNewer (a: Checked | undefined, b: Checked | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined && a !== undefined
  return (compareRecords(ordered(a), ordered(b)) || compareBytes(a.signed.signature, b.signed.signature)) > 0
}

function ordered ({ fields: { epoch, term, index, validUntil } }: Checked): { rank: [number, number, number], validUntil: number } {
  return { rank: [epoch, term, index], validUntil }
}

/** Undefined when a part of it cannot be read. */
function parse (key: Uint8Array, value: Uint8Array): Checked | undefined {
  try {
    const signed = decodeSignedRanked(value)
    return { under: decodeRecordKey(key), signed, fields: decodeRanked(signed.record) }
  } catch {
    return undefined
  }
}
