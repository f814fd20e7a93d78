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

/** What a body takes in memory beside its bytes is added to `size`. */
export interface Weighed {
  size: number
}

/**
 * The one value in `bytes`; it shares no memory with them.
 *
 * @throws ProtocolError
 */
export function decodeCbor (bytes: Uint8Array, weighed?: Weighed): unknown {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  reader.finish()
  if (weighed !== undefined) {
    weighed.size += reader.parts * PART_COST
  }
  return value
}

class Reader {
  parts = 0
  private readonly bytes: Uint8Array
  private readonly end: number
  private pos = 0

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  finish (): void {
    if (this.pos !== this.end) {
      fail('bytes behind the value')
    }
  }

  value (depth: number): unknown {
    const byte = this.byte()
    const info = byte & 31
    switch (byte >> 5) {
      case 0: return this.argument(info, false)
      case 1: return this.argument(info, true)
      case 2: return this.binary(info)
      case 3: return this.text(info)
      case 4: return this.list(info, depth + 1)
      case 5: return this.map(info, depth + 1)
      case 6: return this.tagged(info)
      default: return this.simple(info)
    }
  }

  /** An integer: a number when that is exact, else a bigint. */
  private argument (info: number, negative: boolean): number | bigint {
    if (info < 24) {
      return negative ? -1 - info : info
    }
    if (info < 27) {
      const n = this.shorter(info)
      return negative ? -1 - n : n
    }
    if (info !== 27) {
      fail('an indefinite length')
    }
    const high = this.uint(4)
    const low = this.uint(4)
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

  private shorter (info: number): number {
    const n = this.uint(1 << (info - 24))
    if (n < (info === 24 ? 24 : info === 25 ? 0x100 : 0x10000)) {
      fail('an integer in more bytes than it needs')
    }
    return n
  }

  /** A length or a count; each unit of it takes at least `least` bytes, so that a lie about it allocates nothing. */
  private length (info: number, least: number): number {
    const n = info < 24 ? info : info < 27 ? this.shorter(info) : fail('an indefinite or absurd length')
    if (n * least > this.end - this.pos) {
      fail('a length beyond the end')
    }
    return n
  }

  /** Goes on by as many bytes and returns where they begin. */
  private take (length: number): number {
    const start = this.pos
    this.pos += length
    return start
  }

  private part (): void {
    if (tooMany(++this.parts, this.end)) {
      fail('too many arrays, maps, byte strings, dates and bigints')
    }
  }

  private binary (info: number): Uint8Array {
    this.part()
    const start = this.take(this.length(info, 1))
    return copyBytes(this.bytes, start, this.pos)
  }

  private text (info: number): string {
    const start = this.take(this.length(info, 1))
    return readUtf8(this.bytes, start, this.pos)
  }

  private list (info: number, depth: number): unknown[] {
    const length = this.length(info, 1)
    this.part()
    nested(depth)
    if (length > MAX_CBOR_ARRAY) {
      fail('an array that is too long')
    }
    const list: unknown[] = []
    for (let i = 0; i < length; i++) {
      list.push(this.value(depth))
    }
    return list
  }

  private map (info: number, depth: number): Record<string, unknown> | Map<unknown, unknown> {
    const size = this.length(info, 2)
    this.part()
    nested(depth)
    if (size > MAX_CBOR_MAP) {
      fail('a map that is too large')
    }
    const record: Record<string, unknown> = {}
    for (let i = 0; i < size; i++) {
      const byte = this.bytes[this.pos] ?? 0
      if (byte >> 5 !== 3) {
        return this.keyed(record, i, size, depth)
      }
      this.pos++
      record[this.key(byte & 31)] = this.value(depth)
    }
    // cheaper than a look for each key
    if (Object.keys(record).length !== size) {
      fail('a duplicate key')
    }
    return record
  }

  /** The rest of a map that turned out to have other keys than texts. */
  private keyed (record: Record<string, unknown>, read: number, size: number, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(record))
    for (let i = read; i < size; i++) {
      const byte = this.byte()
      const major = byte >> 5
      if (major === 2 || major === 4 || major === 5) {
        fail('a key that is not a text, number, bigint or boolean')
      }
      this.pos--
      const key = major === 3 ? this.key(this.byte() & 31) : this.value(depth)
      if (key === undefined || key === null || key instanceof Date) {
        fail('a key that is not a text, number, bigint or boolean')
      }
      map.set(key, this.value(depth))
    }
    if (map.size !== size) {
      fail('a duplicate key')
    }
    return map
  }

  private key (info: number): string {
    const start = this.take(this.length(info, 1))
    const key = readName(this.bytes, start, this.pos)
    if (key === '__proto__') {
      fail('the key __proto__')
    }
    return key
  }

  private tagged (tag: number): Date | bigint {
    this.part()
    const byte = this.byte()
    const info = byte & 31
    const major = byte >> 5
    if (tag === 1 && (major < 2 || (major === 7 && info > 24 && info < 28))) {
      const seconds = major === 7 ? this.float(info) : this.argument(info, major === 1)
      const ms = typeof seconds === 'number' ? Math.round(seconds * 1000) : NaN
      return Math.abs(ms) <= MAX_DATE ? new Date(ms) : fail('a date out of range')
    }
    if ((tag === 2 || tag === 3) && major === 2) {
      const n = this.big(this.length(info, 1))
      return tag === 2 ? n : -1n - n
    }
    return fail('a tag other than 1, 2 and 3')
  }

  private big (length: number): bigint {
    if (length > MAX_CBOR_BIGINT) {
      fail('a bigint that is too large')
    }
    let hex = '0'
    for (let i = 0; i < length; i++) {
      hex += (this.bytes[this.pos++] ?? 0).toString(16).padStart(2, '0')
    }
    return BigInt('0x' + hex)
  }

  private simple (info: number): boolean | null | undefined | number {
    switch (info) {
      case 20: return false
      case 21: return true
      case 22: return null
      case 23: return undefined
      case 25: case 26: case 27: return this.float(info)
      default: return fail('an unknown simple value')
    }
  }

  private float (info: number): number {
    if (info === 25) {
      return half(this.uint(2))
    }
    float.setUint32(0, this.uint(4))
    if (info === 26) {
      return float.getFloat32(0)
    }
    float.setUint32(4, this.uint(4))
    return float.getFloat64(0)
  }

  private uint (size: number): number {
    if (this.pos + size > this.end) {
      fail('an early end')
    }
    let n = 0
    for (let i = 0; i < size; i++) {
      n = n * 256 + (this.bytes[this.pos++] ?? 0)
    }
    return n
  }

  private byte (): number {
    if (this.pos >= this.end) {
      fail('an early end')
    }
    return this.bytes[this.pos++] ?? 0
  }
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
