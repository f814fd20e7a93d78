import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { auth, breaker, credentials, defineService, hedge, metrics, retry, rpc, timeout, tracing, unary } from '../../src/rpc/index.ts'
import { parseTraceparent } from '../../src/wire/trace.ts'
import { FakeMesh, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { ClientInterceptor, Interceptors, ServerInterceptor, Span } from '../../src/rpc/index.ts'

async function all (results: AsyncIterable<unknown>): Promise<unknown[]> {
  const items = []
  for await (const item of results) items.push(item)
  return items
}

describe('rpc: interceptors', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let log: string[]

  async function start (gateHas: Interceptors = {}, loginHas: Interceptors = {}): Promise<void> {
    gate = await mesh.add('gate-1', undefined, { interceptors: gateHas })
    login = await mesh.add('login-1', 'login', { interceptors: loginHas })
    login.rpc.handle('echo', args => { log.push('handler'); return args })
    login.rpc.handle('fail', () => { throw new RpcError('ABORTED', 'no') })
    login.rpc.handleStream('count', 'serverStream', async function * (to: number) { for (let n = 1; n <= to; n++) yield n })
    login.rpc.handleStream('sum', 'clientStream', async input => (await all(input) as number[]).reduce((a, b) => a + b, 0))
    login.rpc.handleStream('double', 'bidi', async function * (input) { for await (const n of input) yield n * 2 })
  }

  beforeEach(() => {
    mesh = new FakeMesh()
    log = []
  })

  afterEach(async () => { await mesh.stop() })

  const noting = (name: string): ClientInterceptor & ServerInterceptor => next => async (call: any) => {
    log.push(`${name} ${call.kind} ${call.method}`)
    try {
      return await next(call)
    } finally {
      log.push(`${name} done`)
    }
  }

  it('wrap each other like the skins of an onion, on both sides, the caller\'s outermost', async () => {
    await start({ client: [noting('a'), noting('b')] }, { server: [noting('c')] })
    login.rpc.handle('own', () => { log.push('handler') }, { interceptors: [noting('d')] })
    await gate.rpc.invoke('login', 'own')
    expect(log).to.deep.equal(['a unary own', 'b unary own', 'c unary own', 'd unary own', 'handler', 'd done', 'c done', 'b done', 'a done'])
  })

  it('see and change arguments, results, headers and metadata, of streams too', async () => {
    const twice: ClientInterceptor = next => async call => {
      if (call.kind === 'unary') {
        call.args = Number(call.args) + 1
        call.options.headers = { ...call.options.headers, from: 'client' }
        return Number(await next(call)) * 10
      }
      const result = await next(call)
      return call.kind === 'clientStream' ? Number(result) * 10 : (async function * () { for await (const item of result as AsyncIterable<number>) yield item * 10 })()
    }
    const add: ServerInterceptor = next => async call => {
      if (call.kind === 'unary') {
        log.push(call.context.headers['from'] ?? '')
        call.metadata = { ...call.metadata, seen: 'yes' }
        call.args = Number(call.args) + 100
        return next(call)
      }
      const result = await next(call)
      return call.kind === 'clientStream' ? Number(result) + 1 : (async function * () { for await (const item of result as AsyncIterable<number>) yield item + 1 })()
    }
    await start({ client: [twice] }, { server: [add] })
    login.rpc.handle('meta', async (_, ctx) => Number(await ctx.invoke('login', 'meta2')))
    login.rpc.handle('meta2', (_, ctx) => { log.push(ctx.metadata['seen'] ?? ''); return 1 })
    expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1_020)
    expect(log).to.deep.equal(['client', 'handler'])
    await gate.rpc.invoke('login', 'meta')
    expect(log).to.include('yes')
    expect(await all(gate.rpc.stream('login', 'count', 'serverStream', 3))).to.deep.equal([20, 30, 40])
    expect(await gate.rpc.stream('login', 'sum', 'clientStream', [1, 2])).to.equal(40)
    expect(await all(gate.rpc.stream('login', 'double', 'bidi', [1, 2]))).to.deep.equal([30, 50])
  })

  it('may answer or refuse instead of the handler, also by a throw; calls of braid. methods pass them by', async () => {
    const refuse: ClientInterceptor = () => () => { throw new RpcError('FAILED_PRECONDITION', 'not today') }
    const cached: ServerInterceptor = () => async () => 'from the cache'
    await start({ client: [] }, { server: [cached] })
    expect(await gate.rpc.invoke('login', 'echo')).to.equal('from the cache')
    expect(log).to.deep.equal([])
    const other = await mesh.add('gate-2', undefined, { interceptors: { client: [refuse] } })
    expect(await rejection(other.rpc.invoke('login', 'echo'))).to.include({ code: 'FAILED_PRECONDITION' })
    expect(await rejection(all(other.rpc.stream('login', 'count', 'serverStream', 1)))).to.include({ code: 'FAILED_PRECONDITION' })
    expect(await rejection(other.rpc.stream('login', 'sum', 'clientStream', []))).to.include({ code: 'FAILED_PRECONDITION' })
    expect(await other.rpc.invoke('login', 'braid.ping')).to.equal('pong')
  })

  it('a stream that is left is cancelled through them, at its handler', async () => {
    await start({ client: [noting('a')] }, { server: [noting('b')] })
    const ended = Promise.withResolvers<void>()
    login.rpc.handleStream('endless', 'serverStream', async function * (_, ctx) {
      ctx.signal.addEventListener('abort', () => { ended.resolve() })
      for (let n = 0; ; n++) yield n
    })
    for await (const n of gate.rpc.stream('login', 'endless', 'serverStream')) {
      if (n === 3) break
    }
    await ended.promise
  })

  it('an interceptor may hand on a copy of the call, on either side, beside those that ship and alone', async () => {
    const more: ClientInterceptor = next => async call => next({ ...call, args: `${String(call.args)}+`, options: { ...call.options, headers: { ...call.options.headers, lang: 'de' } } })
    const plain: ClientInterceptor = next => async call => next({ ...call })
    const serverMore: ServerInterceptor = next => async call => next({ ...call, args: `${String(call.args)}-`, metadata: { tenant: 'a' } })
    const measure = metrics()
    const lists: Array<[ClientInterceptor[], ServerInterceptor[]]> = [
      [[more], [serverMore]],
      [[plain, more, measure.client, credentials('me'), plain], [serverMore, measure.server, auth(given => given === 'me'), next => async call => next({ ...call })]],
      [[measure.client, credentials('me'), more], [measure.server, serverMore]]
    ]
    for (const [i, [client, server]] of lists.entries()) {
      const friend = await mesh.add(`friend-${i}`, undefined, { interceptors: { client } })
      const node = await mesh.add(`copy-${i}`, `copy-${i}`, { interceptors: { server } })
      node.rpc.handle('echo', (args, ctx) => [args, ctx.method, ctx.headers['lang'], ctx.metadata['tenant']])
      node.rpc.handleStream('list', 'serverStream', async function * (args, ctx) { yield [args, ctx.method, ctx.headers['lang'], ctx.metadata['tenant']] })
      expect(await friend.rpc.invoke(`copy-${i}`, 'echo', 'x')).to.deep.equal(['x+-', 'echo', 'de', 'a'])
      expect(await all(friend.rpc.stream(`copy-${i}`, 'list', 'serverStream', 'x'))).to.deep.equal([['x+-', 'list', 'de', 'a']])
    }
  })

  it('what is no call, or another one, fails with a name', async () => {
    const wrong: Array<(call: any) => any> = [() => undefined, () => ({}), call => ({ ...call, method: 'other' }), call => ({ ...call, kind: 'bidi' })]
    for (const [i, make] of wrong.entries()) {
      const friend = await mesh.add(`friend-${i}`, undefined, { interceptors: { client: [next => async call => next(make(call))] } })
      const node = await mesh.add(`wrong-${i}`, `wrong-${i}`, { interceptors: { server: [next => async call => next(make(call))] } })
      node.rpc.handle('echo', args => args)
      expect(await rejection(friend.rpc.invoke(`wrong-${i}`, 'echo'))).to.include({ name: 'InvalidOptionsError' })
      expect((await rejection(node.rpc.invoke(`wrong-${i}`, 'echo'))).message).to.include('an interceptor must hand on')
    }
  })

  it('in a form that would not be run they are refused, wherever they are given', async () => {
    const pass = auth(() => true)
    for (const wrong of [[pass], pass, 'auth', { server: pass }, { server: [pass, 7] }, { client: [undefined] }, { client: 'x' }, { servers: [pass] }, { server: [pass], clients: [] }, new (class { servers = [pass] })()]) {
      expect(() => rpc({ interceptors: wrong as any }), String(wrong)).to.throw().with.property('name', 'InvalidOptionsError')
    }
    class Logged {
      readonly server = [pass]
      readonly log: unknown[] = []
      get client (): ClientInterceptor[] { return [] }
    }
    await start(new Logged())
    for (const interceptors of [pass, [7], 'x'] as any[]) {
      expect(() => login.rpc.handle('echo', args => args, { interceptors }), String(interceptors)).to.throw().with.property('name', 'InvalidOptionsError')
      expect(() => gate.rpc.client(defineService('login', { echo: unary() }), { interceptors })).to.throw().with.property('name', 'InvalidOptionsError')
    }
  })

  it('are not made of what cannot work', () => {
    const makers: Array<[() => unknown, string]> = [
      [() => timeout('5s' as any), 'timeout'], [() => timeout(NaN), 'timeout'], [() => timeout(-1), 'timeout'], [() => timeout(undefined as any), 'timeout'],
      [() => retry({ attempts: NaN }), 'attempts'], [() => retry({ attempts: 50 }), 'attempts'], [() => retry({ attempts: 0 }), 'attempts'],
      [() => retry({ backoff: { initial: '10' as any } }), 'initial'], [() => retry({ budget: { max: -1 } }), 'tokens'], [() => retry({ perTry: NaN }), 'perTry'],
      [() => breaker({ threshold: 50 }), 'threshold'], [() => breaker({ window: 0 }), 'window'], [() => breaker({ consecutive: '3' as any }), 'consecutive'],
      [() => breaker({ treshold: 0.5 } as any), 'did you mean threshold?'], [() => breaker({ outliers: { maxShare: 10 } }), 'maxShare'],
      [() => (hedge as any)(), 'delay'], [() => hedge({} as any), 'delay'], [() => hedge({ delay: NaN }), 'delay'], [() => hedge({ delay: 5, max: 0 }), 'max'], [() => hedge({ delay: 5, max: 1_001 }), 'max'],
      [() => auth(undefined as any), 'auth'], [() => credentials(undefined as any), 'credentials']
    ]
    for (const [make, what] of makers) expect(make, String(make)).to.throw(what).with.property('name', 'InvalidOptionsError')
    for (const make of [() => timeout(Infinity), () => retry({ attempts: 10, backoff: { initial: 10 }, budget: { ratio: 0 } }), () => breaker({ consecutive: Infinity }), () => hedge({ delay: 0 }), () => hedge({ delay: 5, max: Infinity })]) make()
  })

  it('retry: what a backoff leaves out is the default', async () => {
    await start({ client: [retry({ backoff: { initial: 60 } })] })
    const at: number[] = []
    login.rpc.handle('busy', () => { at.push(performance.now()); throw new RpcError('RESOURCE_EXHAUSTED', 'busy') })
    expect(await rejection(gate.rpc.invoke('login', 'busy', 1, { idempotent: true }))).to.include({ code: 'RESOURCE_EXHAUSTED' })
    expect(at.length).to.equal(3)
    // half of 60, and half of 120, less what a timer may be early
    expect((at[2] ?? 0) - (at[0] ?? 0)).to.be.above(80)
  })

  it('timeout: a number ends no stream, a function may', async () => {
    for (const [limit, ends] of [[50, false], [() => 50, true]] as const) {
      const friend = await mesh.add(`gate-${String(ends)}`, undefined, { interceptors: { client: [timeout(limit)] } })
      const node = await mesh.add(`watch-${String(ends)}`, `watch-${String(ends)}`)
      node.rpc.handleStream('watch', 'serverStream', async function * (_, { signal }) { yield 1; await new Promise(resolve => { signal.addEventListener('abort', resolve) }) })
      const results = friend.rpc.stream(`watch-${String(ends)}`, 'watch', 'serverStream')
      expect((await results.next()).value).to.equal(1)
      const next = watch(results.next())
      await mesh.clock.pass(1_000)
      expect(next.error?.code).to.equal(ends ? 'DEADLINE_EXCEEDED' : undefined)
      await results.return()
    }
  })

  it('timeout: a deadline for calls that name none, which reaches the handler', async () => {
    await start({ client: [timeout(call => call.method === 'left' ? 300 : undefined)] })
    login.rpc.handle('left', (_, ctx) => ctx.remaining)
    expect(await gate.rpc.invoke('login', 'left')).to.be.within(1, 300)
    expect(await gate.rpc.invoke('login', 'left', 1, { timeout: 900 })).to.be.within(301, 900)
    login.rpc.handle('never', async () => new Promise(() => {}))
    const call = rejection(gate.rpc.client(defineService('login', { never: unary() }), { interceptors: [timeout(50)] }).never())
    await mesh.clock.pass(70)
    expect(await call).to.include({ code: 'DEADLINE_EXCEEDED' })
  })

  it('auth and credentials: no word, a wrong one and the right one, by an asynchronous rule too', async () => {
    const allow = auth(async given => given === 'secret')
    await start({}, { server: [allow] })
    expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.include({ code: 'UNAUTHENTICATED', rawMessage: 'no credentials were sent' })
    for (const give of ['secret', async () => 'secret'] as const) {
      const friend = await mesh.add(`gate-${typeof give}`, undefined, { interceptors: { client: [credentials(give)] } })
      expect(await friend.rpc.invoke('login', 'echo', 1, { headers: { x: 'y' } })).to.equal(1)
      expect(await all(friend.rpc.stream('login', 'count', 'serverStream', 1))).to.deep.equal([1])
    }
    const stranger = await mesh.add('gate-9', undefined, { interceptors: { client: [credentials('guess')] } })
    expect(await rejection(stranger.rpc.invoke('login', 'echo'))).to.include({ code: 'PERMISSION_DENIED' })
    expect(await rejection(all(stranger.rpc.stream('login', 'count', 'serverStream', 1)))).to.include({ code: 'PERMISSION_DENIED' })
    expect(log).to.deep.equal(['handler', 'handler'])
  })

  it('metrics: calls, errors by code, and how long they took, on both sides', async () => {
    const mine = metrics()
    const theirs = metrics()
    await start({ client: [mine.client] }, { server: [theirs.server] })
    await gate.rpc.invoke('login', 'echo')
    await gate.rpc.invoke('login', 'echo')
    await rejection(gate.rpc.invoke('login', 'fail'))
    const { client } = mine.snapshot()
    const { server } = theirs.snapshot()
    expect(client['login/echo']).to.include({ calls: 2, running: 0 })
    expect(client['login/echo']?.p99).to.be.at.least(client['login/echo']?.p50 ?? Infinity)
    expect(client['login/fail']).to.deep.include({ calls: 1, errors: { ABORTED: 1 } })
    expect(server['fail']?.errors).to.deep.equal({ ABORTED: 1 })
    expect(server['echo']?.calls).to.equal(2)
  })

  describe('tracing', () => {
    it('one trace follows nested calls: each span is the child of the one that made it', async () => {
      const spans: Span[] = []
      const trace = tracing({ onSpan: span => spans.push(span) })
      const both = { client: [trace.client], server: [trace.server] }
      await start(both, both)
      login.rpc.handle('outer', async (_, ctx) => ctx.invoke('login', 'echo'))
      await gate.rpc.invoke('login', 'outer')
      const [inner, innerCall, outer, outerCall] = spans
      expect(spans.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal(['server echo', 'client login/echo', 'server outer', 'client login/outer'])
      expect(new Set(spans.map(({ traceId }) => traceId)).size).to.equal(1)
      expect(inner?.parentId).to.equal(innerCall?.spanId)
      expect(innerCall?.parentId).to.equal(outer?.spanId)
      expect(outer?.parentId).to.equal(outerCall?.spanId)
      expect(outerCall).to.include({ parentId: undefined, node: 'login-1', error: undefined, slow: false })
      expect(outer).to.include({ node: 'gate-1' })
    })

    it('what is not sampled is not kept, unless it is slow; the decision travels', async () => {
      const spans: Span[] = []
      const never = tracing({ sample: 0, slow: 10, onSpan: span => spans.push(span) })
      const always = tracing({ sample: 1, slow: 10, onSpan: span => spans.push(span) })
      await start({ client: [never.client] }, { server: [always.server] })
      login.rpc.handle('slow', async () => new Promise<void>(resolve => { mesh.timers.after(20, resolve) }))
      await gate.rpc.invoke('login', 'echo')
      expect(spans).to.deep.equal([])
      const call = gate.rpc.invoke('login', 'slow')
      await mesh.clock.pass(40)
      await call
      expect(spans.map(({ kind, slow, sampled }) => ({ kind, slow, sampled }))).to.deep.equal([
        { kind: 'server', slow: true, sampled: false }, { kind: 'client', slow: true, sampled: false }])
      expect(spans[0], 'one trace, though it was not sampled').to.include({ traceId: spans[1]?.traceId, parentId: spans[1]?.spanId })
      expect(spans[0]?.duration).to.be.at.least(20)
    })

    it('errors are noted, and a callback that throws harms no call', async () => {
      const seen: Array<string | undefined> = []
      const trace = tracing({ onSpan: ({ error }) => { seen.push(error); throw new Error('bad exporter') } })
      await start({ client: [trace.client] })
      expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED' })
      expect(seen[0]).to.include('no')
      expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    })

    it('an application\'s own trace goes on; what is no trace context begins a new one', async () => {
      const spans: Span[] = []
      const trace = tracing({ sample: 0, onSpan: span => spans.push(span) })
      await start({ client: [trace.client] })
      const traceId = 'ab'.repeat(16)
      await gate.rpc.invoke('login', 'echo', 1, { metadata: { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` } })
      expect(spans[0]).to.include({ traceId, parentId: 'cd'.repeat(8) })
      for (const bad of ['', 'x', `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`, `ff-${traceId}-${'cd'.repeat(8)}-01`, `00-${traceId}-${'cd'.repeat(8)}-01-more`]) {
        expect(parseTraceparent(bad), bad).to.equal(undefined)
      }
      expect(parseTraceparent(`01-${traceId}-${'cd'.repeat(8)}-00-more`)).to.include({ traceId, sampled: false })
    })

    it('two tracers on one side each have a span, the outer the parent of the inner', async () => {
      const spans: Array<[string, Span]> = []
      const outer = tracing({ onSpan: span => spans.push(['outer', span]) })
      const inner = tracing({ onSpan: span => spans.push(['inner', span]) })
      await start({ client: [outer.client, inner.client] }, { server: [outer.server, inner.server] })
      await gate.rpc.invoke('login', 'echo')
      expect(spans.map(([who, { kind }]) => `${who} ${kind}`)).to.deep.equal(['inner server', 'outer server', 'inner client', 'outer client'])
      const ids = spans.map(([, { spanId }]) => spanId)
      expect(spans.map(([, { parentId }]) => parentId)).to.deep.equal([ids[1], ids[2], ids[3], undefined])
      expect(new Set(ids).size).to.equal(4)
    })

    it('goes through nodes that do not trace, and the handler finds it in its metadata; its own word is stronger', async () => {
      const spans: Span[] = []
      const trace = tracing({ onSpan: span => spans.push(span) })
      const seen: unknown[] = []
      await start({ client: [trace.client] })
      const mail = await mesh.add('mail-1', 'mail', { interceptors: { server: [trace.server] } })
      mail.rpc.handle('send', (_, ctx) => { seen.push({ ...ctx.metadata }) })
      login.rpc.handle('outer', async (_, ctx) => {
        seen.push({ ...ctx.metadata })
        await ctx.invoke('mail', 'send')
        await ctx.invoke('mail', 'send', 1, { metadata: { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` } })
      })
      await gate.rpc.invoke('login', 'outer', 1, { metadata: { tenant: 'a' } })
      const [first, second, outer] = spans
      expect(outer).to.include({ kind: 'client', name: 'login/outer' })
      expect(first).to.include({ traceId: outer?.traceId, parentId: outer?.spanId, kind: 'server', name: 'send' })
      expect(second).to.include({ traceId: 'ab'.repeat(16), parentId: 'cd'.repeat(8) })
      expect(seen).to.deep.equal([
        { tenant: 'a', traceparent: `00-${outer?.traceId}-${outer?.spanId}-01` },
        { tenant: 'a', traceparent: `00-${first?.traceId}-${first?.spanId}-01` },
        { tenant: 'a', traceparent: `00-${second?.traceId}-${second?.spanId}-01` }
      ])
    })
  })
})
