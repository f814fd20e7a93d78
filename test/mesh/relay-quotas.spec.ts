/** What a relay refuses and slows down, between real nodes that do nothing by themselves. */
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { libp2pOptions, relayOf } from '../../src/transport/index.ts'
import { RELAY_CIRCUITS_PER_PAIR, RELAY_REQUESTS } from '../../src/wire/limits.ts'
import { until } from '../harness/until.ts'
import type { Relay, RelayOptions } from '../../src/transport/index.ts'
import type { PeerId } from '@libp2p/interface'
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

  /** What comes of a dial to that place, by a connection of its own. */
  async function circuit (from: Libp2p, place: Multiaddr | undefined): Promise<string> {
    if (place == null) throw new Error('no place')
    return from.dial(place, { force: true }).then(({ status }) => status, (error: Error) => error.message)
  }

  it('a circuit beyond those of all together is refused, whoever asks, and a closed one makes room', async () => {
    const { relay, address } = await makeRelay({ circuits: 2 })
    const [a, b, c] = [await hidden(address), await hidden(address), await hidden(address)]
    expect([await circuit(b.node, a.place), await circuit(c.node, b.place)]).to.deep.equal(['open', 'open'])
    // of two that have none with each other
    expect(await circuit(a.node, c.place)).to.include('RESOURCE_LIMIT_EXCEEDED')
    expect(relay.stats()).to.deep.include({ circuits: 2, opened: 2 }).and.to.have.nested.property('refused.circuits', 1)
    const [open] = b.node.getConnections(a.node.peerId)
    expect(open?.status).to.equal('open')
    await open?.close()
    await until(() => relay.stats().circuits === 1)
    expect(await circuit(a.node, c.place)).to.equal('open')
  })

  it('a circuit beyond the share of a pair is refused, in both directions, and others have theirs', async () => {
    const { relay, address } = await makeRelay({})
    const [a, b, c] = [await hidden(address), await hidden(address), await hidden(address)]
    for (let i = 0; i < RELAY_CIRCUITS_PER_PAIR; i++) expect(await circuit(...i % 2 === 0 ? [a.node, b.place] as const : [b.node, a.place] as const)).to.equal('open')
    expect(await circuit(a.node, b.place)).to.include('RESOURCE_LIMIT_EXCEEDED')
    expect(await circuit(b.node, a.place)).to.include('RESOURCE_LIMIT_EXCEEDED')
    expect(relay.stats()).to.deep.include({ circuits: RELAY_CIRCUITS_PER_PAIR }).and.to.have.nested.property('refused.circuitsPerPair', 2)
    expect([await circuit(a.node, c.place), await circuit(c.node, b.place)]).to.deep.equal(['open', 'open'])
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

  interface Store {
    reserve (peer: PeerId, address: Multiaddr): { status: string, expire?: number }
    removeReservation (peer: PeerId): void
    clear (): void
  }

  /** A relay, and a peer that is connected with it and asks by hand. */
  async function asking (): Promise<{ relay: Relay, store: Store, asker: Libp2p, ask: () => string, connect: () => Promise<void>, hangUp: () => Promise<void> }> {
    const { node, relay, address } = await makeRelay({})
    const store = (node.services as unknown as { relay: { reservationStore: Store } }).relay.reservationStore
    const asker = await make({ listen: [] })
    const connect = async (): Promise<void> => {
      await asker.dial(address)
      await until(() => node.getConnections(asker.peerId).length === 1)
    }
    const hangUp = async (): Promise<void> => {
      await asker.hangUp(node.peerId)
      await until(() => node.getConnections(asker.peerId).length === 0)
    }
    await connect()
    return { relay, store, asker, ask: () => store.reserve(asker.peerId, address).status, connect, hangUp }
  }

  /** The timers of a day and longer that are armed while `run` runs, and are not disarmed. */
  async function longTimers (run: (armed: Map<unknown, () => void>) => Promise<void>): Promise<void> {
    const { setTimeout: set, clearTimeout: clear } = globalThis
    const { timeout } = AbortSignal
    const armed = new Map<unknown, () => void>()
    globalThis.setTimeout = ((fn: () => void, ms: number, ...args: []) => {
      const timer = set(fn, ms, ...args)
      if (ms >= 86_400_000) armed.set(timer, fn)
      return timer
    }) as typeof setTimeout
    globalThis.clearTimeout = timer => {
      armed.delete(timer)
      clear(timer)
    }
    AbortSignal.timeout = ms => {
      const signal = timeout.call(AbortSignal, ms)
      if (ms >= 86_400_000) armed.set(signal, () => { signal.dispatchEvent(new Event('abort')) })
      return signal
    }
    try {
      await run(armed)
    } finally {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
      AbortSignal.timeout = timeout
    }
  }

  it('a place that is asked for again and again costs no more than one, and soon is refused', async () => {
    await longTimers(async armed => {
      const { relay, store, asker, ask } = await asking()
      const refusals: string[] = []
      relay.addEventListener('refuse', ({ detail: { why } }) => { refusals.push(why) })
      const answers = Array.from({ length: 1_000 }, ask)
      expect(answers.slice(0, RELAY_REQUESTS)).to.deep.equal(Array.from({ length: RELAY_REQUESTS }, () => 'OK'))
      expect(answers.slice(RELAY_REQUESTS + 1)).to.deep.equal(Array.from({ length: 1_000 - RELAY_REQUESTS - 1 }, () => 'RESERVATION_REFUSED'))
      expect(new Set(refusals)).to.deep.equal(new Set(['requests']))
      expect(relay.stats()).to.deep.include({ reservations: 1, reserved: 1 }).and.to.have.nested.property('refused.requests').that.is.at.least(900)
      // one of the place, and one that the server's own signal arms once
      expect(armed.size).to.be.at.most(2)
      // an answer that does not reach its peer takes the place back
      store.removeReservation(asker.peerId)
      expect(relay.stats().reservations).to.equal(0)
      expect(armed.size).to.be.at.most(1)
    })
  })

  it('a place that was given back takes nothing from a later one when its time is up', async () => {
    await longTimers(async armed => {
      const { relay, store, ask, connect, hangUp } = await asking()
      const released: string[] = []
      relay.addEventListener('release', ({ detail: { peer } }) => { released.push(peer) })
      ask()
      ask()
      await hangUp()
      await until(() => relay.stats().reservations === 0)
      expect(released).to.have.lengthOf(1)
      const before = [...armed.values()]
      await connect()
      expect(ask()).to.equal('OK')
      for (const end of before) end()
      expect(relay.stats().reservations).to.equal(1)
      // its own
      for (const end of [...armed.values()]) end()
      expect(relay.stats().reservations).to.equal(0)
      expect(released).to.have.lengthOf(2)
      // those that are left when the relay stops
      const count = armed.size
      ask()
      store.clear()
      expect(armed.size - count).to.be.at.most(1)
    })
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
