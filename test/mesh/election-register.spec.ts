import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { undisturbed } from '../harness/undisturbed.ts'
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
  this.timeout(180_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('is there for a leader that is alone, and stays while its group grows', async () => {
    const { leader, before, after } = await undisturbed(grown, ({ before, after }) => before === after)
    expect(after).to.equal(before)
    expect(leader.election.register.ready).to.equal(true)
    await leader.election.register.write([{ key: 'k', value: Uint8Array.of(2) }])
    expect((await leader.election.register.read('k'))?.value).to.deep.equal(Uint8Array.of(2))
    expect(leader.election.register.current).to.equal(true)
  })

  /** Who led a group of one, and its term before and after there were three. */
  async function grown (): Promise<{ leader: Mesh, before: number, after: number }> {
    await endMeshes(mesh)
    mesh = await createTestMesh([login({ expect: 1 })])
    const leader = await ready(mesh.nodes)
    await leader.election.register.write([{ key: 'k', value: Uint8Array.of(1) }])
    const before = leader.election.status().term
    await Promise.all([mesh.add(login()), mesh.add(login())])
    await until(() => leader.election.status().voters.length === 3, { timeout: 40_000 })
    return { leader, before, after: leader.election.status().term }
  }

  it('without leases its own table is never known to be all there is: to read is to ask', async () => {
    mesh = await createTestMesh([{ service: 'login', election: { expect: 1, lease: 'off' } }])
    const { election: { register } } = await ready(mesh.nodes)
    await register.write([{ key: 'k', value: Uint8Array.of(1) }])
    expect([register.ready, register.current]).to.deep.equal([true, false])
    expect((await register.read('k'))?.value).to.deep.equal(Uint8Array.of(1))
  })

  it('comes to a new node and to the next leader, in parts, without a change of leader', async () => {
    const { leader, fresh, before, after } = await undisturbed(filled, ({ before, after }) => before === after)
    expect(after).to.equal(before)
    expect(fresh.election.leader === undefined || fresh.election.leader.id === leader.id).to.equal(true)
    mesh.kill(leader)
    const next = await ready(mesh.alive)
    expect(size(next)).to.equal(BATCHES * KEYS)
    expect((await next.election.register.read('k0-0'))?.value).to.have.length(1_000)
  })

  /** Who led, and its term before and after all was written and a new node had it. */
  async function filled (): Promise<{ leader: Mesh, fresh: Mesh, before: number, after: number }> {
    await endMeshes(mesh)
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const leader = await ready(mesh.nodes)
    const before = leader.election.status().term
    for (let i = 0; i < BATCHES; i++) {
      // a leader that has lost its office writes no more: that the term differs says so
      await leader.election.register.write(Array.from({ length: KEYS }, (_, j) => ({ key: `k${i}-${j}`, value: new Uint8Array(1_000) }))).catch(() => {})
    }
    const fresh = await mesh.add(login())
    if (leader.election.status().term === before) await until(() => mesh.nodes.every(node => size(node) === BATCHES * KEYS), { timeout: 60_000, what: () => mesh.nodes.map(size).join() })
    return { leader, fresh, before, after: leader.election.status().term }
  }
})
