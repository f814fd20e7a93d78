/** A peer that comes back while its old connection is dead, and nobody has said so. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { faultProxy } from '../harness/fault-proxy.ts'
import { freePort } from '../harness/ports.ts'
import { until } from '../harness/until.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { FaultProxy } from '../harness/fault-proxy.ts'
import type { Stream } from '@libp2p/interface'

describe('a second connection with a peer', () => {
  const meshes: Mesh[] = []
  const proxies: FaultProxy[] = []

  async function make (options: MeshOptions): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'second', ...options })
    meshes.push(mesh)
    return mesh
  }

  /** A relay, and a node that only the relay reaches, by way of a proxy. */
  async function relayAndTab (): Promise<{ relay: Mesh, tab: Mesh, proxy: FaultProxy }> {
    const port = await freePort()
    const proxy = await faultProxy({ port })
    proxies.push(proxy)
    const relay = await make({ service: 'relay', relay: true, listen: [`/ip4/127.0.0.1/tcp/${port}/ws`], announce: [`/ip4/127.0.0.1/tcp/${proxy.port}/ws`] })
    const tab = await make({ service: 'tab', listen: ['/p2p-circuit'], bootstrap: relay.libp2p.getMultiaddrs().map(String) })
    tab.rpc.handle('who', () => 'tab')
    relay.rpc.handle('who', () => 'relay')
    await until(() => tab.self.addresses.length > 0 && relay.discovery.node(tab.id)?.addresses.length === tab.self.addresses.length)
    return { relay, tab, proxy }
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
    await Promise.all(proxies.splice(0).map(async proxy => proxy.close()))
  })

  it('takes over from one that died without a word: calls, acks and circuits', async function () {
    this.timeout(60_000)
    const { relay, tab, proxy } = await relayAndTab()
    expect(await relay.rpc.invoke('tab', 'who')).to.equal('tab')
    expect(await tab.rpc.invoke('relay', 'who')).to.equal('relay')
    const lost: string[] = []
    tab.discovery.addEventListener('node:remove', ({ detail: { name, id, state } }) => { lost.push(`${name ?? id} ${state}`) })
    relay.discovery.addEventListener('node:remove', ({ detail: { name, id, state } }) => { lost.push(`${name ?? id} ${state}`) })
    const [dead] = proxy.connections
    const [old] = relay.libp2p.getConnections(tab.libp2p.peerId)
    dead?.set({ blackhole: true })
    for (const connection of tab.libp2p.getConnections(relay.libp2p.peerId)) connection.abort(new Error('another network'))
    await until(() => relay.libp2p.getConnections(tab.libp2p.peerId).length === 2)
    const third = await make({ listen: [], bootstrap: [`/ip4/127.0.0.1/tcp/${proxy.port}/ws/p2p/${relay.id}`] })
    expect(await third.rpc.invoke('tab', 'who', undefined, { timeout: 30_000 })).to.equal('tab')
    await until(async () => await relay.rpc.invoke('tab', 'who', undefined, { timeout: 2_000 }) === 'tab', { timeout: 30_000 })
    // by nothing that gave the peer up
    expect(lost).to.deep.equal([])
    expect(old?.status).not.to.equal('open')
    // and after the time in which a detector that hears nothing gives a node up
    const end = performance.now() + 6_000
    await until(() => lost.length > 0 || performance.now() > end)
    expect(lost).to.deep.equal([])
    expect(relay.libp2p.getConnections(tab.libp2p.peerId)).to.have.lengthOf(1)
  })

  it('leaves one that works alone', async () => {
    const { relay, tab } = await relayAndTab()
    const [old] = relay.libp2p.getConnections(tab.libp2p.peerId)
    if (old == null) throw new Error('no connection')
    const newStream = old.newStream.bind(old)
    const asked: Stream[] = []
    old.newStream = async (...args) => {
      const stream = await newStream(...args)
      if (stream.protocol === '/ipfs/ping/1.0.0') asked.push(stream)
      return stream
    }
    await tab.libp2p.dial(relay.libp2p.getMultiaddrs(), { force: true })
    await until(() => asked[0] != null && asked[0].status !== 'open')
    expect(old.status).to.equal('open')
    expect(relay.libp2p.getConnections(tab.libp2p.peerId)).to.have.lengthOf(2)
  })
})
