import { expect } from 'chai'
import { Tenures } from '../../src/election/tenure.ts'
import type { Lease } from '../../src/election/index.ts'

const turn = async (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))

describe('election: leases and the tasks under them', () => {
  let holds: boolean
  let tenures: Tenures

  beforeEach(() => {
    holds = true
    tenures = new Tenures(() => holds, err => { throw err })
  })

  it('runs a task once it leads, and resolves with what it returns', async () => {
    const run = tenures.run(lease => lease.token.term)
    await turn()
    tenures.begin({ epoch: 1, term: 4 })
    expect(await run).to.equal(4)
  })

  it('runs it again after a loss, once for each term, and never twice in one', async () => {
    const terms: number[] = []
    const stop = new AbortController()
    const run = tenures.run(async lease => {
      terms.push(lease.token.term)
      await new Promise((_resolve, reject) => { lease.signal.addEventListener('abort', () => { reject(lease.signal.reason as Error) }) })
    }, { signal: stop.signal }).catch((err: Error) => err.name)
    for (const term of [1, 2, 3]) {
      tenures.begin({ epoch: 1, term })
      tenures.begin({ epoch: 1, term })
      await turn()
      if (term < 3) tenures.end('it lost')
      await turn()
    }
    expect(terms).to.deep.equal([1, 2, 3])
    stop.abort()
    expect(await run).to.equal('AbortError')
  })

  it('a check throws as soon as the lease has run out, whatever the timers say', async () => {
    let lease: Lease | undefined
    void tenures.run(async given => {
      lease = given
      await new Promise(() => {})
    })
    tenures.begin({ epoch: 1, term: 1 })
    await turn()
    lease?.check()
    expect(lease?.signal.aborted).to.equal(false)
    holds = false
    expect(() => { lease?.check() }).to.throw().with.property('name', 'LeaseLostError')
    expect(lease?.signal.aborted).to.equal(true)
  })

  it('starts no task under a lease that has run out, whatever the timers say', async () => {
    const terms: number[] = []
    const task = (lease: Lease): number => terms.push(lease.token.term)
    tenures.begin({ epoch: 1, term: 1 })
    holds = false
    const runs = [tenures.run(task), tenures.run(task)]
    await turn()
    expect(terms).to.deep.equal([])
    // begun and ended before a task that waited could be started
    holds = true
    tenures.begin({ epoch: 1, term: 2 })
    tenures.end('it lost')
    await turn()
    expect(terms).to.deep.equal([])
    tenures.begin({ epoch: 1, term: 3 })
    await Promise.all(runs)
    expect(terms).to.deep.equal([3, 3])
  })

  it('rejects with what the task throws while it leads', async () => {
    tenures.begin({ epoch: 1, term: 1 })
    const failed = await tenures.run(() => { throw new Error('mine') }).catch((err: Error) => err.message)
    expect(failed).to.equal('mine')
  })

  it('waits for the tasks before it gives the leadership away, but not for ever', async () => {
    const ended: string[] = []
    const run = tenures.run(async ({ signal }) => {
      await new Promise<void>(resolve => { signal.addEventListener('abort', () => { setTimeout(resolve, 5) }) })
      ended.push('task')
    }, {}).catch(() => {})
    tenures.begin({ epoch: 1, term: 1 })
    await turn()
    await tenures.retire('leaving')
    ended.push('retired')
    expect(ended).to.deep.equal(['task', 'retired'])
    tenures.stop()
    await run
    expect(await tenures.run(() => {}).catch((err: Error) => err.name)).to.equal('MeshStoppedError')
  })
})
