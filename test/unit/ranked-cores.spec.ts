import { expect } from 'chai'
import fc from 'fast-check'
import { compare } from 'uint8arrays/compare'
import { Backlog, putInterval } from '../../src/records/backlog.core.ts'
import { Held } from '../../src/records/held.core.ts'
import { compareBytes, compareRecords, judge } from '../../src/records/record.core.ts'
import { enough, Tally } from '../../src/records/tally.core.ts'
import { MAX_CLOCK_SKEW, MAX_RANKED_TTL, MAX_STRANGER_RECORD_BYTES, RECORD_COST } from '../../src/wire/limits.ts'
import type { HeldRecord } from '../../src/records/held.core.ts'
import type { RankedFields } from '../../src/wire/record-codec.ts'

type Rank = [number, number, number]

const part = fc.oneof(fc.nat(2), fc.constant(Number.MAX_SAFE_INTEGER))
const ordered = fc.record({ rank: fc.tuple(part, part, part), validUntil: fc.nat(3) })
const AUTHORS = ['a', 'b', 'c']
const held = (author: string, rank: Rank, more: Partial<HeldRecord> = {}): HeldRecord => ({ author, rank, validUntil: 1_000, signature: Uint8Array.of(1), stored: new Uint8Array(100), ...more })
const COST = 100 + RECORD_COST

describe('records: which is valid, and which is newer', () => {
  const key = new Uint8Array(32).fill(1)
  const fields: RankedFields = { mesh: 'shop', key, author: 'a', epoch: 1, term: 1, index: 1, value: new Uint8Array(0), validUntil: 10_000 }
  const under = { mesh: 'shop', author: 'a', key }

  it('refuses what is under another key, of another mesh, over, or too far ahead', () => {
    expect(judge(fields, under, 'shop', 9_999)).to.equal(undefined)
    expect(judge(fields, under, 'shop', 10_000)).to.equal('expired')
    expect(judge(fields, under, 'other', 0)).to.equal('wrong_mesh')
    expect(judge({ ...fields, mesh: 'other' }, under, 'shop', 0)).to.equal('wrong_mesh')
    expect(judge(fields, { ...under, mesh: 'other' }, 'shop', 0)).to.equal('wrong_mesh')
    expect(judge({ ...fields, author: 'b' }, under, 'shop', 0)).to.equal('wrong_key')
    expect(judge({ ...fields, key: new Uint8Array(32) }, under, 'shop', 0)).to.equal('wrong_key')
    const most = MAX_RANKED_TTL + MAX_CLOCK_SKEW
    expect(judge({ ...fields, validUntil: most }, under, 'shop', 0)).to.equal(undefined)
    expect(judge({ ...fields, validUntil: most + 1 }, under, 'shop', 0)).to.equal('too_far')
  })

  it('orders all records alike: by epoch, term, index, then how long they live', () => {
    fc.assert(fc.property(ordered, ordered, ordered, (a, b, c) => {
      expect(Math.sign(compareRecords(a, b))).to.equal(-Math.sign(compareRecords(b, a)) + 0)
      if (compareRecords(a, b) >= 0 && compareRecords(b, c) >= 0) expect(compareRecords(a, c)).to.be.at.least(0)
      const flat = [...a.rank, a.validUntil]
      const other = [...b.rank, b.validUntil]
      const first = flat.findIndex((n, i) => n !== other[i])
      expect(Math.sign(compareRecords(a, b))).to.equal(first < 0 ? 0 : Math.sign((flat[first] ?? 0) - (other[first] ?? 0)))
    }))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).to.equal(compare(a, b))
    }))
  })
})

describe('records: what a server holds', () => {
  it('ends with the newest of an author and key, in whatever order they come', () => {
    const record = fc.record({ rank: fc.tuple(part, part, part), validUntil: fc.integer({ min: 1, max: 3 }), signature: fc.uint8Array({ minLength: 1, maxLength: 2 }) })
    fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), records => {
      const newest = (list: typeof records): string => {
        const store = new Held({ perAuthor: 10, bytes: 10_000 })
        for (const one of list) store.admit('key', held('a', one.rank, one))
        const kept = store.get('key', 0)
        return JSON.stringify([kept?.rank, kept?.validUntil, [...kept?.signature ?? []]])
      }
      expect(newest(records.toReversed())).to.equal(newest(records))
      expect(newest([...records, ...records])).to.equal(newest(records))
    }))
  })

  it('refuses an older rank, and takes the same record again', () => {
    const store = new Held({ perAuthor: 10, bytes: 10_000 })
    expect(store.admit('key', held('a', [1, 2, 3]))).to.equal(0)
    expect(store.admit('key', held('a', [1, 2, 2]))).to.equal('stale')
    expect(store.admit('key', held('a', [1, 1, 9]))).to.equal('stale')
    expect(store.admit('key', held('a', [0, 9, 9]))).to.equal('stale')
    expect(store.admit('key', held('a', [1, 2, 3], { validUntil: 999 }))).to.equal('stale')
    expect(store.admit('key', held('a', [1, 2, 3]))).to.equal(0)
    expect(store.admit('key', held('a', [1, 2, 3], { validUntil: 1_001 }))).to.equal(0)
    expect(store.size).to.equal(1)
  })

  it('takes as many of an author as the quota says, and newer ones of those it has', () => {
    const store = new Held({ perAuthor: 2, bytes: 100_000 })
    expect(store.admit('1', held('a', [1, 1, 1]))).to.equal(0)
    expect(store.admit('2', held('a', [1, 1, 1]))).to.equal(0)
    expect(store.admit('3', held('a', [1, 1, 1]))).to.equal('author_quota')
    expect(store.admit('2', held('a', [1, 1, 2]))).to.equal(0)
    expect(store.admit('3', held('b', [1, 1, 1]))).to.equal(0)
    store.delete('1')
    expect(store.admit('4', held('a', [1, 1, 1]))).to.equal(0)
  })

  it('makes whoever holds most give way, and nobody to one who holds as much', () => {
    const store = new Held({ perAuthor: 10, bytes: 4 * COST })
    for (const id of ['1', '2', '3']) store.admit(id, held('flood', [1, 1, 1]))
    store.admit('mine', held('a', [1, 1, 1]))
    expect(store.admit('4', held('flood', [1, 1, 1]))).to.equal('full')
    expect(store.admit('b1', held('b', [1, 1, 1]))).to.equal(1)
    expect(store.get('1', 0), 'the oldest of the flood').to.equal(undefined)
    // two of the flood, one of each other: nobody holds more than a second one would make of b
    expect(store.admit('b2', held('b', [1, 1, 1]))).to.equal('full')
    expect(['2', '3', 'mine', 'b1'].filter(id => store.get(id, 0) === undefined)).to.deep.equal([])
    expect(store.admit('large', held('c', [1, 1, 1], { stored: new Uint8Array(5 * COST) })), 'larger than all').to.equal('full')
    expect(store.bytes).to.equal(4 * COST)
  })

  it('gives authors that it does not know one account: so many of them push out each other, and nobody else', () => {
    // three times as many as there is room for in their account, and with the others more than in all
    const STRANGERS = 20_000
    const last = STRANGERS - 1
    const known = new Set(['leader'])
    const store = new Held({ perAuthor: 20_000, bytes: 16 * 1_024 * 1_024 }, author => known.has(author))
    const mine = Array.from({ length: 10_000 }, (_, i) => `mine ${i}`)
    for (const id of mine) store.admit(id, held('leader', [1, 1, 1]))
    const before = store.bytes
    for (let i = 0; i < STRANGERS; i++) store.admit(`theirs ${i}`, held(`author ${i}`, [1, 1, 1]))
    expect(mine.filter(id => store.get(id, 0) === undefined)).to.deep.equal([])
    expect(store.bytes - before).to.be.within(MAX_STRANGER_RECORD_BYTES - 2 * COST, MAX_STRANGER_RECORD_BYTES)
    expect(store.get('theirs 0', 0)).to.equal(undefined)
    expect(store.get(`theirs ${last}`, 0)).to.not.equal(undefined)
    const { size } = store
    // one that was known when it was stored stays, and one that becomes known has an account of its own
    known.clear()
    known.add(`author ${last}`)
    const all = store.bytes
    expect(new Set(mine.map(id => store.admit(id, held('leader', [1, 1, 1])))), 'put again by anybody').to.deep.equal(new Set([0]))
    expect([store.size, store.bytes]).to.deep.equal([size, all])
    expect(store.admit(`theirs ${last}`, held(`author ${last}`, [1, 1, 2]))).to.equal(0)
    for (let i = 0; i < 10_000; i++) store.admit(`more ${i}`, held(`another ${i}`, [1, 1, 1]))
    expect([store.get(`theirs ${last}`, 0), store.get('mine 0', 0)]).to.not.include(undefined)
    store.expire(Infinity)
    expect([store.size, store.bytes]).to.deep.equal([0, 0])
  })

  it('neither gives nor counts what expired', () => {
    const store = new Held({ perAuthor: 10, bytes: 10_000 })
    store.admit('1', held('a', [1, 1, 1], { validUntil: 5 }))
    store.admit('2', held('a', [1, 1, 1], { validUntil: 6 }))
    expect(store.get('1', 4)).to.not.equal(undefined)
    expect(store.get('1', 5)).to.equal(undefined)
    expect(store.expire(5)).to.equal(1)
    expect(store.expire(6)).to.equal(1)
    expect([store.size, store.bytes]).to.deep.equal([0, 0])
  })

  it('stays within its limits and its accounts, whatever comes', () => {
    const op = fc.oneof(
      fc.record({ id: fc.nat(7), author: fc.nat(2), index: fc.nat(5), size: fc.nat(900), until: fc.nat(20) }),
      fc.record({ now: fc.nat(20) }),
      fc.record({ gone: fc.nat(7) })
    )
    fc.assert(fc.property(fc.array(op, { maxLength: 60 }), ops => {
      const limits = { perAuthor: 4, bytes: 6_000 }
      const store = new Held(limits)
      const all = new Map<string, HeldRecord>()
      for (const op of ops) {
        if ('now' in op) {
          store.expire(op.now)
        } else if ('gone' in op) {
          for (const author of AUTHORS) store.delete(`${author}${op.gone}`)
        } else {
          const author = AUTHORS[op.author] ?? ''
          const id = `${author}${op.id}`
          const record = held(author, [1, 1, op.index], { stored: new Uint8Array(op.size), validUntil: op.until + 1 })
          const before = store.get(id, 0)
          const result = store.admit(id, record)
          if (before !== undefined) expect(result === 'stale').to.equal(compareRecords(record, before) < 0)
          expect(store.get(id, 0)).to.equal(typeof result === 'number' ? record : before)
          all.set(id, record)
        }
        const kept = [...all.keys()].flatMap(id => store.get(id, 0) ?? [])
        expect(store.size).to.equal(kept.length)
        expect(store.bytes).to.equal(kept.reduce((sum, { stored }) => sum + stored.length + RECORD_COST, 0))
        expect(store.bytes).to.be.at.most(limits.bytes)
        for (const author of AUTHORS) expect(kept.filter(record => record.author === author).length).to.be.at.most(limits.perAuthor)
      }
    }))
  })
})

describe('records: when a read has heard enough', () => {
  const record = (index: number): { rank: Rank, validUntil: number } => ({ rank: [1, 1, index], validUntil: 0 })

  it('wants three answers, or more than a quarter of the twenty closest', () => {
    expect([0, 1, 2, 3, 4, 5, 11, 12, 15, 16, 20, 100].map(enough)).to.deep.equal([1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6, 6])
  })

  it('takes the best of those that answer first, and each server once', () => {
    const tally = new Tally<ReturnType<typeof record>>()
    tally.answer('a', record(1))
    for (let i = 0; i < 5; i++) tally.answer('a', record(9))
    tally.answer('b', undefined)
    tally.answer('c', record(3))
    expect(tally.done(5, false)).to.equal(false)
    tally.answer('d', record(2))
    expect(tally.done(5, false)).to.equal(true)
    expect(tally.best?.rank).to.deep.equal([1, 1, 3])
  })

  it('believes that there is none when nobody is left to ask, or when it is late and enough say so', () => {
    const tally = new Tally()
    for (const from of ['a', 'b', 'c']) tally.answer(from, undefined)
    expect([tally.done(5, false), tally.done(5, true)]).to.deep.equal([false, true])
    expect(new Tally().done(5, true)).to.equal(false)
    const failing = new Tally()
    failing.answer('a', undefined)
    for (const from of ['a', 'b', 'c', 'd']) failing.fail(from)
    expect([failing.done(4, true), failing.done(5, true), failing.done(4, false)]).to.deep.equal([true, false, false])
    const late = new Tally<ReturnType<typeof record>>()
    late.answer('a', record(1))
    expect(late.done(5, true), 'one that is late may be an old one').to.equal(false)
    for (const from of ['b', 'c', 'd']) late.answer(from, undefined)
    expect(late.done(5, true), 'nor is it newer for those that have none').to.equal(false)
    for (const from of ['e', 'f']) late.answer(from, record(2))
    expect([late.done(5, true), late.best?.rank]).to.deep.equal([true, [1, 1, 2]])
    const alone = new Tally()
    alone.end()
    expect(alone.done(5, false)).to.equal(true)
  })

  it('reads the newest though a quarter of twenty servers answer first, with what is old', () => {
    fc.assert(fc.property(fc.shuffledSubarray(Array.from({ length: 20 }, (_, i) => i), { minLength: 20 }), order => {
      const tally = new Tally<ReturnType<typeof record>>()
      for (const server of order) {
        if (tally.done(20, false)) break
        tally.answer(`${server}`, record(server < 5 ? 1 : 2))
      }
      expect(tally.best?.rank).to.deep.equal([1, 1, 2])
    }))
  })
})

describe('records: a read beside servers that fail', () => {
  const record = (index: number): { rank: Rank, validUntil: number } => ({ rank: [1, 1, index], validUntil: 0 })

  it('does not take the word of a quarter that lies for that of all, when it is late', () => {
    for (const failed of [1, 3, 10]) {
      const tally = new Tally<ReturnType<typeof record>>()
      tally.hold(record(1))
      for (let i = 0; i < failed; i++) tally.fail(`busy ${i}`)
      for (let i = 0; i < 5; i++) tally.answer(`liar ${i}`, record(1))
      expect(tally.done(20, true), `${failed} failed`).to.equal(false)
      tally.answer('honest', record(2))
      expect([tally.done(20, true), tally.best?.rank]).to.deep.equal([true, [1, 1, 2]])
    }
  })

  it('waits for nobody else in a small mesh', () => {
    const tally = new Tally<ReturnType<typeof record>>()
    tally.answer('a', record(1))
    tally.answer('b', record(1))
    tally.fail('c')
    expect([tally.done(3, false), tally.done(3, true)]).to.deep.equal([false, true])
  })
})

describe('records: what is put next', () => {
  const record = (index: number, ttl = 30_000): { rank: Rank, ttl: number } => ({ rank: [1, 1, index], ttl })

  /** Ids of the jobs until there is none, each stored. */
  function drain (backlog: Backlog<ReturnType<typeof record>>, now: number): string[] {
    const ids: string[] = []
    for (let job = backlog.next(now); job !== undefined; job = backlog.next(now)) {
      ids.push(job.id)
      backlog.done(job, now + job.record.ttl, now)
    }
    return ids
  }

  it('is the newest first, and each again after a third of its time', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(10)
    for (const id of ['1', '2', '3']) backlog.keep(id, record(1, id === '2' ? 60_000 : 30_000))
    expect(backlog.status(0)).to.deep.equal({ kept: 3, stored: 0, waiting: 3 })
    expect(drain(backlog, 0)).to.deep.equal(['3', '2', '1'])
    expect(backlog.status(1)).to.deep.equal({ kept: 3, stored: 3, waiting: 0 })
    expect(drain(backlog, 9_999)).to.deep.equal([])
    expect(drain(backlog, 11_000)).to.have.members(['1', '3'])
    expect(drain(backlog, 20_001)).to.deep.equal(['2'])
    expect(backlog.status(100_000)).to.deep.equal({ kept: 3, stored: 0, waiting: 3 })
  })

  it('is one that was put long ago when there is nothing else, as servers forget', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(10)
    for (const id of ['1', '2']) backlog.keep(id, record(1, 6 * 3_600_000))
    expect(drain(backlog, 0)).to.deep.equal(['2', '1'])
    expect(drain(backlog, 599_999)).to.deep.equal([])
    backlog.keep('3', record(1, 6 * 3_600_000))
    expect(drain(backlog, 600_000)).to.deep.equal(['3', '2', '1'])
    const failed = backlog.next(1_200_000)!
    backlog.done(failed, 0, 1_200_000)
    expect([failed.id, backlog.next(1_200_000)?.id, backlog.next(1_200_000)?.id, backlog.next(1_200_000)?.id]).to.deep.equal(['3', '2', '1', undefined])
    expect(backlog.status(1_200_000)).to.deep.equal({ kept: 3, stored: 3, waiting: 0 })
  })

  it('when there is no room a new one of those that yield takes the place of the one that was stored first, and of no other', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(3, id => id.startsWith('+'))
    for (const id of ['key', '+1', '+2']) backlog.keep(id, record(1))
    expect(backlog.keep('+3', record(1)), 'none is stored').to.equal(false)
    expect(drain(backlog, 0)).to.deep.equal(['+2', '+1', 'key'])
    expect([backlog.keep('+3', record(1)), backlog.keep('other', record(1)), backlog.keep('+4', record(1)), backlog.keep('+5', record(1))]).to.deep.equal([true, false, true, false])
    expect(drain(backlog, 1)).to.deep.equal(['+4', '+3'])
    expect(backlog.status(1)).to.deep.equal({ kept: 3, stored: 3, waiting: 0 })
  })

  it('withdraws all of a kind, and of them only what would be put anew: an end of something is still told', () => {
    const backlog = new Backlog<ReturnType<typeof record> & { final?: boolean }>(10)
    backlog.keep('+link', record(1))
    backlog.keep('+end', { ...record(2), final: true })
    backlog.keep('other', record(3))
    backlog.withdrawAll('+')
    const jobs = [backlog.next(0), backlog.next(0)]
    expect(jobs.map(job => job?.id).sort()).to.deep.equal(['+end', 'other'])
    for (const job of jobs) if (job !== undefined) backlog.done(job, 1_000, 0)
    expect(backlog.status(0)).to.deep.equal({ kept: 1, stored: 1, waiting: 0 })
    // what is kept under its name since then is none
    backlog.keep('+end', { ...record(4), final: true })
    backlog.keep('+end', record(5))
    backlog.withdrawAll('+')
    expect(backlog.size).to.equal(1)
  })

  it('is kept no more once it is stored when it says that there is nothing any more', () => {
    const backlog = new Backlog<ReturnType<typeof record> & { final?: boolean }>(2)
    for (const id of ['1', '2']) {
      backlog.keep(id, record(1))
      backlog.done(backlog.next(0)!, 30_000, 0)
      backlog.keep(id, { ...record(2), final: true })
    }
    backlog.done(backlog.next(0)!, 0, 0)
    expect(backlog.status(0).kept).to.equal(2)
    for (let job = backlog.next(10_000); job !== undefined; job = backlog.next(10_000)) backlog.done(job, 40_000, 10_000)
    expect(backlog.status(20_000)).to.deep.equal({ kept: 0, stored: 0, waiting: 0 })
    expect(backlog.keep('3', record(1))).to.equal(true)
  })

  it('is never the end of something that nobody was told of: that takes no room, and the rest goes on', () => {
    const backlog = new Backlog<ReturnType<typeof record> & { final?: boolean }>(2)
    const end = (index: number): ReturnType<typeof record> & { final: true } => ({ ...record(index), final: true })
    for (let i = 0; i < 10; i++) {
      expect(backlog.keep(`${i}`, record(1), true)).to.equal(true)
      expect(backlog.keep(`${i}`, record(2), false), 'moved').to.equal(true)
      expect(backlog.keep(`${i}`, end(3))).to.equal(true)
      expect(backlog.size).to.equal(0)
    }
    // it may be known: it was put, is being put, or was there before
    backlog.keep('put', record(1), true)
    const job = backlog.next(0)!
    backlog.keep('put', end(2))
    backlog.done(job, 30_000, 0)
    expect(backlog.next(0)).to.deep.include({ id: 'put', record: end(2) })
    backlog.keep('put', record(3), true)
    backlog.keep('put', end(4))
    backlog.keep('before', record(1), false)
    backlog.keep('before', end(2))
    expect([backlog.next(0)?.id, backlog.next(0)?.id].sort()).to.deep.equal(['before', 'put'])
  })

  it('is in every other turn one that is due: what is new does not keep it waiting', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(100)
    for (let i = 0; i < 3; i++) backlog.keep(`old ${i}`, record(1))
    drain(backlog, 0)
    for (let i = 0; i < 5; i++) backlog.keep(`new ${i}`, record(1))
    const first = drain(backlog, 15_000).slice(0, 6)
    expect(first.filter(id => id.startsWith('old'))).to.have.length(3)
    expect(first.filter(id => id.startsWith('new'))).to.deep.equal(['new 4', 'new 3', 'new 2'])
  })

  it('is tried again later when nobody took it', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(10)
    backlog.keep('1', record(1))
    const tries: number[] = []
    for (let now = 0; now <= 100_000; now += 1_000) {
      const job = backlog.next(now)
      if (job === undefined) continue
      tries.push(now)
      backlog.done(job, 0, now)
    }
    expect(tries).to.deep.equal([0, 5_000, 15_000, 35_000, 75_000])
    expect(backlog.status(0).waiting).to.equal(1)
  })

  it('keeps the highest rank of a key, at most as many as there is room for, and nothing that was withdrawn', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(2)
    expect([backlog.keep('1', record(2)), backlog.keep('1', record(1)), backlog.keep('1', record(2)), backlog.keep('2', record(1)), backlog.keep('3', record(1))])
      .to.deep.equal([true, false, true, true, false])
    backlog.withdraw('2')
    expect(backlog.keep('3', record(1))).to.equal(true)
    backlog.withdraw('3')
    expect(drain(backlog, 0)).to.deep.equal(['1'])
    backlog.withdraw('1')
    expect([drain(backlog, 60_000), backlog.size]).to.deep.equal([[], 0])
  })

  it('is put anew when it was replaced while it was being put', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(2)
    backlog.keep('1', record(1))
    const job = backlog.next(0)
    backlog.keep('1', record(2))
    if (job !== undefined) backlog.done(job, 1_000, 0)
    expect(backlog.status(0).waiting).to.equal(1)
    expect(backlog.next(0)?.record).to.deep.equal(record(2))
  })

  it('comes at most twenty times a second, and less often when each time takes many messages', () => {
    expect([0, 1, 4, 8, 20, 1_000].map(servers => 1_000 / putInterval(servers))).to.deep.equal([20, 20, 20, 10, 4, 4])
    // of what the last one took
    expect([1, 8, 16, 20, 40, 80].map(messages => 1_000 / putInterval(20, messages))).to.deep.equal([20, 20, 10, 8, 4, 2])
  })

  it('needs no memory for what was replaced', () => {
    const backlog = new Backlog<ReturnType<typeof record>>(3)
    for (let i = 0; i < 100; i++) {
      for (const id of ['1', '2', '3']) backlog.keep(id, record(i))
    }
    expect(drain(backlog, 0)).to.deep.equal(['3', '2', '1'])
  })
})
