/**
 * Election frames, and what is stored of an election, by the tables of `election-schema.ts`. Values are the plain objects
 * of the election room; every number, text and list of a peer is checked here. Nothing decoded shares memory with its bytes.
 */
import { FrameTooLargeError, ProtocolError } from '../errors.ts'
import { copyBytes, readUtf8, utf8Length, writeUtf8 } from './bytes.ts'
import { COMMON, KINDS, MESSAGES, STORED } from './election-schema.ts'
import { MAX_ELECTION_FRAME, MAX_REGISTER_VALUE } from './limits.ts'
import { isName } from './names.ts'
import type { Field, Schema } from './election-schema.ts'

/** A message by the names of its fields, `type` among them. */
export type FlatMessage = Readonly<Record<string, unknown>> & { readonly type: string }

const FIRST_MESSAGE = 10
const FRAME: Schema = [...COMMON, ...MESSAGES.map(([type, schema], index) => [type, FIRST_MESSAGE + index, { type: 'may', of: schema }] as const)]
const SCHEMAS = new Map(MESSAGES)
const ID_BYTES = 16

/**
 * One frame: a message about the group of a service.
 *
 * @throws FrameTooLargeError - the message was to be sent in parts
 */
export function encodeElection (service: string, { type, ...message }: FlatMessage): Uint8Array {
  const { group, epoch, term, incarnation } = message as Values
  const bytes = encode(FRAME, { service, group, epoch, term, incarnation, [type]: message })
  if (bytes.length > MAX_ELECTION_FRAME) throw new FrameTooLargeError(`election frame of ${bytes.length} bytes: at most ${MAX_ELECTION_FRAME}`)
  return bytes
}

/**
 * The frame in `bytes[start..end)`.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeElection (bytes: Uint8Array, start = 0, end = bytes.length): { service: string, message: FlatMessage } {
  if (end - start > MAX_ELECTION_FRAME) throw new FrameTooLargeError(`election frame of ${end - start} bytes: at most ${MAX_ELECTION_FRAME}`)
  const { service, group, epoch, term, incarnation, ...rest } = new Reader(bytes, start, end).message(FRAME)
  const [type, ...others] = [...SCHEMAS.keys()].filter(name => rest[name] !== undefined)
  if (type === undefined || others.length > 0) fail('exactly one message expected')
  if (!isName('service', service)) fail('the name of a service expected')
  checkConfig((rest[type] as { config?: Partial<Config> }).config)
  return { service, message: { ...rest[type] as object, type, group, epoch, term, incarnation } }
}

interface Config { group: number, voters: ReadonlyArray<{ id: string }> }

/** What every config is, a version of one apart: of a group, and its voters sorted, each once. */
function checkConfig (config: Partial<Config> | undefined): void {
  if (config?.voters === undefined) return
  const ids = config.voters.map(({ id }) => id)
  if (config.group === 0 || ids.length === 0) fail('a config without a group or a voter')
  if (ids.some((id, i) => id <= (ids[i - 1] ?? ''))) fail('voters that are not sorted')
}

/** A part of a node's state, as one unit. */
export function encodeStored (stored: object): Uint8Array {
  return encode(STORED, stored as Values)
}

/** @throws ProtocolError */
export function decodeStored (bytes: Uint8Array): unknown {
  return new Reader(bytes, 0, bytes.length).message(STORED)
}

type Values = Readonly<Record<string, unknown>>

function fail (what: string): never {
  throw new ProtocolError(`malformed election frame: ${what}`)
}

/** Lengths first, in the order in which they are written: a nested message stands behind its length. */
function encode (schema: Schema, values: Values): Uint8Array {
  const lengths: number[] = []
  const target = new Uint8Array(size(schema, values, lengths))
  write(schema, values, { target, at: 0, lengths, next: 0 })
  return target
}

interface Writing { target: Uint8Array, at: number, lengths: number[], next: number }

function size (schema: Schema, values: Values, lengths: number[]): number {
  let sum = 0
  for (const [name, number, field] of schema) {
    for (const item of items(field, values[name])) {
      sum += varintSize(number << 3)
      if (typeof item === 'number') {
        sum += varintSize(item)
        continue
      }
      const place = lengths.push(0) - 1
      const length = typeof item === 'string' ? utf8Length(item) : item instanceof Uint8Array ? item.length : size((field as { of: Schema }).of, item, lengths)
      lengths[place] = length
      sum += varintSize(length) + length
    }
  }
  return sum
}

function write (schema: Schema, values: Values, writing: Writing): void {
  for (const [name, number, field] of schema) {
    for (const item of items(field, values[name])) {
      varint(writing, (number << 3) | (typeof item === 'number' ? 0 : 2))
      if (typeof item === 'number') {
        varint(writing, item)
        continue
      }
      varint(writing, writing.lengths[writing.next++] ?? 0)
      if (typeof item === 'string') {
        writing.at = writeUtf8(item, writing.target, writing.at)
      } else if (item instanceof Uint8Array) {
        writing.target.set(item, writing.at)
        writing.at += item.length
      } else {
        write((field as { of: Schema }).of, item, writing)
      }
    }
  }
}

/** What of a value is written, each behind a tag: proto3 leaves out what is 0, false or empty. */
function items (field: Field, value: unknown): ReadonlyArray<number | string | Uint8Array | Values> {
  switch (field.type) {
    case 'uint': return value === 0 || value === undefined ? [] : [value as number]
    case 'bool': return value === true ? [1] : []
    case 'kind': return value === KINDS[0] ? [] : [KINDS.indexOf(value as typeof KINDS[number])]
    case 'id': return value === '' ? [] : [fromHex(value as string)]
    case 'text': case 'maybe': return value === '' || value === undefined ? [] : [value as string]
    case 'texts': case 'list': return value as Values[]
    case 'value': case 'may': case 'need': return value === undefined ? [] : [value as Values]
  }
}

function varintSize (value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

function varint (writing: Writing, value: number): void {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) writing.target[writing.at++] = (rest % 0x80) | 0x80
  writing.target[writing.at++] = rest
}

class Reader {
  readonly #data: Uint8Array
  #pos: number
  #end: number

  constructor (data: Uint8Array, start: number, end: number) {
    this.#data = data
    this.#pos = start
    this.#end = end
  }

  /** All that is left, as this message. */
  message (schema: Schema): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (const [name, , field] of schema) values[name] = initial(field)
    while (this.#pos < this.#end) {
      const tag = this.#varint()
      const known = schema.find(([, number]) => number === Math.floor(tag / 8))
      if (known === undefined) this.#skip(tag)
      else this.#field(values, known[0], known[2], tag % 8)
    }
    for (const [name, , field] of schema) {
      if (field.type === 'need' && values[name] === undefined) fail(`no ${name}`)
    }
    return values
  }

  #field (values: Record<string, unknown>, name: string, field: Field, wire: number): void {
    const scalar = field.type === 'uint' || field.type === 'bool' || field.type === 'kind'
    if (wire !== (scalar ? 0 : 2)) fail(`${name} of another type`)
    const number = this.#varint()
    if (field.type === 'uint') values[name] = Number.isSafeInteger(number) ? number : fail(`${name} of 2^53 or more`)
    else if (field.type === 'bool') values[name] = number !== 0
    else if (field.type === 'kind') values[name] = KINDS[number] ?? fail('an unknown kind of group')
    else this.#nested(values, name, field, this.#take(number))
  }

  #nested (values: Record<string, unknown>, name: string, field: Field, start: number): void {
    const [data, end] = [this.#data, this.#pos]
    switch (field.type) {
      case 'id': values[name] = end - start === ID_BYTES ? toHex(data.subarray(start, end)) : fail(`${name} is not of ${ID_BYTES} bytes`); break
      case 'value': values[name] = end - start <= MAX_REGISTER_VALUE ? copyBytes(data, start, end) : fail(`${name} is too long`); break
      case 'text': case 'maybe': values[name] = this.#text(name, field.max, start); break
      case 'texts': (values[name] as string[]).push(this.#text(name, field.max, start)); break
      case 'need': case 'may': values[name] = new Reader(data, start, end).message(field.of); break
      case 'list': {
        const list = values[name] as unknown[]
        if (list.push(new Reader(data, start, end).message(field.of)) > field.max) fail(`more than ${field.max} ${name}`)
        break
      }
      default:
    }
  }

  #text (name: string, max: number, start: number): string {
    return this.#pos - start <= 4 * max ? short(readUtf8(this.#data, start, this.#pos), max) ?? fail(`${name} is too long`) : fail(`${name} is too long`)
  }

  #varint (): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.#pos >= this.#end) fail('an early end')
      const byte = this.#data[this.#pos++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    return fail('a number of more than 10 bytes')
  }

  /** Goes on by as many bytes and returns where they begin. */
  #take (size: number): number {
    if (size > this.#end - this.#pos) fail('an early end')
    const start = this.#pos
    this.#pos += size
    return start
  }

  /** Fields of a later version. */
  #skip (tag: number): void {
    if (tag < 8 || tag > 0xffffffff) fail('an illegal field number')
    switch (tag % 8) {
      case 0: this.#varint(); break
      case 1: this.#take(8); break
      case 2: this.#take(this.#varint()); break
      case 5: this.#take(4); break
      default: fail('an illegal wire type')
    }
  }
}

function initial (field: Field): unknown {
  switch (field.type) {
    case 'uint': return 0
    case 'bool': return false
    case 'kind': return KINDS[0]
    case 'id': case 'text': return ''
    case 'texts': case 'list': return []
    case 'maybe': case 'value': case 'may': case 'need': return undefined
  }
}

function short (text: string, max: number): string | undefined {
  return text.length <= max ? text : undefined
}

function toHex (bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

function fromHex (text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}
