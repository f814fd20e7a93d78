/** What is left of test/unit/storage.spec.ts without files; IndexedDB has test/unit/storage-browser.spec.ts. */
import { expect } from 'chai'
import { memoryStorage } from '../../src/storage/memory.ts'
import { storageContract } from '../unit/storage-contract.ts'

storageContract({
  name: 'memory',
  durable: false,
  create: async () => ({ open: async () => memoryStorage(), remove: async () => {} }),
  runs: 20
})

describe('storage in a browser', () => {
  it('is the real IndexedDB here', () => {
    expect(String(indexedDB.open)).to.include('[native code]')
    expect(String(navigator.locks.request)).to.include('[native code]')
  })
})
