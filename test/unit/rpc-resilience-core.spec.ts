import { expect } from 'chai'
import fc from 'fast-check'
import { Circuit } from '../../src/rpc/breaker.core.ts'
import { RetryBudget } from '../../src/rpc/budget.core.ts'
import { Outliers } from '../../src/rpc/outlier.core.ts'
import { newestCompatible } from '../../src/rpc/versions.core.ts'
import { Histogram } from '../../src/util/histogram.core.ts'

describe('rpc: retry budget', () => {
  it('allows what the model allows: more than half of the tokens left after each failure', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (outcomes, max) => {
      const budget = new RetryBudget(max, 0.5)
      let model = max
      for (const ok of outcomes) {
        if (ok) {
          budget.succeeded()
          model = Math.min(max, model + 0.5)
        } else {
          model = Math.max(0, model - 1)
          expect(budget.failed()).to.equal(model > max / 2)
        }
        expect(budget.tokens).to.equal(model)
      }
    }))
  })

  it('a target that fails all the time gets at most as many repeats as half of the tokens', () => {
    const budget = new RetryBudget(10, 0.1)
    const allowed = Array.from({ length: 1_000 }, () => budget.failed()).filter(Boolean)
    expect(allowed).to.have.lengthOf(4)
  })
})

describe('rpc: circuit breaker', () => {
  const options = { threshold: 0.5, minimum: 10, window: 1_000, consecutive: 5, cooldown: 100 }

  type Step = { wait: number, ok: boolean | undefined }
  const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 150 }), ok: fc.constantFrom(true, false, undefined) }), { maxLength: 300 }) as fc.Arbitrary<Step[]>

  it('opens only for failures, lets one call through after its cooldown, and closes only for a success', () => {
    fc.assert(fc.property(steps, steps => {
      const circuit = new Circuit(options)
      let now = 0
      let inRow = 0
      let failures = 0
      let opened = 0
      for (const { wait, ok } of steps) {
        now += wait
        const before = circuit.state
        if (circuit.allows(now)) {
          if (before !== 'closed') {
            expect(now).to.be.at.least(circuit.retryAt - options.cooldown)
            expect(circuit.state).to.equal('half-open')
            expect(circuit.allows(now), 'one trial at a time').to.equal(false)
          }
          const trying = circuit.state === 'half-open'
          if (trying) {
            // calls from before it opened end while the trial is under way
            for (const old of [true, false, undefined]) circuit.record(old, now)
            for (const old of [true, false, undefined]) circuit.record(old, now, opened)
            expect(circuit.state, 'the trial decides').to.equal('half-open')
            expect(circuit.allows(now), 'still one trial at a time').to.equal(false)
          }
          circuit.record(ok, now, circuit.trial)
          if (circuit.state === 'open') opened = circuit.trial
          if (ok === false) { inRow++; failures++ } else if (ok) { inRow = 0 }
          if (trying) {
            expect(circuit.state).to.equal(ok === true ? 'closed' : ok === false ? 'open' : 'half-open')
            if (ok !== undefined) { inRow = 0; failures = 0 }
          } else if (circuit.state === 'open') {
            expect(ok).to.equal(false)
            expect(inRow >= options.consecutive || failures >= options.minimum * options.threshold).to.equal(true)
            inRow = 0
            failures = 0
          } else {
            expect(inRow).to.be.below(options.consecutive)
          }
        } else {
          expect(before).not.to.equal('closed')
          expect(now).to.be.below(circuit.retryAt)
        }
      }
    }))
  })

  it('a node that takes longer than its cooldown to answer a trial is taken back all the same', () => {
    const circuit = new Circuit({ ...options, consecutive: 1 })
    circuit.record(false, 0)
    for (const now of [100, 200, 300]) expect(circuit.allows(now)).to.equal(true)
    circuit.record(true, 310, circuit.trial - 2)
    expect(circuit.state).to.equal('closed')
  })

  it('forgets what is older than its window', () => {
    const circuit = new Circuit({ ...options, consecutive: Infinity })
    for (let i = 0; i < 9; i++) circuit.record(false, i)
    circuit.record(false, 5_000)
    expect(circuit.state).to.equal('closed')
    for (let i = 0; i < 9; i++) circuit.record(i % 2 === 1, 5_010)
    expect(circuit.state).to.equal('open')
  })

  it('a trial that fails doubles the pause, up to ten times; a late answer of before says nothing', () => {
    const circuit = new Circuit({ ...options, consecutive: 1 })
    let now = 0
    const pauses = []
    for (let i = 0; i < 6; i++) {
      circuit.allows(now)
      circuit.record(false, now, circuit.trial)
      pauses.push(circuit.retryAt - now)
      circuit.record(true, now)
      expect(circuit.state).to.equal('open')
      now = circuit.retryAt
    }
    expect(pauses).to.deep.equal([100, 200, 400, 800, 1_000, 1_000])
  })
})

describe('rpc: outliers', () => {
  const options = { interval: 10, minimumNodes: 5, minimumCalls: 10, factor: 1.9, ejection: 100, maxEjection: 250, maxShare: 0.2 }
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

  function round (outliers: Outliers, now: number, failing: Record<string, number>): string[] {
    for (const id of ids) for (let i = 0; i < 20; i++) outliers.record(id, i >= (failing[id] ?? 0))
    return outliers.look(now, new Set(ids))
  }

  it('ejects the one that fails, longer each time; a fault that all share ejects nobody', () => {
    const outliers = new Outliers(options)
    expect(round(outliers, 0, {})).to.deep.equal([])
    expect(round(outliers, 10, Object.fromEntries(ids.map(id => [id, 20])))).to.deep.equal([])
    expect(round(outliers, 20, { c: 18 })).to.deep.equal(['c'])
    expect(outliers.isEjected('c', 119)).to.equal(true)
    expect(outliers.isEjected('c', 120)).to.equal(false)
    expect(round(outliers, 130, { c: 18 })).to.deep.equal(['c'])
    expect(outliers.isEjected('c', 329)).to.equal(true)
    expect(outliers.isEjected('d', 21)).to.equal(false)
  })

  it('never ejects more than its share, the worst first, whatever happens', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 10, maxLength: 10 }), { maxLength: 20 }), rounds => {
      const outliers = new Outliers(options)
      let now = 0
      for (const failures of rounds) {
        now += 10
        round(outliers, now, Object.fromEntries(ids.map((id, i) => [id, failures[i] ?? 0])))
        expect(ids.filter(id => outliers.isEjected(id, now)).length).to.be.at.most(2)
      }
    }))
  })

  it('few nodes, or few calls, judge nobody; nodes that are gone are forgotten', () => {
    const outliers = new Outliers(options)
    for (let i = 0; i < 50; i++) outliers.record('a', false)
    for (const id of ['b', 'c', 'd']) for (let i = 0; i < 50; i++) outliers.record(id, true)
    expect(outliers.look(0, new Set(['a', 'b', 'c', 'd']))).to.deep.equal([])
    round(outliers, 10, { c: 20 })
    expect(outliers.isEjected('c', 11)).to.equal(true)
    outliers.look(12, new Set(['a']))
    expect(outliers.isEjected('c', 12)).to.equal(false)
  })
})

describe('rpc: versions', () => {
  it('the newest compatible one of any names is what a plain search finds', () => {
    const version = fc.option(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 })), { nil: undefined })
    const show = (name: string, v: [number, number] | undefined): string => v === undefined ? name : `${name}@${v[0]}.${v[1]}`
    fc.assert(fc.property(version, fc.array(fc.tuple(fc.constantFrom('a', 'ab'), version)), (wanted, served) => {
      const fits = served.filter(([name, v]) => name === 'a' && (wanted === undefined || (v !== undefined && v[0] === wanted[0] && v[1] >= wanted[1])))
        .sort(([, a], [, b]) => (b?.[0] ?? -1) - (a?.[0] ?? -1) || (b?.[1] ?? 0) - (a?.[1] ?? 0))
      expect(newestCompatible(show('a', wanted), served.map(([name, v]) => show(name, v)))).to.equal(fits[0] === undefined ? undefined : show('a', fits[0][1]))
    }))
  })
})

describe('histogram', () => {
  it('quantiles are within 10 % of the exact ones', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), fc.constantFrom(0.5, 0.95, 0.99), (values, q) => {
      const histogram = new Histogram()
      values.forEach(value => { histogram.add(value) })
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN
      expect(histogram.quantile(q) / exact).to.be.within(0.9, 1.1)
    }))
    expect(new Histogram().quantile(0.5)).to.deep.equal(Number.NaN)
  })
})
