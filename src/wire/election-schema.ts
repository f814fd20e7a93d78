/** The messages of election.proto as tables, for the codec beside this: the generated code would be ten times as long. */
import { MAX_MESSAGE, MAX_NAME, MAX_TEXT, MAX_VOTERS } from './limits.ts'

/**
 * `uint` below 2^53; `id` 16 bytes, in memory 32 hex digits or ''; `maybe` a text that is undefined when empty; `kind` a
 * number, in memory its name; `value` bytes that may be missing. Objects are messages: `need` must be there.
 */
export type Field =
  | { readonly type: 'uint' | 'bool' | 'id' | 'kind' | 'value' }
  | { readonly type: 'text' | 'maybe' | 'texts', readonly max: number }
  | { readonly type: 'need' | 'may', readonly of: Schema }
  | { readonly type: 'list', readonly of: Schema, readonly max: number }

/** Fields by name, in the order of their numbers; holes are numbers that are not used. */
export type Schema = ReadonlyArray<readonly [name: string, number: number, field: Field]>

export const KINDS = ['default', 'expect', 'voters', 'recover'] as const

const UINT: Field = { type: 'uint' }
const BOOL: Field = { type: 'bool' }
const ID: Field = { type: 'id' }
const KIND: Field = { type: 'kind' }
const PEER: Field = { type: 'text', max: MAX_TEXT }
const MAYBE_PEER: Field = { type: 'maybe', max: MAX_TEXT }

const need = (of: Schema): Field => ({ type: 'need', of })
const may = (of: Schema): Field => ({ type: 'may', of })
const fields = (...list: Array<readonly [string, Field]>): Schema => list.map(([name, field], index) => [name, index + 1, field])

const VOTER = fields(['id', PEER], ['incarnation', ID])
const CONFIG = fields(['group', UINT], ['epoch', UINT], ['kind', KIND], ['term', UINT], ['version', UINT], ['voters', { type: 'list', of: VOTER, max: MAX_VOTERS }], ['replaces', UINT])
const VERSION = fields(['term', UINT], ['version', UINT])
const RANK = fields(['epoch', UINT], ['term', UINT], ['index', UINT])
const ENTRY = fields(['key', { type: 'text', max: MAX_TEXT }], ['value', { type: 'value' }], ['rank', need(RANK)])
/** As many as a frame holds. */
const ENTRIES: Field = { type: 'list', of: ENTRY, max: Infinity }
const VOTE = fields(['config', need(CONFIG)], ['transfer', BOOL])
const VOTED = fields(['asked', UINT], ['granted', BOOL], ['config', may(CONFIG)])

export const COMMON: Schema = fields(['service', { type: 'text', max: MAX_NAME }], ['group', UINT], ['epoch', UINT], ['term', UINT], ['incarnation', ID])

/** Numbered from 10 in this order. */
export const MESSAGES: ReadonlyArray<readonly [type: string, schema: Schema]> = [
  ['hello', fields(['config', may(CONFIG)], ['founded', BOOL], ['leader', MAYBE_PEER], ['eligible', BOOL], ['kind', KIND], ['size', UINT], ['highestEpoch', UINT], ['ask', BOOL])],
  ['prevote', VOTE],
  ['vote', VOTE],
  ['prevote-response', VOTED],
  ['vote-response', VOTED],
  ['heartbeat', fields(['round', UINT], ['config', need(VERSION)], ['floor', may(RANK)], ['standby', BOOL])],
  ['heartbeat-response', fields(['round', UINT], ['config', need(VERSION)], ['synced', need(RANK)], ['leaving', BOOL], ['promise', UINT], ['highestEpoch', UINT])],
  ['config', fields(['config', need(CONFIG)], ['founded', BOOL])],
  ['config-response', fields(['config', need(VERSION)])],
  ['read', fields(['since', need(RANK)], ['part', UINT])],
  ['table', fields(['since', need(RANK)], ['synced', need(RANK)], ['part', UINT], ['last', BOOL], ['entries', ENTRIES])],
  ['append', fields(['from', need(RANK)], ['to', need(RANK)], ['reset', BOOL], ['part', UINT], ['last', BOOL], ['entries', ENTRIES])],
  ['append-response', fields(['synced', need(RANK)], ['part', UINT])],
  ['timeout-now', []],
  ['bye', fields(['seat', BOOL])],
  ['propose', fields(['config', need(CONFIG)], ['size', UINT], ['firm', BOOL])],
  ['pledge', fields(['proposed', UINT], ['ok', BOOL], ['why', { type: 'text', max: MAX_MESSAGE }], ['firm', BOOL])],
  ['yield', fields(['to', UINT])]
]

export const STORED: Schema = fields(
  ['number', UINT],
  ['hard', may(fields(['incarnation', ID], ['config', may(CONFIG)], ['founded', BOOL], ['term', UINT], ['vote', MAYBE_PEER], ['highestEpoch', UINT]))],
  ['reset', BOOL],
  ['entries', ENTRIES],
  ['drop', { type: 'texts', max: MAX_TEXT }],
  ['synced', may(RANK)]
)
