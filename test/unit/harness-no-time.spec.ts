/** Time of tests that does not pass. */
import { expect } from 'chai'
import { timers } from '../../src/util/timers.ts'
import { inNoTime } from '../harness/swift-time.ts'

/** Milliseconds by a clock of the system's own, cut to whole ones. */
const real = (): number => new Date().getTime()

describe('harness: time that stands still', () => {
  it('ends nothing, lets timers run, and goes on from where it stood', async () => {
    const [before, wall] = [performance.now(), Date.now()]
    let seen: number[] = []
    let over = false
    await inNoTime(async () => {
      seen = [performance.now(), Date.now()]
      timers.after(50, () => { over = true })
      await new Promise(resolve => { setTimeout(resolve, 200) })
      seen.push(performance.now(), Date.now())
    })()
    const [now, then] = seen as [number, number]
    expect(now).to.be.at.least(before)
    expect(then).to.be.at.least(wall)
    expect([seen.slice(2), over]).to.deep.equal([[now, then], false])
    const [began, after] = [real(), performance.now()]
    expect(after).to.be.at.least(now)
    await new Promise(resolve => { timers.after(50, () => { resolve(undefined) }) })
    expect(real() - began).to.be.at.least(49)
    const [earlier, today, later] = [real(), Date.now(), real()]
    expect(today).to.be.within(earlier, later)
    expect(over).to.equal(true)
  })
})
