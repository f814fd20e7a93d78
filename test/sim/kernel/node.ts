/** One simulated machine: its clocks, its timers, its disk, and the process of the present life. */
import { SimDisk } from './disk.ts'
import type { Delivery } from './network.ts'
import { peerOf } from './types.ts'
import type { Env, Process, SimEvent } from './types.ts'
import type { World } from './world.ts'
import type { Random } from '../../../src/util/random.core.ts'

export class SimNode {
  readonly id: string
  readonly disk: SimDisk
  status: 'up' | 'dead' | 'off' = 'dead'
  life = -1
  process: Process | undefined
  /** Time of the last start or death. */
  since = 0
  /** Dead, and to be started again. */
  returning = false
  /** Until when the process does not run. */
  frozenUntil = 0
  frozenSince = 0
  /** Until when its disk refuses what is written: it is full. */
  refusesUntil = 0
  /** Past times without running, oldest first. */
  readonly stalls: Array<{ from: number, to: number }> = []
  readonly #world: World
  readonly #random: Random
  /** Of its clocks; `#local` is what they had counted when it became this. */
  #rate: number
  #local = 0
  #rateSince = 0
  #wallOffset: number
  #asleep = 0
  #sleepingSince: number | undefined
  /** Timers by name; the number tells a moved timer from the one that was set before. */
  #timers = new Map<string, number>()
  #timerCount = 0
  /** What came while the process was frozen: due timers run first, as in an event loop. */
  #dueTimers: Array<{ name: string, id: number }> = []
  #inbox: Delivery[] = []

  constructor (world: World, id: string, random: Random, drift: number, extreme = false) {
    this.#world = world
    this.id = id
    this.#random = random
    const share = random.between(-drift, drift)
    this.#rate = 1 + (extreme ? Math.sign(share) * drift : share)
    this.#wallOffset = 1_700_000_000_000 + random.between(-1_000, 1_000)
    this.disk = new SimDisk((name, upTo) => {
      const life = this.life
      world.after(world.fsyncTime(random), () => {
        if (this.life !== life || this.status !== 'up' || this.disk.wasRefused(upTo)) return
        if (world.now < this.refusesUntil) {
          this.disk.refuse(random)
          world.count('saves refused')
          return this.run(() => this.process?.refused?.())
        }
        this.disk.finish(upTo)
        this.run(() => this.process?.synced?.(name))
      })
    })
  }

  get frozen (): boolean {
    return this.#world.now < this.frozenUntil
  }

  /** Ms since `from` in which the process did not run although it was up. */
  stalledSince (from: number): number {
    let sum = this.frozen ? this.#world.now - Math.max(from, this.frozenSince) : 0
    for (const stall of this.stalls) sum += Math.max(0, stall.to - Math.max(from, stall.from))
    return sum
  }

  start (): void {
    this.life++
    this.status = 'up'
    this.since = this.#world.now
    this.frozenUntil = 0
    const process = this.#world.client.create(this.id, this.#world)
    this.process = process
    this.run(() => process.start(this.#env()))
  }

  stop (status: 'dead' | 'off'): void {
    if (this.frozen) this.#recordStall()
    this.status = status
    this.since = this.#world.now
    this.process = undefined
    this.#timers = new Map()
    this.#dueTimers = []
    this.#inbox = []
    this.frozenUntil = 0
    this.#sleepingSince = undefined
  }

  freeze (ms: number, asleep: boolean): void {
    const now = this.#world.now
    // 0 means awake: one whose freeze ends at this very moment has not run yet
    if (this.frozenUntil === 0) this.frozenSince = now
    this.frozenUntil = Math.max(this.frozenUntil, now + ms)
    if (asleep) this.#sleepingSince ??= this.#clock()
    if (this.frozenUntil < Infinity) this.#world.after(this.frozenUntil - now, () => this.#wake())
  }

  /** Ends a freeze now. */
  thaw (): void {
    this.frozenUntil = this.#world.now
    this.#wake()
  }

  /** Its clocks go at another rate from now on. */
  setRate (rate: number): void {
    this.#local = this.#clock()
    this.#rateSince = this.#world.now
    this.#rate = rate
  }

  #clock (): number {
    return this.#local + (this.#world.now - this.#rateSince) * this.#rate
  }

  /** One that sleeps is not set back as well: no clock could tell that from no time at all. */
  jump (ms: number): void {
    if (ms > 0 || this.#sleepingSince === undefined) this.#wallOffset += ms
  }

  deliver (delivery: Delivery): void {
    if (this.status !== 'up') return
    if (this.frozen) this.#inbox.push(delivery)
    else this.#handle(delivery)
  }

  /** Runs a piece of the process, if it can run now. */
  run (piece: () => void): void {
    const { life } = this
    if (this.frozen) this.#world.after(this.frozenUntil - this.#world.now, () => { if (this.process !== undefined && this.life === life) this.run(piece) })
    else piece()
  }

  #wake (): void {
    if (this.frozen || this.status !== 'up' || this.frozenUntil === 0) return
    this.#world.disturb()
    this.#recordStall()
    this.frozenUntil = 0
    if (this.#sleepingSince !== undefined) {
      this.#asleep += this.#clock() - this.#sleepingSince
      this.#sleepingSince = undefined
    }
    const timers = this.#dueTimers
    const inbox = this.#inbox
    this.#dueTimers = []
    this.#inbox = []
    for (const { name, id } of timers) this.#fire(name, id)
    for (const delivery of inbox) this.deliver(delivery)
  }

  #recordStall (): void {
    this.stalls.push({ from: this.frozenSince, to: this.#world.now })
    if (this.stalls.length > 100) this.stalls.shift()
  }

  #handle (delivery: Delivery): void {
    const process = this.process
    if (process === undefined) return
    this.#world.trace(delivery.type, this.id)
    switch (delivery.type) {
      case 'message': process.receive(peerOf(delivery.from), delivery.message); break
      case 'connected': process.connected?.(peerOf(delivery.peer)); break
      case 'closed': {
        const peer = peerOf(delivery.peer)
        if (this.#namesOf(peer).length === 0) process.closed?.(peer)
        break
      }
      case 'dialled': process.dialled?.(peerOf(delivery.peer), delivery.result); break
    }
  }

  #fire (name: string, id: number): void {
    if (this.#timers.get(name) !== id) return
    if (this.frozen) {
      this.#dueTimers.push({ name, id })
      return
    }
    this.#timers.delete(name)
    this.#world.trace(name, this.id)
    this.process?.timer(name)
  }

  #monotonic (): number {
    const now = this.#clock()
    return now - this.#asleep - (this.#sleepingSince === undefined ? 0 : now - this.#sleepingSince)
  }

  #setTimer (name: string, ms: number): void {
    const id = ++this.#timerCount
    this.#timers.set(name, id)
    this.#world.after(Math.max(0, ms) / this.#rate, () => this.#fire(name, id))
  }

  /** Those with that identity that it is connected to, the latest last. */
  #namesOf (peer: string): string[] {
    const { nodes, ids, network } = this.#world
    if (nodes.size === ids.length) return network.connected(this.id, peer) ? [peer] : []
    return network.peers(this.id).filter(name => peerOf(name) === peer)
  }

  #env (): Env {
    const { id } = this
    const world = this.#world
    const { network } = world
    return {
      id: peerOf(id),
      ids: world.ids,
      life: this.life,
      random: this.#random.fork(`life ${this.life}`),
      disk: this.disk,
      now: () => this.#monotonic(),
      wall: () => this.#clock() + this.#wallOffset,
      setTimer: (name, ms) => this.#setTimer(name, ms),
      clearTimer: name => { this.#timers.delete(name) },
      dial: to => network.dial(id, to),
      close: to => { for (const name of this.#namesOf(to)) network.close(id, name) },
      send: (to, message) => network.send(id, this.#namesOf(to).at(-1) ?? to, message),
      connections: () => world.nodes.size === world.ids.length ? network.peers(id) : [...new Set(network.peers(id).map(peerOf))],
      exit: back => { world.exit(this, back) },
      count: what => world.count(what),
      emit: (event: SimEvent) => {
        world.trace(event.type, id)
        world.client.observe?.(id, event)
      }
    }
  }
}
