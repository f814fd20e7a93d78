/** Texts and bytes of messages: the short ones that make up nearly all traffic take paths without allocations. */
import { ProtocolError } from '../errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts up to this length are handled by a loop: a call into the runtime's coder costs more (some 80 to 200 ns). */
const SHORT = 24
const INTERNED = 1024
const interned: Array<string | undefined> = new Array(INTERNED).fill(undefined)
const MAX_INTERNED_LENGTH = 64

const POOL = 8 * 1024
/** Larger copies get memory of their own, so that keeping one keeps little else. */
const MAX_POOLED = 1024
let pool = new Uint8Array(POOL)
let pooled = 0

/** Bytes of a text in UTF-8. A lone surrogate counts as U+FFFD, which is what is written for it. */
export function utf8Length (text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7ff) {
      length += 2
      // a pair is two units and four bytes
      if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        i++
      }
    } else if (code > 0x7f) {
      length++
    }
  }
  return length
}

/** Writes a text as UTF-8 at `offset` and returns the offset behind it. There must be room. */
export function writeUtf8 (text: string, target: Uint8Array, offset: number): number {
  const length = text.length
  if (length <= SHORT) {
    let i = 0
    for (; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        break
      }
      target[offset + i] = code
    }
    if (i === length) {
      return offset + length
    }
  }
  return offset + encoder.encodeInto(text, target.subarray(offset)).written
}

/**
 * The text in `bytes[start..end)`.
 *
 * @throws ProtocolError - it is not UTF-8
 */
export function readUtf8 (bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length <= SHORT) {
    const codes = new Array<number>(length)
    let i = 0
    for (; i < length; i++) {
      const code = bytes[start + i] ?? 0
      if (code > 0x7f) {
        break
      }
      codes[i] = code
    }
    if (i === length) {
      return String.fromCharCode.apply(String, codes)
    }
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    throw new ProtocolError('text that is not UTF-8')
  }
}

/**
 * {@link readUtf8} for names, which come again and again: a known one costs no allocation. The table has a fixed size
 * and a newcomer takes the place of what was in its slot, so that a flood of names costs time only.
 */
export function readName (bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length > MAX_INTERNED_LENGTH) {
    return readUtf8(bytes, start, end)
  }
  let hash = length
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash, 31) + (bytes[i] ?? 0)
  }
  const slot = (hash ^ (hash >>> 10)) & (INTERNED - 1)
  const known = interned[slot]
  if (known !== undefined && known.length === length && same(known, bytes, start)) {
    return known
  }
  const name = readUtf8(bytes, start, end)
  interned[slot] = name
  return name
}

function same (text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== bytes[start + i] || code > 0x7f) {
      return false
    }
  }
  return true
}

/**
 * A copy of `bytes[start..end)`. Small copies share a larger `ArrayBuffer`, as Node's do: memory of its own costs a
 * small copy five times as much.
 */
export function copyBytes (bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  const length = end - start
  if (length > MAX_POOLED) {
    // not slice(): that of a Node Buffer shares its memory
    return new Uint8Array(bytes.subarray(start, end))
  }
  if (pooled + length > pool.length) {
    pool = new Uint8Array(POOL)
    pooled = 0
  }
  const copy = pool.subarray(pooled, pooled += length)
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) {
      copy[i] = bytes[start + i] ?? 0
    }
  } else {
    copy.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
  }
  return copy
}

/** Bytes up to this length are looked for among those that were last asked for. */
const MAX_SHARED = 96
const shared: Array<Uint8Array | undefined> = new Array(INTERNED).fill(undefined)

/**
 * {@link copyBytes}, but short bytes that come again and again are copied once: a copy of its own costs a small value five
 * times its length. What is returned must not be changed.
 */
export function shareBytes (bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  if (end - start > MAX_SHARED) {
    return copyBytes(bytes, start, end)
  }
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  }
  const place = (hash >>> 0) % INTERNED
  const known = shared[place]
  if (known !== undefined && known.length === end - start && known.every((byte, i) => byte === bytes[start + i])) {
    return known
  }
  const copy = copyBytes(bytes, start, end)
  shared[place] = copy
  return copy
}
