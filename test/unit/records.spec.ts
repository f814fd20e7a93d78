import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Intake } from '../../src/discovery/intake.ts'
import { encodeInfo, signInfo, toInfo, verifyRecord } from '../../src/discovery/records.ts'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { decodeNodeRecord, decodeSignedRecord, encodeSignedRecord } from '../../src/wire/discovery-codec.ts'
import { MAX_NODES } from '../../src/wire/limits.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import { turn } from './turn.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { Origin } from '../../src/discovery/intake.ts'
import type { VerifiedRecord } from '../../src/discovery/view.core.ts'
import type { SignedRecord } from '../../src/wire/discovery-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

async function info (key: PrivateKey, more: Partial<NodeInfo> = {}): Promise<NodeInfo> {
  return { ...initialInfo(peerIdFromPrivateKey(key).toString(), { service: 'login', name: 'login-1', incarnation: 7 }), ...more }
}

async function sign (key: PrivateKey, more: Partial<NodeInfo> = {}, mesh = 'shop'): Promise<SignedRecord> {
  const { signed } = await signInfo(await info(key, more), mesh, key)
  return decodeSignedRecord(signed)
}

describe('records', () => {
  let key: PrivateKey
  let other: PrivateKey

  before(async () => {
    key = await generateKeyPair('Ed25519')
    other = await generateKeyPair('Ed25519')
  })

  it('say on the other side what they said here', async () => {
    const full = await info(key, {
      seq: 9, state: 'draining', roles: ['relay'], weight: 4, load: { links: 1, inflight: 2 }, methods: ['user.password'],
      metadata: { zone: 'a', empty: '' }, addresses: ['/ip4/127.0.0.1/tcp/9001', '/dns4/example.com/tcp/443/wss']
    })
    const { signed } = await signInfo(full, 'shop', key)
    const read = toInfo(decodeNodeRecord(decodeSignedRecord(signed).record))
    expect(read).to.deep.equal(full)
    expect(Object.isFrozen(read)).to.equal(true)
  })

  for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
    it(`verify with the key that the id names (${type})`, async () => {
      const pair = type === 'RSA' ? await generateKeyPair('RSA', 2_048) : await generateKeyPair(type)
      const id = peerIdFromPrivateKey(pair).toString()
      const record = await sign(pair)
      expect(await verifyRecord(id, record)).to.equal(true)
      expect(await verifyRecord(id, { ...record, record: new Uint8Array([...record.record, 0]) })).to.equal(false)
      expect(await verifyRecord(peerIdFromPrivateKey(other).toString(), record)).to.equal(false)
    })
  }

  it('do not verify under another key that is sent along', async () => {
    const pair = await generateKeyPair('RSA', 2_048)
    const stranger = await generateKeyPair('RSA', 2_048)
    const record = await sign(pair)
    const forged = await signInfo({ ...await info(pair) }, 'shop', stranger)
    expect(await verifyRecord(peerIdFromPrivateKey(pair).toString(), decodeSignedRecord(forged.signed))).to.equal(false)
    expect(await verifyRecord('not a peer id', record)).to.equal(false)
    expect(await verifyRecord('', record)).to.equal(false)
  })

  it('do not verify under another spelling of the id: one node would be two', async () => {
    const record = await sign(key)
    const peerId = peerIdFromPrivateKey(key)
    expect(await verifyRecord(peerId.toString(), record)).to.equal(true)
    expect(await verifyRecord(peerId.toCID().toString(), record)).to.equal(false)
  })

  it('do not verify a signature that was made for another purpose', async () => {
    const record = encodeInfo(await info(key), 'shop')
    const bare = await key.sign(record)
    expect(await verifyRecord(peerIdFromPrivateKey(key).toString(), { record: new Uint8Array(record), signature: new Uint8Array(bare), publicKey: new Uint8Array() })).to.equal(false)
  })

  describe('intake', () => {
    const from = 'peer'
    let faults: Array<{ fault: string, origin: Origin }>
    let accepted: VerifiedRecord[]
    let intake: Intake
    let asked: string[]
    let banned: Set<string>

    beforeEach(() => {
      faults = []
      accepted = []
      asked = []
      banned = new Set()
      intake = new Intake({
        mesh: 'shop',
        wants: (_, incarnation, seq) => {
          asked.push(`${incarnation}/${seq}`)
          return incarnation >= 7
        },
        ignores: id => banned.has(id),
        onRecord: record => { accepted.push(record) },
        onFault: (fault, origin) => { faults.push({ fault, origin }) },
        now: () => 0
      })
    })

    afterEach(() => { intake.stop() })

    it('lets a good record through, with the bytes it came as', async () => {
      const record = await sign(key, { seq: 3 })
      intake.offer([record], { from, firstHand: false })
      await until(() => accepted.length > 0)
      expect(accepted.map(({ info }) => info.seq)).to.deep.equal([3])
      expect(accepted[0]?.signed).to.deep.equal(encodeSignedRecord(record))
      expect(faults).to.have.length(0)
    })

    it('refuses lies and says which', async () => {
      const good = await sign(key)
      intake.offer([
        { ...good, signature: new Uint8Array(64) },
        { ...good, signature: new Uint8Array(3) },
        { ...good, record: new Uint8Array([1, 2, 3]) },
        await sign(key, {}, 'other')
      ], { from, firstHand: false })
      // signatures are verified at once in Node and a little later in browsers
      await until(() => faults.length === 4)
      expect(faults.map(({ fault }) => fault)).to.have.members(['bad_signature', 'bad_signature', 'malformed', 'wrong_mesh'])
      expect(accepted).to.have.length(0)
    })

    it('asks whether a record is news before it verifies it', async () => {
      const old = { ...await sign(key, { incarnation: 6 }), signature: new Uint8Array(64) }
      intake.offer([old], { from, firstHand: false })
      expect(asked).to.deep.equal(['6/0'])
      expect(faults).to.have.length(0)
    })

    it('verifies nothing more of a peer that was cut', async () => {
      banned.add(from)
      intake.offer([await sign(key)], { from, firstHand: false })
      expect(asked).to.have.length(0)
      expect(accepted).to.have.length(0)
    })

    it('holds a bounded number of bytes of one peer, and works off what it holds in slices', swiftly(async () => {
      let time = 0
      const slow = new Intake({
        mesh: 'shop',
        wants: () => true,
        ignores: () => false,
        onRecord: record => { accepted.push(record) },
        onFault: (fault, origin) => { faults.push({ fault, origin }) },
        // each look at the clock takes longer than a slice, so that one record is judged per turn
        now: () => { time += 5; return time }
      })
      const big = await sign(key, { methods: Array.from({ length: 200 }, (_, i) => `method-with-a-long-name-to-fill-the-record-${i}`) })
      const records = Array.from({ length: 600 }, () => big)
      slow.offer(records, { from, firstHand: false })
      const overload = faults.filter(({ fault }) => fault === 'overload').length
      expect(accepted.length).to.be.lessThan(10)
      expect(overload).to.be.greaterThan(0)
      await until(() => accepted.length + overload === records.length)
      slow.stop()
    }))

    it('takes one record of each peer in turn, however many one of them sends', async () => {
      let time = 0
      const seen: string[] = []
      const fair = new Intake({
        mesh: 'shop',
        wants: () => true,
        ignores: () => false,
        onRecord: (_, origin) => { seen.push(origin.from ?? 'gossip') },
        onFault: () => {},
        now: () => { time += 5; return time }
      })
      const record = await sign(key)
      fair.offer(Array.from({ length: 50 }, () => record), { from: 'flooder', firstHand: false })
      fair.offer([record], { from: 'friend', firstHand: false })
      fair.offer([record, record], { from: undefined, firstHand: false })
      await until(() => seen.length === 53)
      expect(seen.indexOf('friend')).to.be.lessThan(5)
      expect(seen.lastIndexOf('gossip')).to.be.lessThan(8)
      fair.stop()
    })

    it('leaves places free beside what one peer floods, and for each more that comes', async () => {
      let time = 0
      const seen: string[] = []
      const overloads: Array<string | undefined> = []
      const full = new Intake({
        mesh: 'shop',
        wants: () => true,
        ignores: () => false,
        onRecord: (_, { from }) => { seen.push(from ?? 'gossip') },
        onFault: (fault, { from }) => { if (fault === 'overload') overloads.push(from) },
        // each look at the clock takes longer than a slice, so that one record is judged per turn
        now: () => { time += 5; return time },
        verify: () => true
      })
      const record = await sign(key)
      const flood = (count: number, from: string): void => { full.offer(Array.from({ length: count }, () => record), { from, firstHand: false }) }
      // all nodes of the largest mesh, by one exchange
      flood(MAX_NODES, 'flooder')
      expect(overloads).to.deep.equal([])
      flood(MAX_NODES + 512, 'flooder')
      for (let i = 0; i < 20; i++) flood(2_000, `flooder-${i}`)
      expect(overloads.length).to.be.greaterThan(MAX_NODES)
      await until(() => seen.length > 30)
      flood(512, 'flooder')
      full.offer([record], { from: 'friend', firstHand: true })
      full.offer([record], { from: undefined, firstHand: false })
      await until(() => seen.includes('friend') && seen.includes('gossip'))
      expect(overloads.filter(from => from?.startsWith('flooder') !== true)).to.deep.equal([])
      full.stop()
    })

    it('holds a bounded number of records of all, and refuses who comes then', async () => {
      const refused: unknown[] = []
      const full = new Intake({
        mesh: 'shop', wants: () => true, ignores: () => false, onRecord: () => {}, onFault: (_, { from }) => { refused.push(from) }, now: () => 0,
        verify: async () => new Promise(() => {})
      })
      const record = await sign(key)
      // those that are being verified wait no more
      for (let i = 0; i < 2 * MAX_NODES + 8; i++) full.offer([record], { from: `peer-${i}`, firstHand: false })
      expect(refused).to.deep.equal([])
      full.offer([record], { from: 'late', firstHand: false })
      expect(refused).to.deep.equal(['late'])
      full.stop()
    })

    it('works where verification takes its time, a few at once', async () => {
      let running = 0
      let most = 0
      const answers: Array<() => void> = []
      const later = new Intake({
        mesh: 'shop',
        wants: () => true,
        ignores: () => false,
        onRecord: record => { accepted.push(record) },
        onFault: (fault, origin) => { faults.push({ fault, origin }) },
        now: () => 0,
        verify: async (id, signed) => {
          most = Math.max(most, ++running)
          await new Promise<void>(resolve => { answers.push(resolve) })
          running--
          return verifyRecord(id, signed)
        }
      })
      const bad = { ...await sign(key), signature: new Uint8Array(64) }
      later.offer([bad, ...await Promise.all(Array.from({ length: 20 }, async (_, seq) => sign(key, { seq })))], { from, firstHand: false })
      await until(() => {
        answers.splice(0).forEach(answer => { answer() })
        return accepted.length === 20
      })
      expect(faults.map(({ fault }) => fault)).to.deep.equal(['bad_signature'])
      expect(most).to.be.within(2, 8)
      later.offer([await sign(key)], { from, firstHand: false })
      later.stop()
      answers.splice(0).forEach(answer => { answer() })
      await new Promise<void>(turn)
      expect(accepted).to.have.length(20)
    })
  })
})
