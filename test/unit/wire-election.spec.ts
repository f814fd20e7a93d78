import { expect } from 'chai'
import fc from 'fast-check'
import { decodeElection, decodeStored, encodeElection, encodeStatement, encodeStored } from '../../src/wire/election-codec.ts'
import { MESSAGES } from '../../src/wire/election-schema.ts'
import { ElectionFrame, Statement, Stored } from '../generated/election.ts'
import { MAX_ELECTION_FRAME, MAX_LINEAGE, MAX_REGISTER_VALUE, MAX_SIGNATURE, MAX_TEXT, MAX_VOTERS } from '../../src/wire/limits.ts'
import { fuzz, hex, unhex } from './wire-fuzz.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, HardState, Rank } from '../../src/election/types.core.ts'
import type { FlatMessage } from '../../src/wire/election-codec.ts'

const incarnation = 'ab'.repeat(16)
const common = { group: 1_790_000_000_123 * 1024, epoch: Number.MAX_SAFE_INTEGER, term: 7, incarnation }
const config: Config = {
  group: 9, epoch: 10, kind: 'expect', term: 3, version: 300, replaces: 0,
  voters: [{ id: 'a', incarnation }, { id: 'b', incarnation: '00'.repeat(16) }]
}
const rank: Rank = { epoch: 10, term: 3, index: 1 }
const zero: Rank = { epoch: 0, term: 0, index: 0 }
const entries = [{ key: 'k', value: Uint8Array.of(1, 2), rank }, { key: 'empty', value: new Uint8Array(0), rank }, { key: 'gone', value: undefined, rank: zero }]

const lineage = [{ by: 'a', config, signature: Uint8Array.of(1, 2), publicKey: new Uint8Array() }, { by: 'b', config, signature: Uint8Array.of(3), publicKey: Uint8Array.of(4) }]

/** One of each type, with every field that it can have. */
const messages: Message[] = [
  { ...common, type: 'hello', config, founded: true, leader: 'a', eligible: true, kind: 'voters', size: 3, highestEpoch: 11, ask: true },
  { ...common, type: 'prevote', config, transfer: false },
  { ...common, type: 'vote', config, transfer: true },
  { ...common, type: 'prevote-response', asked: 8, granted: true, config },
  { ...common, type: 'vote-response', asked: 8, granted: false, config: undefined },
  { ...common, type: 'heartbeat', round: 2, config: { term: 3, version: 300 }, floor: rank, standby: true },
  { ...common, type: 'heartbeat-response', round: 2, config: { term: 0, version: 0 }, synced: zero, leaving: true, promise: 500, highestEpoch: 9 },
  { ...common, type: 'config', config, founded: true },
  { ...common, type: 'config-response', config: { term: 3, version: 300 } },
  { ...common, type: 'read', since: rank, part: 3 },
  { ...common, type: 'table', since: zero, synced: rank, part: 1, last: true, entries },
  { ...common, type: 'append', from: zero, to: rank, reset: true, part: 0, last: false, entries },
  { ...common, type: 'append-response', synced: rank, part: 2 },
  { ...common, type: 'timeout-now' },
  { ...common, type: 'bye', seat: true },
  { ...common, type: 'propose', config, size: 3, firm: true },
  { ...common, type: 'pledge', proposed: 9, ok: false, why: 'not one of them', firm: true },
  { ...common, type: 'yield', to: 12 },
  { ...common, type: 'lineage', configs: lineage }
]
const last = { ...common, type: 'yield', to: 12 }
const hard: HardState = { incarnation, config, founded: true, term: 4, vote: 'b', highestEpoch: 12, epochAhead: 5, lineage }
const stored = { number: 5, hard, reset: true, entries, drop: ['x', 'y'], synced: rank, logged: true }

const flat = (message: Message): FlatMessage => ({ ...message })
const all: FlatMessage[] = messages.map(flat)
const frames = all.map(message => encodeElection('login', message))

/** As the generated codec wants it: ids as bytes, kinds in capitals, types by their camel-cased names. */
function generic (value: unknown, key = ''): unknown {
  if (key === 'incarnation') return unhex(value as string)
  if (key === 'kind') return (value as string).toUpperCase()
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => generic(item))
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined).map(([name, item]) => [name, generic(item, name)]))
}

function generated ({ type, group, epoch, term, incarnation, ...fields }: FlatMessage): Uint8Array {
  const name = type.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return ElectionFrame.encode({ service: 'login', ...generic({ group, epoch, term, incarnation }) as object, [name]: generic(fields) })
}

function refused (change: object, type = 'prevote'): void {
  const message = all.find(message => message.type === type)
  const bytes = encodeElection('login', { ...message, ...change } as FlatMessage)
  expect(() => decodeElection(bytes), JSON.stringify(change).slice(0, 80)).to.throw().with.property('name', 'ProtocolError')
}

describe('wire: election codec', () => {
  it('has a message of each type, and writes each as the generated codec does', () => {
    expect(all.map(({ type }) => type)).to.deep.equal(MESSAGES.map(([type]) => type))
    for (const [index, message] of all.entries()) expect(hex(frames[index] as Uint8Array), message.type).to.equal(hex(generated(message)))
    expect(hex(encodeStored(stored))).to.equal(hex(Stored.encode(generic(stored) as Partial<Stored>)))
    const statement = { mesh: 'shop', service: 'login', by: 'a', config }
    expect(hex(encodeStatement(statement))).to.equal(hex(Statement.encode(generic(statement) as Partial<Statement>)))
  })

  it('reads back what was written, inside a larger buffer, and shares no memory with it', () => {
    for (const [index, message] of all.entries()) {
      const bytes = frames[index] as Uint8Array
      const buffer = new Uint8Array(bytes.length + 9).fill(0xee)
      buffer.set(bytes, 4)
      const read = decodeElection(buffer, 4, 4 + bytes.length)
      buffer.fill(0)
      expect(read, message.type).to.deep.equal({ service: 'login', message })
    }
    expect(decodeStored(encodeStored(stored))).to.deep.equal(stored)
    const little = { number: 0, hard: undefined, reset: false, entries: [], drop: [], synced: undefined, logged: false }
    expect(decodeStored(encodeStored(little))).to.deep.equal(little)
  })

  it('holds every number below 2^53 exactly', () => {
    fc.assert(fc.property(fc.maxSafeNat(), term => {
      const { message } = decodeElection(encodeElection('login', { ...common, term, type: 'timeout-now' }))
      return message['term'] === term
    }))
  })

  it('reads what a later version adds, and refuses what no version writes', () => {
    const later = Uint8Array.of(...encodeElection('login', last), 0xf8, 0x07, 1, 0xfa, 0x07, 2, 1, 1)
    expect(decodeElection(later).message).to.deep.equal(last)
    const two = Uint8Array.of(...frames[13] as Uint8Array, ...frames[14] as Uint8Array)
    const group = 2 << 3
    const text = Uint8Array.of(...frames[13] as Uint8Array, group | 2, 1, 0x61)
    for (const bytes of [new Uint8Array(0), two, (frames[0] as Uint8Array).subarray(0, -1), text]) {
      expect(() => decodeElection(bytes)).to.throw().with.property('name', 'ProtocolError')
    }
    expect(() => decodeElection(encodeElection('no such name!', last))).to.throw('name of a service')
  })

  it('refuses numbers from 2^53 on, ids of another length, missing parts, and lists and texts over their limits', () => {
    // what no codec here writes: the term 2^53 in the place of 2^53 - 1
    const large = hex(encodeElection('login', { ...last, term: Number.MAX_SAFE_INTEGER })).replace('ffffffffffffff0f', '8080808080808010')
    expect(large).to.include('8080808080808010')
    expect(() => decodeElection(unhex(large))).to.throw().with.property('name', 'ProtocolError')
    refused({ incarnation: 'abcd' })
    refused({ config: undefined })
    refused({ config: { ...config, voters: Array.from({ length: MAX_VOTERS + 1 }, () => ({ id: 'a', incarnation })) } })
    refused({ config: { ...config, voters: [{ id: 'a'.repeat(MAX_TEXT + 1), incarnation }] } })
    refused({ configs: Array.from({ length: MAX_LINEAGE + 1 }, () => lineage[0]) }, 'lineage')
    refused({ configs: [{ ...lineage[0], config: undefined }] }, 'lineage')
    refused({ configs: [{ ...lineage[0], config: { ...config, voters: [] } }] }, 'lineage')
    for (const field of ['signature', 'publicKey']) refused({ configs: [{ ...lineage[0], [field]: new Uint8Array(MAX_SIGNATURE + 1) }] }, 'lineage')
    refused({ config: { ...config, group: 0 } })
    refused({ config: { ...config, voters: [] } }, 'hello')
    refused({ config: { ...config, voters: config.voters.toReversed() } }, 'propose')
    refused({ config: { ...config, voters: [config.voters[0], config.voters[0]] } }, 'config')
    refused({ entries: [{ key: 'a'.repeat(MAX_TEXT + 1), value: undefined, rank }] }, 'append')
    refused({ entries: [{ key: 'a', value: new Uint8Array(MAX_REGISTER_VALUE + 1), rank }] }, 'append')
    refused({ synced: undefined }, 'append-response')
  })

  it('refuses frames over the limit, both ways', () => {
    const large = { ...flat(messages[11] as Message), entries: [{ key: 'k', value: new Uint8Array(MAX_ELECTION_FRAME), rank }] }
    expect(() => encodeElection('login', large)).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => decodeElection(new Uint8Array(MAX_ELECTION_FRAME + 1))).to.throw().with.property('name', 'FrameTooLargeError')
  })

  it('throws only typed errors, whatever the bytes', function () {
    this.timeout(120_000)
    fuzz([...frames, encodeStored(stored)], decodeElection, decodeStored)
  })
})
