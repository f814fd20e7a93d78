import { expect } from 'chai'
import { Pace } from '../../src/rpc/pace.ts'
import { until } from '../harness/until.ts'
import type { FramedStream } from '../../src/streams/index.ts'

/** A stream with frames that have arrived already, as many as a socket hands over at once. */
class Backlog {
  paused = false
  handled = 0
  readonly peer: string
  readonly #pace: Pace
  #frames: number

  constructor (peer: string, frames: number, pace: Pace) {
    this.peer = peer
    this.#frames = frames
    this.#pace = pace
  }

  pause (): void { this.paused = true }

  resume (): void {
    this.paused = false
    queueMicrotask(() => { this.read() })
  }

  read (): void {
    while (this.#frames > 0 && !this.paused) {
      this.#frames--
      this.handled++
      this.#pace.count(this as unknown as FramedStream)
    }
  }
}

describe('rpc: the pace of peers', () => {
  let pace: Pace

  beforeEach(() => { pace = new Pace() })
  afterEach(() => { pace.stop() })

  it('holds a peer back after its share of a turn, over all its streams, and nobody else', () => {
    const flood = [new Backlog('flood', 100_000, pace), new Backlog('flood', 100_000, pace)]
    const honest = new Backlog('honest', 100, pace)
    for (const stream of [...flood, honest]) stream.read()
    expect(flood.map(({ handled, paused }) => ({ handled, paused }))).to.deep.equal([{ handled: 512, paused: true }, { handled: 1, paused: true }])
    expect(honest).to.include({ handled: 100, paused: false })
  })

  it('goes on in later turns, between which others have theirs, until all is handled', async () => {
    const stream = new Backlog('flood', 10_000, pace)
    stream.read()
    let turns = 0
    while (stream.handled < 10_000) {
      const before = stream.handled
      await new Promise(resolve => setTimeout(resolve, 0))
      expect(stream.handled - before).to.be.at.most(1_024)
      turns++
    }
    expect(turns).to.be.above(8)
  })

  it('waits for no timer in a hidden page, where they run once a second', async () => {
    const { setTimeout } = globalThis
    const scope = globalThis as { document?: object }
    const { document } = scope
    const stream = new Backlog('flood', 2_000, pace)
    let reads = false
    let timers = 0
    globalThis.setTimeout = ((fn: () => void, ms = 0) => {
      if (reads) timers++
      return setTimeout(fn, Math.max(1_000, ms))
    }) as typeof setTimeout
    Object.defineProperty(scope.document ??= {}, 'hidden', { value: true, configurable: true })
    try {
      const read = stream.read.bind(stream)
      stream.read = () => {
        reads = true
        read()
        reads = false
      }
      stream.read()
      await until(() => stream.handled === 2_000)
      expect([stream.paused, timers]).to.deep.equal([false, 0])
    } finally {
      globalThis.setTimeout = setTimeout
      Reflect.deleteProperty(scope.document, 'hidden')
      if (document === undefined) delete scope.document
    }
  })

  it('lets go of what it holds when it is stopped', () => {
    const stream = new Backlog('flood', 1_000, pace)
    stream.read()
    expect(stream.paused).to.equal(true)
    pace.stop()
    expect(stream.paused).to.equal(false)
  })
})
