import { expect } from 'chai'
import { Keyed, Replies } from '../../src/rpc/replies.ts'
import { encodeBody } from '../../src/wire/codecs.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { Origin } from '../../src/rpc/inbound.ts'
import type { BodyCodec } from '../../src/wire/codecs.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Bytes whose slices share their memory, as those of Node's Buffer. */
class Shared extends Uint8Array<ArrayBuffer> {
  override slice (start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end)
  }
}

describe('rpc: replies that are kept', () => {
  /** What is sent to who asks again for a reply. */
  function again (codec: BodyCodec, body: Uint8Array | undefined, meanwhile = (): void => {}): Uint8Array {
    const sent: Uint8Array[] = []
    const origin = { caller: { id: 'gate-1' }, running: new Map(), local: false, answer: (_id: number, _codec: BodyCodec, body: Uint8Array) => { sent.push(body) } } as unknown as Origin
    const replies = new Replies()
    const request = { id: 1, service: 'login', method: 'pay', idempotencyKey: 'k' } as never
    replies.begin(origin, request, 0)?.answer(1, codec, body)
    meanwhile()
    expect(replies.begin(origin, request, 0)).to.equal(undefined)
    expect(sent).to.have.length(1)
    return sent[0] as Uint8Array
  }

  it('hold no more memory than they count', () => {
    for (const value of ['small', 'x'.repeat(9_000)]) {
      const { codec, body } = encodeBody(value)
      const kept = again(codec, body)
      expect(kept).to.deep.equal(body)
      expect(kept.buffer.byteLength).to.equal(body?.length)
    }
  })

  it('are not what a handler makes of its bytes later', () => {
    const own = Shared.of(1, 2, 3)
    expect(again(3, own, () => { own.fill(9) })).to.deep.equal(Uint8Array.of(1, 2, 3))
  })
})

describe('rpc: calls with a key that end before they run', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let login: FakeNode
  let began: unknown[]
  let release: () => void

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    login = await mesh.add('login-1', 'login')
    began = []
    login.rpc.handle('work', async (n: unknown) => {
      began.push(n)
      await new Promise<void>(resolve => { release = resolve })
      return n
    }, { concurrency: 1 })
  })

  afterEach(async () => { await mesh.stop() })

  const call = (n: unknown, options: object): ReturnType<typeof watch> => watch(gate.rpc.invoke('login', 'work', n, options))

  it('one that is cancelled, or whose deadline passes, while it waits for its turn gives its key back', async () => {
    for (const [i, how] of ['cancel', 'deadline'].entries()) {
      const busy = call('busy', { timeout: 60_000 })
      await ready()
      const controller = new AbortController()
      const queued = call('queued', { idempotencyKey: how, timeout: 50, signal: controller.signal })
      await ready()
      if (how === 'cancel') controller.abort()
      await mesh.clock.pass(70)
      expect(queued.error).to.include({ code: how === 'cancel' ? 'CANCELLED' : 'DEADLINE_EXCEEDED' })
      release()
      await ready()
      expect(busy.value).to.equal('busy')
      const again = call('queued', { idempotencyKey: how })
      await until(() => began.length === i * 2 + 2)
      release()
      await ready()
      expect(again.value).to.equal('queued')
    }
    expect(login.rpc.stats()['work']).to.include({ running: 0, waiting: 0 })
    expect(login.rpc.nodeStats().running).to.equal(0)
  })

  it('one that ends while its arguments are checked gives its key back, and who has joined it meanwhile is served', async () => {
    const checks: Array<() => void> = []
    const slow: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate: async value => new Promise(resolve => { checks.push(() => { resolve({ value }) }) }) } }
    let ran = 0
    login.rpc.handle('pay', () => ++ran, { input: slow })
    const first = watch(gate.rpc.invoke('login', 'pay', 1, { idempotencyKey: 'k', timeout: 50 }))
    await mesh.clock.pass(70)
    expect(first.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    const joined = watch(gate.rpc.invoke('login', 'pay', 1, { idempotencyKey: 'k' }))
    await ready()
    checks.shift()?.()
    await mesh.clock.pass(300)
    await until(() => checks.length === 1)
    checks.shift()?.()
    await ready()
    expect(joined.value).to.equal(1)
    expect(await gate.rpc.invoke('login', 'pay', 1, { idempotencyKey: 'k' }), 'a reply is kept').to.equal(1)
  })

  it('many that are cancelled in the queue leave nothing behind', async () => {
    call('busy', { timeout: 600_000 })
    await ready()
    const { queryObjects } = process.getBuiltinModule('node:v8')
    const before = queryObjects(Keyed, { format: 'count' })
    for (let i = 0; i < 1_000; i++) {
      const controller = new AbortController()
      call(i, { idempotencyKey: `k${i}`, signal: controller.signal })
      if (i % 50 === 49) await ready()
      controller.abort()
      if (i % 50 === 49) await ready()
    }
    await ready()
    expect(login.rpc.stats()['work']).to.include({ running: 1, waiting: 0 })
    expect(queryObjects(Keyed, { format: 'count' }) - before).to.be.below(10)
  })
})
