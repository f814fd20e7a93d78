import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { election } from '../../src/election/index.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

/** Peers whose connections libp2p would close last. */
async function kept ({ libp2p }: Mesh): Promise<string[]> {
  const peers = await libp2p.peerStore.all()
  return peers.filter(({ tags }) => tags.get('braid-mesh-kept')?.value === 50).map(({ id }) => id.toString()).sort()
}

function others (nodes: readonly Mesh[], node: Mesh): string[] {
  return nodes.filter(other => other !== node).map(({ id }) => id).sort()
}

describe('election: connections that a large mesh keeps', function () {
  this.timeout(60_000)
  let mesh: TestMesh | undefined

  afterEach(async () => {
    await endMeshes(mesh)
  })

  it('are those between nodes that vote or may, in every direction, and no others', async () => {
    mesh = await createTestMesh([{ service: 'login' }, { service: 'mail' }, { service: 'login' }, { service: 'login' }])
    const [first, mail, ...rest] = mesh.nodes as [Mesh, Mesh, ...Mesh[]]
    const logins = [first, ...rest]
    const state = async (): Promise<string[][]> => Promise.all(mesh!.nodes.map(kept))
    const wanted = mesh.nodes.map(node => node === mail ? [] : others(logins, node))
    for (const { election } of logins) expect(election.state).to.be.a('string')
    let last: unknown
    await until(async () => JSON.stringify(last = await state()) === JSON.stringify(wanted), { what: () => JSON.stringify({ last, wanted }) })
  })

  it('are closed last again when a voter was started again, though its seat stayed and nothing else changed', async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
    const voters = keys.map(key => peerIdFromPrivateKey(key).toString())
    const [, , last] = keys
    const { stable, log } = memoryStorage()
    const again = (): TestNodeOptions => ({
      service: 'login', privateKey: last!, libp2p: { services: { election: election({ voters, eager: true, storage: { stable, log, durable: true } }) } }
    })
    mesh = await createTestMesh([...keys.slice(0, 2).map(privateKey => ({ service: 'login', privateKey, election: { voters } })), again()])
    const [first, second, third] = mesh.nodes as [Mesh, Mesh, Mesh]
    const wanted = (): boolean => third.election.status().voting && first.election.leader !== undefined
    await until(wanted, { timeout: 20_000 })
    const tagged = async (): Promise<boolean> => (await Promise.all([first, second].map(kept))).every(ids => ids.includes(voters[2]!))
    await until(tagged)
    await third.stop()
    await until(async () => !await tagged())
    expect(first.election.status().voters.map(({ id }) => id)).to.include(voters[2])
    await mesh.add(again())
    await until(tagged)
  })
})
