import { expect } from 'chai'
import { createElection } from '../../src/election/election.core.ts'
import { MemberRegister } from '../../src/election/register.ts'
import { OwnTime } from '../harness/own-time.ts'
import { startAlone } from './election-alone.ts'
import { PartDisk } from '../harness/part-disk.ts'
import type { RegisterError } from '../../src/errors.ts'
import type { ElectionInput, ElectionOutput } from '../../src/election/types.core.ts'
import type { Member } from '../../src/election/member.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

describe('election: a store that cannot be written', () => {
  let time: OwnTime
  let member: Member
  let told: string[]

  function start (disk: PartDisk): void {
    told = []
    member = startAlone({ ...disk.open(), durable: true }, told)
  }

  beforeEach(() => {
    time = new OwnTime()
  })

  afterEach(() => {
    member.stop()
    time.restore()
  })

  const write = async (): Promise<string | undefined> =>
    (await time.settled(member.ask({ type: 'propose', id: 1, writes: [{ key: 'k', value: new Uint8Array(1) }] }, ['committed', 'refused'], 5_000)))?.type

  it('a write that a disk holds up is under way for as long as this node leads, however long that is; one of a node that leads no more is lost', async () => {
    const disk = new PartDisk()
    const held = Promise.withResolvers<undefined>()
    let holds = false
    disk.before = async part => { if (holds && part === 'log') await held.promise }
    start(disk)
    const register = new MemberRegister(() => member)
    await time.until(() => member.ready)
    holds = true
    const settled: unknown[] = []
    const writes = [1, 2].map(async n => register.write([{ key: `k${n}`, value: Uint8Array.of(n) }]).then(ranks => settled.push(ranks.length), (err: RegisterError) => settled.push(err.why)))
    // the first is being stored, the second waits for it
    await time.pass(12_000)
    expect([settled, member.ready]).to.deep.equal([[], true])
    held.resolve(undefined)
    await time.settled(Promise.all(writes))
    expect(settled).to.deep.equal([1, 1])
    disk.before = async () => new Promise(() => {})
    const last = register.write([{ key: 'k3', value: undefined }])
    setTimeout(() => { member.stop() }, 1_000)
    expect(await time.settled(last.catch((err: RegisterError) => [err.why, err.certain]))).to.deep.equal(['lost', false])
  })

  it('is tried again with what it needs only: a voter without a register votes though its log is broken for good', async () => {
    const disk = new PartDisk()
    let broken = true
    disk.before = async (part, change) => {
      if (broken) throw new Error('disk full')
      if (part === 'log' && change === 'append') throw new Error('the log is broken')
    }
    start(disk)
    await time.until(() => told.length > 0)
    expect(told[0]).to.match(/^storage-failed: .*does not vote.*disk full.*free or mend the disk/)
    expect(member.group.status()?.leader).to.equal(undefined)
    broken = false
    await time.until(() => member.ready)
    expect(member.fault).to.equal(undefined)
    // a register cannot be kept there
    expect(await write()).to.equal('refused')
    // it was told of a moment ago, and is not told again, but it is a fault all the same
    await time.until(() => member.fault !== undefined)
    expect(member.fault).to.have.property('name', 'ElectionStoreError')
    await time.until(() => told.at(-1)?.includes('the log is broken'))
  })

  it('only to make its log short again is told once, and is no fault: the voter goes on', async () => {
    const disk = new PartDisk()
    disk.before = async (_part, change) => { if (change === 'truncate') throw new Error('disk full') }
    start(disk)
    await time.until(() => member.ready)
    for (let i = 0; i < 1_500; i++) expect(await write()).to.equal('committed')
    expect(told).to.have.length(1)
    expect(told[0]).to.match(/^log-long: .*grows: disk full; free or mend the disk.*votes on/)
    expect([member.ready, member.fault]).to.deep.equal([true, undefined])
  })

  it('costs no leadership later: the first write to the register after a vote that could not be stored is taken', async () => {
    const disk = new PartDisk()
    let broken = true
    disk.before = async () => { if (broken) throw new Error('disk full') }
    start(disk)
    await time.until(() => told.length > 0)
    broken = false
    await time.until(() => member.ready)
    expect(await write()).to.equal('committed')
    expect(told).to.have.length(1)
  })

  it('the register is stored again as a whole when its log can be written', async () => {
    const disk = new PartDisk()
    let broken = false
    disk.before = async () => { if (broken) throw new Error('disk full') }
    start(disk)
    await time.until(() => member.ready)
    expect(await write()).to.equal('committed')
    broken = true
    expect(await write()).to.equal('refused')
    broken = false
    await time.until(() => member.ready)
    expect(await write()).to.equal('committed')
  })
})

describe('election core: a part of the register that could not be saved', () => {
  it('is not held for durable because something else is saved after it', () => {
    const time = { now: 0, wall: 1_700_000_000_000 }
    const core = createElection({ self: 'A', service: 'login', random: () => 0.5, time, durable: undefined, voters: ['A'] })
    const step = (input: Untimed<ElectionInput>): Array<Extract<ElectionOutput, { type: 'save' }>> => core.step({ ...input, ...time }).filter(output => output.type === 'save')
    const store = (saves: ReturnType<typeof step>): void => { for (const { id } of saves) store(step({ type: 'saved', id })) }
    for (; time.now < 5_000; time.now += 50, time.wall += 50) store(step({ type: 'tick' }))
    const { state, epoch, members } = core.status(time)
    expect(state).to.equal('leader')
    const before = members[0]!.synced
    const [part] = step({ type: 'propose', id: 1, writes: [{ key: 'k', value: Uint8Array.of(1) }] })
    expect(part?.register?.entries).to.have.length(1)
    step({ type: 'save-failed', id: part!.id, reason: 'the log is broken' })
    const seen = step({ type: 'group', view: { group: 7, epoch: epoch + 1, kind: 'default', term: 1, leader: undefined, voters: ['X'] } })
    expect(seen.map(({ register }) => register)).to.deep.equal([undefined])
    store(seen)
    expect(core.status(time).members[0]!.synced).to.deep.equal(before)
    expect(core.status(time).broken).to.equal(true)
    time.now += 1_000
    time.wall += 1_000
    store(step({ type: 'tick' }))
    expect(core.status(time).broken).to.equal(false)
    expect(core.status(time).members[0]!.synced!.index).to.be.above(before!.index)
  })
})
