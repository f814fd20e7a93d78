/** Requests that wait for the code which serves them. */
import { expect } from 'chai'
import { Held } from '../../src/rpc/held.ts'
import { MAX_HELD, MAX_HELD_PER_PEER, STREAM_WINDOW } from '../../src/wire/limits.ts'
import { decodeFrame } from '../../src/wire/rpc-frames.ts'
import { Clock } from './rpc-fakes.ts'
import type { Discovery } from '../../src/discovery/index.ts'
import type { HeldFrame, Room } from '../../src/rpc/held.ts'
import type { Serving } from '../../src/rpc/serving.ts'
import type { Lazy } from '../../src/util/lazy.ts'
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
  let lazy: { value: Serving | undefined }
  let loads: number
  let ran: unknown[]

  const known = new Set(['friend', 'other'])
  const small = 'rpc'
  const flows = 'stream'
  const serving = {
    replay: ({ peer }: FramedStream, _: Room, held: readonly HeldFrame[]) => {
      ran.push(peer, ...held.map(({ frame, since }) => [frame.id, clock.now - since, ...frame.kind === 1 ? frame.body ?? [] : ['cancel']]))
    }
  } as unknown as Serving

  beforeEach(() => {
    clock = new Clock()
    lazy = { value: undefined }
    loads = 0
    ran = []
    held = new Held({ node: (id: string) => known.has(id) ? {} : undefined } as unknown as Discovery, clock.timers(), lazy as Lazy<Serving>, () => { loads++ })
  })

  function come (): void {
    lazy.value = serving
    held.serve(serving)
  }

  /** How many of so many requests, each on a stream of its own, wait. */
  function waiting (peer: string, of: Room, size: number, count: number): number {
    const streams = Array.from({ length: count }, () => new Stream(peer))
    streams.forEach((stream, at) => { held.onFrame(stream.stream, request(of === flows ? 0 : at + 1), size, of) })
    return streams.filter(({ refused }) => refused === 0).length
  }

  it('are served in their order, with their own bytes, and it is known since when they wait and which were cancelled', async () => {
    const [a, b, gone] = [new Stream('friend'), new Stream('other'), new Stream('other')]
    const body = Uint8Array.of(7)
    held.onFrame(a.stream, request(1, { body }), 1, small)
    body.fill(0)
    await clock.pass(400)
    held.onFrame(b.stream, request(1), 1, small)
    held.onFrame(gone.stream, request(1), 1, small)
    held.onFrame(a.stream, request(2), 1, small)
    held.onFrame(a.stream, { kind: 3, id: 1 }, 1, small)
    held.onEnd(gone.stream)
    await clock.pass(100)
    come()
    expect(ran).to.deep.equal(['friend', [1, 500, 7], [2, 100], [1, 100, 'cancel'], 'other', [1, 100]])
    expect([held.has(a.stream), held.has(b.stream)]).to.deep.equal([false, false])
    await clock.pass(10_000)
    expect([a.told, b.told, gone.told]).to.deep.equal([[], [], []])
  })

  it('wait for 1.5 s, and are refused then, as those that come later are', async () => {
    const [a, b, flow] = [new Stream('friend'), new Stream('friend'), new Stream('friend')]
    held.onFrame(a.stream, request(1), 1, small)
    held.onFrame(a.stream, request(0), 1, small)
    held.onFrame(flow.stream, request(0), 1, flows)
    expect([flow.paused, loads]).to.deep.equal([true, 3])
    await clock.pass(1_490)
    expect([a.told.length, flow.told.length]).to.deep.equal([0, 0])
    await clock.pass(20)
    expect([a.refused, a.goodbyes, flow.refused, flow.goodbyes, flow.closed, flow.paused]).to.deep.equal([1, 1, 1, 0, true, false])
    held.onFrame(b.stream, request(1), 1, small)
    expect([b.refused, b.goodbyes]).to.deep.equal([1, 1])
    come()
    expect(ran).to.deep.equal([])
    held.onFrame(b.stream, request(2), 1, small)
    expect([ran, b.refused]).to.deep.equal([[], 2])
    held.onEnd(b.stream)
    held.onFrame(new Stream('friend').stream, request(3), 1, small)
    expect(ran).to.deep.equal(['friend', [3, 0]])
  })

  it('are refused with a reason, after which nothing waits; it is known when their callers have left', async () => {
    const [a, b] = [new Stream('friend'), new Stream('friend')]
    held.onFrame(a.stream, request(1), 1, small)
    b.full = true
    held.onFrame(b.stream, request(1), 1, small)
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

  it('that are too many take those on their stream with them, as later ones may refer to what they brought', () => {
    const stream = new Stream('friend')
    for (let id = 1; id <= MAX_HELD_PER_PEER / 4_096 + 1; id++) held.onFrame(stream.stream, request(id), 0, small)
    expect([stream.refused, stream.goodbyes]).to.deep.equal([MAX_HELD_PER_PEER / 4_096 + 1, 1])
    held.onFrame(stream.stream, { kind: 3, id: 1 }, 0, small)
    expect(stream.refused).to.equal(MAX_HELD_PER_PEER / 4_096 + 1)
    come()
    expect(ran).to.deep.equal([])
  })

  it('that were refused take no room of others', () => {
    for (let n = 0; n < 100; n++) waiting('stranger', small, 1_000_000, 1)
    expect(waiting('friend', small, 1_000_000, 7)).to.equal(7)
  })

  it('of sequences are refused when their stream waits for its turn, as it would be read on', () => {
    const [flow, many] = [new Stream('friend'), new Stream('friend')]
    flow.paused = many.paused = true
    held.onFrame(many.stream, request(1), 1, small)
    expect([many.refused, many.goodbyes, many.paused]).to.deep.equal([0, 0, true])
    held.onFrame(flow.stream, request(0), 1, flows)
    expect(flow.refused).to.equal(1)
  })
})
