import { expect } from 'chai'
import fc from 'fast-check'
import { createView } from '../../src/discovery/view.core.ts'
import type { NodeInfo, NodeState } from '../../src/discovery/index.ts'
import type { VerifiedRecord, View, ViewOutput } from '../../src/discovery/view.core.ts'

function record (id: string, incarnation: number, seq: number, init: Partial<NodeInfo> = {}): VerifiedRecord {
  return {
    info: {
      id, service: 'login', name: id, incarnation, seq, state: 'up', roles: [], weight: 1_024, load: { links: 0, inflight: 0 }, methods: [],
      metadata: {}, addresses: [], ...init
    },
    signed: new TextEncoder().encode(`${id}/${incarnation}/${seq}/${init.state ?? 'up'}`)
  }
}

function view (init: Partial<Parameters<typeof createView>[0]> = {}): View {
  return createView({ self: 'self', ...init })
}

function put (target: View, ...records: VerifiedRecord[]): string[] {
  return records.flatMap(record => names(target.step({ type: 'record', record, now: 0 })))
}

function opine (target: View, id: string, opinion: 'alive' | 'suspect' | 'down', now = 0): string[] {
  return names(target.step({ type: 'opinion', id, opinion, now }))
}

function names (outputs: ViewOutput[]): string[] {
  return outputs.map(output => `${output.type} ${'node' in output ? output.node.id : output.service}`)
}

describe('view', () => {
  it('says when nodes and services come and go', () => {
    const v = view()
    expect(put(v, record('a', 1, 1))).to.deep.equal(['node:add a', 'service:add login'])
    expect(put(v, record('b', 1, 1))).to.deep.equal(['node:add b'])
    expect(put(v, record('c', 1, 1, { service: undefined }))).to.deep.equal(['node:add c'])
    expect(v.services()).to.deep.equal(['login'])
    expect(v.nodes().map(node => node.id)).to.deep.equal(['a', 'b', 'c'])
    expect(v.nodes('login').map(node => node.id)).to.deep.equal(['a', 'b'])
    expect(opine(v, 'a', 'down')).to.deep.equal(['node:remove a'])
    expect(put(v, record('b', 1, 2, { state: 'left' }))).to.deep.equal(['node:remove b', 'service:remove login'])
    expect(v.services()).to.deep.equal([])
    expect(v.nodes('login')).to.deep.equal([])
  })

  it('says `left` in the last event of a node that left', () => {
    const v = view()
    put(v, record('a', 1, 1))
    const [event] = v.step({ type: 'record', record: record('a', 1, 2, { state: 'left' }), now: 0 })
    expect(event).to.have.nested.property('node.state', 'left')
  })

  it('moves a node between services', () => {
    const v = view()
    put(v, record('a', 1, 1))
    expect(put(v, record('a', 2, 1, { service: 'mail' }))).to.deep.equal(['node:update a', 'service:remove login', 'service:add mail'])
  })

  it('shows a suspect that says `up` as suspect, and no other', () => {
    const v = view()
    put(v, record('a', 1, 1), record('b', 1, 1, { state: 'draining' }))
    expect(opine(v, 'a', 'suspect')).to.deep.equal(['node:update a'])
    expect(v.get('a')?.state).to.equal('suspect')
    expect(opine(v, 'a', 'suspect')).to.deep.equal([])
    expect(opine(v, 'b', 'suspect')).to.deep.equal([])
    expect(v.get('b')?.state).to.equal('draining')
    expect(opine(v, 'a', 'alive')).to.deep.equal(['node:update a'])
    expect(v.get('a')?.state).to.equal('up')
  })

  it('ends a suspicion with a newer record', () => {
    const v = view()
    put(v, record('a', 1, 1))
    opine(v, 'a', 'suspect')
    expect(put(v, record('a', 1, 2))).to.deep.equal(['node:update a'])
    expect(v.get('a')?.state).to.equal('up')
  })

  it('is silent about a newer record that says the same', () => {
    const v = view()
    put(v, record('a', 1, 1))
    expect(put(v, record('a', 1, 2))).to.deep.equal([])
    expect(v.get('a')?.seq).to.equal(2)
    expect(put(v, record('a', 1, 3, { load: { links: 1, inflight: 0 } }))).to.deep.equal(['node:update a'])
  })

  it('hands out the same array until something changes', () => {
    const v = view()
    put(v, record('a', 1, 1), record('m', 1, 1, { service: 'mail' }))
    const [all, login, mail] = [v.nodes(), v.nodes('login'), v.nodes('mail')]
    put(v, record('a', 1, 1))
    opine(v, 'nobody', 'suspect')
    expect(v.nodes()).to.equal(all)
    opine(v, 'a', 'suspect')
    expect(v.nodes()).to.not.equal(all)
    expect(v.nodes('login')).to.not.equal(login)
    expect(v.nodes('mail')).to.equal(mail)
    expect(v.nodes('nothing')).to.equal(v.nodes('else'))
  })

  it('takes back a node that was given up only with a newer record', () => {
    const v = view()
    put(v, record('a', 1, 5))
    opine(v, 'a', 'down')
    expect(v.tombstone('a')).to.deep.equal({ id: 'a', incarnation: 1, seq: 5, left: false })
    expect(put(v, record('a', 1, 4), record('a', 1, 5), record('a', 0, 9))).to.deep.equal([])
    expect(put(v, record('a', 1, 6))).to.deep.equal(['node:add a', 'service:add login'])
    expect(v.tombstone('a')).to.equal(undefined)
  })

  it('takes back as they are those that it gave up while it was away itself, and none that left', () => {
    const v = view()
    put(v, record('a', 1, 5), record('b', 1, 1), record('b', 1, 2, { state: 'left' }))
    opine(v, 'a', 'down')
    v.pardon()
    expect(v.wants('a', 1, 5)).to.equal(true)
    expect(put(v, record('a', 1, 5), record('b', 1, 1))).to.deep.equal(['node:add a', 'service:add login'])
    expect(v.tombstone('b')).to.have.property('left', true)
  })

  it('disputes a removal at once, the next after 30 s, and ever later; staying for ten minutes, or goodbye, begins anew', () => {
    const v = view()
    let [at, seq] = [0, 0]
    const falls = (stays: number): number => {
      v.step({ type: 'record', record: record('a', 1, ++seq), now: at })
      // what it says meanwhile makes nothing better
      v.step({ type: 'record', record: record('a', 1, ++seq), now: at })
      opine(v, 'a', 'down', at += stays)
      return [0, 30_000, 90_000, 210_000].findIndex(wait => v.disputed('a', at + wait) != null)
    }
    expect([falls(1_000), falls(1_000), falls(599_000), falls(1_000)]).to.deep.equal([0, 1, 2, 3])
    expect(v.disputed('a', at + 209_999)).to.equal(undefined)
    expect(v.disputed('a', at + 210_000)).to.deep.equal({ id: 'a', incarnation: 1, seq, left: false })
    expect([falls(600_000), falls(1)]).to.deep.equal([0, 1])
    put(v, record('a', 1, ++seq, { state: 'left' }))
    expect(v.disputed('a', at + 3_000_000)).to.equal(undefined)
    v.step({ type: 'record', record: record('a', 2, 1), now: at })
    opine(v, 'a', 'down', at)
    expect(v.disputed('a', at)).to.not.equal(undefined)
    expect(v.disputed('nobody', at)).to.equal(undefined)
  })

  it('takes back a node that left only with a newer incarnation', () => {
    const v = view()
    put(v, record('a', 1, 1), record('a', 1, 2, { state: 'left' }))
    expect(put(v, record('a', 1, 3), record('a', 1, 9))).to.deep.equal([])
    expect(put(v, record('a', 2, 1))).to.deep.equal(['node:add a', 'service:add login'])
  })

  it('never gives up itself', () => {
    const v = view()
    put(v, record('self', 1, 1))
    expect(opine(v, 'self', 'suspect')).to.deep.equal([])
    expect(opine(v, 'self', 'down')).to.deep.equal([])
    expect(v.get('self')?.state).to.equal('up')
  })

  it('refuses new nodes when it is full, and evicts nobody', () => {
    const v = view({ maxNodes: 3 })
    put(v, record('a', 1, 1), record('b', 1, 1), record('c', 1, 1))
    for (let i = 0; i < 100; i++) put(v, record(`flood${i}`, 1, 1))
    expect(v.nodes().map(node => node.id)).to.deep.equal(['a', 'b', 'c'])
    expect(v.stats()['refused']).to.equal(100)
    expect(v.wants('flood1', 1, 1)).to.equal(false)
    expect(put(v, record('a', 1, 2, { weight: 1 }))).to.deep.equal(['node:update a'])
    expect(put(v, record('self', 1, 1))).to.deep.equal(['node:add self'])
  })

  it('remembers a bounded number of removals, for a bounded time', () => {
    const v = view({ maxTombstones: 2, tombstoneTtl: 1_000 })
    put(v, ...['a', 'b', 'c'].flatMap(id => [record(id, 1, 1), record(id, 1, 2, { state: 'left' })]))
    expect(v.stats()['tombstones']).to.equal(2)
    expect(v.tombstone('a')).to.equal(undefined)
    v.step({ type: 'opinion', id: 'x', opinion: 'alive', now: 999 })
    expect(v.tombstone('b')).to.not.equal(undefined)
    v.step({ type: 'opinion', id: 'x', opinion: 'alive', now: 1_000 })
    expect(v.stats()['tombstones']).to.equal(0)
  })

  it('does not keep the large last records of those that are gone', () => {
    const v = view()
    const large = { ...record('a', 1, 2, { state: 'left' }), signed: new Uint8Array(10_000) }
    put(v, record('a', 1, 1), large, record('b', 1, 1, { state: 'left' }))
    expect(v.signed('a')).to.equal(undefined)
    expect(v.signed('b')).to.not.equal(undefined)
  })

  it('compares digests: what to send, what to fetch', () => {
    const v = view()
    put(v, record('same', 1, 1), record('mine', 1, 1), record('older', 1, 1), record('newer', 2, 1))
    put(v, record('left', 1, 2, { state: 'left' }), record('gone', 1, 5))
    opine(v, 'gone', 'down')
    const { send, fetch } = v.compare([
      { id: 'same', incarnation: 1, seq: 1 }, { id: 'older', incarnation: 1, seq: 2 }, { id: 'newer', incarnation: 1, seq: 7 },
      { id: 'theirs', incarnation: 1, seq: 1 }, { id: 'left', incarnation: 1, seq: 7 }, { id: 'gone', incarnation: 1, seq: 5 }
    ])
    expect(send).to.deep.equal(['left', 'mine', 'newer'])
    expect(fetch).to.deep.equal(['older', 'theirs'])
  })

  it('sends a node that came back too low the last record of its former life', () => {
    const v = view()
    put(v, record('a', 100, 5))
    opine(v, 'a', 'down')
    expect(v.compare([{ id: 'a', incarnation: 50, seq: 1 }]).send).to.deep.equal(['a'])
    expect(v.signed('a')).to.deep.equal(record('a', 100, 5).signed)
  })
})

interface Step { id: string, incarnation: number, seq: number, state: NodeState, opinion: 'alive' | 'suspect' | 'down' | undefined }

const steps = fc.array(fc.record<Step>({
  id: fc.constantFrom('a', 'b', 'c', 'self'),
  incarnation: fc.integer({ min: 1, max: 3 }),
  seq: fc.integer({ min: 1, max: 4 }),
  state: fc.constantFrom<NodeState>('up', 'up', 'draining', 'left'),
  opinion: fc.option(fc.constantFrom('alive', 'suspect', 'down'), { nil: undefined })
}), { maxLength: 40 })

/** What a record is worth: `left` beats every seq of its incarnation. */
function rank ({ incarnation, seq, state }: Pick<Step, 'incarnation' | 'seq' | 'state'>): number {
  return incarnation * 1_000 + (state === 'left' ? 500 : 0) + seq
}

/** The view, as simple as it can be said. */
class Model {
  best = new Map<string, Step & { gone: boolean, suspect: boolean }>()

  step (step: Step): void {
    const known = this.best.get(step.id)
    if (step.opinion === undefined) {
      if (known === undefined || rank(step) > rank(known)) this.best.set(step.id, { ...step, gone: step.state === 'left', suspect: false })
    } else if (known !== undefined && !known.gone && step.id !== 'self') {
      known.gone = step.opinion === 'down'
      known.suspect = step.opinion === 'suspect'
    }
  }

  live (): string[] {
    return [...this.best.values()].filter(node => !node.gone)
      .map(node => `${node.id}/${node.incarnation}/${node.seq}/${node.suspect && node.state === 'up' ? 'suspect' : node.state}`).sort()
  }
}

function show (v: View): string[] {
  return v.nodes().map(node => `${node.id}/${node.incarnation}/${node.seq}/${node.state}`)
}

/** Whoever leaves says so in the same service, so that a model may derive it. */
function apply (v: View, { id, incarnation, seq, state, opinion }: Step): ViewOutput[] {
  if (opinion !== undefined) return v.step({ type: 'opinion', id, opinion, now: 0 })
  return v.step({ type: 'record', record: record(id, incarnation, seq, { state, service: incarnation === 3 ? undefined : id < 'c' ? 'x' : 'y' }), now: 0 })
}

describe('view, by properties', () => {
  it('is the model', () => {
    fc.assert(fc.property(steps, steps => {
      const v = view()
      const model = new Model()
      for (const step of steps) {
        const wanted = v.wants(step.id, step.incarnation, step.seq, step.state === 'left')
        const before = model.best.get(step.id)
        if (step.opinion === undefined) expect(wanted).to.equal(before === undefined || rank(step) > rank(before))
        apply(v, step)
        model.step(step)
        expect(show(v)).to.deep.equal(model.live())
      }
    }), { numRuns: 500 })
  })

  it('ends the same in whatever order, and however often, the records come', () => {
    fc.assert(fc.property(steps.map(list => list.map(step => ({ ...step, opinion: undefined }))).chain(list =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }))
    ), ([list, shuffled]) => {
      const [one, other] = [view(), view()]
      // two different records may not have the same number: a node signs each number once
      const once = new Map<number | string, Step>()
      for (const step of [...list]) {
        const key = `${step.id}/${step.incarnation}/${step.seq}`
        if (!once.has(key)) once.set(key, step)
      }
      const signed = (step: Step): Step => once.get(`${step.id}/${step.incarnation}/${step.seq}`) ?? step
      for (const step of list) apply(one, signed(step))
      for (const step of shuffled) apply(other, signed(step))
      expect(show(other)).to.deep.equal(show(one))
      expect(other.services()).to.deep.equal(one.services())
    }), { numRuns: 500 })
  })

  it('two views are equal after one exchange of what `compare` says', () => {
    const bytes = new Map<string, VerifiedRecord>()
    fc.assert(fc.property(steps, steps, (left, right) => {
      const [a, b] = [view({ self: 'A' }), view({ self: 'B' })]
      const feed = (v: View, list: Step[]): void => {
        for (const { id, incarnation, seq } of list) {
          const known = record(id, incarnation, seq, { state: seq === 4 ? 'left' : 'up' })
          bytes.set(new TextDecoder().decode(known.signed), known)
          put(v, known)
        }
      }
      feed(a, left)
      feed(b, right)
      const give = (from: View, to: View, ids: string[]): void => {
        for (const id of ids) put(to, bytes.get(new TextDecoder().decode(from.signed(id)))!)
      }
      const { send, fetch } = a.compare(b.digest())
      give(a, b, send)
      give(b, a, fetch)
      // what only one of them knows to have left needs the other direction as well
      const back = b.compare(a.digest())
      give(b, a, back.send)
      give(a, b, back.fetch)
      expect(show(a)).to.deep.equal(show(b))
    }), { numRuns: 500 })
  })

  it('tells a story without contradictions: what comes was not there, what goes was', () => {
    fc.assert(fc.property(steps, steps => {
      const v = view()
      const nodes = new Set<string>()
      const services = new Set<string>()
      for (const step of steps) {
        for (const output of apply(v, step)) {
          const [set, key] = 'node' in output ? [nodes, output.node.id] : [services, output.service]
          expect(set.has(key), `${output.type} ${key}`).to.equal(!output.type.endsWith(':add'))
          if (output.type.endsWith(':add')) set.add(key)
          if (output.type.endsWith(':remove')) set.delete(key)
        }
        expect([...nodes].sort()).to.deep.equal(v.nodes().map(node => node.id))
        expect([...services].sort()).to.deep.equal(v.services())
        for (const service of services) expect(v.nodes(service)).to.deep.equal(v.nodes().filter(node => node.service === service))
      }
    }), { numRuns: 500 })
  })
})
