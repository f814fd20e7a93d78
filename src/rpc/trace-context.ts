/** W3C trace context, version 00 (https://www.w3.org/TR/trace-context/): one line of text that names a span. */

export const TRACEPARENT = 'traceparent'

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  readonly sampled: boolean
}

const FORMAT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** Undefined for what is no trace context: a new trace begins, as the standard asks. */
export function parseTraceparent (text: string | undefined): TraceContext | undefined {
  const parts = text === undefined ? null : FORMAT.exec(text)
  if (parts === null || text?.startsWith('ff') === true) {
    return undefined
  }
  const [, traceId = NO_TRACE, spanId = NO_SPAN, flags = '00', more] = parts
  const valid = traceId !== NO_TRACE && spanId !== NO_SPAN && (more === undefined || text?.startsWith('00') === false)
  return valid ? { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 } : undefined
}

export function formatTraceparent ({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

const HEX = /* @__PURE__ */ Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(4, '0'))

/** As many groups of four hex digits, not all 0: unique, which is all that an id must be. */
export function randomId (groups: number): string {
  let id = ''
  for (let i = 0; i < groups; i++) {
    id += HEX[i === 0 ? 1 + Math.floor(Math.random() * 65_535) : Math.floor(Math.random() * 65_536)]
  }
  return id
}
