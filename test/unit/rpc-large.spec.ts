import { expect } from 'chai'
import { equals } from 'uint8arrays/equals'
import { LargeAnswers } from '../../src/rpc/large-answers.ts'
import { resolveRpcOptions } from '../../src/rpc/options.ts'
import { LARGE_BODY, MAX_LARGE_WAITING } from '../../src/wire/limits.ts'
import { fillFrame, sizeResponse } from '../../src/wire/rpc-frames.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'

const MiB = 1024 * 1024
const large = (seed: number, size = 200_000): Uint8Array => new Uint8Array(size).fill(seed)

/** What chai does byte by byte takes seconds for these. */
function expectBytes (got: unknown, bytes: Uint8Array): void {
  expect(got).to.be.an.instanceOf(Uint8Array)
  expect(equals(got as Uint8Array, bytes)).to.equal(true)
}

describe('rpc: large bodies', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
    login.rpc.handle('echo', args => args)
    login.rpc.handle('make', ({ seed, size }: { seed: number, size?: number }) => large(seed, size))
    login.rpc.handle('length', (bytes: Uint8Array) => bytes.length)
  })

  afterEach(async () => { await mesh.stop() })

  const bulk = (node: FakeNode): FakeStream[] => [...node.protocols.get('bulk')?.all ?? []]

  it('have a stream of their own, either way; small ones do not use it', async () => {
    expect(await gate.rpc.invoke('login', 'echo', large(1, LARGE_BODY))).to.deep.equal(large(1, LARGE_BODY))
    expect(bulk(gate)).to.have.length(0)
    expect(await gate.rpc.invoke('login', 'length', large(1))).to.equal(200_000)
    expect(bulk(gate).map(({ direction }) => direction)).to.deep.equal(['outbound'])
    expect(await gate.rpc.invoke('login', 'make', { seed: 2 })).to.deep.equal(large(2))
    expect(bulk(gate).map(({ direction }) => direction)).to.deep.equal(['outbound', 'inbound'])
    expect(await gate.rpc.invoke('login', 'echo', large(3))).to.deep.equal(large(3))
    const many = Array.from({ length: 40 }, (_, seed) => seed)
    expect(await Promise.all(many.map(async seed => gate.rpc.invoke('login', 'make', { seed })))).to.deep.equal(many.map(seed => large(seed)))
    expect(bulk(gate)).to.have.length(2)
  })

  it('that wait hold up no small one', async () => {
    await gate.rpc.invoke('login', 'make', { seed: 1 })
    await gate.rpc.invoke('login', 'length', large(1))
    for (const stream of [...bulk(gate), ...bulk(login)]) stream.blocked = true
    const waiting = [watch(gate.rpc.invoke('login', 'make', { seed: 1 })), watch(gate.rpc.invoke('login', 'length', large(1)))]
    await ready()
    expect(await gate.rpc.invoke('login', 'echo', 'small')).to.equal('small')
    expect(waiting.map(({ done }) => done)).to.deep.equal([false, false])
    for (const stream of [...bulk(gate), ...bulk(login)]) {
      stream.blocked = false
      stream.flushSoon()
    }
    await ready()
    expect(waiting.map(({ done, error }) => [done, error])).to.deep.equal([[true, undefined], [true, undefined]])
  })

  it('a result whose stream cannot be opened comes with the small ones', async () => {
    mesh.gate = async id => { if (id === 'gate-1') throw new Error('no way back') }
    expect(await gate.rpc.invoke('login', 'make', { seed: 4 })).to.deep.equal(large(4))
  })

  it('more results than one peer may leave waiting are a typed error', async () => {
    const open = Promise.withResolvers<void>()
    mesh.gate = async id => { if (id === 'gate-1') await open.promise }
    const run = Promise.withResolvers<void>()
    login.rpc.handle('together', async () => { await run.promise; return large(1, MiB) })
    const calls = Array.from({ length: MAX_LARGE_WAITING / MiB + 3 }, () => watch(gate.rpc.invoke('login', 'together', undefined, { timeout: 60_000 })))
    await ready()
    run.resolve()
    await ready()
    const refused = calls.filter(({ error }) => error !== undefined)
    expect(refused).to.have.length(3)
    expect(refused[0]?.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: false })
    // half of that, and nothing more is begun
    const busy = watch(gate.rpc.invoke('login', 'echo', 1, { timeout: 100 }))
    await mesh.clock.pass(200)
    expect(busy.error).to.be.an('error')
    mesh.gate = async () => {}
    open.resolve()
    await ready()
  })

  it('of requests wait for room, up to as many bytes; none is lost, and one that is cancelled never leaves', async () => {
    await gate.rpc.invoke('login', 'length', large(1))
    const [stream] = bulk(gate) as [FakeStream]
    stream.blocked = true
    const calls = Array.from({ length: 30 }, () => watch(gate.rpc.invoke('login', 'length', large(1, MiB), { timeout: 60_000 })))
    const controller = new AbortController()
    const cancelled = watch(gate.rpc.invoke('login', 'length', large(2, MiB), { signal: controller.signal }))
    await ready()
    expect(stream.queued).to.be.below(3 * MiB)
    controller.abort()
    const many = Array.from({ length: MAX_LARGE_WAITING / MiB }, () => watch(gate.rpc.invoke('login', 'length', large(1, MiB), { timeout: 60_000 })))
    await ready()
    const refused = many.filter(({ error }) => error !== undefined)
    expect(refused).to.have.length.above(20)
    expect(refused[0]?.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    stream.blocked = false
    stream.flushSoon()
    for (let i = 0; i < 100; i++) await ready()
    expect(calls.map(({ value }) => value)).to.deep.equal(calls.map(() => MiB))
    expect(cancelled.error).to.include({ code: 'CANCELLED' })
    expect(login.rpc.stats().length?.calls).to.equal(1 + calls.length + many.length - refused.length)
    // those that wait when the stream ends did not run: they go by the next one
    const [next] = bulk(gate).slice(-1) as [FakeStream]
    next.blocked = true
    const waiting = Array.from({ length: 6 }, () => watch(gate.rpc.invoke('login', 'length', large(1, MiB), { timeout: 60_000 })))
    await ready()
    next.abort(new Error('lost'))
    await mesh.clock.pass(5_000)
    for (let i = 0; i < 20; i++) await ready()
    expect(waiting.map(({ value }) => value)).to.deep.equal(waiting.map(() => MiB))
  })

  it('a handler may use its buffer again at once, whenever the result leaves', async () => {
    const buffer = new Uint8Array(200_000)
    login.rpc.handle('reuse', (n: number) => buffer.fill(n))
    const numbers = Array.from({ length: 12 }, (_, n) => n)
    const answers = await Promise.all(numbers.map(async n => gate.rpc.invoke('login', 'reuse', n))) as Uint8Array[]
    expect(answers.map(bytes => bytes[100_000])).to.deep.equal(numbers)
  })

  it('large requests that had left are not sent again because answers wait beside them', async () => {
    const second = await mesh.add('login-2', 'login')
    const ran: string[] = []
    for (const node of [login, second]) {
      node.rpc.handle('hold', async () => { ran.push(node.id); return new Promise(() => {}) })
    }
    // it asks, and is asked
    const both = await mesh.add('both-1', 'both')
    both.rpc.handle('big', () => large(1, MiB))
    const call = watch(both.rpc.invoke('login', 'hold', large(1), { timeout: 60_000 }))
    await ready()
    const [node] = ran as [string]
    for (const stream of bulk(both)) stream.blocked = true
    const asked = watch(mesh.node(node).rpc.invoke('both', 'big', undefined, { timeout: 1_000 }))
    await ready()
    for (const stream of bulk(both)) stream.abort(new Error('lost'))
    await mesh.clock.pass(2_000)
    expect(ran).to.deep.equal([node])
    expect(call.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(asked.done).to.equal(true)
  })

  it('an answer that was lost with its stream is an error at once, not at the deadline', async () => {
    await gate.rpc.invoke('login', 'make', { seed: 1 })
    const [way] = bulk(login).filter(({ direction }) => direction === 'outbound') as [FakeStream]
    way.blocked = true
    const call = watch(gate.rpc.invoke('login', 'make', { seed: 2 }, { timeout: 60_000 }))
    await ready()
    way.abort(new Error('stuck'))
    await ready()
    expect(call.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(await gate.rpc.invoke('login', 'make', { seed: 3 })).to.deep.equal(large(3))
  })

  it('answers that wait for a caller who has left are dropped, and nothing is dialled for them', async () => {
    let opened = 0
    const large = new LargeAnswers({ openOwn: async () => { opened++; return new Promise(() => {}) } } as never, { peerId: (id: string) => id } as never)
    const [gone, other] = ['gate-1', 'gate-2'].map(peer => ({ stream: { peer, open: true } }) as never)
    for (let id = 1; id <= 40; id++) large.send(gone as never, id, 1, new Uint8Array(MiB))
    large.send(other as never, 1, 1, new Uint8Array(MiB))
    let idle = false
    void large.idle(new AbortController().signal).then(() => { idle = true })
    expect(large.congested('gate-1')).to.equal(true)
    large.forget(gone as never)
    await ready()
    expect([large.congested('gate-1'), idle, opened]).to.deep.equal([false, false, 2])
    large.forget(other as never)
    await ready()
    expect([idle, opened]).to.deep.equal([true, 2])
  })

  it('and a node that has them stops at once', async () => {
    const open = Promise.withResolvers<void>()
    mesh.gate = async id => { if (id === 'gate-1') await open.promise }
    const calls = Array.from({ length: 3 }, (_, seed) => watch(gate.rpc.invoke('login', 'make', { seed })))
    await ready()
    gate.to('login-1').abort(new Error('lost'))
    await ready()
    expect(calls.every(({ error }) => error?.code === 'UNAVAILABLE')).to.equal(true)
    const before = mesh.clock.now
    const stopped = watch(login.rpc.stop())
    await mesh.clock.pass(100)
    expect(stopped.done, `after ${mesh.clock.now - before} ms`).to.equal(true)
    open.resolve()
    await ready()
    expect(bulk(gate).filter(({ direction }) => direction === 'inbound').length).to.be.at.most(1)
  })

  it('an answer that nobody waits for, from whoever, is dropped', async () => {
    const stranger = await mesh.add('stranger-1', 'other')
    const pending = watch(gate.rpc.invoke('login', 'wait', undefined))
    login.rpc.handle('wait', async () => new Promise(() => {}))
    await ready()
    for (const from of [stranger, login]) {
      const near = await from.protocols.get('bulk')?.open({ toString: () => 'gate-1' } as never) as FakeStream
      for (let id = from === stranger ? 1 : 500; id < 520; id++) {
        near.write(sizeResponse({ id, status: 0, codec: 3, body: Uint8Array.of(1), message: '', retryable: false, headers: undefined }), fillFrame)
      }
      await ready()
      expect(near.open).to.equal(true)
      expect(pending.done).to.equal(false)
    }
    expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
  })

  it('ids are not used again on the next stream, so that a late large answer meets no other call', async () => {
    const first = watch(gate.rpc.invoke('login', 'echo', 1))
    await ready()
    expect(first.value).to.equal(1)
    gate.to('login-1').abort(new Error('lost'))
    await ready()
    login.rpc.handle('late', async () => new Promise(() => {}))
    const second = watch(gate.rpc.invoke('login', 'late'))
    await ready()
    const near = await login.protocols.get('bulk')?.open({ toString: () => 'gate-1' } as never) as FakeStream
    near.write(sizeResponse({ id: 1, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: undefined }), fillFrame)
    await ready()
    expect(second.done).to.equal(false)
  })

  it('their limit is an option: of arguments, results and items, to be raised on both sides', async () => {
    const one = await mesh.add('big-1', 'big', { maxBody: 4 * MiB })
    const other = await mesh.add('gate-2', undefined, { maxBody: 4 * MiB })
    one.rpc.handle('echo', args => args)
    one.rpc.handleStream('mirror', 'bidi', input => input)
    const bytes = large(5, 4 * MiB)
    expectBytes(await other.rpc.invoke('big', 'echo', bytes), bytes)
    expect(await other.rpc.invoke('big', 'echo', { list: Array.from({ length: 300 }, () => 'x'.repeat(10_000)) })).to.have.property('list').with.length(300)
    const results = other.rpc.stream('big', 'mirror', 'bidi', [bytes])
    expectBytes((await results.next()).value, bytes)
    for (const value of [large(5, 4 * MiB + 1), 'x'.repeat(4 * MiB)]) {
      expect(await rejection(other.rpc.invoke('big', 'echo', value))).to.include({ code: 'RESOURCE_EXHAUSTED' })
      expect(await rejection(other.rpc.stream('big', 'mirror', 'bidi', [value]).next())).to.include({ code: 'RESOURCE_EXHAUSTED' })
    }
    expect(await rejection(gate.rpc.invoke('big', 'echo', large(5, MiB + 1)))).to.include({ code: 'RESOURCE_EXHAUSTED' })
    // the default limit of the caller: it cuts the stream rather than take more
    one.rpc.handle('big', () => large(5, 2 * MiB))
    const cut = watch(gate.rpc.invoke('big', 'big', undefined, { timeout: 500 }))
    await mesh.clock.pass(1_000)
    expect(cut.error).to.be.an('error')
    for (const maxBody of [0, -1, NaN, 65 * MiB]) expect(() => resolveRpcOptions({ maxBody })).to.throw().with.property('name', 'InvalidOptionsError')
  })

  it('cancels, lost connections and stops count for them as for small ones', async () => {
    login.rpc.handle('hold', async (_: unknown, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) }))
    const controller = new AbortController()
    const call = watch(gate.rpc.invoke('login', 'hold', large(1), { signal: controller.signal }))
    await ready()
    expect(login.rpc.stats().hold?.running).to.equal(1)
    controller.abort()
    await ready()
    expect(call.error).to.include({ code: 'CANCELLED' })
    expect(login.rpc.stats().hold?.running).to.equal(0)
    const lost = watch(gate.rpc.invoke('login', 'hold', large(1)))
    await ready()
    mesh.kill('login-1')
    await ready()
    expect(lost.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(await rejection(gate.rpc.invoke('login', 'echo', new Uint8Array(MiB + 1)))).to.include({ code: 'RESOURCE_EXHAUSTED' })
  })
})
