/** What a relay refuses and slows down, between real nodes that do nothing by themselves. */
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { libp2pOptions, relayOf } from '../../src/transport/index.ts'
import { until } from '../harness/until.ts'
import type { Relay, RelayOptions } from '../../src/transport/index.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'

const SINK = '/test/sink/1.0.0'

describe('the limits of a relay', () => {
  const nodes: Libp2p[] = []

  async function make (init: Parameters<typeof libp2pOptions>[0]): Promise<Libp2p> {
    const { services: { dht: _dht, pubsub: _pubsub, ...services } = {}, ...options } = libp2pOptions(init) as { services?: Record<string, any> }
    const node = await createLibp2p({ ...options, services })
    nodes.push(node)
    return node
  }

  async function makeRelay (relay: RelayOptions): Promise<{ node: Libp2p, relay: Relay, address: Multiaddr }> {
    const node = await make({ relay, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const [address] = node.getMultiaddrs()
    const service = relayOf(node)
    if (service == null || address == null) throw new Error('no relay')
    return { node, relay: service, address }
  }

  /** Connected with the relay; resolves when it knows whether it has a place. */
  async function hidden (address: Multiaddr): Promise<{ node: Libp2p, place: Multiaddr | undefined }> {
    let refused: Error[] = []
    const node = await make({ listen: ['/p2p-circuit'], onReservation: reasons => { refused = reasons } })
    await node.handle(SINK, stream => { stream.addEventListener('message', () => {}) }, { runOnLimitedConnection: true })
    await node.dial(address)
    await until(() => node.getMultiaddrs().length > 0 || refused.length > 0)
    return { node, place: node.getMultiaddrs()[0] }
  }

  afterEach(async () => { await Promise.all(nodes.splice(0).map(async node => node.stop())) })

  it('a place beyond the share of an address is refused, and given when another one goes', async () => {
    const { relay, address } = await makeRelay({ reservationsPerIp: 1, proxies: [] })
    const refusals: string[] = []
    relay.addEventListener('refuse', ({ detail: { why } }) => { refusals.push(why) })
    const first = await hidden(address)
    const second = await hidden(address)
    expect([first.place != null, second.place != null]).to.deep.equal([true, false])
    expect(refusals).to.include('reservationsPerIp')
    await first.node.stop()
    await until(() => second.node.getMultiaddrs().length > 0, { timeout: 30_000 })
    expect(relay.stats().reservations).to.equal(1)
  })

  it('a circuit beyond the share of a peer is refused, the others stay, and a closed one makes room', async () => {
    const { relay, address } = await makeRelay({ circuitsPerPeer: 1 })
    const a = await hidden(address)
    const b = await hidden(address)
    const c = await hidden(address)
    if (a.place == null) throw new Error('no place')
    const { place } = a
    const connection = await b.node.dial(place)
    await until(() => relay.stats().circuits === 1)
    let error: Error | undefined
    await c.node.dial(place).catch((err: Error) => { error = err })
    expect(error?.message).to.include('RESOURCE_LIMIT_EXCEEDED')
    expect(relay.stats().refused.circuitsPerPeer).to.be.at.least(1)
    expect(connection.status).to.equal('open')
    const closed = new Promise(resolve => { relay.addEventListener('circuit:close', resolve, { once: true }) })
    await connection.close()
    await closed
    expect(relay.stats().circuits).to.equal(0)
    await c.node.dial(place)
  })

  it('a peer that sends faster than it may is read more slowly, and nothing is lost', async function () {
    this.timeout(60_000)
    const bytesPerSecond = 200_000
    const { relay, address } = await makeRelay({ bytesPerSecond })
    const a = await hidden(address)
    const b = await hidden(address)
    if (a.place == null) throw new Error('no place')
    let received = 0
    await a.node.handle('/test/count/1.0.0', stream => { stream.addEventListener('message', ({ data }) => { received += data.byteLength }) }, { runOnLimitedConnection: true })
    const stream = await b.node.dialProtocol(a.place, '/test/count/1.0.0', { runOnLimitedConnection: true })
    const bytes = bytesPerSecond * 2.5
    stream.send(new Uint8Array(bytes))
    await until(() => received === bytes, { timeout: 30_000 })
    expect(relay.stats().slowed).to.be.above(0)
    expect(relay.stats().bytes).to.be.above(bytes)
  })

  it('a peer that hangs up while it asks gets no place', async () => {
    const { node, relay, address } = await makeRelay({})
    const { reservationStore } = (node.services as unknown as { relay: { reservationStore: { reserve (peer: unknown, address: Multiaddr): { status: string } } } }).relay
    const asker = await make({ listen: [] })
    await asker.dial(address)
    await until(() => node.getConnections(asker.peerId).length === 1)
    await asker.stop()
    await until(() => node.getConnections(asker.peerId).length === 0)
    expect(reservationStore.reserve(asker.peerId, address).status).to.equal('RESERVATION_REFUSED')
    expect(relay.stats()).to.deep.include({ reservations: 0 }).and.to.have.nested.property('refused.gone', 1)
  })
})
