import { expect } from 'chai'
import fc from 'fast-check'
import { hasPassed, isBefore, leaseUntil, wasSetBack } from '../../src/election/clock.core.ts'
import { isNewer, majority, reachedByMajority } from '../../src/election/order.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { inParts, Table } from '../../src/election/table.core.ts'
import { Bench } from './election-bench.ts'
import { World } from './election-world.ts'
import { TRANSCRIPTS } from './election-transcripts.ts'

describe('election core: transcripts', function () {
  this.timeout(20_000)

  for (const [what, lines] of Object.entries(TRANSCRIPTS)) {
    it(what, () => {
      const bench = new Bench()
      for (const line of lines.split(';')) bench.line(line)
    })
  }
})

describe('election core: rules', () => {
  it('ends every lease before the promises it rests on, whatever clocks of 2 % do', () => {
    fc.assert(fc.property(fc.double({ min: 0.98, max: 1.02, noNaN: true }), fc.double({ min: 0.98, max: 1.02, noNaN: true }), fc.integer({ min: 100, max: 10_000 }), (leader, voter, timeout) => {
      const { now } = leaseUntil({ now: 0, wall: 0 }, timeout)
      // in true time: a slow leader's lease, a fast voter's promise
      expect(now / leader).to.be.below(timeout / voter)
    }))
  })

  it('has ended its lease, and says so, before anybody hears that its identity is in use elsewhere', () => {
    const world = new World()
    for (const id of ['A', 'B', 'C']) world.add(id, { voters: ['A', 'B', 'C'] })
    world.run(4_000)
    const leader = world.nodes.get(world.leader())!
    leader.out.length = 0
    world.step(leader.id, { type: 'identity-conflict', active: true })
    expect(leader.out.map(({ type }) => type)).to.deep.equal(['lease-end', 'change', 'problem'])
    expect(world.status(leader.id)).to.include({ voting: false, state: 'observer' })
  })

  it('comes back within T without its store, and does not believe others that it leads', () => {
    const world = new World()
    const voters = ['A', 'B', 'C']
    for (const id of voters) world.add(id, { voters })
    world.run(4_000)
    const leader = world.leader()
    world.kill(leader)
    world.run(50)
    world.nodes.delete(leader)
    world.add(leader, { voters, lost: true, random: createRandom(11) })
    for (const id of voters) if (id !== leader) world.link(leader, id, true)
    const believed: Array<string | undefined> = []
    expect(world.until(3_000, () => {
      const known = world.status(leader).leader
      if (known !== believed.at(-1)) believed.push(known)
      return known !== undefined && world.leaders().includes(known)
    })).to.be.below(3_000)
    expect(believed).to.deep.equal([world.leader()])
  })

  it('takes the clock that says less for a lease and both for a promise', () => {
    const since = { now: 0, wall: 0 }
    const until = { now: 100, wall: 100 }
    for (const [now, wall, over, passed] of [[99, 99, false, false], [99, 100, true, false], [100, 99, true, false], [100, 100, true, true]] as const) {
      expect(isBefore({ now, wall }, until)).to.equal(!over)
      expect(hasPassed(since, 100, { now, wall })).to.equal(passed)
    }
    expect(wasSetBack({ now: 0, wall: 0 }, { now: 1_000, wall: -5_000 })).to.equal(true)
    expect(wasSetBack({ now: 0, wall: 0 }, { now: 0, wall: 3_600_000 }), 'sleep').to.equal(false)
  })

  it('has majorities that always meet, also over the change of one voter', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 15 }), size => {
      expect(2 * majority(size)).to.be.above(size)
      expect(majority(size) + majority(size + 1)).to.be.above(size + 1)
    }))
  })

  it('finds what a majority reached', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 9 }), values => {
      const reached = reachedByMajority(values, (a, b) => a - b)
      expect(values.filter(value => value >= reached).length).to.be.at.least(majority(values.length))
      expect(values.filter(value => value > reached).length).to.be.below(majority(values.length))
    }))
  })

  it('orders configs by term, then version', () => {
    fc.assert(fc.property(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3), (t1, v1, t2, v2) => {
      const [a, b] = [{ term: t1, version: v1 }, { term: t2, version: v2 }]
      expect(Number(isNewer(a, b)) + Number(isNewer(b, a))).to.equal(t1 === t2 && v1 === v2 ? 0 : 1)
    }))
  })

  it('sends tables in parts that fit into a frame', () => {
    const entries = Array.from({ length: 5_000 }, (_, i) => ({ key: `key ${i}`, value: new Uint8Array(100), rank: { epoch: 1, term: 1, index: i + 1 } }))
    const parts = inParts(entries)
    expect(parts.flat()).to.deep.equal(entries)
    for (const part of parts) expect(part.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)).to.be.below(200 * 1024)
    expect(new Table(entries).above({ epoch: 1, term: 1, index: 4_990 })).to.have.length(10)
    expect(inParts([])).to.deep.equal([[]])
  })
})
