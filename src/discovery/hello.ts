/**
 * The push-pull exchange: on each new connection, every now and then with a random member, and when the network was
 * away. One digest is enough for both sides: its receiver knows what it has to send and what to fetch.
 */
import { fetchFrames, helloFrame, recordFrames, replyFrame } from './frames.ts'
import { DIGEST_FRESH, HELLO_INTERVAL, HELLO_RETRY, MAX_HELLOS, MAX_HELLO_RETRIES, RESYNC_PEERS } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { Peers } from './peers.ts'
import type { VerifiedRecord, View } from './view.core.ts'
import type { DiscoveryFrame } from '../wire/discovery-codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'

export interface HelloInit {
  peers: Peers
  view: () => View
  own: () => VerifiedRecord | undefined
  bootNonce: Uint8Array
  /** Whom an exchange is worth the while with: also who may be a member. */
  members: () => string[]
  counters: Counters
  random: () => number
  now: () => number
  log: Logger
}

export class Greeter {
  readonly #init: HelloInit
  /** When our digest went to the peer, for those that are connected. */
  readonly #saidAt = new Map<string, number>()
  /** Peers that do not speak the protocol. */
  readonly #deaf = new Set<string>()
  readonly #retries = new Map<string, ReturnType<typeof setTimeout>>()
  #dueAt = Infinity
  #running = false

  constructor (init: HelloInit) {
    this.#init = init
  }

  start (): void {
    this.#running = true
    this.#schedule()
  }

  stop (): void {
    this.#running = false
    for (const timer of this.#retries.values()) clearTimeout(timer)
    this.#retries.clear()
    this.#saidAt.clear()
    this.#deaf.clear()
  }

  /** To be called often: says hello to a random member when it is time. */
  tick (): void {
    if (this.#init.now() < this.#dueAt) return
    this.#schedule()
    this.#greet(1)
  }

  /** The network was away, and so was this node from all whom it gave up. */
  resync (): void {
    this.#init.view().pardon()
    this.#greet(RESYNC_PEERS)
  }

  #greet (peers: number): void {
    const members = this.#init.members()
    for (let i = Math.min(peers, members.length); i > 0; i--) {
      const [id] = members.splice(Math.floor(this.#init.random() * members.length), 1)
      const peer = id == null ? undefined : this.#init.peers.peerId(id)
      if (peer != null) this.#say(peer, 0)
    }
  }

  /** A first connection to the peer is there. */
  connected (peer: PeerId): void {
    if (!this.#saidAt.has(peer.toString())) this.#say(peer, 0)
  }

  /** The last one is gone. */
  disconnected (id: string): void {
    this.#saidAt.delete(id)
    this.#deaf.delete(id)
    clearTimeout(this.#retries.get(id))
    this.#retries.delete(id)
  }

  /** Connected peers that heard of this node, or will in a moment. */
  greeted (): string[] {
    return [...this.#saidAt.keys()]
  }

  /** There is a reason to believe that the peer speaks the protocol. */
  speaks (peer: PeerId): void {
    if (!this.#deaf.delete(peer.toString())) return
    if (this.#init.peers.isConnected(peer)) this.#say(peer, 0)
  }

  /** A hello came, its own record has been taken in. */
  answer (from: string, hello: NonNullable<DiscoveryFrame['hello']>): void {
    const { peers, view, own, bootNonce, counters } = this.#init
    this.#deaf.delete(from)
    if (!peers.allow(from, 'hellos', MAX_HELLOS)) return
    counters.add('hellos_received')
    const expected = this.#init.now() - (this.#saidAt.get(from) ?? -Infinity) < DIGEST_FRESH
    const self = own()
    if (!hello.reply && !this.#saidAt.has(from) && self != null) {
      this.#saidAt.set(from, -Infinity)
      peers.post(from, replyFrame(self.signed, bootNonce))
    }
    if (hello.reply && hello.digest.length === 0) return
    const { send, fetch } = view().compare(hello.digest)
    this.#sendRecords(from, send)
    if (expected) return
    for (const frame of fetchFrames(fetch)) peers.post(from, frame)
  }

  fetch (from: string, ids: readonly string[]): void {
    if (this.#init.peers.allow(from, 'fetches', MAX_HELLOS)) this.#sendRecords(from, ids)
  }

  #sendRecords (to: string, ids: readonly string[]): void {
    const { peers, view, counters } = this.#init
    // once each: a list that names one large record thousands of times must not cost us thousands of copies
    const signed = [...new Set(ids)].map(id => view().signed(id)).filter(bytes => bytes != null)
    counters.add('records_sent', signed.length)
    for (const frame of recordFrames(signed)) peers.post(to, frame)
  }

  #say (peer: PeerId, attempt: number): void {
    const { peers, view, own, bootNonce, counters, random, now, log } = this.#init
    const id = peer.toString()
    const self = own()
    if (!this.#running || self == null || this.#deaf.has(id)) return
    const digest = view().digest()
    this.#saidAt.set(id, now())
    peers.send(peer, helloFrame(self.signed, bootNonce, digest, Math.floor(random() * digest.length))).then(() => {
      counters.add('hellos_sent')
    }, (err: Error) => {
      log.trace('hello to %s failed - %e', id, err)
      this.#saidAt.delete(id)
      if (isUnsupported(err)) {
        counters.add('strangers')
        if (peers.isConnected(peer)) this.#deaf.add(id)
      } else if (attempt < MAX_HELLO_RETRIES && this.#running && peers.isConnected(peer)) {
        clearTimeout(this.#retries.get(id))
        this.#retries.set(id, setTimeout(() => {
          this.#retries.delete(id)
          this.#say(peer, attempt + 1)
        }, HELLO_RETRY * 2 ** attempt))
      }
    })
  }

  #schedule (): void {
    this.#dueAt = this.#init.now() + HELLO_INTERVAL * (0.8 + 0.4 * this.#init.random())
  }
}

function isUnsupported (err: unknown): boolean {
  for (let e = err; e instanceof Error; e = e.cause) {
    if (e.name === 'UnsupportedProtocolError') return true
  }
  return false
}
