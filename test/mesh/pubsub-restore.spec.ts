/** A room that takes its time to read what it had stored. */
import { identify } from '@libp2p/identify'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { discovery } from '../../src/discovery/index.ts'
import { pubsub } from '../../src/pubsub/index.ts'
import { memoryStorage } from '../../src/storage/index.ts'

describe('mesh: pub/sub that reads for long what it had stored', () => {
  const { now } = performance

  afterEach(() => { performance.now = now })

  it('has just started when it has read it: until then nobody could tell it of a channel that it is to delete', async function () {
    this.timeout(20_000)
    let passed = 0
    performance.now = () => now.call(performance) + passed
    const storage = { ...memoryStorage(), durable: true }
    const { logs } = storage.log
    storage.log.logs = async () => {
      passed = 60_000
      return logs()
    }
    const node = await createLibp2p({ services: { identify: identify(), discovery: discovery({ mesh: 'restore' }), topics: pubsub({ storage }) } })
    const elapsed = async (): Promise<number> => {
      const began = performance.now()
      await node.services.topics.topic('orders').deleteChannel('billing')
      return performance.now() - began
    }
    try {
      expect(passed).to.equal(60_000)
      expect(await elapsed()).to.be.at.least(1_900)
      passed += 60_000
      expect(await elapsed()).to.be.below(1_000)
    } finally {
      await node.stop()
    }
  })
})
