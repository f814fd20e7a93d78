/** A voter that knows doc/wire/election.md and nothing of src/ makes a majority with a real one. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { cbor } from './foreign-bytes.ts'
import { useForeign } from './foreign-land.ts'
import { ForeignPeer } from './foreign-peer.ts'
import { ForeignVoter } from './foreign-voter.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'

const WAIT = { timeout: 30_000 }

describe('mesh: a voter made from the documents', function () {
  this.timeout(90_000)
  const { meshes, peers, node } = useForeign()

  it('pledges itself, follows, holds the register, and elects the next leader', async () => {
    for (let i = 0; i < 2; i++) {
      const mesh = await node({ service: 'cart', election: { expect: 3 } })
      mesh.rpc.handle('where', () => mesh.id)
    }
    const peer = await ForeignPeer.start({ mesh: 'shop', service: 'cart', roles: ['voter'] })
    peers.push(peer)
    peer.handlers.set('where', ({ respond }) => { respond([[3, 1], [4, cbor(peer.id)]]) })
    const voter = new ForeignVoter(peer, 'cart', 3)
    for (const { id, libp2p } of meshes) {
      await peer.join(String(libp2p.getMultiaddrs()[0]))
      voter.hello(id)
    }
    const first = await until(() => meshes.find(({ id, election }) => election.state === 'leader' && voter.leader === id), WAIT)
    const other = meshes.find(({ id }) => id !== first.id) as Mesh
    expect(first.election.of('cart')?.voters).to.have.members([first.id, other.id, peer.id])

    // what is decided stands in its register as well
    const client = await createMesh({ mesh: 'shop', listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: first.libp2p.getMultiaddrs().map(String) })
    meshes.push(client)
    const call = async (token: string): Promise<unknown> => client.rpc.invoke('cart', 'where', undefined, { token, timeout: 20_000 })
    expect([first.id, other.id, peer.id]).to.include(await call('ada'))
    await until(() => [...voter.entries.keys()].some(key => key.startsWith('link/')), WAIT)

    // the two that are left are a majority by its vote alone
    const leader = await until(() => [first, other].find(({ election }) => election.state === 'leader'), WAIT)
    const heir = leader === first ? other : first
    const before = voter.term
    await leader.stop()
    await until(() => heir.election.state === 'leader', WAIT)
    expect(voter.term).to.be.greaterThan(before)
    expect(voter.votes.get(voter.term)).to.equal(heir.id)
    await until(() => voter.leader === heir.id, WAIT)
    const { size } = voter.entries
    expect([heir.id, peer.id]).to.include(await call('bob'))
    await until(() => voter.entries.size > size, WAIT)
  })
})
