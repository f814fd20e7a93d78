import { expect } from 'chai'
import fc from 'fast-check'
import { timers } from '../../src/util/timers.ts'
import { FakeTime } from './timers.fake.ts'
import type { TimerHandle } from '../../src/util/timers.ts'

describe('timers', () => {
  it('fires once, never early and at most a slot late, at every distance', () => {
    for (const ms of [0, 1, 7, 8, 9, 100, 2_040, 2_048, 2_049, 5_000, 131_071, 131_073, 600_000, 9_000_000, 86_400_000, 700_000_000, 5_000_000_000]) {
      const clock = new FakeTime()
      let fired = 0
      let at = 0
      clock.timers.after(ms, () => { fired++; at = clock.time })
      clock.advance(Math.max(ms - 1, 0))
      expect(fired, `${ms} early`).to.equal(0)
      clock.advance(20)
      expect(fired, `${ms} fired`).to.equal(1)
      expect(at - 1_000.5, `${ms} late`).to.be.within(ms, ms + 10)
      expect(clock.timers.armed).to.equal(0)
      expect(clock.pending).to.have.length(0)
    }
  })

  it('tells one time to all that arrived together, and a later one to what comes after', async () => {
    const clock = new FakeTime()
    const { timers } = clock
    const first = timers.arrived()
    clock.time += 5
    expect(timers.arrived()).to.equal(first)
    expect(timers.look()).to.equal(first + 5)
    clock.time += 5
    expect(timers.arrived(), 'since the last look').to.equal(first + 5)
    await Promise.resolve()
    expect(timers.arrived()).to.equal(first + 10)
  })

  it('does not fire what was cancelled, and forgives a second cancel', () => {
    const clock = new FakeTime()
    const fired: string[] = []
    const a = clock.timers.after(50, () => fired.push('a'))
    clock.timers.after(50, () => fired.push('b'))
    clock.timers.cancel(a)
    clock.timers.cancel(a)
    expect(clock.timers.armed).to.equal(1)
    clock.advance(100)
    clock.timers.cancel(a)
    expect(fired).to.deep.equal(['b'])
    expect(clock.timers.armed).to.equal(0)
  })

  it('a callback may cancel its neighbour and arm anew', () => {
    const clock = new FakeTime()
    const fired: string[] = []
    const neighbours: TimerHandle[] = []
    clock.timers.after(50, () => {
      fired.push('a')
      neighbours.forEach(handle => { clock.timers.cancel(handle) })
      clock.timers.after(0, () => fired.push('c'))
    })
    neighbours.push(clock.timers.after(50, () => fired.push('b')))
    clock.advance(58)
    expect(fired).to.deep.equal(['a'])
    clock.advance(20)
    expect(fired).to.deep.equal(['a', 'c'])
  })

  it('a throwing callback is reported and loses no other', () => {
    const clock = new FakeTime()
    const fired: string[] = []
    clock.timers.after(50, () => { throw new Error('first') })
    clock.timers.after(50, () => fired.push('second'))
    clock.timers.after(51, () => { throw new Error('third') })
    clock.timers.after(5_000, () => fired.push('fourth'))
    expect(() => { clock.advance(60) }).to.throw('first')
    expect(() => { clock.advance(60) }).to.throw('third')
    expect(fired).to.deep.equal(['second'])
    clock.advance(5_000)
    expect(fired).to.deep.equal(['second', 'fourth'])
  })

  it('sets no timeout while nothing is armed, and few while calls arm and cancel', () => {
    const clock = new FakeTime()
    expect(clock.scheduled).to.equal(0)
    for (let i = 0; i < 10_000; i++) {
      clock.timers.cancel(clock.timers.after(5_000, () => {}))
      clock.advance(0.1)
    }
    expect(clock.scheduled).to.be.at.most(3)
    clock.advance(5_000)
    expect(clock.pending).to.have.length(0)
  })

  it('catches up after the clock stood still', () => {
    const clock = new FakeTime()
    let fired = 0
    for (const ms of [10, 100, 3_000, 200_000]) {
      clock.timers.after(ms, () => fired++)
    }
    clock.time += 10_000_000
    clock.advance(1)
    expect(fired).to.equal(4)
  })

  it('agrees with a sorted list, whatever is armed and cancelled (property)', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('arm' as const), ms: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000_000 })) }),
      fc.record({ op: fc.constant('cancel' as const), ms: fc.nat(50) }),
      fc.record({ op: fc.constant('wait' as const), ms: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 3_000_000 })) })
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const clock = new FakeTime()
      const model = new Map<number, { due: number, handle: TimerHandle }>()
      let id = 0
      for (const { op, ms } of steps) {
        if (op === 'arm') {
          const mine = id++
          const due = clock.time + ms
          const handle = clock.timers.after(ms, () => {
            expect(clock.time).to.be.within(due, due + 10)
            expect(model.delete(mine)).to.equal(true)
          })
          model.set(mine, { due, handle })
        } else if (op === 'cancel') {
          const entry = [...model][ms]
          if (entry !== undefined) {
            clock.timers.cancel(entry[1].handle)
            model.delete(entry[0])
          }
        } else {
          clock.advance(ms)
          for (const { due } of model.values()) {
            expect(due).to.be.above(clock.time - 10)
          }
        }
        expect(clock.timers.armed).to.equal(model.size)
      }
    }), { numRuns: 300 })
  })

  it('the shared wheel runs on real time', async () => {
    const armed = timers.armed
    const start = timers.now()
    await new Promise<void>(resolve => { timers.after(20, resolve) })
    expect(timers.now() - start).to.be.at.least(20)
    expect(timers.armed).to.equal(armed)
  })
})
