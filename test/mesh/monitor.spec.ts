import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import type { Mesh, MeshOptions, MeshSnapshot } from '../../src/index.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']

describe('mesh.monitor', () => {
  const meshes: Mesh[] = []

  async function make (options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await createMesh({ listen: LISTEN, ...options })
    meshes.push(mesh)
    return mesh
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('tells what a node knows, here and to others', async () => {
    const login = await make({ service: 'login', name: 'login-1' })
    login.rpc.handle('user.password', () => 'welcome')
    const gate = await make({ name: 'gate', bootstrap: login.libp2p.getMultiaddrs().map(String) })
    await gate.rpc.invoke('login', 'user.password')
    const { paths, nodes, services, self, status, health } = gate.monitor.snapshot()
    expect({ status, health, self }).to.deep.equal({ status: 'joined', health: { level: 'healthy', reasons: [] }, self: gate.self })
    expect(nodes.map(({ name }) => name)).to.have.members(['login-1', 'gate'])
    expect(services).to.containSubset([{ service: 'login', nodes: [login.id] }])
    expect(paths).to.containSubset([{ peer: login.id, name: 'login-1', transport: 'tcp', relayed: false, direction: 'outbound' }])
    const told = await gate.rpc.invoke('login', 'braid.monitor.snapshot', {}, { node: login.id }) as MeshSnapshot
    expect(told.self.id).to.equal(login.id)
    expect(told.calls.served).to.containSubset([{ service: 'login', method: 'user.password', calls: 1, errors: 0 }])
  })
})
