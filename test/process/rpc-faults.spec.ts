import { expect } from 'chai'
import { faultProxy } from '../harness/fault-proxy.ts'
import { wallClock } from '../harness/ipc.ts'
import { freePort } from '../harness/ports.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import { allSeeAll, useProcesses } from '../harness/use-processes.ts'
import type { FaultProxy } from '../harness/fault-proxy.ts'
import type { Who } from '../harness/node-methods.ts'
import type { NodeProcess } from '../harness/processes.ts'
import type { Processes } from '../harness/use-processes.ts'

type Direction = 'up' | 'down' | undefined

describe('processes: calls over a network that misbehaves', function () {
  this.timeout(300_000)
  const processes = useProcesses()
  const proxies: FaultProxy[] = []

  after(async () => {
    await Promise.all(proxies.splice(0).map(async proxy => proxy.close()))
  })

  /** A server and a client whose only path is the proxy: the server announces nothing else, the client cannot be dialled. */
  async function through (suffix: '' | '/ws', { spawn }: Pick<Processes, 'spawn'> = processes): Promise<{ proxy: FaultProxy, server: NodeProcess, client: NodeProcess }> {
    const port = await freePort()
    const proxy = await faultProxy({ port })
    proxies.push(proxy)
    const announce = [`/ip4/127.0.0.1/tcp/${proxy.port}${suffix}`]
    const server = await spawn({
      label: 'server', options: { service: 'login', listen: [`/ip4/127.0.0.1/tcp/${port}${suffix}`], announce }
    })
    const client = await spawn({ label: 'client', options: { listen: [], bootstrap: announce } })
    await allSeeAll([server, client])
    expect(proxy.accepted).to.be.above(0)
    return { proxy, server, client }
  }

  for (const suffix of ['', '/ws'] as const) {
    const kind = suffix === '' ? 'TCP' : 'WebSocket'

    it(`${kind}: calls work over a slow path that splits everything into bits`, async () => {
      const { proxy, client } = await through(suffix)
      proxy.set({ latency: 30, jitter: 30, split: 7 })
      const bytes = new Uint8Array(8_000).map((_, i) => i * 13)
      const answers = await Promise.all(Array.from({ length: 3 }, async () => client.invoke('login', 'echo', bytes, { timeout: 60_000 })))
      for (const answer of answers) expect(answer).to.deep.equal(bytes)
    })

    it(`${kind}: a reset in the middle of a call fails it, once, and the next call finds the way again`, async () => {
      const { proxy, server, client } = await through(suffix)
      const call = client.invoke('login', 'slow', { ms: 60_000, key: 'cut' }, { timeout: 60_000 }).catch((error: unknown) => error)
      await server.waitEvent('slow:start')
      proxy.reset()
      expect(await call).to.include({ code: 'UNAVAILABLE', retryable: false })
      await server.waitEvent('slow:abort')
      expect(await client.invoke<Who>('login', 'who', {}, { timeout: 60_000 })).to.include({ pid: server.pid })
      expect(server.eventsOf('slow:start')).to.have.length(1)
      await allSeeAll([server, client])
    })
  }

  it('a thin path that is full for seconds is slow, not dead: the calls end well and nobody is given up', async () => {
    const sizes = [80_000, 20_000, 20_000]
    // whoever stands still beside that may be given up, rightly
    const { found } = await undisturbed(async () => {
      const { proxy, server, client } = await through('')
      // One frame of the muxer takes 4 s, which is longer than a suspect has to answer.
      proxy.set({ rate: 16_000 })
      const since = wallClock()
      const lengths = await Promise.all(sizes.map(async size => client.invoke<Uint8Array>('login', 'echo', new Uint8Array(size), { timeout: 60_000 }).then(({ length }) => length, (error: Error) => error.name)))
      const removed = [server, client].flatMap(node => node.eventsOf('node:remove').map(({ detail: { id } }) => id))
      return { found: { lengths, removed }, stood: Math.max(server.stoodStill(since), client.stoodStill(since)) }
    }, ({ found: { lengths, removed } }) => String(lengths) === String(sizes) && removed.length === 0, ({ stood }) => stood)
    expect(found).to.deep.equal({ lengths: sizes, removed: [] })
  })

  describe('a path that is dead but stays open', () => {
    const WAYS: ReadonlyMap<Direction, string> = new Map([[undefined, 'both ways'], ['down', 'in the direction down'], ['up', 'in the direction up']])
    const pairs = useProcesses({ per: 'suite' })
    const outcomes = new Map<Direction, Promise<void>>()

    async function noticed (direction: Direction): Promise<void> {
      const { proxy, server, client } = await through('', pairs)
      proxy.set({ blackhole: true }, direction)
      await Promise.all([
        server.waitEvent('node:remove', ({ detail }) => detail.id === client.id, { timeout: 80_000 }),
        client.waitEvent('node:remove', ({ detail }) => detail.id === server.id, { timeout: 80_000 })
      ])
      await proxy.heal()
      await allSeeAll([server, client])
      expect(await client.invoke<Who>('login', 'who', {}, { timeout: 60_000 })).to.include({ pid: server.pid })
    }

    // Each has processes and a proxy of its own, and waits for seconds: all do at once.
    before(() => {
      for (const direction of WAYS.keys()) {
        const outcome = noticed(direction)
        outcome.catch(() => {})
        outcomes.set(direction, outcome)
      }
    })

    for (const [direction, how] of WAYS) {
      it(`${how} is noticed by both ends, and comes back`, async () => outcomes.get(direction))
    }
  })

  it('a call under way when the path dies silently ends at its deadline, and the node is given up', async () => {
    const { proxy, server, client } = await through('')
    proxy.set({ blackhole: true })
    const error = await client.invoke('login', 'echo', 'x', { timeout: 2_000 }).catch((caught: unknown) => caught)
    expect(error).to.have.property('code').that.is.oneOf(['DEADLINE_EXCEEDED', 'UNAVAILABLE'])
    await until(async () => (await client.nodes()).every(({ id }) => id !== server.id), { timeout: 80_000 })
  })

  it('a refused path: the node is isolated until it is accepted again', async () => {
    const { proxy, server, client } = await through('')
    await proxy.refuse()
    proxy.reset()
    await client.waitEvent('isolated')
    await server.waitEvent('node:remove', ({ detail }) => detail.id === client.id)
    await proxy.heal()
    await client.waitEvent('resumed')
    await allSeeAll([server, client])
  })
})
