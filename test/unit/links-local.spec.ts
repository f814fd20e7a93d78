import { expect } from 'chai'
import { Finder } from '../../src/links/finder.ts'
import { LocalKeeper } from '../../src/links/local.ts'
import { MAX_LOCAL_LINKS } from '../../src/wire/limits.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { ours } from './links-worlds.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { World } from './links-worlds.ts'

describe('links of one process, mode local', () => {
  let world: World

  beforeEach(async () => { world = await ours({ mode: 'local', ttl: 1_000 }) })

  afterEach(async () => { await world.stop() })

  it('a link lasts for as long as calls use it, and its caller forgets it when it has ended', async () => {
    // one that nothing used for a second has ended, rightly: of a standstill nothing follows
    const { homes, numbers } = await undisturbed(async () => {
      await world.stop()
      world = await ours({ mode: 'local', ttl: 1_000 })
      const [gate] = world.gates
      await gate.link('ada', 'b')
      const homes = new Set<unknown>()
      for (const end = performance.now() + 2_500; performance.now() < end;) {
        homes.add(await gate.call('ada', 'login'))
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      return { homes: [...homes].join(), numbers: world.numbers() }
    }, ({ homes, numbers }) => homes === 'b' && JSON.stringify(numbers) === '{"b":1}')
    expect([homes, numbers]).to.deep.equal(['b', { b: 1 }])
    const [gate] = world.gates
    await world.idle()
    expect(world.numbers()).to.deep.equal({})
    expect(await gate.target('ada', 'login')).to.equal(undefined)
  })

  it('a node that is taken down loses its tokens at once, also for who has just called it', async () => {
    const [gate] = world.gates
    await gate.link('ada', 'b')
    expect(await gate.call('ada', 'login')).to.equal('b')
    expect(await gate.down('b')).to.equal(1)
    expect(await gate.target('ada', 'login')).to.equal(undefined)
    expect(await gate.call('ada', 'login')).to.not.equal('b')
  })

  it('a node that nobody knows is not said to be down', async () => {
    const [gate] = world.gates
    expect(await gate.down('nobody').catch((err: Error) => err.name)).to.equal('LinkError')
    await gate.link('ada', 'b')
    world.kill('b')
    world.hear(0, 'b')
    expect(await gate.down('b'), 'it is gone, and so are its links').to.equal(0)
  })

  it('when it keeps as many as it may, calls of new tokens are told so at once, and those of others go on', () => {
    const nodes = ['x', 'y'].map(id => ({ id, service: 'login', incarnation: 1, weight: 1, state: 'up' } as NodeInfo))
    const discovery = { node: (id: string) => nodes.find(node => node.id === id), nodes: () => nodes, report: () => {} } as unknown as ConstructorParameters<typeof LocalKeeper>[0]['discovery']
    const local = new LocalKeeper({ discovery, ttl: 1_000, now: () => 0, onChange: () => {} })
    const finder = new Finder({ options: {}, parent: '', discovery, local, asker: {}, archive: {}, onLink: () => {}, now: () => 0, of: () => undefined } as unknown as ConstructorParameters<typeof Finder>[0])
    const tokenOf = (n: number): string => n.toString(16).padStart(64, '0')
    const call = (n: number): unknown => finder.route(tokenOf(n), 'login', nodes, undefined)
    for (let n = 0; n < MAX_LOCAL_LINKS; n++) expect(call(n)).to.have.property('id')
    expect(() => call(MAX_LOCAL_LINKS)).to.throw('this process keeps').which.deep.includes({ name: 'RpcError', code: 'RESOURCE_EXHAUSTED', retryable: false })
    expect(call(0)).to.have.property('id')
    local.ask('login', { kind: 'remove', parent: '', token: tokenOf(0), propose: [], balanced: false, gone: undefined, to: undefined, from: undefined })
    expect(call(MAX_LOCAL_LINKS)).to.have.property('id')
    nodes.splice(0)
    expect(call(1)).to.equal(undefined)
  })
})
