/** Records of a node that loads the room when it is first needed, as pages do, among servers that have it. */
import { expect } from 'chai'
import { recordRules, records } from '../../src/records/late.ts'
import { until } from '../harness/until.ts'
import { read, RecordNodes } from './records-nodes.ts'
import type { NewRecord, RankedRecord, Records, RecordsComponents } from '../../src/records/index.ts'
import type { RecordNode } from './records-nodes.ts'
import type { Startable } from '@libp2p/interface'
import type * as Code from '#ranked'

const SERVERS = 3

const keyOf = (first: number): Uint8Array => new Uint8Array(32).fill(first)
const record = (key: Uint8Array, index: number, more: Partial<NewRecord> = {}): NewRecord => ({ key, rank: [1, 1, index], value: Uint8Array.of(index), ttl: 60_000, ...more })
const name = async (run: () => unknown): Promise<string> => {
  try {
    await run()
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}

describe('records that are loaded when they are needed', function () {
  this.timeout(60_000)
  const nodes = new RecordNodes()
  let servers: RecordNode[]
  let page: RecordNode
  let loads: number
  let broken: boolean

  const load = async (): Promise<typeof Code> => {
    loads++
    if (broken) throw new TypeError('Failed to fetch dynamically imported module')
    return import('#ranked')
  }

  beforeEach(async () => {
    loads = 0
    broken = false
    servers = []
    while (servers.length < SERVERS) servers.push(await nodes.add())
    page = await nodes.add({ client: true, load })
    await nodes.meet()
  })

  afterEach(async () => { await nodes.stop() })

  it('a node that uses none has loaded nothing; it puts and reads, as any other, with what it loads once', async () => {
    const [a] = servers as [RecordNode]
    expect([loads, page.records.status(), page.records.stats()]).to.deep.equal([0, { kept: 0, stored: 0, waiting: 0 }, { records_held: 0, records_held_bytes: 0 }])
    await until(async () => (await a.records.put(record(keyOf(1), 4))).stored === SERVERS)
    const gets: Array<RankedRecord | undefined> = []
    const reader = {
      records: {
        get: async (...args: Parameters<Records['get']>) => {
          const found = await page.records.get(...args)
          gets.push(found)
          return found
        }
      }
    }
    const [found] = await Promise.all([
      read(reader, keyOf(1), [a.id]),
      until(async () => (await page.records.put(record(keyOf(2), 5))).stored === SERVERS)
    ])
    expect([found?.author, found?.value]).to.deep.equal([a.id, Uint8Array.of(4)])
    expect((await read(a, keyOf(2), [page.id]))?.rank).to.deep.equal([1, 1, 5])
    expect(await read(reader, keyOf(3), [a.id])).to.equal(undefined)
    expect(loads).to.equal(1)
    expect(page.records.stats()).to.include({ gets: gets.length, gets_found: gets.filter(found => found !== undefined).length })
  })

  it('what is kept meanwhile is put when the code is there, however long that takes; what is withdrawn is not', async () => {
    const [a] = servers as [RecordNode]
    broken = true
    const { records } = page
    expect([records.keep(record(keyOf(1), 5)), records.keep(record(keyOf(1), 4)), records.keep(record(keyOf(1), 6)), records.keep(record(keyOf(2), 1))]).to.deep.equal([true, false, true, true])
    expect([records.keepSource({ name: 'one', rank: [1, 1, 1], ttl: 60_000, make: () => record(keyOf(3), 1) }), records.keepSource({ name: 'last', rank: [1, 1, 1], ttl: 60_000, final: true, make: () => record(keyOf(4), 1, { final: true }) })]).to.deep.equal([true, true])
    expect(records.status()).to.deep.equal({ kept: 4, stored: 0, waiting: 4 })
    records.withdraw(keyOf(2))
    records.withdrawSources()
    expect(records.status()).to.deep.equal({ kept: 2, stored: 0, waiting: 2 })
    expect(await name(async () => records.put(record(keyOf(5), 1)))).to.equal('RpcError')
    expect(await name(async () => records.get(keyOf(5), { authors: [a.id] }))).to.equal('RpcError')
    broken = false
    await until(async () => (await read(a, keyOf(1), [page.id]))?.rank[2] === 6, { timeout: 30_000 })
    await until(async () => await read(a, keyOf(4), [page.id]) !== undefined)
    expect(await Promise.all([2, 3].map(async key => read(a, keyOf(key), [page.id])))).to.deep.equal([undefined, undefined])
    records.withdrawAll()
    expect(records.status().kept).to.equal(0)
  })

  it('it keeps no more than there is room for', () => {
    broken = true
    const source = (index: number): boolean => page.records.keepSource({ name: `${index}`, rank: [1, 1, 1], ttl: 60_000, make: () => record(keyOf(1), 1) })
    expect(Array.from({ length: 20_000 }, (_, index) => source(index)).every(kept => kept)).to.equal(true)
    expect([source(20_000), source(0), page.records.status().kept]).to.deep.equal([false, true, 20_000])
  })

  it('it refuses what cannot be put, and ends with its signal, and with the node', async () => {
    const { records } = page
    expect(await name(async () => records.put(record(new Uint8Array(3), 1)))).to.equal('InvalidOptionsError')
    expect(await name(() => records.keep(record(keyOf(1), 1, { ttl: 1 })))).to.equal('InvalidOptionsError')
    expect(loads).to.equal(0)
    expect(await name(async () => records.get(new Uint8Array(0), { authors: [page.id] }))).to.equal('InvalidOptionsError')
    expect(await name(async () => records.get(keyOf(1), { authors: [] }))).to.equal('InvalidOptionsError')
    expect(await name(async () => records.get(keyOf(1), { authors: [page.id], signal: AbortSignal.abort(new TypeError('not wanted')) }))).to.equal('TypeError')
    await page.libp2p.stop()
    expect(await name(async () => records.get(keyOf(1), { authors: [page.id] }))).to.equal('MeshStoppedError')
    expect(await name(async () => records.put(record(keyOf(1), 1)))).to.equal('MeshStoppedError')
    await page.libp2p.start()
    await nodes.meet()
    await until(async () => (await records.put(record(keyOf(7), 1))).stored === SERVERS)
  })

  it('a DHT with other rules is refused', () => {
    const components = { dht: { validators: { braid: () => {} } } } as unknown as RecordsComponents
    const room = records({ rules: recordRules({}, load) })(components) as unknown as Startable
    expect(() => room.start()).to.throw().with.property('name', 'InvalidOptionsError')
  })
})
