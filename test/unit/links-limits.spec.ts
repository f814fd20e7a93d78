import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { RegisterError, RpcError } from '../../src/errors.ts'
import { Erased } from '../../src/election/erased.core.ts'
import { Authority } from '../../src/links/authority.ts'
import { Clearing } from '../../src/links/clearing.ts'
import { Commits } from '../../src/links/commits.ts'
import { downKey, linkKey } from '../../src/links/keys.core.ts'
import { Lives } from '../../src/links/lives.core.ts'
import { writeQuestion } from '../../src/links/messages.core.ts'
import { ASK } from '../../src/links/methods.core.ts'
import { Owner } from '../../src/links/owner.ts'
import { Quota } from '../../src/links/quota.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { encodeClaim } from '../../src/wire/links-codec.ts'
import { LINKS_UNSHARED, MAX_DOWNS, MAX_ERASED, MAX_LINK_BATCH, MAX_LINK_CHANGES_PER_TOKEN, MAX_LINK_CHECKS, MAX_LINK_CHECKS_PER_PEER, MAX_LINK_QUESTIONS, MAX_LINK_QUESTIONS_PER_PEER, MAX_REGISTER_ENTRIES, MAX_REGISTER_WRITES, REMEMBERED_FOR } from '../../src/wire/limits.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import { FakeMesh } from './links-fakes.ts'
import type { Discovery, NodeInfo } from '../../src/discovery/index.ts'
import type { RegisterEntry } from '../../src/election/index.ts'
import type { Question } from '../../src/links/decide.core.ts'
import type { Rank } from '../../src/links/rank.core.ts'
import type { Answer, Told } from '../../src/links/messages.core.ts'

const HOUR = 60 * 60 * 1_000
const tokenOf = (n: number): string => n.toString(16).padStart(64, '0')
const question = (n: number, more: Partial<Question> = {}): Question =>
  ({ kind: 'resolve', parent: '', token: tokenOf(n), propose: [], balanced: false, gone: undefined, to: undefined, from: undefined, ...more })

/** An authority with two nodes to link to, in a register that no other node shares. */
function alone ({ revoke = async () => {}, refused }: { revoke?: () => Promise<void>, refused?: string } = {}) {
  const table = new Map<string, RegisterEntry>()
  const clock = { now: 0, index: 0, looked: 0 }
  const erased = new Erased(false, clock.now)
  const register = {
    ready: true, current: true,
    entry: (key: string) => {
      clock.looked++
      return table.get(key)
    },
    entries: () => table.values(),
    wasDeleted: (key: string) => erased.has(key, clock.now),
    get size () { return { entries: table.size, bytes: 0 } },
    read: async (key: string) => table.get(key),
    write: async (writes: ReadonlyArray<{ key: string, value: Uint8Array | undefined }>) => {
      if (table.size + writes.filter(({ key }) => !table.has(key)).length > MAX_REGISTER_ENTRIES) throw new RegisterError('full', true)
      if (writes.some(({ key }) => key === refused)) throw new RegisterError('condition', true)
      return writes.map(({ key, value }) => {
        const rank = { epoch: 1, term: 1, index: ++clock.index }
        if (value !== undefined) table.set(key, { key, value, rank })
        else if (table.delete(key)) erased.add(key, clock.now)
        return rank
      })
    }
  }
  const known = new Map(['x', 'y'].map(id => [id, { id, service: 'cart', incarnation: 1, weight: 1, state: 'up' } as NodeInfo]))
  const discovery = Object.assign(new TypedEventEmitter(), { node: (id: string) => known.get(id), nodes: () => [...known.values()], report: () => {} }) as unknown as Discovery
  const told: Told[] = []
  const problems: unknown[] = []
  const authority = new Authority({
    service: 'cart', ttl: 1_000 * HOUR, discovery, register, now: () => clock.now, revoke, tellDown: () => {}, onChange: () => {},
    tell: (_node, some) => { told.push(...some) }, onError: err => { problems.push(err) }
  })
  authority.begin({ epoch: 1, term: 1 })
  const ask = async (n: number, more: Partial<Question> = {}): Promise<Answer> => (await authority.ask([question(n, more)], 'c'))[0] as Answer
  return { authority, table, known, told, problems, clock, ask }
}

describe('links: what a leader is asked', function () {
  this.timeout(180_000)
  let mesh: FakeMesh

  beforeEach(() => {
    mesh = new FakeMesh(createRandom(1))
    mesh.add('target-0', 'cart')
    mesh.elect('target-0')
    // each question waits for word of the others
    mesh.leased = false
  })

  afterEach(() => { mesh.stop() })

  /** How many of so many batches a peer gets answers to; the others must be refused by name. */
  const flood = async (peer: string, batches: number): Promise<number> => {
    const batch = Array.from({ length: MAX_LINK_BATCH }, (_, n) => writeQuestion(question(n)))
    const answers = await Promise.allSettled(Array.from({ length: batches }, async () => mesh.carry(peer, 'target-0', ASK, batch)))
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).to.deep.include({ name: 'RpcError', code: 'RESOURCE_EXHAUSTED', retryable: true })
    }
    return answers.filter(({ status }) => status === 'fulfilled').length
  }

  /** So many batches arrive at the same time, so that none has its answer before the last one comes. */
  const together = (batches: number): void => {
    const { promise, resolve } = Promise.withResolvers<void>()
    mesh.delay = async () => promise
    const carry = mesh.carry.bind(mesh)
    mesh.carry = async (...message) => {
      if (message[0].startsWith('flood') && --batches === 0) setImmediate(resolve)
      return carry(...message)
    }
  }

  it('by one peer is bounded by what waits for its answer, and another one gets its answers', async () => {
    const most = Math.floor(MAX_LINK_QUESTIONS_PER_PEER / MAX_LINK_BATCH)
    const other = mesh.add('caller', undefined)
    mesh.add('flood', undefined)
    together(3 * most)
    const [answered, home] = await Promise.all([flood('flood', 3 * most), other.call('ada')])
    expect([answered, home]).to.deep.equal([most, 'target-0'])
    expect(await flood('flood', most), 'again, once the others have their answers').to.equal(most)
  })

  it('by all is bounded too', async () => {
    const peers = Array.from({ length: 6 }, (_, i) => mesh.add(`flood-${i}`, undefined).id)
    together(6 * 16)
    const answered = await Promise.all(peers.map(async peer => flood(peer, 16)))
    expect(answered.reduce((sum, count) => sum + count)).to.equal(Math.floor(MAX_LINK_QUESTIONS / MAX_LINK_BATCH))
  })

  it('about one token costs one look a question, and so many changes wait for each other', async () => {
    const { authority, clock, ask } = alone()
    const moves = Array.from({ length: 4_000 }, (_, i) => question(1, { kind: 'move', to: i % 2 === 0 ? 'x' : 'y' }))
    const [changes, reads] = await Promise.all([authority.ask(moves, 'c'), Promise.all(Array.from({ length: 4_000 }, async () => ask(1)))])
    expect(clock.looked).to.be.lessThan(2 * 8_000)
    expect(changes.filter(answer => 'failure' in answer && answer.failure === 'unavailable')).to.have.length(4_000 - 1 - MAX_LINK_CHANGES_PER_TOKEN)
    expect(changes.filter(answer => 'link' in answer && answer.changed)).to.have.length(1 + MAX_LINK_CHANGES_PER_TOKEN)
    expect(new Set(reads.map(answer => 'link' in answer && answer.link?.rank.index))).to.deep.equal(new Set([1 + MAX_LINK_CHANGES_PER_TOKEN]))
    // once they are done there is room again
    expect(await ask(1, { kind: 'move', to: 'y' })).to.deep.include({ changed: true })
    expect(await ask(1)).to.have.nested.property('link.node', 'y')
  })

  it('by one who has given up makes nothing any more: he may have asked another leader', async () => {
    const { authority, table } = alone()
    const given = new AbortController()
    const none = { epoch: 0, term: 0, index: 0 }
    const asked = authority.ask([question(1, { kind: 'move', to: 'x', from: none }), question(2, { propose: ['y'] })], 'c', given.signal)
    given.abort()
    const late = await authority.ask([question(3, { kind: 'move', to: 'x', from: none })], 'c', given.signal)
    expect(late).to.deep.equal([{ failure: 'unavailable' }])
    expect((await asked)[1]).to.have.nested.property('link.node', 'y')
    expect(table.has(linkKey('', tokenOf(3)))).to.equal(false)
  })

  it('of which one cannot be written, as its key is not what it was: the others have their answers, and nothing is in doubt', async () => {
    const { authority, table } = alone({ refused: linkKey('', tokenOf(2)) })
    const answers = await authority.ask([1, 2, 3].map(n => question(n, { kind: 'move', to: 'x', from: { epoch: 0, term: 0, index: 0 } })), 'c')
    expect(answers).to.containSubset([{ link: { node: 'x' }, changed: true }, { failure: 'unavailable' }, { link: { node: 'x' }, changed: true }])
    expect([...table.keys()]).to.deep.equal([1, 3].map(n => linkKey('', tokenOf(n))))
    expect(authority.links('x')).to.equal(2)
  })

  it('a first link that may have been made before is made while the register knows that it was not ended since', async () => {
    const { authority, ask, clock } = alone()
    const again = async (n: number): Promise<unknown> => (await ask(n, { kind: 'move', to: 'x', from: { epoch: 0, term: 0, index: 0 }, again: true }) as { failure?: string }).failure
    await ask(1, { kind: 'move', to: 'x' })
    await ask(1, { kind: 'remove' })
    expect([await again(1), await again(2)]).to.deep.equal(['unavailable', undefined])
    for (let at = 0; at <= MAX_ERASED; at += 1_000) {
      const all = Array.from({ length: 1_000 }, (_, n) => 10_000 + at + n)
      await authority.ask(all.map(n => question(n, { kind: 'move', to: 'x' })), 'c')
      await authority.ask(all.map(n => question(n, { kind: 'remove' })), 'c')
    }
    expect(await again(3), 'of so many only that there were some').to.equal('unavailable')
    clock.now += 2 * REMEMBERED_FOR
    expect([await again(1), await again(3)]).to.deep.equal([undefined, undefined])
  })

  it('a first link that waits for its turn is not made in a later office of its leader: by then another one has been asked', async () => {
    for (const puts of ['put off', 'waiting'] as const) {
      const over = Promise.withResolvers<undefined>()
      const { authority, table, known, clock, ask } = alone({ revoke: async () => over.promise })
      const key = linkKey('', tokenOf(1))
      await ask(1, { kind: 'move', to: 'x' })
      known.delete('x')
      clock.now = HOUR
      const ahead = ask(1, { propose: ['y'] }).catch((err: Error) => err.name)
      const first = question(1, { kind: 'move', to: 'y', from: { epoch: 0, term: 0, index: 0 } })
      const asked = authority.ask(puts === 'put off' ? [first, question(2, { propose: ['y'] })] : [first], 'd').catch((err: Error) => err.name)
      if (puts === 'put off') expect((await asked)[0]).to.deep.equal({ failure: 'later' })
      else await new Promise(resolve => { setImmediate(resolve) })
      // another one led, made it when it was asked again, and somebody ended it there
      authority.begin({ epoch: 1, term: 3 })
      table.delete(key)
      over.resolve(undefined)
      expect(await ahead).to.equal('NotLeading')
      if (puts === 'waiting') expect(await asked).to.equal('NotLeading')
      expect(await ask(1), puts).to.deep.include({ link: undefined })
      expect(table.has(key), puts).to.equal(false)
    }
  })

  it('about a token that its node does not let go is put off while others have their answers, and waits by itself', async () => {
    const over = Promise.withResolvers<undefined>()
    const { authority, clock, known, ask } = alone({ revoke: async () => over.promise })
    await ask(1, { kind: 'move', to: 'x' })
    known.delete('x')
    clock.now = HOUR
    const [slow, quick] = [question(1, { propose: ['y'] }), question(2, { propose: ['y'] })]
    const [late, link] = await authority.ask([slow, quick], 'c')
    expect([late, link]).to.deep.include({ failure: 'later' })
    expect(link).to.have.nested.property('link.node', 'y')
    const { looked } = clock
    // nor does who asks on and on leave anything to be done
    for (let n = 0; n < 100; n++) expect((await authority.ask([slow, slow, question(2)], 'c')).slice(0, 2)).to.deep.equal([{ failure: 'later' }, { failure: 'later' }])
    expect(clock.looked - looked).to.equal(100)
    let waits = true
    const alike = authority.ask([slow, slow], 'c').finally(() => { waits = false })
    await new Promise(resolve => { setTimeout(resolve, 100) })
    expect(waits).to.equal(true)
    // a new link is begun at once, and asked about again by itself
    const [begun, other] = await authority.ask([question(1, { kind: 'move', to: 'y', from: { epoch: 0, term: 0, index: 0 } }), question(3, { propose: ['y'] })], 'c')
    expect(begun).to.deep.equal({ failure: 'later' })
    expect(other).to.have.nested.property('link.node', 'y')
    over.resolve(undefined)
    for (const answer of await alike) expect(answer).to.have.nested.property('link.node', 'y')
  })

  it('a link that the leader before was about to make ends for want of use like any other', async () => {
    const rewritten = async (): Promise<ReturnType<typeof alone> & { old: Rank }> => {
      const world = alone()
      const { link } = await world.ask(1, { kind: 'move', to: 'x' }) as { link: { rank: Rank } }
      // the next leader did not find it on a majority, and made it again
      const [entry] = world.table.values()
      world.table.set(linkKey('', tokenOf(1)), { ...entry as RegisterEntry, rank: { epoch: 1, term: 2, index: 1 } })
      world.authority.begin({ epoch: 1, term: 2 })
      return { ...world, old: link.rank }
    }
    const by = await rewritten()
    by.told.length = 0
    await by.authority.idle('x', '', [{ token: tokenOf(1), rank: by.old }])
    expect(by.told, 'its node has an old rank').to.containSubset([{ token: tokenOf(1), link: { node: 'x', rank: { term: 2, index: 1 } } }])
    await by.authority.idle('x', '', [{ token: tokenOf(1), rank: { epoch: 1, term: 2, index: 1 } }])
    expect(by.table.size, 'by the word of its node').to.equal(0)
    const over = await rewritten()
    for (let turn = 0; turn < 4; turn++) {
      over.clock.now += 500 * HOUR
      over.authority.tick()
      await new Promise(resolve => { setTimeout(resolve, 0) })
    }
    expect(over.table.size, 'by the leader itself').to.equal(0)
  })

  it('links that nobody uses end though those of a dead node are being cleared away when their time is over', async () => {
    let cleared = Promise.withResolvers<undefined>()
    const [dead, idle, busy] = ['dead', 'idle', 'busy'].map((node, n) => ({ key: linkKey('', tokenOf(n)), value: undefined, rank: { epoch: 1, term: 1, index: n + 1 }, node }))
    const removed: string[] = []
    const clearing = new Clearing({
      ttl: 100_000, counts: { nodes: () => ['dead'], lives: () => [1] }, lives: { isAlive: ({ node }: { node: string }) => node !== 'dead', forgettable: () => [] },
      entries: () => [dead, idle, busy], placeOf: ({ node }: { node: string }) => ({ node, incarnation: 1 }), made: () => 0, office: () => 1, forget: async () => {}, onError: () => {},
      remove: async (removals: readonly Question[]) => {
        removed.push(...removals.map(({ token }) => token))
        await cleared.promise
      }
    } as unknown as ConstructorParameters<typeof Clearing>[0])
    clearing.begin(0)
    for (const now of [0, 50_000, 60_000, 100_000, 150_000]) clearing.tick(now, 0)
    expect(removed).to.deep.equal([tokenOf(0)])
    // used since then
    clearing.used(busy?.key ?? '')
    cleared.resolve(undefined)
    cleared = Promise.withResolvers()
    cleared.resolve(undefined)
    await new Promise(resolve => { setTimeout(resolve, 0) })
    clearing.tick(150_500, 0)
    await until(() => removed.includes(tokenOf(1)))
    expect(removed).to.not.include(tokenOf(2))
  })

  it('one peer makes links until a quarter is left, of which it and all others have their shares, also of the next leader', async () => {
    const { authority, table, ask } = alone()
    const most = LINKS_UNSHARED * MAX_REGISTER_ENTRIES
    const make = async (from: number, count: number, asker: string): Promise<Answer[]> => {
      const answers: Answer[] = []
      for (let at = 0; at < count; at += 1_000) answers.push(...await authority.ask(Array.from({ length: Math.min(1_000, count - at) }, (_, n) => question(from + at + n, { propose: ['x'] })), asker))
      return answers
    }
    const failures = (answers: readonly Answer[]): string[] => answers.filter(answer => 'failure' in answer).map(answer => (answer as { failure: string }).failure)
    // also those that come at the same time, and are not in the register yet
    const [flood, burst] = await Promise.all([make(0, most - 500, 'flood'), make(most - 500, 1_000, 'flood')])
    expect(failures(flood).length + failures(burst).length).to.equal(500)
    expect(new Set(failures([...flood, ...burst]))).to.deep.equal(new Set(['quota']))
    expect(table.size).to.equal(most)
    expect(failures(await make(1_000_000, 1_000, 'other'))).to.deep.equal([])
    authority.begin({ epoch: 1, term: 2 })
    expect(failures(await make(1_001_000, 1_000, 'third'))).to.deep.equal([])
    expect(failures(await make(2_000_000, 10, 'flood'))).to.have.length(10)
    // what it has it keeps, moves and ends
    const kept = 0
    expect(await ask(kept)).to.have.nested.property('link.node', 'x')
    expect((await authority.ask([question(kept, { kind: 'move', to: 'y' })], 'flood'))[0]).to.deep.include({ changed: true })
    expect((await authority.ask([question(kept, { kind: 'remove' })], 'flood'))[0]).to.deep.include({ changed: true })
  })

  it('links fill no register: nodes can still go down, and who has filled it with something else is told', async () => {
    const { authority, table, ask } = alone()
    const place = (await ask(0, { kind: 'move', to: 'x' })) as { link: { node: string } }
    expect(place.link.node).to.equal('x')
    const [entry] = table.values()
    for (let n = 1; n < MAX_REGISTER_ENTRIES - MAX_DOWNS - 1; n++) table.set(linkKey('', tokenOf(n)), { ...entry as RegisterEntry, key: linkKey('', tokenOf(n)) })
    authority.begin({ epoch: 1, term: 1 })
    const made = await authority.ask(Array.from({ length: 10 }, (_, n) => question(1_000_000 + n, { propose: ['y'] })), 'another')
    expect(made.map(answer => 'failure' in answer ? answer.failure : 'made')).to.deep.equal(['made', ...Array.from({ length: 9 }, () => 'full')])
    expect(await ask(0, { kind: 'move', to: 'y' })).to.deep.include({ changed: true })
    expect(await authority.down('x')).to.equal(MAX_REGISTER_ENTRIES - MAX_DOWNS - 2)
    for (let n = 0; table.size < MAX_REGISTER_ENTRIES; n++) table.set(`its own ${n}`, { ...entry as RegisterEntry, key: `its own ${n}` })
    expect(await authority.down('y').catch((err: RpcError) => err)).to.deep.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
  })

  it('a node that cannot be said to be down, for want of room, is not said to have no leader', swiftly(async () => {
    const leader = mesh.add('target-1', 'cart')
    const caller = mesh.add('caller', undefined)
    mesh.leased = true
    mesh.elect('target-1')
    mesh.commit = () => { throw new RegisterError('full', true) }
    for (const { links } of [caller, leader]) expect(await links.down('target-0').catch((err: RpcError) => err)).to.deep.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
  }))

  it('who asks for much waits for itself, and others have their turns', async () => {
    const batches: string[][] = []
    const register = {
      write: async (writes: ReadonlyArray<{ key: string }>) => {
        batches.push(writes.map(({ key }) => key[0] as string))
        await new Promise(resolve => { setTimeout(resolve, 1) })
        return writes.map((_, index) => ({ epoch: 1, term: 1, index }))
      }
    }
    const commits = new Commits(register)
    const added = Array.from({ length: 10_000 }, async (_, n) => commits.add({ key: `m${n}`, value: undefined }, 'much'))
    await Promise.resolve()
    const few = Array.from({ length: 10 }, async (_, n) => commits.add({ key: `f${n}`, value: undefined }, 'few'))
    await Promise.all([...added, ...few])
    // four were under way
    expect(batches.findLastIndex(batch => batch.includes('f'))).to.be.lessThan(5)
    expect(batches.every(batch => batch.length <= MAX_REGISTER_WRITES)).to.equal(true)
    expect(batches.flat()).to.have.length(10_010)
  })

  it('is given back as it was taken', () => {
    const quota = new Quota(3, 4)
    expect([quota.take('a', 3), quota.take('a', 1), quota.take('b', 2), quota.take('b', 1)]).to.deep.equal([true, false, false, true])
    quota.free('a', 3)
    quota.free('b', 1)
    expect([quota.take('b', 3), quota.take('a', 1), quota.take('a', 1)]).to.deep.equal([true, true, false])
  })

  it('a called node checks so many tokens at a time for one caller, and for all', async () => {
    const over = Promise.withResolvers<undefined>()
    const owner = new Owner({ self: () => ({ id: 'x', incarnation: 7 }), parentOf: () => 'a', open: true, mayRun: () => true, group: () => undefined, ask: async () => over.promise })
    const claim = encodeClaim({ parent: 'a', epoch: 1, term: 2, index: 3, provisional: false })
    const admit = (n: number, caller: string): unknown => owner.admit(new Uint8Array(new Uint32Array(8).fill(n).buffer), claim, caller)
    const callers = MAX_LINK_CHECKS / MAX_LINK_CHECKS_PER_PEER
    const asked = Array.from({ length: MAX_LINK_CHECKS_PER_PEER }, (_, n) => admit(n, 'c0'))
    expect(await admit(-1, 'c0'), 'of one caller').to.deep.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    for (let n = MAX_LINK_CHECKS_PER_PEER; n < MAX_LINK_CHECKS; n++) asked.push(admit(n, `c${n % (callers - 1) + 1}`))
    expect(await admit(-1, 'another'), 'of all').to.deep.include({ code: 'RESOURCE_EXHAUSTED', retryable: true })
    over.resolve(undefined)
    expect((await Promise.all(asked)).every(admission => admission instanceof RpcError && admission.code === 'FAILED_PRECONDITION')).to.equal(true)
    expect(await admit(-1, 'c0')).to.deep.include({ code: 'FAILED_PRECONDITION' })
  })
})

describe('links: nodes that are down', () => {
  const nodes = new Map<string, Pick<NodeInfo, 'incarnation' | 'state'>>()
  const none = (): number[] => []
  const ids = (places: Iterable<{ node: string }>): string[] => [...places].map(({ node }) => node)

  beforeEach(() => { nodes.clear() })

  it('are remembered while a link or the node itself is left of that life, and for as long as a record may be', () => {
    const lives = new Lives(id => nodes.get(id))
    lives.begin(0)
    for (const node of ['linked', 'same', 'new', 'left', 'gone']) lives.down({ node, incarnation: 5 }, 0)
    nodes.set('same', { incarnation: 5, state: 'up' })
    nodes.set('new', { incarnation: 6, state: 'up' })
    nodes.set('left', { incarnation: 5, state: 'left' })
    const links = (node: string): number[] => node === 'linked' ? [5] : node === 'gone' ? [6] : []
    expect(ids(lives.forgettable(links, 6 * HOUR - 1))).to.deep.equal([])
    expect(ids(lives.forgettable(links, 6 * HOUR))).to.deep.equal(['new', 'left', 'gone'])
    expect(ids(lives.deaf())).to.deep.equal(['same'])
    // said again of a later life
    lives.down({ node: 'gone', incarnation: 7 }, 6 * HOUR)
    lives.forget({ node: 'gone', incarnation: 5 })
    expect(lives.isDown('gone', 7)).to.equal(true)
    expect(ids(lives.forgettable(links, 7 * HOUR))).to.deep.equal(['new', 'left'])
  })

  it('are so many at most: those that are past go before their time, and no others', () => {
    const lives = new Lives(id => nodes.get(id))
    lives.begin(0)
    for (let i = 0; i < MAX_DOWNS + 10; i++) {
      lives.down({ node: `n${i}`, incarnation: 1 }, 0)
      if (i % 2 === 0) nodes.set(`n${i}`, { incarnation: 1, state: 'up' })
    }
    const past = [...lives.forgettable(none, 1)]
    expect(ids(past)).to.deep.equal(Array.from({ length: 10 }, (_, i) => `n${2 * i + 1}`))
    for (const place of past) lives.forget(place)
    expect(ids(lives.forgettable(none, 1))).to.deep.equal([])
    expect(lives.isDown('n0', 1)).to.equal(true)
  })

  it('leave the register in time, and what is said of their former life afterwards brings nothing back', async () => {
    const { authority, table, known, told, problems, clock, ask } = alone()
    const old = await ask(1, { kind: 'move', to: 'x' })
    const { rank } = (old as { link: { rank: NonNullable<Question['from']> } }).link
    expect(await authority.down('x')).to.equal(1)
    known.set('x', { ...known.get('y') as NodeInfo, id: 'x', incarnation: 2 })
    const pass = async (ms: number): Promise<void> => {
      for (const end = clock.now + ms; clock.now < end;) {
        clock.now = Math.min(end, clock.now + 61_000)
        authority.tick()
        await new Promise(resolve => setTimeout(resolve, 0))
      }
    }
    await pass(HOUR)
    expect([...table.keys()], 'the link goes, the word stays').to.deep.equal([downKey('x')])
    await pass(6 * HOUR)
    await until(() => table.size === 0)
    expect(problems).to.deep.equal([])
    // a caller, and the node itself, repeat what they knew of it
    expect(await ask(1, { kind: 'remove', from: rank })).to.deep.include({ link: undefined, changed: false })
    authority.used('x', '', [tokenOf(1)])
    expect(told.at(-1)).to.deep.include({ token: tokenOf(1), link: undefined })
    expect(authority.isAlive({ node: 'x', incarnation: 1 })).to.equal(false)
    expect(table.has(linkKey('', tokenOf(1)))).to.equal(false)
    // and a token comes to its new life
    expect(await ask(1, { kind: 'move', to: 'x' })).to.have.nested.property('link.incarnation', 2)
  })
})
