import { expect } from 'chai'
import { statusOf } from '../../src/election/status.ts'
import type { ElectionStatus } from '../../src/election/types.core.ts'

describe('election: the fault in its status', () => {
  const error = new Error('told')
  const fault = (problem: 'storage-failed' | 'voters-conflict', broken: boolean | undefined): Error | undefined => {
    const status = broken === undefined ? undefined : { broken, members: [], learners: [], voters: [] } as unknown as ElectionStatus
    return statusOf({ service: 'login', id: 'a', votes: true, group: { change: undefined, status: () => status }, told: { problem, error } }).fault
  }

  it('is that of the store for as long as it cannot be written, or read', () => {
    expect([fault('storage-failed', true), fault('storage-failed', undefined), fault('storage-failed', false)]).to.deep.equal([error, error, undefined])
    expect([fault('voters-conflict', true), fault('voters-conflict', undefined), fault('voters-conflict', false)]).to.deep.equal([error, error, error])
  })
})
