import { expect } from 'chai'
import { describePath, routeOf } from '../../src/monitor/paths.ts'
import { Rtts } from '../../src/monitor/rtts.ts'
import { describeLinks, describeServices } from '../../src/monitor/services.ts'
import { turn } from './turn.ts'
import { nodeOf } from './monitor-fakes.ts'
import type { Connection } from '@libp2p/interface'
import type { LinksStatus } from '../../src/links/index.ts'

const settled = async (): Promise<void> => new Promise<void>(turn)
const RELAY = '12D3KooWRelay'
const PEER = '12D3KooWPeer'

describe('monitor: paths', () => {
  const routes: Array<[address: string, transport: string, relayed?: true]> = [
    ['/ip4/10.0.0.1/tcp/4001', 'tcp'],
    [`/ip4/10.0.0.1/tcp/4001/p2p/${PEER}`, 'tcp'],
    ['/dns4/example.org/tcp/443/wss', 'wss'],
    ['/dns4/example.org/tcp/443/tls/sni/example.org/ws', 'wss'],
    ['/ip4/127.0.0.1/tcp/8080/ws', 'ws'],
    ['/memory/node-1', 'memory'],
    ['/ip4/10.0.0.1/udp/9000/webrtc-direct/certhash/uEiA', 'webrtc-direct'],
    ['/ip4/10.0.0.1/udp/4001/quic-v1', 'other'],
    [`/ip4/10.0.0.1/tcp/8080/ws/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`, 'ws', true],
    [`/dns4/r.example/tcp/443/wss/p2p/${RELAY}/p2p-circuit`, 'wss', true],
    [`/ip4/10.0.0.1/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`, 'tcp', true],
    [`/ip4/10.0.0.1/tcp/8080/ws/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}`, 'webrtc'],
    [`/webrtc/p2p/${PEER}`, 'webrtc']
  ]
  for (const [address, transport, relayed] of routes) {
    it(`${address} is ${transport}${relayed === true ? ', relayed' : ''}`, () => {
      expect(routeOf(address)).to.deep.equal({ transport, relayed: relayed ?? false, ...relayed === true && { relay: RELAY } })
    })
  }

  it('tells of a connection what people ask for', () => {
    const connection = {
      remotePeer: { toString: () => PEER }, remoteAddr: { toString: () => '/ip4/10.0.0.1/tcp/1/ws' }, direction: 'inbound', encryption: '/noise', multiplexer: '/yamux/1.0.0',
      timeline: { open: 17 }, streams: [1, 2]
    } as unknown as Connection
    expect(describePath(connection, () => 'gate-1')).to.deep.equal({
      peer: PEER, name: 'gate-1', address: '/ip4/10.0.0.1/tcp/1/ws', transport: 'ws', relayed: false, direction: 'inbound', encryption: '/noise', multiplexer: '/yamux/1.0.0', since: 17, streams: 2
    })
    expect(describePath(connection, () => undefined)).not.to.have.property('name')
  })
})

describe('monitor: round trips', () => {
  const connectionOf = (peer: string): Connection => ({ remotePeer: { toString: () => peer } }) as unknown as Connection

  function bench (probed: (peer: string) => number | undefined = () => undefined): { rtts: Rtts, pings: Connection[], at: (now: number) => void, answer: (result: Promise<number>) => void } {
    const pings: Connection[] = []
    const state = { now: 0, result: Promise.resolve(7) }
    const rtts = new Rtts({ probed, now: () => state.now, ping: async connection => { pings.push(connection); return state.result } })
    return { rtts, pings, at: now => { state.now = now }, answer: result => { state.result = result } }
  }

  it('of a peer with one connection is that of discovery\'s probes, and nothing is sent', () => {
    const { rtts, pings } = bench(() => 12)
    const connection = connectionOf('a')
    expect(rtts.of([connection]).get(connection)).to.equal(12)
    expect(pings).to.deep.equal([])
  })

  it('of one with two connections, or that discovery does not probe, is measured for who asks next', async () => {
    const { rtts, pings } = bench(peer => peer === 'a' ? 12 : undefined)
    const all = [connectionOf('a'), connectionOf('a'), connectionOf('b')]
    expect(rtts.of(all).size).to.equal(0)
    expect(pings).to.deep.equal(all)
    await settled()
    expect([...rtts.of(all).values()]).to.deep.equal([7, 7, 7])
  })

  it('never pings a connection twice in ten seconds, nor one that nobody asks for', async () => {
    const { rtts, pings, at } = bench()
    const connection = connectionOf('a')
    for (let now = 0; now < 60_000; now += 500) {
      at(now)
      rtts.of([connection])
      await settled()
    }
    expect(pings).to.have.lengthOf(6)
    at(600_000)
    await settled()
    expect(pings).to.have.lengthOf(6)
  })

  it('a ping that fails leaves what was known, and at most 16 are under way', async () => {
    const { rtts, pings, at, answer } = bench()
    const connection = connectionOf('a')
    rtts.of([connection])
    await settled()
    answer(Promise.reject(new Error('no')))
    at(10_000)
    expect(rtts.of([connection]).get(connection)).to.equal(7)
    await settled()
    expect(rtts.of([connection]).get(connection)).to.equal(7)
    answer(new Promise(() => {}))
    rtts.of(Array.from({ length: 100 }, (_, i) => connectionOf(`${i}`)))
    expect(pings).to.have.lengthOf(2 + 16)
  })

  it('of many are measured in turn, however seldom somebody asks', async () => {
    const { rtts, pings, at } = bench()
    const all = Array.from({ length: 40 }, (_, i) => connectionOf(`${i}`))
    for (let look = 0; look < 3; look++) {
      at(look * 15_000)
      rtts.of(all)
      await settled()
    }
    expect(new Set(pings).size).to.equal(40)
    expect(rtts.of(all).size).to.equal(40)
  })

  it('pings nobody once it is stopped', () => {
    const { rtts, pings } = bench()
    rtts.stop()
    rtts.of([connectionOf('a')])
    expect(pings).to.deep.equal([])
  })
})

describe('monitor: services and links', () => {
  it('tells leader, term and voters, and learners of its own service only', () => {
    const discovery = { self: nodeOf('me', { service: 'shop' }), services: () => ['login', 'shop', 'tabs'], nodes: (service?: string) => [nodeOf(`${service}-1`)] }
    const groups = new Map([
      ['login', { state: 'observer', voters: ['login-1'], term: 4, leader: { id: 'login-1', token: { epoch: 9, term: 4 } } }],
      ['tabs', { state: 'observer', voters: [], term: 0, hint: 'tabs-1' }]
    ])
    const election = { peek: (service: string) => groups.get(service), status: () => ({ learners: ['l'] }) }
    expect(describeServices(discovery, election as never)).to.deep.equal([
      { service: 'login', nodes: ['login-1'], state: 'observer', leader: { id: 'login-1', epoch: 9, term: 4 }, voters: ['login-1'], learners: [] },
      { service: 'shop', nodes: ['shop-1'], state: 'observer', voters: [], learners: ['l'] },
      { service: 'tabs', nodes: ['tabs-1'], state: 'observer', voters: [], learners: [], hint: 'tabs-1' }
    ])
  })

  it('tells of the lease of a leader, if it is this node', () => {
    const discovery = { self: nodeOf('me', { service: 'shop' }), services: () => ['shop', 'login'], nodes: () => [] }
    const peek = (): object => ({ state: 'leader', voters: ['me'], term: 1, leader: { id: 'me', token: { epoch: 1, term: 1 } } })
    const told = describeServices(discovery, { peek, status: () => ({ learners: [], leaseLeft: 321 }) } as never)
    expect(told.map(({ leaseLeft }) => leaseLeft)).to.deep.equal([321, undefined])
  })

  it('tells links by relation where they are decided, else by node', () => {
    const nodes = [nodeOf('s1', { service: 'shop', load: { links: 3, inflight: 0 } }), nodeOf('l1', { service: 'login', load: { links: 2, inflight: 0 } }), nodeOf('tab')]
    const status = { authority: { nodes: [{ parent: 'gate', node: 's1', links: 1 }, { parent: '', node: 's1', links: 2 }] } } as unknown as LinksStatus
    expect(describeLinks('shop', nodes, status)).to.deep.equal([
      { service: 'shop', parent: 'gate', node: 's1', count: 1 }, { service: 'shop', parent: '', node: 's1', count: 2 }, { service: 'login', parent: '*', node: 'l1', count: 2 }
    ])
    expect(describeLinks('shop', nodes, undefined)).to.deep.equal([{ service: 'shop', parent: '*', node: 's1', count: 3 }, { service: 'login', parent: '*', node: 'l1', count: 2 }])
    expect(describeLinks(undefined, [], status)).to.deep.equal([])
  })
})
