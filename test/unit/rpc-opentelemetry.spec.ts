import * as otel from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, ParentBasedSampler, SamplingDecision, SimpleSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'
import { z } from 'zod'
import { RpcError } from '../../src/errors.ts'
import { auth, tracing } from '../../src/rpc/index.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Interceptors, Results, Span, StreamOptions } from '../../src/rpc/index.ts'
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node'

type Registration = Parameters<NodeTracerProvider['register']>[0]

describe('rpc: tracing by OpenTelemetry\'s own SDK', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let exporter: InMemorySpanExporter
  let provider: NodeTracerProvider
  /** A processor of the application's own is told of a span. */
  let processed = (): void => {}

  async function start (registration?: Registration, sampler?: Sampler, loginHas?: Interceptors, slow = 60_000): Promise<void> {
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), { onStart () {}, onEnd () { processed() }, forceFlush: async () => {}, shutdown: async () => {} }], ...(sampler !== undefined && { sampler }) })
    provider.register(registration)
    const trace = tracing({ otel, slow })
    const both = { client: [trace.client], server: [trace.server] }
    gate = await mesh.add('gate-1', undefined, { interceptors: both })
    login = await mesh.add('login-1', 'login', { interceptors: loginHas ?? both })
    login.rpc.handle('echo', args => args)
    login.rpc.handle('fail', () => { throw new RpcError('ABORTED', 'no') })
    login.rpc.handle('outer', async (_, ctx) => ctx.invoke('login', 'echo'))
    login.rpc.handleStream('count', 'serverStream', async function * (to: number) { for (let n = 1; n <= to; n++) yield n })
    login.rpc.handleStream('wait', 'serverStream', async function * (_, { signal }) { yield 1; await new Promise(resolve => { signal.addEventListener('abort', resolve) }) })
  }

  beforeEach(() => {
    mesh = new FakeMesh()
    exporter = new InMemorySpanExporter()
  })

  afterEach(async () => {
    await mesh.stop()
    await provider.shutdown()
    otel.trace.disable()
    otel.context.disable()
    otel.propagation.disable()
  })

  const spans = (): ReadableSpan[] => exporter.getFinishedSpans()
  const parents = (): Array<string | undefined> => spans().map(({ parentSpanContext }) => parentSpanContext?.spanId)
  const ids = (): string[] => spans().map(span => span.spanContext().spanId)

  for (const [how, registration] of [['with its context manager', undefined], ['without one', { contextManager: null }]] as const) {
    it(`nested calls are one trace, each span the child of the one that made it, ${how}`, async () => {
      await start(registration)
      await gate.rpc.invoke('login', 'outer')
      expect(spans().map(({ kind, name }) => [kind, name])).to.deep.equal([
        [otel.SpanKind.SERVER, 'login/echo'], [otel.SpanKind.CLIENT, 'login/echo'], [otel.SpanKind.SERVER, 'login/outer'], [otel.SpanKind.CLIENT, 'login/outer']])
      expect(new Set(spans().map(span => span.spanContext().traceId)).size).to.equal(1)
      expect(parents()).to.deep.equal([...ids().slice(1), undefined])
      const about = { 'rpc.system.name': 'braid-mesh', 'rpc.system': 'braid-mesh', 'rpc.service': 'login', 'rpc.status_code': 'OK' }
      for (const [i, method, peer] of [[0, 'echo', 'login-1'], [1, 'echo', 'login-1'], [2, 'outer', 'gate-1'], [3, 'outer', 'login-1']] as const) {
        expect(spans()[i]?.attributes, String(i)).to.deep.equal({ ...about, 'rpc.method': `login/${method}`, 'braid.peer.id': peer })
      }
    })
  }

  it('a call is a child of the span that is active where it is made', async () => {
    await start()
    await otel.trace.getTracer('app').startActiveSpan('work', async span => {
      await gate.rpc.invoke('login', 'echo', 1, { metadata: { tenant: 'a' } })
      span.end()
    })
    expect(spans().map(({ name }) => name)).to.deep.equal(['login/echo', 'login/echo', 'work'])
    expect(parents()).to.deep.equal([...ids().slice(1), undefined])
  })

  it('an error is recorded at both ends, and a stream has its spans', async () => {
    await start()
    expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED' })
    for (const { status, events, attributes } of spans()) {
      expect(status.code).to.equal(otel.SpanStatusCode.ERROR)
      expect(events.map(({ name }) => name)).to.deep.equal(['exception'])
      expect(attributes).to.include({ 'rpc.status_code': 'ABORTED', 'error.type': 'ABORTED' })
    }
    exporter.reset()
    const items = []
    for await (const item of gate.rpc.stream('login', 'count', 'serverStream', 2)) items.push(item)
    expect(items).to.deep.equal([1, 2])
    expect(spans().map(({ name }) => name)).to.have.members(['login/count', 'login/count'])
    expect(spans().map(({ kind }) => kind)).to.have.members([otel.SpanKind.SERVER, otel.SpanKind.CLIENT])
  })

  it('what is no error of RPC is UNKNOWN at both ends, as its caller hears', async () => {
    await start()
    login.rpc.handle('bug', () => { throw new TypeError('undefined is not a function') })
    expect(await rejection(gate.rpc.invoke('login', 'bug'))).to.include({ code: 'UNKNOWN' })
    expect(spans().map(({ attributes }) => attributes['error.type'])).to.deep.equal(['UNKNOWN', 'UNKNOWN'])
  })

  it('the spans of a sequence last as long as it does, and what it fails with after its first item is theirs', async () => {
    await start()
    const more = Promise.withResolvers<void>()
    login.rpc.handleStream('break', 'serverStream', async function * () { yield 1; await more.promise; throw new RpcError('DATA_LOSS', 'gone') })
    const results = gate.rpc.stream('login', 'break', 'serverStream')
    expect((await results.next()).value).to.equal(1)
    expect(spans(), 'it goes on').to.have.length(0)
    more.resolve()
    expect(await rejection(results.next())).to.include({ code: 'DATA_LOSS' })
    expect(spans().map(({ kind }) => kind)).to.deep.equal([otel.SpanKind.SERVER, otel.SpanKind.CLIENT])
    for (const { status, attributes, events } of spans()) expect([status.code, attributes['rpc.status_code'], events.length]).to.deep.equal([otel.SpanStatusCode.ERROR, 'DATA_LOSS', 1])
  })

  it('a sequence that is left has ended, and was no error; what its handler does meanwhile is of its span', async () => {
    await start()
    let left = false
    login.rpc.handleStream('endless', 'serverStream', async function * (_, ctx) { try { for (let n = 0; ; n++) { await ctx.invoke('login', 'echo', n); yield n } } finally { left = true } })
    for await (const n of gate.rpc.stream('login', 'endless', 'serverStream')) if (n === 1) break
    await until(() => left && spans().filter(({ name }) => name === 'login/endless').length === 2)
    const ends = spans().filter(({ name }) => name === 'login/endless')
    for (const { status, attributes } of ends) expect([status.code, attributes['rpc.status_code'], attributes['error.type']]).to.deep.equal([otel.SpanStatusCode.UNSET, 'CANCELLED', undefined])
    const server = ends.find(({ kind }) => kind === otel.SpanKind.SERVER)
    const nested = spans().filter(({ name, kind }) => name === 'login/echo' && kind === otel.SpanKind.CLIENT)
    expect(nested.length).to.be.at.least(2)
    for (const { parentSpanContext } of nested) expect(parentSpanContext?.spanId).to.equal(server?.spanContext().spanId)
  })

  it('what auth does inside of it is of the span of the call, and a call that ends meanwhile has one', async () => {
    const trace = tracing({ otel, slow: 60_000 })
    let check = 'quick'
    await start(undefined, undefined, { client: [trace.client], server: [trace.server, auth(async (_, call) => await call.context.invoke('users', check) === true)] })
    const users = await mesh.add('users-1', 'users')
    users.rpc.handle('quick', () => true)
    users.rpc.handle('never', async () => new Promise(() => {}))
    expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    expect(spans().map(({ name, kind }) => [name, kind])).to.deep.equal([['users/quick', otel.SpanKind.CLIENT], ['login/echo', otel.SpanKind.SERVER], ['login/echo', otel.SpanKind.CLIENT]])
    expect(parents()).to.deep.equal([...ids().slice(1), undefined])
    exporter.reset()
    check = 'never'
    const late = watch(gate.rpc.invoke('login', 'echo', 1, { timeout: 100 }))
    await ready()
    await mesh.clock.pass(200)
    expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    expect(spans().map(({ name, status }) => [name, status.code])).to.have.deep.members([['users/never', otel.SpanStatusCode.ERROR], ['login/echo', otel.SpanStatusCode.ERROR], ['login/echo', otel.SpanStatusCode.ERROR]])
  })

  it('a sequence that fails while nobody asks for its items has ended; one that is left then was no error', async () => {
    await start()
    const ends = async (act: (results: Results, controller: AbortController) => unknown, timeout?: number): Promise<unknown[]> => {
      exporter.reset()
      const controller = new AbortController()
      const results = gate.rpc.stream('login', 'wait', 'serverStream', undefined, { signal: controller.signal, ...timeout !== undefined && { timeout } })
      await results.next()
      await act(results, controller)
      await ready()
      return spans().filter(({ kind }) => kind === otel.SpanKind.CLIENT).map(({ attributes, status }) => [attributes['rpc.status_code'], status.code])
    }
    const { ERROR, UNSET } = otel.SpanStatusCode
    expect(await ends((_, controller) => { controller.abort() }), 'cancelled').to.deep.equal([['CANCELLED', ERROR]])
    expect(await ends(async () => mesh.clock.pass(200), 100), 'late').to.deep.equal([['DEADLINE_EXCEEDED', ERROR]])
    expect(await ends(async results => results.return()), 'left').to.deep.equal([['CANCELLED', UNSET]])
    expect(await ends(async results => { void results.next(); await ready(); await results.return() }), 'left while an item was asked for').to.deep.equal([['CANCELLED', UNSET]])
    expect(await ends(async () => gate.rpc.stop()), 'stopped').to.have.length(1)
  })

  it('a processor that throws when a sequence has failed ends no call but its own', async () => {
    await start()
    const controller = new AbortController()
    const call = async (options: StreamOptions): Promise<void> => { await gate.rpc.stream('login', 'wait', 'serverStream', undefined, options).next() }
    for (let i = 0; i < 2; i++) await call({ signal: controller.signal })
    for (let i = 0; i < 2; i++) await call({ timeout: 100 })
    for (let i = 0; i < 2; i++) await call({})
    processed = () => { throw new Error('the collector is away') }
    // one of a page or a process would end it
    controller.abort()
    await mesh.clock.pass(200)
    await gate.rpc.stop()
    processed = () => {}
    expect(gate.rpc.nodeStats().pending).to.equal(0)
  })

  it('what a sequence of the serving side fails with outside of its handler is the failure of its span', async () => {
    await start()
    login.rpc.handleStream('bad', 'serverStream', async function * () { yield 1; yield Symbol('x') })
    login.rpc.handleStream('invalid', 'serverStream', async function * () { yield 1; yield 'x' }, { output: z.number() })
    login.rpc.handleStream('slow', 'serverStream', async function * (_, { signal }) { yield 1; await new Promise(resolve => { signal.addEventListener('abort', resolve) }) })
    login.rpc.handleStream('between', 'serverStream', async function * () { for (;;) { yield 'x'.repeat(100_000); await ready() } })
    for (const method of ['bad', 'invalid', 'slow', 'between']) {
      exporter.reset()
      const results = gate.rpc.stream('login', method, 'serverStream', undefined, { timeout: 100 })
      await results.next()
      const failure = watch(method === 'between' ? ready() : results.next())
      await ready()
      if (method === 'slow' || method === 'between') await mesh.clock.pass(200)
      await until(() => spans().some(({ kind }) => kind === otel.SpanKind.SERVER))
      const code = method === 'bad' || method === 'invalid' ? 'INTERNAL' : 'DEADLINE_EXCEEDED'
      if (method !== 'between') expect(failure.error, method).to.include({ code })
      expect(spans().filter(({ kind }) => kind === otel.SpanKind.SERVER).map(({ attributes, status }) => [attributes['rpc.status_code'], attributes['error.type'], status.code]), method).to.deep.equal([[code, code, otel.SpanStatusCode.ERROR]])
    }
  })

  it('a sequence is slow when it begins late, not when it goes on for long', async () => {
    const onlySlow: Sampler = {
      shouldSample: (_context, _traceId, _name, _kind, attributes) => ({ decision: attributes['braid.slow'] === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }),
      toString: () => 'onlySlow'
    }
    await start(undefined, onlySlow, undefined, 500)
    const began = Date.now
    try {
      let later = 0
      Date.now = () => began() + later
      const items = []
      for await (const item of gate.rpc.stream('login', 'count', 'serverStream', 3)) {
        items.push(item)
        later += 600
      }
      await ready()
      expect(spans(), 'its reader was slow').to.have.length(0)
      login.rpc.handleStream('late', 'serverStream', async function * () { later += 600; yield 1 })
      for await (const item of gate.rpc.stream('login', 'late', 'serverStream')) items.push(item)
      expect(items).to.deep.equal([1, 2, 3, 1])
      await until(() => spans().length > 1)
      expect(spans().map(({ kind, attributes }) => [kind, attributes['braid.slow']])).to.have.deep.members([[otel.SpanKind.CLIENT, true], [otel.SpanKind.SERVER, true]])
    } finally {
      Date.now = began
    }
  })

  it('a slow span that the sampler dropped is offered again, by an attribute', async () => {
    const onlySlow: Sampler = {
      shouldSample: (_context, _traceId, _name, _kind, attributes) => ({ decision: attributes['braid.slow'] === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }),
      toString: () => 'onlySlow'
    }
    // everything is slower than this
    await start(undefined, onlySlow, undefined, -1)
    await gate.rpc.invoke('login', 'echo')
    expect(spans().map(({ name, attributes }) => [name, attributes['braid.slow']])).to.deep.equal([['login/echo', true], ['login/echo', true]])
    expect(spans()[1]?.attributes).to.include({ 'rpc.service': 'login', 'braid.peer.id': 'login-1' })
    exporter.reset()
    expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED' })
    for (const { name, status, events } of spans()) expect([status.code, events.length], name).to.deep.equal([otel.SpanStatusCode.ERROR, 1])
    expect(spans()).to.have.length(2)
  })

  it('a slow span is kept under a parent that is not, by the sampler that the documents show', async () => {
    // doc/MONITOR.md
    const slowToo = (sampler: Sampler): Sampler => ({
      shouldSample: (...call) => call[4]['braid.slow'] === true ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : sampler.shouldSample(...call),
      toString: () => `slow or ${sampler}`
    })
    await start(undefined, slowToo(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0) })), undefined, -1)
    await gate.rpc.invoke('login', 'outer')
    expect(spans().map(({ name }) => name)).to.deep.equal(['login/echo', 'login/echo', 'login/outer', 'login/outer'])
  })

  it('and nodes with the tracing that ships understand each other', async () => {
    const own: Span[] = []
    const trace = tracing({ onSpan: span => own.push(span) })
    await start(undefined, undefined, { client: [trace.client], server: [trace.server] })
    await gate.rpc.invoke('login', 'outer')
    const [call] = spans()
    expect(own.map(({ name }) => name)).to.deep.equal(['echo', 'login/echo', 'outer'])
    expect(own[2]).to.include({ traceId: call?.spanContext().traceId, parentId: call?.spanContext().spanId, sampled: true })
    expect(own[1]?.parentId).to.equal(own[2]?.spanId)
    const back = await mesh.add('back-1', 'back', { interceptors: { server: [tracing({ otel }).server] } })
    back.rpc.handle('work', () => 1)
    login.rpc.handle('there', async (_, ctx) => ctx.invoke('back', 'work'))
    exporter.reset()
    own.length = 0
    await gate.rpc.invoke('login', 'there')
    expect(spans().map(({ name }) => name)).to.deep.equal(['back/work', 'login/there'])
    expect(spans()[0]?.parentSpanContext?.spanId).to.equal(own.find(({ name }) => name === 'back/work')?.spanId)
    expect(new Set(spans().map(span => span.spanContext().traceId)).size).to.equal(1)
  })
})
