/** The whole simulated world: one queue of events, one virtual clock, everything drawn from one seed. */
import { createRandom, hashString } from '../../../src/util/random.core.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import { EventQueue } from './queue.ts'
import { applyFault, end, healEverything } from './faults.ts'
import { Violation } from './types.ts'
import type { Delivery, NetworkHost } from './network.ts'
import type { Client, Fault, Scenario } from './types.ts'
import type { Random } from '../../../src/util/random.core.ts'

/** Events per virtual second and node, and events that wait, beyond which a run counts as a livelock. */
const MAX_RATE = 5_000
const MAX_WAITING = 100_000
/** Times of disturbances that are remembered. */
const MAX_DISTURBED = 16
/** Starts are spread over this time. */
const START_WITHIN = 2_000

export interface RunResult {
  seed: number
  violation: Violation | undefined
  /** Virtual time of the end. */
  at: number
  steps: number
  /** Equal seeds give equal hashes, else something outside the seed decided. */
  hash: number
  counts: Record<string, number>
}

export class World implements NetworkHost {
  now = 0
  readonly scenario: Scenario
  readonly client: Client
  readonly network: Network
  readonly nodes = new Map<string, SimNode>()
  readonly counts = new Map<string, number>()
  healed = false
  /** Ms for which the next founder is cut off. */
  severs: number | undefined
  /** When a fault last struck or ended: since then nothing was disturbed. */
  disturbedAt = START_WITHIN
  /** That, and the times before, oldest first. */
  readonly disturbed: number[] = [START_WITHIN]
  readonly #queue = new EventQueue<() => void>()
  #steps = 0
  #secondFrom = 0
  #stepsBefore = 0
  #hash = 0

  constructor (scenario: Scenario, makeClient: (world: World) => Client) {
    const random = createRandom(scenario.seed)
    this.scenario = scenario
    const { latency, drop, duplicate, reorder } = scenario
    this.network = new Network(this, random.fork('network'), { ...latency, factor: 1, drop, duplicate, reorder })
    for (const id of scenario.ids) this.nodes.set(id, new SimNode(this, id, random.fork(`node ${id}`), scenario.drift, scenario.extreme))
    this.client = makeClient(this)
    if (scenario.drift > 0) this.count('drift')
    const starts = random.fork('starts')
    const { startWithin = START_WITHIN } = scenario
    for (const node of this.nodes.values()) this.after(starts.between(0, startWithin), () => { if (node.life < 0) node.start() })
    for (const fault of scenario.faults) this.after(fault.at, () => applyFault(this, fault))
    this.after(scenario.healAt, () => { this.healed = true; healEverything(this) })
  }

  /** The time before {@link disturbedAt}: between the two nothing was disturbed either. */
  get disturbedBefore (): number {
    return this.disturbed.at(-2) ?? START_WITHIN
  }

  get ids (): string[] {
    return this.scenario.ids
  }

  /** Nodes whose process runs, or would if it were not frozen. */
  up (): SimNode[] {
    return [...this.nodes.values()].filter(node => node.status === 'up')
  }

  run (): RunResult {
    let violation: Violation | undefined
    try {
      while (this.#queue.peek() <= this.scenario.healAt + this.client.settleTime) this.#step()
      const missing = this.client.settled()
      if (missing !== undefined) throw new Violation('liveness', missing)
    } catch (error) {
      violation = error instanceof Violation ? error : new Violation('threw', (error as Error).stack ?? String(error))
    }
    return { seed: this.scenario.seed, violation, at: Math.round(this.now), steps: this.#steps, hash: this.#hash, counts: Object.fromEntries(this.counts) }
  }

  #step (): void {
    const event = this.#queue.pop()!
    this.now = event.at
    this.#steps++
    this.#checkRate()
    event.item()
    this.client.check?.()
  }

  #checkRate (): void {
    if (this.now - this.#secondFrom >= 1_000) {
      this.#secondFrom = this.now
      this.#stepsBefore = this.#steps
    }
    const rate = this.#steps - this.#stepsBefore
    if (rate > MAX_RATE * this.ids.length || this.#queue.size > MAX_WAITING) {
      throw new Violation('livelock', `${rate} steps within a second, ${this.#queue.size} events wait`)
    }
  }

  after (ms: number, run: () => void): void {
    this.#queue.push(this.now + ms, run)
  }

  status (node: string): 'up' | 'dead' | 'off' {
    return this.nodes.get(node)?.status ?? 'off'
  }

  frozenUntil (node: string): number {
    return this.nodes.get(node)?.frozenUntil ?? 0
  }

  deliver (node: string, event: Delivery): void {
    this.nodes.get(node)?.deliver(event)
  }

  /** The process of a node ends by itself. */
  exit (node: SimNode, back: number | undefined): void {
    end(this, node, { how: 'dead', disk: 'keep', back })
  }

  count (what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** Something that strikes in answer to what happened. */
  strike (fault: Fault): void {
    applyFault(this, fault)
  }

  disturb (): void {
    if (this.now === this.disturbedAt) return
    this.disturbedAt = this.now
    if (this.disturbed.push(this.now) > MAX_DISTURBED) this.disturbed.shift()
  }

  /** Takes what happened into the hash. */
  trace (what: string, node: string): void {
    this.#hash = hashString(node, hashString(what, this.#hash ^ Math.round(this.now * 1_000)))
  }

  fsyncTime (random: Random): number {
    const { fsync } = this.scenario
    if (fsync > 50) this.count('slowDisk')
    return random.between(fsync / 2, fsync * 2)
  }
}
