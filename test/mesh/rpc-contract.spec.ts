import { expect } from 'chai'
import { z } from 'zod'
import { auth, breaker, credentials, defineService, metrics, retry, serverStream, timeout, tracing, unary } from '../../src/rpc/index.ts'
import { MAX_RPC_STREAMS_PER_PEER } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import { Nodes } from './rpc-nodes.ts'
import type { Node } from './rpc-nodes.ts'
import type { Interceptors, Span } from '../../src/rpc/index.ts'
import type { Stream } from '@libp2p/interface'

const contract = defineService('login', {
  pay: unary({ input: z.object({ sum: z.number() }), output: z.number() }),
  watch: serverStream({ input: z.number(), output: z.object({ n: z.number() }) }),
  sleep: unary({ input: z.number(), idempotent: true })
})

describe('mesh: contracts and interceptors over TCP', () => {
  const nodes = new Nodes()
  let spans: Span[]
  let gate: Node
  let login: Node
  let paid: number
  /** What handlers wait for. */
  let held: PromiseWithResolvers<void> | undefined

  function all (): Interceptors {
    const trace = tracing({ onSpan: span => spans.push(span) })
    const measure = metrics()
    return {
      client: [trace.client, measure.client, timeout(30_000), retry({ backoff: { initial: 5, max: 20 } }), breaker(), credentials('secret')],
      server: [trace.server, measure.server, auth(given => given === 'secret')]
    }
  }

  beforeEach(async () => {
    spans = []
    paid = 0
    held = undefined
    gate = await nodes.add(undefined, { rpc: { interceptors: all() } })
    login = await nodes.add('login', { name: 'login-1', rpc: { interceptors: all() } })
    login.rpc.serve(contract, {
      pay: async ({ sum }) => { paid++; await held?.promise; return sum },
      watch: async function * (to) { for (let n = 0; n < to; n++) yield { n } },
      sleep: async () => held?.promise
    })
    await nodes.met()
    await until(() => gate.discovery.node(login.id)?.methods.includes('pay') === true)
  })

  afterEach(async () => { await nodes.stop() })

  const cut = (): void => { for (const connection of gate.libp2p.getConnections()) connection.abort(new Error('cable')) }

  it('a call and a stream go through all that ship, and one trace tells of both ends', async () => {
    const client = gate.rpc.client(contract)
    expect(await client.pay({ sum: 7 })).to.equal(7)
    const seen: number[] = []
    for await (const { n } of client.watch(3)) seen.push(n)
    expect(seen).to.deep.equal([0, 1, 2])
    const [server, caller] = spans
    expect(server).to.include({ kind: 'server', name: 'pay', parentId: caller?.spanId, traceId: caller?.traceId, node: gate.id })
  })

  it('a payment with a key runs once although its connection is cut while it runs, and the caller gets the answer', async () => {
    held = Promise.withResolvers()
    const call = gate.rpc.client(contract).pay({ sum: 3 }, { idempotencyKey: 'order-3' })
    await until(() => paid === 1)
    cut()
    await until(() => gate.libp2p.getConnections().some(({ status }) => status === 'open'))
    held.resolve()
    expect(await call).to.equal(3)
    expect(paid).to.equal(1)
  })

  it('an idempotent call that is cut runs again', async () => {
    held = Promise.withResolvers()
    const call = gate.rpc.client(contract).sleep(50)
    await until(() => login.rpc.stats()['sleep']?.running === 1)
    cut()
    held.resolve()
    await call
    expect(login.rpc.stats()['sleep']?.calls).to.equal(2)
  })

  it('a peer gets as many rpc streams as it may have, and no more', async () => {
    await gate.rpc.invoke('login', 'braid.ping')
    const connection = await gate.libp2p.dial(login.libp2p.getMultiaddrs())
    const streams: Array<Stream | undefined> = []
    for (let i = 1; i < MAX_RPC_STREAMS_PER_PEER + 4; i++) {
      streams.push(await connection.newStream('/braid/shop/rpc/1.0.0', { maxOutboundStreams: 64 }).catch(() => undefined))
    }
    await until(() => streams.filter(stream => stream?.status !== 'open').length >= 4)
    expect(await gate.rpc.invoke('login', 'braid.ping')).to.equal('pong')
  })
})
