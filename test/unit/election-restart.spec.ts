import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Member } from '../../src/election/member.ts'
import { PROFILES } from '../../src/election/election.core.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { decodeElection } from '../../src/wire/election-codec.ts'
import { OwnTime } from '../harness/own-time.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'

const ids = ['a', 'b', 'c']
const nodes = ids.map(id => ({ id, service: 'login', roles: ['voter'], state: 'up' }) as unknown as NodeInfo)
const discovery = { keep: () => {}, nodes: () => nodes, node: (id: string) => nodes.find(node => node.id === id) } as unknown as Discovery

describe('election: a core that fails over a message', () => {
  let time: OwnTime
  let members: Map<string, Member>
  let cut: string[]
  let told: string[]
  let states: Map<string, string>

  beforeEach(() => {
    time = new OwnTime()
    cut = []
    told = []
    states = new Map()
    members = new Map(ids.map(self => [self, new Member({
      discovery,
      connected: id => id !== self,
      bootstrapped: false,
      storage: memoryStorage(),
      send: (to, frame) => { queueMicrotask(() => { members.get(to)?.group.input({ type: 'message', from: self, message: decodeElection(frame).message as unknown as Message }) }) },
      onChange: ({ state }) => { states.set(self, state) },
      onProblem: ({ message }) => { told.push(message) },
      onGroup: () => {},
      onReady: () => {},
      onRestart: from => { cut.push(from) },
      log: defaultLogger().forComponent('test'),
      config: { self, service: 'login', profile: PROFILES.fast, expect: 3 }
    })]))
    for (const member of members.values()) member.start()
  })

  afterEach(() => {
    for (const member of members.values()) member.stop()
    time.restore()
  })

  const leader = async (): Promise<Member> => time.until(() => [...members.values()].find(({ ready }) => ready))
  const write = async (member: Member, key: string): Promise<string | undefined> =>
    (await time.settled(member.ask({ type: 'propose', id: 1, writes: [{ key, value: new Uint8Array(1) }] }, ['committed', 'refused'], 5_000)))?.type

  it('ends the lease, cuts the sender and begins again with what is stored', async () => {
    const first = await leader()
    expect(await write(first, 'k')).to.equal('committed')
    const { term, voters } = first.group.status() ?? {}
    const running = Promise.withResolvers<AbortSignal>()
    const task = first.group.tenures.run(async ({ signal }) => {
      running.resolve(signal)
      await new Promise(resolve => { signal.addEventListener('abort', resolve) })
    })
    task.catch(() => {})
    const signal = await time.settled(running.promise)
    const poison = { type: 'bye', get term (): number { throw new Error('as an unknown fault would') } } as unknown as Message
    first.group.input({ type: 'message', from: 'b', message: poison })
    expect(cut).to.deep.equal(['b'])
    expect(told.at(-1)).to.include('a message of b')
    expect(signal.aborted).to.equal(true)
    expect(first.ready).to.equal(false)
    const next = await leader()
    expect(await write(next, 'l')).to.equal('committed')
    expect(next.group.status()?.term).to.be.above(term as number)
    await time.until(() => first.group.status()?.voting === true && first.group.status()?.leader !== undefined)
    expect(first.group.status()?.voters).to.deep.equal(voters)
    await time.until(() => [...members.values()].every(({ group }) => ['k', 'l'].every(key => group.core?.entry(key) !== undefined)))
  })

  it('over anything but a message ends, is said to lead no more, and says what to do', async () => {
    const first = await leader()
    const running = Promise.withResolvers<AbortSignal>()
    first.group.tenures.run(async ({ signal }) => {
      running.resolve(signal)
      await new Promise(resolve => { signal.addEventListener('abort', resolve) })
    }).catch(() => {})
    const signal = await time.settled(running.promise)
    first.group.input({ type: 'transfer', id: 1, get to (): string { throw new Error('as an unknown fault would') } })
    expect(signal.aborted).to.equal(true)
    expect(first.ready).to.equal(false)
    expect(first.group.change).to.include({ state: 'wait', leader: undefined, token: undefined })
    expect(first.group.status()).to.equal(undefined)
    expect([...states.values()].filter(state => state === 'leader')).to.deep.equal([])
    expect(told.at(-1)).to.match(/has ended: .*as an unknown fault would.*restart this node/)
    const next = await leader()
    expect(next).not.to.equal(first)
    expect(cut).to.deep.equal([])
  })
})

describe('election: a store that cannot be read at the start', () => {
  let time: OwnTime
  let made: Member[]
  let told: string[]
  /** Called before a stable value is read. */
  let reading: (self: string) => Promise<void>

  beforeEach(() => {
    time = new OwnTime()
    made = []
    told = []
  })

  afterEach(() => {
    for (const member of made) member.stop()
    time.restore()
  })

  /** They hear each other; only `a` has a disk. */
  function start (...selves: string[]): Member[] {
    const there = nodes.filter(({ id }) => selves.includes(id))
    const { stable, log } = memoryStorage()
    const disk = {
      log,
      durable: true,
      stable: Object.assign(Object.create(stable) as typeof stable, {
        lost: new Set<string>(),
        get: async (name: string) => {
          await reading('a')
          return stable.get(name)
        },
        set: stable.set.bind(stable),
        delete: async () => { throw new Error('nothing is to be deleted') }
      })
    }
    made = selves.map(self => new Member({
      discovery: { keep: () => {}, nodes: () => there, node: (id: string) => there.find(node => node.id === id) } as unknown as Discovery,
      connected: id => id !== self && selves.includes(id),
      bootstrapped: false,
      storage: self === 'a' ? disk : memoryStorage(),
      send: (to, frame) => { queueMicrotask(() => { made[selves.indexOf(to)]?.group.input({ type: 'message', from: self, message: decodeElection(frame).message as unknown as Message }) }) },
      onChange: () => {},
      onProblem: ({ problem, message }) => { if (self === 'a') told.push(`${problem}: ${message}`) },
      onGroup: () => {},
      onReady: () => {},
      onRestart: () => {},
      log: defaultLogger().forComponent('test'),
      config: { self, service: 'login', profile: PROFILES.fast, expect: selves.length }
    }))
    for (const member of made) member.start()
    return made
  }

  const why = async (member: Member): Promise<string> => time.settled(member.recover(['a'], undefined).then(() => 'recovered', (err: Error) => `${err.name}: ${err.message}`))

  it('the node says so, does not vote, and takes part when it can be read', async () => {
    let broken = true
    reading = async () => { if (broken) throw new Error('EMFILE') }
    const [member] = start('a') as [Member]
    await time.until(() => told.length >= 2)
    expect(told[0]).to.match(/^storage-failed: cannot read .*EMFILE/)
    expect(member.group.status()).to.equal(undefined)
    broken = false
    await time.until(() => member.ready)
    expect(told.every(text => text.startsWith('storage-failed')), String(told)).to.equal(true)
  })

  it('keeps no message meanwhile, and carries out no order later', async () => {
    let broken = true
    reading = async () => { if (broken) throw new Error('EMFILE') }
    const [member] = start('a') as [Member]
    await time.until(() => told.length >= 1)
    let heard = 0
    const message = { get type (): string { heard++; return 'yield' } } as unknown as Message
    for (let i = 0; i < 10_000; i++) member.group.input({ type: 'message', from: 'b', message })
    const write = await time.settled(member.ask({ type: 'propose', id: 1, writes: [{ key: 'k', value: new Uint8Array(1) }] }, ['refused'], 1_000))
    expect(write).to.include({ why: 'not-leader', certain: true })
    expect(await why(member)).to.match(/^VotersError: no new group: cannot read the election's state/)
    broken = false
    await time.until(() => member.ready)
    expect(member.group.status()?.kind).to.equal('default')
    expect(heard).to.equal(0)
  })

  it('an order that nobody waits for any more is not carried out', async () => {
    const hangs = Promise.withResolvers<undefined>()
    reading = async () => { await hangs.promise }
    const [member] = start('a') as [Member]
    expect(await time.settled(member.ask({ type: 'recover', id: 1, voters: ['a'] }, ['recovered'], 50))).to.equal(undefined)
    const kept = member.ask({ type: 'propose', id: 2, writes: [] }, ['refused'], 1_000)
    expect(await time.settled(kept)).to.include({ why: 'not-leader' })
    hangs.resolve(undefined)
    await time.until(() => member.ready)
    expect(member.group.status()?.kind).to.equal('default')
  })

  it('an order to recover that comes before it is read is carried out', async () => {
    reading = async () => {}
    const [member] = start('a') as [Member]
    expect(await why(member)).to.equal('recovered')
  })

  it('it is told who is there when it can be read, and takes part with them', async () => {
    let broken = true
    reading = async () => { if (broken) throw new Error('EMFILE') }
    const [a, b] = start('a', 'b') as [Member, Member]
    await time.until(() => told.length >= 2)
    expect(b.group.status()?.leader).to.equal(undefined)
    broken = false
    await time.until(() => a.group.status()?.leader !== undefined && a.group.status()?.leader === b.group.status()?.leader)
    expect(a.group.status()?.voters).to.deep.equal(['a', 'b'])
  })
})
