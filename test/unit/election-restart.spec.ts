import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { Member } from '../../src/election/member.ts'
import { PROFILES } from '../../src/election/election.core.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { decodeElection } from '../../src/wire/election-codec.ts'
import { until } from '../harness/until.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'

const ids = ['a', 'b', 'c']
const nodes = ids.map(id => ({ id, service: 'login', roles: ['voter'], state: 'up' }) as unknown as NodeInfo)
const discovery = { nodes: () => nodes, node: (id: string) => nodes.find(node => node.id === id) } as unknown as Discovery

describe('election: a core that fails over a message', function () {
  this.timeout(30_000)
  let members: Map<string, Member>
  let cut: string[]
  let told: string[]

  beforeEach(() => {
    cut = []
    told = []
    members = new Map(ids.map(self => [self, new Member({
      discovery,
      connected: id => id !== self,
      bootstrapped: false,
      storage: memoryStorage(),
      send: (to, frame) => { queueMicrotask(() => { members.get(to)?.group.input({ type: 'message', from: self, message: decodeElection(frame).message as unknown as Message }) }) },
      onChange: () => {},
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
  })

  const leader = async (): Promise<Member> => until(() => [...members.values()].find(({ ready }) => ready), { timeout: 10_000 })
  const write = async (member: Member, key: string): Promise<string | undefined> =>
    (await member.ask({ type: 'propose', id: 1, writes: [{ key, value: new Uint8Array(1) }] }, ['committed', 'refused'], 5_000))?.type

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
    const signal = await running.promise
    const poison = { type: 'bye', get term (): number { throw new Error('as an unknown fault would') } } as unknown as Message
    first.group.input({ type: 'message', from: 'b', message: poison })
    expect(cut).to.deep.equal(['b'])
    expect(told.at(-1)).to.include('a message of b')
    expect(signal.aborted).to.equal(true)
    expect(first.ready).to.equal(false)
    const next = await leader()
    expect(await write(next, 'l')).to.equal('committed')
    expect(next.group.status()?.term).to.be.above(term as number)
    await until(() => first.group.status()?.voting === true && first.group.status()?.leader !== undefined)
    expect(first.group.status()?.voters).to.deep.equal(voters)
    await until(() => [...members.values()].every(({ group }) => ['k', 'l'].every(key => group.core?.entry(key) !== undefined)))
  })
})

describe('election: a store that cannot be read at the start', function () {
  this.timeout(30_000)

  it('the node says so, does not vote, and takes part when it can be read', async () => {
    const { stable, log } = memoryStorage()
    let broken = true
    const told: string[] = []
    const member = new Member({
      discovery: { nodes: () => [], node: () => undefined } as unknown as Discovery,
      connected: () => false,
      bootstrapped: false,
      storage: {
        log,
        durable: true,
        stable: Object.assign(Object.create(stable) as typeof stable, {
          lost: new Set<string>(),
          get: async (name: string) => {
            if (broken) throw new Error('EMFILE')
            return stable.get(name)
          },
          set: stable.set.bind(stable),
          delete: async () => { throw new Error('nothing is to be deleted') }
        })
      },
      send: () => {},
      onChange: () => {},
      onProblem: ({ problem, message }) => { told.push(`${problem}: ${message}`) },
      onGroup: () => {},
      onReady: () => {},
      onRestart: () => {},
      log: defaultLogger().forComponent('test'),
      config: { self: 'a', service: 'login', profile: PROFILES.fast, expect: 1 }
    })
    member.start()
    await until(() => told.length >= 2)
    expect(told[0]).to.match(/^storage-failed: cannot read .*EMFILE/)
    expect(member.group.status()).to.equal(undefined)
    broken = false
    await until(() => member.ready)
    expect(told.every(text => text.startsWith('storage-failed')), String(told)).to.equal(true)
    member.stop()
  })
})
