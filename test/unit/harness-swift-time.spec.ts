/** The time of tests that wait for seconds. */
import { expect } from 'chai'
import { timers } from '../../src/util/timers.ts'
import { wallClock } from '../harness/ipc.ts'
import { swiftly } from '../harness/swift-time.ts'

/** Milliseconds by a clock of the system's own, cut to whole ones. */
const real = (): number => new Date().getTime()

describe('harness: swift time', () => {
  it('takes a fifth of the time for timers and for clocks, which agree', async () => {
    const began = real()
    let seen: number[] = []
    await swiftly(async () => {
      const from = [performance.now(), Date.now()] as const
      await new Promise(resolve => { setTimeout(resolve, 1_000) })
      seen = [performance.now() - from[0], Date.now() - from[1]]
    })()
    const took = real() - began
    expect(took).to.be.at.least(199)
    for (const passed of seen) expect(passed).to.be.at.least(990).and.at.most(5 * (took + 2))
  })

  it('goes on from where it was, so that timers that all share are on time after it', async () => {
    const before = performance.now()
    await swiftly(async () => { await new Promise(resolve => { timers.after(1_000, () => { resolve(undefined) }) }) })()
    expect(performance.now() - before).to.be.at.least(1_000)
    const [earlier, now, later] = [real(), Date.now(), real()]
    expect(now).to.be.within(earlier - 1, later + 1)
    const began = real()
    await new Promise(resolve => { timers.after(50, () => { resolve(undefined) }) })
    expect(real() - began).to.be.at.least(49)
  })

  it('is none for processes that agree about the time, neither meanwhile nor later', async () => {
    /** By how much the one clock is ahead of the other, at least and at most: it may be long between two looks at them. */
    const ahead = (): [number, number] => {
      const [earlier, now, later] = [real(), wallClock(), real()]
      return [now - later, now - earlier]
    }
    const [least, most] = ahead()
    let meanwhile: [number, number] = [Infinity, -Infinity]
    await swiftly(async () => {
      await new Promise(resolve => { setTimeout(resolve, 1_000) })
      meanwhile = ahead()
    })()
    for (const [low, high] of [meanwhile, ahead()]) {
      expect(low).to.be.below(most + 5)
      expect(high).to.be.above(least - 5)
    }
  })

  it('is over for a test that fails, too', async () => {
    const { setTimeout: timer, Date: { now } } = globalThis
    const failure = await swiftly(async () => { throw new Error('as a test that fails') })().catch((err: Error) => err.message)
    expect(failure).to.equal('as a test that fails')
    expect([globalThis.setTimeout, Date.now]).to.deep.equal([timer, now])
  })
})
