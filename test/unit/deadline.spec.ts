import { expect } from 'chai'
import { withDeadline } from '../../src/util/deadline.ts'

describe('a task with a deadline', () => {
  it('has as long as it takes when that is more than a timer can wait', async () => {
    for (const ms of [Infinity, 2 ** 31, Number.MAX_VALUE]) {
      const aborted = await withDeadline(ms, [], async signal => {
        await withDeadline(20, [signal], async inner => new Promise(resolve => { inner.addEventListener('abort', resolve) }))
        return signal.aborted
      })
      expect(aborted, String(ms)).to.equal(false)
    }
  })
})
