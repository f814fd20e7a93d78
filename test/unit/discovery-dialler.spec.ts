import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Counters } from '../../src/discovery/counters.ts'
import { Dialler } from '../../src/discovery/dialler.ts'
import type { DiallerInit } from '../../src/discovery/dialler.ts'
import type { PeerId } from '@libp2p/interface'

const SELF = 'self'

describe('discovery: whom a node connects with', () => {
  let ids: PeerId[]
  let connected: Set<string>
  let dialled: string[]
  let tags: Map<string, number | undefined>
  let now: number
  let dialler: Dialler

  before(async () => {
    ids = await Promise.all(Array.from({ length: 60 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  })

  function create (members: number): void {
    connected = new Set()
    dialled = []
    tags = new Map()
    now = 0
    const nodes = ids.slice(0, members).map(id => ({ id: id.toString(), state: 'up', addresses: ['/ip4/127.0.0.1/tcp/1'] }))
    const log = Object.assign(() => {}, { trace: () => {}, error: () => {} })
    dialler = new Dialler({
      self: SELF, counters: new Counters(), random: () => 0.5, now: () => now, unreachable: () => true, log,
      view: () => ({ nodes: () => nodes, get: () => undefined }),
      peers: { connected: () => connected, peerId: (id: string) => ids.find(one => one.toString() === id), isConnected: () => false },
      peerStore: { merge: async (id: PeerId, { tags: set }: { tags: Record<string, { value: number } | undefined> }) => { tags.set(id.toString(), Object.values(set)[0]?.value) } },
      connectionManager: {
        getConnections: () => [],
        openConnection: async (to: ReadonlyArray<{ toString: () => string }>) => {
          const id = to[0]!.toString().split('/p2p/')[1]!
          dialled.push(id)
          connected.add(id)
        }
      }
    } as unknown as DiallerInit)
    dialler.start()
  }

  async function run (ms: number): Promise<void> {
    for (const end = now + ms; now < end; now += 100) {
      dialler.tick()
      await new Promise(resolve => { queueMicrotask(() => { queueMicrotask(() => { resolve(undefined) }) }) })
      await Promise.resolve()
    }
  }

  it('all of 31', async () => {
    create(31)
    await run(30_000)
    expect(connected.size).to.equal(31)
  })

  it('16 of 60', async () => {
    create(60)
    await run(30_000)
    expect(connected.size).to.equal(16)
  })

  it('in a large mesh also those that are kept, before all others, and they are closed last', async () => {
    create(60)
    const kept = ids.slice(50, 53).map(String)
    dialler.keep(new Set(kept))
    await run(30_000)
    expect(dialled.slice(0, 3)).to.have.members(kept)
    expect(connected.size).to.equal(16)
    expect(kept.map(id => tags.get(id))).to.deep.equal([50, 50, 50])
  })

  it('kept ones that come when there are enough, and no others for those that are kept no more', async () => {
    create(60)
    await run(30_000)
    const kept = ids.map(String).filter(id => !connected.has(id)).slice(0, 5)
    dialler.keep(new Set(kept))
    await run(10_000)
    expect(dialled.slice(16)).to.have.members(kept)
    dialler.keep(new Set())
    await run(10_000)
    expect(dialled).to.have.length(21)
    expect(kept.map(id => tags.get(id))).to.deep.equal(kept.map(() => undefined))
  })

  it('a kept one that left and came back is closed last again', async () => {
    create(60)
    const [id = ''] = ids.slice(50).map(String)
    dialler.keep(new Set([id]))
    await run(5_000)
    expect(tags.get(id)).to.equal(50)
    // the peer store has forgotten it
    for (const forget of [(): unknown => connected.delete(id), () => { dialler.forget(id) }, () => tags.delete(id)]) forget()
    await run(5_000)
    expect(connected.has(id)).to.equal(true)
    expect(tags.get(id)).to.equal(50)
  })

  it('a kept one whose entry in the peer store expired is closed last again within an hour', async () => {
    create(60)
    const [id = ''] = ids.slice(50).map(String)
    dialler.keep(new Set([id]))
    await run(5_000)
    tags.clear()
    now += 3_600_000
    await run(1_000)
    expect(tags.get(id)).to.equal(50)
  })

  it('nothing is said about one that left, in place of which there would be an entry of nobody', async () => {
    create(60)
    const [id = ''] = ids.slice(50).map(String)
    dialler.keep(new Set([id]))
    await run(5_000)
    connected.delete(id)
    dialler.forget(id)
    tags.clear()
    dialler.keep(new Set())
    expect([...tags.keys()]).to.deep.equal([])
  })
})
