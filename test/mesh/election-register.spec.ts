import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'

const login = (): TestNodeOptions => ({ service: 'login', election: { expect: 3, profile: 'wan' } })
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

  afterEach(async () => { await mesh.stop() })

  it('comes to a new node and to the next leader, in parts, without a change of leader', async () => {
    mesh = await createTestMesh([login(), login(), login()])
    const leader = await ready(mesh.nodes)
    const { term } = leader.election.status()
    for (let i = 0; i < BATCHES; i++) {
      await leader.election.register.write(Array.from({ length: KEYS }, (_, j) => ({ key: `k${i}-${j}`, value: new Uint8Array(1_000) })))
    }
    const fresh = await mesh.add({ service: 'login', election: { profile: 'wan' } })
    expect(fresh.election.leader === undefined || fresh.election.leader.id === leader.id).to.equal(true)
    await until(() => mesh.nodes.every(node => size(node) === BATCHES * KEYS), { timeout: 30_000, what: () => mesh.nodes.map(size).join() })
    expect(leader.election.status().term).to.equal(term)
    mesh.kill(leader)
    const next = await ready(mesh.alive)
    expect(size(next)).to.equal(BATCHES * KEYS)
    expect((await next.election.register.read('k0-0'))?.value).to.have.length(1_000)
  })
})
