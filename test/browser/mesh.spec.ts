/** A page in a mesh of Node processes: a real relay, real services, and other pages. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { RemoteNode } from './nodes.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'
import type { Records } from '../../src/records/index.ts'

interface Who { id: string, caller: string, token?: string }

describe('a page', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  const meshes: Mesh[] = []
  let relay: RemoteNode
  let logins: RemoteNode[]

  async function join (options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await createMesh({ mesh: 'pages', bootstrap: relay.addresses, rpc: PATIENT, ...options })
    meshes.push(mesh)
    return mesh
  }

  before(async () => {
    relay = await remote.spawn({ mesh: 'pages', name: 'relay', relay: true })
    logins = await Promise.all([1, 2].map(async i =>
      remote.spawn({ mesh: 'pages', service: 'login', name: `login-${i}`, bootstrap: relay.addresses })))
  })

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('joins through a relay, finds a service of Node processes and calls each of them', async () => {
    const mesh = await join()
    await until(() => mesh.status === 'joined')
    await until(() => mesh.discovery.nodes('login').length === 2)
    const answers = new Set<string>()
    await until(async () => {
      const { id, caller } = await mesh.rpc.invoke('login', 'who') as Who
      expect(caller).to.equal(mesh.id)
      return answers.add(id).size === 2
    })
    expect([...answers].sort()).to.deep.equal(logins.map(({ id }) => id).sort())
    // It has dialled them itself: no byte of these calls passes the relay.
    const direct = mesh.libp2p.getConnections().filter(({ remoteAddr }) => !remoteAddr.toString().includes('/p2p-circuit'))
    expect(direct.map(({ remotePeer }) => remotePeer.toString())).to.include.members(logins.map(({ id }) => id))
  })

  it('is a client of the DHT', async () => {
    const mesh = await join()
    expect((mesh.libp2p.services as unknown as { dht: { getMode (): string } }).dht.getMode()).to.equal('client')
    expect(mesh.libp2p.getProtocols()).not.to.include('/braid/pages/kad/1.0.0')
  })

  it('puts records into the DHT, which others find when the page is gone', async () => {
    const [mesh, other] = [await join(), await join()]
    const [own, others] = [mesh, other].map(({ libp2p }) => (libp2p.services as unknown as { records: Records }).records) as [Records, Records]
    const key = crypto.getRandomValues(new Uint8Array(32))
    const value = new TextEncoder().encode('from a page')
    const servers = 1 + logins.length
    await until(async () => (await own.put({ key, rank: [1, 1, 1], value, ttl: 60_000 })).stored === servers)
    await mesh.stop()
    const found = await until(async () => others.get(key, { authors: [mesh.id] }))
    expect([found.author, found.rank, found.value]).to.deep.equal([mesh.id, [1, 1, 1], value])
  })

  it('serves: a Node process finds its method and calls it', async () => {
    const mesh = await join({ service: 'tab', name: 'a tab' })
    mesh.rpc.handle('hello', ({ name }: { name: string }, ctx) => `hello ${name}, says ${ctx.caller.name}`)
    const answer = await mesh.rpc.invoke('login', 'nested', { service: 'tab', method: 'hello', args: { name: 'ada' } }, { node: logins[0]?.id as string })
    expect(answer).to.deep.equal({ via: logins[0]?.id, answer: 'hello ada, says login-1' })
    // one that the page has not called itself
    await until(async () => (await logins[1]?.nodes('tab'))?.length === 1)
    expect(await logins[1]?.invoke('tab', 'hello', { name: 'bob' })).to.equal('hello bob, says login-2')
  })

  it('reads and sends sequences, as slowly as it likes, and serves them', async () => {
    const mesh = await join({ service: 'tab', name: 'a tab' })
    await until(() => mesh.discovery.nodes('login').length === 2)
    let taken = 0
    for await (const chunk of mesh.rpc.stream('login', 'chunks', 'serverStream', { count: 100, size: 100_000 })) {
      const { length, 0: first } = chunk as Uint8Array
      expect([length, first]).to.deep.equal([100_000, taken++])
      if (taken % 25 === 0) await new Promise(resolve => { setTimeout(resolve, 100) })
    }
    expect(taken).to.equal(100)
    const sent = Array.from({ length: 500 }, (_, n) => n)
    const heard: unknown[] = []
    for await (const value of mesh.rpc.stream('login', 'mirror', 'bidi', sent)) heard.push(value)
    expect(heard).to.deep.equal(sent)
    let left = false
    mesh.rpc.handleStream('count', 'serverStream', async function * (from: number) {
      try {
        for (let n = from; ; n++) {
          yield n
          await new Promise(resolve => { setTimeout(resolve, 5) })
        }
      } finally {
        left = true
      }
    })
    const collected = await mesh.rpc.invoke('login', 'collect', { service: 'tab', method: 'count', args: 7, count: 4 }, { node: logins[0]?.id as string })
    expect(collected).to.deep.equal([7, 8, 9, 10])
    await until(() => left)
    const bytes = new Uint8Array(900_000).fill(9)
    expect(await mesh.rpc.invoke('login', 'echo', bytes)).to.deep.equal(bytes)
  })

  it('keeps a token at its node', async () => {
    const mesh = await join()
    await until(() => mesh.discovery.nodes('login').length === 2)
    const first = await mesh.rpc.invoke('login', 'who', undefined, { token: 'ada' }) as Who
    for (let i = 0; i < 5; i++) {
      expect((await mesh.rpc.invoke('login', 'who', undefined, { token: 'ada' }) as Who).id).to.equal(first.id)
    }
  })

  it('calls another page through the relay, and is called by it', async () => {
    const mesh = await join({ service: 'left', name: 'left' })
    mesh.rpc.handle('who', (_, ctx) => `left, to ${ctx.caller.name}`)
    const { mesh: other } = await pages.open({ mesh: 'pages', service: 'right', name: 'right', bootstrap: relay.addresses })
    other.rpc.handle('who', (_, ctx) => `right, to ${ctx.caller.name}`)
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right, to left')
    expect(await other.rpc.invoke('left', 'who')).to.equal('left, to right')
    const paths = mesh.libp2p.getConnections(other.libp2p.peerId)
    expect(paths.map(({ remoteAddr }) => remoteAddr.toString()).join()).to.include('/p2p-circuit')
    expect(paths[0]?.limits).to.equal(undefined)
    // more than the 128 KiB that a default relay lets through
    other.rpc.handle('echo', (body: Uint8Array) => body)
    const body = new Uint8Array(300 * 1024).fill(7)
    expect(await mesh.rpc.invoke('right', 'echo', body)).to.deep.equal(body)
  })

  it('that reconnects is reached through the relay again', async () => {
    const mesh = await join({ service: 'tab' })
    mesh.rpc.handle('who', () => 'tab')
    const { mesh: other } = await pages.open({ mesh: 'pages', bootstrap: relay.addresses })
    expect(await other.rpc.invoke('tab', 'who')).to.equal('tab')
    for (const connection of mesh.libp2p.getConnections()) connection.abort(new Error('the network was away'))
    await until(() => mesh.status === 'joined' && mesh.self.addresses.length > 0)
    expect(await other.rpc.invoke('tab', 'who')).to.equal('tab')
  })

  it('joins as one of many, one after the other, on one relay', async () => {
    for (let i = 0; i < 3; i++) {
      const page = await pages.open({ mesh: 'pages', bootstrap: relay.addresses })
      expect((await page.mesh.rpc.invoke('login', 'who') as Who).caller).to.equal(page.mesh.id)
      page.leave()
    }
  })
})
