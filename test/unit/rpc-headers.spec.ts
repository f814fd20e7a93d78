import { expect } from 'chai'
import { auth, credentials } from '../../src/rpc/index.ts'
import { MAX_HEADER_SET, MAX_HEADER_SETS } from '../../src/wire/limits.ts'
import { decodeFrame, fillFrame, sizeRequest } from '../../src/wire/rpc-frames.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'
import type { RequestFrame } from '../../src/wire/rpc-frames.ts'

const bare: RequestFrame = { id: 0, service: 'login', method: 'headers', timeout: 1_000, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0 }

describe('rpc: headers that are sent once', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let given: Array<Readonly<Record<string, string>>>

  beforeEach(async () => {
    mesh = new FakeMesh()
    given = []
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
    login.rpc.handle('slow', async () => new Promise(() => {}))
    login.rpc.handle('headers', (_, ctx) => { given.push(ctx.headers); return { ...ctx.headers } })
  })

  afterEach(async () => { await mesh.stop() })

  /** Bytes of each request that the gate sends from here on. */
  function sizes (): number[] {
    const sizes: number[] = []
    const { init } = login.from('gate-1')
    const { onFrame } = init
    init.onFrame = (stream, bytes, start, end) => {
      if (decodeFrame(bytes, start, end).kind === 1) sizes.push(end - start)
      onFrame(stream, bytes, start, end)
    }
    return sizes
  }

  const call = async (headers?: Record<string, string>): Promise<unknown> => gate.rpc.invoke('login', 'headers', 1, headers === undefined ? {} : { headers })

  it('a frozen object travels once on a stream, then as a number; the handler sees the same', async () => {
    const headers = Object.freeze({ authorization: 'x'.repeat(1_000), other: 'ü' })
    await call()
    const bytes = sizes()
    for (let i = 0; i < 3; i++) expect(await call(headers)).to.deep.equal(headers)
    expect(bytes[0]).to.be.above(1_000)
    expect(bytes[1]).to.be.below(60).and.to.equal(bytes[2])
  })

  it('what may change, or is large, travels with each call', async () => {
    const open = { who: 'a' }
    expect(await call(open)).to.deep.equal({ who: 'a' })
    open.who = 'b'
    expect(await call(open)).to.deep.equal({ who: 'b' })
    const bytes = sizes()
    const large = Object.freeze({ authorization: 'x'.repeat(MAX_HEADER_SET) })
    for (let i = 0; i < 2; i++) expect(await call(large)).to.deep.equal(large)
    expect(Math.min(...bytes)).to.be.above(MAX_HEADER_SET)
  })

  it('more of them than are kept take each other\'s places, and each call has its own', async () => {
    const sets = Array.from({ length: MAX_HEADER_SETS * 2 + 3 }, (_, i) => Object.freeze({ n: String(i) }))
    for (let round = 0; round < 3; round++) {
      for (const set of sets) expect(await call(set)).to.deep.equal(set)
      const both = await Promise.all([call(sets[0]), call(sets[1]), call(sets[0]), call()])
      expect(both).to.deep.equal([sets[0], sets[1], sets[0], {}])
    }
  })

  it('frozen headers without entries, as those of a call that came without any, are none: first, and after others have taken each place', async () => {
    const bystander = watch(gate.rpc.invoke('login', 'slow'))
    expect(await call(Object.freeze({}))).to.deep.equal({})
    for (let i = 0; i <= MAX_HEADER_SETS; i++) expect(await call(Object.freeze({ authorization: `user-${i}` }))).to.deep.equal({ authorization: `user-${i}` })
    expect(await call(Object.freeze({}))).to.deep.equal({})
    expect(await call(Object.freeze({ '': '' }))).to.deep.equal({ '': '' })
    const mid = await mesh.add('mid-1', 'mid')
    mid.rpc.handle('pass', (_, ctx) => ctx.invoke('login', 'headers', 1, { headers: ctx.headers }))
    const pass = async (headers: object): Promise<unknown> => gate.rpc.invoke('mid', 'pass', 1, headers)
    expect(await pass({})).to.deep.equal({})
    for (let i = 0; i <= MAX_HEADER_SETS; i++) await pass({ headers: Object.freeze({ authorization: `user-${i}` }) })
    expect(await pass({})).to.deep.equal({})
    expect(bystander.done).to.equal(false)
  })

  it('a handler cannot change those of the next call', async () => {
    const headers = Object.freeze({ who: 'a' })
    login.rpc.handle('change', (_, ctx) => { (ctx.headers as Record<string, string>)['who'] = 'root' })
    await call(headers)
    await rejection(gate.rpc.invoke('login', 'change', 1, { headers }))
    expect(await call(headers)).to.deep.equal({ who: 'a' })
  })

  it('a new stream begins with none', async () => {
    const headers = Object.freeze({ who: 'a' })
    await call(headers)
    gate.to('login-1').abort(new Error('cut'))
    await ready()
    expect(await call(headers)).to.deep.equal({ who: 'a' })
  })

  it('a request that found no room in the stream has not told them', async () => {
    const headers = Object.freeze({ who: 'a'.repeat(100) })
    await call()
    const stream = gate.to('login-1')
    stream.maxQueue = 10
    expect(await rejection(call(headers))).to.include({ code: 'RESOURCE_EXHAUSTED' })
    stream.maxQueue = 1_000_000
    expect(await call(headers)).to.deep.equal(headers)
  })

  it('credentials that change are sent anew, and a node is believed only what it sent itself', async () => {
    let word = 'secret'
    const friend = await mesh.add('gate-2', undefined, { interceptors: { client: [credentials(() => word)] } })
    login.rpc.handle('safe', () => 'in', { interceptors: [auth(given => given === 'secret')] })
    for (let i = 0; i < 2; i++) expect(await friend.rpc.invoke('login', 'safe')).to.equal('in')
    expect(await rejection(gate.rpc.invoke('login', 'safe'))).to.include({ code: 'UNAUTHENTICATED' })
    word = 'guess'
    for (let i = 0; i < 2; i++) expect(await rejection(friend.rpc.invoke('login', 'safe'))).to.include({ code: 'PERMISSION_DENIED' })
    word = 'secret'
    expect(await friend.rpc.invoke('login', 'safe', 1, { headers: { x: 'y' } })).to.equal('in')
  })

  it('only a plain yes lets a call in', async () => {
    for (const [i, answer] of [1, 'yes', {}, undefined, Promise.resolve(1), { then: (resolve: (value: unknown) => void) => { resolve(false) } }].entries()) {
      login.rpc.handle(`safe-${i}`, () => 'in', { interceptors: [auth(() => answer as unknown as boolean)] })
      expect(await rejection(gate.rpc.invoke('login', `safe-${i}`, 1, { headers: { authorization: 'x' } })), String(answer)).to.include({ code: 'PERMISSION_DENIED' })
    }
  })

  describe('a hostile caller', () => {
    let evil: FakeStream

    beforeEach(async () => {
      await call()
      evil = gate.to('login-1')
    })

    const request = (more: Partial<RequestFrame>): void => { evil.write(sizeRequest({ ...bare, ...more }), fillFrame) }
    const cut = async (): Promise<void> => {
      await ready()
      expect(login.from('gate-1').reason).to.include({ name: 'ProtocolError' })
    }

    it('that names headers which it never sent is cut', async () => {
      request({ id: 900, headerSet: 3 })
      await cut()
      expect(given).to.have.lengthOf(1)
    })

    it('that wants too much to be kept is cut', async () => {
      request({ id: 900, headerSet: 3, headers: { a: 'x'.repeat(MAX_HEADER_SET) } })
      await cut()
    })

    it('that sends a number beyond the last one is cut', async () => {
      request({ id: 900, headerSet: MAX_HEADER_SETS + 1, headers: { a: 'x' } })
      await cut()
    })
  })
})
