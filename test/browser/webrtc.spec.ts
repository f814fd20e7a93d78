/** Direct paths between pages, beside and without their relay. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import { until } from '../harness/until.ts'
import { useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { Connection } from '@libp2p/interface'

function paths (mesh: Mesh, other: Mesh): { direct: Connection[], relayed: Connection[] } {
  const all = mesh.libp2p.getConnections(other.libp2p.peerId).filter(({ status }) => status === 'open')
  return { direct: all.filter(({ direct }) => direct), relayed: all.filter(({ direct }) => !direct) }
}

describe('direct paths', function () {
  this.timeout(60_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  const meshes: Mesh[] = []

  async function join (options: MeshOptions): Promise<Mesh> {
    const mesh = await createMesh({ webrtc: webrtc(), ...options })
    meshes.push(mesh)
    return mesh
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('come beside relayed ones, which carry calls at once, and outlive the relay', async () => {
    const relay = await remote.spawn({ mesh: 'direct', name: 'relay', relay: true })
    const mesh = await join({ mesh: 'direct', service: 'left', bootstrap: relay.addresses })
    mesh.rpc.handle('who', () => 'left')
    const { mesh: other } = await pages.open({ mesh: 'direct', service: 'right', bootstrap: relay.addresses, direct: {} })
    other.rpc.handle('who', () => 'right')
    const start = performance.now()
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    console.log('first', performance.now() - start)
    await until(() => paths(mesh, other).direct.length > 0 && paths(other, mesh).direct.length > 0)
    console.log('direct', performance.now() - start)
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    await relay.kill()
    await until(() => paths(mesh, other).relayed.length === 0)
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    expect(await other.rpc.invoke('left', 'who')).to.equal('left')
  })
})
