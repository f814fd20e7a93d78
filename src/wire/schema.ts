/**
 * proto3 messages by table, for everything but calls: a table takes a tenth of the room of generated code, and the line
 * that names a field says what a peer may send in it.
 *
 * ```ts
 * interface Known { id: string, seq: number }
 * const KNOWN = message<Known>({ id: [1, text(filled)], seq: [2, uint53] })
 * decode(KNOWN, encode(KNOWN, { id: 'a', seq: 7 }))
 * ```
 *
 * As in protobuf a field with its default value does not travel, and one that does not come has it; a message that does
 * not come is left out. What was read shares no memory with the bytes it was read from, views apart. Fields are written in the order
 * of their table.
 */
import { ProtocolError } from '../errors.ts'
import { copyBytes, readUtf8, utf8Length, writeUtf8 } from './bytes.ts'
import * as reader from './reader.ts'

/** A message to encode: every field may be left out, lists may be read-only. */
export type Encodable<T> = T extends Uint8Array
  ? Uint8Array
  : T extends Map<infer K, infer V>
    ? ReadonlyMap<K, V>
    : T extends Array<infer E>
      ? ReadonlyArray<Encodable<E>>
      : T extends object ? { [K in keyof T]?: Encodable<T[K]> | undefined } : T

/** What a field holds: `T`, which is written and read one `One` at a time. */
export interface Type<T, One = T> {
  /** Protobuf's wire type. */
  readonly wire: 0 | 2
  /** The value of a field that did not come, which is not written either; undefined leaves its property out. */
  readonly initial: T | undefined
  /** Whether a peer may send it; may throw an error of its own. */
  readonly ok: (value: T) => boolean
  /** Writes one, without a tag. */
  readonly put: (one: One) => void
  readonly get: () => One
  /** Of lists, maps, and whatever else is not simply its last value; has no `initial`. */
  readonly many?: Many<T, One>
}

export interface Many<T, One> {
  readonly none: () => T
  readonly all: (value: T) => readonly One[]
  /** What the field has after one more was read. */
  readonly add: (before: T, one: One) => T
}

export interface Message<T> extends Type<T> {
  readonly putFields: (value: T) => void
  readonly getFields: () => T
}

/** The number of each field and what it holds. */
export type Fields<T> = { readonly [K in keyof T]-?: readonly [number: number, type: Type<NonNullable<T[K]>, any>] }

interface Field { readonly name: string, readonly tag: number, readonly type: Type<unknown> }

/** Bytes that are kept for the next message. */
const SCRATCH = 16 * 1024
const NOTHING = new Uint8Array(0)

// Written from its end, so that the length of what is inside a message is known when it is due.
let out = new Uint8Array(SCRATCH)
let used = 0

/** The message in `bytes[start..end)`; throws `ProtocolError` and what an `ok` throws. */
export function decode <T> (type: Message<T>, bytes: Uint8Array, start = 0, end = bytes.length): T {
  return reader.reading(bytes, start, end, type.getFields)
}

/** @throws ProtocolError - a value that cannot be written */
export function encode <T> (type: Message<T>, value: Encodable<T>): Uint8Array {
  used = 0
  type.putFields(value as T)
  const bytes = new Uint8Array(used)
  bytes.set(out.subarray(out.length - used))
  if (out.length > SCRATCH) {
    out = new Uint8Array(SCRATCH)
  }
  return bytes
}

/** A message of these fields. `strict`: one of them with another wire type is refused, not skipped. */
export function message <T extends object> (table: Fields<T>, strict = false): Message<T> {
  const fields = Object.entries<readonly [number, unknown]>(table).map(([name, [number, type]]): Field => {
    const known = type as Type<unknown>
    return { name, tag: number << 3 | known.wire, type: known }
  })
  const backwards = fields.toReversed()
  const byTag = new Map(fields.map(field => [field.tag, field]))
  const numbers = new Set(strict ? fields.map(({ tag }) => tag >>> 3) : [])
  const putFields = (value: T): void => {
    for (const field of backwards) {
      putField(field, value[field.name as keyof T])
    }
  }
  const always = fields.filter(({ type }) => type.many !== undefined || type.initial !== undefined)
  const getFields = (): T => readFields(always, byTag, numbers) as T
  const put = (value: T): void => {
    const before = used
    putFields(value)
    putVarint(used - before)
  }
  return { wire: 2, initial: undefined, ok, put, get: () => reader.nested(getFields), putFields, getFields }
}

function putField ({ tag, type: { put, many, initial } }: Field, value: unknown): void {
  if (value == null) {
    return
  }
  if (many !== undefined) {
    const all = many.all(value)
    for (let i = all.length - 1; i >= 0; i--) {
      put(all[i])
      putVarint(tag)
    }
  } else if (value !== initial && (value as { length?: number }).length !== 0) {
    put(value)
    putVarint(tag)
  }
}

/** `always` are the fields that have a value even if it does not come: all but messages, which were checked when read. */
function readFields (always: readonly Field[], byTag: ReadonlyMap<number, Field>, strict: ReadonlySet<number>): object {
  const message: Record<string, unknown> = {}
  for (const { name, type } of always) {
    message[name] = type.many === undefined ? type.initial : type.many.none()
  }
  while (reader.more()) {
    const tag = reader.varint()
    const field = byTag.get(tag)
    if (field === undefined) {
      if (strict.has(Math.floor(tag / 8))) {
        reader.malformed('a field of another type')
      }
      reader.skip(tag)
    } else {
      const { name, type: { get, many } } = field
      message[name] = many === undefined ? get() : many.add(message[name], get())
    }
  }
  for (const { name, type } of always) {
    if (!type.ok(message[name])) {
      reader.malformed(`${name} is out of bounds`)
    }
  }
  return message
}

const ok = (): boolean => true

/** Any number of these, at most `most`. */
export function list <T> (type: Type<T>, most: number): Type<T[], T> {
  const add = (list: T[], one: T): T[] => {
    if (list.length === most) {
      reader.malformed('too many elements')
    }
    list.push(one)
    return list
  }
  return { ...type, initial: undefined, ok: list => list.every(type.ok), many: { none: () => [], all: list => list, add } }
}

interface Entry { key: string, value: string }

/** Texts by keys that are `ok`, at most `most`. */
export function map (key: (key: string) => boolean, most: number): Type<Map<string, string>, Entry> {
  const { put, get } = message<Entry>({ key: [1, text(key)], value: [2, text(ok)] })
  const all = (map: Map<string, string>): Entry[] => Array.from(map, ([key, value]) => ({ key, value }))
  const add = (map: Map<string, string>, { key, value }: Entry): Map<string, string> =>
    map.size === most ? reader.malformed('too many entries') : map.set(key, value)
  return { wire: 2, initial: undefined, ok, put, get, many: { none: () => new Map(), all, add } }
}

/** Bytes of which a peer may send what is `ok`. */
export function bytes (ok: (value: Uint8Array) => boolean): Type<Uint8Array> {
  const put = (value: Uint8Array): void => {
    const at = room(value.length)
    out.set(value, at)
    putVarint(value.length)
  }
  const get = (): Uint8Array => {
    const start = reader.take(reader.length())
    return copyBytes(reader.data, start, reader.pos)
  }
  return { wire: 2, initial: NOTHING, ok, put, get }
}

/** {@link bytes} that are not copied when they are read: they share the memory of what they were read from. */
export function view (ok: (value: Uint8Array) => boolean): Type<Uint8Array> {
  const get = (): Uint8Array => {
    const start = reader.take(reader.length())
    return reader.data.subarray(start, reader.pos)
  }
  return { ...bytes(ok), get }
}

/** A text of which a peer may send what is `ok`. It is always well-formed. */
export function text (ok: (value: string) => boolean): Type<string> {
  const put = (value: string): void => {
    if (!value.isWellFormed()) {
      throw new ProtocolError('a text that is not well-formed')
    }
    const size = utf8Length(value)
    const at = room(size)
    writeUtf8(value, out, at)
    putVarint(size)
  }
  const get = (): string => {
    const start = reader.take(reader.length())
    return readUtf8(reader.data, start, reader.pos)
  }
  return { wire: 2, initial: '', ok, put, get }
}

/** A whole number that a double holds exactly. */
export const uint53: Type<number> = { wire: 0, initial: 0, ok: Number.isSafeInteger, put: putVarint, get: reader.varint }

/** A whole number of 32 bits, within bounds. */
export function uint32 (least = 0, most = 0xffffffff): Type<number> {
  return { ...uint53, ok: value => value >= least && value <= most }
}

export const bool: Type<boolean> = {
  wire: 0, initial: false, ok, put: value => { putVarint(value ? 1 : 0) }, get: () => reader.varint() !== 0
}

/** One of these texts; what travels is its place among them. */
export function oneOf <T extends string> (...names: readonly [T, ...T[]]): Type<T> {
  return {
    wire: 0,
    initial: names[0],
    ok,
    put: value => { putVarint(names.indexOf(value)) },
    get: () => names[reader.varint()] ?? reader.malformed('an unknown value')
  }
}

function putVarint (n: number): void {
  if (!(n >= 0 && Number.isSafeInteger(n))) {
    throw new ProtocolError(`cannot encode ${n} as a whole number`)
  }
  let size = 1
  for (let rest = n; rest > 0x7f; size++) {
    rest = Math.floor(rest / 0x80)
  }
  let at = room(size)
  for (; n > 0x7f; n = Math.floor(n / 0x80)) {
    out[at++] = n % 0x80 | 0x80
  }
  out[at] = n
}

/** Makes room for as many bytes before what has been written, perhaps in a new `out`, and returns where it begins. */
function room (size: number): number {
  used += size
  if (used > out.length) {
    const larger = new Uint8Array(2 * used)
    larger.set(out.subarray(out.length + size - used), larger.length - used + size)
    out = larger
  }
  return out.length - used
}
