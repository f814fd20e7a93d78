import { expect } from 'chai'
import { World } from './election-world.ts'

function hasLeft (world: World, id: string): boolean {
  return world.nodes.get(id)!.out.some(({ type }) => type === 'left')
}

describe('election core: who leaves', function () {
  this.timeout(20_000)
  const ids = ['A', 'B', 'C']

  /** Three voters of which one is dead, and a standby. */
  function beside (): { world: World, leader: string, other: string, dead: string } {
    const world = new World()
    for (const id of ids) world.add(id, { voters: ids })
    world.run(4_000)
    world.add('D')
    world.run(9_000)
    const leader = world.leader()
    const [other = '', dead = ''] = ids.filter(id => id !== leader)
    world.kill(dead)
    world.run(1_500)
    return { world, leader, other, dead }
  }

  it('beside a dead one makes room for a standby first, and gets out in time', () => {
    const { world, leader, other, dead } = beside()
    world.step(other, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(2_000)
    expect(world.status(leader).voters).to.deep.equal([leader, dead, 'D'].sort())
    world.kill(other)
    world.run(2_000)
    expect(world.leader()).to.equal(leader)
  })

  it('beside a dead one stays when nobody can stand in', () => {
    const { world, leader, other } = beside()
    world.kill('D')
    world.run(1_500)
    world.step(other, { type: 'leave' })
    world.run(5_000)
    expect([hasLeft(world, other), world.status(leader).voters]).to.deep.equal([false, ids])
    expect(world.leader()).to.equal(leader)
  })

  it('and is alone hands over to a peer that discovery does not name at the moment', () => {
    const world = new World()
    world.add('A')
    world.run(2_500)
    world.step('A', { type: 'candidates', candidates: [{ id: 'A', eligible: true }, { id: 'C', eligible: false }] })
    world.add('B')
    world.add('C')
    world.run(3_000)
    expect(world.status('A').learners).to.deep.equal([])
    world.step('A', { type: 'leave' })
    expect(world.until(1_000, () => hasLeft(world, 'A'))).to.be.below(1_000)
    expect(world.status('B').voters).to.deep.equal(['B'])
    expect(world.leader()).to.equal('B')
  })

  it('hands over to nobody whose identity is in use elsewhere', () => {
    const world = new World()
    world.add('A')
    world.run(2_500)
    for (const id of ['B', 'C']) world.add(id)
    world.run(1_000)
    world.step('B', { type: 'identity-conflict', active: true })
    world.run(100)
    expect(world.status('A').learners.map(({ id }) => id)).to.deep.equal(['C'])
    world.step('A', { type: 'leave' })
    expect(world.until(1_000, () => hasLeft(world, 'A'))).to.be.below(1_000)
    expect(world.leader()).to.equal('C')
    world.step('B', { type: 'identity-conflict', active: false })
    world.run(500)
    expect(world.status('C').learners.map(({ id }) => id), 'it is alone again').to.include('B')
  })
})
