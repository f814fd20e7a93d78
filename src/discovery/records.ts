/**
 * Node records as they travel: signed by the node they speak of, with a domain of their own, so that no other
 * signature of that key can pass for one.
 */
import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { encodeNodeRecord, encodeSignedRecord } from '../wire/discovery-codec.ts'
import type { NodeInfo } from './index.ts'
import type { VerifiedRecord } from './view.core.ts'
import type { NodeRecord, SignedRecord } from '../wire/discovery-codec.ts'
import type { PrivateKey, PublicKey } from '@libp2p/interface'

const DOMAIN = fromString('braid-mesh/node/v1\0')

/**
 * The record that says what `info` says.
 *
 * @throws FrameTooLargeError, ProtocolError - no peer would take it
 */
export function encodeInfo (info: NodeInfo, mesh: string): Uint8Array {
  return encodeNodeRecord({
    ...info,
    mesh,
    service: info.service ?? '',
    state: info.state === 'suspect' ? 'up' : info.state,
    metadata: new Map(Object.entries(info.metadata)),
    addresses: info.addresses.map(address => multiaddr(address).bytes)
  })
}

/**
 * Sign `info` with the key that its id names. Some platforms sign at once, others later.
 *
 * @throws FrameTooLargeError, ProtocolError - no peer would take it
 */
export function signInfo (info: NodeInfo, mesh: string, key: PrivateKey): VerifiedRecord | Promise<VerifiedRecord> {
  const record = encodeInfo(info, mesh)
  const signature = key.sign(concat([DOMAIN, record]))
  const seal = (signature: Uint8Array): VerifiedRecord => ({ info, signed: encodeSignedRecord({ record, signature, publicKey: carried(key.publicKey) }) })
  return signature instanceof Promise ? signature.then(seal) : seal(signature)
}

/** Whether the node that the record speaks of has signed it. */
export function verifyRecord (id: string, signed: SignedRecord): boolean | Promise<boolean> {
  const key = keyOf(id, signed.publicKey)
  if (key == null) return false
  try {
    const result = key.verify(concat([DOMAIN, signed.record]), signed.signature)
    return result instanceof Promise ? result.catch(() => false) : result
  } catch {
    return false
  }
}

/**
 * What a record says, as a frozen object.
 *
 * @throws ProtocolError or any error of a multiaddr that does not parse
 */
export function toInfo (record: NodeRecord): NodeInfo {
  return Object.freeze({
    id: record.id,
    service: record.service === '' ? undefined : record.service,
    name: record.name,
    incarnation: record.incarnation,
    seq: record.seq,
    state: record.state,
    roles: Object.freeze(record.roles),
    weight: record.weight,
    load: Object.freeze({ links: record.load?.links ?? 0, inflight: record.load?.inflight ?? 0 }),
    methods: Object.freeze(record.methods),
    channels: Object.freeze(record.channels),
    metadata: Object.freeze(Object.fromEntries(record.metadata)),
    addresses: Object.freeze(record.addresses.map(bytes => multiaddr(bytes).toString())),
    ...record.election == null ? {} : { election: Object.freeze(record.election) }
  })
}

/** Undefined when the id is no peer id, is not written the usual way, or does not belong to the key. */
function keyOf (id: string, publicKey: Uint8Array): PublicKey | undefined {
  try {
    const peerId = peerIdFromString(id)
    if (peerId.toString() !== id) return undefined
    if (peerId.publicKey != null) return peerId.publicKey
    const key = publicKeyFromProtobuf(publicKey)
    return peerIdFromPublicKey(key).equals(peerId) ? key : undefined
  } catch {
    return undefined
  }
}

/** The key's bytes where a peer id does not carry them. */
function carried (key: PublicKey): Uint8Array {
  return key.type === 'RSA' ? publicKeyToProtobuf(key) : new Uint8Array()
}
