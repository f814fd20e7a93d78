import { expect } from 'chai'
import fc from 'fast-check'
import { GroupLogStore } from '../../src/storage/log.ts'
import { ForgettingLogStore } from '../../src/storage/node/forgetting.ts'
import { decodeName, encodeName } from '../../src/storage/names.ts'
import { isDamaged } from '../../src/storage/node/wal.ts'
import { recoverLog } from '../../src/storage/recovery.core.ts'
import { seal, unseal } from '../../src/storage/seal.ts'
import { CachedStableStore } from '../../src/storage/stable.ts'
import { crc32c } from '../../src/util/crc32c.ts'
import { bytes, rejection, text } from './storage-contract.ts'
import type { PlacedEntry } from '../../src/storage/log.ts'
import type { ForgetfulBackend } from '../../src/storage/node/forgetting.ts'

describe('crc32c', () => {
  it('gives the sums of RFC 3720', () => {
    expect(crc32c(bytes('123456789'))).to.equal(0xe3069283)
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).to.equal(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).to.equal(0x46dd794e)
    expect(crc32c(new Uint8Array())).to.equal(0)
  })

  it('goes on over pieces', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(crc32c(b, crc32c(a))).to.equal(crc32c(Uint8Array.from([...a, ...b])))
    }))
  })
})

describe('storage: names and seals', () => {
  it('makes of every name a safe file name, and the name of it again', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), name => {
      expect(encodeName(name)).to.match(/^[a-z0-9_%-]+$/)
      expect(decodeName(encodeName(name))).to.equal(name)
    }))
    for (const foreign of ['', '.', 'A', '%', '%2F', '%zz', '.DS_Store']) {
      expect(decodeName(foreign)).to.equal(undefined)
    }
  })

  it('opens a seal only where it belongs and unchanged', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), fc.nat(), (value, at, bit) => {
      const sealed = seal('log', 7, value)
      expect(unseal('log', 7, sealed)).to.deep.equal(value)
      expect(unseal('log', 8, sealed)).to.equal(undefined)
      expect(unseal('lag', 7, sealed)).to.equal(undefined)
      const index = at % sealed.length
      sealed[index] = (sealed[index] ?? 0) ^ (1 << (bit % 8))
      expect(unseal('log', 7, sealed)).to.equal(undefined)
    }))
    for (const value of [undefined, 'text', new Uint8Array(3)]) {
      expect(unseal('log', 7, value)).to.equal(undefined)
    }
  })
})

describe('storage: recovery of a log', () => {
  const state = { first: 3, last: 9, deleted: false }
  const roster = { ceiling: 100, lost: false }
  const edges = { first: 3, last: 9 }

  it('believes what agrees', () => {
    expect(recoverLog({ state, roster, edges }, false)).to.deep.equal({ state, roster })
    const empty = { first: 10, last: 9, deleted: true }
    expect(recoverLog({ state: empty, roster, edges: undefined }, false)).to.deep.equal({ state: empty, roster })
  })

  it('believes an intact state when the roster is gone', () => {
    expect(recoverLog({ state, roster: undefined, edges }, false).roster).to.deep.equal({ ceiling: 9, lost: false })
  })

  it('says lost when entries at either end, the state or an unknown part is missing', () => {
    expect(recoverLog({ state, roster, edges: { first: 4, last: 9 } }, false).roster.lost).to.equal(true)
    expect(recoverLog({ state, roster, edges: { first: 3, last: 8 } }, false).roster.lost).to.equal(true)
    expect(recoverLog({ state, roster, edges: undefined }, false).roster.lost).to.equal(true)
    expect(recoverLog({ state, roster, edges }, true).roster.lost).to.equal(true)
    expect(recoverLog({ state: 'corrupt', roster, edges }, false).roster.lost).to.equal(true)
    expect(recoverLog({ state: undefined, roster, edges: undefined }, false).roster.lost).to.equal(true)
  })

  it('never goes back below a seq that was used, whatever is lost', () => {
    const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
    fc.assert(fc.property(
      fc.nat({ max: 50 }), fc.nat({ max: 50 }), fc.nat({ max: 20 }), fc.boolean(), fc.constantFrom('intact', 'stale', 'corrupt', 'missing'), maybe(fc.nat({ max: 50 })),
      (used, first, spare, damaged, fate, top) => {
        const stale = fate === 'stale' ? Math.floor(used / 2) : used
        const found = recoverLog({
          state: fate === 'corrupt' ? 'corrupt' : fate === 'missing' ? undefined : { first: Math.min(first + 1, stale + 1), last: stale, deleted: false },
          roster: { ceiling: used + spare, lost: false },
          edges: top == null ? undefined : { first: Math.min(top, used), last: Math.min(top, used) }
        }, damaged || fate === 'stale')
        expect(found.state.last).to.be.at.least(used)
        expect(found.state.first).to.be.at.most(found.state.last + 1)
        expect(found.roster.ceiling).to.be.at.least(found.state.last)
      }
    ))
  })
})

describe('storage: the write-ahead log of level', () => {
  it('takes random bytes, and a log cut at any place, without a throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), input => {
      expect(isDamaged(input)).to.be.a('boolean')
    }), { numRuns: 2000 })
    expect(isDamaged(new Uint8Array())).to.equal(false)
    expect(isDamaged(new Uint8Array(100_000))).to.equal(false)
    expect(isDamaged(new Uint8Array(100_000).fill(0xff))).to.equal(true)
  })
})

/** A backend that counts, waits and fails on demand. */
class FakeLogs implements ForgetfulBackend {
  readonly commits: PlacedEntry[][] = []
  fail = false

  async commit (entries: readonly PlacedEntry[]): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.fail) { throw new Error('no space left on device') }
    this.commits.push([...entries])
  }

  readonly forgotten: string[][] = []
  cannotForget = false

  async forget (logs: readonly string[]): Promise<void> {
    if (this.cannotForget) { throw new Error('no space left on device') }
    this.forgotten.push([...logs])
  }

  readonly noted: string[] = []

  async note (entries: ReadonlyMap<string, unknown>): Promise<void> {
    this.noted.push(...entries.keys())
  }

  async prune (): Promise<void> {}
  async edges (): Promise<undefined> {}
  async range (log: string, from: number, to: number): Promise<Array<{ seq: number, value: Uint8Array }>> {
    return this.commits.flat().filter(entry => entry.log === log && entry.seq >= from && entry.seq <= to)
  }
}

describe('storage: group commit', () => {
  it('makes appends that are under way together durable in one write', async () => {
    const backend = new FakeLogs()
    const store = new GroupLogStore(backend)
    await store.append('a', [bytes('first')])
    backend.commits.length = 0
    const first = store.append('a', [bytes('alone')])
    await new Promise(resolve => setImmediate(resolve))
    const rest = Array.from({ length: 100 }, async (_, i) => await store.append('a', [bytes(String(i))]))
    await Promise.all([first, ...rest])
    expect(backend.commits.map(entries => entries.length)).to.deep.equal([1, 100])
  })

  it('splits a group that is too large to hold, in order', async () => {
    const backend = new FakeLogs()
    const store = new GroupLogStore(backend)
    const large = new Uint8Array(3 * 1024 * 1024)
    const lasts = await Promise.all(Array.from({ length: 5 }, async () => await store.append('a', [large])))
    expect(lasts).to.deep.equal([1, 2, 3, 4, 5])
    expect(backend.commits.filter(entries => entries.length > 0).map(entries => entries.length)).to.deep.equal([2, 2, 1])
  })

  it('forgets together what is deleted for good, and takes what it cannot forget for deleted', async () => {
    const backend = new FakeLogs()
    const store = new ForgettingLogStore(backend)
    await Promise.all(['a', 'b', 'c'].map(async name => await store.append(name, [bytes('1')])))
    await Promise.all(['a', 'b'].map(async name => { await store.delete(name, { forever: true }) }))
    // the next write comes after that
    await store.append('d', [bytes('1')])
    backend.cannotForget = true
    await store.delete('c', { forever: true })
    backend.noted.length = 0
    expect(await store.append('c', [bytes('2')])).to.equal(2)
    expect(await store.append('a', [bytes('2')])).to.equal(1)
    // its line in the roster may be gone already
    expect(backend.noted).to.deep.equal(['c', 'a'])
    await store.close()
    expect(backend.forgotten).to.deep.equal([['a', 'b']])
  })

  it('notes that a deleted log is not lost before it is forgotten, and says so when it cannot', async () => {
    const backend = new FakeLogs()
    const order: string[] = []
    backend.forget = async logs => { order.push(`forget ${logs.join()}`) }
    const roster = new Map([['a', { ceiling: 5, lost: true }]])
    const store = await ForgettingLogStore.open(backend, { states: new Map(), roster, damaged: false })
    backend.note = async () => { throw new Error('no space left on device') }
    expect(await rejection(store.delete('a', { forever: true }))).to.have.property('name', 'StorageError')
    expect([...store.lost]).to.deep.equal(['a'])
    backend.note = async entries => { order.push(`note ${JSON.stringify([...entries])}`) }
    await store.delete('a', { forever: true })
    await store.close()
    expect(order).to.deep.equal(['note [["a",{"ceiling":5,"lost":false}]]', 'forget a'])
    expect([...store.lost]).to.deep.equal([])
  })

  it('takes changes of other logs for made when it cannot note that a deleted one is not lost', async () => {
    const backend = new FakeLogs()
    const roster = new Map([['bad', { ceiling: 5, lost: true }]])
    const store = await ForgettingLogStore.open(backend, { states: new Map(), roster, damaged: false })
    await store.append('good', [bytes('1')])
    const { note } = backend
    backend.note = async () => { throw new Error('no space left on device') }
    const changes = [store.append('good', [bytes('2')]), store.delete('bad', { forever: true }), store.delete('good', { forever: true })]
    expect((await Promise.allSettled(changes)).map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
    expect([...store.lost]).to.deep.equal(['bad'])
    backend.note = note
    await store.delete('bad', { forever: true })
    expect([...store.lost]).to.deep.equal([])
    await store.close()
    expect(backend.forgotten, 'each once that was noted').to.deep.equal([['good'], ['bad']])
  })

  it('notes with one write that those which were deleted together are not lost', async () => {
    const backend = new FakeLogs()
    const names = Array.from({ length: 50 }, (_, i) => `log${i}`)
    const roster = new Map(names.map(name => [name, { ceiling: 5, lost: true }]))
    const store = await ForgettingLogStore.open(backend, { states: new Map(), roster, damaged: false })
    const writes: string[][] = []
    backend.note = async entries => { writes.push([...entries.keys()]) }
    await Promise.all([...names, names[0]!].map(async name => { await store.delete(name, { forever: true }) }))
    await store.close()
    expect(writes).to.deep.equal([names])
    expect([...store.lost]).to.deep.equal([])
    expect(backend.forgotten.flat()).to.include.members(names)
  })

  it('leaves no hole when a write fails, and tells everyone whose write it was', async () => {
    const backend = new FakeLogs()
    const store = new GroupLogStore(backend)
    await store.append('a', [bytes('1')])
    backend.fail = true
    for (const append of [store.append('a', [bytes('x')]), store.append('a', [bytes('y')]), store.append('new', [bytes('z')])]) {
      const err = await rejection(append)
      expect(err).to.have.property('name', 'StorageError')
      expect(err.message).to.include('no space left')
    }
    expect(await store.bounds('a')).to.deep.equal({ first: 1, last: 1 })
    expect(await store.logs()).to.deep.equal(['a'])
    backend.fail = false
    expect(await store.append('a', [bytes('2')])).to.equal(2)
    expect(await store.append('new', [bytes('1')])).to.equal(1)
    expect((await store.read('a', 1, 10)).map(entry => text(entry.value))).to.deep.equal(['1', '2'])
    expect([...store.lost]).to.deep.equal([])
  })
})

describe('storage: stable values whose disk fails', () => {
  it('promises no value after a failed write, until one succeeds', async () => {
    let fail = false
    const written: string[] = []
    const store = new CachedStableStore({
      write: async (_, value) => {
        await new Promise(resolve => setImmediate(resolve))
        if (fail) { throw new Error('input/output error') }
        written.push(text(value) ?? '')
      },
      remove: async () => {}
    })
    await store.set('vote', bytes('one'))
    fail = true
    const err = await rejection(store.set('vote', bytes('two')))
    expect(err).to.have.property('name', 'StorageError')
    expect(err.cause).to.have.property('message', 'input/output error')
    expect(await rejection(store.get('vote'))).to.have.property('name', 'StorageError')
    expect(await store.get('other')).to.equal(undefined)
    fail = false
    await store.set('vote', bytes('three'))
    expect(text(await store.get('vote'))).to.equal('three')
    expect(written).to.deep.equal(['one', 'three'])
  })

  it('whoever asks for a value whose write failed makes that write again, and never one over a later one', async () => {
    let fail = true
    const done: string[] = []
    const change = async (what: string): Promise<void> => {
      await new Promise(resolve => setImmediate(resolve))
      if (fail) { throw new Error('input/output error') }
      done.push(what)
    }
    const store = new CachedStableStore({ write: async (_, value) => change(text(value) ?? ''), remove: async () => change('removed') })
    await rejection(store.set('vote', bytes('one')))
    const err = await rejection(store.get('vote'))
    expect(err).to.have.property('name', 'StorageError')
    expect(err.cause).to.have.property('message', 'input/output error')
    fail = false
    const both = await Promise.all([store.get('vote'), store.get('vote')])
    expect(both.map(text)).to.deep.equal(['one', 'one'])
    fail = true
    await rejection(store.delete('vote'))
    fail = false
    expect(await store.get('vote')).to.equal(undefined)
    expect(done).to.deep.equal(['one', 'removed'])
    fail = true
    await rejection(store.set('vote', bytes('two')))
    fail = false
    const setting = store.set('vote', bytes('three'))
    expect(text(await store.get('vote'))).to.equal('three')
    await setting
    expect(text(await store.get('vote'))).to.equal('three')
    expect(done).to.deep.equal(['one', 'removed', 'three'])
  })

  it('no write is made again once it is closed', async () => {
    let writes = 0
    const store = new CachedStableStore({
      write: async () => {
        writes++
        await new Promise(resolve => setImmediate(resolve))
        throw new Error('input/output error')
      },
      remove: async () => {}
    })
    await rejection(store.set('vote', bytes('one')))
    const setting = rejection(store.set('vote', bytes('two')))
    const getting = rejection(store.get('vote'))
    await store.close()
    await setting
    expect((await getting).message).to.equal('the storage is closed')
    expect(writes).to.equal(2)
  })

  it('writes only the last of the values that wait for the one under way', async () => {
    const written: string[] = []
    const store = new CachedStableStore({
      write: async (_, value) => {
        await new Promise(resolve => setImmediate(resolve))
        written.push(text(value) ?? '')
      },
      remove: async () => {}
    })
    await Promise.all(['1', '2', '3', '4'].map(async value => { await store.set('x', bytes(value)) }))
    expect(written).to.deep.equal(['1', '4'])
  })
})
