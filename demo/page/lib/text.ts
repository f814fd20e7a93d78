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

/** Milliseconds, with the unit. */
export function ms (value: number | undefined): string {
  return value == null ? '–' : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`
}

export function plural (count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** A text that names of others stand in: none of them turns it around. */
export function upright (text: string): string {
  return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

/** For where there is room for so many characters. */
export function shorten (text: string, most: number): string {
  if (text.length <= most) return text
  // a character is two units at most
  const characters = [...text.slice(0, 2 * most)]
  return characters.length <= most && text.length <= 2 * most ? text : `${characters.slice(0, most - 1).join('')}…`
}

/** Of a span in milliseconds: `12 s`, `3 min`, `2 h`. */
export function duration (span: number): string {
  const seconds = Math.max(0, Math.round(span / 1000))
  if (seconds < 100) return `${seconds} s`
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

export function clock (at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

/** What went wrong, and its code if it has one. */
export function explain (error: unknown): { code: string, message: string } {
  const { code, name, message } = error as { code?: string, name?: string, message?: string }
  return { code: code ?? name ?? 'Error', message: message ?? String(error) }
}

/** The value below which the share `q` of the values lies. */
export function quantile (values: readonly number[], q: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}
