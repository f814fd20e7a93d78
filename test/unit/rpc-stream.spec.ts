import { expect } from 'chai'
import { z } from 'zod'
import { RpcError } from '../../src/errors.ts'
import { MAX_STREAM_WINDOW, STREAM_WINDOW } from '../../src/wire/limits.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'

async function all (results: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of results) values.push(value)
  return values
}

/** What was read until the error, and the error. */
async function broken (results: AsyncIterable<unknown>): Promise<{ values: unknown[], error: any }> {
  const values: unknown[] = []
  try {
    for await (const value of results) values.push(value)
  } catch (error) {
    return { values, error }
  }
  throw new Error(`it ended in order, after ${values.length} results`)
}

const KiB = 1024

for (const where of ['another node', 'this node'] as const) {
  describe(`rpc: streaming calls to ${where}`, () => {
    let mesh: FakeMesh
    let gate: FakeNode
    let login: FakeNode

    beforeEach(async () => {
      mesh = new FakeMesh()
      login = await mesh.add('login-1', 'login')
      gate = where === 'this node' ? login : await mesh.add('gate-1', undefined)
    })

    afterEach(async () => { await mesh.stop() })

    it('results arrive in order, whatever they are, and end', async () => {
      const values = [undefined, null, 'ä', { a: [1, 2] }, Uint8Array.of(1, 2, 3), new Uint8Array(0), 10n ** 20n]
      login.rpc.handleStream('list', 'serverStream', async function * (n: number) { yield * values.slice(0, n) })
      expect(await all(gate.rpc.stream('login', 'list', 'serverStream', 7))).to.deep.equal(values)
      expect(await all(gate.rpc.stream('login', 'list', 'serverStream', 0))).to.deep.equal([])
      expect(login.rpc.stats().list).to.include({ calls: 2, errors: 0, running: 0 })
    })

    it('the results may be any iterable, or a promise of one; anything else is an error', async () => {
      login.rpc.handleStream('array', 'serverStream', () => [1, 2])
      login.rpc.handleStream('set', 'serverStream', async () => new Set([3]))
      login.rpc.handleStream('number', 'serverStream', () => 5)
      expect(await all(gate.rpc.stream('login', 'array', 'serverStream'))).to.deep.equal([1, 2])
      expect(await all(gate.rpc.stream('login', 'set', 'serverStream'))).to.deep.equal([3])
      const { error } = await broken(gate.rpc.stream('login', 'number', 'serverStream'))
      expect(error).to.include({ name: 'RpcError', code: 'UNKNOWN' })
    })

    it('a sequence of inputs has one result, which may come before its end', async () => {
      login.rpc.handleStream('sum', 'clientStream', async (input: AsyncIterable<number>) => {
        let sum = 0
        for await (const n of input) sum += n
        return sum
      })
      login.rpc.handleStream('first', 'clientStream', async (input: AsyncIterable<number>) => {
        return (await input[Symbol.asyncIterator]().next()).value
      })
      expect(await gate.rpc.stream('login', 'sum', 'clientStream', [1, 2, 3])).to.equal(6)
      expect(await gate.rpc.stream('login', 'sum', 'clientStream', [])).to.equal(0)
      let left = false
      const endless = async function * (): AsyncGenerator<number> {
        try {
          for (let n = 7; ; n++) yield n
        } finally {
          left = true
        }
      }
      expect(await gate.rpc.stream('login', 'first', 'clientStream', endless())).to.equal(7)
      await ready()
      expect(left, 'the source was left').to.equal(true)
    })

    it('both sides may speak at any time; the end of the input is not the end of the results', async () => {
      login.rpc.handleStream('chat', 'bidi', async function * (input: AsyncIterable<number>) {
        yield 'hello'
        for await (const n of input) yield n * 2
        yield 'bye'
      })
      const heard: unknown[] = []
      const input = async function * (): AsyncGenerator<number> {
        for (let n = 1; n <= 3; n++) {
          // each is said after the answer to the one before
          while (heard.length < n) await ready()
          yield n
        }
      }
      for await (const value of gate.rpc.stream('login', 'chat', 'bidi', input())) heard.push(value)
      expect(heard).to.deep.equal(['hello', 2, 4, 6, 'bye'])
    })

    it('nothing begins before the first result is asked for', async () => {
      let calls = 0
      login.rpc.handleStream('watch', 'serverStream', async function * () { calls++; yield 1 })
      const results = gate.rpc.stream('login', 'watch', 'serverStream')
      await ready()
      expect(calls).to.equal(0)
      expect(await results.return()).to.deep.equal({ done: true, value: undefined })
      expect(await results.next()).to.deep.equal({ done: true, value: undefined })
      await ready()
      expect(calls).to.equal(0)
      await using again = gate.rpc.stream('login', 'watch', 'serverStream')
      const both = await Promise.all([again.next(), again.next()])
      expect(both.map(({ done }) => done)).to.deep.equal([false, true])
    })

    it('leaving the loop cancels: the handler\'s signal aborts and its finally blocks run', async () => {
      let ended = ''
      let context: HandlerContext | undefined
      login.rpc.handleStream('ticks', 'serverStream', async function * (_: unknown, ctx: HandlerContext) {
        context = ctx
        try {
          for (let n = 0; ; n++) yield n
        } finally {
          ended = (ctx.signal.reason as RpcError).code
        }
      })
      for await (const n of gate.rpc.stream('login', 'ticks', 'serverStream')) {
        if (n === 5) break
      }
      await ready()
      expect(context?.signal.aborted).to.equal(true)
      expect(ended).to.equal('CANCELLED')
      expect(login.rpc.stats().ticks).to.include({ calls: 1, running: 0 })
    })

    it('an aborted signal ends both sides, also while nothing comes', async () => {
      let reason: any
      login.rpc.handleStream('silent', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
        yield 1
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
        reason = signal.reason
      })
      const controller = new AbortController()
      const results = gate.rpc.stream('login', 'silent', 'serverStream', undefined, { signal: controller.signal })
      expect((await results.next()).value).to.equal(1)
      const next = watch(results.next())
      await ready()
      expect(next.done).to.equal(false)
      controller.abort(new Error('enough'))
      await ready()
      expect(next.error).to.include({ name: 'RpcError', code: 'CANCELLED' })
      expect(reason).to.include({ code: 'CANCELLED' })
      expect(await results.next(), 'after its error it is over').to.deep.equal({ done: true, value: undefined })
      const late = gate.rpc.stream('login', 'silent', 'serverStream', undefined, { signal: controller.signal })
      expect(await rejection(late.next())).to.include({ code: 'CANCELLED' })
    })

    it('lasts without a deadline, and no longer than one', async () => {
      const remaining: number[] = []
      const reasons: unknown[] = []
      login.rpc.handleStream('watch', 'serverStream', async function * (_: unknown, { remaining: left, signal }: HandlerContext) {
        remaining.push(left)
        yield 1
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
        reasons.push((signal.reason as RpcError).code)
      })
      const endless = gate.rpc.stream('login', 'watch', 'serverStream')
      await endless.next()
      const waits = watch(endless.next())
      await mesh.clock.pass(3_600_000)
      expect(waits.done).to.equal(false)
      const short = gate.rpc.stream('login', 'watch', 'serverStream', undefined, { timeout: 1_000 })
      await short.next()
      const next = watch(short.next())
      await mesh.clock.pass(1_100)
      expect(next.error).to.include({ code: 'DEADLINE_EXCEEDED', retryable: false })
      await endless.return()
      await ready()
      expect(remaining[0]).to.equal(Infinity)
      expect(remaining[1]).to.be.within(1, 1_000)
      // which of the two ends hears of its own clock first is open
      expect(reasons[0]).to.be.oneOf(['DEADLINE_EXCEEDED', 'CANCELLED'])
    })

    it('an error in mid-stream comes after what was sent, with its code and details', async () => {
      login.rpc.handleStream('broken', 'serverStream', async function * () {
        yield 1
        yield 2
        throw new RpcError('DATA_LOSS', 'the tape is torn', { details: { at: 2 } })
      })
      const { values, error } = await broken(gate.rpc.stream('login', 'broken', 'serverStream'))
      expect(values).to.deep.equal([1, 2])
      expect(error).to.include({ name: 'RpcError', code: 'DATA_LOSS', retryable: false, node: 'login-1' })
      expect(error.message).to.contain('the tape is torn')
      expect(error.details).to.deep.equal({ at: 2 })
    })

    it('a value that cannot travel ends the call, and names itself', async () => {
      login.rpc.handleStream('bad', 'serverStream', function * () { yield 1; yield () => {} })
      login.rpc.handleStream('drain', 'clientStream', async (input: AsyncIterable<unknown>) => (await all(input)).length)
      const { values, error } = await broken(gate.rpc.stream('login', 'bad', 'serverStream'))
      expect(values).to.deep.equal([1])
      expect(error).to.include({ code: 'INTERNAL' })
      const refused = await rejection(gate.rpc.stream('login', 'drain', 'clientStream', [1, () => {}]))
      expect(refused).to.include({ code: 'INVALID_ARGUMENT' })
    })

    it('an input that fails fails the call at both ends', async () => {
      const seen: unknown[] = []
      login.rpc.handleStream('take', 'clientStream', async (input: AsyncIterable<unknown>) => {
        try {
          for await (const value of input) seen.push(value)
          seen.push('end')
        } catch (err) {
          seen.push((err as RpcError).code)
          throw err
        }
      })
      const input = async function * (): AsyncGenerator<number> {
        yield 1
        await ready()
        throw new Error('no more paper')
      }
      const error = await rejection(gate.rpc.stream('login', 'take', 'clientStream', input()))
      expect(error).to.include({ code: 'CANCELLED' })
      expect(error.message).to.contain('no more paper')
      await ready()
      expect(seen).to.deep.equal([1, 'CANCELLED'])
    })

    it('a slow reader holds the handler up, however long it takes', async () => {
      let made = 0
      const chunk = new Uint8Array(16 * KiB)
      login.rpc.handleStream('flood', 'serverStream', async function * () {
        for (;;) {
          made++
          yield chunk
        }
      })
      const results = gate.rpc.stream('login', 'flood', 'serverStream')
      await results.next()
      await mesh.clock.pass(60_000)
      const before = made
      expect(before * chunk.length).to.be.at.most(STREAM_WINDOW * 2)
      for (let i = 0; i < 200; i++) await results.next()
      await ready()
      expect((made - 200) * chunk.length).to.be.at.most(MAX_STREAM_WINDOW + chunk.length)
      expect(made).to.be.greaterThan(200)
      await results.return()
      await ready()
      const end = made
      await ready()
      expect(made).to.equal(end)
    })

    it('a handler that does not read holds the caller\'s source up', async () => {
      let made = 0
      const go = Promise.withResolvers<void>()
      login.rpc.handleStream('later', 'clientStream', async (input: AsyncIterable<Uint8Array>) => {
        await go.promise
        let size = 0
        for await (const { length } of input) size += length
        return size
      })
      const input = function * (): Generator<Uint8Array> {
        for (; made < 500; made++) yield new Uint8Array(4 * KiB)
      }
      const result = gate.rpc.stream('login', 'later', 'clientStream', input())
      await ready()
      expect(made * 4 * KiB).to.be.at.most(STREAM_WINDOW + 4 * KiB)
      go.resolve()
      expect(await result).to.equal(500 * 4 * KiB)
    })

    it('bytes are the receiver\'s own: a source may use its buffer again at once', async () => {
      for (const size of [10, 20 * KiB, 100 * KiB]) {
        const reuse = function * (): Generator<Uint8Array> {
          const buffer = new Uint8Array(size)
          for (let n = 1; n <= 20; n++) yield buffer.fill(n)
        }
        using served = login.rpc.handleStream(`reuse-${size}`, 'serverStream', reuse)
        using mirrored = login.rpc.handleStream(`mirror-${size}`, 'bidi', (input: AsyncIterable<unknown>) => input)
        for (const results of [gate.rpc.stream('login', `reuse-${size}`, 'serverStream'), gate.rpc.stream('login', `mirror-${size}`, 'bidi', reuse())]) {
          const values = await all(results) as Uint8Array[]
          expect(values.map(value => [value.length, value[0], value[size - 1]])).to.deep.equal(Array.from({ length: 20 }, (_, n) => [size, n + 1, n + 1]))
        }
        expect([served, mirrored]).to.have.length(2)
      }
    })

    it('empty items are bounded too', async () => {
      let made = 0
      login.rpc.handleStream('nothing', 'serverStream', function * () {
        for (;;) {
          made++
          yield undefined
        }
      })
      const results = gate.rpc.stream('login', 'nothing', 'serverStream')
      await results.next()
      await ready()
      expect(made).to.be.at.most(2 * STREAM_WINDOW / 64)
      await results.return()
    })

    it('token, metadata, headers and deadline travel, and on into nested calls', async () => {
      const seen: Array<Record<string, unknown>> = []
      const note = (ctx: HandlerContext): void => {
        seen.push({ token: ctx.token, metadata: { ...ctx.metadata }, headers: { ...ctx.headers }, caller: ctx.caller.id, finite: ctx.remaining < 2_001 })
      }
      login.rpc.handle('unary', (_, ctx) => { note(ctx) })
      login.rpc.handleStream('inner', 'bidi', async function * (input: AsyncIterable<number>, ctx: HandlerContext) { note(ctx); yield * input })
      login.rpc.handleStream('outer', 'serverStream', async function * (_: unknown, ctx: HandlerContext) {
        note(ctx)
        await ctx.invoke('login', 'unary')
        const { stream } = ctx
        yield * stream('login', 'inner', 'bidi', [1, 2])
      })
      const options = { token: 'ann', timeout: 2_000, metadata: { tenant: 'x' }, headers: { h: '1' } }
      expect(await all(gate.rpc.stream('login', 'outer', 'serverStream', undefined, options))).to.deep.equal([1, 2])
      const token = gate.rpc.tokenId('ann')
      expect(seen).to.deep.equal([
        { token, metadata: { tenant: 'x' }, headers: { h: '1' }, caller: gate.id, finite: true },
        { token, metadata: { tenant: 'x' }, headers: {}, caller: 'login-1', finite: true },
        { token, metadata: { tenant: 'x' }, headers: {}, caller: 'login-1', finite: true }
      ])
    })

    it('a call within a call ends with it', async () => {
      let inner: any
      login.rpc.handleStream('inner', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
        yield 1
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
        inner = signal.reason
      })
      login.rpc.handleStream('outer', 'serverStream', (_: unknown, ctx: HandlerContext) => ctx.stream('login', 'inner', 'serverStream'))
      const results = gate.rpc.stream('login', 'outer', 'serverStream')
      expect((await results.next()).value).to.equal(1)
      await results.return()
      await ready()
      await ready()
      expect(inner).to.include({ code: 'CANCELLED' })
    })

    it('schemas check each item as it passes, and may change it', async () => {
      const small = z.number().max(2)
      login.rpc.handleStream('up', 'bidi', async function * (input: AsyncIterable<number>) {
        for await (const n of input) yield n + 1
      }, { input: small.transform(n => n * 10), output: z.number().max(11) })
      login.rpc.handleStream('sum', 'clientStream', async (input: AsyncIterable<number>) => (await all(input)).length, { input: small, output: z.number() })
      login.rpc.handleStream('args', 'serverStream', function * (n: number) { yield n }, { input: small })
      expect(await all(gate.rpc.stream('login', 'up', 'bidi', [1]))).to.deep.equal([11])
      const late = await broken(gate.rpc.stream('login', 'up', 'bidi', [1, 2]))
      expect([late.values, late.error.code]).to.deep.equal([[11], 'INTERNAL'])
      const bad = await broken(gate.rpc.stream('login', 'up', 'bidi', [1, 'x']))
      expect([bad.values, bad.error.code, bad.error.details.issues.length]).to.deep.equal([[11], 'INVALID_ARGUMENT', 1])
      expect(await gate.rpc.stream('login', 'sum', 'clientStream', [1, 2])).to.equal(2)
      expect(await rejection(gate.rpc.stream('login', 'sum', 'clientStream', [1, 3]))).to.include({ code: 'INVALID_ARGUMENT' })
      expect((await broken(gate.rpc.stream('login', 'args', 'serverStream', 3))).error).to.include({ code: 'INVALID_ARGUMENT' })
    })

    it('a method of another kind, or none, is UNIMPLEMENTED', async () => {
      login.rpc.handle('one', () => 1)
      login.rpc.handleStream('many', 'serverStream', () => [1])
      expect((await broken(gate.rpc.stream('login', 'one', 'serverStream'))).error).to.include({ code: 'UNIMPLEMENTED' })
      expect((await broken(gate.rpc.stream('login', 'many', 'bidi', []))).error).to.include({ code: 'UNIMPLEMENTED' })
      expect(await rejection(gate.rpc.invoke('login', 'many'))).to.include({ code: 'UNIMPLEMENTED' })
      expect(await rejection(gate.rpc.stream('login', 'none', 'clientStream', []))).to.include({ code: 'UNIMPLEMENTED' })
      expect(() => login.rpc.handleStream('x', 'unary' as never, () => {})).to.throw().with.property('name', 'InvalidOptionsError')
      expect(() => login.rpc.handleStream('x', 'bidi', 5 as never)).to.throw(TypeError)
      expect((await broken(gate.rpc.stream('LOGIN', 'x', 'bidi', []))).error).to.include({ name: 'InvalidNameError' })
      expect(await rejection(gate.rpc.stream('login', '', 'clientStream', []))).to.include({ name: 'InvalidNameError' })
    })

    it('stop() ends what runs, with a reason', async () => {
      login.rpc.handleStream('watch', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
        yield 1
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
      })
      const results = gate.rpc.stream('login', 'watch', 'serverStream')
      await results.next()
      const next = watch(results.next())
      const stopped = login.rpc.stop()
      await mesh.clock.pass(6_000)
      await stopped
      expect(next.error).to.be.an('error')
      expect(next.error.code ?? next.error.name).to.be.oneOf(['UNAVAILABLE', 'MeshStoppedError'])
      expect((await broken(login.rpc.stream('login', 'watch', 'serverStream'))).error).to.include({ name: 'MeshStoppedError' })
      expect(await rejection(login.rpc.stream('login', 'watch', 'clientStream', []))).to.include({ name: 'MeshStoppedError' })
    })
  })
}
