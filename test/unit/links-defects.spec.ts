/**
 * What links must not do, because those of braid-go v1.4.0 did. The same steps are taken with its algorithm, which has to
 * get them wrong: so each of these tests can fail.
 */
import { expect } from 'chai'
import { original, ours, PLAIN } from './links-worlds.ts'
import type { Names, World } from './links-worlds.ts'

describe('links: what a user of braid-go v1.4.0 lost', () => {
  const worlds: World[] = []

  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop()
  })

  /** The outcome of the same steps here and there. */
  async function both <T> (steps: (world: World) => Promise<T>, options: { mode?: 'shared' | 'local', names?: Names, ttl?: number } = {}): Promise<{ here: T, there: T }> {
    const [mine, theirs] = [await ours(options), original(options)]
    worlds.push(mine, theirs)
    return { here: await steps(mine), there: await steps(theirs) }
  }

  // D6 of braid-go v1.4.0: whatever error a call ends with unlinks its token, from all services
  it('a call that fails, or is given up, leaves its token where it is; one whose node is gone moves that token of that service only', async () => {
    const { here, there } = await both(async ({ gates: [gate], tick, kill }) => {
      const where = async (): Promise<unknown> => [await gate.target('ada', 'login'), await gate.target('ada', 'mail')]
      const relink = async (): Promise<void> => {
        await gate.link('ada', 'b')
        await gate.link('ada', 'post')
        tick()
      }
      await relink()
      const failed = [await gate.call('ada', 'login', 'throw'), await where()]
      await relink()
      const cancelled = [await gate.call('ada', 'login', 'cancelled'), await where()]
      await relink()
      kill('b')
      const gone = [await gate.call('ada', 'login'), await where()]
      return { failed, cancelled, gone }
    })
    expect(here).to.deep.equal({ failed: ['failed', ['b', 'post']], cancelled: ['failed', ['b', 'post']], gone: ['a', ['a', 'post']] })
    const lost = ['failed', [undefined, undefined]]
    expect(there).to.deep.equal({ failed: lost, cancelled: lost, gone: lost })
  })

  // D7 of braid-go v1.4.0: a call that finds no connection to its token's node ends before anything unlinks it
  it('a token whose node died is taken elsewhere within the same call, and does not stick to the dead one', async () => {
    const { here, there } = await both(async ({ gates: [first, second], tick, kill, hear }) => {
      await second.link('ada', 'b')
      tick()
      kill('b')
      // there the first gate clears up, and then the other one, which has not heard of it, makes the link again
      hear(0, 'b')
      await second.link('ada', 'b').catch(() => {})
      return [await second.call('ada', 'login'), await first.call('ada', 'login'), await first.call('ada', 'login')]
    })
    expect(here).to.deep.equal(['a', 'a', 'a'])
    expect(there).to.deep.equal(['failed', 'failed', 'failed'])
  })

  // D8 of braid-go v1.4.0: with shared links only the master unlinks, and every other node says nothing and does nothing
  it('any node unlinks a token or takes a node down, at once, and is told how many links that ended', async () => {
    const { here, there } = await both(async ({ gates: [, gate, other], tick }) => {
      for (const token of ['ada', 'bob', 'cyd']) await gate.link(token, 'b')
      tick()
      const unlinked = [await gate.unlink('ada', 'login'), await gate.unlink('ada', 'login'), await other.target('ada', 'login')]
      const down = [await gate.down('b'), await other.target('bob', 'login')]
      return { unlinked, down }
    })
    expect(here).to.deep.equal({ unlinked: [1, 0, undefined], down: [2, undefined] })
    expect(there).to.deep.equal({ unlinked: [undefined, undefined, 'b'], down: [undefined, 'b'] })
  })

  // D9 of braid-go v1.4.0: keys are split at '-', and must have five parts
  it('hyphens in the names of services and in the ids of nodes are letters like any other', async () => {
    const names: Names = { gate: 'shop-gate', login: 'user-login', nodes: ['1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', '7d444840-9dc0-11d1-b245-5ffdce74fad2'] }
    const steps = ({ login, nodes: [, node = ''] }: Names) => async ({ gates: [gate], tick, numbers }: World): Promise<unknown> => {
      await gate.link('ada', node)
      tick()
      const linked = await gate.target('ada', login) === node
      await gate.unlink('ada', login)
      return { linked, isUnlinked: await gate.target('ada', login) === undefined, left: Object.values(numbers()) }
    }
    const good = { linked: true, isUnlinked: true, left: [] }
    expect(await both(steps(PLAIN))).to.deep.equal({ here: good, there: good })
    expect(await both(steps(names), { names })).to.deep.equal({ here: good, there: { linked: true, isUnlinked: false, left: [1] } })
  })

  describe('the number of links to a node is that of the tokens linked to it', () => {
    // D10 of braid-go v1.4.0: counters go their own way
    const relink = async ({ gates: [gate], numbers }: World): Promise<unknown> => {
      await gate.link('ada', 'a')
      await gate.link('ada', 'a')
      const once = numbers()
      await gate.link('ada', 'b')
      return { once, moved: [await gate.target('ada', 'login'), numbers()] }
    }

    it('however often it is linked and wherever it moves, shared', async () => {
      const { here, there } = await both(relink)
      expect(here).to.deep.equal({ once: { a: 1 }, moved: ['b', { b: 1 }] })
      expect(there).to.deep.equal({ once: { a: 1 }, moved: ['b', { a: 1 }] })
    })

    it('and local', async () => {
      const { here, there } = await both(relink, { mode: 'local' })
      expect(here).to.deep.equal({ once: { a: 1 }, moved: ['b', { b: 1 }] })
      expect(there).to.deep.equal({ once: { a: 2 }, moved: ['a', { a: 2, b: 1 }] })
    })

    it('also after one of several callers has taken the node down', async () => {
      const { here, there } = await both(async ({ gates: [first, second], tick, numbers }) => {
        await first.link('ada', 'b')
        for (const token of ['bob', 'cyd']) await second.link(token, 'b')
        tick()
        await first.down('b')
        await second.unlink('bob', 'login')
        return [await second.target('cyd', 'login'), numbers()]
      }, { mode: 'local' })
      expect(here).to.deep.equal(['b', { b: 1 }])
      expect(there).to.deep.equal(['b', { b: -1 }])
    })
  })

  describe('a link ends when it should, and no sooner', () => {
    // D11 of braid-go v1.4.0: links have no end, are not unlinked in their first 5 s, and do not survive an ignorant sweep
    it('unused, it ends by itself', async () => {
      const { here, there } = await both(async ({ gates: [gate], idle, numbers }) => {
        await gate.link('ada', 'b')
        const before = numbers()
        await idle()
        return [before, numbers()]
      }, { mode: 'local', ttl: 1_000 })
      expect(here).to.deep.equal([{ b: 1 }, {}])
      expect(there).to.deep.equal([{ b: 1 }, { b: 1 }])
    })

    it('unlinked as soon as it is made, it is gone', async () => {
      const { here, there } = await both(async ({ gates: [gate], numbers }) => {
        await gate.link('ada', 'b')
        await gate.unlink('ada', 'login')
        return [await gate.target('ada', 'login'), numbers()]
      }, { mode: 'local' })
      expect(here).to.deep.equal([undefined, {}])
      expect(there).to.deep.equal(['b', { b: 1 }])
    })

    it('it stays while whoever looks after it has not heard of its node yet', async () => {
      const { here, there } = await both(async ({ gates: [, second, third], addUnheard, handOver, numbers }) => {
        await addUnheard('c')
        await second.link('ada', 'c')
        await handOver()
        return [numbers(), await third.call('ada', 'login')]
      })
      expect(here).to.deep.equal([{ c: 1 }, 'c'])
      expect(there).to.deep.equal([{}, 'a'])
    })
  })
})
