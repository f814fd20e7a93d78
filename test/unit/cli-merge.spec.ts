import { expect } from 'chai'
import { mergeChannels, mergeLinks, mergeServices } from '../../src/cli/merge.core.ts'
import { servedOf, topView } from '../../src/cli/top-view.core.ts'
import type { CallStats, MeshSnapshot } from '../../src/monitor/index.ts'

interface Told { id: string, service?: string, at?: number, links?: number, calls?: Array<Partial<CallStats>>, kept?: MeshSnapshot['links'], topics?: MeshSnapshot['topics'], channels?: MeshSnapshot['channels'], leader?: [string, number, number] }

function told ({ id, service, at = 0, links = 0, calls = [], kept = [], topics = [], channels, leader }: Told): MeshSnapshot {
  const served = calls.map(stat => ({ service, method: 'greet', calls: 0, errors: 0, rate: 0, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN, ...stat }))
  const services = leader == null || service == null ? [] : [{ service, nodes: [], state: 'observer', voters: [], learners: [], leader: { id: leader[0], epoch: leader[1], term: leader[2] } }]
  return {
    at, self: { id, name: id, service, state: 'up', load: { links, inflight: 0 } }, links: kept, topics, channels, services, calls: { served, made: [] }, resources: { connections: 1 }
  } as unknown as MeshSnapshot
}

describe('what the nodes tell, put together', () => {
  it('services: calls add up, the highest term leads, the worst p99 counts', () => {
    const [login, mail] = mergeServices([
      told({ id: 'a', service: 'login', links: 2, calls: [{ calls: 10, errors: 1, rate: 3, p50: 1, p99: 5 }, { method: 'braid.ping', calls: 1_000, rate: 100 }], leader: ['b', 1, 7] }),
      told({ id: 'b', service: 'login', links: 1, calls: [{ calls: 5, rate: 1, p50: 5, p99: 9 }], leader: ['a', 1, 6] }),
      told({ id: 'c', service: 'mail' }),
      told({ id: 'd' })
    ])
    expect(login).to.deep.equal({ service: 'login', nodes: 2, up: 2, leader: 'b', term: 7, calls: 15, errors: 1, rate: 4, p50: 2, p99: 9, links: 3 })
    expect(mail).to.deep.include({ service: 'mail', nodes: 1, calls: 0 })
    expect(mail).to.have.property('p99').that.is.NaN
    expect(mail).not.to.have.property('leader')
  })

  it('links: by relation where the leader tells them, else by node', () => {
    const kept = [{ service: 'login', parent: 'gate', node: 'b', count: 2 }]
    const hearsay = [{ service: 'login', parent: '*', node: 'b', count: 9 }]
    expect(mergeLinks([told({ id: 'a', service: 'login', kept }), told({ id: 'b', service: 'login', links: 2 }), told({ id: 'm', service: 'mail', links: 4, kept: hearsay })])).to.deep.equal([
      { service: 'login', parent: 'gate', node: 'b', count: 2 }, { service: 'mail', parent: '*', node: 'm', count: 4 }
    ])
  })

  it('channels: lags of all publishers add up, consumers do not', () => {
    const topic = (lag: number): MeshSnapshot['topics'] => [{ name: 'orders', length: lag, bytes: 10, full: false, pending: 1, channels: [{ name: 'billing', consumers: 2, lag, pending: 1, redelivered: 0, dead: 1 }] }]
    const { topics, channels } = mergeChannels([told({ id: 'a', topics: topic(3) }), told({ id: 'b', topics: topic(4) })])
    expect(topics).to.deep.equal([{ topic: 'orders', publishers: 2, length: 7, bytes: 20 }])
    expect(channels).to.deep.equal([{ topic: 'orders', channel: 'billing', consumers: 2, lag: 7, pending: 2, redelivered: 0, dead: 2 }])
  })

  it('channels: also those for which nobody has published yet, as far as any node knows', () => {
    const topics: MeshSnapshot['topics'] = [{ name: 'orders', length: 1, bytes: 10, full: false, pending: 0, channels: [{ name: 'billing', consumers: 1, lag: 1, pending: 0, redelivered: 0, dead: 0 }] }]
    const open = (name: string, consumers: number): NonNullable<MeshSnapshot['channels']>[number] => ({ topic: 'orders', name, consumers })
    const { channels } = mergeChannels([told({ id: 'a', topics, channels: [open('billing', 2)] }), told({ id: 'b', channels: [open('mail', 1)] }), told({ id: 'c', channels: [open('mail', 3)] }), told({ id: 'd' })])
    const unknown = { lag: Number.NaN, pending: Number.NaN, redelivered: Number.NaN, dead: Number.NaN }
    expect(channels).to.deep.equal([{ topic: 'orders', channel: 'billing', consumers: 2, lag: 1, pending: 0, redelivered: 0, dead: 0 }, { topic: 'orders', channel: 'mail', consumers: 3, ...unknown }])
  })

  it('top: nodes by service and name, or those first that have most', () => {
    const snapshots = [[1, 5], [3, 2], [2, 9]].map(([rate = 0, cpu], i) => ({ ...told({ id: `n${i}`, service: 'login', calls: [{ rate }] }), resources: { connections: 1, cpu } }) as MeshSnapshot)
    const order = (by?: 'calls' | 'cpu' | 'links'): string => topView('shop', 0, snapshots, [], new Map(), by).nodes.map(({ id }) => id).join()
    expect([order(), order('calls'), order('cpu'), order('links')]).to.deep.equal(['n0,n1,n2', 'n1,n2,n0', 'n2,n0,n1', 'n0,n1,n2'])
  })

  it('top: calls a second since the last look, also of a node that began anew', () => {
    const look = (at: number, calls: number): MeshSnapshot => told({ id: 'a', service: 'login', at, calls: [{ calls, rate: 0.5 }] })
    const view = (now: MeshSnapshot, before?: MeshSnapshot): number =>
      topView('shop', 0, [now], ['b'], new Map(before == null ? [] : [['a', servedOf(before)]])).rate
    expect(view(look(1_000, 100))).to.equal(0.5)
    expect(view(look(3_000, 300), look(1_000, 100))).to.equal(100)
    expect(view(look(3_000, 5), look(1_000, 100))).to.equal(0.5)
    // it answers the same for a while, however often it is asked
    const second = servedOf(look(3_000, 300), servedOf(look(1_000, 100)))
    expect(topView('shop', 0, [look(3_000, 300)], [], new Map([['a', second]])).rate).to.equal(100)
    expect(topView('shop', 0, [look(4_000, 300)], [], new Map([['a', servedOf(look(3_000, 300), second)]])).rate).to.equal(0)
    expect(topView('shop', 7, [look(0, 0)], ['b'], new Map())).to.deep.include({ at: 7, silent: ['b'] })
  })
})
