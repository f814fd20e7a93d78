/** What a page is told when it cannot join, or not as it was asked to. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { freeAddress, PATIENT, useRemoteNodes } from './nodes.ts'
import { inSandbox, usePages } from './pages.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

async function rejection (promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => { throw new Error('expected a rejection') }, (error: unknown) => error as Error)
}

describe('a page that cannot', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  const meshes: Mesh[] = []

  /** Starts a mesh; resolves to it and to the reasons that the event gave, if it came. */
  async function start (event: 'isolated' | 'unreachable', options: MeshOptions): Promise<{ mesh: Mesh, reasons: Error[] }> {
    const mesh = await createMesh({ rpc: PATIENT, ...options, start: false })
    meshes.push(mesh)
    const reasons: Error[] = []
    mesh.addEventListener(event, ({ detail }) => { reasons.push(...detail.reasons) })
    await mesh.start()
    return { mesh, reasons }
  }

  /** What keeps a page out, when it is known. Its start does not wait longer for that than some seconds, but tells that it is out. */
  async function isolation ({ mesh, reasons }: { mesh: Mesh, reasons: Error[] }, accept: (reason: Error) => boolean): Promise<Error[]> {
    expect([mesh.status, reasons.length > 0]).to.deep.equal(['isolated', true])
    const isEarly = ({ message }: Error): boolean => message.includes('has answered yet')
    expect(reasons.filter(reason => !isEarly(reason) && !accept(reason))).to.deep.equal([])
    return until(() => mesh.connectivity.isolated?.some(accept) === true ? [...mesh.connectivity.isolated] : undefined)
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('reach its relay is told which, and joins when the relay is there', async () => {
    const listen = await freeAddress()
    const relay = await remote.spawn({ mesh: 'down', relay: true, listen })
    const [address = ''] = relay.addresses
    await relay.kill()
    const out = await start('isolated', { mesh: 'down', bootstrap: [address] })
    expect(await isolation(out, ({ message }) => message.includes(address) && message.includes('cannot be reached'))).to.have.lengthOf(1)
    await remote.spawn({ mesh: 'down', relay: true, listen })
    // the new relay has another identity, which the address contradicts: so it is not taken for the old one
    const { mesh: other } = await start('isolated', { mesh: 'down', bootstrap: listen })
    await until(() => other.status === 'joined')
  })

  it('keep its relay is isolated meanwhile, and joins again after the restart', async () => {
    const listen = await freeAddress()
    const relay = await remote.spawn({ mesh: 'restart', relay: true, listen })
    const { mesh } = await start('isolated', { mesh: 'restart', bootstrap: listen })
    await until(() => mesh.self.addresses.length > 0)
    await relay.kill()
    await until(() => mesh.status === 'isolated')
    const again = await remote.spawn({ mesh: 'restart', relay: true, listen })
    await until(() => mesh.status === 'joined' && mesh.self.addresses.some(address => address.includes(again.id)))
    await until(async () => again.sees(mesh.id))
  })

  it('belong to the mesh of its relay is told both names', async () => {
    const relay = await remote.spawn({ mesh: 'theirs', relay: true })
    const out = await start('isolated', { mesh: 'ours', bootstrap: relay.addresses })
    const reasons = await isolation(out, ({ name }) => name === 'WrongMeshError')
    expect(reasons).to.have.lengthOf(1)
    expect(reasons[0]?.message).to.include("'ours'").and.to.include("'theirs'")
  })

  it('have a place on its relay is told so, calls all the same, and gets the next free one', async () => {
    const relay = await remote.spawn({ mesh: 'full', relay: { reservations: 1 }, service: 'login' })
    const first = await pages.open({ mesh: 'full', bootstrap: relay.addresses })
    await until(() => first.mesh.self.addresses.length > 0)
    const { mesh, reasons } = await start('unreachable', { mesh: 'full', bootstrap: relay.addresses })
    // a relay that is busy may first be one that does not answer
    const full = await until(() => reasons.find(({ message }) => message.includes('is full')))
    expect(full).to.have.property('name', 'RelayRefusedError')
    expect(full.message).to.include(relay.id)
    expect(await mesh.rpc.invoke('login', 'echo', 'hi')).to.equal('hi')
    first.leave()
    // it asks again after ten seconds at most
    await until(() => mesh.self.addresses.length > 0, { timeout: 40_000 })
  })

  it('find a relay at all costs next to nothing while it looks', async () => {
    const plain = await remote.spawn({ mesh: 'plain' })
    const { mesh, reasons } = await start('unreachable', { mesh: 'plain', bootstrap: plain.addresses })
    await until(() => reasons.length > 0)
    expect(reasons[0]?.message).to.include('relay: true')
    // The search of circuit-relay-v2 itself would have dialled and asked by the hundred meanwhile.
    const { discovery } = await plain.command<{ discovery: Record<string, number> }>('stats')
    expect(discovery['dials'] ?? 0).to.be.below(5)
    expect(mesh.libp2p.getConnections()).to.have.lengthOf(1)
  })

  it('dial TCP is told so at once', async () => {
    const error = await rejection(createMesh({ bootstrap: ['/ip4/127.0.0.1/tcp/9001'] }))
    expect(error).to.have.property('name', 'InvalidOptionsError')
    expect(error.message).to.include('/ip4/127.0.0.1/tcp/9001').and.to.include('/ws')
  })

  it('be a relay is told so', async () => {
    expect(await rejection(createMesh({ relay: true }))).to.have.property('name', 'InvalidOptionsError')
  })

  it('store anything is told so, and may be a node without', async () => {
    const answer = await inSandbox({ storage: 'shop', listen: [] })
    expect(answer).to.have.property('name', 'StorageError')
    expect(answer).to.have.property('message').that.includes('`storage`')
    expect(await inSandbox({ listen: [] })).to.have.property('id')
  })

  it('have its storage as another tab has it is told so; later it is the same node in a new life', async () => {
    const storage = 'tab-storage'
    const { mesh: other, leave } = await pages.open({ mesh: 'stored', storage })
    const { incarnation } = other.self
    const error = await rejection(createMesh({ mesh: 'stored', storage, tabs: 1 }))
    expect(error).to.have.property('name', 'StorageLockedError')
    expect(error.message).to.include(storage).and.to.include('another tab')
    leave()
    const mesh = await until(async () => createMesh({ mesh: 'stored', storage, tabs: 1 }))
    meshes.push(mesh)
    expect(mesh.id).to.equal(other.id)
    expect(mesh.self.incarnation).to.be.above(incarnation)
    const { mesh: stranger } = await pages.open({ mesh: 'stored' })
    expect(stranger.id).not.to.equal(mesh.id)
  })
})
