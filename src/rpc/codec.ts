/** Bodies in a form of the application's own: they travel as bytes, and each end of a contract knows what they mean. */
import { RpcError } from '../errors.ts'
import { messageOf } from './outcome.ts'
import { iteratorOf } from './iterator.ts'
import { changed } from './results.ts'
import type { Results, Sequence } from './stream-types.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** How a method's arguments and results become bytes; protobuf's `encode` and `decode`, for one. */
export interface Codec {
  /** The bytes are sent without a copy. A throw is INVALID_ARGUMENT at the caller's end, and INTERNAL at the handler's. */
  encode (value: any): Uint8Array
  /** A throw is INVALID_ARGUMENT at the handler's end, and rejects the call at the caller's. */
  decode (bytes: Uint8Array): unknown
}

/** Bodies as JSON text, for logs and peers that read no CBOR: no bytes, no dates, no bigints. */
export const json: Codec = {
  encode: value => value === undefined ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(value)),
  decode: bytes => bytes === undefined || bytes.length === 0 ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), (key, value: unknown) => key === '__proto__' ? undefined : value)
}

type Result = StandardSchemaV1.Result<unknown>

/** A schema of the bytes: what they decode to must satisfy `schema`. */
export function decoding (codec: Codec, schema: StandardSchemaV1 | undefined): StandardSchemaV1 {
  return around(schema, value => {
    const decoded = attempt(() => codec.decode(value as Uint8Array))
    return decoded.issues !== undefined || schema === undefined ? decoded : schema['~standard'].validate(decoded.value)
  })
}

/** A schema that makes bytes of what satisfies `schema`. */
export function encoding (codec: Codec, schema: StandardSchemaV1 | undefined): StandardSchemaV1 {
  const encode = (result: Result): Result => result.issues !== undefined ? result : attempt(() => codec.encode(result.value))
  return around(schema, value => {
    const result = schema === undefined ? { value } : schema['~standard'].validate(value)
    return result instanceof Promise ? result.then(encode) : encode(result)
  })
}

function around (schema: StandardSchemaV1 | undefined, validate: (value: unknown) => Result | Promise<Result>): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'braid-mesh', ...schema?.['~standard'], validate } }
}

function attempt (make: () => unknown): Result {
  try {
    return { value: make() }
  } catch (err) {
    return { issues: [{ message: err instanceof Error ? err.message : String(err) }] }
  }
}

/** Arguments as their bytes, `what` is the call. @throws RpcError - INVALID_ARGUMENT */
export function encode (codec: Codec, value: unknown, what: string): Uint8Array {
  return sendable(what, () => codec.encode(value))
}

/** Inputs as their bytes. @throws RpcError - INVALID_ARGUMENT */
export function encoded (items: Sequence, codec: Codec, what: string): Results {
  return changed(sendable(what, () => iteratorOf(items)), item => encode(codec, item, what))
}

function sendable<T> (what: string, make: () => T): T {
  try {
    return make()
  } catch (err) {
    throw new RpcError('INVALID_ARGUMENT', `${what}: the arguments cannot be sent: ${messageOf(err)}`, { cause: err })
  }
}

/** Results as what they decode to. */
export function decoded (results: Results, codec: Codec): Results {
  return changed(results, item => decode(codec, item))
}

/** @throws RpcError - INTERNAL: the node that answered speaks another language */
export function decode (codec: Codec, bytes: unknown): unknown {
  try {
    return codec.decode(bytes as Uint8Array)
  } catch (err) {
    throw new RpcError('INTERNAL', `the answer cannot be decoded: ${messageOf(err)}`, { cause: err })
  }
}
