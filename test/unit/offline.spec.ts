/** What a node knows of its paths while it has no network, and what it does when it, or the network, was away. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { Connectivity } from '../../src/connectivity.ts'
import { Revival } from '../../src/revival.ts'
import { useSwiftTime } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { ConnectivityInit } from '../../src/connectivity.ts'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

async function peer (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

interface Fake extends Connection { aborted: boolean, readonly maConn: EventTarget }

function connection (remotePeer: PeerId, address: string, direction: 'inbound' | 'outbound' = 'outbound'): Fake {
  const fake = { remotePeer, remoteAddr: multiaddr(address), direction, aborted: false, maConn: new EventTarget(), abort: () => { fake.aborted = true } }
  return fake as unknown as Fake
}

const LOCAL = '/ip4/127.0.0.1/tcp/9/ws'
const REMOTE = '/ip4/192.0.2.1/tcp/9/ws'

describe('a node without a network', () => {
  it('has no path but those within its machine, and says that it is offline', async () => {
    const member = await peer()
    const changes: boolean[] = []
    let online = true
    let trusted = true
    let connections = [connection(member, REMOTE)]
    const connectivity = new Connectivity({
      mesh: 'm',
      events: new TypedEventEmitter(),
      connections: () => connections,
      discovery: Object.assign(new TypedEventEmitter(), { node: (id: string) => id === member.toString() ? {} : undefined }) as unknown as ConnectivityInit['discovery'],
      bootstrapper: { size: 1, peers: new Set(), failures: () => [{ address: REMOTE, error: new Error('unreachable') }] } as unknown as ConnectivityInit['bootstrapper'],
      online: () => online,
      trusts: () => trusted,
      onChange: joined => { changes.push(joined) }
    })
    expect(connectivity.refresh()).to.equal(true)
    online = false
    expect(connectivity.refresh()).to.equal(false)
    expect(connectivity.reasons().map(({ name, message }) => [name, message])).to.deep.equal([['OfflineError', 'this machine is offline']])
    // every address was tried: a start waits no longer
    await connectivity.settled()
    connections = [connection(member, REMOTE), connection(member, LOCAL)]
    expect(connectivity.refresh()).to.equal(true)
    connections.pop()
    connectivity.refresh()
    online = true
    // it may have died meanwhile
    trusted = false
    expect(connectivity.refresh()).to.equal(false)
    trusted = true
    expect(connectivity.refresh()).to.equal(true)
    expect(connectivity.reasons().map(({ message }) => message).join()).to.include('unreachable')
    expect(changes).to.deep.equal([true, false, true, false, true])
  })
})

describe('a node with two connections to a peer', () => {
  it('looks for its path again when one of them ends, as the other one may be none', async () => {
    const member = await peer()
    const [local, remote] = [connection(member, LOCAL), connection(member, REMOTE)]
    const events: ConnectivityInit['events'] = new TypedEventEmitter()
    let connections = [local, remote]
    const connectivity = new Connectivity({
      mesh: 'm',
      events,
      connections: () => connections,
      discovery: Object.assign(new TypedEventEmitter(), { node: () => ({}) }) as unknown as ConnectivityInit['discovery'],
      bootstrapper: { size: 1, peers: new Set(), failures: () => [] } as unknown as ConnectivityInit['bootstrapper'],
      online: () => false,
      trusts: () => true,
      onChange: () => {}
    })
    connectivity.start()
    expect(connectivity.refresh()).to.equal(true)
    connections = [remote]
    events.safeDispatchEvent('connection:close', { detail: local })
    expect(connectivity.joined).to.equal(false)
    connectivity.stop()
  })
})

describe('a node that was away', () => {
  useSwiftTime()

  interface Setup { revival: Revival, done: number[], asked: string[] }

  interface Options { online?: () => boolean, joined?: () => boolean, ping?: (peer: PeerId, options: { signal: AbortSignal }) => Promise<number> }

  function setup (connections: Fake[], { online = () => true, joined = () => true, ping = async () => 1 }: Options = {}): Setup {
    const done: number[] = []
    const asked: string[] = []
    for (const connection of connections) {
      const { remotePeer } = connection
      connection.newStream = async (_, options) => {
        asked.push(remotePeer.toString())
        await ping(remotePeer, options as { signal: AbortSignal })
        return { abort: () => {} } as unknown as Stream
      }
    }
    const libp2p = { getConnections: () => connections }
    return { revival: new Revival({ libp2p, online, joined, onDone: slept => { done.push(slept) } }), done, asked }
  }

  const turns = async (): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, 0) }) }

  it('asks on each connection that it has dialled itself, once each, and is up to date once, when all have answered', async () => {
    const [a, b, c] = await Promise.all([peer(), peer(), peer()])
    const answers: Array<(ms: number) => void> = []
    const { revival, done, asked } = setup([
      connection(a, REMOTE), connection(a, LOCAL), connection(b, LOCAL),
      connection(c, LOCAL, 'inbound'), connection(c, `${REMOTE}/p2p/${a.toString()}/p2p-circuit`)
    ], { ping: async () => new Promise(resolve => { answers.push(resolve) }) })
    revival.begin(1_000)
    revival.begin(5_000)
    revival.begin(0)
    expect(asked).to.deep.equal([a.toString(), a.toString(), b.toString()])
    answers[0]?.(1)
    answers[2]?.(1)
    await turns()
    expect(done).to.deep.equal([])
    answers[1]?.(1)
    await turns()
    expect(done).to.deep.equal([5_000])
    expect(revival.done()).to.equal(false)
  })

  it('has a path when one of two connections to its only peer works, whichever, and closes the other', async () => {
    for (const works of [0, 1]) {
      const member = await peer()
      const both = [connection(member, REMOTE), connection(member, REMOTE)] as const
      const { revival, done } = setup([...both])
      both[1 - works]!.newStream = async () => new Promise(() => {})
      revival.begin(0)
      await turns()
      expect(both.map(connection => revival.trusts(connection))).to.deep.equal([works === 0, works === 1])
      await until(() => both[1 - works]!.aborted && done.length > 0)
      expect(both[works]!.aborted).to.equal(false)
    }
  })

  it('takes a refusal for an answer: who does not speak the protocol lives', async () => {
    for (const name of ['UnsupportedProtocolError', 'TooManyOutboundProtocolStreamsError']) {
      const { revival, done } = setup([connection(await peer(), REMOTE)], { ping: async () => { throw Object.assign(new Error('no'), { name }) } })
      revival.begin(0)
      for (let i = 0; i < 10; i++) await turns()
      expect(done).to.deep.equal([0])
    }
  })

  it('does not wait for one that says nothing once another has answered', async () => {
    const [silent, quick] = await Promise.all([peer(), peer()])
    const { revival, done } = setup([connection(silent, REMOTE), connection(quick, REMOTE)], {
      ping: async asked => asked.equals(silent) ? new Promise(() => {}) : 1
    })
    revival.begin(1_000)
    while (done.length === 0) await new Promise(resolve => { setTimeout(resolve, 10) })
    expect(done).to.deep.equal([1_000])
  })

  it('takes no connection that fails for a path: the end of it is about to be seen', async () => {
    const { revival, done } = setup([connection(await peer(), REMOTE)], { ping: async () => { throw new Error('the connection is closed') } })
    revival.begin(1_000)
    for (let i = 0; i < 10; i++) await turns()
    expect(done).to.deep.equal([])
    // there is a new one
    expect(revival.done()).to.equal(true)
    expect(done).to.deep.equal([1_000])
  })

  it('gives a connection up that does not answer in time, and no other', async () => {
    const [silent, failing] = [connection(await peer(), REMOTE), connection(await peer(), REMOTE)]
    const { revival } = setup([silent, failing], {
      ping: async (peer, { signal }) => {
        if (peer.equals(failing.remotePeer)) throw new Error('too many streams')
        return new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) })
      }
    })
    revival.begin(1_000)
    while (!silent.aborted) await new Promise(resolve => { setTimeout(resolve, 10) })
    expect(failing.aborted).to.equal(false)
  })

  it('keeps a connection whose answer is late while something else comes on it, and gives up one that only brings what was sent before', async () => {
    const [busy, dead] = [connection(await peer(), REMOTE), connection(await peer(), REMOTE)]
    const { revival, done } = setup([busy, dead], { ping: async () => new Promise(() => {}) })
    revival.begin(1_000)
    dead.maConn.dispatchEvent(new Event('message'))
    const traffic = setInterval(() => { busy.maConn.dispatchEvent(new Event('message')) }, 100)
    try {
      await until(() => dead.aborted && done.length > 0)
      expect([busy.aborted, done]).to.deep.equal([false, [1_000]])
    } finally {
      clearInterval(traffic)
    }
  })

  it('gives no connection up because it stood still itself once more, so that no answer could be heard', async () => {
    const member = connection(await peer(), REMOTE)
    const { revival, done } = setup([member], {
      ping: async (_, { signal }) => {
        // a protocol is agreed upon before it is spoken
        for (let i = 0; i < 5; i++) await new Promise(resolve => { setTimeout(resolve, 5) })
        signal.throwIfAborted()
        return 1
      }
    })
    revival.begin(1_000)
    const end = performance.now() + 5_500
    while (performance.now() < end) { /* nothing else runs */ }
    await until(() => done.length > 0)
    expect(member.aborted).to.equal(false)
  })

  it('the answers of an earlier time away end no later one, and close nothing after the end', async () => {
    const member = connection(await peer(), REMOTE)
    const answers: Array<PromiseWithResolvers<number>> = []
    const { revival, done } = setup([member], {
      ping: async (_, { signal }) => {
        const answer = Promise.withResolvers<number>()
        signal.addEventListener('abort', () => { answer.reject(signal.reason as Error) })
        answers.push(answer)
        return answer.promise
      }
    })
    revival.begin(1_000)
    expect(revival.done()).to.equal(true)
    revival.begin(2_000)
    expect(answers).to.have.lengthOf(2)
    answers[0]?.resolve(1)
    for (let i = 0; i < 10; i++) await turns()
    expect(done).to.deep.equal([1_000])
    answers[1]?.resolve(1)
    for (let i = 0; i < 10 && done.length < 2; i++) await turns()
    expect(done).to.deep.equal([1_000, 2_000])
    revival.begin(3_000)
    revival.stop()
    for (let i = 0; i < 10; i++) await turns()
    await answers[2]?.promise.catch(() => {})
    expect([done.length, member.aborted]).to.deep.equal([2, false])
  })

  it('takes no connection from before for a path when the network is back, until its peer has answered', async () => {
    const [dead, alive] = [connection(await peer(), REMOTE), connection(await peer(), REMOTE)]
    const answer = Promise.withResolvers<number>()
    let joined = false
    const { revival, done } = setup([dead, alive], {
      joined: () => {
        const found = [dead, alive].some(connection => revival.trusts(connection))
        if (found && !joined) revival.done()
        joined = found
        return joined
      },
      ping: async asked => asked.equals(dead.remotePeer) ? new Promise(() => {}) : answer.promise
    })
    expect(revival.trusts(dead)).to.equal(true)
    revival.begin(0)
    const later = connection(await peer(), REMOTE)
    expect([dead, alive, later].map(connection => revival.trusts(connection))).to.deep.equal([false, false, true])
    expect(done).to.deep.equal([])
    answer.resolve(1)
    await turns()
    expect([dead, alive].map(connection => revival.trusts(connection))).to.deep.equal([false, true])
    expect(done).to.deep.equal([0])
    await until(() => revival.trusts(dead))
    expect(done).to.deep.equal([0])
  })

  it('trusts who answers once the network stays, however often it went before, and asks those anew that had answered', async () => {
    const member = connection(await peer(), REMOTE)
    const answers: Array<PromiseWithResolvers<number>> = []
    let online = true
    const { revival, done } = setup([member], {
      online: () => online,
      joined: () => online && revival.trusts(member),
      ping: async () => {
        const answer = Promise.withResolvers<number>()
        answers.push(answer)
        return answer.promise
      }
    })
    revival.begin(0)
    online = false
    // the browser tells later than the network is there
    answers[0]?.resolve(1)
    await until(() => revival.trusts(member))
    online = true
    revival.begin(0)
    expect(answers).to.have.lengthOf(2)
    for (let i = 0; i < 10; i++) await turns()
    expect([revival.trusts(member), done]).to.deep.equal([false, []])
    answers[1]?.resolve(1)
    await until(() => done.length > 0)
    expect([revival.trusts(member), done]).to.deep.equal([true, [0]])
  })

  it('looks for its path again when its doubts end, also when a path that it had meanwhile was lost', async () => {
    const [asked, dialled] = [connection(await peer(), REMOTE), connection(await peer(), REMOTE, 'inbound')]
    let joined = false
    const { revival, done } = setup([asked, dialled], {
      joined: () => (joined = revival.trusts(dialled)),
      ping: async () => { throw new Error('too many streams') }
    })
    revival.begin(0)
    // by another connection, which is gone by now
    expect([revival.done(), joined]).to.deep.equal([true, false])
    await until(() => joined)
    expect(done).to.deep.equal([0])
  })

  it('gives no connection up that it did not ask on, as the peer dialled it, or a relay leads there', async () => {
    const member = await peer()
    const [dead, dialled, relayed] = [connection(member, REMOTE), connection(member, REMOTE, 'inbound'), connection(member, `${REMOTE}/p2p/${member.toString()}/p2p-circuit`)]
    const { revival } = setup([dead, dialled, relayed], { ping: async () => new Promise(() => {}) })
    revival.begin(1_000)
    await until(() => dead.aborted)
    expect([dialled.aborted, relayed.aborted]).to.deep.equal([false, false])
    revival.stop()
  })

  it('gives no connection up while it has no network', async () => {
    const member = connection(await peer(), REMOTE)
    let online = false
    const { revival, done } = setup([member], { online: () => online, joined: () => online, ping: async () => new Promise(() => {}) })
    revival.begin(1_000)
    await new Promise(resolve => { setTimeout(resolve, 6_000) })
    online = true
    revival.begin(0)
    await new Promise(resolve => { setTimeout(resolve, 4_000) })
    expect([member.aborted, revival.trusts(member), done]).to.deep.equal([false, false, []])
    await until(() => member.aborted)
    revival.stop()
  })

  it('doubts none of its connections because it slept: it would say that it is isolated, whatever it slept', async () => {
    const member = connection(await peer(), REMOTE)
    const { revival } = setup([member], { ping: async () => new Promise(() => {}) })
    revival.begin(1_000)
    expect(revival.trusts(member)).to.equal(true)
    revival.stop()
  })

  it('waits for a path when it has none, and forgets all of it when it is stopped', async () => {
    const { revival, done } = setup([], { joined: () => false })
    revival.begin(1_000)
    await turns()
    expect(done).to.deep.equal([])
    expect(revival.done()).to.equal(true)
    expect(done).to.deep.equal([1_000])
    revival.begin(1_000)
    revival.stop()
    expect(revival.done()).to.equal(false)
    expect(done).to.have.lengthOf(1)
  })
})
