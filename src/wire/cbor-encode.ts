/**
 * CBOR (RFC 8949), writing. Keys keep their order, floats take 8 bytes, -0 stays -0, a bigint is always tag 2 or 3 (so
 * that it comes back as one), a Date is tag 1. Byte for byte what cborg writes with those settings, at a fifth of its
 * cost for a body of six fields (see test/unit/wire-cbor.spec.ts and the README of this room).
 */
import { EncodeError, FrameTooLargeError } from '../errors.ts'
import { utf8Length, writeUtf8 } from './bytes.ts'
import { tooMany } from './check-size.ts'
import { MAX_BODY, MAX_BODY_PARTS, MAX_CBOR_ARRAY, MAX_CBOR_BIGINT, MAX_CBOR_DEPTH, MAX_CBOR_MAP } from './limits.ts'

/** Small bodies are cut from slabs of this size: memory of its own costs a small body more than its encoding. */
const SLAB = 8 * 1024
/** Writers at work stay apart: a getter may encode while its object is being encoded. */
let idle: Writer | undefined

/**
 * @throws EncodeError - the value cannot be a body; the message names the place
 * @throws FrameTooLargeError - more than `max` bytes
 */
export function encodeCbor (value: unknown, max = MAX_BODY): Uint8Array {
  const writer = idle ?? new Writer()
  idle = undefined
  writer.max = max
  try {
    writer.value(value)
    return writer.take()
  } catch (err) {
    writer.reset()
    throw err
  } finally {
    idle = writer
  }
}

class Writer {
  max = MAX_BODY
  #bytes = new Uint8Array(SLAB)
  #view = new DataView(this.#bytes.buffer)
  #start = 0
  #pos = 0
  #depth = 0
  #parts = 0
  /** Keys from the outermost container to the current one; read only when something is wrong. */
  readonly #path: Array<string | number> = []

  take (): Uint8Array {
    const bytes = this.#bytes
    const start = this.#start
    const pos = this.#pos
    if (pos - start > this.max) {
      throw tooLarge(this.max)
    }
    if (tooMany(this.#parts, pos - start)) {
      this.#fail(`${this.#parts} objects (at most ${MAX_BODY_PARTS})`)
    }
    this.#parts = 0
    this.#start = pos
    if (bytes.length > SLAB) {
      this.#renew(SLAB)
      this.#start = this.#pos = 0
    }
    return bytes.subarray(start, pos)
  }

  reset (): void {
    this.#pos = this.#start
    this.#depth = this.#parts = 0
  }

  value (value: unknown): void {
    switch (typeof value) {
      case 'string': this.#text(value); break
      case 'number': this.#number(value); break
      case 'boolean': this.#byte(value ? 0xf5 : 0xf4); break
      case 'undefined': this.#byte(0xf7); break
      case 'bigint': this.#bigint(value); break
      case 'object': this.#object(value); break
      default: this.#fail(`a ${typeof value}`)
    }
  }

  #object (value: object | null): void {
    if (value === null) {
      this.#byte(0xf6)
      return
    }
    const proto: unknown = Object.getPrototypeOf(value)
    if (proto === Object.prototype || proto === null) {
      this.#record(value as Record<string, unknown>)
    } else if (Array.isArray(value)) {
      this.#list(value)
    } else if (value instanceof Uint8Array) {
      this.#binary(value)
    } else if (value instanceof Date) {
      this.#date(value)
    } else if (value instanceof Map) {
      this.#map(value)
    } else if (Object.prototype.toString.call(value) === '[object Object]') {
      this.#record(value as Record<string, unknown>)
    } else {
      this.#fail(`a ${value.constructor?.name ?? 'foreign object'} (convert it to a plain object, an array or a Uint8Array)`)
    }
  }

  #record (record: Record<string, unknown>): void {
    const keys = Object.keys(record)
    this.#enter(keys.length, MAX_CBOR_MAP, 'entries')
    this.#head(0xa0, keys.length)
    for (const key of keys) {
      this.#path[this.#depth - 1] = key
      if (key === '__proto__') {
        this.#fail('a key that no peer accepts')
      }
      this.#text(key)
      this.value(record[key])
    }
    this.#depth--
  }

  #list (list: readonly unknown[]): void {
    this.#enter(list.length, MAX_CBOR_ARRAY, 'elements')
    this.#head(0x80, list.length)
    for (let i = 0; i < list.length; i++) {
      this.#path[this.#depth - 1] = i
      this.value(list[i])
    }
    this.#depth--
  }

  #map (map: ReadonlyMap<unknown, unknown>): void {
    this.#enter(map.size, MAX_CBOR_MAP, 'entries')
    this.#head(0xa0, map.size)
    for (const [key, value] of map) {
      this.#path[this.#depth - 1] = String(key)
      if (key === '__proto__' || (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint' && typeof key !== 'boolean')) {
        this.#fail('a key that no peer accepts')
      }
      this.value(key)
      this.value(value)
    }
    this.#depth--
  }

  #date (date: Date): void {
    const ms = date.getTime()
    if (Number.isNaN(ms)) {
      this.#fail('an invalid Date')
    }
    this.#parts++
    this.#byte(0xc1)
    this.#float(ms / 1000)
  }

  #number (value: number): void {
    if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) {
      if (value >= 0) {
        this.#head(0, value)
      } else {
        this.#head(0x20, -1 - value)
      }
    } else {
      this.#float(value)
    }
  }

  #float (value: number): void {
    this.#need(9)
    this.#bytes[this.#pos] = 0xfb
    this.#view.setFloat64(this.#pos + 1, value)
    this.#pos += 9
  }

  #bigint (value: bigint): void {
    const hex = (value < 0n ? -1n - value : value).toString(16)
    const length = (hex.length + 1) >> 1
    if (length > MAX_CBOR_BIGINT) {
      this.#fail(`a bigint of more than ${MAX_CBOR_BIGINT} bytes`)
    }
    this.#parts++
    this.#byte(value < 0n ? 0xc3 : 0xc2)
    this.#head(0x40, length)
    this.#need(length)
    const digits = hex.padStart(length * 2, '0')
    for (let i = 0; i < length; i++) {
      this.#bytes[this.#pos++] = parseInt(digits.slice(i * 2, i * 2 + 2), 16)
    }
  }

  #text (text: string): void {
    const { length } = text
    if (length < 24) {
      // short and ASCII, as nearly all keys are: one loop, undone when the guess was wrong
      this.#need(length + 1)
      const bytes = this.#bytes
      const pos = this.#pos
      let i = 0
      let code = 0
      for (; i < length && (code = text.charCodeAt(i)) < 0x80; i++) {
        bytes[pos + 1 + i] = code
      }
      if (i === length) {
        bytes[pos] = 0x60 | length
        this.#pos = pos + 1 + length
        return
      }
    }
    const size = utf8Length(text)
    this.#head(0x60, size)
    this.#need(size)
    this.#pos = writeUtf8(text, this.#bytes, this.#pos)
  }

  #binary (binary: Uint8Array): void {
    this.#parts++
    this.#head(0x40, binary.length)
    this.#need(binary.length)
    this.#bytes.set(binary, this.#pos)
    this.#pos += binary.length
  }

  #head (major: number, n: number): void {
    this.#need(9)
    const bytes = this.#bytes
    const view = this.#view
    if (n < 24) {
      bytes[this.#pos++] = major | n
    } else if (n < 0x100) {
      bytes[this.#pos++] = major | 24
      bytes[this.#pos++] = n
    } else if (n < 0x10000) {
      bytes[this.#pos++] = major | 25
      bytes[this.#pos++] = n >>> 8
      bytes[this.#pos++] = n & 0xff
    } else if (n < 0x100000000) {
      bytes[this.#pos] = major | 26
      view.setUint32(this.#pos + 1, n)
      this.#pos += 5
    } else {
      bytes[this.#pos] = major | 27
      view.setUint32(this.#pos + 1, n / 0x100000000)
      view.setUint32(this.#pos + 5, n % 0x100000000)
      this.#pos += 9
    }
  }

  #byte (byte: number): void {
    this.#need(1)
    this.#bytes[this.#pos++] = byte
  }

  #enter (size: number, most: number, what: string): void {
    if (size > most) {
      this.#fail(`${size} ${what} (at most ${most})`)
    }
    if (this.#depth === MAX_CBOR_DEPTH) {
      this.#fail(`nesting deeper than ${MAX_CBOR_DEPTH} (a cycle?)`)
    }
    this.#depth++
    this.#parts++
  }

  #need (more: number): void {
    const used = this.#pos - this.#start
    if (this.#pos + more > this.#bytes.length) {
      // room for a head is asked for without knowing its size
      if (used + more > this.max + 9) {
        throw tooLarge(this.max)
      }
      const bytes = this.#bytes
      const start = this.#start
      const pos = this.#pos
      this.#renew(Math.max(SLAB, 2 * (used + more)))
      this.#bytes.set(bytes.subarray(start, pos))
      this.#start = 0
      this.#pos = used
    }
  }

  #renew (size: number): void {
    this.#bytes = new Uint8Array(size)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #fail (what: string): never {
    const path = this.#path.slice(0, this.#depth).map(key => typeof key === 'number' ? `[${key}]` : `.${key}`).join('')
    throw new EncodeError(`cannot encode ${what} at value${path}`)
  }
}

function tooLarge (max: number): FrameTooLargeError {
  return new FrameTooLargeError(`body of more than ${max} bytes: send large data as a stream`)
}
