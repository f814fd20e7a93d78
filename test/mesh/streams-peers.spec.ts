import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { createTimers } from '../../src/util/timers.ts'
import { FIRST_FRAME_TIMEOUT, OPEN_TIMEOUT } from '../../src/wire/limits.ts'
import { faultProxy } from '../harness/fault-proxy.ts'
import { until } from '../harness/until.ts'
import { FakeTime } from '../unit/timers.fake.ts'
import { connect, PROTOCOL, streamsNode } from './streams.helper.ts'
import type { StreamsNode } from './streams.helper.ts'
import type { FramedStream, PeerStreamsInit } from '../../src/streams/index.ts'
import type { Timers } from '../../src/util/timers.ts'
import type { Connection } from '@libp2p/interface'

function nameOf (error: unknown): string {
  return error instanceof Error ? error.name : String(error)
}

describe('PeerStreams', () => {
  let nodes: StreamsNode[] = []

  async function node (init: Partial<PeerStreamsInit> = {}): Promise<StreamsNode> {
    const result = await streamsNode(init)
    nodes.push(result)
    return result
  }

  afterEach(async () => {
    for (const { streams, libp2p } of nodes) {
      await streams.stop()
      await libp2p.stop()
    }
    nodes = []
  })

  it('opens one stream, whoever and however often asks, and carries frames both ways', async () => {
    const accepted: FramedStream[] = []
    const answers: number[] = []
    const server = await node({
      onAccept: stream => accepted.push(stream),
      onFrame: (stream, bytes, start, end) => stream.send(bytes.subarray(start, end))
    })
    const client = await node({ onFrame: (_, bytes, start) => answers.push(bytes[start] as number) })
    await connect(client, server)
    expect(client.streams.get(server.libp2p.peerId.toString())).to.equal(undefined)
    const opened = await Promise.all([1, 2, 3].map(async () => client.streams.open(server.libp2p.peerId)))
    expect(new Set(opened).size).to.equal(1)
    expect(await client.streams.open(server.libp2p.peerId)).to.equal(opened[0])
    const stream = client.streams.get(server.libp2p.peerId.toString())
    expect(stream).to.equal(opened[0])
    expect(stream).to.include({ direction: 'outbound', protocol: PROTOCOL, peer: server.libp2p.peerId.toString(), open: true })
    stream?.send(Uint8Array.of(1))
    stream?.send(Uint8Array.of(2))
    await until(() => answers.length === 2)
    expect(answers).to.deep.equal([1, 2])
    expect(accepted.map(({ direction, peer }) => [direction, peer])).to.deep.equal([['inbound', client.libp2p.peerId.toString()]])
    expect([...client.streams.streams()]).to.deep.equal([stream])
    expect([...server.streams.streams()]).to.deep.equal(accepted)
  })

  it('an open that one caller leaves goes on for the others; one that all leave ends', async () => {
    const server = await node()
    const client = await node()
    await connect(client, server)
    const controller = new AbortController()
    const leaving = client.streams.open(server.libp2p.peerId, { signal: controller.signal }).catch(nameOf)
    const staying = client.streams.open(server.libp2p.peerId)
    controller.abort()
    expect(await leaving).to.equal('AbortError')
    expect((await staying).open).to.equal(true)

    const other = await node()
    await connect(client, other)
    const gone = new AbortController()
    const both = [1, 2].map(async () => client.streams.open(other.libp2p.peerId, { signal: gone.signal }).catch(nameOf))
    gone.abort()
    expect(await Promise.all(both)).to.deep.equal(['AbortError', 'AbortError'])
    expect((await client.streams.open(other.libp2p.peerId)).open).to.equal(true)
  })

  it('tells a peer without the protocol, and one that accepts no more streams, as a refusal', async () => {
    const ends: unknown[] = []
    const server = await node({ maxStreamsPerPeer: 2, onEnd: (_, reason) => ends.push(reason) })
    const client = await node({ onEnd: (_, reason) => ends.push(reason) })
    await connect(client, server)
    // two of other openers of the same peer, on another connection
    const second = await client.libp2p.dial(server.libp2p.getMultiaddrs(), { force: true })
    await second.newStream(PROTOCOL)
    await second.newStream(PROTOCOL)
    await until(() => [...server.streams.streams()].length === 2)
    const refusal = await client.streams.open(server.libp2p.peerId).catch((error: unknown) => error)
    expect(nameOf(refusal)).to.equal('StreamRefusedError')
    expect(client.streams.get(server.libp2p.peerId.toString())).to.equal(undefined)
    expect(ends).to.deep.equal([])

    await server.streams.stop()
    const unknown = await client.streams.open(server.libp2p.peerId).catch((error: unknown) => error)
    expect(nameOf(unknown)).to.equal('StreamRefusedError')
    expect(nameOf((unknown as Error).cause)).to.equal('UnsupportedProtocolError')
  })

  it('does not wait for ever for a peer that negotiates and then says nothing', async () => {
    const server = await node()
    await server.streams.stop()
    await server.libp2p.handle(PROTOCOL, () => {})
    const client = await node({ openTimeout: 100 })
    await connect(client, server)
    expect(await client.streams.open(server.libp2p.peerId).catch(nameOf)).to.equal('StreamTimeoutError')
    await until(() => client.libp2p.getConnections().flatMap(({ streams }) => streams).every(({ protocol }) => protocol !== PROTOCOL), { what: 'it has no stream' })
  })

  it('passes on the error of a dial', async () => {
    const client = await node()
    const server = await node()
    await connect(client, server)
    await server.libp2p.stop()
    expect(await client.streams.open(server.libp2p.peerId).catch(nameOf)).to.not.equal('StreamRefusedError')
  })

  it('cuts an opener that never speaks, and keeps one that has nothing to say yet', async () => {
    const ends: unknown[] = []
    const time = new FakeTime()
    const server = await node({ timers: time.timers, onEnd: (_, reason) => ends.push(reason) })
    const client = await node()
    await connect(client, server)
    const silent = await client.libp2p.dialProtocol(server.libp2p.getMultiaddrs(), PROTOCOL)
    const stream = await client.streams.open(server.libp2p.peerId)
    // by little each turn: the greeting of the other one arrives meanwhile
    await until(() => {
      time.advance(FIRST_FRAME_TIMEOUT / 100)
      return silent.status === 'reset'
    })
    expect(ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    expect(stream.open).to.equal(true)
  })

  it('opens anew after an end, on the connection that is left', async () => {
    let frames = 0
    const server = await node({ onFrame: () => frames++ })
    const ends: unknown[] = []
    const client = await node({ onEnd: (_, reason) => ends.push(reason) })
    await connect(client, server)
    // one after the other: of two dials at once either may find the connection of the other one, and make none
    await client.libp2p.dial(server.libp2p.getMultiaddrs())
    await server.libp2p.dial(client.libp2p.getMultiaddrs(), { force: true })
    const id = server.libp2p.peerId
    await until(() => client.libp2p.getConnections(id).length === 2)
    const first = await client.streams.open(id)
    const carrier = client.libp2p.getConnections(id).find(({ streams }) => streams.some(({ protocol }) => protocol === PROTOCOL))
    const other = client.libp2p.getConnections(id).find(connection => connection !== carrier)
    await other?.close()
    expect(first.open).to.equal(true)
    first.send(Uint8Array.of(1))
    await until(() => frames === 1)
    await server.libp2p.dial(client.libp2p.getMultiaddrs(), { force: true })
    carrier?.abort(new Error('gone'))
    await until(() => ends.length === 1)
    expect(nameOf(ends[0])).to.equal('StreamEndedError')
    expect(client.streams.get(id.toString())).to.equal(undefined)
    const second = await client.streams.open(id)
    expect(second).to.not.equal(first)
    second.send(Uint8Array.of(2))
    await until(() => frames === 2)
  })

  describe('with a better path', () => {
    /** The connection in use counts as relayed from here on; resolves to one that does not. */
    async function betterPath (client: StreamsNode, server: StreamsNode): Promise<Connection> {
      for (const connection of client.libp2p.getConnections(server.libp2p.peerId)) connection.direct = false
      return client.libp2p.dial(server.libp2p.getMultiaddrs(), { force: true })
    }

    function carriers (client: StreamsNode, server: StreamsNode): boolean[] {
      return client.libp2p.getConnections(server.libp2p.peerId).flatMap(({ direct, streams }) => streams.filter(({ protocol, direction, status }) => protocol === PROTOCOL && direction === 'outbound' && status === 'open').map(() => direct))
    }

    it('what is sent moves to it, in order, nothing lost and nothing twice', async () => {
      const got: number[] = []
      const ends: unknown[] = []
      const server = await node({ onFrame: (_, bytes, start) => got.push(new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0)) })
      const client = await node({ onEnd: (_, reason) => ends.push(reason) })
      await connect(client, server)
      const id = server.libp2p.peerId
      const first = await client.streams.open(id)
      let next = 0
      const send = async (): Promise<void> => {
        const frame = new Uint8Array(1_000)
        new DataView(frame.buffer).setUint32(0, next++)
        const stream = client.streams.get(id.toString()) ?? await client.streams.open(id)
        if (!stream.send(frame)) await stream.drained()
      }
      const going = { on: true }
      const sending = (async () => {
        while (going.on) for (let i = 0; i < 20; i++) await send()
      })()
      await betterPath(client, server)
      await until(() => !first.open && client.streams.get(id.toString()) !== undefined)
      for (let i = 0; i < 100; i++) await send()
      going.on = false
      await sending
      await until(() => got.length === next)
      expect(got).to.deep.equal(Array.from({ length: next }, (_, n) => n))
      expect(ends).to.deep.equal([undefined])
      expect(carriers(client, server)).to.deep.equal([true])
    })

    it('whoever closes the old stream itself gets both, and answers still come on the old one', async () => {
      const asked: FramedStream[] = []
      const answers: number[] = []
      const moves: Array<[FramedStream, FramedStream]> = []
      const server = await node({ onFrame: stream => asked.push(stream) })
      const client = await node({ onFrame: (_, bytes, start) => answers.push(bytes[start] as number), onMove: (from, to) => moves.push([from, to]) })
      await connect(client, server)
      const first = await client.streams.open(server.libp2p.peerId)
      first.send(Uint8Array.of(1))
      await until(() => asked.length === 1)
      await betterPath(client, server)
      await until(() => moves.length === 1)
      const second = client.streams.get(server.libp2p.peerId.toString())
      expect(moves).to.deep.equal([[first, second]])
      expect(client.streams.outdated(first)).to.equal(true)
      expect(second === undefined || client.streams.outdated(second)).to.equal(false)
      second?.send(Uint8Array.of(2))
      await until(() => asked.length === 2)
      asked.forEach((stream, i) => stream.send(Uint8Array.of(10 + i)))
      await until(() => answers.length === 2)
      expect(answers.sort()).to.deep.equal([10, 11])
      await first.close()
      expect(second?.open).to.equal(true)
    })

    it('that takes no stream, the one that works stays in use, and is used for new streams too', async () => {
      const time = new FakeTime()
      const server = await node()
      const client = await node({ timers: time.timers })
      await connect(client, server)
      const id = server.libp2p.peerId
      const first = await client.streams.open(id)
      const better = await betterPath(client, server)
      await until(() => !first.open && client.streams.get(id.toString()) !== undefined)
      // from here on nothing comes back on the better one
      let asked = 0
      better.newStream = async (_, { signal } = {}) => new Promise((_resolve, reject) => {
        asked++
        signal?.addEventListener('abort', () => { reject(signal.reason) })
      })
      for (const stream of client.streams.streams()) await stream.close()
      const opening = client.streams.open(id)
      await until(() => asked === 1)
      time.advance(OPEN_TIMEOUT + 10)
      const second = await opening
      expect(second.open).to.equal(true)
      expect(carriers(client, server)).to.deep.equal([false])
      // and not waited for again
      const own = await client.streams.openOwn(id)
      expect([own.open, asked]).to.deep.equal([true, 1])
      expect(client.streams.get(id.toString())).to.equal(second)
    })

    it('that fails while it takes over costs nothing', async () => {
      let frames = 0
      let refused = 0
      const server = await node({ maxStreamsPerPeer: 1, onFrame: () => frames++ })
      const client = await node()
      await connect(client, server)
      const id = server.libp2p.peerId
      const first = await client.streams.open(id)
      const better = await betterPath(client, server)
      const newStream = better.newStream.bind(better)
      better.newStream = async (...args) => newStream(...args).finally(() => { refused++ })
      await until(() => refused > 0)
      expect(client.streams.get(id.toString())).to.equal(first)
      first.send(Uint8Array.of(1))
      await until(() => frames === 1)
      expect(await client.streams.open(id)).to.equal(first)
    })

    let passing: ReturnType<typeof setInterval> | undefined

    afterEach(() => { clearInterval(passing) })

    /** Eight times as fast as they are, and by little each turn: a standstill of this process takes no time from anybody. */
    function quickTimers (): Timers {
      const time = new FakeTime()
      passing = setInterval(() => { time.advance(40) }, 5)
      return time.timers
    }

    it('that came while a stream was opened on the other one, that stream moves too', async () => {
      const server = await node()
      const client = await node()
      await connect(client, server)
      const id = server.libp2p.peerId
      const connection = await client.libp2p.dial(id)
      const newStream = connection.newStream.bind(connection)
      const held = Promise.withResolvers<undefined>()
      connection.newStream = async (...args) => {
        await held.promise
        return newStream(...args)
      }
      const opening = client.streams.open(id)
      await betterPath(client, server)
      held.resolve(undefined)
      await opening
      await until(() => carriers(client, server).join() === 'true')
      expect(client.streams.get(id.toString())?.open).to.equal(true)
    })

    it('that was silent for a while, what was opened meanwhile moves to it when it works again', async () => {
      const server = await node()
      const client = await node({ timers: quickTimers() })
      await connect(client, server)
      const id = server.libp2p.peerId
      const first = await client.streams.open(id)
      const better = await betterPath(client, server)
      await until(() => !first.open && client.streams.get(id.toString()) !== undefined)
      const newStream = better.newStream.bind(better)
      better.newStream = async (_, { signal } = {}) => new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason) }) })
      for (const stream of client.streams.streams()) await stream.close()
      await client.streams.open(id)
      expect(carriers(client, server)).to.deep.equal([false])
      better.newStream = newStream
      await until(() => carriers(client, server).join() === 'true')
    })

    it('that refuses for long is asked again until it takes the stream, and no more once it is gone', async () => {
      let left = 0
      let refused = 0
      const server = await node({
        onAccept: () => {
          if (left-- <= 0) return
          refused++
          throw new Error('not now')
        }
      })
      const quick = quickTimers()
      const client = await node({ timers: quick })
      await connect(client, server)
      const first = await client.streams.open(server.libp2p.peerId)
      left = 5
      await betterPath(client, server)
      await until(() => carriers(client, server).join() === 'true', { what: 'the move' })
      expect([refused, first.open]).to.deep.equal([5, false])
      left = Infinity
      const best = await betterPath(client, server)
      await until(() => refused > 6)
      best.abort(new Error('gone'))
      await until(() => best.status !== 'open')
      const before = refused
      expect(carriers(client, server)).to.deep.equal([false])
      await client.streams.stop()
      expect([quick.armed, refused]).to.deep.equal([0, before])
    })

    it('frames keep their order however long the old one takes for what waits in it', async function () {
      this.timeout(90_000)
      const size = 64 * 1024
      const got: number[] = []
      const server = await node({ onFrame: (_, bytes, start) => got.push(new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0)) })
      const client = await node({ limits: { maxQueue: 8 << 20 } })
      const port = server.libp2p.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value
      await using proxy = await faultProxy({ port: Number(port) })
      const id = server.libp2p.peerId
      await client.libp2p.dial(multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${id.toString()}`))
      const first = await client.streams.open(id)
      let next = 0
      const send = (stream: FramedStream): void => {
        const frame = new Uint8Array(size)
        new DataView(frame.buffer).setUint32(0, next++)
        stream.send(frame)
      }
      proxy.set({ rate: 1_000_000 }, 'up')
      for (let i = 0; i < 96; i++) send(first)
      await betterPath(client, server)
      await until(() => !first.open)
      const second = await client.streams.open(id)
      expect(second).not.to.equal(first)
      for (let i = 0; i < 20; i++) send(second)
      await until(() => got.length === next, { timeout: 60_000, what: 'all of them' })
      expect(got).to.deep.equal(Array.from({ length: next }, (_, n) => n))
      expect(carriers(client, server)).to.deep.equal([true])
    })

    it('a last word reaches the peer while what goes to it moves', async () => {
      const got: number[] = []
      const accepted: FramedStream[] = []
      const server = await node({
        onAccept: stream => { accepted.push(stream) },
        onFrame: (_, bytes, start) => got.push(bytes[start] as number)
      })
      const client = await node()
      await connect(client, server)
      const id = server.libp2p.peerId.toString()
      const first = await client.streams.open(server.libp2p.peerId)
      expect(client.streams.reach(id)).to.equal(first)
      await until(() => accepted.length === 1)
      // what was sent on the old stream is not taken to its end
      accepted[0]?.pause()
      await betterPath(client, server)
      await until(() => client.streams.get(id) === undefined)
      const reached = client.streams.reach(id)
      expect(reached?.open).to.equal(true)
      reached?.send(Uint8Array.of(7))
      await reached?.close()
      await until(() => got.includes(7))
      expect(client.streams.reach(id)).to.equal(undefined)
    })

    it('that ends again, the next stream is opened on the one that is left', async () => {
      const server = await node()
      const client = await node()
      await connect(client, server)
      const id = server.libp2p.peerId
      const first = await client.streams.open(id)
      const better = await betterPath(client, server)
      await until(() => !first.open && client.streams.get(id.toString()) !== undefined)
      better.abort(new Error('gone'))
      await until(() => client.streams.get(id.toString()) === undefined)
      expect((await client.streams.open(id)).open).to.equal(true)
      expect(carriers(client, server)).to.deep.equal([false])
    })
  })

  it('an inbound fault ends the stream that carried it, and no other', async () => {
    const server = await node({ onFrame: (_, bytes, start) => { if (bytes[start] === 9) { throw new Error('oops') } } })
    const good = await node()
    const bad = await node()
    await connect(good, server)
    await connect(bad, server)
    const kept = await good.streams.open(server.libp2p.peerId)
    const cut = await bad.streams.open(server.libp2p.peerId)
    cut.send(Uint8Array.of(9))
    await until(() => !cut.open)
    expect(kept.open).to.equal(true)
    expect((await bad.streams.open(server.libp2p.peerId)).open).to.equal(true)
  })

  it('stop() delivers what is queued, ends all, leaves no timer, and start() begins anew', async () => {
    // of their own: on those of this process there is what earlier tests left
    const [of, own] = [createTimers(), createTimers()]
    let received = 0
    const ends: unknown[] = []
    const server = await node({ timers: of, onFrame: (_, __, start, end) => { received += end - start }, onEnd: (_, reason) => ends.push(reason) })
    const client = await node({ timers: own, onEnd: (_, reason) => ends.push(reason) })
    await connect(client, server)
    await connect(server, client)
    const stream = await client.streams.open(server.libp2p.peerId)
    await server.streams.open(client.libp2p.peerId)
    for (let i = 0; i < 50; i++) {
      stream.send(new Uint8Array(10_000))
    }
    await client.streams.stop()
    await until(() => ends.length === 4)
    expect(received).to.equal(500_000)
    expect(ends).to.deep.equal([undefined, undefined, undefined, undefined])
    expect([...client.streams.streams(), ...server.streams.streams()]).to.deep.equal([])
    expect([of.armed, own.armed]).to.deep.equal([0, 0])
    expect(await client.streams.open(server.libp2p.peerId).catch(nameOf)).to.equal('MeshStoppedError')
    await client.streams.start()
    expect((await client.streams.open(server.libp2p.peerId)).open).to.equal(true)
  })

  it('stop() does not wait for a peer that takes nothing, and ends opens that are under way', async () => {
    const server = await node({ onAccept: stream => { stream.pause() } })
    const mute = await node()
    await mute.streams.stop()
    await mute.libp2p.handle(PROTOCOL, () => {})
    const ends: unknown[] = []
    const client = await node({ onEnd: (_, reason) => ends.push(reason) })
    await connect(client, server)
    await connect(client, mute)
    const stream = await client.streams.open(server.libp2p.peerId)
    for (let i = 0; i < 7; i++) {
      stream.send(new Uint8Array(1 << 20))
    }
    const opening = client.streams.open(mute.libp2p.peerId).catch(nameOf)
    await client.streams.stop({ signal: AbortSignal.timeout(50) })
    expect(await opening).to.equal('MeshStoppedError')
    expect(ends.map(nameOf)).to.deep.equal(['MeshStoppedError'])
  })
})
