/** RPC frames, reading what a peer sent: bounds are checked before anything is believed. */
import { ProtocolError, STATUS_CODES } from '../errors.ts'
import { copyBytes, readName, readUtf8 } from './bytes.ts'
import { MAX_BODY, MAX_CLAIM, MAX_HEADERS, MAX_HEADER_SETS, MAX_NAME, MAX_TIMEOUT } from './limits.ts'
import { TOKEN_BYTES } from './token.ts'
import { readTrace, TRACE_BYTES } from './trace.ts'
import type { BodyCodec } from './codecs.ts'
import type { Trace } from './trace.ts'
import type {
  DecodedCancel, DecodedCredit, DecodedEnd, DecodedFrame, DecodedGoAway, DecodedItem, DecodedRequest, DecodedResponse, TextMap
} from './rpc-frames.ts'

const NOTHING = new Uint8Array(0)
/** Of a frame that has none. */
export const NO_TEXTS: TextMap = Object.freeze(Object.create(null) as Record<string, string>)
const UNKNOWN_STATUS = 2

/** A map without anything inherited. Made by a constructor: a bare `Object.create(null)` is several times slower. */
const Texts = function () {} as unknown as new () => Record<string, string>
Texts.prototype = Object.freeze(Object.create(null))

/**
 * The frame under way. Module state rather than an object: a frame is read in one go, and this is the hottest path. What
 * reads it here stands in `reader.ts` as well: with the state in another module a frame with metadata takes 5% longer.
 */
let data = NOTHING as Uint8Array
let pos = 0
let end = 0
let texts = 0
let maxBody = MAX_BODY

/**
 * The frame in `bytes[start..end)`, with a body of at most `max` bytes.
 *
 * @throws ProtocolError
 */
export function decodeFrame (bytes: Uint8Array, from: number, to: number, max = MAX_BODY): DecodedFrame {
  maxBody = max
  data = bytes
  pos = from
  end = to
  texts = 0
  try {
    return readFrame()
  } finally {
    data = NOTHING
  }
}

function readFrame (): DecodedFrame {
  let frame: DecodedFrame | undefined
  while (more()) {
    const tag = varint()
    let next: DecodedFrame
    switch (tag) {
      case 0x0a: next = message(readRequest); break
      case 0x12: next = message(readResponse); break
      case 0x1a: next = message(readCancel); break
      case 0x22: next = message(readGoAway); break
      case 0x2a: next = message(readItem); break
      case 0x32: next = message(readCredit); break
      case 0x3a: next = message(readEnd); break
      default: skip(tag); continue
    }
    if (frame !== undefined && frame.kind !== next.kind) {
      fail('two messages in one frame')
    }
    frame = next
  }
  return frame ?? fail('a frame without a message')
}

function message <T> (read: () => T): T {
  const outer = end
  const size = length()
  end = pos + size
  const value = read()
  end = outer
  return value
}

function readRequest (): DecodedRequest {
  const r: DecodedRequest = {
    kind: 1,
    id: 0,
    service: '',
    method: '',
    timeout: 0,
    codec: 0,
    body: undefined,
    token: undefined,
    metadata: NO_TEXTS,
    headers: NO_TEXTS,
    idempotencyKey: undefined,
    streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0
  }
  while (more()) {
    const tag = varint()
    switch (tag) {
      case 0x08: r.id = uint32(); break
      case 0x12: r.method = name(); break
      case 0x18: r.timeout = uint32(); break
      case 0x20: r.codec = codec(); break
      case 0x2a: r.body = body(); break
      case 0x32: r.token = own(TOKEN_BYTES, TOKEN_BYTES); break
      case 0x3a: r.metadata = entry(r.metadata); break
      case 0x42: r.headers = entry(r.headers); break
      case 0x4a: r.idempotencyKey = header(); break
      case 0x52: r.service = name(); break
      case 0x58: r.streaming = upTo(3, 'an unknown kind of call'); break
      case 0x62: r.trace = trace(); break
      case 0x68: r.headerSet = upTo(MAX_HEADER_SETS, 'a set of headers beyond the last one'); break
      case 0x72: r.link = own(1, MAX_CLAIM); break
      case 0x78: r.life = uint32(); break
      default: skip(tag)
    }
  }
  if (r.timeout > MAX_TIMEOUT) {
    fail('a timeout of more than a day')
  }
  return r
}

function readResponse (): DecodedResponse {
  const r: DecodedResponse = { kind: 2, id: 0, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: NO_TEXTS }
  while (more()) {
    const tag = varint()
    switch (tag) {
      case 0x08: r.id = uint32(); break
      case 0x10: r.status = uint32(); break
      case 0x18: r.codec = codec(); break
      case 0x22: r.body = body(); break
      case 0x2a: r.message = text(); break
      case 0x30: r.retryable = varint() !== 0; break
      case 0x3a: r.headers = entry(r.headers); break
      default: skip(tag)
    }
  }
  if (r.status >= STATUS_CODES.length) {
    r.status = UNKNOWN_STATUS
  }
  return r
}

function readCancel (): DecodedCancel {
  return { kind: 3, id: readNumber() }
}

/** A message of one number. */
function readNumber (): number {
  let value = 0
  while (more()) {
    const tag = varint()
    switch (tag) {
      case 0x08: value = uint32(); break
      default: skip(tag)
    }
  }
  return value
}

function readGoAway (): DecodedGoAway {
  const r: DecodedGoAway = { kind: 4, reason: '' }
  while (more()) {
    const tag = varint()
    switch (tag) {
      case 0x0a: r.reason = text(); break
      default: skip(tag)
    }
  }
  return r
}

function readItem (): DecodedItem {
  const r: DecodedItem = { kind: 5, codec: 0, body: undefined }
  while (more()) {
    const tag = varint()
    switch (tag) {
      case 0x08: r.codec = codec(); break
      case 0x12: r.body = body(); break
      default: skip(tag)
    }
  }
  return r
}

function readCredit (): DecodedCredit {
  return { kind: 6, bytes: readNumber() }
}

function readEnd (): DecodedEnd {
  while (more()) {
    skip(varint())
  }
  return { kind: 7 }
}

function more (): boolean {
  return pos < end
}

function byte (): number {
  if (pos >= end) {
    fail('an early end')
  }
  return data[pos++] as number
}

/** Exact below 2^53; callers refuse what is larger than they can use. */
function varint (): number {
  let next = byte()
  if (next < 0x80) {
    return next
  }
  let value = next & 0x7f
  let scale = 0x80
  for (let i = 1; i < 10; i++) {
    next = byte()
    value += (next & 0x7f) * scale
    if (next < 0x80) {
      return value
    }
    scale *= 0x80
  }
  return fail('a varint of more than 10 bytes')
}

function uint32 (): number {
  const value = varint()
  return value <= 0xffffffff ? value : fail('a number of more than 32 bits')
}

function length (): number {
  const value = varint()
  return value <= end - pos ? value : fail('a length beyond the end')
}

/** Fields of a later version. Groups, which proto3 no longer writes, are refused. */
function skip (tag: number): void {
  if (tag < 8 || tag > 0xffffffff) {
    fail('an illegal field number')
  }
  switch (tag & 7) {
    case 0: varint(); break
    case 1: take(8); break
    case 2: take(length()); break
    case 5: take(4); break
    default: fail('an illegal wire type')
  }
}

/** Goes on by as many bytes and returns where they begin. */
function take (size: number): number {
  if (size > end - pos) {
    fail('an early end')
  }
  const start = pos
  pos += size
  return start
}

function codec (): BodyCodec {
  return upTo(3, 'an unknown codec') as BodyCodec
}

function upTo (max: number, what: string): number {
  const value = varint()
  return value <= max ? value : fail(what)
}

function name (): string {
  const size = length()
  if (size > MAX_NAME) {
    fail('a name that is too long')
  }
  const start = take(size)
  return readName(data, start, pos)
}

function text (): string {
  const start = take(length())
  return readUtf8(data, start, pos)
}

function body (): Uint8Array | undefined {
  const size = length()
  if (size > maxBody) {
    fail('a body that is too large')
  }
  const start = take(size)
  // not subarray(): of a Node Buffer that is a Buffer
  return size === 0 ? undefined : new Uint8Array(data.buffer, data.byteOffset + start, size)
}

function own (least: number, most: number): Uint8Array | undefined {
  const size = length()
  if (size !== 0 && (size < least || size > most)) {
    fail('a token id or a link of another length')
  }
  const start = take(size)
  return size === 0 ? undefined : copyBytes(data, start, pos)
}

/** What is no trace context is none. */
function trace (): Trace | undefined {
  const start = take(length())
  return pos - start === TRACE_BYTES ? readTrace(data, start) : undefined
}

/** Counts into what a call may carry beside its body. */
function lengthOfText (): number {
  const size = length()
  texts += size
  return texts <= MAX_HEADERS ? size : fail('headers and metadata that are too large')
}

function header (): string | undefined {
  const size = lengthOfText()
  const start = take(size)
  return size === 0 ? undefined : readUtf8(data, start, pos)
}

function entry (map: TextMap): TextMap {
  const outer = end
  const size = length()
  end = pos + size
  let key = ''
  let value = ''
  while (more()) {
    const tag = varint()
    if (tag === 0x0a) {
      const start = take(lengthOfText())
      key = readName(data, start, pos)
    } else if (tag === 0x12) {
      value = header() ?? ''
    } else {
      skip(tag)
    }
  }
  end = outer
  if (key === '__proto__') {
    fail('the key __proto__')
  }
  const filled = map === NO_TEXTS ? new Texts() : map as Record<string, string>
  filled[key] = value
  return filled
}

function fail (what: string): never {
  throw new ProtocolError(`malformed rpc frame: ${what}`)
}
