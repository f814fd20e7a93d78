import { expect } from 'chai'
import { encodeBody } from '../../src/wire/codecs.ts'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'

describe('rpc: bodies', () => {
  let mesh: FakeMesh
  let gate: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    const login = await mesh.add('login-1', 'login')
    login.rpc.handle('echo', args => args)
  })

  afterEach(async () => { await mesh.stop() })

  const values: Record<string, unknown> = {
    Date: new Date(1_700_000_000_123),
    'Map of any keys': new Map<unknown, unknown>([[1, 'a'], [2n ** 70n, new Date(0)], [true, undefined]]),
    bigint: -(2n ** 80n),
    undefined,
    'undefined in an object': { a: undefined, b: [undefined, null] },
    Uint8Array: Uint8Array.of(1, 2, 3),
    'bytes inside': { bytes: Uint8Array.of(9), n: Number.NaN, z: -0 }
  }
  for (const [name, value] of Object.entries(values)) {
    it(`${name} comes back as it was`, async () => {
      expect(await gate.rpc.invoke('login', 'echo', value)).to.deep.equal(value)
    })
  }

  it('a Map whose keys are all texts comes back as an object', async () => {
    expect(await gate.rpc.invoke('login', 'echo', new Map([['a', 1]]))).to.deep.equal({ a: 1 })
  })

  for (const value of [new Float64Array(2), new Int32Array(2), new ArrayBuffer(2), new Set([1]), /x/, () => 1]) {
    it(`${value.constructor.name} is refused with its place, and nothing is sent`, async () => {
      const error = await rejection(gate.rpc.invoke('login', 'echo', { list: [value] }))
      expect(error).to.include({ code: 'INVALID_ARGUMENT' })
      expect(error.message).to.include('rpc login/echo: the arguments cannot be sent').and.include('list')
    })
  }

  it('the numbers of a typed array travel as their bytes, and bytes, as protobuf\'s, without a copy', async () => {
    const numbers = Float64Array.of(1.5, -2)
    const answer = await gate.rpc.invoke('login', 'echo', new Uint8Array(numbers.buffer)) as Uint8Array
    expect(new Float64Array(answer.slice().buffer)).to.deep.equal(numbers)
    const bytes = Uint8Array.of(8, 1)
    expect(encodeBody(bytes).body).to.equal(bytes)
  })
})
