/** Nodes of discovery whose streams are calls within this process: a large mesh that costs no connection. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Counters } from '../../src/discovery/counters.ts'
import { Greeter } from '../../src/discovery/hello.ts'
import { Inbox } from '../../src/discovery/inbox.ts'
import { initialInfo } from '../../src/discovery/initial-info.ts'
import { PeerIds } from '../../src/discovery/peer-ids.ts'
import { Prober } from '../../src/discovery/prober.ts'
import { Roster } from '../../src/discovery/roster.ts'
import { Self } from '../../src/discovery/self.ts'
import { Spreader } from '../../src/discovery/spread.ts'
import { now } from '../../src/discovery/timing.ts'
import { decodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import type { Dialler } from '../../src/discovery/dialler.ts'
import type { Gossip } from '../../src/discovery/gossip.ts'
import type { Peers } from '../../src/discovery/peers.ts'
import type { FramedStream } from '../../src/streams/index.ts'
import type { PrivateKey } from '@libp2p/interface'

const log = defaultLogger().forComponent('test')

export class WorldNode {
  readonly id: string
  readonly peers: Peers
  readonly roster: Roster
  readonly self: Self
  readonly greeter: Greeter
  readonly inbox: Inbox
  /** Nobody is found that way. */
  redial: Dialler['redial'] = async () => new Promise(() => {})
  readonly linked = new Map<string, { node: WorldNode, stream: FramedStream }>()
  readonly #counters = new Counters()
  readonly #prober: Prober
  readonly #spreader: Spreader

  constructor (privateKey: PrivateKey, peerIds: PeerIds) {
    const id = this.id = peerIdFromPrivateKey(privateKey).toString()
    const common = { counters: this.#counters, random: Math.random, now, log }
    const peers = this.peers = this.#createPeers(peerIds)
    const view = (): Roster['view'] => this.roster.view
    const members = (): string[] => [...this.linked.keys()].filter(id => this.roster.has(id))
    const listeners = (): string[] => [...this.linked.keys()]
    const bootNonce = crypto.getRandomValues(new Uint8Array(16))
    this.roster = new Roster({
      self: id, peerIds, peerStore: {} as never, now, log, onEvent: () => {},
      onRecord: ({ info: { id, incarnation, seq } }) => { this.#prober.tell({ type: 'member', id, incarnation, seq, calm: true }) },
      onRemove: id => { this.#prober.tell({ type: 'forget', id }) }
    })
    this.self = new Self({
      mesh: 'shop', privateKey, now, info: initialInfo(id, { incarnation: 1 }), addresses: () => [], onIncarnation: () => {}, onConflict: () => {},
      onError: err => { throw err },
      onSigned: record => {
        this.roster.take(record)
        this.#spreader.add(id, record.signed, { wide: true })
      }
    })
    this.#spreader = new Spreader({ peers, gossip: { publish: (frame: Uint8Array) => { this.#gossip(frame) } } as unknown as Gossip, members: listeners, random: Math.random })
    this.greeter = new Greeter({ ...common, peers, view, members: listeners, own: () => this.self.signed, bootNonce })
    this.#prober = new Prober({
      ...common, self: id, peers, detector: { probes: 0 }, dialler: { redial: async (id: string) => this.redial(id), drop: () => {} } as unknown as Dialler,
      members, knows: id => this.roster.has(id), onOpinion: () => {}, onRefute: seq => { this.self.refute(seq) }
    })
    this.inbox = new Inbox({
      mesh: 'shop', id, privateKey, bootNonce, peers, self: this.self, roster: this.roster, greeter: this.greeter, prober: this.#prober, spreader: this.#spreader,
      counters: common.counters, onConflict: () => {}
    })
  }

  /** What is sent to somebody who is not linked is lost; nobody is refused anything. */
  #createPeers (peerIds: PeerIds): Peers {
    const send = async (to: string, frame: Uint8Array): Promise<void> => {
      const link = this.linked.get(to)
      if (link == null) throw new Error('no connection')
      setTimeout(() => { if (link.node.linked.has(this.id)) link.node.inbox.onFrame(link.stream, decodeDiscoveryFrame(frame)) })
    }
    return {
      peerId: (id: string) => peerIds.get(id), isConnected: (peer: object) => this.linked.has(String(peer)), connected: () => new Set(this.linked.keys()),
      send: async (peer: object, frame: Uint8Array) => send(String(peer), frame),
      post: (id: string, frame: Uint8Array) => { send(id, frame).catch(() => {}) },
      allow: () => true, punish: () => {}, banned: () => false, heard: () => []
    } as unknown as Peers
  }

  /** Reaches those that are linked, and half of those that are with them. */
  #gossip (frame: Uint8Array): void {
    const near = Array.from(this.linked.values(), ({ node }) => node)
    const far = near.flatMap(({ linked }) => Array.from(linked.values(), ({ node }) => node)).filter(() => Math.random() < 0.5)
    const heard = new Set([...near, ...far])
    heard.delete(this)
    setTimeout(() => { for (const { inbox } of heard) inbox.onGossip(decodeDiscoveryFrame(frame).records?.records ?? []) })
  }

  async start (): Promise<void> {
    this.greeter.start()
    this.#prober.start(() => { this.inbox.tick() })
    await this.self.start()
  }

  stop (): void {
    for (const part of [this.#prober, this.greeter, this.inbox, this.#spreader, this.self]) part.stop()
  }

  /** Both have a stream to the other now; `greet`: and say hello, as on a first connection. */
  link (other: WorldNode, greet = true): void {
    for (const [one, two] of [[this, other], [other, this]] as const) {
      one.linked.set(two.id, { node: two, stream: { peer: one.id, direction: 'inbound', send: () => {} } as unknown as FramedStream })
    }
    for (const [one, two] of [[this, other], [other, this]] as const) one.#prober.tell({ type: 'connected', id: two.id })
    if (!greet) return
    for (const [one, two] of [[this, other], [other, this]] as const) one.greeter.connected(one.peers.peerId(two.id)!)
  }

  /** Like a cut cable, once TCP has given up. */
  cut (): void {
    for (const { node } of this.linked.values()) {
      node.linked.delete(this.id)
      node.#prober.tell({ type: 'closed', id: this.id })
      this.#prober.tell({ type: 'closed', id: node.id })
      node.greeter.disconnected(this.id)
      this.greeter.disconnected(node.id)
    }
    this.linked.clear()
  }

  /** Records that were no news. */
  stale (): number {
    return this.#counters.all().records_stale ?? 0
  }

  sees (others: readonly WorldNode[]): number {
    return others.filter(({ id }) => this.roster.view.get(id) != null).length
  }
}

export async function createWorld (count: number): Promise<WorldNode[]> {
  const peerIds = new PeerIds()
  const keys = await Promise.all(Array.from({ length: count }, async () => generateKeyPair('Ed25519')))
  const nodes = keys.map(key => new WorldNode(key, peerIds))
  for (const node of nodes) await node.start()
  for (const node of nodes) for (const { self } of nodes) node.roster.take(self.signed!)
  return nodes
}
