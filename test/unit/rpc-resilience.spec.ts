import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { breaker, defineService, hedge, retry, unary } from '../../src/rpc/index.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { ClientInterceptor, InvokeOptions } from '../../src/rpc/index.ts'

const quick = { backoff: { initial: 1, max: 2 } }

describe('rpc: resilience', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let ran: string[]

  async function start (client: ClientInterceptor[] | undefined, nodes: number): Promise<FakeNode[]> {
    gate = await mesh.add('gate-1', undefined, client === undefined ? {} : { interceptors: { client } })
    const added = []
    for (let i = 1; i <= nodes; i++) {
      const node = await mesh.add(`login-${i}`, 'login')
      node.rpc.handle('who', () => { ran.push(node.id); return node.id })
      added.push(node)
    }
    return added
  }

  beforeEach(() => {
    mesh = new FakeMesh()
    ran = []
  })

  afterEach(async () => { await mesh.stop() })

  describe('retry', () => {
    const failing = (times: number, error: () => Error): () => string => {
      let left = times
      return () => {
        ran.push('try')
        if (left-- > 0) throw error()
        return 'done'
      }
    }
    const busy = (): Error => new RpcError('UNAVAILABLE', 'busy')

    it('a call that ran is repeated only when it may run twice', async () => {
      const [login] = await start([retry(quick)], 1)
      login?.rpc.handle('flaky', failing(1, busy))
      expect(await rejection(gate.rpc.invoke('login', 'flaky'))).to.include({ code: 'UNAVAILABLE', retryable: false })
      expect(ran).to.have.lengthOf(1)
      login?.rpc.handle('flaky2', failing(2, busy))
      expect(await gate.rpc.invoke('login', 'flaky2', 1, { idempotent: true })).to.equal('done')
      expect(ran).to.have.lengthOf(4)
    })

    it('three attempts, and only codes that may pass', async () => {
      const [login] = await start([retry(quick)], 1)
      login?.rpc.handle('flaky', failing(9, busy))
      expect(await rejection(gate.rpc.invoke('login', 'flaky', 1, { idempotent: true }))).to.include({ code: 'UNAVAILABLE' })
      expect(ran).to.have.lengthOf(3)
      login?.rpc.handle('wrong', failing(9, () => new RpcError('INVALID_ARGUMENT', 'no')))
      await rejection(gate.rpc.invoke('login', 'wrong', 1, { idempotent: true }))
      expect(ran).to.have.lengthOf(4)
    })

    it('the budget of a service ends it: a service that fails gets little more than one attempt a call', async () => {
      const [login] = await start([retry({ ...quick, budget: { max: 10, ratio: 0.1 } })], 1)
      login?.rpc.handle('down', failing(Infinity, busy))
      for (let i = 0; i < 20; i++) await rejection(gate.rpc.invoke('login', 'down', 1, { idempotent: true }))
      expect(ran).to.have.lengthOf(23)
    })

    it('push-back: the pause that the node asks for is kept, and a negative one ends it', async () => {
      const [login] = await start([retry(quick)], 1)
      login?.rpc.handle('stop', failing(9, () => new RpcError('UNAVAILABLE', 'never', { retryAfter: -1 })))
      expect(await rejection(gate.rpc.invoke('login', 'stop', 1, { idempotent: true }))).to.include({ retryAfter: -1 })
      expect(ran).to.have.lengthOf(1)
      login?.rpc.handle('long', failing(9, () => new RpcError('UNAVAILABLE', 'later', { retryAfter: 60_000 })))
      expect(await rejection(gate.rpc.invoke('login', 'long', 1, { idempotent: true, timeout: 1_000 })), 'beyond the deadline').to.include({ retryAfter: 60_000 })
      expect(ran).to.have.lengthOf(2)
      login?.rpc.handle('soon', failing(1, () => new RpcError('UNAVAILABLE', 'soon', { retryAfter: 20 })))
      const began = performance.now()
      expect(await gate.rpc.invoke('login', 'soon', 1, { idempotent: true })).to.equal('done')
      expect(performance.now() - began).to.be.at.least(19)
    })

    for (const interceptors of [undefined, [retry(quick)]]) {
      it(`a call lost in flight is sent again if it is idempotent${interceptors === undefined ? ', without any interceptor too' : ''}`, async () => {
        const [login] = await start(interceptors, 1)
        let calls = 0
        login?.rpc.handle('slow', async () => ++calls === 1 ? new Promise(() => {}) : 'second')
        const plain = watch(gate.rpc.invoke('login', 'slow'))
        await ready()
        gate.streams.all.forEach(stream => { stream.abort(new Error('cable')) })
        await ready()
        expect(plain.error).to.include({ code: 'UNAVAILABLE', retryable: false })
        calls = 0
        const safe = gate.rpc.invoke('login', 'slow', 1, { idempotent: true })
        await until(() => calls === 1)
        gate.streams.all.forEach(stream => { stream.abort(new Error('cable')) })
        expect(await safe).to.equal('second')
      })
    }

    it('those retries are there with an empty list, and beneath the interceptors of one client, too; an own retry decides alone', async () => {
      const lost = async (client: ClientInterceptor[] | undefined, own: ClientInterceptor[], options: InvokeOptions): Promise<ReturnType<typeof watch>> => {
        const id = `gate-${Math.random()}`
        const { rpc, streams } = await mesh.add(id, undefined, client === undefined ? {} : { interceptors: { client } })
        const name = `m-${id.slice(7)}`
        let calls = 0
        mesh.node('login-1').rpc.handle(name, async () => ++calls === 1 ? new Promise(() => {}) : 'second')
        const contract = defineService('login', { [name]: unary() })
        const call = watch(rpc.client(contract, { interceptors: own })[name]?.(undefined, options) ?? Promise.reject(new Error('no method')))
        await until(() => calls === 1)
        streams.all.forEach(stream => { stream.abort(new Error('cable')) })
        await until(() => call.done)
        return call
      }
      await start(undefined, 1)
      const pass: ClientInterceptor = next => async call => next(call)
      for (const [client, own] of [[undefined, []], [[], []], [undefined, [pass]], [[], [pass]]]) {
        expect(await lost(client, own ?? [], { idempotent: true })).to.include({ value: 'second' })
        expect((await lost(client, own ?? [], {})).error).to.include({ code: 'UNAVAILABLE' })
      }
      const none = retry({ attempts: 1 })
      expect((await lost(undefined, [none], { idempotent: true })).error).to.include({ code: 'UNAVAILABLE' })
      expect((await lost([none], [], { idempotent: true })).error).to.include({ code: 'UNAVAILABLE' })
      expect((await lost([pass], [pass], { idempotent: true })).error).to.include({ code: 'UNAVAILABLE' })
    })

    it('a stream that was not begun is, one whose input may have been read is not', async () => {
      const [login] = await start([retry(quick)], 1)
      let tries = 0
      login?.rpc.handleStream('watch', 'serverStream', async function * () { if (++tries < 3) throw busy(); yield 'here' })
      const items = []
      for await (const item of gate.rpc.stream('login', 'watch', 'serverStream', 1, { idempotent: true })) items.push(item)
      expect(items).to.deep.equal(['here'])
      expect(tries).to.equal(3)
    })
  })

  describe('idempotency keys', () => {
    it('a call runs once, however often it is sent: at once, later, or across a lost connection', async () => {
      const [login] = await start(undefined, 3)
      const release = Promise.withResolvers<string>()
      let calls = 0
      const nodes = ['login-1', 'login-2', 'login-3'].map(id => mesh.node(id))
      for (const node of nodes) node.rpc.handle('pay', async () => { calls++; return release.promise })
      const options = { idempotencyKey: 'order-7' }
      const first = gate.rpc.invoke('login', 'pay', { sum: 1 }, options)
      await until(() => calls === 1)
      const node = nodes.find(({ rpc }) => rpc.stats()['pay']?.running === 1)
      const same = gate.rpc.invoke('login', 'pay', { sum: 1 }, { ...options, node: node?.id ?? '' })
      await ready()
      gate.streams.all.forEach(stream => { stream.abort(new Error('cable')) })
      await until(() => [...gate.streams.all].some(({ open, delivered }) => open && delivered > 0), { what: 'it is sent again' })
      release.resolve('paid')
      expect(await Promise.all([first, same])).to.deep.equal(['paid', 'paid'])
      expect(await gate.rpc.invoke('login', 'pay', { sum: 1 }, { ...options, node: node?.id ?? '' })).to.equal('paid')
      expect(calls).to.equal(1)
      expect(login?.rpc.nodeStats().running).to.equal(0)
    })

    it('a key has a node: it runs once, whoever of one caller asks again, also after a deadline; other keys have others', async () => {
      const nodes = await start(undefined, 3)
      const late = Promise.withResolvers<string>()
      for (const node of nodes) node.rpc.handle('pay', async (n: number) => { ran.push(node.id); return n < 0 ? late.promise : node.id })
      const pay = async (n: number, idempotencyKey: string, more = {}): Promise<unknown> => gate.rpc.invoke('login', 'pay', n, { idempotencyKey, ...more })
      for (let i = 0; i < 12; i++) await pay(1, 'order-7')
      expect(ran).to.have.lengthOf(1)
      const given = watch(pay(-1, 'order-8', { timeout: 5 }))
      await mesh.clock.pass(20)
      expect(given.error).to.include({ code: 'DEADLINE_EXCEEDED' })
      late.resolve('late')
      const [home] = ran
      ran = []
      expect(await Promise.all([pay(-1, 'order-8'), pay(-1, 'order-8')])).to.deep.equal(['late', 'late'])
      expect(ran, 'it ran before').to.deep.equal([])
      for (let i = 0; i < 60; i++) await pay(1, `key-${i}`)
      for (const { id } of nodes) expect(ran.filter(each => each === id).length, id).to.be.within(8, 40)
      const other = nodes.find(({ id }) => id !== home)?.id ?? ''
      expect(await pay(1, 'order-9', { prefer: other })).to.equal(other)
      expect(await pay(1, 'order-10', { avoid: new Set(nodes.map(({ id }) => id).filter(id => id !== other)) })).to.equal(other)
      // whoever is suspected has its replies
      for (const { discovery } of nodes) gate.discovery.see({ ...discovery.self, state: 'suspect', seq: 9 })
      ran = []
      await pay(1, 'order-7')
      expect(ran).to.deep.equal([])
    })

    it('errors of the handler are kept too; another key, caller or method is another call; other arguments are refused', async () => {
      const [login] = await start([], 1)
      const other = await mesh.add('gate-2', undefined)
      let calls = 0
      login?.rpc.handle('pay', (args: unknown) => { calls++; if (args === 'bad') throw new RpcError('FAILED_PRECONDITION', 'no money'); return calls })
      const key = (idempotencyKey: string): { idempotencyKey: string } => ({ idempotencyKey })
      expect(await rejection(gate.rpc.invoke('login', 'pay', 'bad', key('a')))).to.include({ code: 'FAILED_PRECONDITION' })
      expect((await rejection(gate.rpc.invoke('login', 'pay', 'bad', key('a')))).message).to.include('no money')
      expect(calls).to.equal(1)
      expect((await rejection(gate.rpc.invoke('login', 'pay', 'other', key('a')))).message).to.include('with other arguments')
      expect(await gate.rpc.invoke('login', 'pay', 'good', key('b'))).to.equal(2)
      expect(await other.rpc.invoke('login', 'pay', 'good', key('b'))).to.equal(3)
      expect(await rejection(gate.rpc.invoke('login', 'pay', 1, key('x'.repeat(257))))).to.include({ name: 'InvalidOptionsError' })
    })

    it('a cancelled call, and one that did not run, are not kept', async () => {
      const [login] = await start([], 1)
      let calls = 0
      login?.rpc.handle('slow', async (_: unknown, ctx) => { calls++; return calls === 1 ? new Promise((_resolve, reject) => { ctx.signal.addEventListener('abort', () => { reject(ctx.signal.reason as Error) }) }) : calls })
      const controller = new AbortController()
      const call = watch(gate.rpc.invoke('login', 'slow', 1, { idempotencyKey: 'k', signal: controller.signal }))
      await until(() => calls === 1)
      controller.abort()
      await ready()
      expect(call.error).to.include({ code: 'CANCELLED' })
      expect(await gate.rpc.invoke('login', 'slow', 1, { idempotencyKey: 'k' })).to.equal(2)
    })

    it('replies are kept for five minutes, and never more than 16 384 or 16 MiB', async () => {
      const [login] = await start([], 1)
      let calls = 0
      login?.rpc.handle('make', (size: number) => { calls++; return new Uint8Array(size) })
      const make = async (key: string, size: number): Promise<unknown> => gate.rpc.invoke('login', 'make', size, { idempotencyKey: key })
      await make('old', 1)
      await make('old', 1)
      expect(calls).to.equal(1)
      await mesh.clock.pass(5 * 60_000 + 1_000)
      await make('old', 1)
      expect(calls).to.equal(2)
      for (let i = 0; i < 20; i++) await make(`large-${i}`, 1024 * 1024)
      await make('large-19', 1024 * 1024)
      expect(calls).to.equal(22)
      await make('large-0', 1024 * 1024)
      expect(calls, 'the oldest was forgotten').to.equal(23)
      await Promise.all(Array.from({ length: 16_384 }, async (_, i) => make(`small-${i}`, 0)))
      calls = 0
      await make('large-19', 1024 * 1024)
      expect(calls).to.equal(1)
    })
  })

  describe('hedge', () => {
    it('a second node is asked when the first is slow, and the other is cancelled', async () => {
      const nodes = await start([hedge({ delay: 5 })], 2)
      const cancelled: string[] = []
      let first = ''
      for (const node of nodes) {
        node.rpc.handle('read', async (_, ctx) => {
          if (first !== '') return node.id
          first = node.id
          return new Promise((_resolve, reject) => { ctx.signal.addEventListener('abort', () => { cancelled.push(node.id); reject(ctx.signal.reason as Error) }) })
        })
      }
      const answer = await gate.rpc.invoke('login', 'read', 1, { idempotent: true })
      expect(answer).not.to.equal(first)
      await until(() => cancelled.length === 1)
      expect(cancelled).to.deep.equal([first])
    })

    it('one that fails early does not hide the answer of the other; calls that may not run twice are not hedged', async () => {
      const nodes = await start([hedge({ delay: 5 })], 2)
      let calls = 0
      const other = Promise.withResolvers<void>()
      const failed = Promise.withResolvers<void>()
      for (const node of nodes) {
        node.rpc.handle('read', async () => {
          if (++calls === 1) {
            await other.promise
            failed.resolve()
            throw new RpcError('INTERNAL', 'broken')
          }
          other.resolve()
          await failed.promise
          // its caller has heard of that
          await ready()
          return 'fine'
        })
        node.rpc.handle('fail', async () => {
          calls++
          await new Promise(resolve => setTimeout(resolve, 30))
          throw new RpcError('INTERNAL', 'broken')
        })
      }
      expect(await gate.rpc.invoke('login', 'read', 1, { idempotent: true })).to.equal('fine')
      expect(calls).to.equal(2)
      calls = 0
      await rejection(gate.rpc.invoke('login', 'fail'))
      expect(calls).to.equal(1)
    })
  })

  describe('breaker', () => {
    it('a node that fails is left alone, all failing fail at once, and one call tries it again', async () => {
      const guard = breaker({ consecutive: 3, cooldown: 40, outliers: false })
      const nodes = await start([guard], 2)
      let healed = false
      for (const node of nodes) node.rpc.handle('work', () => { ran.push(node.id); if (node.id === 'login-1' && !healed) throw new RpcError('INTERNAL', 'broken'); return node.id })
      for (let i = 0; i < 40; i++) await gate.rpc.invoke('login', 'work').catch(() => {})
      expect(ran.filter(id => id === 'login-1')).to.have.lengthOf(3)
      expect(guard.states()).to.deep.equal({ login: { 'login-1': 'open' } })
      const error = await rejection(gate.rpc.invoke('login', 'work', 1, { node: 'login-1' }))
      expect(error).to.include({ code: 'UNAVAILABLE', retryable: true })
      expect(error.retryAfter).to.be.within(0, 40)
      healed = true
      await mesh.clock.pass(40)
      expect(await gate.rpc.invoke('login', 'work')).to.equal('login-1')
      expect(guard.states()).to.deep.equal({})
    })

    it('nodes that cannot be reached count; errors of the application and cancelled calls do not', async () => {
      const guard = breaker({ consecutive: 2, cooldown: 10_000, outliers: false })
      const [, second] = await start([guard], 2)
      mesh.gate = async id => { if (id === 'login-1') throw new Error('no way') }
      // chance picks the node, and two calls must have met it
      for (let i = 0; i < 100; i++) expect(await gate.rpc.invoke('login', 'who')).to.equal('login-2')
      expect(guard.states()['login']).to.deep.equal({ 'login-1': 'open' })
      second?.rpc.handle('fail', () => { throw new Error('mine') })
      for (let i = 0; i < 5; i++) await rejection(gate.rpc.invoke('login', 'fail', 1, { node: 'login-2' }))
      expect(Object.keys(guard.states()['login'] ?? {})).to.deep.equal(['login-1'])
    })
  })
})
