/** W3C trace context, version 00 (https://www.w3.org/TR/trace-context/): one line of text that names a span. */

export const TRACEPARENT = 'traceparent'

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  readonly sampled: boolean
}

const FORMAT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
const LENGTH = 55

/** Undefined for what is no trace context: a new trace begins, as the standard asks. */
export function parseTraceparent (text: string | undefined): TraceContext | undefined {
  if (text === undefined || !FORMAT.test(text) || text.startsWith('ff') || (text.length > LENGTH && text.startsWith('00'))) {
    return undefined
  }
  const traceId = text.slice(3, 35)
  const spanId = text.slice(36, 52)
  return traceId === NO_TRACE || spanId === NO_SPAN ? undefined : { traceId, spanId, sampled: (Number.parseInt(text.slice(53, LENGTH), 16) & 1) === 1 }
}

export function formatTraceparent ({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

const HEX = /* @__PURE__ */ Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

function hex32 (n: number): string {
  return `${HEX[n >>> 24]}${HEX[(n >>> 16) & 255]}${HEX[(n >>> 8) & 255]}${HEX[n & 255]}`
}

function random32 (): number {
  return 1 + Math.floor(Math.random() * 0xffffffff)
}

/**
 * Ids are unique, which is all that they must be: the first part is this process's own, and the last counts. A count is
 * spread over all bits, as there are those who sample by them.
 */
let prefix = ''
let count = 0

function next (): string {
  count = (count + 1) >>> 0
  if (prefix === '' || count === 0) {
    prefix = `${hex32(random32())}${hex32(random32())}${hex32(random32())}`
  }
  return hex32(Math.imul(count, 0x9e3779b1))
}

export function newTraceId (): string {
  const end = next()
  return prefix + end
}

export function newSpanId (): string {
  const end = next()
  return prefix.slice(0, 8) + end
}
