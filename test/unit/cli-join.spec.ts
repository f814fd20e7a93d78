/** When a command takes the list of nodes for complete. */
import { expect } from 'chai'
import { settle } from '../../src/cli/join.ts'
import { OwnTime } from '../harness/own-time.ts'
import type { Mesh } from '../../src/index.ts'

describe('cli: the list of nodes', () => {
  let time: OwnTime

  beforeEach(() => { time = new OwnTime() })

  afterEach(() => { time.restore() })

  /** So many nodes are known, itself among them; `come` makes it one more. */
  function settling (known: number, timeout = 5_000, joining = 0): { done: () => boolean, come: () => void, stop: AbortController } {
    const discovery = Object.assign(new EventTarget(), { nodes: () => Array.from({ length: known }) })
    const stop = new AbortController()
    let done = false
    void settle({ discovery } as unknown as Mesh, timeout, stop.signal, time.now - joining).then(() => { done = true })
    const come = (): void => {
      known++
      discovery.dispatchEvent(new Event('node:add'))
    }
    return { done: () => done, come, stop }
  }

  it('is complete a moment after the last one came, the first of whom may take long', async () => {
    const { done, come } = settling(1)
    await time.pass(2_000)
    expect(done(), 'of a mesh that was joined somebody is heard').to.equal(false)
    come()
    await time.pass(250)
    come()
    await time.pass(250)
    expect(done()).to.equal(false)
    await time.pass(1_800)
    expect(done()).to.equal(true)
  })

  it('waits for the others as long as the first one took: they come with its answer, and that takes as long where it is far away', async () => {
    const far = settling(1)
    await time.pass(800)
    far.come()
    await time.pass(700)
    expect(far.done(), 'its answer is on its way').to.equal(false)
    far.come()
    await time.pass(700)
    expect(far.done()).to.equal(false)
    await time.pass(150)
    expect(far.done()).to.equal(true)
    const joined = settling(2, 5_000, 900)
    await time.pass(850)
    expect(joined.done(), 'the first one came while it joined').to.equal(false)
    await time.pass(100)
    expect(joined.done()).to.equal(true)
  })

  it('is complete after that moment where others are known by then', async () => {
    const { done } = settling(2)
    await time.pass(350)
    expect(done()).to.equal(true)
  })

  it('is waited for no longer than there is time, and not after Ctrl-C', async () => {
    const nobody = settling(1)
    await time.pass(5_001)
    expect(nobody.done()).to.equal(true)
    const left = settling(1)
    left.stop.abort()
    await time.pass(0)
    expect(left.done()).to.equal(true)
  })
})
