/**
 * A peer made of libp2p and doc/WIRE.md: nothing of src/ is in it. It speaks discovery, takes and makes calls, and hands
 * the frames of all other protocols to whoever asks for them.
 */
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createLibp2p } from 'libp2p'
import { multiaddr } from '@multiformats/multiaddr'
import { frame, Frames, join, message, Said } from './foreign-bytes.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import { until } from '../harness/until.ts'
import type { Fields } from './foreign-bytes.ts'
import type { Connection, Libp2p, PrivateKey, Stream } from '@libp2p/interface'

const ascii = new TextEncoder()
/** State of a node record. */
const LEFT = 3

/** A stream of frames; what arrives is kept until it is asked for, or handed on. */
export class ForeignStream {
  readonly #stream: Stream
  readonly #frames = new Frames()
  readonly received: Uint8Array[] = []
  onFrame: ((said: Said) => void) | undefined
  #greeted = false
  ended: 'closed' | 'reset' | undefined

  constructor (stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => {
      for (const bytes of this.#frames.push('subarray' in data ? data.subarray() : data)) this.#take(bytes)
    })
    stream.addEventListener('remoteCloseWrite', () => {
      this.ended ??= 'closed'
      void stream.close().catch(() => {})
    })
    stream.addEventListener('close', ({ error }) => { this.ended = error === undefined ? this.ended ?? 'closed' : 'reset' })
    if (stream.status === 'reset') this.ended = 'reset'
  }

  #take (bytes: Uint8Array): void {
    if (bytes.length === 0) this.#greeted = true
    else if (this.onFrame !== undefined) this.onFrame(new Said(bytes))
    else this.received.push(bytes)
  }

  /** Bytes as they are: also what no peer should send. */
  raw (bytes: Uint8Array): void { this.#stream.send(bytes) }

  send (fields: Fields): void { this.raw(frame(message(fields))) }

  async greeted (): Promise<this> {
    await until(() => this.#greeted || this.ended !== undefined)
    if (!this.#greeted) throw new Error('refused')
    return this
  }

  /** The next frame. */
  async next (): Promise<Said> {
    await until(() => this.received.length > 0 || this.ended !== undefined)
    const bytes = this.received.shift()
    if (bytes === undefined) throw new Error(`the stream was ${this.ended}`)
    return new Said(bytes)
  }

  async close (): Promise<void> { await this.#stream.close({ signal: AbortSignal.timeout(20_000) }) }
}

export interface ForeignInit {
  mesh: string
  service?: string
  methods?: string[]
  roles?: string[]
  /** It takes large answers by a stream of their own. */
  bulk?: boolean
  gossip?: boolean
  /** It asks the mesh's DHT, or is a server of it, too. */
  dht?: boolean | 'server'
}

/** A request that came, and how to answer it. */
export interface Asked { request: Said, from: string, stream: ForeignStream, respond: (fields: Fields) => void }

export class ForeignPeer {
  readonly libp2p: Libp2p
  readonly id: string
  /** The newest record of each peer: fields of NodeRecord. */
  readonly records = new Map<string, Said>()
  readonly handlers = new Map<string, (asked: Asked) => void>()
  /** Frames of streaming calls, of pubsub, and of the election for those who vote. */
  onCall: (stream: ForeignStream) => void = () => {}
  onPubsub: (said: Said, from: string) => void = () => {}
  onBulk: (said: Said) => void = () => {}
  onElection: (said: Said, from: string) => void = () => {}
  readonly #key: PrivateKey
  readonly #init: ForeignInit
  readonly #nonce = crypto.getRandomValues(new Uint8Array(16))
  readonly #own = new Map<string, Promise<ForeignStream>>()
  readonly #greeted = new Set<string>()
  incarnation = Date.now()
  seq = 1
  #state = 0
  /** Ids of the members that suspected this peer. */
  readonly suspectedBy: string[] = []

  readonly #gate: { closed: boolean }

  private constructor (libp2p: Libp2p, key: PrivateKey, init: ForeignInit, gate: { closed: boolean }) {
    this.libp2p = libp2p
    this.#gate = gate
    this.id = libp2p.peerId.toString()
    this.#key = key
    this.#init = init
  }

  static async start (init: ForeignInit): Promise<ForeignPeer> {
    const key = await generateKeyPair('Ed25519')
    const gate = { closed: false }
    // values are looked at by who reads them
    const dht = kadDHT({ protocol: `/braid/${init.mesh}/kad/1.0.0`, clientMode: init.dht !== 'server', peerInfoMapper: passthroughMapper, validators: { braid: async () => {} }, selectors: { braid: () => 0 } })
    const libp2p: Libp2p<any> = await createLibp2p<any>({
      connectionGater: { denyInboundConnection: () => gate.closed },
      privateKey: key, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [guardedYamux()],
      connectionMonitor: { enabled: false }, services: { identify: identify(), ...init.gossip === true ? { pubsub: gossipsub() } : {}, ...init.dht !== undefined ? { ping: ping(), dht } : {} }
    })
    const peer = new ForeignPeer(libp2p, key, init, gate)
    await peer.#accept('discovery', (said, from) => { void peer.#onDiscovery(said, from) })
    await peer.#accept('rpc', (said, from, stream) => { peer.#onRequest(said, from, stream) })
    await peer.#accept('pubsub', (said, from) => { peer.onPubsub(said, from) })
    if (init.bulk === true) await peer.#accept('bulk', said => { peer.onBulk(said) })
    if (init.roles?.includes('voter') === true) await peer.#accept('election', (said, from) => { peer.onElection(said, from) })
    await libp2p.handle(peer.protocol('stream'), stream => { peer.onCall(peer.#greet(stream)) })
    return peer
  }

  protocol (room: string): string { return `/braid/${this.#init.mesh}/${room}/1.0.0` }

  /** Connects with a node and says hello. */
  async join (address: string): Promise<string> {
    this.#gate.closed = false
    const id = (await this.libp2p.dial(multiaddr(address))).remotePeer.toString()
    this.#greeted.add(id)
    await this.tell(id, [[1, message([[1, await this.signed()], [2, this.#nonce]])]])
    return id
  }

  /** Nobody reaches it until it joins again. */
  cut (): void {
    this.#gate.closed = true
    this.#own.clear()
    for (const connection of this.libp2p.getConnections()) connection.abort(new Error('cut'))
  }

  /** The stream of a protocol on which this peer speaks to that one. */
  async own (id: string, room = 'discovery'): Promise<ForeignStream> {
    const key = `${room} ${id}`
    const stream = await this.#own.get(key)
    if (stream !== undefined && stream.ended === undefined) return stream
    const opening = this.open(id, room)
    this.#own.set(key, opening)
    return opening
  }

  /** A new stream: waits for the greeting, and answers it. */
  async open (id: string, room: string): Promise<ForeignStream> {
    const stream = await new ForeignStream(await this.connection(id).newStream(this.protocol(room))).greeted()
    stream.raw(Uint8Array.of(0))
    return stream
  }

  connection (id: string): Connection {
    const connection = this.libp2p.getConnections().find(({ remotePeer, status }) => remotePeer.toString() === id && status === 'open')
    if (connection === undefined) throw new Error(`no connection with ${id}`)
    return connection
  }

  async tell (id: string, frame: Fields, room = 'discovery'): Promise<void> { (await this.own(id, room)).send(frame) }

  /** A call, by the stream for calls: the fields of its response. */
  async call (id: string, fields: Fields): Promise<Said> {
    const stream = await this.open(id, 'rpc')
    stream.send([[1, message(fields)]])
    const response = (await stream.next()).in(2)
    await stream.close()
    return response
  }

  /** This peer's record as it is now, signed. */
  async signed (): Promise<Uint8Array> {
    const { mesh, service = '', methods = [], roles = [] } = this.#init
    const addresses = this.libp2p.getMultiaddrs().map(address => address.decapsulate(`/p2p/${this.id}`).bytes)
    const record = message([
      [1, this.id], [2, mesh], [3, service], [4, 'abroad'], [5, this.incarnation], [6, this.seq], [7, this.#state], [8, roles], [9, 1024],
      [10, new Uint8Array(0)], [11, methods], [14, addresses]
    ])
    return message([[1, record], [2, await this.#key.sign(join([ascii.encode('braid-mesh/node/v1\0'), record]))]])
  }

  /** Says to all that it goes, and stops. */
  async leave (): Promise<void> {
    if (this.#state === LEFT) return
    this.#state = LEFT
    this.seq++
    for (const id of this.#greeted) await this.tell(id, [[2, message([[1, await this.signed()]])]]).catch(() => {})
    await Promise.allSettled(Array.from(this.#own.values(), async stream => (await stream).close()))
    await this.libp2p.stop()
  }

  #greet (stream: Stream): ForeignStream {
    const accepted = new ForeignStream(stream)
    accepted.raw(Uint8Array.of(0))
    return accepted
  }

  async #accept (room: string, onFrame: (said: Said, from: string, stream: ForeignStream) => void): Promise<void> {
    await this.libp2p.handle(this.protocol(room), (stream, { remotePeer }) => {
      const accepted = this.#greet(stream)
      accepted.onFrame = said => { onFrame(said, remotePeer.toString(), accepted) }
    })
  }

  async #onDiscovery (said: Said, from: string): Promise<void> {
    switch (said.kinds[0]) {
      case 1: {
        const hello = said.in(1)
        this.#learn(hello.bytes(1))
        if (hello.number(4) === 0 && !this.#greeted.has(from)) {
          this.#greeted.add(from)
          await this.tell(from, [[1, message([[1, await this.signed()], [2, this.#nonce], [4, true]])]])
        }
        break
      }
      case 2:
        for (const signed of said.in(2).list(1)) this.#learn(signed)
        break
      case 3:
        await this.tell(from, [[4, message([[1, said.in(3).number(1)]])]])
        break
      case 6: {
        const { id, incarnation, seq } = { id: said.in(6).text(1), incarnation: said.in(6).number(2), seq: said.in(6).number(3) }
        if (id !== this.id || incarnation !== this.incarnation || seq < this.seq) break
        this.suspectedBy.push(from)
        this.seq = seq + 1
        for (const to of this.#greeted) await this.tell(to, [[2, message([[1, await this.signed()]])]]).catch(() => {})
        break
      }
      case 7:
        if (said.in(7).texts(1).includes(this.id)) await this.tell(from, [[2, message([[1, await this.signed()]])]])
        break
      default:
    }
  }

  #learn (signed: Uint8Array): void {
    const record = new Said(signed).in(1)
    const known = this.records.get(record.text(1))
    const newer = known === undefined || record.number(5) > known.number(5) || (record.number(5) === known.number(5) && record.number(6) > known.number(6))
    if (newer) this.records.set(record.text(1), record)
  }

  #onRequest (said: Said, from: string, stream: ForeignStream): void {
    if (!said.has(1)) return
    const request = said.in(1)
    const handle = this.handlers.get(request.text(2))
    const respond = (fields: Fields): void => { if (request.number(1) !== 0) stream.send([[2, message([[1, request.number(1)], ...fields])]]) }
    if (handle === undefined) respond([[2, 12], [5, 'no such method']])
    else handle({ request, from, stream, respond })
  }
}
