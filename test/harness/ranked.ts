/** Ranked records as their author, or somebody who pretends to be, signs them. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { toString } from 'uint8arrays/to-string'
import { RankedRecord, StoredValue } from '../generated/records.ts'
import { DOMAIN } from '../../src/records/rules.ts'
import { sign } from '../../src/util/signing.ts'
import { encodeRecordKey, encodeSignedRanked } from '../../src/wire/record-codec.ts'
import type { RankedFields } from '../../src/wire/record-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

export interface Author {
  readonly id: string
  readonly key: PrivateKey
}

export const recordKey = new Uint8Array(32).fill(7)

export async function newAuthor (): Promise<Author> {
  const key = await generateKeyPair('Ed25519')
  return { id: peerIdFromPrivateKey(key).toString(), key }
}

export interface Tampering {
  domain?: Uint8Array
  /** Bytes behind the record, signed with it. */
  tail?: readonly number[]
}

/** A minute of life and rank 1, 1, 1 unless told otherwise; nothing is checked. */
export async function ranked ({ id, key }: Author, change: Partial<RankedFields> = {}, { domain = DOMAIN, tail = [] }: Tampering = {}): Promise<{ under: Uint8Array, value: Uint8Array }> {
  const fields = {
    mesh: 'shop', key: recordKey, author: id, epoch: 1, term: 1, index: 1, value: new Uint8Array(0), validUntil: Date.now() + 60_000, ...change
  }
  const signed = await sign(domain, Uint8Array.of(...RankedRecord.encode(fields as object), ...tail), key)
  return { under: encodeRecordKey({ mesh: 'shop', author: id, key: change.key ?? recordKey }), value: encodeSignedRanked(signed) }
}

/** As js-libp2p's DHT stores it: where, and what. */
export function asStored ({ under, value }: { under: Uint8Array, value: Uint8Array }): [id: string, bytes: Uint8Array] {
  return [`/dht/record/${toString(under, 'base32')}`, StoredValue.encode({ key: under, value, timeReceived: '2026-01-01T00:00:00.000000000Z' } as object)]
}
