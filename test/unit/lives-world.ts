/** A page with a node in it, its network and peers, in time of its own. The node is real but for its rooms and its libp2p. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { TypedEventEmitter } from 'main-event'
import { MeshNode } from '../../src/mesh-node.ts'
import { OwnTime } from '../harness/own-time.ts'
import { after, FakeConnection, SEEN } from './lives-connection.ts'
import type { Parts } from '../../src/mesh-node.ts'
import type { Random } from '../../src/util/random.core.ts'
import type { Connection, Libp2pEvents, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface Peer { id: PeerId, address: string, up: boolean, bootstrap: boolean }

const IDS: PeerId[] = await Promise.all(Array.from({ length: 4 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))

export class World {
  readonly random: Random
  readonly time: OwnTime
  readonly log: string[] = []
  readonly faults: string[] = []
  readonly peers: Peer[]
  connections: FakeConnection[] = []
  link = true
  readonly #page = new EventTarget()
  readonly #document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  readonly #navigator = { onLine: true }
  readonly #events = new TypedEventEmitter<Libp2pEvents>()
  readonly #rooms = new TypedEventEmitter<any>()
  readonly #members: Set<string>
  readonly #node: MeshNode
  /** When the network came back last, by itself and as was told, and the page. */
  #linkAt = 0
  #toldAt = 0
  #wokeAt = 0
  #left = false
  #rests = false
  #resyncs = 0
  #counts = { isolated: 0, resumed: 0, stood: 0, awake: 0 }

  private constructor (random: Random, time: OwnTime) {
    this.random = random
    this.time = time
    const [local, second] = [random.chance(0.2), random.chance(0.3)]
    this.peers = IDS.slice(1).map((id, index) => ({
      id, up: true, bootstrap: index === 0 || (index === 1 && second), address: `/ip4/${index === 1 && local ? '127.0.0' : '192.0.2'}.${index}/tcp/1/ws/p2p/${id.toString()}`
    }))
    this.#members = new Set(IDS.map(String))
    time.put(globalThis, 'document', this.#document)
    time.put(globalThis, 'navigator', this.#navigator)
    time.put(globalThis, 'addEventListener', this.#page.addEventListener.bind(this.#page))
    this.#node = this.#make()
    this.#watch()
  }

  /** @param early - what happens while it starts */
  static async begin (random: Random, early?: (world: World) => Promise<void>): Promise<World> {
    const world = new World(random, new OwnTime())
    const started = world.#node.start()
    await early?.(world)
    await world.pass(4_000)
    await started
    for (const peer of world.peers.slice(1).filter(({ bootstrap }) => !bootstrap)) {
      world.#connect(peer, random.chance(0.5) ? peer.address : `${world.peers[0]?.address ?? ''}/p2p-circuit/p2p/${peer.id.toString()}`, random.chance(0.5) ? 'inbound' : 'outbound')
    }
    return world
  }

  #make (): MeshNode {
    const nothing = async (): Promise<void> => {}
    const resync = (): void => { this.#resyncs++ }
    const libp2p = Object.assign(this.#events, {
      peerId: IDS[0],
      logger: defaultLogger(),
      status: 'started',
      start: nothing,
      stop: nothing,
      getConnections: (peer?: PeerId) => this.connections.filter(({ remotePeer }) => peer === undefined || remotePeer.equals(peer)),
      dial: async (address: Multiaddr, { signal }: { signal: AbortSignal }) => this.#dial(address.toString(), signal)
    })
    const discovery = Object.assign(this.#rooms, {
      node: (id: string) => this.#members.has(id) ? {} : undefined, suspend: () => {}, resume: () => {}, resync, update: () => {}, leave: nothing
    })
    const room = { resync: () => {}, drain: nothing, leave: nothing, stop: nothing }
    const options = { bootstrap: this.peers.filter(({ bootstrap }) => bootstrap).map(({ address }) => address) }
    return new MeshNode({
      options, storage: { close: nothing }, libp2p, discovery, rpc: room, election: room, links: room, pubsub: room,
      monitor: () => ({ start: () => {}, stop: () => {}, refresh: () => {} })
    } as unknown as Parts)
  }

  #watch (): void {
    const node = this.#node
    node.addEventListener('status', ({ detail }) => {
      this.#note(`status ${detail}`)
      if (detail === 'isolated') this.#counts.isolated++
    })
    node.addEventListener('resumed', () => { this.#counts.resumed++ })
    node.addEventListener('awake', ({ detail }) => {
      this.#note(`awake ${detail.slept}`)
      this.#counts.awake++
    })
  }

  #note (text: string): void { this.log.push(`${(this.time.now / 1_000).toFixed(3)} ${text}`) }

  get status (): string { return this.#node.status }

  get awake (): number { return this.#counts.awake }

  async pass (ms: number): Promise<void> { await this.time.pass(ms) }

  /** Nothing runs, and what happens elsewhere happens all the same. */
  stand (ms: number, { die = false, flap = false } = {}): void {
    this.#counts.stood++
    this.#note(`stands still for ${Math.round(ms)} ms${die ? ', its connections die' : ''}${flap ? ', its network flaps' : ''}`)
    this.time.now += ms
    if (die) for (const connection of this.connections) connection.die()
    for (const works of flap ? [false, true] : []) {
      this.setLink(works)
      this.tell(works)
    }
    // what is shorter looks like a busy machine, or like the slow timers of a hidden tab
    if (ms > (this.#document.visibilityState === 'hidden' ? 77_000 : 7_000)) this.#wokeAt = this.time.now
  }

  setLink (works: boolean): void {
    if (this.link === works) return
    this.link = works
    this.#note(`the network ${works ? 'works' : 'does not work'}`)
    if (works) this.#linkAt = this.time.now
  }

  tell (onLine: boolean): void {
    if (this.#navigator.onLine === onLine) return
    this.#note(`told ${onLine ? 'online' : 'offline'}`)
    this.#navigator.onLine = onLine
    if (onLine) this.#toldAt = this.time.now
    this.#page.dispatchEvent(new Event(onLine ? 'online' : 'offline'))
  }

  /** Nobody has told yet. */
  knows (onLine: boolean): void { this.#navigator.onLine = onLine }

  see (state: 'visible' | 'hidden'): void {
    this.#document.visibilityState = state
    this.#document.dispatchEvent(new Event('visibilitychange'))
  }

  freeze (): void {
    this.#note('freeze')
    this.#rests = true
    this.#document.dispatchEvent(new Event('freeze'))
  }

  resume (): void {
    this.#note('resume')
    if (this.#rests) this.#wokeAt = this.time.now
    this.#left = this.#rests = false
    this.#document.dispatchEvent(new Event('resume'))
  }

  leave (): void {
    this.#note('left')
    this.#left = this.#rests = true
    this.#page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    if (this.connections.length > 0) this.faults.push('a page that was left has connections')
  }

  enter (): void { this.#page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })) }

  /** One that the others give up is back with its next word. */
  giveUp (peer: Peer): void {
    this.#members.delete(peer.id.toString())
    this.#rooms.safeDispatchEvent('node:remove')
  }

  #takeBack (peer: Peer): void {
    if (this.#members.has(peer.id.toString())) return
    this.#members.add(peer.id.toString())
    this.#rooms.safeDispatchEvent('node:add')
  }

  down (): void {
    const [relay] = this.peers
    if (relay === undefined) return
    relay.up = false
    for (const connection of this.connections) if (connection.remotePeer.equals(relay.id)) connection.die()
  }

  up (): void { for (const peer of this.peers) peer.up = true }

  dialledBy (peer: Peer): void {
    if (this.link && peer.up && !this.#left) this.#connect(peer, `/ip4/192.0.2.9/tcp/${1_000 + this.random.int(9_000)}/ws`, 'inbound')
  }

  closed (connection: FakeConnection): void {
    this.connections = this.connections.filter(other => other !== connection)
    const { remotePeer } = connection
    this.#events.safeDispatchEvent('connection:close', { detail: connection as unknown as Connection })
    if (!this.connections.some(other => other.remotePeer.equals(remotePeer))) this.#events.safeDispatchEvent('peer:disconnect', { detail: remotePeer })
  }

  /** By the node itself. */
  aborted (connection: FakeConnection, error: Error): void {
    this.#note(`aborts ${connection.alive ? 'one that lives' : 'a dead one'}: ${error.message}`)
    if (!connection.alive || this.#left) return
    if (!this.#navigator.onLine) this.faults.push('it gave one up that lives, for its silence without a network')
    const since = this.time.now - Math.max(this.#toldAt, this.#wokeAt)
    // a part of its patience may pass while it stands still
    if (since < 3_700) this.faults.push(`it gave one up that lives, ${since} ms after it was back`)
    if ((this.link || connection.local) && this.time.now - this.#linkAt > 4_900) this.faults.push('it gave one up that lives and was heard')
  }

  #connect (peer: Peer, address: string, direction: 'inbound' | 'outbound'): FakeConnection {
    const connection = new FakeConnection(this, peer, address, direction)
    const first = !this.connections.some(({ remotePeer }) => remotePeer.equals(peer.id))
    this.connections = [...this.connections, connection]
    if (first) this.#events.safeDispatchEvent('peer:connect', { detail: peer.id })
    setTimeout(() => {
      if (!connection.works) return
      this.#events.safeDispatchEvent('peer:identify', { detail: { peerId: peer.id, protocols: ['/braid/braid/kad/1.0.0'], connection } as never })
      this.#takeBack(peer)
    }, this.random.between(1, 30))
    return connection
  }

  async #dial (address: string, signal: AbortSignal): Promise<FakeConnection> {
    const peer = this.peers.find(peer => peer.address === address)
    if (peer === undefined) throw new Error('no such address')
    if (this.#left) this.faults.push('a page that was left dials')
    const open = this.connections.find(({ remotePeer }) => remotePeer.equals(peer.id))
    if (open !== undefined) return open
    const works = (): boolean => this.link || address.startsWith('/ip4/127.')
    await after(works() ? this.random.between(5, 100) : 3_000, signal)
    if (!works() || !peer.up) throw new Error('unreachable')
    return this.#connect(peer, address, 'outbound')
  }

  /** True at any time. */
  check (): void {
    const { status, connectivity } = this.#node
    if (!this.#navigator.onLine && !this.#left && status === 'joined' && !this.connections.some(({ local }) => local)) this.faults.push('joined without a network')
    if ((status === 'isolated') !== (connectivity.isolated !== undefined)) this.faults.push(`${status} is not what it says of its paths`)
    if (connectivity.isolated?.length === 0) this.faults.push('isolated for no reason')
    if (this.connections.length === 0 && status === 'joined') this.faults.push('joined by nothing')
  }

  /** All is there, and stays. */
  async settle (): Promise<void> {
    this.resume()
    this.enter()
    this.see('visible')
    this.up()
    this.setLink(true)
    // who dialled this node is to see the end of it
    const dialled = this.connections.some(({ direction, remotePeer }) => direction === 'inbound' && this.peers.some(({ id, bootstrap }) => bootstrap && id.equals(remotePeer)))
    const back = !this.#navigator.onLine
    this.tell(true)
    // a dead one is given up, and another one made, long before its end is seen otherwise
    await this.pass(7_000)
    if (back && !dialled) expect(this.status, 'soon').to.equal('joined')
    await this.pass(SEEN[1] + 20_000)
    for (const peer of this.peers) this.#takeBack(peer)
  }

  checkEnd (): void {
    expect(this.status).to.equal('joined')
    expect(this.#counts.resumed, 'resumed').to.equal(this.#counts.isolated)
    expect(this.#counts.awake).to.be.at.most(this.#counts.stood)
    const all = this.connections
    for (const connection of all) {
      this.connections = [connection]
      this.#rooms.safeDispatchEvent('node:add')
      expect(this.status, `${connection.remoteAddr.toString()} alone`).to.equal('joined')
    }
    this.connections = all
  }

  /** A return of the network alone is told once, and as nothing else. */
  async checkReturn (): Promise<void> {
    const { resumed, awake } = this.#counts
    this.tell(false)
    await this.pass(500)
    const resyncs = this.#resyncs
    this.tell(true)
    await this.pass(12_000)
    const local = this.connections.some(({ local }) => local)
    expect([this.status, this.#counts.resumed - resumed, this.#counts.awake - awake, this.#resyncs - resyncs]).to.deep.equal(['joined', local ? 0 : 1, 0, 1])
  }

  async end (): Promise<void> {
    const stopped = this.#node.stop()
    await this.pass(10_000)
    await stopped
    this.time.restore()
  }
}
