import * as otel from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { expect } from 'chai'
import { createMesh, tracing } from '../../src/index.ts'
import { roundTrip } from '../../src/streams/round-trip.ts'
import { SNAPSHOT_AGE } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import type { Health, Mesh, MeshOptions, MeshSnapshot, Message, Span } from '../../src/index.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']
/** Deadline of a wait: only how long a failing test takes. */
const WAIT = { timeout: 30_000 }
const TOKEN = 'a-token-of-ada-that-nobody-may-see'

const addresses = (mesh: Mesh): string[] => mesh.libp2p.getMultiaddrs().map(String)

describe('mesh.monitor', function () {
  this.timeout(60_000)
  const meshes: Mesh[] = []

  async function make (options: MeshOptions = {}): Promise<Mesh> {
    const mesh = await createMesh({ listen: LISTEN, ...options })
    meshes.push(mesh)
    return mesh
  }

  afterEach(async () => {
    await Promise.all(meshes.splice(0).map(async mesh => mesh.stop()))
  })

  it('tells what a node knows, here and to others: nodes, paths, leaders, links, topics, calls; and no token', async () => {
    const login = await make({ service: 'login', name: 'login-1', election: {} })
    login.rpc.handle('user.password', () => 'welcome')
    const gate = await make({ name: 'gate', bootstrap: addresses(login) })
    const healthy = ({ level, reasons }: Health): boolean => level === 'healthy' && reasons.length === 0
    await until(() => healthy(gate.monitor.health), { ...WAIT, what: () => JSON.stringify(gate.monitor.health) })
    await gate.rpc.invoke('login', 'user.password', {}, { token: TOKEN, timeout: 40_000 })
    await gate.rpc.invoke('login', 'nothing').catch(() => {})
    const channel = await gate.pubsub.topic('orders').subscribe('billing')
    channel.onMessage(() => {})
    await login.pubsub.topic('orders').publish('book', { confirm: 'handled' })

    const known = await until(() => {
      const snapshot = gate.monitor.snapshot()
      const { services, paths, health } = snapshot
      // alone in its group, it leads each term that there is
      const told = services.find(({ leader }) => leader?.id === login.id)
      return told?.leader?.term === login.election.leader?.token.term && paths[0]?.rtt !== undefined && healthy(health) ? snapshot : undefined
    }, WAIT)
    expect(known).to.deep.include({ status: 'joined', self: gate.self })
    expect(known.nodes.map(({ name }) => name)).to.have.members(['login-1', 'gate'])
    expect(known.services).to.containSubset([{ service: 'login', nodes: [login.id], state: 'observer', leader: { id: login.id, term: login.election.leader?.token.term }, voters: [login.id] }])
    expect(known.paths).to.containSubset([{ peer: login.id, name: 'login-1', transport: 'tcp', relayed: false, direction: 'outbound' }])
    expect(known.calls.made).to.containSubset([{ service: 'login', method: 'user.password', calls: 1, errors: 0 }, { service: 'login', method: 'nothing', calls: 1, errors: 1 }])
    expect(known.resources.rss).to.be.above(0)

    const told = await gate.rpc.invoke('login', 'braid.monitor.snapshot', {}, { node: login.id }) as MeshSnapshot
    expect(told.self.id).to.equal(login.id)
    expect(told.calls.served).to.containSubset([{ service: 'login', method: 'user.password', calls: 1, errors: 0 }])
    expect(told.links).to.deep.equal([{ service: 'login', parent: '', node: login.id, count: 1 }])
    expect(told.topics).to.containSubset([{ name: 'orders', full: false, channels: [{ name: 'billing', consumers: 1, lag: 0, dead: 0 }] }])
    expect(told.truncated).to.equal(undefined)
    // however many ask, it is made once a second
    const { monitor } = login
    const look = monitor.snapshot.bind(monitor)
    let made = 0
    monitor.snapshot = () => { made++; return look() }
    const began = performance.now()
    await Promise.all(Array.from({ length: 30 }, async () => gate.rpc.invoke('login', 'braid.monitor.snapshot', {}, { node: login.id, timeout: 20_000 })))
    expect(made).to.be.at.most(1 + (performance.now() - began) / SNAPSHOT_AGE)

    const text = login.monitor.prometheus()
    expect(text).to.include('braid_leader_self{service="login"} 1\n')
    expect(text).to.match(/braid_rpc_requests_total\{side="server",service="login",method="user.password"\} 1\n/)
    for (const all of [JSON.stringify([known, told]), text, gate.monitor.prometheus()]) expect(all).not.to.include(TOKEN)
  })

  it('a connection is timed by itself, and a ping that takes too long is given up', async () => {
    const first = await make({ service: 'login' })
    const gate = await make({ bootstrap: addresses(first) })
    const [connection] = gate.libp2p.getConnections()
    if (connection === undefined) throw new Error('not connected')
    expect(await roundTrip(connection, { signal: AbortSignal.timeout(20_000) })).to.be.above(0)
    const reason = new Error('too long')
    expect(await roundTrip(connection, { signal: AbortSignal.abort(reason) }).catch((err: unknown) => err)).to.equal(reason)
    await until(() => connection.streams.every(({ protocol }) => protocol !== '/ipfs/ping/1.0.0'), WAIT)
    await connection.close()
    expect(await roundTrip(connection, {}).catch((err: unknown) => err)).to.be.instanceOf(Error)
  })

  it('looking makes no group, and a node without a monitor is not watched', async () => {
    const shop = await make({ service: 'shop' })
    const gate = await make({ bootstrap: addresses(shop), monitor: false })
    shop.monitor.snapshot()
    shop.monitor.prometheus()
    expect(shop.election.status()).to.include({ epoch: 0, term: 0 })
    expect(shop.monitor.snapshot().services).to.deep.equal([{ service: 'shop', nodes: [shop.id], state: 'observer', voters: [], learners: [] }])
    await gate.rpc.invoke('shop', 'braid.ping')
    expect(() => gate.monitor.snapshot()).to.throw(/monitor/).with.property('name', 'InvalidOptionsError')
    expect(gate.rpc.counts().made).to.deep.equal([])
    expect(gate.monitor.health.level).to.equal('joined')
  })

  it('says that a node lost its mesh and why, that the application does not serve, and that all is well again', async () => {
    const first = await make({ service: 'login' })
    const gate = await make({ name: 'gate', bootstrap: addresses(first) })
    const seen: Health[] = []
    gate.monitor.addEventListener('health', ({ detail }) => { seen.push(detail) })
    gate.rpc.setHealth('NOT_SERVING')
    const why = { level: 'joined', reasons: ['the application says that it does not serve'] }
    await until(() => seen.at(-1)?.level === 'joined', WAIT)
    expect(seen.find(({ level }) => level === 'joined')).to.deep.equal(why)
    gate.rpc.setHealth('SERVING')
    await until(() => seen.at(-1)?.level === 'healthy', WAIT)
    await first.stop()
    await until(() => seen.at(-1)?.level === 'isolated', WAIT)
    expect(seen.at(-1)?.reasons[0]).to.match(/^there is no path into the mesh/)
    await until(() => gate.monitor.health === seen.at(-1), WAIT)
    await until(() => gate.monitor.health.reasons[0]?.includes('cannot be reached') === true, WAIT)
  })

  it('registers with libp2p\'s metrics, when the application gave it some', async () => {
    const read = new Map<string, () => unknown>()
    const register = (name: string, { calculate }: { calculate?: () => unknown } = {}): object => {
      if (calculate !== undefined) read.set(name, calculate)
      return { update () {}, increment () {}, decrement () {}, reset () {}, timer: () => () => {}, observe () {} }
    }
    const metrics = new Proxy({}, { get: (_, name) => String(name).startsWith('register') ? register : name === 'traceFunction' ? (_: string, fn: unknown) => fn : () => {} })
    const mesh = await make({ service: 'shop', libp2p: { metrics: () => metrics as never } })
    mesh.rpc.handle('pay', () => true)
    await mesh.rpc.invoke('shop', 'pay')
    await until(() => read.get('braid_health_level')?.() === 2, WAIT)
    expect(read.get('braid_nodes')?.()).to.deep.equal({ 'shop up': 1 })
    await until(() => (read.get('braid_rpc_requests_total')?.() as Record<string, number>)['client shop pay'] === 1, WAIT)
  })

  describe('traces of messages', () => {
    const exporter = new InMemorySpanExporter()
    let provider: NodeTracerProvider | undefined

    afterEach(async () => {
      exporter.reset()
      await provider?.shutdown()
      for (const api of [otel.trace, otel.context, otel.propagation]) api.disable()
    })

    it('a publish, its handling and what the handler calls are one trace, by OpenTelemetry', async () => {
      provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      provider.register()
      const trace = tracing({ otel })
      const traced: MeshOptions = { pubsub: { tracing: trace }, rpc: { interceptors: { client: [trace.client], server: [trace.server] } } }
      const shop = await make({ service: 'shop', ...traced })
      const mail = await make({ service: 'mail', bootstrap: addresses(shop), ...traced })
      shop.rpc.handle('pay', () => true)
      const failed = new Set<string>()
      const channel = await mail.pubsub.topic('orders').subscribe('billing', { backoff: [10] })
      channel.onMessage(async ({ id }) => {
        if (!failed.has(id)) {
          failed.add(id)
          throw new Error('not now')
        }
        await mail.rpc.invoke('shop', 'pay')
      })
      const { id } = await shop.pubsub.topic('orders').publish('book', { confirm: 'handled', headers: { tenant: 'a' } })
      await until(() => exporter.getFinishedSpans().length === 5, WAIT)
      const spans = exporter.getFinishedSpans()
      const of = (kind: otel.SpanKind): typeof spans => spans.filter(span => span.kind === kind)
      const [publish] = of(otel.SpanKind.PRODUCER)
      const [first, second] = of(otel.SpanKind.CONSUMER)
      const [call] = of(otel.SpanKind.CLIENT)
      expect(new Set(spans.map(span => span.spanContext().traceId)).size).to.equal(1)
      expect([publish?.name, first?.name, second?.name]).to.deep.equal(['publish orders', 'process orders', 'process orders'])
      const origin = publish?.spanContext().spanId
      for (const span of [first, second]) {
        expect(span?.parentSpanContext?.spanId).to.equal(origin)
        expect(span?.links.map(({ context }) => context.spanId)).to.deep.equal([origin])
      }
      expect(publish?.attributes).to.include({ 'messaging.message.id': id })
      expect(first?.status.code).to.equal(otel.SpanStatusCode.ERROR)
      expect(first?.attributes).to.include({ 'error.type': 'Error' })
      expect(second?.attributes).to.deep.include({
        'messaging.system': 'braid-mesh', 'messaging.destination.name': 'orders', 'messaging.consumer.group.name': 'billing', 'messaging.message.id': id, 'braid.attempt': 2, 'braid.peer.id': shop.id
      })
      expect(call?.parentSpanContext?.spanId).to.equal(second?.spanContext().spanId)
    })

    it('the same by this library\'s own spans; those of an iteration last until the message is settled', async () => {
      const kept: Span[] = []
      const trace = tracing({ sample: 0, slow: -1, onSpan: span => { kept.push(span) } })
      const shop = await make({ service: 'shop', pubsub: { tracing: trace } })
      const channel = await shop.pubsub.topic('orders').subscribe('billing')
      await shop.pubsub.topic('orders').publish('book', { headers: { tenant: 'a' } })
      const { value } = await channel[Symbol.asyncIterator]().next() as IteratorYieldResult<Message>
      expect(kept.map(({ kind }) => kind)).to.deep.equal(['producer'])
      expect(value.headers).to.include({ tenant: 'a' })
      await value.ack()
      await until(() => kept.length === 2, WAIT)
      const [publish, handling] = kept
      expect(publish).to.deep.include({ kind: 'producer', name: 'orders', slow: true, parentId: undefined })
      expect(handling).to.deep.include({ kind: 'consumer', name: 'orders/billing', node: shop.id, traceId: publish?.traceId, parentId: publish?.spanId, error: undefined })
      expect(value.headers['traceparent']).to.equal(`00-${handling?.traceId}-${handling?.spanId}-00`)
    })
  })
})
