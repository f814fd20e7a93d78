/** What the command line prints, for people and as JSON. */
import type { NodeInfo } from '../discovery/index.ts'

/** CBOR knows more than JSON: bytes become base64 in `{ "$bytes": … }`, bigints strings, maps objects. */
function plain (_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>)
  return value
}

// JSON.stringify hands a Buffer to the replacer only after its own toJSON; ours are plain Uint8Arrays, which have none.
export function json (value: unknown, indent?: number): string {
  return JSON.stringify(value, plain, indent) ?? 'null'
}

/** Aligned columns; empty cells stay empty. */
export function columns (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  return all.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

export function nodeTable (nodes: readonly NodeInfo[], self: string): string {
  return columns(['SERVICE', 'NAME', 'STATE', 'WEIGHT', 'ID', 'ADDRESS'], nodes.filter(node => node.id !== self).map(node => [
    node.service ?? '-', node.name, node.state, String(node.weight), node.id, node.addresses[0] ?? '-'
  ]))
}
