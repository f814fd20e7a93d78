/**
 * Connections between nodes: ordered and reliable like TCP, unless the scenario drops, doubles or reorders. What is
 * sent into a cut waits for the heal; what waits too long breaks the connection, first for the sender only.
 */
import type { Random } from '../../../src/util/random.core.ts'
import type { DialResult } from './types.ts'

/** Ms of silence after which a sender gives its connection up. */
const GIVE_UP = 15_000
export const DIAL_TIMEOUT = 3_000

export interface NetworkConditions {
  min: number
  mean: number
  factor: number
  drop: number
  duplicate: number
  reorder: number
}

/** What the network needs of the world. */
export interface NetworkHost {
  readonly now: number
  after (ms: number, run: () => void): void
  /** `off`: the machine is gone; `dead`: it is there, the process is not. */
  status (node: string): 'up' | 'dead' | 'off'
  /** Until when its process does not run; not later than now when it does. */
  frozenUntil (node: string): number
  /** Hands something to the process, when it runs. */
  deliver (node: string, event: Delivery): void
  count (what: string): void
}

export type Delivery =
  | { type: 'message', from: string, message: unknown, connection: Connection }
  | { type: 'connected' | 'closed', peer: string, connection: Connection }
  | { type: 'dialled', peer: string, result: DialResult }

export interface Connection {
  /** Whether this side still believes in it. */
  readonly open: Map<string, boolean>
  /** When the last message of a direction arrives: the next one may not come before it. */
  readonly busyUntil: Map<string, number>
  readonly held: Array<{ from: string, to: string, message: unknown, since: number }>
}

export class Network {
  readonly #host: NetworkHost
  readonly #random: Random
  readonly conditions: NetworkConditions
  /** node -> peer -> its connection. */
  readonly #sides = new Map<string, Map<string, Connection>>()
  /** Directed links, 'a>b' -> how many faults cut it. */
  readonly #cuts = new Map<string, number>()
  readonly #cutUntil = new Map<string, number>()
  /** 'a>b' -> share of its messages that is lost. */
  readonly losses = new Map<string, number>()

  constructor (host: NetworkHost, random: Random, conditions: NetworkConditions) {
    this.#host = host
    this.#random = random
    this.conditions = conditions
  }

  peers (node: string): string[] {
    return [...this.#side(node).keys()]
  }

  /** Both sides believe in it, and it carries. */
  carries (a: string, b: string): boolean {
    return this.connected(a, b) && this.connected(b, a) && !this.isCut(a, b) && !this.isCut(b, a)
  }

  connected (node: string, peer: string): boolean {
    return this.#side(node).has(peer)
  }

  isCut (from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0
  }

  /** When messages last could not pass between the two, in either direction; -Infinity if never. */
  lastCut (a: string, b: string): number {
    if (this.isCut(a, b) || this.isCut(b, a)) return this.#host.now
    return Math.max(this.#cutUntil.get(`${a}>${b}`) ?? -Infinity, this.#cutUntil.get(`${b}>${a}`) ?? -Infinity)
  }

  cut (links: ReadonlyArray<[string, string]>): void {
    for (const [from, to] of links) this.#cuts.set(`${from}>${to}`, (this.#cuts.get(`${from}>${to}`) ?? 0) + 1)
  }

  heal (links: ReadonlyArray<[string, string]>): void {
    for (const [from, to] of links) {
      const link = `${from}>${to}`
      const left = (this.#cuts.get(link) ?? 0) - 1
      if (left < 0) continue
      this.#cuts.set(link, left)
      this.#cutUntil.set(link, this.#host.now)
      const connection = this.#side(from).get(to)
      if (left > 0 || connection === undefined) continue
      const due = connection.held.filter(held => held.from === from)
      connection.held.splice(0, connection.held.length, ...connection.held.filter(held => held.from !== from))
      for (const { message } of due) this.#transmit(connection, from, to, message)
    }
  }

  dial (from: string, to: string): void {
    const host = this.#host
    const end = (ms: number, result: DialResult): void => host.after(ms, () => host.deliver(from, { type: 'dialled', peer: to, result }))
    if (this.connected(from, to)) return end(0, 'ok')
    const back = this.#latency()
    const knock = (): void => {
      const reached = !this.isCut(from, to) && !this.isCut(to, from) && host.status(to) !== 'off' && host.status(from) === 'up'
      if (!reached) return end(DIAL_TIMEOUT, 'timeout')
      if (host.status(to) === 'dead') return end(back, 'refused')
      // the machine accepts, but the handshake needs the process
      const wait = host.frozenUntil(to) - host.now
      if (wait > DIAL_TIMEOUT) return end(DIAL_TIMEOUT, 'timeout')
      if (wait > 0) return host.after(wait, knock)
      if (!this.connected(from, to)) this.#connect(from, to, back)
      end(back, 'ok')
    }
    host.after(this.#latency(), knock)
  }

  send (from: string, to: string, message: unknown): boolean {
    const connection = this.#side(from).get(to)
    if (connection === undefined) return false
    this.#transmit(connection, from, to, message)
    return true
  }

  /** Closes one side; the other one hears of it, if the way is free. */
  close (node: string, peer: string): void {
    const connection = this.#side(node).get(peer)
    if (connection === undefined) return
    this.#closeSide(connection, node, peer)
    if (!this.isCut(node, peer)) this.#host.after(this.#latency(), () => this.#closeSide(connection, peer, node))
  }

  /** The process died. `silent`: nobody is told. */
  drop (node: string, silent: boolean): void {
    for (const [peer, connection] of [...this.#side(node)]) {
      connection.open.set(node, false)
      if (!silent && !this.isCut(node, peer)) this.#host.after(this.#latency(), () => this.#closeSide(connection, peer, node))
    }
    this.#sides.delete(node)
  }

  #connect (from: string, to: string, back: number): void {
    // the accepting side may still hold one that the dialling side lost
    const stale = this.#side(to).get(from)
    if (stale !== undefined) this.#closeSide(stale, to, from)
    const connection: Connection = { open: new Map([[from, true], [to, true]]), busyUntil: new Map(), held: [] }
    this.#side(to).set(from, connection)
    this.#side(from).set(to, connection)
    this.#host.count('connections')
    connection.busyUntil.set(from, this.#host.now + back)
    this.#host.after(back, () => {
      if (connection.open.get(from) === true) this.#host.deliver(from, { type: 'connected', peer: to, connection })
    })
    this.#host.deliver(to, { type: 'connected', peer: from, connection })
  }

  #transmit (connection: Connection, from: string, to: string, message: unknown): void {
    const host = this.#host
    if (this.isCut(from, to) || host.status(to) === 'off') {
      connection.held.push({ from, to, message, since: host.now })
      host.after(GIVE_UP, () => this.#giveUp(connection, from, to))
      return
    }
    const { drop, duplicate, reorder } = this.conditions
    if (this.#random.chance(drop) || (this.losses.size > 0 && this.#random.chance(this.losses.get(`${from}>${to}`) ?? 0))) return host.count('dropped')
    const arrive = (at: number): void => host.after(at - host.now, () => this.#arrive(connection, from, to, message))
    const direct = host.now + this.#latency()
    if (this.#random.chance(reorder)) {
      host.count('reordered')
      arrive(direct + this.#latency() * 3)
    } else {
      const at = Math.max(direct, connection.busyUntil.get(to) ?? 0)
      connection.busyUntil.set(to, at)
      arrive(at)
    }
    if (this.#random.chance(duplicate)) {
      host.count('duplicated')
      arrive(direct + this.#latency() * 3)
    }
  }

  #arrive (connection: Connection, from: string, to: string, message: unknown): void {
    if (connection.open.get(to) === true) {
      this.#host.deliver(to, { type: 'message', from, message, connection })
      return
    }
    // nobody knows this connection here: the machine answers with a reset
    if (this.#host.status(to) !== 'off' && !this.isCut(to, from)) {
      this.#host.after(this.#latency(), () => this.#closeSide(connection, from, to))
    }
  }

  #giveUp (connection: Connection, from: string, to: string): void {
    if (connection.held.some(held => held.from === from && this.#host.now - held.since >= GIVE_UP)) this.#closeSide(connection, from, to)
  }

  #closeSide (connection: Connection, node: string, peer: string): void {
    if (connection.open.get(node) !== true) return
    connection.open.set(node, false)
    const mine = this.#side(node)
    if (mine.get(peer) === connection) mine.delete(peer)
    this.#host.deliver(node, { type: 'closed', peer, connection })
  }

  #side (node: string): Map<string, Connection> {
    let side = this.#sides.get(node)
    if (side === undefined) this.#sides.set(node, side = new Map())
    return side
  }

  /** Mostly near the mean, with a tail. */
  #latency (): number {
    const { min, mean, factor } = this.conditions
    return (min - Math.log(1 - this.#random()) * (mean - min)) * factor
  }
}
