import { expect } from 'chai'
import { Archive } from '../../src/links/archive.ts'
import { Finder } from '../../src/links/finder.ts'
import { encodePlace } from '../../src/wire/links-codec.ts'
import { LINKS } from '../fixtures/wire/links.ts'
import { MAX_LINK_READS, MAX_VOTERS } from '../../src/wire/limits.ts'
import type { Fixture } from '../fixtures/wire/fixture.ts'
import type { GetOptions, NewRecord, RecordSource, Records } from '../../src/records/index.ts'

const TOKEN = 'ab'.repeat(32)
const rank = { epoch: 1, term: 2, index: 3 }
const link = { node: 'x', incarnation: 7, rank }

class FakeRecords {
  readonly kept: NewRecord[] = []
  readonly names: string[] = []
  readonly firsts: boolean[] = []
  readonly asked: GetOptions[] = []
  waits: Promise<void> | undefined
  room = Infinity
  answer: { value: Uint8Array, rank: readonly [number, number, number] } | Error | undefined

  keepSource (source: RecordSource, isFirst = false): boolean {
    this.firsts.push(isFirst)
    if (this.kept.length >= this.room) return false
    const record = source.make()
    expect(source).to.deep.include({ rank: record.rank, ttl: record.ttl, final: record.final ?? false })
    this.names.push(source.name)
    this.kept.push(record)
    return true
  }

  async get (_key: Uint8Array, options: GetOptions): Promise<unknown> {
    this.asked.push(options)
    await this.waits
    if (this.answer instanceof Error) throw this.answer
    return this.answer
  }

  status (): object { return { kept: this.kept.length, stored: 0, waiting: 0 } }
  withdrawSources (): void { this.kept.length = 0 }
}

describe('links: in the DHT', () => {
  let now = 0
  const make = (): { records: FakeRecords, archive: Archive } => {
    const records = new FakeRecords()
    return { records, archive: new Archive(records as unknown as Records, () => now) }
  }

  it('a link is kept under a hash that no other relation shares, and its end too', () => {
    const { records, archive } = make()
    const change = { parent: 'a', token: TOKEN, link, rank }
    archive.keep('b', change)
    archive.keep('b', { ...change, parent: 'ab' })
    archive.keep('ab', { ...change, parent: '' })
    archive.keep('b', { ...change, link: undefined })
    const keys = records.kept.map(({ key }) => key.join())
    expect(new Set(keys.slice(0, 3)).size).to.equal(3)
    expect(keys[3]).to.equal(keys[0])
    expect(records.kept.map(({ value }) => value.length > 0)).to.deep.equal([true, true, true, false])
    expect(records.kept.map(({ final = false }) => final)).to.deep.equal([false, false, false, true])
    expect(records.kept[0]).to.deep.include({ rank: [1, 2, 3], value: encodePlace({ ...link, maker: new Uint8Array(0) }) })
    // where a peer in another language looks for one
    const { value, encode } = LINKS.find(({ name }) => name === 'link-record-key') as Fixture
    const { parent, service, token } = value as { parent: string, service: string, token: string }
    archive.keep(service, { ...change, parent, token })
    expect(Uint8Array.from(records.kept[4]?.key ?? [])).to.deep.equal(Uint8Array.from(encode()))
  })

  it('the end of a link that was never put is not put either, unless there may be one from before', () => {
    const { archive, records } = make()
    const change = { parent: 'a', token: TOKEN, link, rank }
    archive.keep('b', { ...change, first: true })
    archive.keep('b', { ...change, first: false })
    archive.keep('b', change)
    archive.keep('b', { ...change, link: undefined, first: false })
    expect(records.firsts).to.deep.equal([true, false, false, false])
  })

  it('one name is one record, and a name is of one relation', () => {
    const { records, archive } = make()
    for (const parent of ['a', '', '*']) archive.keep('b', { parent, token: TOKEN, link, rank })
    archive.keep('b', { parent: 'a', token: TOKEN, link: undefined, rank: { ...rank, index: 4 } })
    expect(new Set(records.names).size).to.equal(3)
    expect(records.names[3]).to.equal(records.names[0])
    expect(records.kept[3]?.rank).to.deep.equal([1, 2, 4])
  })

  it('links beyond what a node keeps stored stay with their leader', async () => {
    const { records, archive } = make()
    records.room = 3
    const all = Array.from({ length: 10 }, (_, i) => ({ parent: 'a', token: i.toString(16).repeat(64), link }))
    let looked = 0
    await archive.keepAll('b', (function * () { for (const one of all) { looked++; yield one } })(), () => false)
    expect([records.kept.length, looked]).to.deep.equal([3, 4])
    expect(archive.keep('b', { parent: 'a', token: TOKEN, link, rank })).to.equal(false)
    expect(new Archive(undefined, () => now).keep('b', { parent: 'a', token: TOKEN, link, rank })).to.equal(false)
  })

  it('only who was a voter of the group is believed, the latest ones first and not without end', async () => {
    const { records, archive } = make()
    records.answer = { value: encodePlace({ ...link, maker: new Uint8Array(0) }), rank: [1, 2, 3] }
    expect(await archive.find('b', 'a', TOKEN)).to.equal(undefined)
    archive.learn('b', [])
    expect(archive.expects('b')).to.equal(false)
    for (let i = 0; i < 50; i++) archive.learn('b', [`v${i}`, `v${i + 1}`])
    expect(await archive.find('b', 'a', TOKEN)).to.deep.equal(link)
    const { authors } = records.asked[0] as GetOptions
    expect(authors).to.have.length(MAX_VOTERS)
    expect(authors.slice(0, 2)).to.deep.equal(['v49', 'v50'])
    expect(archive.expects('b')).to.equal(true)
    now += 10 * 60 * 1_000
    expect(archive.expects('b')).to.equal(false)
  })

  it('a removed link is none, and a record that cannot be read, or a DHT that fails, is none either', async () => {
    const { records, archive } = make()
    archive.learn('b', ['v'])
    for (const answer of [undefined, new Error('no'), { value: new Uint8Array(), rank: [1, 2, 4] as const }, { value: Uint8Array.of(0xff), rank: [1, 2, 4] as const }]) {
      records.answer = answer
      expect(await archive.find('b', 'a', TOKEN)).to.equal(undefined)
    }
    expect(await new Archive(undefined, () => now).find('b', 'a', TOKEN)).to.equal(undefined)
  })

  it('so many are looked for at a time; the others may be there, and are looked for when there is room', async () => {
    const { records, archive } = make()
    archive.learn('b', ['v1', 'v2'])
    const over = Promise.withResolvers<void>()
    records.waits = over.promise
    const finder = new Finder({
      options: {}, parent: 'a', discovery: { node: () => ({ incarnation: 7, state: 'up' }) }, asker: {}, archive, local: undefined, onLink: () => {}, now: () => now, of: () => undefined
    } as unknown as ConstructorParameters<typeof Finder>[0])
    const tokens = Array.from({ length: 2_000 }, (_, i) => i.toString(16).padStart(64, '0'))
    const found = tokens.map(async token => finder.stored('b', token))
    expect(records.asked).to.have.length(MAX_LINK_READS)
    expect(await found.at(-1)).to.equal(undefined)
    records.answer = { value: encodePlace({ ...link, maker: new Uint8Array(0) }), rank: [1, 2, 3] }
    over.resolve()
    expect((await Promise.all(found)).filter(known => known?.id === 'x')).to.have.length(MAX_LINK_READS)
    expect(await finder.stored('b', tokens.at(-1) as string)).to.include({ id: 'x' })
  })
})
