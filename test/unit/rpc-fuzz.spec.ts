import { expect } from 'chai'
import { auth } from '../../src/rpc/index.ts'
import { fillFrame, sizeCancel, sizeGoAway, sizeRequest, sizeResponse } from '../../src/wire/rpc-frames.ts'
import { parseTraceparent } from '../../src/wire/trace.ts'
import { FakeMesh, ready, watch } from './rpc-fakes.ts'
import { turn } from './turn.ts'
import { hostileBytes } from './wire-fuzz.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'
import type { RequestFrame, ResponseFrame } from '../../src/wire/rpc-frames.ts'

function frame (size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  fillFrame(bytes, 0)
  return bytes
}

const request = (more: Partial<RequestFrame>): Uint8Array => frame(sizeRequest({ id: 9, service: 'login', method: 'echo', timeout: 50, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0, ...more }))
const response = (more: Partial<ResponseFrame>): Uint8Array => frame(sizeResponse({ id: 1, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: undefined, ...more }))

describe('rpc: 10^5 hostile frames', () => {
  let mesh: FakeMesh

  beforeEach(() => { mesh = new FakeMesh() })
  afterEach(async () => { await mesh.stop() })

  it('to a node that serves and to one that calls leave nothing behind: every call ends, and new ones are answered', async function () {
    this.timeout(60_000)
    const gate = await mesh.add('gate-1', undefined)
    const login = await mesh.add('login-1', 'login', { interceptors: { server: [auth(given => given !== 'nobody')] } })
    login.rpc.handle('echo', args => args)
    login.rpc.handle('wait', async (_, { signal }: HandlerContext) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) }))
    const requests = [
      request({ body: Uint8Array.of(1), codec: 3 }), request({ method: 'wait' }), request({ id: 0, method: 'wait', token: new Uint8Array(32) }),
      request({ metadata: { a: 'b' }, trace: parseTraceparent(`00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`) }), request({ idempotencyKey: 'k', codec: 1, body: Uint8Array.of(0xf6) }),
      request({ headerSet: 1, headers: { authorization: 'x' } }), request({ headerSet: 1 }), frame(sizeCancel(9))
    ]
    const responses = [response({}), response({ codec: 1, body: Uint8Array.of(0xf6) }), response({ status: 14, message: 'no', retryable: true }), response({ status: 13, headers: { 'braid-retry-after': '5' } }), frame(sizeGoAway('bye'))]
    const calls: Array<ReturnType<typeof watch>> = []
    const traces = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    try {
      let [near, far] = [gate, login].map(() => undefined as ReturnType<typeof gate.to> | undefined)
      for (let seed = 0; seed < 100_000; seed += 2) {
        if (near?.open !== true || far?.open !== true || seed % 64 === 0) {
          calls.push(watch(gate.rpc.invoke('login', seed % 3 === 0 ? 'wait' : 'echo', seed, { node: 'login-1', timeout: 1_000 })))
          // those that have left are taken for away, which passes with time
          await mesh.clock.pass(seed % 16 === 0 ? 40 : 0)
          near = gate.streams.get('login-1') as ReturnType<typeof gate.to> | undefined
          far = near?.other
        }
        if (near?.open === true) near.send(hostileBytes(seed, requests))
        if (far?.open === true) far.send(hostileBytes(-seed, responses))
        if (seed % 8 === 0) await new Promise<void>(turn)
        if (seed % 4_096 === 0) {
          for (const { streams } of [gate, login]) for (const each of streams.all) if (!each.open) streams.all.delete(each)
        }
      }
      await mesh.clock.pass(8_000)
    } finally {
      Error.stackTraceLimit = traces
    }
    expect(calls.length).to.be.above(1_000)
    expect(calls.filter(({ done }) => !done)).to.deep.equal([])
    await ready()
    for (const { rpc } of [gate, login]) expect(rpc.nodeStats()).to.include({ running: 0, pending: 0 })
    for (const method of ['echo', 'wait']) expect(login.rpc.stats()[method]?.running, method).to.equal(0)
    expect(await gate.rpc.invoke('login', 'echo', 'well')).to.equal('well')
  })
})
