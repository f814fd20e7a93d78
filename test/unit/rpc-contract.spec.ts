import { type } from 'arktype'
import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { bidi, clientStream, defineService, json, serverStream, unary } from '../../src/rpc/index.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Codec, ContractClient, ContractHandlers, ContractInputs, ContractOutputs, HandlerContext, Results, Rpc } from '../../src/rpc/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
/** Checked by tsc: the build fails when the types differ. */
function same<A, B> (isSame: Same<A, B>): void { expect(isSame).to.equal(true) }

/** A validator of nobody's: what the standard says is all there is. */
function schema<I, O> (validate: (value: unknown) => StandardSchemaV1.Result<O>): StandardSchemaV1<I, O> {
  return { '~standard': { version: 1, vendor: 'by hand', validate } }
}

const count = schema<string, number>(value => typeof value === 'string' ? { value: value.length } : { issues: [{ message: 'not a text', path: ['x', { key: 2 }] }] })
const person = z.object({ name: z.string().min(1), age: z.coerce.number<string>().optional() })

const contract = defineService('login', {
  greet: unary({ input: person, output: z.string().transform(text => ({ text })), description: 'says hello', idempotent: true }),
  length: unary({ input: count, output: v.pipe(v.number(), v.minValue(1)) }),
  free: unary(),
  count: serverStream({ input: z.number(), output: z.object({ n: z.number() }) }),
  sum: clientStream({ input: v.number(), output: v.number() }),
  chat: bidi({ input: count, output: z.string() })
})

const handlers: ContractHandlers<typeof contract> = {
  greet: ({ name, age }) => `${name} ${typeof age}`,
  length: n => n,
  free: () => 'anything',
  count: async function * (to) { for (let n = 1; n <= to; n++) yield { n } },
  sum: async input => {
    let sum = 0
    for await (const n of input) sum += n
    return sum
  },
  chat: async function * (input) { for await (const n of input) yield `${n}` }
}

describe('rpc: contracts', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
  })

  afterEach(async () => { await mesh.stop() })

  it('types flow from the schemas to the caller and to the handler', () => {
    type Client = ContractClient<typeof contract>
    same<Parameters<Client['greet']>[0], { name: string, age?: string | undefined }>(true)
    same<ReturnType<Client['greet']>, Promise<{ text: string }>>(true)
    const arked = defineService('login', { trim: unary({ input: type({ text: type('string').pipe(text => text.length) }), output: type('number') }) })
    same<Parameters<ContractClient<typeof arked>['trim']>[0], { text: string }>(true)
    same<Parameters<ContractHandlers<typeof arked>['trim']>[0], { text: number }>(true)
    same<ReturnType<ContractClient<typeof arked>['trim']>, Promise<number>>(true)
    expect(arked.service).to.equal('login')
    same<Parameters<Client['length']>[0], string>(true)
    same<Parameters<Client['free']>[0], undefined>(true)
    same<ReturnType<Client['free']>, Promise<unknown>>(true)
    same<ReturnType<Client['count']>, Results<{ n: number }>>(true)
    same<ReturnType<Client['sum']>, Promise<number>>(true)
    same<ReturnType<Client['chat']>, Results<string>>(true)
    type Handlers = ContractHandlers<typeof contract>
    same<Parameters<Handlers['greet']>, [args: { name: string, age?: number | undefined }, context: HandlerContext]>(true)
    same<ReturnType<Handlers['greet']>, string | Promise<string>>(true)
    same<Parameters<Handlers['length']>[0], number>(true)
    same<Parameters<Handlers['chat']>[0], AsyncIterable<number>>(true)
    type Inputs = ContractInputs<typeof contract>
    type Outputs = ContractOutputs<typeof contract>
    same<Inputs['greet'], { name: string, age?: string | undefined }>(true)
    same<[Inputs['free'], Inputs['sum'], Inputs['chat']], [undefined, number, string]>(true)
    same<Outputs['greet'], { text: string }>(true)
    same<[Outputs['free'], Outputs['count'], Outputs['sum'], Outputs['chat']], [unknown, { n: number }, number, string]>(true)
    // no contract, but a schema; never called
    const served = (rpc: Rpc): unknown => rpc.handle('greet', args => {
      same<typeof args, { name: string, age?: number | undefined }>(true)
      // @ts-expect-error not in the schema
      return args.nothing
    }, { input: person }) ?? rpc.handle('free', args => args.anything)
    // @ts-expect-error a method that the contract does not have
    expect(gate.rpc.client(contract).nothing).to.equal(undefined)
    // @ts-expect-error arguments of another type; never called
    const wrong = async (): Promise<unknown> => gate.rpc.client(contract).length(7)
    // @ts-expect-error a result of another type
    const bad: Handlers['length'] = () => 'text'
    expect([served, wrong, bad]).to.have.lengthOf(3)
  })

  it('has one version at most, and so has what is called', async () => {
    expect(() => defineService('login@2@3', { who: unary() })).to.throw().with.property('name', 'InvalidNameError')
    expect(await rejection(gate.rpc.invoke('login@2@3', 'who'))).to.include({ name: 'InvalidNameError' })
    expect(await rejection(gate.rpc.invoke('login@', 'who'))).to.include({ name: 'InvalidNameError' })
  })

  it('all four kinds work end to end, through what the schemas make of their values', async () => {
    login.rpc.serve(contract, handlers)
    const client = gate.rpc.client(contract)
    expect(await client.greet({ name: 'ada', age: '36' })).to.deep.equal({ text: 'ada number' })
    expect(await client.length('four')).to.equal(4)
    expect(await client.free()).to.equal('anything')
    const items: number[] = []
    for await (const { n } of client.count(3)) items.push(n)
    expect(items).to.deep.equal([1, 2, 3])
    expect(await client.sum([1, 2, 3.5])).to.equal(6.5)
    const said: string[] = []
    for await (const text of client.chat(['a', 'bb'])) said.push(text)
    expect(said).to.deep.equal(['1', '2'])
  })

  it('INVALID_ARGUMENT carries the issues with their places, whoever made the schema; a bad result is INTERNAL', async () => {
    login.rpc.serve(contract, { ...handlers, length: () => 0 })
    const client = gate.rpc.client(contract)
    const byZod = await rejection(client.greet({ name: '' }))
    expect(byZod).to.include({ code: 'INVALID_ARGUMENT', retryable: false })
    expect(byZod.details.issues[0]).to.deep.include({ path: ['name'] })
    const byHand = await rejection(client.length(7 as never))
    expect(byHand.details).to.deep.equal({ issues: [{ message: 'not a text', path: ['x', 2] }] })
    expect(byHand.message).to.include('x.2').and.include('not a text')
    expect(byHand.rawMessage, 'for people: without which call it was').to.equal('the arguments are not valid: x.2: not a text')
    expect(await rejection(client.length('text'))).to.include({ code: 'INTERNAL' })
    expect(await rejection(client.sum(['x'] as never))).to.include({ code: 'INVALID_ARGUMENT' })
  })

  it('a handler calls typed too, and hands on its token, deadline and metadata', async () => {
    const mail = await mesh.add('mail-1', 'mail')
    const mails = defineService('mail', { send: unary({ input: z.string(), output: z.unknown() }) })
    mail.rpc.serve(mails, { send: (to, ctx) => ({ to, meta: ctx.metadata.tenant, remaining: ctx.remaining, token: ctx.token }) })
    login.rpc.handle('relay', async (_, { client }) => client(mails).send('ada'))
    const answer = await gate.rpc.invoke('login', 'relay', undefined, { token: 't', timeout: 700, metadata: { tenant: 'a' } }) as Record<string, unknown>
    expect(answer).to.deep.include({ to: 'ada', meta: 'a', token: gate.rpc.tokenId('t') })
    expect(answer['remaining']).to.be.within(1, 700)
  })

  it('options of a client apply to each of its calls, and those of a call win', async () => {
    login.rpc.handle('free', (_, ctx) => ({ ...ctx.headers }))
    const client = gate.rpc.client(contract, { headers: { a: '1' }, interceptors: [next => call => next(call)] })
    expect(await client.free()).to.deep.equal({ a: '1' })
    expect(await client.free(undefined, { headers: { b: '2' } })).to.deep.equal({ b: '2' })
  })

  it('serving is all or nothing, and one registration', async () => {
    login.rpc.handle('sum', () => 0)
    expect(() => login.rpc.serve(contract, handlers)).to.throw('\'sum\' is served already')
    expect(Object.keys(login.rpc.stats())).not.to.include('greet')
    const other = await mesh.add('login-2', 'login')
    const registration = other.rpc.serve(contract, handlers)
    expect(other.discovery.self.methods).to.deep.equal(['chat', 'count', 'free', 'greet', 'length', 'sum'])
    registration.close()
    expect(other.discovery.self.methods).to.deep.equal([])
  })

  it('mistakes are told with names', () => {
    expect(() => gate.rpc.serve(contract, handlers)).to.throw('the contract is of service \'login\', and this node of none')
    const { greet, ...rest } = handlers
    expect(() => login.rpc.serve(contract, rest as never)).to.throw('the implementation of \'login\' has no handler for greet')
    expect(() => login.rpc.serve(contract, { ...handlers, typo: greet } as never)).to.throw('does not know typo')
    for (const none of [undefined, null, 'login', {}]) {
      expect(() => gate.rpc.client(none as never)).to.throw('expected a contract, as defineService() makes them').with.property('name', 'InvalidOptionsError')
      expect(() => login.rpc.serve(none as never, {})).to.throw('expected a contract')
    }
    expect(() => defineService('No', {})).to.throw('illegal service name')
    expect(() => defineService('login@two', { a: unary() })).to.throw('illegal method name "a@two"')
    expect(() => defineService('login', { a: {} as never })).to.throw('login/a must be made by unary()')
    expect(() => defineService('login', { a: unary({ input: 7 as never }) })).to.throw('login/a: input must be a Standard Schema')
  })

  it('a codec of the application\'s own, as of protobuf, or JSON: bytes on the way, values at both ends, all four kinds', async () => {
    const seen: unknown[] = []
    const reversed: Codec = {
      encode: (text: string) => { seen.push(text); return new TextEncoder().encode(text).reverse() },
      decode: bytes => { if (bytes.length > 9) throw new Error('too long'); return new TextDecoder().decode(bytes.slice().reverse()) }
    }
    const own = defineService('login', {
      one: unary({ input: z.string(), output: z.string(), codec: reversed }),
      out: serverStream({ input: z.string(), output: z.string(), codec: reversed }),
      in: clientStream({ input: z.string(), output: z.string(), codec: reversed }),
      both: bidi({ codec: reversed, input: z.string(), output: z.string() }),
      text: unary({ input: z.object({ a: z.number() }), codec: json })
    })
    login.rpc.serve(own, {
      one: text => `${text}!`,
      out: async function * (text) { yield * text },
      in: async input => { let all = ''; for await (const text of input) all += text; return all },
      both: input => input,
      text: value => value
    })
    const client = gate.rpc.client(own)
    expect(await gate.rpc.invoke('login', 'one', Uint8Array.of(98, 97))).to.deep.equal(Uint8Array.of(33, 98, 97))
    expect(await client.one('abc')).to.equal('abc!')
    const items: string[] = []
    for await (const item of client.out('xyz')) items.push(item)
    expect(await client.in(['a', 'b'])).to.equal('ab')
    for await (const item of client.both(['p', 'q'])) items.push(item)
    expect(items).to.deep.equal(['x', 'y', 'z', 'p', 'q'])
    expect(await client.text({ a: 1 })).to.deep.equal({ a: 1 })
    expect((await rejection(client.one('a'.repeat(20)))).details.issues[0].message).to.equal('too long')
    expect(await rejection(gate.rpc.invoke('login', 'one', { not: 'bytes' }))).to.include({ code: 'INVALID_ARGUMENT' })
  })

  it('what a codec cannot encode is INVALID_ARGUMENT of the call, of all four kinds, and never thrown by the call itself', async () => {
    const picky: Codec = { encode: () => { throw new Error('bad field') }, decode: bytes => bytes }
    const own = defineService('login', { one: unary({ codec: picky }), out: serverStream({ codec: picky }), in: clientStream({ codec: picky }), both: bidi({ codec: picky }) })
    login.rpc.serve(own, { one: () => 1, out: async function * () {}, in: async input => { for await (const item of input) expect(item); return 1 }, both: input => input })
    const client: any = gate.rpc.client(own)
    const failed: any[] = [client.one(1), client.out(1).next(), client.in([1]), client.both([1]).next(), client.in(7), client.both(undefined).next()].map(async (call: Promise<unknown>) => rejection(call))
    for (const [i, error] of (await Promise.all(failed)).entries()) {
      expect(error, String(i)).to.include({ name: 'RpcError', code: 'INVALID_ARGUMENT', retryable: false })
      expect(error.message).to.match(i < 4 ? /^rpc login\/.*bad field/ : /^rpc login\/.*iterable/)
    }
    expect(gate.rpc.nodeStats().pending).to.equal(0)
  })

  it('describe tells the methods, with JSON Schema where the validator can', async () => {
    login.rpc.serve(contract, handlers)
    const { methods, ...about } = await gate.rpc.invoke('login', 'braid.describe') as any
    expect(about).to.deep.equal({ id: 'login-1', service: 'login', health: 'SERVING' })
    const byName = new Map<string, any>(methods.map((method: any) => [method.name, method]))
    expect(byName.get('greet')).to.deep.include({ kind: 'unary', idempotent: true, description: 'says hello' })
    expect(byName.get('greet').input).to.deep.include({ type: 'object', required: ['name'] })
    expect(byName.get('count').output.properties.n.type).to.equal('number')
    expect(byName.get('length')).to.deep.equal({ name: 'length', kind: 'unary', idempotent: false })
    expect(byName.get('braid.health.watch').kind).to.equal('serverStream')
  })
})

describe('rpc: what is told of methods', () => {
  it('is made once, as any node may ask for it again and again', async () => {
    const mesh = new FakeMesh()
    const gate = await mesh.add('gate-1', undefined)
    const login = await mesh.add('login-1', 'login')
    let made = 0
    const costly = { '~standard': { version: 1, vendor: 'by hand', validate: (value: unknown) => ({ value }), jsonSchema: { input: () => { made++; return { type: 'string' } }, output: () => { made++; return {} } } } } as unknown as StandardSchemaV1<string, string>
    const served = login.rpc.handle('work', text => text, { input: costly })
    const ask = async (): Promise<any> => (await gate.rpc.invoke('login', 'braid.describe') as any).methods.find(({ name }: any) => name === 'work')
    for (let i = 0; i < 20; i++) expect((await ask()).input).to.deep.equal({ type: 'string' })
    expect(made).to.equal(1)
    served.close()
    login.rpc.handle('work', text => text, { output: costly })
    expect(await ask()).to.deep.equal({ name: 'work', kind: 'unary', idempotent: false, output: {} })
    expect(made).to.equal(2)
    await mesh.stop()
  })
})

describe('rpc: versions', () => {
  let mesh: FakeMesh
  let gate: FakeNode

  const of = (version: string) => defineService(version, { who: unary({ output: z.string() }) })

  async function serve (id: string, ...versions: string[]): Promise<FakeNode> {
    const node = await mesh.add(id, 'login')
    for (const version of versions) {
      node.rpc.serve(of(version), { who: () => `${id} ${version}` })
      for (const other of mesh.nodes.values()) other.discovery.see(node.discovery.self)
    }
    return node
  }

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
  })

  afterEach(async () => { await mesh.stop() })

  async function answers (version: string): Promise<string[]> {
    const seen = new Set<string>()
    for (let i = 0; i < 20; i++) seen.add(await gate.rpc.client(of(version)).who())
    return [...seen].sort()
  }

  it('a client gets the newest version that is compatible with its own; without one, the newest of all', async () => {
    await serve('a', 'login@1')
    await serve('b', 'login@1', 'login@2', 'login@2.3')
    await serve('c', 'login@2.1')
    expect(await answers('login@1')).to.deep.equal(['a login@1', 'b login@1'])
    expect(await answers('login@2')).to.deep.equal(['b login@2.3'])
    expect(await answers('login@2.3')).to.deep.equal(['b login@2.3'])
    expect(await answers('login')).to.deep.equal(['b login@2.3'])
    expect(await gate.rpc.invoke('login@1', 'who', undefined, { node: 'a' })).to.equal('a login@1')
    expect(await gate.rpc.invoke('login@2', 'who', undefined, { token: 't' })).to.equal('b login@2.3')
  })

  it('when the newest cannot take the call, an older compatible one does', async () => {
    await serve('a', 'login@2')
    await serve('b', 'login@2.1')
    expect(await answers('login@2')).to.deep.equal(['b login@2.1'])
    mesh.kill('b')
    expect(await gate.rpc.client(of('login@2')).who()).to.equal('a login@2')
  })

  it('when nobody serves a compatible one the error says what there is', async () => {
    await serve('a', 'login@1')
    const call = rejection(gate.rpc.client(of('login@3')).who(undefined, { timeout: 100 }))
    await mesh.clock.pass(200)
    const error = await call
    expect(error).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE' })
    expect(error.message).to.include('who@3').and.include('they serve who@1')
  })
})
