/** What may be stored: the same rules in every kind of storage, so that what works in memory works on disk. */
import { StorageError } from '../errors.ts'

/** Characters of a stable name once it is a file name; file systems end at 255 bytes with the slot's suffix. */
const MAX_STABLE_NAME = 200
/** Bytes of a log's name: it stands in the key of each of its entries. */
const MAX_LOG_NAME = 512
/** Bytes of one stable value: it is kept in memory and written twice per `set`. Larger things belong in a log. */
export const MAX_STABLE_VALUE = 1024 * 1024

const SAFE = /[a-z0-9_-]/

/**
 * Reversible, and the same on file systems that fold case: everything but `a-z 0-9 _ -` becomes `%XX` per UTF-8 byte,
 * so `A` and `a`, `..` and `a/b` are all plain, distinct names.
 */
export function encodeName (name: string): string {
  let encoded = ''
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte)
    encoded += SAFE.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
  }
  return encoded
}

/** Undefined for a file name that {@link encodeName} did not make. */
export function decodeName (encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded)
    return name !== '' && encodeName(name) === encoded ? name : undefined
  } catch {
    return undefined
  }
}

export function checkStableName (name: string): void {
  if (name === '' || !name.isWellFormed() || encodeName(name).length > MAX_STABLE_NAME) {
    throw new StorageError(`"${name}" cannot be the name of a stored value: it must be well-formed, not empty, and at most ${MAX_STABLE_NAME} characters (three for each beside a-z, 0-9, _ and -)`)
  }
}

export function checkStableValue (name: string, { length }: Uint8Array): void {
  if (length > MAX_STABLE_VALUE) {
    throw new StorageError(`the value of "${name}" has ${length} bytes, at most ${MAX_STABLE_VALUE} are allowed: keep it in a log`)
  }
}

export function checkLogName (name: string): void {
  if (name === '' || !name.isWellFormed() || new TextEncoder().encode(name).length > MAX_LOG_NAME) {
    throw new StorageError(`"${name}" cannot be the name of a log: it must be well-formed, not empty, and at most ${MAX_LOG_NAME} bytes`)
  }
}
