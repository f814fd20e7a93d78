import { expect } from 'chai'
import { z } from 'zod'
import { clientStream, defineService, json, serverStream, unary, validate } from '../../src/rpc/index.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { ClientInterceptor } from '../../src/rpc/index.ts'

const contract = defineService('login', {
  who: unary({ output: z.object({ name: z.string(), tags: z.array(z.string()).default([]) }) }),
  watch: serverStream({ input: z.number(), output: z.number().int() }),
  sum: clientStream({ input: z.number(), output: z.number().refine(async n => n < 100, 'too much') }),
  text: unary({ output: z.object({ n: z.number() }), codec: json }),
  free: unary()
})
const changing = defineService('login@2', {
  length: unary({ output: z.string().transform(text => text.length) }),
  who: unary({ output: z.string() })
})

/** Never called: what the compiler knows. */
const typed = (): ClientInterceptor[] => [
  validate(contract),
  validate(contract, 'who', 'sum'),
  validate(changing, 'who'),
  // @ts-expect-error its schema makes a number of a text, which it does not take
  validate(changing, 'length'),
  // @ts-expect-error nor can it be one of all
  validate(changing),
  // @ts-expect-error a method that the contract does not have
  validate(contract, 'nothing')
]

describe('rpc: answers that are checked by who asked', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let hostile: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    hostile = await mesh.add('login-1', 'login')
  })

  afterEach(async () => { await mesh.stop() })

  const options = { interceptors: [validate(contract)] }

  it('types tell which methods can be', () => { expect(typed).to.be.a('function') })

  it('what is not of the contract is INTERNAL, with the issues and the node; without it, it is handed out', async () => {
    hostile.rpc.handle('who', () => ({ name: 7 }))
    expect(await gate.rpc.client(contract).who()).to.deep.equal({ name: 7 })
    const error = await rejection(gate.rpc.client(contract, options).who())
    expect(error).to.include({ name: 'RpcError', code: 'INTERNAL', retryable: false, node: 'login-1' })
    expect(error.details.issues[0].path).to.deep.equal(['name'])
    expect(error.message).to.match(/^rpc login\/who at login-1: the result is not valid: name: /)
    expect(gate.rpc.nodeStats().pending).to.equal(0)
  })

  it('what is valid is what the schema makes of it: nothing that it does not know, and what is missing', async () => {
    hostile.rpc.handle('who', () => ({ name: 'ada', evil: true }))
    hostile.rpc.handle('free', () => ({ any: 'thing' }))
    const client = gate.rpc.client(contract, options)
    expect(await client.who()).to.deep.equal({ name: 'ada', tags: [] })
    expect(await client.free()).to.deep.equal({ any: 'thing' })
  })

  it('each item of a sequence is, and the first that is not valid ends it and tells the node', async () => {
    let left = false
    hostile.rpc.handleStream('watch', 'serverStream', async function * () { try { yield 1; yield 'two'; yield 3 } finally { left = true } })
    const seen: unknown[] = []
    const error = await rejection((async () => { for await (const n of gate.rpc.client(contract, options).watch(3)) seen.push(n) })())
    expect(seen).to.deep.equal([1])
    expect(error).to.include({ code: 'INTERNAL', node: 'login-1' })
    await until(() => left)
    expect(gate.rpc.nodeStats().pending).to.equal(0)
  })

  it('the one result of a sequence is, also by a schema that takes its time', async () => {
    hostile.rpc.handleStream('sum', 'clientStream', async input => { let sum = 0; for await (const n of input) sum += n as number; return sum })
    const client = gate.rpc.client(contract, options)
    expect(await client.sum([1, 2])).to.equal(3)
    expect((await rejection(client.sum([99, 1]))).details.issues).to.deep.equal([{ message: 'too much', path: [] }])
  })

  it('bodies of a codec are read for it, and what cannot be read is not valid', async () => {
    const answers = ['{"n":1,"x":2}', '{"n":"1"}', '{'].map(text => new TextEncoder().encode(text))
    hostile.rpc.handle('text', () => answers.shift())
    const client = gate.rpc.client(contract, options)
    expect(await client.text()).to.deep.equal({ n: 1 })
    expect((await rejection(client.text())).details.issues[0].path).to.deep.equal(['n'])
    expect(await rejection(client.text())).to.include({ code: 'INTERNAL', node: 'login-1' })
  })

  it('in the room it checks whoever calls, invokeAll too, those of other versions and services and notify not', async () => {
    const friend = await mesh.add('gate-2', undefined, { interceptors: { client: [validate(contract), validate(changing, 'who')] } })
    const got: unknown[] = []
    hostile.rpc.handle('who', () => { got.push(1); return 'a text' })
    expect((await friend.rpc.invokeAll(contract, 'who')).map(result => result.status === 'rejected' && result.reason.code)).to.deep.equal(['INTERNAL'])
    expect(await rejection(friend.rpc.invoke('login', 'who'))).to.include({ code: 'INTERNAL' })
    await friend.rpc.notify(contract, 'who')
    await until(() => got.length === 3)
    hostile.rpc.handle('who@2', () => 7)
    hostile.rpc.handle('length@2', () => 'long')
    friend.discovery.see(hostile.discovery.self)
    expect(await rejection(friend.rpc.client(changing).who())).to.include({ code: 'INTERNAL' })
    expect(await friend.rpc.client(changing).length(), 'not named').to.equal('long')
  })

  it('and however they name the version, which interceptors see one way', async () => {
    const seen: unknown[] = []
    const log: ClientInterceptor = next => async call => {
      seen.push([call.service, call.method])
      return next(call)
    }
    const friend = await mesh.add('gate-2', undefined, { interceptors: { client: [log, validate(changing, 'who')] } })
    // without interceptors
    const other = await mesh.add('gate-3', undefined, { interceptors: {} })
    hostile.rpc.handle('who@2', () => 7)
    hostile.rpc.handleStream('all@2', 'serverStream', () => [7])
    friend.discovery.see(hostile.discovery.self)
    expect(await rejection(friend.rpc.invoke('login@2', 'who'))).to.include({ code: 'INTERNAL' })
    expect(await rejection(friend.rpc.invoke('login', 'who@2'))).to.include({ code: 'INTERNAL' })
    expect((await friend.rpc.invokeAll('login@2', 'who')).map(result => result.status === 'rejected' && result.reason.code)).to.deep.equal(['INTERNAL'])
    expect((await friend.rpc.stream('login@2', 'all', 'serverStream').next()).value).to.equal(7)
    expect(seen).to.deep.equal(['who', 'who', 'who', 'all'].map(name => ['login', `${name}@2`]))
    // what cannot be a name is told as without interceptors
    for (const name of ['login@', '@2', 'login@2@3', 'LOGIN', 7, null, {}]) {
      expect((await rejection(friend.rpc.invoke(name as string, 'who'))).message, String(name)).to.equal((await rejection(other.rpc.invoke(name as string, 'who'))).message)
    }
  })

  it('what cannot be is told at once', () => {
    expect(() => (validate as (...args: unknown[]) => unknown)(undefined)).to.throw('expected a contract')
    expect(() => validate(contract, 'nothing' as never)).to.throw('the contract of \'login\' has no method \'nothing\'')
  })
})
