import { expect } from 'chai'
import { RegisterError, RpcError } from '../../src/errors.ts'
import { tokenIdOf } from '../../src/wire/token.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { History } from '../harness/history.ts'
import { checkLinearizable, explain } from '../harness/linearizability.ts'
import { linkOwner } from '../harness/models.ts'
import { realNow } from '../harness/real-time.ts'
import { inNoTime, leap, swiftly } from '../harness/swift-time.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import { timers } from '../../src/util/timers.ts'
import { Asker } from '../../src/links/asker.ts'
import { linkKey } from '../../src/links/keys.core.ts'
import { encodePlace } from '../../src/wire/links-codec.ts'
import { REMEMBERED_FOR } from '../../src/wire/limits.ts'
import { FakeMesh } from './links-fakes.ts'
import type { Question } from '../../src/links/decide.core.ts'
import type { FakeNode } from './links-fakes.ts'
import type { NodeInfo } from '../../src/discovery/index.ts'
import type { LinkInput } from '../harness/models.ts'

const SEEDS = [1, 2, 3]

describe('links: many callers, a group that changes its leader, and messages that are lost', function () {
  this.timeout(60_000)
  let mesh: FakeMesh

  function start (seed: number, { voters = 3, clients = 20, loss = 0.05 } = {}): { targets: FakeNode[], callers: FakeNode[] } {
    mesh = new FakeMesh(createRandom(seed), loss)
    const targets = Array.from({ length: voters }, (_, i) => mesh.add(`target-${i}`, 'cart'))
    const callers = Array.from({ length: clients }, (_, i) => mesh.add(`caller-${i}`, undefined))
    mesh.elect('target-0')
    return { targets, callers }
  }

  afterEach(() => { mesh.stop() })

  for (const seed of SEEDS) {
    it(`1000 first calls of one token from 20 nodes: one winner (seed ${seed})`, async () => {
      const { callers } = start(seed)
      const random = createRandom(seed)
      const over = new AbortController()
      const changes = (async () => {
        while (!over.signal.aborted) {
          await new Promise(resolve => setTimeout(resolve, 5))
          mesh.elect(random.pick(['target-0', 'target-1', 'target-2', undefined]))
        }
        mesh.elect('target-1')
      })()
      const calls = Promise.all(Array.from({ length: 1_000 }, async (_, i) => callers[i % callers.length]?.call('ada', 1_000)))
      await new Promise(resolve => setTimeout(resolve, 200))
      over.abort()
      await changes
      const homes = new Set(await calls)
      expect([...homes], 'homes').to.have.length(1)
      expect(mesh.table.size).to.equal(1)
      for (const caller of callers) expect(await caller.call('ada')).to.equal([...homes][0])
    })

    it(`what is linked, moved and unlinked has an order (seed ${seed})`, async () => {
      const { targets, callers } = start(seed, { clients: 6 })
      const random = createRandom(seed + 100)
      const history = new History<LinkInput, string | null>()
      const perform = async ({ links }: FakeNode, key: string, { op, ...input }: LinkInput): Promise<string | null> => {
        const signal = AbortSignal.timeout(3_000)
        if (op === 'unlink') return links.unlink(key, 'cart', { signal }).then(() => null)
        return (await links.link(key, 'node' in input ? input.node : '', { signal, replace: op === 'move' })).id
      }
      const over = new AbortController()
      const work = Promise.all(callers.map(async (caller, i) => {
        for (let turn = 0; turn < 25 && !over.signal.aborted; turn++) {
          const node = (random.pick(targets) as FakeNode).id
          const op = random.pick(['link', 'link', 'move', 'unlink'] as const) as 'link'
          const key = `k${(turn + i) % 2}`
          await history.run(caller.id, key, { op, node }, async () => perform(caller, key, { op, node }), err => (err as RpcError).retryable).catch(() => {})
        }
      }))
      const changes = (async () => {
        while (!over.signal.aborted) {
          await new Promise(resolve => setTimeout(resolve, 20))
          const next = random.pick(['target-0', 'target-1', 'target-2']) as string
          // what it knows of deletions is gone with its former life
          if (random.chance(0.2)) mesh.restart(next)
          mesh.elect(next)
        }
      })()
      await work
      over.abort()
      await changes
      expect(history.counts().ok).to.be.greaterThan(80)
      expect(explain(checkLinearizable(linkOwner, history.operations()))).to.equal('linearizable')
    })
  }

  it('a link that was made, and ended by somebody else, before its leader was lost is not made a second time', async () => {
    const { callers } = start(5, { loss: 0 })
    const [caller, other] = callers as [FakeNode, FakeNode]
    const commit = mesh.commit.bind(mesh)
    let commits = 0
    mesh.commit = writes => {
      const ranks = commit(writes)
      // the leader is lost before it can tell, and who comes next unlinks
      if (commits++ === 0) {
        commit(writes.map(({ key }) => ({ key, value: undefined })))
        mesh.elect('target-1')
      }
      return ranks
    }
    const failure = await caller.links.link('ada', 'target-2').catch((err: RpcError) => err)
    expect(failure).to.include({ code: 'UNAVAILABLE', retryable: false })
    expect(commits).to.equal(1)
    expect(await other.links.target('ada', 'cart')).to.equal(undefined)
  })

  it('a link that was made before its leader was lost, and is still there, is told', async () => {
    const { callers } = start(6, { loss: 0 })
    const [caller] = callers as [FakeNode]
    const commit = mesh.commit.bind(mesh)
    let commits = 0
    mesh.commit = writes => {
      const ranks = commit(writes)
      if (commits++ === 0) mesh.elect('target-1')
      return ranks
    }
    expect((await caller.links.link('ada', 'target-2', { replace: true })).id).to.equal('target-2')
    expect(commits).to.equal(1)
  })

  /** The first write is the last thing that its leader does. */
  function loseLeader (next: string | undefined, when: 'before' | 'after' = 'after', of = mesh): void {
    const mesh = of
    const commit = mesh.commit.bind(mesh)
    mesh.commit = writes => {
      mesh.commit = commit
      const ranks = when === 'after' ? commit(writes) : []
      mesh.elect(next)
      return ranks
    }
  }

  it('a link that was ended before its leader was lost was ended', async () => {
    const { callers } = start(26, { loss: 0 })
    const [caller] = callers as [FakeNode]
    await caller.links.link('ada', 'target-2')
    loseLeader('target-1')
    expect(await caller.links.unlink('ada', 'cart')).to.equal(1)
    expect(mesh.table.size).to.equal(0)
  })

  it('what may have been done is not said to be safe to do again, however it comes that nobody answers', swiftly(async () => {
    start(27)
    const failed = async (doing: Promise<unknown>): Promise<unknown> => doing.catch(({ code, retryable }: RpcError) => [code, retryable])
    const outcomes = await Promise.all((['link', 'move', 'unlink'] as const).map(async op => {
      const mesh = new FakeMesh(createRandom(27))
      for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart')
      const caller = mesh.add('caller', undefined)
      mesh.elect('target-0')
      if (op !== 'link') await caller.links.link('ada', 'target-1')
      loseLeader(undefined, 'after', mesh)
      const doing = failed(op === 'unlink' ? caller.links.unlink('ada', 'cart') : caller.links.link('ada', 'target-2', { replace: op === 'move' }))
      await until(() => mesh.leader === undefined)
      const other = failed(caller.links.unlink('bob', 'cart'))
      const both = [await doing, await other]
      mesh.stop()
      return both
    }))
    for (const outcome of outcomes) expect(outcome).to.deep.equal([['UNAVAILABLE', false], ['UNAVAILABLE', true]])
  }))

  it('a link that its leader has not written before it was lost is made by the next one', async () => {
    const { callers } = start(28, { loss: 0 })
    const [caller, other] = callers as [FakeNode, FakeNode]
    for (const replace of [false, true]) {
      const token = `token ${replace}`
      loseLeader('target-1', 'before')
      expect((await caller.links.link(token, 'target-2', { replace })).id).to.equal('target-2')
      expect((await other.links.target(token, 'cart'))?.id).to.equal('target-2')
    }
    expect(mesh.table.size).to.equal(2)
    // one whose node is gone may have been made
    mesh.see('target-2', { incarnation: 2 })
    loseLeader('target-0', 'before')
    const failure = await caller.links.link('token true', 'target-1').catch((err: RpcError) => err)
    expect(failure).to.deep.include({ code: 'UNAVAILABLE', retryable: false })
  })

  it('a leader that was started of late cannot tell whether it was made and has ended; after a while it can', async () => {
    const { callers } = start(43, { loss: 0 })
    mesh.restart('target-1')
    loseLeader('target-1', 'before')
    expect(await callers[0]?.links.link('ada', 'target-2').catch((err: RpcError) => err)).to.deep.include({ code: 'UNAVAILABLE', retryable: false })
    mesh.restart('target-2')
    leap(2 * REMEMBERED_FOR)
    loseLeader('target-2', 'before')
    expect(await callers[0]?.links.link('ada', 'target-2')).to.have.property('id', 'target-2')
    // what was ended long ago is no more in the way
    await callers[1]?.links.unlink('ada', 'cart')
    leap(2 * REMEMBERED_FOR)
    loseLeader('target-1', 'before')
    expect(await callers[0]?.links.link('ada', 'target-2')).to.have.property('id', 'target-2')
  })

  it('a link for which the next leader has no room was not made before either, and says why', async () => {
    const { callers } = start(44, { loss: 0 })
    mesh.commit = () => { throw new RegisterError('full', true) }
    loseLeader('target-1', 'before')
    const failure = await callers[0]?.links.link('ada', 'target-2').catch((err: RpcError) => err)
    expect(failure).to.deep.include({ code: 'RESOURCE_EXHAUSTED' }).and.to.have.property('message').that.includes('as many as its voters hold')
  })

  it('a link that may have been made, and ended since, says so, and of nothing else', async () => {
    const { callers } = start(28, { loss: 0 })
    await callers[0]?.links.link('ada', 'target-2')
    await callers[1]?.links.unlink('ada', 'cart')
    loseLeader('target-1', 'before')
    const failure = await callers[0]?.links.link('ada', 'target-2').catch((err: RpcError) => err)
    expect(failure).to.deep.include({ code: 'UNAVAILABLE', retryable: false })
    expect((failure as RpcError).message).to.equal("links of service 'cart': the leader was lost meanwhile; there is no such link, and nobody can tell whether it was made and has ended since")
  })

  it('a question that is under way when its time is over may be done yet', async () => {
    start(29)
    const never = Promise.withResolvers<never>()
    let leads = false
    const asker = new Asker({
      self: 'c', now: () => performance.now(), discovery: { node: () => undefined }, own: async () => [], rpc: { invoke: async () => never.promise },
      of: () => ({ state: 'observer', term: 1, voters: ['x'], ...leads && { leader: { id: 'x', token: { epoch: 1, term: 1 } } } })
    })
    const ask = async (kind: Question['kind']): Promise<unknown> =>
      asker.ask('cart', { kind, parent: '', token: 'ab'.repeat(32), propose: [], balanced: false, gone: undefined, to: 'x', from: { epoch: 1, term: 1, index: 1 } }, 100).catch((err: RpcError) => err.retryable)
    const kinds = ['resolve', 'move', 'remove'] as const
    expect(await Promise.all(kinds.map(ask)), 'nobody leads').to.deep.equal([true, true, true])
    leads = true
    expect(await Promise.all(kinds.map(ask))).to.deep.equal([true, false, false])
    asker.stop()
  })

  it('who slept does not ask again for what may have been done before: by then nobody knows what was ended', async () => {
    start(36)
    for (const clock of ['now', 'wall'] as const) {
      const time = { now: 0, wall: 1_000 }
      let lost = Promise.withResolvers<never>()
      let sent = 0
      const invoke = async (): Promise<never> => {
        sent++
        return lost.promise
      }
      const asker = new Asker({
        self: 'c', now: () => time.now, wall: () => time.wall, discovery: { node: () => undefined }, own: async () => [], rpc: { invoke },
        of: () => ({ state: 'observer', term: 1, voters: ['x'], leader: { id: 'x', token: { epoch: 1, term: 1 } } })
      })
      const link = async (): Promise<unknown> => asker.ask('cart', { kind: 'move', parent: '', token: 'ab'.repeat(32), propose: [], balanced: false, gone: undefined, to: 'x', from: { epoch: 0, term: 0, index: 0 } }, 50_000).catch((err: RpcError) => [err.code, err.retryable])
      const lose = (): void => {
        const { reject } = lost
        lost = Promise.withResolvers()
        reject(new RpcError('UNAVAILABLE', 'lost'))
      }
      const awake = link()
      await until(() => sent === 1)
      lose()
      await until(() => sent === 2, { what: 'it is asked again' })
      time[clock] += 60_000
      lose()
      expect(await awake, clock).to.deep.equal(['UNAVAILABLE', false])
      const asleep = link()
      await until(() => sent === 3)
      time[clock] += 60_000
      lose()
      expect(await asleep, clock).to.deep.equal(['UNAVAILABLE', false])
      expect(sent, clock).to.equal(3)
      asker.stop()
    }
  })

  it('what goes back for a while makes nobody ask without a pause, nor for ever', async () => {
    const { callers } = start(30, { loss: 0, clients: 2 })
    const [one, two] = callers as [FakeNode, FakeNode]
    await one.links.link('ada', 'target-1')
    await two.links.link('bob', 'target-1')
    const [before] = mesh.table.values()
    expect(before).to.have.nested.property('rank.term', 1)
    // a group that was founded anew, by a clock that is behind: its view came before the answers of the one before
    for (const [key, entry] of mesh.table) mesh.table.set(key, { ...entry, rank: { epoch: 0, term: 1, index: 1 } })
    const carry = mesh.carry.bind(mesh)
    let underWay = 0
    mesh.carry = async (...message) => {
      underWay++
      return carry(...message).finally(() => { underWay-- })
    }
    const asked = one.links.status().asked
    const asks = (): number => one.links.status().asked - asked
    const failed = async (doing: Promise<unknown>): Promise<unknown> => doing.catch((err: RpcError) => err)
    const began = realNow()
    const outcomes = Promise.all([failed(one.links.unlink('ada', 'cart')), failed(two.links.link('bob', 'target-2', { replace: true }))])
    await inNoTime(async () => { await until(() => asks() >= 30 && underWay === 0) })()
    expect(asks()).to.be.below(200 * (realNow() - began) / 5_000)
    // what is asked last has its time
    leap(10_000)
    for (const outcome of await outcomes) expect(outcome).to.deep.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
    expect(asks()).to.be.below(40)
  })

  it('questions of a tick travel together, each change by itself, and those that are put off once more', async () => {
    start(31)
    const sent: unknown[][] = []
    const asker = new Asker({
      self: 'c', now: () => performance.now(), discovery: { node: () => undefined }, own: async () => [],
      rpc: {
        invoke: async (_service, _method, args) => {
          const questions = args as Array<{ k: number, t: string }>
          sent.push(questions.map(({ k, t }) => `${k} ${t}`))
          if (questions.some(({ k }) => k > 0)) return new Promise(() => {})
          return { a: questions.map(({ t }) => t === 'slow' && questions.length > 1 ? { e: 'later' } : { n: `home of ${t}`, i: 1, r: [1, 1, 1] }) }
        }
      },
      of: () => ({ state: 'observer', term: 1, voters: ['x'], leader: { id: 'x', token: { epoch: 1, term: 1 } } })
    })
    const ask = async (kind: Question['kind'], token: string): Promise<unknown> =>
      asker.ask('cart', { kind, parent: '', token, propose: [], balanced: false, gone: undefined, to: 'x', from: { epoch: 1, term: 1, index: 1 } }, kind === 'resolve' ? 60_000 : 500).catch((err: RpcError) => err.code)
    const answers = await Promise.all([ask('resolve', 'quick'), ask('move', 'other'), ask('resolve', 'slow'), ask('remove', 'other')])
    expect(answers).to.containSubset([{ link: { node: 'home of quick' } }, 'UNAVAILABLE', { link: { node: 'home of slow' } }, 'UNAVAILABLE'])
    expect(sent).to.deep.equal([['0 quick', '0 slow'], ['1 other'], ['2 other'], ['0 slow']])
    asker.stop()
  })

  it('strict: a change that waits for a node holds up no other one of its caller, and has its answer in the end', async () => {
    mesh = new FakeMesh(createRandom(35))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart', { ownership: 'strict' })
    const caller = mesh.add('caller', undefined)
    mesh.elect('target-0')
    const done: string[] = []
    const doing = async (name: string, promise: Promise<unknown>): Promise<unknown> => promise.finally(() => { done.push(name) })
    for (const token of ['dead', 'moved', 'ended']) await caller.links.link(token, 'target-1')
    await caller.links.link('quick', 'target-2')
    // it does not answer, and may still have its lease
    mesh.gone.add('target-1')
    mesh.see('target-1', undefined)
    const all = Promise.all([
      doing('dead', caller.links.link('dead', 'target-2')),
      doing('moved', caller.links.link('moved', 'target-2', { replace: true })),
      doing('quick', caller.links.unlink('quick', 'cart')),
      ...Array.from({ length: 20 }, async (_, i) => doing(`new ${i}`, caller.links.link(`new ${i}`, 'target-2')))
    ])
    // its lease does not end meanwhile
    await inNoTime(async () => { await until(() => done.length >= 21, { what: () => done.join() }) })()
    expect(done.slice(0, 21)).not.to.include.members(['dead']).and.not.to.include.members(['moved'])
    const [dead, moved, ended] = await all as [NodeInfo, NodeInfo, number]
    expect([dead.id, moved.id, ended]).to.deep.equal(['target-2', 'target-2', 1])
    expect(mesh.sent.filter(message => message.startsWith('["braid.links.ask"')).map(message => (JSON.parse(message) as [string, unknown[]])[1].length)).to.include(21)
  })

  it('a leader that puts a question off for ever is asked at a pace, and not after its time', async () => {
    start(33)
    let sent = 0
    const asker = new Asker({
      self: 'c', now: () => performance.now(), discovery: { node: () => undefined }, own: async () => [],
      rpc: {
        invoke: async () => {
          sent++
          return { a: [{ e: 'later' }] }
        }
      },
      of: () => ({ state: 'observer', term: 1, voters: ['x'], leader: { id: 'x', token: { epoch: 1, term: 1 } } })
    })
    const began = performance.now()
    const patience = 60_000
    const failed = asker.ask('cart', { kind: 'resolve', parent: '', token: 'slow', propose: [], balanced: false, gone: undefined, to: undefined, from: undefined }, patience).catch((err: RpcError) => err)
    await until(() => sent > 5)
    expect(sent).to.be.below(40 * (performance.now() - began) / 300)
    leap(patience)
    expect(await failed).to.deep.include({ code: 'UNAVAILABLE', retryable: true })
    const then = sent
    await new Promise(resolve => { setTimeout(resolve, 500) })
    expect(sent - then).to.be.at.most(1)
  })

  it('strict: a token whose dead node may still have its lease holds up no other one, and moves once that is over', async () => {
    mesh = new FakeMesh(createRandom(32))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart', { ownership: 'strict' })
    const caller = mesh.add('caller', undefined)
    mesh.elect('target-0')
    await caller.links.link('bob', 'target-1')
    const homeOf = async (token: string): Promise<string | undefined> => {
      const { id } = await caller.router.route(tokenIdOf(token, 'fake'), 'cart', mesh.infos, undefined) ?? {}
      return id
    }
    let bob: Promise<unknown> | undefined
    // the lease does not end meanwhile
    await inNoTime(async () => {
      mesh.see('target-1', undefined)
      bob = homeOf('bob').catch(() => undefined)
      expect(await homeOf('ada')).to.be.oneOf(['target-0', 'target-2'])
      expect(mesh.table.get(linkKey('', tokenIdOf('bob', 'fake')))).to.have.nested.property('rank.index', 1)
    })()
    await bob
    await until(async () => ['target-0', 'target-2'].includes(await homeOf('bob').catch(() => undefined) ?? ''), { timeout: 10_000 })
  })

  it('no message holds a token', async () => {
    const { callers } = start(7, { loss: 0 })
    const token = 'a-secret-token'
    await callers[0]?.call(token)
    await callers[1]?.links.link(token, 'target-2', { replace: true })
    await callers[2]?.links.unlink(token)
    expect(mesh.sent.length).to.be.greaterThan(3)
    expect(mesh.sent.filter(message => message.includes(token))).to.deep.equal([])
    expect(mesh.sent.some(message => message.includes('braid.links.ask'))).to.equal(true)
  })

  for (const ownership of ['open', 'strict'] as const) {
    it(`tokens that move together are asked back together, at most 1000 in a message (${ownership})`, async () => {
      mesh = new FakeMesh(createRandom(1), 0)
      const [, former, next] = [0, 1, 2].map(i => mesh.add(`target-${i}`, 'cart', { ownership }))
      // each has 256 changes under way
      const callers = Array.from({ length: 12 }, (_, i) => mesh.add(`caller-${i}`, undefined))
      mesh.elect('target-0')
      const tokens = Array.from({ length: 3_000 }, (_, i) => `t${i}`)
      // nobody is patient for as long as a busy machine takes for so many
      const linkAll = async (node: string): Promise<void> => inNoTime(async () => {
        await Promise.all(tokens.map(async (token, i) => callers[i % callers.length]?.links.link(token, node, { replace: true })))
      })()
      await linkAll('target-1')
      mesh.sent.length = 0
      await linkAll('target-2')
      const asked = mesh.sent.map(message => JSON.parse(message) as unknown).filter(message => Array.isArray(message) && message[0] === 'braid.links.revoke').map(message => [(message as [string, unknown[] | object])[1]].flat().length)
      expect(asked.reduce((sum, count) => sum + count, 0)).to.equal(tokens.length)
      expect(Math.max(...asked)).to.equal(1_000)
      expect(asked.length).to.be.below(10)
      await until(() => next?.links.status().held === tokens.length && former?.links.status().held === 0)
    })
  }

  it('a node that is gone loses its tokens, in whatever life it comes back, and nobody else does', async () => {
    const { callers, targets } = start(8, { loss: 0 })
    const [caller, other] = callers as [FakeNode, FakeNode]
    const tokens = Array.from({ length: 30 }, (_, i) => `t${i}`)
    const before = new Map(await Promise.all(tokens.map(async token => [token, await caller.call(token)] as const)))
    const victim = targets[1] as FakeNode
    mesh.see(victim.id, undefined)
    const after = new Map(await Promise.all(tokens.map(async token => [token, await caller.call(token)] as const)))
    for (const token of tokens) {
      if (before.get(token) === victim.id) expect(after.get(token)).to.not.equal(victim.id)
      else expect(after.get(token)).to.equal(before.get(token))
    }
    mesh.see(victim.id, { incarnation: 2 })
    for (const token of tokens) expect(await other.call(token)).to.equal(after.get(token))
    expect(await other.links.count('cart')).to.equal(tokens.length)
  })

  it('a node that the leader has not heard of yet keeps its tokens', async () => {
    const { callers } = start(9, { loss: 0 })
    const [caller, other] = callers as [FakeNode, FakeNode]
    const home = await caller.call('ada') as string
    const next = ['target-0', 'target-1', 'target-2'].find(id => id !== home) as string
    // a leader that was started a moment ago, and has no record of that node: it was never seen to go
    mesh.gone.add(home)
    mesh.infos.splice(mesh.infos.findIndex(({ id }) => id === home), 1)
    mesh.elect(next)
    expect((await other.links.link('ada', next).catch((err: Error) => err.name))).to.equal('RpcError')
    expect([...mesh.table.values()].map(({ rank }) => rank.term)).to.deep.equal([1])
  })

  it('unlinking works from any node, at once, and says what it did', async () => {
    const { callers } = start(10, { loss: 0 })
    const [one, two] = callers as [FakeNode, FakeNode]
    await one.call('ada')
    expect(await two.links.unlink('ada', 'cart')).to.equal(1)
    expect(await two.links.unlink('ada', 'cart')).to.equal(0)
    expect(await one.links.count('cart')).to.equal(0)
  })

  it('a link is counted once however often it is made, and moves with its count', async () => {
    const { callers, targets } = start(11, { loss: 0 })
    const [one] = callers as [FakeNode]
    for (let i = 0; i < 5; i++) await one.links.link('ada', 'target-1')
    await one.links.link('ada', 'target-2', { replace: true })
    const status = (): unknown => targets.find(({ id }) => id === mesh.leader)?.links.status().authority?.nodes
    expect(status()).to.deep.equal([{ parent: '', node: 'target-2', links: 1 }])
    await one.links.unlink('ada')
    expect(status()).to.deep.equal([])
    await until(() => mesh.table.size === 0)
  })
  /** Three nodes of which the first leads, and the link of a token to the second that the first cannot reach any more. */
  async function startCut (): Promise<{ one: FakeNode, two: FakeNode }> {
    mesh = new FakeMesh(createRandom(12))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart', { ttl: 2_500 })
    const [one, two] = ['one', 'two'].map(id => mesh.add(id, undefined)) as [FakeNode, FakeNode]
    mesh.elect('target-0')
    await one.links.link('ada', 'target-1')
    expect(await one.call('ada')).to.equal('target-1')
    mesh.cut.add('target-0 target-1')
    return { one, two }
  }

  it('a node that was not told that a token moved learns it later, and its callers with it', async () => {
    const { one, two } = await startCut()
    expect((await two.links.link('ada', 'target-2', { replace: true })).id).to.equal('target-2')
    expect(await one.call('ada')).to.equal('target-1')
    mesh.cut.clear()
    await until(async () => await one.call('ada') === 'target-2', { timeout: 20_000 })
    expect(await two.call('ada')).to.equal('target-2')
  })

  it('a node that was not told that a token was unlinked learns it later', swiftly(async () => {
    const { one, two } = await startCut()
    expect(await two.links.unlink('ada', 'cart')).to.equal(1)
    expect(await one.call('ada')).to.equal('target-1')
    mesh.cut.clear()
    await until(async () => {
      await one.call('ada')
      return mesh.table.size === 1
    }, { timeout: 20_000 })
    expect(await two.call('ada')).to.equal(await one.call('ada'))
  }))

  it('a node that was not told that it is down is told again, and takes tokens in its next life', async () => {
    const { one, two } = await startCut()
    expect(await two.links.down('target-1')).to.equal(1)
    expect(mesh.sent.some(message => message.includes('"d":1'))).to.equal(true)
    for (let turn = 0; turn < 4; turn++) await mesh.delay()
    expect(await one.call('ada')).to.equal('target-1')
    mesh.cut.clear()
    await until(() => mesh.infos.find(({ id }) => id === 'target-1')?.incarnation === 2, { timeout: 20_000 })
    expect(await one.call('ada')).to.equal(await two.call('ada'))
    expect((await two.links.link('bob', 'target-1')).id).to.equal('target-1')
  })

  it('a leader whose record has no room for its number of links goes on', async () => {
    const { targets: [leader], callers: [caller] } = start(31, { clients: 1, loss: 0 }) as { targets: [FakeNode], callers: [FakeNode] }
    let tried = 0
    mesh.update = () => {
      tried++
      throw new Error('the record is full')
    }
    await caller.links.link('ada', leader.id)
    await until(() => tried > 0, { timeout: 10_000 })
    expect(await caller.call('ada')).to.equal(leader.id)
    expect(await caller.links.link('bob', undefined as unknown as string).catch((err: Error) => err.name), 'a node that there is none').to.equal('LinkError')
  })

  it('while no majority takes what is written, nobody is told of it; after 10 s nothing more is begun, and what was is done in the end', async () => {
    mesh = new FakeMesh(createRandom(29))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart')
    for (const id of ['one', 'two']) mesh.add(id, 'gate')
    mesh.elect('target-0')
    const t = (token: string): string => tokenIdOf(token, 'fake')
    const ask = async (from: string, token: string, proposal: string): Promise<unknown> => {
      const { a } = await mesh.carry(from, 'target-0', 'braid.links.ask', [{ k: 0, p: 'gate', t: t(token), n: [proposal] }]) as { a: Array<{ n?: string, f?: string }> }
      return a[0]?.n ?? a[0]?.f
    }
    expect(await ask('one', 'old', 'target-1')).to.equal('target-1')
    const held = Promise.withResolvers<void>()
    mesh.held = held.promise
    const told: unknown[] = []
    const first = ask('one', 'ada', 'target-1').then(node => { told.push(node) })
    const second = ask('two', 'ada', 'target-2').then(node => { told.push(node) })
    await until(() => mesh.table.size === 2)
    for (let turn = 0; turn < 10; turn++) await mesh.delay()
    leap(10_001)
    expect(told).to.deep.equal([])
    const late = [await ask('one', 'bob', 'target-1'), await ask('two', 'ada', 'target-2')]
    expect(late, 'to be asked again').to.deep.equal([late[0], late[0]])
    expect(late[0]).to.not.be.oneOf(['target-1', 'target-2'])
    expect(await ask('two', 'old', 'target-2'), 'what is known').to.equal('target-1')
    expect([told, mesh.table.size]).to.deep.equal([[], 2])
    held.resolve()
    await Promise.all([first, second])
    expect(told[0]).to.equal(told[1]).and.to.be.oneOf(['target-1', 'target-2'])
    expect(await ask('one', 'bob', 'target-1')).to.equal('target-1')
  })

  it('a node changes links of its own service\'s calls only, and a called one takes tokens of any', async () => {
    mesh = new FakeMesh(createRandom(23))
    for (const id of ['target-0', 'target-1']) mesh.add(id, 'cart')
    const [gate, other] = [mesh.add('gate-0', 'gate'), mesh.add('other-0', 'other')]
    mesh.elect('target-0')
    await gate.links.link('ada', 'target-1')
    const t = tokenIdOf('ada', 'fake')
    const ask = async (from: string, question: object): Promise<unknown> => mesh.carry(from, 'target-0', 'braid.links.ask', [question]).catch((err: RpcError) => err.code)
    for (const question of [{ k: 2, p: 'gate', t }, { k: 1, p: 'gate', t, to: 'target-0' }, { k: 0, p: 'gate', t: 'ab'.repeat(32), n: ['target-0'] }, { k: 2, p: '*', t }]) {
      expect(await ask('other-0', question)).to.equal('PERMISSION_DENIED')
      expect(await ask('target-1', question), 'of the service itself').to.equal('PERMISSION_DENIED')
    }
    expect(await ask('other-0', { k: 0, p: 'gate', t }), 'to ask is free').to.have.nested.property('a[0].n', 'target-1')
    expect(await ask('target-1', { k: 0, p: 'gate', t: 'ab'.repeat(32), n: ['target-1'] })).to.have.nested.property('a[0].n', 'target-1')
    expect((await gate.links.target('ada', 'cart'))?.id).to.equal('target-1')
    expect(await other.links.unlink('ada', 'cart')).to.equal(0)
    expect(await gate.links.unlink('ada', 'cart')).to.equal(1)
    mesh.gone.add('gate-0')
    mesh.infos.splice(mesh.infos.findIndex(({ id }) => id === 'gate-0'), 1)
    expect(await ask('gate-0', { k: 2, p: 'gate', t }), 'of one that is not known yet').to.equal('UNAVAILABLE')
  })

  it('a caller takes a node down once a second, and a node goes down as often', async () => {
    mesh = new FakeMesh(createRandom(24))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart')
    for (const id of ['one', 'two']) mesh.add(id, undefined)
    mesh.elect('target-0')
    const down = async (from: string, n: string): Promise<unknown> => mesh.carry(from, 'target-0', 'braid.links.down', { n }).then(() => 'done', (err: RpcError) => `${err.code} ${err.retryable}`)
    const full = 'RESOURCE_EXHAUSTED true'
    await inNoTime(async () => {
      expect([await down('one', 'target-1'), await down('one', 'target-2'), await down('two', 'target-1'), await down('two', 'target-2'), await down('target-2', 'target-2')]).to.deep.equal(['done', full, full, 'done', 'done'])
    })()
    await until(async () => await down('one', 'target-2') === 'done', { timeout: 20_000 })
  })

  it('a link that nobody uses ends however often the leader changes, and one that is used does not', async () => {
    // one that nothing used for two seconds has ended, rightly: of a standstill nothing follows
    const act = async (): Promise<unknown[]> => {
      mesh = new FakeMesh(createRandom(25))
      const targets = ['target-0', 'target-1', 'target-2'].map(id => mesh.add(id, 'cart', { ttl: 2_000 }))
      const caller = mesh.add('caller', undefined)
      mesh.elect('target-0')
      for (const token of ['idle', 'busy']) await caller.links.link(token, 'target-2')
      expect(mesh.table.size).to.equal(2)
      let turn = 0
      await until(async () => {
        // an office of less than a half time each
        mesh.elect(targets[turn++ % 2]?.id)
        for (let i = 0; i < 7; i++) {
          await caller.call('busy')
          await new Promise(resolve => setTimeout(resolve, 100))
        }
        return mesh.table.size < 2
      }, { timeout: 30_000 })
      const outcome = [(await caller.links.target('busy', 'cart'))?.id, await caller.links.unlink('idle', 'cart')]
      mesh.stop()
      return outcome
    }
    expect(await undisturbed(act, ([busy, idle]) => busy === 'target-2' && idle === 0)).to.deep.equal(['target-2', 0])
  })

  it('a node that is told that a life of the far future is down goes on with its own', async () => {
    mesh = new FakeMesh(createRandom(21))
    for (const id of ['target-0', 'target-1']) mesh.add(id, 'cart')
    mesh.elect('target-0')
    const life = (): number | undefined => mesh.infos.find(({ id }) => id === 'target-1')?.incarnation
    const DAY = 24 * 60 * 60 * 1_000
    for (const d of [Number.MAX_SAFE_INTEGER, Date.now() + 2 * DAY, 0]) await mesh.carry('target-0', 'target-1', 'braid.links.tell', { d })
    expect(life()).to.equal(1)
    const soon = Date.now() + DAY / 2
    await mesh.carry('target-0', 'target-1', 'braid.links.tell', { d: soon })
    expect(life()).to.equal(soon + 1)
  })

  it('a token whose node is not known here is not said to be linked nowhere', swiftly(async () => {
    const { callers } = start(22, { clients: 1, loss: 0 })
    const [caller] = callers as [FakeNode]
    const home = await caller.call('ada') as string
    mesh.gone.add(home)
    mesh.infos.splice(mesh.infos.findIndex(({ id }) => id === home), 1)
    const failure = await caller.links.target('ada', 'cart').catch((err: unknown) => err)
    expect(failure).to.deep.include({ name: 'RpcError', code: 'UNAVAILABLE', retryable: true })
    expect(caller.router.moved?.(tokenIdOf('ada', 'fake'), 'cart', home, 'elsewhere'), 'details that say nothing').to.equal(undefined)
  }))

  it('every node tells of a link that it uses, holds or decides once when it comes, moves and goes', async () => {
    const { callers, targets } = start(14, { clients: 2, loss: 0 })
    const [one] = callers as [FakeNode]
    const heard = new Map<string, string[]>()
    for (const { id, links } of [one, ...targets]) {
      const events: string[] = []
      heard.set(id, events)
      for (const type of ['link:add', 'link:move', 'link:remove'] as const) links.addEventListener(type, ({ detail }) => { events.push(`${type} ${detail.node}`) })
    }
    await one.links.link('ada', 'target-1')
    await one.links.link('ada', 'target-2', { replace: true })
    await one.links.unlink('ada', 'cart')
    const all = ['link:add target-1', 'link:move target-2', 'link:remove target-2']
    await until(() => heard.get('target-2')?.length === 2)
    expect(heard.get('caller-0'), 'who uses it').to.deep.equal(all)
    expect(heard.get('target-0'), 'who decides').to.deep.equal(all)
    await one.links.link('ada', 'target-1')
    expect(heard.get('caller-0')).to.deep.equal([...all, 'link:add target-1'])
  })

  it('what was asked for again and is as it was is no news', async () => {
    const { callers } = start(15, { clients: 2, loss: 0 })
    const [one] = callers as [FakeNode]
    await one.links.link('ada', 'target-1')
    const events: string[] = []
    for (const type of ['link:add', 'link:move', 'link:remove'] as const) one.links.addEventListener(type, () => { events.push(type) })
    one.router.moved?.(tokenIdOf('ada', 'fake'), 'cart', 'target-1', undefined)
    expect(await one.call('ada')).to.equal('target-1')
    expect(events).to.deep.equal([])
  })

  it('a node that drains waits until its leader gives it no new tokens', async () => {
    const { targets } = start(16, { loss: 0 })
    const [, target] = targets as [FakeNode, FakeNode]
    let over = false
    const drained = target.links.drain().then(() => { over = true })
    await until(() => mesh.sent.filter(message => message.includes('braid.links.count')).length > 1)
    expect(over).to.equal(false)
    mesh.see('target-1', { state: 'draining' })
    await drained
  })

  it('a node that drains beside one that is suspected only waits for it', async () => {
    const { targets } = start(34, { loss: 0, voters: 2 })
    const [, target] = targets as [FakeNode, FakeNode]
    mesh.see('target-0', { state: 'suspect' })
    let over = false
    const drained = target.links.drain().then(() => { over = true })
    await until(() => mesh.sent.filter(message => message.includes('braid.links.count')).length > 1)
    expect(over).to.equal(false)
    mesh.see('target-0', { state: 'away' })
    await drained
  })

  it('a node drains at once when nobody decides about links, and not beyond its stop', async () => {
    const { targets } = start(17, { loss: 0 })
    const [, one, two] = targets as [FakeNode, FakeNode, FakeNode]
    const drained = one.links.drain()
    await until(() => mesh.sent.some(message => message.includes('braid.links.count')))
    one.stop()
    await drained
    mesh.voterless = true
    await two.links.drain()
  })

  it('who leads no more puts no links into the DHT: the next one may have ended them', async () => {
    const { callers, targets } = start(18, { loss: 0 })
    const [first, second] = targets as [FakeNode, FakeNode]
    await callers[0]?.call('ada')
    expect(first.kept.size).to.equal(1)
    mesh.elect(second.id)
    await until(() => first.kept.size === 0)
    expect(second.kept.size).to.equal(1)
    await callers[0]?.links.unlink('ada')
    expect(second.kept.size).to.equal(0)
  })

  it('a leader takes no other service\'s node down, and one that is not known', async () => {
    const { targets } = start(19, { clients: 1, loss: 0 })
    mesh.add('other', 'login')
    for (const n of ['other', 'caller-0', 'nobody']) {
      expect(await mesh.carry('caller-0', 'target-0', 'braid.links.down', { n })).to.deep.equal({ a: undefined })
      expect(await targets[0]?.links.count('cart')).to.equal(0)
    }
    expect([...mesh.table.keys()]).to.deep.equal([])
  })

  describe('target() says where calls go', () => {
    const place = (node: string, index: number): NonNullable<FakeMesh['stored']> => ({ rank: [1, 1, index], value: encodePlace({ node, incarnation: 1, maker: new Uint8Array(0) }) })
    const targetOf = async ({ links }: FakeNode, token: string): Promise<unknown> => links.target(token, 'cart', { signal: AbortSignal.timeout(20_000) }).then(node => node?.id, (err: RpcError) => [err.name, err.code, err.retryable])
    const routeOf = async ({ router }: FakeNode, token: string): Promise<unknown> => Promise.resolve(router.route(tokenIdOf(token, 'fake'), 'cart', mesh.infos.filter(({ service }) => service === 'cart'), undefined)).then(routed => routed?.id, (err: RpcError) => [err.name, err.code, err.retryable])

    it('when all who vote are gone: where the DHT says, and to nothing older than what is known', async () => {
      const { callers } = start(40, { clients: 3, loss: 0 })
      const [one, two, fresh] = callers as [FakeNode, FakeNode, FakeNode]
      await one.links.link('ada', 'target-1')
      await two.links.link('ada', 'target-2', { replace: true })
      expect(await Promise.all([one, two, fresh].map(async caller => targetOf(caller, 'bob')))).to.deep.equal([undefined, undefined, undefined])
      mesh.elect(undefined)
      mesh.voterless = true
      mesh.stored = place('target-1', 1)
      expect(await targetOf(fresh, 'ada')).to.equal('target-1')
      expect(await routeOf(fresh, 'ada')).to.equal('target-1')
      // it has heard of a newer one
      two.links.resync()
      for (const of of [targetOf, routeOf]) expect(await of(two, 'ada')).to.equal('target-2')
      mesh.stored = undefined
      for (const of of [targetOf, routeOf]) expect(await of(fresh, 'eve')).to.deep.equal(['RpcError', 'UNAVAILABLE', true])
    })

    it('when they have been gone for long, or never were: where rendezvous says, whatever the DHT has', async () => {
      for (const options of [{}, { onNoLeader: 'provisional' }] as const) {
        start(42, { clients: 0, loss: 0 })
        const [caller, stranger] = [mesh.add('caller', undefined, options), mesh.add('stranger', undefined, options)]
        await caller.links.link('ada', 'target-1')
        mesh.elect(undefined)
        mesh.voterless = true
        mesh.stored = place('target-1', 1)
        for (const token of ['eve', 'ida', 'mia', 'bob']) expect(await targetOf(stranger, token)).to.equal(await routeOf(stranger, token)).and.to.be.oneOf(['target-0', 'target-1', 'target-2'])
        leap(6 * 60_000)
        // voters were there: nor is what they had stored looked for
        for (const token of ['eve', 'ida', 'mia', 'bob']) expect(await targetOf(caller, token)).to.equal(await targetOf(stranger, token)).and.to.equal(await routeOf(caller, token))
        expect(await targetOf(caller, 'ada'), 'what is known').to.equal('target-1').and.to.equal(await routeOf(caller, 'ada'))
        mesh.stop()
      }
    })

    it('onNoLeader provisional: where rendezvous says, at once, unless the DHT knows better', async () => {
      start(41, { clients: 0, loss: 0 })
      const caller = mesh.add('caller', undefined, { onNoLeader: 'provisional' })
      expect(await targetOf(caller, 'ada')).to.equal(undefined)
      mesh.elect(undefined)
      const { after } = timers
      // what takes longer than that never comes
      timers.after = (ms, ...more) => after.call(timers, ms < 900 ? ms : 600_000, ...more)
      try {
        for (const token of ['ada', 'bob', 'eve']) expect(await targetOf(caller, token)).to.equal(await routeOf(caller, token)).and.to.be.oneOf(['target-0', 'target-1', 'target-2'])
      } finally {
        Reflect.deleteProperty(timers, 'after')
      }
      mesh.stored = place('target-1', 1)
      for (const token of ['mia', 'ida']) expect(await targetOf(caller, token)).to.equal('target-1')
    })
  })

  it('a service without links needs no leader', swiftly(async () => {
    mesh = new FakeMesh(createRandom(20))
    const idle = mesh.add('idle', 'cart', { ttl: 1_000 })
    // a node beside it that asks shows that its time for a report has come
    const busy = new FakeMesh(createRandom(20))
    const [target, caller] = [busy.add('target-0', 'cart', { ttl: 1_000 }), busy.add('caller', undefined)]
    busy.elect('target-0')
    await caller.call('ada')
    await until(() => target.links.status().authority?.links === 0, { timeout: 20_000 })
    busy.stop()
    expect([idle.links.status().held, mesh.looked]).to.deep.equal([0, 0])
  }))

  it('only the node that holds a link can say that it is used', swiftly(async () => {
    mesh = new FakeMesh(createRandom(13))
    const [leader] = ['target-0', 'target-1'].map(id => mesh.add(id, 'cart', { ttl: 1_000 })) as [FakeNode]
    const caller = mesh.add('caller', undefined)
    mesh.elect('target-0')
    await caller.links.link('ada', 'target-1')
    const token = tokenIdOf('ada', 'fake')
    const over = new AbortController()
    const reports = (async () => {
      while (!over.signal.aborted) {
        await mesh.carry('caller', 'target-0', 'braid.links.used', { p: '', t: [token] })
        await mesh.carry('target-0', 'target-0', 'braid.links.used', { p: '', t: [token] })
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })()
    await until(() => leader.links.status().authority?.links === 0, { timeout: 20_000 })
    over.abort()
    await reports
  }))
})
