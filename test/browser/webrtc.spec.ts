/** Direct paths between pages, beside and without their relay. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { WORDS } from '../../src/webrtc/control.ts'
import { webrtc } from '../../src/webrtc/index.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes, useTurnServer } from './nodes.ts'
import { usePages } from './pages.ts'
import type { RemoteNode } from './nodes.ts'
import type { Page } from './pages.ts'
import type { Mesh, PathChange } from '../../src/index.ts'
import type { WebrtcOptions } from '../../src/webrtc/index.ts'
import type { Connection, PrivateKey } from '@libp2p/interface'

/** A dial that comes to nothing on a busy machine is made again after some seconds. */
const WAIT = { timeout: 40_000 }

/** Connections with another node that are open, by the way they take. */
function paths (mesh: Mesh, other: Mesh): { direct: Connection[], relayed: Connection[] } {
  const all = mesh.libp2p.getConnections(other.libp2p.peerId).filter(({ status }) => status === 'open')
  return { direct: all.filter(({ direct }) => direct), relayed: all.filter(({ direct }) => !direct) }
}

/** Carries a path of WebRTC all that the rooms of the mesh say to the other node? */
function movedTo (mesh: Mesh, other: Mesh): boolean {
  const { direct, relayed } = paths(mesh, other)
  const rooms = (connections: Connection[]): string[] => connections.flatMap(({ streams }) =>
    streams.filter(({ direction, status, protocol }) => direction === 'outbound' && status === 'open' && protocol.startsWith('/braid/')).map(({ protocol }) => protocol))
  return rooms(direct).length > 0 && rooms(relayed).length === 0
}

/** An identity that leaves the dial to the other node. */
async function keyThatWaitsFor (id: string): Promise<PrivateKey> {
  for (;;) {
    const key = await generateKeyPair('Ed25519')
    if (peerIdFromPrivateKey(key).toString() > id) return key
  }
}

/** What a page's script has to do with WebRTC. */
function prototypeOf (window: Window): RTCPeerConnection {
  return (window as unknown as { RTCPeerConnection: typeof RTCPeerConnection }).RTCPeerConnection.prototype
}

/** Gathers what the page's script dials and answers with. */
function gather (window: Window, made: RTCPeerConnection[]): void {
  const prototype = prototypeOf(window)
  const create = prototype.createDataChannel
  prototype.createDataChannel = function (label: string, init?: RTCDataChannelInit) {
    if (label === 'braid') made.push(this)
    return create.call(this, label, init)
  }
}

/** Of the way that it takes: what this end, and what the other, is reached by. */
async function wayOf (connection: RTCPeerConnection): Promise<string[]> {
  const stats = [...(await connection.getStats() as unknown as Map<string, Record<string, unknown>>).values()]
  const pair = stats.find(({ type, state, nominated }) => type === 'candidate-pair' && state === 'succeeded' && nominated === true)
  return [pair?.['localCandidateId'], pair?.['remoteCandidateId']].map(id => String(stats.find(stat => stat['id'] === id)?.['candidateType']))
}

/** The page's script takes what the other end offers or answers when it may, so that there is no direct path before. */
function waitsFor (window: Window, allowed: Promise<void>): void {
  const prototype = prototypeOf(window)
  const set = prototype.setRemoteDescription
  prototype.setRemoteDescription = async function (description: RTCSessionDescriptionInit) {
    await allowed
    await Reflect.apply(set, this, [description])
  }
}

/** The page's script sees only after a while that a connection is made, as when it has much to do. */
function seesLate (window: Window): void {
  const prototype = prototypeOf(window)
  const add = prototype.addIceCandidate
  prototype.addIceCandidate = async function (candidate?: RTCIceCandidateInit | null) {
    await Reflect.apply(add, this, [candidate])
    await new Promise(resolve => { setTimeout(resolve, 500) })
  }
}

/** The page's script never sees that the channel opens which it dials with, and gives up. */
function givesUp (window: Window): void {
  const prototype = prototypeOf(window)
  const create = prototype.createDataChannel
  prototype.createDataChannel = function (label: string, init?: RTCDataChannelInit) {
    const channel = create.call(this, label, init)
    if (label === 'init') {
      Object.defineProperty(channel, 'readyState', { value: 'connecting' })
      channel.addEventListener = () => {}
    }
    return channel
  }
}

/** The page has libp2p's own WebRTC, which knows nothing of braid's channel. */
function neverGreets (window: Window): void {
  const { prototype } = (window as unknown as { RTCDataChannel: typeof RTCDataChannel }).RTCDataChannel
  const send = prototype.send
  prototype.send = function (this: RTCDataChannel, data: never) { if (this.label !== 'braid') send.call(this, data) }
}

/** What the page's script says on braid's channel, which goes into `said`, is on its way for a while. */
function speaksLate (window: Window, said: number[]): void {
  const { prototype } = (window as unknown as { RTCDataChannel: typeof RTCDataChannel }).RTCDataChannel
  const send = prototype.send
  prototype.send = function (this: RTCDataChannel, data: never) {
    if (this.label !== 'braid') {
      send.call(this, data)
      return
    }
    setTimeout(() => {
      if (this.readyState !== 'open') return
      send.call(this, data)
      said.push(data[0])
    }, 300)
  }
}

describe('direct paths', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  const turn = useTurnServer()
  let relay: RemoteNode
  let mesh: Mesh
  let changes: PathChange[]

  async function join (bootstrap: readonly string[], options: WebrtcOptions = {}, privateKey?: PrivateKey): Promise<void> {
    mesh = await createMesh({ mesh: 'direct', service: 'left', bootstrap, webrtc: webrtc(options), rpc: PATIENT, start: false, ...privateKey == null ? {} : { privateKey } })
    changes = []
    mesh.addEventListener('path', ({ detail }) => { changes.push(detail) })
    mesh.rpc.handle('who', () => 'left')
    await mesh.start()
  }

  async function openRight (bootstrap: readonly string[], direct: WebrtcOptions = {}, before?: (window: Window) => void): Promise<Page> {
    const page = await pages.open({ mesh: 'direct', service: 'right', bootstrap, direct }, before)
    page.mesh.rpc.handle('who', () => 'right')
    await until(() => (mesh.discovery.node(page.mesh.id)?.addresses.length ?? 0) > 0, WAIT)
    return page
  }

  async function direct (other: Mesh): Promise<void> {
    await until(() => paths(mesh, other).direct.length > 0 && paths(other, mesh).direct.length > 0, WAIT)
  }

  before(async () => { relay = await remote.spawn({ mesh: 'direct', name: 'relay', relay: true }) })

  afterEach(async () => { await mesh.stop() })

  it('come beside relayed ones, which carry calls at once; none is lost or doubled when they take over, nor when the relay dies', async () => {
    const own = await remote.spawn({ mesh: 'direct', name: 'relay', relay: true })
    await join(own.addresses)
    const made: RTCPeerConnection[] = []
    const called = Promise.withResolvers<void>()
    const { mesh: other } = await openRight(own.addresses, undefined, window => {
      gather(window, made)
      waitsFor(window, called.promise)
    })
    const ran: number[] = []
    other.rpc.handle('count', async (n: number) => {
      ran.push(n)
      if (n % 10 === 0) await new Promise(resolve => { setTimeout(resolve, 50) })
      return n
    })
    const answers: unknown[] = [await mesh.rpc.invoke('right', 'count', 0)]
    expect(paths(mesh, other).direct).to.deep.equal([])
    called.resolve()
    const going = { on: true }
    const calling = (async () => {
      for (let n = 1; going.on; n += 5) answers.push(...await Promise.all([0, 1, 2, 3, 4].map(async i => mesh.rpc.invoke('right', 'count', n + i))))
    })()
    await direct(other)
    // no server is asked for a page's address unless one is named, whoever dialled
    expect(made.map(connection => connection.getConfiguration().iceServers)).to.deep.equal(made.map(() => [])).and.not.to.deep.equal([])
    await until(() => movedTo(mesh, other) && movedTo(other, mesh), WAIT)
    const taken = answers.length
    await until(() => answers.length > taken + 50)
    expect(changes.filter(({ direct }) => direct)).to.deep.equal([{ peer: other.id, direct: true }])
    expect(paths(mesh, other).relayed).not.to.have.length(0)
    await own.kill()
    await until(() => paths(mesh, other).relayed.length === 0, WAIT)
    const left = answers.length
    await until(() => answers.length > left + 50)
    going.on = false
    await calling
    expect(answers).to.deep.equal(Array.from({ length: answers.length }, (_, n) => n))
    expect([...ran].sort((a, b) => a - b)).to.deep.equal(answers)
    expect(await other.rpc.invoke('left', 'who')).to.equal('left')
    expect(paths(mesh, other).direct).to.have.lengthOf(1)
    expect([mesh.status, other.status]).to.deep.equal(['joined', 'joined'])
  })

  it('through a TURN server and nothing else carry calls without a relay, and end with it', async () => {
    const own = await remote.spawn({ mesh: 'direct', name: 'relay', relay: true })
    const { server, end } = await turn.start()
    const only: WebrtcOptions = { iceServers: [server], iceTransportPolicy: 'relay' }
    await join(own.addresses, only)
    const made: RTCPeerConnection[] = []
    const page = await openRight(own.addresses, only, window => { gather(window, made) })
    const { mesh: other } = page
    await direct(other)
    await until(() => movedTo(mesh, other) && movedTo(other, mesh), WAIT)
    expect(await Promise.all(made.filter(({ connectionState }) => connectionState === 'connected').map(wayOf))).to.deep.equal([['relay', 'relay']])
    await own.kill()
    await until(() => paths(mesh, other).relayed.length === 0, WAIT)
    for (let i = 0; i < 10; i++) expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    await end()
    page.hasten()
    await swiftly(async () => { await until(() => paths(mesh, other).direct.length === 0 && paths(other, mesh).direct.length === 0, { timeout: 40_000 }) })()
  })

  it('that cannot be made leave the relayed one as it is, and say why', async () => {
    // no such server answers, and nothing else is allowed
    const dead: WebrtcOptions = { iceServers: [{ urls: 'turn:127.0.0.1:3479', username: 'u', credential: 'c' }], iceTransportPolicy: 'relay', timeout: 2_000 }
    await join(relay.addresses, dead)
    const { mesh: other } = await openRight(relay.addresses, dead)
    const failures: PathChange[] = []
    other.addEventListener('path', ({ detail }) => { failures.push(detail) })
    await mesh.rpc.invoke('right', 'who')
    const [relayed] = paths(mesh, other).relayed
    // while this machine is busy an attempt may come less far in its time, and say that
    await until(() => [...changes, ...failures].some(({ error }) => /ICE failed.*TURN/.test(error?.message ?? '')), WAIT)
    for (const { direct, error } of [...changes, ...failures]) expect([direct, error?.name]).to.deep.equal([false, 'NoPathError'])
    expect(paths(mesh, other)).to.deep.equal({ direct: [], relayed: [relayed] })
    expect(paths(other, mesh).direct).to.deep.equal([])
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
  })

  it('to a page that does not greet on them are none, and it is said so', async () => {
    await join(relay.addresses, { timeout: 2_000 })
    const { mesh: other } = await pages.open({ mesh: 'direct', service: 'right', bootstrap: relay.addresses, direct: { timeout: 2_000 } }, neverGreets)
    other.rpc.handle('who', () => 'right')
    // the same
    await until(() => changes.some(({ error }) => /does not greet.*control channel/.test(error?.message ?? '')), WAIT)
    for (const { direct, error } of changes) expect([direct, error?.name]).to.deep.equal([false, 'NoPathError'])
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
  })

  it('with a page that has none stay away, and calls go over the relay', async () => {
    await join(relay.addresses)
    const { mesh: other } = await pages.open({ mesh: 'direct', service: 'right', bootstrap: relay.addresses })
    other.rpc.handle('who', () => 'right')
    await until(() => (mesh.discovery.node(other.id)?.addresses.length ?? 0) > 0)
    for (let i = 0; i < 2; i++) expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    expect([paths(mesh, other).direct, changes]).to.deep.equal([[], []])
  })

  it('end at both ends when one page is left, though no relay tells', async () => {
    const own = await remote.spawn({ mesh: 'direct', name: 'relay', relay: true })
    await join(own.addresses)
    const page = await openRight(own.addresses)
    await direct(page.mesh)
    await until(() => movedTo(mesh, page.mesh) && movedTo(page.mesh, mesh), WAIT)
    await own.kill()
    await until(() => paths(mesh, page.mesh).relayed.length === 0, WAIT)
    const removed: string[] = []
    mesh.discovery.addEventListener('node:remove', ({ detail: { id, state } }) => { if (id === page.mesh.id) removed.push(state) })
    const { id } = page.mesh
    const peer = page.mesh.libp2p.peerId
    page.leave()
    // what WebRTC itself tells comes after 15 s
    await until(() => mesh.libp2p.getConnections(peer).length === 0 && removed.length > 0, { timeout: 10_000 })
    expect(removed).to.deep.equal(['left'])
    expect(changes.at(-1)).to.deep.equal({ peer: id, direct: false })
  })

  it('end at both ends when one node is stopped', async () => {
    await join(relay.addresses)
    const { mesh: other } = await openRight(relay.addresses)
    await direct(other)
    await other.stop()
    await until(() => mesh.libp2p.getConnections(other.libp2p.peerId).length === 0, { timeout: 10_000 })
  })

  it('leave nothing behind when they end: what waits for the end of the node holds none of them', async () => {
    const { addEventListener: add, removeEventListener: remove } = AbortSignal.prototype
    const waiting = new Set<unknown>()
    let made = 0
    // of @libp2p/webrtc: whoever closes a connection when the node stops
    const isCloser = (listener: unknown): boolean => String(listener).includes('webRTCConn')
    AbortSignal.prototype.addEventListener = function (this: AbortSignal, type: string, listener: any, options?: any) {
      if (isCloser(listener)) {
        made++
        waiting.add(listener)
      }
      add.call(this, type, listener, options)
    }
    AbortSignal.prototype.removeEventListener = function (this: AbortSignal, type: string, listener: any, options?: any) {
      waiting.delete(listener)
      remove.call(this, type, listener, options)
    }
    try {
      await join(relay.addresses)
      for (const end of ['stop', 'abort', 'kill'] as const) {
        const page = await openRight(relay.addresses)
        const { peerId } = page.mesh.libp2p
        await direct(page.mesh)
        const [path] = paths(mesh, page.mesh).direct
        if (end === 'stop') await page.mesh.stop()
        else if (end === 'kill') page.kill()
        else path?.abort(new Error('lost'))
        await swiftly(async () => {
          await until(() => path?.status !== 'open', { timeout: 14_000 })
          if (end === 'abort') page.kill()
          await until(() => mesh.libp2p.getConnections(peerId).length === 0, { timeout: 14_000 })
        })()
      }
      expect(made).to.be.at.least(3)
      await until(() => waiting.size === 0)
    } finally {
      Object.assign(AbortSignal.prototype, { addEventListener: add, removeEventListener: remove })
    }
  })

  it('of a page that is killed end when it does not answer', async () => {
    await join(relay.addresses)
    const page = await openRight(relay.addresses)
    await direct(page.mesh)
    const { id, libp2p: { peerId } } = page.mesh
    page.kill()
    await swiftly(async () => { await until(() => mesh.discovery.node(id) == null && mesh.libp2p.getConnections(peerId).length === 0, { timeout: 14_000 }) })()
  })

  it('outlive a standstill of this page, longer than an answer may take, while it asks whether the other lives', async () => {
    await join(relay.addresses)
    const said: number[] = []
    const { mesh: other } = await openRight(relay.addresses, {}, window => { speaksLate(window, said) })
    await direct(other)
    await until(() => movedTo(mesh, other) && movedTo(other, mesh), WAIT)
    const { direct: [path], relayed } = paths(mesh, other)
    let stood = 0
    mesh.libp2p.addEventListener('connection:close', ({ detail }) => {
      // The path has just been doubted, and nothing runs in this page nor in its frames.
      if (stood > 0 || detail.direct || detail.remotePeer.toString() !== other.id) return
      const began = performance.now()
      while (stood < 6_000) stood = performance.now() - began
    })
    await swiftly(async () => {
      for (const connection of relayed) connection.abort(new Error('lost'))
      await until(() => stood > 0)
      await until(() => said.includes(WORDS.pong))
    })()
    expect([path?.status, paths(mesh, other).direct]).to.deep.equal(['open', [path]])
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
    expect(changes.filter(({ direct }) => !direct)).to.deep.equal([])
  })

  it('are made however late the dialler sees that it is connected', async () => {
    const { mesh: other } = await pages.open({ mesh: 'direct', bootstrap: relay.addresses, direct: {} }, seesLate)
    await join(relay.addresses, {}, await keyThatWaitsFor(other.id))
    const failures: PathChange[] = []
    other.addEventListener('path', ({ detail }) => { if (detail.error != null) failures.push(detail) })
    await direct(other)
    expect(failures).to.deep.equal([])
    expect(changes).to.deep.equal([{ peer: other.id, direct: true }])
  })

  it('are none before both ends have them: one that its dialler gives up never counts', async () => {
    const { mesh: other } = await pages.open({ mesh: 'direct', service: 'right', bootstrap: relay.addresses, direct: { timeout: 1_000 } }, givesUp)
    other.rpc.handle('who', () => 'right')
    const failures: PathChange[] = []
    other.addEventListener('path', ({ detail }) => { failures.push(detail) })
    await join(relay.addresses, {}, await keyThatWaitsFor(other.id))
    const opened: Connection[] = []
    mesh.libp2p.addEventListener('connection:open', ({ detail }) => { if (detail.multiplexer === '/webrtc') opened.push(detail) })
    await until(() => failures.length > 0)
    expect(failures[0]?.error).to.have.property('name', 'NoPathError')
    expect(opened).to.deep.equal([])
    await until(() => (mesh.discovery.node(other.id)?.addresses.length ?? 0) > 0)
    expect(await mesh.rpc.invoke('right', 'who')).to.equal('right')
  })
})
