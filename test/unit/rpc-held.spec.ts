/** Requests that wait for the code which serves them. */
import { expect } from 'chai'
import { BULK, FLOWS, Held, SMALL } from '../../src/rpc/held.ts'
import { MAX_HELD, MAX_HELD_PER_PEER, STREAM_WINDOW } from '../../src/wire/limits.ts'
import { decodeFrame } from '../../src/wire/rpc-frames.ts'
import { NO_TEXTS } from '../../src/wire/rpc-read.ts'
import { Clock } from './rpc-fakes.ts'
import type { Discovery } from '../../src/discovery/index.ts'
import type { Room } from '../../src/rpc/held.ts'
import type { Serving } from '../../src/rpc/serving.ts'
import type { FramedStream } from '../../src/streams/index.ts'
import type { DecodedFrame, DecodedRequest } from '../../src/wire/rpc-frames.ts'

/** The peer's end, and what it is told. */
class Stream {
  open = true
  paused = false
  closed = false
  aborted: Error | undefined
  full = false
  readonly told: DecodedFrame[] = []
  readonly peer: string

  constructor (peer: string) {
    this.peer = peer
  }

  write (length: number, fill: (target: Uint8Array, offset: number) => void): boolean {
    if (this.full) throw new Error('full')
    const bytes = new Uint8Array(length)
    fill(bytes, 0)
    this.told.push(decodeFrame(bytes, 0, length))
    return true
  }

  pause (): void { this.paused = true }
  resume (): void { this.paused = false }
  async close (): Promise<void> { this.closed = true }
  abort (err: Error): void { this.aborted = err }

  get stream (): FramedStream { return this as unknown as FramedStream }
  get refused (): number { return this.told.filter(frame => frame.kind === 2 && frame.retryable).length }
  get goodbyes (): number { return this.told.filter(({ kind }) => kind === 4).length }
}

const request = (id: number, more: Partial<DecodedRequest> = {}): DecodedRequest => ({
  kind: 1, id, service: 'login', method: 'run', timeout: 0, codec: 0, body: undefined, token: undefined, metadata: {}, headers: {}, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0, ...more
})

describe('requests that wait for the code which serves them', () => {
  let clock: Clock
  let held: Held
  let serving: Serving | undefined
  let loads: number
  let ran: unknown[]

  const known = new Set(['friend', 'other'])
  const room = (of: Room): Room => ({
    flows: of.flows,
    accept: (_, { peer }) => { ran.push(peer) },
    serve: (_, __, { id, timeout, body }) => { ran.push([id, Math.round(timeout), ...body ?? []]) }
  })
  const small = room(SMALL)
  const flows = room(FLOWS)

  beforeEach(() => {
    clock = new Clock()
    serving = undefined
    loads = 0
    ran = []
    held = new Held({
      timers: clock.timers(),
      discovery: { node: (id: string) => known.has(id) ? {} : undefined } as unknown as Discovery,
      serving: () => serving,
      load: () => { loads++ }
    })
  })

  function come (): void {
    serving = {} as unknown as Serving
    held.serve(serving)
  }

  /** How many of so many requests, each on a stream of its own, wait. */
  function waiting (peer: string, of: Room, size: number, count: number): number {
    const streams = Array.from({ length: count }, () => new Stream(peer))
    streams.forEach((stream, at) => { held.onRequest(stream.stream, request(of.flows ? 0 : at + 1), size, of) })
    return streams.filter(({ refused }) => refused === 0).length
  }

  it('are served in their order, with their own bytes, and with the time that is left of theirs', async () => {
    const [a, b] = [new Stream('friend'), new Stream('other')]
    const body = Uint8Array.of(7)
    held.onRequest(a.stream, request(1, { body, timeout: 1_000 }), 1, small)
    body.fill(0)
    await clock.pass(400)
    held.onRequest(b.stream, request(1, { timeout: 1_000 }), 1, small)
    held.onRequest(a.stream, request(2), 1, small)
    held.onRequest(a.stream, request(0), 1, small)
    held.onRequest(a.stream, request(3, { timeout: 100 }), 1, small)
    held.onRequest(a.stream, request(0, { timeout: 100 }), 1, small)
    await clock.pass(100)
    come()
    expect(ran).to.deep.equal(['friend', [1, 500, 7], [2, 0], [0, 0], 'other', [1, 900]])
    expect([a.refused, a.told.length, b.told.length]).to.deep.equal([1, 1, 0])
    expect([held.has(a.stream), held.has(b.stream)]).to.deep.equal([false, false])
    await clock.pass(10_000)
    expect([a.told.length, b.told.length]).to.deep.equal([1, 0])
  })

  it('do not run when they were cancelled, or their stream has ended', () => {
    const [a, b] = [new Stream('friend'), new Stream('friend')]
    held.onRequest(a.stream, request(1), 1, small)
    held.onRequest(a.stream, request(2), 1, small)
    held.onRequest(b.stream, request(1), 1, small)
    held.onCancel(a.stream, 1)
    held.onCancel(a.stream, 9)
    held.onCancel(new Stream('friend').stream, 1)
    held.onEnd(b.stream)
    come()
    expect(ran).to.deep.equal(['friend', [2, 0]])
  })

  it('wait for 1.5 s, and are refused then, as those that come later are', async () => {
    const [a, b, flow] = [new Stream('friend'), new Stream('friend'), new Stream('friend')]
    held.onRequest(a.stream, request(1), 1, small)
    held.onRequest(a.stream, request(0), 1, small)
    held.onRequest(flow.stream, request(0), 1, flows)
    expect([flow.paused, loads]).to.deep.equal([true, 3])
    await clock.pass(1_490)
    expect([a.told.length, flow.told.length]).to.deep.equal([0, 0])
    await clock.pass(20)
    expect([a.refused, a.goodbyes, flow.refused, flow.goodbyes, flow.closed, flow.paused]).to.deep.equal([1, 1, 1, 0, true, false])
    held.onRequest(b.stream, request(1), 1, small)
    expect([b.refused, b.goodbyes]).to.deep.equal([1, 1])
    come()
    expect(ran).to.deep.equal([])
    held.onRequest(b.stream, request(2), 1, small)
    expect(ran).to.deep.equal(['friend', [2, 0]])
  })

  it('are refused with a reason, after which nothing waits; it is known when their callers have left', async () => {
    const [a, b] = [new Stream('friend'), new Stream('friend')]
    held.onRequest(a.stream, request(1), 1, small)
    b.full = true
    held.onRequest(b.stream, request(1), 1, small)
    held.refuse('the node is stopping')
    expect(a.told).to.deep.include({ kind: 4, reason: 'the node is stopping' })
    expect([a.refused, b.aborted?.message]).to.deep.equal([1, 'full'])
    let left = false
    const gone = held.left().then(() => { left = true })
    held.onEnd(b.stream)
    await clock.pass(10)
    expect(left).to.equal(false)
    held.onEnd(a.stream)
    await gone
    await held.left()
  })

  it('are so many bytes of one peer at most, of one that nobody knows a quarter', () => {
    expect(waiting('stranger', small, 1_000_000, 20)).to.equal(Math.floor(MAX_HELD_PER_PEER / 4 / 1_004_096))
    expect(waiting('friend', small, 1_000_000, 20)).to.equal(Math.floor(MAX_HELD_PER_PEER / 1_004_096))
  })

  it('are so many without bytes at most: each counts', () => {
    expect(waiting('stranger', small, 0, 1_000)).to.equal(MAX_HELD_PER_PEER / 4 / 4_096)
  })

  it('are so many sequences at most, which count with the window of their stream', () => {
    expect(waiting('stranger', flows, 0, 100)).to.equal(7)
    expect(waiting('friend', flows, 0, 100)).to.equal(Math.floor(MAX_HELD_PER_PEER / (STREAM_WINDOW + 4_096)))
  })

  it('are so many bytes in all at most; strangers leave room for those that are known', () => {
    const strangers = Array.from({ length: 20 }, (_, index) => waiting(`stranger ${index}`, small, 1_000_000, 2)).reduce((sum, count) => sum + count, 0)
    expect(strangers).to.equal(Math.floor(MAX_HELD / 4 / 1_004_096))
    for (let index = 0; index < 20; index++) known.add(`known ${index}`)
    const friends = Array.from({ length: 20 }, (_, index) => waiting(`known ${index}`, small, 1_000_000, 4)).reduce((sum, count) => sum + count, 0)
    expect(strangers + friends).to.equal(Math.floor(MAX_HELD / 1_004_096))
  })

  it('leave their room when they end, in whatever way', () => {
    const full = Math.floor(MAX_HELD_PER_PEER / 1_004_096)
    const streams = Array.from({ length: full }, () => new Stream('friend'))
    for (const { stream } of streams) held.onRequest(stream, request(1), 1_000_000, small)
    expect(waiting('friend', small, 1_000_000, 1)).to.equal(0)
    held.onCancel((streams[0] as Stream).stream, 1)
    held.onEnd((streams[1] as Stream).stream)
    expect(waiting('friend', small, 1_000_000, 3)).to.equal(2)
  })

  it('are errors of the peer when one comes twice, or a second one on the stream of a sequence', () => {
    const [a, flow] = [new Stream('friend'), new Stream('friend')]
    held.onRequest(a.stream, request(1), 1, small)
    held.onRequest(flow.stream, request(0), 1, flows)
    expect(() => { held.onRequest(a.stream, request(1), 1, small) }).to.throw().with.property('name', 'ProtocolError')
    expect(() => { held.onRequest(flow.stream, request(0), 1, flows) }).to.throw().with.property('name', 'ProtocolError')
    expect(() => { held.onRequest(a.stream, request(2, { headerSet: 1, headers: NO_TEXTS }), 1, BULK) }).to.throw().with.property('name', 'ProtocolError')
  })

  it('are refused when their stream waits for its turn, as it would be read on', () => {
    const flow = new Stream('friend')
    flow.paused = true
    held.onRequest(flow.stream, request(0), 1, flows)
    expect(flow.refused).to.equal(1)
  })
})
