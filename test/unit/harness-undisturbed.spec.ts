import { expect } from 'chai'
import { realNow, realTimeout } from '../harness/real-time.ts'
import { standstill } from '../harness/stalls.ts'
import { undisturbed } from '../harness/undisturbed.ts'

describe('harness: undisturbed', () => {
  let runs: number

  /** Stands still for so long, and resolves to how often it was run. */
  async function run (ms: number): Promise<number> {
    await new Promise(resolve => { realTimeout(resolve, 20) })
    for (const end = realNow() + ms; realNow() < end;);
    await new Promise(resolve => { realTimeout(resolve, 20) })
    return ++runs
  }

  beforeEach(() => { runs = 0 })

  it('what is not as claimed is judged at once, unless this process stood still', async () => {
    expect(await undisturbed(async () => run(0), () => false, () => 0)).to.equal(1)
    expect(await undisturbed(async () => run(500), runs => runs === 3)).to.equal(3)
  })

  it('a process that stands still in pieces stands still', async () => {
    const pieces = async (): Promise<number> => {
      for (let i = 0; i < 4; i++) await run(150)
      return ++times
    }
    let times = 0
    expect(await undisturbed(pieces, times => times === 3)).to.equal(3)
    const stalls = [0, 300, 600, 900, 5_000].map(from => ({ from, to: from + 150 }))
    expect(standstill(stalls)).to.equal(550)
    expect(standstill([...stalls, { from: 9_000, to: 11_000 }])).to.equal(2_000)
    expect(standstill([])).to.equal(0)
  })

  it('what is as claimed is not run again, whatever stood still', async () => {
    expect(await undisturbed(async () => run(500), () => true)).to.equal(1)
  })

  it('the last of three is judged, and a rejection is final', async () => {
    expect(await undisturbed(async () => run(0), () => false, () => 1_000)).to.equal(3)
    const failure = await undisturbed(async () => { throw new Error(`run ${await run(500)}`) }, () => false).catch((error: Error) => error.message)
    expect(failure).to.equal('run 4')
  })
})
