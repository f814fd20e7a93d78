/** The numbers that the wire's documents tell are those of the code: a peer in another language is built by them. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { DEFAULTS as DETECTOR } from '../../src/discovery/detector.core.ts'
import { leaseUntil } from '../../src/election/clock.core.ts'
import { GRANT, LEASE } from '../../src/links/lease.core.ts'
import * as pubsub from '../../src/pubsub/numbers.core.ts'
import * as limits from '../../src/wire/limits.ts'

const page = (name: string): string => readFileSync(`doc/${name}.md`, 'utf8').replace(/\s+/g, ' ')
/** As the pages write numbers: thousands apart. */
const n = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ')
const s = (ms: number): string => `${ms / 1_000} s`
const size = (bytes: number): string => bytes % (1024 * 1024) === 0 ? `${bytes / 1024 / 1024} MiB` : `${bytes / 1024} KiB`

const TOLD: Readonly<Record<string, string[]>> = {
  'WIRE': [
    `of at most ${Math.ceil(Math.log2(limits.MAX_RPC_FRAME) / 7) + 1} bytes`,
    `| \`discovery\`, \`election\` | ${size(limits.MAX_DISCOVERY_FRAME)} |`,
    `| \`rpc\`, \`bulk\`, \`stream\` | ${size(limits.MAX_BODY)} + ${size(limits.MAX_RPC_FRAME - limits.MAX_BODY)};`,
    `| \`pubsub\` | ${size(limits.MAX_BODY)} + ${size(limits.MAX_PUBSUB_FRAME - limits.MAX_BODY)} |`,
    `| a gossip message | ${size(limits.MAX_GOSSIP)} |`,
    `(${limits.MAX_RPC_STREAMS_PER_PEER} of a peer on \`rpc\`, \`bulk\`, \`election\` and \`pubsub\`, 512 on \`stream\`, ${limits.MAX_STREAMS_PER_PEER} on \`discovery\`)`,
    `waits for the greeting (${s(limits.OPEN_TIMEOUT)},`,
    `not complete ${s(limits.FIRST_FRAME_TIMEOUT)} after the stream was accepted`,
    `within ${s(limits.FRAME_TIMEOUT)} plus 1 s for every ${size(limits.MIN_FRAME_RATE)} of it`,
    `not taken at all for ${s(limits.STUCK_TIMEOUT)} resets`,
    `idle for ${s(limits.IDLE_TIMEOUT)} (no frame either way, nothing outstanding); the acceptor resets it after ${s(2 * limits.IDLE_TIMEOUT)}`,
    `at most ${limits.MAX_CBOR_DEPTH} levels, ${n(limits.MAX_CBOR_ARRAY)} elements of an array, ${n(limits.MAX_CBOR_MAP)} entries of a map, ${size(limits.MAX_CBOR_BIGINT)} of a bigint`,
    `at most ${n(limits.MAX_BODY_PARTS)} in one body, or one for each ${limits.MIN_PART} bytes of it`,
    `a term at most ${n(limits.MAX_TERM_JUMP)} above the own one`
  ],
  'wire/discovery': [
    `at most ${limits.MAX_RECORD_LIST} texts`, `at most ${limits.MAX_RECORD_LIST} names`, `at most ${limits.MAX_ADDRESSES} multiaddrs`, `${limits.MAX_ADDRESS} bytes each`,
    `1 to ${n(limits.MAX_WEIGHT)};`, `has at most ${size(limits.MAX_RECORD)}`, `keeps at most ${n(limits.MAX_NODES)} nodes`, `up to ${n(limits.MAX_TOMBSTONES)} that were removed`,
    'Each second three members are probed', `listen on relays at most every ${s(DETECTOR.calmInterval)}`, `max(${DETECTOR.probeTimeout} ms, 4 x round trip) three others`,
    `removed after ${s(DETECTOR.suspicionMax)}, falling to ${s(DETECTOR.suspicionMin)}`, `(${DETECTOR.confirmations} are enough)`,
    `takes ${limits.MAX_PROVIDED_PER_PEER} provided keys`, `${limits.CHALLENGE_BYTES} random bytes`
  ],
  'wire/records': [
    `${n(limits.MAX_KEPT_RECORDS)} records of an author and ${size(limits.MAX_STORED_RECORD_BYTES)} in all (${limits.RECORD_COST} bytes counted`,
    `share ${size(limits.MAX_STRANGER_RECORD_BYTES)}`, `now < valid_until <= now + ${limits.MAX_RANKED_TTL / 3_600_000} h + ${s(limits.MAX_CLOCK_SKEW)}`
  ],
  'wire/rpc': [
    `at most ${limits.MAX_NAME} bytes; the version`, `at most ${size(limits.MAX_BODY)} (\`rpc.maxBody\`)`, `together at most ${size(limits.MAX_HEADERS)}`, `at most ${limits.MAX_IDEMPOTENCY_KEY} characters`,
    `1 to ${limits.MAX_HEADER_SETS}, see below`, `1 to ${limits.MAX_CLAIM} bytes`, `0: ${s(limits.DEFAULT_TIMEOUT)} for a call with one answer`, `details, at most ${size(limits.MAX_DETAILS)}`,
    `at most ${n(limits.MAX_MESSAGE)} characters, as the reason`, `more than ${n(limits.MAX_PENDING_PER_PEER)} calls or ${limits.MAX_RUNNING_BYTES / 1024 / 1024} MiB of arguments`, `that take ${limits.MAX_RUNNING_MEMORY / 1024 / 1024} MiB of memory`, `counts ${limits.PART_COST} bytes more for each`,
    `more than ${limits.STRANGER_RATE} calls a second`, `kept for ${limits.REPLY_TTL / 60_000} minutes`, `at most ${n(limits.MAX_REPLIES)} and ${size(limits.MAX_REPLY_BYTES)} of all`,
    `have at most ${n(limits.MAX_HEADER_SET)} characters`, `encoded body is over ${size(limits.LARGE_BODY)} goes`, `At most ${size(limits.MAX_LARGE_WAITING)} may wait`,
    `costs its body and ${limits.ITEM_COST} bytes`, `begins with ${size(limits.STREAM_WINDOW)} and may double the window up to ${size(limits.MAX_STREAM_WINDOW)}`,
    `${limits.MAX_CALL_STREAMS_PER_PEER} calls with one peer each way, ${limits.STRANGER_STREAMS} of a peer without`,
    `at most ${limits.MAX_SNAPSHOT_LIST} items, those within them ${limits.MAX_SNAPSHOT_SUBLIST}, all of it ${size(limits.MAX_SNAPSHOT_BYTES)}; it is made anew at most once a second`
  ],
  'wire/election': [
    `at most ${limits.MAX_VOTERS}, sorted`, `more than ${n(limits.MAX_TERM_JUMP)} above its own`, `(${size(limits.MAX_REGISTER_VALUE)}) and ranks, at most ${n(limits.MAX_REGISTER_ENTRIES)} and ${size(limits.MAX_REGISTER_BYTES)}`
  ],
  'wire/links': [
    `1 to ${n(limits.MAX_LINK_BATCH)} questions`, `at most ${limits.MAX_PROPOSALS}; none`, `for ${s(LEASE)} from when it *asked*`, 'less than three quarters full', `(${limits.LINK_MAKER_BYTES} bytes of a hash)`,
    `${n(limits.MAX_REGISTER_ENTRIES)} / (makers + 1)`, `up to ${n(limits.MAX_KEPT_RECORDS)} links`
  ],
  'wire/pubsub': [
    `at most ${n(limits.MAX_RANGES)} ranges`, `body (at most ${size(limits.MAX_BODY)})`, `at most ${n(limits.MAX_MESSAGE_HEADERS)}, of which a publisher leaves ${limits.BURIAL_HEADERS} to`, `names of at most ${limits.MAX_TEXT} characters`,
    `at most ${size(limits.MAX_HEADERS)}, and ${size(limits.BURIAL_BYTES)} more in a dead letter`,
    'the first three of them', `at most ${n(pubsub.MAX_BATCH)} and ${size(pubsub.MAX_BATCH_BYTES)} of payloads`, `(sorted, at most ${limits.MAX_BATCH_MEMBERS})`, `waits up to ${pubsub.HOLD} ms`,
    `over ${n(limits.MAX_PUBSUB_FRAMES)} frames a second`, `again after ${s(pubsub.OPEN_AGAIN)}`, `${pubsub.ACK_LINGER} ms after the first outcome`, `${pubsub.GAP_WAIT} ms after a gap was seen, then every second`,
    `${pubsub.BEATS[0] ?? 0} ms, ${pubsub.BEATS.slice(1).map(ms => ms / 1_000).join(', ')} s after a publish`, `waits up to ${s(pubsub.ORDER_WAIT)} for a missing`, `closed, after ${pubsub.CLOSED_GRACE} ms`,
    `at most ${n(pubsub.MAX_PREFETCH)} count`, `${pubsub.PROMISE} ms are left`, `- ${s(pubsub.START_SLACK)} (latest)`, `after ${s(pubsub.EPHEMERAL_GRACE)} when it was lost`, `(${n(pubsub.MAX_REMOVED)} are remembered)`,
    `${n(pubsub.MAX_CHANNELS)} channels, ${pubsub.MAX_OPENINGS} openings each and the later ones, ${limits.MAX_TOPIC_CHANNELS} channels of one topic`,
    `(${n(pubsub.RETENTION.messages)} messages, ${size(pubsub.RETENTION.bytes)}, 1 h)`, `every ${pubsub.SYNC_ACKS} acks or ${pubsub.SYNC_TIME} ms`, `two of three, or after ${pubsub.ASK_WAIT} ms`, `For ${pubsub.ADOPT_WAIT} ms it lets`,
    `after ${pubsub.RETAKE_WAIT / 1_000} to ${s(pubsub.RETAKE_WAIT_MAX)}`
  ],
  'wire/webrtc': [
    `at most ${limits.MAX_DIRECT_PATHS} direct paths, and negotiates with at most ${limits.MAX_SIGNALLING} peers at a time, ${limits.MAX_SIGNALLING_PER_PEER} times with each`
  ]
}

describe('the pages of the wire', () => {
  for (const [name, told] of Object.entries(TOLD)) {
    it(`${name}: its numbers are those of the code`, () => {
      const text = page(name)
      expect(told.filter(part => !text.includes(part))).to.deep.equal([])
    })
  }

  it('a leader counts for a lease what the pages say', () => {
    const [, seconds, fast, slow, margin] = /counts ([\d.]+) s x ([\d.]+) \/ ([\d.]+) \+ (\d+) ms/.exec(page('wire/links'))?.map(Number) ?? []
    expect(Number(seconds) * 1_000 * Number(fast) / Number(slow) + Number(margin)).to.be.closeTo(GRANT, 0.001)
    const [, less, more, delta] = /T x ([\d.]+) \/ ([\d.]+) - (\d+) ms/.exec(page('wire/election'))?.map(Number) ?? []
    expect(1_000 * Number(less) / Number(more) - Number(delta)).to.be.closeTo(leaseUntil({ now: 0, wall: 0 }, 1_000).now, 0.001)
  })
})
