/** W3C trace context, version 00 (https://www.w3.org/TR/trace-context/): which span of which trace a call belongs to. */

export const TRACEPARENT = 'traceparent'

/** Bytes on the wire: 16 of the trace's id, 8 of the span's, 1 of flags. */
export const TRACE_BYTES = 25

const FORMAT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-.*)?$/
const LENGTH = 55
const SAMPLED = 1

/**
 * A trace context. Its ids are kept as numbers of 32 bits (signed: engines hold those without a box), as most of them are
 * never looked at as text.
 */
export class Trace {
  readonly t0: number
  readonly t1: number
  readonly t2: number
  readonly t3: number
  readonly s0: number
  readonly s1: number
  readonly flags: number
  /** Of a span that was made here. */
  readonly parent: Trace | undefined

  constructor (t0: number, t1: number, t2: number, t3: number, s0: number, s1: number, flags: number, parent?: Trace) {
    this.t0 = t0
    this.t1 = t1
    this.t2 = t2
    this.t3 = t3
    this.s0 = s0
    this.s1 = s1
    this.flags = flags
    this.parent = parent
  }

  /** 32 hex digits. */
  get traceId (): string {
    return hex32(this.t0) + hex32(this.t1) + hex32(this.t2) + hex32(this.t3)
  }

  /** 16 hex digits. */
  get spanId (): string {
    return hex32(this.s0) + hex32(this.s1)
  }

  get sampled (): boolean {
    return (this.flags & SAMPLED) !== 0
  }

  /** The header `traceparent`. */
  toString (): string {
    return `00-${this.traceId}-${this.spanId}-${this.sampled ? '01' : '00'}`
  }

  /** A span within the same trace. */
  child (): Trace {
    const id = next()
    return new Trace(this.t0, this.t1, this.t2, this.t3, spanPrefix, id, this.flags, this)
  }
}

/** Undefined for what is no trace context: a new trace begins, as the standard asks. */
export function parseTraceparent (text: string | undefined): Trace | undefined {
  if (text === undefined || !FORMAT.test(text) || text.startsWith('ff') || (text.length > LENGTH && text.startsWith('00'))) {
    return undefined
  }
  const word = (at: number): number => Number.parseInt(text.slice(at, at + 8), 16) | 0
  return validTrace(new Trace(word(3), word(11), word(19), word(27), word(36), word(44), Number.parseInt(text.slice(53, LENGTH), 16) & SAMPLED))
}

/** Of the bytes from `start`; undefined for what is none. */
export function readTrace (bytes: Uint8Array, start: number): Trace | undefined {
  return validTrace(new Trace(
    word32(bytes, start), word32(bytes, start + 4), word32(bytes, start + 8), word32(bytes, start + 12),
    word32(bytes, start + 16), word32(bytes, start + 20), (bytes[start + 24] as number) & SAMPLED))
}

/** Returns the offset behind it. */
export function writeTrace (trace: Trace, target: Uint8Array, pos: number): number {
  put32(target, pos, trace.t0)
  put32(target, pos + 4, trace.t1)
  put32(target, pos + 8, trace.t2)
  put32(target, pos + 12, trace.t3)
  put32(target, pos + 16, trace.s0)
  put32(target, pos + 20, trace.s1)
  target[pos + 24] = trace.flags
  return pos + TRACE_BYTES
}

function word32 (bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
}

function put32 (target: Uint8Array, pos: number, word: number): void {
  target[pos] = word >>> 24
  target[pos + 1] = word >>> 16
  target[pos + 2] = word >>> 8
  target[pos + 3] = word
}

/** Ids of zeros are none. */
function validTrace (trace: Trace): Trace | undefined {
  const { t0, t1, t2, t3, s0, s1 } = trace
  return (t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0 ? undefined : trace
}

/** The first span of a trace of its own. A share `sample` of them is sampled. */
export function newTrace (sample: number): Trace {
  const id = next()
  return new Trace(prefix0, prefix1, prefix2, id, spanPrefix, id, (id >>> 0) < sample * 2 ** 32 ? SAMPLED : 0)
}

/**
 * Ids are unique, which is all that they must be: the first part is drawn once in 2^32, and the last counts. A count is
 * spread evenly over all bits, as there are those who sample by them.
 */
let prefix0 = 0
let prefix1 = 0
let prefix2 = 0
let spanPrefix = 0
let count = 0

function next (): number {
  count = (count + 1) | 0
  if (spanPrefix === 0 || count === 0) {
    [prefix0, prefix1, prefix2, spanPrefix] = crypto.getRandomValues(new Int32Array(4)).map(word => word === 0 ? 1 : word) as unknown as [number, number, number, number]
  }
  return Math.imul(count, 0x9e3779b1)
}

/** A table, as `toString(16)` of a number beyond 2^31 takes a microsecond. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex32 (n: number): string {
  return `${HEX[n >>> 24]}${HEX[(n >>> 16) & 0xff]}${HEX[(n >>> 8) & 0xff]}${HEX[n & 0xff]}`
}
