import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { World } from './election-world.ts'
import type { HeartbeatResponse, Message } from '../../src/election/messages.core.ts'
import type { Config, ElectionInput, ElectionOutput } from '../../src/election/types.core.ts'

function hasLeft (world: World, id: string): boolean {
  return world.nodes.get(id)!.out.some(({ type }) => type === 'left')
}

describe('election core: who leaves', function () {
  this.timeout(20_000)
  const ids = ['A', 'B', 'C']

  /** Three voters of which one is dead since `ms`, and a standby. */
  function beside (ms = 1_500): { world: World, leader: string, other: string, dead: string } {
    const world = new World()
    for (const id of ids) world.add(id, { voters: ids })
    world.run(4_000)
    world.add('D')
    world.run(9_000)
    const leader = world.leader()
    const [other = '', dead = ''] = ids.filter(id => id !== leader)
    world.kill(dead)
    world.run(ms)
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

  /** Voters of whom some are silent, and nobody stands by. */
  function bereft (voters: readonly string[], silent: number): { world: World, leader: string, others: string[], dead: string[] } {
    const world = new World()
    for (const id of voters) world.add(id, { voters })
    world.run(4_000)
    const leader = world.leader()
    const rest = voters.filter(id => id !== leader)
    const dead = rest.slice(-silent)
    world.split(voters.filter(id => !dead.includes(id)), dead)
    world.run(1_500)
    expect(world.leader()).to.equal(leader)
    return { world, leader, others: rest.slice(0, -silent), dead }
  }

  it('beside a dead one, when nobody can stand in, leaves the group to those who live; the dead one may come again', () => {
    const { world, leader, others: [other = ''], dead } = bereft(ids, 1)
    world.step(other, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(2_000)
    expect(world.status(leader).voters).to.deep.equal([leader])
    world.kill(other)
    world.run(2_000)
    expect(world.leader()).to.equal(leader)
    world.split([leader, ...dead])
    world.run(1_500)
    expect(world.leader()).to.equal(leader)
    expect(world.status(leader).learners.map(({ id }) => id)).to.deep.equal(dead)
  })

  for (const how of ['whose connection closed', 'that says nothing more'] as const) {
    for (const voters of [ids, ['A', 'B', 'C', 'D', 'E']]) {
      for (const ms of [0, 100, 300]) {
        it(`of ${voters.length} within T of deaths ${how}, ${ms} ms, leaves the group to those who live`, () => {
          const world = new World()
          for (const id of voters) world.add(id, { voters })
          world.run(4_000)
          const leader = world.leader()
          const [other = '', ...rest] = voters.filter(id => id !== leader)
          const dead = rest.slice(0, (voters.length - 1) / 2)
          if (how === 'whose connection closed') for (const id of dead) world.kill(id)
          else world.lose = (from, to) => dead.includes(from) || dead.includes(to)
          world.run(ms)
          world.step(other, { type: 'leave' })
          expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(1_500)
          world.kill(other)
          world.run(2_000)
          expect(world.leader()).to.equal(leader)
          const living = voters.filter(id => id !== other && !dead.includes(id))
          expect(world.status(leader).voters).to.include.members(living).and.to.have.length.below(2 * living.length)
        })
      }
    }
  }

  it('within T of the death of a voter, and of a standby without a word, does not get that one in its place', () => {
    const { world, leader, other } = beside(0)
    world.lose = (from, to) => from === 'D' || to === 'D'
    world.step(other, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(1_500)
    world.kill(other)
    world.run(2_000)
    expect([world.leader(), world.status(leader).voters]).to.deep.equal([leader, [leader]])
  })

  it('leads, and is beside a dead one, hands over to the living one, who then leads alone', () => {
    const { world, leader, others: [other = ''] } = bereft(ids, 1)
    world.step(leader, { type: 'leave' })
    expect(world.until(100, () => world.leaders().join() === other), 'handed over').to.be.below(100)
    expect(world.until(2_000, () => hasLeft(world, leader))).to.be.below(1_500)
    world.kill(leader)
    world.run(2_000)
    expect([world.leader(), world.status(other).voters]).to.deep.equal([other, [other]])
  })

  it('leads, and is beside a dead one, hands over, and a standby takes its seat', () => {
    const { world, leader, other, dead } = beside()
    world.step(leader, { type: 'leave' })
    expect(world.until(100, () => world.leaders().join() === other), 'handed over').to.be.below(100)
    expect(world.until(2_000, () => hasLeft(world, leader))).to.be.below(1_000)
    expect(world.status(other).voters).to.deep.equal([other, dead, 'D'].sort())
    world.kill(leader)
    world.run(2_000)
    expect(world.leader()).to.equal(other)
  })

  it('beside two dead ones of five takes as many with it as it must', () => {
    const { world, leader, others } = bereft(['A', 'B', 'C', 'D', 'E'], 2)
    world.step(leader, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, leader))).to.be.below(1_500)
    world.kill(leader)
    world.run(2_000)
    expect(others).to.include(world.leader())
    expect(world.status(world.leader()).voters).to.include.members(others).and.to.have.length(3)
  })

  it('leads, while another one leaves beside a dead one, too, goes last', () => {
    const { world, leader, others: [other = ''] } = bereft(ids, 1)
    world.step(other, { type: 'leave' })
    world.run(100)
    world.step(leader, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, leader) && hasLeft(world, other))).to.be.below(2_000)
  })

  it('takes nobody with it who has answered within T', () => {
    const { world, leader, others: [other = ''], dead: [late = ''] } = bereft(ids, 1)
    world.split(ids)
    world.run(300)
    world.split([leader, other], [late])
    world.run(300)
    world.step(leader, { type: 'leave' })
    world.run(350)
    world.split(ids)
    expect(world.until(2_000, () => hasLeft(world, leader))).to.be.below(1_500)
    expect(world.status(world.leader()).voters).to.deep.equal([late, other].sort())
  })

  for (const lease of ['on', 'off'] as const) {
    it(`takes nobody with it whose answer a leader that stood still reads only after its own, lease ${lease}`, () => {
      const world = new World()
      for (const id of ids) world.add(id, { voters: ids, ...lease === 'off' ? { lease } : {} })
      world.run(4_000)
      const leader = world.leader()
      const [other = '', third = ''] = ids.filter(id => id !== leader)
      const answers = new Map<string, Message>()
      world.lose = (from, to, message) => {
        if (to === leader && message.type === 'heartbeat-response') answers.set(from, message)
        return to === leader
      }
      expect(world.until(200, () => answers.size === 2)).to.be.below(200)
      world.now += 600
      world.step(leader, { type: 'message', from: other, message: { ...answers.get(other)!, leaving: true } as Message })
      world.step(leader, { type: 'message', from: third, message: answers.get(third)! })
      expect(world.status(leader).voters).to.include(third)
      world.lose = () => false
      world.step(other, { type: 'leave' })
      expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(2_000)
      world.run(500)
      expect(world.status(leader).voters).to.deep.equal([leader, third].sort())
    })
  }

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

  it('says goodbye at its end at once, but not in a term that it has not stored', () => {
    const incarnation = '0'.repeat(32)
    const time = { now: 0, wall: 1_700_000_000_000 }
    const config: Config = { group: 7, epoch: 7, kind: 'voters', term: 3, version: 1, voters: ids.map(id => ({ id, incarnation })), replaces: 0 }
    const hard = { incarnation, config, founded: true, term: 3, vote: undefined, highestEpoch: 7, epochAhead: 0, lineage: [] }
    const core = createElection({ self: 'A', service: 'login', random: () => 0.5, time, durable: { hard, entries: [], synced: { epoch: 0, term: 0, index: 0 } } })
    const beat = (term: number): Message => ({ type: 'heartbeat', group: 7, epoch: 7, term, incarnation, round: 1, config: { term: 3, version: 1 }, floor: undefined, standby: true })
    const step = (input: Partial<ElectionInput>): ElectionOutput[] => core.step({ ...time, ...input } as ElectionInput)
    const byes = (): number[] => step({ type: 'leave', last: true }).flatMap(output => output.type === 'send' && output.message.type === 'bye' ? [output.after] : [])
    step({ type: 'connected', peer: 'B' })
    const [first] = step({ type: 'message', from: 'B', message: beat(4) }).flatMap(output => output.type === 'save' ? [output.id] : [])
    expect(byes()).to.deep.equal([first])
    step({ type: 'saved', id: first! })
    expect(byes()).to.deep.equal([0])
  })
})

describe('election core: who leaves beside a liar', function () {
  this.timeout(20_000)
  const ids = ['A', 'B', 'C']

  function group (): { world: World, leader: string, rest: [string, string] } {
    const world = new World()
    for (const id of ids) world.add(id, { voters: ids })
    world.run(4_000)
    world.add('D')
    world.add('E')
    world.run(7_000)
    const leader = world.leader()
    return { world, leader, rest: ids.filter(id => id !== leader) as [string, string] }
  }

  /** Each of its answers is given as these say instead. */
  function lies (world: World, liar: string, ...instead: Array<Partial<HeartbeatResponse>>): void {
    world.lose = (from, to, message) => {
      if (from !== liar || message.type !== 'heartbeat-response') return false
      for (const change of instead) world.step(to, { type: 'message', from, message: { ...message, ...change } })
      return true
    }
  }

  for (const which of [0, 1] as const) {
    it(`that takes back that it leaves and says it again, number ${which}, gets out, and so does the liar`, () => {
      const { world, leader, rest } = group()
      const liar = rest[which]
      const other = rest[1 - which]!
      lies(world, liar, { leaving: false }, { leaving: true })
      world.run(1_000)
      world.step(other, { type: 'leave' })
      expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(2_000)
      world.kill(other)
      world.run(10_000)
      expect(world.leader()).to.equal(leader)
      expect(world.status(leader).voters).to.deep.equal([leader, 'D', 'E'])
    })
  }

  it('that takes it back in time stays', () => {
    const { world, leader, rest: [liar] } = group()
    lies(world, liar, { leaving: true }, { leaving: false })
    world.run(3_000)
    expect(world.status(leader).voters).to.deep.equal(ids)
  })

  it('that could stand in for a dead one, and never answers what it is asked, gets out without it', () => {
    const { world, leader, rest: [other, dead] } = group()
    world.kill('E')
    lies(world, 'D', { round: 0 })
    world.run(1_000)
    world.kill(dead)
    world.run(2_000)
    world.step(other, { type: 'leave' })
    expect(world.until(2_000, () => hasLeft(world, other))).to.be.below(1_500)
    world.kill(other)
    world.run(2_000)
    expect([world.leader(), world.status(leader).voters]).to.deep.equal([leader, [leader]])
  })
})
