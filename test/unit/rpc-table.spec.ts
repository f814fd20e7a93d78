import { expect } from 'chai'
import fc from 'fast-check'
import { CallTable } from '../../src/rpc/call-table.ts'

interface Item { id: number }

describe('rpc: table of calls', () => {
  it('behaves as a map from id to call does, whatever is added and taken in whatever order', () => {
    const step = fc.oneof(fc.constant('add' as const), fc.nat(200))
    fc.assert(fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const table = new CallTable<Item>()
      const model = new Map<number, Item>()
      const seen = new Set<number>()
      for (const step of steps) {
        if (step === 'add') {
          const item = { id: 0 }
          table.add(item)
          expect(seen.has(item.id), `id ${item.id} a second time`).to.equal(false)
          seen.add(item.id)
          model.set(item.id, item)
        } else {
          expect(table.take(step)).to.equal(model.get(step))
          model.delete(step)
        }
        expect(table.size).to.equal(model.size)
      }
      expect(new Set(table)).to.deep.equal(new Set(model.values()))
    }))
  })

  it('an answer to a call that was given up never meets a later call', () => {
    const table = new CallTable<Item>()
    const first = { id: 0 }
    table.add(first)
    table.take(first.id)
    let mistaken = 0
    for (let i = 0; i < 100_000; i++) {
      const next = { id: 0 }
      table.add(next)
      mistaken += table.take(first.id) === undefined ? 0 : 1
      table.take(next.id)
    }
    expect(mistaken).to.equal(0)
  })

  it('ids wrap, and pass over those that are still open', () => {
    const table = new CallTable<Item>(0x3ffffffe)
    const items = Array.from({ length: 4 }, () => ({ id: 0 }))
    items.forEach(item => { table.add(item) })
    expect(items.map(({ id }) => id)).to.deep.equal([0x3ffffffe, 0x3fffffff, 1, 2])
    expect(table.take(1)).to.equal(items[2])
    expect(table.clear()).to.have.lengthOf(3)
    expect(table.size).to.equal(0)
  })
})
