import { expect } from 'chai'
import { sha256 } from '@noble/hashes/sha2.js'
import { reuseWalks } from '../../src/transport/closest.ts'

type Dht = Parameters<typeof reuseWalks>[0]

describe('transport: walks to whoever is closest to a key', () => {
  let size: number
  let responding: number
  let walks: number
  let time: number
  let closest: (reuse?: boolean) => Promise<number>

  const dhtOf = (getClosestPeers: Dht['peerRouting']['getClosestPeers']): Dht => ({ k: 20, routingTable: { get size () { return size } }, peerRouting: { getClosestPeers } })

  beforeEach(() => {
    size = responding = 5
    walks = time = 0
    const dht = dhtOf(async function * () {
      walks++
      for (let i = 0; i < responding; i++) yield { name: 'PEER_RESPONSE' }
      for (let i = 0; i < Math.min(20, responding); i++) yield { name: 'FINAL_PEER' }
    })
    reuseWalks(dht, () => time)
    closest = async (reuse = true) => {
      let found = 0
      for await (const { name } of dht.peerRouting.getClosestPeers(new Uint8Array(1), { reuse })) if (name === 'FINAL_PEER') found++
      return found
    }
  })

  it('one will do for a while, when it has found fewer servers than hold a record', async () => {
    for (let i = 0; i < 10; i++) expect(await closest()).to.equal(5)
    expect(walks).to.equal(1)
    time = 10_000
    expect(await closest()).to.equal(5)
    expect(walks).to.equal(2)
  })

  it('each is made when the mesh is larger, when somebody did not answer, and when nobody asks for less', async () => {
    for (const [table, answer] of [[5, 20], [25, 25], [5, 4], [1, 0]] as const) {
      [size, responding, walks] = [table, answer, 0]
      for (let i = 0; i < 3; i++) expect(await closest()).to.equal(Math.min(20, answer))
      expect(walks, `${answer} of ${table}`).to.equal(3)
    }
    [size, responding, walks] = [5, 5, 0]
    for (let i = 0; i < 3; i++) await closest(false)
    expect(walks).to.equal(3)
    await closest()
    expect(walks, 'it knows of those').to.equal(3)
  })

  it('one or two of those whom this node knows may keep silent, and are given out with the others; of more nothing is known', async () => {
    for (const [silent, made] of [[1, 1], [2, 1], [3, 3], [10, 3]] as const) {
      walks = 0
      const dht: Dht = {
        k: 20,
        routingTable: { size: 10, closestPeers: () => Array.from({ length: 10 }, (_, id) => id) },
        peerRouting: {
          getClosestPeers: async function * () {
            walks++
            for (let id = silent; id < 10; id++) yield { name: 'FINAL_PEER', peer: { id } }
          }
        }
      }
      reuseWalks(dht, () => time)
      for (let i = 0; i < 3; i++) {
        const found: unknown[] = []
        for await (const { name, peer } of dht.peerRouting.getClosestPeers(new Uint8Array(1), { reuse: true })) if (name === 'FINAL_PEER') found.push(peer?.id)
        expect(found).to.have.members(Array.from({ length: 10 }, (_, id) => id).slice(i === 0 || made > 1 ? silent : 0))
      }
      expect(walks, `${silent}`).to.equal(made)
    }
  })

  it('another is made as soon as a server comes or goes', async () => {
    await closest()
    size = responding = 6
    expect(await closest()).to.equal(6)
    size = responding = 4
    expect(await closest()).to.equal(4)
    expect(walks).to.equal(3)
  })

  describe('in a mesh of more servers than hold a record', () => {
    /** Servers as numbers: closest to a key are those that follow it. */
    let table: number[]
    let mesh: number[]
    let dht: Dht
    const K = 20
    const key = (at: number): Uint8Array => Uint8Array.of(at)
    const from = (all: readonly number[], at: number): number[] => all.filter(n => n >= at).slice(0, K)
    const find = async (at: number, reuse = true): Promise<number[]> => {
      const found: number[] = []
      for await (const event of dht.peerRouting.getClosestPeers(key(at), { reuse })) if (event.name === 'FINAL_PEER') found.push((event as unknown as { peer: { id: number } }).peer.id)
      return found
    }

    beforeEach(() => {
      mesh = Array.from({ length: 60 }, (_, i) => i)
      table = mesh
      const at = new Map(Array.from({ length: 40 }, (_, i) => [sha256(key(i)).join(), i]))
      dht = {
        k: K,
        routingTable: { get size () { return table.length }, closestPeers: id => from(table, at.get(id.join()) ?? NaN) },
        peerRouting: {
          getClosestPeers: async function * ([at = 0]) {
            walks++
            for (const id of from(mesh, at)) yield { name: 'FINAL_PEER', peer: { id } }
          }
        }
      }
      reuseWalks(dht, () => time)
    })

    /** Keys of which each is in another quarter of the key space. */
    const quarters = [...new Map(Array.from({ length: 30 }, (_, i) => [(sha256(key(i))[0] as number) >> 6, i])).values()]

    it('those to a key of each quarter that found whom this node has for the closest will do for others, for a while', async () => {
      expect(quarters).to.have.length(4)
      for (const [i, at] of quarters.entries()) {
        expect(await find(at)).to.deep.equal(from(mesh, at))
        expect(walks).to.equal(i + 1)
      }
      for (let i = 0; i < 30; i++) expect(await find(i)).to.deep.equal(from(mesh, i))
      expect(walks).to.equal(4)
      expect(await find(7, false)).to.deep.equal(from(mesh, 7))
      expect(walks).to.equal(5)
      time = 20_000
      await find(8)
      expect(walks).to.equal(6)
    })

    it('one or two that this node does not know, or that are gone, are no matter; when it lacks more each is made', async () => {
      for (const [lacks, made] of [[2, 4], [3, 12]] as const) {
        [time, walks] = [time + 20_000, 0]
        table = mesh.filter(n => n < 30 || n >= 30 + lacks)
        for (let i = 0; i < 3; i++) for (const at of quarters) await find(at)
        expect(walks, `${lacks}`).to.equal(made)
      }
    })

    it('those to keys that this node knows all servers of say nothing of others, nor does what passes undo what did not', async () => {
      table = mesh.filter(n => n < K || n % 3 === 0)
      await find(0)
      for (const at of [30, 0, 31, 30]) expect(await find(at)).to.deep.equal(from(mesh, at))
      expect(walks).to.equal(5)
      walks = 0
      for (let i = 0; i < 3; i++) for (let at = 0; at < 30; at++) expect(await find(at), `${at}`).to.deep.equal(from(mesh, at))
      expect(walks).to.equal(90)
    })

    it('another is made once more servers have gone than may be lacking', async () => {
      for (const at of quarters) await find(at)
      table = mesh = mesh.filter(n => n > 1)
      expect(await find(0)).to.deep.equal(from(mesh, 0))
      expect(walks, 'two').to.equal(4)
      table = mesh = mesh.filter(n => n > 2)
      expect(await find(0)).to.deep.equal(from(mesh, 0))
      expect(walks, 'three').to.equal(5)
    })

    it('one that ended early proves nothing', async () => {
      table = mesh
      mesh = mesh.slice(0, K - 1)
      for (let i = 0; i < 3; i++) await find(0)
      expect(walks).to.equal(3)
    })
  })

  it('one that is left before its end is none', async () => {
    const dht = dhtOf(async function * () {
      walks++
      yield { name: 'FINAL_PEER' }
      yield { name: 'PEER_RESPONSE' }
    })
    size = 1
    reuseWalks(dht, () => time)
    const begin = (): AsyncIterator<unknown> => dht.peerRouting.getClosestPeers(new Uint8Array(1), { reuse: true })[Symbol.asyncIterator]()
    const left = begin()
    await left.next()
    await left.return?.()
    await begin().next()
    expect(walks).to.equal(2)
  })
})
