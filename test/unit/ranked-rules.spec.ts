import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { fromString } from 'uint8arrays/from-string'
import { recordRules, records } from '../../src/records/index.ts'
import { MAX_RANKED_RECORD, MAX_RANKED_TTL, MAX_RANKED_VALUE, RECORD_COST } from '../../src/wire/limits.ts'
import { decodeSignedRanked, encodeSignedRanked } from '../../src/wire/record-codec.ts'
import { asStored, newAuthor, ranked } from '../harness/ranked.ts'
import type { Author } from '../harness/ranked.ts'
import type { Records, RecordRules, RecordRulesInit } from '../../src/records/index.ts'
import type { PeerId, Startable } from '@libp2p/interface'

type Datastore = ReturnType<RecordRules['datastore']>
type Key = Parameters<Datastore['get']>[0]

/** The part of a datastore that the DHT uses. */
class Inner {
  readonly entries = new Map<string, Uint8Array>()
  put (key: Key, value: Uint8Array): Key { this.entries.set(key.toString(), value); return key }
  get (key: Key): Uint8Array | undefined { return this.entries.get(key.toString()) }
  has (key: Key): boolean { return this.entries.has(key.toString()) }
  delete (key: Key): void { this.entries.delete(key.toString()) }
  * query (): Generator<string> { yield * this.entries.keys() }
}

/** What a server of the DHT does with a put: validate, then store. */
class Server {
  readonly rules: RecordRules
  readonly inner = new Inner()
  readonly store: Datastore

  constructor (init: RecordRulesInit = {}) {
    this.rules = recordRules({ mesh: 'shop', ...init })
    this.store = this.rules.datastore(this.inner as unknown as Datastore)
  }

  /** `stored`, or why not. */
  async put (record: { under: Uint8Array, value: Uint8Array }): Promise<string> {
    try {
      await this.rules.validate(record.under, record.value)
      const [id, bytes] = asStored(record)
      await this.store.put(keyOf(id), bytes)
      return 'stored'
    } catch (err) {
      return (err as { why?: string }).why ?? (err as Error).name
    }
  }

  async has (record: { under: Uint8Array, value: Uint8Array }): Promise<boolean> {
    return this.store.has(keyOf(asStored(record)[0]))
  }
}

/** As a varint. */
const TWO_TO_53 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]
const keyOf = (id: string): Key => ({ toString: () => id }) as Key

describe('records: the service', () => {
  it('does not start beside a DHT that has not the same rules, and does nothing while it does not run', async () => {
    const { id, key } = await newAuthor()
    const rules = recordRules({ mesh: 'shop' })
    for (const validators of [{}, { braid: recordRules({ mesh: 'shop' }).validate }]) {
      const components = { peerId: { toString: () => id } as PeerId, privateKey: key, logger: defaultLogger(), dht: { validators } }
      const service = records({ rules })(components) as Records & Startable
      expect(() => service.start()).to.throw('the same rules').with.property('name', 'InvalidOptionsError')
      let problem: unknown
      await service.get(new Uint8Array(32), { authors: [id] }).catch((err: unknown) => { problem = err })
      expect(problem).to.have.property('name', 'MeshStoppedError')
    }
  })
})

describe('records: the rules of a server', () => {
  let author: Author
  let other: Author

  before(async () => {
    [author, other] = await Promise.all([newAuthor(), newAuthor()])
  })

  it('stores what its author signed, and gives it as it was stored', async () => {
    const server = new Server()
    const record = await ranked(author)
    expect(await server.put(record)).to.equal('stored')
    const [id, bytes] = asStored(record)
    expect(await server.store.get(keyOf(id))).to.deep.equal(bytes)
    expect(server.inner.entries.size, 'what a scan for providers would pass by').to.equal(0)
  })

  it('refuses a false signature, a wrong key, another mesh, what is over or too far ahead, too large, or no record', async () => {
    const server = new Server()
    const record = await ranked(author)
    const foreign = await ranked(other)
    const cases: Array<[why: string, record: { under: Uint8Array, value: Uint8Array }]> = [
      ['signature', await ranked({ id: author.id, key: other.key })],
      ['signature', await ranked(author, {}, { domain: fromString('braid-mesh/node/v1\0') })],
      ['signature', { ...record, value: encodeSignedRanked({ ...decodeSignedRanked(record.value), publicKey: new Uint8Array(9) }) }],
      ['wrong_key', { under: record.under, value: foreign.value }],
      ['wrong_key', { under: record.under, value: (await ranked(author, { key: new Uint8Array(32) })).value }],
      ['wrong_mesh', await ranked(author, { mesh: 'other' })],
      ['expired', await ranked(author, { validUntil: Date.now() - 1 })],
      ['too_far', await ranked(author, { validUntil: Date.now() + 2 * MAX_RANKED_TTL })],
      ['malformed', await ranked(author, {}, { tail: [0x20, ...TWO_TO_53] })],
      ['malformed', await ranked(author, {}, { tail: [0x30, ...TWO_TO_53] })],
      ['malformed', await ranked(author, { value: new Uint8Array(MAX_RANKED_VALUE + 1) })],
      ['malformed', await ranked(author, { value: new Uint8Array(MAX_RANKED_RECORD) })],
      ['malformed', { under: record.under, value: new Uint8Array(100_000) }],
      ['malformed', { under: fromString('/braid/shop/x'), value: record.value }],
      ['malformed', { under: record.under, value: new Uint8Array(0) }]
    ]
    for (const [why, record] of cases) expect(await server.put(record), why).to.equal(why)
    expect(server.rules.store.size).to.equal(0)
    expect(server.rules.counters.all()).to.deep.equal({
      records_refused_signature: 3, records_refused_wrong_key: 2, records_refused_wrong_mesh: 1, records_refused_expired: 1, records_refused_too_far: 1, records_refused_malformed: 7
    })
  })

  it('keeps the highest rank of an author and key, whoever replays an older one', async () => {
    const server = new Server()
    const [old, newer] = [await ranked(author, { index: 1 }), await ranked(author, { index: 2 })]
    expect(await server.put(newer)).to.equal('stored')
    expect(await server.put(old)).to.equal('stale')
    expect(await server.put(newer)).to.equal('stored')
    expect(await server.put(await ranked(other, { epoch: Number.MAX_SAFE_INTEGER })), 'the same key of another author').to.equal('stored')
    expect(await server.put(await ranked(author, { index: 3 })), 'which blocks nobody').to.equal('stored')
    expect(server.rules.counters.all()).to.include({ records_stored: 4, records_refused_stale: 1 })
  })

  it('selects the newest', async () => {
    const { rules } = new Server()
    const records = await Promise.all([1, 3, 2].map(async index => ranked(author, { index })))
    const values = records.map(({ value }) => value)
    expect(rules.select(records[0]?.under ?? new Uint8Array(0), values)).to.equal(1)
    expect(rules.select(records[0]?.under ?? new Uint8Array(0), [Uint8Array.of(1), ...values])).to.equal(2)
  })

  it('neither gives nor keeps what expired', async () => {
    let now = Date.now()
    const server = new Server({ now: () => now })
    const record = await ranked(author, { validUntil: now + 1_000 })
    await server.put(record)
    expect(await server.has(record)).to.equal(true)
    now += 1_000
    expect(await server.has(record)).to.equal(false)
    expect(() => server.store.get(keyOf(asStored(record)[0]))).to.throw().with.property('name', 'NotFoundError')
    expect(server.rules.store.size).to.equal(1)
    server.rules.store.sweep()
    expect([server.rules.store.size, server.rules.store.bytes]).to.deep.equal([0, 0])
    expect(server.rules.counters.all()).to.include({ records_expired: 1 })
  })

  it('takes no more of an author than its quota, and lets nobody fill it alone', async () => {
    const few = new Server({ limits: { perAuthor: 1 } })
    const keys = [1, 2, 3].map(n => new Uint8Array(32).fill(n))
    const put = async (server: Server, author: Author, key = new Uint8Array(32)): Promise<string> => server.put(await ranked(author, { key }))
    expect([await put(few, author, keys[0]), await put(few, author, keys[1]), await put(few, other, keys[1])]).to.deep.equal(['stored', 'author_quota', 'stored'])
    const small = new Server({ limits: { bytes: 2 * (RECORD_COST + 400) } })
    expect([await put(small, author, keys[0]), await put(small, author, keys[1])]).to.deep.equal(['stored', 'stored'])
    expect(await put(small, author, keys[2])).to.equal('full')
    expect(await put(small, other, keys[0])).to.equal('stored')
    expect(small.rules.store.size).to.equal(2)
    expect(small.rules.counters.all()).to.include({ records_refused_full: 1, records_pushed_out: 1 })
  })

  it('takes nothing but such records, and leaves the rest of the datastore alone', async () => {
    const { store, inner } = new Server()
    const provider = keyOf('/dht/provider/abc/peer')
    await store.put(provider, Uint8Array.of(1))
    expect([await store.has(provider), await store.get(provider)]).to.deep.equal([true, Uint8Array.of(1)])
    expect([...store.query({}) as unknown as Iterable<string>]).to.deep.equal(['/dht/provider/abc/peer'])
    await store.delete(provider)
    expect(inner.entries.size).to.equal(0)
    expect(() => store.put(keyOf('/dht/record/abc'), Uint8Array.of(1, 2, 3))).to.throw().with.property('why', 'malformed')
    expect(() => store.put(keyOf('/dht/record/abc'), new Uint8Array(0))).to.throw().with.property('why', 'malformed')
  })
})
