import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStorage } from '../../src/storage/memory.ts'
import { openStorage } from '../../src/storage/node.ts'
import { storageContract } from './storage-contract.ts'

storageContract({
  name: 'memory',
  durable: false,
  create: async () => ({ open: async () => memoryStorage(), remove: async () => {} }),
  runs: 300
})

storageContract({
  name: 'node',
  durable: true,
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'braid-storage-'))
    return {
      open: async () => await openStorage(join(dir, 'data')),
      remove: async () => { await rm(dir, { recursive: true, force: true }) }
    }
  },
  runs: 25
})
