import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { MeshStoppedError } from '../../src/errors.ts'
import { rpc } from '../../src/rpc/index.ts'
import { FakeDiscovery, FakeMesh, nodeInfo, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'

describe('rpc: start and stop', () => {
  const logger = defaultLogger()
  let mesh: FakeMesh

  beforeEach(() => { mesh = new FakeMesh() })
  afterEach(async () => { await mesh.stop() })

  it('refuses options that cannot work, when it is made', () => {
    for (const init of [{ timeout: 0 }, { timeout: -1 }, { timeout: NaN }, { timeout: 1e12 }, { maxPending: 0 }, { maxPendingPerPeer: '9' as any }]) {
      expect(() => rpc(init), JSON.stringify(init)).to.throw().with.property('name', 'InvalidOptionsError')
    }
  })

  it('without a discovery service it says what to add', async () => {
    const components = { logger, get discovery (): never { throw Object.assign(new Error('discovery not set'), { name: 'MissingServiceError' }) } }
    for (const service of [rpc()(components as any), rpc()({ logger } as any)]) {
      const error = await rejection((service as any).start())
      expect(error).to.include({ name: 'InvalidOptionsError' })
      expect(error.message).to.include('discovery: discovery()')
    }
  })

  it('before the start and after the stop nothing is called, and handlers that came before are served', async () => {
    const service = rpc()({ logger, discovery: new FakeDiscovery(nodeInfo('x', 'login')) } as any)
    expect(await rejection(service.invoke('login', 'x'))).to.include({ name: 'MeshStoppedError' })
    service.handle('early', () => 1)
    expect(service.stats()).to.have.property('early')
    expect(service.tokenId('a')).to.match(/^[0-9a-f]{64}$/)
    await service.drain()

    const login = await mesh.add('login-1', 'login')
    login.rpc.handle('echo', args => args)
    await login.rpc.stop()
    expect(await rejection(login.rpc.invoke('login', 'echo'))).to.include({ name: 'MeshStoppedError' })
    await login.rpc.start()
    expect(await login.rpc.invoke('login', 'echo', 'again')).to.equal('again')
  })

  it('the same token has the same id under the same secret, and another one under another', async () => {
    const a = rpc({ secret: 's' })({ logger } as any)
    const b = rpc({ secret: 's' })({ logger } as any)
    const c = rpc()({ logger, discovery: new FakeDiscovery(nodeInfo('x', undefined)) } as any)
    expect(a.tokenId('t')).to.equal(b.tokenId('t')).and.not.equal(c.tokenId('t'))
    expect(a.tokenId('t')).not.to.equal(a.tokenId('u'))
    const before = a.tokenId('token-0')
    for (let i = 0; i < 12_000; i++) a.tokenId(`token-${i}`)
    expect(a.tokenId('token-0')).to.equal(before)
  }).timeout(30_000)

  describe('stop', () => {
    let gate: FakeNode
    let login: FakeNode
    let contexts: HandlerContext[]
    let release: Array<(value: unknown) => void>

    beforeEach(async () => {
      gate = await mesh.add('gate-1', undefined)
      login = await mesh.add('login-1', 'login')
      contexts = []
      release = []
      login.rpc.handle('echo', args => args)
      login.rpc.handle('wait', async (_, ctx) => { contexts.push(ctx); return new Promise(resolve => { release.push(resolve) }) })
    })

    it('finishes what runs, refuses what is new, and no call is lost on the way', async () => {
      const running = watch(gate.rpc.invoke('login', 'wait'))
      await ready()
      const stopped = watch(login.rpc.stop())
      // written before the goodbye was heard
      const crossing = watch(gate.rpc.invoke('login', 'echo', 'crossing', { node: 'login-1' }))
      await ready()
      expect(crossing.error).to.include({ code: 'UNAVAILABLE', retryable: true })
      expect(stopped.done).to.equal(false)
      expect(await rejection(login.rpc.invoke('login', 'echo'))).to.include({ name: 'MeshStoppedError' })
      await mesh.clock.pass(1_000)
      release[0]?.('done')
      await mesh.clock.pass(10)
      expect(running.value).to.equal('done')
      expect(stopped.done).to.equal(true)
      expect(contexts[0]?.signal.aborted).to.equal(false)
    })

    it('after 5 s it ends what still runs; the caller hears that it may have run', async () => {
      const running = watch(gate.rpc.invoke('login', 'wait', 1, { timeout: 60_000 }))
      await ready()
      const stopped = watch(login.rpc.stop())
      await mesh.clock.pass(4_900)
      expect(stopped.done).to.equal(false)
      expect(contexts[0]?.signal.aborted).to.equal(false)
      await mesh.clock.pass(800)
      expect(contexts[0]?.signal.reason).to.include({ code: 'UNAVAILABLE' })
      expect(running.error).to.include({ code: 'UNAVAILABLE', retryable: false })
      expect(running.error.message).to.include('may have run')
      expect(stopped.done).to.equal(true)
    })

    it('a handler that runs may still call on', async () => {
      const mail = await mesh.add('mail-1', 'mail')
      mail.rpc.handle('echo', args => args)
      login.rpc.handle('nested', async (_, ctx) => {
        await new Promise(resolve => { release.push(resolve) })
        return ctx.invoke('mail', 'echo', 'still')
      })
      const running = watch(gate.rpc.invoke('login', 'nested'))
      await ready()
      const stopped = watch(login.rpc.stop())
      await ready()
      release[0]?.(0)
      await mesh.clock.pass(600)
      expect(running.value).to.equal('still')
      expect(stopped.done).to.equal(true)
    })

    it('a handler whose own call ends with its node answers UNAVAILABLE, and so does a router that has stopped', async () => {
      login.rpc.handle('nested', async () => {
        await new Promise(resolve => { release.push(resolve) })
        return login.rpc.invoke('login', 'x')
      })
      const running = watch(gate.rpc.invoke('login', 'nested'))
      await ready()
      const stopped = watch(login.rpc.stop())
      await ready()
      release[0]?.(0)
      await mesh.clock.pass(600)
      expect(stopped.done).to.equal(true)
      expect(running.error).to.include({ code: 'UNAVAILABLE', retryable: false })
      gate.rpc.setTokenRouter({ route: async () => { throw new MeshStoppedError() } })
      expect(await rejection(gate.rpc.invoke('login', 'x', 1, { token: 'a' }))).to.include({ name: 'MeshStoppedError', code: 'UNAVAILABLE' })
    })

    it('ends this node\'s own calls, wherever they are, and leaves no timer', async () => {
      gate.rpc.setTokenRouter({ route: async () => new Promise(() => {}) })
      const calls = [
        watch(gate.rpc.invoke('login', 'wait')),
        watch(gate.rpc.invoke('nobody', 'x')),
        watch(gate.rpc.invoke('login', 'x', 1, { token: 'a' })),
        watch(gate.rpc.invoke('login', 'x', 1, { node: 'login-9' }))
      ]
      await ready()
      const stopped = watch(gate.rpc.stop())
      await mesh.clock.pass(10)
      expect(stopped.done).to.equal(true)
      expect(calls.map(({ error }) => error?.name)).to.deep.equal(new Array(4).fill('MeshStoppedError'))
      expect(calls.map(({ error }) => error.code)).to.deep.equal(new Array(4).fill('UNAVAILABLE'))
      // which of them may have run is said
      expect(calls.map(({ error }) => error.message.includes('may have run'))).to.deep.equal([true, false, false, false])
      expect(await rejection(gate.rpc.invoke('login', 'wait'))).to.include({ name: 'MeshStoppedError', code: 'UNAVAILABLE' })
      release[0]?.(0)
      await mesh.clock.pass(3_000)
      expect(mesh.timers.armed).to.equal(0)
      expect(login.rpc.stats().wait?.running).to.equal(0)
    })

    it('stops once, however often it is asked', async () => {
      const all = watch(Promise.all([login.rpc.beforeStop(), login.rpc.stop(), login.rpc.stop()]))
      await mesh.clock.pass(600)
      expect(all.done).to.equal(true)
      await login.rpc.stop()
    })

    it('a caller that keeps its stream open does not hold it up', async () => {
      await gate.rpc.invoke('login', 'echo')
      gate.to('login-1').init.onFrame = () => {}
      const stopped = watch(login.rpc.stop())
      await mesh.clock.pass(600)
      expect(stopped.done).to.equal(true)
    })
  })

  describe('drain', () => {
    it('refuses new calls and resolves when none runs', async () => {
      const gate = await mesh.add('gate-1', undefined)
      const login = await mesh.add('login-1', 'login')
      let release: (value: unknown) => void = () => {}
      login.rpc.handle('wait', async () => new Promise(resolve => { release = resolve }))
      const running = watch(gate.rpc.invoke('login', 'wait'))
      await ready()
      const drained = watch(login.rpc.drain())
      const refused = watch(gate.rpc.invoke('login', 'wait', 1, { node: 'login-1' }))
      await ready()
      expect(refused.error).to.include({ code: 'UNAVAILABLE', retryable: true })
      expect(drained.done).to.equal(false)
      release('done')
      await ready()
      expect(running.value).to.equal('done')
      expect(drained.done).to.equal(true)
      // it may still call others itself
      expect(await login.rpc.invoke('any', 'braid.ping', 1, { node: 'gate-1' })).to.equal(1)
    })

    it('or when its signal aborts; what runs goes on', async () => {
      const gate = await mesh.add('gate-1', undefined)
      const login = await mesh.add('login-1', 'login')
      let release: (value: unknown) => void = () => {}
      login.rpc.handle('wait', async () => new Promise(resolve => { release = resolve }))
      const running = watch(gate.rpc.invoke('login', 'wait'))
      await ready()
      const controller = new AbortController()
      const drained = watch(login.rpc.drain({ signal: controller.signal }))
      await ready()
      controller.abort()
      await ready()
      expect(drained.done).to.equal(true)
      release('done')
      await ready()
      expect(running.value).to.equal('done')
    })
  })

  describe('calls within the node', () => {
    let login: FakeNode

    beforeEach(async () => { login = await mesh.add('login-1', 'login') })

    it('skip the network, and neither side sees the other\'s later changes', async () => {
      const args = { list: [1] }
      let kept: any
      let result: any
      login.rpc.handle('keep', value => { kept = value; value.list.push(2); result = { got: value.list }; return result })
      const answer: any = await login.rpc.invoke('login', 'keep', args)
      expect(answer).to.deep.equal({ got: [1, 2] })
      expect(args).to.deep.equal({ list: [1] })
      answer.got.push(3)
      expect(result.got).to.deep.equal([1, 2])
      expect(kept.list).to.deep.equal([1, 2])
      expect([...login.streams.all]).to.deep.equal([])
    })

    it('run later than the call', async () => {
      const order: string[] = []
      login.rpc.handle('order', () => { order.push('handler') })
      const call = login.rpc.invoke('login', 'order')
      order.push('called')
      await call
      expect(order).to.deep.equal(['called', 'handler'])
    })

    it('have deadlines, cancels, errors, limits and a caller like all others', async () => {
      const contexts: HandlerContext[] = []
      login.rpc.handle('wait', async (_, ctx) => { contexts.push(ctx); return new Promise(() => {}) })
      login.rpc.handle('fail', () => { throw new TypeError('of null') })
      const late = watch(login.rpc.invoke('login', 'wait', 1, { timeout: 100, token: 'a', metadata: { b: 'c' } }))
      await mesh.clock.pass(120)
      expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED', node: 'login-1' })
      expect(contexts[0]?.signal.aborted).to.equal(true)
      expect(contexts[0]?.caller.id).to.equal('login-1')
      expect(contexts[0]?.token).to.equal(login.rpc.tokenId('a'))
      expect(contexts[0]?.metadata).to.deep.equal({ b: 'c' })

      const controller = new AbortController()
      const cancelled = watch(login.rpc.invoke('login', 'wait', 1, { signal: controller.signal }))
      await ready()
      controller.abort()
      await ready()
      expect(cancelled.error).to.include({ code: 'CANCELLED' })
      expect(contexts[1]?.signal.aborted).to.equal(true)

      const error = await rejection(login.rpc.invoke('login', 'fail'))
      expect(error).to.include({ code: 'UNKNOWN', node: 'login-1' })
      expect(error.message).to.equal('rpc login/fail at login-1 (login-1): of null')
      expect(await rejection(login.rpc.invoke('login', 'nope'))).to.include({ code: 'UNIMPLEMENTED' })
      expect(await rejection(login.rpc.invoke('login', 'fail', new Uint8Array(1024 * 1024 + 1)))).to.include({ code: 'RESOURCE_EXHAUSTED' })
    })

    it('cancelled before the handler has begun, it does not begin', async () => {
      let ran = false
      login.rpc.handle('run', () => { ran = true })
      const controller = new AbortController()
      const call = watch(login.rpc.invoke('login', 'run', 1, { signal: controller.signal }))
      controller.abort()
      await ready()
      expect(call.error).to.include({ code: 'CANCELLED' })
      expect(ran).to.equal(false)
    })

    it('when this node drains they go to another one', async () => {
      login.rpc.handle('who', () => 'login-1')
      const second = await mesh.add('login-2', 'login')
      second.rpc.handle('who', () => 'login-2')
      await login.rpc.drain()
      for (let i = 0; i < 10; i++) expect(await login.rpc.invoke('login', 'who')).to.equal('login-2')
    })
  })
})
