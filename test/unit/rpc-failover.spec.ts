import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { StreamRefusedError } from '../../src/errors.ts'
import { FakeMesh, nodeInfo, ready, rejection, watch } from './rpc-fakes.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type { HandlerContext } from '../../src/rpc/index.ts'

describe('rpc: nodes that come and go', () => {
  let mesh: FakeMesh
  let gate: FakeNode
  let runs: string[]

  async function addLogin (id: string): Promise<FakeNode> {
    const node = await mesh.add(id, 'login')
    node.rpc.handle('who', () => { runs.push(id); return id })
    node.rpc.handle('endless', async (_, ctx) => { runs.push(id); return new Promise((_resolve, reject) => { ctx.signal.addEventListener('abort', reject) }) })
    return node
  }

  beforeEach(async () => {
    mesh = new FakeMesh()
    runs = []
    gate = await mesh.add('gate-1', undefined)
  })

  afterEach(async () => { await mesh.stop() })

  /** A token whose calls that node gets, of those that are up. */
  async function tokenOf (id: string): Promise<string> {
    for (let i = 0; ; i++) if (await who({ token: `token-${i}` }) === id) return `token-${i}`
  }

  const who = async (options = {}): Promise<unknown> => gate.rpc.invoke('login', 'who', undefined, options)

  describe('no node yet', () => {
    it('a service that comes within the deadline is called; one search serves all that wait', async () => {
      const calls = Array.from({ length: 50 }, () => watch(who()))
      await mesh.clock.pass(1_000)
      expect(gate.discovery.searches.get('login')).to.equal(1)
      await addLogin('login-1')
      await ready()
      expect(calls.map(({ value }) => value)).to.deep.equal(new Array(50).fill('login-1'))
      expect(gate.discovery.searches.get('login')).to.equal(0)
    })

    it('one that does not is named, with mesh and time; the search ends with the last call', async () => {
      const call = watch(who({ timeout: 300 }))
      await mesh.clock.pass(320)
      expect(call.error).to.include({ name: 'ServiceUnavailableError', code: 'UNAVAILABLE', retryable: true })
      expect(call.error.message).to.equal('no node of service \'login\' in mesh \'shop\' after 300 ms; is it started, and does it share a bootstrap?')
      expect(gate.discovery.searches.get('login')).to.equal(0)
      const controller = new AbortController()
      const second = watch(who({ signal: controller.signal }))
      await ready()
      controller.abort()
      await ready()
      expect(second.error).to.include({ code: 'CANCELLED' })
      expect(gate.discovery.searches.get('login')).to.equal(0)
    })

    it('nodes that drain are not called, until one is up again', async () => {
      const login = await addLogin('login-1')
      gate.discovery.see(nodeInfo('login-1', 'login', { state: 'draining' }))
      const call = watch(who())
      const short = watch(who({ timeout: 100 }))
      await mesh.clock.pass(120)
      expect(short.error).to.include({ name: 'ServiceUnavailableError' })
      expect(short.error.message).to.include('no node of service \'login\' took the call')
      expect(runs).to.deep.equal([])
      gate.discovery.see(login.discovery.self)
      await mesh.clock.pass(1_000)
      expect(call.value).to.equal('login-1')
    })
  })

  describe('a call that certainly did not run goes to another node', () => {
    it('when its stream cannot be opened or is refused; discovery is told', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      mesh.gate = async id => { if (id === 'login-1') throw new StreamRefusedError('no') }
      for (let i = 0; i < 20; i++) expect(await who()).to.equal('login-2')
      expect(new Set(gate.discovery.reports)).to.deep.equal(new Set(['login-1']))
    })

    it('when the node says that it is stopping', async () => {
      const first = await addLogin('login-1')
      await addLogin('login-2')
      const stopped = Promise.all([who({ node: 'login-1' })])
      await stopped
      runs.length = 0
      await first.rpc.drain()
      const answers = await Promise.all(Array.from({ length: 40 }, async () => who()))
      expect(new Set(answers)).to.deep.equal(new Set(['login-2']))
      expect(new Set(runs)).to.deep.equal(new Set(['login-2']))
    })

    it('when the node serves another service by now', async () => {
      const other = await mesh.add('mail-1', 'mail')
      other.rpc.handle('who', () => { runs.push('mail-1') })
      await addLogin('login-1')
      gate.discovery.see(nodeInfo('mail-1', 'login'))
      for (let i = 0; i < 20; i++) expect(await who()).to.equal('login-1')
      expect(runs).not.to.include('mail-1')
      const error = await rejection(who({ node: 'mail-1' }))
      expect(error).to.include({ code: 'NOT_FOUND', retryable: true, node: 'mail-1' })
      expect(error.message).to.include('serves service \'mail\', not \'login\'')
    })

    it('when the write queue to it is full', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      await who({ node: 'login-1' })
      gate.to('login-1').maxQueue = 0
      for (let i = 0; i < 20; i++) expect(await who()).to.equal('login-2')
      expect(await rejection(who({ node: 'login-1' }))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    })

    it('when as many of our calls as may wait for it do so, until that is so of each', async () => {
      const few = await mesh.add('gate-2', undefined, { maxPendingPerPeer: 1 })
      await addLogin('login-1')
      await addLogin('login-2')
      const calls = [1, 2].map(() => watch(few.rpc.invoke('login', 'endless')))
      await ready()
      expect(runs.sort()).to.deep.equal(['login-1', 'login-2'])
      expect(calls.some(({ done }) => done)).to.equal(false)
      expect(await rejection(few.rpc.invoke('login', 'who'))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    })

    it('when as many of our streams as may run there do so, until that is so of each', async () => {
      const few = await mesh.add('gate-2', undefined, { maxStreamsPerPeer: 1 })
      for (const id of ['login-1', 'login-2']) {
        (await addLogin(id)).rpc.handleStream('watch', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
          yield id
          await new Promise(resolve => { signal.addEventListener('abort', resolve) })
        })
      }
      const streams = [1, 2].map(() => few.rpc.stream('login', 'watch', 'serverStream'))
      const first = streams.map(stream => watch(stream.next()))
      await ready()
      expect(first.map(({ value }: any) => value?.value).sort()).to.deep.equal(['login-1', 'login-2'])
      const third = watch(few.rpc.stream('login', 'watch', 'serverStream').next())
      await ready()
      expect(third.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      for (const stream of streams) await stream.return()
    })

    it('when 64 MiB of large bodies wait for it', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      mesh.gate = async id => id === 'login-1' ? new Promise(() => {}) : undefined
      const body = new Uint8Array(1024 * 1024)
      const stuck = Array.from({ length: 65 }, () => watch(gate.rpc.invoke('login', 'who', body, { node: 'login-1', timeout: 1_000 })))
      for (let i = 0; i < 20; i++) expect(await gate.rpc.invoke('login', 'who', body)).to.equal('login-2')
      await mesh.clock.pass(1_100)
      expect(stuck.every(({ error }) => error?.code === 'UNAVAILABLE')).to.equal(true)
    })

    it('through all that have no place left, to the last of ten; one that finds none at 64 ends', async () => {
      const few = await mesh.add('gate-2', undefined, { maxPendingPerPeer: 1 })
      for (let i = 1; i <= 10; i++) await addLogin(`login-${i}`)
      const calls = Array.from({ length: 10 }, () => watch(few.rpc.invoke('login', 'endless', undefined, { timeout: 1_000 })))
      await ready()
      expect(new Set(runs)).to.have.lengthOf(10)
      expect(calls.some(({ done }) => done)).to.equal(false)
      for (let i = 11; i <= 70; i++) {
        await addLogin(`login-${i}`)
        calls.push(watch(few.rpc.invoke('login', 'endless', undefined, { node: `login-${i}`, timeout: 1_000 })))
      }
      await ready()
      let picks = 0
      let nodes: readonly { id: string }[] = []
      const own = (): any => ({
        name: 'own',
        update: (candidates: readonly { id: string }[]) => { nodes = candidates },
        pick: ({ exclude }: any) => { picks++; return nodes.find(({ id }) => exclude?.has(id) !== true) }
      })
      expect(await rejection(few.rpc.invoke('login', 'who', undefined, { balancer: own }))).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      expect(picks).to.equal(64)
      await mesh.clock.pass(1_100)
      expect(calls.every(({ done }) => done)).to.equal(true)
    })

    it('but none that a token or a key binds to the node which has no place left for it', async () => {
      const few = await mesh.add('gate-2', undefined, { maxStreamsPerPeer: 1, maxPendingPerPeer: 1 })
      for (const id of ['login-1', 'login-2']) {
        (await addLogin(id)).rpc.handleStream('watch', 'serverStream', async function * (_: unknown, { signal }: HandlerContext) {
          runs.push(id)
          yield id
          await new Promise(resolve => { signal.addEventListener('abort', resolve) })
        })
      }
      const token = await tokenOf('login-1')
      const idempotencyKey = 'of nobody yet'
      const home = await who({ idempotencyKey }) as string
      runs.length = 0
      const bound = { token, timeout: 10_000 }
      const stream = few.rpc.stream('login', 'watch', 'serverStream', undefined, bound)
      await stream.next()
      const second = watch(few.rpc.stream('login', 'watch', 'serverStream', undefined, bound).next())
      await ready()
      expect(second.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true, node: 'login-1' })
      expect(runs).to.deep.equal(['login-1'])
      await stream.return()
      const stuck = watch(few.rpc.invoke('login', 'endless', undefined, { node: home, timeout: 1_000 }))
      await ready()
      expect(await rejection(few.rpc.invoke('login', 'who', undefined, { idempotencyKey }))).to.include({ code: 'RESOURCE_EXHAUSTED', node: home })
      expect(runs).to.deep.equal(['login-1', home])
      const another = home === 'login-1' ? 'login-2' : 'login-1'
      expect(await few.rpc.invoke('login', 'who', undefined, { token, balancer: 'random' }), 'a balancer does not keep to the token').to.equal(another)
      await mesh.clock.pass(1_100)
      expect(stuck.done).to.equal(true)
    })

    it('when its bytes had not left before the stream was lost', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      const first = watch(gate.rpc.invoke('login', 'endless', undefined, { node: 'login-1' }))
      await ready()
      const stream = gate.to('login-1')
      stream.blocked = true
      const calls = Array.from({ length: 20 }, () => watch(gate.rpc.invoke('login', 'who')))
      await ready()
      const waiting = calls.filter(({ done }) => !done).length
      expect(waiting).to.be.greaterThan(0)
      mesh.kill('login-1')
      await mesh.clock.pass(100)
      expect(calls.map(({ value }) => value)).to.deep.equal(new Array(20).fill('login-2'))
      expect(first.error).to.include({ code: 'UNAVAILABLE', retryable: false })
    })

    it('one that asks to be left alone, for a day or for good, does not hold it back from the others', async () => {
      let refused = 0
      await addLogin('login-1')
      const other = await addLogin('login-2')
      const token = await tokenOf('login-1')
      mesh.node('login-1').rpc.setTokenGuard({ admit: () => refused++ === 0 ? new RpcError('UNAVAILABLE', 'in a moment', { retryable: true }) : undefined })
      for (const retryAfter of [86_400_000, -1]) {
        refused = 0
        other.rpc.setTokenGuard({ admit: () => new RpcError('UNAVAILABLE', 'leave me alone', { retryable: true, retryAfter }) })
        const call = watch(who({ token, timeout: 60_000 }))
        for (let ms = 0; ms < 1_000; ms += 100) await mesh.clock.pass(100)
        expect(call.value, String(retryAfter)).to.equal('login-1')
        expect(await rejection(who({ token, node: 'login-2', timeout: 60_000 }))).to.include({ code: 'UNAVAILABLE', retryAfter })
      }
    })

    it('which asked for that is left alone for as long, also when another one cannot be reached', async () => {
      await addLogin('login-1')
      const other = await addLogin('login-2')
      const token = await tokenOf('login-1')
      mesh.kill('login-1')
      mesh.gate = async id => { if (id === 'login-1') throw new StreamRefusedError('no') }
      // two of the longest gaps fit, three of the shortest do not: how long rounds are is left to chance
      for (const [retryAfter, times] of [[-1, 1], [86_400_000, 1], [3_000, 3]] as const) {
        const asked: number[] = []
        other.rpc.setTokenGuard({ admit: () => { asked.push(mesh.clock.now); return new RpcError('UNAVAILABLE', 'leave me alone', { retryable: true, retryAfter }) } })
        const call = watch(who({ token, timeout: 8_600 }))
        for (let ms = 0; ms < 8_600; ms += 100) await mesh.clock.pass(100)
        expect(asked, String(retryAfter)).to.have.lengthOf(times)
        for (let i = 1; i < times; i++) expect((asked[i] as number) - (asked[i - 1] as number)).to.be.within(2_950, 4_200)
        await mesh.clock.pass(20)
        expect(call.error).to.include({ name: 'ServiceUnavailableError' })
      }
      mesh.gate = async () => undefined
    })

    it('and a call that only such nodes could still take ends with what they said', async () => {
      await addLogin('login-1')
      const other = await addLogin('login-2')
      const token = await tokenOf('login-1')
      other.rpc.setTokenGuard({ admit: () => new RpcError('UNAVAILABLE', 'leave me alone', { retryable: true, retryAfter: -1 }) })
      mesh.kill('login-1')
      mesh.gate = async id => { if (id === 'login-1') throw new StreamRefusedError('no') }
      const call = watch(who({ token, timeout: 10_000 }))
      await mesh.clock.pass(200)
      expect(call.done).to.equal(false)
      mesh.forget('login-1')
      for (let ms = 0; ms < 2_000; ms += 100) await mesh.clock.pass(100)
      expect(call.error).to.include({ code: 'UNAVAILABLE', node: 'login-2', retryAfter: -1 })
    })

    it('but to three nodes at most before it pauses', async () => {
      for (let i = 1; i <= 6; i++) await addLogin(`login-${i}`)
      const asked: string[] = []
      mesh.gate = async id => { asked.push(id); throw new StreamRefusedError('no') }
      const call = watch(who({ timeout: 20 }))
      await mesh.clock.pass(20)
      expect(new Set(asked)).to.have.lengthOf(3)
      expect(asked).to.have.lengthOf(3)
      await mesh.clock.pass(20)
      expect(call.error).to.include({ name: 'ServiceUnavailableError' })
      expect(call.error.cause).to.include({ name: 'StreamRefusedError' })
    })
  })

  describe('a call that may have run', () => {
    it('is not sent again: it fails at once, and says so', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      const calls = Array.from({ length: 20 }, () => watch(gate.rpc.invoke('login', 'endless')))
      await ready()
      const before = [...runs]
      expect(new Set(before)).to.deep.equal(new Set(['login-1', 'login-2']))
      mesh.kill('login-1')
      await ready()
      const lost = calls.filter(({ done }) => done)
      expect(lost).to.have.lengthOf(before.filter(id => id === 'login-1').length)
      for (const { error } of lost) {
        expect(error).to.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: false, node: 'login-1' })
        expect(error.message).to.include('connection to login-1 (login-1) lost while the call was under way; it may have run')
      }
      expect(runs).to.deep.equal(before)
    })
  })

  describe('the only node', () => {
    it('that cannot be reached is tried again until the deadline, with pauses', async () => {
      await addLogin('login-1')
      let tries = 0
      mesh.gate = async () => { if (++tries < 4) throw new StreamRefusedError('no') }
      const call = watch(who())
      await mesh.clock.pass(2_000)
      expect(call.value).to.equal('login-1')

      tries = -1_000
      mesh.kill('login-1')
      await ready()
      const second = watch(who({ timeout: 5_000 }))
      await mesh.clock.pass(5_020)
      expect(second.error).to.include({ name: 'ServiceUnavailableError', retryable: true })
      expect(second.error.cause).to.be.an('error')
      expect(tries + 1_000).to.be.within(5, 30)
    })

    it('that restarts is waited for: no call is lost', async () => {
      const first = await addLogin('login-1')
      await who()
      const stopped = first.rpc.stop()
      const call = watch(who())
      await mesh.clock.pass(100)
      await stopped
      mesh.kill('login-1')
      mesh.forget('login-1')
      await addLogin('login-2')
      await mesh.clock.pass(1_000)
      expect(call.value).to.equal('login-2')
    })

    it('that names a time is asked again then, not before', async () => {
      const asked: number[] = []
      const login = await addLogin('login-1')
      login.rpc.setTokenGuard({ admit: () => asked.push(mesh.clock.now) === 1 ? new RpcError('UNAVAILABLE', 'later', { retryable: true, retryAfter: 3_000 }) : undefined })
      const call = watch(who({ token: 't' }))
      await mesh.clock.pass(4_000)
      expect(call.value).to.equal('login-1')
      expect((asked[1] as number) - (asked[0] as number)).to.be.within(3_000, 3_100)
    })

    it('that is too busy is asked again, a few times', async () => {
      const login = await mesh.add('small-1', 'small', { maxPendingPerPeer: 1 })
      let release = (): void => {}
      login.rpc.handle('wait', async () => new Promise<void>(resolve => { release = resolve }))
      const first = watch(gate.rpc.invoke('small', 'wait'))
      await ready()
      const second = watch(gate.rpc.invoke('small', 'wait'))
      const third = watch(gate.rpc.invoke('small', 'braid.ping', 1, { timeout: 4_000 }))
      await mesh.clock.pass(60)
      expect(second.done).to.equal(false)
      release()
      await mesh.clock.pass(500)
      expect(first.done).to.equal(true)
      await mesh.clock.pass(2_000)
      // one of the two took the only place, for good; the other gave up
      expect([second, third].filter(({ done }) => done)).not.to.deep.equal([])
      const failed = [second, third].find(({ error }) => error !== undefined)
      if (failed !== undefined) expect(failed.error).to.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
      release()
      await ready()
    })
  })

  describe('node: exactly that one', () => {
    it('is called even while it drains, and never another', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      gate.discovery.see(nodeInfo('login-1', 'login', { state: 'draining' }))
      for (let i = 0; i < 10; i++) expect(await who({ node: 'login-1' })).to.equal('login-1')
    })

    it('unknown, it is waited for', async () => {
      const call = watch(who({ node: 'login-1' }))
      const lost = watch(who({ node: 'login-9', timeout: 200 }))
      await mesh.clock.pass(220)
      expect(lost.error).to.include({ name: 'ServiceUnavailableError', node: 'login-9' })
      expect(lost.error.message).to.include('login-9 is not known here after 200 ms')
      await addLogin('login-1')
      await ready()
      expect(call.value).to.equal('login-1')
    })

    it('once it has left, the call fails at once', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      mesh.gate = async () => { throw new StreamRefusedError('no') }
      const waiting = watch(who({ node: 'login-1' }))
      await mesh.clock.pass(100)
      expect(waiting.done).to.equal(false)
      mesh.kill('login-1')
      mesh.forget('login-1')
      await ready()
      expect(waiting.error).to.include({ name: 'ServiceUnavailableError', node: 'login-1' })
      expect(await rejection(who({ node: 'login-1' }))).to.include({ name: 'ServiceUnavailableError' })
      expect(runs).to.deep.equal([])
    })

    it('when it says that it is stopping, the caller hears that', async () => {
      const login = await addLogin('login-1')
      await who()
      await login.rpc.drain()
      expect(await rejection(who({ node: 'login-1' }))).to.include({ code: 'UNAVAILABLE', retryable: true, node: 'login-1' })
    })
  })

  describe('tokens', () => {
    it('a token stays on its node while it lives, moves when it is gone, and no other token moves', async () => {
      for (let i = 1; i <= 4; i++) await addLogin(`login-${i}`)
      const tokens = Array.from({ length: 64 }, (_, i) => `token-${i}`)
      const ask = async (): Promise<string[]> => Promise.all(tokens.map(async token => who({ token }) as Promise<string>))
      const before = await ask()
      expect(new Set(before)).to.have.lengthOf(4)
      expect(await ask()).to.deep.equal(before)

      // a suspicion moves nothing
      gate.discovery.see(nodeInfo('login-2', 'login', { state: 'suspect', seq: 2 }))
      expect(await ask()).to.deep.equal(before)

      // and neither does a load
      gate.discovery.see(nodeInfo('login-3', 'login', { load: { links: 500, inflight: 900 }, seq: 3 }))
      expect(await ask()).to.deep.equal(before)

      mesh.kill('login-2')
      const after = await ask()
      mesh.forget('login-2')
      expect(await ask()).to.deep.equal(after)
      after.forEach((node, i) => {
        if (before[i] === 'login-2') expect(node).not.to.equal('login-2')
        else expect(node).to.equal(before[i])
      })
    })

    it('a router decides instead, may take its time, and is asked again without the nodes that failed', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      const asked: Array<{ token: string, candidates: string[], exclude: string[] }> = []
      gate.rpc.setTokenRouter({
        route: (token, _service, candidates, exclude) => {
          asked.push({ token, candidates: candidates.map(({ id }) => id), exclude: [...exclude ?? []] })
          const node = candidates.find(({ id }) => exclude?.has(id) !== true)
          return asked.length % 2 === 0 ? node : Promise.resolve(node)
        }
      })
      expect(await who({ token: 'a' })).to.equal('login-1')
      expect(await who({ token: 'a' })).to.equal('login-1')
      expect(await who({ balancer: 'weighted', token: 'a' })).to.be.a('string')
      expect(asked).to.have.lengthOf(2)
      expect(asked[0]).to.deep.equal({ token: gate.rpc.tokenId('a'), candidates: ['login-1', 'login-2'], exclude: [] })
      mesh.kill('login-1')
      await ready()
      expect(await who({ token: 'a' })).to.equal('login-2')
      expect(asked.at(-1)?.exclude).to.deep.equal(['login-1'])
    })

    it('a call whose token went to another node while it waited for its turn runs there, and not here', async () => {
      const ran: string[] = []
      let home = 'login-1'
      let release = (): void => {}
      for (const id of ['login-1', 'login-2']) {
        const node = await mesh.add(id, 'login')
        node.rpc.handle('work', async n => {
          ran.push(`${id} ${String(n)}`)
          if (n === 0) await new Promise<void>(resolve => { release = resolve })
          return id
        }, { concurrency: 1 })
        node.rpc.setTokenGuard({ admit: () => home === id ? { rank: '1' } : new RpcError('FAILED_PRECONDITION', 'not here', { retryable: true }), holds: () => home === id })
      }
      await ready()
      const link = Uint8Array.of(1)
      gate.rpc.setTokenRouter({ binding: true, route: () => ({ id: home, link }), moved: () => undefined })
      const calls = [0, 1].map(async n => gate.rpc.invoke('login', 'work', n, { token: 'a' }))
      await ready()
      expect(ran).to.deep.equal(['login-1 0'])
      home = 'login-2'
      release()
      expect(await Promise.all(calls)).to.deep.equal(['login-1', 'login-2'])
      expect(ran).to.deep.equal(['login-1 0', 'login-2 1'])
    })

    for (const slow of [false, true]) {
      it(`a node that sends the call on to one that its caller has never heard of brings its record, verified ${slow ? 'later' : 'at once'}`, async () => {
        const record = (id: string): Uint8Array => new TextEncoder().encode(`record of ${id}`)
        let details: unknown
        for (const id of ['login-1', 'login-2']) {
          (await addLogin(id)).rpc.setTokenGuard({ admit: () => id === 'login-2' ? undefined : new RpcError('FAILED_PRECONDITION', 'not here', { retryable: true, details }) })
        }
        await ready()
        const stranger = nodeInfo('login-2', 'login')
        const asked: string[] = []
        gate.rpc.setTokenRouter({
          binding: true,
          route: (_token, service) => { asked.push(service); return { id: 'login-1' } },
          moved: (_token, _service, _node, details) => ({ id: (details as { owner: string }).owner })
        })
        gate.discovery.slow = slow
        const call = async (given: unknown): Promise<unknown> => {
          details = given
          gate.discovery.lose('login-2')
          asked.length = 0
          return who({ token: 'a' })
        }
        gate.discovery.strangers.set('login-2', stranger)
        expect(await call({ owner: 'login-2', record: record('login-2') })).to.equal('login-2')
        expect(asked, 'nobody else was asked').to.deep.equal(['login'])

        // what is no record of that node makes nobody known: the router is asked again
        for (const lie of [record('login-3'), 'record of login-2', undefined, new Uint8Array(0)]) {
          expect(await rejection(call({ owner: 'login-2', record: lie }))).to.include({ code: 'UNAVAILABLE' })
          expect(asked).to.have.lengthOf(3)
          expect(gate.discovery.node('login-2')).to.equal(undefined)
        }
      })
    }

    it('who is sent to a node that has just refused asks it again after a while, as long as the call has time', async () => {
      let isReady = false
      const refusals: string[] = []
      for (const id of ['login-1', 'login-2']) {
        (await addLogin(id)).rpc.setTokenGuard({
          admit: () => {
            if (id === 'login-1' && isReady) return undefined
            refusals.push(id)
            return id === 'login-1' ? new RpcError('UNAVAILABLE', 'no lease yet', { retryable: true }) : new RpcError('FAILED_PRECONDITION', 'not here', { retryable: true, details: { owner: 'login-1' } })
          }
        })
      }
      await ready()
      gate.rpc.setTokenRouter({ binding: true, route: () => ({ id: 'login-2' }), moved: (_token, _service, _node, details) => ({ id: (details as { owner: string }).owner }) })
      const call = watch(who({ token: 'a', timeout: 5_000 }))
      const pass = async (ms: number): Promise<void> => { for (let at = 0; at < ms; at += 50) await mesh.clock.pass(50) }
      await pass(3_000)
      expect(call.error).to.equal(undefined)
      expect(refusals.length).to.be.within(4, 40)
      isReady = true
      await pass(1_500)
      expect(call.value).to.equal('login-1')
      expect(runs).to.deep.equal(['login-1'])
      isReady = false
      const late = watch(who({ token: 'a', timeout: 300 }))
      await pass(400)
      expect(late.error).to.include({ code: 'UNAVAILABLE' })
    })

    it('a call that ends while a record is verified goes nowhere', async () => {
      (await addLogin('login-1')).rpc.setTokenGuard({ admit: () => new RpcError('FAILED_PRECONDITION', 'not here', { retryable: true, details: { owner: 'login-2', record: new Uint8Array(1) } }) })
      await ready()
      gate.discovery.introduce = async () => new Promise(() => {})
      gate.rpc.setTokenRouter({ binding: true, route: () => ({ id: 'login-1' }), moved: () => undefined })
      const call = watch(who({ token: 'a', timeout: 100 }))
      await mesh.clock.pass(120)
      expect(call.error).to.include({ name: 'ServiceUnavailableError' })
      expect(runs).to.deep.equal([])
    })

    it('a router that throws, rejects or never answers fails its calls and no others', async () => {
      await addLogin('login-1')
      gate.rpc.setTokenRouter({ route: () => { throw new Error('boom') } })
      expect(await rejection(who({ token: 'a' }))).to.include({ code: 'INTERNAL' })
      gate.rpc.setTokenRouter({ route: async () => { throw new Error('boom') } })
      expect(await rejection(who({ token: 'a' }))).to.include({ code: 'INTERNAL' })
      gate.rpc.setTokenRouter({ route: async () => new Promise(() => {}) })
      const call = watch(who({ token: 'a', timeout: 100 }))
      await mesh.clock.pass(120)
      expect(call.error).to.include({ name: 'ServiceUnavailableError' })
      expect(await who()).to.equal('login-1')
    })
  })

  describe('balancers', () => {
    it('without a token all nodes are called; weighted takes turns', async () => {
      for (let i = 1; i <= 3; i++) await addLogin(`login-${i}`)
      expect(new Set(await Promise.all(Array.from({ length: 100 }, async () => who())))).to.have.lengthOf(3)
      const turns: unknown[] = []
      for (let i = 0; i < 6; i++) turns.push(await who({ balancer: 'weighted' }))
      expect(turns.slice(0, 3)).to.deep.equal(turns.slice(3))
      expect(new Set(turns)).to.have.lengthOf(3)
    })

    it('a picker of one\'s own hears how each call went; its throws fail the call, and nothing else', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      const heard: unknown[] = []
      let nodes: readonly { id: string }[] = []
      const own = (): any => ({
        name: 'own',
        update: (candidates: readonly { id: string }[]) => { nodes = candidates },
        pick: ({ exclude }: any) => nodes.find(({ id }) => exclude?.has(id) !== true),
        started: (id: string) => { heard.push(`start ${id}`) },
        finished: (id: string, latency: number, ok: boolean) => { heard.push(`end ${id} ${latency} ${ok}`); throw new Error('mine') }
      })
      expect(await who({ balancer: own })).to.equal('login-1')
      mesh.kill('login-1')
      await ready()
      expect(await who({ balancer: own })).to.equal('login-2')
      expect(heard).to.deep.equal(['start login-1', 'end login-1 0 true', 'start login-1', 'end login-1 0 false', 'start login-2', 'end login-2 0 true'])
      expect(await rejection(who({ balancer: () => ({ name: 'bad', update () {}, pick () { throw new Error('mine') } }) }))).to.include({ code: 'INTERNAL' })
    })

    it('and which of them were given up before they had an answer', async () => {
      await addLogin('login-1')
      const heard: unknown[] = []
      let nodes: readonly object[] = []
      const own = (): any => ({ name: 'own', update: (candidates: readonly object[]) => { nodes = candidates }, pick: () => nodes[0], finished: (...told: unknown[]) => { heard.push(told) } })
      const controller = new AbortController()
      const call = watch(gate.rpc.invoke('login', 'endless', undefined, { balancer: own, signal: controller.signal }))
      await mesh.clock.pass(70)
      controller.abort()
      await ready()
      expect(call.error).to.include({ code: 'CANCELLED' })
      await who({ balancer: own })
      expect(heard).to.deep.equal([['login-1', 70, true, 1_070, true], ['login-1', 0, true, 1_070, false]])
    })

    it('but nothing against a node that was sent nothing, because this one has asked it for enough already', async () => {
      const few = await mesh.add('gate-2', undefined, { maxPendingPerPeer: 1 })
      await addLogin('login-1')
      await addLogin('login-2')
      const stuck = watch(few.rpc.invoke('login', 'endless', undefined, { node: 'login-1', timeout: 1_000 }))
      await ready()
      const heard: unknown[] = []
      let nodes: readonly { id: string }[] = []
      const own = (): any => ({
        name: 'own',
        update: (candidates: readonly { id: string }[]) => { nodes = candidates },
        pick: ({ exclude }: any) => nodes.find(({ id }) => exclude?.has(id) !== true),
        finished: (id: string, _latency: number, ok: boolean, _now: number, cancelled: boolean) => { heard.push([id, ok, cancelled]) }
      })
      expect(await few.rpc.invoke('login', 'who', undefined, { balancer: own })).to.equal('login-2')
      expect(heard).to.deep.equal([['login-1', true, true], ['login-2', true, false]])
      await mesh.clock.pass(1_100)
      expect(stuck.done).to.equal(true)
    })

    it('links that a load source counts turn calls away from laden nodes', async () => {
      await addLogin('login-1')
      await addLogin('login-2')
      gate.rpc.setLoadSource({ links: node => node === 'login-1' ? 2_000 : 0 })
      const answers = await Promise.all(Array.from({ length: 200 }, async () => who()))
      expect(answers.filter(id => id === 'login-1').length).to.be.lessThan(20)
    })
  })
})
