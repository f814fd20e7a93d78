import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'
import type { TestMesh } from '../../src/testing/index.ts'

function sees (node: Mesh | undefined, other: Mesh | undefined): boolean {
  return other != null && node?.discovery.nodes().some(({ id, state }) => id === other.id && state === 'up') === true
}

async function ready (mesh: TestMesh): Promise<void> {
  await mesh.ready({ signal: AbortSignal.timeout(60_000) })
}

/** Call with those that keep sight of each other: resolves when they do, and throws when one has lost another since. */
function watched (...group: Array<Mesh | undefined>): () => Promise<void> {
  const lost: string[] = []
  for (const node of group) {
    node?.discovery.addEventListener('node:remove', ({ detail: { id } }) => { if (group.some(other => other?.id === id)) lost.push(id) })
  }
  return async () => {
    // on a busy machine one may be suspected for a moment
    await until(() => group.every(node => group.every(other => sees(node, other))), { timeout: 30_000, what: 'they see each other' })
    expect(lost).to.deep.equal([])
  }
}

describe('testing: createTestMesh', function () {
  this.timeout(120_000)

  it('starts nodes that all see each other, in the order of their options, and call each other', async () => {
    await using mesh = await createTestMesh([{ service: 'login' }, { service: 'mail', name: 'postman' }, {}])
    const [login, mail, client] = mesh.nodes as [Mesh, Mesh, Mesh]
    expect(mesh.nodes.map(node => node.self.service)).to.deep.equal(['login', 'mail', undefined])
    expect(mail.self.name).to.equal('postman')
    expect(client.discovery.services()).to.deep.equal(['login', 'mail'])
    login.rpc.handle('who', () => login.id)
    expect(await client.rpc.invoke('login', 'who')).to.equal(login.id)
    expect(await mail.rpc.invoke('login', 'who')).to.equal(login.id)
  })

  it('a number makes that many nodes of one service; defaults go to each; two meshes do not meet', async () => {
    await using one = await createTestMesh(4, { defaults: { service: 'worker', metadata: { zone: 'a' } } })
    await using two = await createTestMesh(1)
    expect(one.nodes[3]?.discovery.nodes('worker')).to.have.length(4)
    expect(one.nodes.every(node => node.self.metadata['zone'] === 'a')).to.equal(true)
    expect(two.nodes[0]?.discovery.nodes('test')).to.have.length(1)
  })

  it('takes in a node later, and loses one that stops', async () => {
    await using mesh = await createTestMesh(2)
    const late = await mesh.add({ service: 'late' })
    await ready(mesh)
    expect(mesh.nodes[0]?.discovery.nodes('late').map(({ id }) => id)).to.deep.equal([late.id])
    await mesh.nodes[0]?.stop()
    await ready(mesh)
    expect(mesh.alive).to.have.length(2)
    expect(mesh.nodes).to.have.length(3)
  })

  it('kill: the others notice by themselves, nobody was told', async () => {
    await using mesh = await createTestMesh(3)
    const killed = mesh.nodes[0] as Mesh
    const states: string[] = []
    mesh.nodes[1]?.discovery.addEventListener('node:remove', ({ detail }) => { states.push(detail.state) })
    mesh.kill(killed)
    await ready(mesh)
    expect(states).to.have.length(1)
    expect(states).not.to.include('left')
    expect(mesh.alive).not.to.include(killed)
  })

  it('isolate and heal: both sides lose and find each other', async () => {
    await using mesh = await createTestMesh(4)
    const [a, b, c, d] = mesh.nodes
    const stay = watched(a, b, c)
    mesh.isolate(3)
    await until(() => [a, b, c].every(node => !sees(node, d)) && d?.discovery.nodes().length === 1, { timeout: 60_000 })
    await stay()
    await until(() => d?.status === 'isolated')
    mesh.heal(3)
    await ready(mesh)
    await until(() => d?.status === 'joined')
  })

  it('cut between two leaves them seeing each other through the third, without a connection', async () => {
    await using mesh = await createTestMesh(3)
    const [a, b] = mesh.nodes as [Mesh, Mesh]
    const stay = watched(a, b)
    mesh.cut(a, b)
    await until(() => a.libp2p.getConnections(b.libp2p.peerId).length === 0)
    mesh.heal(a, b)
    await until(() => a.libp2p.getConnections(b.libp2p.peerId).length > 0, { timeout: 60_000 })
    await stay()
  })

  for (const silent of [false, true]) {
    it(`partition (${silent ? 'silent' : 'reset'}): each half goes on alone, and heal joins them again`, async () => {
      await using mesh = await createTestMesh(4)
      const [a, b, c, d] = mesh.nodes
      const halves = [watched(a, b), watched(c, d)]
      mesh.partition([[0, 1], [2, 3]], { silent })
      await until(() => ![a, b].some(node => sees(node, c) || sees(node, d)) && ![c, d].some(node => sees(node, a) || sees(node, b)), { timeout: 60_000 })
      for (const stay of halves) await stay()
      mesh.heal()
      await ready(mesh)
    })
  }

  it('freeze: removed by the others while its connections stay open; thaw brings it back', async () => {
    await using mesh = await createTestMesh(4)
    const [a, b, c, d] = mesh.nodes as [Mesh, Mesh, Mesh, Mesh]
    mesh.freeze(d)
    await until(() => [a, b, c].every(node => !sees(node, d) && node.discovery.nodes().length === 3), { timeout: 60_000 })
    mesh.thaw(d)
    await ready(mesh)
  })

  it('refuses nodes of another mesh, and what makes no sense', async () => {
    await using mesh = await createTestMesh(1)
    await using other = await createTestMesh(1)
    expect(() => { mesh.kill(other.nodes[0] as Mesh) }).to.throw('no such node')
    expect(() => { mesh.freeze(7) }).to.throw('no such node')
    expect(() => { mesh.cut(0, 0) }).to.throw('itself')
    await mesh.stop()
    expect(await mesh.add().catch((error: Error) => error.name)).to.equal('InvalidOptionsError')
  })

  it('an aborted signal ends the start, and ready()', async () => {
    const reason = new Error('enough')
    expect(await createTestMesh(2, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)).to.equal(reason)
    await using mesh = await createTestMesh(2)
    mesh.isolate(0, { silent: true })
    await until(() => mesh.nodes[0]?.discovery.nodes().length === 1, { timeout: 30_000 })
    const controller = new AbortController()
    const waiting = mesh.ready({ signal: controller.signal }).catch((error: unknown) => error)
    controller.abort(reason)
    expect(await waiting).to.equal(reason)
  })
})
