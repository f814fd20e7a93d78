import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { signInfo } from '../../src/discovery/records.ts'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { Self } from '../../src/discovery/self.ts'
import { until } from '../harness/until.ts'
import type { VerifiedRecord } from '../../src/discovery/view.core.ts'
import type { PrivateKey } from '@libp2p/interface'

describe('a node\'s own record', () => {
  let key: PrivateKey
  let signed: VerifiedRecord[]
  let incarnations: number[]
  let conflicts: number
  let time: number
  let addresses: string[]
  let self: Self

  beforeEach(async () => {
    key = await generateKeyPair('Ed25519')
    signed = []
    incarnations = []
    conflicts = 0
    time = 0
    addresses = []
    self = new Self({
      mesh: 'shop',
      info: initialInfo(peerIdFromPrivateKey(key).toString(), { service: 'login', incarnation: 10 }),
      privateKey: key,
      addresses: () => addresses,
      onSigned: record => { signed.push(record) },
      onIncarnation: incarnation => { incarnations.push(incarnation) },
      onConflict: () => { conflicts++ },
      onError: error => { throw error },
      now: () => time
    })
  })

  afterEach(() => { self.stop() })

  /** A record of this node that this start did not make. */
  async function stray (incarnation: number, seq: number): Promise<[number, number, Uint8Array]> {
    const { signed } = await signInfo({ ...self.info, incarnation, seq, metadata: { made: 'elsewhere' } }, 'shop', key)
    return [incarnation, seq, signed]
  }

  it('says what a voter knows of its group, on change only, until it takes that back', async () => {
    await self.start()
    const election = { epoch: 1, term: 2, leader: 'a', voters: ['a', 'b'], group: 1, kind: 'expect' as const }
    self.update({ election })
    await until(() => signed.length === 2)
    self.update({ election: { ...election, voters: [...election.voters] } })
    self.update({ weight: 7 })
    await until(() => signed.length === 3)
    self.update({ election: null })
    await until(() => signed.length === 4)
    expect(signed.map(({ info }) => info.election)).to.deep.equal([undefined, election, election, undefined])
  })

  it('signs changes of one tick once, and what changes nothing not at all', async () => {
    await self.start()
    self.update({ weight: 7 })
    self.update({ methods: ['a'] })
    self.update({ methods: ['a'], state: 'draining' })
    expect(self.info).to.include({ weight: 7, state: 'draining', seq: 1 })
    await until(() => signed.length === 2)
    self.update({ weight: 7, methods: ['a'] })
    addresses = ['/ip4/127.0.0.1/tcp/1']
    self.refreshAddresses()
    self.refreshAddresses()
    await until(() => signed.length === 3)
    expect(signed.map(({ info }) => [info.seq, info.weight, info.addresses.length])).to.deep.equal([[1, 1_024, 0], [2, 7, 0], [3, 7, 1]])
  })

  it('does not share memory with a patch', async () => {
    await self.start()
    const methods = ['a']
    self.update({ methods })
    methods.push('b')
    await until(() => signed.length === 2)
    expect(signed[1]?.info.methods).to.deep.equal(['a'])
  })

  it('waits with its load, unless something else changes too', async () => {
    await self.start()
    self.update({ load: { links: 1, inflight: 0 } })
    self.update({ load: { links: 2, inflight: 0 } })
    self.update({ weight: 3 })
    await until(() => signed.length === 2)
    expect(signed[1]?.info).to.deep.include({ load: { links: 2, inflight: 0 }, weight: 3 })
    time += 1_990
    self.update({ load: { links: 3, inflight: 0 } })
    await until(() => signed.length === 3)
    expect(signed[2]?.info.load.links).to.equal(3)
  })

  it('refutes with the seq that is asked for, or a higher one', async () => {
    await self.start()
    self.refute(9)
    await until(() => signed.length === 2)
    self.refute(4)
    await until(() => signed.length === 3)
    expect(signed.map(({ info }) => info.seq)).to.deep.equal([1, 9, 10])
  })

  it('ignores its own records that come back, and older ones', async () => {
    await self.start()
    self.update({ weight: 2 })
    await until(() => signed.length === 2)
    for (const { info, signed: bytes } of signed) self.met(info.incarnation, info.seq, bytes)
    self.met(...await stray(9, 99))
    expect(self.info.incarnation).to.equal(10)
    expect(incarnations).to.deep.equal([])
  })

  for (const [what, incarnation, seq] of [['of a higher incarnation', 20, 1], ['of its incarnation and a higher seq', 10, 5], ['of its very number, yet not its own', 10, 1]] as const) {
    it(`rises above a stray record ${what}`, async () => {
      await self.start()
      self.met(...await stray(incarnation, seq))
      await until(() => signed.length === 2)
      expect(signed[1]?.info).to.include({ incarnation: incarnation + 1, seq: 1 })
      expect(incarnations).to.deep.equal([incarnation + 1])
      expect(conflicts).to.equal(0)
    })
  }

  it('rises above the highest of those that it met too soon after another one, when it may', async () => {
    await self.start()
    self.met(...await stray(20, 1))
    time += 950
    for (const incarnation of [30, 40, 35]) self.met(...await stray(incarnation, 1))
    expect(incarnations).to.deep.equal([21])
    time += 50
    await until(() => signed.at(-1)?.info.incarnation === 41)
    expect(incarnations).to.deep.equal([21, 41])
    expect(conflicts).to.equal(0)
  })

  it('forgets whom it met too soon when it stops', async () => {
    await self.start()
    self.met(...await stray(20, 1))
    time += 950
    self.met(...await stray(2 ** 50, 1))
    self.stop()
    await self.start()
    self.met(...await stray(self.info.incarnation, 9))
    const { incarnation } = self.info
    self.met(...await stray(incarnation, 9))
    time += 1_000
    await until(() => self.info.incarnation === incarnation + 1)
  })

  it('does not race with a living copy of itself: it rises ever more slowly, and says that there is one', async () => {
    await self.start()
    for (let i = 0; i < 100; i++) {
      self.met(...await stray(self.info.incarnation + 1, 1))
      time += 100
    }
    expect(incarnations.length).to.equal(4)
    expect(conflicts).to.equal(2)
  })

  it('says nothing more after it left, until it starts again as a new start', async () => {
    await self.start()
    const farewell = await self.leave()
    expect(farewell?.info).to.include({ state: 'left', seq: 2 })
    expect(await self.leave()).to.equal(undefined)
    self.update({ weight: 2 })
    self.refute(5)
    self.met(...await stray(50, 1))
    self.stop()
    expect(signed).to.have.length(1)
    await self.start()
    expect(signed[1]?.info).to.include({ state: 'up', seq: 1, weight: 2 })
    expect(signed[1]?.info.incarnation).to.be.greaterThan(10)
    expect(incarnations).to.deep.equal([signed[1]?.info.incarnation])
  })
})
