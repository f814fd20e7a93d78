import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { auth, defineService, metrics, unary } from '../../src/rpc/index.ts'
import { fillFrame, sizeRequest } from '../../src/wire/rpc-frames.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandleOptions, ServerCall, ServerInterceptor } from '../../src/rpc/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

const ME = { headers: { authorization: 'me' } }

describe('rpc: who may call is asked before anything is done for the call', () => {
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

  /** What a hostile caller sends: no CBOR at all. */
  const garbage = Uint8Array.of(0xff, 0xff, 0xff)

  function sendGarbage (id: number, headers: Record<string, string> | undefined): void {
    gate.to('login-1').write(sizeRequest({ id, service: 'login', method: 'work', timeout: 1_000, codec: 1, body: garbage, token: undefined, metadata: undefined, headers, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0 }), fillFrame)
  }

  it('a body of those who may not call is not read, and its schema is not asked nor told', async () => {
    const measure = metrics()
    await start([measure.server, auth(given => given === 'me')])
    expect(await rejection(gate.rpc.invoke('login', 'work', 7))).to.include({ code: 'UNAUTHENTICATED' })
    sendGarbage(900, undefined)
    sendGarbage(901, { authorization: 'you' })
    await ready()
    expect(measure.snapshot().server['work'], 'they are counted by what stands outside').to.deep.include({ calls: 3, running: 0, errors: { UNAUTHENTICATED: 2, PERMISSION_DENIED: 1 } })
    expect([validated, ran]).to.deep.equal([0, []])
    sendGarbage(902, ME.headers)
    await ready()
    expect(login.rpc.stats()['work']).to.include({ calls: 4, errors: 4 })
    expect(login.rpc.stats()['work']?.lastError).to.include('the arguments cannot be read')
    const error = await rejection(gate.rpc.invoke('login', 'work', 7, ME))
    expect(error).to.include({ code: 'INVALID_ARGUMENT' })
    expect(error.message).to.include('the secret rule')
    expect(await gate.rpc.invoke('login', 'work', 'text', ME)).to.equal('text')
    expect(validated).to.equal(2)
  })

  it('they take none of the places of a method, nor do those who wait for a decision', async () => {
    const decided: Array<(yes: boolean) => void> = []
    await start([auth(given => given === 'me' || new Promise(resolve => { decided.push(resolve) }))], { concurrency: 1, queue: 0 })
    const flood = Array.from({ length: 50 }, () => watch(gate.rpc.invoke('login', 'work', 'x')))
    await until(() => decided.length === 50)
    expect(await gate.rpc.invoke('login', 'work', 'mine', ME)).to.equal('mine')
    for (const decide of decided) decide(false)
    await ready()
    expect(flood.map(({ error }) => error?.code)).to.deep.equal(Array.from({ length: 50 }, () => 'UNAUTHENTICATED'))
    expect(login.rpc.nodeStats().running).to.equal(0)
  })

  it('a body that waits for a decision is kept as it came, and is read when that is yes', async () => {
    const decided = Promise.withResolvers<boolean>()
    await start([auth(async () => decided.promise)])
    const calls = ['a'.repeat(100), 'b', 7].map(args => watch(gate.rpc.invoke('login', 'work', args, ME)))
    await ready()
    expect([validated, login.rpc.nodeStats().running]).to.deep.equal([0, 3])
    decided.resolve(true)
    await ready()
    expect(calls.map(({ value, error }) => value ?? error.code)).to.deep.equal(['a'.repeat(100), 'b', 'INVALID_ARGUMENT'])
    expect(login.rpc.nodeStats().running).to.equal(0)
  })

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
      expect(decided).to.have.lengthOf(16)
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
    expect(seen).to.deep.equal([undefined])
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

  it('is told of the service and the method, and not of arguments', async () => {
    const seen: unknown[] = []
    const contract = defineService('login', { work: unary({ input: schema }) })
    login = await mesh.add('login-1', 'login', { interceptors: { server: [auth((_, call) => { seen.push([call.service, call.method, call.kind, (call as ServerCall).args, call.context.caller.id]); return true })] } })
    login.rpc.serve(contract, { work: args => args })
    await gate.rpc.client(contract).work('text')
    // @ts-expect-error they are not read yet
    auth((_, { args }) => args === 1)
    expect(seen).to.deep.equal([['login', 'work', 'unary', undefined, 'gate-1']])
  })
})
