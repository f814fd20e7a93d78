import { expect } from 'chai'
import { createFence } from '../../src/election/fence.ts'
import { Views } from '../../src/election/views.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { MAX_STABLE_VALUE } from '../../src/storage/names.ts'
import { MAX_FENCED, MAX_FENCED_NAME } from '../../src/wire/limits.ts'
import { OwnTime } from '../harness/own-time.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'
import type { FencingToken } from '../../src/election/index.ts'
import type { StableStore } from '../../src/storage/index.ts'

const token = (epoch: number, term: number): FencingToken => ({ epoch, term })

async function refusal (promise: Promise<void>): Promise<string> {
  return promise.then(() => 'accepted', (err: Error) => err.name)
}

/** It has lost what the fence had stored, and says so until something is stored again. */
function damagedStore (): { damaged: StableStore, data: Map<string, Uint8Array>, lost: Set<string> } {
  const data = new Map<string, Uint8Array>()
  const lost = new Set(['election-fence'])
  const damaged: StableStore = {
    lost,
    get: async name => data.get(name),
    set: async (name, value) => {
      data.set(name, value)
      lost.delete(name)
    },
    delete: async name => { data.delete(name) }
  }
  return { damaged, data, lost }
}

describe('election: fence', () => {
  it('accepts tokens that grow, or are the same, and refuses older ones, per resource', async () => {
    const fence = createFence(memoryStorage().stable, () => undefined)
    await fence.check('a', token(1, 5))
    await fence.check('a', token(1, 5))
    await fence.check('b', token(1, 1))
    await fence.check('a', token(2, 1))
    for (const old of [token(1, 5), token(1, 6), token(2, 0)]) expect(await refusal(fence.check('a', old))).to.equal('StaleTokenError')
    expect(await refusal(fence.check('b', token(1, 2)))).to.equal('accepted')
  })

  it('remembers what it accepted in the next life', async () => {
    const { stable } = memoryStorage()
    await createFence(stable, () => undefined).check('a', token(3, 7))
    const again = createFence(stable, () => undefined)
    expect(await refusal(again.check('a', token(3, 6)))).to.equal('StaleTokenError')
    expect(await refusal(again.check('a', token(3, 7)))).to.equal('accepted')
  })

  it('accepts nothing before it is stored, and nothing older from the moment it was asked', async () => {
    const write = Promise.withResolvers<undefined>()
    const { stable } = memoryStorage()
    const slow: StableStore = { ...stable, lost: new Set(), get: async () => undefined, set: async () => { await write.promise } }
    const fence = createFence(slow, () => undefined)
    let accepted = 0
    const checks = [1, 2].map(async () => fence.check('a', token(1, 5)).then(() => { accepted++ }))
    expect(await refusal(fence.check('a', token(1, 4)))).to.equal('StaleTokenError')
    expect(accepted).to.equal(0)
    write.resolve(undefined)
    await Promise.all(checks)
    expect(accepted).to.equal(2)
  })

  it('refuses what it cannot store, by name, and takes it once the storage works', async () => {
    let broken = true
    const { stable } = memoryStorage()
    const fence = createFence({
      lost: new Set(),
      get: async name => stable.get(name),
      delete: async name => stable.delete(name),
      set: async (name, value) => {
        if (broken) throw new Error('disk full')
        await stable.set(name, value)
      }
    }, () => undefined)
    expect(await refusal(fence.check('a', token(1, 5)))).to.equal('ElectionStoreError')
    expect(await refusal(fence.check('a', token(1, 5)))).to.equal('ElectionStoreError')
    expect(await refusal(fence.check('a', token(1, 4)))).to.equal('StaleTokenError')
    expect(await Promise.all([refusal(fence.check('b', token(1, 5))), refusal(fence.check('b', token(1, 5)))])).to.deep.equal(['ElectionStoreError', 'ElectionStoreError'])
    broken = false
    expect(await refusal(fence.check('a', token(1, 5)))).to.equal('accepted')
  })

  it('stores as many names as it may have, each as long as it may be, and refuses longer ones by name', async () => {
    const { stable } = memoryStorage()
    const fence = createFence(stable, () => undefined)
    const last = token(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    await fence.check('disk', token(1, 1))
    // three bytes of each character, and of a control character six
    const longest = Array.from({ length: MAX_FENCED - 1 }, (_, i) => (i % 2 === 0 ? '\u0001'.repeat(74) : '\u540d'.repeat(148)) + String(i).padStart(4, '0'))
    expect(new TextEncoder().encode(JSON.stringify(longest[0]))).to.have.length(MAX_FENCED_NAME)
    await Promise.all(longest.map(async name => fence.check(name, last)))
    expect((await stable.get('election-fence'))?.length).to.be.within(0.9 * MAX_STABLE_VALUE, MAX_STABLE_VALUE)
    for (const name of ['\u0001'.repeat(75), '\u540d'.repeat(150)]) expect(await refusal(fence.check(name, token(1, 1)))).to.equal('InvalidOptionsError')
    expect(await refusal(fence.check('x'.repeat(256), token(1, 1)))).to.equal('ElectionStoreError')
    expect(await refusal(fence.check('disk', token(1, 2)))).to.equal('accepted')
    const again = createFence(stable, () => undefined)
    expect(await refusal(again.check('disk', token(1, 1)))).to.equal('StaleTokenError')
    expect(await refusal(again.check(longest[0] as string, token(1, 1)))).to.equal('StaleTokenError')
  })

  it('what could not be stored takes no place, and is not stored with something else', async () => {
    let broken = false
    const { stable } = memoryStorage()
    const flaky: StableStore = {
      lost: new Set(),
      get: async name => stable.get(name),
      delete: async name => stable.delete(name),
      set: async (name, value) => {
        if (broken) throw new Error('disk full')
        await stable.set(name, value)
      }
    }
    const fence = createFence(flaky, () => undefined)
    await fence.check('disk', token(1, 1))
    broken = true
    for (let i = 0; i < 2 * MAX_FENCED; i += 100) {
      const names = Array.from({ length: 100 }, (_, n) => `refused ${i + n}`)
      expect(new Set(await Promise.all(names.map(async name => refusal(fence.check(name, token(9, 9))))))).to.deep.equal(new Set(['ElectionStoreError']))
    }
    expect(await refusal(fence.check('disk', token(1, 2)))).to.equal('ElectionStoreError')
    broken = false
    await Promise.all(Array.from({ length: MAX_FENCED - 1 }, async (_, i) => fence.check(`r${i}`, token(1, 1))))
    expect(await refusal(fence.check('one more', token(1, 1)))).to.equal('ElectionStoreError')
    const next = createFence(flaky, () => undefined)
    // what it has accepted before is not forgotten because a newer one could not be stored
    expect(await refusal(next.check('disk', token(1, 0)))).to.equal('StaleTokenError')
    expect(await refusal(next.check('r0', token(1, 0)))).to.equal('StaleTokenError')
    expect(JSON.stringify(JSON.parse(new TextDecoder().decode(await stable.get('election-fence'))))).not.to.include('refused')
  })

  it('after a loss takes nothing that is older than the leader it knows', async () => {
    const { stable } = memoryStorage()
    const damaged: StableStore = { lost: new Set(['election-fence']), get: async () => undefined, set: async (name, value) => stable.set(name, value), delete: async name => stable.delete(name) }
    const fence = createFence(damaged, () => token(2, 9))
    expect(await refusal(fence.check('a', token(2, 8)))).to.equal('StaleTokenError')
    expect(await refusal(fence.check('a', token(2, 9)))).to.equal('accepted')
  })

  it('after a loss takes nothing while no leader is known, and remembers the loss when it has stored something again', async () => {
    const { damaged, data, lost } = damagedStore()
    let known: FencingToken | undefined
    const fence = createFence(damaged, () => known)
    expect(await refusal(fence.check('disk', token(1, 1)))).to.equal('ElectionStoreError')
    known = token(9, 9)
    expect(await refusal(fence.check('disk', token(9, 8)))).to.equal('StaleTokenError')
    expect(await refusal(fence.check('disk', token(9, 9)))).to.equal('accepted')
    known = token(9, 7)
    expect(await refusal(fence.check('other', token(9, 8)))).to.equal('StaleTokenError')
    expect(lost.size).to.equal(0)
    const again = createFence(damaged, () => undefined)
    expect(await refusal(again.check('other', token(9, 8)))).to.equal('StaleTokenError')
    expect(await refusal(again.check('other', token(9, 9)))).to.equal('accepted')
    data.set('election-fence', new TextEncoder().encode('null'))
    expect(await refusal(createFence(damaged, () => undefined).check('disk', token(9, 9)))).to.equal('ElectionStoreError')
  })

  it('after a loss judges leaders of another service by the one that leads it now, also in the next life', async () => {
    const { damaged } = damagedStore()
    const service = 'billing'
    const known = new Map([[undefined, token(9, 1)], [service, token(5, 3)]])
    const fence = createFence(damaged, of => known.get(of))
    expect(await refusal(fence.check('invoices', token(5, 2), { service }))).to.equal('StaleTokenError')
    expect(await refusal(fence.check('invoices', token(5, 3), { service }))).to.equal('accepted')
    expect(await refusal(fence.check('own', token(8, 7)))).to.equal('StaleTokenError')
    expect(await refusal(fence.check('letters', token(1, 1), { service: 'mail' }))).to.equal('ElectionStoreError')
    expect(await refusal(fence.check('letters', token(1, 1), { service: '' }))).to.equal('InvalidNameError')
    expect(await refusal(fence.check('own', token(9, 1)))).to.equal('accepted')
    const next = createFence(damaged, () => undefined)
    expect(await refusal(next.check('receipts', token(5, 2), { service }))).to.equal('StaleTokenError')
    expect(await refusal(next.check('receipts', token(5, 3), { service }))).to.equal('accepted')
    expect(await refusal(next.check('another', token(9, 0)))).to.equal('StaleTokenError')
    expect(await refusal(next.check('letters', token(1, 1), { service: 'mail' }))).to.equal('ElectionStoreError')
  })

  it('after a loss one false record blinds it for minutes, not for good, also in the next life', async () => {
    const { damaged } = damagedStore()
    const wall = 1_800_000_000_000
    const epoch = wall * 1_024
    const record = (id: string, term: number): NodeInfo =>
      ({ id, service: 'billing', roles: ['voter'], state: 'up', election: { epoch, term, leader: id, voters: [id], group: epoch, kind: 'default' } }) as unknown as NodeInfo
    let now = 0
    let records = [record('true', 4), record('liar', Number.MAX_SAFE_INTEGER)]
    const start = (): (resource: string, term: number) => Promise<string> => {
      const discovery: Pick<Discovery, 'nodes'> = { nodes: () => [...records] }
      const views = new Views(discovery, undefined, () => ({ now, wall: wall + now }))
      const fence = createFence(damaged, service => views.get(service!)?.leader?.token, () => now)
      return async (resource, term) => refusal(fence.check(resource, token(epoch, term), { service: 'billing' }))
    }
    const check = start()
    expect(await check('invoices', 4)).to.equal('StaleTokenError')
    expect(await check('ledger', Number.MAX_SAFE_INTEGER)).to.equal('accepted')
    records = [record('true', 4)]
    now += 299_000
    expect(await check('invoices', 4)).to.equal('StaleTokenError')
    now += 302_000
    // what others say is looked at again, and then it is still a leader that may only be cut off
    expect(await check('invoices', 4)).to.equal('StaleTokenError')
    now += 299_000
    expect(await check('invoices', 4)).to.equal('StaleTokenError')
    const next = start()
    expect(await next('invoices', 4)).to.equal('StaleTokenError')
    now += 2_000
    expect(await check('invoices', 4)).to.equal('accepted')
    expect(await check('receipts', 3)).to.equal('StaleTokenError')
    // what was accepted stays so
    expect(await check('ledger', 4)).to.equal('StaleTokenError')
    const last = start()
    expect(await last('receipts', 4)).to.equal('accepted')
    expect(await last('receipts', 3)).to.equal('StaleTokenError')
  })

  it('after a loss a leader that is heard again is not forgotten because an older one was heard long ago', async () => {
    const { damaged } = damagedStore()
    let now = 0
    let known: FencingToken | undefined = token(5, 3)
    const fence = createFence(damaged, () => known, () => now)
    expect(await refusal(fence.check('a', token(5, 3)))).to.equal('accepted')
    for (const heard of [token(5, 2), token(5, 3), token(5, 2)]) {
      known = heard
      now += 299_000
      expect(await refusal(fence.check('b', token(5, 2)))).to.equal('StaleTokenError')
    }
    known = undefined
    now += 299_000
    expect(await refusal(fence.check('b', token(5, 2)))).to.equal('StaleTokenError')
  })

  it('after a loss two moments in which only an older leader was known, and a newer one or none between them, are not minutes of it', async () => {
    const time = new OwnTime()
    try {
      const { damaged } = damagedStore()
      let known: FencingToken | undefined = token(5, 3)
      const fence = createFence(damaged, () => known)
      expect(await refusal(fence.check('a', token(5, 3)))).to.equal('accepted')
      for (const between of [token(5, 3), undefined, token(5, 3)]) {
        known = token(5, 2)
        expect(await refusal(fence.check('b', token(5, 2)))).to.equal('StaleTokenError')
        await time.pass(1_000)
        known = between
        await time.pass(3_600_000)
      }
      known = token(5, 2)
      expect(await refusal(fence.check('b', token(5, 2)))).to.equal('StaleTokenError')
      await time.pass(299_000)
      expect(await refusal(fence.check('b', token(5, 2)))).to.equal('StaleTokenError')
      await time.pass(3_600_000)
      expect(await refusal(fence.check('b', token(5, 2))), 'known alone for long, asked seldom').to.equal('accepted')
    } finally {
      time.restore()
    }
  })

  it('after a loss each leader that is older than the last one has to be known for minutes', async () => {
    const { damaged } = damagedStore()
    let now = 0
    let known = token(5, 3)
    const fence = createFence(damaged, () => known, () => now)
    expect(await refusal(fence.check('a', known))).to.equal('accepted')
    known = token(5, 2)
    expect(await refusal(fence.check('b', known))).to.equal('StaleTokenError')
    now += 300_000
    expect(await refusal(fence.check('c', known))).to.equal('accepted')
    known = token(5, 1)
    expect(await refusal(fence.check('d', known))).to.equal('StaleTokenError')
    now += 299_000
    expect(await refusal(fence.check('d', known))).to.equal('StaleTokenError')
    now += 1_000
    expect(await refusal(fence.check('d', known))).to.equal('accepted')
  })

  it('refuses what is no resource and what is no token, and more resources than it can remember', async () => {
    const fence = createFence(memoryStorage().stable, () => undefined)
    for (const resource of ['', 'x'.repeat(300), '\ud800']) expect(await refusal(fence.check(resource, token(1, 1)))).to.equal('InvalidOptionsError')
    for (const bad of [undefined, {}, token(-1, 1), token(1, 0.5), { epoch: '1', term: 1 }]) expect(await refusal(fence.check('a', bad as FencingToken))).to.equal('InvalidOptionsError')
    await Promise.all(Array.from({ length: MAX_FENCED }, async (_, i) => fence.check(`r${i}`, token(1, 1))))
    expect(await refusal(fence.check('one more', token(1, 1)))).to.equal('ElectionStoreError')
  })
})
