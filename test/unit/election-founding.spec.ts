import { expect } from 'chai'
import { World } from './election-world.ts'

/** Milliseconds in which two had a lease at once. */
function together (world: World, ms: number): number {
  let two = 0
  for (let at = 0; at < ms; at++) {
    world.run(1)
    if (world.leaders().length > 1) two++
  }
  return two
}

function founded (world: World): number {
  return [...world.nodes.values()].flatMap(({ out }) => out).filter(output => output.type === 'group' && output.what === 'founded').length
}

describe('election core: founding', function () {
  this.timeout(20_000)

  for (const [first, second] of [['A', 'B'], ['B', 'A']] as const) {
    it(`${first} was alone for long when ${second} starts: one group, and never two leases`, () => {
      for (let gap = 400; gap <= 3_500; gap += 100) {
        const world = new World()
        world.add(first)
        world.step(first, { type: 'may-found', allowed: false })
        world.run(8_000)
        world.add(second)
        world.step(second, { type: 'may-found', allowed: false })
        world.run(gap)
        for (const id of [first, second]) world.step(id, { type: 'may-found', allowed: true })
        expect(together(world, 5_000), `${gap} ms`).to.equal(0)
        expect([world.leaders().length, founded(world)], `${gap} ms`).to.deep.equal([1, 1])
      }
    })
  }

  it('who comes to be in front of one whose turn has nearly come gets a moment to take its own', () => {
    for (let at = 2_000; at <= 4_500; at += 50) {
      const world = new World()
      world.add('B')
      // known, and silent: it may belong to a group
      world.step('B', { type: 'candidates', candidates: ['A', 'B', 'C'].map(id => ({ id, eligible: true })) })
      world.run(at)
      world.add('A')
      expect(together(world, 8_000), `${at} ms`).to.equal(0)
      expect([world.leaders().length, founded(world)], `${at} ms`).to.deep.equal([1, 1])
    }
  })
})
