import { expect } from 'chai'
import { sha256 } from '@noble/hashes/sha2.js'
import { peerIdFromString } from '@libp2p/peer-id'
import { toString } from 'uint8arrays/to-string'
import { MAX_KEPT_RECORDS } from '../../src/wire/limits.ts'
import { encodeRecordKey } from '../../src/wire/record-codec.ts'
import { asStored, newAuthor, ranked } from '../harness/ranked.ts'
import { until } from '../harness/until.ts'
import { answerOf, drain, read, RecordNodes } from './records-nodes.ts'
import type { NewRecord, RecordSource } from '../../src/records/index.ts'
import type { Walks } from '../../src/transport/closest.ts'
import type { RecordNode, StockNode } from './records-nodes.ts'

/** `BRAID_SERVERS=20` for as many as hold a record at most; a quarter of them is hostile. */
const HOSTILE = Number(process.env['BRAID_SERVERS'] ?? 12) / 4
const HONEST = 3 * HOSTILE
/** Records of one author that the first server takes. */
const QUOTA = 3

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
let keys = 0
const newKey = (): Uint8Array => new Uint8Array(32).fill(++keys & 255).fill(keys >> 8, 0, 1)
const record = (key: Uint8Array, index: number, more: Partial<NewRecord> = {}): NewRecord =>
  ({ key, rank: [1, 1, index], value: text(`value ${index}`), ttl: 600_000, ...more })
/** Where the DHT stores a record. */
const stored = ({ under }: { under: Uint8Array }): string => toString(under, 'base32')
/** What a stock server would answer. */
const served = async ({ dht }: StockNode, under: Uint8Array): Promise<Uint8Array> => {
  const { contentFetching } = dht as unknown as { contentFetching: { getLocal: (key: Uint8Array) => Promise<{ value: Uint8Array }> } }
  return (await contentFetching.getLocal(under)).value
}
const patient = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })

describe('records: servers, of which a quarter does as it likes', function () {
  this.timeout(120_000)
  const nodes = new RecordNodes()
  const servers: RecordNode[] = []
  const hostile: StockNode[] = []
  let tab: RecordNode
  /** Milliseconds by which the clocks of the honest are ahead. */
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const server = (i: number): RecordNode => servers[i] as RecordNode
  const holders = (): number => servers.filter(({ rules }) => rules.store.size > 0).length
  const count = (name: string): number => servers.reduce((sum, { records }) => sum + (records.stats()[name] ?? 0), 0)

  /** A put that may be repeated: on a busy machine a server may answer too late to be counted. */
  const putEverywhere = async (author: RecordNode, record: NewRecord, servers = HONEST + HOSTILE): Promise<void> => {
    await until(async () => (await author.records.put(record, patient())).stored === servers, { timeout: 60_000, what: `${servers} servers store it` })
  }
  /** Somebody puts this, by the stock put, until every honest server has refused it. */
  const refusedByAll = async (from: StockNode, why: string, { under, value }: { under: Uint8Array, value: Uint8Array }): Promise<void> => {
    const refusals = (): number[] => servers.map(({ records }) => records.stats()[`records_refused_${why}`] ?? 0)
    const before = refusals()
    await until(async () => {
      await drain(from.dht.put(under, value, patient()))
      return refusals().every((count, i) => count > (before[i] ?? 0))
    }, { timeout: 60_000, what: `all refuse it: ${why}` })
  }

  before(async () => {
    for (let i = 0; i < HONEST; i++) servers.push(await nodes.add({ now, ...i === 0 && { limits: { perAuthor: QUOTA } } }))
    for (let i = 0; i < HOSTILE; i++) hostile.push(await nodes.stock())
    tab = await nodes.add({ client: true, now })
    await nodes.meet()
  })

  afterEach(() => { for (const node of hostile) node.answer = undefined })

  after(async () => { await nodes.stop() })

  it('finds what was put, on a server and in a client, and says how many stored it', async () => {
    const key = newKey()
    await putEverywhere(server(1), record(key, 1))
    for (const reader of [server(1), server(2), tab]) {
      const found = await read(reader, key, [server(1).id])
      expect(found).to.deep.include({ key, author: server(1).id, rank: [1, 1, 1], value: text('value 1') })
      expect(found?.validUntil).to.be.within(now(), now() + 600_000)
    }
    expect(await read(tab, key, [server(2).id]), 'another author').to.equal(undefined)
  })

  it('takes what a client puts, which itself serves nobody', async () => {
    const key = newKey()
    await putEverywhere(tab, record(key, 1))
    expect(await read(server(1), key, [tab.id])).to.deep.include({ author: tab.id })
  })

  it('finds the highest rank among several authors', async () => {
    const key = newKey()
    const authors = [3, 4, 5].map(i => server(i))
    await Promise.all(authors.map(async (author, i) => putEverywhere(author, record(key, [5, 9, 7][i] ?? 0))))
    const found = await read(tab, key, authors.map(({ id }) => id))
    expect(found).to.deep.include({ author: authors[1]?.id, rank: [1, 1, 9] })
  })

  it('reads the newest though a quarter of the servers replay an older one, and serve it', async () => {
    const key = newKey()
    const author = await newAuthor()
    const [old, newer] = await Promise.all([1, 2].map(async index => ranked(author, { key, index, validUntil: now() + 600_000 })))
    if (old === undefined || newer === undefined) throw new Error('unreachable')
    await until(async () => {
      await drain((hostile[0] as StockNode).dht.put(newer.under, newer.value, patient()))
      return servers.every(({ rules }) => rules.store.get(stored(newer)) !== undefined)
    }, { timeout: 60_000, what: 'all have the newer one' })
    // the stock put asks no selector, not even for its own store
    for (const node of hostile) await refusedByAll(node, 'stale', old)
    for (const node of hostile) expect(await served(node, old.under), 'a hostile one serves it').to.deep.equal(old.value)
    for (const reader of [...servers.slice(1), tab]) {
      expect((await read(reader, key, [author.id]))?.rank).to.deep.equal([1, 1, 2])
    }
  })

  it('reads though servers stall, answer garbage, forge, or give the record of another key', async () => {
    const [key, other] = [newKey(), newKey()]
    const [author, liar] = [server(6), await newAuthor()]
    await putEverywhere(author, record(key, 1))
    const forged = await ranked({ id: author.id, key: liar.key }, { key, index: 99, validUntil: now() + 600_000 })
    const elsewhere = await ranked(liar, { key: other, index: 99, validUntil: now() + 600_000 })
    const envelope = (value: Uint8Array, under: Uint8Array): Uint8Array => asStored({ under, value })[1]
    const lies: Array<NonNullable<StockNode['answer']>> = [
      async () => new Promise(() => {}),
      async under => answerOf(under, Uint8Array.of(1, 2, 3, 4, 5)),
      async under => answerOf(under, envelope(forged.value, under)),
      async under => answerOf(under, envelope(elsewhere.value, under)),
      async under => answerOf(under, envelope(elsewhere.value, elsewhere.under))
    ]
    for (const [round, reader] of [server(1), server(2), tab].entries()) {
      hostile.forEach((node, i) => { node.answer = lies[(i + round) % lies.length] })
      expect((await read(reader, key, [author.id]))?.rank).to.deep.equal([1, 1, 1])
      expect(await read(reader, newKey(), [author.id]), 'what nobody has').to.equal(undefined)
    }
  })

  it('stores nothing that breaks the rules, and counts it', async () => {
    const [author, liar] = await Promise.all([newAuthor(), newAuthor()])
    const key = newKey()
    const good = { key, validUntil: now() + 600_000 }
    const [honest, foreign] = await Promise.all([ranked(author, good), ranked(liar, good)])
    const bad: Array<[why: string, record: { under: Uint8Array, value: Uint8Array }]> = [
      ['signature', await ranked({ id: author.id, key: liar.key }, good)],
      ['wrong_key', { under: honest.under, value: foreign.value }],
      ['expired', await ranked(author, { ...good, validUntil: now() - 1 })],
      ['malformed', await ranked(author, good, { tail: [0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10] })],
      ['malformed', await ranked(author, { ...good, value: new Uint8Array(1_100) })]
    ]
    const before = servers.map(({ rules }) => rules.store.size)
    for (const [why, record] of bad) await refusedByAll(hostile[0] as StockNode, why, record)
    expect(servers.map(({ rules }) => rules.store.size)).to.deep.equal(before)
    expect(await read(tab, key, [author.id])).to.equal(undefined)
  })

  it('takes no more of an author than the quota of a server, which the author is told', async () => {
    for (let i = 0; i < QUOTA; i++) await putEverywhere(server(7), record(newKey(), 1))
    await putEverywhere(server(7), record(newKey(), 1), HONEST + HOSTILE - 1)
    expect(server(0).records.stats()['records_refused_author_quota']).to.be.above(0)
  })

  it('asks who holds a record once for many, which all servers of a small mesh hold', async () => {
    const { handlers } = (server(2).dht as unknown as { rpc: { handlers: Record<string, { handle: (...args: unknown[]) => Promise<unknown> }> } }).rpc
    const counted = { FIND_NODE: 0, PUT_VALUE: 0 }
    const author = server(3)
    const restore = (['FIND_NODE', 'PUT_VALUE'] as const).map(type => {
      const { handle } = handlers[type]!
      handlers[type]!.handle = async function (this: unknown, from, ...args) {
        if (String(from) === author.id) counted[type]++
        return handle.call(this, from, ...args)
      }
      return () => { handlers[type]!.handle = handle }
    })
    const { peerRouting, routingTable } = author.dht as unknown as Walks
    const { getClosestPeers } = peerRouting
    // a walk that found all that are known is good for ten seconds; one that did not, as where somebody is dead or busy, is not
    let known: { size: number, until: number } | undefined
    let [reused, asked] = [0, 0]
    peerRouting.getClosestPeers = async function * (key, options) {
      const isKnown = options?.reuse === true && known !== undefined && Date.now() < known.until && known.size === routingTable.size
      const before = counted.FIND_NODE
      let found = 0
      for await (const event of getClosestPeers.call(peerRouting, key, options)) {
        if (event.name === 'FINAL_PEER') found++
        yield event
      }
      if (isKnown) {
        reused++
        asked += counted.FIND_NODE - before
      } else {
        known = found >= routingTable.size ? { size: routingTable.size, until: Date.now() + 9_000 } : undefined
      }
    }
    try {
      const puts = 30
      await until(async () => {
        await author.records.put(record(newKey(), 1), patient())
        return reused >= puts
      }, { timeout: 90_000, interval: 0, what: () => `${reused} of ${puts} puts may go where the last one went` })
      await until(() => counted.PUT_VALUE >= puts, { what: () => `${counted.PUT_VALUE} of them came to one of those` })
      // those of walks for something else, too
      expect(asked, 'by those puts').to.be.below(puts / 2)
    } finally {
      peerRouting.getClosestPeers = getClosestPeers
      for (const undo of restore) undo()
    }
  })

  it('finds a record after its author is gone', async () => {
    const key = newKey()
    const author = servers.pop() as RecordNode
    await putEverywhere(author, record(key, 1))
    await nodes.kill(author)
    for (const reader of [server(1), tab]) {
      expect((await read(reader, key, [author.id]))?.value).to.deep.equal(text('value 1'))
    }
  })

  it('keeps records stored, puts them anew in time, and stops when they are withdrawn', async () => {
    const { records, id } = server(5)
    const [key, gone] = [newKey(), newKey()]
    expect([records.keep(record(key, 2)), records.keep(record(gone, 1)), records.keep(record(key, 1))]).to.deep.equal([true, true, false])
    await until(() => records.status().stored === 2, { timeout: 60_000 })
    expect(records.status()).to.deep.equal({ kept: 2, stored: 2, waiting: 0 })
    const first = await read(tab, key, [id])
    const last = await read(tab, gone, [id])
    records.withdraw(gone)
    ahead += 250_000
    await until(async () => ((await read(tab, key, [id]))?.validUntil ?? 0) > (first?.validUntil ?? 0), { timeout: 60_000 })
    expect((await read(tab, gone, [id]))?.validUntil).to.equal(last?.validUntil)
    records.withdraw(key)
  })

  it('makes a record when its turn to be put comes, the last one of a name, and keeps none that cannot be made', async () => {
    const { records, id } = server(5)
    const key = newKey()
    let made = 0
    const source = (index: number, make = (): NewRecord => { made++; return record(key, index) }): RecordSource => ({ name: 'one', rank: [1, 1, index], ttl: 600_000, make })
    expect([records.keepSource(source(1)), records.keepSource(source(2)), records.keepSource(source(1)), made]).to.deep.equal([true, true, false, 0])
    await until(() => records.status().stored === 1, { timeout: 60_000 })
    expect((await read(tab, key, [id]))?.value).to.deep.equal(text('value 2'))
    const before = made
    for (const make of [() => ({ ...record(key, 3), ttl: 1 }), () => { throw new Error('no') }]) {
      records.keepSource(source(3, make))
      await until(() => records.status().kept === 0, { timeout: 60_000 })
    }
    expect(made).to.equal(before)
  })

  it('keeps as many as there is room for', () => {
    const { records } = tab
    const numbered = (i: number): Uint8Array => new Uint8Array(new Uint32Array(8).fill(i).buffer)
    for (let i = 0; i < MAX_KEPT_RECORDS; i++) expect(records.keep(record(numbered(i), 1))).to.equal(true)
    expect(records.keep(record(numbered(MAX_KEPT_RECORDS), 1))).to.equal(false)
    expect(records.status().kept).to.equal(MAX_KEPT_RECORDS)
    records.withdraw(numbered(0))
    expect(records.keepSource({ name: 'one', rank: [1, 1, 1], ttl: 600_000, make: () => record(numbered(0), 1) })).to.equal(true)
    records.withdrawSources()
    expect(records.status().kept, 'of others').to.equal(MAX_KEPT_RECORDS - 1)
    records.withdrawAll()
    expect(records.status()).to.deep.equal({ kept: 0, stored: 0, waiting: 0 })
  })

  it('neither gives nor keeps a record whose time is over', async () => {
    const key = newKey()
    await putEverywhere(server(1), record(key, 1), HONEST + HOSTILE - 1)
    expect(await read(tab, key, [server(1).id])).to.not.equal(undefined)
    ahead += 700_000
    expect(await read(tab, key, [server(1).id])).to.equal(undefined)
    expect(holders()).to.equal(servers.length)
    for (const { rules } of servers) rules.store.sweep()
    expect(holders()).to.equal(0)
    expect(count('records_expired')).to.be.above(0)
  })

  it('refuses what cannot be put or asked for, and ends with its signal', async () => {
    const { records, id } = server(1)
    const key = newKey()
    const bad: Array<Partial<NewRecord>> = [
      { key: new Uint8Array(31) }, { rank: [1, 1, 2 ** 53] }, { rank: [-1, 0, 0] }, { rank: [0.5, 0, 0] }, { value: new Uint8Array(1_025) }, { ttl: 999 }, { ttl: 7 * 3_600_000 }, { ttl: NaN }
    ]
    const name = async (run: () => unknown): Promise<string> => {
      try {
        await run()
        return 'none'
      } catch (err) {
        return (err as Error).name
      }
    }
    for (const change of bad) {
      expect(await name(async () => records.put(record(key, 1, change))), JSON.stringify(change)).to.equal('InvalidOptionsError')
      expect(await name(() => records.keep(record(key, 1, change)))).to.equal('InvalidOptionsError')
    }
    expect(await name(async () => records.get(new Uint8Array(0), { authors: [id] }))).to.equal('InvalidOptionsError')
    expect(await name(async () => records.get(key, { authors: [] }))).to.equal('InvalidOptionsError')
    expect(await name(async () => records.get(key, { authors: Array.from({ length: 32 }, (_, i) => `${i}`) }))).to.equal('InvalidOptionsError')
    const signal = AbortSignal.abort(new TypeError('enough'))
    expect(await name(async () => records.get(key, { authors: [id], signal }))).to.equal('TypeError')
    expect(await name(async () => records.put(record(key, 1), { signal }))).to.equal('TypeError')
    const stopped = server(2)
    await stopped.libp2p.stop()
    expect(await name(async () => stopped.records.get(key, { authors: [id] }))).to.equal('MeshStoppedError')
    expect(await name(async () => stopped.records.put(record(key, 1)))).to.equal('MeshStoppedError')
  })
})

describe('records: more servers than hold a record', function () {
  this.timeout(120_000)
  const SERVERS = 22
  const nodes = new RecordNodes()

  after(async () => { await nodes.stop() })

  it('most puts ask nobody who is to have them, and each goes to those that are closest', async () => {
    const servers: RecordNode[] = []
    for (let i = 0; i < SERVERS; i++) servers.push(await nodes.add())
    const [author, reader] = servers as [RecordNode, RecordNode]
    // the others meet each other when they have something to ask
    for (const { libp2p } of servers.slice(1)) await until(async () => author.libp2p.dial(libp2p.getMultiaddrs()).then(() => true, () => false), { timeout: 60_000 })
    await until(() => author.dht.routingTable.size === SERVERS - 1, { timeout: 60_000, what: () => `knows ${author.dht.routingTable.size}` })
    const counted = { FIND_NODE: 0, PUT_VALUE: 0 }
    for (const server of servers) {
      const { handlers } = (server.dht as unknown as { rpc: { handlers: Record<string, { handle: (from: { toString (): string }, ...args: unknown[]) => Promise<unknown> }> } }).rpc
      for (const type of ['FIND_NODE', 'PUT_VALUE'] as const) {
        const { handle } = handlers[type]!
        handlers[type]!.handle = async function (this: unknown, from, ...args) {
          if (from.toString() === author.id) counted[type]++
          return handle.call(this, from, ...args)
        }
      }
    }
    const placeOf = (key: Uint8Array): Uint8Array => sha256(encodeRecordKey({ mesh: 'shop', author: author.id, key }))
    // each quarter of the space of keys must have had a walk: by chance that may take most of thirty puts
    const puts = Array.from({ length: 30 }, (_, i) => {
      let key = newKey()
      while (placeOf(key)[0]! >> 6 !== i % 4) key = newKey()
      return record(key, i)
    })
    const stored: number[] = []
    const began = performance.now()
    // a walk is good for ten seconds: where they take longer, as on a busy machine, others follow
    let asked = 0
    for (const put of puts) {
      stored.push((await author.records.put(put, patient())).stored)
      if (stored.length === 1 || performance.now() - began < 9_000) asked = counted.FIND_NODE
    }
    expect(counted.PUT_VALUE).to.be.at.least(30 * 18)
    expect(asked, 'of the walks of ten seconds').to.be.within(1, 30 * 20 / 2 - 1)
    // one that takes it after the put has ended is not counted, and has it
    const holding = (key: Uint8Array, of = 20): number => {
      const under = encodeRecordKey({ mesh: 'shop', author: author.id, key })
      const target = placeOf(key)
      const distance = ({ id }: RecordNode): string => toString(sha256(peerIdFromString(id).toMultihash().bytes).map((byte, i) => byte ^ (target[i] ?? 0)), 'base16')
      const closest = servers.map(node => ({ node, at: distance(node) })).sort((a, b) => a.at < b.at ? -1 : 1).slice(0, of)
      return closest.filter(({ node }) => node.rules.store.value(toString(under, 'base32')) !== undefined).length
    }
    for (const { key } of puts) await until(() => holding(key) >= 18, { timeout: 60_000, what: () => `${holding(key)} of the 20 closest have it` })
    // none is counted that has it not
    expect(puts.map(({ key }, i) => (stored[i] ?? 0) <= holding(key, SERVERS)).every(Boolean), String(stored)).to.equal(true)
    for (const { key, rank } of puts) expect((await read(reader, key, [author.id]))?.rank).to.deep.equal(rank)
  })
})
