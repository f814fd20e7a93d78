/**
 * What a body may be and how it travels: undefined as no body at all, a Uint8Array as its bytes, everything else as
 * CBOR; JSON for peers that ask for it.
 *
 * | value | comes back as |
 * |---|---|
 * | string, boolean, null, undefined, number (NaN, the infinities and -0 too) | the same |
 * | bigint | bigint |
 * | Date | Date, to the millisecond |
 * | Uint8Array, Node's Buffer | Uint8Array |
 * | array (a hole is undefined) | array |
 * | object, with its own enumerable properties, in their order; undefined ones are kept | plain object |
 * | Map | Map, or a plain object when every key is a string (an empty one too) |
 * | Set, Error, other typed arrays, ArrayBuffer, RegExp, Promise, function, symbol | `EncodeError` |
 *
 * Map keys are strings, numbers, bigints or booleans. An integer beyond 2^53 that a peer in another language sent is a
 * bigint. Depth, sizes and counts are bounded by `limits.ts`.
 */
import { EncodeError, FrameTooLargeError, ProtocolError } from '../errors.ts'
import { copyBytes, readUtf8 } from './bytes.ts'
import { decodeCbor } from './cbor-decode.ts'
import { encodeCbor } from './cbor-encode.ts'
import { MAX_BODY, PART_COST } from './limits.ts'
import type { Weighed } from './cbor-decode.ts'

/** How a body is encoded: 0 no body, 1 CBOR, 2 JSON, 3 bytes. */
export type BodyCodec = 0 | 1 | 2 | 3

export interface EncodedBody {
  codec: BodyCodec
  body: Uint8Array | undefined
}

/**
 * A Uint8Array is passed on without a copy: it must not change until it has been sent.
 *
 * @throws EncodeError - the value cannot travel; the message names the place
 * @throws FrameTooLargeError - more than `max` bytes
 */
export function encodeBody (value: unknown, max = MAX_BODY): EncodedBody {
  if (value === undefined) {
    return { codec: 0, body: undefined }
  }
  if (value instanceof Uint8Array) {
    return { codec: 3, body: checkSize(value, max) }
  }
  return { codec: 1, body: encodeCbor(value, max) }
}

/**
 * {@link encodeBody} as JSON, for a peer that asked for it.
 *
 * @throws EncodeError, FrameTooLargeError
 */
export function encodeJson (value: unknown): EncodedBody {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (err) {
    throw new EncodeError(`cannot encode as JSON: ${(err as Error).message}`)
  }
  return text === undefined ? { codec: 0, body: undefined } : { codec: 2, body: checkSize(new TextEncoder().encode(text), MAX_BODY) }
}

/**
 * The value of a body that a peer sent. It shares no memory with `body`.
 *
 * @throws ProtocolError
 */
export function decodeBody (codec: number, body: Uint8Array | undefined, weighed?: Weighed): unknown {
  switch (codec) {
    case 0: return undefined
    case 1: return decodeCbor(body ?? EMPTY, weighed)
    case 2: return decodeJson(body ?? EMPTY, weighed)
    case 3: return copyBytes(body ?? EMPTY)
    default: throw new ProtocolError(`unknown codec ${codec}`)
  }
}

const EMPTY = new Uint8Array(0)

function decodeJson (body: Uint8Array, weighed: Weighed | undefined): unknown {
  const text = readUtf8(body, 0, body.length)
  if (weighed !== undefined) {
    // each [ and {; those within a text count too, which is rare
    for (const byte of body) if ((byte | 0x20) === 0x7b) weighed.size += PART_COST
  }
  try {
    return JSON.parse(text, refuseProto)
  } catch (err) {
    throw new ProtocolError(`malformed JSON: ${(err as Error).message}`)
  }
}

function refuseProto (key: string, value: unknown): unknown {
  if (key === '__proto__') {
    throw new ProtocolError('the key __proto__')
  }
  return value
}

function checkSize (body: Uint8Array, max: number): Uint8Array {
  if (body.length > max) {
    throw new FrameTooLargeError(`body of ${body.length} bytes (at most ${max}): send large data as a stream`)
  }
  return body
}
