import { expect } from 'chai'
import { auth } from '../../src/rpc/index.ts'
import { fillFrame, sizeRequest } from '../../src/wire/rpc-frames.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'
import type { ServerInterceptor } from '../../src/rpc/index.ts'

const ME = { headers: { authorization: 'me' } }

describe('rpc: calls of sequences are taken when their interceptors let them pass', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let ran: unknown[]

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    ran = []
  })

  afterEach(async () => { await mesh.stop() })

  /** One whose caller grants nothing, and does not end its side. */
  async function request (from: FakeNode, method: string, streaming: 1 | 2 | 3, timeout = 0): Promise<FakeStream> {
    const peer = from.discovery.peerId('login-1')
    if (peer === undefined) expect.fail('who is it?')
    const raw = await from.flows.openOwn(peer, {}) as FakeStream
    raw.write(sizeRequest({ id: 0, service: 'login', method, timeout, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming, trace: undefined, headerSet: 0, link: undefined, life: 0 }), fillFrame)
    await ready()
    return raw
  }

  it('a sequence that is refused ends at once, whatever its caller grants, and its input is not begun', async () => {
    const login = await mesh.add('login-1', 'login', { interceptors: { server: [auth(async given => given === 'me')] } })
    login.rpc.handleStream('down', 'serverStream', async function * () { yield 1 })
    login.rpc.handleStream('up', 'clientStream', async items => { for await (const item of items) ran.push(item) })
    login.rpc.handleStream('both', 'bidi', async function * (items) { yield * items })
    for (const [method, streaming] of [['down', 1], ['up', 2], ['both', 3]] as const) {
      const raw = await request(gate, method, streaming)
      expect([login.rpc.nodeStats().running, raw.other.delivered], method).to.deep.equal([0, 1])
      raw.abort(new Error('the test is over'))
    }
    let begun = false
    const input = async function * (): AsyncGenerator<number> { begun = true; yield 1 }
    expect(await rejection(gate.rpc.stream('login', 'up', 'clientStream', input()))).to.include({ code: 'UNAUTHENTICATED' })
    expect(await rejection(gate.rpc.stream('login', 'both', 'bidi', input()).next())).to.include({ code: 'UNAUTHENTICATED' })
    expect([begun, ran]).to.deep.equal([false, []])
    await gate.rpc.stream('login', 'up', 'clientStream', input(), ME)
    expect([begun, ran]).to.deep.equal([true, [1]])
  })

  it('one that is answered takes no place, though its caller keeps its side open for ever; one that still runs does', async () => {
    const evil = await mesh.add('evil-1', undefined)
    const login = await mesh.add('login-1', 'login', { maxStreams: 2, interceptors: { server: [auth(async (given, { method }) => given === 'me' || method === 'deaf')] } })
    login.rpc.handleStream('down', 'serverStream', async function * () { yield 1 })
    const done = Promise.withResolvers<undefined>()
    login.rpc.handleStream('deaf', 'clientStream', async () => done.promise)
    const honest = async (): Promise<unknown> => {
      const call = watch(gate.rpc.stream('login', 'down', 'serverStream', undefined, { ...ME, timeout: 1_000 }).next())
      await mesh.clock.pass(1_100)
      return call.error?.code ?? call.value
    }
    mesh.halfOpen.add('login-1')
    for (let i = 0; i < 2; i++) await request(evil, 'down', 1)
    mesh.halfOpen.delete('login-1')
    expect(await honest()).to.deep.equal({ done: false, value: 1 })
    mesh.halfOpen.add('login-1')
    for (let i = 0; i < 2; i++) await request(evil, 'deaf', 2, 10)
    mesh.halfOpen.delete('login-1')
    await mesh.clock.pass(20)
    expect(await honest(), 'late, but at work').to.equal('RESOURCE_EXHAUSTED')
    done.resolve(undefined)
    await ready()
    expect(await honest()).to.deep.equal({ done: false, value: 1 })
  })

  it('an interceptor that reads the input before it goes on, or answers itself, has what it needs', async () => {
    const first: unknown[] = []
    const reads: ServerInterceptor = next => async call => {
      const items = (call.args as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      first.push((await items.next()).value)
      return call.method === 'own' ? ['mine'] : next(call)
    }
    const login = await mesh.add('login-1', 'login', { interceptors: { server: [reads] } })
    login.rpc.handleStream('both', 'bidi', async function * (items) { yield * items })
    login.rpc.handleStream('own', 'bidi', async function * (items) { yield * items })
    for (const [method, expected] of [['both', [2, 3]], ['own', ['mine']]] as const) {
      const got = []
      for await (const item of gate.rpc.stream('login', method, 'bidi', [1, 2, 3])) got.push(item)
      expect(got).to.deep.equal(expected)
    }
    expect([first, login.rpc.nodeStats().running]).to.deep.equal([[1, 1], 0])
  })
})
