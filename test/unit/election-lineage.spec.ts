import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { World } from './election-world.ts'
import { sealed } from '../harness/seals.ts'
import { MAX_LINEAGE } from '../../src/wire/limits.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Config, Durable, ElectionCore, ElectionInput, ElectionOutput, SignedConfig } from '../../src/election/types.core.ts'

const IDS = ['A', 'B', 'C']

describe('election core: the line of signed configs', function () {
  this.timeout(30_000)

  const incarnation = '0'.repeat(32)
  const time = { now: 0, wall: 1_700_000_000_000 }
  const seats = (...ids: string[]): Config['voters'] => ids.map(id => ({ id, incarnation }))
  const config = (version: number, ...ids: string[]): Config => ({ group: 7, epoch: 7, kind: 'voters', term: 3, version, voters: seats(...ids), replaces: 0 })

  /** One that has stored this, and what it says. */
  function start (lineage: readonly SignedConfig[], last = config(99, 'A', 'B', 'C')): { core: ElectionCore, step: (input: Partial<ElectionInput>) => ElectionOutput[] } {
    const hard = { incarnation, config: last, founded: true, term: 3, vote: undefined, highestEpoch: 7, epochAhead: 0, lineage }
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
      durable: { hard: { incarnation, config: config(102, 'B', 'X'), founded: true, term: 3, vote: undefined, highestEpoch: 7, epochAhead: 0, lineage: [] }, entries: [], synced: { epoch: 0, term: 0, index: 0 } }
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
    expect(told('B', newer)).to.deep.equal([sealed('A', config(9, 'A', 'B')), ...newer])
  })

  it('is told again, and loses no link, when it was lost on its way to the next leader', () => {
    const world = new World()
    for (const id of IDS) world.add(id, { voters: IDS })
    world.run(4_000)
    const first = world.leader()
    const lines = new Map<string, readonly SignedConfig[]>()
    for (const { id, core } of world.nodes.values()) {
      const step = core.step.bind(core)
      core.step = input => {
        const outputs = step(input)
        const line = saved(outputs)
        if (line !== undefined) lines.set(id, line)
        return outputs
      }
    }
    const [next = '', gone = ''] = IDS.filter(id => id !== first)
    let lost = 0
    world.lose = (_, to, { type }) => type === 'lineage' && to === next && ++lost > 0
    world.add('D', { voters: IDS })
    world.kill(gone)
    expect(world.until(80_000, () => lines.get(first)?.length === 1 && lost > 0 && world.status(first).voters.includes('D'))).to.be.below(80_000)
    world.run(2_000)
    expect(lines.get(next) ?? []).to.deep.equal([])
    world.lose = () => false
    world.link(first, next, false)
    world.link(first, next, true)
    world.run(500)
    expect(lines.get(next)).to.deep.equal(lines.get(first))
  })

  it('keeps the links that the leader lacks', () => {
    const { step } = start([])
    const told = tells(step)
    const old = sealed('D', config(50, 'A', 'B', 'D'))
    const second = sealed('C', config(98, 'A', 'B', 'C'))
    const own = sealed('B', config(99, 'A', 'B', 'C'))
    step({ type: 'signed', signed: old })
    step({ type: 'signed', signed: second })
    step(beat('B'))
    expect(told('B', [own])).to.deep.equal([old, own])
    expect(told('B', [own])).to.equal(undefined)
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
    const early = sealed('B', config(100, 'A', 'B'))
    expect(told('B', [early])?.at(-1), 'of one that is to get a seat').to.equal(early)
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
