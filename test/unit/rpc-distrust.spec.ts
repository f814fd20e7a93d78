import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { breaker, hedge, metrics, retry } from '../../src/rpc/index.ts'
import { Caller } from '../../src/rpc/callers.ts'
import { Replies } from '../../src/rpc/replies.ts'
import { MAX_REPLIES } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { Origin } from '../../src/rpc/inbound.ts'
import type { ClientInterceptor, Handler, Interceptors } from '../../src/rpc/index.ts'
import type { RequestFrame } from '../../src/wire/rpc-frames.ts'
import type { FakeNode } from './rpc-fakes.ts'

const quick = { backoff: { initial: 1, max: 2 } }

describe('rpc: what is not to be believed, and what must not grow', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let nodes: FakeNode[]

  async function start (gateHas: Interceptors, count: number, handler: (id: string) => Handler, loginHas: Interceptors = {}): Promise<void> {
    gate = await mesh.add('gate-1', undefined, { interceptors: gateHas })
    nodes = []
    for (let i = 1; i <= count; i++) {
      const node = await mesh.add(`login-${i}`, 'login', { interceptors: loginHas })
      node.rpc.handle('work', handler(node.id))
      nodes.push(node)
    }
  }

  beforeEach(() => { mesh = new FakeMesh() })
  afterEach(async () => { await mesh.stop() })

  it('a node that asks a stream without a deadline to wait for ever is not waited for', async () => {
    await start({ client: [retry(quick)] }, 1, () => () => 1)
    nodes[0]?.rpc.handleStream('events', 'serverStream', () => { throw new RpcError('UNAVAILABLE', 'busy', { retryAfter: 1e12 }) })
    const first = watch(gate.rpc.stream('login', 'events', 'serverStream', 1, { idempotent: true }).next())
    await mesh.clock.pass(100)
    await until(() => first.done)
    expect(first.error).to.include({ code: 'UNAVAILABLE', retryAfter: 1e12 })
  })

  it('a hedged call is known by the node that answered, not by the one that lost', async () => {
    const seen: Array<string | undefined> = []
    const noting: ClientInterceptor = next => async call => {
      const result = await next(call)
      seen.push(String(result), call.node)
      return result
    }
    let first = true
    await start({ client: [noting, hedge({ delay: 1 })] }, 2, id => () => {
      if (first) {
        first = false
        return new Promise(() => {})
      }
      return id
    })
    await gate.rpc.invoke('login', 'work', 1, { idempotent: true })
    expect(seen[1]).to.equal(seen[0])
  })

  it('a circuit that is open when its node goes is forgotten after its cooldown', async () => {
    const guard = breaker({ consecutive: 1, cooldown: 20, outliers: false })
    await start({ client: [guard] }, 3, id => () => { if (id === 'login-1') throw new RpcError('INTERNAL', 'broken'); return id })
    await rejection(gate.rpc.invoke('login', 'work', 1, { node: 'login-1' }))
    expect(guard.states()).to.deep.equal({ login: { 'login-1': 'open' } })
    mesh.kill('login-1')
    mesh.forget('login-1')
    await gate.rpc.invoke('login', 'work')
    expect(guard.states(), 'it may be back in a moment').to.deep.equal({ login: { 'login-1': 'open' } })
    await mesh.clock.pass(30)
    await gate.rpc.invoke('login', 'work')
    expect(guard.states()).to.deep.equal({})
  })

  it('a call that looks for a node all day does not list each time that it did not find one', async () => {
    let failed = 0
    const noting: ClientInterceptor = next => async call => next(call).finally(() => { failed = call.failed.length })
    await start({ client: [noting] }, 1, () => () => 1)
    mesh.gate = async () => { throw new Error('nothing listens') }
    const call = watch(gate.rpc.invoke('login', 'work', 1, { timeout: 300_000 }))
    await mesh.clock.pass(301_000)
    expect(call.error).to.include({ code: 'UNAVAILABLE' })
    expect(failed).to.be.within(5, 64)
  })

  it('errors are told apart by the codes that there are: those that handlers make up are one', async () => {
    const measure = metrics()
    await start({}, 1, () => args => { throw Object.assign(new Error('no'), { code: `MADE_UP_${String(args)}` }) }, { server: [measure.server] })
    for (let i = 0; i < 3; i++) await rejection(gate.rpc.invoke('login', 'work', i))
    expect(measure.snapshot().server['work']?.errors).to.deep.equal({ UNKNOWN: 3 })
  })

  it('a key whose call was cancelled while others waited for it is never run by a second node', async () => {
    const asked: string[] = []
    const release = Promise.withResolvers<void>()
    await start({}, 2, id => async () => {
      asked.push(id)
      if (asked.length > 1) return id
      await release.promise
      throw new Error('aborted')
    })
    const controller = new AbortController()
    const options = { token: 't', idempotencyKey: 'k' }
    const first = watch(gate.rpc.invoke('login', 'work', 1, { ...options, signal: controller.signal }))
    await until(() => asked.length === 1)
    controller.abort()
    await until(() => first.done)
    const second = watch(gate.rpc.invoke('login', 'work', 1, options))
    await ready()
    release.resolve()
    await until(async () => { await mesh.clock.pass(100); return second.done })
    expect(second.value).to.equal(asked[0])
    expect(new Set(asked).size).to.equal(1)
  })

  it('nor is one that too many wait for', async () => {
    const asked: string[] = []
    const release = Promise.withResolvers<void>()
    await start({ client: [retry({ attempts: 1 })] }, 2, id => async () => { asked.push(id); await release.promise; return id })
    const calls = Array.from({ length: 20 }, () => watch(gate.rpc.invoke('login', 'work', 1, { token: 't', idempotencyKey: 'k' })))
    await mesh.clock.pass(3_000)
    release.resolve()
    await until(() => calls.every(({ done }) => done))
    expect(calls.filter(({ error }) => error?.code === 'RESOURCE_EXHAUSTED')).to.have.lengthOf(4)
    expect(asked).to.have.lengthOf(1)
  })

  it('streams that a node answers but does not end are not counted as calls that run', async () => {
    gate = await mesh.add('gate-1', undefined, { maxStreams: 2 })
    for (const id of ['liar-1', 'login-1']) {
      const node = await mesh.add(id, id.slice(0, -2))
      node.rpc.handleStream('sum', 'clientStream', async input => {
        for await (const item of input) expect(item).to.equal(1)
        return id
      })
    }
    const sum = async (service: string): Promise<unknown> => gate.rpc.stream(service, 'sum', 'clientStream', [1])
    mesh.halfOpen.add('liar-1')
    for (let i = 0; i < 4; i++) expect(await sum('liar')).to.equal('liar-1')
    expect(await sum('login')).to.equal('login-1')
    const waiting = watch(gate.rpc.stream('login', 'sum', 'clientStream', (async function * () { await new Promise(() => {}); yield 1 })()))
    const other = watch(gate.rpc.stream('login', 'sum', 'clientStream', (async function * () { await new Promise(() => {}); yield 1 })()))
    await ready()
    expect(await rejection(sum('login'))).to.include({ code: 'RESOURCE_EXHAUSTED' })
    expect([waiting.done, other.done]).to.deep.equal([false, false])
  })

  it('replies are bounded over all callers, also while one of them has as many calls that run', () => {
    const replies = new Replies()
    const origin = (id: string): Origin => ({ caller: new Caller(id, true, 0), running: new Map(), local: false, congested: false, answer: () => {}, refuse: () => {} })
    const begin = (from: Origin, key: number): ReturnType<Replies['begin']> => replies.begin(from, { id: key, method: 'work', idempotencyKey: String(key) } as RequestFrame, 0)
    const [runs, one, two] = ['a', 'b', 'c'].map(origin) as [Origin, Origin, Origin]
    for (let key = 0; key < MAX_REPLIES; key++) {
      const keyed = begin(runs, key)
      if (keyed !== undefined) keyed.context = { ended: undefined } as never
    }
    for (const from of [one, two]) {
      for (let key = 0; key < MAX_REPLIES * 0.6; key++) begin(from, key)?.answer(0, 3, Uint8Array.of(1))
    }
    expect(begin(one, 0), 'the oldest is forgotten').not.to.equal(undefined)
    expect(begin(two, MAX_REPLIES / 2), 'a late one is not').to.equal(undefined)
    expect(begin(runs, 0), 'nor is one that runs').to.equal(undefined)
  })
})
