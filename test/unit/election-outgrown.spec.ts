import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { World } from './election-world.ts'
import { sealed } from '../harness/seals.ts'
import { MAX_LINEAGE } from '../../src/wire/limits.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, Durable, ElectionCore, ElectionInput, ElectionOutput, SignedConfig } from '../../src/election/types.core.ts'

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

describe('election core: the line of signed configs', () => {
  const incarnation = '0'.repeat(32)
  const time = { now: 0, wall: 1_700_000_000_000 }
  const seats = (...ids: string[]): Config['voters'] => ids.map(id => ({ id, incarnation }))
  const config = (version: number, ...ids: string[]): Config => ({ group: 7, epoch: 7, kind: 'voters', term: 3, version, voters: seats(...ids), replaces: 0 })

  /** One that has stored this, and what it says. */
  function start (lineage: readonly SignedConfig[], last = config(99, 'A', 'B', 'C')): { core: ElectionCore, step: (input: Partial<ElectionInput>) => ElectionOutput[] } {
    const hard = { incarnation, config: last, founded: true, term: 3, vote: undefined, highestEpoch: 7, lineage }
    const durable: Durable = { hard, entries: [], synced: { epoch: 0, term: 0, index: 0 } }
    const core = createElection({ self: 'A', service: 'login', random: () => 0.5, time, durable })
    const step = (input: Partial<ElectionInput>): ElectionOutput[] => core.step({ ...time, ...input } as ElectionInput)
    for (const peer of ['B', 'X']) step({ type: 'connected', peer })
    return { core, step }
  }

  function saved (outputs: readonly ElectionOutput[]): readonly SignedConfig[] | undefined {
    return outputs.flatMap(output => output.type === 'save' && output.hard !== undefined ? [output.hard.lineage] : []).at(-1)
  }

  function shown (outputs: readonly ElectionOutput[]): Array<readonly SignedConfig[]> {
    return outputs.flatMap(output => output.type === 'send' && output.message.type === 'lineage' ? [output.message.configs] : [])
  }

  it('survives a start, and is shown to whoever asks, now and then', () => {
    const lineage = [sealed('A', config(9, 'A', 'B'))]
    const { step } = start(lineage)
    const asks: Partial<ElectionInput> = { type: 'message', from: 'X', message: { type: 'lineage', group: 7, epoch: 7, term: 3, incarnation: '1'.repeat(32), configs: [] } }
    expect(shown(step(asks))).to.deep.equal([lineage])
    for (let i = 0; i < 100; i++) expect(shown(step(asks))).to.deep.equal([])
    expect(shown(step({ ...asks, now: 1_000, wall: time.wall + 1_000 }))).to.deep.equal([lineage])
  })

  it('is asked for of those only who tell of a newer config', () => {
    const { step } = start([])
    const common = { group: 7, epoch: 7, term: 3, incarnation: '1'.repeat(32), config: config(99, 'A', 'B', 'C'), founded: true }
    const hello: Message = { ...common, type: 'hello', leader: undefined, eligible: true, kind: 'voters', size: 3, highestEpoch: 7, ask: false }
    const told = (message: Message): number => shown(step({ type: 'message', from: 'X', message })).length
    expect(told(hello), 'as a learner that looks for the leader').to.equal(0)
    expect(told({ ...common, type: 'config' })).to.equal(0)
    expect(told({ ...hello, config: config(100, 'X') })).to.equal(1)
  })

  it('has one link for each leader that was admitted by the one before', () => {
    const { step } = start([])
    const [first, second, third, fourth] = [
      sealed('A', config(100, 'A', 'B', 'C')), sealed('A', config(101, 'A', 'C', 'D')), sealed('D', config(102, 'C', 'D', 'E')), sealed('E', config(103, 'D', 'E', 'F'))
    ]
    expect(saved(step({ type: 'signed', signed: first }))).to.deep.equal([first])
    expect(saved(step({ type: 'signed', signed: second })), 'of one leader').to.deep.equal([second])
    expect(saved(step({ type: 'signed', signed: third }))).to.deep.equal([second, third])
    expect(saved(step({ type: 'signed', signed: fourth }))).to.deep.equal([second, third, fourth])
    const again = sealed('D', config(104, 'D', 'F', 'G'))
    expect(saved(step({ type: 'signed', signed: again })), 'D, too, leads from the first to here').to.deep.equal([second, again])
    expect(saved(step({ type: 'signed', signed: third })), 'an older one').to.equal(undefined)
    expect(saved(step({ type: 'signed', signed: sealed('G', { ...config(105, 'G'), group: 8 }) })), 'of another group').to.equal(undefined)
  })

  it('keeps the link to those who hold a config without the seat of a later leader, which was taken out and came back', () => {
    const { step } = start([])
    const links = [
      sealed('A', config(100, 'A', 'B', 'C')), sealed('B', config(101, 'B', 'C', 'X')), sealed('B', config(102, 'B', 'X')),
      sealed('B', config(103, 'B', 'C', 'X')), sealed('C', config(104, 'C', 'X'))
    ]
    const line = links.map(signed => saved(step({ type: 'signed', signed }))).at(-1)
    expect(line).to.deep.equal(links.filter((_, i) => i !== 1))
    // X was away since B took C out, and meets C alone
    const late = createElection({
      self: 'X', service: 'login', random: () => 0.5, time,
      durable: { hard: { incarnation, config: config(102, 'B', 'X'), founded: true, term: 3, vote: undefined, highestEpoch: 7, lineage: [] }, entries: [], synced: { epoch: 0, term: 0, index: 0 } }
    })
    const common = { group: 7, epoch: 7, term: 3, incarnation }
    late.step({ ...time, type: 'connected', peer: 'C' })
    late.step({ ...time, type: 'message', from: 'C', message: { ...common, type: 'config', config: config(104, 'C', 'X'), founded: true } })
    const outputs = late.step({ ...time, type: 'message', from: 'C', message: { ...common, type: 'lineage', configs: line! } })
    expect(outputs.flatMap(output => output.type === 'verify' ? [output.signed] : [])).to.deep.equal([links[3]])
  })

  it('is not filled by one leader whose voters come and go', () => {
    const { step } = start([])
    const first = sealed('A', config(100, 'A', 'B', 'C', 'D'))
    let line = saved(step({ type: 'signed', signed: first }))
    const sets = [['A', 'B', 'C', 'D'], ['B', 'C', 'D'], ['B', 'D'], ['B', 'C', 'D'], ['B', 'C']]
    for (let i = 1; i < 200; i++) line = saved(step({ type: 'signed', signed: sealed('B', config(100 + i, ...sets[i % sets.length]!)) }))
    expect(line).to.have.length.within(2, MAX_LINEAGE)
    expect(line?.[0]).to.deep.equal(first)
  })

  it('is bounded: who was away for longer than that must be told by somebody it knows', () => {
    const { step } = start([])
    let line: readonly SignedConfig[] | undefined
    for (let i = 0; i < MAX_LINEAGE + 5; i++) line = saved(step({ type: 'signed', signed: sealed(`N${i}`, config(100 + i, `N${i}`, `N${i + 1}`)) }))
    expect(line).to.have.length(MAX_LINEAGE)
    expect(line?.at(-1)?.by).to.equal(`N${MAX_LINEAGE + 4}`)
  })

  /** What `from` tells, and what is stored of it. */
  function tells (step: (input: Partial<ElectionInput>) => ElectionOutput[]): (from: string, configs: readonly SignedConfig[], of?: string) => readonly SignedConfig[] | undefined {
    return (from, configs, of = incarnation) => saved(step({ type: 'message', from, message: { type: 'lineage', group: 7, epoch: 7, term: 3, incarnation: of, configs } }))
  }

  function beat (from: string): Partial<ElectionInput> {
    const message: Message = { type: 'heartbeat', group: 7, epoch: 7, term: 3, incarnation, round: 1, config: { term: 3, version: 99 }, floor: undefined, standby: true }
    return { type: 'message', from, message }
  }

  it('is taken from the leader only, when it is newer', () => {
    const { step } = start([sealed('A', config(9, 'A', 'B'))])
    const told = tells(step)
    const newer = [sealed('B', config(10, 'A', 'B'))]
    expect(told('X', newer)).to.equal(undefined)
    expect(told('B', newer), 'a voter').to.equal(undefined)
    step(beat('B'))
    expect(told('B', newer, '1'.repeat(32)), 'another life').to.equal(undefined)
    expect(told('B', [sealed('B', config(8, 'A', 'B'))])).to.equal(undefined)
    expect(told('B', [sealed('B', { ...config(10, 'A', 'B'), group: 8 })])).to.equal(undefined)
    expect(told('B', newer)).to.deep.equal(newer)
  })

  it('holds nothing that goes further than the leader\'s next config, whoever tells of it', () => {
    const { step } = start([sealed('A', config(9, 'A', 'B'))])
    const told = tells(step)
    step(beat('B'))
    const most = Number.MAX_SAFE_INTEGER
    for (const far of [{ term: most }, { term: 4 }, { version: most }, { version: 101 }, { epoch: most }, { term: 2, version: most }]) {
      const lie = sealed('B', { ...config(100, 'A', 'B'), ...far })
      expect(told('B', [lie]), JSON.stringify(far)).to.equal(undefined)
      expect(told('B', [lie, sealed('B', config(98, 'A', 'B'))]), `${JSON.stringify(far)} before another one`).to.equal(undefined)
    }
    expect(told('B', [sealed('B', config(100, 'A', 'B'))]), 'of one that is to get a seat').to.have.length(1)
  })

  it('costs no save, however much a voter that does not lead tells of', () => {
    const { step } = start([sealed('A', config(9, 'A', 'B'))])
    const told = tells(step)
    for (let i = 0; i < 1_000; i++) expect(told('B', [sealed('B', config(10 + i, 'A', 'B'))])).to.equal(undefined)
  })

  it('ends with what a leader has just written, whatever it was told before', () => {
    const first = sealed('B', config(9, 'A', 'B'))
    const { step } = start([first, sealed('Z', { ...config(1, 'Z'), term: Number.MAX_SAFE_INTEGER })])
    const own = sealed('A', config(99, 'A', 'B', 'C'))
    expect(saved(step({ type: 'signed', signed: own }))).to.deep.equal([first, own])
  })
})
