import 'fake-indexeddb/auto'
import { expect } from 'chai'
import { deleteDB, openDB } from 'idb'
import { openStorage } from '../../src/storage/browser.ts'
import { bytes, rejection, storageContract, text } from './storage-contract.ts'

let next = 0

storageContract({
  name: 'browser',
  durable: true,
  create: async () => {
    const location = `contract-${next++}`
    return {
      open: async () => await openStorage(location, { tabs: 1 }),
      remove: async () => { await deleteDB(location) }
    }
  },
  runs: 50
})

/** Runs `fn` in a page that lacks what is named. */
async function without (holder: object, property: string, fn: () => Promise<void>): Promise<void> {
  const saved = Object.getOwnPropertyDescriptor(holder, property)
  Object.defineProperty(holder, property, { value: undefined, configurable: true, writable: true })
  try {
    await fn()
  } finally {
    Reflect.deleteProperty(holder, property)
    if (saved != null) { Object.defineProperty(holder, property, saved) }
  }
}

/** Changes the last byte of what is stored under `key`. */
async function flip (location: string, store: string, key: IDBValidKey): Promise<void> {
  const db = await openDB(location)
  const value: Uint8Array = await db.get(store, key)
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
  await db.put(store, value, key)
  db.close()
}

describe('browser storage', () => {
  let location: string

  beforeEach(() => { location = `page-${next++}` })
  afterEach(async () => { await deleteDB(location) })

  it('tells a page without IndexedDB what to do', async () => {
    await without(globalThis, 'indexedDB', async () => {
      const err = await rejection(openStorage(location))
      expect(err).to.have.property('name', 'StorageError')
      expect(err.message).to.include('leave `storage` out')
    })
  })

  it('does not open where it cannot keep other tabs out', async () => {
    await without(navigator, 'locks', async () => {
      const err = await rejection(openStorage(location))
      expect(err).to.have.property('name', 'StorageError')
      expect(err.message).to.include('https')
    })
    await (await openStorage(location)).close()
  })

  it('names the storage that another tab holds', async () => {
    await navigator.locks.request(`braid:${location}`, async () => {
      const err = await rejection(openStorage(location, { tabs: 1 }))
      expect(err).to.have.property('name', 'StorageLockedError')
      expect(err.message).to.include(location)
    })
    await (await openStorage(location, { tabs: 1 })).close()
  })

  it('gives each tab a place of its own, the lowest that is free, with what was left there', async () => {
    const all = [location, `${location}#2`, `${location}#3`]
    const first = await openStorage(location)
    const second = await openStorage(location)
    const third = await openStorage(location)
    expect([first, second, third].map(storage => storage.location)).to.deep.equal(all)
    for (const storage of [first, second, third]) {
      await storage.stable.set('who', bytes(String(storage.location)))
      await storage.log.append('outbox', [bytes(`of ${String(storage.location)}`)])
    }
    // the tabs of two end
    await second.close()
    await first.close()
    const fourth = await openStorage(location)
    const fifth = await openStorage(location)
    expect([fourth.location, fifth.location]).to.deep.equal(all.slice(0, 2))
    for (const storage of [fourth, fifth]) {
      expect(text(await storage.stable.get('who'))).to.equal(storage.location)
      expect((await storage.log.read('outbox', 1, 10)).map(({ value }) => text(value))).to.deep.equal([`of ${String(storage.location)}`])
    }
    for (const storage of [third, fourth, fifth]) await storage.close()
    for (const place of all.slice(1)) await deleteDB(place)
  })

  it('gives many that open at once a place each', async () => {
    const storages = await Promise.all(Array.from({ length: 8 }, async () => openStorage(location)))
    expect(new Set(storages.map(storage => storage.location)).size).to.equal(8)
    for (const storage of storages) {
      await storage.close()
      await deleteDB(String(storage.location))
    }
  })

  it('refuses a tab more than there are places, and takes it when one is free', async () => {
    const storages = [await openStorage(location, { tabs: 2 }), await openStorage(location, { tabs: 2 })]
    const err = await rejection(openStorage(location, { tabs: 2 }))
    expect(err).to.have.property('name', 'StorageLockedError')
    expect(err.message).to.include('2 other tabs').and.to.include('raise `tabs`')
    await storages[1]?.close()
    storages[1] = await openStorage(location, { tabs: 2 })
    expect(storages[1].location).to.equal(`${location}#2`)
    for (const storage of storages) await storage.close()
    await deleteDB(`${location}#2`)
  })

  it('gives the lock back when the database does not open', async () => {
    (await openDB(location, 99)).close()
    expect(await rejection(openStorage(location))).to.have.property('name', 'StorageError')
    await deleteDB(location)
    await (await openStorage(location)).close()
  })

  it('says which values and logs are corrupt, and keeps the rest', async () => {
    const storage = await openStorage(location)
    await storage.stable.set('vote', bytes('yes'))
    await storage.stable.set('other', bytes('fine'))
    await storage.log.append('a', ['1', '2', '3'].map(bytes))
    await storage.log.append('b', ['1', '2'].map(bytes))
    await storage.log.append('c', [bytes('1')])
    await storage.close()
    await flip(location, 'stable', 'vote')
    await flip(location, 'entries', ['a', 2])
    await flip(location, 'states', 'b')

    const again = await openStorage(location)
    expect([...again.stable.lost]).to.deep.equal(['vote'])
    expect(await again.stable.get('vote')).to.equal(undefined)
    expect(text(await again.stable.get('other'))).to.equal('fine')
    expect((await again.log.read('a', 1, 2)).map(entry => entry.seq)).to.deep.equal([1, 3])
    expect([...again.log.lost].sort()).to.deep.equal(['a', 'b'])
    expect((await again.log.read('b', 1, 10)).map(entry => entry.seq)).to.deep.equal([1, 2])
    expect(await again.log.append('b', [bytes('next')])).to.be.greaterThan(2)
    await again.stable.set('vote', bytes('no'))
    await again.log.delete('b')
    await again.close()

    const third = await openStorage(location)
    expect([...third.stable.lost]).to.deep.equal([])
    expect([...third.log.lost]).to.deep.equal(['a'])
    await third.log.delete('a', { forever: true })
    await third.close()

    const fourth = await openStorage(location)
    expect([...fourth.log.lost]).to.deep.equal([])
    await fourth.close()
  })

  it('closes when its database is deleted under it', async () => {
    const storage = await openStorage(location)
    await storage.stable.set('vote', bytes('yes'))
    await deleteDB(location)
    expect(await rejection(storage.stable.set('vote', bytes('no')))).to.have.property('name', 'StorageError')
    await storage.close()
  })

  it('keeps its place when its database is deleted under it, as the node that has the identity goes on', async () => {
    const storage = await openStorage(location, { tabs: 1 })
    await deleteDB(location)
    expect(await rejection(storage.stable.set('vote', bytes('no')))).to.have.property('name', 'StorageError')
    // a browser that ends a database may not have deleted it: whoever opened it would be the same node
    for (let turn = 0; turn < 10; turn++) {
      expect(await rejection(openStorage(location, { tabs: 1 }))).to.have.property('name', 'StorageLockedError')
      await new Promise(resolve => { setTimeout(resolve, 0) })
    }
    await storage.close()
    await (await openStorage(location, { tabs: 1 })).close()
  })
})
