/** Who asks a leader: what is sent, to how many at once, and for whom. */
import { expect } from 'chai'
import { RpcError } from '../../src/errors.ts'
import { Asker } from '../../src/links/asker.ts'
import { REVOKE } from '../../src/links/methods.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { timers } from '../../src/util/timers.ts'
import { MAX_LINK_CHANGES_UNDER_WAY } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import { FakeMesh } from './links-fakes.ts'
import type { FakeNode } from './links-fakes.ts'
import type { AskerInit } from '../../src/links/asker.ts'
import type { Question } from '../../src/links/decide.core.ts'

const NONE = { epoch: 0, term: 0, index: 0 }
const SEEN = { epoch: 1, term: 1, index: 1 }
const VIEW = { state: 'observer', term: 1, voters: ['x'] } as const
const LED = { ...VIEW, leader: { id: 'x', token: { epoch: 1, term: 1 } } } as const

/** Milliseconds, more than any of these tests takes: where it matters when they are over, the test says so. */
const PATIENCE = 60_000

const question = (kind: Question['kind'], token: string, from = NONE): Question =>
  ({ kind, parent: '', token, propose: [], balanced: false, gone: undefined, to: 'x', from })

const askerOf = (init: Partial<AskerInit>): Asker =>
  new Asker({ self: 'c', now: () => performance.now(), discovery: { node: () => undefined }, own: async () => [], rpc: { invoke: async () => new Promise(() => {}) }, of: () => LED, ...init })

/** Timers of so many milliseconds run out when `pass` is called, which says how many. */
function heldBack (ms: number): { pass: () => number, restore: () => void } {
  const due: Array<() => void> = []
  const { after } = timers
  timers.after = (given, fn, now) => {
    if (given === ms) due.push(fn)
    return after.call(timers, given === ms ? 2 * PATIENCE : given, given === ms ? () => {} : fn, now)
  }
  const pass = (): number => {
    const all = due.splice(0)
    for (const fn of all) fn()
    return all.length
  }
  return { pass, restore: () => { Reflect.deleteProperty(timers, 'after') } }
}

describe('links: what is asked for nobody any more', () => {
  /** Messages, as the tokens in them, and how each can be lost. */
  const recorder = () => {
    const sent: string[][] = []
    const calls: Array<{ lose: () => void, signal: AbortSignal }> = []
    const invoke: AskerInit['rpc']['invoke'] = async (_service, _method, args, options) => {
      sent.push((args as Array<{ t: string }>).map(({ t }) => t))
      const { promise, reject } = Promise.withResolvers<never>()
      calls.push({ lose: () => { reject(new RpcError('UNAVAILABLE', 'lost')) }, signal: options?.signal as AbortSignal })
      return promise
    }
    return { sent, calls, invoke }
  }
  const rest = async (): Promise<void> => new Promise(resolve => { setTimeout(resolve, 500) })

  it('is not sent to the next leader, and the one that has it is told', async () => {
    const { sent, calls, invoke } = recorder()
    const asker = askerOf({ rpc: { invoke } })
    const [given, kept] = [new AbortController(), new AbortController()]
    const asked = (['ada', 'bob'] as const).map(async (token, i) => asker.ask('cart', question('move', token), PATIENCE, [given, kept][i]?.signal).catch((err: Error) => err.message))
    await until(() => sent.length === 1)
    given.abort(new Error('enough'))
    expect(await asked[0]).to.equal('enough')
    expect(calls[0]?.signal.aborted, 'somebody else waits for it').to.equal(false)
    calls[0]?.lose()
    await until(() => sent.length === 2)
    kept.abort(new Error('enough'))
    expect(calls[1]?.signal.aborted).to.equal(true)
    calls[1]?.lose()
    await rest()
    expect(sent).to.deep.equal([['ada', 'bob'], ['bob']])
    asker.stop()
  })

  it('is not sent to the first leader either, once there is one', async () => {
    const { sent, invoke } = recorder()
    let leads = false
    const asker = askerOf({ rpc: { invoke }, of: () => leads ? LED : VIEW })
    const given = new AbortController()
    const ask = async (kind: Question['kind'], token: string, patience: number, signal?: AbortSignal): Promise<unknown> => asker.ask('cart', question(kind, token), patience, signal).catch((err: Error) => err.message)
    const asked = [ask('move', 'ada', PATIENCE, given.signal), ask('move', 'eve', 100), ask('remove', 'ida', PATIENCE, given.signal)]
    void ask('move', 'bob', PATIENCE)
    await until(() => asker.asked === 4)
    given.abort(new Error('enough'))
    await Promise.all(asked)
    leads = true
    await until(() => sent.length === 1)
    await rest()
    expect(sent).to.deep.equal([['bob']])
    asker.stop()
  })

  it('a link that its caller has given up is not made by the next leader, after somebody was told that there is none', async () => {
    const mesh = new FakeMesh(createRandom(41))
    for (const id of ['target-0', 'target-1', 'target-2']) mesh.add(id, 'cart')
    const [caller, other] = [mesh.add('caller', undefined), mesh.add('other', undefined)]
    mesh.elect('target-0')
    const { commit } = mesh
    const given = new AbortController()
    mesh.commit = () => {
      mesh.commit = commit
      mesh.elect(undefined)
      return []
    }
    const failure = caller.links.link('ada', 'target-2', { signal: given.signal }).catch((err: Error) => err.message)
    await until(() => mesh.leader === undefined)
    given.abort(new Error('enough'))
    expect(await failure).to.equal('enough')
    mesh.elect('target-1')
    expect(await other.links.unlink('ada', 'cart')).to.equal(0)
    await rest()
    expect(mesh.table.size).to.equal(0)
    mesh.stop()
  })

  it('nor by the leader itself, which had asked itself and waited for a turn', async () => {
    const mesh = new FakeMesh(createRandom(42))
    const [leader, , caller] = ['target-0', 'target-1', 'target-2'].map(id => mesh.add(id, 'cart')) as [FakeNode, FakeNode, FakeNode]
    mesh.elect('target-0')
    await caller.links.link('ada', 'target-1')
    // which takes its time to let it go
    const [carry, over] = [mesh.carry.bind(mesh), Promise.withResolvers<unknown>()]
    let revoking = false
    mesh.carry = async (...message) => {
      if (message[2] !== REVOKE) return carry(...message)
      revoking = true
      return over.promise
    }
    const given = new AbortController()
    const unlinked = caller.links.unlink('ada', 'cart')
    await until(() => revoking)
    const failure = leader.links.link('ada', 'target-2', { signal: given.signal }).catch((err: Error) => err.message)
    await rest()
    given.abort(new Error('enough'))
    expect(await failure).to.equal('enough')
    over.resolve(undefined)
    expect(await unlinked).to.equal(1)
    await rest()
    expect(mesh.table.size).to.equal(0)
    mesh.stop()
  })
})

describe('links: changes that each go by themselves', () => {
  const changes = 20 * MAX_LINK_CHANGES_UNDER_WAY
  let underWay: number
  let most: number
  let sent: number
  let asker: Asker
  /** What becomes of each message. */
  let answer: (questions: readonly unknown[]) => Promise<unknown>

  beforeEach(() => {
    underWay = most = sent = 0
    asker = askerOf({
      rpc: {
        invoke: async (_service, _method, args) => {
          sent++
          most = Math.max(most, ++underWay)
          return answer(args as unknown[]).finally(() => { underWay-- })
        }
      }
    })
  })

  afterEach(() => { asker.stop() })

  it('are so many at a time at one leader, and the others follow as it answers', async () => {
    answer = async questions => {
      await new Promise(resolve => { setTimeout(resolve, 2) })
      return { a: questions.map(() => ({ r: [1, 1, 2], c: true })) }
    }
    const answers = await Promise.all(Array.from({ length: changes }, async (_, n) => asker.ask('cart', question('remove', `t${n}`, SEEN), PATIENCE)))
    expect(answers.every(answer => 'changed' in answer && answer.changed)).to.equal(true)
    expect([sent, most]).to.deep.equal([changes, MAX_LINK_CHANGES_UNDER_WAY])
  })

  it('are so many also when first links were put off, each to be asked again by itself', async () => {
    answer = async questions => {
      await new Promise(resolve => { setTimeout(resolve, 2) })
      return { a: questions.map((_, i) => questions.length > 1 && i > 0 ? { e: 'later' } : { n: 'x', i: 1, r: [1, 1, 2], c: true }) }
    }
    const answers = await Promise.all(Array.from({ length: changes }, async (_, n) => asker.ask('cart', question('move', `t${n}`), PATIENCE)))
    expect(answers.every(answer => 'link' in answer && answer.link?.node === 'x')).to.equal(true)
    expect(most).to.be.within(1, MAX_LINK_CHANGES_UNDER_WAY + 10)
  })

  it('wait no longer than their time, were not done then, and hold up nothing else', async () => {
    answer = async questions => (questions[0] as { k: number }).k === 0 ? { a: questions.map(() => ({ n: 'x', i: 1, r: [1, 1, 2] })) } : new Promise(() => {})
    // of nobody else
    const patience = 1_001
    const { pass, restore } = heldBack(patience)
    try {
      const outcomes = Promise.all(Array.from({ length: changes }, async (_, n) => asker.ask('cart', question('remove', `t${n}`, SEEN), patience).catch((err: RpcError) => err.retryable)))
      let over = false
      void outcomes.then(() => { over = true })
      await until(() => sent === MAX_LINK_CHANGES_UNDER_WAY)
      expect(await asker.ask('cart', question('resolve', 'ada'), PATIENCE)).to.have.nested.property('link.node', 'x')
      void asker.ask('login', question('remove', 'ada', SEEN), PATIENCE).catch(() => {})
      await until(() => sent === MAX_LINK_CHANGES_UNDER_WAY + 2)
      expect(over, 'they wait still').to.equal(false)
      expect(pass()).to.equal(changes)
      // one that is sent may have been done
      expect((await outcomes).map(retryable => retryable === true)).to.deep.equal(Array.from({ length: changes }, (_, n) => n >= MAX_LINK_CHANGES_UNDER_WAY))
    } finally {
      restore()
    }
    await new Promise(resolve => { setTimeout(resolve, 100) })
    expect(sent).to.equal(MAX_LINK_CHANGES_UNDER_WAY + 2)
  })
})
