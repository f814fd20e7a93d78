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

describe('election core: an epoch that was yielded', () => {
  for (const [how, dies] of [['its leader dies before it raised its own', true], ['only a follower heard of it', false]] as const) {
    it(`is below the tokens of the group that stays, though ${how}`, () => {
      const world = new World()
      for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
      world.run(5_000)
      world.add('D')
      world.split(ABC, ['D'])
      world.run(4_000)
      const { epoch } = world.status('D')
      const leader = world.leaders().find(id => id !== 'D')!
      const follower = ABC.find(id => id !== leader)!
      if (dies) {
        world.split([...ABC, 'D'])
        world.run(300)
        world.kill(leader)
      } else {
        world.link(follower, 'D', true)
        world.run(3_000)
        for (const id of ABC) world.link(id, 'D', true)
      }
      world.run(20_000)
      expect(world.status(world.leader()).epoch).to.be.above(epoch)
      const { term } = world.status(world.leader())
      world.run(20_000)
      expect(world.status(world.leader()).term, 'once').to.equal(term)
    })
  }

  it('is not raised again and again by somebody who tells of higher ones', () => {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
    world.run(5_000)
    const { config, term } = world.status(world.leader())
    for (let i = 1; i <= 120; i++) {
      world.tell('X', ABC, {
        type: 'hello', group: 0, epoch: 0, term: 0, incarnation: GHOST, config: undefined, founded: false, leader: undefined, eligible: true, kind: 'default', size: 1,
        highestEpoch: config!.epoch + i * 1_000_000, ask: false
      })
      world.run(1_000)
    }
    expect(world.leaders()).to.have.length(1)
    expect(world.status('A').term - term).to.be.below(10)
  })

  it('of a group that was founded under a clock far ahead is a conflict that an operator is told of, and costs nothing else', () => {
    const world = new World()
    world.add('X', { voters: ['X'] }, 2 * 86_400_000)
    world.run(5_000)
    for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
    world.run(15_000)
    const { epoch } = world.status('A')
    expect(world.leaders()).to.have.length(2)
    const told = (id: string): string[] => world.nodes.get(id)!.out.flatMap(output => output.type === 'problem' ? [`${output.problem}: ${output.message}`] : [])
    for (const id of ABC) expect(told(id).join('\n')).to.match(/group-conflict: X .*clock.*without what they have stored/)
    expect(ABC.map(id => world.status(id).epoch)).to.deep.equal([epoch, epoch, epoch])
    // a stranger without a group is none
    world.tell('Y', ['A'], {
      type: 'hello', group: 0, epoch: 0, term: 0, incarnation: GHOST, config: undefined, founded: false, leader: undefined, eligible: true, kind: 'default', size: 1,
      highestEpoch: Number.MAX_SAFE_INTEGER, ask: false
    })
    expect(told('A').at(-1)).to.match(/^term-jump: Y/)
  })

  it('is saved once a second at most, however many higher ones somebody tells of', () => {
    const world = new World()
    for (const id of ABC) world.add(id, { voters: ABC, targetVoters: 0 })
    world.run(5_000)
    const follower = ABC.find(id => id !== world.leader())!
    const { core } = world.nodes.get(follower)!
    const { epoch } = world.status(follower)
    const saved: number[] = []
    const step = core.step.bind(core)
    core.step = input => {
      const outputs = step(input)
      for (const output of outputs) if (output.type === 'save' && output.hard !== undefined) saved.push(output.hard.highestEpoch)
      return outputs
    }
    for (let ms = 1; ms <= 1_000; ms++) {
      world.tell('X', [follower], {
        type: 'hello', group: 0, epoch: 0, term: 0, incarnation: GHOST, config: undefined, founded: false, leader: undefined, eligible: true, kind: 'default', size: 1,
        highestEpoch: epoch + 2 * ms - 1, ask: false
      })
      world.step(follower, { type: 'group', view: { group: 7, epoch: epoch + 2 * ms, kind: 'default', term: 1, leader: undefined, voters: ['X'] } })
      world.run(1)
    }
    expect(saved.length).to.be.within(1, 3)
    // none of it is forgotten
    world.run(1_500)
    expect(saved.at(-1)).to.be.at.least(epoch + 2_000)
    // beside the saves of the change of epoch itself: its config, its signature, a term, a vote
    expect(new Set(saved).size).to.be.within(2, 4)
    expect(saved.length).to.be.at.most(7)
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

  for (const how of ['vote', 'config', 'recover', 'recovered']) {
    it(`a ${how} does not hand the group to somebody without a seat`, () => {
      const { world, leader, config, token } = healthy()
      const voters = [{ id: 'X', incarnation: GHOST }]
      const common = { group: config.group, epoch: config.epoch, term: 3, incarnation: GHOST }
      const recovered: Config = { ...config, group: config.group + 5, epoch: config.group + 5, kind: 'recover', term: 0, version: 1, replaces: config.group }
      for (const voter of config.voters) {
        world.tell('X', [voter.id], how === 'vote'
          ? { ...common, type: 'vote', transfer: true, config: { ...config, term: 2, version: 9, voters } }
          : how === 'config'
            ? { ...common, type: 'config', founded: true, config: { ...config, term: 900, voters } }
            : how === 'recover'
              ? { ...common, type: 'propose', size: 2, firm: true, config: { ...recovered, voters: [...voters, voter] } }
              : hello({ ...recovered, voters }, GHOST))
      }
      world.run(20_000)
      expect(world.leader()).to.equal(leader)
      // an epoch that was told of is raised above, in a term of its own
      if (how !== 'recovered') expect(`${world.status(leader).epoch} ${world.status(leader).term}`).to.equal(token)
      for (const id of ABC) expect(world.status(id)).to.deep.include({ leader, voters: ABC })
    })
  }

  for (const how of ['config', 'hello']) {
    it(`a learner whom nobody leads is not made leader by a ${how} of a stranger, and finds back`, () => {
      const { world, leader, config } = healthy()
      let incarnation = ''
      world.lose = (from, _to, message) => {
        if (from === 'D') incarnation = message.incarnation
        return false
      }
      world.add('D', { voters: ABC, targetVoters: 0 })
      world.run(3_000)
      expect(world.status('D')).to.include({ leader, voting: false })
      world.split(ABC, ['D'])
      world.run(12_000)
      for (let i = 0; i < 30; i++) {
        for (const voters of [[{ id: 'D', incarnation }], [{ id: 'X', incarnation: GHOST }]]) {
          const forged = { ...config, version: 1_000 + i, voters }
          world.tell('X', ['D'], how === 'hello'
            ? { ...hello(forged, GHOST), leader: 'X' } as Message
            : { type: 'config', group: config.group, epoch: config.epoch, term: 1, incarnation: GHOST, founded: true, config: forged })
          world.run(1_000)
          expect(world.status('D').state).to.not.equal('leader')
        }
      }
      world.split([...ABC, 'D'])
      world.run(30_000)
      expect(world.leader()).to.equal(leader)
      expect(world.status('D')).to.deep.include({ leader, voters: ABC, state: 'observer' })
    })
  }

  it('a learner of a group that nobody leads goes over to one that somebody leads', () => {
    const { world, leader } = healthy()
    world.add('D')
    world.split(ABC, ['D'])
    const group = { group: 7, epoch: 7, kind: 'voters' as const, term: 0, version: 1, voters: [{ id: 'X', incarnation: GHOST }], replaces: 0 }
    world.tell('X', ['D'], { ...hello(group, GHOST), leader: 'X' } as Message)
    expect(world.status('D').group).to.equal(7)
    world.step('D', { type: 'closed', peer: 'X' })
    world.run(1_000)
    world.split([...ABC, 'D'])
    world.run(30_000)
    expect(world.status('D')).to.deep.include({ leader })
  })

  it('a term or version of a config that uses the numbers up is refused, even from a member', () => {
    const { world, leader, config } = healthy()
    const from = ABC.find(id => id !== leader)!
    const { incarnation } = config.voters.find(({ id }) => id === from)!
    for (const far of [{ term: 2 ** 53 - 1 }, { version: 2 ** 53 - 1 }]) {
      world.tell(from, ABC.filter(id => id !== from), { type: 'config', group: config.group, epoch: config.epoch, term: 1, incarnation, founded: true, config: { ...config, ...far } })
    }
    world.run(3_000)
    expect(world.leader()).to.equal(leader)
  })

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

  it('is not brought over and over to one that says it is ahead of its leader', () => {
    const world = new World()
    for (const id of ['A', 'B', 'C']) world.add(id, { voters: ['A', 'B', 'C'] })
    world.run(4_000)
    const leader = world.leader()
    world.step(leader, { type: 'propose', id: 1, writes: [{ key: 'k', value: new Uint8Array(1) }] })
    world.run(100)
    const liar = ['A', 'B', 'C'].find(id => id !== leader) as string
    let sent = 0
    world.lose = (from, to, message) => {
      if (to === liar && message.type === 'append') sent++
      if (from !== liar || !(message.type === 'append-response' || message.type === 'heartbeat-response')) return false
      world.step(leader, { type: 'message', from, message: { ...message, synced: { ...message.synced, index: message.synced.index + 100 } } })
      return true
    }
    world.run(1_000)
    // heartbeats are answered ten times
    expect(sent).to.be.at.most(10)
    world.lose = () => false
    world.step(leader, { type: 'propose', id: 2, writes: [{ key: 'k', value: new Uint8Array(2) }] })
    world.run(200)
    expect(world.nodes.get(liar)!.core.entry('k')?.value, 'who says the truth again').to.deep.equal(new Uint8Array(2))
  })
})

describe('election core: sets that were not founded, and recoveries', () => {
  const ABCDE = [...ABC, 'D', 'E']
  const founded = (world: World): string | undefined => [...world.nodes.values()].find(({ out }) => out.some(output => output.type === 'group' && output.what === 'founded'))?.id

  it('a pledged member founds nothing with others, for its set may live', () => {
    const world = new World()
    for (const id of ABC) world.add(id, { expect: 3 })
    while (founded(world) === undefined) world.run(1)
    const lone = ABC.find(id => id !== founded(world))!
    const rest = ABC.filter(id => id !== lone)
    world.split(rest, [lone])
    world.run(2_000)
    for (const id of ['D', 'E']) world.add(id, { expect: 3 })
    world.split(rest, [lone, 'D', 'E'])
    world.run(40_000)
    expect(world.leaders()).to.have.length(1)
    world.split(ABCDE)
    world.run(20_000)
    expect(new Set(ABCDE.map(id => world.status(id).leader)).size).to.equal(1)
  })

  it('a member whose founder died goes on with a majority of its set', () => {
    const world = new World()
    world.lose = (_from, _to, { type }) => type === 'pledge'
    for (const id of ABC) world.add(id, { expect: 3 })
    world.run(2_000)
    const pledged = ABC.filter(id => world.status(id).group > 0)
    expect(pledged).to.have.length(3)
    world.kill('A')
    world.lose = () => false
    world.add('D', { expect: 3 })
    world.link('A', 'D', false)
    world.run(60_000)
    expect(['B', 'C', 'D']).to.include(world.leader())
  })

  it('a recovery of a group that has a leader is refused, and changes nothing', () => {
    const world = new World()
    for (const id of ABCDE) world.add(id, { voters: ABCDE, targetVoters: 0 })
    world.run(6_000)
    const leader = world.leader()
    const { group, term } = world.status(leader)
    world.step('A', { type: 'recover', id: 1, voters: ABC })
    world.run(20_000)
    expect(world.nodes.get('A')!.out.find(({ type }) => type === 'recovered')).to.include({ ok: false })
    expect(world.leader()).to.equal(leader)
    for (const id of ABCDE) expect(world.status(id)).to.include({ group, term })
  })

  it('a recovery that one does not answer leaves all as they were', () => {
    const world = new World()
    for (const id of ABCDE) world.add(id, { voters: ABCDE, targetVoters: 0 })
    world.run(6_000)
    const { group } = world.status('A')
    world.kill('D')
    world.kill('E')
    world.kill('C')
    world.run(2_000)
    world.add('C', { voters: ABCDE, targetVoters: 0 })
    world.lose = (from, _to, { type }) => from === 'C' && type === 'pledge'
    world.step('A', { type: 'recover', id: 1, voters: ABC })
    world.run(12_000)
    expect(world.nodes.get('A')!.out.find(({ type }) => type === 'recovered')).to.include({ ok: false })
    expect([world.status('A').group, world.status('B').group]).to.deep.equal([group, group])
  })

  it('a recovery whose pledges were lost is founded when they come, whoever asks for them', () => {
    const world = new World()
    for (const id of ABCDE) world.add(id, { voters: ABCDE, targetVoters: 0 })
    world.run(6_000)
    const { group } = world.status('A')
    for (const id of ['C', 'D', 'E']) world.kill(id)
    world.run(3_000)
    world.lose = (_from, _to, message) => message.type === 'pledge' && message.firm
    world.step('A', { type: 'recover', id: 1, voters: ['A', 'B'] })
    world.run(16_000)
    expect(world.nodes.get('A')!.out.find(({ type }) => type === 'recovered')).to.include({ ok: false })
    world.lose = () => false
    world.run(20_000)
    expect(world.status(world.leader())).to.deep.include({ voters: ['A', 'B'] })
    expect(world.status('A').group).to.be.above(group)
  })
})

describe('election core: other profiles', () => {
  for (const [what, other] of [['a shorter timeout', { profile: { heartbeat: 50, timeout: 200 } }], ['no leases', { lease: 'off' }]] as const) {
    it(`a voter with ${what} is not counted for a lease`, () => {
      const world = new World()
      world.add('A', { voters: ABC, targetVoters: 0 })
      for (const id of ['B', 'C']) world.add(id, { voters: ABC, targetVoters: 0, ...other })
      for (let i = 0; i < 1_000; i++) {
        world.run(10)
        expect(world.status('A').leaseLeft).to.equal(0)
      }
      expect([...world.nodes.values()].some(({ out }) => out.some(output => output.type === 'problem' && output.problem === 'voters-conflict'))).to.equal(true)
    })
  }
})
