import { expect } from 'chai'
import { Bucket } from '../../src/transport/bucket.core.ts'
import { hostOf, RelayQuota } from '../../src/transport/relay-quota.core.ts'
import { relayServer } from '../../src/transport/relay.ts'
import { RELAY_BURST, RELAY_CIRCUITS, RELAY_CIRCUITS_PER_PAIR, RELAY_CIRCUITS_PER_PEER, RELAY_RATE, RELAY_REQUESTS, RELAY_RESERVATIONS, RELAY_RESERVATIONS_PER_IP } from '../../src/wire/limits.ts'

function times <T> (count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

describe('what a relay gives', () => {
  it('is a number of places', () => {
    const quota = new RelayQuota({})
    const others = times(RELAY_RESERVATIONS, i => `10.0.${i >> 8}.${i & 255}`)
    expect(quota.reserve('192.0.2.1', others.slice(1))).to.equal(undefined)
    expect(quota.reserve('192.0.2.1', others)).to.equal('reservations')
    expect(quota.stats(others.length)).to.deep.include({ reservations: RELAY_RESERVATIONS, reserved: 1 }).and.to.have.nested.property('refused.reservations', 1)
  })

  it('is fewer of them to one address, but not to those that a proxy brings', () => {
    const quota = new RelayQuota({ proxies: ['192.0.2.9'] })
    const same = times(RELAY_RESERVATIONS_PER_IP, () => '192.0.2.1')
    expect(quota.reserve('192.0.2.1', same.slice(1))).to.equal(undefined)
    expect(quota.reserve('192.0.2.1', same)).to.equal('reservationsPerIp')
    expect(quota.reserve('192.0.2.2', same)).to.equal(undefined)
    expect(quota.reserve(undefined, [...same, undefined])).to.equal(undefined)
    const proxied = times(RELAY_RESERVATIONS_PER_IP, () => '192.0.2.9')
    expect(quota.reserve('192.0.2.9', proxied)).to.equal(undefined)
  })

  it('is given to who does not ask too often for it', () => {
    const quota = new RelayQuota({})
    expect(times(RELAY_REQUESTS, () => quota.request('a', 0))).to.deep.equal(times(RELAY_REQUESTS, () => undefined))
    expect(quota.request('a', 0)).to.equal('requests')
    expect(quota.request('b', 0)).to.equal(undefined)
    expect(quota.request('a', 60_000)).to.equal(undefined)
    expect(quota.stats(0)).to.have.nested.property('refused.requests', 1)
    for (let i = 0; i < RELAY_REQUESTS; i++) quota.request('a', 60_000)
    quota.forget('a')
    expect(quota.request('a', 60_000)).to.equal(undefined)
  })

  it('takes the IPv6 addresses of a host for one', () => {
    expect(hostOf('2001:db8:1:2::5')).to.equal(hostOf('2001:0db8:1:2:ffff::1'))
    expect(hostOf('2001:db8:1:3::5')).not.to.equal(hostOf('2001:db8:1:2::5'))
    expect(hostOf('::1')).to.equal('0:0:0:0')
    expect(hostOf('2001:db8::')).to.equal('2001:db8:0:0')
    expect(hostOf('1:2:3:4:5:6:7:8')).to.equal('1:2:3:4')
    expect(hostOf('192.0.2.1')).to.equal('192.0.2.1')
  })

  it('is a number of circuits of each peer, whoever opened them, and in total', () => {
    const quota = new RelayQuota({})
    for (let i = 0; i < RELAY_CIRCUITS_PER_PEER / 2; i++) {
      expect(quota.open('a', `b${i}`)).to.equal(undefined)
      expect(quota.open(`c${i}`, 'a')).to.equal(undefined)
    }
    expect(quota.open('a', 'd')).to.equal('circuitsPerPeer')
    expect(quota.open('d', 'a')).to.equal('circuitsPerPeer')
    expect(quota.open('d', 'e')).to.equal(undefined)
    quota.close('a', 'b0')
    expect(quota.open('a', 'd')).to.equal(undefined)
    for (let i = RELAY_CIRCUITS_PER_PEER + 1; i < RELAY_CIRCUITS; i++) expect(quota.open(`x${i}`, `y${i}`)).to.equal(undefined)
    expect(quota.open('n', 'm')).to.equal('circuits')
    expect(quota.stats(0)).to.deep.include({ circuits: RELAY_CIRCUITS }).and.to.have.nested.property('refused.circuits', 1)
    quota.close('x200', 'y200')
    expect(quota.open('n', 'm')).to.equal(undefined)
  })

  it('is few circuits of one pair, whoever of them opened them: nobody uses up those of another', () => {
    const quota = new RelayQuota({})
    for (let i = 0; i < RELAY_CIRCUITS_PER_PAIR; i++) expect(i % 2 === 0 ? quota.open('a', 'x') : quota.open('x', 'a')).to.equal(undefined)
    for (let i = RELAY_CIRCUITS_PER_PAIR; i < RELAY_CIRCUITS_PER_PEER; i++) expect(quota.open('a', 'x')).to.equal('circuitsPerPair')
    expect(quota.open('x', 'a')).to.equal('circuitsPerPair')
    expect(quota.open('b', 'x')).to.equal(undefined)
    expect(quota.open('a', 'y')).to.equal(undefined)
    quota.close('a', 'x')
    expect(quota.open('x', 'a')).to.equal(undefined)
    expect(quota.stats(0)).to.have.nested.property('refused.circuitsPerPair', RELAY_CIRCUITS_PER_PEER - RELAY_CIRCUITS_PER_PAIR + 1)
  })

  it('is so many bytes a second of each peer: more are read more slowly', () => {
    const quota = new RelayQuota({})
    expect(quota.sent('a', RELAY_RATE * RELAY_BURST, 0)).to.equal(0)
    expect(quota.sent('b', RELAY_RATE * RELAY_BURST, 0)).to.equal(0)
    expect(quota.sent('a', RELAY_RATE, 0)).to.equal(1_000)
    expect(quota.sent('a', 0, 1_000)).to.equal(0)
    expect(quota.stats(0)).to.deep.include({ bytes: RELAY_RATE * (2 * RELAY_BURST + 1), slowed: 1 })
    quota.forget('a')
    expect(quota.sent('a', RELAY_RATE * RELAY_BURST, 1_000)).to.equal(0)
  })

  it('is what its options say, if they can be', () => {
    for (const [options, hint] of [
      [{ reservations: 0 }, 'relay.reservations'], [{ reservationsPerIp: 1.5 }, 'relay.reservationsPerIp'], [{ circuits: Number.NaN }, 'relay.circuits'],
      [{ circuitsPerPeer: 1_001 }, '1 to 1000'], [{ bytesPerSecond: -1 }, 'relay.bytesPerSecond'], [{ proxies: '127.0.0.1' }, 'relay.proxies']
    ] as Array<[object, string]>) expect(() => relayServer(options), JSON.stringify(options)).to.throw(hint).with.property('name', 'InvalidOptionsError')
    expect(() => relayServer({ bytesPerSecond: Infinity, reservations: 5 })).not.to.throw()
  })
})

describe('a bucket', () => {
  it('lets a burst pass, then a rate, and forgives nothing', () => {
    const bucket = new Bucket(100, 50, 0)
    expect(bucket.take(50, 0)).to.equal(0)
    expect(bucket.take(10, 0)).to.equal(100)
    expect(bucket.take(10, 50)).to.equal(150)
    expect(bucket.take(0, 200)).to.equal(0)
    expect(bucket.take(51, 100_000)).to.equal(10)
    expect(bucket.take(10, 99_000)).to.equal(110)
  })

  it('without a rate lets everything pass', () => {
    expect(new Bucket(Infinity, Infinity, 0).take(Number.MAX_VALUE, 0)).to.equal(0)
  })
})
