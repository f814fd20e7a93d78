/**
 * Reading protobuf that a peer sent: bounds are checked before anything is believed. Module state rather than an
 * object: a message is read in one go, and this is the hottest path. {@link reading} is the only way in.
 */
import { ProtocolError } from '../errors.ts'

const NOTHING: Uint8Array = new Uint8Array(0)

export let data = NOTHING
export let pos = 0
export let end = 0

/**
 * What `read` makes of `bytes[from..to)`.
 *
 * @throws ProtocolError
 */
export function reading <T> (bytes: Uint8Array, from: number, to: number, read: () => T): T {
  data = bytes
  pos = from
  end = to
  try {
    return read()
  } finally {
    data = NOTHING
  }
}

/** What `read` makes of the message that begins here with its length. */
export function nested <T> (read: () => T): T {
  const outer = end
  const size = length()
  end = pos + size
  const value = read()
  end = outer
  return value
}

export function more (): boolean {
  return pos < end
}

function byte (): number {
  if (pos >= end) {
    malformed('an early end')
  }
  return data[pos++] as number
}

/** Exact below 2^53; callers refuse what is larger than they can use. */
export function varint (): number {
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
  return malformed('a varint of more than 10 bytes')
}

export function length (): number {
  const value = varint()
  return value <= end - pos ? value : malformed('a length beyond the end')
}

/** Fields of a later version. Groups, which proto3 no longer writes, are refused. */
export function skip (tag: number): void {
  if (tag < 8 || tag > 0xffffffff) {
    malformed('an illegal field number')
  }
  switch (tag & 7) {
    case 0: varint(); break
    case 1: take(8); break
    case 2: take(length()); break
    case 5: take(4); break
    default: malformed('an illegal wire type')
  }
}

/** Goes on by as many bytes and returns where they begin. */
export function take (size: number): number {
  if (size > end - pos) {
    malformed('an early end')
  }
  const start = pos
  pos += size
  return start
}

export function malformed (what: string): never {
  throw new ProtocolError(`malformed message: ${what}`)
}
