import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { OutboxFullError } from '../../src/errors.ts'
import { Logs, NO_OUTCOMES } from '../../src/pubsub/logs.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { RETENTION } from '../../src/pubsub/numbers.core.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { LogsInit } from '../../src/pubsub/logs.ts'

describe('pub/sub: the logs that a node assigns', () => {
  it('a dead letter that is refused is published later, and what it is of gives its place free then', swiftly(async () => {
    const counts: string[] = []
    const emitted: string[] = []
    const spec = { channel: 'orders/billing', pattern: 'orders', name: 'billing', opened: 1, start: 'latest' as const, durable: true, expire: 1_000, maxDeliver: 5, ackWait: 30_000, backoff: [] }
    const logs = new Logs({
      context: {
        self: 'p', init: {}, storage: undefined, retention: RETENTION, loop: new Loop(err => { throw err }), log: defaultLogger().forComponent('test'),
        count: (what: string) => { counts.push(what) }, emit: (type: string) => { emitted.push(type) }, send: () => {}, problem: () => {}, keepers: () => [], isKept: () => false, neighbours: () => []
      },
      registry: { synced: async () => {}, matching: (topic: string) => topic === 'orders' ? [{ spec, members: [{ id: 'p', weight: 1 }] }] : [] },
      courier: { carry: async () => {} }, onBatch: () => {}, onDeposed: () => {}
    } as unknown as LogsInit)
    const driver = await logs.own('orders')
    const { log } = driver
    const own = logs.own.bind(logs)
    let refused = 0
    logs.own = async topic => refused++ < 2 ? Promise.reject(new OutboxFullError('full')) : own(topic)
    logs.message('p', { type: 'open', log, spec, weight: 1, fresh: false, session: 1, prefetch: 10, concurrency: 1, holds: [], low: 0, outcomes: NO_OUTCOMES })
    driver.publish([{ at: Date.now(), ttl: 0, key: undefined, payload: Uint8Array.of(1) }], () => {})
    logs.message('p', { type: 'ack', log, channel: spec.channel, outcomes: { ...NO_OUTCOMES, terms: [{ seq: 1, reason: 'no' }] } })
    await until(() => emitted.includes('dead'))
    expect(driver.status().channels).to.deep.equal([{ channel: spec.channel, members: 1, low: 1, lag: 0, inFlight: 0, redelivered: 0, dead: 1, expired: 0 }])
    expect([refused, counts.filter(what => what === 'dead').length]).to.deep.equal([3, 1])
    await logs.stop()
  }))
})
