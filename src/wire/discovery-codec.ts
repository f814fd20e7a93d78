/**
 * Discovery's frames and records, checked. The generated codec reads whatever parses; peers' bytes go through here:
 * every list, text and number is within `limits.ts`, states are known, numbers are safe integers. What is returned
 * shares no memory with what was given, so that a kept record does not keep the frame it came in.
 */
import { FrameTooLargeError, ProtocolError } from '../errors.ts'
import { DiscoveryFrame, NodeRecord, SignedRecord } from './discovery.ts'
import { MAX_ADDRESS, MAX_ADDRESSES, MAX_DISCOVERY_FRAME, MAX_KEY, MAX_NODES, MAX_RECORD, MAX_RECORD_LIST, MAX_TEXT, MAX_VOTERS, MAX_WEIGHT } from './limits.ts'
import { isName } from './names.ts'
import type { NameKind } from './names.ts'

export { DiscoveryFrame, NodeRecord, SignedRecord }

/** A message to encode: every field may be left out, lists may be read-only. */
export type Encodable<T> = T extends Uint8Array
  ? Uint8Array
  : T extends Map<infer K, infer V>
    ? ReadonlyMap<K, V>
    : T extends Array<infer E>
      ? ReadonlyArray<Encodable<E>>
      : T extends object ? { [K in keyof T]?: Encodable<T[K]> | undefined } : T

/** Tag and lengths around a record, its signature and its key. */
const MAX_SIGNED_RECORD = MAX_RECORD + 2 * MAX_KEY + 32
const FRAME_LIMITS = { hello: { digest: MAX_NODES }, records: { records: MAX_NODES }, fetch: { ids: MAX_NODES } }
const RECORD_LIMITS = { roles: MAX_RECORD_LIST, methods: MAX_RECORD_LIST, channels: MAX_RECORD_LIST, metadata: MAX_RECORD_LIST, addresses: MAX_ADDRESSES, election: { voters: MAX_VOTERS } }

/**
 * One frame of the discovery protocol: `bytes[start..end)`. Exactly one of its fields is set.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeDiscoveryFrame (bytes: Uint8Array, start = 0, end = bytes.length): DiscoveryFrame {
  limit('discovery frame', end - start, MAX_DISCOVERY_FRAME)
  const frame = typed('discovery frame', () => DiscoveryFrame.decode(bytes.subarray(start, end), { limits: FRAME_LIMITS }))
  if (Object.keys(frame).length !== 1) {
    throw new ProtocolError('discovery frame: exactly one message expected')
  }
  checkFrame(frame)
  return frame
}

/**
 * A signed record as it travels; its signature is not verified here.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeSignedRecord (bytes: Uint8Array): SignedRecord {
  limit('signed record', bytes.length, MAX_SIGNED_RECORD)
  const signed = typed('signed record', () => SignedRecord.decode(bytes))
  checkSigned(signed)
  return signed
}

/**
 * The record inside a {@link SignedRecord}.
 *
 * @throws ProtocolError, FrameTooLargeError
 */
export function decodeNodeRecord (bytes: Uint8Array): NodeRecord {
  limit('node record', bytes.length, MAX_RECORD)
  const record = typed('node record', () => NodeRecord.decode(bytes, { limits: RECORD_LIMITS }))
  checkRecord(record)
  return record
}

/** @throws FrameTooLargeError - send the records in several frames */
export function encodeDiscoveryFrame (frame: Encodable<DiscoveryFrame>): Uint8Array {
  return sized('discovery frame', () => DiscoveryFrame.encode(frame as Partial<DiscoveryFrame>), MAX_DISCOVERY_FRAME)
}

/** @throws FrameTooLargeError */
export function encodeSignedRecord (signed: Encodable<SignedRecord>): Uint8Array {
  return sized('signed record', () => SignedRecord.encode(signed as Partial<SignedRecord>), MAX_SIGNED_RECORD)
}

/**
 * @throws FrameTooLargeError - fewer methods, channels or metadata
 * @throws ProtocolError - a value that every peer would refuse
 */
export function encodeNodeRecord (record: Encodable<NodeRecord>): Uint8Array {
  const bytes = sized('node record', () => NodeRecord.encode(record as Partial<NodeRecord>), MAX_RECORD)
  decodeNodeRecord(bytes)
  return bytes
}

function typed <T> (what: string, run: () => T): T {
  try {
    return run()
  } catch (err) {
    // whatever the generated code throws (range, length limits, stack depth) means the same here
    throw new ProtocolError(`${what}: ${(err as Error).message}`)
  }
}

function limit (what: string, size: number, most: number): void {
  if (size > most) {
    throw new FrameTooLargeError(`${what} of ${size} bytes: at most ${most}`)
  }
}

function sized (what: string, write: () => Uint8Array, most: number): Uint8Array {
  const bytes = typed(what, write)
  limit(what, bytes.length, most)
  return bytes
}

function check (ok: boolean, what: string): void {
  if (!ok) {
    throw new ProtocolError(`${what} is out of bounds`)
  }
}

function checkText (what: string, text: string, least = 1): void {
  check(text.length >= least && text.length <= MAX_TEXT && text.isWellFormed(), what)
}

function checkVersion (incarnation: number, seq: number): void {
  check(Number.isSafeInteger(incarnation), 'incarnation')
  check(Number.isSafeInteger(seq), 'seq')
}

function checkSigned (signed: SignedRecord): void {
  check(signed.record.length > 0, 'record')
  limit('node record', signed.record.length, MAX_RECORD)
  check(signed.signature.length > 0 && signed.signature.length <= MAX_KEY, 'signature')
  check(signed.publicKey.length <= MAX_KEY, 'public key')
  signed.record = new Uint8Array(signed.record)
  signed.signature = new Uint8Array(signed.signature)
  signed.publicKey = new Uint8Array(signed.publicKey)
}

function checkFrame (frame: DiscoveryFrame): void {
  const { hello, records, probeRequest, suspicion, fetch } = frame
  if (hello != null) {
    check(hello.bootNonce.length <= MAX_TEXT, 'boot nonce')
    hello.bootNonce = new Uint8Array(hello.bootNonce)
    if (hello.self != null) {
      checkSigned(hello.self)
    }
    for (const known of hello.digest) {
      checkText('id', known.id)
      checkVersion(known.incarnation, known.seq)
    }
  }
  records?.records.forEach(checkSigned)
  fetch?.ids.forEach(id => { checkText('id', id) })
  if (probeRequest != null) {
    checkText('target', probeRequest.target)
  }
  if (suspicion != null) {
    checkText('id', suspicion.id)
    checkVersion(suspicion.incarnation, suspicion.seq)
  }
}

function checkRecord (record: NodeRecord): void {
  checkText('id', record.id)
  checkNamed('mesh', [record.mesh])
  checkNamed('service', record.service === '' ? [] : [record.service])
  checkText('name', record.name, 0)
  checkVersion(record.incarnation, record.seq)
  check(record.weight >= 1 && record.weight <= MAX_WEIGHT, 'weight')
  checkNamed('method', record.methods)
  record.roles.forEach(role => { checkText('role', role) })
  record.channels.forEach(channel => { checkText('channel', channel) })
  for (const [key, value] of record.metadata) {
    checkText('metadata key', key)
    check(key !== '__proto__' && value.isWellFormed(), 'metadata')
  }
  const { election } = record
  if (election != null) {
    check([election.epoch, election.term, election.group].every(Number.isSafeInteger), 'term')
    checkText('leader', election.leader, 0)
    election.voters.forEach(voter => { checkText('voter', voter) })
  }
  record.addresses = record.addresses.map(address => {
    check(address.length > 0 && address.length <= MAX_ADDRESS, 'address')
    return new Uint8Array(address)
  })
}

function checkNamed (kind: NameKind, names: readonly string[]): void {
  for (const name of names) {
    check(isName(kind, name), `${kind} name`)
  }
}
