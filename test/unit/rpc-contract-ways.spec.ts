import { expect } from 'chai'
import { z } from 'zod'
import { defineService, json, serverStream, unary } from '../../src/rpc/index.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Codec, ContractHandlers, NodeResult, Rpc } from '../../src/rpc/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
/** Checked by tsc: the build fails when the types differ. */
function same<A, B> (isSame: Same<A, B>): void { void isSame }

const contract = defineService('cache@2', {
  size: unary({ output: z.number(), idempotent: true }),
  get: unary({ input: z.object({ key: z.string().min(1) }), output: z.object({ at: z.date() }) }),
  text: unary({ input: z.object({ a: z.number() }), output: z.object({ b: z.number() }), codec: json }),
  watch: serverStream({ output: z.string() })
})

const DATE = new Date(7)

const handlers: ContractHandlers<typeof contract> = {
  size: () => 3,
  get: () => ({ at: DATE }),
  text: ({ a }) => ({ b: a + 1 }),
  watch: async function * () { yield 'x' }
}

/** Never called: what the compiler knows. */
const typed = async (rpc: Rpc): Promise<void> => {
  const sizes: Array<NodeResult<number>> = await rpc.invokeAll(contract, 'size', undefined, { count: 1, onResult: result => { if (result.status === 'fulfilled') same<typeof result.value, number>(true) } })
  for (const result of await rpc.invokeAll(contract, 'get', { key: 'a' })) {
    if (result.status === 'fulfilled') same<typeof result.value, { at: Date }>(true)
    else same<typeof result.reason.retryable, boolean>(true)
  }
  sizes.push(...await rpc.invokeAll(contract, 'size'))
  await rpc.notify(contract, 'size')
  await rpc.notify(contract, 'get', { key: 'a' }, { node: 'login-1' })
  // @ts-expect-error the method takes an object with a text
  await rpc.invokeAll(contract, 'get', { key: 7 })
  // @ts-expect-error which cannot be left out
  await rpc.invokeAll(contract, 'get')
  // @ts-expect-error a method that the contract does not have
  await rpc.invokeAll(contract, 'nothing')
  // @ts-expect-error no sequences
  await rpc.invokeAll(contract, 'watch')
  // @ts-expect-error all nodes are asked
  await rpc.invokeAll(contract, 'size', undefined, { node: 'login-1' })
  // @ts-expect-error the method takes an object with a text
  await rpc.notify(contract, 'get', 'a')
  // @ts-expect-error a method that the contract does not have
  await rpc.notify(contract, 'nothing')
  // @ts-expect-error no sequences
  await rpc.notify(contract, 'watch')
  // by name as before: anything goes, and nothing is known
  for (const result of await rpc.invokeAll('cache', 'get', 7, { onResult: ({ node }) => { expect(node.id).to.be.a('string') } })) {
    if (result.status === 'fulfilled') same<typeof result.value, unknown>(true)
  }
  await rpc.notify('cache', 'get', 7, { timeout: 5 })
  // @ts-expect-error no such option
  await rpc.invokeAll('cache', 'get', 7, { node: 'login-1' })
  // what may be either
  const either = async (called: string | typeof contract): Promise<NodeResult[]> => typeof called === 'string' ? rpc.invokeAll(called, 'size') : rpc.invokeAll(called, 'size')
  void either
}

describe('rpc: contracts in invokeAll and notify', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let nodes: FakeNode[]

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    nodes = [await mesh.add('cache-1', 'cache'), await mesh.add('cache-2', 'cache')]
  })

  afterEach(async () => { await mesh.stop() })

  const brief = (results: Array<NodeResult<any>>): unknown[] => results.map(result => result.status === 'fulfilled' ? result.value : result.reason.code)
  const first = (): Rpc => (nodes[0] as FakeNode).rpc

  it('types flow from the schemas', () => { expect(typed).to.be.a('function') })

  it('invokeAll asks for the version of the contract, and the arguments are checked where they arrive', async () => {
    for (const { rpc } of nodes) rpc.serve(contract, handlers)
    expect(brief(await gate.rpc.invokeAll(contract, 'size'))).to.deep.equal([3, 3])
    expect(brief(await gate.rpc.invokeAll(contract, 'get', { key: 'a' }))).to.deep.equal([{ at: DATE }, { at: DATE }])
    const refused = await gate.rpc.invokeAll(contract, 'get', { key: '' })
    expect(brief(refused)).to.deep.equal(['INVALID_ARGUMENT', 'INVALID_ARGUMENT'])
    expect((refused[0] as any).reason.details.issues[0].path).to.deep.equal(['key'])
    expect(nodes.map(({ rpc }) => rpc.stats()['get@2']?.calls)).to.deep.equal([2, 2])
  })

  it('notify does likewise, and nobody is told of arguments that are refused', async () => {
    const got: unknown[] = []
    first().serve(contract, { ...handlers, get: args => { got.push(args); return { at: DATE } } })
    await gate.rpc.notify(contract, 'get', { key: '' }, { node: 'cache-1' })
    await gate.rpc.notify(contract, 'get', { key: 'a', more: 1 }, { node: 'cache-1' })
    await until(() => first().stats()['get@2']?.calls === 2)
    expect(got).to.deep.equal([{ key: 'a' }])
    expect(first().stats()['get@2']).to.include({ errors: 1 })
    expect(first().stats()['get@2']?.lastError).to.include('the arguments are not valid: key')
  })

  it('the codec of a method makes the bytes, once for all, and reads each answer', async () => {
    let made = 0
    const counted: Codec = { encode: value => { made++; return json.encode(value) }, decode: bytes => json.decode(bytes) }
    const own = defineService('cache', { text: unary({ input: z.object({ a: z.number() }), output: z.object({ b: z.number() }), codec: counted }) })
    const got: unknown[] = []
    nodes.forEach(({ rpc }, i) => rpc.serve(own, { text: ({ a }) => { got.push(a); return { b: a + i } } }))
    expect(brief(await gate.rpc.invokeAll(own, 'text', { a: 1 }))).to.deep.equal([{ b: 1 }, { b: 2 }])
    expect(made, 'the arguments once, each answer where it is given').to.equal(3)
    await gate.rpc.notify(own, 'text', { a: 5 })
    await until(() => got.length === 3)
    expect(got).to.deep.equal([1, 1, 5])
    expect(await rejection(gate.rpc.invokeAll(own, 'text', 1n))).to.include({ code: 'INVALID_ARGUMENT' })
    expect(await rejection(gate.rpc.notify(own, 'text', 1n))).to.include({ code: 'INVALID_ARGUMENT' })
  })

  it('an answer that the codec cannot read is that node\'s, and takes nobody else\'s', async () => {
    nodes.forEach(({ rpc }, i) => rpc.handle('text@2', () => i === 0 ? new TextEncoder().encode('{') : json.encode({ b: 1 })))
    expect(brief(await gate.rpc.invokeAll(contract, 'text', { a: 1 }))).to.deep.equal(['INTERNAL', { b: 1 }])
  })

  it('a method that may run twice is asked again when its answer was lost, as a client does', async () => {
    let runs = 0
    first().serve(contract, { ...handlers, size: async () => { runs++; if (runs === 1) await new Promise(() => {}); return 3 } })
    const all = gate.rpc.invokeAll(contract, 'size')
    await until(() => runs === 1)
    gate.to('cache-1').abort(new Error('cable'))
    await until(async () => { await mesh.clock.pass(100); return runs === 2 })
    expect(brief(await all)[0]).to.equal(3)
  })

  it('what the contract does not have is told with names, before anything is sent', async () => {
    for (const method of ['nothing', 'watch', 'constructor', undefined]) {
      const errors = [await rejection(gate.rpc.invokeAll(contract, method as never)), await rejection(gate.rpc.notify(contract, method as never))]
      for (const error of errors) {
        expect(error).to.include({ name: 'InvalidOptionsError', code: 'INVALID_ARGUMENT' })
        expect(error.message).to.equal(`the contract of 'cache' has no unary method '${method}'`)
      }
    }
    expect(await rejection(gate.rpc.invokeAll({} as never, 'size'))).to.include({ name: 'InvalidNameError' })
    expect(await rejection(gate.rpc.notify(undefined as never, 'size'))).to.include({ name: 'InvalidNameError' })
  })
})
