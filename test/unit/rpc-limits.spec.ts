import { expect } from 'chai'
import { Caller } from '../../src/rpc/callers.ts'
import { LARGEST_BODY, MAX_HEADERS, MAX_RUNNING_BYTES, MAX_RUNNING_MEMORY, MIN_PART, PART_COST } from '../../src/wire/limits.ts'
import fc from 'fast-check'
import { fillFrame, sizeCancel, sizeGoAway, sizeRequest, sizeResponse } from '../../src/wire/rpc-frames.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode, FakeStream } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'
import type { RequestFrame, ResponseFrame } from '../../src/wire/rpc-frames.ts'

function request (stream: FakeStream, id: number, method: string, more: Partial<RequestFrame> = {}): void {
  stream.write(sizeRequest({ id, service: 'login', method, timeout: 1_000, codec: 0, body: undefined, token: undefined, metadata: undefined, headers: undefined, idempotencyKey: undefined, streaming: 0, trace: undefined, headerSet: 0, link: undefined, life: 0, ...more }), fillFrame)
}

function response (stream: FakeStream, id: number, more: Partial<ResponseFrame> = {}): void {
  stream.write(sizeResponse({ id, status: 0, codec: 0, body: undefined, message: '', retryable: false, headers: undefined, ...more }), fillFrame)
}

describe('rpc: limits and hostile peers', function () {
  this.timeout(180_000)
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let running: number

  async function start (init = {}, loginInit = {}): Promise<void> {
    mesh = new FakeMesh()
    running = 0
    gate = await mesh.add('gate-1', undefined, init)
    login = await mesh.add('login-1', 'login', loginInit)
    login.rpc.handle('echo', args => args)
    login.rpc.handle('endless', async () => { running++; return new Promise(() => {}) })
    await gate.rpc.invoke('login', 'echo')
  }

  afterEach(async () => { await mesh.stop() })

  describe('the caller\'s', () => {
    it('one call more than may wait at a peer is refused at once, and sends nothing: by default the 16 385th', async () => {
      await start()
      const calls = Array.from({ length: 16_384 }, () => watch(gate.rpc.invoke('login', 'endless')))
      const one = await rejection(gate.rpc.invoke('login', 'echo'))
      expect(one).to.include({ name: 'RpcError', code: 'RESOURCE_EXHAUSTED', retryable: true })
      expect(one.message).to.include('16384')
      await ready()
      expect(running).to.equal(16_384)
      expect(calls.filter(({ done }) => done)).to.deep.equal([])
      await mesh.clock.pass(5_020)
      expect(calls.filter(({ done }) => !done)).to.deep.equal([])
      const next = watch(gate.rpc.invoke('login', 'braid.ping'))
      await mesh.clock.pass(3_000)
      expect(next.error, 'handlers that never end still count where they run').to.include({ code: 'RESOURCE_EXHAUSTED' })
    })

    it('calls that wait for a stream count too', async () => {
      await start({ maxPendingPerPeer: 3 })
      await mesh.add('slow-1', 'slow')
      mesh.gate = async () => new Promise(() => {})
      const calls = [1, 2, 3].map(() => watch(gate.rpc.invoke('slow', 'x', 1, { timeout: 100 })))
      expect(await rejection(gate.rpc.invoke('slow', 'x'))).to.include({ code: 'RESOURCE_EXHAUSTED' })
      expect(await gate.rpc.invoke('login', 'echo', 'others are not touched')).to.equal('others are not touched')
      await mesh.clock.pass(120)
      expect(calls.map(({ error }) => error.name)).to.deep.equal(new Array(3).fill('ServiceUnavailableError'))
    })

    it('calls over all peers, and those that have no node yet, are bounded', async () => {
      await start({ maxPending: 5 })
      const calls = Array.from({ length: 5 }, (_, i) => watch(gate.rpc.invoke(i < 2 ? 'login' : 'nobody', 'endless', 1, { timeout: 100 })))
      expect(await rejection(gate.rpc.invoke('login', 'echo'))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      await mesh.clock.pass(120)
      expect(calls.every(({ done }) => done)).to.equal(true)
      expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    })
  })

  describe('headers and metadata', () => {
    it('over 16 KiB are refused before anything is sent, by this node as by another', async () => {
      await start()
      const self = await mesh.add('mail-1', 'mail')
      self.rpc.handle('send', () => 'sent')
      for (const service of ['login', 'mail']) {
        const error = await rejection(self.rpc.invoke(service, service === 'mail' ? 'send' : 'echo', 1, { metadata: { a: 'x'.repeat(MAX_HEADERS / 2) }, headers: { b: 'x'.repeat(MAX_HEADERS / 2) } }))
        expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: false })
      }
    })

    it('have nothing that the caller did not put there, and are the caller\'s no more', async () => {
      await start()
      const self = await mesh.add('mail-1', 'mail')
      self.rpc.handle('send', (_args, ctx) => [typeof ctx.headers['constructor'], typeof ctx.metadata['toString'], ctx.headers['a']])
      const headers = { a: '1' }
      const call = self.rpc.invoke('mail', 'send', undefined, { headers, metadata: {} })
      headers.a = '2'
      expect(await call).to.deep.equal(['undefined', 'undefined', '1'])
    })
  })

  describe('the callee\'s', () => {
    it('calls of one peer that run are bounded over all its streams, whoever waits for them', async () => {
      await start({}, { maxPendingPerPeer: 3 })
      const calls = [1, 2, 3].map(() => watch(gate.rpc.invoke('login', 'endless', 1, { timeout: 50 })))
      await mesh.clock.pass(60)
      expect(calls.every(({ done }) => done)).to.equal(true)
      const refused = watch(gate.rpc.invoke('login', 'endless'))
      await mesh.clock.pass(3_000)
      expect(refused.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      expect(refused.error.message).to.include('3 calls of this caller')
      expect(running).to.equal(3)
    })

    it('bytes of arguments of the calls that run are bounded', async () => {
      await start()
      const body = new Uint8Array(1024 * 1024)
      const calls = Array.from({ length: 66 }, () => watch(gate.rpc.invoke('login', 'endless', body, { timeout: 1_000 })))
      gate.to('login-1').maxQueue = Infinity
      await mesh.clock.pass(1_100)
      expect(running).to.be.within(1, 64)
      expect(calls.filter(({ error }) => error.code === 'RESOURCE_EXHAUSTED')).not.to.deep.equal([])
    })

    it('what small parts of arguments take in memory is bounded too', async () => {
      await start()
      // 100 kB on the wire, 6 to 20 MiB as objects; they count 24
      const body = Array.from({ length: 1_000 }, () => new Array(98).fill([]))
      const calls = Array.from({ length: 16 }, () => watch(gate.rpc.invoke('login', 'endless', body, { timeout: 1_000 })))
      await mesh.clock.pass(1_100)
      expect(running).to.equal(10)
      const refused = calls.filter(({ error }) => error.code === 'RESOURCE_EXHAUSTED')
      expect(refused).to.have.lengthOf(6)
      for (const { error } of refused) expect(error.message).to.match(/^rpc login\/endless at login-1 .*: 10 calls of this caller run here already, with arguments of \d+ bytes, \d+ in memory$/)
    })

    it('and in bodies that the caller has sent as JSON', async () => {
      await start()
      const stream = gate.to('login-1')
      for (const [id, part] of ['[]', '{}', '[]', '{}', '[]'].entries()) {
        request(stream, 900 + id, 'endless', { codec: 2, body: new TextEncoder().encode(`[${new Array(340_000).fill(part).join()}]`) })
        await ready()
      }
      expect(running).to.equal(3)
      expect(stream.open).to.equal(true)
      stream.abort(new Error('done'))
      await ready()
    })

    it('tables of 10 000 rows with six dates each are taken eight at a time', async () => {
      await start()
      const at = new Date(1)
      const rows = Array.from({ length: 10_000 }, () => ({ a: at, b: at, c: at, d: at, e: at, f: at }))
      const calls = Array.from({ length: 8 }, () => watch(gate.rpc.invoke('login', 'endless', rows, { timeout: 1_000 })))
      await mesh.clock.pass(100)
      expect(running).to.equal(8)
      expect(calls.some(({ done }) => done)).to.equal(false)
      await mesh.clock.pass(1_100)
    })

    it('a large one of many rows runs beside a stream that is open', async () => {
      await start({ maxBody: 16 * 1024 * 1024 }, { maxBody: 16 * 1024 * 1024 })
      login.rpc.handleStream('watch', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
        yield 1
        await new Promise(resolve => { signal.addEventListener('abort', resolve) })
      })
      const stream = gate.rpc.stream('login', 'watch', 'serverStream', { id: 1 })
      await stream.next()
      const rows = Array.from({ length: 10_000 }, () => ({ a: 1, b: 'x'.repeat(12) }))
      login.rpc.handle('insert', async (tables: unknown[][]) => tables.length)
      expect(await gate.rpc.invoke('login', 'insert', new Array(30).fill(rows))).to.equal(30)
      await stream.return()
    })

    it('the largest there may be runs beside little, and little beside it', () => {
      for (const largest of [{ bytes: LARGEST_BODY, size: 1 }, { bytes: 1, size: LARGEST_BODY / MIN_PART * PART_COST }]) {
        const caller = new Caller('gate-1', true, 0)
        const small = { bytes: MAX_RUNNING_BYTES / 8, size: MAX_RUNNING_MEMORY / 8 }
        caller.count(small, 1)
        expect(caller.full(largest.bytes, largest.size)).to.equal(undefined)
        caller.count(largest, 1)
        expect(caller.full(small.bytes, small.size)).to.equal(undefined)
        caller.count(small, 1)
        expect(caller.full(small.bytes, small.size)).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
        expect(caller.full(largest.bytes, largest.size)).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
        for (const size of [small, largest, small]) caller.count(size, -1)
        expect([caller.running, caller.bytes, caller.memory]).to.deep.equal([0, 0, 0])
      }
    })

    it('and are counted in those that have waited for leave to run', async () => {
      await start()
      const decided: Array<() => void> = []
      login.rpc.setTokenGuard({ admit: async () => new Promise(resolve => { decided.push(() => { resolve(undefined) }) }) })
      const body = Array.from({ length: 1_000 }, () => new Array(98).fill([]))
      const calls = Array.from({ length: 16 }, () => watch(gate.rpc.invoke('login', 'endless', body, { token: 't', timeout: 1_000 })))
      await ready()
      expect(decided).to.have.lengthOf(16)
      for (const decide of decided.splice(0)) decide()
      await mesh.clock.pass(1_100)
      expect(running).to.equal(10)
      expect(calls.every(({ done }) => done)).to.equal(true)
    })

    it('a peer that is not known yet is served, five calls a second', async () => {
      await start()
      const stranger = await mesh.add('stranger-1', undefined, { introduce: false })
      stranger.discovery.see(login.discovery.self)
      login.rpc.handle('caller', (_, ctx) => ctx.caller)
      expect(await stranger.rpc.invoke('login', 'caller')).to.deep.include({ id: 'stranger-1', service: undefined, state: 'up' })
      const calls = Array.from({ length: 20 }, (_, i) => watch(stranger.rpc.invoke('login', 'echo', i, { timeout: 10_000 })))
      await ready()
      expect(calls.filter(({ value }) => value !== undefined)).to.have.lengthOf(4)
      await mesh.clock.pass(2_000)
      const late = calls.filter(({ error }) => error !== undefined)
      expect(late.length).to.be.greaterThan(0)
      for (const { error } of late) expect(error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })

      login.discovery.see(stranger.discovery.self)
      const known = await Promise.all(Array.from({ length: 50 }, async (_, i) => stranger.rpc.invoke('login', 'echo', i)))
      expect(known).to.have.lengthOf(50)

      // and after it has left it is a stranger again, on whatever stream
      login.discovery.lose('stranger-1')
      const again = Array.from({ length: 20 }, (_, i) => watch(stranger.rpc.invoke('login', 'echo', i)))
      await ready()
      expect(again.filter(({ value }) => value !== undefined).length).to.be.at.most(5)
      await mesh.clock.pass(5_000)
    })

    it('a caller whose hello comes a moment after its first calls loses none', async () => {
      await start()
      const late = await mesh.add('late-1', undefined, { introduce: false })
      late.discovery.see(login.discovery.self)
      const calls = Array.from({ length: 64 }, (_, i) => watch(late.rpc.invoke('login', 'echo', i)))
      await mesh.clock.pass(20)
      login.discovery.see(late.discovery.self)
      await mesh.clock.pass(500)
      expect(calls.map(({ value }) => value)).to.deep.equal(Array.from({ length: 64 }, (_, i) => i))
    })

    it('a caller that takes no answers is refused new calls, and what does not fit is a small error or the end', async () => {
      await start()
      // the largest that are answered among the small ones
      login.rpc.handle('large', () => new Uint8Array(64 * 1024))
      const answers = login.from('gate-1')
      answers.blocked = true
      const calls = Array.from({ length: 96 }, () => watch(gate.rpc.invoke('login', 'large')))
      await ready()
      answers.blocked = false
      answers.flushSoon()
      await ready()
      expect(calls.filter(({ value }) => value instanceof Uint8Array).length).to.be.within(60, 66)
      answers.blocked = true
      answers.maxQueue = 1_000
      const refused = watch(gate.rpc.invoke('login', 'large'))
      await ready()
      answers.blocked = false
      answers.flushSoon()
      await ready()
      expect(refused.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: false })
      expect(refused.error.message).to.include('it ran')
      answers.maxQueue = 0
      const cut = watch(gate.rpc.invoke('login', 'echo'))
      await ready()
      expect(answers.open).to.equal(false)
      expect(cut.error).to.include({ code: 'UNAVAILABLE', retryable: false })
      expect(await gate.rpc.invoke('login', 'echo', 'on a new stream')).to.equal('on a new stream')
    })
  })

  describe('a hostile caller', () => {
    let evil: FakeStream

    beforeEach(async () => {
      await start()
      evil = gate.to('login-1')
    })

    it('that uses an id twice is cut', async () => {
      request(evil, 900, 'endless')
      request(evil, 900, 'endless')
      await ready()
      expect(running).to.equal(1)
      expect(login.from('gate-1').reason).to.include({ name: 'ProtocolError' })
      expect(login.rpc.stats().endless?.running, 'the handler still runs').to.equal(1)
    })

    it('may use an id again once it was answered', async () => {
      request(evil, 900, 'echo')
      request(evil, 900, 'echo')
      await ready()
      expect(evil.open).to.equal(true)
    })

    it('that cancels what it never asked for is ignored', async () => {
      for (let id = 0; id < 100; id++) evil.write(sizeCancel(id), fillFrame)
      await ready()
      expect(evil.open).to.equal(true)
      expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    })

    for (const [what, send] of [
      ['garbage', (stream: FakeStream) => stream.send(Uint8Array.of(1, 2, 3, 4))],
      ['an answer', (stream: FakeStream) => { response(stream, 1) }],
      ['a goodbye', (stream: FakeStream) => stream.write(sizeGoAway('bye'), fillFrame)]
    ] as const) {
      it(`that sends ${what} instead of a request is cut`, async () => {
        send(evil)
        await ready()
        expect(login.from('gate-1').reason).to.include({ name: 'ProtocolError' })
      })
    }

    it('that sends a body which is no CBOR gets INVALID_ARGUMENT; the handler does not run', async () => {
      const stream = evil
      const got: Uint8Array[] = []
      stream.init.onFrame = (_, bytes, start, end) => { got.push(bytes.slice(start, end)) }
      request(stream, 901, 'endless', { codec: 1, body: Uint8Array.of(0xff) })
      await ready()
      expect(running).to.equal(0)
      expect(got).to.have.lengthOf(1)
      expect(stream.open).to.equal(true)
    })

    it('that floods with 100 000 requests runs no more than its limit, and costs no more', async () => {
      evil.maxQueue = Infinity
      for (let id = 1_000; id < 101_000; id++) request(evil, id, 'endless')
      await ready()
      expect(running).to.equal(16_384)
      expect(login.rpc.stats().endless?.running).to.equal(16_384)
      evil.abort(new Error('done'))
      await ready()
    })

    it('cannot make it throw: any bytes are either a frame or the end of the stream', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async bytes => {
        await gate.rpc.invoke('login', 'echo')
        const stream = gate.to('login-1')
        stream.send(bytes)
        await ready()
        const end = login.from('gate-1')
        expect(end.open || end.reason?.name === 'ProtocolError').to.equal(true)
      }), { numRuns: 100 })
    })
  })

  describe('a hostile callee', () => {
    let evil: FakeStream

    beforeEach(async () => {
      await start()
      evil = login.from('gate-1')
    })

    it('that answers what was not asked is ignored', async () => {
      for (let id = 0; id < 100; id++) response(evil, id * 1_000)
      await ready()
      expect(await gate.rpc.invoke('login', 'echo', 1)).to.equal(1)
    })

    it('that answers twice settles the call once', async () => {
      const call = watch(gate.rpc.invoke('login', 'endless'))
      await ready()
      response(evil, 2, { codec: 2, body: new TextEncoder().encode('"first"') })
      response(evil, 2, { status: 13, message: 'second' })
      await ready()
      expect(call.value).to.equal('first')
    })

    it('that answers nonsense fails that call with INTERNAL', async () => {
      const call = watch(gate.rpc.invoke('login', 'endless'))
      await ready()
      response(evil, 2, { codec: 1, body: Uint8Array.of(0xff, 0xff) })
      await ready()
      expect(call.error).to.include({ code: 'INTERNAL', node: 'login-1' })
    })

    it('that claims for ever that nothing ran is not asked for ever', async () => {
      let asked = 0
      login.from('gate-1').init.onFrame = stream => { asked++; response(stream as FakeStream, asked + 1, { status: 14, message: 'not me', retryable: true }) }
      const call = watch(gate.rpc.invoke('login', 'echo', 1, { timeout: 5_000 }))
      await mesh.clock.pass(5_020)
      expect(call.error).to.include({ name: 'ServiceUnavailableError' })
      expect(asked).to.be.lessThan(20)
    })

    it('that sends requests or garbage on a stream for answers is cut', async () => {
      request(evil, 1, 'echo')
      await ready()
      expect(gate.to('login-1').reason).to.include({ name: 'ProtocolError' })
      await gate.rpc.invoke('login', 'echo')
      login.from('gate-1').send(Uint8Array.of(0xff))
      await ready()
      expect(gate.to('login-1').reason).to.include({ name: 'ProtocolError' })
    })
  })
})
