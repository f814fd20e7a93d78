import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { auth, defineService, metrics, unary } from '../../src/rpc/index.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandleOptions, ServerInterceptor } from '../../src/rpc/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

const ME = { headers: { authorization: 'me' } }

describe('rpc: who may call', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let validated: number
  let ran: unknown[]

  const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate: value => { validated++; return typeof value === 'string' ? { value } : { issues: [{ message: 'the secret rule of this method' }] } } } }

  beforeEach(async () => {
    mesh = new FakeMesh()
    validated = 0
    ran = []
    gate = await mesh.add('gate-1', undefined)
  })

  afterEach(async () => { await mesh.stop() })

  async function start (server: readonly ServerInterceptor[], options: HandleOptions = {}): Promise<void> {
    login = await mesh.add('login-1', 'login', { interceptors: { server } })
    login.rpc.handle('work', args => { ran.push(args); return args }, { input: schema, ...options })
  }

  it('what stands outside of it bounds how often it is asked, and knows of each call and its refusal', async () => {
    const measure = metrics()
    let left = 3
    let asked = 0
    const limit: ServerInterceptor = next => async call => {
      if (left-- <= 0) throw new RpcError('RESOURCE_EXHAUSTED', 'slow down')
      return next(call)
    }
    await start([measure.server, limit, auth(async () => { asked++; return false })])
    for (let i = 0; i < 20; i++) await rejection(gate.rpc.invoke('login', 'work', 'text', ME))
    expect(asked).to.equal(3)
    expect(measure.snapshot().server['work']).to.deep.include({ calls: 20, running: 0, errors: { PERMISSION_DENIED: 3, RESOURCE_EXHAUSTED: 17 } })
    expect([validated, ran], 'arguments are checked before').to.deep.equal([20, []])
  })

  it('no more are asked at a time than the method runs calls', async () => {
    const decided: Array<(yes: boolean) => void> = []
    let most = 0
    await start([auth(async () => new Promise(resolve => { most = Math.max(most, decided.push(resolve)) }))], { concurrency: 2, queue: 1 })
    const calls = Array.from({ length: 50 }, () => watch(gate.rpc.invoke('login', 'work', 'x', ME)))
    await ready()
    expect([decided.length, login.rpc.stats()['work']?.running]).to.deep.equal([2, 3])
    while (calls.some(({ done }) => !done)) {
      decided.shift()?.(true)
      await mesh.clock.pass(10)
    }
    expect(calls.filter(({ value }) => value === 'x').length).to.be.at.least(3)
    expect(most).to.equal(2)
    expect(login.rpc.nodeStats().running).to.equal(0)
  })

  for (const options of [{}, { concurrency: 4 }]) {
    it(`what is held while it is decided stays counted when its caller gives up, ${JSON.stringify(options)}`, async () => {
      const decided: Array<(yes: boolean) => void> = []
      await start([auth(async () => new Promise(resolve => { decided.push(resolve) }))], { input: undefined, ...options })
      await flood()
      const { concurrency = 64 } = options as HandleOptions
      expect(decided.length, 'as many as the method runs, or 64 MiB are').to.be.within(Math.min(concurrency, 60), concurrency + 1)
      expect(login.rpc.nodeStats().running, 'nobody waits for them').to.equal(0)
      for (const decide of decided.splice(0)) decide(true)
      await ready()
      const call = watch(gate.rpc.invoke('login', 'work', 'text', ME))
      await ready()
      for (const decide of decided) decide(true)
      await ready()
      expect(call.value).to.equal('text')
    })

    it(`so does what is held while a schema thinks, ${JSON.stringify(options)}`, async () => {
      const decided: Array<() => void> = []
      const input: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate: async value => { await new Promise<void>(resolve => { decided.push(resolve) }); return { value } } } }
      await start([], { input, ...options })
      await flood()
      expect(decided.length).to.be.within(60, 65)
      for (const decide of decided.splice(0)) decide()
      await ready()
      const call = watch(gate.rpc.invoke('login', 'work', 'text', ME))
      await ready()
      for (const decide of decided) decide()
      await ready()
      expect(call.value).to.equal('text')
      expect(ran).to.deep.equal(['text'])
    })
  }

  /** 200 calls with 1 MiB each, which give up at once. */
  async function flood (): Promise<void> {
    const body = new Uint8Array(1024 * 1024 - 100)
    for (let i = 0; i < 200; i++) {
      const controller = new AbortController()
      const call = watch(gate.rpc.invoke('login', 'work', body, { ...ME, signal: controller.signal }))
      await ready()
      controller.abort()
      await ready()
      expect(call.error?.code).to.be.oneOf(['CANCELLED', 'RESOURCE_EXHAUSTED'])
    }
  }

  it('of calls that waited for a decision the memory is counted, and given back', async () => {
    let decided: Array<() => void> = []
    let held = 0
    login = await mesh.add('login-1', 'login', { interceptors: { server: [auth(async () => new Promise(resolve => { decided.push(() => { resolve(true) }) }))] } })
    login.rpc.handle('endless', async (_, { signal }) => { held++; await new Promise(resolve => { signal.addEventListener('abort', resolve) }); held-- })
    // as in rpc-limits: ten of these are as much as one caller may have
    const body = Array.from({ length: 1_000 }, () => new Array(98).fill([]))
    for (const round of [1, 2, 3]) {
      const calls = Array.from({ length: 16 }, () => watch(gate.rpc.invoke('login', 'endless', body, { ...ME, timeout: 1_000 })))
      await ready()
      expect(decided).to.have.lengthOf(10)
      for (const decide of decided) decide()
      decided = []
      await ready()
      expect(held, `round ${round}`).to.equal(10)
      await mesh.clock.pass(1_100)
      expect(calls.every(({ done }) => done)).to.equal(true)
      for (const decide of decided) decide()
      decided = []
      await mesh.clock.pass(1_100)
      expect([held, login.rpc.nodeStats().running]).to.deep.equal([0, 0])
    }
  })

  it('a call that ends while it waits for a decision does not run, with or without a limit and a key', async () => {
    for (const [i, options] of [{}, { concurrency: 1 }].entries()) {
      for (const key of [undefined, `k-${i}`]) {
        const decided = Promise.withResolvers<boolean>()
        const service = `of-${i}${key === undefined ? '' : '-key'}`
        const node = await mesh.add(`node-${service}`, service, { interceptors: { server: [auth(async () => decided.promise)] } })
        node.rpc.handle('work', () => { ran.push(service) }, options)
        const controller = new AbortController()
        const call = watch(gate.rpc.invoke(service, 'work', 1, { ...ME, signal: controller.signal, ...key !== undefined && { idempotencyKey: key } }))
        const late = watch(gate.rpc.invoke(service, 'work', 1, { ...ME, timeout: 50 }))
        await ready()
        controller.abort()
        await mesh.clock.pass(60)
        expect([call.error?.code, late.error?.code]).to.deep.equal(['CANCELLED', 'DEADLINE_EXCEEDED'])
        decided.resolve(true)
        await ready()
        expect([ran, node.rpc.nodeStats().running, node.rpc.stats()['work']?.running]).to.deep.equal([[], 0, 0])
        if (key !== undefined) {
          expect(await gate.rpc.invoke(service, 'work', 1, { ...ME, idempotencyKey: key })).to.equal(undefined)
          expect(ran.splice(0)).to.deep.equal([service])
        }
      }
    }
  })

  it('calls of sequences, and those of the node itself, wait for a decision and are refused as others are', async () => {
    let yes = true
    login = await mesh.add('login-1', 'login', { interceptors: { server: [auth(async () => yes)] } })
    login.rpc.handle('work', (args: Uint8Array) => args)
    login.rpc.handleStream('up', 'clientStream', async items => { let sum = 0; for await (const item of items) sum += item as number; return sum })
    login.rpc.handleStream('both', 'bidi', async function * (items) { for await (const item of items) { ran.push(item); yield item } })
    for (const { rpc } of [gate, login]) {
      const results = async (): Promise<unknown[]> => {
        const items = []
        for await (const item of rpc.stream('login', 'both', 'bidi', ['a', 'b'], ME)) items.push(item)
        return items
      }
      yes = true
      expect(await rpc.invoke('login', 'work', Uint8Array.of(1, 2), ME)).to.deep.equal(Uint8Array.of(1, 2))
      expect(await rpc.stream('login', 'up', 'clientStream', [1, 2], ME)).to.equal(3)
      expect(await results()).to.deep.equal(['a', 'b'])
      expect(ran.splice(0)).to.deep.equal(['a', 'b'])
      yes = false
      for (const call of [async () => rpc.invoke('login', 'work', 1, ME), async () => rpc.stream('login', 'up', 'clientStream', [1, 2], ME), results]) expect(await rejection(call())).to.include({ code: 'PERMISSION_DENIED' })
      expect(ran).to.deep.equal([])
    }
    expect(login.rpc.nodeStats()).to.include({ running: 0, pending: 0 })
  })

  it('a node that drains lets a call be decided, and run', async () => {
    const decided = Promise.withResolvers<boolean>()
    await start([auth(async () => decided.promise)])
    const call = watch(gate.rpc.invoke('login', 'work', 'text', ME))
    await ready()
    let drained = false
    void login.rpc.drain().then(() => { drained = true })
    await ready()
    expect(drained).to.equal(false)
    decided.resolve(true)
    await ready()
    expect(call.value).to.equal('text')
    expect(drained).to.equal(true)
  })

  it('of several the first that refuses does, each is asked once, and whatever an application stands between sees the order', async () => {
    const asked: string[] = []
    const rule = (name: string, allow: boolean): ServerInterceptor => auth(() => { asked.push(name); return allow })
    const slow = auth(async () => { asked.push('slow'); return true })
    const seen: unknown[] = []
    const log: ServerInterceptor = next => async call => { seen.push(call.args); return next(call) }
    await start([log, rule('room', true), slow], { interceptors: [log, rule('own', true)] })
    expect(await gate.rpc.invoke('login', 'work', 'text', ME)).to.equal('text')
    expect(asked.splice(0)).to.deep.equal(['room', 'slow', 'own'])
    expect(seen.splice(0)).to.deep.equal(['text', 'text'])
    login.rpc.handle('shut', () => { ran.push('shut') }, { interceptors: [rule('no', false), rule('never', true)] })
    expect(await rejection(gate.rpc.invoke('login', 'shut', 1, ME))).to.include({ code: 'PERMISSION_DENIED' })
    expect(asked).to.deep.equal(['room', 'slow', 'no'])
    expect(seen).to.deep.equal([1])
    expect(ran).to.deep.equal(['text'])
  })

  it('one that an application\'s own interceptor uses by hand decides in its place', async () => {
    const strict = auth(given => given === 'me')
    const except: ServerInterceptor = next => { const checked = strict(next); return async call => call.method === 'open' ? next(call) : checked(call) }
    await start([except])
    login.rpc.handle('open', () => 'in')
    expect(await gate.rpc.invoke('login', 'open')).to.equal('in')
    expect(await rejection(gate.rpc.invoke('login', 'work', 'text'))).to.include({ code: 'UNAUTHENTICATED' })
    expect(await gate.rpc.invoke('login', 'work', 'text', ME)).to.equal('text')
  })

  it('a rule that throws, rejects or answers nonsense lets nobody in', async () => {
    const rules: Array<() => any> = [() => { throw new RpcError('NOT_FOUND', 'whom?') }, async () => { throw new TypeError('bug') }, () => 1, async () => undefined]
    const codes: unknown[] = []
    for (const [i, rule] of rules.entries()) {
      const node = await mesh.add(`node-${i}`, `of-${i}`, { interceptors: { server: [auth(rule)] } })
      node.rpc.handle('work', () => { ran.push(i) })
      codes.push((await rejection(gate.rpc.invoke(`of-${i}`, 'work', 1, ME))).code)
    }
    expect(codes).to.deep.equal(['NOT_FOUND', 'UNKNOWN', 'PERMISSION_DENIED', 'PERMISSION_DENIED'])
    expect(ran).to.deep.equal([])
  })

  it('what a rule fails with is no reply of a key: the call has not run, and the next one is decided anew', async () => {
    let down: Error | undefined
    let asked = 0
    const rule = auth(async () => { asked++; if (down !== undefined) throw down; return true })
    await start([rule, auth(() => true)])
    login.rpc.handle('own', args => { ran.push(args); throw new RpcError('NOT_FOUND', 'whom?') }, { interceptors: [rule] })
    for (const [i, failure] of [new Error('ECONNREFUSED'), new RpcError('INTERNAL', 'the backend has a fault'), new RpcError('NOT_FOUND', 'no such user')].entries()) {
      const again = { ...ME, idempotencyKey: `k-${i}` }
      down = failure
      expect(await rejection(gate.rpc.invoke('login', 'work', `text-${i}`, again))).to.include({ code: failure instanceof RpcError ? failure.code : 'UNKNOWN' })
      down = undefined
      expect(await gate.rpc.invoke('login', 'work', `text-${i}`, again)).to.equal(`text-${i}`)
      expect(await gate.rpc.invoke('login', 'work', `text-${i}`, again)).to.equal(`text-${i}`)
    }
    expect(ran.splice(0)).to.deep.equal(['text-0', 'text-1', 'text-2'])
    asked = 0
    for (let i = 0; i < 2; i++) expect(await rejection(gate.rpc.invoke('login', 'own', 1, { ...ME, idempotencyKey: 'k' }))).to.include({ code: 'NOT_FOUND' })
    expect([ran, asked], 'what a handler throws is').to.deep.equal([[1], 2])
  })

  it('but what a handler fails with is one, also when it ran without a yes, as something around the rule went on', async () => {
    const orAsGuest: ServerInterceptor = next => {
      const strict = auth(given => given === 'me')(next)
      return async call => {
        try {
          return await strict(call)
        } catch (err) {
          if ((err as RpcError).code !== 'UNAUTHENTICATED') throw err
          return next(call)
        }
      }
    }
    await start([])
    login.rpc.handle('pay', args => { ran.push(args); throw new RpcError('FAILED_PRECONDITION', 'no money') }, { interceptors: [orAsGuest] })
    for (const options of [ME, {}]) {
      for (let i = 0; i < 2; i++) expect(await rejection(gate.rpc.invoke('login', 'pay', 1, { ...options, idempotencyKey: `k-${options === ME}` }))).to.include({ code: 'FAILED_PRECONDITION' })
      expect(ran.splice(0)).to.deep.equal([1])
    }
  })

  it('is told of the service, the method and the arguments', async () => {
    const seen: unknown[] = []
    const contract = defineService('login', { work: unary({ input: schema }) })
    login = await mesh.add('login-1', 'login', { interceptors: { server: [auth((_, { service, method, kind, args, context }) => { seen.push([service, method, kind, args, context.caller.id]); return true })] } })
    login.rpc.serve(contract, { work: args => args })
    await gate.rpc.client(contract).work('text')
    expect(seen).to.deep.equal([['login', 'work', 'unary', 'text', 'gate-1']])
  })
})
