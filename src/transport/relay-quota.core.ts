/** What a relay gives to whom, and how much of it: counting and refusing. Pure: the clock is an input. */
import { RELAY_BURST, RELAY_CIRCUITS, RELAY_CIRCUITS_PER_PAIR, RELAY_CIRCUITS_PER_PEER, RELAY_RATE, RELAY_REQUESTS, RELAY_RESERVATIONS, RELAY_RESERVATIONS_PER_IP } from '../wire/limits.ts'
import { Bucket } from './bucket.core.ts'

/** How much a relay takes on; what is beyond is refused, and who sends faster is read more slowly. */
export interface RelayOptions {
  /** Peers that others may reach through this relay at the same time. @default 1000 */
  reservations?: number
  /** Of these, from one IP address (of IPv6, from one /64). @default 256 */
  reservationsPerIp?: number
  /**
   * IP addresses of reverse proxies: all that come from one of them are not taken for one. Such a proxy must limit them
   * itself.
   *
   * @default ['127.0.0.1', '::1']
   */
  proxies?: readonly string[]
  /** Relayed connections at the same time. @default 4096 */
  circuits?: number
  /** Of these, those that one peer opened and those that others opened to it. At most 1000. @default 128 */
  circuitsPerPeer?: number
  /** Bytes per second that one peer may send through this relay, all its connections together. @default 8388608 (8 MiB) */
  bytesPerSecond?: number
}

/** Why a relay refused something: which of its limits was reached (`requests`: it asks too often), or that the peer was gone already. */
export type RelayRefusal = 'reservations' | 'reservationsPerIp' | 'requests' | 'circuits' | 'circuitsPerPeer' | 'circuitsPerPair' | 'gone'

/** Since the relay started, but for those that say how many there are now. */
export interface RelayStats {
  /** Now. */
  reservations: number
  /** Places given, renewals apart. */
  reserved: number
  /** Relayed connections, now. */
  circuits: number
  /** Relayed connections that were opened. */
  opened: number
  /** Bytes taken of one peer for another. */
  bytes: number
  /** Times that a peer was read more slowly as it sent faster than it may. */
  slowed: number
  refused: Record<RelayRefusal, number>
}

const LOOPBACK = ['127.0.0.1', '::1']

/** With the defaults. */
export function relayLimits (options: RelayOptions): Required<RelayOptions> {
  return {
    reservations: options.reservations ?? RELAY_RESERVATIONS,
    reservationsPerIp: options.reservationsPerIp ?? RELAY_RESERVATIONS_PER_IP,
    proxies: options.proxies ?? LOOPBACK,
    circuits: options.circuits ?? RELAY_CIRCUITS,
    circuitsPerPeer: options.circuitsPerPeer ?? RELAY_CIRCUITS_PER_PEER,
    bytesPerSecond: options.bytesPerSecond ?? RELAY_RATE
  }
}

/** Who shares an allowance: an IPv4 address, or the /64 that one host has of IPv6 addresses. */
export function hostOf (ip: string): string {
  if (!ip.includes(':')) return ip
  const [head = '', tail = ''] = ip.split('::')
  const groups = (text: string): string[] => text.split(':').filter(group => group !== '')
  const first = groups(head)
  const last = groups(tail)
  const zeros = ip.includes('::') ? Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0') : []
  return [...first, ...zeros, ...last].slice(0, 4).map(group => Number.parseInt(group, 16).toString(16)).join(':')
}

/** The same whoever of the two opens the circuit. */
function pairOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

export class RelayQuota {
  readonly limits: Required<RelayOptions>
  readonly #proxies: ReadonlySet<string>
  /** Circuits of each peer, and of each pair of peers, that has one. */
  readonly #circuits = new Map<string, number>()
  /** Of the peers that have sent, until they are gone: else a new circuit would be a new allowance. */
  readonly #buckets = new Map<string, Bucket>()
  /** Of the peers that have asked for a place, until they are gone. */
  readonly #requests = new Map<string, Bucket>()
  readonly #counts = { reserved: 0, circuits: 0, opened: 0, bytes: 0, slowed: 0 }
  readonly #refused: Record<RelayRefusal, number> = { reservations: 0, reservationsPerIp: 0, requests: 0, circuits: 0, circuitsPerPeer: 0, circuitsPerPair: 0, gone: 0 }

  constructor (options: RelayOptions) {
    this.limits = relayLimits(options)
    this.#proxies = new Set(this.limits.proxies)
  }

  /** Whether a peer may ask for a place, or for its place once more. */
  request (peer: string, now: number): RelayRefusal | undefined {
    let bucket = this.#requests.get(peer)
    if (bucket == null) {
      bucket = new Bucket(RELAY_REQUESTS / 60, RELAY_REQUESTS, now)
      this.#requests.set(peer, bucket)
    }
    if (bucket.take(1, now) === 0) return undefined
    this.refuse('requests')
    return 'requests'
  }

  /**
   * Whether a peer without a place gets one.
   *
   * @param ip - where it comes from
   * @param others - where those with a place come from
   */
  reserve (ip: string | undefined, others: Iterable<string | undefined>): RelayRefusal | undefined {
    const host = ip == null || this.#proxies.has(ip) ? undefined : hostOf(ip)
    let total = 0
    let same = 0
    for (const other of others) {
      total++
      if (host != null && other != null && hostOf(other) === host) same++
    }
    const why = total >= this.limits.reservations
      ? 'reservations'
      : same >= this.limits.reservationsPerIp ? 'reservationsPerIp' : undefined
    if (why == null) this.#counts.reserved++
    else this.refuse(why)
    return why
  }

  /** Whether a circuit may be opened; if so it counts, until {@link close}. */
  open (from: string, to: string): RelayRefusal | undefined {
    const { circuits, circuitsPerPeer } = this.limits
    const full = (peer: string): boolean => (this.#circuits.get(peer) ?? 0) >= circuitsPerPeer
    const why = this.#counts.circuits >= circuits
      ? 'circuits'
      : full(from) || full(to)
        ? 'circuitsPerPeer'
        : (this.#circuits.get(pairOf(from, to)) ?? 0) >= RELAY_CIRCUITS_PER_PAIR ? 'circuitsPerPair' : undefined
    if (why == null) {
      this.#counts.circuits++
      for (const key of [from, to, pairOf(from, to)]) this.#count(key, 1)
    } else {
      this.refuse(why)
    }
    return why
  }

  close (from: string, to: string): void {
    this.#counts.circuits--
    for (const key of [from, to, pairOf(from, to)]) this.#count(key, -1)
  }

  /** What was tried to open is open. */
  opened (): void {
    this.#counts.opened++
  }

  /** Bytes came of a peer for another one. Milliseconds for which it is not to be read. */
  sent (peer: string, bytes: number, now: number): number {
    const { bytesPerSecond } = this.limits
    this.#counts.bytes += bytes
    let bucket = this.#buckets.get(peer)
    if (bucket == null) {
      bucket = new Bucket(bytesPerSecond, bytesPerSecond * RELAY_BURST, now)
      this.#buckets.set(peer, bucket)
    }
    const wait = bucket.take(bytes, now)
    if (wait > 0) this.#counts.slowed++
    return wait
  }

  refuse (why: RelayRefusal): void {
    this.#refused[why]++
  }

  /** A peer is not connected any more. */
  forget (peer: string): void {
    this.#buckets.delete(peer)
    this.#requests.delete(peer)
  }

  stats (reservations: number): RelayStats {
    return { reservations, ...this.#counts, refused: { ...this.#refused } }
  }

  #count (key: string, by: 1 | -1): void {
    const count = (this.#circuits.get(key) ?? 0) + by
    if (count > 0) this.#circuits.set(key, count)
    else this.#circuits.delete(key)
  }
}
