import { expect } from 'chai'
import fc from 'fast-check'
import { DiscoveryFrame as GeneratedFrame, NodeRecord as GeneratedRecord, SignedRecord as GeneratedSigned } from '../generated/discovery.ts'
import { decodeDiscoveryFrame, decodeNodeRecord, decodeSignedRecord, encodeDiscoveryFrame, encodeNodeRecord, encodeSignedRecord } from '../../src/wire/discovery-codec.ts'
import { CHALLENGE_BYTES, MAX_ADDRESSES, MAX_DISCOVERY_FRAME, MAX_NODES, MAX_RECORD, MAX_RECORD_LIST, MAX_VOTERS } from '../../src/wire/limits.ts'
import { fuzz, hex, onlyTypedErrors } from './wire-fuzz.ts'
import type { DiscoveryFrame, Encodable, NodeRecord } from '../../src/wire/discovery-codec.ts'

const record: Encodable<NodeRecord> = {
  id: '12D3KooWA',
  mesh: 'shop',
  service: 'login',
  name: 'login-1',
  incarnation: 1_790_000_000_123,
  seq: 7,
  state: 'draining',
  roles: ['relay'],
  weight: 1024,
  load: { links: 3, inflight: 0 },
  methods: ['user.password', 'userName'],
  metadata: new Map([['zone', 'a']]),
  addresses: [Uint8Array.of(4, 127, 0, 0, 1, 6, 35, 40)]
}
const signed = { record: encodeNodeRecord(record), signature: new Uint8Array(64).fill(7) }
const frames: Array<Encodable<DiscoveryFrame>> = [
  { hello: { self: signed, bootNonce: new Uint8Array(16).fill(3), digest: [{ id: 'b', incarnation: 1, seq: 300 }], reply: true } },
  { records: { records: [signed, signed] } },
  { probe: { nonce: 9 } },
  { ack: { nonce: 0xffffffff } },
  { probeRequest: { nonce: 2, target: 'b' } },
  { suspicion: { id: 'a', incarnation: Number.MAX_SAFE_INTEGER, seq: 1, refused: true } },
  { fetch: { ids: ['a', 'b'] } }
]

/** Encoded without the checks of {@link encodeNodeRecord}, as a hostile peer would. */
function raw (change: Encodable<NodeRecord>): Uint8Array {
  return GeneratedRecord.encode(generatedRecord({ ...record, ...change }))
}

/** The generated codec has names of its own for states. */
const generatedRecord = ({ state, election, ...rest }: Encodable<NodeRecord>): object => ({
  ...rest, state: (state ?? 'up').toUpperCase(), ...election && { election: { ...election, kind: (election.kind ?? 'default').toUpperCase() } }
})

const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16383, 16384, 2 ** 21, 2 ** 28, 2 ** 31, 2 ** 32 - 1), fc.nat(0xffffffff))
const uint53 = fc.oneof(fc.constantFrom(0, 2 ** 32, 2 ** 35 - 1, 2 ** 49, Number.MAX_SAFE_INTEGER), fc.maxSafeNat())
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }))
const filled = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.string({ minLength: 100, maxLength: 256 }))
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/)
const some = (least: number, most: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: least, maxLength: most })
const version = { id: filled, incarnation: uint53, seq: uint53 }
const signedRecords = fc.record({ record: some(1, 300), signature: some(1, 80), publicKey: some(0, 40) })
const records: fc.Arbitrary<NodeRecord> = fc.record({
  ...version,
  mesh: name,
  service: fc.oneof(name, fc.constant('')),
  name: text,
  state: fc.constantFrom('up', 'draining', 'away', 'left'),
  roles: fc.array(filled, { maxLength: 4 }),
  weight: fc.integer({ min: 1, max: 2 ** 20 }),
  load: fc.record({ links: uint32, inflight: uint32 }),
  methods: fc.array(name, { maxLength: 4 }),
  channels: fc.array(filled, { maxLength: 4 }),
  metadata: fc.array(fc.tuple(filled.filter(key => key !== '__proto__'), text), { maxLength: 4 }).map(entries => new Map(entries)),
  addresses: fc.array(some(1, 60), { maxLength: 4 }),
  election: fc.record({
    epoch: uint53, term: uint53, leader: text, voters: fc.array(filled, { maxLength: 3 }), group: uint53, kind: fc.constantFrom('default', 'expect', 'voters', 'recover')
  })
}, { requiredKeys: ['id', 'mesh', 'service', 'name', 'incarnation', 'seq', 'state', 'roles', 'weight', 'methods', 'channels', 'metadata', 'addresses'] })
const hello = fc.record({ self: signedRecords, bootNonce: some(0, 20), digest: fc.array(fc.record(version), { maxLength: 5 }), reply: fc.boolean() },
  { requiredKeys: ['bootNonce', 'digest', 'reply'] })
const anyFrame: fc.Arbitrary<DiscoveryFrame> = fc.oneof(
  fc.record({ hello }),
  fc.record({ records: fc.record({ records: fc.array(signedRecords, { maxLength: 5 }) }) }),
  fc.record({ probe: fc.record({ nonce: uint32 }) }),
  fc.record({ ack: fc.record({ nonce: uint32 }) }),
  fc.record({ probeRequest: fc.record({ nonce: uint32, target: filled }) }),
  fc.record({ suspicion: fc.record({ ...version, refused: fc.boolean(), gone: fc.boolean() }) }),
  fc.record({ fetch: fc.record({ ids: fc.array(filled, { maxLength: 5 }) }) })
)

const texts = (n: number): string[] => Array.from({ length: n }, (_, i) => `m${i}`)

describe('wire: discovery codec', () => {
  it('writes a record and a suspicion as their fixtures', () => {
    expect(hex(encodeNodeRecord(record))).to.equal('0a09313244334b6f6f5741120473686f701a056c6f67696e22076c6f67696e2d3128fbd8c1a28c3430073801420572656c6179488008520208035a0d757365722e70617373776f72645a08757365724e616d656a090a047a6f6e651201617208047f000001062328')
    expect(hex(encodeDiscoveryFrame(frames[5] ?? {}))).to.equal('32100a016110ffffffffffffff0f18012001')
  })

  it('reads back what was written', () => {
    const read = decodeNodeRecord(encodeNodeRecord(record))
    expect(read).to.deep.equal({ ...record, channels: [] })
    const voter = { ...record, election: { epoch: 1_790_000_000_123 * 1024, term: 7, leader: '', voters: ['a', 'b'], group: 1024, kind: 'expect' as const } }
    expect(decodeNodeRecord(encodeNodeRecord(voter))).to.deep.equal({ ...voter, channels: [] })
    for (const frame of frames) {
      const bytes = encodeDiscoveryFrame(frame)
      expect(encodeDiscoveryFrame(decodeDiscoveryFrame(bytes))).to.deep.equal(bytes)
    }
    expect(decodeSignedRecord(encodeSignedRecord(signed))).to.deep.equal({ ...signed, publicKey: new Uint8Array(0) })
  })

  it('writes what the generated codec writes, and reads what that wrote', () => {
    fc.assert(fc.property(records, record => {
      const bytes = encodeNodeRecord(record)
      expect(hex(bytes)).to.equal(hex(GeneratedRecord.encode(generatedRecord(record))))
      expect(decodeNodeRecord(bytes)).to.deep.equal(record)
    }), { numRuns: 1000 })
    fc.assert(fc.property(anyFrame, frame => {
      const bytes = encodeDiscoveryFrame(frame)
      expect(hex(bytes)).to.equal(hex(GeneratedFrame.encode(frame as object)))
      expect(decodeDiscoveryFrame(bytes)).to.deep.equal(frame)
    }), { numRuns: 1000 })
    fc.assert(fc.property(signedRecords, signed => {
      const bytes = encodeSignedRecord(signed)
      expect(hex(bytes)).to.equal(hex(GeneratedSigned.encode(signed as object)))
      expect(decodeSignedRecord(bytes)).to.deep.equal(signed)
    }))
  })

  it('writes frames that are larger than what it keeps ready', () => {
    for (const size of [100, 900, 1300]) {
      const frame = { records: { records: Array.from({ length: size }, () => signed) }, fetch: { ids: texts(size) } }
      expect(hex(encodeDiscoveryFrame(frame))).to.equal(hex(GeneratedFrame.encode(frame as object)))
    }
  })

  it('skips fields of a later version, and refuses groups', () => {
    const later = [...raw({}), 0xf8, 0x07, 0x81, 0x01, 0xfa, 0x07, 0x02, 1, 2, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x07, 1, 2, 3, 4]
    expect(decodeNodeRecord(Uint8Array.from(later))).to.deep.equal(decodeNodeRecord(raw({})))
    expect(() => decodeNodeRecord(Uint8Array.of(...raw({}), 0xfb, 0x07, 0xfc, 0x07))).to.throw('wire type').with.property('name', 'ProtocolError')
  })

  it('refuses a record that lacks what every record has', () => {
    for (const lacks of ['id', 'mesh', 'weight'] as const) {
      expect(() => decodeNodeRecord(raw({ [lacks]: undefined })), lacks).to.throw(lacks).with.property('name', 'ProtocolError')
    }
  })

  it('reads a frame inside a larger buffer and shares no memory with it', () => {
    const bytes = encodeDiscoveryFrame({ records: { records: [signed] } })
    const buffer = new Uint8Array(bytes.length + 20).fill(0xee)
    buffer.set(bytes, 10)
    const read = decodeDiscoveryFrame(buffer, 10, 10 + bytes.length)
    buffer.fill(0)
    expect(read.records?.records[0]?.record).to.deep.equal(signed.record)
  })

  it('refuses a frame with no message, with two, and one that is too large', () => {
    expect(() => decodeDiscoveryFrame(new Uint8Array(0))).to.throw().with.property('name', 'ProtocolError')
    expect(() => decodeDiscoveryFrame(GeneratedFrame.encode({ probe: { nonce: 1 }, ack: { nonce: 1 } }))).to.throw().with.property('name', 'ProtocolError')
    expect(() => decodeDiscoveryFrame(new Uint8Array(MAX_DISCOVERY_FRAME + 1))).to.throw().with.property('name', 'FrameTooLargeError')
    const many = Array.from({ length: MAX_DISCOVERY_FRAME / 128 }, () => signed)
    expect(() => encodeDiscoveryFrame({ records: { records: many } })).to.throw().with.property('name', 'FrameTooLargeError')
  })

  it('refuses lists over their limits', () => {
    const long: Array<Encodable<NodeRecord>> = [
      { methods: texts(MAX_RECORD_LIST + 1) }, { roles: texts(MAX_RECORD_LIST + 1) }, { channels: texts(MAX_RECORD_LIST + 1) },
      { metadata: new Map(texts(MAX_RECORD_LIST + 1).map(t => [t, ''])) },
      { addresses: texts(MAX_ADDRESSES + 1).map(() => Uint8Array.of(1)) },
      { election: { epoch: 1, term: 1, leader: 'a', voters: texts(MAX_VOTERS + 1) } }
    ]
    for (const change of long) {
      expect(() => decodeNodeRecord(raw(change)), Object.keys(change)[0]).to.throw().with.property('name', 'ProtocolError')
    }
    const digest = Array.from({ length: MAX_NODES + 1 }, () => ({ id: 'a', incarnation: 1, seq: 1 }))
    expect(() => decodeDiscoveryFrame(encodeDiscoveryFrame({ hello: { digest } }))).to.throw('too many').with.property('name', 'ProtocolError')
  })

  it('refuses values that no honest peer sends', () => {
    const bad: Array<Encodable<NodeRecord>> = [
      { id: '' }, { id: 'x'.repeat(257) }, { mesh: 'Shop' }, { service: 'a b' },
      { weight: 0 }, { weight: 2 ** 31 }, { methods: ['a\nb'] }, { metadata: new Map([['__proto__', 'x']]) },
      { addresses: [new Uint8Array(0)] }, { addresses: [new Uint8Array(600)] }, { roles: [''] }, { name: '\ud800' }
    ]
    for (const change of bad) {
      expect(() => decodeNodeRecord(raw(change)), JSON.stringify(change)).to.throw().with.property('name', 'ProtocolError')
    }
    // 2^53, which no double can tell from 2^53 + 1
    const unsafe = Uint8Array.of(...raw({}), 0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)
    expect(() => decodeNodeRecord(unsafe)).to.throw().with.property('name', 'ProtocolError')
    expect(() => encodeNodeRecord({ ...record, seq: 2 ** 60 })).to.throw().with.property('name', 'ProtocolError')
    expect(() => encodeNodeRecord({ ...record, seq: -1 })).to.throw().with.property('name', 'ProtocolError')
    expect(() => encodeNodeRecord({ ...record, name: '\ud800' })).to.throw().with.property('name', 'ProtocolError')
    const unknownState = Uint8Array.of(...raw({ state: 'up' }), 0x38, 9)
    expect(() => decodeNodeRecord(unknownState)).to.throw().with.property('name', 'ProtocolError')
  })

  it('refuses a challenge of another length', () => {
    const frame = (length: number): Uint8Array => encodeDiscoveryFrame({ conflict: { challenge: new Uint8Array(length) } })
    for (const length of [1, CHALLENGE_BYTES - 1, CHALLENGE_BYTES + 1]) expect(() => decodeDiscoveryFrame(frame(length)), String(length)).to.throw().with.property('name', 'ProtocolError')
    expect(decodeDiscoveryFrame(frame(CHALLENGE_BYTES)).conflict?.challenge).to.have.length(CHALLENGE_BYTES)
    expect(decodeDiscoveryFrame(frame(0)).conflict).to.deep.equal({ challenge: new Uint8Array(), bootNonce: new Uint8Array(), signature: new Uint8Array() })
  })

  it('refuses a record that is too large, alone and in a frame', () => {
    expect(() => encodeNodeRecord({ ...record, metadata: new Map([['a', 'x'.repeat(MAX_RECORD)]]) })).to.throw().with.property('name', 'FrameTooLargeError')
    const large = { record: new Uint8Array(MAX_RECORD + 1), signature: Uint8Array.of(1) }
    expect(() => decodeDiscoveryFrame(encodeDiscoveryFrame({ records: { records: [large] } }))).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => decodeSignedRecord(encodeSignedRecord({ ...large, record: new Uint8Array(0) }))).to.throw().with.property('name', 'ProtocolError')
  })

  it('throws typed errors only, whatever the bytes', () => {
    const seeds = [...frames.map(encodeDiscoveryFrame), signed.record, encodeSignedRecord(signed)]
    fuzz(seeds, bytes => decodeDiscoveryFrame(bytes), decodeSignedRecord, decodeNodeRecord)
    // groups within groups, which a reader might follow into the depth
    onlyTypedErrors(() => decodeNodeRecord(new Uint8Array(MAX_RECORD).fill(0x7b)))
    onlyTypedErrors(() => decodeDiscoveryFrame(new Uint8Array(MAX_DISCOVERY_FRAME).fill(0x7b)))
  })
})
