/** Nodes that load what serves calls, and what streams, when they need it, as pages do. */
import { expect } from 'chai'
import { peerStreams } from '../../src/streams/index.ts'
import { timers } from '../../src/util/timers.ts'
import { protocolId } from '../../src/wire/protocols.ts'
import { decodeFrame, fillFrame, sizeCancel, sizeCredit, sizeEnd, sizeRequest } from '../../src/wire/rpc-frames.ts'
import { until } from '../harness/until.ts'
import { internals, Nodes as Strangers } from './discovery-nodes.ts'
import { Nodes } from './rpc-nodes.ts'
import type { RpcError } from '../../src/index.ts'
import type { FramedStream, PeerStreams } from '../../src/streams/index.ts'
import type { TimerHandle, Timers } from '../../src/util/timers.ts'
import type { DecodedFrame, RequestFrame } from '../../src/wire/rpc-frames.ts'
import type { Node } from './rpc-nodes.ts'
import type * as Code from '#serving'

/** The way on which the code comes, which the test opens and cuts. */
class Way {
  loads = 0
  broken = false
  #open = Promise.withResolvers<undefined>()

  readonly load = async (): Promise<typeof Code> => {
    this.loads++
    if (!this.broken) await this.#open.promise
    if (this.broken) throw new TypeError('Failed to fetch dynamically imported module')
    return import('#serving')
  }

  open (): void {
    this.#open.resolve(undefined)
  }

  /** What is under way fails, and what comes later. */
  cut (): void {
    this.broken = true
    this.open()
  }

  mend (): void {
    this.broken = false
  }
}

/** Milliseconds that calls are held at most, for code that hangs. */
const HOLD = 1_500

/** The real timers, and how often calls began to be held; `endless`: they are never given up for the time that it takes. */
class Holds implements Timers {
  count = 0
  readonly #endless: boolean

  constructor (endless = false) {
    this.#endless = endless
  }

  get armed (): number {
    return timers.armed
  }

  after (ms: number, fn: () => void, now?: number): TimerHandle {
    const hold = ms === HOLD
    if (hold) this.count++
    return timers.after(ms, () => { if (!hold || !this.#endless) fn() }, now)
  }

  cancel (handle: TimerHandle): void {
    timers.cancel(handle)
  }

  now (): number {
    return timers.now()
  }

  arrived (): number {
    return timers.arrived()
  }

  look (): number {
    return timers.look()
  }
}

async function rejection (promise: Promise<unknown>): Promise<RpcError> {
  return promise.then(value => { throw new Error(`it resolved, to ${JSON.stringify(value)}`) }, (err: unknown) => err as RpcError)
}

async function all (items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const item of items) found.push(item)
  return found
}

function request (more: Partial<RequestFrame>): number {
  return sizeRequest({ id: 0, service: 'login', method: 'run', timeout: 0, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0, ...more })
}

function serve (node: Node): unknown[] {
  const ran: unknown[] = []
  node.rpc.handle('run', (args: unknown) => { ran.push(args); return [node.id, args] })
  node.rpc.handleStream('count', 'serverStream', function * (to: number) { for (let i = 1; i <= to; i++) yield i })
  node.rpc.handleStream('sum', 'clientStream', async (input: AsyncIterable<number>) => {
    let sum = 0
    for await (const item of input) sum += item
    return sum
  })
  return ran
}

describe('mesh: calls that are served by code which is loaded when it is needed', function () {
  this.timeout(60_000)
  let nodes: Nodes

  beforeEach(() => { nodes = new Nodes() })

  afterEach(async () => { await nodes.stop() })

  /** One that loads, which is given the time for that, and one that has all. */
  async function pair (service: string | undefined = undefined, timers = new Holds(true)): Promise<[Node, Node, Way]> {
    const way = new Way()
    const page = await nodes.add(service, { load: way.load, timers })
    const plain = await nodes.add('cart')
    await nodes.met()
    return [page, plain, way]
  }

  it('a node that only calls loads nothing', async () => {
    const [page, plain, way] = await pair()
    serve(plain)
    expect(await page.rpc.invoke('cart', 'run', 1)).to.deep.equal([plain.id, 1])
    expect(page.rpc.nodeStats()).to.include({ running: 0, pending: 0, late: 0 })
    await page.rpc.drain()
    expect(way.loads).to.equal(0)
  })

  it('what comes before the code waits for it, each call once, with its order and its answers', async () => {
    const [page, plain, way] = await pair('login')
    const ran = serve(page)
    await until(() => way.loads === 1)
    const large = new Uint8Array(200_000).fill(7)
    const calls = [1, 2, 3].map(async n => plain.rpc.invoke('login', 'run', n, { timeout: 20_000 }))
    const bulk = plain.rpc.invoke('login', 'run', large, { timeout: 20_000 })
    const told = plain.rpc.notify('login', 'run', 'told')
    const counted = all(plain.rpc.stream('login', 'count', 'serverStream', 3))
    const summed = plain.rpc.stream('login', 'sum', 'clientStream', [1, 2, 3])
    await told
    // all of it is on its way: a call of another node comes and goes meanwhile
    expect(await page.rpc.invoke('cart', 'braid.ping', 1)).to.equal(1)
    expect(ran).to.deep.equal([])
    way.open()
    expect(await Promise.all([...calls, counted, summed])).to.deep.equal([[page.id, 1], [page.id, 2], [page.id, 3], [1, 2, 3], 6])
    expect(await bulk).to.deep.equal([page.id, large])
    await until(() => ran.length === 5)
    expect(ran.filter(item => item !== large && !(item instanceof Uint8Array))).to.deep.equal([1, 2, 3, 'told'])
    expect(way.loads).to.equal(1)
  })

  it('a node that cannot load it refuses, so that another runs the call; later it is tried again', async () => {
    const [page, plain, way] = await pair('login')
    way.cut()
    const other = await nodes.add('login')
    await nodes.met()
    const ran = serve(page)
    serve(other)
    for (let n = 0; n < 8; n++) expect(await plain.rpc.invoke('login', 'run', n, { prefer: page.id })).to.deep.equal([other.id, n])
    expect(await all(plain.rpc.stream('login', 'count', 'serverStream', 3, { prefer: page.id }))).to.deep.equal([1, 2, 3])
    expect(await plain.rpc.stream('login', 'sum', 'clientStream', [1, 2], { prefer: page.id })).to.equal(3)
    expect(ran).to.deep.equal([])
    const refused = await rejection(plain.rpc.invoke('login', 'run', 0, { node: page.id, timeout: 2_000 }))
    expect(refused).to.include({ code: 'UNAVAILABLE', retryable: true })
    way.mend()
    await until(async () => (await plain.rpc.invoke('login', 'run', 9, { prefer: page.id }) as string[])[0] === page.id)
    expect(await all(plain.rpc.stream('login', 'count', 'serverStream', 2, { node: page.id }))).to.deep.equal([1, 2])
  })

  it('peers that call again and again do not make a node try as often', async () => {
    const [page, plain, way] = await pair('login')
    serve(page)
    await until(() => way.loads === 1)
    way.cut()
    const began = performance.now()
    for (let n = 0; n < 20; n++) {
      expect(await rejection(plain.rpc.stream('login', 'sum', 'clientStream', [1], { node: page.id }))).to.include({ code: 'UNAVAILABLE', retryable: true })
    }
    expect(way.loads).to.be.most(2 + (performance.now() - began) / 1_000)
    way.mend()
    await until(async () => plain.rpc.stream('login', 'sum', 'clientStream', [1], { node: page.id }).then(() => true, () => false))
  })

  it('calls of sequences wait for it, too, and end when their caller leaves, cancels, or has no time left', async () => {
    const [page, plain, way] = await pair()
    serve(plain)
    const aborting = new AbortController()
    const late = rejection(page.rpc.stream('cart', 'sum', 'clientStream', [1], { timeout: 50 }))
    const cancelled = rejection(page.rpc.stream('cart', 'sum', 'clientStream', [1], { signal: aborting.signal }))
    const left = page.rpc.stream('cart', 'count', 'serverStream', 3)
    const first = left.next()
    expect(page.rpc.nodeStats().pending).to.equal(3)
    aborting.abort(new Error('not wanted'))
    expect(await cancelled).to.include({ code: 'CANCELLED' })
    expect(await late).to.include({ code: 'DEADLINE_EXCEEDED' })
    await left.return()
    expect(await first).to.deep.equal({ done: true, value: undefined })
    const argument = { to: 3 }
    plain.rpc.handleStream('echo', 'serverStream', function * (args: unknown) { yield args })
    const echoed = all(page.rpc.stream('cart', 'echo', 'serverStream', argument))
    argument.to = 4
    const summed = page.rpc.stream('cart', 'sum', 'clientStream', [1, 2, 3])
    expect(page.rpc.nodeStats().pending).to.equal(2)
    way.open()
    expect(await Promise.all([echoed, summed])).to.deep.equal([[{ to: 3 }], 6])
    expect([page.rpc.nodeStats().pending, way.loads]).to.deep.equal([0, 1])
  })

  it('a call of sequences whose code cannot be loaded is refused, and the next one tries again', async () => {
    const [page, plain, way] = await pair()
    serve(plain)
    way.cut()
    expect(await rejection(all(page.rpc.stream('cart', 'count', 'serverStream', 1)))).to.include({ code: 'UNAVAILABLE', retryable: true })
    expect(await rejection(page.rpc.stream('cart', 'sum', 'clientStream', [1]))).to.include({ code: 'UNAVAILABLE', retryable: true })
    way.mend()
    expect(await all(page.rpc.stream('cart', 'count', 'serverStream', 1))).to.deep.equal([1])
    expect(way.loads).to.equal(3)
  })

  it('more calls of sequences than a node may make do not wait', async () => {
    const way = new Way()
    const page = await nodes.add(undefined, { load: way.load, rpc: { maxPending: 2 } })
    const calls = [1, 2].map(async () => page.rpc.stream('cart', 'sum', 'clientStream', [1], { timeout: 500 }))
    expect(await rejection(page.rpc.stream('cart', 'sum', 'clientStream', [1]))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    await Promise.all(calls.map(rejection))
  })

  it('a node calls itself, as any other; what is cancelled meanwhile does not run', async () => {
    const way = new Way()
    const page = await nodes.add('login', { load: way.load })
    const ran = serve(page)
    const aborting = new AbortController()
    const cancelled = rejection(page.rpc.invoke('login', 'run', 'cancelled', { signal: aborting.signal }))
    const run = page.rpc.invoke('login', 'run', 'run', { metadata: { a: 'b' } })
    aborting.abort(new Error('not wanted'))
    expect(await cancelled).to.include({ code: 'CANCELLED' })
    way.open()
    expect(await run).to.deep.equal([page.id, 'run'])
    expect(ran).to.deep.equal(['run'])
  })

  it('a large answer to a call of its own needs nothing of it', async () => {
    const [page, plain, way] = await pair()
    plain.rpc.handle('big', () => new Uint8Array(200_000))
    for (let n = 0; n < 3; n++) expect(await page.rpc.invoke('cart', 'big')).to.have.length(200_000)
    expect(way.loads).to.equal(0)
  })

  it('calls do not wait for code that hangs: another node runs them in time', async () => {
    const holds = new Holds()
    const [page, plain] = await pair('login', holds)
    const other = await nodes.add('login')
    await nodes.met()
    const ran = serve(page)
    serve(other)
    expect(await plain.rpc.invoke('login', 'run', 1, { prefer: page.id })).to.deep.equal([other.id, 1])
    expect(await all(plain.rpc.stream('login', 'count', 'serverStream', 2, { prefer: page.id }))).to.deep.equal([1, 2])
    const large = await plain.rpc.invoke('login', 'run', new Uint8Array(200_000), { prefer: page.id }) as unknown[]
    expect(large[0]).to.equal(other.id)
    const held = holds.count
    expect(held).to.be.above(0)
    const refused = await rejection(plain.rpc.invoke('login', 'run', 2, { node: page.id }))
    expect(refused).to.include({ code: 'UNAVAILABLE', retryable: true })
    expect(holds.count, 'it is refused at once').to.equal(held)
    expect(ran).to.deep.equal([])
  })

  it('a node that cannot load it says so, until it can', async () => {
    const way = new Way()
    way.cut()
    const plain = await nodes.add('cart')
    const page = await nodes.add('login', { load: way.load })
    const caller = await nodes.add(undefined, { load: way.load })
    await nodes.met()
    const state = (node: Node): string | undefined => plain.discovery.node(node.id)?.state
    await until(() => state(page) === 'draining')
    page.rpc.setHealth('NOT_SERVING')
    page.rpc.setHealth('SERVING')
    expect(page.discovery.self.state).to.equal('draining')
    expect(await rejection(plain.rpc.invoke('braid', 'braid.ping', 1, { node: caller.id }))).to.include({ code: 'UNAVAILABLE', retryable: true })
    way.mend()
    await until(() => state(page) === 'up')
    expect([state(caller), caller.discovery.self.state]).to.deep.equal(['up', 'up'])
    await until(async () => await plain.rpc.invoke('braid', 'braid.ping', 1, { node: caller.id }) === 1)
  })

  it('what was cancelled, or has no time left, does not run when the code comes; the others have the rest of theirs', async () => {
    const holds = new Holds(true)
    const [page, plain, way] = await pair('login', holds)
    const ran = serve(page)
    page.rpc.handle('left', (_: unknown, { remaining }: { remaining: number }) => remaining)
    const left = plain.rpc.invoke('login', 'left', undefined, { timeout: 60_000 })
    await until(() => holds.count === 1, { what: 'it waits' })
    const began = performance.now()
    const aborting = new AbortController()
    const aborted = rejection(plain.rpc.invoke('login', 'run', 'aborted', { signal: aborting.signal }))
    const flow = rejection(plain.rpc.stream('login', 'sum', 'clientStream', [1], { signal: aborting.signal }))
    expect(await rejection(plain.rpc.invoke('login', 'run', 'late', { timeout: 150 }))).to.include({ code: 'DEADLINE_EXCEEDED' })
    aborting.abort(new Error('not wanted'))
    await Promise.all([aborted, flow])
    const waited = performance.now() - began
    // what was sent before it has come when its answer has
    expect(await page.rpc.invoke('cart', 'braid.ping', 1)).to.equal(1)
    way.open()
    expect(await plain.rpc.invoke('login', 'run', 'x')).to.deep.equal([page.id, 'x'])
    expect(ran).to.deep.equal(['x'])
    expect(await left).to.be.within(1, 60_000 - waited + 1)
  })

  for (const how of ['stops', 'drains'] as const) {
    it(`a node ${how} while calls wait for it: another one runs them`, async () => {
      const holds = new Holds(true)
      const [page, plain, way] = await pair('login', holds)
      const other = await nodes.add('login')
      await nodes.met()
      const ran = serve(page)
      serve(other)
      const headers = Object.freeze({ authorization: 'a' })
      const calls = [1, 2].map(async n => plain.rpc.invoke('login', 'run', n, { prefer: page.id, headers }))
      const counted = all(plain.rpc.stream('login', 'count', 'serverStream', 2, { prefer: page.id }))
      await until(() => plain.rpc.nodeStats().pending === 3)
      expect(await page.rpc.invoke('cart', 'braid.ping', 1)).to.equal(1)
      expect(holds.count).to.be.above(0)
      await (how === 'stops' ? page.libp2p.stop() : page.rpc.drain())
      expect(await Promise.all([...calls, counted])).to.deep.equal([[other.id, 1], [other.id, 2], [1, 2]])
      way.open()
      expect(ran).to.deep.equal([])
    })
  }

  describe('asked by who keeps to no rules', () => {
    const strangers = new Strangers()
    let heard: Array<DecodedFrame & { stream: FramedStream }>
    let ended: FramedStream[]
    let page: Node
    let way: Way

    beforeEach(async () => {
      heard = []
      ended = []
      way = new Way()
      page = await nodes.add('login', { load: way.load, timers: new Holds(true) })
    })

    afterEach(async () => { await strangers.stop() })

    async function streams (room: 'rpc' | 'stream'): Promise<PeerStreams> {
      const stranger = await strangers.bare()
      await stranger.dial(page.libp2p.getMultiaddrs())
      const streams = peerStreams(internals(stranger), {
        protocol: protocolId('shop', room),
        onFrame: (stream, bytes, start, end) => { heard.push({ ...decodeFrame(bytes, start, end), stream }) },
        onEnd: stream => { ended.push(stream) }
      })
      await streams.start()
      return streams
    }

    it('a call whose time is over is refused, though nobody has cancelled it', async () => {
      const ran = serve(page)
      const stream = await (await streams('rpc')).open(page.libp2p.peerId)
      stream.write(request({ id: 1, timeout: 50 }), fillFrame)
      stream.write(request({ id: 2 }), fillFrame)
      stream.write(request({ id: 3, timeout: 1_000 }), fillFrame)
      stream.write(sizeCancel(3), fillFrame)
      stream.write(sizeCancel(9), fillFrame)
      const sent = performance.now()
      await until(() => performance.now() > sent + 200)
      way.open()
      await until(() => heard.length === 2)
      expect(heard[0]).to.include({ kind: 2, id: 1, retryable: true })
      expect(heard[1]).to.include({ kind: 2, id: 2, status: 0 })
      expect(ran).to.have.length(1)
    })

    it('sequences of a stranger beyond its share are refused at once', async () => {
      serve(page)
      const flows = await streams('stream')
      const opened: FramedStream[] = []
      for (let n = 0; n < 8; n++) {
        const stream = await flows.openOwn(page.libp2p.peerId)
        stream.write(request({ method: 'count', streaming: 1 }), fillFrame)
        opened.push(stream)
      }
      await until(() => heard.length > 0)
      expect(heard).to.have.length(1)
      expect(heard[0]).to.include({ kind: 2, retryable: true, stream: opened[7] })
      way.open()
      // the stream of each says that it runs, or that it does not
      await until(() => new Set(heard.map(({ stream }) => stream)).size === 8)
    })

    for (const [what, size] of [['credit', () => sizeCredit(1)], ['input', sizeEnd]] as const) {
      it(`who sends ${what} without a request is cut off`, async () => {
        const stream = await (await streams('stream')).openOwn(page.libp2p.peerId)
        stream.write(size(), fillFrame)
        await until(() => ended.includes(stream))
        expect(heard).to.deep.equal([])
      })
    }
  })

  it('headers that came with a call before the code hold for later ones', async () => {
    const [page, plain, way] = await pair('login')
    page.rpc.handle('who', (_: unknown, { headers }: { headers: Record<string, string> }) => headers['authorization'])
    const headers = Object.freeze({ authorization: 'a' })
    const aborting = new AbortController()
    const first = rejection(plain.rpc.invoke('login', 'who', 1, { headers, signal: aborting.signal }))
    const second = plain.rpc.invoke('login', 'who', 2, { headers })
    await until(() => way.loads === 1)
    aborting.abort()
    await first
    way.open()
    expect(await Promise.all([second, plain.rpc.invoke('login', 'who', 3, { headers })])).to.deep.equal(['a', 'a'])
  })

  it('a node stops while it waits for it', async () => {
    const [page, plain, way] = await pair('login')
    const ran = serve(page)
    const called = rejection(plain.rpc.invoke('login', 'run', 1, { timeout: 5_000 }))
    const own = rejection(page.rpc.invoke('login', 'run', 2))
    const streamed = rejection(page.rpc.stream('cart', 'sum', 'clientStream', [1]))
    await page.libp2p.stop()
    expect([(await own).name, (await streamed).name]).to.deep.equal(['MeshStoppedError', 'MeshStoppedError'])
    way.open()
    expect(await called).to.be.an('error')
    expect(ran).to.deep.equal([])
  })
})
