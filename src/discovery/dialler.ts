/**
 * Connections to members: all of them in a small mesh, so that a failure shows as a close; some of them in a large one,
 * relays among them while nobody can dial this node; and the redial by which the failure detector tells a lost connection
 * from a lost node.
 */
import { multiaddr } from '@multiformats/multiaddr'
import { shuffle } from '../util/random.core.ts'
import { MAX_NODES } from '../wire/limits.ts'
import { withDeadline } from '../util/deadline.ts'
import { DIAL_BACKOFF, DIAL_SETTLE, DIAL_TIMEOUT, DIAL_YIELD, ENOUGH, KEPT_VALUE, MAX_AGAIN, MAX_DIALS, MAX_DIAL_BACKOFF, PLACE_TIME, REDIAL_TIMEOUT, RELAY_PAUSE, SMALL, SOON_RELAYS, TAG_AGAIN } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { NodeInfo } from './index.ts'
import type { Peers } from './peers.ts'
import type { View } from './view.core.ts'
import type { Logger, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Of those that are kept, in libp2p's peer store. */
const TAG = 'braid-mesh-kept'

export interface DiallerInit {
  self: string
  connectionManager: Pick<ConnectionManager, 'openConnection' | 'getConnections'>
  peerStore: Pick<PeerStore, 'merge'>
  peers: Peers
  view: () => View
  /** Nobody can dial this node. */
  unreachable: () => boolean
  /** It listens through relays, so that one of them can change that. */
  seeking: () => boolean
  counters: Counters
  random: () => number
  now: () => number
  log: Logger
}

export class Dialler {
  readonly #init: DiallerInit
  /** When a peer may be dialled (again), and how often that failed. */
  readonly #plans = new Map<string, { at: number, failures: number }>()
  readonly #dialling = new Set<string>()
  #kept: ReadonlySet<string> = new Set()
  /** When each of those that are kept, and were connected, is tagged again. */
  readonly #tagged = new Map<string, number>()
  /** When this node could be dialled, or began. */
  #reachableAt = 0
  #closing = new AbortController()

  constructor (init: DiallerInit) {
    this.#init = init
  }

  start (): void {
    this.#closing = new AbortController()
    this.#reachableAt = this.#init.now()
  }

  stop (): void {
    this.#closing.abort()
    this.#plans.clear()
    this.#dialling.clear()
    this.#tagged.clear()
  }

  /** It is no member any more. The peer store may have forgotten it, too, with its tags. */
  forget (id: string): void {
    this.#plans.delete(id)
    this.#tagged.delete(id)
  }

  /** Members to be connected with, however large the mesh is, the first ones first. */
  keep (ids: ReadonlySet<string>): void {
    this.#kept = ids
    for (const id of this.#tagged.keys()) if (!ids.has(id)) this.#tag(id)
  }

  /** libp2p closes what has the lowest value first, when there is too much. */
  #tag (id: string, tag?: { value: number }): void {
    const { peers, peerStore, now, log } = this.#init
    if (tag == null) this.#tagged.delete(id)
    else this.#tagged.set(id, now() + TAG_AGAIN)
    const peer = peers.peerId(id)
    if (peer == null) return
    peerStore.merge(peer, { tags: { [TAG]: tag } }).catch(err => { log.error('could not tag %s - %e', id, err) })
  }

  /** Abort what connects us with a node that was given up. */
  drop (id: string): void {
    const peer = this.#init.peers.peerId(id)
    if (peer == null) return
    for (const connection of this.#init.connectionManager.getConnections(peer)) {
      connection.abort(new Error('the node does not answer'))
    }
  }

  /** `refused`: nobody listens there any more. */
  async redial (id: string): Promise<{ ok: boolean, refused: boolean }> {
    const { peers, view } = this.#init
    const peer = peers.peerId(id)
    const info = view().get(id)
    if (peer == null || info == null || info.addresses.length === 0) return { ok: false, refused: false }
    const addresses = this.#ways(info.addresses)
    // This node is its only relay, and has lost it.
    if (addresses.length === 0) return { ok: false, refused: !peers.isConnected(peer) }
    try {
      await this.#open(peer, addresses, REDIAL_TIMEOUT)
      return { ok: true, refused: false }
    } catch (err) {
      return { ok: false, refused: isRefused(err, addresses.every(isRelayed)) }
    }
  }

  /** Dial somebody who may be a member: found elsewhere than in the view. False: not now. */
  meet (peer: PeerId, addresses: readonly Multiaddr[]): boolean {
    const id = peer.toString()
    const { at, failures } = this.#plans.get(id) ?? { at: 0, failures: 0 }
    if (this.#init.now() < at || this.#isBusy(failures) || this.#dialling.has(id)) return false
    this.#dial(peer, addresses.map(String), failures)
    return true
  }

  /** To be called often, and when the view has changed. */
  tick (): void {
    const { self, view, peers, unreachable, now, random } = this.#init
    const connected = peers.connected()
    const members = view().nodes().filter(({ id }) => id !== self)
    for (const { id } of members) {
      if (this.#kept.has(id) && connected.has(id) && now() >= (this.#tagged.get(id) ?? 0)) this.#tag(id, { value: KEPT_VALUE })
    }
    const lacking = members.length < SMALL ? Infinity : Math.max(0, ENOUGH - members.filter(({ id }) => connected.has(id)).length)
    const needed = new Set([...this.#kept, ...this.#relays(members, connected)])
    const isNeeded = ({ id }: NodeInfo): boolean => needed.has(id)
    // who has enough looks at those that it needs alone, not at thousands
    const wanted = lacking > 0 ? members : members.filter(isNeeded)
    const candidates = wanted.filter(({ id, state, addresses }) => state !== 'suspect' && this.#ways(addresses).length > 0 && !connected.has(id) && !this.#dialling.has(id))
    const first = [...needed].flatMap(needed => candidates.find(({ id }) => id === needed) ?? [])
    const others = shuffle(candidates.filter(node => !isNeeded(node)), random)
    for (const { id, addresses } of [...first, ...others.slice(0, lacking)]) {
      const plan = this.#plan(id, DIAL_SETTLE * (1 + random()) + (self < id || unreachable() ? 0 : DIAL_YIELD))
      const peer = peers.peerId(id)
      if (peer != null && now() >= plan.at && !this.#isBusy(plan.failures)) this.#dial(peer, addresses, plan.failures)
    }
  }

  /**
   * Relays to be connected with, those first that are, or will be in a moment. Not without end: each is a connection of
   * those that it may have, and with a place it needs them for who then reaches it. Probes come to all the others in turn.
   */
  #relays (members: readonly NodeInfo[], connected: ReadonlySet<string>): string[] {
    const { unreachable, seeking, now, random } = this.#init
    if (!unreachable()) this.#reachableAt = now()
    const lasts = now() - this.#reachableAt
    const isHere = (id: string): number => Number(connected.has(id) || this.#dialling.has(id))
    return shuffle(members.filter(({ roles }) => roles.includes('relay')).map(({ id }) => id), random)
      .sort((a, b) => isHere(b) - isHere(a)).slice(0, Math.min(seeking() ? ENOUGH : SOON_RELAYS, Math.ceil(lasts / PLACE_TIME), Math.max(SOON_RELAYS, Math.ceil((lasts - RELAY_PAUSE) / PLACE_TIME))))
  }

  #isBusy (failures: number): boolean {
    return this.#dialling.size >= (failures > 0 ? MAX_AGAIN : MAX_DIALS)
  }

  #plan (id: string, delay: number): { at: number, failures: number } {
    let plan = this.#plans.get(id)
    if (plan == null) {
      plan = { at: this.#init.now() + delay, failures: 0 }
      this.#remember(id, plan)
    }
    return plan
  }

  #remember (id: string, plan: { at: number, failures: number }): void {
    this.#plans.delete(id)
    this.#plans.set(id, plan)
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= MAX_NODES) break
      this.#plans.delete(oldest)
    }
  }

  /**
   * Without those that lead through this node itself: who is reached that way is connected. And without direct ways by a
   * relay, which are made in the background: a relayed one comes first.
   */
  #ways (addresses: readonly string[]): string[] {
    const through = `/p2p/${this.#init.self}/p2p-circuit`
    return addresses.filter(address => !address.includes(through) && !address.endsWith('/webrtc'))
  }

  #dial (peer: PeerId, addresses: readonly string[], failures: number): void {
    const { counters, now, random, log } = this.#init
    const id = peer.toString()
    const closing = this.#closing
    this.#dialling.add(id)
    counters.add('dials')
    this.#open(peer, addresses, DIAL_TIMEOUT).then(() => {
      if (!closing.signal.aborted) this.#remember(id, { at: now() + DIAL_YIELD, failures: 0 })
    }, err => {
      if (closing.signal.aborted) return
      counters.add('dials_failed')
      log.trace('could not dial %s - %e', id, err)
      const backoff = Math.min(MAX_DIAL_BACKOFF, DIAL_BACKOFF * 2 ** failures)
      this.#remember(id, { at: now() + backoff * (0.75 + 0.5 * random()), failures: Math.min(failures + 1, 10) })
    }).finally(() => { if (closing === this.#closing) this.#dialling.delete(id) })
  }

  async #open (peer: PeerId, addresses: readonly string[], timeout: number): Promise<void> {
    const targets = this.#ways(addresses).map(address => withPeer(address, peer))
    await withDeadline(timeout, [this.#closing.signal], async signal => this.#init.connectionManager.openConnection(targets.length === 0 ? peer : targets, { signal }))
  }
}

/** Addresses in a record, and multiaddrs of one node, all end with its peer id when they are dialled. */
function withPeer (address: string, peer: PeerId): Multiaddr {
  const suffix = `/p2p/${peer.toString()}`
  return multiaddr(address.endsWith(suffix) ? address : address + suffix)
}

export function isRelayed (address: string): boolean {
  return address.includes('/p2p-circuit')
}

/**
 * Whether somebody said that nobody listens, and nothing else is left open by a timeout. When there are only ways
 * through relays, theirs is the word that counts: a relay that does not listen itself says nothing about the node.
 */
export function isRefused (err: unknown, relayed = false): boolean {
  const leaves = causes(err)
  return leaves.some(leaf => isUnknownToRelay(leaf) || (!relayed && isRefusal(leaf))) && !leaves.some(({ name, code }) => name === 'TimeoutError' || name === 'AbortError' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
}

type Failure = Error & { code?: unknown }

/** The errors at the ends of `cause` and `errors`, as deep as a dial makes them. */
function causes (err: unknown, depth = 0): Failure[] {
  if (!(err instanceof Error) || depth > 5) return []
  const inner = err instanceof AggregateError ? err.errors : [err.cause]
  return [err, ...inner.flatMap(e => causes(e, depth + 1))]
}

/** The relay answered, and does not hold the node. */
function isUnknownToRelay (err: Failure): boolean {
  return err.message.includes('with status NO_RESERVATION')
}

function isRefusal (err: Failure): boolean {
  return err.code === 'ECONNREFUSED' || err.message.includes('ECONNREFUSED') || err.message.startsWith('No memory listener found')
}
