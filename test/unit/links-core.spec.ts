import { expect } from 'chai'
import fc from 'fast-check'
import { Cache } from '../../src/links/cache.core.ts'
import { Counts } from '../../src/links/counts.core.ts'
import { decide } from '../../src/links/decide.core.ts'
import { Finder } from '../../src/links/finder.ts'
import { Holdings } from '../../src/links/held.core.ts'
import { downKey, downOf, linkKey, linkOf } from '../../src/links/keys.core.ts'
import { GRANT, Grants, LEASE, OwnLease } from '../../src/links/lease.core.ts'
import { parentOf } from '../../src/links/parent.core.ts'
import { compareRanks, NO_RANK, rankText, toRank, toTuple } from '../../src/links/rank.core.ts'
import { Revoker } from '../../src/links/revoker.ts'
import { Strict } from '../../src/links/strict.ts'
import { Usage } from '../../src/links/usage.core.ts'
import { until } from '../harness/until.ts'
import type { Link, Place, Question, Taker, World } from '../../src/links/decide.core.ts'
import type { Rank } from '../../src/links/rank.core.ts'

const token = (n: number): string => n.toString(16).padStart(64, '0')
const rank = (index: number, term = 1): Rank => ({ epoch: 5, term, index })
const link = (node: string, index: number, incarnation = 1): Link => ({ node, incarnation, rank: rank(index) })
const taker = (id: string, more: Partial<Taker> = {}): Taker => ({ id, incarnation: 1, weight: 1024, state: 'up', ...more })
const ranks = fc.record({ epoch: fc.nat(3), term: fc.nat(3), index: fc.nat(3) })

/** A world in which a node is alive while it is listed in that life, and links are as counted. */
function world (takers: readonly Taker[], links: Readonly<Record<string, number>> = {}): World {
  return {
    takers,
    isAlive: ({ node, incarnation }) => takers.some(({ id, incarnation: now, state }) => id === node && now === incarnation && state !== 'left'),
    links: node => links[node] ?? 0,
    order: () => takers
  }
}

function question (more: Partial<Question> = {}): Question {
  return { kind: 'resolve', parent: 'a', token: token(1), propose: [], balanced: false, gone: undefined, to: undefined, from: undefined, ...more }
}

describe('links: decisions', () => {
  const three = ['x', 'y', 'z'].map(id => taker(id))

  it('the first proposal that takes tokens gets a new one; there is none without proposals', () => {
    expect(decide(question({ propose: ['y', 'z'] }), undefined, world(three))).to.deep.include({ type: 'write', place: { node: 'y', incarnation: 1 }, former: undefined })
    expect(decide(question(), undefined, world(three))).to.deep.equal({ type: 'answer', link: undefined })
    const draining = [taker('y', { state: 'draining' }), taker('z')]
    expect(decide(question({ propose: ['y'] }), undefined, world(draining))).to.deep.include({ place: { node: 'z', incarnation: 1 } })
    expect(decide(question({ propose: ['y'] }), undefined, world([]))).to.deep.equal({ type: 'refuse', why: 'no-node' })
  })

  it('a link stays while its node lives, also one that drains or is suspected, and whatever is proposed', () => {
    for (const state of ['up', 'suspect', 'draining', 'away'] as const) {
      const present = link('x', 1)
      expect(decide(question({ propose: ['z'], gone: 'x' }), present, world([taker('x', { state }), taker('z')]))).to.deep.equal({ type: 'answer', link: present })
    }
  })

  it('a link dies with the life of its node: another incarnation of the same identity is another node', () => {
    const decision = decide(question({ propose: ['x'] }), link('x', 1), world([taker('x', { incarnation: 2 })]))
    expect(decision).to.deep.equal({ type: 'write', place: { node: 'x', incarnation: 2 }, former: undefined })
  })

  it('a node beyond its share is passed over, unless a balancer chose it', () => {
    const links = { x: 100, y: 10, z: 10 }
    expect(decide(question({ propose: ['x', 'y'] }), undefined, world(three, links))).to.deep.include({ place: { node: 'y', incarnation: 1 } })
    expect(decide(question({ propose: ['x'], balanced: true }), undefined, world(three, links))).to.deep.include({ place: { node: 'x', incarnation: 1 } })
  })

  it('a node that its caller cannot reach is not linked to while there is another', () => {
    expect(decide(question({ propose: ['x'], gone: 'x' }), undefined, world(three))).to.deep.include({ place: { node: 'y', incarnation: 1 } })
    expect(decide(question({ propose: ['x'], gone: 'x' }), undefined, world([taker('x')]))).to.deep.include({ place: { node: 'x', incarnation: 1 } })
  })

  it('moves and removals change what they were asked to change, and nothing newer', () => {
    const present = link('x', 7)
    const w = world(three)
    expect(decide(question({ kind: 'move', to: 'y', from: rank(7) }), present, w)).to.deep.equal({ type: 'write', place: { node: 'y', incarnation: 1 }, former: present })
    expect(decide(question({ kind: 'move', to: 'y', from: rank(6) }), present, w)).to.deep.equal({ type: 'answer', link: present })
    expect(decide(question({ kind: 'move', to: 'y', from: NO_RANK }), present, w)).to.deep.equal({ type: 'answer', link: present })
    expect(decide(question({ kind: 'move', to: 'y', from: NO_RANK }), undefined, w)).to.deep.include({ type: 'write' })
    expect(decide(question({ kind: 'move', to: 'nobody', from: rank(7) }), present, w)).to.deep.equal({ type: 'refuse', why: 'not-there' })
    expect(decide(question({ kind: 'remove', from: rank(7) }), present, w)).to.deep.equal({ type: 'write', place: undefined, former: present })
    expect(decide(question({ kind: 'remove', from: rank(6) }), present, w)).to.deep.equal({ type: 'answer', link: present })
    expect(decide(question({ kind: 'remove', from: rank(6) }), undefined, w)).to.deep.equal({ type: 'answer', link: undefined })
  })

  it('new tokens are spread by weight, and none ever moves by itself', () => {
    fc.assert(fc.property(fc.array(fc.record({ token: fc.nat(40), propose: fc.shuffledSubarray(['x', 'y', 'z']) }), { maxLength: 200 }), steps => {
      const table = new Map<number, Link>()
      const links: Record<string, number> = {}
      for (const { token: n, propose } of steps) {
        const decision = decide(question({ token: token(n), propose }), table.get(n), world(three, links))
        if (decision.type !== 'write') {
          expect(decision.type === 'answer' && decision.link).to.equal(table.get(n))
          continue
        }
        expect(table.has(n)).to.equal(false)
        const { node } = decision.place as Place
        table.set(n, link(node, table.size + 1))
        links[node] = (links[node] ?? 0) + 1
        expect(links[node]).to.be.at.most(Math.ceil(1.25 * table.size / 3) + (propose.length === 0 ? 0 : 1))
      }
    }))
  })
})

describe('links: names, ranks and counts', () => {
  it('names have their parts back whatever services and nodes are called', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/), fc.nat(), (service, n) => {
      for (const parent of [service, '', '*']) expect(linkOf(linkKey(parent, token(n)))).to.deep.equal({ parent, token: token(n) })
      expect(downOf(downKey(service))).to.equal(service)
      expect(linkOf(downKey(service))).to.equal(undefined)
    }))
    expect(linkOf('link/no-token')).to.equal(undefined)
    expect([parentOf(undefined, 'relation'), parentOf('a', 'relation'), parentOf('a', 'service')]).to.deep.equal(['', 'a', '*'])
  })

  it('ranks are ordered as texts as they are as numbers, and a rank that cannot be is none', () => {
    fc.assert(fc.property(ranks, ranks, (a, b) => {
      const texts = rankText(a) < rankText(b) ? -1 : rankText(a) > rankText(b) ? 1 : 0
      expect(Math.sign(compareRanks(a, b))).to.equal(texts)
      expect(toRank(toTuple(a))).to.deep.equal(a)
    }))
    for (const bad of [[1, 2], [1, 2, 2 ** 53], [1, 2, -1], [1, 2, 0.5], ['1', 2, 3], null, 7, {}]) expect(toRank(bad)).to.equal(undefined)
    expect(toRank([0, 0, Number.MAX_SAFE_INTEGER])).to.deep.equal({ epoch: 0, term: 0, index: Number.MAX_SAFE_INTEGER })
  })

  it('counts are those of the links there are: never below zero, never what was', () => {
    const place = fc.record({ node: fc.constantFrom('x', 'y', 'some-node-with-hyphens'), incarnation: fc.nat(2), maker: fc.constantFrom('m', 'n') })
    fc.assert(fc.property(fc.array(fc.record({ parent: fc.constantFrom('a', 'b-c'), token: fc.nat(9), place: fc.option(place, { nil: undefined }) })), steps => {
      const counts = new Counts()
      const table = new Map<string, { parent: string, place: Place }>()
      for (const { parent, token: n, place } of steps) {
        const before = table.get(`${parent}/${n}`)
        if (before !== undefined) counts.remove(parent, before.place)
        if (place !== undefined) counts.add(parent, place)
        if (place === undefined) table.delete(`${parent}/${n}`)
        else table.set(`${parent}/${n}`, { parent, place })
      }
      for (const node of ['x', 'y', 'some-node-with-hyphens']) {
        for (const life of [0, 1, 2]) {
          const of = [...table.values()].filter(({ place }) => place.node === node && place.incarnation === life)
          expect(counts.of(node, ({ incarnation }) => incarnation === life)).to.equal(of.length)
        }
      }
      expect(counts.total(() => true)).to.equal(table.size)
      expect(counts.size).to.equal(table.size)
      for (const maker of ['m', 'n']) expect(counts.made(maker).links).to.equal([...table.values()].filter(({ place }) => place.maker === maker).length)
      expect(counts.made('m').makers).to.equal(new Set([...table.values()].map(({ place }) => place.maker)).size)
      expect(counts.all(() => true).reduce((sum, { links }) => sum + links, 0)).to.equal(table.size)
    }))
  })
})

describe('links: what a caller knows', () => {
  const cache = (most = 100): Cache => new Cache(({ index }) => Uint8Array.of(index), most)

  it('never goes back to an older link, not even over a removal', () => {
    fc.assert(fc.property(fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 50 }), heard => {
      const known = cache()
      let highest = 0
      for (const index of heard) {
        const now = known.learn('b', 't', index === undefined ? undefined : link(`n${index}`, index))
        if (now !== undefined) {
          expect(now.rank.index).to.be.at.least(highest)
          highest = now.rank.index
        }
        expect(known.rank('b', 't').index).to.equal(highest)
      }
    }))
  })

  it('what is found in the DHT brings nothing back that was removed, nor holds against whoever decides', () => {
    const known = cache()
    known.learn('b', 't', link('x', 5))
    expect(known.find('b', 't', link('w', 4))).to.include({ id: 'x' })
    known.learn('b', 't', undefined)
    for (const old of [link('x', 5), link('w', 4)]) expect(known.find('b', 't', old)).to.equal(undefined)
    expect(known.find('b', 't', link('y', Number.MAX_SAFE_INTEGER))).to.include({ id: 'y' })
    expect(known.find('b', 't', link('z', 6))).to.include({ id: 'y' })
    expect(known.learn('b', 't', link('z', 6))).to.include({ id: 'z' })
    expect(known.get('b', 't')).to.include({ id: 'z' })
  })

  it('"there is none" holds against what was removed before it, also by others and never heard of', () => {
    const known = cache()
    known.learn('b', 't', link('x', 1))
    // moved at 2 and unlinked at 3, by others
    known.learn('b', 't', undefined, rank(3))
    for (const old of [link('x', 1), link('y', 2)]) expect(known.find('b', 't', old)).to.equal(undefined)
    known.learn('b', 't', undefined, rank(2))
    expect(known.find('b', 't', link('y', 3))).to.equal(undefined)
    expect(known.learn('b', 't', link('z', 4))).to.include({ id: 'z' })
    expect(known.learn('b', 'new', undefined, rank(9))).to.equal(undefined)
    expect(known.find('b', 'new', link('y', 8))).to.equal(undefined)
  })

  it('"there is none" that was overtaken by a newer link changes nothing, and what has no rank does', () => {
    const known = cache()
    known.learn('b', 't', link('x', 6))
    expect(known.learn('b', 't', undefined, rank(5))).to.include({ id: 'x' })
    expect(known.get('b', 't')).to.include({ id: 'x' })
    expect(known.learn('b', 't', undefined, rank(6)), 'nor one of up to that').to.equal(undefined)
    known.learn('b', 't', link('x', 7))
    expect(known.learn('b', 't', undefined), 'its node is gone').to.equal(undefined)
    expect(known.get('b', 't')).to.equal(undefined)
  })

  it('goes back once whoever decides stands below it for good, and not before', () => {
    const token = { epoch: 9, term: 1 }
    let [now, leader] = [0, { id: 'l', token }]
    const finder = new Finder({
      options: {}, parent: '', discovery: {}, asker: {}, archive: {}, local: undefined, onLink: () => {}, now: () => now, of: () => ({ leader })
    } as unknown as ConstructorParameters<typeof Finder>[0])
    const settle = (node: string, rank: Rank): string | undefined => finder.settle('b', 't', { link: { node, incarnation: 1, rank }, changed: false })?.id
    const answers: unknown[] = [settle('x', { ...token, index: 5 })]
    // of one that this node has not heard of yet
    answers.push(settle('y', { epoch: 9, term: 2, index: 1 }), settle('x', { ...token, index: 5 }))
    now += 59_000
    answers.push(settle('x', { ...token, index: 6 }))
    // that was a lie
    now += 1_000
    answers.push(settle('z', { ...token, index: 7 }), settle('x', { ...token, index: 5 }))
    // founded anew, by a clock that is behind; who believes that has waited for long
    leader = { id: 'n', token: { epoch: 5, term: 1 } }
    answers.push(settle('n', { epoch: 5, term: 1, index: 1 }))
    expect(answers).to.deep.equal(['x', 'y', 'y', 'y', 'z', 'z', 'n'])
  })

  it('what was found wrong is not used again before it was asked for', () => {
    const known = cache()
    known.learn('b', 't', link('x', 1))
    expect(known.get('b', 't')).to.include({ id: 'x' })
    known.doubt('b', 't')
    expect(known.get('b', 't')).to.equal(undefined)
    expect(known.last('b', 't')).to.include({ id: 'x' })
    known.learn('b', 't', link('x', 1))
    expect(known.get('b', 't')).to.include({ id: 'x' })
    expect(known.services('t')).to.deep.equal(['b'])
    known.learn('b', 't', undefined)
    expect(known.get('b', 't')).to.equal(undefined)
    expect(known.services('t')).to.deep.equal([])
  })

  it('is bounded', () => {
    const known = cache(10)
    for (let n = 0; n < 1_000; n++) known.learn(`s${n % 3}`, token(n), link('x', n + 1))
    expect(known.size).to.be.at.most(10)
    expect(known.get('s0', token(999))).to.include({ id: 'x' })
  })
})

describe('links: what the called node knows', () => {
  it('runs what it holds at that rank or a higher one, says where a newer one is, and asks about the rest', () => {
    const held = new Holdings(100)
    expect(held.judge(held.get('a', 't'), rank(1))).to.equal('ask')
    const mine = held.learn('a', 't', link('me', 5), true)
    expect([4, 5, 6].map(index => held.judge(mine, rank(index)))).to.deep.equal(['run', 'run', 'ask'])
    const other = held.learn('a', 't', link('you', 6), false)
    expect([5, 6, 7].map(index => held.judge(other, rank(index)))).to.deep.equal(['moved', 'ask', 'ask'])
    expect(held.get('b', 't')).to.equal(undefined)
  })

  it('late word of a link that was let go, moved or removed brings nothing back', () => {
    const held = new Holdings(100)
    held.learn('a', 't', link('me', 5), true)
    expect(held.drop('a', 't', rank(4))).to.equal(undefined)
    expect(held.drop('a', 't', rank(6))?.mine).to.equal(true)
    held.learn('a', 't', link('you', 8), false)
    expect(held.learn('a', 't', link('me', 7), true).mine).to.equal(false)
    held.learn('a', 'u', link('me', 3), true)
    held.revoke('a', 'u', rank(2))
    expect(held.get('a', 'u')?.mine, 'of a link before').to.equal(true)
    held.revoke('a', 'u', rank(3))
    expect(held.judge(held.get('a', 'u'), rank(3))).to.equal('ask')
    expect(held.learn('a', 'u', link('me', 2), true).mine).to.equal(false)
  })

  it('says which links nobody has used for their time, again after half of it, and none that was used or is another\'s', () => {
    const held = new Holdings(10)
    for (const [token, mine] of [['t', true], ['u', true], ['v', false]] as const) held.learn('a', token, link('me', 5), mine)
    expect(held.takeIdle(1_000, 100).size, 'they were made a moment ago').to.equal(0)
    held.takeUsed(1_000)
    expect(held.takeIdle(1_099, 100).size).to.equal(0)
    held.get('a', 'u')!.used = true
    expect([...held.takeIdle(1_100, 100)]).to.deep.equal([['a', [{ token: 't', rank: rank(5) }]]])
    held.takeUsed(1_100)
    expect(held.takeIdle(1_149, 100).size).to.equal(0)
    expect([...held.takeIdle(1_150, 100)]).to.deep.equal([['a', [{ token: 't', rank: rank(5) }]]])
  })

  it('reports each use once, and is bounded', () => {
    const held = new Holdings(10)
    held.learn('a', 't', link('me', 1), true)
    held.learn('a', 'u', link('you', 1), false)
    expect([...held.takeUsed(0)]).to.deep.equal([['a', ['t']]])
    expect([...held.takeUsed(0)]).to.deep.equal([])
    for (let n = 0; n < 1_000; n++) held.learn(`s${n % 3}`, token(n), link('me', n), true)
    expect(held.size).to.be.at.most(10)
    expect([...held.takeUsed(0)].flatMap(([, tokens]) => tokens)).to.have.members(Array.from({ length: 1_000 }, (_, n) => token(n)))
    expect([...held.takeUsed(0)]).to.deep.equal([])
    held.clear()
    expect(held.size).to.equal(0)
  })
})

describe('links: idle links', () => {
  it('end after their time and within twice that, if nobody used them', () => {
    const usage = new Usage()
    usage.begin()
    usage.report('used')
    expect([usage.turn(10), usage.turn(20)]).to.deep.equal([undefined, undefined])
    usage.report('used')
    const ended = usage.turn(30)
    expect(['used', 'unused'].map(key => ended?.(key, 0))).to.deep.equal([false, true])
    // made in the last two half times: 11 to 30
    expect([10, 11, 30].map(made => ended?.('unused', made))).to.deep.equal([true, false, false])
    usage.turn(40)
    expect(usage.turn(50)?.('used', 0)).to.equal(true)
  })

  it('a new keeper takes everything it finds for used', () => {
    const usage = new Usage()
    usage.begin()
    usage.turn(1)
    usage.turn(1)
    usage.begin()
    expect([usage.turn(1), usage.turn(1)]).to.deep.equal([undefined, undefined])
    expect(usage.turn(1)?.('any', 0)).to.equal(true)
  })
})

describe('links: strict ownership', () => {
  const at = (ms: number): { now: number, wall: number } => ({ now: ms, wall: 1_000_000 + ms })

  it('a node believes in its lease for less than its leader does, whatever the answer took and however clocks drift', () => {
    fc.assert(fc.property(fc.nat(2_000), fc.nat(5_000), fc.double({ min: 0.99, max: 1.01, noNaN: true }), (travel, later, drift) => {
      const own = new OwnLease()
      const grants = new Grants()
      // asked at 0 of the node's clock, granted after `travel` of the leader's
      grants.grant('x', at(travel))
      own.renewed(at(0), at(travel * drift))
      const believes = own.holds(at((travel + later) * drift))
      expect(believes && grants.isOver('x', at(travel + later))).to.equal(false)
    }))
  })

  it('a leader waits for what leaders before may have granted, and grants nothing while a token is taken', () => {
    const grants = new Grants()
    grants.begin(at(0))
    expect(grants.isOver('x', at(GRANT - 1))).to.equal(false)
    expect(grants.isOver('x', at(GRANT))).to.equal(true)
    grants.block('x')
    grants.block('x')
    expect(grants.grant('x', at(GRANT))).to.equal(false)
    grants.unblock('x')
    expect(grants.grant('x', at(GRANT))).to.equal(false)
    grants.unblock('x')
    expect(grants.grant('x', at(GRANT))).to.equal(true)
    expect(grants.isOver('x', at(GRANT + LEASE))).to.equal(false)
  })

  it('a leader whose wall clock is set counts a lease no shorter and no longer', () => {
    const grants = new Grants()
    grants.begin({ now: 0, wall: 1_000_000 })
    grants.grant('x', { now: 10, wall: 1_000_010 })
    expect(grants.isOver('x', { now: GRANT, wall: 9_000_000 })).to.equal(false)
    expect(grants.isOver('x', { now: GRANT + 10, wall: 0 })).to.equal(true)
    expect(grants.isOver('y', { now: GRANT, wall: 0 })).to.equal(true)
  })

  it('a node keeps its lease while it lets tokens go, and gets none once it does not answer', async () => {
    let answer = Promise.withResolvers<undefined>()
    let asked = 0
    const invoke = async (): Promise<undefined> => {
      asked++
      return answer.promise
    }
    const discovery = { self: { id: 'l' }, node: (id: string) => ({ id, incarnation: 1 }) }
    const revoker = new Revoker({ service: 'cart', discovery, rpc: { invoke }, owner: {} } as unknown as ConstructorParameters<typeof Revoker>[0])
    const strict = new Strict({ service: 'cart', discovery, asker: {}, owner: {}, own: async () => true, askBack: async (...asked: Parameters<Revoker['ask']>) => revoker.ask(...asked) } as unknown as ConstructorParameters<typeof Strict>[0])
    strict.begin()
    const revoke = async (): Promise<void> => strict.revoke({ node: 'x', incarnation: 1 }, { parent: '', token: 'aa' }, { epoch: 1, term: 1, index: 1 })
    const first = revoke()
    expect(strict.grant('x'), 'while it is asked').to.equal(true)
    answer.resolve(undefined)
    await first
    answer = Promise.withResolvers()
    const [second, third] = [revoke(), revoke()]
    // for both at once
    await until(() => asked === 2)
    answer.reject(new Error('lost'))
    answer = Promise.withResolvers()
    await until(() => asked === 3)
    expect(strict.grant('x'), 'until it lets both go').to.equal(false)
    answer.resolve(undefined)
    await Promise.all([second, third])
    expect(strict.grant('x')).to.equal(true)
  })

  it('a lease ends when either clock says so, and a lapse is told', () => {
    const own = new OwnLease()
    expect(own.renewed(at(0), at(1))).to.equal(false)
    expect(own.renewed(at(1_000), at(1_001))).to.equal(true)
    expect(own.holds({ now: 1_100, wall: 1_000_000 + 1_000 + LEASE })).to.equal(false)
    expect(own.holds({ now: 1_000 + LEASE, wall: 1_000_000 })).to.equal(false)
    expect(own.renewed(at(9_000), at(9_001))).to.equal(false)
  })
})
