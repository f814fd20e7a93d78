import { expect } from 'chai'
import { GroupStore } from '../../src/election/store.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { CachedStableStore } from '../../src/storage/stable.ts'
import { until } from '../harness/until.ts'
import { turn } from './turn.ts'
import type { Durable, Entry, HardState, Rank, Save } from '../../src/election/types.core.ts'
import type { Storage } from '../../src/storage/index.ts'

const hard = (term: number, vote?: string): HardState => ({ incarnation: 'ab'.repeat(16), config: undefined, founded: false, term, vote, highestEpoch: 7, epochAhead: 0, lineage: [] })
const rank = (index: number): Rank => ({ epoch: 1, term: 1, index })
const entry = (key: string, index: number): Entry => ({ key, value: Uint8Array.of(index & 0xff), rank: rank(index) })
const register = (synced: number, entries: Entry[], more: { reset?: boolean, drop?: string[] } = {}): NonNullable<Save['register']> => ({ reset: false, drop: [], ...more, entries, synced: rank(synced) })

interface Opened { store: GroupStore, saved: number[], failed: number[], durable: Durable | undefined, lost: boolean }

async function open (storage: Pick<Storage, 'stable' | 'log'>, onLong: (reason: string) => void = () => {}): Promise<Opened> {
  const saved: number[] = []
  const failed: number[] = []
  const store = new GroupStore({ storage, service: 'login', onSaved: id => { saved.push(id) }, onFailed: id => { failed.push(id) }, onLong })
  return { store, saved, failed, ...await store.load() }
}

async function saved (opened: Opened, ...saves: Array<Omit<Save, 'type'>>): Promise<void> {
  for (const save of saves) opened.store.save({ type: 'save', ...save })
  await opened.store.idle()
  expect(opened.saved.at(-1)).to.equal(saves.at(-1)?.id)
}

describe('election: store', () => {
  it('is empty at first, and gives back the newest vote in the next life', async () => {
    const storage = memoryStorage()
    const first = await open(storage)
    expect(first).to.include({ durable: undefined, lost: false })
    await saved(first, { id: 1, hard: hard(1) }, { id: 2, hard: hard(2, 'a') }, { id: 3, hard: hard(3) })
    expect((await open(storage)).durable).to.deep.equal({ hard: hard(3), entries: [], synced: { epoch: 0, term: 0, index: 0 } })
  })

  it('in memory nothing is written down, and the core that takes over from one that failed has all of it', async () => {
    const storage = memoryStorage()
    const init = { storage, service: 'login', onFailed: () => {}, volatile: true }
    const ids: number[] = []
    const first = new GroupStore({ ...init, onSaved: id => { ids.push(id) } })
    expect(await first.load()).to.deep.equal({ lost: false, durable: undefined })
    first.save({ type: 'save', id: 1, hard: hard(1, 'a') })
    first.save({ type: 'save', id: 2, register: register(2, [entry('a', 1), entry('b', 2)]) })
    first.save({ type: 'save', id: 3, register: register(3, [entry('c', 3)], { drop: ['b'] }) })
    await first.idle()
    expect(ids).to.deep.equal([3])
    expect(await storage.log.logs()).to.deep.equal([])
    expect(await storage.stable.get('vote-login')).to.equal(undefined)
    const next = new GroupStore({ ...init, onSaved: () => {}, former: first })
    expect((await next.load()).durable).to.deep.equal({ hard: hard(1, 'a'), entries: [entry('a', 1), entry('c', 3)], synced: rank(3) })
  })

  it('makes what is saved together durable in one write', async () => {
    const { stable, log } = memoryStorage()
    let writes = 0
    const opened = await open({
      log,
      stable: {
        lost: new Set(),
        get: async name => stable.get(name),
        delete: async name => stable.delete(name),
        set: async (name, value) => {
          writes++
          await stable.set(name, value)
        }
      }
    })
    await saved(opened, { id: 1, hard: hard(1) }, { id: 2, hard: hard(1, 'a') })
    expect([writes, opened.saved]).to.deep.equal([1, [2]])
  })

  it('keeps votes and parts of the register in the order in which they were saved', async () => {
    const storage = memoryStorage()
    const first = await open(storage)
    await saved(first, { id: 1, hard: hard(1) })
    await saved(first, { id: 2, hard: hard(2), register: register(2, [entry('a', 1), entry('b', 2)]) })
    await saved(first, { id: 3, register: register(3, [entry('a', 3)], { drop: ['b'] }) })
    await saved(first, { id: 4, hard: hard(5, 'x') })
    expect((await open(storage)).durable).to.deep.equal({ hard: hard(5, 'x'), entries: [entry('a', 3)], synced: rank(3) })
    const second = await open(storage)
    await saved(second, { id: 1, register: register(9, [entry('c', 9)], { reset: true }), hard: hard(6) })
    expect((await open(storage)).durable).to.deep.equal({ hard: hard(6), entries: [entry('c', 9)], synced: rank(9) })
  })

  it('rewrites a log that has grown long, and loses nothing by it', async () => {
    const storage = memoryStorage()
    const first = await open(storage)
    for (let id = 1; id <= 2_500; id++) await saved(first, { id, ...id === 1 ? { hard: hard(4) } : {}, register: register(id, [entry(`k${id % 700}`, id)]) })
    const { first: from, last } = await storage.log.bounds('register-login')
    expect(last - from).to.be.below(1_100)
    const { durable } = await open(storage)
    expect(durable?.hard).to.deep.equal(hard(4))
    expect(durable?.entries).to.have.length(700)
    expect(durable?.synced).to.deep.equal(rank(2_500))
  })

  describe('a log that has grown long', () => {
    /** What `before` allows is appended; `cuts`: lengths of the log when it was made short. */
    function logged (before: (values: readonly Uint8Array[]) => Promise<void>): { storage: Pick<Storage, 'stable' | 'log'>, cuts: number[] } {
      const { stable, log } = memoryStorage()
      const cuts: number[] = []
      const append = async (name: string, values: readonly Uint8Array[]): Promise<number> => {
        await before(values)
        return log.append(name, values)
      }
      const truncate = async (name: string, from: number): Promise<void> => {
        const { first, last } = await log.bounds(name)
        cuts.push(last - first + 1)
        await log.truncate(name, from)
      }
      return { cuts, storage: { stable, log: { lost: log.lost, append, truncate, read: log.read.bind(log), bounds: log.bounds.bind(log), logs: log.logs.bind(log), delete: log.delete.bind(log) } } }
    }

    const table = (size: number): Entry[] => Array.from({ length: size }, (_, i) => entry(`t${i}`, i + 1))

    it('is made short after what is saved is told, a part after each save, and each is what was there', async () => {
      const SIZE = 2_400
      const sizes: number[] = []
      let hangs = Promise.resolve()
      const { storage, cuts } = logged(async ([value]) => {
        sizes.push(value!.length)
        if (value!.length > 5_000) await hangs
      })
      const opened = await open(storage)
      await saved(opened, { id: 1, hard: hard(1) }, { id: 2, register: register(SIZE, table(SIZE)) })
      const [whole] = sizes as [number]
      sizes.length = 0
      const held = Promise.withResolvers<undefined>()
      hangs = held.promise as Promise<unknown> as Promise<void>
      const save = (id: number): void => { opened.store.save({ type: 'save', id, register: register(SIZE + id, [entry(`t${id % 7}`, SIZE + id)]), ...id % 100 === 0 ? { hard: hard(id) } : {} }) }
      let id = 2
      while (sizes.every(size => size < 5_000)) {
        save(++id)
        // a thousand times: a timer's 10 ms each would be most of the test
        for (let turns = 0; turns < 100 && opened.saved.at(-1) !== id; turns++) await new Promise<void>(turn)
        await until(() => opened.saved.at(-1) === id)
        await new Promise<void>(turn)
      }
      // told, although the part after it hangs
      expect([opened.saved.at(-1), opened.failed, cuts]).to.deep.equal([id, [], []])
      held.resolve(undefined)
      await opened.store.idle()
      const begun = id
      while (cuts.length === 0) {
        save(++id)
        await opened.store.idle()
      }
      expect(id - begun).to.be.within(4, 6)
      const parts = sizes.filter(size => size > 5_000)
      expect(parts).to.have.length(id - begun + 1)
      expect(Math.max(...parts)).to.be.below(whole / 4)
      const { durable, lost } = await open(storage)
      expect(lost).to.equal(false)
      expect(durable?.hard).to.deep.equal(hard(id - id % 100))
      expect(durable?.synced).to.deep.equal(rank(SIZE + id))
      const expected = new Map(table(SIZE).map(one => [one.key, one]))
      for (let i = 3; i <= id; i++) expected.set(`t${i % 7}`, entry(`t${i % 7}`, SIZE + i))
      expect(new Map(durable?.entries.map(one => [one.key, one]))).to.deep.equal(expected)
    })

    it('grows on where there is no room for more than is saved, which is told once and costs no vote; and is made short when there is', async () => {
      let full = false
      const { storage, cuts } = logged(async ([value]) => { if (full && value!.length > 1_000) throw new Error('ENOSPC') })
      const told: string[] = []
      const opened = await open(storage, reason => { told.push(reason) })
      await saved(opened, { id: 1, hard: hard(1) }, { id: 2, register: register(600, table(600)) })
      full = true
      for (let id = 3; id <= 2_200; id++) await saved(opened, { id, register: register(600 + id, [entry('t3', 600 + id)]) })
      expect([opened.failed, cuts, told]).to.deep.equal([[], [], ['ENOSPC']])
      const { durable } = await open(storage)
      expect([durable?.hard.term, durable?.entries.length, durable?.synced]).to.deep.equal([1, 600, rank(2_800)])
      full = false
      for (let id = 2_201; id <= 2_600; id++) await saved(opened, { id, register: register(600 + id, [entry('t3', 600 + id)]) })
      expect([opened.failed, told.length, cuts.length]).to.deep.equal([[], 1, 1])
      const { first, last } = await storage.log.bounds('register-login')
      expect(last - first).to.be.below(400)
      expect((await open(storage)).durable?.entries).to.have.length(600)
    })

    it('is made short by each voter at another time', async () => {
      const lengths = new Set<number>()
      for (let voter = 0; voter < 5; voter++) {
        const { storage, cuts } = logged(async () => {})
        const opened = await open(storage)
        for (let id = 1; cuts.length === 0; id++) await saved(opened, { id, ...id === 1 ? { hard: hard(1) } : {}, register: register(id, [entry('a', id)]) })
        expect(cuts[0]).to.be.within(500, 1_010)
        lengths.add(cuts[0]!)
      }
      expect(lengths.size).to.be.above(1)
    })
  })

  it('tells of a write that failed, drops what stands on it, and goes on when it can', async () => {
    const { stable, log } = memoryStorage()
    let broken = true
    const opened = await open({
      log,
      stable: {
        lost: new Set(),
        get: async name => stable.get(name),
        delete: async name => stable.delete(name),
        set: async (name, value) => {
          if (broken) throw new Error('disk full')
          await stable.set(name, value)
        }
      }
    })
    opened.store.save({ type: 'save', id: 1, hard: hard(1) })
    opened.store.save({ type: 'save', id: 2, hard: hard(2) })
    await until(() => opened.failed.length > 0)
    await opened.store.idle()
    expect([opened.failed, opened.saved]).to.deep.equal([[1], []])
    broken = false
    // nothing to stand on: what was written before it is not there
    opened.store.save({ type: 'save', id: 3, register: register(2, [entry('a', 2)]) })
    await opened.store.idle()
    expect(opened.failed).to.deep.equal([1, 3])
    await saved(opened, { id: 4, hard: hard(3), register: register(2, [entry('a', 2)], { reset: true }) })
    expect((await open({ stable, log })).durable?.hard.term).to.equal(3)
  })

  it('a core that takes over while a vote cannot be stored begins as soon as the disk is well', async () => {
    let broken = false
    const stable = new CachedStableStore({ write: async () => { if (broken) throw new Error('EIO') }, remove: async () => {} })
    const storage = { stable, log: memoryStorage().log }
    const first = await open(storage)
    await saved(first, { id: 1, hard: hard(1, 'a') })
    broken = true
    first.store.save({ type: 'save', id: 2, hard: hard(2, 'b') })
    await first.store.idle()
    expect(first.failed).to.deep.equal([2])
    expect(await open(storage).catch((err: Error) => err.name)).to.equal('StorageError')
    broken = false
    // a save that failed may have happened: both are right, but what is read is durable
    const next = await open(storage)
    expect(next.durable?.hard).to.deep.equal(hard(2, 'b'))
    expect((await open(storage)).durable).to.deep.equal(next.durable)
  })

  it('forgets nothing because it cannot be read at this moment', async () => {
    for (const fails of ['stable', 'log'] as const) {
      const { stable, log } = memoryStorage()
      await saved(await open({ stable, log }), { id: 1, hard: hard(1) }, { id: 2, hard: hard(3), register: register(1, [entry('a', 1)]) })
      let tries = 0
      const once = <T>(read: () => Promise<T>): Promise<T> => tries++ === 0 ? Promise.reject(new Error('EIO')) : read()
      const flaky = {
        stable: fails === 'stable' ? Object.assign(Object.create(stable) as typeof stable, { lost: new Set<string>(), get: async (name: string) => once(async () => stable.get(name)) }) : stable,
        log: fails === 'log' ? Object.assign(Object.create(log) as typeof log, { lost: new Set<string>(), bounds: async (name: string) => once(async () => log.bounds(name)), read: log.read.bind(log) }) : log
      }
      expect(await open(flaky).then(() => 'opened', (err: Error) => err.message), fails).to.equal('EIO')
      const again = await open(flaky)
      expect(again.lost, fails).to.equal(false)
      expect(again.durable, fails).to.deep.equal({ hard: hard(3), entries: [entry('a', 1)], synced: rank(1) })
    }
  })

  it('says so when what was stored cannot be read, and starts anew', async () => {
    for (const damage of ['stable', 'log', 'nonsense'] as const) {
      const { stable, log } = memoryStorage()
      if (damage === 'nonsense') await stable.set('vote-login', Uint8Array.of(0xff))
      const opened = await open({
        stable: { lost: new Set(damage === 'stable' ? ['vote-login'] : []), get: async name => stable.get(name), set: async (name, value) => stable.set(name, value), delete: async name => stable.delete(name) },
        log: Object.assign(Object.create(log) as typeof log, {
          lost: new Set(damage === 'log' ? ['register-login'] : []),
          bounds: async (name: string) => log.bounds(name),
          read: async (...args: Parameters<typeof log.read>) => log.read(...args),
          append: async (...args: Parameters<typeof log.append>) => log.append(...args),
          delete: async (name: string) => log.delete(name)
        })
      })
      expect(opened, damage).to.include({ durable: undefined, lost: true })
      await saved(opened, { id: 1, hard: hard(9) })
      expect((await open({ stable, log })).durable?.hard.term, damage).to.equal(9)
    }
  })
})
