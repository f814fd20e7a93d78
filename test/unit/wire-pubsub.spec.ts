import { expect } from 'chai'
import {
  decodeBatch, decodePayload, decodePubsub, decodeStoredMessage, decodeStoredState, encodeBatch, encodePayload, encodePubsub, encodeStoredMessage,
  encodeStoredState, payloadBody
} from '../../src/wire/pubsub-codec.ts'
import { MESSAGES } from '../../src/wire/pubsub-schema.ts'
import { encodeBody } from '../../src/wire/codecs.ts'
import {
  MAX_BATCH_MEMBERS, MAX_BODY, MAX_GOSSIP, MAX_KEY_TEXT, MAX_PUBSUB_FRAME, MAX_RANGES, MAX_TOPIC_CHANNELS, MAX_TTL
} from '../../src/wire/limits.ts'
import { Batch as GeneratedBatch, Message as GeneratedMessage, Payload as GeneratedPayload, PubsubFrame, StoredState } from '../generated/pubsub.ts'
import { fuzz, hex, unhex } from './wire-fuzz.ts'
import type { WireMessage } from '../../src/pubsub/announced.ts'
import type { Batch, ChannelCursor, ChannelSpec, Generation, LogId, Message, Outcomes } from '../../src/pubsub/types.core.ts'

const log: LogId = { topic: 'orders', publisher: '12D3KooWa', epoch: Number.MAX_SAFE_INTEGER }
const generation: Generation = { number: 3, by: '12D3KooWb' }
const message: Message = { seq: 7, at: 1_790_000_000_123, ttl: 500, key: 'ada', payload: Uint8Array.of(1, 2, 3) }
const plain: Message = { seq: 8, at: 1_790_000_000_124, ttl: 0, key: undefined, payload: new Uint8Array(0) }
const spec: ChannelSpec = {
  channel: 'orders.*/billing', pattern: 'orders.*', name: 'billing', opened: 1_790_000_000_000, start: 'beginning', durable: true, expire: 3_600_000, maxDeliver: 5, ackWait: 30_000, backoff: [250, 1_000, 5_000]
}
const cursors: ChannelCursor[] = [{ channel: 'orders/billing', opened: 1_790_000_000_000, low: 6, done: [8, 9, 11, 11] }]
const batch: Batch = {
  log, generation, messages: [message, plain],
  channels: [{ channel: 'orders/billing', low: 6, members: ['12D3KooWa', '12D3KooWc'], to: [2, 0] }, { channel: 'orders/audit', low: 0, members: [], to: [0, 0] }]
}
const channel = 'orders/billing'
const ranges = [1, 1, 3, 200]

const outcomes: Outcomes = { done: ranges, naks: [{ seq: 2, attempt: 1, delay: 0, reason: 'no', unstarted: true }, { seq: 4, attempt: 2, delay: undefined, reason: '', unstarted: false }], terms: [{ seq: 5, reason: 'never' }], expired: [7, 7], working: [6, 6] }

/** One of each type, with every field that it can have. */
const messages: WireMessage[] = [
  { type: 'open', log, spec, weight: 1024, fresh: true, session: 77, prefetch: 1_000, concurrency: 32, holds: ranges, low: 4, outcomes },
  { type: 'credit', log, channel, prefetch: 10, concurrency: 2, unstarted: [5, 6] },
  { type: 'ack', log, channel, outcomes },
  { type: 'lacks', log, channel, ranges },
  { type: 'leave', log, channel, unstarted: ranges },
  { type: 'stale', log, generation },
  { type: 'opened', log, channel, generation, low: 2, high: 9 },
  { type: 'assign', log, channel, generation, low: 2, items: [{ message, attempt: 2, unstarted: 1 }, { message: plain, attempt: 1, unstarted: 0 }] },
  { type: 'drop', log, channel, generation, ranges },
  { type: 'covered', log, channel, generation, ranges },
  { type: 'beat', log, generation, high: 9, lows: [{ channel, low: 4 }] },
  { type: 'stored', log, upto: 9, durable: true },
  { type: 'fetch', log, ranges },
  { type: 'range', log, messages: [message, plain], lost: [1, 6] },
  { type: 'cursors', log, generation, high: 9, cursors, gone: [{ channel: 'orders/old', opened: 5 }] },
  { type: 'ask', log, generation },
  { type: 'have', log, generation, asked: generation, ranges, high: 9, cursors },
  { type: 'registry', delta: { openings: [{ tag: 't1', by: '12D3KooWa', spec, at: 0, stated: 0 }, { tag: 't2', by: '12D3KooWb', spec, at: 7, stated: 15 }], removed: ['t0'], members: [{ id: '12D3KooWa', incarnation: 5, version: 6, weight: 1024, channels: [spec.channel] }] } },
  { type: 'batch', batch },
  { type: 'opened-all', channel },
  { type: 'announce', channel, weight: 1024, session: 77, prefetch: 1_000, concurrency: 32 }
]
const frames = messages.map(encodePubsub)
const state = { generation, cursors, told: 1 }
const payload = encodePayload(encodeBody({ a: 1 }), new Map([['h', 'v']]))

/** As the generated codec wants it: a start as a number, places as bytes. */
function generic (value: unknown, key = ''): unknown {
  if (key === 'start') return value === 'latest' ? 0 : value === 'beginning' ? 1 : value
  if (key === 'to') return Uint8Array.from(value as number[])
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => generic(item))
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined).map(([name, item]) => [name, generic(item, name)]))
}

function generated ({ type, ...fields }: WireMessage): Uint8Array {
  const name = type.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return PubsubFrame.encode({ [name]: generic(fields) })
}

function refused (type: string, change: object, name = 'ProtocolError'): void {
  const known = messages.find(message => message.type === type)
  expect(() => decodePubsub(encodePubsub({ ...known, ...change } as unknown as WireMessage)), JSON.stringify(change).slice(0, 80)).to.throw().with.property('name', name)
}

describe('wire: pub/sub codec', () => {
  it('has a message of each type, and writes each as the generated codec does', () => {
    expect(messages.map(({ type }) => type)).to.deep.equal(MESSAGES.map(([type]) => type))
    for (const [index, message] of messages.entries()) expect(hex(frames[index] as Uint8Array), message.type).to.equal(hex(generated(message)))
    expect(hex(encodeBatch(batch))).to.equal(hex(GeneratedBatch.encode(generic(batch) as any)))
    expect(hex(encodeStoredMessage(message))).to.equal(hex(GeneratedMessage.encode(message as any)))
    expect(hex(encodeStoredState(state))).to.equal(hex(StoredState.encode(generic(state) as any)))
    const body = encodeBody({ a: 1 }).body as Uint8Array<ArrayBuffer>
    expect(hex(payload)).to.equal(hex(GeneratedPayload.encode({ codec: 1, headers: new Map([['h', 'v']]), body })))
  })

  it('reads back what was written, inside a larger buffer, and shares no memory with it', () => {
    for (const [index, message] of messages.entries()) {
      const bytes = frames[index] as Uint8Array
      const buffer = new Uint8Array(bytes.length + 9).fill(0xee)
      buffer.set(bytes, 4)
      const read = decodePubsub(buffer, 4, 4 + bytes.length)
      buffer.fill(0)
      expect(read, message.type).to.deep.equal(message)
    }
    expect(decodeBatch(encodeBatch(batch))).to.deep.equal(batch)
    expect(decodeStoredMessage(encodeStoredMessage(plain))).to.deep.equal(plain)
    expect(decodeStoredState(encodeStoredState(state))).to.deep.equal(state)
    expect(payloadBody(decodePayload(payload))).to.deep.equal({ a: 1 })
    expect(decodePayload(payload).headers).to.deep.equal(new Map([['h', 'v']]))
  })

  it('reads no headers that no version writes', () => {
    const without = (headers: Map<string, string>): Uint8Array => GeneratedPayload.encode({ codec: 0, headers, body: new Uint8Array(0) })
    expect(decodePayload(without(new Map([['x'.repeat(256), '']]))).headers.size).to.equal(1)
    const many = new Map(Array.from({ length: 1_000 }, (_, i) => [String(i), '']))
    expect(decodePayload(without(many)).headers.size).to.equal(1_000)
    for (const headers of [new Map([['__proto__', 'x']]), new Map([['x'.repeat(257), '']]), new Map([...many, ['more', '']])]) {
      expect(() => decodePayload(without(headers))).to.throw().with.property('name', 'ProtocolError')
    }
  })

  it('keeps every start, and every body', () => {
    for (const start of ['latest', 'beginning', 1_790_000_000_000] as const) {
      const open = { ...messages[0], spec: { ...spec, start } } as WireMessage
      expect(decodePubsub(encodePubsub(open))).to.deep.equal(open)
    }
    for (const body of ['', 'ä', 0, [1], new Uint8Array(0), new Uint8Array(MAX_BODY).fill(7)]) {
      expect(payloadBody(decodePayload(encodePayload(encodeBody(body), new Map())))).to.deep.equal(body)
    }
  })

  it('reads what a later version adds, and refuses what no version writes', () => {
    const later = Uint8Array.of(...frames[1] as Uint8Array, 0xf8, 0x07, 1, 0xfa, 0x07, 2, 1, 1)
    expect(decodePubsub(later)).to.deep.equal(messages[1])
    for (const bytes of [new Uint8Array(0), Uint8Array.of(...frames[1] as Uint8Array, ...frames[2] as Uint8Array), (frames[0] as Uint8Array).subarray(0, -1)]) {
      expect(() => decodePubsub(bytes)).to.throw().with.property('name', 'ProtocolError')
    }
  })

  it('takes the numbers of a list one by one, as the schemas say, and refuses packed ones', () => {
    const one = hex(frames[MESSAGES.findIndex(([type]) => type === 'lacks')] as Uint8Array)
    const [before, ranges] = [one.slice(0, -18), '180118011803' + '18c801']
    expect(one).to.equal(before + ranges)
    const packed = before.slice(4) + '1a05' + '010103c801'
    expect(() => decodePubsub(unhex('22' + (packed.length / 2).toString(16) + packed))).to.throw('another type').with.property('name', 'ProtocolError')
  })

  it('refuses batches that are none: holes, other lengths, members that are not there', () => {
    refused('batch', { batch: { ...batch, messages: [message, { ...plain, seq: 9 }] } })
    refused('batch', { batch: { ...batch, messages: [] } })
    refused('batch', { batch: { ...batch, channels: [{ channel, low: 0, members: [], to: [0] }] } })
    refused('batch', { batch: { ...batch, channels: [{ channel, low: 0, members: ['a'], to: [0, 2] }] } })
    refused('batch', { batch: { ...batch, log: undefined } })
    expect(() => encodeBatch({ ...batch, messages: [{ ...message, payload: new Uint8Array(MAX_GOSSIP) }] })).to.throw().with.property('name', 'FrameTooLargeError')
    expect(() => decodeBatch(new Uint8Array(MAX_GOSSIP + 1))).to.throw().with.property('name', 'FrameTooLargeError')
  })

  it('refuses ranges that are none, a channel under another name, and everything over its limit', () => {
    for (const wrong of [[1], [0, 3], [3, 2], [1, 2, 2, 3], [5, 6, 1, 2]]) refused('lacks', { ranges: wrong })
    refused('lacks', { ranges: Array.from({ length: 2 * MAX_RANGES + 2 }, (_, i) => i + 1) })
    refused('open', { spec: { ...spec, channel: 'orders/billing' } })
    refused('open', { spec: { ...spec, ackWait: MAX_TTL + 1 } })
    refused('open', { spec: undefined })
    refused('registry', { delta: { openings: [{ tag: 't', by: 'a', spec: { ...spec, channel: 'x' }, at: 0, stated: 0 }], removed: [], members: [] } })
    refused('assign', { items: [{ message: { ...message, key: 'k'.repeat(MAX_KEY_TEXT + 1) }, attempt: 1 }] })
    refused('beat', { lows: Array.from({ length: MAX_TOPIC_CHANNELS + 1 }, (_, i) => ({ channel: `orders/c${i}`, low: 0 })) })
    refused('batch', { batch: { ...batch, channels: [{ channel, low: 0, members: Array.from({ length: MAX_BATCH_MEMBERS + 1 }, String), to: [0, 0] }] } })
    expect(() => decodePubsub(new Uint8Array(MAX_PUBSUB_FRAME + 1))).to.throw().with.property('name', 'FrameTooLargeError')
    const items = Array.from({ length: 5 }, () => ({ message: { ...message, payload: new Uint8Array(MAX_BODY / 4) }, attempt: 1 }))
    refused('assign', { items }, 'FrameTooLargeError')
  })

  it('throws only typed errors, whatever the bytes', function () {
    this.timeout(120_000)
    fuzz([...frames, encodeBatch(batch), payload, encodeStoredState(state)], decodePubsub, decodeBatch, decodePayload, decodeStoredState)
  })
})
