import { expect } from 'chai'
import { EPOCHS_PER_MS, latestEpoch } from '../../src/election/clock.core.ts'
import { World } from './election-world.ts'
import { Core } from '../../src/election/state.core.ts'
import type { HardState } from '../../src/election/types.core.ts'

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

describe('election core: forming anew', function () {
  this.timeout(20_000)
  const all = ['A', 'B', 'C']

  /** Three in memory, one of them cut off. */
  function cut (): { world: World, lone: string, others: string[], see: (ids: readonly string[], led?: readonly string[]) => void } {
    const world = new World()
    world.add('A', { persistent: false })
    world.run(2_500)
    for (const id of ['B', 'C']) world.add(id, { persistent: false })
    world.run(15_000)
    const { group, voters } = world.status(world.leader())
    expect(voters).to.have.length(3)
    const lone = all.find(id => id !== world.leader()) as string
    const others = all.filter(id => id !== lone)
    const see = (ids: readonly string[], led: readonly string[] = []): void => {
      world.step(lone, { type: 'candidates', candidates: ids.map(id => ({ id, eligible: true, ...led.includes(id) ? { leads: group } : {} })) })
    }
    return { world, lone, others, see }
  }

  it('not while discovery sees the voters that are not reached', () => {
    const { world, lone, others, see } = cut()
    see(all)
    world.split([lone], others)
    expect(together(world, 30_000)).to.equal(0)
    expect(world.leaders()).to.have.length(1)
    world.split(all)
    world.run(3_000)
    expect(all.map(id => world.status(id).leader)).to.deep.equal(all.map(() => world.leader()))
  })

  it('not while a record tells of a leader of the group, whoever it is of', () => {
    const { world, lone, others, see } = cut()
    see([lone, 'D'], ['D'])
    world.split([lone], others)
    expect(together(world, 30_000)).to.equal(0)
    see([lone, 'D'])
    world.run(1_000)
    expect(world.leaders(), 'the record of another one says so no more').to.include(lone)
  })

  it('when discovery has lost them all, after 10 s', () => {
    const { world, lone, others, see } = cut()
    world.split([lone], others)
    see(all)
    world.run(5_000)
    see([lone])
    world.run(9_000)
    expect(world.leaders()).to.include(lone)
  })

  it('when those that discovery sees were started again as nodes that do not vote; not when they are only draining', () => {
    const { world, lone, others } = cut()
    const see = (votes: boolean): void => {
      world.step(lone, { type: 'candidates', candidates: all.map(id => ({ id, eligible: id === lone, ...votes || id === lone ? {} : { votes: false } })) })
    }
    see(true)
    world.split([lone], others)
    for (const id of others) world.kill(id)
    world.run(30_000)
    expect(world.leaders()).to.deep.equal([])
    see(false)
    world.run(1_000)
    expect(world.leaders()).to.deep.equal([lone])
  })

  it('above what the lost group may have raised its tokens to meanwhile, though no clock here is ahead of them', () => {
    const world = new World()
    world.add('A', { persistent: false }, 3_600_000)
    world.run(2_500)
    for (const id of ['B', 'C']) world.add(id, { persistent: false })
    world.run(15_000)
    const leader = world.leader()
    const lone = ['B', 'C'].find(id => id !== leader)!
    world.split([lone], all.filter(id => id !== lone))
    const { epoch } = world.status(leader)
    world.step(leader, { type: 'group', view: { group: 7, epoch: epoch + 1, kind: 'default', term: 1, leader: undefined, voters: [] } })
    world.run(5_000)
    const raised = world.status(leader).epoch
    expect(raised).to.be.above(epoch + 1)
    world.until(30_000, () => world.leaders().includes(lone))
    expect(world.leaders()).to.include(lone)
    expect(world.status(lone).epoch).to.be.above(raised)
  })

  it('on purpose above what the lost group may have raised its tokens to while this voter was not running', () => {
    const world = new World()
    let hard: HardState | undefined
    for (const id of all) {
      const { core } = world.add(id, { voters: all }, id === 'A' ? 3_600_000 : 0)
      const step = core.step.bind(core)
      core.step = input => {
        const outputs = step(input)
        for (const output of outputs) if (id === 'B' && output.type === 'save' && output.hard !== undefined) hard = output.hard
        return outputs
      }
    }
    world.run(5_000)
    world.kill('B')
    world.run(120_000)
    const leader = world.leader()
    world.step(leader, { type: 'group', view: { group: 7, epoch: world.status(leader).epoch + 1, kind: 'default', term: 1, leader: undefined, voters: [] } })
    world.run(5_000)
    const raised = world.status(world.leader()).epoch
    for (const id of ['A', 'C']) world.kill(id)
    world.nodes.delete('B')
    world.add('B', { voters: all, durable: { hard: hard!, entries: [], synced: { epoch: 0, term: 0, index: 0 } } })
    world.add('D')
    world.split(['B', 'D'])
    world.run(5_000)
    world.step('B', { type: 'recover', id: 9, voters: ['B', 'D'] })
    world.run(9_000)
    expect(world.nodes.get('B')!.out.find(({ type }) => type === 'recovered')).to.include({ ok: true })
    expect(world.status(world.leader()).epoch).to.be.above(raised)
  })

  for (const [what, passed] of [['slept', { now: 10, wall: 120_000 }], ['was set back', { now: 120_000, wall: -3_600_000 }]] as const) {
    it(`above what an epoch may have been raised to meanwhile, though one of the clocks ${what}`, () => {
      const wall = 1_700_000_000_000
      const core = new Core({ self: 'A', service: 'login', random: () => 0.5, durable: undefined, time: { now: 0, wall } })
      const ahead = (ms: number): number => (wall + 3_600_000 + ms) * EPOCHS_PER_MS
      core.seeEpoch(ahead(0))
      core.time = { now: passed.now, wall: wall + passed.wall }
      expect(core.epochNow).to.equal(ahead(120_000))
    })
  }

  it('on purpose a minute after somebody told of the highest epoch that can be, though a member is 20 s behind', () => {
    const world = new World()
    for (const id of all) world.add(id, { voters: all })
    world.add('D', {}, -20_000)
    world.run(4_000)
    const edge = latestEpoch(world.status('A').config!.group / EPOCHS_PER_MS)
    world.tell('X', all, {
      type: 'hello', group: 0, epoch: 0, term: 0, incarnation: 'a'.repeat(32), config: undefined, founded: false, leader: undefined, eligible: true, kind: 'voters', size: 3,
      highestEpoch: Math.floor(edge), ask: false
    })
    for (const id of all) world.step(id, { type: 'closed', peer: 'X' })
    world.run(60_000)
    expect(world.status(world.leader()).epoch, 'raised above it').to.be.above(edge)
    world.kill('B')
    world.kill('C')
    world.run(3_000)
    world.step('A', { type: 'recover', id: 9, voters: ['A', 'D'] })
    world.run(16_000)
    expect(world.nodes.get('A')!.out.find(({ type }) => type === 'recovered')).to.include({ ok: true })
    expect(['A', 'D']).to.include(world.leader())
    expect(world.status('A').group).to.equal(world.status('D').group)
  })

  it('who never had a group founds none while records tell of one', () => {
    const world = new World()
    world.add('B')
    world.step('B', { type: 'candidates', candidates: [{ id: 'A', eligible: true, leads: 7 }] })
    world.run(30_000)
    expect(world.leaders()).to.deep.equal([])
    world.step('B', { type: 'candidates', candidates: [] })
    world.run(1_000)
    expect(world.leaders()).to.deep.equal(['B'])
  })
})

describe('election core: two that do not know each other', function () {
  this.timeout(20_000)

  for (const middle of ['A', 'B', 'C']) {
    it(`ask ${middle}, who knows both: one founds`, () => {
      for (let gap = 0; gap <= 400; gap += 20) {
        const world = new World()
        const [one, other] = ['A', 'B', 'C'].filter(id => id !== middle) as [string, string]
        world.add(middle)
        world.add(one)
        world.run(gap)
        world.add(other)
        world.link(one, other, false)
        expect(together(world, 8_000), `${gap} ms`).to.equal(0)
        expect([world.leaders().length, founded(world)], `${gap} ms`).to.deep.equal([1, 1])
      }
    })
  }

  it('one that always says no, or nothing, holds nobody up for long', () => {
    for (const answer of [true, false]) {
      const world = new World()
      world.add('A')
      const common = { group: 0, epoch: 0, term: 0, incarnation: 'ab'.repeat(16) }
      const hello = { ...common, type: 'hello', config: undefined, founded: false, leader: undefined, eligible: true, kind: 'default', size: 1, highestEpoch: 0, ask: false } as const
      world.tell('Z', ['A'], hello)
      world.lose = (_, to, message) => {
        if (to !== 'Z') return false
        if (answer && message.type === 'propose') world.step('A', { type: 'message', from: 'Z', message: { ...common, type: 'pledge', proposed: message.config.group, ok: false, why: 'no', firm: false } })
        return true
      }
      world.run(answer ? 16_000 : 6_000)
      expect(world.leaders(), String(answer)).to.deep.equal(['A'])
    }
  })
})
