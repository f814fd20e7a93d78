import { expect } from 'chai'
import { PROFILES } from '../../src/election/election.core.ts'
import { World } from './election-world.ts'
import type { ElectionOutput } from '../../src/election/types.core.ts'

describe('election core: reads without a lease', function () {
  this.timeout(20_000)
  const ids = ['A', 'B', 'C']

  interface Reading { refused: number, heartbeats: number, ends: ElectionOutput[], waits: number[], left: number }

  /** Reads all the time, and counts. @param delay - one way, ms */
  function read (world: World, leader: string, perMs: number, ms: number): Reading {
    const node = world.nodes.get(leader)!
    const asked = new Map<number, number>()
    const told: Reading = { refused: 0, heartbeats: 0, ends: [], waits: [], left: 0 }
    const lose = world.lose
    world.lose = (from, to, message) => {
      if (message.type === 'heartbeat' && to === ids.find(id => id !== leader)) told.heartbeats++
      return lose(from, to, message)
    }
    for (let t = 0, id = 0; t < ms; t++) {
      for (let i = 0; i < perMs; i++) {
        asked.set(++id, world.now)
        world.step(leader, { type: 'read', id, key: 'x' })
      }
      node.out.length = 0
      world.run(1)
      for (const output of node.out) {
        if (output.type === 'refused') told.refused++
        if (output.type === 'lease-end' || output.type === 'change') told.ends.push(output)
        if (output.type !== 'value') continue
        told.waits.push(world.now - asked.get(output.id)!)
        asked.delete(output.id)
      }
    }
    told.left = asked.size
    return told
  }

  function group (profile: keyof typeof PROFILES, delay: number): { world: World, leader: string } {
    const world = new World()
    world.delay = delay
    for (const id of ids) world.add(id, { voters: ids, lease: 'off', profile: PROFILES[profile] })
    expect(world.until(9_000, () => world.leaders().length === 1)).to.be.below(9_000)
    world.run(2_000)
    return { world, leader: world.leader() }
  }

  for (const [profile, delay, perMs] of [['wan', 75, 1], ['default', 20, 4], ['default', 2, 4], ['fast', 40, 4]] as const) {
    it(`share rounds, ${1_000 * perMs} a second over ${2 * delay} ms, ${profile}: the leader leads on, and none waits for more than two`, () => {
      const { world, leader } = group(profile, delay)
      const { refused, ends, heartbeats, waits, left } = read(world, leader, perMs, 2_000)
      expect([refused, ends]).to.deep.equal([0, []])
      expect(heartbeats).to.be.below(2_000 / (2 * delay) + 2_000 / PROFILES[profile].heartbeat + 5)
      // the one that is under way, and the one that it gets
      expect(Math.max(...waits)).to.be.at.most(4 * delay + 4)
      expect(left).to.be.at.most(perMs * (4 * delay + 4))
    })
  }
  it('whose round is lost are answered by the next heartbeat', () => {
    const { world, leader } = group('default', 2)
    let lost = 0
    world.lose = (_, __, { type }) => type === 'heartbeat' && lost++ < 2
    const { waits, left } = read(world, leader, 1, 300)
    expect([waits.filter(ms => ms > 8).length > 50, Math.max(...waits) <= 108]).to.deep.equal([true, true])
    expect(left).to.be.below(9)
  })

  it('that wait for a write begin no round after the first', () => {
    const { world, leader } = group('default', 2)
    world.lose = (_, __, { type }) => type === 'append'
    world.step(leader, { type: 'propose', id: 1_000, writes: [{ key: 'x', value: Uint8Array.of(1) }] })
    world.step(leader, { type: 'read', id: 1_001, key: 'x' })
    const { heartbeats } = read(world, leader, 0, 1_000)
    expect(heartbeats).to.be.within(9, 12)
    world.lose = () => false
    world.run(1_500)
    expect(world.nodes.get(leader)!.out.filter(output => output.type === 'value').map(({ id, entry }) => [id, entry?.value])).to.deep.equal([[1_001, Uint8Array.of(1)]])
  })

  it('are answered at once by the only voter', () => {
    const world = new World()
    world.add('A', { lease: 'off' })
    expect(world.until(4_000, () => world.leaders().length === 1)).to.be.below(4_000)
    world.run(100)
    const node = world.nodes.get('A')!
    node.out.length = 0
    for (const id of [1, 2]) world.step('A', { type: 'read', id, key: 'x' })
    expect(node.out.flatMap(output => output.type === 'value' ? [output.id] : [])).to.deep.equal([1, 2])
  })
})
