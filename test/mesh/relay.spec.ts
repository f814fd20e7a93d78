/** Relays between real nodes: peers that cannot be dialled reach each other, as many and as much as they like. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { FaultTolerance } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { Connection } from '@libp2p/interface'
import type { AddressInfo } from 'node:net'

const WS = '/ip4/127.0.0.1/tcp/0/ws'

/** A node starts, as a tab does, though a relay that it names is away. */
const LENIENT = { transportManager: { faultTolerance: FaultTolerance.NO_FATAL } }

interface RelayService {
  readonly reservations: { readonly size: number }
}

function reservations (mesh: Mesh): RelayService['reservations'] {
  return (mesh.libp2p.services as unknown as { relay: RelayService }).relay.reservations
}

function addresses (mesh: Mesh): string[] {
  return mesh.libp2p.getMultiaddrs().map(String)
}

function connections (a: Mesh, b: Mesh): Connection[] {
  return a.libp2p.getConnections(b.libp2p.peerId)
}

/** Takes connections, and hangs up. */
async function noRelay (): Promise<{ address: string, readonly asked: number, close: () => void }> {
  let asked = 0
  const server = createServer(socket => {
    asked++
    socket.destroy()
  })
  server.unref()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws/p2p/${id}`,
    get asked () { return asked },
    close: () => { server.close() }
  }
}

describe('relay', function () {
  this.timeout(120_000)

  const meshes: Mesh[] = []

  async function make (options: MeshOptions): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'relayed', rpc: { timeout: 30_000 }, ...options })
    meshes.push(mesh)
    return mesh
  }

  /** A node that listens nowhere. */
  async function hidden (relay: Mesh, options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await make({ listen: ['/p2p-circuit'], bootstrap: addresses(relay), ...options })
    await until(() => mesh.self.addresses.length > 0, { timeout: 60_000, what: 'a place on the relay' })
    return mesh
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('two nodes that listen nowhere find and call each other through it, without limits', async function () {
    this.timeout(120_000)
    const relay = await make({ relay: true, listen: [WS] })
    const a = await hidden(relay, { service: 'a' })
    const b = await hidden(relay, { service: 'b' })
    a.rpc.handle('echo', (body: unknown) => body)
    b.rpc.handle('echo', (body: unknown) => body)
    await b.discovery.waitFor('a', { signal: AbortSignal.timeout(40_000) })
    await a.discovery.waitFor('b', { signal: AbortSignal.timeout(40_000) })
    expect(await a.rpc.invoke('b', 'echo', 'hello')).to.equal('hello')
    expect(await b.rpc.invoke('a', 'echo', 'hello')).to.equal('hello')
    const [connection] = connections(a, b)
    expect(connection?.remoteAddr.toString()).to.include('/p2p-circuit')
    expect(connection?.limits).to.equal(undefined)
    expect(relay.self.roles).to.include('relay')

    // sixteen times the 128 KiB after which the default relay cuts, over the same connection
    const body = new Uint8Array(512 * 1024).fill(7)
    for (let i = 0; i < 4; i++) expect((await a.rpc.invoke('b', 'echo', body) as Uint8Array).byteLength).to.equal(body.byteLength)
    expect(connections(a, b)[0]?.id).to.equal(connection?.id)
  })

  it('has more places than the fifteen of the default, and gives one back when its node leaves', async function () {
    this.timeout(120_000)
    const relay = await make({ relay: true, listen: [WS] })
    const nodes = await Promise.all(Array.from({ length: 17 }, async () => hidden(relay)))
    expect(reservations(relay).size).to.equal(17)
    await nodes[0]?.stop()
    await until(() => reservations(relay).size === 16)
  })

  it('says what to do when it is full, and gives the next free place away', async () => {
    const relay = await make({ relay: { reservations: 1 }, listen: [WS] })
    const first = await hidden(relay)
    const second = await make({ listen: ['/p2p-circuit'], bootstrap: addresses(relay), start: false })
    const told = new Promise<Error[]>(resolve => {
      second.addEventListener('unreachable', ({ detail }) => { resolve(detail.reasons) }, { once: true })
    })
    const reachable = new Promise(resolve => { second.addEventListener('reachable', resolve, { once: true }) })
    await second.start()
    expect(second.status).to.equal('joined')
    const [reason] = await told
    expect(reason).to.have.property('name', 'RelayRefusedError')
    expect(reason?.message).to.include('is full').and.to.include(relay.id).and.to.include('bootstrap')
    await first.stop()
    await reachable
    await until(() => second.self.addresses.length > 0)
  })

  it('says that there is none among the nodes it knows', async () => {
    const plain = await make({ listen: [WS] })
    const node = await make({ listen: ['/p2p-circuit'], bootstrap: addresses(plain), start: false })
    const told = new Promise<Error[]>(resolve => {
      node.addEventListener('unreachable', ({ detail }) => { resolve(detail.reasons) }, { once: true })
    })
    await node.start()
    const [reason] = await told
    expect(reason?.message).to.include('relay: true')
  })

  it('says so to whoever listens once the node is made, and whoever asks', async () => {
    const plain = await make({ listen: [WS] })
    const node = await make({ listen: ['/p2p-circuit'], bootstrap: addresses(plain) })
    const told: Error[][] = []
    node.addEventListener('unreachable', ({ detail }) => { told.push(detail.reasons) })
    await until(() => told.length > 0)
    expect(node.connectivity.unreachable).to.deep.equal(told[0])
    expect(told[0]?.[0]?.message).to.include('relay: true')
    const relay = await make({ relay: true, listen: [WS], bootstrap: addresses(plain) })
    await until(() => node.self.addresses.some(address => address.includes(relay.id)), { timeout: 30_000 })
    await until(() => node.connectivity.unreachable === undefined)
    expect(told).to.have.lengthOf(1)
  })

  it('that was restarted gets its nodes back, and they reach each other again', async function () {
    this.timeout(120_000)
    const relay = await make({ relay: true, listen: [WS] })
    const [address = ''] = addresses(relay)
    const { privateKey } = (relay.libp2p as unknown as { components: { privateKey: NonNullable<MeshOptions['privateKey']> } }).components
    const a = await hidden(relay, { service: 'a' })
    const b = await hidden(relay, { service: 'b' })
    a.rpc.handle('who', () => 'a')
    await b.discovery.waitFor('a', { signal: AbortSignal.timeout(40_000) })
    await relay.stop()
    await until(() => a.self.addresses.length === 0 && b.self.addresses.length === 0)
    await make({ relay: true, listen: [address.replace(/\/p2p\/.*/, '')], privateKey })
    await until(() => a.self.addresses.length > 0 && b.self.addresses.length > 0, { timeout: 30_000 })
    expect(await b.rpc.invoke('a', 'who', undefined, { timeout: 40_000 })).to.equal('a')
  })

  it('that is named in `listen` gets its node back after a restart too, and the node is told meanwhile', async function () {
    this.timeout(120_000)
    const relay = await make({ relay: true, listen: [WS] })
    const [address = ''] = addresses(relay)
    const { privateKey } = (relay.libp2p as unknown as { components: { privateKey: NonNullable<MeshOptions['privateKey']> } }).components
    const node = await hidden(relay, { listen: [`${address}/p2p-circuit`] })
    const told: Error[] = []
    node.addEventListener('unreachable', ({ detail }) => { told.push(...detail.reasons) })
    await relay.stop()
    await until(() => node.self.addresses.length === 0 && told.length > 0)
    expect(told[0]).to.have.property('name', 'RelayRefusedError')
    expect(told[0]?.message).to.include(address)
    await make({ relay: true, listen: [address.replace(/\/p2p\/.*/, '')], privateKey })
    await until(() => node.self.addresses.some(own => own.startsWith(address)), { timeout: 30_000 })
  })

  it('one of two named in `listen` is enough: only when both are away is the node told, once, with the reasons of both', async function () {
    this.timeout(120_000)
    const relay = await make({ relay: true, listen: [WS] })
    const [address = ''] = addresses(relay)
    const dead = await noRelay()
    const other = dead.address
    const node = await make({ listen: [`${address}/p2p-circuit`, `${other}/p2p-circuit`], bootstrap: [address], start: false, libp2p: LENIENT })
    const told: Error[][] = []
    const reachable: string[] = []
    node.addEventListener('unreachable', ({ detail }) => { told.push(detail.reasons) })
    node.addEventListener('reachable', () => { reachable.push('reachable') })
    await node.start()
    await until(() => node.self.addresses.length > 0)
    const before = dead.asked
    await until(() => dead.asked >= before + 4, { timeout: 30_000 })
    expect(told).to.deep.equal([])
    await relay.stop()
    // from here on there is nobody whom time could wrong
    await swiftly(async () => {
      await until(() => told.length > 0, { timeout: 30_000 })
      const later = dead.asked
      await until(() => dead.asked >= later + 2, { timeout: 30_000 })
    })()
    const [reasons = []] = told
    expect(told).to.have.lengthOf(1)
    expect([address, other].map(one => reasons.some(({ message }) => message.includes(one)))).to.deep.equal([true, true])
    await node.stop()
    dead.close()
    expect([told.length, reachable.length]).to.deep.equal([1, 0])
  })

  it('that is away is no harm to a node that can be dialled', async function () {
    this.timeout(120_000)
    const dead = await noRelay()
    const first = await make({ listen: [WS] })
    const node = await make({ listen: [WS, `${dead.address}/p2p-circuit`], bootstrap: addresses(first), start: false, libp2p: LENIENT })
    let told = 0
    node.addEventListener('unreachable', () => { told++ })
    await node.start()
    await until(() => dead.asked >= 4, { timeout: 30_000 })
    expect([told, node.monitor.health.level]).to.deep.equal([0, 'healthy'])
    await node.stop()
    dead.close()
  })

  it('that is full when the node stops: it does not say that it is reachable', async () => {
    const relay = await make({ relay: { reservations: 1 }, listen: [WS] })
    await hidden(relay)
    const second = await make({ listen: ['/p2p-circuit'], bootstrap: addresses(relay), start: false })
    const told: string[] = []
    for (const type of ['unreachable', 'reachable'] as const) second.addEventListener(type, () => { told.push(type) })
    await second.start()
    await until(() => told.length > 0)
    await second.stop()
    expect(told).to.deep.equal(['unreachable'])
  })
})
