import { expect } from 'chai'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { runs } from '../harness/runs.ts'

/** A small generator of numbers: fast-check's own bytes cost ten times the decoders that they are for. */
function numbers (seed: number): (below: number) => number {
  let state = seed | 0
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below)
  }
}

/** Uniform bytes (every third), else a valid frame with bytes changed, cut out, put in or cut off. */
export function hostileBytes (seed: number, valid: readonly Uint8Array[]): Uint8Array {
  const next = numbers(seed)
  const base = valid[next(Math.ceil(valid.length * 1.5))]
  if (base === undefined) {
    return Uint8Array.from({ length: next(64) }, () => next(256))
  }
  const bytes = [...base]
  for (let edits = 1 + next(4); edits > 0; edits--) {
    mutate(bytes, next)
  }
  return Uint8Array.from(bytes)
}

function mutate (bytes: number[], next: (below: number) => number): void {
  const at = next(bytes.length)
  switch (next(8)) {
    case 0: bytes.splice(at, 1 + next(4)); break
    case 1: bytes.splice(at, 0, next(256)); break
    case 2: bytes.length = at; break
    case 3: case 4: bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8)); break
    case 5: bytes[at] = [0x7f, 0x80, 0xff, 0xfb, 0x5f][next(5)] ?? 0; break
    default: bytes[at] = next(256)
  }
}

/** Feeds each decoder 10^5 hostile inputs, in a page 10^4; a failure prints the seed of its input. */
export function fuzz (valid: readonly Uint8Array[], ...decoders: Array<(bytes: Uint8Array) => unknown>): void {
  const traces = Error.stackTraceLimit
  Error.stackTraceLimit = 0 // most inputs throw, and a trace costs more than a decode
  try {
    fc.assert(fc.property(fc.integer(), seed => {
      const bytes = hostileBytes(seed, valid)
      for (const decode of decoders) {
        onlyTypedErrors(() => decode(bytes))
      }
    }), { numRuns: runs(100_000) })
  } finally {
    Error.stackTraceLimit = traces
  }
}

/** Runs a decoder; fails when it throws anything but the errors that decoders may throw. */
export function onlyTypedErrors (decode: () => unknown): void {
  try {
    decode()
  } catch (err) {
    const { name } = err as Error
    if (name !== 'ProtocolError' && name !== 'FrameTooLargeError') {
      expect.fail((err as Error).stack)
    }
  }
}

export const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
export const unhex = (text: string): Uint8Array => fromString(text.replaceAll(/\s/g, ''), 'base16')

/** Bytes that are no plain Uint8Array, as Node's Buffer. */
export class Chunk extends Uint8Array {}
