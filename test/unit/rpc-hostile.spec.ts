import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { auth, breaker, credentials, hedge, metrics, retry } from '../../src/rpc/index.ts'
import { until } from '../harness/until.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { ClientInterceptor, HandleOptions, Handler } from '../../src/rpc/index.ts'

const quick = { backoff: { initial: 1, max: 2 } }

describe('rpc: what a hostile or unlucky peer may not do', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let nodes: FakeNode[]

  async function start (client: ClientInterceptor[], count: number, handler: (id: string) => Handler, options: HandleOptions = {}): Promise<void> {
    gate = await mesh.add('gate-1', undefined, { interceptors: { client } })
    nodes = []
    for (let i = 1; i <= count; i++) {
      const node = await mesh.add(`login-${i}`, 'login')
      node.rpc.handle('work', handler(node.id), options)
      nodes.push(node)
    }
  }

  beforeEach(() => { mesh = new FakeMesh() })
  afterEach(async () => { await mesh.stop() })

  /** Returns to whom a stream is to be opened from then on, whoever is there: a pause before a repeat is real time. */
  function kill (id: string): string[] {
    const tried: string[] = []
    mesh.gate = async id => { tried.push(id) }
    mesh.kill(id)
    return tried
  }

  const key = { idempotencyKey: 'k' }

  it('few calls may wait for the answer of one key', async () => {
    await start([retry({ attempts: 1 })], 1, () => async () => new Promise(() => {}))
    const calls = Array.from({ length: 20 }, () => watch(gate.rpc.invoke('login', 'work', 1, key)))
    await mesh.clock.pass(3_000)
    expect(calls.filter(({ error }) => error?.code === 'RESOURCE_EXHAUSTED')).to.have.lengthOf(4)
  })

  it('a key is known while its handler runs on after a cancel: it does not run beside itself, and its result is the reply', async () => {
    let calls = 0
    const release = Promise.withResolvers<string>()
    await start([], 1, () => async () => { calls++; return release.promise })
    const controller = new AbortController()
    const first = watch(gate.rpc.invoke('login', 'work', 1, { ...key, signal: controller.signal }))
    await until(() => calls === 1)
    controller.abort()
    await ready()
    expect(first.error).to.include({ code: 'CANCELLED' })
    const second = gate.rpc.invoke('login', 'work', 1, key)
    await ready()
    release.resolve('done')
    expect(await second).to.equal('done')
    expect(calls).to.equal(1)
  })

  it('a key that is asked for again and again, and cancelled each time, is counted off once: no load below 0, and nothing else is cut off', async () => {
    await start([], 1, () => async () => new Promise(() => {}))
    const login = nodes[0] as FakeNode
    const running = []
    for (let i = 0; i < 3; i++) {
      watch(gate.rpc.invoke('login', 'work', 1, { ...key, timeout: 100 }))
      await mesh.clock.pass(150)
      running.push(login.rpc.nodeStats().running)
    }
    expect(running).to.deep.equal([0, 0, 0])
    const finished = Promise.withResolvers<string>()
    login.rpc.handle('other', async () => finished.promise)
    const other = watch(gate.rpc.invoke('login', 'other'))
    await mesh.clock.pass(3_000)
    expect(login.rpc.nodeStats().running).to.equal(1)
    const loads = login.discovery.updates.flatMap(({ load }) => load?.inflight ?? [])
    expect(loads).to.include(1)
    expect(Math.min(...loads)).to.be.at.least(0)
    const stopped = login.rpc.stop()
    await mesh.clock.pass(10)
    finished.resolve('done')
    await mesh.clock.pass(1_000)
    await stopped
    expect(other.value, 'what runs is finished').to.equal('done')
  })

  it('a load that cannot be told ends nothing', async () => {
    await start([], 1, () => async () => new Promise(() => {}))
    const { discovery } = nodes[0] as FakeNode
    const { update } = discovery
    let asked = 0
    discovery.update = () => { asked++; throw new Error('no record') }
    watch(gate.rpc.invoke('login', 'work', 1, { timeout: 20_000 }))
    await mesh.clock.pass(5_000)
    expect(asked).to.be.above(1)
    discovery.update = update
    await mesh.clock.pass(3_000)
    expect(discovery.self.load.inflight).to.equal(1)
  })

  it('a kept reply is for the credentials it was given to, and a denial is not kept', async () => {
    let allowed = false
    await start([], 1, () => () => 'secret', { interceptors: [auth(given => allowed && given === 'me')] })
    const mine = { ...key, headers: { authorization: 'me' } }
    expect(await rejection(gate.rpc.invoke('login', 'work', 1, mine))).to.include({ code: 'PERMISSION_DENIED' })
    allowed = true
    expect(await gate.rpc.invoke('login', 'work', 1, mine)).to.equal('secret')
    expect(await rejection(gate.rpc.invoke('login', 'work', 1, key))).to.include({ code: 'UNAUTHENTICATED' })
    expect(await gate.rpc.invoke('login', 'work', 1, mine)).to.equal('secret')
  })

  it('headers that differ in each attempt make one call, not several; those who were denied may ask with better ones', async () => {
    let asked = 0
    const seen: unknown[] = []
    const done = Promise.withResolvers<string>()
    const renew: ClientInterceptor = next => async call => next(call).catch((err: unknown) => { if ((err as RpcError).code !== 'UNAUTHENTICATED') throw err; return next(call) })
    await start([retry(quick), renew, credentials(() => `jwt-${asked++}`)], 1, () => async (_, { headers }) => { seen.push(headers['authorization']); return done.promise }, {
      interceptors: [auth(given => { if (given === 'jwt-0') throw new RpcError('UNAUTHENTICATED', 'too old'); return true })]
    })
    const call = gate.rpc.invoke('login', 'work', 1, key)
    await until(() => seen.length === 1)
    gate.streams.all.forEach(stream => { stream.abort(new Error('cable')) })
    await until(() => asked === 3)
    done.resolve('paid')
    expect(await call).to.equal('paid')
    expect(seen).to.deep.equal(['jwt-1'])
    expect(asked).to.equal(3)
  })

  it('a call with a key is not sent to a second node, neither by hedge nor by retry', async () => {
    const asked: string[] = []
    await start([retry(quick), hedge({ delay: 1 })], 2, id => async () => { asked.push(id); return new Promise(() => {}) })
    const call = watch(gate.rpc.invoke('login', 'work', 1, key))
    await until(() => asked.length === 1)
    const tried = kill(asked[0] ?? '')
    await until(() => tried.length > 0)
    await mesh.clock.pass(6_000)
    await until(() => call.done)
    expect(call.error).to.include({ retryable: false })
    expect(asked).to.have.lengthOf(1)
    expect(new Set(tried)).to.deep.equal(new Set(asked))
  })

  it('a call with a key does not run again at a node that was started anew in between, whatever the view knows of that', async () => {
    for (const told of [true, false]) {
      const id = `login-${told ? 'told' : 'late'}`
      const service = told ? 'told' : 'late'
      let ran = 0
      const caller = await mesh.add(`gate-${id}`, undefined)
      const first = await mesh.add(id, service)
      first.rpc.handle('pay', async () => { ran++; return new Promise(() => {}) })
      const call = watch(caller.rpc.invoke(service, 'pay', 1, key))
      await until(() => ran === 1)
      mesh.kill(id)
      const second = await mesh.add(id, service, { incarnation: 2, introduce: told })
      second.rpc.handle('pay', async () => { ran++; return 'paid' })
      await until(() => call.done)
      expect(call.error).to.include({ code: 'UNAVAILABLE', retryable: false, node: id })
      expect(call.error.message).to.include('started anew')
      expect(ran, 'times that it ran').to.equal(1)
      expect(await caller.rpc.invoke(service, 'pay', 1, key), 'a new call').to.equal('paid')
    }
  })

  it('retry around hedge: the second attempt is not cancelled by the race of the first', async () => {
    let calls = 0
    await start([retry(quick), hedge({ delay: 50 })], 1, () => () => { if (++calls === 1) throw new RpcError('UNAVAILABLE', 'busy'); return 'second' })
    expect(await gate.rpc.invoke('login', 'work', 1, { idempotent: true })).to.equal('second')
  })

  it('an idempotent call whose first attempt may have run is not retryable, though the next one found nobody', async () => {
    let ran = 0
    await start([retry(quick)], 1, () => async () => { ran++; return new Promise(() => {}) })
    const call = watch(gate.rpc.invoke('login', 'work', 1, { idempotent: true, timeout: 3_000 }))
    await until(() => ran === 1)
    const tried = kill('login-1')
    await until(() => tried.length > 0)
    await mesh.clock.pass(4_000)
    await until(() => call.done)
    expect(call.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(call.error.message).to.include('it may have run; asked again: ')
    expect(ran).to.equal(1)
  })

  it('of several that a race asks, the one that may have run decides what its error says', async () => {
    const asked: string[] = []
    let reachable: string | undefined
    let opening = false
    mesh.gate = async id => { reachable ??= id; if (id !== reachable) { opening = true; await never() } }
    await start([hedge({ delay: 1 })], 2, id => async () => { asked.push(id); return new Promise(() => {}) })
    const call = watch(gate.rpc.invoke('login', 'work', 1, { idempotent: true, timeout: 2_000 }))
    await until(() => opening)
    expect(asked).to.deep.equal([reachable])
    mesh.kill(reachable ?? '')
    await mesh.clock.pass(3_000)
    await until(() => call.done)
    expect(call.error).to.include({ retryable: false })
  })

  it('half open, a circuit lets one call through, and no more until it is answered', async () => {
    let broken = true
    let asked = 0
    const held = Promise.withResolvers<string>()
    await start([breaker({ consecutive: 2, cooldown: 20, outliers: false })], 1, () => async () => { asked++; if (broken) throw new RpcError('INTERNAL', 'broken'); return held.promise })
    for (let i = 0; i < 2; i++) await rejection(gate.rpc.invoke('login', 'work'))
    broken = false
    // longer than the cooldown, and shorter than two
    await mesh.clock.pass(22)
    const calls = Array.from({ length: 5 }, () => watch(gate.rpc.invoke('login', 'work')))
    await ready()
    expect(asked).to.equal(3)
    held.resolve('well')
    await ready()
    expect(calls.filter(({ value }) => value === 'well')).to.have.lengthOf(1)
    expect(await gate.rpc.invoke('login', 'work')).to.equal('well')
  })

  it('half open, the answers to calls from before it opened say nothing, good or bad', async () => {
    const held: Array<(value: unknown) => void> = []
    const guard = breaker({ consecutive: 2, cooldown: 20, outliers: false })
    await start([guard], 1, () => async (args: unknown) => { if (args === 'break') throw new RpcError('INTERNAL', 'broken'); return new Promise(resolve => { held.push(resolve) }) })
    const [well, ill] = [watch(gate.rpc.invoke('login', 'work', 1, { timeout: 60_000 })), watch(gate.rpc.invoke('login', 'work', 1, { timeout: 60 }))]
    await ready()
    for (let i = 0; i < 2; i++) await rejection(gate.rpc.invoke('login', 'work', 'break'))
    await mesh.clock.pass(22)
    const trial = watch(gate.rpc.invoke('login', 'work', 1, { timeout: 60_000 }))
    await ready()
    expect(held).to.have.lengthOf(3)
    held[0]?.('an old one')
    await mesh.clock.pass(50)
    expect([well.value, ill.error?.code]).to.deep.equal(['an old one', 'DEADLINE_EXCEEDED'])
    expect(guard.states()).to.deep.equal({ login: { 'login-1': 'half-open' } })
    held[2]?.('the trial')
    await ready()
    expect(trial.value).to.equal('the trial')
    expect(guard.states()).to.deep.equal({})
  })

  it('an open circuit does not move a token, and a busy node opens none', async () => {
    const guard = breaker({ consecutive: 1, cooldown: 10_000, outliers: false })
    await start([guard], 2, id => (args: unknown) => { if (args === 'break') throw new RpcError('INTERNAL', 'x'); return id })
    const home = await gate.rpc.invoke('login', 'work', 1, { token: 't' })
    await rejection(gate.rpc.invoke('login', 'work', 'break', { node: String(home) }))
    expect(guard.states()).to.deep.equal({ login: { [String(home)]: 'open' } })
    expect(await gate.rpc.invoke('login', 'work', 1, { token: 't' })).to.equal(home)
    const full = await mesh.add('full-1', 'full')
    full.rpc.handle('work', async () => new Promise(() => {}), { concurrency: 1, queue: 0 })
    watch(gate.rpc.invoke('full', 'work'))
    await ready()
    const refused = watch(gate.rpc.invoke('full', 'work'))
    await mesh.clock.pass(3_000)
    expect(refused.error).to.include({ code: 'RESOURCE_EXHAUSTED' })
    expect(guard.states()).not.to.have.property('full')
  })

  it('an interceptor that waits for ever is under the call\'s deadline and signal', async () => {
    await start([() => async () => new Promise(() => {})], 1, () => () => 1)
    const late = watch(gate.rpc.invoke('login', 'work', 1, { timeout: 50 }))
    const controller = new AbortController()
    const left = watch(gate.rpc.invoke('login', 'work', 1, { signal: controller.signal }))
    controller.abort()
    await mesh.clock.pass(70)
    expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    expect(left.error).to.include({ code: 'CANCELLED' })
  })

  const never = async (): Promise<string> => new Promise(() => {})
  const stuck: Record<string, (forget: { times: number }) => ClientInterceptor[]> = {
    'credentials of a second attempt': asked => [retry(quick), credentials(() => asked.times++ === 0 ? 'first' : never())],
    'an own interceptor after an attempt that failed': asked => [next => async call => { try { return await next(call) } catch { asked.times = 2; await never(); return next(call) } }],
    'an own one inside of those that ship': asked => [retry(quick), next => async call => { if (++asked.times > 1) await never(); return next(call) }, credentials('me')]
  }
  for (const [name, interceptors] of Object.entries(stuck)) {
    it(`so is one that waits after the first attempt: ${name}`, async () => {
      const measure = metrics()
      const asked = { times: 0 }
      await start([measure.client, ...interceptors(asked)], 1, () => () => { throw new RpcError('UNAVAILABLE', 'busy') })
      const late = watch(gate.rpc.invoke('login', 'work', 1, { idempotent: true, timeout: 200 }))
      await until(() => asked.times === 2)
      await mesh.clock.pass(230)
      expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED' })
      asked.times = 0
      const controller = new AbortController()
      const left = watch(gate.rpc.invoke('login', 'work', 1, { idempotent: true, signal: controller.signal }))
      await until(() => asked.times === 2)
      controller.abort()
      await ready()
      expect(left.error).to.include({ code: 'CANCELLED' })
      expect(measure.snapshot().client['login/work']).to.include({ calls: 2, running: 0 })
    })
  }

  it('an interceptor that waits after an answer, too; one that does not leaves the answer as it is', async () => {
    const measure = metrics()
    await start([measure.client, next => async call => { const result = await next(call); if (result === 'stuck') await never(); return result }], 1, () => (args: unknown) => args)
    const late = watch(gate.rpc.invoke('login', 'work', 'stuck', { timeout: 50 }))
    expect(await gate.rpc.invoke('login', 'work', 'fine', { timeout: 50 })).to.equal('fine')
    await mesh.clock.pass(80)
    expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED' })
    expect(measure.snapshot().client['login/work']).to.include({ calls: 2, running: 0 })
    expect(mesh.timers.armed, 'no timer is left of either').to.be.below(5)
  })

  it('the deadline of what is under way says where it was, behind interceptors too', async () => {
    await start([next => async call => next(call)], 1, () => async () => never())
    const late = watch(gate.rpc.invoke('login', 'work', 1, { timeout: 50 }))
    await mesh.clock.pass(80)
    expect(late.error).to.include({ code: 'DEADLINE_EXCEEDED', node: 'login-1' })
  })

  it('a stream behind interceptors that is left before its first result is cancelled at once', async () => {
    await start([next => next], 1, () => () => 1)
    const ended = Promise.withResolvers<void>()
    nodes[0]?.rpc.handleStream('quiet', 'serverStream', async function * (_, { signal }) {
      signal.addEventListener('abort', () => { ended.resolve() })
      await new Promise(() => {})
      yield 1
    }, { interceptors: [next => next] })
    const results = gate.rpc.stream('login', 'quiet', 'serverStream')
    const first = results.next()
    await ready()
    expect(await results.return()).to.deep.equal({ done: true, value: undefined })
    expect(await first).to.deep.equal({ done: true, value: undefined })
    await ended.promise
  })

  it('a stream whose interceptor throws after next, or drops what one next has opened, ends at the node that serves it', async () => {
    let open = 0
    const policies: ClientInterceptor[] = [
      next => async call => { await next(call); throw new Error('policy') },
      next => async call => { await next(call); return next(call) }
    ]
    const policy: { now: ClientInterceptor | undefined } = { now: policies[0] }
    gate = await mesh.add('gate-1', undefined, { maxStreamsPerPeer: 3, interceptors: { client: [next => async call => (policy.now?.(next) ?? next)(call)] } })
    const login = await mesh.add('login-1', 'login')
    login.rpc.handleStream('watch', 'serverStream', async function * (n: number) { open++; try { for (let i = 0; i < n; i++) yield new Uint8Array(60_000) } finally { open-- } })
    const read = (n: number): ReturnType<typeof watch> => watch((async () => { let items = 0; for await (const item of gate.rpc.stream('login', 'watch', 'serverStream', n)) items += item === undefined ? 0 : 1; return items })())
    for (let i = 0; i < 5; i++) {
      const call = read(1_000)
      await until(() => call.done)
      expect(call.error).to.include({ message: 'policy' })
      await until(() => open === 0)
    }
    policy.now = policies[1]
    for (let i = 0; i < 5; i++) {
      const call = read(40)
      await until(() => call.done)
      expect(call).to.include({ value: 40 })
      await until(() => open === 0)
    }
    policy.now = undefined
    const call = read(3)
    await until(() => call.done)
    expect(call).to.include({ value: 3 })
  })

  it('a node whose health is watched drains', async () => {
    await start([], 1, () => () => 1)
    const results = gate.rpc.stream('login', 'braid.health.watch', 'serverStream')
    expect((await results.next()).value).to.equal('SERVING')
    const drained = watch(nodes[0]?.rpc.drain() ?? Promise.reject(new Error('no node')))
    expect((await results.next()).value).to.equal('DRAINING')
    expect((await results.next()).done).to.equal(true)
    await until(() => drained.done)
    expect(drained.error).to.equal(undefined)
  })
})
