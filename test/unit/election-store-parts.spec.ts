import { expect } from 'chai'
import { Compaction } from '../../src/election/compaction.ts'
import { Entries } from '../../src/election/entries.core.ts'
import { GroupStore } from '../../src/election/store.ts'
import { PartDisk } from '../harness/part-disk.ts'
import { turn } from './turn.ts'
import type { Part } from '../harness/part-disk.ts'
import type { Durable, HardState, Rank, Save } from '../../src/election/types.core.ts'

const PARTS: readonly Part[] = ['stable', 'log']
const hard = (life: string, term: number, vote?: string): HardState => ({ incarnation: life.repeat(32), config: undefined, founded: false, term, vote, highestEpoch: 0, epochAhead: 0, lineage: [] })
const rank: Rank = { epoch: 1, term: 3, index: 1 }
const register: NonNullable<Save['register']> = { reset: false, entries: [{ key: 'k', value: Uint8Array.of(1), rank }], drop: [], synced: rank }

interface Opened { store: GroupStore, failed: string[], durable: Durable | undefined, lost: boolean }

async function open (disk: PartDisk): Promise<Opened> {
  const failed: string[] = []
  const store = new GroupStore({ storage: disk.open(), service: 'login', onSaved: () => {}, onFailed: (_id, reason) => { failed.push(reason) } })
  return { store, failed, ...await store.load() }
}

async function save ({ store, failed }: Opened, ...saves: Array<Omit<Save, 'type'>>): Promise<void> {
  for (const one of saves) {
    store.save({ type: 'save', ...one })
    await store.idle()
  }
  expect(failed).to.deep.equal([])
}

/** The newest vote is in the stable value, or in the log. */
async function diskOf (newest: Part): Promise<PartDisk> {
  const disk = new PartDisk()
  const last = { id: 3, hard: hard('a', 7, 'X') }
  await save(await open(disk), { id: 1, hard: hard('a', 1) }, { id: 2, hard: hard('a', 3), register }, newest === 'stable' ? last : { ...last, register })
  return disk
}

async function outcome (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'opened', (err: Error) => err.name)
}

describe('election: a store of which one part is lost', () => {
  for (const newest of PARTS) {
    for (const gone of PARTS) {
      it(`is lost as a whole: ${gone} is gone, and the newest vote was in ${newest}`, async () => {
        const disk = await diskOf(newest)
        await disk.vanish(gone)
        expect(await open(disk)).to.include({ lost: true, durable: undefined })
        // and stays so, whoever begins anew
        await save(await open(disk), { id: 1, hard: hard('b', 0) })
        expect(await open(disk)).to.deep.include({ lost: false, durable: { hard: hard('b', 0), entries: [], synced: { epoch: 0, term: 0, index: 0 } } })
      })

      it(`is forgotten as a whole, though the process dies half-way: ${gone} is damaged, and the newest vote was in ${newest}`, async () => {
        for (const deletions of [0, 1]) {
          const disk = await diskOf(newest)
          disk.damaged.add(gone)
          let done = 0
          const reached = Promise.withResolvers<undefined>()
          disk.before = async (_part, change) => {
            if (change === 'delete' && done++ >= deletions) {
              reached.resolve(undefined)
              await new Promise(() => {})
            }
          }
          void open(disk)
          await reached.promise
          await new Promise<void>(turn)
          disk.before = async () => {}
          expect(await open(disk), `after ${deletions}`).to.include({ lost: true, durable: undefined })
        }
      })

      it(`is not begun anew before all of it is forgotten: ${gone} is damaged, and the newest vote was in ${newest}`, async () => {
        for (const refuses of PARTS) {
          const disk = await diskOf(newest)
          disk.damaged.add(gone)
          let full = true
          disk.before = async (part, change) => { if (full && change === 'delete' && part === refuses) throw new Error('disk full') }
          const store = new GroupStore({ storage: disk.open(), service: 'login', onSaved: () => {}, onFailed: () => {} })
          expect(await outcome(store.load()), refuses).to.equal('ElectionStoreError')
          expect(await outcome(open(disk)), refuses).to.equal('ElectionStoreError')
          full = false
          expect(await store.load(), refuses).to.deep.equal({ lost: true, durable: undefined })
          store.save({ type: 'save', id: 1, hard: hard('b', 9, 'Y') })
          await store.idle()
          expect((await open(disk)).durable?.hard, refuses).to.deep.equal(hard('b', 9, 'Y'))
        }
      })
    }
  }

  it('is whole when it never needed its log, and when a crash came before the first value of it was said to be stored', async () => {
    const disk = new PartDisk()
    await save(await open(disk), { id: 1, hard: hard('a', 1) })
    expect((await open(disk)).durable?.hard).to.deep.equal(hard('a', 1))
    for (const reaches of ['append', 'set'] as const) {
      const dying = new PartDisk()
      await save(await open(dying), { id: 1, hard: hard('a', 1) })
      const { store } = await open(dying)
      const reached = Promise.withResolvers<undefined>()
      dying.before = async (_part, change) => {
        if (change === reaches) {
          reached.resolve(undefined)
          await new Promise(() => {})
        }
      }
      store.save({ type: 'save', id: 2, hard: hard('a', 2), register })
      await reached.promise
      dying.before = async () => {}
      const next = await open(dying)
      expect(next.lost, reaches).to.equal(false)
      expect(next.durable?.hard.term, reaches).to.equal(reaches === 'append' ? 1 : 2)
    }
  })

  it('is lost when its log goes that the life before had begun and not told of', async () => {
    const disk = new PartDisk()
    await save(await open(disk), { id: 1, hard: hard('a', 1) })
    const { store } = await open(disk)
    const reached = Promise.withResolvers<undefined>()
    disk.before = async (_part, change) => {
      if (change === 'set') {
        reached.resolve(undefined)
        await new Promise(() => {})
      }
    }
    store.save({ type: 'save', id: 2, hard: hard('a', 2), register })
    await reached.promise
    disk.before = async () => {}
    const next = await open(disk)
    expect(next.durable?.hard.term).to.equal(2)
    await save(next, { id: 1, hard: hard('a', 3) })
    await disk.vanish('log')
    expect(await open(disk)).to.include({ lost: true, durable: undefined })
  })

  it('takes half of nothing back by a rewrite of its log, when what was refused is stored all the same', async () => {
    const disk = new PartDisk()
    const entries = ['k', 'l'].map(key => ({ key, value: Uint8Array.of(1), rank }))
    const failed: number[] = []
    const store = new GroupStore({ storage: disk.open(), service: 'login', onSaved: () => {}, onFailed: id => { failed.push(id) }, rewrite: { after: 1, slice: 1 } })
    await store.load()
    // the first half of the rewrite comes with the last of these
    for (const id of [1, 2, 3, 4]) {
      store.save({ type: 'save', id, hard: hard('a', 1), register: { ...register, entries } })
      await store.idle()
    }
    expect(await disk.inner.log.bounds('register-login')).to.deep.equal({ first: 1, last: 5 })
    disk.after = async (_part, change) => { if (change === 'append') throw new Error('EIO') }
    const next = { epoch: 1, term: 3, index: 2 }
    for (const id of [5, 6]) {
      store.save({ type: 'save', id, register: { ...register, entries: entries.map(entry => ({ ...entry, rank: next })), synced: next } })
      await store.idle()
    }
    disk.after = async () => {}
    expect(failed).to.deep.equal([5, 6])
    for (let id = 7; id < 10; id++) store.save({ type: 'save', id, hard: hard('a', id) })
    await store.idle()
    const { durable } = await open(disk)
    expect(durable?.hard.term).to.equal(9)
    expect([...durable?.entries.map(entry => entry.rank) ?? [], durable?.synced]).to.deep.equal([next, next, next])
  })

  it('loses nothing of what came between a rewrite that could not begin and its next try', async () => {
    const disk = new PartDisk()
    const long: string[] = []
    const store = new GroupStore({ storage: disk.open(), service: 'login', onSaved: () => {}, onFailed: () => {}, onLong: reason => { long.push(String(reason)) }, rewrite: { after: 20, slice: 5, again: 10 } })
    await store.load()
    let id = 0
    const put = async (key: string): Promise<void> => {
      const at = { ...rank, index: ++id }
      store.save({ type: 'save', id, ...id === 1 && { hard: hard('a', 1) }, register: { ...register, entries: [{ key, value: Uint8Array.of(1), rank: at }], synced: at } })
      await store.idle()
    }
    for (let n = 0; n < 20; n++) await put(`old ${n % 3}`)
    let appends = 0
    disk.before = async (_part, change) => { if (change === 'append' && ++appends === 2) throw new Error('ENOSPC') }
    await put('old 0')
    expect(long).to.have.length(1)
    const fresh = Array.from({ length: 15 }, (_, n) => `new ${n}`)
    for (const key of fresh) await put(key)
    const { first } = await disk.inner.log.bounds('register-login') ?? {}
    expect(first, 'it was made short in the end').to.be.above(1)
    expect((await open(disk)).durable?.entries.map(({ key }) => key).sort()).to.deep.equal([...fresh, 'old 0', 'old 1', 'old 2'].sort())
  })

  it('ends a rewrite of a table that has become small meanwhile', async () => {
    const entries = new Entries()
    for (let n = 0; n < 20_000; n++) entries.set({ key: `k${n}`, value: Uint8Array.of(1), rank })
    let appends = 0
    let cut = false
    const compaction = new Compaction({ log: { append: async () => ++appends, truncate: async () => { cut = true } }, name: 'x', entries, after: 10, encode: () => new Uint8Array() })
    compaction.length = 100
    await compaction.step()
    for (let n = 2; n < 20_000; n++) entries.delete(`k${n}`)
    await compaction.step()
    expect([cut, appends]).to.deep.equal([true, 2])
  })

  it('is whole when its first value of all failed and all of it came at once', async () => {
    const disk = new PartDisk()
    const { store, failed } = await open(disk)
    disk.before = async () => { throw new Error('disk full') }
    store.save({ type: 'save', id: 1, hard: hard('a', 1) })
    await store.idle()
    expect(failed).to.have.length(1)
    disk.before = async () => {}
    store.save({ type: 'save', id: 2, hard: hard('a', 2) })
    store.save({ type: 'save', id: 3, register: { ...register, reset: true } })
    await store.idle()
    expect(failed).to.have.length(1)
    expect((await open(disk)).durable?.hard).to.deep.equal(hard('a', 2))
  })
})
