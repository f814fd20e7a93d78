import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { Erased } from '../../src/election/erased.core.ts'
import { MemberRegister } from '../../src/election/register.ts'
import { inParts, sizeOf, Table } from '../../src/election/table.core.ts'
import { encodeElection } from '../../src/wire/election-codec.ts'
import { MAX_ELECTION_FRAME, MAX_ERASED, MAX_REGISTER_BATCH, MAX_REGISTER_BYTES, MAX_REGISTER_ENTRIES, MAX_REGISTER_VALUE, MAX_REGISTER_WRITES, MAX_TEXT, REMEMBERED_FOR } from '../../src/wire/limits.ts'
import { Bench } from './election-bench.ts'
import type { ElectionCore, ElectionInput, ElectionOutput, Write } from '../../src/election/types.core.ts'

const write = (key: string, bytes = 1): Write => ({ key, value: new Uint8Array(bytes) })
const many = (count: number, bytes = 1): Write[] => Array.from({ length: count }, (_, i) => write(`key ${i}`, bytes))

/** Each breaks one limit. */
const bad: unknown[] = [
  undefined, 'text', [], many(MAX_REGISTER_WRITES + 1), many(MAX_REGISTER_BATCH / MAX_REGISTER_VALUE, MAX_REGISTER_VALUE),
  [write('')], [write('x'.repeat(MAX_TEXT + 1))], [write('\ud800')], [{ key: 5, value: undefined }],
  [write('k', MAX_REGISTER_VALUE + 1)], [{ key: 'k', value: 'text' }], [{ key: 'k', value: null }]
]

/** One voter that leads, and what it says to an order. */
function lone (): { step: (order: Omit<Extract<ElectionInput, { type: 'propose' }>, 'now' | 'wall'>) => ElectionOutput[], rest: (ms: number) => void } {
  let now = 1_000
  const core: ElectionCore = createElection({ self: 'a', service: 'login', voters: ['a'], random: () => 0.5, durable: undefined, time: { now, wall: 1_700_000_000_000 } })
  const step = (input: object): ElectionOutput[] => {
    const outputs = core.step({ ...input, now, wall: 1_700_000_000_000 + now } as ElectionInput)
    const save = outputs.findLast(({ type }) => type === 'save')
    return save === undefined ? outputs : [...outputs, ...step({ type: 'saved', id: (save as { id: number }).id })]
  }
  for (; core.status({ now, wall: now }).state !== 'leader'; now += 10) step({ type: 'tick' })
  const rest = (ms: number): void => {
    for (const end = now + ms; now < end; now += 10) step({ type: 'tick' })
  }
  return { step, rest }
}

const answer = (outputs: readonly ElectionOutput[]): string => outputs.map(output => output.type === 'refused' ? output.why : output.type).filter(what => what !== 'save').join()

describe('election: register', () => {
  it('refuses by name what no register takes, before anything is done', async () => {
    const register = new MemberRegister(() => undefined)
    for (const writes of bad) {
      const refusal = await register.write(writes as Write[]).catch((err: Error) => err.name)
      expect(refusal, JSON.stringify(writes)?.slice(0, 60)).to.equal('InvalidOptionsError')
    }
    expect(await register.read('').catch((err: Error) => err.name)).to.equal('InvalidOptionsError')
    expect(await register.read('k').catch((err: Error) => err.name)).to.equal('RegisterError')
  })

  it('takes none of it in the core either, and goes on', () => {
    const { step } = lone()
    for (const writes of bad) expect(answer(step({ type: 'propose', id: 1, writes: writes as Write[] }))).to.equal('full')
    expect(answer(step({ type: 'propose', id: 2, writes: many(MAX_REGISTER_WRITES) }))).to.equal('committed')
    expect(answer(step({ type: 'propose', id: 3, writes: [write('k'.repeat(MAX_TEXT), MAX_REGISTER_VALUE)] }))).to.equal('committed')
  })

  it('is full at its number of keys, changes and deletes them then, and has room afterwards', () => {
    const { step, rest } = lone()
    const named = (i: number, value: Uint8Array | undefined): Write[] => Array.from({ length: MAX_REGISTER_WRITES }, (_, n) => ({ key: `${i} ${n}`, value }))
    const last = MAX_REGISTER_ENTRIES / MAX_REGISTER_WRITES
    for (let i = 0; i < last; i++) expect(answer(step({ type: 'propose', id: i, writes: named(i, new Uint8Array(1)) }))).to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_000, writes: [write('one more')] }))).to.equal('full')
    expect(answer(step({ type: 'propose', id: 8_001, writes: named(0, new Uint8Array(2)) }))).to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_002, writes: named(0, undefined) }))).to.equal('committed')
    rest(1_000)
    expect(answer(step({ type: 'propose', id: 8_003, writes: named(last, new Uint8Array(1)) }))).to.equal('committed')
  })

  it('is full at its bytes, takes deletions then, and has room afterwards', () => {
    const { step } = lone()
    const writes = Array.from({ length: 8 }, (_, i) => write(`${i}`, MAX_REGISTER_VALUE))
    const named = (i: number): Write[] => writes.map(({ key, value }) => ({ key: `${i} ${key}`, value }))
    const last = MAX_REGISTER_BYTES / MAX_REGISTER_VALUE / 8 - 1
    for (let i = 0; i < last; i++) expect(answer(step({ type: 'propose', id: i, writes: named(i) }))).to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_000, writes: named(last) }))).to.equal('full')
    expect(answer(step({ type: 'propose', id: 8_003, writes: named(0) })), 'what takes the place of as much').to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_004, writes: [...named(0).slice(4), ...named(0).slice(4)] })), 'twice').to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_005, writes: [{ key: '0 0', value: new Uint8Array(1) }, ...named(last)] })), 'more than it makes room for').to.equal('full')
    expect(answer(step({ type: 'propose', id: 8_001, writes: named(0).map(({ key }) => ({ key, value: undefined })) }))).to.equal('committed')
    expect(answer(step({ type: 'propose', id: 8_002, writes: named(last) }))).to.equal('committed')
  })

  it('counts what it holds, and sends the longest keys in parts that fit into a frame', () => {
    const rank = { epoch: 1, term: 1, index: 1 }
    const entries = Array.from({ length: 2_000 }, (_, i) => ({ key: '\u20ac'.repeat(MAX_TEXT - 5) + String(10_000 + i), value: new Uint8Array(1), rank }))
    const table = new Table(entries)
    table.put({ key: entries[0]!.key, value: undefined, rank })
    for (const { key } of entries.slice(1)) table.drop(key)
    expect(table.bytes).to.equal(sizeOf({ key: entries[0]!.key, value: undefined }))
    const common = { group: 1, epoch: 1, term: 1, incarnation: 'ab'.repeat(16), type: 'append', from: rank, to: rank, reset: true, part: 0, last: false }
    for (const part of inParts(entries)) expect(encodeElection('login', { ...common, entries: part }).length).to.be.below(MAX_ELECTION_FRAME)
  })

  it('remembers for a while what was deleted, also at the next leader, and says so when it cannot know', () => {
    const bench = new Bench()
    const lines = (...texts: string[]): void => { for (const text of texts) bench.line(text) }
    lines('voters a b c', 'write L gone0 x', 'write L stays y', 'run 300', 'erase L gone 1', 'run 1000')
    for (const node of ['A', 'B', 'L']) lines(`expect deleted ${node} gone0 yes`, `expect deleted ${node} never no`, `expect deleted ${node} stays no`)
    lines('kill L', 'run 3000', 'mark', 'expect deleted L gone0 yes', 'expect deleted L never no')
    // one that was started again has not seen what went meanwhile
    const [killed] = [...bench.nodes].find(([, { up }]) => !up) ?? []
    lines(`start ${killed}`, 'run 1000', `expect deleted ${killed} never yes`, 'expect deleted L never no')
    lines('run 31000', 'expect deleted L gone0 no', `expect deleted ${killed} never no`, 'read L gone0', 'run 20', 'expect heard L value=')
  })

  it('cannot tell what was deleted before a voter was started for a while from then on, whenever that is asked', () => {
    const bench = new Bench()
    const lines = (...texts: string[]): void => { for (const text of texts) bench.line(text) }
    lines('voters a b c', 'write L gone0 x', 'write L stays y', 'run 300', 'erase L gone 1', 'run 1000', 'kill A', 'run 300')
    // the second one has been there for long when it is asked for the first time
    lines('start A', 'run 14000', 'expect deleted A never yes', 'kill A', 'run 300', 'start A', 'run 31000')
    lines('expect deleted A never no', 'expect deleted A stays no')
  })

  it('remembers so many that were deleted, and of more that there were some, for their time', () => {
    const erased = new Erased(false, 0)
    for (let i = 0; i < MAX_ERASED; i++) erased.add(`k${i}`, 0)
    expect([erased.has('k7', 0), erased.has('other', 0)]).to.deep.equal([true, false])
    erased.add('one more', REMEMBERED_FOR - 1)
    expect([erased.has('k7', REMEMBERED_FOR - 1), erased.has('other', REMEMBERED_FOR - 1)]).to.deep.equal([true, true])
    // each turn forgets what was before the last
    for (const [at, all] of [[REMEMBERED_FOR, true], [2 * REMEMBERED_FOR - 1, true], [2 * REMEMBERED_FOR, false]] as const) expect(erased.has('other', at), `${at}`).to.equal(all)
    erased.add('late', 9 * REMEMBERED_FOR)
    expect([erased.has('late', 10 * REMEMBERED_FOR - 1), erased.has('late', 10 * REMEMBERED_FOR), erased.has('late', 20 * REMEMBERED_FOR)]).to.deep.equal([true, true, false])
    erased.addAll(50 * REMEMBERED_FOR)
    expect([erased.has('any', 51 * REMEMBERED_FOR), erased.has('any', 53 * REMEMBERED_FOR)]).to.deep.equal([true, false])
    const restarted = (): Erased => new Erased(true, 1e9)
    expect([0, REMEMBERED_FOR, 2 * REMEMBERED_FOR].map(passed => restarted().has('any', 1e9 + passed))).to.deep.equal([true, true, false])
  })

  it('is read in parts by a leader that lacks most of it', function () {
    this.timeout(20_000)
    const bench = new Bench()
    const lines = (...texts: string[]): void => { for (const text of texts) bench.line(text) }
    lines('voters a b c', 'cut B', 'run 10')
    for (let i = 0; i < 30; i++) lines(`write L k${i} ${'x'.repeat(60_000)}`, 'run 5')
    // who slept and has a slow clock waits longer: the one without the table is the next to lead
    lines('run 100', 'rate A 0.1', 'sleep A', 'kill L', 'heal B', 'run 1000', 'wake A', 'run 8000', 'rate A 1', 'run 2000', 'expect leader B')
    for (const i of [0, 29]) lines(`read B k${i}`, 'run 20', `expect heard B value=${'x'.repeat(60_000)}`)
  })

  it('does not fill with deletion marks while a voter is away, and no leader that lacks them brings back what they deleted', function () {
    this.timeout(60_000)
    const bench = new Bench()
    const lines = (...texts: string[]): void => { for (const text of texts) bench.line(text) }
    lines('voters a b c', 'write L stays x', 'write L goes y', 'run 300', 'cut B', 'erase L goes 1', 'write L goes', 'erase L goe 1')
    for (let i = 0; i < MAX_REGISTER_ENTRIES / MAX_REGISTER_WRITES + 10; i++) lines(`erase L ${i}- ${MAX_REGISTER_WRITES}`, 'run 60')
    lines('write L new z', 'run 100', 'expect unheard L refused', 'expect heard L committed')
    // as above
    lines('rate A 0.1', 'sleep A', 'kill L', 'heal B', 'run 1000', 'wake A', 'run 8000', 'rate A 1', 'run 2000', 'expect leader B')
    lines('read B goes', 'run 20', 'expect heard B value=')
    for (const [key, value] of [['stays', 'x'], ['new', 'z']]) lines(`read B ${key}`, 'run 20', `expect heard B value=${value}`)
  })
})
