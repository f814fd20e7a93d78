import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'chai'
import { loadIdentity, raiseIncarnation } from '../../src/storage/identity.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { bytes, rejection } from './storage-contract.ts'
import type { Storage } from '../../src/storage/index.ts'

describe('identity', () => {
  let storage: Storage

  beforeEach(() => { storage = memoryStorage() })
  afterEach(async () => { await storage.close() })

  it('is made once and found again, with a higher incarnation and another nonce', async () => {
    const first = await loadIdentity(storage, { now: 1000 })
    const second = await loadIdentity(storage, { now: 1000 })
    expect(first.privateKey.type).to.equal('Ed25519')
    expect(first.incarnation).to.equal(1000)
    expect(second.peerId.toString()).to.equal(first.peerId.toString())
    expect(second.privateKey.equals(first.privateKey)).to.equal(true)
    expect(second.incarnation).to.equal(1001)
    expect(first.bootNonce).to.have.length(16)
    expect(second.bootNonce).to.not.deep.equal(first.bootNonce)
    expect([first.lost, second.lost]).to.deep.equal([false, false])
  })

  it('goes up when the clock goes back', async () => {
    await loadIdentity(storage, { now: 5000 })
    expect((await loadIdentity(storage, { now: 10 })).incarnation).to.equal(5001)
    expect((await loadIdentity(storage, { now: 9000 })).incarnation).to.equal(9000)
  })

  it('is the given key, which is stored, and nothing is lost', async () => {
    const old = await loadIdentity(storage, { now: 1 })
    const privateKey = await generateKeyPair('Ed25519')
    const given = await loadIdentity(storage, { privateKey, now: 1 })
    const later = await loadIdentity(storage, { now: 1 })
    expect(given.peerId.equals(old.peerId)).to.equal(false)
    expect(given.privateKey.equals(privateKey)).to.equal(true)
    expect(later.peerId.equals(given.peerId)).to.equal(true)
    expect([given.lost, later.lost]).to.deep.equal([false, false])
    expect([old.incarnation, given.incarnation, later.incarnation]).to.deep.equal([1, 2, 3])
  })

  it('is a new one when the stored one is corrupt, and says so, once', async () => {
    const old = await loadIdentity(storage, { now: 1 })
    await storage.stable.set('identity', bytes('not a key'))
    const fresh = await loadIdentity(storage, { now: 1 })
    expect(fresh.lost).to.equal(true)
    expect(fresh.peerId.equals(old.peerId)).to.equal(false)
    const later = await loadIdentity(storage, { now: 1 })
    expect(later.lost).to.equal(false)
    expect(later.peerId.equals(fresh.peerId)).to.equal(true)
  })

  it('is not lost when the stored one is corrupt but one was given', async () => {
    await storage.stable.set('identity', bytes('not a key'))
    const privateKey = await generateKeyPair('Ed25519')
    expect((await loadIdentity(storage, { privateKey, now: 1 })).lost).to.equal(false)
    expect((await loadIdentity(storage, { now: 1 })).privateKey.equals(privateKey)).to.equal(true)
  })

  it('says so when the storage found it rotten', async () => {
    const rotten: Storage = { ...storage, stable: Object.create(storage.stable, { lost: { value: new Set(['identity']) } }) }
    expect((await loadIdentity(rotten, { now: 1 })).lost).to.equal(true)
  })

  it('starts from the clock when the stored incarnation makes no sense', async () => {
    for (const nonsense of ['', 'x', '-5', '1e400', '1.5']) {
      await storage.stable.set('incarnation', bytes(nonsense))
      expect((await loadIdentity(storage, { now: 77 })).incarnation).to.equal(77)
    }
  })

  it('rises above what the mesh remembers, never falls, and stays there', async () => {
    await loadIdentity(storage, { now: 100 })
    expect(await raiseIncarnation(storage, 50)).to.equal(100)
    expect(await raiseIncarnation(storage, 100)).to.equal(101)
    expect(await raiseIncarnation(storage, 500)).to.equal(501)
    expect((await loadIdentity(storage, { now: 100 })).incarnation).to.equal(502)
  })

  it('refuses numbers that would leave no room above them', async () => {
    for (const number of [NaN, -1, 1.5, Infinity, Number.MAX_SAFE_INTEGER]) {
      expect(await rejection(raiseIncarnation(storage, number))).to.have.property('name', 'InvalidOptionsError')
      expect(await rejection(loadIdentity(storage, { now: number }))).to.have.property('name', 'InvalidOptionsError')
    }
  })
})
