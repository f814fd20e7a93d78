/** Connections over WebSockets, where libp2p's have three faults. */
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { createRequire } from 'node:module'
import { createMesh } from '../../src/index.ts'
import { muteWebSocket } from '../harness/mute-websocket.ts'
import { until } from '../harness/until.ts'
import type { Mesh } from '../../src/index.ts'

/** What takes sockets and says nothing but goodbye. */
interface Server {
  readonly clients: ReadonlySet<{ terminate (): void }>
  address (): { port: number }
  on (event: 'listening', listener: (value?: unknown) => void): void
  close (): void
}

const { WebSocketServer } = createRequire(import.meta.resolve('@libp2p/websockets'))('ws') as { WebSocketServer: new (options: { host: string, port: number }) => Server }

describe('a connection over WebSockets', () => {
  let listener: Mesh
  let dialler: Mesh

  beforeEach(async () => {
    // Of different meshes, so that no room dials again.
    listener = await createMesh({ mesh: 'here', listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    dialler = await createMesh({ mesh: 'there', listen: [] })
    await dialler.libp2p.dial(listener.libp2p.getMultiaddrs())
    await until(() => listener.libp2p.getConnections().length === 1)
  })

  afterEach(async () => {
    await Promise.all([listener.stop(), dialler.stop()])
  })

  it('that its dialler aborts is closed at the other end too', async () => {
    for (const connection of dialler.libp2p.getConnections()) connection.abort(new Error('enough'))
    await until(() => listener.libp2p.getConnections().length === 0)
  })

  it('that its listener aborts is closed at the other end too', async () => {
    for (const connection of listener.libp2p.getConnections()) connection.abort(new Error('enough'))
    await until(() => dialler.libp2p.getConnections().length === 0)
  })

  /** Dials, and gives up when `open` tells of one socket. */
  async function giveUp (address: string, open: () => number): Promise<void> {
    const given = new AbortController()
    const dial = dialler.libp2p.dial(multiaddr(address), { signal: given.signal }).then(() => 'connected', () => 'given up')
    await until(() => open() === 1)
    given.abort()
    expect(await dial).to.equal('given up')
    await until(() => open() === 0)
  }

  it('that is given up before it is open leaves no socket', async () => {
    await using mute = await muteWebSocket({ handshake: false })
    await giveUp(mute.address, () => mute.open)
  })

  it('that is given up while it is encrypted leaves no socket', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    try {
      await new Promise(resolve => { server.on('listening', resolve) })
      await giveUp(`/ip4/127.0.0.1/tcp/${server.address().port}/ws`, () => server.clients.size)
    } finally {
      for (const client of server.clients) client.terminate()
      server.close()
    }
  })

  it('that is given up while its peer says nothing, not even goodbye, leaves no socket', async () => {
    await using mute = await muteWebSocket()
    await giveUp(mute.address, () => mute.open)
  })

  it('carries a small message as one', async () => {
    await listener.libp2p.handle('/test/echo', stream => {
      stream.addEventListener('message', ({ data }) => { stream.send(data) })
    })
    const stream = await dialler.libp2p.dialProtocol(listener.libp2p.peerId, '/test/echo')
    const [connection] = dialler.libp2p.getConnections()
    const { websocket } = (connection as unknown as { maConn: { websocket: WebSocket } }).maConn
    let answers = 0
    stream.addEventListener('message', () => { answers++ })
    stream.send(new Uint8Array(100))
    await until(() => answers === 1)
    let messages = 0
    websocket.addEventListener('message', () => { messages++ })
    for (let i = 2; i <= 21; i++) {
      stream.send(new Uint8Array(100))
      await until(() => answers === i)
    }
    // Identify, pings and the DHT may say something in between.
    expect(messages).to.be.within(20, 30)
  })
})
