import { expect } from 'chai'
import { Archive } from '../../src/links/archive.ts'
import { encodePlace } from '../../src/wire/links-codec.ts'
import { MAX_STORED_LINKS, MAX_VOTERS } from '../../src/wire/limits.ts'
import type { GetOptions, NewRecord, Records } from '../../src/records/index.ts'

const TOKEN = 'ab'.repeat(32)
const rank = { epoch: 1, term: 2, index: 3 }
const link = { node: 'x', incarnation: 7, rank }

class FakeRecords {
  readonly kept: NewRecord[] = []
  readonly asked: GetOptions[] = []
  count = 0
  answer: { value: Uint8Array, rank: readonly [number, number, number] } | Error | undefined

  keep (record: NewRecord): boolean {
    this.kept.push(record)
    return true
  }

  async get (_key: Uint8Array, options: GetOptions): Promise<unknown> {
    this.asked.push(options)
    if (this.answer instanceof Error) throw this.answer
    return this.answer
  }

  status (): object { return { kept: this.count, stored: 0, waiting: 0 } }
  withdrawAll (): void { this.kept.length = 0 }
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
    archive.keep('b', { ...change, link: undefined, former: link })
    const keys = records.kept.map(({ key }) => key.join())
    expect(new Set(keys.slice(0, 3)).size).to.equal(3)
    expect(keys[3]).to.equal(keys[0])
    expect(records.kept.map(({ value }) => value.length > 0)).to.deep.equal([true, true, true, false])
    expect(records.kept.map(({ final = false }) => final)).to.deep.equal([false, false, false, true])
    expect(records.kept[0]).to.deep.include({ rank: [1, 2, 3], value: encodePlace(link) })
  })

  it('links beyond what a mesh stores stay with their leader; what is stored does not stay as it was', () => {
    const { records, archive } = make()
    records.count = MAX_STORED_LINKS
    archive.keep('b', { parent: 'a', token: TOKEN, link, rank })
    expect(records.kept).to.have.length(0)
    archive.keep('b', { parent: 'a', token: TOKEN, link, former: link, rank })
    archive.keep('b', { parent: 'a', token: TOKEN, link: undefined, former: link, rank })
    expect(records.kept).to.have.length(2)
  })

  it('only who was a voter of the group is believed, the latest ones first and not without end', async () => {
    const { records, archive } = make()
    records.answer = { value: encodePlace(link), rank: [1, 2, 3] }
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
})
