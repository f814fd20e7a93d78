import * as otel from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, ParentBasedSampler, SamplingDecision, SimpleSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { tracing } from '../../src/rpc/index.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Interceptors, Span } from '../../src/rpc/index.ts'
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node'

type Registration = Parameters<NodeTracerProvider['register']>[0]

describe('rpc: tracing by OpenTelemetry\'s own SDK', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let exporter: InMemorySpanExporter
  let provider: NodeTracerProvider

  async function start (registration?: Registration, sampler?: Sampler, loginHas?: Interceptors, slow = 60_000): Promise<void> {
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)], ...(sampler !== undefined && { sampler }) })
    provider.register(registration)
    const trace = tracing({ otel, slow })
    const both = { client: [trace.client], server: [trace.server] }
    gate = await mesh.add('gate-1', undefined, { interceptors: both })
    login = await mesh.add('login-1', 'login', { interceptors: loginHas ?? both })
    login.rpc.handle('echo', args => args)
    login.rpc.handle('fail', () => { throw new RpcError('ABORTED', 'no') })
    login.rpc.handle('outer', async (_, ctx) => ctx.invoke('login', 'echo'))
    login.rpc.handleStream('count', 'serverStream', async function * (to: number) { for (let n = 1; n <= to; n++) yield n })
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
        [otel.SpanKind.SERVER, 'echo'], [otel.SpanKind.CLIENT, 'login/echo'], [otel.SpanKind.SERVER, 'outer'], [otel.SpanKind.CLIENT, 'login/outer']])
      expect(new Set(spans().map(span => span.spanContext().traceId)).size).to.equal(1)
      expect(parents()).to.deep.equal([...ids().slice(1), undefined])
      expect(spans()[0]?.attributes).to.include({ 'rpc.system': 'braid-mesh', 'rpc.method': 'echo', 'network.peer.id': 'login-1' })
      expect(spans()[3]?.attributes).to.include({ 'rpc.service': 'login', 'rpc.method': 'outer', 'network.peer.id': 'login-1' })
    })
  }

  it('a call is a child of the span that is active where it is made', async () => {
    await start()
    await otel.trace.getTracer('app').startActiveSpan('work', async span => {
      await gate.rpc.invoke('login', 'echo', 1, { metadata: { tenant: 'a' } })
      span.end()
    })
    expect(spans().map(({ name }) => name)).to.deep.equal(['echo', 'login/echo', 'work'])
    expect(parents()).to.deep.equal([...ids().slice(1), undefined])
  })

  it('an error is recorded at both ends, and a stream has its spans', async () => {
    await start()
    expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED' })
    for (const { status, events } of spans()) {
      expect(status.code).to.equal(otel.SpanStatusCode.ERROR)
      expect(events.map(({ name }) => name)).to.deep.equal(['exception'])
    }
    exporter.reset()
    const items = []
    for await (const item of gate.rpc.stream('login', 'count', 'serverStream', 2)) items.push(item)
    expect(items).to.deep.equal([1, 2])
    expect(spans().map(({ name }) => name)).to.have.members(['count', 'login/count'])
  })

  it('a slow span that the sampler dropped is offered again, by an attribute', async () => {
    const onlySlow: Sampler = {
      shouldSample: (_context, _traceId, _name, _kind, attributes) => ({ decision: attributes['braid.slow'] === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }),
      toString: () => 'onlySlow'
    }
    // everything is slower than this
    await start(undefined, onlySlow, undefined, -1)
    await gate.rpc.invoke('login', 'echo')
    expect(spans().map(({ name, attributes }) => [name, attributes['braid.slow']])).to.deep.equal([['echo', true], ['login/echo', true]])
    expect(spans()[1]?.attributes).to.include({ 'rpc.service': 'login', 'network.peer.id': 'login-1' })
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
    expect(spans().map(({ name }) => name)).to.deep.equal(['echo', 'login/echo', 'outer', 'login/outer'])
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
    expect(spans().map(({ name }) => name)).to.deep.equal(['work', 'login/there'])
    expect(spans()[0]?.parentSpanContext?.spanId).to.equal(own.find(({ name }) => name === 'back/work')?.spanId)
    expect(new Set(spans().map(span => span.spanContext().traceId)).size).to.equal(1)
  })
})
