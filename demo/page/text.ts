/** Values as people read and write them. */

/** JSON cannot say what CBOR carries; the rest is shown by name. */
function plain (_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [String(key), item as unknown]))
  return value
}

export function show (value: unknown, indent?: number): string {
  return JSON.stringify(value, plain, indent) ?? 'nothing'
}

/**
 * An empty field is no argument; anything else must be JSON.
 *
 * @throws Error - for people
 */
export function parseArguments (text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`, { cause: error })
  }
}

export function milliseconds (ms: number): string {
  return ms.toFixed(ms < 100 ? 1 : 0)
}

export function plural (count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
