import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { World } from './election-world.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, ElectionCore, ElectionInput, ElectionOutput } from '../../src/election/types.core.ts'

const T = 500
const SEATS = ['A', 'B', 'C'].map((id, i) => ({ id, incarnation: String(i).repeat(32) }))
const CONFIG: Config = { group: 7, epoch: 7, kind: 'voters', term: 3, version: 2, voters: SEATS, replaces: 0 }

/** B, a voter of three, as it starts again in term 3; its disk is this test. */
class Voter {
  now = 0
  sent: Array<{ to: string, message: Message, after: number }> = []
  out: ElectionOutput[] = []
  saves = 0
  readonly core: ElectionCore

  constructor () {
    const hard = { incarnation: SEATS[1]!.incarnation, config: CONFIG, founded: true, term: 3, vote: undefined, highestEpoch: 7, epochAhead: 0, lineage: [] }
    this.core = createElection({
      self: 'B', service: 'login', random: () => 0.5, time: this.#time(), voters: ['A', 'B', 'C'], durable: { hard, entries: [], synced: { epoch: 0, term: 0, index: 0 } }
    })
    for (const peer of ['A', 'C']) this.step({ type: 'connected', peer })
    this.step({ type: 'saved', id: this.saves })
  }

  #time (): { now: number, wall: number } {
    return { now: this.now, wall: 1_700_000_000_000 + this.now }
  }

  step (input: Partial<ElectionInput>): void {
    for (const output of this.core.step({ ...input, ...this.#time() } as ElectionInput)) {
      if (output.type === 'save') this.saves = output.id
      else if (output.type === 'send') this.sent.push(output)
      else this.out.push(output)
    }
  }

  hear (from: string, message: Partial<Message>): void {
    const { incarnation } = SEATS.find(({ id }) => id === from)!
    this.step({ type: 'message', from, message: { group: 7, epoch: 7, term: 3, incarnation, config: CONFIG, ...message } as Message })
  }

  /** Until it is time to tick, and that. */
  wait (): void {
    this.now = this.core.due
    this.step({ type: 'tick' })
  }

  until (what: () => boolean): void {
    for (let i = 0; i < 100 && !what(); i++) this.wait()
    expect(what()).to.equal(true)
  }

  told (type: Message['type']): Array<{ to: string, message: Message, after: number }> {
    return this.sent.filter(({ message }) => message.type === type)
  }

  /** It asks for pre-votes. */
  asks (): void {
    this.until(() => this.told('prevote').length > 0)
    this.sent = []
  }
}

describe('election core: votes', () => {
  it('a candidate asks while it stores its own vote, and wins only when that is durable', () => {
    const voter = new Voter()
    voter.asks()
    const durable = voter.saves
    voter.hear('A', { type: 'prevote-response', asked: 4, granted: true })
    expect(voter.saves).to.be.above(durable)
    for (const { after } of voter.told('vote')) expect(after).to.be.at.most(durable)
    expect(voter.told('vote').map(({ to }) => to)).to.deep.equal(['A', 'C'])
    for (const from of ['A', 'C']) voter.hear(from, { type: 'vote-response', term: 4, asked: 4, granted: true })
    expect(voter.core.status({ now: voter.now, wall: 0 }).state).to.equal('wait')
    voter.step({ type: 'saved', id: voter.saves })
    expect(voter.core.status({ now: voter.now, wall: 0 }).state).to.equal('leader')
  })

  it('a candidate that was just given a config asks only when that is durable', () => {
    const voter = new Voter()
    voter.hear('A', { type: 'config', config: { ...CONFIG, version: 3 }, founded: true })
    const config = voter.saves
    voter.asks()
    voter.hear('A', { type: 'prevote-response', asked: 4, granted: true })
    for (const { after } of voter.told('vote')) expect(after).to.equal(config)
  })

  it('a pre-vote that comes a moment before a promise ends is answered when it does', () => {
    const voter = new Voter()
    voter.now = T - 50
    voter.hear('A', { type: 'prevote', term: 4, transfer: false })
    expect(voter.told('prevote-response')).to.deep.equal([])
    voter.until(() => voter.told('prevote-response').length > 0)
    expect(voter.now).to.equal(T)
    expect(voter.told('prevote-response')[0]).to.deep.include({ to: 'A' })
    expect(voter.told('prevote-response')[0]?.message).to.include({ granted: true, asked: 4 })
  })

  it('a pre-vote that comes long before that is refused, and one is forgotten when the leader is heard again', () => {
    const voter = new Voter()
    voter.now = T / 2
    voter.hear('A', { type: 'prevote', term: 4, transfer: false })
    expect(voter.told('prevote-response')[0]?.message).to.include({ granted: false })
    voter.now = T - 50
    voter.sent = []
    voter.hear('A', { type: 'prevote', term: 4, transfer: false })
    voter.hear('C', { type: 'heartbeat', round: 1, config: { term: 3, version: 2 }, floor: undefined, standby: true })
    voter.now = T + 50
    voter.step({ type: 'tick' })
    expect(voter.told('prevote-response')).to.deep.equal([])
    expect(voter.core.status({ now: voter.now, wall: 0 }).leader).to.equal('C')
  })

  for (const [other, goesOn] of [['A', false], ['C', true]] as const) {
    it(`of two that ask each other ${goesOn ? 'the first by id goes on' : 'the second gives way'}, and both grant`, () => {
      const voter = new Voter()
      voter.asks()
      voter.hear(other, { type: 'prevote', term: 4, transfer: false })
      expect(voter.told('prevote-response')[0]?.message).to.include({ granted: true })
      voter.hear('C', { type: 'prevote-response', asked: 4, granted: true })
      expect(voter.told('vote').length > 0).to.equal(goesOn)
    })
  }

  it('a leader that gave its lease away grants a pre-vote, and leads on until somebody has won', () => {
    const voter = new Voter()
    voter.asks()
    voter.hear('A', { type: 'prevote-response', asked: 4, granted: true })
    voter.hear('A', { type: 'vote-response', term: 4, asked: 4, granted: true })
    voter.step({ type: 'saved', id: voter.saves })
    for (const from of ['A', 'C']) {
      voter.hear(from, { type: 'heartbeat-response', term: 4, round: 1, config: { term: 4, version: 2 }, synced: { epoch: 0, term: 0, index: 0 }, leaving: false, promise: T, highestEpoch: 7 })
    }
    voter.step({ type: 'transfer', id: 1, to: 'A' })
    expect(voter.told('timeout-now')).to.have.length(1)
    voter.hear('C', { type: 'prevote', term: 5, transfer: false, config: { ...CONFIG, term: 4 } })
    expect(voter.told('prevote-response').at(-1)?.message).to.include({ granted: true })
    expect(voter.core.status({ now: voter.now, wall: 0 })).to.include({ state: 'leader', leader: 'B' })
    voter.hear('A', { type: 'heartbeat', term: 5, round: 1, config: { term: 5, version: 2 }, floor: undefined, standby: true })
    expect(voter.out.at(-1)).to.include({ type: 'transferred', ok: true })
  })

  it('one that asks again and again, and wins nothing, keeps nobody else from it', () => {
    const voter = new Voter()
    voter.asks()
    for (let i = 0; i < 20 && voter.told('prevote').length === 0; i++) {
      voter.hear('A', { type: 'prevote', term: 4, transfer: false })
      voter.now += T / 5
      voter.step({ type: 'tick' })
    }
    expect(voter.now).to.be.below(4 * T)
    expect(voter.told('prevote').length).to.be.above(0)
  })
})

describe('election core: handovers', () => {
  const ABC = ['A', 'B', 'C']

  function group (): { world: World, leader: string, others: string[] } {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
    world.run(6_000)
    const leader = world.leader()
    return { world, leader, others: ABC.filter(id => id !== leader) }
  }

  const answers = (world: World, id: string): ElectionOutput[] => world.nodes.get(id)!.out.filter(({ type }) => type === 'transferred')

  it('are over when the next leader is heard, not when it is voted for', () => {
    const { world, leader, others } = group()
    world.lose = (from, to, { type }) => to === leader && from !== leader && type === 'heartbeat'
    world.step(leader, { type: 'transfer', id: 5, to: others[0]! })
    world.run(50)
    expect(world.leader()).to.equal(others[0])
    expect(answers(world, leader)).to.deep.equal([])
    world.lose = () => false
    world.run(200)
    expect(answers(world, leader)).to.deep.equal([{ type: 'transferred', id: 5, ok: true }])
  })

  it('to one that another one beats are told as failed', () => {
    const { world, leader, others } = group()
    const [to = '', other = ''] = others
    // the one that is asked can reach nobody; the other one is elected in its place
    world.lose = (from, _to, { type }) => from === to && type === 'vote'
    world.step(leader, { type: 'transfer', id: 5, to })
    world.run(20)
    world.link(leader, to, false)
    world.link(other, to, false)
    world.run(5_000)
    const [answer] = answers(world, leader)
    expect(answer).to.include({ id: 5, ok: false })
  })

  it('of two orders at once each gets its own answer', () => {
    const { world, leader, others } = group()
    world.step(leader, { type: 'transfer', id: 5, to: others[0]! })
    world.step(leader, { type: 'transfer', id: 6, to: others[1]! })
    world.run(200)
    expect(answers(world, leader)).to.have.length(2)
    expect(answers(world, leader)).to.deep.include({ type: 'transferred', id: 5, ok: true })
    expect(answers(world, leader).find(answer => 'id' in answer && answer.id === 6)).to.include({ ok: false })
  })
})

describe('election core: a leader without a majority', () => {
  it('steps down exactly T after it sent the last round that a majority answered', () => {
    const world = new World()
    // without leases what is said of one lasts for T from there
    for (const id of ['A', 'B', 'C']) world.add(id, { voters: ['A', 'B', 'C'], lease: 'off' })
    for (const more of [3_000, 37, 61]) {
      world.run(more)
      const leader = world.leader()
      const { out } = world.nodes.get(leader)!
      world.split([leader], ['A', 'B', 'C'].filter(id => id !== leader))
      const { until } = out.findLast(output => output.type === 'lease')!
      const since = until.now - T
      expect(since).to.be.within(world.now - 110, world.now)
      const leads = (): boolean => world.status(leader).state === 'leader'
      world.run(since + T - world.now)
      expect(leads(), `${world.now - since} ms after the round`).to.equal(true)
      world.run(1)
      expect(leads(), `${world.now - since} ms after the round`).to.equal(false)
      world.split(['A', 'B', 'C'])
      world.run(3_000)
    }
  })
})
