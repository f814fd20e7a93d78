import { expect } from 'chai'
import fc from 'fast-check'
import { ChannelCursors, joined } from '../../src/pubsub/channel-cursors.core.ts'
import { Cursor } from '../../src/pubsub/cursor.core.ts'
import { matches } from '../../src/pubsub/names.core.ts'
import { MAX_HOLES, MAX_RANGES } from '../../src/pubsub/numbers.core.ts'
import { areRanges, RangeSet, rangesOf } from '../../src/pubsub/ranges.core.ts'

const seqs = fc.array(fc.integer({ min: 1, max: 60 }))

function expand (ranges: readonly number[]): number[] {
  const list: number[] = []
  for (let i = 0; i < ranges.length; i += 2) for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) list.push(seq)
  return list
}

function cursorOf (list: readonly number[]): Cursor {
  const cursor = new Cursor()
  for (const seq of list) cursor.add(seq)
  return cursor
}

function done (cursor: Cursor): number[] {
  return Array.from({ length: 60 }, (_, i) => i + 1).filter(seq => cursor.has(seq))
}

describe('pub/sub: a cursor', () => {
  it('is done with what was added, and with nothing else; its watermark stops at the first gap', () => {
    fc.assert(fc.property(seqs, list => {
      const cursor = cursorOf(list)
      const set = new Set(list)
      expect(done(cursor)).to.deep.equal([...set].sort((a, b) => a - b))
      let low = 0
      while (set.has(low + 1)) low++
      expect(cursor.low).to.equal(low)
      expect(expand(cursor.ranges()).every(seq => seq > low + 1)).to.equal(true)
    }))
  })

  it('joined with others is done with what either is, in any order and however often', () => {
    fc.assert(fc.property(seqs, seqs, (a, b) => {
      const [x, y] = [cursorOf(a), cursorOf(b)]
      const both = new Cursor()
      for (const one of [y, x, y]) both.merge(one.low, one.ranges(), 60)
      x.merge(y.low, y.ranges(), 60)
      expect(done(x)).to.deep.equal(done(both))
      expect(done(x)).to.deep.equal([...new Set([...a, ...b])].sort((m, n) => m - n))
      expect(x.low).to.equal(both.low)
    }))
  })

  it('believes nothing above what there is, however long a range a peer names', () => {
    const cursor = new Cursor()
    cursor.merge(Number.MAX_SAFE_INTEGER, [], 10)
    expect(cursor.low).to.equal(10)
    cursor.merge(0, [12, Number.MAX_SAFE_INTEGER], 20)
    expect(cursor.above).to.equal(9)
  })
})

describe('pub/sub: what is known of the channels of a log', () => {
  const part = (channel: string, low: number, done: readonly number[]): Parameters<ChannelCursors['merge']>[0] => ({ channel, opened: 1, low, done })
  /** Every other one from `first` on. */
  const holes = (first: number, count: number): number[] => Array.from({ length: 2 * count }, (_, i) => first + (i - i % 2))

  it('is what either of its parts is done with, in any order and however often, and nothing above what there is', () => {
    fc.assert(fc.property(seqs, seqs, (a, b) => {
      const [x, y] = [cursorOf(a), cursorOf(b)]
      const known = new ChannelCursors()
      for (const one of [y, x, y]) expect(known.merge(part('c', one.low, one.ranges()), 50)).to.equal(true)
      const both = cursorOf([...a, ...b].filter(seq => seq <= 50))
      expect(known.list()).to.deep.equal([part('c', both.low, both.ranges())])
      known.end('c', 0)
      expect(known.list()).to.deep.equal([])
    }))
  })

  it('of one channel so many ranges are remembered, the newest ones, whatever came first', () => {
    for (const parts of [[5, 2 * MAX_RANGES + 5], [2 * MAX_RANGES + 5, 5]]) {
      const known = new ChannelCursors()
      for (const first of parts) known.merge(part('c', 1, holes(first, MAX_RANGES)), 10 * MAX_RANGES)
      expect(known.list()).to.deep.equal([part('c', 1, holes(2 * MAX_RANGES + 5, MAX_RANGES))])
    }
  })

  it('of all channels together as well, and place that is given up is there for others', () => {
    const known = new ChannelCursors()
    const count = (): number => known.list().reduce((sum, { done }) => sum + done.length / 2, 0)
    for (let again = 0; again < 2; again++) for (let i = 0; i < 20; i++) known.merge(part(`c${i}`, 1, holes(3, MAX_RANGES)), 10 * MAX_RANGES)
    expect(count()).to.equal(MAX_HOLES)
    known.end('c0', 0)
    known.merge(part('c19', 1, holes(3, MAX_RANGES)), 10 * MAX_RANGES)
    expect(count()).to.equal(MAX_HOLES)
    expect(known.list().find(({ channel }) => channel === 'c19')?.done).to.deep.equal(holes(3, MAX_RANGES))
  })
})

describe('pub/sub: ranges', () => {
  it('are a set', () => {
    const change = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 9 }))
    fc.assert(fc.property(fc.array(change), changes => {
      const ranges = new RangeSet()
      const model = new Set<number>()
      for (const [add, from, length] of changes) {
        if (add) ranges.add(from, from + length)
        else ranges.remove(from, from + length)
        for (let seq = from; seq <= from + length; seq++) {
          if (add) model.add(seq)
          else model.delete(seq)
        }
        const sorted = [...model].sort((a, b) => a - b)
        expect(expand(ranges.ranges)).to.deep.equal(sorted)
        expect(ranges.ranges).to.deep.equal(rangesOf(sorted))
        expect(areRanges(ranges.ranges)).to.equal(true)
      }
    }))
  })

  it('joined are what is in either', () => {
    fc.assert(fc.property(seqs, seqs, (a, b) => {
      const [x, y] = [a, b].map(list => rangesOf([...new Set(list)].sort((m, n) => m - n))) as [number[], number[]]
      expect(joined(x, y)).to.deep.equal(rangesOf([...new Set([...a, ...b])].sort((m, n) => m - n)))
    }))
  })

  it('from a peer are refused when they are none', () => {
    for (const wrong of [[1], [0, 1], [2, 1], [1, 3, 3, 4], [1, 1.5], [1, NaN]]) expect(areRanges(wrong), String(wrong)).to.equal(false)
    expect(areRanges([1, 1, 3, 4])).to.equal(true)
  })
})

describe('pub/sub: a pattern', () => {
  it('means topics by their parts', () => {
    expect(['orders.new', 'orders.new.eu', 'orders', 'shop.orders'].filter(topic => matches('orders.*', topic))).to.deep.equal(['orders.new'])
    expect(['orders.new', 'orders.new.eu', 'orders', 'shop.orders'].filter(topic => matches('orders.>', topic))).to.deep.equal(['orders.new', 'orders.new.eu'])
    expect(matches('*.new', 'orders.new')).to.equal(true)
    expect(matches('orders.>', 'orders.new.$dead.billing'), 'its own dead letters').to.equal(false)
    expect(matches('orders.new.$dead.billing', 'orders.new.$dead.billing')).to.equal(true)
  })
})
