/** What the command line prints, for people and as JSON. */
import { columnsOf } from './width.core.ts'
import type { MergedChannel } from './merge.core.ts'

/** CBOR knows more than JSON: bytes become base64 in `{ "$bytes": … }`, bigints strings, maps objects. */
function plain (_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>)
  return value
}

/** Those that turn around what stands behind them. */
const BIDI = '\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069'
const UNPRINTABLE = new RegExp(`[\u007f-\u009f\u2028\u2029${BIDI}]`, 'g')
const CONTROLS = new RegExp(`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029${BIDI}]`, 'g')

/**
 * As text of printable characters alone: JSON leaves C1 controls, line separators and those of direction as they are.
 * JSON.stringify hands a Buffer to the replacer only after its own toJSON; ours are plain Uint8Arrays, which have none.
 */
export function json (value: unknown, indent?: number): string {
  return (JSON.stringify(value, plain, indent) ?? 'null').replace(UNPRINTABLE, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What a node says of itself must not move the cursor, nor look like another line. */
export function printable (text: string): string {
  return visible(text).replace(/[\t\n]/g, '\ufffd')
}

/** Lines that cannot move the cursor, nor change what the terminal does, nor the direction of a line. */
export function visible (text: string): string {
  return text.replace(CONTROLS, '\ufffd')
}

/** What went wrong, as one document: every command that takes `--json` tells it so. */
export function failure (error: unknown): string {
  const { name, code, message, details, node, retryable } = error as Partial<Record<'name' | 'code' | 'message' | 'details' | 'node' | 'retryable', unknown>>
  // that of a DOMException is a number
  return json({ error: { name, code: typeof code === 'string' ? code : name, message, details, node, retryable } })
}

/** A text of somebody else, whose lines after the first cannot be taken for ours. */
export function quoted (text: string): string {
  return text.replaceAll('\n', '\n  ')
}

/** Aligned columns; empty cells stay empty. Those named in `right` are aligned to the right. */
export function columns (head: readonly string[], rows: ReadonlyArray<readonly string[]>, right: ReadonlySet<string> = new Set()): string {
  const all = [head, ...rows.map(row => row.map(printable))]
  const widths = head.map((_, column) => all.reduce((most, row) => Math.max(most, columnsOf(row[column] ?? '')), 0))
  const cell = (text: string, column: number): string => {
    const rest = ' '.repeat((widths[column] ?? 0) - columnsOf(text))
    return right.has(head[column] ?? '') ? rest + text : text + rest
  }
  return all.map(row => row.map(cell).join('  ').trimEnd()).join('\n')
}

/** A row under TOPIC, CHANNEL, CONSUMERS, LAG, PENDING, REDELIVERED, DEAD. */
export function channelCells ({ topic, channel, consumers, lag, pending, redelivered, dead }: MergedChannel): string[] {
  return [topic, channel, ...[consumers, lag, pending, redelivered, dead].map(number => Number.isNaN(number) ? '-' : String(number))]
}

/** Milliseconds, as short as they can be read. */
export function ms (value: number | undefined): string {
  if (value == null || !Number.isFinite(value)) return '-'
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value))
}

/** The end of a peer id, which is what differs. */
export function shortId (id: string): string {
  return id.length > 10 ? `…${id.slice(-8)}` : id
}
