/** The messages of election.proto as tables. */
import { MAX_LINEAGE, MAX_MESSAGE, MAX_NAME, MAX_REGISTER_VALUE, MAX_SIGNATURE, MAX_TEXT, MAX_VOTERS } from './limits.ts'
import { shareBytes } from './bytes.ts'
import { data, length, malformed, pos, take } from './reader.ts'
import { bool, bytes, list, message, oneOf, uint53 } from './schema.ts'
import { fields, may, need, texts } from './fields.ts'
import type { Fields } from './fields.ts'
import type { Message, Type } from './schema.ts'

const KINDS = ['default', 'expect', 'voters', 'recover'] as const

const ID_BYTES = 16

const HEX = bytes(() => true)
/** 16 bytes, in memory 32 hex digits or ''. */
const ID: Type<string> = {
  wire: 2,
  initial: '',
  ok: () => true,
  put: id => { HEX.put(Uint8Array.from({ length: id.length / 2 }, (_, i) => parseInt(id.slice(2 * i, 2 * i + 2), 16))) },
  get: () => {
    const id = HEX.get()
    return id.length === ID_BYTES ? Array.from(id, byte => byte.toString(16).padStart(2, '0')).join('') : malformed(`an id that is not of ${ID_BYTES} bytes`)
  }
}
const KIND = oneOf(...KINDS)
const PEER = texts(MAX_TEXT)
const VALUE: Type<Uint8Array> = {
  ...bytes(value => value.length <= MAX_REGISTER_VALUE),
  // many entries have the same one
  get: () => {
    const start = take(length())
    return shareBytes(data, start, pos)
  }
}

const VOTER = fields({ id: PEER, incarnation: ID })
const CONFIG = fields({ group: uint53, epoch: uint53, kind: KIND, term: uint53, version: uint53, voters: list(VOTER, MAX_VOTERS), replaces: uint53 })
const VERSION = fields({ term: uint53, version: uint53 })
const RANK = fields({ epoch: uint53, term: uint53, index: uint53 })
const ENTRY = fields({ key: PEER, value: may(VALUE), rank: need(RANK) })
const SIGNATURE = bytes(value => value.length <= MAX_SIGNATURE)
const LINEAGE = list(fields({ by: PEER, config: need(CONFIG), signature: SIGNATURE, publicKey: SIGNATURE }), MAX_LINEAGE)
/** As many as a frame holds. */
const ENTRIES = list(ENTRY, Infinity)
const VOTE = fields({ config: need(CONFIG), transfer: bool })
const VOTED = fields({ asked: uint53, granted: bool, config: may(CONFIG) })

const COMMON = { service: texts(MAX_NAME), group: uint53, epoch: uint53, term: uint53, incarnation: ID }

/** Numbered from 10 in this order. */
export const MESSAGES: ReadonlyArray<readonly [type: string, schema: Message<any>]> = [
  ['hello', fields({ config: may(CONFIG), founded: bool, leader: may(PEER), eligible: bool, kind: KIND, size: uint53, highestEpoch: uint53, ask: bool })],
  ['prevote', VOTE],
  ['vote', VOTE],
  ['prevote-response', VOTED],
  ['vote-response', VOTED],
  ['heartbeat', fields({ round: uint53, config: need(VERSION), floor: may(RANK), standby: bool })],
  ['heartbeat-response', fields({ round: uint53, config: need(VERSION), synced: need(RANK), leaving: bool, promise: uint53, highestEpoch: uint53 })],
  ['config', fields({ config: need(CONFIG), founded: bool })],
  ['config-response', fields({ config: need(VERSION) })],
  ['read', fields({ since: need(RANK), part: uint53 })],
  ['table', fields({ since: need(RANK), synced: need(RANK), part: uint53, last: bool, entries: ENTRIES })],
  ['append', fields({ from: need(RANK), to: need(RANK), reset: bool, part: uint53, last: bool, entries: ENTRIES })],
  ['append-response', fields({ synced: need(RANK), part: uint53 })],
  ['timeout-now', fields({})],
  ['bye', fields({ seat: bool })],
  ['propose', fields({ config: need(CONFIG), size: uint53, firm: bool })],
  ['pledge', fields({ proposed: uint53, ok: bool, why: texts(MAX_MESSAGE), firm: bool })],
  ['yield', fields({ to: uint53 })],
  ['lineage', fields({ configs: LINEAGE })]
]

const FIRST_MESSAGE = 10

export const FRAME = message<any>({
  ...Object.fromEntries(Object.entries(COMMON).map(([name, type], index) => [name, [index + 1, type]])) as Fields,
  ...Object.fromEntries(MESSAGES.map(([type, schema], index) => [type, [FIRST_MESSAGE + index, schema]])) as Fields
}, true)

export const STORED = fields({
  number: uint53,
  hard: may(fields({ incarnation: ID, config: may(CONFIG), founded: bool, term: uint53, vote: may(PEER), highestEpoch: uint53, lineage: LINEAGE, epochAhead: uint53 })),
  reset: bool,
  entries: ENTRIES,
  drop: list(PEER, Infinity),
  synced: may(RANK),
  logged: bool
})

/** What a leader signs. */
export const STATEMENT = fields({ mesh: texts(MAX_NAME), service: texts(MAX_NAME), by: PEER, config: need(CONFIG) })
