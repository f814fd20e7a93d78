import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh } from '../../src/testing/index.ts'

describe('mesh: a voter who never comes', function () {
  this.timeout(90_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  /** The nodes that are there, and the id of one more voter. */
  async function start (): Promise<{ a: Mesh, b: Mesh, third: Awaited<ReturnType<typeof generateKeyPair>>, ghost: string, voters: string[] }> {
    const keys = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
    const voters = keys.map(key => peerIdFromPrivateKey(key).toString())
    mesh = await createTestMesh(keys.slice(0, 2).map(privateKey => ({ privateKey, service: 'login', election: { voters } })))
    const [a, b] = mesh.nodes as [Mesh, Mesh]
    return { a, b, third: keys[2]!, ghost: voters[2]!, voters }
  }

  it('is named by those that are there, who found nothing without him; when he comes at last, they do', async () => {
    const { a, b, third, ghost, voters } = await start()
    for (const node of [a, b]) {
      const other = node === a ? b : a
      // the other one, too, until it has been heard
      const fault = await until(() => {
        const { fault } = node.election.status()
        return fault?.message.includes(ghost) === true && !fault.message.includes(other.id) ? fault : undefined
      }, { timeout: 30_000, what: () => String(node.election.status().fault) })
      expect(fault).to.have.property('name', 'VotersError')
    }
    let began = 0
    void a.election.runAsLeader(() => { began++ }).catch(() => {})
    // longer than a founder waits for pledges, and than a default group waits before it forms anew
    await swiftly(async () => {
      const since = performance.now()
      await until(() => performance.now() - since > 12_000, { timeout: 20_000 })
    })()
    for (const node of [a, b]) expect(node.election.status()).to.deep.include({ term: 0, voters: [], leader: undefined, state: 'wait' })
    expect(began).to.equal(0)
    await mesh.add({ privateKey: third, service: 'login', election: { voters } })
    await until(() => mesh.nodes.every(({ election }) => election.leader !== undefined && election.leader.id === a.election.leader?.id), { timeout: 30_000 })
    expect(a.election.status().voters.map(({ id }) => id).sort()).to.deep.equal([...voters].sort())
    await until(() => mesh.nodes.every(({ election }) => election.status().fault === undefined))
  })

  it('is left out by an operator; a recovery with him is refused, and the group that is there goes on', async () => {
    const { a, b, ghost } = await start()
    await until(() => a.election.status().fault !== undefined)
    const why = async (node: Mesh, voters: string[]): Promise<string> => node.election.recover({ voters }).then(() => 'recovered', (err: Error) => `${err.name}: ${err.message}`)
    expect(await why(a, [a.id, b.id, ghost])).to.match(new RegExp(`^VotersError: .*not connected.*${ghost}`))
    expect(a.election.status().term).to.equal(0)
    expect(await why(a, [a.id, b.id])).to.equal('recovered')
    const epochs = (): Array<number | undefined> => [a, b].map(({ election }) => election.leader?.token.epoch)
    const [group] = await until(() => {
      const [one, other] = epochs()
      return one !== undefined && one === other ? epochs() : undefined
    })
    for (const node of [a, b]) expect(await why(node, [a.id, b.id, ghost])).to.match(/^VotersError: .*not connected/)
    // whoever of them leads: a recovery would have founded another group
    await until(() => epochs().every(epoch => epoch !== undefined))
    expect(epochs()).to.deep.equal([group, group])
    expect(a.election.status().voters).to.have.length(2)
  })
})
