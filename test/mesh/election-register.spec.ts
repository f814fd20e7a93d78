import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

// Four nodes share this process, and 6 MB are copied in it: a second of that must not look like a leader that is gone.
const login = (election: TestNodeOptions['election'] = {}): TestNodeOptions => ({ service: 'login', election: { profile: 'wan', ...election } })
const BATCHES = 60
const KEYS = 100

/** The one whose register can be used. */
async function ready (nodes: readonly Mesh[]): Promise<Mesh> {
  return until(() => nodes.find(({ election }) => election.state === 'leader' && election.register.ready), { timeout: 30_000 })
}

const size = (node: Mesh): number => [...node.election.register.entries()].length

describe('mesh: a register of many queues', function () {
  this.timeout(90_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('is there for a leader that is alone, and stays while its group grows', async () => {
    mesh = await createTestMesh([login({ expect: 1 })])
    const leader = await ready(mesh.nodes)
    await leader.election.register.write([{ key: 'k', value: Uint8Array.of(1) }])
    const { term } = leader.election.status()
    await Promise.all([mesh.add(login()), mesh.add(login())])
    await until(() => leader.election.status().voters.length === 3, { timeout: 40_000 })
    expect(leader.election.status().term).to.equal(term)
    expect(leader.election.register.ready).to.equal(true)
    await leader.election.register.write([{ key: 'k', value: Uint8Array.of(2) }])
    expect((await leader.election.register.read('k'))?.value).to.deep.equal(Uint8Array.of(2))
    expect(leader.election.register.current).to.equal(true)
  })

  it('without leases its own table is never known to be all there is: to read is to ask', async () => {
    mesh = await createTestMesh([{ service: 'login', election: { expect: 1, lease: 'off' } }])
    const { election: { register } } = await ready(mesh.nodes)
    await register.write([{ key: 'k', value: Uint8Array.of(1) }])
    expect([register.ready, register.current]).to.deep.equal([true, false])
    expect((await register.read('k'))?.value).to.deep.equal(Uint8Array.of(1))
  })

  it('comes to a new node and to the next leader, in parts, without a change of leader', async () => {
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const leader = await ready(mesh.nodes)
    const { term } = leader.election.status()
    for (let i = 0; i < BATCHES; i++) {
      await leader.election.register.write(Array.from({ length: KEYS }, (_, j) => ({ key: `k${i}-${j}`, value: new Uint8Array(1_000) })))
    }
    const fresh = await mesh.add(login())
    expect(fresh.election.leader === undefined || fresh.election.leader.id === leader.id).to.equal(true)
    await until(() => mesh.nodes.every(node => size(node) === BATCHES * KEYS), { timeout: 30_000, what: () => mesh.nodes.map(size).join() })
    expect(leader.election.status().term).to.equal(term)
    mesh.kill(leader)
    const next = await ready(mesh.alive)
    expect(size(next)).to.equal(BATCHES * KEYS)
    expect((await next.election.register.read('k0-0'))?.value).to.have.length(1_000)
  })
})
