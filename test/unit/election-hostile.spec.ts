import { expect } from 'chai'
import { World } from './election-world.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, ElectionOutput, Rank } from '../../src/election/types.core.ts'

const ABC = ['A', 'B', 'C']
const GHOST = 'f'.repeat(32)

describe('election core: epochs', () => {
  it('are never chosen twice by nodes whose clocks are behind what they know', () => {
    const world = new World()
    const first = world.add('A', { persistent: false }, 3_600_000)
    world.run(3_000)
    world.add('B', { persistent: false })
    world.add('C', { persistent: false })
    world.run(30_000)
    first.skew = 0
    world.run(5_000)
    world.split(['A'], ['B'], ['C'])
    world.run(40_000)
    const tokens = ABC.filter(id => world.status(id).state === 'leader').map(id => world.status(id).epoch)
    expect(tokens).to.have.length.of.at.least(2)
    expect(new Set(tokens).size).to.equal(tokens.length)
    world.split(ABC)
    world.run(60_000)
    expect(world.leaders()).to.have.length(1)
  })

  it('are raised to different numbers by two groups that take the same one in', () => {
    const world = new World()
    world.add('A', { voters: ['A'], targetVoters: 0 })
    world.split(['A'])
    world.add('B', { voters: ['B'], targetVoters: 0 })
    world.split(['A'], ['B'])
    world.run(2_500)
    world.add('D')
    world.split(['A'], ['B'], ['D'])
    world.run(4_000)
    const { epoch } = world.status('D')
    world.split(['A', 'B', 'D'])
    world.run(10_000)
    expect(world.status('A').epoch).to.be.above(epoch)
    expect(world.status('B').epoch).to.be.above(epoch)
    expect(world.status('A').epoch).to.not.equal(world.status('B').epoch)
  })
})

describe('election core: messages of those who may not', () => {
  function healthy (): { world: World, leader: string, config: Config, token: string } {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC })
    world.run(5_000)
    const leader = world.leader()
    const { config, epoch, term } = world.status(leader)
    return { world, leader, config: config!, token: `${epoch} ${term}` }
  }

  function hello (config: Config, incarnation: string): Message {
    return {
      type: 'hello', group: config.group, epoch: config.epoch, term: 0, incarnation, config, founded: true, leader: undefined, eligible: true,
      kind: 'default', size: 1, highestEpoch: 0, ask: false
    }
  }

  it('a hello of the group 0 is nothing to a node without a group', () => {
    const world = new World()
    world.add('A')
    world.tell('X', ['A'], hello({ group: 0, epoch: 0, kind: 'default', term: 0, version: 0, voters: [], replaces: 0 }, GHOST))
    world.run(5_000)
    expect(world.leader()).to.equal('A')
  })

  it('a config of the same order with other voters is another group, and said to be', () => {
    const { world, leader, config } = healthy()
    world.tell('X', ABC, hello({ ...config, voters: [{ id: 'X', incarnation: GHOST }] }, GHOST))
    world.run(2_000)
    expect(world.leader()).to.equal(leader)
    expect(world.status('A').voters).to.deep.equal(ABC)
    expect(world.nodes.get('A')!.out.some(output => output.type === 'problem' && output.problem === 'group-conflict')).to.equal(true)
  })
})

describe('election core: the register', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const read = (world: World, id: string, key: string): string => new TextDecoder().decode(world.nodes.get(id)!.core.entry(key)?.value)
  const answers = (world: World, id: string, call: number): ElectionOutput[] => world.nodes.get(id)!.out.filter(output => 'id' in output && output.id === call)

  function group (): { world: World, leader: string, others: string[] } {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
    world.run(6_000)
    const leader = world.leader()
    return { world, leader, others: ABC.filter(id => id !== leader) }
  }

  it('never takes half of a batch of a leader that was replaced', () => {
    const { world, leader, others } = group()
    const propose = (to: string, id: number, writes: Array<{ key: string, value: Uint8Array, ifRank?: Rank }>): void => { world.step(to, { type: 'propose', id, writes }) }
    propose(leader, 1, [{ key: 'k', value: text('k1') }, { key: 'j', value: text('j1') }])
    world.run(300)
    const ifRank = world.nodes.get(leader)!.core.entry('j')!.rank
    world.split([leader], others)
    propose(leader, 2, [{ key: 'k', value: text('k2') }, { key: 'j', value: text('j2'), ifRank }])
    world.run(3_000)
    const second = world.leader()
    const third = others.find(id => id !== second)!
    propose(second, 3, [{ key: 'j', value: text('j3'), ifRank: world.nodes.get(second)!.core.entry('j')!.rank }])
    world.run(300)
    expect(answers(world, second, 3)[0]?.type).to.equal('committed')
    world.kill(second)
    world.link(leader, third, true)
    world.lose = (from, _to, { type }) => from === third && (type === 'prevote' || type === 'vote')
    world.run(5_000)
    expect(world.leader()).to.equal(leader)
    expect([read(world, leader, 'k'), read(world, leader, 'j')]).to.deep.equal(['k1', 'j3'])
    world.run(1_000)
    expect([read(world, third, 'k'), read(world, third, 'j')]).to.deep.equal(['k1', 'j3'])
  })

  it('does not say what a condition met before it knows that it still leads', () => {
    const { world, leader, others } = group()
    world.step(leader, { type: 'propose', id: 1, writes: [{ key: 'k', value: text('k1') }] })
    world.run(300)
    world.step(leader, { type: 'propose', id: 2, writes: [{ key: 'k', value: text('k2'), ifRank: null }] })
    expect(answers(world, leader, 2)[0]).to.include({ type: 'refused', why: 'condition' })
    world.split([leader], others)
    while (world.status(leader).leaseLeft > 0) world.run(1)
    expect(world.status(leader).state).to.equal('leader')
    world.step(leader, { type: 'propose', id: 3, writes: [{ key: 'k', value: text('k3'), ifRank: null }] })
    expect(answers(world, leader, 3)).to.deep.equal([])
    world.run(3_000)
    expect(answers(world, leader, 3)[0]).to.include({ type: 'refused', why: 'not-leader' })
  })
})
