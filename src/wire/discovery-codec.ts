/**
 * Discovery's frames and records, as discovery.proto has them. The table says what a peer may send: every list, text and
 * number is within `limits.ts`, states are known, numbers are safe integers. What is returned shares no memory with what
 * was given, so that a kept record does not keep the frame it came in.
 */
import { ProtocolError } from '../errors.ts'
import { checkSize } from './check-size.ts'
import { CHALLENGE_BYTES, MAX_ADDRESS, MAX_ADDRESSES, MAX_DISCOVERY_FRAME, MAX_KEY, MAX_NODES, MAX_RECORD, MAX_RECORD_LIST, MAX_TEXT, MAX_VOTERS, MAX_WEIGHT } from './limits.ts'
import { isName } from './names.ts'
import { bool, bytes, decode, encode, list, map, message, oneOf, text, uint32, uint53 } from './schema.ts'
import type { Encodable } from './schema.ts'

export type { Encodable }

/** What a voter knows of its service's group. */
interface Leadership {
  epoch: number
  term: number
  /** Empty: none is known in this term. */
  leader: string
  voters: string[]
  group: number
  kind: 'default' | 'expect' | 'voters' | 'recover'
}

/** A node's description of itself. */
export interface NodeRecord {
  /** Peer id. */
  id: string
  mesh: string
  /** Empty: a pure client. */
  service: string
  name: string
  incarnation: number
  seq: number
  state: 'up' | 'draining' | 'away' | 'left'
  roles: string[]
  weight: number
  load?: { links: number, inflight: number }
  methods: string[]
  channels: string[]
  metadata: Map<string, string>
  /** Multiaddrs, without `/p2p/<id>`. */
  addresses: Uint8Array[]
  election?: Leadership
}

/** A {@link NodeRecord} as it travels. */
export interface SignedRecord {
  record: Uint8Array
  signature: Uint8Array
  /** Empty when the peer id carries it. */
  publicKey: Uint8Array
}

interface Known { id: string, incarnation: number, seq: number }

interface Hello { self?: SignedRecord, bootNonce: Uint8Array, digest: Known[], reply: boolean }

/** All empty, or a challenge, or a challenge that was answered. */
export interface Conflict { challenge: Uint8Array, bootNonce: Uint8Array, signature: Uint8Array }

/** One frame of the discovery protocol: exactly one of its fields is set. */
export interface DiscoveryFrame {
  hello?: Hello
  records?: { records: SignedRecord[] }
  probe?: { nonce: number }
  ack?: { nonce: number }
  probeRequest?: { nonce: number, target: string }
  suspicion?: Known & { refused: boolean, gone: boolean }
  fetch?: { ids: string[] }
  conflict?: Conflict
}

/** Tag and lengths around a record, its signature and its key. */
const MAX_SIGNED_RECORD = MAX_RECORD + 2 * MAX_KEY + 32

const short = text(value => value.length <= MAX_TEXT)
const filled = text(isFilled)
const nonce = uint32()
const known = { id: [1, filled], incarnation: [2, uint53], seq: [3, uint53] } as const

const NODE_RECORD = message<NodeRecord>({
  id: [1, filled],
  mesh: [2, text(value => isName('mesh', value))],
  service: [3, text(value => value === '' || isName('service', value))],
  name: [4, short],
  incarnation: [5, uint53],
  seq: [6, uint53],
  state: [7, oneOf('up', 'draining', 'away', 'left')],
  roles: [8, list(filled, MAX_RECORD_LIST)],
  weight: [9, uint32(1, MAX_WEIGHT)],
  load: [10, message({ links: [1, uint32()], inflight: [2, uint32()] })],
  methods: [11, list(text(value => isName('method', value)), MAX_RECORD_LIST)],
  channels: [12, list(filled, MAX_RECORD_LIST)],
  metadata: [13, map(key => key !== '__proto__' && isFilled(key), MAX_RECORD_LIST)],
  addresses: [14, list(bytes(value => value.length > 0 && value.length <= MAX_ADDRESS), MAX_ADDRESSES)],
  election: [15, message<Leadership>({
    epoch: [1, uint53],
    term: [2, uint53],
    leader: [3, short],
    voters: [4, list(filled, MAX_VOTERS)],
    group: [5, uint53],
    kind: [6, oneOf('default', 'expect', 'voters', 'recover')]
  })]
})

const SIGNED_RECORD = message<SignedRecord>({
  record: [1, bytes(value => {
    checkSize('node record', value.length, MAX_RECORD)
    return value.length > 0
  })],
  signature: [2, bytes(value => value.length > 0 && value.length <= MAX_KEY)],
  publicKey: [3, bytes(value => value.length <= MAX_KEY)]
})

const DISCOVERY_FRAME = message<DiscoveryFrame>({
  hello: [1, message<Hello>({
    self: [1, SIGNED_RECORD],
    bootNonce: [2, bytes(value => value.length <= MAX_TEXT)],
    digest: [3, list(message<Known>(known), MAX_NODES)],
    reply: [4, bool]
  })],
  records: [2, message({ records: [1, list(SIGNED_RECORD, MAX_NODES)] })],
  probe: [3, message({ nonce: [1, nonce] })],
  ack: [4, message({ nonce: [1, nonce] })],
  probeRequest: [5, message({ nonce: [1, nonce], target: [2, filled] })],
  suspicion: [6, message({ ...known, refused: [4, bool], gone: [5, bool] })],
  fetch: [7, message({ ids: [1, list(filled, MAX_NODES)] })],
  conflict: [8, message<Conflict>({
    challenge: [1, bytes(value => value.length === 0 || value.length === CHALLENGE_BYTES)],
    bootNonce: [2, bytes(value => value.length <= MAX_TEXT)],
    signature: [3, bytes(value => value.length <= MAX_KEY)]
  })]
})

/**
 * One frame of the discovery protocol: `bytes[start..end)`.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeDiscoveryFrame (bytes: Uint8Array, start = 0, end = bytes.length): DiscoveryFrame {
  checkSize('discovery frame', end - start, MAX_DISCOVERY_FRAME)
  const frame = decode(DISCOVERY_FRAME, bytes, start, end)
  if (Object.keys(frame).length !== 1) {
    throw new ProtocolError('discovery frame: exactly one message expected')
  }
  return frame
}

/**
 * A signed record as it travels; its signature is not verified here.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeSignedRecord (bytes: Uint8Array): SignedRecord {
  checkSize('signed record', bytes.length, MAX_SIGNED_RECORD)
  return decode(SIGNED_RECORD, bytes)
}

/**
 * The record inside a {@link SignedRecord}.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeNodeRecord (bytes: Uint8Array): NodeRecord {
  checkSize('node record', bytes.length, MAX_RECORD)
  return decode(NODE_RECORD, bytes)
}

/** @throws FrameTooLargeError - send the records in several frames */
export function encodeDiscoveryFrame (frame: Encodable<DiscoveryFrame>): Uint8Array {
  return sized('discovery frame', encode(DISCOVERY_FRAME, frame), MAX_DISCOVERY_FRAME)
}

/** @throws FrameTooLargeError */
export function encodeSignedRecord (signed: Encodable<SignedRecord>): Uint8Array {
  return sized('signed record', encode(SIGNED_RECORD, signed), MAX_SIGNED_RECORD)
}

/**
 * @throws FrameTooLargeError - fewer methods, channels or metadata
 * @throws ProtocolError - a value that every peer would refuse
 */
export function encodeNodeRecord (record: Encodable<NodeRecord>): Uint8Array {
  const bytes = sized('node record', encode(NODE_RECORD, record), MAX_RECORD)
  decodeNodeRecord(bytes)
  return bytes
}

function isFilled (value: string): boolean {
  return value.length > 0 && value.length <= MAX_TEXT
}

function sized (what: string, bytes: Uint8Array, most: number): Uint8Array {
  checkSize(what, bytes.length, most)
  return bytes
}
