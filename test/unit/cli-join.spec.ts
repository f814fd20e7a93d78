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
  function settling (known: number, timeout = 5_000): { done: () => boolean, come: () => void, stop: AbortController } {
    const discovery = Object.assign(new EventTarget(), { nodes: () => Array.from({ length: known }) })
    const stop = new AbortController()
    let done = false
    void settle({ discovery } as unknown as Mesh, timeout, stop.signal).then(() => { done = true })
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
    await time.pass(100)
    expect(done()).to.equal(true)
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
