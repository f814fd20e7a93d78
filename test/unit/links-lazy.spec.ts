/** A node that loads the room of links when it is first needed, as pages do, beside one that has it from the start. */
import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { InvalidOptionsError, MeshStoppedError } from '../../src/errors.ts'
import { resolveLinksOptions } from '../../src/links/options.ts'
import { LinksService } from '../../src/links/service.ts'
import { OWN } from '../../src/wire/names.ts'
import { unhandledIn } from '../harness/unhandled.ts'
import { FakeMesh, ready, rejection, watch } from './rpc-fakes.ts'
import { turn } from './turn.ts'
import type { Election, ElectionEvents, GroupView } from '../../src/election/index.ts'
import type { LinksOptions } from '../../src/links/index.ts'
import type { FakeNode } from './rpc-fakes.ts'
import type * as Code from '#links'

/** The way on which the code of the room comes. */
class Network {
  /** Times that somebody began to load it. */
  loads = 0
  /** It is there. */
  #open = Promise.withResolvers<typeof Code>()

  readonly load = (): Promise<typeof Code> => {
    this.loads++
    return this.coming
  }

  get coming (): Promise<typeof Code> {
    return this.#open.promise
  }

  deliver (code: typeof Code): void {
    this.#open.resolve(code)
  }

  async bring (): Promise<void> {
    this.deliver(await import('#links'))
    await ready()
  }

  /** What is under way fails, and what is asked for later comes again. */
  async fail (): Promise<void> {
    this.#open.reject(new TypeError('Failed to fetch dynamically imported module'))
    this.#open = Promise.withResolvers()
    await ready()
  }
}

interface Node extends FakeNode {
  readonly links: LinksService
  readonly network: Network
  /** What the node ran, in order: arguments of calls. */
  readonly ran: unknown[]
}

/** Of services whose nodes cannot vote, as those of pages. */
const VOTERLESS: GroupView = { state: 'observer', term: 0, voters: [], hint: 'a' }

function electionOf (view: GroupView): Election {
  const of = (): GroupView => view
  return Object.assign(new TypedEventEmitter<ElectionEvents>(), { of, leader: undefined, register: { ready: false } }) as unknown as Election
}

describe('links that are loaded when they are needed', () => {
  let mesh: FakeMesh
  const rooms: LinksService[] = []

  beforeEach(() => { mesh = new FakeMesh() })

  afterEach(async () => {
    for (const room of rooms.splice(0)) room.stop()
    await mesh.stop()
  })

  async function add (id: string, service: string | undefined, options: LinksOptions = { lazy: true }, { starts = true, view = VOTERLESS } = {}): Promise<Node> {
    const node = await mesh.add(id, service)
    const network = new Network()
    const links = new LinksService({ logger: defaultLogger(), discovery: node.discovery, election: electionOf(view), rpc: node.rpc }, resolveLinksOptions(options), network)
    rooms.push(links)
    const ran: unknown[] = []
    node.rpc.handle('run', (args: unknown) => { ran.push(args); return id })
    if (starts) await Promise.all([links.start(), options.lazy === true || network.bring()])
    return { ...node, links, network, ran }
  }

  /** Time goes on until it is done. */
  async function settled <T> (promise: Promise<T>): Promise<T> {
    const seen = watch(promise)
    for (let i = 0; i < 10_000 && !seen.done; i++) await mesh.clock.pass(1)
    return promise
  }

  it('neither a start nor a stop, nor calls without a token, nor looking and listening load it', async () => {
    const [client, target] = [await add('client', 'gate'), await add('a', 'login')]
    client.links.addEventListener('link:add', () => {})
    client.links.resync()
    expect(await settled(client.rpc.invoke('login', 'run', 1))).to.equal('a')
    // the caller has chosen the node itself: nobody else is asked
    expect(await settled(client.rpc.invoke('login', 'run', 2, { node: 'a' }))).to.equal('a')
    expect(target.discovery.self.load.links).to.equal(0)
    for (const { links, network } of [client, target]) {
      expect(links.status()).to.deep.equal({ mode: 'shared', scope: 'relation', held: 0, cached: 0, hits: 0, asked: 0, authority: undefined })
      links.stop()
      expect(network.loads).to.equal(0)
    }
  })

  for (const mode of ['shared', 'local'] as const) {
    it(`tells the same before and after that it is there, mode ${mode}`, async () => {
      const client = await add('client', undefined, { lazy: true, mode })
      const before = client.links.status()
      const count = client.links.count('login').catch((err: Error) => err.name)
      await client.network.bring()
      expect(await settled(count)).to.equal(mode === 'local' ? 0 : 'NoAuthorityError')
      expect(client.links.status()).to.deep.equal(before)
    })
  }

  it('is loaded once by all who need it at once, and their calls run as they were made', async () => {
    const client = await add('client', 'gate')
    await client.network.bring()
    const target = await add('a', 'login')
    const calls = [1, 2, 3].map(async args => client.rpc.invoke('login', 'run', args, { token: 'ada' }))
    const rest = [client.rpc.invoke('login', 'run', 4, { token: 'eve' }), client.links.target('ida', 'login').then(node => node?.id), client.links.count('login').catch((err: Error) => err.name)]
    await mesh.clock.pass(200)
    expect([client.network.loads, target.network.loads]).to.deep.equal([1, 1])
    expect(target.ran, 'before the called node has it').to.deep.equal([])
    // a call without a token waits for nothing
    expect(await settled(client.rpc.invoke('login', 'run', 0))).to.equal('a')
    await target.network.bring()
    expect(await settled(Promise.all([...calls, ...rest]))).to.deep.equal(['a', 'a', 'a', 'a', 'a', 'NoAuthorityError'])
    expect(target.ran).to.deep.equal([0, 1, 2, 3, 4])
    expect(await settled(client.rpc.invoke('login', 'run', 5, { token: 'ada' }))).to.equal('a')
    expect([client.network.loads, target.network.loads]).to.deep.equal([1, 1])
  })

  for (const options of [{ scope: 'relation' }, { scope: 'service' }, { mode: 'local' }] as const) {
    it(`a call whose caller has chosen its node says of the link what it says with the code, ${JSON.stringify(options)}`, async () => {
      const [client, plain] = [await add('client', 'gate', { lazy: true, ...options }), await add('plain', 'gate', options)]
      const target = await mesh.add('a', 'login')
      const claims: Array<number[] | undefined> = []
      target.rpc.setTokenGuard({ admit: (_, claim) => { claims.push(claim === undefined ? undefined : [...claim]); return undefined } })
      target.rpc.handle('run', () => 'a')
      for (const { rpc } of [client, plain]) await settled(rpc.invoke('login', 'run', 1, { token: 'ada', node: 'a' }))
      expect(claims).to.have.length(2)
      expect(claims[0]).to.deep.equal(claims[1])
      expect(client.network.loads).to.equal(0)
    })
  }

  it('a call of a token that names a balancer waits for it too: where the token is linked counts for more', async () => {
    const [client, target] = [await add('client', 'gate'), await add('a', 'login', {})]
    const call = client.rpc.invoke('login', 'run', 1, { token: 'ada', balancer: 'random' })
    await mesh.clock.pass(100)
    expect([client.network.loads, target.ran]).to.deep.equal([1, []])
    await client.network.bring()
    expect(await settled(call)).to.equal('a')
  })

  it('a call that its caller gives up while it loads is cancelled, there and here, and never runs', async () => {
    const [client, target] = [await add('client', 'gate'), await add('a', 'login')]
    const giving = new AbortController()
    const here = watch(client.rpc.invoke('login', 'run', 1, { token: 'ada', signal: giving.signal }))
    const looked = watch(client.links.target('ada', 'login', { signal: giving.signal }))
    await ready()
    giving.abort(new Error('enough'))
    await ready()
    expect(here.error).to.have.property('code', 'CANCELLED')
    expect(looked.error).to.have.property('message', 'enough')
    await client.network.bring()
    const there = watch(client.rpc.invoke('login', 'run', 2, { token: 'ada', timeout: 100 }))
    await mesh.clock.pass(150)
    expect(there.error).to.have.property('code', 'DEADLINE_EXCEEDED')
    await target.network.bring()
    await mesh.clock.pass(50)
    expect(target.ran).to.deep.equal([])
  })

  it('when it cannot be loaded that is a typed error, and the next one who needs it loads it again', async () => {
    const [client, target] = [await add('client', 'gate'), await add('a', 'login', {})]
    const asked = rejection(client.links.target('ada', 'login'))
    const call = client.rpc.invoke('login', 'run', 1, { token: 'ada' })
    const short = rejection(client.rpc.invoke('login', 'run', 2, { token: 'ada', timeout: 20 }))
    await ready()
    await client.network.fail()
    expect(await asked).to.deep.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true }).and.have.nested.property('cause.name', 'TypeError')
    // calls try again, for as long as they may take
    await mesh.clock.pass(100)
    expect(await short).to.have.property('code', 'UNAVAILABLE')
    expect(client.network.loads).to.equal(2)
    await client.network.bring()
    expect(await settled(call)).to.equal('a')
    expect(target.ran).to.deep.equal([1])
    expect(client.network.loads).to.equal(2)
  })

  it('that it cannot be loaded is no unhandled rejection when its caller had given up before', async () => {
    const { links, network } = await add('client', 'gate')
    const unhandled = await unhandledIn(async () => {
      expect(await rejection(links.link('ada', 'a', { signal: AbortSignal.abort(new Error('enough')) }))).to.have.property('message', 'enough')
      expect(network.loads).to.equal(1)
      await network.fail()
      await new Promise<void>(resolve => { turn(resolve) })
    })
    expect(unhandled).to.deep.equal([])
  })

  it('a called node that cannot load it refuses calls of tokens as not run, and takes them later', async () => {
    const [client, target] = [await add('client', 'gate', {}), await add('a', 'login')]
    const call = client.rpc.invoke('login', 'run', 1, { token: 'ada' })
    await mesh.clock.pass(20)
    await target.network.fail()
    await mesh.clock.pass(1_000)
    expect(target.network.loads).to.be.above(1)
    await target.network.bring()
    expect(await settled(call)).to.equal('a')
    expect(target.ran).to.deep.equal([1])
  })

  it('a stop while it loads ends what waits at once, and what comes late does nothing; a start begins anew', async () => {
    const target = await add('a', 'login')
    const asked = rejection(target.links.count('login'))
    target.links.stop()
    expect(await asked).to.be.instanceOf(MeshStoppedError)
    await target.network.bring()
    expect(() => target.links.status()).to.throw(MeshStoppedError)
    expect(await rejection(target.links.count('login'))).to.be.instanceOf(MeshStoppedError)
    await target.links.start()
    expect(target.links.status()).to.include({ hits: 0, asked: 0 })
    expect(target.network.loads).to.equal(1)
    expect(await rejection(settled(target.links.count('login')))).to.have.property('name', 'NoAuthorityError')
    expect(target.network.loads).to.equal(2)
    target.links.stop()
    target.rpc.handle('braid.links.tell', () => {}, OWN).close()
  })

  it('what comes in the moment of a stop is not taken for the next start', async () => {
    const [client, target] = [await add('client', 'gate'), await add('a', 'login', {})]
    const code = await import('#links')
    const asked = rejection(client.links.count('login'))
    await ready()
    const stopped = client.network.coming.then(async () => {
      client.links.stop()
      await client.links.start()
    })
    client.network.deliver(code)
    await stopped
    expect(await asked).to.be.instanceOf(MeshStoppedError)
    await ready()
    expect(client.network.loads).to.equal(1)
    expect(await settled(client.rpc.invoke('login', 'run', 1, { token: 'ada' }))).to.equal('a')
    expect([client.network.loads, target.ran]).to.deep.equal([2, [1]])
    expect(client.links.status().hits).to.equal(0)
  })

  it('a node that is stopped while calls of tokens wait for it ends them as not run', async () => {
    const [client, target] = [await add('client', 'gate', {}), await add('a', 'login')]
    const call = rejection(client.rpc.invoke('login', 'run', 1, { token: 'ada', timeout: 3_000 }))
    await mesh.clock.pass(20)
    target.links.stop()
    await mesh.clock.pass(20)
    await target.network.bring()
    await mesh.clock.pass(5_000)
    expect(await call).to.have.property('code', 'UNAVAILABLE')
    expect(target.ran).to.deep.equal([])
  })

  it('its leader is heard by a node that has not loaded it, and word is heard in the order in which it came', async () => {
    const [client, target] = [await add('client', 'gate', {}), await add('a', 'login', { lazy: true }, { view: { state: 'observer', term: 1, voters: ['client'] } })]
    const words = [1, 2].map(async count => client.rpc.invoke('login', 'braid.links.tell', { l: [], c: count }, { node: 'a' }))
    await mesh.clock.pass(20)
    expect(target.network.loads).to.equal(1)
    await target.network.bring()
    await settled(Promise.all(words))
    expect(target.links.status().held).to.equal(2)
    expect(target.discovery.updates.flatMap(({ load }) => load?.links ?? [])).to.deep.equal([1, 2])
  })

  it('without `lazy`, and at a node that needs its lease, the start waits for it', async () => {
    for (const options of [{}, { lazy: true, ownership: 'strict' }] as const) {
      const node = await add(`a${Object.keys(options).length}`, 'login', options, { starts: false })
      const started = watch(node.links.start())
      await ready()
      expect([started.done, node.network.loads]).to.deep.equal([false, 1])
      await node.network.bring()
      await ready()
      expect(started).to.deep.equal({ done: true, value: undefined })
    }
    const caller = await add('caller', undefined, { lazy: true, ownership: 'strict' })
    expect(caller.network.loads, 'of no service').to.equal(0)
  })

  it('a start fails with what the first use would fail with', async () => {
    const node = await add('a', 'login', {}, { starts: false })
    const started = rejection(node.links.start())
    await ready()
    await node.network.fail()
    expect(await started).to.deep.include({ name: 'RpcError', code: 'UNAVAILABLE' })
    const alone = new LinksService({ logger: defaultLogger() }, resolveLinksOptions({ lazy: true }), node.network)
    expect(await rejection(alone.start())).to.be.instanceOf(InvalidOptionsError)
  })

  it('a drain asks the leader of links that the node has not heard of, and ends when nobody can be asked', async () => {
    const [client, target] = [await add('client', undefined), await add('a', 'login')]
    await client.links.drain()
    expect(client.network.loads, 'no token can be linked to it').to.equal(0)
    const drained = watch(target.links.drain())
    await ready()
    expect([drained.done, target.network.loads]).to.deep.equal([false, 1])
    await target.network.fail()
    expect(drained).to.deep.equal({ done: true, value: undefined })
    const again = watch(target.links.drain())
    await target.network.bring()
    await ready()
    expect(again).to.deep.equal({ done: true, value: undefined })
  })
})
