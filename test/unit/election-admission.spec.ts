import { expect } from 'chai'
import { World } from './election-world.ts'
import type { Message } from '../../src/election/messages.core.ts'

describe('election core: who is admitted', function () {
  this.timeout(20_000)

  /** A group that is about to grow from so many voters to one more; `grown`: whom it took in. */
  function growing (size: number, target: number, ids: readonly string[]): { world: World, leader: string, old: readonly string[], grown: () => string | undefined } {
    const world = new World()
    const [first = '', ...rest] = ids
    world.add(first, { targetVoters: target })
    world.run(2_500)
    for (const id of rest) world.add(id, { targetVoters: target })
    const leader = first
    expect(world.until(60_000, () => world.status(leader).voters.length === size)).to.be.below(60_000)
    const old = world.status(leader).voters
    return { world, leader, old, grown: () => world.status(leader).voters.find(id => !old.includes(id)) }
  }

  /** A config of more voters. */
  function carries (message: Message, size: number): boolean {
    return 'config' in message && message.config !== undefined && 'voters' in message.config && message.config.voters.length > size
  }

  for (const [size, target, ids] of [[2, 3, ['A', 'B', 'C']], [4, 5, ['A', 'B', 'C', 'D', 'E']]] as const) {
    it(`to ${size} voters knows it only when they can go on without the leader`, () => {
      for (const lost of [0, 1, 400, 2_000]) {
        const { world, leader, old, grown } = growing(size, target, ids)
        const others = old.filter(id => id !== leader)
        const until = world.now + lost
        world.lose = (_, to, message) => world.now < until && others.includes(to) && carries(message, size)
        expect(world.until(10_000, () => grown() !== undefined && world.status(grown() as string).voting), `${lost} ms: votes`).to.be.below(10_000)
        world.kill(leader)
        world.lose = () => false
        expect(world.until(3_000, () => world.leaders().length === 1), `${lost} ms: no leader`).to.be.below(3_000)
        expect(world.status(world.leader()).voters).to.include(grown())
      }
    })
  }

  it('while it asks its leader again and again, too', () => {
    const { world, leader, old, grown } = growing(2, 3, ['A', 'B', 'C'])
    const [other = ''] = old.filter(id => id !== leader)
    world.lose = (_, to, message) => to === other && carries(message, 2)
    expect(world.until(1_000, () => grown() !== undefined)).to.be.below(1_000)
    const newcomer = grown() as string
    for (let i = 0; i < 10; i++) {
      world.link(newcomer, leader, false)
      world.link(newcomer, leader, true)
      world.run(200)
      expect(world.status(newcomer).voting).to.equal(false)
    }
    world.lose = () => false
    world.run(1_000)
    expect(world.status(newcomer).voting).to.equal(true)
    expect(world.leader()).to.equal(leader)
  })

  it('is not handed the leadership before', () => {
    const { world, leader, old, grown } = growing(2, 3, ['A', 'B', 'C'])
    const [other = ''] = old.filter(id => id !== leader)
    world.lose = (_, to, message) => to === other && carries(message, 2)
    expect(world.until(1_000, () => grown() !== undefined)).to.be.below(1_000)
    world.run(200)
    world.step(leader, { type: 'transfer', id: 1, to: grown() as string })
    expect(world.nodes.get(leader)!.out.at(-1)).to.include({ type: 'transferred', id: 1, ok: false })
    world.lose = () => false
    world.run(1_000)
    world.step(leader, { type: 'transfer', id: 2, to: grown() as string })
    world.run(1_000)
    expect(world.leader()).to.equal(grown())
  })

  it('waits for nobody who does not answer', () => {
    const { world, leader, old, grown } = growing(2, 3, ['A', 'B', 'C'])
    const [other = ''] = old.filter(id => id !== leader)
    world.lose = (_, to, message) => to === other && carries(message, 2)
    expect(world.until(1_000, () => grown() !== undefined)).to.be.below(1_000)
    world.kill(other)
    world.run(1_000)
    expect(world.status(grown() as string).voting).to.equal(true)
    expect(world.leader()).to.equal(leader)
  })

  it('votes no later than its elders have answered and it was told', () => {
    const { world, leader, grown } = growing(2, 3, ['A', 'B', 'C'])
    expect(world.until(1_000, () => grown() !== undefined)).to.be.below(1_000)
    // to them, their disk, back; a round, and to the newcomer
    expect(world.until(1_000, () => world.status(grown() as string).voting)).to.be.at.most(15)
    expect(world.leader()).to.equal(leader)
  })
})
