/**
 * Node records as they travel: signed by the node they speak of, with a domain of their own, so that no other
 * signature of that key can pass for one.
 */
import { multiaddr } from '@multiformats/multiaddr'
import { fromString } from 'uint8arrays/from-string'
import { sign, verify } from '../util/signing.ts'
import { encodeNodeRecord, encodeSignedRecord } from '../wire/discovery-codec.ts'
import type { NodeInfo } from './index.ts'
import type { VerifiedRecord } from './view.core.ts'
import type { NodeRecord, SignedRecord } from '../wire/discovery-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

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
  const seal = (signed: SignedRecord): VerifiedRecord => ({ info, signed: encodeSignedRecord(signed) })
  const signed = sign(DOMAIN, encodeInfo(info, mesh), key)
  return signed instanceof Promise ? signed.then(seal) : seal(signed)
}

/** Whether the node that the record speaks of has signed it. */
export function verifyRecord (id: string, signed: SignedRecord): boolean | Promise<boolean> {
  return verify(DOMAIN, id, signed)
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
    metadata: Object.freeze(Object.fromEntries(record.metadata)),
    addresses: Object.freeze(record.addresses.map(bytes => multiaddr(bytes).toString())),
    ...record.election == null ? {} : { election: Object.freeze(record.election) }
  })
}
