/** The messages of pubsub.proto as tables. */
import {
  BURIAL_BYTES, MAX_BATCH_MEMBERS, MAX_BODY, MAX_HEADERS, MAX_KEY_TEXT, MAX_MESSAGE, MAX_MESSAGE_HEADERS, MAX_NAME, MAX_RANGES, MAX_RECORD_LIST, MAX_TEXT,
  MAX_TOPIC_CHANNELS, MAX_TTL, MAX_WEIGHT
} from './limits.ts'
import { fields, may, need, texts } from './fields.ts'
import { bool, bytes, list, map, text, uint32, uint53, view } from './schema.ts'
import type { Message, Type } from './schema.ts'

/** Of a dead-letter topic: a topic, `.$dead.` and a channel. */
const MAX_TOPIC = 2 * MAX_NAME + 8
const PEER = texts(MAX_TEXT)
const TOPIC = texts(MAX_TOPIC)
const NAME = texts(MAX_NAME)
const CHANNEL = texts(MAX_TOPIC + MAX_NAME + 1)
const fits = (value: Uint8Array): boolean => value.length <= MAX_BODY + MAX_HEADERS + BURIAL_BYTES
/** Inclusive ranges: from, to, from, to … ascending. */
const ranges = (most: number): Type<number[], number> => ({
  ...list(uint53, 2 * most),
  ok: ranges => ranges.length % 2 === 0 && ranges.every((seq, i) => Number.isSafeInteger(seq) && (i % 2 === 0 ? seq > (ranges[i - 1] ?? 0) : seq >= (ranges[i - 1] ?? 0)))
})
const RANGES = ranges(MAX_RANGES)
const TIME = uint32(0, MAX_TTL)
const WEIGHT = uint32(0, MAX_WEIGHT)

/** 0 latest, 1 beginning, else milliseconds since 1970. */
const START: Type<string | number> = {
  wire: 0,
  initial: 'latest',
  ok: value => typeof value === 'string' || Number.isSafeInteger(value),
  put: value => { uint53.put(typeof value === 'number' ? Math.max(2, value) : value === 'beginning' ? 1 : 0) },
  get: () => {
    const value = uint53.get()
    return value === 0 ? 'latest' : value === 1 ? 'beginning' : value
  }
}

/** Which of a batch's members: one byte for each message. */
const TO: Type<number[], Uint8Array> = {
  wire: 2,
  initial: undefined,
  ok: () => true,
  put: bytes(() => true).put,
  get: bytes(() => true).get,
  many: {
    none: () => [],
    all: to => to.length === 0 ? [] : [Uint8Array.from(to, index => index > MAX_BATCH_MEMBERS ? 0 : index)],
    add: (_, one) => Array.from(one)
  }
}

const LOG = fields({ topic: TOPIC, publisher: PEER, epoch: uint53 })
const GENERATION = fields({ number: uint53, by: PEER })
const MESSAGE = fields({ seq: uint53, at: uint53, ttl: TIME, key: may(texts(MAX_KEY_TEXT)), payload: bytes(fits) })
const VIEWED = fields({ seq: uint53, at: uint53, ttl: TIME, key: may(texts(MAX_KEY_TEXT)), payload: view(fits) })
/** As many as a frame holds. */
const MESSAGES_LIST = list(MESSAGE, Infinity)
const cursors = (most: number, holes: number): Type<any, any> => list(fields({ channel: CHANNEL, opened: uint53, low: uint53, done: ranges(holes) }), most)
const CURSORS = cursors(MAX_TOPIC_CHANNELS, MAX_RANGES)
const SPEC = fields({
  channel: CHANNEL,
  pattern: TOPIC,
  name: NAME,
  opened: uint53,
  start: START,
  durable: bool,
  expire: TIME,
  maxDeliver: uint53,
  ackWait: TIME,
  backoff: list(TIME, 32)
})
const BATCH_CHANNEL = fields({ channel: CHANNEL, low: uint53, members: list(PEER, MAX_BATCH_MEMBERS), to: TO })
const batch = (messages: Type<any, any>): Message<any> => fields({ log: need(LOG), generation: need(GENERATION), messages, channels: list(BATCH_CHANNEL, MAX_TOPIC_CHANNELS) })
/** Its payloads are views: a gossip message is nobody's but ours. */
export const BATCH = batch(list(VIEWED, Infinity))
const ASSIGNMENT = fields({ message: need(MESSAGE), attempt: uint53, unstarted: uint53 })
const REASON = text(value => value.length <= MAX_MESSAGE)
const NAK = fields({ seq: uint53, attempt: uint53, delay: may(TIME), reason: REASON, unstarted: bool })
const TERM = fields({ seq: uint53, reason: REASON })
const OUTCOMES = fields({ done: RANGES, naks: list(NAK, MAX_RANGES), terms: list(TERM, MAX_RANGES), expired: RANGES, working: RANGES })
const LOW = fields({ channel: CHANNEL, low: uint53 })
const GONE = fields({ channel: CHANNEL, opened: uint53 })
const OPENING = fields({ tag: PEER, by: PEER, spec: need(SPEC), at: uint53, stated: uint32() })
const MEMBERSHIP = fields({ id: PEER, incarnation: uint53, version: uint53, weight: WEIGHT, channels: list(CHANNEL, MAX_RECORD_LIST) })
const DELTA = fields({ openings: list(OPENING, MAX_RANGES), removed: list(PEER, MAX_RANGES), members: list(MEMBERSHIP, MAX_RANGES) })

const log = need(LOG)
const generation = need(GENERATION)
const channel = CHANNEL

/** Numbered from 1 in this order. */
export const MESSAGES: ReadonlyArray<readonly [type: string, schema: Message<any>]> = [
  ['open', fields({ log: may(LOG), spec: need(SPEC), weight: WEIGHT, fresh: bool, session: uint53, prefetch: uint53, concurrency: uint53, holds: RANGES, low: uint53, outcomes: need(OUTCOMES) })],
  ['credit', fields({ log, channel, prefetch: uint53, concurrency: uint53, unstarted: RANGES })],
  ['ack', fields({ log, channel, outcomes: need(OUTCOMES) })],
  ['lacks', fields({ log, channel, ranges: RANGES })],
  ['leave', fields({ log, channel, unstarted: RANGES })],
  ['stale', fields({ log, generation })],
  ['opened', fields({ log, channel, generation, low: uint53, high: uint53 })],
  ['assign', fields({ log, channel, generation, low: uint53, items: list(ASSIGNMENT, Infinity) })],
  ['drop', fields({ log, channel, generation, ranges: RANGES })],
  ['covered', fields({ log, channel, generation, ranges: RANGES })],
  ['beat', fields({ log, generation, high: uint53, lows: list(LOW, MAX_TOPIC_CHANNELS) })],
  ['stored', fields({ log, upto: uint53, durable: bool })],
  ['fetch', fields({ log, ranges: RANGES })],
  ['range', fields({ log, messages: MESSAGES_LIST, lost: RANGES })],
  ['cursors', fields({ log, generation, high: uint53, cursors: CURSORS, gone: list(GONE, MAX_TOPIC_CHANNELS) })],
  ['ask', fields({ log, generation })],
  ['have', fields({ log, generation, asked: may(GENERATION), ranges: RANGES, high: uint53, cursors: CURSORS })],
  ['registry', fields({ delta: need(DELTA) })],
  ['batch', fields({ batch: need(batch(MESSAGES_LIST)) })],
  ['opened-all', fields({ channel })],
  ['announce', fields({ channel, weight: WEIGHT, session: uint53, prefetch: uint53, concurrency: uint53 })]
]

export const FRAME = fields(Object.fromEntries(MESSAGES))

/** Names that would be no headers of the message. */
export function isHeaderName (name: string): boolean {
  return name !== '__proto__' && name.length <= MAX_TEXT
}

/** What a message carries: opaque to the cores. Its body is a view, as whoever decodes that makes a copy. */
export const PAYLOAD = fields({ codec: uint32(0, 3), headers: map(isHeaderName, MAX_MESSAGE_HEADERS), body: view(value => value.length <= MAX_BODY) })

/** What is stored of a log: whoever stored it has read it, so nothing of it is too much. */
export const STORED_MESSAGE = MESSAGE
export const STORED_STATE = fields({ generation, cursors: cursors(Infinity, Infinity), told: may(uint53) })
