import { type } from 'arktype'
import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { FakeMesh, rejection } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

interface Schemas {
  user: StandardSchemaV1
  trimmed: StandardSchemaV1
  /** Asynchronous, where the library has such. */
  unique: StandardSchemaV1
}

const schemas: Record<string, Schemas> = {
  zod: {
    user: z.object({ name: z.string(), emails: z.array(z.object({ address: z.string() })) }),
    trimmed: z.string().transform(text => text.trim().length),
    unique: z.string().refine(async name => name !== 'taken', 'is taken')
  },
  valibot: {
    user: v.object({ name: v.string(), emails: v.array(v.object({ address: v.string() })) }),
    trimmed: v.pipe(v.string(), v.transform(text => text.trim().length)),
    unique: v.pipeAsync(v.string(), v.checkAsync(async name => name !== 'taken', 'is taken'))
  },
  arktype: {
    user: type({ name: 'string', emails: type({ address: 'string' }).array() }),
    trimmed: type('string').pipe(text => text.trim().length),
    unique: type('string').narrow((name, ctx) => name !== 'taken' || ctx.mustBe('free'))
  }
}

for (const [vendor, { user, trimmed, unique }] of Object.entries(schemas)) {
  describe(`rpc: validation with ${vendor}`, () => {
    let mesh: FakeMesh
    let gate: FakeNode
    let login: FakeNode
    let ran: unknown[]

    beforeEach(async () => {
      mesh = new FakeMesh()
      ran = []
      gate = await mesh.add('gate-1', undefined)
      login = await mesh.add('login-1', 'login')
    })

    afterEach(async () => { await mesh.stop() })

    function record (args: unknown): unknown {
      ran.push(args)
      return args
    }

    it('arguments that fail are INVALID_ARGUMENT with every issue and its place; the handler does not run', async () => {
      login.rpc.handle('add', record, { input: user })
      const error = await rejection(gate.rpc.invoke('login', 'add', { name: 7, emails: [{ address: 'a' }, { address: null }] }))
      expect(error).to.include({ code: 'INVALID_ARGUMENT', retryable: false, node: 'login-1' })
      expect(error.details.issues.map(({ path }: { path: unknown }) => path)).to.have.deep.members([['name'], ['emails', 1, 'address']])
      for (const { message } of error.details.issues) expect(message).to.be.a('string').and.not.equal('')
      expect(error.message).to.match(/name|address/).and.include('1 more')
      expect(ran).to.deep.equal([])
      const good = { name: 'x', emails: [{ address: 'a' }] }
      expect(await gate.rpc.invoke('login', 'add', good)).to.deep.equal(good)
    })

    it('the handler gets what the schema makes of the arguments', async () => {
      login.rpc.handle('trim', record, { input: trimmed })
      expect(await gate.rpc.invoke('login', 'trim', '  abc ')).to.equal(3)
      expect(ran).to.deep.equal([3])
    })

    it('a schema may be asynchronous', async () => {
      login.rpc.handle('unique', record, { input: unique, output: unique })
      expect(await gate.rpc.invoke('login', 'unique', 'free')).to.equal('free')
      const error = await rejection(gate.rpc.invoke('login', 'unique', 'taken'))
      expect(error).to.include({ code: 'INVALID_ARGUMENT' })
      const [issue, ...others] = error.details.issues
      expect([issue.path, others]).to.deep.equal([[], []])
      expect(issue.message).to.match(/is taken|must be free/)
      expect(ran).to.deep.equal(['free'])
      expect(login.rpc.stats().unique).to.include({ calls: 2, errors: 1, running: 0 })
    })

    it('a result that fails is INTERNAL; one that passes is what the schema makes of it', async () => {
      login.rpc.handle('bad', async () => ({ name: 'x' }), { output: user })
      login.rpc.handle('taken', async () => 'taken', { output: unique })
      login.rpc.handle('good', () => ' ab ', { output: trimmed })
      expect(await rejection(gate.rpc.invoke('login', 'bad'))).to.include({ code: 'INTERNAL' })
      expect(await rejection(gate.rpc.invoke('login', 'taken'))).to.include({ code: 'INTERNAL' })
      expect(await gate.rpc.invoke('login', 'good')).to.equal(2)
    })

    it('holds for calls within the node too', async () => {
      login.rpc.handle('add', record, { input: user })
      const error = await rejection(login.rpc.invoke('login', 'add', {}))
      expect(error).to.include({ code: 'INVALID_ARGUMENT' })
      expect(error.details.issues).not.to.deep.equal([])
    })
  })
}

describe('rpc: validation with a schema that', () => {
  const schema = (validate: StandardSchemaV1.Props['validate']): StandardSchemaV1 => ({ '~standard': { version: 1, vendor: 'test', validate } })
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
  })

  afterEach(async () => { await mesh.stop() })

  it('throws or rejects fails the call', async () => {
    login.rpc.handle('throws', () => 1, { input: schema(() => { throw new Error('broken') }) })
    login.rpc.handle('rejects', () => 1, { output: schema(async () => { throw new Error('broken') }) })
    for (const method of ['throws', 'rejects']) {
      expect(await rejection(gate.rpc.invoke('login', method))).to.include({ code: 'UNKNOWN' })
    }
  })

  it('finds ten thousand issues tells some of them', async () => {
    const issues = Array.from({ length: 10_000 }, (_, i) => ({ message: 'x'.repeat(2_000), path: [{ key: i }, Symbol('s')] }))
    login.rpc.handle('many', () => 1, { input: schema(() => ({ issues })) })
    const error = await rejection(gate.rpc.invoke('login', 'many'))
    expect(error.details.issues).to.have.lengthOf(32)
    expect(error.details.issues[3].path).to.deep.equal([3, 'Symbol(s)'])
    expect(error.message).to.include('9999 more')
  })
})
