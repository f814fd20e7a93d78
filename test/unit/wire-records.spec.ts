import { expect } from 'chai'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { RankedRecord as GeneratedRanked, SignedRankedRecord as GeneratedSigned, StoredValue as GeneratedStored } from '../generated/records.ts'
import { MAX_KEY, MAX_RANKED_RECORD, MAX_RANKED_VALUE } from '../../src/wire/limits.ts'
import { decodeRanked, decodeRecordKey, decodeSignedRanked, decodeStoredValue, encodeRanked, encodeRecordKey, encodeSignedRanked } from '../../src/wire/record-codec.ts'
import { fuzz, hex } from './wire-fuzz.ts'
import type { RankedFields } from '../../src/wire/record-codec.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const fields: RankedFields = { mesh: 'shop', key, author: '12D3KooWA', epoch: 1_790_000_000_123 * 1024, term: 7, index: 300, value: Uint8Array.of(1, 2, 3), validUntil: 1_790_000_000_123 }
const signed = { record: encodeRanked(fields), signature: new Uint8Array(64).fill(7), publicKey: new Uint8Array(0) }

/** Encoded without any check, as a hostile peer would. */
const raw = (change: Partial<RankedFields>): Uint8Array => GeneratedRanked.encode({ ...fields, ...change } as object)

const some = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength })
const uint53 = fc.oneof(fc.constantFrom(0, 2 ** 32, 2 ** 49, Number.MAX_SAFE_INTEGER), fc.maxSafeNat())
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/)
const author = fc.stringMatching(/^[A-Za-z0-9]{1,60}$/)
const anyFields: fc.Arbitrary<RankedFields> = fc.record({
  mesh: name, key: some(32, 32), author, epoch: uint53, term: uint53, index: uint53, value: some(0, 300), validUntil: uint53
})

describe('wire: records in the DHT', () => {
  it('writes a record and its key as their fixtures', () => {
    expect(hex(encodeRanked(fields))).to.equal('0a0473686f701220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f1a09313244334b6f6f57412080d8c78d94e2a003280730ac023a0301020340fbd8c1a28c34')
    expect(toString(encodeRecordKey(fields))).to.equal('/braid/shop/12D3KooWA/aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq')
    expect(hex(encodeSignedRanked({ record: Uint8Array.of(1), signature: Uint8Array.of(2) }))).to.equal('0a0101120102')
  })

  it('reads back what was written, and writes what the generated codec writes', () => {
    fc.assert(fc.property(anyFields, some(1, 80), some(0, 40), (fields, signature, publicKey) => {
      const record = encodeRanked(fields)
      expect(hex(record)).to.equal(hex(GeneratedRanked.encode(fields as object)))
      expect(decodeRanked(record)).to.deep.equal(fields)
      const bytes = encodeSignedRanked({ record, signature, publicKey })
      expect(hex(bytes)).to.equal(hex(GeneratedSigned.encode({ record, signature, publicKey } as object)))
      expect(decodeSignedRanked(bytes)).to.deep.equal({ record, signature, publicKey })
      expect(decodeRecordKey(encodeRecordKey(fields))).to.deep.equal({ mesh: fields.mesh, author: fields.author, key: fields.key })
    }), { numRuns: 500 })
  })

  it('reads what a server of the DHT stores', () => {
    const stored = GeneratedStored.encode({ key: Uint8Array.of(1), value: Uint8Array.of(2, 3), timeReceived: '2026-01-01T00:00:00.000000000Z' })
    expect(decodeStoredValue(stored)).to.deep.include({ key: Uint8Array.of(1), value: Uint8Array.of(2, 3) })
  })

  it('refuses what no honest peer writes', () => {
    const bad: Array<Partial<RankedFields>> = [
      { mesh: 'Shop' }, { mesh: '' }, { key: new Uint8Array(31) }, { key: new Uint8Array(33) }, { author: '' }, { author: 'a/b' }, { author: 'x'.repeat(257) },
      { value: new Uint8Array(MAX_RANKED_VALUE + 1) }
    ]
    for (const change of bad) {
      expect(() => decodeRanked(raw(change)), JSON.stringify(change)).to.throw().with.property('name', 'ProtocolError')
    }
    for (const number of [0x20, 0x28, 0x30, 0x40]) {
      // 2^53, which no double can tell from 2^53 + 1
      const unsafe = Uint8Array.of(...raw({}), number, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)
      expect(() => decodeRanked(unsafe)).to.throw().with.property('name', 'ProtocolError')
    }
    expect(() => encodeRanked({ ...fields, term: 2 ** 53 })).to.throw().with.property('name', 'ProtocolError')
    expect(() => encodeRanked({ ...fields, key: new Uint8Array(5) })).to.throw().with.property('name', 'ProtocolError')
  })

  it('refuses records that are too large', () => {
    expect(() => decodeRanked(new Uint8Array(MAX_RANKED_RECORD + 1))).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => decodeSignedRanked(encodeSignedRanked({ ...signed, record: new Uint8Array(MAX_RANKED_RECORD + 1) }))).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => decodeSignedRanked(encodeSignedRanked({ ...signed, signature: new Uint8Array(MAX_KEY + 1) }))).to.throw().with.property('name', 'ProtocolError')
    expect(() => encodeSignedRanked({ ...signed, publicKey: new Uint8Array(8 * MAX_KEY) })).to.throw().with.property('name', 'FrameTooLargeError')
  })

  it('takes one way of writing only, as anybody could pad what is not signed', () => {
    const bytes = encodeSignedRanked(signed)
    expect(() => decodeSignedRanked(Uint8Array.of(...bytes, 0xf8, 0x07, 1))).to.throw().with.property('name', 'ProtocolError')
    expect(() => decodeSignedRanked(Uint8Array.of(...bytes, ...bytes))).to.throw().with.property('name', 'ProtocolError')
    const text = toString(encodeRecordKey(fields))
    for (const other of [text.slice(1), `${text}/`, `${text}=`, text.toUpperCase(), `${text.slice(0, -1)}r`, text.replace('/braid', '/other'), text.replace('shop', 'Shop'), text.replace('12D3KooWA', ''), '/'.repeat(600)]) {
      expect(() => decodeRecordKey(fromString(other)), other).to.throw().with.property('name', 'ProtocolError')
    }
  })

  it('throws typed errors only, whatever the bytes', () => {
    const stored = GeneratedStored.encode({ key: encodeRecordKey(fields), value: encodeSignedRanked(signed), timeReceived: '2026-01-01T00:00:00.000000000Z' } as object)
    fuzz([signed.record, encodeSignedRanked(signed), encodeRecordKey(fields), stored], decodeRanked, decodeSignedRanked, decodeRecordKey, decodeStoredValue)
  })
})
