import { expect } from 'chai'
import { RpcError, StreamEndedError } from '../../src/errors.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { NodeResult } from '../../src/rpc/index.ts'

describe('rpc: more ways to call', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let nodes: FakeNode[]

  beforeEach(async () => {
    mesh = new FakeMesh()
    gate = await mesh.add('gate-1', undefined)
    nodes = []
    for (const id of ['login-1', 'login-2', 'login-3']) nodes.push(await mesh.add(id, 'login'))
  })

  afterEach(async () => { await mesh.stop() })

  const node = (i: number): FakeNode => nodes[i - 1] as FakeNode
  const brief = (results: NodeResult[]): unknown[] => results.map(result => [result.node.id, result.status === 'fulfilled' ? result.value : result.reason.code])

  describe('invokeAll', () => {
    it('asks every node and tells what each said, in their order', async () => {
      node(1).rpc.handle('who', () => 'one')
      node(2).rpc.handle('who', () => { throw new RpcError('ABORTED', 'no') })
      const seen: string[] = []
      const results = await gate.rpc.invokeAll('login', 'who', 1, { onResult: ({ node: { id } }) => { seen.push(id) } })
      expect(brief(results)).to.deep.equal([['login-1', 'one'], ['login-2', 'ABORTED'], ['login-3', 'UNIMPLEMENTED']])
      expect(seen.sort()).to.deep.equal(['login-1', 'login-2', 'login-3'])
      expect(await gate.rpc.invokeAll('nobody', 'who')).to.deep.equal([])
    })

    it('ends with as many results as are wanted, and cancels the rest', async () => {
      const cancelled: string[] = []
      for (const { id, rpc } of nodes) {
        rpc.handle('who', async (_, ctx) => id === 'login-2' ? id : new Promise((_resolve, reject) => { ctx.signal.addEventListener('abort', () => { cancelled.push(id); reject(ctx.signal.reason as Error) }) }))
      }
      expect(brief(await gate.rpc.invokeAll('login', 'who', 1, { count: 1 }))).to.deep.equal([['login-1', 'CANCELLED'], ['login-2', 'login-2'], ['login-3', 'CANCELLED']])
      await until(() => cancelled.length === 2)
    })

    it('rejects when nothing can be sent at all: names, options and arguments that cannot be, a node that is stopped', async () => {
      const all = async (service: any, method: any, args?: unknown, options?: any): Promise<any> => rejection(gate.rpc.invokeAll(service, method, args, options))
      for (const [service, method] of [['Login', 'who'], ['login', 'Bad Name!'], [undefined, 'who'], ['nobody', '']]) expect(await all(service, method)).to.include({ name: 'InvalidNameError' })
      expect(await all('login', 'who', 1, { signal: new AbortController() })).to.include({ name: 'InvalidOptionsError' })
      expect(await all('login', 'who', () => {})).to.include({ code: 'INVALID_ARGUMENT' })
      const stopped = gate.rpc.stop()
      await mesh.clock.pass(6_000)
      await stopped
      expect(await all('login', 'who')).to.include({ name: 'MeshStoppedError' })
    })

    it('a node that stops in between has not heard "unknown" from the others', async () => {
      for (const { rpc } of nodes) rpc.handle('who', async () => new Promise(() => {}))
      const results = gate.rpc.invokeAll('login', 'who', 1, { timeout: 60_000 })
      await ready()
      const stopped = gate.rpc.stop()
      await mesh.clock.pass(6_000)
      await stopped
      expect(brief(await results).map(([, code]: any) => code)).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
    })

    it('encodes the arguments once, also behind interceptors; those that one of them has changed are sent changed', async () => {
      for (const { id, rpc } of nodes) rpc.handle('who', (args: { n: number }) => `${id} ${args.n}`)
      let looked = 0
      const args = { get n () { looked++; return 7 } }
      expect(brief(await gate.rpc.invokeAll('login', 'who', args)).map(([, value]: any) => value)).to.deep.equal(['login-1 7', 'login-2 7', 'login-3 7'])
      expect(looked).to.equal(1)
      const friend = await mesh.add('gate-2', undefined, { interceptors: { client: [next => async call => next(call.options.node === 'login-2' ? { ...call, args: { n: 8 } } : call)] } })
      looked = 0
      expect(brief(await friend.rpc.invokeAll('login', 'who', args)).map(([, value]: any) => value)).to.deep.equal(['login-1 7', 'login-2 8', 'login-3 7'])
      expect(looked).to.equal(1)
    })

    it('ends at its timeout: who has not answered by then is DEADLINE_EXCEEDED', async () => {
      for (const { id, rpc } of nodes) rpc.handle('who', async () => id === 'login-2' ? id : new Promise(() => {}))
      const call = gate.rpc.invokeAll('login', 'who', 1, { timeout: 100 })
      await mesh.clock.pass(120)
      expect(brief(await call)).to.deep.equal([['login-1', 'DEADLINE_EXCEEDED'], ['login-2', 'login-2'], ['login-3', 'DEADLINE_EXCEEDED']])
    })
  })

  describe('notify', () => {
    it('runs the method, many times at once, and brings no answer and no error', async () => {
      const got: unknown[] = []
      node(1).rpc.handle('note', async args => { got.push(args); await new Promise(resolve => setTimeout(resolve, 1)); throw new Error('nobody hears') })
      const sent = await Promise.all(Array.from({ length: 100 }, async (_, i) => gate.rpc.notify('login', 'note', i, { node: 'login-1' })))
      expect(sent.every(value => value === undefined)).to.equal(true)
      await until(() => got.length === 100)
      await until(() => node(1).rpc.stats()['note']?.running === 0)
      expect(node(1).rpc.stats()['note']).to.include({ calls: 100, errors: 100, lastError: 'nobody hears' })
      expect(gate.rpc.nodeStats()).to.include({ pending: 0, late: 0 })
      expect(node(1).from('gate-1').delivered, 'nothing came back').to.equal(0)
    })

    it('to this node itself too; what cannot be sent rejects', async () => {
      const got: unknown[] = []
      node(1).rpc.handle('note', args => { got.push(args) })
      await node(1).rpc.notify('login', 'note', 1, { node: 'login-1' })
      await until(() => got.length === 1)
      const lost = watch(gate.rpc.notify('nobody', 'note', 1, { timeout: 50 }))
      await mesh.clock.pass(60)
      expect(lost.error).to.include({ name: 'ServiceUnavailableError' })
      expect(await rejection(gate.rpc.notify('login', 'note', () => {}))).to.include({ code: 'INVALID_ARGUMENT' })
    })

    it('waits while the stream is full, so that a flood holds itself up', async () => {
      node(1).rpc.handle('note', () => {})
      await gate.rpc.notify('login', 'note', 1, { node: 'login-1' })
      const stream = gate.to('login-1')
      stream.write = () => false
      const drained = Promise.withResolvers<void>()
      stream.drained = async () => drained.promise
      const sent = watch(gate.rpc.notify('login', 'note', 1, { node: 'login-1' }))
      await ready()
      expect(sent.done).to.equal(false)
      drained.resolve()
      await ready()
      expect(sent).to.deep.include({ done: true })
    })
  })

  it('a notify whose stream ends while it waits for room is an RpcError, and the call may have run', async () => {
    node(1).rpc.handle('note', () => {})
    await gate.rpc.notify('login', 'note', 1, { node: 'login-1' })
    const stream = gate.to('login-1')
    stream.write = () => false
    stream.drained = async () => { throw new StreamEndedError() }
    const error = await rejection(gate.rpc.notify('login', 'note', 1, { node: 'login-1' }))
    expect(error).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false, node: 'login-1' })
    expect(error.cause).to.include({ name: 'StreamEndedError' })
  })

  describe('prefer and avoid', () => {
    it('a preferred node is asked first, an avoided one last', async () => {
      for (const { id, rpc } of nodes) rpc.handle('who', () => id)
      const ask = async (options: object): Promise<Set<unknown>> => new Set(await Promise.all(Array.from({ length: 30 }, async () => gate.rpc.invoke('login', 'who', 1, options))))
      expect(await ask({ prefer: 'login-2' })).to.deep.equal(new Set(['login-2']))
      expect(await ask({ avoid: new Set(['login-1', 'login-3']) })).to.deep.equal(new Set(['login-2']))
      mesh.kill('login-2')
      expect([...await ask({ prefer: 'login-2' })].sort()).to.deep.equal(['login-1', 'login-3'])
      const last = ask({ avoid: new Set(['login-1', 'login-3', 'login-2']) })
      await mesh.clock.pass(1_000)
      expect([...await last].sort(), 'there is no other').to.deep.equal(['login-1', 'login-3'])
    })
  })

  describe('a limit on how many calls of a method run', () => {
    it('others wait for their turn, in order, and those beyond the queue are refused', async () => {
      const waiting: Array<() => void> = []
      const began: unknown[] = []
      node(1).rpc.handle('work', async n => { began.push(n); await new Promise<void>(resolve => { waiting.push(resolve) }); return n }, { concurrency: 2, queue: 2 })
      const only = { node: 'login-1' }
      const calls = [1, 2, 3, 4].map(n => watch(gate.rpc.invoke('login', 'work', n, only)))
      await ready()
      expect(began).to.deep.equal([1, 2])
      expect(node(1).rpc.stats()['work']).to.include({ running: 4, waiting: 2 })
      const refused = watch(gate.rpc.invoke('login', 'work', 5, only))
      await mesh.clock.pass(3_000)
      expect(refused.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      waiting.shift()?.()
      await ready()
      expect(began).to.deep.equal([1, 2, 3])
      waiting.forEach(done => { done() })
      await ready()
      waiting.forEach(done => { done() })
      await ready()
      expect(calls.map(({ value }) => value)).to.deep.equal([1, 2, 3, 4])
    })

    it('one that is cancelled, or whose deadline passes, while it waits gives up its turn', async () => {
      const waiting: Array<() => void> = []
      const began: unknown[] = []
      node(1).rpc.handle('work', async n => { began.push(n); await new Promise<void>(resolve => { waiting.push(resolve) }) }, { concurrency: 1 })
      const only = { node: 'login-1' }
      const controller = new AbortController()
      const calls = [1, 2, 3, 4].map(n => watch(gate.rpc.invoke('login', 'work', n, { ...only, ...(n === 2 && { signal: controller.signal }), ...(n === 3 && { timeout: 50 }) })))
      await ready()
      controller.abort()
      await mesh.clock.pass(70)
      expect(calls.map(({ error }) => error?.code)).to.deep.equal([undefined, 'CANCELLED', 'DEADLINE_EXCEEDED', undefined])
      expect(node(1).rpc.stats()['work']).to.include({ running: 2, waiting: 1 })
      waiting.shift()?.()
      await ready()
      expect(began).to.deep.equal([1, 4])
      waiting.shift()?.()
      await ready()
      expect(node(1).rpc.stats()['work']).to.include({ running: 0, waiting: 0 })
    })

    it('a long queue of calls that are done at once does not overflow the stack', async () => {
      let release = (): void => {}
      node(1).rpc.handle('work', (n: number) => n === 0 ? new Promise<void>(resolve => { release = resolve }) : undefined, { concurrency: 1, queue: 16_000 })
      const calls = Array.from({ length: 12_000 }, async (_, n) => gate.rpc.invoke('login', 'work', n, { node: 'login-1' }))
      await ready()
      release()
      await Promise.all(calls)
    })

    it('a handler that is done at once has run, and its call is over', async () => {
      node(1).rpc.handle('work', n => n, { concurrency: 1 })
      node(1).rpc.handle('fail', () => { throw new Error('no') }, { concurrency: 1 })
      const only = { node: 'login-1', timeout: 500 }
      for (const n of [1, 2]) expect(await gate.rpc.invoke('login', 'work', n, only)).to.equal(n)
      await rejection(gate.rpc.invoke('login', 'fail', 1, only))
      expect(node(1).rpc.nodeStats().running).to.equal(0)
      await mesh.clock.pass(1_000)
      expect(node(1).rpc.stats()['work']).to.include({ calls: 2, errors: 0, running: 0 })
      expect(node(1).rpc.stats()['fail']).to.include({ calls: 1, errors: 1, running: 0 })
      expect(gate.rpc.nodeStats().late).to.equal(0)
    })

    it('limits that cannot be are refused', () => {
      expect(() => node(1).rpc.handle('work', () => {}, { concurrency: 0 })).to.throw('concurrency must be at least 1')
    })
  })

  describe('introspection', () => {
    it('health can be set and watched; a node that is not serving takes no new calls, one that drains says so', async () => {
      for (const { id, rpc } of nodes) rpc.handle('who', () => id)
      const seen: unknown[] = []
      const watching = (async () => { for await (const status of gate.rpc.stream('login', 'braid.health.watch', 'serverStream', undefined, { node: 'login-1' })) seen.push(status) })().catch(() => {})
      await until(() => seen.length === 1)
      node(1).rpc.setHealth('NOT_SERVING')
      expect(node(1).discovery.self.state).to.equal('draining')
      await until(() => seen.length === 2)
      expect(await gate.rpc.invoke('login', 'braid.health', undefined, { node: 'login-1' })).to.equal('NOT_SERVING')
      node(1).rpc.setHealth('SERVING')
      expect(node(1).discovery.self.state).to.equal('up')
      await until(() => seen.length === 3)
      await Promise.race([node(1).rpc.drain(), ready()])
      await until(() => seen.length === 4)
      expect(seen).to.deep.equal(['SERVING', 'NOT_SERVING', 'SERVING', 'DRAINING'])
      expect(await gate.rpc.invoke('login', 'braid.health', undefined, { node: 'login-1' })).to.equal('DRAINING')
      node(1).rpc.setHealth('SERVING')
      expect(node(1).rpc.health).to.equal('DRAINING')
      mesh.kill('login-1')
      await watching
    })

    it('health that is set before the start is that of the start, and can be set again; a restart serves', async () => {
      const { rpc, discovery } = await mesh.add('warm-1', 'warm', { before: rpc => { rpc.setHealth('NOT_SERVING') } })
      const says = (): unknown[] => [rpc.health, discovery.self.state]
      expect(says()).to.deep.equal(['NOT_SERVING', 'draining'])
      rpc.setHealth('SERVING')
      expect(says()).to.deep.equal(['SERVING', 'up'])
      const stopped = rpc.stop()
      await mesh.clock.pass(1_000)
      await stopped
      expect(rpc.health).to.equal('DRAINING')
      await rpc.start()
      expect(says()).to.deep.equal(['SERVING', 'up'])
    })

    it('stats: calls, errors and times of each method, and answers that came too late', async () => {
      node(1).rpc.handle('slow', async () => new Promise(resolve => { setTimeout(resolve, 5) }))
      node(1).rpc.handle('fail', () => { throw new Error('no') })
      const late = watch(gate.rpc.invoke('login', 'slow', 1, { node: 'login-1' }))
      await until(() => late.done)
      await gate.rpc.invoke('login', 'slow', 1, { node: 'login-1' })
      await rejection(gate.rpc.invoke('login', 'fail', 1, { node: 'login-1' }))
      const stats = await gate.rpc.invoke('login', 'braid.stats', undefined, { node: 'login-1' }) as any
      expect(stats.methods.slow).to.include({ calls: 2, errors: 0, running: 0, waiting: 0 })
      expect(stats.methods.slow.p50).to.be.a('number')
      expect(stats.methods.fail).to.include({ calls: 1, errors: 1, lastError: 'no' })
      expect(stats).to.include({ pending: 0, late: 0 })
    })
  })
})
