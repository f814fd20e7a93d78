import { expect } from 'chai'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'

/** Never done; tells when it is not wanted any more. */
function endless (contexts: HandlerContext[]): (args: unknown, ctx: HandlerContext) => Promise<unknown> {
  return async (_, ctx) => {
    contexts.push(ctx)
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener('abort', () => { reject(ctx.signal.reason as Error) })
    })
  }
}

describe('rpc: deadlines and cancels', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let contexts: HandlerContext[]

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', 'gate', { timeout: 700 })
    login = await mesh.add('login-1', 'login')
    contexts = []
    login.rpc.handle('endless', endless(contexts))
    login.rpc.handle('echo', args => args)
  })

  afterEach(async () => { await mesh.stop() })

  it('a call without an answer ends at its deadline, and so does its handler', async () => {
    const call = watch(gate.rpc.invoke('login', 'endless', 1, { timeout: 300 }))
    await mesh.clock.pass(290)
    expect(call.done).to.equal(false)
    expect(contexts[0]?.remaining).to.be.within(10, 11)
    expect(contexts[0]?.signal.aborted).to.equal(false)
    await mesh.clock.pass(30)
    expect(call.error).to.include({ name: 'RpcError', code: 'DEADLINE_EXCEEDED', node: 'login-1', retryable: false })
    expect(call.error.message).to.equal('rpc login/endless at login-1 (login-1): no answer within 300 ms')
    expect(contexts[0]?.signal.aborted).to.equal(true)
    expect(contexts[0]?.remaining).to.equal(0)
    expect(login.rpc.stats().endless).to.include({ calls: 1, errors: 1, running: 0 })
  })

  it('the room\'s own timeout holds where the call names none', async () => {
    const call = watch(gate.rpc.invoke('login', 'endless'))
    await mesh.clock.pass(690)
    expect(call.done).to.equal(false)
    await mesh.clock.pass(20)
    expect(call.error).to.include({ code: 'DEADLINE_EXCEEDED' })
  })

  it('the callee keeps the deadline by itself, when no cancel comes', async () => {
    const call = watch(gate.rpc.invoke('login', 'endless', 1, { timeout: 300 }))
    await mesh.clock.pass(10)
    gate.to('login-1').blocked = true
    await mesh.clock.pass(310)
    expect(call.done).to.equal(true)
    expect(contexts[0]?.signal.reason).to.include({ name: 'RpcError', code: 'DEADLINE_EXCEEDED' })
  })

  it('a result after the deadline is dropped, and meets no other call', async () => {
    let release: (value: string) => void = () => {}
    login.rpc.handle('late', async () => new Promise(resolve => { release = resolve }))
    const call = watch(gate.rpc.invoke('login', 'late', 1, { timeout: 100 }))
    await mesh.clock.pass(150)
    expect(call.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    const next = watch(gate.rpc.invoke('login', 'endless', 1, { timeout: 100 }))
    release('too late')
    await mesh.clock.pass(50)
    expect(next.done).to.equal(false)
    expect(login.rpc.stats().late).to.include({ calls: 1, errors: 1, running: 0 })
    await mesh.clock.pass(100)
  })

  it('without time left nothing is sent', async () => {
    await gate.rpc.invoke('login', 'echo')
    const { delivered } = gate.to('login-1')
    for (const timeout of [0, -5]) {
      expect(await rejection(gate.rpc.invoke('login', 'echo', 1, { timeout }))).to.include({ code: 'DEADLINE_EXCEEDED' })
    }
    await ready()
    expect(gate.to('login-1').delivered).to.equal(delivered)
  })

  it('a fraction of a millisecond travels as one, and no timeout is too long', async () => {
    login.rpc.handle('remaining', (_, ctx) => ctx.remaining)
    expect(await gate.rpc.invoke('login', 'remaining', 1, { timeout: 0.2 })).to.equal(1)
    expect(await gate.rpc.invoke('login', 'remaining', 1, { timeout: Infinity })).to.equal(24 * 60 * 60 * 1_000)
  })

  it('an abort ends the call here and the handler there', async () => {
    const controller = new AbortController()
    const call = watch(gate.rpc.invoke('login', 'endless', 1, { signal: controller.signal }))
    await ready()
    const reason = new Error('changed my mind')
    controller.abort(reason)
    await ready()
    expect(call.error).to.include({ name: 'RpcError', code: 'CANCELLED', cause: reason, retryable: false })
    expect(contexts[0]?.signal.reason).to.include({ code: 'CANCELLED' })
    expect(login.rpc.stats().endless?.running).to.equal(0)
  })

  it('an aborted signal sends nothing, and a call leaves no listener on a signal', async () => {
    expect(await rejection(gate.rpc.invoke('login', 'echo', 1, { signal: AbortSignal.abort('no') }))).to.include({ code: 'CANCELLED', cause: 'no' })
    expect([...gate.streams.all]).to.deep.equal([])
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: any) => { listeners++; (add as any)(...args) }
    signal.removeEventListener = (...args: any) => { listeners--; (remove as any)(...args) }
    await gate.rpc.invoke('login', 'echo', 1, { signal })
    expect(listeners).to.equal(0)
  })

  it('an abort while the stream is being opened sends nothing', async () => {
    let open = (): void => {}
    mesh.gate = async () => new Promise(resolve => { open = resolve })
    const controller = new AbortController()
    const call = watch(gate.rpc.invoke('login', 'endless', 1, { signal: controller.signal }))
    await ready()
    controller.abort()
    open()
    await ready()
    expect(call.error).to.include({ code: 'CANCELLED' })
    expect(contexts).to.deep.equal([])
  })

  it('the loss of the connection ends the handlers of its calls', async () => {
    const call = watch(gate.rpc.invoke('login', 'endless'))
    await ready()
    login.from('gate-1').abort(new Error('reset'))
    await ready()
    expect(contexts[0]?.signal.aborted).to.equal(true)
    expect(call.error).to.include({ code: 'UNAVAILABLE', retryable: false, node: 'login-1' })
    expect(call.error.message).to.include('it may have run')
  })

  it('a handler that asks for its signal too late finds it aborted', async () => {
    let late: HandlerContext | undefined
    login.rpc.handle('deaf', async (_, ctx) => { late = ctx; return new Promise(() => {}) })
    const call = watch(gate.rpc.invoke('login', 'deaf', 1, { timeout: 50 }))
    await mesh.clock.pass(100)
    expect(call.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    expect(late?.signal.aborted).to.equal(true)
  })

  it('no timer is left once all calls are answered', async () => {
    await Promise.all(Array.from({ length: 100 }, async (_, i) => gate.rpc.invoke('login', 'echo', i)))
    await mesh.clock.pass(4_000)
    expect(mesh.timers.armed).to.equal(0)
  })

  describe('calls within a handler', () => {
    let mail: FakeNode
    let outer: HandlerContext | undefined

    beforeEach(async () => {
      mail = await mesh.add('mail-1', 'mail')
      mail.rpc.handle('endless', endless(contexts))
      mail.rpc.handle('see', (_, ctx) => ({ remaining: ctx.remaining, token: ctx.token, metadata: { ...ctx.metadata }, headers: { ...ctx.headers } }))
      login.rpc.handle('nested', async (options, ctx) => {
        outer = ctx
        return ctx.invoke('mail', 'see', undefined, options)
      })
      login.rpc.handle('nest-endless', async (_, ctx) => ctx.invoke('mail', 'endless', undefined, { timeout: 60_000 }))
    })

    it('inherit the budget, unless they ask for less', async () => {
      expect(await gate.rpc.invoke('login', 'nested', {}, { timeout: 400 })).to.include({ remaining: 400 })
      expect(await gate.rpc.invoke('login', 'nested', { timeout: 100 }, { timeout: 400 })).to.include({ remaining: 100 })
      expect(await gate.rpc.invoke('login', 'nested', { timeout: 9_000 }, { timeout: 400 })).to.include({ remaining: 400 })
    })

    it('inherit token and metadata, not headers; their own ones win', async () => {
      const options = { token: 'a', metadata: { tenant: 'x', trace: '1' }, headers: { once: 'yes' } }
      expect(await gate.rpc.invoke('login', 'nested', {}, options)).to.deep.include({ token: gate.rpc.tokenId('a'), metadata: { tenant: 'x', trace: '1' }, headers: {} })
      expect(await gate.rpc.invoke('login', 'nested', { token: 'b', metadata: { trace: '2' } }, options)).to.deep.include({ token: gate.rpc.tokenId('b'), metadata: { tenant: 'x', trace: '2' } })
    })

    it('end with it: a cancel and a deadline reach the handler at the end of the chain', async () => {
      const controller = new AbortController()
      const call = watch(gate.rpc.invoke('login', 'nest-endless', 1, { signal: controller.signal }))
      await ready()
      expect(contexts).to.have.lengthOf(1)
      controller.abort()
      await ready()
      expect(call.error).to.include({ code: 'CANCELLED' })
      expect(contexts[0]?.signal.aborted).to.equal(true)

      const second = watch(gate.rpc.invoke('login', 'nest-endless', 1, { timeout: 100 }))
      await mesh.clock.pass(120)
      expect(second.error).to.include({ code: 'DEADLINE_EXCEEDED' })
      expect(contexts[1]?.signal.aborted).to.equal(true)
    })

    it('are refused once it has ended, and go on to their own end once it has answered', async () => {
      login.rpc.handle('background', (_, ctx) => { outer = ctx; void ctx.invoke('mail', 'endless').catch(() => {}); return 'answered' })
      expect(await gate.rpc.invoke('login', 'background', 1, { timeout: 500 })).to.equal('answered')
      await ready()
      expect(contexts[0]?.signal.aborted).to.equal(false)
      await mesh.clock.pass(520)
      expect(contexts[0]?.signal.aborted).to.equal(true)
      expect(await rejection(outer?.invoke('mail', 'see') as Promise<unknown>)).to.include({ code: 'DEADLINE_EXCEEDED' })

      login.rpc.handle('deaf', async (_, ctx) => { outer = ctx; return new Promise(() => {}) })
      const controller = new AbortController()
      const call = watch(gate.rpc.invoke('login', 'deaf', 1, { signal: controller.signal }))
      await ready()
      controller.abort()
      await ready()
      expect(call.done).to.equal(true)
      expect(await rejection(outer?.invoke('mail', 'see') as Promise<unknown>)).to.include({ code: 'CANCELLED' })
    })

    it('an error that passes through keeps its code and tells the way', async () => {
      const error = await rejection(gate.rpc.invoke('login', 'nested', { timeout: 0 }))
      expect(error).to.include({ code: 'DEADLINE_EXCEEDED', node: 'login-1', retryable: false })
      expect(error.message).to.include('login/nested').and.include('mail/see')
    })
  })
})
