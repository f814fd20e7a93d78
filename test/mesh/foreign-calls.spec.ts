/** What doc/wire/rpc.md says of large bodies, keys and goodbyes, between a node and a peer made from it. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { cbor, message, readCbor, Said } from './foreign-bytes.ts'
import { ForeignPeer } from './foreign-peer.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'

const LARGE = 100 * 1024
const UNAVAILABLE = 14
const FAILED_PRECONDITION = 9

describe('mesh: calls of a peer made from the documents', function () {
  this.timeout(60_000)
  let mesh: Mesh
  const peers: ForeignPeer[] = []

  beforeEach(async () => {
    mesh = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/0'] })
    mesh.rpc.handle('size', (body: Uint8Array) => body.length)
    mesh.rpc.handle('fill', (size: number) => new Uint8Array(size).fill(7))
  })

  afterEach(async () => {
    await Promise.all(peers.splice(0).map(async peer => peer.leave()))
    await mesh.stop()
  })

  async function abroad (init: Partial<Parameters<typeof ForeignPeer.start>[0]> = {}): Promise<ForeignPeer> {
    const peer = await ForeignPeer.start({ mesh: 'shop', service: 'abroad', ...init })
    peers.push(peer)
    await peer.join(String(mesh.libp2p.getMultiaddrs()[0]))
    await until(() => mesh.discovery.node(peer.id))
    return peer
  }

  it('large bodies go by a stream of their own, or by the one for calls where there is none', async () => {
    const plain = await abroad()
    const bulk = await plain.open(mesh.id, 'bulk')
    bulk.send([[1, message([[1, 5], [2, 'size'], [4, 3], [5, new Uint8Array(LARGE)], [10, 'login']])]])
    const answer = (await bulk.next()).in(2)
    expect([answer.number(1), readCbor(answer.bytes(4))]).to.deep.equal([5, LARGE])
    const ask = [[2, 'fill'], [4, 1], [5, cbor(LARGE)], [10, 'login']] as const
    const response = await plain.call(mesh.id, [[1, 9], ...ask])
    expect([response.number(1), response.number(3), response.bytes(4).length]).to.deep.equal([9, 3, LARGE])

    const peer = await abroad({ bulk: true })
    const pushed: Said[] = []
    peer.onBulk = said => { pushed.push(said.in(2)) }
    const stream = await peer.open(mesh.id, 'rpc')
    stream.send([[1, message([[1, 11], ...ask])]])
    await until(() => pushed.length > 0)
    expect([pushed[0]?.number(1), pushed[0]?.bytes(4).length, stream.received.length]).to.deep.equal([11, LARGE, 0])
  })

  it('a key runs once, and not in another life of its node', async () => {
    const runs: unknown[] = []
    mesh.rpc.handle('pay', (sum: number) => runs.push(sum))
    const peer = await abroad()
    const pay = async (sum: number, life = 0): Promise<Said> => peer.call(mesh.id, [[1, 1], [2, 'pay'], [4, 1], [5, cbor(sum)], [9, 'k'], [10, 'login'], [15, life]])
    const life = Number(BigInt(mesh.self.incarnation) & 0xffffffffn)
    for (const response of [await pay(3), await pay(3), await pay(3, life)]) expect([response.number(2), readCbor(response.bytes(4))]).to.deep.equal([0, 1])
    expect(runs).to.deep.equal([3])
    const other = await pay(4)
    expect([other.number(2), other.number(6)]).to.deep.equal([FAILED_PRECONDITION, 0])
    const late = await pay(3, life - 1)
    expect([late.number(2), late.number(6)]).to.deep.equal([UNAVAILABLE, 0])
    const header = new Said(late.list(7)[0] as Uint8Array)
    expect([header.text(1), Number(header.text(2)) < 0]).to.deep.equal(['braid-retry-after', true])
    expect(runs).to.deep.equal([3])
  })

  it('goes elsewhere when it is refused, and when it is told goodbye', async () => {
    const [busy, leaving, good] = [await abroad({ methods: ['who'] }), await abroad({ methods: ['who'] }), await abroad({ methods: ['who'] })]
    const asked: string[] = []
    busy.handlers.set('who', ({ respond }) => {
      asked.push('busy')
      respond([[2, UNAVAILABLE], [5, 'not now'], [6, true]])
    })
    leaving.handlers.set('who', ({ respond, stream }) => {
      asked.push('leaving')
      stream.send([[4, message([[1, 'bye']])]])
      respond([[2, UNAVAILABLE], [6, true]])
    })
    good.handlers.set('who', ({ respond }) => { respond([[3, 1], [4, cbor('good')]]) })
    for (let i = 0; i < 20; i++) expect(await mesh.rpc.invoke('abroad', 'who')).to.equal('good')
    // who said goodbye is left alone for a second
    expect(asked.filter(who => who === 'leaving').length).to.be.lessThan(3)
  })
})
