import { expect } from 'chai'
import { Keyed } from '../../src/rpc/replies.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

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
