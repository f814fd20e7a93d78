import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { until } from '../harness/until.ts'
import { FakeTime } from '../unit/timers.fake.ts'
import { connect, PROTOCOL, streamsNode, TCP, WS } from './streams.helper.ts'
import type { StreamsNode } from './streams.helper.ts'
import type { FramedStream, PeerStreamsInit } from '../../src/streams/index.ts'

const MiB = 1 << 20
const TOTAL = 64 * MiB
const FRAME = 64 * 1024
/** Bytes per second that the slow reader takes. */
const RATE = 8 * MiB

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Buffers that a collection frees are counted until the next one. */
async function memory (): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** All that waits at one end: ours and libp2p's. */
function waiting (node: StreamsNode): number {
  let bytes = 0
  for (const stream of node.streams.streams()) {
    bytes += stream.queued + stream.held
  }
  for (const stream of node.libp2p.getConnections().flatMap(({ streams }) => streams)) {
    if (stream.protocol === PROTOCOL) {
      // what waits to be written is part of `queued`
      bytes += stream.readBufferLength
    }
  }
  return bytes
}

/** A reader that pauses whenever it is ahead of its rate. */
function slowReader (): { received: () => number, onFrame: NonNullable<PeerStreamsInit['onFrame']> } {
  const start = performance.now()
  let received = 0
  return {
    received: () => received,
    onFrame: (stream, _, from, to) => {
      received += to - from
      const ahead = 1_000 * received / RATE - (performance.now() - start)
      if (ahead > 0) {
        stream.pause()
        setTimeout(() => { stream.resume() }, ahead)
      }
    }
  }
}

async function push (stream: FramedStream, total: number, onWrite = (): void => {}): Promise<void> {
  for (let sent = 0; sent < total; sent += FRAME) {
    const room = stream.write(FRAME, () => {})
    onWrite()
    if (!room) {
      await stream.drained()
    }
  }
}

describe('back-pressure', function () {
  this.timeout(120_000)

  let running: StreamsNode[] = []

  /** The first one opens the streams. */
  async function pair (init: Partial<PeerStreamsInit>, other: Partial<PeerStreamsInit> = init, listen: string = TCP): Promise<[StreamsNode, StreamsNode]> {
    const nodes: [StreamsNode, StreamsNode] = await Promise.all([streamsNode(other, listen), streamsNode(init, listen)])
    running.push(...nodes)
    await connect(...nodes)
    await connect(nodes[1], nodes[0])
    return nodes
  }

  afterEach(async () => {
    await Promise.all(running.map(async ({ libp2p }) => libp2p.stop()))
    running = []
  })

  // one after the other: both at once would weigh four ends, and what each leaves to the collector, against the bound for two
  for (const [name, listen] of [['TCP', TCP], ['WebSockets', WS]] as const) {
    it(`64 MiB for a reader of 8 MiB/s wait at the sender's caller, over ${name}`, async () => {
      const ends: unknown[] = []
      const reader = slowReader()
      let queued = 0
      let samples = 0
      const sample = (): void => {
        samples++
        queued = Math.max(queued, ...nodes.map(waiting))
      }
      const onFrame: typeof reader.onFrame = (...frame) => {
        sample()
        reader.onFrame(...frame)
      }
      const nodes = await pair({ onFrame, onEnd: (_, reason) => ends.push(reason) }, { onEnd: (_, reason) => ends.push(reason) }, listen)
      const stream = await nodes[0].streams.open(nodes[1].libp2p.peerId)
      const before = await memory()
      let most = 0
      const over = new AbortController()
      // never two at once: where a collection takes a third of a second, they would leave no time for anything else
      const weighing = (async () => {
        while (!over.signal.aborted) {
          await sleep(1_000)
          most = Math.max(most, await memory())
        }
      })()
      try {
        await push(stream, TOTAL, sample)
        await until(() => reader.received() === TOTAL, { timeout: 60_000, what: 'all received' })
      } finally {
        over.abort()
        await weighing
      }
      expect(ends).to.deep.equal([])
      expect(queued).to.be.within(FRAME, 2 * MiB)
      expect(samples, 'at each frame that was written, and that was read').to.equal(2 * TOTAL / FRAME)
      expect(most - before).to.be.below(16 * MiB)
    })
  }

  it('two peers that fill each other\'s buffers do not lock', async () => {
    const received = new Map<string, number>()
    const ends: unknown[] = []
    const nodes = await pair({
      onFrame: (stream, _, from, to) => { received.set(stream.peer, (received.get(stream.peer) ?? 0) + to - from) },
      onEnd: (_, reason) => ends.push(reason)
    })
    const [a, b] = nodes
    const streams = await Promise.all([a.streams.open(b.libp2p.peerId), b.streams.open(a.libp2p.peerId)])
    // both queues are full before either reads a byte
    for (const stream of streams) {
      for (let sent = 0; sent < 7 * MiB; sent += FRAME) {
        stream.write(FRAME, () => {})
      }
    }
    await Promise.all(streams.map(async stream => { await stream.drained(); await push(stream, 9 * MiB) }))
    await until(() => [...received.values()].filter(bytes => bytes === 16 * MiB).length === 2, { timeout: 60_000, what: 'all received' })
    expect(ends).to.deep.equal([])
  })

  it('a reader that never reads costs the sender its queue and no more, and is cut', async () => {
    const ends: unknown[] = []
    const time = new FakeTime()
    const nodes = await pair(
      { onFrame: stream => { stream.pause() } },
      { limits: { stuckTimeout: 300 }, timers: time.timers, onEnd: (_, reason) => ends.push(reason) }
    )
    const stream = await nodes[0].streams.open(nodes[1].libp2p.peerId)
    const fill = (): void => {
      for (;;) {
        stream.write(FRAME, () => {})
      }
    }
    for (let round = 0; round < 5; round++) {
      expect(fill).to.throw().with.property('name', 'WriteQueueFullError')
      await new Promise<void>(resolve => { setTimeout(resolve, 10) })
    }
    expect(waiting(nodes[0])).to.be.at.most(8 * MiB)
    expect(waiting(nodes[1])).to.be.at.most(2 * MiB)
    await until(() => {
      time.advance(100)
      return ends.length === 1
    }, { what: 'the cut' })
    expect(ends[0]).to.have.property('name', 'StreamTimeoutError')
  })

  it('random bytes from a peer cut its stream with a typed error, and the node goes on', async () => {
    const ends: unknown[] = []
    const time = new FakeTime()
    const nodes = await pair({ onEnd: (_, reason) => ends.push(reason), timers: time.timers, limits: { firstFrameTimeout: 200, frameTimeout: 200, maxFrame: 1_000 } }, {})
    const [client, server] = nodes
    // the last two are only cut for the time that they take
    for (const [bytes, ms] of [[[0xff, 0xff, 0xff, 0xff, 0xff], 0], [[0x80, 0x00], 0], [[0xff, 0x7f], 0], [[0x80], 20], [[10, 1], 20]] as const) {
      const stream = await client.libp2p.dialProtocol(server.libp2p.getMultiaddrs(), PROTOCOL)
      stream.send(Uint8Array.from(bytes))
      await until(() => {
        time.advance(ms)
        return stream.status === 'reset'
      }, { what: 'the cut' })
    }
    expect(ends.map(end => (end as Error).name)).to.deep.equal(['ProtocolError', 'ProtocolError', 'FrameTooLargeError', 'StreamTimeoutError', 'StreamTimeoutError'])
    expect((await client.streams.open(server.libp2p.peerId)).open).to.equal(true)
  })
})
