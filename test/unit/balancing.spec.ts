import { expect } from 'chai'
import fc from 'fast-check'
import { createPicker, rendezvousPick, rendezvousRank } from '../../src/balancing/index.ts'
import { contexts, node, pickerContract, shares } from './balancing-contract.ts'
import type { BalancerName, Candidate, Picker } from '../../src/balancing/index.ts'

const NAMES: BalancerName[] = ['random', 'rendezvous', 'weighted', 'least-pending', 'p2c']

for (const name of NAMES) {
  pickerContract(name, () => createPicker(name))
}

function picker (name: BalancerName, ...candidates: Candidate[]): Picker {
  const made = createPicker(name)
  made.update(candidates)
  return made
}

const sequence = (made: Picker, picks: number): string => Array.from({ length: picks }, () => made.pick({ now: 0, random: () => 0 })?.id ?? '-').join('')

describe('balancing: createPicker', () => {
  it('makes a new picker each time', () => {
    for (const name of NAMES) {
      expect(createPicker(name).name).to.equal(name)
      expect(createPicker(name)).not.to.equal(createPicker(name))
    }
  })

  it('takes a factory and looks at what it returns', () => {
    const first: Picker = { name: 'first', update () {}, pick: () => node('a') }
    expect(createPicker(() => first)).to.equal(first)
    expect(() => createPicker((() => ({})) as never)).to.throw('must return a picker').with.property('name', 'InvalidOptionsError')
  })

  it('names the choices when asked for another', () => {
    for (const name of ['fastest', 'toString', '', 5, undefined]) {
      expect(() => createPicker(name as never)).to.throw('use random, rendezvous, weighted, least-pending, p2c').with.property('name', 'InvalidOptionsError')
    }
  })
})

describe('balancing: effective weight', () => {
  it('is the static one less the links beyond the least laden node, at least 1', () => {
    const nodes = [node('a', 10, 'up', 100), node('b', 10, 'up', 105), node('c', 10, 'up', 5_000)]
    const { a = 0, b = 0, c = 0 } = shares(picker('weighted', ...nodes), 1_600, contexts())
    expect([a, b, c]).to.deep.equal([1_000, 500, 100])
    const drawn = shares(picker('random', ...nodes), 16_000, contexts())
    expect(drawn.a).to.be.within(9_600, 10_400)
    expect(drawn.c).to.be.within(850, 1_150)
  })

  it('does not count the links of nodes that take nothing', () => {
    const nodes = [node('a', 10, 'up', 100), node('b', 10, 'up', 100), node('d', 10, 'draining', 0)]
    expect(shares(picker('weighted', ...nodes), 100, contexts())).to.deep.equal({ a: 50, b: 50 })
  })

  it('does not move tokens', () => {
    const light = picker('rendezvous', node('a'), node('b'))
    const laden = picker('rendezvous', node('a', 1024, 'up', 1_000), node('b'))
    for (let i = 0; i < 200; i++) {
      const context = { token: `t${i}`, now: 0, random: () => 0 }
      expect(light.pick(context)?.id).to.equal(laden.pick(context)?.id)
    }
  })
})

describe('balancing: random', () => {
  it('follows the weights, with and without exclusions', () => {
    const made = picker('random', node('a', 4), node('b', 2), node('c', 1))
    const { a = 0, b = 0, c = 0 } = shares(made, 14_000, contexts())
    expect([Math.round(a / 1_000), Math.round(b / 1_000), Math.round(c / 1_000)]).to.deep.equal([8, 4, 2])
    const next = contexts()
    const without = shares({ name: '', update () {}, pick: context => made.pick({ ...context, exclude: new Set(['a']) }) }, 9_000, next)
    expect(without.b).to.be.within(5_700, 6_300)
  })

  it('reaches both ends of the chance', () => {
    const made = picker('random', node('a', 4), node('b', 2), node('c', 1))
    expect(made.pick({ now: 0, random: () => 0 })?.id).to.equal('a')
    expect(made.pick({ now: 0, random: () => 1 - 2 ** -53 })?.id).to.equal('c')
  })
})

describe('balancing: weighted', () => {
  it('is smooth: weights 4, 2, 1 give A B A C A B A', () => {
    expect(sequence(picker('weighted', node('A', 4), node('B', 2), node('C', 1)), 14)).to.equal('ABACABAABACABA')
    expect(sequence(picker('weighted', node('A'), node('B'), node('C')), 6)).to.equal('ABCABC')
    expect(sequence(picker('weighted', node('A', 5), node('B', 1), node('C', 1)), 7)).to.equal('AABACAA')
  })

  it('follows a change of weight, a newcomer and a leaver within a turn', () => {
    const made = picker('weighted', node('A', 1_000_000), node('B', 1))
    sequence(made, 1_234)
    made.update([node('A', 1), node('B', 1)])
    expect(shares(made, 10, contexts())).to.deep.equal({ A: 5, B: 5 })
    made.update([node('A', 1), node('B', 1), node('C', 2)])
    const joined = shares(made, 40, contexts())
    expect(joined.C).to.be.within(19, 21)
    made.update([node('B', 1), node('C', 2)])
    const left = shares(made, 30, contexts())
    expect(left.C).to.be.within(19, 21)
  })

  it('owes nobody the turns of a large node that drains', () => {
    const made = picker('weighted', node('A', 1_000), node('B', 1), node('C', 1))
    while (made.pick({ now: 0, random: () => 0 })?.id !== 'B') { /* until B has had its turn and C has not */ }
    made.update([node('A', 1_000, 'draining'), node('B', 1), node('C', 1)])
    const { B = 0, C = 0 } = shares(made, 20, contexts())
    expect(Math.abs(B - C)).to.be.at.most(2)
  })

  it('keeps every share within one turn per node, whatever happened before', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 })
    fc.assert(fc.property(fc.array(fc.tuple(weights, fc.nat(100)), { minLength: 1, maxLength: 5 }), fc.nat(400), fc.nat(9), (past, picks, away) => {
      const made = createPicker('weighted')
      for (const [ws, n] of past) {
        made.update(ws.map((w, i) => node(`n${i}`, w, i === away && past.at(-1)?.[0] !== ws ? 'away' : 'up')))
        sequence(made, n)
      }
      const last = past.at(-1)?.[0] ?? []
      const total = last.reduce((sum, w) => sum + w, 0)
      const counts = shares(made, picks, contexts())
      last.forEach((w, i) => {
        expect(Math.abs((counts[`n${i}`] ?? 0) - picks * w / total), JSON.stringify(counts)).to.be.at.most(last.length + 1)
      })
    }), { numRuns: 300 })
  })
})

describe('balancing: rendezvous', () => {
  const nodes = Array.from({ length: 10 }, (_, i) => node(`12D3KooW${'abcdefghij'[i]}${i * 7919}`, 512 + 256 * (i % 4)))
  const tokens = Array.from({ length: 20_000 }, (_, i) => `${i.toString(16).padStart(8, '0')}`)
  const owner = (made: Picker, token: string): string | undefined => made.pick({ token, now: 0, random: () => 0 })?.id

  it('gives each node its share', () => {
    const total = nodes.reduce((sum, n) => sum + n.weight, 0)
    const made = picker('rendezvous', ...nodes)
    const counts = new Map<string, number>()
    for (const token of tokens) {
      const id = owner(made, token) ?? ''
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const { id, weight } of nodes) {
      expect((counts.get(id) ?? 0) / tokens.length / (weight / total), id).to.be.within(0.9, 1.1)
    }
  })

  it('moves only the share of a newcomer, and never a key between old nodes', () => {
    for (const weight of [1024, 256, 4096]) {
      const newcomer = node(`12D3KooWnew${weight}`, weight)
      const before = picker('rendezvous', ...nodes)
      const after = picker('rendezvous', ...nodes, newcomer)
      let moved = 0
      for (const token of tokens) {
        const [from, to] = [owner(before, token), owner(after, token)]
        if (from !== to) {
          expect(to).to.equal(newcomer.id)
          moved++
        }
      }
      const share = weight / nodes.reduce<number>((sum, n) => sum + n.weight, weight)
      expect(moved / tokens.length).to.be.within(0.9 * share, 1.1 * share)
    }
  })

  it('lets a leaver take only its own keys along, whichever nodes there are', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 2, maxLength: 12 })
    fc.assert(fc.property(ids, fc.string(), fc.nat(), (ids, token, which) => {
      const all = ids.map((id, i) => node(id, 1 + i * 100))
      const gone = ids[which % ids.length]
      const before = owner(picker('rendezvous', ...all), token)
      const after = owner(picker('rendezvous', ...all.filter(n => n.id !== gone)), token)
      expect(before === gone || before === after).to.equal(true)
      expect(owner(picker('rendezvous', ...all.map(n => n.id === gone ? { ...n, state: 'suspect' as const } : n)), token)).to.equal(after)
    }), { numRuns: 500 })
  })

  it('ranks as it picks: the second is the one that follows when the first is excluded', () => {
    const made = picker('rendezvous', ...nodes)
    for (const token of tokens.slice(0, 300)) {
      const ranked = rendezvousRank(token, nodes)
      expect(ranked).to.have.length(nodes.length)
      expect(rendezvousPick(token, nodes)).to.equal(ranked[0])
      expect(owner(made, token)).to.equal(ranked[0]?.id)
      const exclude = new Set([ranked[0]?.id ?? ''])
      expect(rendezvousPick(token, nodes, exclude)).to.equal(ranked[1])
      expect(made.pick({ token, exclude, now: 0, random: () => 0 })).to.equal(ranked[1])
    }
    expect(rendezvousPick('t', [node('a', 1, 'suspect'), node('b', 1, 'draining')])?.id).to.equal('a')
    expect(rendezvousPick('t', [node('b', 1, 'away')])).to.equal(undefined)
  })

  it('answers the same in every version: tokens must not move with an upgrade', () => {
    const three = [node('12D3KooWA'), node('12D3KooWB'), node('12D3KooWC', 2048)]
    expect(tokens.slice(0, 12).map(token => rendezvousPick(token, three)?.id.at(-1)).join('')).to.equal('CBCCABCACACC')
  })
})

describe('balancing: least-pending', () => {
  it('evens out the calls in flight, by weight', () => {
    const made = picker('least-pending', node('a', 200), node('b', 100), node('c', 100))
    const next = contexts()
    for (let i = 0; i < 40; i++) {
      made.started?.(made.pick(next())?.id ?? '', i)
    }
    for (let i = 0; i < 5; i++) {
      made.finished?.('b', 1, true, i)
    }
    const picked = Array.from({ length: 5 }, (_, i) => {
      const id = made.pick(next())?.id ?? ''
      made.started?.(id, i)
      return id
    })
    expect(picked).to.deep.equal(['b', 'b', 'b', 'b', 'b'])
  })

  it('draws among nodes that are level', () => {
    const { a = 0, b = 0, c = 0 } = shares(picker('least-pending', node('a'), node('b'), node('c')), 3_000, contexts())
    expect(Math.min(a, b, c)).to.be.greaterThan(900)
  })

  it('remembers calls in flight over an update, and forgets those to a node that went', () => {
    const made = picker('least-pending', node('a'), node('b'))
    made.started?.('a', 0)
    made.update([node('a'), node('b')])
    expect(sequence(made, 3)).to.equal('bbb')
    made.update([node('b')])
    made.update([node('a'), node('b')])
    made.finished?.('a', 1, true, 0)
    made.started?.('b', 0)
    expect(sequence(made, 2)).to.equal('aa')
  })
})

describe('balancing: p2c', () => {
  /** Each node answers after its own latency; one call at a time. */
  function run (made: Picker, latency: (id: string, now: number) => number, picks: number, ok: (id: string) => boolean = () => true): Record<string, number> {
    const next = contexts(9)
    const counts: Record<string, number> = {}
    for (let i = 0; i < picks; i++) {
      const context = next()
      const id = made.pick(context)?.id ?? 'none'
      counts[id] = (counts[id] ?? 0) + 1
      made.started?.(id, context.now)
      made.finished?.(id, latency(id, context.now), ok(id), context.now)
    }
    return counts
  }

  it('prefers the quicker nodes and still tries the slow one', () => {
    const made = picker('p2c', node('a'), node('b'), node('slow'))
    const { a = 0, b = 0, slow = 0 } = run(made, id => id === 'slow' ? 50 : 5, 30_000)
    expect(slow).to.be.within(1, 1_500)
    expect(Math.min(a, b)).to.be.greaterThan(10_000)
  })

  it('comes back to a node that became quick again', () => {
    const made = picker('p2c', node('a'), node('b'))
    run(made, id => id === 'b' ? 200 : 5, 1_000)
    const { b = 0 } = run(made, () => 5, 100_000)
    expect(b).to.be.greaterThan(20_000)
  })

  it('takes a failure for slowness', () => {
    const made = picker('p2c', node('a'), node('bad'))
    const { bad = 0 } = run(made, id => id === 'bad' ? 0.1 : 20, 5_000, id => id !== 'bad')
    expect(bad).to.be.below(50)
  })

  it('takes a call that its caller gave up for no answer: a slow node does not look quicker by it, nor does a new one', () => {
    for (const measured of [true, false]) {
      const made = picker('p2c', node('a'), node('b'))
      made.finished?.('b', 100, true, 0)
      if (measured) made.finished?.('a', 1_000, true, 0)
      const next = contexts(3)
      let slow = 0
      for (let i = 0; i < 1_000; i++) {
        const now = i * 110
        const id = made.pick({ ...next(), now })?.id ?? ''
        made.started?.(id, now)
        made.finished?.(id, id === 'a' ? 1 : 100, true, now + 100, id === 'a')
        slow += id === 'a' ? 1 : 0
      }
      expect(slow).to.be.within(1, 50)
    }
  })

  it('tries one whose calls are given up early again after five seconds, not after all that it once took', () => {
    for (const [first, least] of [[2_000, 90], [undefined, 100]] as const) {
      const made = picker('p2c', node('a'), node('b'))
      if (first !== undefined) made.finished?.('b', first, true, 0)
      const next = contexts(3)
      let tried = 0
      for (let i = 0; i < 600; i++) {
        const now = i * 1_000
        const id = made.pick({ ...next(), now })?.id ?? ''
        made.started?.(id, now)
        // search as one types: a gives its answer, b was not asked for long enough
        made.finished?.(id, id === 'a' ? 20 : 10, true, now + 20, id === 'b')
        tried += id === 'b' ? 1 : 0
      }
      expect(tried, String(first)).to.be.within(least, 130)
      made.finished?.('b', 20, true, 600_000)
      expect(shares(made, 100, contexts(3)).b ?? 0, 'believed as soon as it answers').to.be.greaterThan(0)
    }
  })

  it('takes one that was given up late for a slow answer', () => {
    const made = picker('p2c', node('a'), node('b'))
    for (const id of ['a', 'b']) made.finished?.(id, 100, true, 0)
    made.finished?.('a', 3_000, true, 0, true)
    expect(shares(made, 100, contexts(3))).to.deep.equal({ b: 100 })
  })

  it('sees calls in flight, weights and relays', () => {
    const settle = (made: Picker): Picker => {
      run(made, () => 10, 200)
      return made
    }
    const counts = (made: Picker): Record<string, number> => shares({ name: '', update () {}, pick: context => made.pick({ ...context, now: 200 }) }, 1_000, contexts(4))
    const busy = settle(picker('p2c', node('a'), node('b'), node('c')))
    for (let i = 0; i < 50; i++) {
      busy.started?.('a', 200)
    }
    expect(counts(busy).a ?? 0).to.equal(0)
    expect(counts(settle(picker('p2c', node('a', 100), node('b', 1_000)))).a ?? 0).to.equal(0)
    expect(counts(settle(picker('p2c', { ...node('a'), relayed: true }, node('b')))).a ?? 0).to.equal(0)
  })

  it('tries a newcomer with one call, not with all of them', () => {
    const made = picker('p2c', node('a'), node('b'))
    run(made, () => 5, 100)
    made.update([node('a'), node('b'), node('new')])
    const next = contexts(2)
    let tried = 0
    for (let i = 0; i < 100; i++) {
      const id = made.pick({ ...next(), now: 100 })?.id ?? ''
      made.started?.(id, 100)
      tried += id === 'new' ? 1 : 0
      if (id !== 'new') {
        made.finished?.(id, 5, true, 100)
      }
    }
    expect(tried).to.equal(1)
  })
})

describe('balancing: any history', () => {
  it('ends in a pick that is allowed, for every picker', () => {
    const state = fc.constantFrom<Candidate['state']>('up', 'suspect', 'draining', 'away', 'left')
    const candidates = fc.uniqueArray(fc.record({ id: fc.constantFrom(...'abcdef'), weight: fc.integer({ min: 1, max: 2_000 }), state, links: fc.nat(3_000) }), { selector: c => c.id })
    const step = fc.oneof(
      fc.record({ type: fc.constant('update' as const), candidates }),
      fc.record({ type: fc.constant('call' as const), exclude: fc.subarray([...'abcdef']), latency: fc.double({ min: 0, max: 1e6, noNaN: true }), ok: fc.boolean(), ends: fc.boolean(), token: fc.option(fc.string(), { nil: undefined }) }))
    fc.assert(fc.property(fc.constantFrom(...NAMES), fc.array(step, { maxLength: 40 }), fc.integer(), (name, steps, seed) => {
      const made = createPicker(name)
      const next = contexts(seed)
      let current: Candidate[] = []
      for (const s of steps) {
        if (s.type === 'update') {
          current = s.candidates.map(({ links, ...c }) => ({ ...c, load: { links, inflight: 0 } }))
          made.update(current)
          continue
        }
        const context = { ...next(), token: s.token, exclude: new Set(s.exclude) }
        const free = current.filter(c => !context.exclude.has(c.id))
        const up = free.filter(c => c.state === 'up')
        const allowed = up.length > 0 ? up : free.filter(c => c.state === 'suspect')
        const picked = made.pick(context)
        expect(allowed.length === 0 ? picked === undefined : allowed.includes(picked as Candidate), `${name} picked ${picked?.id}`).to.equal(true)
        made.started?.(picked?.id ?? '', context.now)
        if (s.ends) {
          made.finished?.(picked?.id ?? '', s.latency, s.ok, context.now)
        }
      }
    }), { numRuns: 1_500 })
  })
})
