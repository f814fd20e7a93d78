import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Counters } from '../../src/discovery/counters.ts'
import { createDetector } from '../../src/discovery/detector.core.ts'
import { Dialler } from '../../src/discovery/dialler.ts'
import type { DiallerInit } from '../../src/discovery/dialler.ts'
import type { PeerId } from '@libp2p/interface'

const SELF = 'self'

describe('discovery: whom a node connects with', () => {
  let ids: PeerId[]
  let connected: Set<string>
  let dialled: string[]
  /** Those that never answer; and dials of them that go on. */
  let silent: Set<string>
  let hanging: Array<{ until: number, fail: (err: Error) => void }>
  let tags: Map<string, number | undefined>
  let unreachable: boolean
  /** It listens through relays. */
  let seeking: boolean
  let random: () => number
  let now: number
  let dialler: Dialler

  before(async () => {
    ids = await Promise.all(Array.from({ length: 220 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  })

  function create (members: number, relays: readonly string[] = []): void {
    unreachable = seeking = true
    random = () => 0.5
    connected = new Set()
    dialled = []
    silent = new Set()
    hanging = []
    tags = new Map()
    now = 0
    const nodes = ids.slice(0, members).map(id => ({ id: id.toString(), state: 'up', roles: relays.includes(id.toString()) ? ['relay'] : [], addresses: ['/ip4/127.0.0.1/tcp/1'] }))
    const log = Object.assign(() => {}, { trace: () => {}, error: () => {} })
    dialler = new Dialler({
      self: SELF, counters: new Counters(), random: () => random(), now: () => now, unreachable: () => unreachable, seeking: () => seeking, log,
      view: () => ({ nodes: () => nodes, get: () => undefined }),
      peers: { connected: () => connected, peerId: (id: string) => ids.find(one => one.toString() === id), isConnected: () => false },
      peerStore: { merge: async (id: PeerId, { tags: set }: { tags: Record<string, { value: number } | undefined> }) => { tags.set(id.toString(), Object.values(set)[0]?.value) } },
      connectionManager: {
        getConnections: () => [],
        openConnection: async (to: ReadonlyArray<{ toString: () => string }>) => {
          const id = to[0]!.toString().split('/p2p/')[1]!
          dialled.push(id)
          if (silent.has(id)) await new Promise((_resolve, reject) => { hanging.push({ until: now + 8_000, fail: reject }) })
          connected.add(id)
        }
      }
    } as unknown as DiallerInit)
    dialler.start()
  }

  async function run (ms: number): Promise<void> {
    for (const end = now + ms; now < end; now += 100) {
      for (const { fail } of hanging.filter(dial => dial.until <= now)) fail(new Error('no answer'))
      hanging = hanging.filter(dial => dial.until > now)
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

  it('those that never answer leave half of the dials to others once each of them has failed', async () => {
    create(60)
    const kept = ids.slice(0, 39).map(String)
    silent = new Set(kept)
    dialler.keep(new Set(kept))
    await run(150_000)
    expect(connected.size, 'the others were dialled, too').to.equal(16)
    let most = 0
    for (let at = 0; at < 60_000; at += 100) {
      await run(100)
      most = Math.max(most, hanging.length)
    }
    expect(most).to.equal(2)
  })

  it('nobody twice at once', async () => {
    for (const id of ids.slice(0, 33)) {
      create(33)
      silent = new Set(ids.map(String))
      dialler.keep(new Set([id.toString()]))
      await run(4_000)
      expect(dialled).to.have.length(4)
      expect(new Set(dialled)).to.have.property('size', 4)
    }
  })

  describe('in a large mesh, when nobody can dial it', () => {
    const some = (...indexes: number[]): string[] => indexes.map(index => String(ids[index]))

    it('a relay first, and also when it has enough', async () => {
      const relays = some(7, 30, 51)
      create(60, relays)
      await run(2_000)
      expect(relays).to.include(dialled[0])
      expect(relays.filter(id => connected.has(id))).to.have.length(1)
      await run(10_000)
      // it gave a place, and is gone
      unreachable = false
      await run(60_000)
      expect(relays.filter(id => connected.has(id)).length).to.be.lessThan(3)
      unreachable = true
      for (const id of relays) connected.delete(id)
      for (const id of ids.map(String).filter(id => !relays.includes(id)).slice(0, 20)) connected.add(id)
      await run(3_000)
      expect(relays.filter(id => connected.has(id))).to.have.length(1)
    })

    it('another relay each 15 s while those it has give it no place, up to four', async () => {
      const relays = some(1, 11, 21, 31, 41, 51)
      create(60, relays)
      for (const id of ids.map(String).filter(id => !relays.includes(id)).slice(0, 20)) connected.add(id)
      const counts: number[] = []
      for (let i = 0; i < 6; i++) {
        await run(14_000)
        counts.push(relays.filter(id => connected.has(id)).length)
        await run(1_000)
      }
      expect(counts).to.deep.equal([1, 2, 3, 4, 4, 4])
      expect(dialled).to.have.length(4)
    })

    it('and after 100 s others, too: relays that are full, or only say that they are relays, are not all there is', async () => {
      const relays = some(1, 11, 21, 31, 41, 51)
      create(60, relays)
      random = Math.random
      for (const id of ids.map(String).filter(id => !relays.includes(id)).slice(0, 20)) connected.add(id)
      await run(99_000)
      expect(dialled).to.have.length(4)
      await run(10_000)
      expect(dialled).to.have.length(5)
      await run(100_000)
      expect([...dialled].sort()).to.deep.equal([...relays].sort())
      await run(600_000)
      expect(dialled).to.have.length(6)
      // with a place, and without one again, it begins anew
      unreachable = false
      await run(1_000)
      unreachable = true
      for (const id of relays) connected.delete(id)
      await run(14_000)
      expect(relays.filter(id => connected.has(id))).to.have.length(1)
    })

    it('each 15 s one more then, until it has a place: most of twenty may be full', async () => {
      const relays = some(...Array.from({ length: 20 }, (_, i) => 3 * i))
      create(60, relays)
      random = Math.random
      for (const id of ids.map(String).filter(id => !relays.includes(id)).slice(0, 20)) connected.add(id)
      await run(99_000)
      const counts: number[] = []
      for (let i = 0; i < 4; i++) {
        await run(15_000)
        counts.push(dialled.length)
      }
      expect(counts).to.deep.equal([5, 6, 7, 8])
      await run(80_000)
      unreachable = false
      await run(60_000)
      expect(new Set(dialled)).to.have.property('size', dialled.length)
      expect(dialled).to.have.length.within(12, 14)
    })

    it('at most 16 relays, however long they give it no place: it must have connections left for those that then reach it', async () => {
      const relays = some(...Array.from({ length: 40 }, (_, i) => 20 + i))
      create(60, relays)
      random = Math.random
      for (const id of some(...Array.from({ length: 20 }, (_, i) => i))) connected.add(id)
      await run(900_000)
      expect(relays.filter(id => connected.has(id))).to.have.length(16)
      expect(dialled).to.have.length(16)
      // others take the place of those that went
      for (const id of dialled.slice(0, 3)) connected.delete(id)
      await run(10_000)
      expect(relays.filter(id => connected.has(id))).to.have.length(16)
    })

    it('no more than four relays when it listens nowhere: none of them can give it a place', async () => {
      const relays = some(...Array.from({ length: 40 }, (_, i) => 20 + i))
      create(60, relays)
      seeking = false
      for (const id of some(...Array.from({ length: 20 }, (_, i) => i))) connected.add(id)
      await run(400_000)
      expect(dialled).to.have.length(4)
    })

    it('the one relay of two hundred that has a place for it, as it probes all of them, connected or not', async () => {
      const relays = ids.slice(20).map(String)
      create(220, relays)
      random = Math.random
      for (const id of ids.slice(0, 20).map(String)) connected.add(id)
      const [free = ''] = relays.slice(137)
      const detector = createDetector({ self: SELF, random, calm: true })
      for (const id of ids.map(String)) detector.step({ type: 'member', id, incarnation: 1, seq: 1, now })
      for (; now < 120_000 && !connected.has(free);) {
        for (const output of detector.step({ type: 'tick', now, lag: 0 })) {
          if (output.type !== 'probe') continue
          // to send it a connection is made
          connected.add(output.to)
          detector.step({ type: 'ack', nonce: output.nonce, from: output.to, now })
        }
        await run(100)
      }
      expect(connected.has(free)).to.equal(true)
      expect(dialled.length).to.be.at.most(16)
    })

    it('no second relay beside one that is on its way', async () => {
      const relays = some(1, 11, 21)
      create(60, relays)
      random = Math.random
      silent = new Set(relays)
      for (const id of ids.map(String).filter(id => !relays.includes(id)).slice(0, 20)) connected.add(id)
      await run(6_000)
      expect(dialled).to.have.length(1)
      // it does not answer: others, too
      await run(120_000)
      expect(new Set(dialled)).to.have.property('size', 3)
    })
  })

  it('no relay more than others when it can be dialled', async () => {
    const relays = ids.slice(40).map(String)
    create(60, relays)
    unreachable = false
    for (const id of ids.slice(0, 20).map(String)) connected.add(id)
    await run(60_000)
    expect(dialled).to.deep.equal([])
  })

  it('kept ones in the order in which they were named', async () => {
    create(60)
    const kept = [57, 3, 44, 12, 51].map(index => String(ids[index]))
    dialler.keep(new Set(kept))
    await run(5_000)
    expect(dialled.slice(0, 4)).to.deep.equal(kept.slice(0, 4))
  })
})
