import { expect } from 'chai'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { reset } from '../harness/fault-pipe.ts'
import { faultProxy } from '../harness/fault-proxy.ts'
import { until } from '../harness/until.ts'
import type { AddressInfo, Socket } from 'node:net'

/** A server that echoes and remembers what it got. */
async function echoServer () {
  const sockets: Socket[] = []
  const chunks: number[] = []
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk.length)
      socket.write(chunk)
    })
    socket.on('end', () => socket.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    chunks,
    async [Symbol.asyncDispose] () {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

async function client (port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received: Buffer = Buffer.alloc(0)
  const seen = { error: undefined as NodeJS.ErrnoException | undefined, ended: false, chunks: 0 }
  socket.on('data', (chunk: Buffer) => {
    seen.chunks++
    received = Buffer.concat([received, chunk])
  })
  socket.on('error', error => { seen.error = error })
  socket.on('end', () => { seen.ended = true })
  await once(socket, 'connect')
  return {
    socket,
    seen,
    get received () { return received },
    async arrived (length: number) { await until(() => received.length >= length) },
    [Symbol.dispose] () { socket.destroy() }
  }
}

describe('harness: fault proxy', () => {
  it('hands bytes and ends on unchanged when it has no faults', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using peer = await client(proxy.port)
    const sent = payload(3_000_000)
    peer.socket.end(sent)
    await until(() => peer.seen.ended)
    expect(peer.received.equals(sent)).to.equal(true)
    await until(() => proxy.connections.length === 0)
    expect(proxy.accepted).to.equal(1)
  })

  it('splits into small writes without changing a byte', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    proxy.set({ split: 3 }, 'up')
    using peer = await client(proxy.port)
    const sent = payload(600)
    peer.socket.write(sent)
    await peer.arrived(600)
    expect(peer.received.equals(sent)).to.equal(true)
    expect(server.chunks.length).to.be.above(50)
  })

  it('delays by latency and jitter without reordering, and stops to when told', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    proxy.set({ latency: 60, jitter: 40 })
    using peer = await client(proxy.port)
    const started = performance.now()
    const sent = payload(50)
    for (const byte of sent) peer.socket.write(Buffer.from([byte]))
    await peer.arrived(50)
    expect(performance.now() - started).to.be.at.least(119)
    expect(peer.received.equals(sent)).to.equal(true)
    proxy.set({ latency: 60_000 })
    proxy.set({ latency: 0, jitter: 0 })
    peer.socket.write(sent)
    await peer.arrived(100)
  })

  it('carries no more than the rate', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    proxy.set({ rate: 200_000 }, 'up')
    using peer = await client(proxy.port)
    const started = performance.now()
    peer.socket.write(payload(60_000))
    await peer.arrived(60_000)
    expect(performance.now() - started).to.be.at.least(290)
  })

  it('is half-open under a one-way black hole, and loses nothing when that ends', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using peer = await client(proxy.port)
    peer.socket.write('a')
    await peer.arrived(1)
    proxy.set({ blackhole: true }, 'down')
    peer.socket.write('b')
    await until(() => server.chunks.length === 2)
    expect(peer.received.toString()).to.equal('a')
    proxy.set({ blackhole: false }, 'down')
    await peer.arrived(2)
    expect(peer.received.toString()).to.equal('ab')
  })

  it('lets no end through a black hole, and bounds what it holds', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using peer = await client(proxy.port)
    await until(() => server.sockets.length === 1)
    proxy.set({ blackhole: true })
    let ended = false
    server.sockets[0]?.on('end', () => { ended = true })
    // More than the pipe and the kernel take: the sender feels it.
    peer.socket.write(payload(64 * 1024 * 1024))
    peer.socket.end()
    await until(() => peer.socket.writableLength > 0)
    expect(ended).to.equal(false)
    expect(server.chunks).to.deep.equal([])
    server.sockets[0]?.resetAndDestroy()
    await until(() => server.sockets[0]?.closed === true)
    expect(peer.seen.error).to.equal(undefined)
  })

  it('resets all connections, or one', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using first = await client(proxy.port)
    await until(() => proxy.connections.length === 1)
    using second = await client(proxy.port)
    await until(() => server.sockets.length === 2)
    proxy.connections[0]?.reset()
    await until(() => first.seen.error?.code === 'ECONNRESET')
    second.socket.write('alive')
    await second.arrived(5)
    proxy.reset()
    await until(() => second.seen.error?.code === 'ECONNRESET')
    await until(() => server.sockets.every(socket => socket.closed))
  })

  it('leaves no handle behind when it resets a connection that is being shut down', async () => {
    await using server = await echoServer()
    using peer = await client(server.port)
    await until(() => server.sockets.length === 1)
    peer.socket.end()
    reset(peer.socket)
    await once(peer.socket, 'close')
    for (const socket of server.sockets) socket.destroy()
    await until(() => !process.getActiveResourcesInfo().includes('TCPSocketWrap'))
  })

  it('hands a reset on', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using peer = await client(proxy.port)
    await until(() => server.sockets.length === 1)
    server.sockets[0]?.resetAndDestroy()
    await until(() => peer.seen.error?.code === 'ECONNRESET')
  })

  it('refuses new connections while old ones go on, and accepts again on the same port', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using old = await client(proxy.port)
    old.socket.write('1')
    await old.arrived(1)
    await proxy.refuse()
    const refused = await client(proxy.port).catch((error: NodeJS.ErrnoException) => error.code)
    expect(refused).to.equal('ECONNREFUSED')
    old.socket.write('2')
    await old.arrived(2)
    await proxy.heal()
    using fresh = await client(proxy.port)
    fresh.socket.write('3')
    await fresh.arrived(1)
  })

  it('sets faults of one connection only', async () => {
    await using server = await echoServer()
    await using proxy = await faultProxy({ port: server.port })
    using slow = await client(proxy.port)
    await until(() => proxy.connections.length === 1)
    using quick = await client(proxy.port)
    proxy.connections[0]?.set({ blackhole: true })
    slow.socket.write('slow')
    quick.socket.write('quick')
    await quick.arrived(5)
    expect(slow.received.length).to.equal(0)
    proxy.connections[0]?.set({ blackhole: false })
    await slow.arrived(4)
  })

  it('ends a connection whose server cannot be reached', async () => {
    await using proxy = await faultProxy({ port: 1 })
    using peer = await client(proxy.port)
    await until(() => peer.socket.closed)
    expect(peer.seen.error?.code).to.equal('ECONNRESET')
  })
})

function payload (length: number): Buffer {
  const buffer = Buffer.alloc(length)
  for (let i = 0; i < length; i++) buffer[i] = i * 31 % 256
  return buffer
}
