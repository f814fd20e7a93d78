/** RPC frames, writing: first the size, then the bytes, as a stream's batch wants it. */
import { FrameTooLargeError } from '../errors.ts'
import { utf8Length, writeUtf8 } from './bytes.ts'
import { LARGEST_BODY, MAX_HEADERS, MAX_MESSAGE } from './limits.ts'
import { TRACE_BYTES, writeTrace } from './trace.ts'
import type { BodyCodec } from './codecs.ts'
import type { RequestFrame, ResponseFrame, TextMap } from './rpc-frames.ts'

/** Names this process calls or serves; forgotten together when an application makes them up without end. */
const MAX_NAMES = 1024
const names = new Map<string, Uint8Array>()
const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()
/** Characters up to which a loop writes a text faster than the runtime's coder does: a trace context has 55. */
const MAX_LOOP = 96

/** The frame that was sized last, and what was found out about it: writing it takes no second look. */
let sized: RequestFrame | ResponseFrame | undefined
let inner = 0
let method = NOTHING
let service = NOTHING
let text = ''
let headers: TextMap | undefined
let fill: (target: Uint8Array, offset: number) => void = () => {}

/** Writes the frame that was sized last. Made for a stream's `write`, which calls it at once. */
export function fillFrame (target: Uint8Array, offset: number): void {
  fill(target, offset)
}

/**
 * Bytes of the frame of a request. `headersKnown`: the peer has its headers under their number, and they are not written.
 *
 * @throws FrameTooLargeError - body, headers or metadata over their limits
 */
export function sizeRequest (r: RequestFrame, headersKnown = false): number {
  method = nameBytes(r.method)
  service = nameBytes(r.service)
  let size = sizeUint(r.id) + sizeBytes(method) + sizeUint(r.timeout) + sizeUint(r.codec) + sizeBody(r.body) +
    sizeBytes(service)
  if (r.token !== undefined) {
    size += sizeBytes(r.token)
  }
  headers = headersKnown ? undefined : r.headers
  if (r.metadata !== undefined || headers !== undefined) {
    size += sizeMaps(r.metadata, headers)
  }
  if (r.idempotencyKey !== undefined) {
    size += sizeText(r.idempotencyKey)
  }
  size += (r.streaming === 0 ? 0 : 2) + (r.trace === undefined ? 0 : 2 + TRACE_BYTES) + (r.headerSet === 0 ? 0 : 2) + (r.link === undefined ? 0 : sizeBytes(r.link)) + sizeUint(r.life)
  sized = r
  inner = size
  fill = fillRequest
  return 1 + varintSize(size) + size
}

/** Writes a request at `offset` and returns the offset behind it. */
export function writeRequest (r: RequestFrame, target: Uint8Array, offset: number): number {
  if (sized !== r) {
    sizeRequest(r)
  }
  let pos = putHead(target, offset, 0x0a)
  pos = putUint(target, pos, 0x08, r.id)
  pos = putBytes(target, pos, 0x12, method)
  pos = putUint(target, pos, 0x18, r.timeout)
  pos = putUint(target, pos, 0x20, r.codec)
  if (r.body !== undefined) {
    pos = putBytes(target, pos, 0x2a, r.body)
  }
  if (r.token !== undefined) {
    pos = putBytes(target, pos, 0x32, r.token)
  }
  if (r.metadata !== undefined) {
    pos = putMap(target, pos, 0x3a, r.metadata)
  }
  if (headers !== undefined) {
    pos = putMap(target, pos, 0x42, headers)
  }
  if (r.idempotencyKey !== undefined) {
    pos = putText(target, pos, 0x4a, r.idempotencyKey)
  }
  pos = putBytes(target, pos, 0x52, service)
  if (r.streaming !== 0) {
    pos = putUint(target, pos, 0x58, r.streaming)
  }
  if (r.trace !== undefined) {
    target[pos] = 0x62
    target[pos + 1] = TRACE_BYTES
    pos = writeTrace(r.trace, target, pos + 2)
  }
  if (r.headerSet !== 0) {
    pos = putUint(target, pos, 0x68, r.headerSet)
  }
  pos = r.link === undefined ? pos : putBytes(target, pos, 0x72, r.link)
  return putUint(target, pos, 0x78, r.life)
}

/**
 * Bytes of the frame of a response.
 *
 * @throws FrameTooLargeError - body or headers over their limits
 */
export function sizeResponse (r: ResponseFrame): number {
  text = r.message.length > MAX_MESSAGE ? cut(r.message) : r.message
  let size = sizeUint(r.id) + sizeUint(r.status) + sizeUint(r.codec) + sizeBody(r.body) + sizeText(text) +
    (r.retryable ? 2 : 0)
  if (r.headers !== undefined) {
    size += sizeMaps(r.headers, undefined)
  }
  sized = r
  inner = size
  fill = fillResponse
  return 1 + varintSize(size) + size
}

/** Writes a response at `offset` and returns the offset behind it. */
export function writeResponse (r: ResponseFrame, target: Uint8Array, offset: number): number {
  if (sized !== r) {
    sizeResponse(r)
  }
  let pos = putHead(target, offset, 0x12)
  pos = putUint(target, pos, 0x08, r.id)
  pos = putUint(target, pos, 0x10, r.status)
  pos = putUint(target, pos, 0x18, r.codec)
  if (r.body !== undefined) {
    pos = putBytes(target, pos, 0x22, r.body)
  }
  pos = putText(target, pos, 0x2a, text)
  pos = putUint(target, pos, 0x30, r.retryable ? 1 : 0)
  return r.headers === undefined ? pos : putMap(target, pos, 0x3a, r.headers)
}

export function sizeCancel (id: number): number {
  fill = (target, offset) => { writeCancel(id, target, offset) }
  return 2 + sizeUint(id)
}

/** Writes a cancel at `offset` and returns the offset behind it. */
export function writeCancel (id: number, target: Uint8Array, offset: number): number {
  target[offset] = 0x1a
  target[offset + 1] = sizeUint(id)
  return putUint(target, offset + 2, 0x08, id)
}

export function sizeGoAway (reason: string): number {
  fill = (target, offset) => { writeGoAway(reason, target, offset) }
  const size = sizeText(cut(reason))
  return 1 + varintSize(size) + size
}

/** Writes a goodbye at `offset` and returns the offset behind it. */
export function writeGoAway (reason: string, target: Uint8Array, offset: number): number {
  const kept = cut(reason)
  target[offset] = 0x22
  const pos = putVarint(target, offset + 1, sizeText(kept))
  return putText(target, pos, 0x0a, kept)
}

/**
 * Bytes of the frame of one value of a sequence. With `bare` its body is not written: it goes behind the rest as it is.
 *
 * @throws FrameTooLargeError
 */
export function sizeItem (codec: BodyCodec, body: Uint8Array | undefined, bare = false): number {
  const size = sizeUint(codec) + sizeBody(body)
  fill = (target, offset) => {
    target[offset] = 0x2a
    const pos = putUint(target, putVarint(target, offset + 1, size), 0x08, codec)
    if (body !== undefined && bare) {
      target[pos] = 0x12
      putVarint(target, pos + 1, body.length)
    } else if (body !== undefined) {
      putBytes(target, pos, 0x12, body)
    }
  }
  return 1 + varintSize(size) + size
}

export function sizeCredit (bytes: number): number {
  fill = (target, offset) => {
    target[offset] = 0x32
    target[offset + 1] = sizeUint(bytes)
    putUint(target, offset + 2, 0x08, bytes)
  }
  return 2 + sizeUint(bytes)
}

export function sizeEnd (): number {
  fill = fillEnd
  return 2
}

function fillEnd (target: Uint8Array, offset: number): void {
  target[offset] = 0x3a
  target[offset + 1] = 0
}

function fillRequest (target: Uint8Array, offset: number): void {
  writeRequest(sized as RequestFrame, target, offset)
}

function fillResponse (target: Uint8Array, offset: number): void {
  writeResponse(sized as ResponseFrame, target, offset)
}

/** Begins the frame that was sized; it will not be taken for sized again, as it may change before it is next sent. */
function putHead (target: Uint8Array, offset: number, tag: number): number {
  sized = undefined
  target[offset] = tag
  return putVarint(target, offset + 1, inner)
}

function nameBytes (name: string): Uint8Array<ArrayBuffer> {
  let bytes = names.get(name)
  if (bytes === undefined) {
    if (names.size >= MAX_NAMES) {
      names.clear()
    }
    bytes = encoder.encode(name)
    names.set(name, bytes)
  }
  return bytes as Uint8Array<ArrayBuffer>
}

function cut (message: string): string {
  return message.length > MAX_MESSAGE ? message.slice(0, MAX_MESSAGE - 1).toWellFormed() + '…' : message
}

/** Bytes of each name and value that was sized last, in their order: measuring a text takes as long as writing it. */
const lengths: number[] = []
let written = 0

/**
 * Bytes of the entries of both.
 *
 * @throws FrameTooLargeError
 */
export function sizeMaps (a: TextMap | undefined, b: TextMap | undefined): number {
  lengths.length = 0
  written = 0
  const size = sizeMap(a) + sizeMap(b)
  let texts = 0
  for (const length of lengths) {
    texts += length
  }
  if (texts > MAX_HEADERS) {
    throw new FrameTooLargeError(`headers and metadata of ${texts} bytes: at most ${MAX_HEADERS}`)
  }
  return size
}

function sizeBody (body: Uint8Array | undefined): number {
  if (body === undefined) {
    return 0
  }
  if (body.length > LARGEST_BODY) {
    throw new FrameTooLargeError(`body of ${body.length} bytes (at most ${LARGEST_BODY}): send large data as a stream`)
  }
  return sizeBytes(body)
}

function varintSize (n: number): number {
  return n < 0x80 ? 1 : n < 0x4000 ? 2 : n < 0x200000 ? 3 : n < 0x10000000 ? 4 : 5
}

/** All fields have a tag of one byte; a field with its default value is not written. */
function sizeUint (n: number): number {
  return n >>> 0 === 0 ? 0 : 1 + varintSize(n >>> 0)
}

function sizeBytes (bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : 1 + varintSize(bytes.length) + bytes.length
}

function sizeText (text: string): number {
  if (text === '') {
    return 0
  }
  const size = utf8Length(text)
  return 1 + varintSize(size) + size
}

function sizeMap (map: TextMap | undefined): number {
  let size = 0
  for (const key in map) {
    const name = utf8Length(key)
    const value = utf8Length(map[key] as string)
    lengths.push(name, value)
    const entry = sizeLength(name) + sizeLength(value)
    size += 1 + varintSize(entry) + entry
  }
  return size
}

/** Bytes of a field of as many bytes. */
function sizeLength (length: number): number {
  return length === 0 ? 0 : 1 + varintSize(length) + length
}

function putVarint (target: Uint8Array, pos: number, n: number): number {
  while (n > 0x7f) {
    target[pos++] = (n & 0x7f) | 0x80
    n >>>= 7
  }
  target[pos++] = n
  return pos
}

function putUint (target: Uint8Array, pos: number, tag: number, n: number): number {
  if (n >>> 0 === 0) {
    return pos
  }
  target[pos++] = tag
  return putVarint(target, pos, n >>> 0)
}

function putBytes (target: Uint8Array, pos: number, tag: number, bytes: Uint8Array): number {
  const length = bytes.length
  if (length === 0) {
    return pos
  }
  target[pos++] = tag
  pos = putVarint(target, pos, length)
  if (length > 32) {
    target.set(bytes, pos)
  } else {
    for (let i = 0; i < length; i++) {
      target[pos + i] = bytes[i] as number
    }
  }
  return pos + length
}

function putText (target: Uint8Array, pos: number, tag: number, text: string): number {
  if (text === '') {
    return pos
  }
  target[pos++] = tag
  return writeUtf8(text, target, putVarint(target, pos, utf8Length(text)))
}

function putMap (target: Uint8Array, pos: number, tag: number, map: TextMap): number {
  for (const key in map) {
    const name = lengths[written++] as number
    const value = lengths[written++] as number
    target[pos++] = tag
    pos = putVarint(target, pos, sizeLength(name) + sizeLength(value))
    pos = putSized(target, pos, 0x0a, key, name)
    pos = putSized(target, pos, 0x12, map[key] as string, value)
  }
  return pos
}

function putSized (target: Uint8Array, pos: number, tag: number, text: string, length: number): number {
  if (length === 0) {
    return pos
  }
  target[pos++] = tag
  pos = putVarint(target, pos, length)
  if (length !== text.length || length > MAX_LOOP) {
    return writeUtf8(text, target, pos)
  }
  // as many bytes as characters: ASCII
  for (let i = 0; i < length; i++) {
    target[pos + i] = text.charCodeAt(i)
  }
  return pos + length
}
