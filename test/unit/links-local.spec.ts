import { expect } from 'chai'
import { ours } from './links-worlds.ts'
import type { World } from './links-worlds.ts'

describe('links of one process, mode local', () => {
  let world: World

  beforeEach(async () => { world = await ours({ mode: 'local', ttl: 1_000 }) })

  afterEach(async () => { await world.stop() })

  it('a link lasts for as long as calls use it, and its caller forgets it when it has ended', async () => {
    const [gate] = world.gates
    await gate.link('ada', 'b')
    for (const end = performance.now() + 2_500; performance.now() < end;) {
      expect(await gate.call('ada', 'login')).to.equal('b')
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    expect(world.numbers()).to.deep.equal({ b: 1 })
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
})
