import { streamPair } from '@libp2p/utils'
import { expect } from 'chai'
import { framed } from '../../src/streams/index.ts'
import { until } from '../harness/until.ts'
import { bytesOf, end, pair, settled } from './streams.helper.ts'
import { FakeTime } from './timers.fake.ts'
import type { End } from './streams.helper.ts'
import type { FramedStream } from '../../src/streams/index.ts'

const EVENTS = ['message', 'drain', 'idle', 'remoteCloseWrite', 'end', 'close']

function nameOf (error: unknown): string {
  return error instanceof Error ? error.name : String(error)
}

/** What libp2p does when its window or its socket is full. */
function saturate ({ stream }: End): () => void {
  stream.writableNeedsDrain = true
  return () => { stream.safeDispatchEvent('drain') }
}

describe('FramedStream', () => {
  describe('writing', () => {
    it('carries frames of every size both ways, in order', async () => {
      const { a, b } = await pair()
      const sent = [1, 127, 128, 16_383, 16_384, 65_536, 300_000].map(length => bytesOf(length, length))
      for (const frame of sent) {
        a.framed.send(frame)
        b.framed.send(frame)
      }
      await until(() => a.frames.length === sent.length && b.frames.length === sent.length)
      expect(b.frames).to.deep.equal(sent)
      expect(a.frames).to.deep.equal(sent)
      expect(a.framed).to.include({ queued: 0, held: 0, open: true, direction: 'outbound' })
    })

    it('sends the frames of a tick at once, with those of the promises it resolves', async () => {
      const { a, b } = await pair()
      const sends: number[] = []
      const send = a.stream.send.bind(a.stream)
      a.stream.send = bytes => { sends.push(bytes.byteLength); return send(bytes) }
      const turn = async (): Promise<void> => { await Promise.resolve(); await Promise.resolve(); a.framed.send(bytesOf(10)) }
      void Array.from({ length: 50 }, turn)
      await until(() => b.frames.length === 50)
      expect(sends).to.deep.equal([50 * 11])
    })

    it('refuses a frame above the limit, and goes on', async () => {
      const { a, b } = await pair({ limits: { maxFrame: 1_000 } })
      expect(() => a.framed.send(bytesOf(1_001))).to.throw().with.property('name', 'FrameTooLargeError')
      a.framed.send(bytesOf(1_000))
      await until(() => b.frames.length === 1)
      expect(b.frames[0]).to.deep.equal(bytesOf(1_000))
    })

    it('a frame of 5 MiB is refused by the sender, and cut by the receiver of one that sends it all the same', async () => {
      const { a, b } = await pair({ limits: { maxFrame: 6 << 20 } })
      expect(() => b.framed.send(new Uint8Array(5 << 20))).to.throw().with.property('name', 'FrameTooLargeError')
      a.framed.send(new Uint8Array(5 << 20))
      await until(() => b.ends.length === 1 && a.ends.length === 1)
      expect(nameOf(b.ends[0])).to.equal('FrameTooLargeError')
      expect(nameOf(a.ends[0])).to.equal('StreamEndedError')
      expect(b.framed.held).to.equal(0)
      expect(b.frames).to.have.length(0)
    })

    it('tells of a long queue, refuses above the limit, and says when it is short again', async () => {
      const { a, b } = await pair({ limits: { maxFrame: 1_000, highWater: 2_000, maxQueue: 5_000 } })
      const relieve = saturate(a)
      await a.framed.drained()
      expect([1, 2, 3, 4].map(() => a.framed.send(bytesOf(998)))).to.deep.equal([true, true, false, false])
      await settled()
      expect(a.framed.queued).to.equal(4_000)
      expect(() => a.framed.send(bytesOf(1_000)) && a.framed.send(bytesOf(1_000))).to.not.throw()
      expect(() => a.framed.send(bytesOf(1))).to.throw().with.property('name', 'WriteQueueFullError')
      let drained = false
      const waiting = a.framed.drained().then(() => { drained = true })
      await settled()
      expect(drained).to.equal(false)
      relieve()
      await waiting
      await until(() => b.frames.length === 5)
      expect(a.framed.queued).to.equal(0)
      expect(a.framed.send(bytesOf(1))).to.equal(true)
    })

    it('waits for libp2p to drain again and again', async () => {
      const { a, b } = await pair()
      for (let round = 1; round <= 3; round++) {
        const relieve = saturate(a)
        a.framed.send(bytesOf(100))
        await settled()
        expect(a.framed.queued).to.equal(101)
        relieve()
        await until(() => b.frames.length === round)
      }
    })

    it('drained() ends with its signal, and with the stream', async () => {
      const { a } = await pair({ limits: { maxFrame: 100, highWater: 100, maxQueue: 1_000 } })
      saturate(a)
      a.framed.send(bytesOf(99))
      a.framed.send(bytesOf(99))
      const controller = new AbortController()
      const aborted = a.framed.drained({ signal: controller.signal }).catch(nameOf)
      const ended = a.framed.drained().catch(nameOf)
      controller.abort()
      expect(await aborted).to.equal('AbortError')
      a.framed.abort(new Error('enough'))
      expect(await ended).to.equal('StreamEndedError')
      expect(await a.framed.drained().catch(nameOf)).to.equal('StreamEndedError')
    })

    it('says after its end how much never left', async () => {
      const { a, b } = await pair()
      a.framed.send(bytesOf(50))
      await until(() => b.frames.length === 1)
      saturate(a)
      a.framed.send(bytesOf(99))
      await settled()
      a.framed.abort(new Error('enough'))
      expect(a.framed.queued).to.equal(100)
      expect(a.ends).to.have.length(1)
    })

    it('a queue that nobody takes from is cut, a slow one is not', async () => {
      const { a, time } = await pair({ limits: { stuckTimeout: 1_000, idleTimeout: 1e9 } })
      const relieve = saturate(a)
      a.framed.send(bytesOf(100))
      await settled()
      time.advance(900)
      relieve()
      await settled()
      saturate(a)
      time.advance(900)
      a.framed.send(bytesOf(100))
      await settled()
      time.advance(900)
      expect(a.ends).to.have.length(0)
      time.advance(200)
      expect(a.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    })
  })

  describe('reading', () => {
    it('holds back what has arrived, and hands it over in order', async () => {
      const { a, b } = await pair()
      b.framed.pause()
      for (let i = 0; i < 10; i++) {
        a.framed.send(bytesOf(1_000, i))
      }
      await until(() => b.framed.held + b.stream.readBufferLength >= 10_020)
      expect(b.frames).to.have.length(0)
      expect(b.framed.paused).to.equal(true)
      b.framed.resume()
      await until(() => b.frames.length === 10)
      expect(b.frames).to.deep.equal(Array.from({ length: 10 }, (_, i) => bytesOf(1_000, i)))
      expect(b.framed.held).to.equal(0)
    })

    it('stops at the next frame when the handler pauses, also inside resume()', async () => {
      const seen: number[] = []
      const { a, b } = await pair({}, {
        onFrame: (stream, bytes, start) => {
          seen.push(bytes[start] as number)
          stream.pause()
        }
      })
      for (let i = 0; i < 5; i++) {
        a.framed.send(bytesOf(10, i))
      }
      for (let i = 1; i <= 5; i++) {
        await until(() => seen.length === i)
        await settled()
        expect(seen).to.have.length(i)
        expect(b.framed.held).to.equal((5 - i) * 11)
        b.framed.resume()
      }
      expect(seen).to.deep.equal([0, 1, 2, 3, 4])
    })

    it('pauses libp2p too, and lets it go on', async () => {
      const { a, b } = await pair()
      b.framed.pause()
      await settled()
      expect(b.stream.readStatus).to.equal('paused')
      a.framed.send(bytesOf(10))
      await until(() => b.stream.readBufferLength === 11)
      b.framed.resume()
      b.framed.pause()
      b.framed.resume()
      await until(() => b.frames.length === 1)
      expect(b.stream.readStatus).to.equal('readable')
    })

    it('finds what arrived before it was listening, and an end that came before', async () => {
      const [outbound, inbound] = await streamPair()
      const time = new FakeTime()
      const a = end(outbound, time)
      a.framed.send(bytesOf(10))
      await a.framed.close()
      await until(() => inbound.remoteWriteStatus === 'closed')
      const b = end(inbound, time)
      await until(() => b.ends.length === 1 && a.ends.length === 1)
      expect(b.frames).to.deep.equal([bytesOf(10)])
      expect([...a.ends, ...b.ends]).to.deep.equal([undefined, undefined])
    })

    it('an end without any frame that came before it was listening', async () => {
      const [outbound, inbound] = await streamPair()
      await outbound.close()
      await until(() => inbound.readableEnded)
      const b = end(inbound, new FakeTime())
      await until(() => b.ends.length === 1)
      expect(b.ends).to.deep.equal([undefined])
    })

    it('a reset that came before it was listening', async () => {
      const [outbound, inbound] = await streamPair()
      outbound.abort(new Error('no'))
      await until(() => inbound.status === 'reset')
      const b = end(inbound, new FakeTime())
      await until(() => b.ends.length === 1)
      expect(nameOf(b.ends[0])).to.equal('StreamEndedError')
      expect(b.framed.open).to.equal(false)
    })

    it('an end inside a frame is a protocol error', async () => {
      for (const bytes of [[0x80], [5, 1, 2]]) {
        const [outbound, inbound] = await streamPair()
        const b = end(inbound, new FakeTime())
        outbound.send(Uint8Array.from(bytes))
        await outbound.close()
        await until(() => b.ends.length === 1)
        expect(nameOf(b.ends[0])).to.equal('ProtocolError')
        expect(b.ends[0]?.message).to.equal('ended inside a frame')
      }
    })

    it('a connection that closes in order inside a frame is told from the end of a stream', async () => {
      const [outbound, inbound] = await streamPair()
      const b = end(inbound, new FakeTime())
      outbound.send(Uint8Array.of(5, 1, 2))
      await until(() => b.framed.held === 3)
      b.stream.onTransportClosed()
      await until(() => b.ends.length === 1)
      expect(nameOf(b.ends[0])).to.equal('StreamEndedError')
      expect(nameOf(b.ends[0]?.cause)).to.equal('ProtocolError')
    })

    it('frames held back survive the end of the stream', async () => {
      const { a, b } = await pair()
      b.framed.pause()
      await settled()
      a.framed.send(bytesOf(10))
      a.framed.send(bytesOf(20))
      await a.framed.close()
      await until(() => b.stream.remoteWriteStatus === 'closed')
      b.stream.onTransportClosed()
      await settled()
      expect(b.ends).to.have.length(0)
      expect(b.framed.open).to.equal(false)
      b.framed.resume()
      await until(() => b.ends.length === 1)
      expect(b.frames).to.deep.equal([bytesOf(10), bytesOf(20)])
      expect(b.ends).to.deep.equal([undefined])
    })

    it('a fault of the frame handler ends the stream, with its cause, and nothing else', async () => {
      const fault = new TypeError('oops')
      const { a, b } = await pair({}, { onFrame: () => { throw fault } })
      a.framed.send(bytesOf(10))
      a.framed.send(bytesOf(10))
      await until(() => b.ends.length === 1 && a.ends.length === 1)
      expect(nameOf(b.ends[0])).to.equal('ProtocolError')
      expect(b.ends[0]?.cause).to.equal(fault)
      expect(nameOf(a.ends[0])).to.equal('StreamEndedError')
    })

    it('empty frames are not for the handler', async () => {
      let empty = 0
      const { a, b } = await pair({}, { onEmptyFrame: () => { empty++ } })
      a.framed.write(0, () => {})
      a.framed.send(bytesOf(1))
      await until(() => b.frames.length === 1)
      expect(empty).to.equal(1)
    })
  })

  describe('deadlines', () => {
    it('a stream that drips one byte per second is cut, a slow large frame is not', async () => {
      const [outbound, inbound] = await streamPair()
      const time = new FakeTime()
      const b = end(inbound, time, { limits: { frameTimeout: 5_000, minFrameRate: 1_000 } })
      const arrive = async (length: number, total: number): Promise<void> => {
        outbound.send(new Uint8Array(length).fill(1))
        await until(() => b.framed.held === total)
        time.advance(1_000)
      }
      outbound.send(Uint8Array.of(0x80, 0x40))
      await until(() => b.framed.held === 2)
      // 8192 bytes in 8 s
      for (let i = 1; i <= 7; i++) {
        await arrive(1_024, 2 + i * 1_024)
      }
      outbound.send(new Uint8Array(1_024))
      await until(() => b.frames.length === 1)
      outbound.send(Uint8Array.of(100))
      await until(() => b.framed.held === 1)
      for (let i = 1; i <= 4; i++) {
        await arrive(1, 1 + i)
      }
      expect(b.ends).to.have.length(0)
      time.advance(1_100)
      expect(b.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    })

    it('an accepted stream that says nothing is cut, one that greets is not', async () => {
      const silent = await pair({}, { expectFirstFrame: true })
      silent.time.advance(1_900)
      expect(silent.b.ends).to.have.length(0)
      silent.time.advance(200)
      expect(silent.b.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
      const greeting = await pair({}, { expectFirstFrame: true })
      greeting.a.framed.write(0, () => {})
      await until(() => greeting.b.stream.readBufferLength === 0 && greeting.a.framed.queued === 0)
      await settled()
      greeting.time.advance(5_000)
      expect(greeting.b.ends).to.have.length(0)
    })

    it('the opener of an idle stream closes it in order', async () => {
      const { a, b, time } = await pair()
      time.advance(59_000)
      a.framed.send(bytesOf(1))
      await until(() => b.frames.length === 1)
      time.advance(59_000)
      expect(a.framed.open).to.equal(true)
      time.advance(2_000)
      expect(a.framed.open).to.equal(false)
      await until(() => a.ends.length === 1 && b.ends.length === 1)
      expect([...a.ends, ...b.ends]).to.deep.equal([undefined, undefined])
      expect(time.timers.armed).to.equal(0)
    })

    it('the acceptor cuts an idle stream after twice that, and neither does while there is work', async () => {
      let busy = true
      const [, inbound] = await streamPair()
      const time = new FakeTime()
      const b = end(inbound, time, { busy: () => busy })
      time.advance(500_000)
      expect(b.ends).to.have.length(0)
      busy = false
      time.advance(121_000)
      expect(b.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    })

    it('an opener that closed is cut loose when the other side does not follow', async () => {
      const [outbound, inbound] = await streamPair()
      const time = new FakeTime()
      const a = end(outbound, time)
      await a.framed.close()
      await until(() => inbound.remoteWriteStatus === 'closed')
      expect(a.ends).to.have.length(0)
      time.advance(61_000)
      expect(a.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    })

    it('do not count the time that it was paused', async () => {
      const [outbound, inbound] = await streamPair()
      const time = new FakeTime()
      const b = end(inbound, time, { expectFirstFrame: true })
      outbound.send(Uint8Array.of(5, 1))
      await until(() => b.framed.held === 2)
      b.framed.pause()
      time.advance(1_000_000)
      expect(b.ends).to.have.length(0)
      b.framed.resume()
      time.advance(1_900)
      expect(b.ends).to.have.length(0)
      outbound.send(Uint8Array.of(2, 3, 4, 5))
      await until(() => b.frames.length === 1)
      time.advance(100_000)
      expect(b.ends).to.have.length(0)
    })

    it('do not count the time that this process stood still', async () => {
      const [outbound, inbound] = await streamPair()
      const time = new FakeTime()
      const b = end(inbound, time, { expectFirstFrame: true })
      time.time += 60_000
      time.advance(1)
      expect(b.ends).to.have.length(0)
      outbound.send(Uint8Array.of(1, 1))
      await until(() => b.frames.length === 1)
      time.advance(10_000)
      expect(b.ends).to.have.length(0)
    })
  })

  describe('ending', () => {
    it('close() sends what is queued, tells both sides once and leaves nothing behind', async () => {
      const { a, b, time } = await pair()
      for (let i = 0; i < 100; i++) {
        a.framed.send(bytesOf(5_000, i))
      }
      const closed = a.framed.close()
      expect(a.framed.open).to.equal(false)
      expect(() => a.framed.send(bytesOf(1))).to.throw().with.property('name', 'StreamEndedError')
      await closed
      await a.framed.close()
      await until(() => a.ends.length === 1 && b.ends.length === 1)
      expect(b.frames).to.have.length(100)
      expect([...a.ends, ...b.ends]).to.deep.equal([undefined, undefined])
      expect(time.timers.armed).to.equal(0)
      for (const { stream } of [a, b]) {
        for (const event of ['message', 'idle', 'end']) {
          expect(stream.listenerCount(event), event).to.equal(0)
        }
      }
    })

    it('close() ends with its signal while the queue does not move, and with the stream', async () => {
      const { a, time } = await pair()
      saturate(a)
      a.framed.send(bytesOf(100))
      expect(await a.framed.close({ signal: AbortSignal.abort() }).catch(nameOf)).to.equal('AbortError')
      const closed = a.framed.close().catch(nameOf)
      time.advance(31_000)
      expect(await closed).to.equal('StreamEndedError')
      expect(a.ends.map(nameOf)).to.deep.equal(['StreamTimeoutError'])
    })

    it('abort() ends both sides, once, with its reason', async () => {
      const { a, b, time } = await pair()
      const reason = new Error('enough')
      a.framed.send(bytesOf(10))
      a.framed.abort(reason)
      a.framed.abort(new Error('twice'))
      await until(() => b.ends.length === 1)
      expect(a.ends).to.deep.equal([reason])
      expect(nameOf(b.ends[0])).to.equal('StreamEndedError')
      expect(b.frames).to.have.length(0)
      expect(time.timers.armed).to.equal(0)
    })

    it('tells that it takes no more before it tells its end, and survives listeners that throw', async () => {
      const order: string[] = []
      const init = {
        onClosing: ({ open }: FramedStream): void => { order.push(`closing ${String(open)}`); throw new Error('closing') },
        onEnd: (): void => { order.push('end'); throw new Error('end') }
      }
      const { a, b } = await pair(init)
      void b.framed.close()
      await until(() => order.length === 2)
      expect(order).to.deep.equal(['closing false', 'end'])
      expect(a.framed.open).to.equal(false)
    })

    it('a connection that is gone with frames unsent is no clean end', async () => {
      const { a } = await pair()
      saturate(a)
      a.framed.send(bytesOf(10))
      await settled()
      a.stream.onTransportClosed()
      await until(() => a.ends.length === 1)
      expect(nameOf(a.ends[0])).to.equal('StreamEndedError')
    })

    it('libp2p closing the stream under us is told as an end', async () => {
      const [outbound] = await streamPair()
      const a = end(outbound, new FakeTime())
      void outbound.close()
      a.framed.send(bytesOf(10))
      await until(() => a.ends.length === 1)
      expect(nameOf(a.ends[0])).to.equal('StreamEndedError')
      expect(nameOf(a.ends[0]?.cause)).to.equal('StreamStateError')
    })
  })

  it('refuses limits that cannot work', async () => {
    const [stream] = await streamPair()
    for (const limits of [{ maxFrame: 0 }, { idleTimeout: NaN }, { maxFrame: 2 ** 28, maxQueue: 2 ** 30 }, { maxFrame: 100, maxQueue: 50 }]) {
      expect(() => framed(stream, { peer: 'peer', onFrame: () => {}, limits }), JSON.stringify(limits)).to.throw().with.property('name', 'InvalidOptionsError')
    }
    for (const event of EVENTS) {
      expect((stream as unknown as { listenerCount: (event: string) => number }).listenerCount(event), event).to.be.at.most(2)
    }
  })
})
