/**
 * Frames, gossip and stored values of pub/sub, by the tables of `pubsub-schema.ts`. Values are the plain objects of the
 * room; every number, text and list of a peer is checked here. Frames share no memory with what was decoded of them;
 * gossip batches and payloads do.
 */
import { ProtocolError } from '../errors.ts'
import { checkSize } from './check-size.ts'
import { decodeBody } from './codecs.ts'
import { MAX_GOSSIP, MAX_PUBSUB_FRAME } from './limits.ts'
import { BATCH, FRAME, MESSAGES, PAYLOAD, STORED_MESSAGE, STORED_STATE } from './pubsub-schema.ts'
import { decode, encode } from './schema.ts'
import type { EncodedBody } from './codecs.ts'

/** A message by the names of its fields, `type` among them. */
export interface PubsubMessage { readonly type: string }

export interface Payload {
  readonly codec: number
  readonly headers: Map<string, string>
  readonly body: Uint8Array
}

const TYPES = MESSAGES.map(([type]) => type)
const NONE = new Uint8Array(0)

/** @throws FrameTooLargeError - it was to be sent in parts */
export function encodePubsub (message: PubsubMessage): Uint8Array {
  return checked(encode(FRAME, { [message.type]: message }), MAX_PUBSUB_FRAME)
}

/**
 * The frame in `bytes[start..end)`.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodePubsub (bytes: Uint8Array, start = 0, end = bytes.length): PubsubMessage {
  checkSize('pub/sub message', end - start, MAX_PUBSUB_FRAME)
  const frame = decode(FRAME, bytes, start, end)
  let type: string | undefined
  for (const name of TYPES) {
    if (frame[name] === undefined) continue
    if (type !== undefined) throw new ProtocolError('pub/sub frame: exactly one message expected')
    type = name
  }
  if (type === undefined) throw new ProtocolError('pub/sub frame: a message expected')
  const message = frame[type]
  message.type = type
  if (type === 'open') checkSpec(message.spec)
  else if (type === 'registry') message.delta.openings.forEach(({ spec }: { spec: Spec }) => { checkSpec(spec) })
  else if (type === 'batch') checkBatch(message.batch)
  return message
}

interface Spec { channel: string, pattern: string, name: string }
interface DecodedBatch { messages: ReadonlyArray<{ seq: number }>, channels: ReadonlyArray<{ members: readonly string[], to: readonly number[] }> }

function checkSpec ({ channel, pattern, name }: Spec): void {
  if (channel !== `${pattern}/${name}`) throw new ProtocolError('a channel of another name')
}

function checkBatch ({ messages, channels }: DecodedBatch): void {
  const first = messages[0]?.seq ?? 0
  if (first < 1 || messages.some(({ seq }, index) => seq !== first + index)) throw new ProtocolError('a batch whose seqs are not consecutive')
  for (const { members, to } of channels) {
    if (to.length !== messages.length || to.some(index => index > members.length)) throw new ProtocolError('a batch whose assignments do not fit')
  }
}

/** A batch as it travels by gossip. @throws FrameTooLargeError */
export function encodeBatch (batch: object): Uint8Array {
  return checked(encode(BATCH, batch), MAX_GOSSIP)
}

/** @throws ProtocolError */
export function decodeBatch (bytes: Uint8Array): any {
  checkSize('pub/sub message', bytes.length, MAX_GOSSIP)
  const batch = decode(BATCH, bytes)
  checkBatch(batch)
  return batch
}

export function encodePayload ({ codec, body }: EncodedBody, headers: ReadonlyMap<string, string>): Uint8Array {
  return encode(PAYLOAD, { codec, body: body ?? NONE, headers })
}

/** @throws ProtocolError */
export function decodePayload (bytes: Uint8Array): Payload {
  return decode(PAYLOAD, bytes)
}

/** @throws ProtocolError */
export function payloadBody ({ codec, body }: Payload): unknown {
  return decodeBody(codec, body)
}

export const encodeStoredMessage = (message: object): Uint8Array => encode(STORED_MESSAGE, message)
/** @throws ProtocolError */
export const decodeStoredMessage = (bytes: Uint8Array): any => decode(STORED_MESSAGE, bytes)
export const encodeStoredState = (state: object): Uint8Array => encode(STORED_STATE, state)
/** @throws ProtocolError */
export const decodeStoredState = (bytes: Uint8Array): any => decode(STORED_STATE, bytes)

function checked (bytes: Uint8Array, most: number): Uint8Array {
  checkSize('pub/sub message', bytes.length, most)
  return bytes
}
