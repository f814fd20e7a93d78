import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh } from '../../src/testing/index.ts'

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
})
