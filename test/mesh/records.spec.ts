import { expect } from 'chai'
import { RecordNodes } from './records-nodes.ts'
import type { RecordNode } from './records-nodes.ts'

const key = new Uint8Array(32).fill(7)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('records: a mesh of servers', function () {
  this.timeout(60_000)
  const nodes = new RecordNodes()
  const servers: RecordNode[] = []

  before(async () => {
    for (let i = 0; i < 15; i++) servers.push(await nodes.add())
    await nodes.meet()
  })

  after(async () => { await nodes.stop() })

  it('finds what was put', async () => {
    const [a, b] = servers as [RecordNode, RecordNode]
    const { stored } = await a.records.put({ key, rank: [1, 1, 2], value: text('here'), ttl: 60_000 })
    expect(stored).to.equal(15)
    const record = await b.records.get(key, { authors: [a.id] })
    expect(record).to.deep.include({ author: a.id, rank: [1, 1, 2], value: text('here') })
    expect(await b.records.get(key, { authors: [b.id] })).to.equal(undefined)
  })
})
