/**
 * CBOR (RFC 8949), reading what a peer sent: definite lengths, shortest integers, tags 1 (Date), 2 and 3 (bigint), no
 * duplicate key, no `__proto__`, depth and sizes within `limits.ts`. A map with a key that is not a text becomes a Map,
 * every other one a plain object. Accepts what cborg does in strict mode, within those limits.
 */
import { ProtocolError } from '../errors.ts'
import { copyBytes, readName, readUtf8 } from './bytes.ts'
import { tooMany } from './check-size.ts'
import { MAX_CBOR_ARRAY, MAX_CBOR_BIGINT, MAX_CBOR_DEPTH, MAX_CBOR_MAP, PART_COST } from './limits.ts'

const MAX_DATE = 8.64e15
const float = new DataView(new ArrayBuffer(8))
const NOTHING = new Uint8Array(0)

/** What a body takes in memory beside its bytes is added to `size`. */
export interface Weighed {
  size: number
}

/**
 * The body under way. Module state rather than an object, as in `rpc-read.ts`: a body is read in one go, and nothing of the
 * application runs meanwhile.
 */
let data = NOTHING as Uint8Array
let pos = 0
let end = 0
let parts = 0

/**
 * The one value in `bytes`; it shares no memory with them.
 *
 * @throws ProtocolError
 */
export function decodeCbor (bytes: Uint8Array, weighed?: Weighed): unknown {
  data = bytes
  pos = parts = 0
  end = bytes.length
  try {
    const value = readValue(0)
    if (pos !== end) {
      fail('bytes behind the value')
    }
    if (weighed !== undefined) {
      weighed.size += parts * PART_COST
    }
    return value
  } finally {
    data = NOTHING
  }
}

function readValue (depth: number): unknown {
  const byte = readByte()
  const info = byte & 31
  switch (byte >> 5) {
    case 0: return argument(info, false)
    case 1: return argument(info, true)
    case 2: return binary(info)
    case 3: return text(info)
    case 4: return list(info, depth + 1)
    case 5: return readMap(info, depth + 1)
    case 6: return tagged(info)
    default: return simple(info)
  }
}

/** An integer: a number when that is exact, else a bigint. */
function argument (info: number, negative: boolean): number | bigint {
  if (info < 24) {
    return negative ? -1 - info : info
  }
  if (info < 27) {
    const n = shorter(info)
    return negative ? -1 - n : n
  }
  if (info !== 27) {
    fail('an indefinite length')
  }
  const high = uint(4)
  const low = uint(4)
  if (high === 0) {
    fail('an integer in more bytes than it needs')
  }
  const n = high * 0x100000000 + low
  const value = negative ? -1 - n : n
  if (high < 0x200000 && Number.isSafeInteger(value)) {
    return value
  }
  const exact = (BigInt(high) << 32n) | BigInt(low)
  return negative ? -1n - exact : exact
}

function shorter (info: number): number {
  const n = uint(1 << (info - 24))
  if (n < (info === 24 ? 24 : info === 25 ? 0x100 : 0x10000)) {
    fail('an integer in more bytes than it needs')
  }
  return n
}

/** A length or a count; each unit of it takes at least `least` bytes, so that a lie about it allocates nothing. */
function readLength (info: number, least: number): number {
  const n = info < 24 ? info : info < 27 ? shorter(info) : fail('an indefinite or absurd length')
  if (n * least > end - pos) {
    fail('a length beyond the end')
  }
  return n
}

/** Goes on by a length of bytes and returns where they begin. */
function take (info: number): number {
  const length = readLength(info, 1)
  pos += length
  return pos - length
}

function part (): void {
  if (tooMany(++parts, end)) {
    fail('too many objects')
  }
}

function binary (info: number): Uint8Array {
  part()
  const start = take(info)
  return copyBytes(data, start, pos)
}

function text (info: number): string {
  const start = take(info)
  return readUtf8(data, start, pos)
}

function list (info: number, depth: number): unknown[] {
  const length = readLength(info, 1)
  part()
  nested(depth)
  if (length > MAX_CBOR_ARRAY) {
    fail('an array that is too long')
  }
  const list: unknown[] = []
  for (let i = 0; i < length; i++) {
    list.push(readValue(depth))
  }
  return list
}

function readMap (info: number, depth: number): Record<string, unknown> | Map<unknown, unknown> {
  const size = readLength(info, 2)
  part()
  nested(depth)
  if (size > MAX_CBOR_MAP) {
    fail('a map that is too large')
  }
  const record: Record<string, unknown> = {}
  for (let i = 0; i < size; i++) {
    const byte = data[pos] ?? 0
    if (byte >> 5 !== 3) {
      return keyed(record, i, size, depth)
    }
    pos++
    record[readKey(byte & 31)] = readValue(depth)
  }
  // cheaper than a look for each key
  if (Object.keys(record).length !== size) {
    fail('a duplicate key')
  }
  return record
}

/** The rest of a map that turned out to have other keys than texts. */
function keyed (record: Record<string, unknown>, read: number, size: number, depth: number): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>(Object.entries(record))
  for (let i = read; i < size; i++) {
    const byte = readByte()
    const major = byte >> 5
    if (major === 2 || major === 4 || major === 5) {
      fail('a key that is not allowed')
    }
    pos--
    const key = major === 3 ? readKey(readByte() & 31) : readValue(depth)
    if (key === undefined || key === null || key instanceof Date) {
      fail('a key that is not allowed')
    }
    map.set(key, readValue(depth))
  }
  if (map.size !== size) {
    fail('a duplicate key')
  }
  return map
}

function readKey (info: number): string {
  const start = take(info)
  const key = readName(data, start, pos)
  if (key === '__proto__') {
    fail('the key __proto__')
  }
  return key
}

function tagged (tag: number): Date | bigint {
  part()
  const byte = readByte()
  const info = byte & 31
  const major = byte >> 5
  if (tag === 1 && (major < 2 || (major === 7 && info > 24 && info < 28))) {
    const seconds = major === 7 ? readFloat(info) : argument(info, major === 1)
    const ms = typeof seconds === 'number' ? Math.round(seconds * 1000) : NaN
    return Math.abs(ms) <= MAX_DATE ? new Date(ms) : fail('a date out of range')
  }
  if ((tag === 2 || tag === 3) && major === 2) {
    const n = big(readLength(info, 1))
    return tag === 2 ? n : -1n - n
  }
  return fail('an unknown tag')
}

function big (length: number): bigint {
  if (length > MAX_CBOR_BIGINT) {
    fail('a bigint that is too large')
  }
  let hex = '0'
  for (let i = 0; i < length; i++) {
    hex += (data[pos++] ?? 0).toString(16).padStart(2, '0')
  }
  return BigInt('0x' + hex)
}

function simple (info: number): boolean | null | undefined | number {
  switch (info) {
    case 20: return false
    case 21: return true
    case 22: return null
    case 23: return undefined
    case 25: case 26: case 27: return readFloat(info)
    default: return fail('an unknown simple value')
  }
}

function readFloat (info: number): number {
  if (info === 25) {
    return half(uint(2))
  }
  float.setUint32(0, uint(4))
  if (info === 26) {
    return float.getFloat32(0)
  }
  float.setUint32(4, uint(4))
  return float.getFloat64(0)
}

function uint (size: number): number {
  if (pos + size > end) {
    fail('an early end')
  }
  let n = 0
  for (let i = 0; i < size; i++) {
    n = n * 256 + (data[pos++] ?? 0)
  }
  return n
}

function readByte (): number {
  if (pos >= end) {
    fail('an early end')
  }
  return data[pos++] ?? 0
}

function half (bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  const sign = bits >> 15 === 0 ? 1 : -1
  if (exponent === 31) {
    return fraction === 0 ? sign * Infinity : NaN
  }
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

function nested (depth: number): void {
  if (depth > MAX_CBOR_DEPTH) {
    fail('nesting that is too deep')
  }
}

function fail (what: string): never {
  throw new ProtocolError(`malformed CBOR: ${what}`)
}
