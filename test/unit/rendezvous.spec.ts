import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { CID } from 'multiformats/cid'
import { concat } from 'uint8arrays/concat'
import { DISCOVERY } from '../fixtures/wire/discovery.ts'
import { Counters } from '../../src/discovery/counters.ts'
import { Rendezvous } from '../../src/discovery/rendezvous.ts'
import { useSwiftTime } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { RendezvousInit } from '../../src/discovery/rendezvous.ts'
import type { PeerId, Provider } from '@libp2p/interface'

/** Everybody's provider records, as a DHT would keep them. */
class FakeRouting {
  readonly providers = new Map<string, Provider[]>()
  readonly log: string[] = []
  readonly self: PeerId
  fail: Error | undefined

  constructor (self: PeerId) {
    this.self = self
  }

  async provide (cid: { toString: () => string }): Promise<void> {
    this.log.push('provide')
    if (this.fail != null) throw this.fail
    const list = this.providers.get(cid.toString()) ?? []
    list.push({ id: this.self, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/1')], routing: 'fake' })
    this.providers.set(cid.toString(), list)
  }

  async * findProviders (cid: { toString: () => string }): AsyncGenerator<Provider> {
    this.log.push('lookup')
    if (this.fail != null) throw this.fail
    yield * this.providers.get(cid.toString()) ?? []
  }
}

describe('rendezvous', () => {
  useSwiftTime()
  let routing: FakeRouting
  let found: string[]
  let rendezvous: Rendezvous | undefined

  function create (more: Partial<RendezvousInit> = {}): Rendezvous {
    rendezvous = new Rendezvous({
      mesh: 'shop',
      service: 'login',
      contentRouting: () => routing,
      connected: () => true,
      reachable: () => true,
      lonely: () => true,
      has: () => false,
      onProvider: peer => { found.push(peer.toString()) },
      counters: new Counters(),
      random: () => 0.5,
      now: () => performance.now(),
      log: defaultLogger().forComponent('test'),
      ...more
    })
    rendezvous.start()
    return rendezvous
  }

  beforeEach(async () => {
    routing = new FakeRouting(peerIdFromPrivateKey(await generateKeyPair('Ed25519')))
    found = []
  })

  afterEach(() => { rendezvous?.stop() })

  it('provides the mesh and the service once it is connected, and looks for others', async () => {
    create().connected()
    await until(() => found.length > 0)
    expect(routing.log).to.deep.equal(['provide', 'provide', 'lookup'])
    const provided = [...routing.providers.keys()]
    expect(provided).to.have.length(2)
    expect(provided.every(cid => cid.startsWith('bafkrei'))).to.equal(true)
    // what a peer in another language has to provide
    const told = DISCOVERY.find(({ name }) => name === 'provided-keys')?.encode()
    expect(concat(provided.map(cid => CID.parse(cid).bytes))).to.deep.equal(told)
  })

  it('goes on looking while the node is alone, and does not provide again', async () => {
    create().connected()
    await until(() => routing.log.filter(entry => entry === 'lookup').length >= 2)
    expect(routing.log.filter(entry => entry === 'provide')).to.have.length(2)
  })

  it('provides nothing while nobody can dial this node, but looks', async () => {
    create({ reachable: () => false }).connected()
    await until(() => routing.log.length > 0)
    expect(routing.log).to.deep.equal(['lookup'])
  })

  it('looks for a service that somebody waits for, at once', async () => {
    const waiting = create({ lonely: () => false })
    waiting.want('mail')
    await until(() => routing.log.length === 4)
    expect(routing.log).to.deep.equal(['provide', 'provide', 'lookup', 'lookup'])
  })

  it('tries again what failed', async () => {
    routing.fail = new Error('no peers')
    create().connected()
    await until(() => routing.log.length >= 3)
    routing.fail = undefined
    await until(() => routing.providers.size === 2 && found.length > 0)
  })

  it('is silent where there is no DHT', async () => {
    routing.fail = Object.assign(new Error('No content routers available'), { name: 'NoContentRoutersError' })
    const silent = create()
    silent.connected()
    await until(() => routing.log.length > 0)
    const before = [...routing.log]
    silent.connected()
    silent.want('mail')
    const asked = routing.log
    routing = new FakeRouting(routing.self)
    const other = create()
    other.connected()
    await until(() => routing.log.filter(entry => entry === 'lookup').length >= 2)
    silent.stop()
    expect(asked).to.deep.equal(before)
  })
})
