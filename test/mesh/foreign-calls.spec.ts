/** What doc/wire/rpc.md says of large bodies, keys and goodbyes, between a node and a peer made from it. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { cbor, hex, message, readCbor, Said, tokenId } from './foreign-bytes.ts'
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
  const others: Mesh[] = []

  beforeEach(async () => {
    mesh = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/0'] })
    mesh.rpc.handle('size', (body: Uint8Array) => body.length)
    mesh.rpc.handle('fill', (size: number) => new Uint8Array(size).fill(7))
  })

  afterEach(async () => {
    await Promise.all(peers.splice(0).map(async peer => peer.leave()))
    await Promise.all([mesh, ...others.splice(0)].map(async mesh => mesh.stop()))
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

  it('is told of the tokens that are linked to it, and called with what its caller knows of them', async () => {
    const peer = await abroad({ service: 'login', methods: ['where'] })
    mesh.rpc.handle('where', () => mesh.id)
    const gate = await createMesh({ mesh: 'shop', service: 'gate', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: mesh.libp2p.getMultiaddrs().map(String) })
    others.push(gate)
    const told: Array<{ p: string, t: string, n: string, i: number, r: number[] }> = []
    peer.handlers.set('braid.links.tell', ({ request }) => { told.push(...readCbor(request.bytes(5)).l ?? []) })
    const asked: Said[] = []
    peer.handlers.set('where', ({ request, respond }) => {
      asked.push(request)
      respond([[3, 1], [4, cbor(peer.id)]])
    })
    await until(() => gate.discovery.nodes('login').length === 2)
    let token = ''
    for (let i = 0; token === '' && i < 100; i++) {
      const at = await gate.rpc.invoke('login', 'where', undefined, { token: `user-${i}`, timeout: 20_000 })
      if (at === peer.id) token = `user-${i}`
    }
    const { bytes, hex: id } = await tokenId(token, 'shop')
    const call = asked.find(request => hex(request.bytes(6)) === id)
    expect(call?.bytes(6)).to.deep.equal(bytes)
    const link = await until(() => told.find(({ t }) => t === id))
    expect(link).to.deep.include({ p: 'gate', n: peer.id, i: peer.incarnation })
    const claim = call?.in(14)
    expect([claim?.text(1), [2, 3, 4].map(field => claim?.number(field)), claim?.number(5)]).to.deep.equal(['gate', link.r, 0])
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
    const began = performance.now()
    for (let i = 0; i < 20; i++) expect(await mesh.rpc.invoke('abroad', 'who')).to.equal('good')
    // who said goodbye is left alone for a second
    expect(asked.filter(who => who === 'leaving').length).to.be.at.most(1 + Math.ceil((performance.now() - began) / 1_000))
  })
})
