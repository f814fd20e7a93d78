import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { Bootstrapper } from '../../src/transport/index.ts'
import { backoff } from '../../src/util/backoff.core.ts'
import type { Connection, Libp2pEvents, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const ADDRESS = '/ip4/127.0.0.1/tcp/9/ws'

async function peer (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

interface Setup {
  bootstrapper: Bootstrapper
  events: TypedEventEmitter<Libp2pEvents>
  dials: string[]
  attempts: Array<Error | undefined>
  /** Resolves when so many attempts have ended. */
  reached: (attempts: number) => Promise<void>
}

async function setup (addresses: string[], open: (target: Multiaddr, dial: number) => Promise<Connection>, self?: PeerId, online = (): boolean => true): Promise<Setup> {
  const events = new TypedEventEmitter<Libp2pEvents>()
  const dials: string[] = []
  const attempts: Array<Error | undefined> = []
  let wake = (): void => {}
  const bootstrapper = new Bootstrapper(Object.assign(events, {
    peerId: self ?? await peer(),
    logger: defaultLogger(),
    dial: async (target: Multiaddr) => {
      dials.push(String(target))
      return open(target, dials.length)
    }
  }), { addresses, online, initialDelay: 1, maxDelay: 4, onAttempt: (_, error) => { attempts.push(error); wake() } })
  const reached = async (count: number): Promise<void> => {
    while (attempts.length < count) await new Promise<void>(resolve => { wake = resolve })
  }
  return { bootstrapper, events, dials, attempts, reached }
}

describe('bootstrap', () => {
  it('dials for ever while the bootstrap is down, and says what went wrong', async () => {
    const { bootstrapper, attempts, reached } = await setup([ADDRESS], async () => { throw new Error('connection refused') })
    bootstrapper.start()
    await reached(8)
    bootstrapper.stop()
    expect(attempts.every(error => error?.message === 'connection refused')).to.equal(true)
    expect(bootstrapper.failures()).to.have.lengthOf(1)
    expect(bootstrapper.failures()[0]).to.include({ address: ADDRESS })
  })

  it('forgets the failure once connected, and dials again when that peer disconnects', async () => {
    const remotePeer = await peer()
    const { bootstrapper, events, dials, reached } = await setup([ADDRESS], async (_, dial) => {
      if (dial === 1) throw new Error('too early')
      return { remotePeer, status: 'open' } as unknown as Connection
    })
    bootstrapper.start()
    await reached(2)
    expect(bootstrapper.failures()).to.deep.equal([])
    expect([...bootstrapper.peers]).to.deep.equal([remotePeer.toString()])
    events.safeDispatchEvent('peer:disconnect', { detail: await peer() })
    events.safeDispatchEvent('peer:disconnect', { detail: remotePeer })
    await reached(3)
    bootstrapper.stop()
    expect(dials).to.have.lengthOf(3)
  })

  it('dials anew when it starts again before an attempt of its former start has ended, as a page that is shown again', async () => {
    const remotePeer = await peer()
    const former = Promise.withResolvers<Connection>()
    const { bootstrapper, events, dials, reached } = await setup([ADDRESS], async (_, dial) => dial === 1 ? former.promise : { remotePeer, status: 'open' } as unknown as Connection)
    bootstrapper.start()
    bootstrapper.stop()
    bootstrapper.start()
    bootstrapper.retry()
    await reached(1)
    // what ends late says nothing of now
    former.reject(new Error('the attempt was given up'))
    await new Promise(resolve => { setTimeout(resolve, 20) })
    expect(dials).to.have.lengthOf(2)
    expect(bootstrapper.failures()).to.deep.equal([])
    events.safeDispatchEvent('peer:disconnect', { detail: remotePeer })
    await reached(2)
    bootstrapper.stop()
    expect(dials).to.have.lengthOf(3)
  })

  it('dials again what was closed as soon as it was open, before anybody knew whose end that was', async () => {
    const remotePeer = await peer()
    const { bootstrapper, attempts, dials, reached } = await setup([ADDRESS], async (_, dial) => ({ remotePeer, status: dial === 1 ? 'aborted' : 'open' }) as unknown as Connection)
    bootstrapper.start()
    await reached(2)
    bootstrapper.stop()
    expect(dials).to.have.lengthOf(2)
    expect(attempts.map(error => error?.message)).to.deep.equal(['closed at once', undefined])
  })

  it('learns that another peer answers at an address without an id', async () => {
    const peers = [await peer(), await peer()]
    const { bootstrapper, events, reached } = await setup([ADDRESS], async (_, dial) =>
      ({ remotePeer: peers[dial - 1], status: 'open' }) as unknown as Connection)
    bootstrapper.start()
    await reached(1)
    events.safeDispatchEvent('peer:disconnect', { detail: peers[0] as PeerId })
    await reached(2)
    bootstrapper.stop()
    expect([...bootstrapper.peers]).to.deep.equal([String(peers[1])])
  })

  it('leaves out its own address and refuses what is no multiaddr', async () => {
    const self = await peer()
    const { bootstrapper } = await setup([`${ADDRESS}/p2p/${self}`, ADDRESS], async () => { throw new Error('unused') }, self)
    expect(bootstrapper.size).to.equal(1)
    for (const address of ['localhost:9001', '', '/']) {
      const refusal = await setup([address], async () => { throw new Error('unused') }).catch((error: unknown) => error as Error)
      expect(refusal, address).to.have.property('name', 'InvalidOptionsError')
      expect((refusal as Error).message).to.contain(`'${address}'`)
    }
  })

  it('dials an address elsewhere once while there is no network, this machine on and on, and all when it is told to', async () => {
    let online = false
    const remote = '/ip4/192.0.2.1/tcp/9/ws'
    const { bootstrapper, dials, reached } = await setup([remote, ADDRESS], async () => { throw new Error('unreachable') }, undefined, () => online)
    bootstrapper.start()
    await reached(12)
    bootstrapper.retry()
    await reached(16)
    expect(dials.filter(dial => dial === remote)).to.have.lengthOf(1)
    expect(bootstrapper.failures().map(({ address }) => address)).to.deep.equal([remote, ADDRESS])
    online = true
    bootstrapper.retry()
    expect(dials.filter(dial => dial === remote)).to.have.lengthOf(2)
    await reached(30)
    bootstrapper.stop()
    expect(dials.filter(dial => dial === remote)).to.have.lengthOf.above(4)
  })

  it('dials nothing after stop', async () => {
    const { bootstrapper, events, dials, reached } = await setup([ADDRESS], async () => { throw new Error('down') })
    bootstrapper.start()
    await reached(1)
    bootstrapper.stop()
    const before = dials.length
    events.safeDispatchEvent('peer:disconnect', { detail: await peer() })
    bootstrapper.retry()
    expect(dials).to.have.lengthOf(before)
  })
})

describe('backoff', () => {
  it('doubles up to its cap and jitters by a half', () => {
    const init = { initial: 100, max: 1_000 }
    expect([0, 1, 2, 3, 4, 99].map(attempt => backoff(attempt, init, () => 1))).to.deep.equal([100, 200, 400, 800, 1_000, 1_000])
    expect(backoff(2, init, () => 0)).to.equal(200)
  })
})
