import { expect } from 'chai'
import { World } from './election-world.ts'
import { problemError } from '../../src/election/problems.ts'

const ABC = ['A', 'B', 'C']

describe('election core: a voter whose group was given up while it was away', function () {
  this.timeout(30_000)

  /** C is away, B dies, and an operator founds the group anew with A and D; then with A and the next one, so often. */
  function recovered (...heirs: string[]): World {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC })
    world.run(4_000)
    world.split(['A', 'B'], ['C'])
    let dead = 'B'
    heirs.forEach((heir, i) => {
      world.run(3_000)
      world.kill(dead)
      world.add(heir)
      world.split(['A', heir], ['C'])
      world.run(3_000)
      world.step('A', { type: 'recover', id: i + 1, voters: ['A', heir] })
      world.run(6_000)
      expect(world.status('A').voters).to.deep.equal(['A', heir])
      expect(['A', heir]).to.include(world.leader())
      dead = heir
    })
    return world
  }

  const told = (world: World, id: string): string[] => world.nodes.get(id)!.out.flatMap(output => output.type === 'problem' && output.problem === 'group-conflict' ? [output.message] : [])

  for (const heirs of [['D'], ['D', 'E'], ['D', 'E', 'F']]) {
    it(`${heirs.length} times over hears of it from one of its own voters, and follows`, () => {
      const world = recovered(...heirs)
      const leader = world.leader()
      const { group, epoch, term } = world.status(leader)
      world.link('A', 'C', true)
      world.link(heirs.at(-1)!, 'C', true)
      expect(world.until(3_000, () => world.status('C').leader === leader)).to.be.below(3_000)
      expect(world.status('C')).to.deep.include({ group, voting: false })
      // nobody was disturbed
      expect(world.status(leader)).to.deep.include({ group, epoch, term })
    })
  }

  it('does not while it hears its leader', () => {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC })
    world.run(4_000)
    const { leader = '', config, epoch, group } = world.status('A')
    const other = ABC.find(id => id !== leader)!
    const follower = ABC.find(id => id !== leader && id !== other)!
    const { incarnation } = config!.voters.find(({ id }) => id === other)!
    world.step(follower, {
      type: 'message',
      from: other,
      message: {
        type: 'hello', group: group + 9, epoch: epoch + 9, term: 3, incarnation, founded: true, leader: other, eligible: true, kind: 'recover', size: 1, highestEpoch: epoch + 9, ask: false,
        config: { group: group + 9, epoch: epoch + 9, kind: 'recover', term: 3, version: 1, voters: [{ id: other, incarnation }], replaces: group }
      }
    })
    expect(world.status(follower)).to.deep.include({ group, voting: true })
  })

  it('nor on the word of one without a seat; it says so, and what is to be done', () => {
    const world = recovered('D', 'E')
    // those whom it knew are gone
    world.add('F')
    world.split(['A', 'E', 'F'], ['C'])
    world.run(6_000)
    world.kill('A')
    world.run(3_000)
    world.step('E', { type: 'recover', id: 9, voters: ['E', 'F'] })
    world.run(6_000)
    const { group } = world.status('C')
    expect(told(world, 'C')).to.deep.equal([])
    world.split(['C', 'E', 'F'])
    expect(world.until(6_000, () => told(world, 'C').length > 0), 'told').to.be.below(6_000)
    expect(world.status('C')).to.deep.include({ group, voting: true, leader: undefined })
    const [message = ''] = told(world, 'C')
    expect(message).to.contain(String(group)).and.to.contain(String(world.status(world.leader()).group)).and.to.match(/delete this node's storage.*recover/)
    expect(problemError({ type: 'problem', problem: 'group-conflict', message })).to.have.property('name', 'GroupConflictError')
  })
})

describe('election core: a founder that is cut off in the moment in which it founds', function () {
  this.timeout(30_000)
  const ids = ['A', 'B', 'C', 'D']

  /** The others go on without it, as they may, for they are a majority of its set. */
  function severed (): { world: World, founder: string, rest: string[] } {
    const world = new World()
    for (const id of ids) world.add(id, { expect: 3 })
    const founder = (): string | undefined => ids.find(id => world.nodes.get(id)!.out.some(output => output.type === 'group' && output.what === 'founded'))
    expect(world.until(20_000, () => founder() !== undefined)).to.be.below(20_000)
    const first = founder()!
    const rest = ids.filter(id => id !== first)
    world.split([first], rest)
    world.run(60_000)
    expect(rest).to.include(world.leader())
    expect(world.status(first)).to.deep.include({ state: 'wait', voting: true })
    return { world, founder: first, rest }
  }

  it('comes over when so many of its voters tell it themselves that those who are left are no majority', () => {
    const { world, founder, rest } = severed()
    const leader = world.leader()
    const before = world.status(founder)
    const seats = before.voters.filter(id => id !== founder)
    // one of them, and one whom it did not count on, prove nothing
    world.link(founder, seats[0]!, true)
    world.link(founder, rest.find(id => !seats.includes(id))!, true)
    world.run(9_000)
    expect(world.status(founder)).to.deep.include({ group: before.group, voting: true })
    world.link(founder, seats[1]!, true)
    expect(world.until(6_000, () => world.status(founder).leader === leader)).to.be.below(6_000)
    expect(world.status(founder)).to.deep.include({ group: world.status(leader).group, voting: false })
    expect(world.leader()).to.equal(leader)
  })
})
