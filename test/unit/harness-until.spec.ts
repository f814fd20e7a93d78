import { expect } from 'chai'
import { realNow, realTimeout } from '../harness/real-time.ts'
import { until } from '../harness/until.ts'

function standStill (ms: number): void {
  for (const end = realNow() + ms; realNow() < end;);
}

describe('harness: until', () => {
  it('resolves to what came, throws counting as not yet', async () => {
    let looks = 0
    const value = await until(() => {
      if (++looks < 3) throw new Error('not yet')
      return looks
    })
    expect(value).to.equal(3)
  })

  it('a process that stood still for longer than the patience gets to what became ready meanwhile', async () => {
    let done = false
    const waiting = until(() => done, { timeout: 300 })
    realTimeout(() => { realTimeout(() => { realTimeout(() => { done = true }, 5) }, 5) }, 5)
    standStill(1_000)
    expect(await waiting).to.equal(true)
  })

  it('ends when what it waits for does not come, however long one look takes', async () => {
    const ended = async (condition: () => unknown): Promise<string> => until(condition, { timeout: 300, what: 'what never comes' }).then(() => 'came', (error: Error) => error.message)
    let looks = 0
    const slow = async (): Promise<boolean> => {
      looks++
      // time in which this process runs, however often it stands still
      for (let i = 0; i < 8; i++) await new Promise(resolve => { realTimeout(resolve, 100) })
      return false
    }
    expect(await ended(() => false)).to.equal('not within 300 ms: what never comes')
    expect(await ended(slow)).to.equal('not within 300 ms: what never comes')
    expect(looks).to.equal(2)
  })
})
