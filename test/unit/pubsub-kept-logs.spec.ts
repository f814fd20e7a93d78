import { defaultLogger } from '@libp2p/logger'
import { expect } from 'chai'
import { KeptLogs } from '../../src/pubsub/kept-logs.ts'
import { Loop } from '../../src/pubsub/loop.ts'
import { swiftly } from '../harness/swift-time.ts'
import { until } from '../harness/until.ts'
import type { KeptLogsInit } from '../../src/pubsub/kept-logs.ts'

const log = { topic: 'orders', publisher: 'p', epoch: 1 }

describe('pub/sub: the logs of others', () => {
  it('are taken over from a keeper of which this node hears only when it is gone', swiftly(async () => {
    const takeOvers: number[] = []
    const context = {
      self: 'k', loop: new Loop(err => { throw err }), log: defaultLogger().forComponent('test'), storage: undefined, retention: undefined, send: () => {}, problem: () => {}, count: () => {},
      keepers: () => ['k'], neighbours: () => ['m'], discovery: { node: (id: string) => id === 'p' || id === 'm' ? { id, state: 'up' } : undefined }
    }
    const kept = new KeptLogs({
      context, gossip: { listen: () => () => {} }, onTakeOver: (_: unknown, __: unknown, { generation }: { generation: { number: number } }) => { takeOvers.push(generation.number) }, onGiveBack: () => {}, onCopies: () => {}
    } as unknown as KeptLogsInit)
    kept.batch('p', { log, generation: { number: 0, by: 'p' }, channels: [], messages: [{ seq: 1, at: Date.now(), ttl: 0, key: undefined, payload: Uint8Array.of(1) }] })
    kept.gone('l')
    for (let i = 0; i < 100; i++) kept.gone(`tab${i}`)
    kept.gone('p')
    kept.message('m', { type: 'have', log, generation: { number: 5_000, by: 'l' }, asked: undefined, ranges: [1, 1], high: 1, cursors: [] })
    await until(() => takeOvers.length > 0)
    expect(takeOvers[0]).to.be.above(5_000)
    await kept.stop()
  }))
})
