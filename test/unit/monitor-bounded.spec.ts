import { expect } from 'chai'
import { bounded } from '../../src/monitor/bounded.ts'
import { isSnapshot } from '../../src/monitor/is-snapshot.ts'
import { decodeBody, encodeBody } from '../../src/wire/codecs.ts'
import { MAX_BODY, MAX_SNAPSHOT_BYTES, MAX_SNAPSHOT_LIST, MAX_SNAPSHOT_SUBLIST } from '../../src/wire/limits.ts'
import { nodeOf, snapshotOf, topicOf } from './monitor-fakes.ts'
import type { MeshSnapshot } from '../../src/monitor/index.ts'

const size = (snapshot: MeshSnapshot): number => encodeBody(snapshot).body?.length ?? 0
const texts = (count: number, text = 'x'): string[] => Array.from({ length: count }, (_, i) => `${text}${i}`)

describe('monitor: the snapshot that others get', () => {
  it('of a small mesh is all there is, and says so', () => {
    const snapshot = snapshotOf({ topics: [topicOf('orders', ['billing'])], links: [{ service: 's', parent: 'p', node: 'n', count: 1 }] })
    expect(bounded(snapshot)).to.deep.equal(snapshot)
    const { codec, body } = encodeBody(bounded(snapshot))
    expect(decodeBody(codec, body)).to.deep.equal(snapshot)
  })

  it('of 5000 nodes with full records and 10000 topics fits, and tells what was left out', () => {
    const record = { methods: texts(512, 'method-of-a-service-'), addresses: texts(16, '/ip4/10.0.0.1/tcp/9001/'), metadata: { zone: 'a' } }
    const self = nodeOf('me', record)
    const nodes = [...texts(5_000, 'a-node-').map(id => nodeOf(id, record)), self]
    const snapshot = snapshotOf({
      self,
      nodes,
      topics: texts(10_000, 'topic-').map((name, i) => topicOf(name, texts(i === 9_999 ? 256 : 2, 'c'), { pending: i })),
      services: texts(1_000, 's').map(service => ({ service, nodes: texts(200, 'node-'), state: 'observer', voters: [], learners: [] })),
      calls: { served: texts(512, 'm').map((method, i) => ({ service: 's', method, calls: i, errors: 0, rate: 1.5, p50: 1.25, p95: 2.5, p99: 5.5 })), made: [] },
      resources: { connections: 1, streams: 1, counters: Object.fromEntries(texts(3_000).map(name => [name, 1])) }
    })
    const told = bounded(snapshot)
    expect(size(told)).to.be.at.most(MAX_SNAPSHOT_BYTES).and.below(MAX_BODY)
    expect(told.self.id).to.equal('me')
    expect(told.nodes[0]?.id).to.equal('me')
    expect(told.nodes.length + (told.truncated?.['nodes'] ?? 0)).to.equal(5_001)
    expect(told.topics.length + (told.truncated?.['topics'] ?? 0)).to.equal(10_000)
    // what matters most is there
    expect(told.topics[0]?.name).to.equal('topic-9999')
    expect(told.calls.served[0]?.method).to.equal('m511')
    expect(told.topics[0]?.channels.length).to.be.at.most(MAX_SNAPSHOT_SUBLIST)
    expect(told.truncated?.['channels of topic-9999']).to.be.at.least(256 - MAX_SNAPSHOT_SUBLIST)
  })

  it(`has at most ${MAX_SNAPSHOT_LIST} items in a list, however small they are`, () => {
    const links = texts(MAX_SNAPSHOT_LIST + 7).map((node, count) => ({ service: 's', parent: '', node, count }))
    const told = bounded(snapshotOf({ links }))
    expect(told.links).to.have.lengthOf(MAX_SNAPSHOT_LIST)
    expect(told.links[0]?.count).to.equal(MAX_SNAPSHOT_LIST + 6)
    expect(told.truncated).to.deep.equal({ links: 7 })
  })

  it(`has at most ${MAX_SNAPSHOT_LIST} channels, those with most consumers, and none of a node that tells none`, () => {
    const channels = texts(MAX_SNAPSHOT_LIST + 7).map((name, consumers) => ({ topic: 'orders', name, consumers }))
    const told = bounded(snapshotOf({ channels }))
    expect(told.channels).to.have.lengthOf(MAX_SNAPSHOT_LIST)
    expect(told.channels?.[0]?.consumers).to.equal(MAX_SNAPSHOT_LIST + 6)
    expect(told.truncated).to.deep.equal({ channels: 7 })
    expect(isSnapshot(told)).to.equal(true)
    expect(isSnapshot({ ...told, channels: undefined })).to.equal(true)
    for (const wrong of [[null], [{ topic: 'orders', name: 'billing' }], {}]) expect(isSnapshot({ ...told, channels: wrong })).to.equal(false)
  })

  it('comes to an end when nothing fits', () => {
    const told = bounded(snapshotOf({ nodes: texts(100).map(id => nodeOf(id)) }), 10)
    expect(told.nodes.map(({ id }) => id)).to.deep.equal(['me'])
    expect(told.truncated).to.deep.include({ nodes: 100 })
  })
})
