/** Election cores on a network that a test cuts, holds up and speaks on itself, a millisecond at a time. Each has its own wall clock. */
import { createElection } from '../../src/election/election.core.ts'
import { Outbox } from '../../src/election/outbox.core.ts'
import { createRandom } from '../../src/util/random.core.ts'
import { isSealed, sealed } from '../harness/seals.ts'
import type { Message } from '../../src/election/messages.core.ts'
import type { Durable, ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, ElectionStatus, Time } from '../../src/election/types.core.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never

type Send = Extract<ElectionOutput, { type: 'send' }>

export interface WorldNode { readonly id: string, readonly core: ElectionCore, readonly out: ElectionOutput[], readonly outbox: Outbox, skew: number, alive: boolean }

const WALL = 1_700_000_000_000

export class World {
  readonly nodes = new Map<string, WorldNode>()
  /** Messages for which it is true are lost. */
  lose: (from: string, to: string, message: Message) => boolean = () => false
  readonly #random = createRandom(7)
  readonly #cuts = new Set<string>()
  #mail: Array<{ at: number, run: () => void }> = []
  now = 0
  /** Ms that a message takes. */
  delay = 2
  /** Ms that a save takes where that is long, so that what depends on it waits. */
  readonly disks = new Map<string, number>()
  /** Signatures that were looked at; and whether any is answered. */
  verified = 0
  verifies = true

  /** Connected to all that are there. `skew`: ms by which its wall clock is ahead. */
  add (id: string, options: Partial<ElectionConfig> = {}, skew = 0): WorldNode {
    const time = { now: this.now, wall: WALL + this.now + skew }
    const core = createElection({ self: id, service: 'login', random: this.#random.fork(id), durable: undefined as Durable | undefined, time, ...options })
    const node: WorldNode = { id, core, out: [], outbox: new Outbox(send => { this.#post(id, send) }), skew, alive: true }
    this.nodes.set(id, node)
    this.step(id, { type: 'tick' })
    for (const peer of this.nodes.keys()) if (peer !== id && this.#linked(id, peer)) this.#meet(id, peer)
    return node
  }

  /** Only nodes of one list see each other from now on. */
  split (...sides: string[][]): void {
    const side = (id: string): number => sides.findIndex(ids => ids.includes(id))
    for (const a of this.nodes.keys()) {
      for (const b of this.nodes.keys()) if (a < b) this.link(a, b, side(a) === side(b))
    }
  }

  link (a: string, b: string, linked: boolean): void {
    if (this.#linked(a, b) === linked) return
    for (const name of [`${a} ${b}`, `${b} ${a}`]) linked ? this.#cuts.delete(name) : this.#cuts.add(name)
    if (linked) return this.#meet(a, b)
    this.step(a, { type: 'closed', peer: b })
    this.step(b, { type: 'closed', peer: a })
  }

  kill (id: string): void {
    for (const peer of this.nodes.keys()) if (peer !== id) this.link(id, peer, false)
    this.#node(id).alive = false
  }

  step (id: string, input: Untimed<ElectionInput>): void {
    const node = this.#node(id)
    if (!node.alive) return
    for (const output of node.core.step({ ...input, ...this.#time(node) })) {
      if (output.type === 'save') this.#save(node, output.id)
      else if (output.type === 'sign') this.#later(id, { type: 'signed', signed: sealed(id, output.config) })
      else if (output.type === 'verify') {
        this.verified++
        if (this.verifies) this.#later(id, { type: 'verified', id: output.id, ok: isSealed(output.signed) })
      } else if (output.type !== 'send') node.out.push(output)
      else if (this.disks.has(id)) node.outbox.send(output)
      else this.#post(id, output)
    }
  }

  #save ({ id, outbox }: WorldNode, save: number): void {
    const run = (): void => {
      outbox.saved(save)
      this.step(id, { type: 'saved', id: save })
    }
    this.#mail.push({ at: this.now + (this.disks.get(id) ?? 1), run })
  }

  #post (id: string, { to, message }: Send): void {
    if (this.lose(id, to, message)) return
    this.#mail.push({ at: this.now + this.delay, run: () => { if (this.#linked(id, to) && this.nodes.has(to)) this.step(to, { type: 'message', from: id, message }) } })
  }

  #later (id: string, input: Untimed<ElectionInput>): void {
    this.#mail.push({ at: this.now + 1, run: () => { this.step(id, input) } })
  }

  run (ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      const due = this.#mail.filter(({ at }) => at <= this.now)
      this.#mail = this.#mail.filter(({ at }) => at > this.now)
      for (const { run } of due) run()
      for (const { id, core } of this.nodes.values()) if (core.due <= this.now) this.step(id, { type: 'tick' })
    }
  }

  /** Milliseconds until it is so; `within` when it is not by then. */
  until (within: number, isSo: () => boolean): number {
    const start = this.now
    while (!isSo() && this.now - start < within) this.run(1)
    return this.now - start
  }

  /** A stranger says one thing to each of them. */
  tell (from: string, ids: readonly string[], message: Message): void {
    for (const id of ids) {
      this.step(id, { type: 'connected', peer: from })
      this.step(id, { type: 'message', from, message })
    }
  }

  status (id: string): ElectionStatus {
    return this.#node(id).core.status(this.#time(this.#node(id)))
  }

  /** Those with a lease. */
  leaders (): string[] {
    return [...this.nodes.values()].filter(node => node.alive && this.status(node.id).leaseLeft > 0).map(({ id }) => id)
  }

  leader (): string {
    const [leader, ...others] = this.leaders()
    if (leader === undefined || others.length > 0) throw new Error(`leaders: ${[leader, ...others].join()}`)
    return leader
  }

  #node (id: string): WorldNode {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  #time (node: WorldNode): Time {
    return { now: this.now, wall: WALL + this.now + node.skew }
  }

  #linked (a: string, b: string): boolean {
    return !this.#cuts.has(`${a} ${b}`)
  }

  #meet (a: string, b: string): void {
    this.step(a, { type: 'connected', peer: b })
    this.step(b, { type: 'connected', peer: a })
  }
}
