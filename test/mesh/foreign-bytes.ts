/** Protobuf, CBOR and frames by hand, from doc/WIRE.md alone: what a peer in another language would have of its own. */
const utf8 = new TextEncoder()
const text8 = new TextDecoder()

export type Field = number | boolean | string | Uint8Array
export type Fields = ReadonlyArray<readonly [number: number, value: Field | readonly Field[]]>

export function join (parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export function varint (n: number): Uint8Array {
  const bytes: number[] = []
  for (; n > 0x7f; n = Math.floor(n / 0x80)) bytes.push(n % 0x80 | 0x80)
  return Uint8Array.from([...bytes, n])
}

/** A message: fields in the order given, defaults left out. A message within it is bytes, and there even when it is empty. */
export function message (fields: Fields): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [number, value] of fields) {
    const repeated = Array.isArray(value)
    for (const one of repeated ? value as Field[] : [value as Field]) {
      if (typeof one === 'number' || typeof one === 'boolean') {
        if (Number(one) !== 0 || repeated) parts.push(varint(number * 8), varint(Number(one)))
      } else {
        const bytes = typeof one === 'string' ? utf8.encode(one) : one
        if (bytes.length > 0 || repeated || one instanceof Uint8Array) parts.push(varint(number * 8 + 2), varint(bytes.length), bytes)
      }
    }
  }
  return join(parts)
}

/** What a message says. A field that is not there is 0, '' or nothing. */
export class Said {
  readonly #fields = new Map<number, Array<number | Uint8Array>>()

  constructor (bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      const [tag, behind] = readVarint(bytes, at)
      const [value, next] = readVarint(bytes, behind)
      const number = Math.floor(tag / 8)
      const list = this.#fields.get(number) ?? []
      this.#fields.set(number, list)
      if (tag % 8 === 0) list.push(value)
      else list.push(bytes.subarray(next, next + value))
      at = tag % 8 === 0 ? next : next + value
    }
  }

  /** Of a frame: which message it is. */
  get kinds (): number[] { return [...this.#fields.keys()] }
  number (field: number): number { return Number(this.#fields.get(field)?.at(-1) ?? 0) }
  bytes (field: number): Uint8Array { return this.list(field).at(-1) ?? new Uint8Array(0) }
  text (field: number): string { return text8.decode(this.bytes(field)) }
  list (field: number): Uint8Array[] { return (this.#fields.get(field) ?? []) as Uint8Array[] }
  texts (field: number): string[] { return this.list(field).map(one => text8.decode(one)) }
  has (field: number): boolean { return this.#fields.has(field) }
  in (field: number): Said { return new Said(this.bytes(field)) }
}

function readVarint (bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[at++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return [value, at]
  }
}

function head (major: number, n: number): Uint8Array {
  if (n < 24) return Uint8Array.of(major << 5 | n)
  const size = n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1_0000_0000 ? 4 : 8
  const bytes = new Uint8Array(1 + size)
  bytes[0] = major << 5 | 24 + Math.log2(size)
  for (let i = size; i > 0; i--, n = Math.floor(n / 0x100)) bytes[i] = n % 0x100
  return bytes
}

/** Whole numbers, texts, bytes, booleans, nothing, arrays and objects. */
export function cbor (value: unknown): Uint8Array {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (value instanceof Uint8Array) return join([head(2, value.length), value])
  if (typeof value === 'string') return join([head(3, utf8.encode(value).length), utf8.encode(value)])
  if (Array.isArray(value)) return join([head(4, value.length), ...value.map(cbor)])
  if (typeof value === 'object' && value !== null) return join([head(5, Object.keys(value).length), ...Object.entries(value).flat().map(cbor)])
  return Uint8Array.of(value === false ? 0xf4 : value === true ? 0xf5 : value === null ? 0xf6 : 0xf7)
}

export function readCbor (bytes: Uint8Array): any {
  let at = 0
  const size = (info: number): number => {
    if (info < 24) return info
    let n = 0
    for (let i = 1 << (info - 24); i > 0; i--) n = n * 0x100 + (bytes[at++] ?? 0)
    return n
  }
  const take = (n: number): Uint8Array => {
    at += n
    return bytes.slice(at - n, at)
  }
  const value = (): any => {
    const byte = bytes[at++] ?? 0
    if (byte === 0xfb) return new DataView(take(8).buffer).getFloat64(0)
    if (byte >= 0xe0) return [false, true, null, undefined][byte - 0xf4]
    const n = size(byte & 31)
    switch (byte >> 5) {
      case 0: return n
      case 1: return -1 - n
      case 2: return take(n)
      case 3: return text8.decode(take(n))
      case 4: return Array.from({ length: n }, value)
      default: return Object.fromEntries(Array.from({ length: n }, () => [value(), value()]))
    }
  }
  return value()
}

/** Cuts what arrives into frames: a length, then as many bytes. */
export class Frames {
  #bytes: Uint8Array = new Uint8Array(0)

  push (chunk: Uint8Array): Uint8Array[] {
    this.#bytes = join([this.#bytes, chunk])
    const frames: Uint8Array[] = []
    for (;;) {
      const complete = this.#bytes.findIndex(byte => byte < 0x80)
      if (complete < 0) return frames
      const [length, start] = readVarint(this.#bytes, 0)
      if (this.#bytes.length < start + length) return frames
      frames.push(this.#bytes.slice(start, start + length))
      this.#bytes = this.#bytes.slice(start + length)
    }
  }
}

export const frame = (bytes: Uint8Array): Uint8Array => join([varint(bytes.length), bytes])

export const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

/** What travels in place of a token. */
export async function tokenId (token: string, secret: string): Promise<{ bytes: Uint8Array, hex: string }> {
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(token)))
  return { bytes, hex: hex(bytes) }
}
