import { noise } from '@libp2p/noise'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { Network } from '../../src/testing/network.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import { until } from '../harness/until.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'

const PROTOCOL = '/echo/1.0.0'
const text = new TextEncoder()

function collect (stream: Stream): { text: string, bytes: number, closed: boolean } {
  const seen = { text: '', bytes: 0, closed: false }
  stream.addEventListener('message', ({ data }) => {
    seen.bytes += data.byteLength
    if (seen.bytes < 10_000) seen.text += new TextDecoder().decode(data.subarray())
  })
  stream.addEventListener('close', () => { seen.closed = true })
  return seen
}

describe('testing: the network of a test mesh', () => {
  let network: Network
  let nodes: Libp2p[]

  async function node (name: string): Promise<Libp2p> {
    const created = await createLibp2p({
      addresses: { listen: [`/memory/${name}`] },
      transports: [network.transport(name)],
      connectionEncrypters: [noise()],
      streamMuxers: [guardedYamux()],
      connectionMonitor: { enabled: false }
    })
    await created.handle(PROTOCOL, stream => {
      stream.addEventListener('message', ({ data }) => { stream.send(data) })
    })
    nodes.push(created)
    return created
  }

  async function connected (): Promise<{ a: Libp2p, b: Libp2p, connection: Connection, stream: Stream }> {
    const [a, b] = [await node('a'), await node('b')]
    const connection = await a.dial(multiaddr(`/memory/b/p2p/${b.peerId}`))
    const stream = await connection.newStream(PROTOCOL)
    return { a, b, connection, stream }
  }

  beforeEach(() => {
    network = new Network()
    nodes = []
  })

  afterEach(async () => {
    network.repair()
    for (const name of ['a', 'b']) network.thaw(name)
    await Promise.all(nodes.map(async created => created.stop()))
    await until(() => network.size === 0, { what: 'no connection left' })
  })

  it('carries more than its buffers hold, and a close ends both sides', async () => {
    const { b, connection, stream } = await connected()
    const seen = collect(stream)
    const size = 6 * 1024 * 1024
    for (let sent = 0; sent < size; sent += 65_536) stream.send(new Uint8Array(65_536))
    await until(() => seen.bytes === size)
    await connection.close()
    await until(() => b.getConnections().length === 0)
  })

  it('refuses what nobody listens on, and a name that is taken', async () => {
    const a = await node('a')
    const error = await a.dial(multiaddr('/memory/nobody')).catch((caught: Error) => caught)
    expect(error).to.be.an('error')
    expect(await node('a').catch((caught: Error) => caught.name)).to.equal('UnsupportedListenAddressesError')
  })

  it('cut resets both ends and refuses both ways, until repaired', async () => {
    const { a, b, stream } = await connected()
    const seen = collect(stream)
    network.fail('b', 'a', 'cut')
    await until(() => seen.closed && a.getConnections().length === 0 && b.getConnections().length === 0)
    expect(() => stream.send(text.encode('x'))).to.throw()
    for (const [from, to, name] of [[a, b, 'b'], [b, a, 'a']] as const) {
      expect(await from.dial(multiaddr(`/memory/${name}/p2p/${to.peerId}`)).catch((caught: Error) => caught)).to.be.an('error')
    }
    network.repair((one, two) => one === 'x' || two === 'x')
    expect(await a.dial(multiaddr(`/memory/b/p2p/${b.peerId}`)).catch((caught: Error) => caught)).to.be.an('error')
    network.repair()
    await a.dial(multiaddr(`/memory/b/p2p/${b.peerId}`))
  })

  for (const [name, begin, end] of [
    ['a frozen node', () => { network.freeze('b') }, () => { network.thaw('b') }],
    ['silence between two', () => { network.fail('a', 'b', 'silent') }, () => { network.repair() }]
  ] as const) {
    it(`${name}: connections stay open and carry nothing; then everything arrives in order`, async () => {
      const { a, b, stream } = await connected()
      const seen = collect(stream)
      stream.send(text.encode('1'))
      await until(() => seen.text === '1')
      begin()
      stream.send(text.encode('2'))
      stream.send(text.encode('3'))
      const dial = await a.dial(multiaddr('/memory/b'), { signal: AbortSignal.timeout(500) }).catch((caught: Error) => caught)
      expect(dial).to.have.property('name', 'TimeoutError')
      expect(seen.text).to.equal('1')
      expect(a.getConnections(b.peerId)).to.have.length(1)
      end()
      await until(() => seen.text === '123')
    })

    it(`${name}: one side that gives up is noticed by the other only afterwards`, async () => {
      const { a, b, connection } = await connected()
      begin()
      connection.abort(new Error('no answer'))
      expect(await a.dial(multiaddr('/memory/b'), { signal: AbortSignal.timeout(500) }).catch((caught: Error) => caught)).to.have.property('name', 'TimeoutError')
      expect(b.getConnections()).to.have.length(1)
      end()
      await until(() => b.getConnections().length === 0)
    })
  }

  it('a held-up connection makes its sender wait', async () => {
    const { stream, connection } = await connected()
    network.freeze('b')
    const seen = collect(stream)
    const size = 4 * 1024 * 1024
    for (let sent = 0; sent < size; sent += 65_536) stream.send(new Uint8Array(65_536))
    expect(stream.writableNeedsDrain || stream.writeBufferLength > 0).to.equal(true)
    network.thaw('b')
    await until(() => seen.bytes === size)
    await connection.close()
  })

  it('kill resets even frozen connections, for ever', async () => {
    const { a, b } = await connected()
    network.freeze('b')
    network.kill('b')
    await until(() => a.getConnections().length === 0 && b.getConnections().length === 0)
    expect(await b.dial(multiaddr(`/memory/a/p2p/${a.peerId}`)).catch((caught: Error) => caught)).to.be.an('error')
    expect(await a.dial(multiaddr(`/memory/b/p2p/${b.peerId}`)).catch((caught: Error) => caught)).to.be.an('error')
  })
})
