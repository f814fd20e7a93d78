import { expect } from 'chai'
import { World } from './election-world.ts'

describe('election core: all voters leave', function () {
  this.timeout(20_000)
  const ids = ['A', 'B', 'C']
  const heirs = ['D', 'E', 'F']

  function hasLeft (world: World, id: string): boolean {
    return world.nodes.get(id)!.out.some(({ type }) => type === 'left')
  }

  /** Three voters, three nodes that hold everything, and something to hold. */
  function group (): { world: World, leader: string, others: string[] } {
    const world = new World()
    for (const id of ids) world.add(id, { voters: ids })
    world.run(4_000)
    for (const id of heirs) world.add(id)
    const leader = world.leader()
    world.step(leader, { type: 'propose', id: 1, writes: [{ key: 'a', value: Uint8Array.of(7) }] })
    world.run(8_000)
    expect(world.status(leader).voters).to.deep.equal(ids)
    return { world, leader, others: ids.filter(id => id !== leader) }
  }

  function leave (world: World, who: readonly string[]): void {
    for (const id of who) world.step(id, { type: 'leave' })
  }

  function isHeir (world: World, id: string | undefined): boolean {
    return heirs.includes(id ?? '') && world.nodes.get(id!)!.core.entry('a')?.value?.[0] === 7
  }

  for (const ms of [-120, -60, -20, -4, 0, 1, 2, 4, 8, 20, 60, 120]) {
    it(`the other two ${Math.abs(ms)} ms ${ms < 0 ? 'before' : 'after'} the leader: one that holds everything leads`, () => {
      const { world, leader, others } = group()
      leave(world, ms < 0 ? others : [leader])
      world.run(Math.abs(ms))
      leave(world, ms < 0 ? [leader] : others)
      let headless = 0
      expect(world.until(2_000, () => {
        if (world.leaders().length === 0) headless++
        return ids.every(id => hasLeft(world, id))
      })).to.be.below(2_000)
      expect(headless, 'ms without a leader').to.be.below(200)
      for (const id of ids) world.kill(id)
      world.run(1_000)
      expect(isHeir(world, world.leader())).to.equal(true)
    })
  }

  it('and none gets the word to stand: they do when nobody has led for 2 T to 3 T', () => {
    const { world } = group()
    world.lose = (_, to, { type }) => type === 'timeout-now' && ids.includes(to)
    leave(world, ids)
    expect(world.until(4_000, () => ids.every(id => hasLeft(world, id)))).to.be.below(2_500)
    expect(isHeir(world, world.leader())).to.equal(true)
  })

  it('and the leader dies meanwhile: one of them leads and hands over', () => {
    const { world, leader, others } = group()
    leave(world, others)
    world.kill(leader)
    expect(world.until(4_000, () => others.every(id => hasLeft(world, id)))).to.be.below(3_500)
    expect(isHeir(world, world.leader())).to.equal(true)
  })

  it('and nobody can take their places: they stay, and one of them leads', () => {
    const world = new World()
    for (const id of ids) world.add(id, { voters: ids, targetVoters: 0 })
    world.run(4_000)
    const leader = world.leader()
    const others = ids.filter(id => id !== leader)
    // the leader hangs, and what they ask for comes to nothing
    world.lose = (from, to) => from === leader || to === leader
    leave(world, others)
    expect(world.until(4_000, () => others.includes(world.leaders().join()))).to.be.below(3_000)
  })

  it('and one does not: it stands for election first, and leads', () => {
    const { world, leader, others: [stays = '', leaves = ''] } = group()
    leave(world, [leaves])
    world.kill(leader)
    const states = new Set<string>()
    expect(world.until(1_500, () => {
      states.add(world.status(leaves).state)
      return world.leaders().length > 0
    })).to.be.below(1_300)
    expect([world.leader(), [...states]]).to.deep.equal([stays, ['follower', 'wait']])
  })
})
