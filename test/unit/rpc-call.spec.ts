import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { FakeMesh, ready, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'

function raise (what: unknown): never {
  // handlers throw anything
  throw what
}

describe('rpc: a call', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
  })

  afterEach(async () => { await mesh.stop() })

  it('brings any value there and back; bytes are the receiver\'s own', async () => {
    const kept: unknown[] = []
    login.rpc.handle('echo', args => { kept.push(args); return args })
    const values = [undefined, null, true, 0, -1.5, 2 ** 53, 10n ** 20n, 'ä€😀', [1, [2]], { a: { b: [undefined, null] } }, Uint8Array.of(1, 2, 3), { bytes: Uint8Array.of(9) }]
    for (const value of values) {
      expect(await gate.rpc.invoke('login', 'echo', value)).to.deep.equal(value)
    }
    // the fake stream overwrites a frame once it was handled: nothing may point into it
    await ready()
    expect(kept).to.deep.equal(values)
  })

  it('a handler may be synchronous or not, and may return any thenable', async () => {
    login.rpc.handle('sync', n => n + 1)
    login.rpc.handle('async', async n => n + 2)
    login.rpc.handle('thenable', n => ({ then: (resolve: (value: number) => void) => { resolve(n + 3) } }))
    expect(await Promise.all(['sync', 'async', 'thenable'].map(async method => gate.rpc.invoke('login', method, 1)))).to.deep.equal([2, 3, 4])
  })

  it('many calls in flight are answered each with its own result, in any order', async () => {
    login.rpc.handle('later', async (n: number) => new Promise(resolve => { mesh.timers.after((n * 7919) % 100, () => { resolve(n) }) }))
    const calls = Promise.all(Array.from({ length: 500 }, async (_, n) => gate.rpc.invoke('login', 'later', n)))
    await mesh.clock.pass(200)
    expect(await calls).to.deep.equal(Array.from({ length: 500 }, (_, n) => n))
    expect(gate.streams.all.size, 'all on one stream').to.equal(1)
  })

  it('tells the handler who calls, what for and how much time there is', async () => {
    let seen: Partial<HandlerContext> = {}
    login.rpc.handle('who', (_, ctx) => {
      const { method, caller, token, link, remaining, metadata, headers } = ctx
      seen = { method, caller, token, link, remaining, metadata: { ...metadata }, headers: { ...headers } }
    })
    await gate.rpc.invoke('login', 'who', undefined, { token: 'session', timeout: 1_000, metadata: { tenant: 'a' }, headers: { trace: '1' } })
    expect(seen).to.deep.include({ method: 'who', link: undefined, remaining: 1_000, metadata: { tenant: 'a' }, headers: { trace: '1' } })
    expect(seen.caller?.id).to.equal('gate-1')
    expect(seen.token).to.equal(gate.rpc.tokenId('session')).and.match(/^[0-9a-f]{64}$/)
    await gate.rpc.invoke('login', 'who')
    expect(seen).to.deep.include({ token: undefined, remaining: 5_000, metadata: {}, headers: {} })
  })

  it('braid.ping is a method of every node: pong, or what was sent', async () => {
    expect(await gate.rpc.invoke('login', 'braid.ping')).to.equal('pong')
    expect(await gate.rpc.invoke('login', 'braid.ping', [1])).to.deep.equal([1])
    expect(await login.rpc.invoke('any', 'braid.ping', undefined, { node: 'gate-1' })).to.equal('pong')
  })

  describe('errors', () => {
    it('an RpcError keeps code, message and details, says where, and is never retryable', async () => {
      login.rpc.handle('fail', () => { throw new RpcError('PERMISSION_DENIED', 'not yours', { details: { why: [1, 'x'] }, retryable: true }) })
      const error = await rejection(gate.rpc.invoke('login', 'fail'))
      expect(error).to.be.instanceOf(RpcError).and.include({ name: 'RpcError', code: 'PERMISSION_DENIED', retryable: false, node: 'login-1' })
      expect(error.message).to.equal('rpc login/fail at login-1 (login-1): not yours')
      expect(error.rawMessage).to.equal('not yours')
      expect(error.details).to.deep.equal({ why: [1, 'x'] })
    })

    it('an RpcError of another copy of the package counts as one', async () => {
      login.rpc.handle('fail', () => { throw Object.assign(new Error('theirs'), { name: 'RpcError', code: 'ABORTED', details: 7 }) })
      expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED', details: 7 })
    })

    for (const [what, thrown, message] of [
      ['an Error', new TypeError('of null'), 'of null'],
      ['a system error with a code of its own', Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'no such file'],
      ['a string', 'text', 'text'],
      ['undefined', undefined, 'undefined'],
      ['what cannot be shown', { toString () { throw new Error('no') } }, 'an error that cannot be shown']
    ] as const) {
      it(`${what} reaches the caller as UNKNOWN with its message and without its stack`, async () => {
        login.rpc.handle('throws', () => { raise(thrown) })
        login.rpc.handle('rejects', async () => { raise(thrown) })
        for (const method of ['throws', 'rejects']) {
          const error = await rejection(gate.rpc.invoke('login', method))
          expect(error).to.include({ code: 'UNKNOWN', retryable: false, details: undefined })
          expect(error.message).to.equal(`rpc login/${method} at login-1 (login-1): ${message}`)
        }
      })
    }

    it('details that cannot travel are left out; the error arrives', async () => {
      login.rpc.handle('fail', () => { throw new RpcError('ABORTED', 'no', { details: () => {} }) })
      expect(await rejection(gate.rpc.invoke('login', 'fail'))).to.include({ code: 'ABORTED', details: undefined })
    })

    it('a result that cannot be encoded is INTERNAL, one that is too large RESOURCE_EXHAUSTED', async () => {
      login.rpc.handle('function', () => () => {})
      login.rpc.handle('large', () => new Uint8Array(1024 * 1024 + 1))
      expect(await rejection(gate.rpc.invoke('login', 'function'))).to.include({ code: 'INTERNAL', retryable: false })
      expect(await rejection(gate.rpc.invoke('login', 'large'))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: false })
    })

    it('arguments that cannot be encoded are INVALID_ARGUMENT with their place, too large ones name size and limit; nothing is sent', async () => {
      login.rpc.handle('echo', args => args)
      await gate.rpc.invoke('login', 'echo')
      const { delivered } = gate.to('login-1')
      const bad = await rejection(gate.rpc.invoke('login', 'echo', { list: [{ fn: () => {} }] }))
      expect(bad).to.include({ code: 'INVALID_ARGUMENT' })
      expect(bad.message).to.match(/list.*0.*fn/)
      const large = await rejection(gate.rpc.invoke('login', 'echo', new Uint8Array(1024 * 1024 + 1)))
      expect(large).to.include({ code: 'RESOURCE_EXHAUSTED' })
      expect(large.message).to.include('1048577').and.include('1048576')
      await ready()
      expect(gate.to('login-1').delivered).to.equal(delivered)
      expect(await gate.rpc.invoke('login', 'echo', new Uint8Array(1024 * 1024))).to.have.lengthOf(1024 * 1024)
    })

    it('an unknown method is UNIMPLEMENTED and names service, method and node', async () => {
      const error = await rejection(gate.rpc.invoke('login', 'nope'))
      expect(error).to.include({ code: 'UNIMPLEMENTED', node: 'login-1' })
      expect(error.message).to.include('login').and.include('nope').and.include('login-1')
    })

    it('illegal names and options reject, each with its own error', async () => {
      const invoke = async (service: any, method: any, options?: any): Promise<any> => rejection(gate.rpc.invoke(service, method, 1, options))
      for (const [service, method] of [['Login', 'x'], ['', 'x'], ['login', ''], ['login', 'a b'], ['login', 'x'.repeat(65)], [undefined, 'x'], ['login', 7]]) {
        expect(await invoke(service, method)).to.include({ name: 'InvalidNameError', code: 'INVALID_ARGUMENT' })
      }
      for (const options of [{ timeout: NaN }, { node: gate.discovery.self }, { prefer: login.discovery.self }, { timeout: '5' }, { token: '' }, { token: 5 }, { metadata: { a: 1 } }, { headers: { a: null } }, { balancer: 'best' }, { idempotencyKey: 1 }]) {
        expect(await invoke('login', 'x', options), JSON.stringify(options)).to.include({ name: 'InvalidOptionsError', code: 'INVALID_ARGUMENT' })
      }
      expect(await invoke('login', 'x', { headers: { a: 'x'.repeat(20_000) } })).to.include({ code: 'RESOURCE_EXHAUSTED' })
    })

    it('what is no AbortSignal rejects at once, with interceptors too, and leaves nothing behind', async () => {
      const through = await mesh.add('gate-2', undefined, { interceptors: { client: [next => async call => next(call)] } })
      for (const { rpc } of [gate, through]) {
        for (const signal of [new AbortController(), null, 'abort', { addEventListener () {} }] as any[]) {
          const error = { name: 'InvalidOptionsError', message: 'signal must be an AbortSignal' }
          for (const options of [{ signal }, { signal, idempotent: true }]) expect(await rejection(rpc.invoke('login', 'x', 1, options))).to.include(error)
          expect(await rejection(rpc.stream('login', 'x', 'serverStream', 1, { signal }).next())).to.include(error)
          expect(await rejection(rpc.stream('login', 'x', 'clientStream', [], { signal }))).to.include(error)
        }
        expect(rpc.nodeStats().pending).to.equal(0)
      }
      await mesh.clock.pass(6_000)
    })
  })

  describe('handle', () => {
    it('lists the methods in the node\'s record and takes them off again', () => {
      const first = login.rpc.handle('user.password', () => 1)
      {
        using second = login.rpc.handle('b', () => 2)
        expect(second).to.respondTo('close')
        expect(login.discovery.self.methods).to.deep.equal(['b', 'user.password'])
      }
      expect(login.discovery.self.methods).to.deep.equal(['user.password'])
      first.close()
      first.close()
      expect(login.discovery.self.methods).to.deep.equal([])
    })

    it('refuses illegal names, a second handler and what is no function; a closed one no longer answers', async () => {
      const registration = login.rpc.handle('once', () => 1)
      expect(() => login.rpc.handle('once', () => 2)).to.throw(/served already/).with.property('code', 'ALREADY_EXISTS')
      expect(() => login.rpc.handle('a b', () => 2)).to.throw().with.property('name', 'InvalidNameError')
      // no interceptor stands before those
      expect(() => login.rpc.handle('braid.mine', () => 2)).to.throw('the node\'s own').with.property('name', 'InvalidNameError')
      expect(() => login.rpc.handleStream('braid.mine', 'serverStream', () => [2], {})).to.throw('the node\'s own').with.property('name', 'InvalidNameError')
      expect(() => login.rpc.handle('nothing', undefined as any)).to.throw(TypeError)
      expect(await gate.rpc.invoke('login', 'once')).to.equal(1)
      registration.close()
      expect(await rejection(gate.rpc.invoke('login', 'once'))).to.include({ code: 'UNIMPLEMENTED' })
      login.rpc.handle('once', () => 3)
      registration.close()
      expect(await gate.rpc.invoke('login', 'once')).to.equal(3)
    })

    it('a record without room for another method refuses that method', () => {
      for (let i = 0; i < 512; i++) login.rpc.handle(`m${i}`, () => {})
      expect(() => login.rpc.handle('m512', () => {})).to.throw('too many methods')
      expect(login.rpc.stats()).not.to.have.property('m512')
    })

    it('counts calls, errors and what runs', async () => {
      let release = (): void => {}
      login.rpc.handle('wait', async () => new Promise<void>(resolve => { release = resolve }))
      login.rpc.handle('fail', () => { throw new Error('no') })
      const waiting = gate.rpc.invoke('login', 'wait')
      await rejection(gate.rpc.invoke('login', 'fail'))
      expect(login.rpc.stats().wait).to.include({ calls: 1, errors: 0, running: 1 })
      expect(login.rpc.stats().fail).to.include({ calls: 1, errors: 1, running: 0, lastError: 'no' })
      release()
      await waiting
      expect(login.rpc.stats().wait).to.include({ calls: 1, errors: 0, running: 0 })
    })

    it('tells the mesh how much runs here, when that has changed, at most every 2 s', async () => {
      let release = (): void => {}
      login.rpc.handle('wait', async () => new Promise<void>(resolve => { const before = release; release = () => { before(); resolve() } }))
      const waiting = Promise.all([1, 2, 3].map(async () => gate.rpc.invoke('login', 'wait', undefined, { timeout: 60_000 })))
      await mesh.clock.pass(1_900)
      expect(login.discovery.self.load.inflight).to.equal(0)
      await mesh.clock.pass(300)
      expect(login.discovery.self.load.inflight).to.equal(3)
      const told = login.discovery.updates.length
      await mesh.clock.pass(10_000)
      expect(login.discovery.updates).to.have.lengthOf(told)
      release()
      await waiting
      await mesh.clock.pass(2_300)
      expect(login.discovery.self.load.inflight).to.equal(0)
    })
  })
})
