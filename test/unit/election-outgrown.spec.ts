import { expect } from 'chai'
import { World } from './election-world.ts'
import { sealed } from '../harness/seals.ts'
import { MAX_LINEAGE } from '../../src/wire/limits.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, SignedConfig } from '../../src/election/types.core.ts'

const IDS = ['A', 'B', 'C']

describe('election core: a voter whose group has gone on without it', function () {
  this.timeout(30_000)

  const hasLeft = (world: World, id: string): boolean => world.nodes.get(id)!.out.some(({ type }) => type === 'left')

  function replace (world: World, id: string): void {
    world.step(id, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, id)), `${id} leaves`).to.be.below(2_000)
    world.kill(id)
    world.run(1_000)
  }

  /** C is cut off, and all others that it knows are replaced by D and E, and go for good. */
  function outgrown (): { world: World, late: string, young: string[], config: Config } {
    const world = new World()
    for (const id of IDS) world.add(id, { voters: IDS })
    world.run(4_000)
    const late = IDS.find(id => id !== world.leader()) as string
    const young = ['D', 'E', 'F']
    for (const id of young) world.add(id, { voters: IDS })
    world.run(9_000)
    const { config } = world.status(late)
    world.split([...IDS.filter(id => id !== late), ...young], [late])
    for (const id of IDS.filter(id => id !== late)) replace(world, id)
    expect(world.until(70_000, () => !world.status(world.leader()).voters.includes(late))).to.be.below(70_000)
    expect(young).to.include(world.leader())
    return { world, late, young, config: config! }
  }

  it('learns from those whom it never knew that its seat is gone, and may become a voter again', () => {
    const { world, late, young } = outgrown()
    const leader = world.leader()
    const { config, epoch, term } = world.status(leader)
    expect(world.status(late).voting).to.equal(true)
    world.split([...young, late])
    expect(world.until(3_000, () => world.status(late).leader === leader)).to.be.below(3_000)
    expect([world.status(late).voting, world.status(late).config]).to.deep.equal([false, config])
    // nobody was disturbed
    expect(world.status(leader)).to.deep.include({ epoch, term })
    replace(world, young.find(id => id !== leader) as string)
    expect(world.until(10_000, () => world.status(late).voting), 'votes again').to.be.below(10_000)
    expect(world.leader()).to.equal(leader)
  })

  it('does so after their successors were replaced, too', () => {
    const { world, late, young } = outgrown()
    for (const id of ['G', 'H', 'I']) world.add(id, { voters: IDS })
    world.split([...young, 'G', 'H', 'I'], [late])
    world.run(9_000)
    for (const id of young) replace(world, id)
    expect(['G', 'H', 'I']).to.include(world.leader())
    world.split(['G', 'H', 'I', late])
    expect(world.until(3_000, () => world.status(late).leader === world.leader())).to.be.below(3_000)
    expect(world.status(late).config).to.deep.equal(world.status(world.leader()).config)
  })

  it('gives its seat to nobody who only says so', () => {
    const { world, late, young, config } = outgrown()
    const before = world.status(late).config
    world.lose = (_, __, { type }) => type === 'lineage'
    world.split([...young, late])
    world.run(15_000)
    expect(world.status(late).config).to.deep.equal(before)
    const incarnation = 'f'.repeat(32)
    const version = config.version + 50
    const forged: Config = { ...config, version, voters: [{ id: 'X', incarnation }] }
    const withOld: Config = { ...config, version, voters: [...config.voters, { id: 'X', incarnation }] }
    const [elder = ''] = IDS.filter(id => id !== late)
    const lies: SignedConfig[][] = [
      // by nobody, by itself, by itself with a seat, in the name of another, changed after it was signed, of another group
      [{ ...sealed(elder, withOld), signature: new Uint8Array(64) }],
      [sealed('X', forged)],
      [sealed('X', withOld)],
      [{ ...sealed('X', withOld), by: elder }],
      [{ ...sealed(elder, withOld), config: { ...withOld, version: version + 1 } }],
      [sealed(elder, { ...withOld, group: config.group + 1 })],
      // another life of the one that signs
      [sealed(elder, { ...withOld, voters: withOld.voters.map(seat => seat.id === elder ? { id: elder, incarnation: 'e'.repeat(32) } : seat) })],
      Array.from({ length: MAX_LINEAGE }, (_, i) => sealed(elder, { ...config, version: Math.max(1, config.version - i) }))
    ]
    world.lose = () => false
    world.split([late], young)
    const common = { group: config.group, epoch: config.epoch, term: config.term, incarnation }
    for (const configs of lies) {
      world.tell('X', [late], { ...common, type: 'config', config: forged, founded: true })
      world.tell('X', [late], { ...common, type: 'lineage', configs })
      world.run(600)
      expect(world.status(late).config, JSON.stringify(configs[0]?.by)).to.deep.equal(before)
    }
  })

  it('is not asked to verify what it did not ask for, nor more than one thing at a time', () => {
    const { world, late, config } = outgrown()
    const incarnation = 'f'.repeat(32)
    const [elder = ''] = IDS.filter(id => id !== late)
    const voters = [...config.voters, { id: 'X', incarnation }].sort((a, b) => a.id < b.id ? -1 : 1)
    const lie = { ...sealed(elder, { ...config, version: config.version + 50, voters }), signature: new Uint8Array(64) }
    const common = { group: config.group, epoch: config.epoch, term: config.term, incarnation }
    const before = world.verified
    const message = { ...common, type: 'lineage', configs: [lie] } as Message
    for (let i = 0; i < 100; i++) world.tell('X', [late], message)
    world.run(100)
    expect(world.verified).to.equal(before)
    for (let i = 0; i < 100; i++) {
      world.tell('X', [late], { ...common, type: 'config', config: lie.config, founded: true })
      for (let j = 0; j < 3; j++) world.tell('X', [late], message)
      world.run(4)
    }
    expect(world.verified).to.equal(before + 1)
    // a key that never answers
    world.verifies = false
    world.run(600)
    const tell = (): void => {
      world.tell('X', [late], { ...common, type: 'config', config: lie.config, founded: true })
      world.tell('X', [late], message)
    }
    tell()
    expect(world.verified).to.equal(before + 2)
    world.run(3_000)
    tell()
    expect(world.verified).to.equal(before + 2)
    world.run(3_000)
    tell()
    expect(world.verified).to.equal(before + 3)
  })
})

describe('election core: a learner whose voters were all replaced, one after the other', function () {
  this.timeout(30_000)

  it('follows the next one at once, and is its heir', () => {
    const world = new World()
    world.add('A', { persistent: false })
    world.run(2_500)
    for (const id of ['B', 'C', 'E']) world.add(id, { persistent: false })
    world.run(3_000)
    expect(world.status('E').voters).to.deep.equal(['A'])
    world.split(['A', 'B', 'C'], ['E'])
    const leave = (id: string, next: string): void => {
      world.step(id, { type: 'leave' })
      expect(world.until(2_000, () => world.nodes.get(id)!.out.some(({ type }) => type === 'left')), `${id} leaves`).to.be.below(2_000)
      world.kill(id)
      expect(world.leader()).to.equal(next)
    }
    leave('A', world.status('A').learners[0]!.id === 'B' ? 'B' : 'C')
    const second = world.leader()
    const third = second === 'B' ? 'C' : 'B'
    world.step(second, { type: 'propose', id: 1, writes: [{ key: 'k', value: Uint8Array.of(7) }] })
    leave(second, third)
    // in memory it would have founded a group of its own after 10 s, without what was written
    world.split([third, 'E'])
    expect(world.until(2_000, () => world.status('E').leader === third)).to.be.below(1_000)
    leave(third, 'E')
    expect(world.nodes.get('E')!.core.entry('k')?.value).to.deep.equal(Uint8Array.of(7))
  })
})
