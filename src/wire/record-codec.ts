/**
 * Records in the DHT, as records.proto has them, and the keys that they are stored under. The table says what a peer may
 * send: the key has 32 bytes, numbers are safe integers, everything is within `limits.ts`. What is returned shares no
 * memory with what was given.
 */
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { ProtocolError } from '../errors.ts'
import { checkSize } from './check-size.ts'
import { MAX_KEY, MAX_RANKED_RECORD, MAX_RANKED_VALUE, MAX_TEXT, RECORD_KEY_BYTES } from './limits.ts'
import { isName } from './names.ts'
import { RECORD_NAMESPACE } from './protocols.ts'
import { bytes, decode, encode, message, text, uint53 } from './schema.ts'
import type { Encodable } from './schema.ts'

/** What its author signs. */
export interface RankedFields {
  mesh: string
  key: Uint8Array
  /** Peer id. */
  author: string
  epoch: number
  term: number
  index: number
  value: Uint8Array
  /** Milliseconds since 1970. */
  validUntil: number
}

/** {@link RankedFields} as they travel. */
export interface SignedRanked {
  record: Uint8Array
  signature: Uint8Array
  /** Empty when the peer id carries it. */
  publicKey: Uint8Array
}

/** Whose record it is, and which. */
export interface RecordKey {
  mesh: string
  /** Peer id. */
  author: string
  key: Uint8Array
}

/** 32 bytes in base32: the last digit holds one bit of them, and no other. */
const KEY = /^[a-z2-7]{51}[aq]$/
/** Peer ids as they are written usually, in base58. */
const AUTHOR = /^[A-Za-z0-9]+$/
/** Tags and lengths around a record, its signature and its key. */
const MAX_SIGNED = MAX_RANKED_RECORD + 2 * MAX_KEY + 32

const RANKED = message<RankedFields>({
  mesh: [1, text(value => isName('mesh', value))],
  key: [2, bytes(value => value.length === RECORD_KEY_BYTES)],
  author: [3, text(isAuthor)],
  epoch: [4, uint53],
  term: [5, uint53],
  index: [6, uint53],
  value: [7, bytes(value => value.length <= MAX_RANKED_VALUE)],
  validUntil: [8, uint53]
})

const SIGNED = message<SignedRanked>({
  record: [1, bytes(value => value.length > 0)],
  signature: [2, bytes(value => value.length > 0 && value.length <= MAX_KEY)],
  publicKey: [3, bytes(value => value.length <= MAX_KEY)]
})

const STORED_VALUE = message<{ key: Uint8Array, value: Uint8Array, timeReceived: string }>({
  key: [1, bytes(() => true)],
  value: [2, bytes(() => true)],
  timeReceived: [5, text(() => true)]
})

/**
 * A record as it travels; its signature is not verified here. There is one way to write each: what is around the signed
 * bytes could be padded by anybody.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeSignedRanked (bytes: Uint8Array): SignedRanked {
  checkSize('signed ranked record', bytes.length, MAX_SIGNED)
  const signed = decode(SIGNED, bytes)
  checkSize('ranked record', signed.record.length, MAX_RANKED_RECORD)
  if (!equals(encode(SIGNED, signed), bytes)) {
    throw new ProtocolError('a signed record that is not written as it should be')
  }
  return signed
}

/**
 * The record inside a {@link SignedRanked}.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeRanked (bytes: Uint8Array): RankedFields {
  checkSize('ranked record', bytes.length, MAX_RANKED_RECORD)
  return decode(RANKED, bytes)
}

/**
 * @throws FrameTooLargeError, ProtocolError - every peer would refuse it
 */
export function encodeRanked (fields: Encodable<RankedFields>): Uint8Array {
  const bytes = encode(RANKED, fields)
  decodeRanked(bytes)
  return bytes
}

/** @throws FrameTooLargeError */
export function encodeSignedRanked (signed: Encodable<SignedRanked>): Uint8Array {
  const bytes = encode(SIGNED, signed)
  checkSize('signed ranked record', bytes.length, MAX_SIGNED)
  return bytes
}

/** The key of the DHT under which an author's record is. */
export function encodeRecordKey ({ mesh, author, key }: RecordKey): Uint8Array {
  return fromString(`/${RECORD_NAMESPACE}/${mesh}/${author}/${toString(key, 'base32')}`)
}

/**
 * What a key of the DHT says. There is one way to write each key.
 *
 * @throws ProtocolError
 */
export function decodeRecordKey (bytes: Uint8Array): RecordKey {
  const text = bytes.length > 2 * MAX_TEXT ? '' : toString(bytes)
  const [empty, namespace, mesh = '', author = '', name = '', ...more] = text.split('/')
  if (empty !== '' || namespace !== RECORD_NAMESPACE || more.length > 0 || !isName('mesh', mesh) || !isAuthor(author) || !KEY.test(name)) {
    throw new ProtocolError('not the key of a ranked record')
  }
  return { mesh, author, key: fromString(name, 'base32') }
}

/**
 * Key and value of what a server of the DHT stores.
 *
 * @throws ProtocolError
 */
export function decodeStoredValue (bytes: Uint8Array): { key: Uint8Array, value: Uint8Array } {
  return decode(STORED_VALUE, bytes)
}

function isAuthor (value: string): boolean {
  return value.length <= MAX_TEXT && AUTHOR.test(value)
}
