import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { auth, breaker, credentials, metrics, retry, timeout, tracing } from '../../src/rpc/index.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { ClientInterceptor, Interceptors, ServerInterceptor, Span } from '../../src/rpc/index.ts'

const quick = { backoff: { initial: 1, max: 2 } }

describe('rpc: interceptors that ship, beside those that do not', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let log: string[]

  async function start (gateHas: Interceptors, loginHas: Interceptors = {}): Promise<void> {
    gate = await mesh.add('gate-1', undefined, { interceptors: gateHas })
    login = await mesh.add('login-1', 'login', { interceptors: loginHas })
    login.rpc.handle('echo', args => args)
    login.rpc.handle('flaky', args => { if (log.push('ran') < Number(args)) throw new RpcError('UNAVAILABLE', 'busy'); return 'done' })
  }

  beforeEach(() => {
    mesh = new FakeMesh()
    log = []
  })

  afterEach(async () => { await mesh.stop() })

  const counting = (calls: { count: number }): ClientInterceptor & ServerInterceptor => next => async (call: any) => {
    calls.count++
    return next(call)
  }

  it('what is outside of retry sees one call, what is inside of it each attempt', async () => {
    const [outer, inner] = [metrics(), metrics()]
    const [outside, inside] = [{ count: 0 }, { count: 0 }]
    const spans: Span[] = []
    const trace = tracing({ onSpan: span => spans.push(span) })
    await start({ client: [outer.client, counting(outside), retry(quick), inner.client, trace.client, counting(inside), credentials(async () => 'me')] })
    expect(await gate.rpc.invoke('login', 'flaky', 3, { idempotent: true })).to.equal('done')
    expect([outside.count, inside.count, log.length]).to.deep.equal([1, 3, 3])
    expect(outer.snapshot().client['login/flaky']).to.deep.include({ calls: 1, running: 0, errors: {} })
    expect(inner.snapshot().client['login/flaky']).to.deep.include({ calls: 3, running: 0, errors: { UNAVAILABLE: 2 } })
    expect(spans.map(({ error, parentId }) => [error !== undefined, parentId])).to.deep.equal([[true, undefined], [true, undefined], [false, undefined]])
  })

  it('credentials that cannot be had fail the call, and nothing is sent', async () => {
    const measure = metrics()
    const error = new RpcError('UNAUTHENTICATED', 'log in first')
    const gives: Array<() => any> = [() => { throw error }, async () => { throw error }, () => 7, async () => undefined]
    await start({ client: [measure.client, next => call => credentials(gives.shift() ?? '')(next)(call)] })
    expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.equal(error)
    expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.equal(error)
    for (let i = 0; i < 2; i++) expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.include({ name: 'InvalidOptionsError' })
    expect(login.rpc.stats()['echo']?.calls).to.equal(0)
    expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    expect(measure.snapshot().client['login/echo']).to.include({ calls: 5, running: 0 })
  })

  it('credentials that never come end with the deadline', async () => {
    await start({ client: [timeout(200), credentials(async () => new Promise(() => {}))] })
    const call = watch(gate.rpc.invoke('login', 'echo'))
    await mesh.clock.pass(150)
    expect(call.done).to.equal(false)
    await mesh.clock.pass(100)
    expect(call.error).to.include({ code: 'DEADLINE_EXCEEDED' })
  })

  it('a rule of the application that throws fails its call, and harms no other', async () => {
    const measure = metrics()
    const guard = breaker({ isFailure: () => { throw new Error('bad rule') } })
    await start({ client: [measure.client, guard] }, { server: [auth((_, { method }) => { if (method === 'flaky') throw new RpcError('NOT_FOUND', 'whom?'); return true })] })
    const others = Promise.all([1, 2, 3].map(async n => gate.rpc.invoke('login', 'echo', n)))
    expect(await rejection(gate.rpc.invoke('login', 'flaky'))).to.have.property('message', 'bad rule')
    expect(await others).to.deep.equal([1, 2, 3])
    expect(gate.to('login-1').open).to.equal(true)
    expect(measure.snapshot().client['login/flaky']).to.deep.include({ running: 0, errors: { UNKNOWN: 1 } })
    expect(login.rpc.stats()['flaky']).to.include({ calls: 1, errors: 1, running: 0 })
  })

  it('measure handlers that throw, reject, or answer later, and those that were refused', async () => {
    const measure = metrics()
    await start({}, { server: [measure.server, auth(async given => given !== 'no')] })
    login.rpc.handle('throw', () => { throw new RpcError('ABORTED', 'x') })
    login.rpc.handle('reject', async () => { throw new RpcError('DATA_LOSS', 'x') })
    login.rpc.handle('later', async () => new Promise<void>(resolve => { mesh.timers.after(100, resolve) }))
    for (const method of ['throw', 'reject']) await rejection(gate.rpc.invoke('login', method))
    await rejection(gate.rpc.invoke('login', 'echo', 1, { headers: { authorization: 'no' } }))
    const call = watch(gate.rpc.invoke('login', 'later'))
    await ready()
    expect(measure.snapshot().server['later']).to.include({ calls: 0, running: 1 })
    await mesh.clock.pass(120)
    expect(call.done).to.equal(true)
    const { server } = measure.snapshot()
    expect(server['throw']?.errors).to.deep.equal({ ABORTED: 1 })
    expect(server['reject']?.errors).to.deep.equal({ DATA_LOSS: 1 })
    expect(server['echo']?.errors).to.deep.equal({ PERMISSION_DENIED: 1 })
    expect(server['later']).to.include({ calls: 1, running: 0 })
    expect(server['later']?.p50).to.be.within(90, 130)
  })

  it('more of them than have a place of their own each hear of every call, once, and of the outcome that those inside of them made', async () => {
    const all = Array.from({ length: 12 }, () => metrics())
    const quiet: ClientInterceptor = next => async call => next(call).catch(() => 'well')
    await start({ client: [...all.slice(0, 10).map(each => each.client), quiet, ...all.slice(10).map(each => each.client)] })
    await gate.rpc.invoke('login', 'echo', 1)
    await gate.rpc.invoke('login', 'nothing')
    for (const [i, each] of all.entries()) {
      const { client } = each.snapshot()
      expect(client['login/echo'], String(i)).to.deep.include({ calls: 1, running: 0, errors: {} })
      expect(client['login/nothing'], String(i)).to.deep.include({ calls: 1, running: 0, errors: i < 10 ? {} : { UNIMPLEMENTED: 1 } })
    }
  })

  it('a call that names a timeout which is no number is refused', async () => {
    await start({ client: [retry(quick)] })
    expect(await rejection(gate.rpc.invoke('login', 'echo', 1, { timeout: 'soon' as never }))).to.include({ name: 'InvalidOptionsError' })
  })
})
