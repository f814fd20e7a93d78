import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { ITEM_COST, STREAM_WINDOW } from '../../src/wire/limits.ts'
import { fillFrame, sizeCancel, sizeCredit, sizeEnd, sizeGoAway, sizeItem, sizeRequest, sizeResponse } from '../../src/wire/rpc-frames.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import { turn } from './turn.ts'
import { hostileBytes } from './wire-fuzz.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'
import type { RequestFrame, ResponseFrame } from '../../src/wire/rpc-frames.ts'

const request = (more: Partial<RequestFrame> = {}): RequestFrame => ({ id: 0, service: 'login', method: 'echo', timeout: 0, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 3, trace: undefined, headerSet: 0, link: undefined, life: 0, ...more })
const response = (more: Partial<ResponseFrame> = {}): ResponseFrame => ({ id: 0, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: undefined, ...more })

function frame (size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  fillFrame(bytes, 0)
  return bytes
}

describe('rpc: streaming calls over a network', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let ended: string[]

  async function * echo (input: AsyncIterable<unknown>, ctx: HandlerContext): AsyncGenerator<unknown> {
    try {
      yield * input
      ended.push('end')
    } catch (err) {
      ended.push((err as RpcError).code)
      throw err
    } finally {
      ended.push(String(ctx.signal.aborted))
    }
  }

  /** Answers once, then waits for the end. */
  async function * wait (_: unknown, { signal }: HandlerContext): AsyncGenerator<unknown> {
    yield 1
    await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
    ended.push((signal.reason as RpcError).code)
  }

  function serve (node: FakeNode): FakeNode {
    node.rpc.handleStream('echo', 'bidi', echo)
    node.rpc.handleStream('wait', 'serverStream', wait)
    return node
  }

  beforeEach(async () => {
    ended = []
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = serve(await mesh.add('login-1', 'login'))
  })

  afterEach(async () => { await mesh.stop() })

  const stream = (node: FakeNode, peer: string): FakeStream => [...node.flows.all].reverse().find(each => each.peer === peer && each.open) as FakeStream

  it('each has a stream of its own, which ends in order with it', async () => {
    const calls = [1, 2, 3].map(n => gate.rpc.stream('login', 'echo', 'bidi', [n]))
    expect(await Promise.all(calls.map(async call => (await call.next()).value))).to.deep.equal([1, 2, 3])
    expect(gate.flows.all.size).to.equal(3)
    expect(gate.streams.all.size, 'on the shared stream').to.equal(0)
    for (const call of calls) expect((await call.next()).done).to.equal(true)
    await ready()
    for (const { open, reason } of [...gate.flows.all, ...login.flows.all]) expect([open, reason]).to.deep.equal([false, undefined])
  })

  it('the node dies in mid-stream: what had come is read, then UNAVAILABLE, and it is not tried elsewhere', async () => {
    const second = serve(await mesh.add('login-2', 'login'))
    const results = gate.rpc.stream('login', 'wait', 'serverStream', undefined, { node: 'login-1' })
    const first = await results.next()
    const next = watch(results.next())
    mesh.kill('login-1')
    await ready()
    expect(first.value).to.equal(1)
    expect(next.error).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false, node: 'login-1' })
    expect(next.error.message).to.contain('may have run')
    expect(second.rpc.stats().wait?.calls).to.equal(0)
    expect(ended).to.deep.equal(['CANCELLED'])
  })

  it('a node that ends the stream without a result ends the call with an error, not in order', async () => {
    const results = gate.rpc.stream('login', 'wait', 'serverStream')
    await results.next()
    const next = watch(results.next())
    await stream(login, 'gate-1').close()
    await ready()
    expect(next.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(next.error.message).to.contain('before its result')
  })

  it('a caller that is lost, or ends the stream without the end of its input, cancels the handler', async () => {
    for (const end of [(each: FakeStream) => { each.abort(new Error('gone')) }, (each: FakeStream) => { void each.close() }]) {
      const never = async function * (): AsyncGenerator<number> {
        yield 1
        await new Promise(() => {})
      }
      const results = gate.rpc.stream('login', 'echo', 'bidi', never())
      expect((await results.next()).value).to.equal(1)
      const lost = watch(results.next())
      end(stream(gate, 'login-1'))
      await ready()
      expect(lost.error).to.include({ code: 'UNAVAILABLE' })
      expect(ended.splice(0)).to.deep.equal(['CANCELLED', 'true'])
    }
  })

  it('a node that does not take the call is no loss: another one does, and the input was not touched', async () => {
    const busy = await mesh.add('login-0', 'other')
    // the view is behind: it serves something else by now
    gate.discovery.see({ ...busy.discovery.self, service: 'login' })
    let read = 0
    const input = function * (): Generator<number> { while (read < 3) yield read++ }
    const nodes: string[] = []
    for (let i = 0; i < 20; i++) {
      read = 0
      const values: unknown[] = []
      for await (const value of gate.rpc.stream('login', 'echo', 'bidi', input(), { onNode: id => { nodes.push(id) } })) values.push(value)
      expect(values).to.deep.equal([0, 1, 2])
    }
    expect(nodes).to.include('login-0')
    expect(nodes.filter(id => id === 'login-1')).to.have.length(20)
  })

  it('a node that refuses the stream is passed over; with no other the call ends with the default deadline', async () => {
    mesh.gate = async id => { if (id === 'login-1') throw new RpcError('UNAVAILABLE', 'refused') }
    const next = watch(gate.rpc.stream('login', 'echo', 'bidi', []).next())
    await mesh.clock.pass(4_000)
    expect(next.done).to.equal(false)
    await mesh.clock.pass(1_200)
    expect(next.error).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE', retryable: true })
    mesh.gate = async () => {}
    const again = gate.rpc.stream('login', 'echo', 'bidi', [5])
    expect((await again.next()).value).to.equal(5)
    await again.return()
  })

  it('a request that never left its stream goes to another node', async () => {
    serve(await mesh.add('login-2', 'login'))
    let blocked: FakeStream | undefined
    mesh.gate = async () => {
      if (blocked === undefined) {
        setTimeout(() => {}, 0)
        queueMicrotask(() => queueMicrotask(() => {
          blocked = [...gate.flows.all].at(-1)
          if (blocked !== undefined) blocked.blocked = true
        }))
      }
    }
    const next = watch(gate.rpc.stream('login', 'wait', 'serverStream').next())
    await ready()
    if (blocked === undefined) throw new Error('no stream was opened')
    expect(next.done).to.equal(false)
    blocked.end(new Error('the connection is lost'))
    await ready()
    expect(next.value).to.deep.equal({ done: false, value: 1 })
  })

  it('a call that is cancelled while its stream opens opens none', async () => {
    const gateOpen = Promise.withResolvers<void>()
    mesh.gate = async () => gateOpen.promise
    const controller = new AbortController()
    const next = watch(gate.rpc.stream('login', 'wait', 'serverStream', undefined, { signal: controller.signal }).next())
    await ready()
    controller.abort()
    await ready()
    expect(next.error).to.include({ code: 'CANCELLED' })
    gateOpen.resolve()
    await ready()
    expect([...gate.flows.all].filter(({ open }) => open)).to.deep.equal([])
    expect(login.rpc.stats().wait?.calls).to.equal(0)
  })

  it('a node takes no more of a peer than its share, nor of all, and says so; one that ends makes room', async () => {
    const few = serve(await mesh.add('few-1', 'few', { maxStreamsPerPeer: 2, maxStreams: 3 }))
    const other = await mesh.add('gate-2', undefined)
    const open = async (from: FakeNode): Promise<{ results: AsyncIterator<unknown>, first: { value?: any, error?: any } }> => {
      const results = from.rpc.stream('few', 'wait', 'serverStream', undefined, { timeout: 100 })
      const first = watch(results.next())
      await ready()
      return { results, first }
    }
    const [a, b] = [await open(gate), await open(gate)]
    const third = await open(gate)
    expect([a.first.value?.value, b.first.value?.value, third.first.value]).to.deep.equal([1, 1, undefined])
    const own = await open(other)
    const full = await open(other)
    await mesh.clock.pass(700)
    for (const { first } of [third, full]) {
      expect(first.error).to.be.an('error')
      expect(String(first.error.message)).to.match(/too many streaming calls/)
    }
    expect(own.first.value?.value).to.equal(1)
    await a.results.return?.()
    await ready()
    const again = await open(gate)
    expect(again.first.value?.value).to.equal(1)
    expect(few.rpc.stats().wait?.calls).to.equal(4)
  })

  it('a caller keeps to the limits itself', async () => {
    const few = await mesh.add('gate-2', undefined, { maxStreamsPerPeer: 1 })
    const one = few.rpc.stream('login', 'wait', 'serverStream')
    await one.next()
    const error = await rejection(few.rpc.stream('login', 'wait', 'serverStream').next())
    expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    expect(error.message).to.contain('nothing was sent')
    await one.return()
  })

  describe('a hostile peer', () => {
    /** A stream to a node, whose other end writes and reads what the test says. */
    async function raw (from: FakeNode, to: FakeNode): Promise<FakeStream> {
      return from.flows.openOwn({ toString: () => to.id } as never) as Promise<FakeStream>
    }

    it('that breaks the protocol is cut, and its handler ends', async () => {
      const item = (size: number): Uint8Array => frame(sizeItem(3, new Uint8Array(size)))
      const flood = Array.from({ length: STREAM_WINDOW / 1024 + 2 }, () => item(1024 - ITEM_COST))
      const empty = Array.from({ length: STREAM_WINDOW / ITEM_COST + 2 }, () => item(0))
      login.rpc.handleStream('deaf', 'bidi', async function * (_: unknown, { signal }: HandlerContext) {
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
        ended.push('deaf')
      })
      login.rpc.handleStream('deafSum', 'clientStream', wait)
      const begin = frame(sizeRequest(request({ method: 'deaf' })))
      const cases: Array<[string, Uint8Array[]]> = [
        ['two requests', [begin, begin]],
        ['a unary request', [frame(sizeRequest(request({ streaming: 0 })))]],
        ['an answer', [begin, frame(sizeResponse(response()))]],
        ['a cancel', [frame(sizeCancel(1))]],
        ['a goodbye', [frame(sizeGoAway('bye'))]],
        ['input for a method without', [frame(sizeRequest(request({ method: 'wait', streaming: 1 }))), item(1)]],
        ['input before its request', [item(1)]],
        ['more than was granted', [begin, ...flood]],
        ['more empty items than were granted', [begin, ...empty]],
        ['garbage', [Uint8Array.of(1, 2, 3)]]
      ]
      for (const [name, frames] of cases) {
        const near = await raw(gate, login)
        for (const each of frames) near.send(each)
        await ready()
        expect(near.open, name).to.equal(false)
        expect([...login.flows.all].at(-1)?.reason?.name, name).to.equal('ProtocolError')
      }
      expect(login.rpc.stats().deaf?.running).to.equal(0)
      expect(login.rpc.stats().wait?.running).to.equal(0)
    })

    it('that opens streams and asks nothing takes nobody\'s place, and is cut', async () => {
      const few = serve(await mesh.add('few-1', 'few', { maxStreams: 2 }))
      const idle = await Promise.all([1, 2, 3, 4].map(async () => raw(login, few)))
      for (const each of idle) each.send(new Uint8Array(0))
      const results = gate.rpc.stream('few', 'wait', 'serverStream', undefined, { timeout: 60_000 })
      expect((await results.next()).value).to.equal(1)
      await mesh.clock.pass(2_500)
      expect(idle.map(({ open }) => open)).to.deep.equal([false, false, false, false])
      await results.return()
    })

    it('that nobody has introduced has a small share', async () => {
      const stranger = await mesh.add('stranger-1', undefined, { introduce: false })
      stranger.discovery.see(login.discovery.self)
      const calls = []
      for (let n = 0; n < 12; n++) {
        calls.push(watch(stranger.rpc.stream('login', 'wait', 'serverStream', undefined, { timeout: 3_000 }).next()))
        await mesh.clock.pass(210)
      }
      expect(calls.filter(({ value }) => value !== undefined)).to.have.length(8)
    })

    it('an item is weighed by the memory that it keeps', async () => {
      const kept: Uint8Array[] = []
      login.rpc.handleStream('keep', 'clientStream', async (input: AsyncIterable<Uint8Array>) => {
        for await (const item of input) kept.push(item)
        return kept.length
      })
      expect(await gate.rpc.stream('login', 'keep', 'clientStream', Array.from({ length: 5 }, () => new Uint8Array(1)))).to.equal(5)
      for (const { buffer } of kept) expect(buffer.byteLength).to.be.at.most(8 * 1024)
    })

    it('an item among unknown fields keeps no more memory than itself, and is nobody else\'s, whether its reader waits or not', async () => {
      const padded = (body: number): Uint8Array => {
        const item = frame(sizeItem(3, new Uint8Array(2_000).fill(body)))
        // field 15 of 60 000 bytes, before and behind what is known
        const unknown = [0x7a, 0xe0, 0xd4, 0x03, ...new Uint8Array(60_000)]
        const fields = [...unknown, ...item.subarray(3), ...unknown]
        return Uint8Array.from([0x2a, (fields.length & 0x7f) | 0x80, ((fields.length >> 7) & 0x7f) | 0x80, fields.length >> 14, ...fields])
      }
      for (const readerWaits of [true, false]) {
        const results = gate.rpc.stream('login', 'wait', 'serverStream', undefined, { timeout: 10_000 })
        expect((await results.next()).value).to.equal(1)
        const far = [...login.flows.all].at(-1)
        if (far === undefined) throw new Error('no stream')
        // as a frame that came in parts: its memory is used for nothing else
        Object.assign(far.other, { owned: true })
        const waiting = readerWaits ? [results.next(), results.next()] : []
        far.send(padded(1))
        far.send(padded(2))
        await ready()
        const items = await Promise.all(readerWaits ? waiting : [results.next(), results.next()])
        expect(items.map(({ value }) => [...new Set(value as Uint8Array)])).to.deep.equal([[1], [2]])
        for (const { value } of items) expect((value as Uint8Array).buffer.byteLength).to.be.at.most(8 * 1024)
        await results.return()
        await ready()
      }
    })

    it('that answers what it was not asked is cut, and the call fails', async () => {
      const cases: Array<[string, Uint8Array[], string]> = [
        ['results before it took the call', [frame(sizeItem(3, Uint8Array.of(1)))], 'UNAVAILABLE'],
        ['the end of an input', [frame(sizeCredit(0)), frame(sizeEnd())], 'UNAVAILABLE'],
        ['a request', [frame(sizeRequest(request()))], 'UNAVAILABLE'],
        ['a retryable error after it took the call', [frame(sizeCredit(0)), frame(sizeResponse(response({ status: 14, retryable: true })))], 'UNAVAILABLE'],
        ['an answer that cannot be read', [frame(sizeCredit(0)), frame(sizeResponse(response({ codec: 1, body: Uint8Array.of(0xff) })))], 'INTERNAL'],
        ['an item that cannot be read', [frame(sizeCredit(0)), frame(sizeItem(1, Uint8Array.of(0xff)))], 'INTERNAL']
      ]
      /** The stream of the call that has just begun, before its request arrives. */
      const opened = async (): Promise<FakeStream> => {
        for (let i = 0; i < 50; i++) {
          const far = [...login.flows.all].find(({ open }) => open)
          if (far !== undefined) return far
          await Promise.resolve()
        }
        throw new Error('no stream was opened')
      }
      for (const [name, frames, code] of cases) {
        const next = watch(gate.rpc.stream('login', 'wait', 'bidi', [], { timeout: 10_000 }).next())
        const far = await opened()
        // it does nothing with the request
        Object.assign(far, { init: { ...far.init, onFrame: () => {} } })
        await ready()
        for (const each of frames) far.send(each)
        await ready()
        expect(next.error?.code, name).to.equal(code)
        expect(next.error?.retryable, name).to.equal(false)
      }
    })

    it('10^5 hostile frames to both ends leave nothing behind', async function () {
      this.timeout(60_000)
      Error.stackTraceLimit = 0
      const valid = [
        frame(sizeRequest(request({ body: Uint8Array.of(1), codec: 3 }))), frame(sizeRequest(request({ method: 'wait', streaming: 1 }))),
        frame(sizeItem(3, Uint8Array.of(1, 2))), frame(sizeItem(1, Uint8Array.of(0xf6))), frame(sizeCredit(1_000)), frame(sizeEnd()),
        frame(sizeResponse(response())), frame(sizeResponse(response({ status: 14, message: 'no' })))
      ]
      try {
        let near: FakeStream | undefined
        let far: FakeStream | undefined
        let results: AsyncIterableIterator<unknown> | undefined
        for (let seed = 0; seed < 100_000; seed++) {
          if (near?.open !== true) near = await raw(gate, login)
          if (seed % 2 === 0 && far?.open !== true) {
            await results?.return?.()
            results = gate.rpc.stream('login', 'wait', 'serverStream', undefined, { node: 'login-1' })
            void results.next().catch(() => {})
            await Promise.resolve()
            await Promise.resolve()
            await Promise.resolve()
            far = [...login.flows.all].at(-1)
          }
          if (near.open) near.send(hostileBytes(seed, valid))
          if (far?.open === true && seed % 2 === 0) far.send(hostileBytes(-seed, valid))
          if (seed % 4 === 0) await new Promise<void>(turn)
          if (seed % 4_096 === 0) {
            for (const { flows } of [gate, login]) for (const each of flows.all) if (!each.open) flows.all.delete(each)
          }
        }
        await results?.return?.()
        for (const { flows } of [gate, login]) for (const each of flows.all) each.abort(new Error('done'))
        await ready()
      } finally {
        Error.stackTraceLimit = 10
      }
      expect(login.rpc.stats().echo?.running).to.equal(0)
      expect(login.rpc.stats().wait?.running).to.equal(0)
      const values: unknown[] = []
      for await (const value of gate.rpc.stream('login', 'echo', 'bidi', [1, 2])) values.push(value)
      expect(values).to.deep.equal([1, 2])
    })
  })
})
