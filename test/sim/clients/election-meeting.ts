/** When a group may be founded, and that who leaves hands over: what depends on who could hear whom, and for how long. */
import { Violation } from '../kernel/types.ts'
import { majorityOf } from './election-checks.ts'
import type { ElectionProcess } from './election-process.ts'
import type { Config, Voter } from '../../../src/election/types.core.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'

const LOOK_EVERY = 250
/** Milliseconds after which two that are connected have greeted each other, where nothing is lost or slow. */
const MET = 600
/** Milliseconds in which discovery has told of everybody, when nothing was disturbed. */
const KNOWN = 5_000
/** Milliseconds without a fault after which a group is as it should be. */
const CALM = 1_000
const SLOW_DISK = 50
/** Milliseconds that a message takes, on average, with which the ten that a hand-over may need do not fit into the two seconds that it gets. */
const SLOW_LINE = 100
/** One with which they do when a dead one has to be taken out before. */
const QUICK_LINE = 20

interface Left { readonly at: number, readonly config: Config }

export class Meetings {
  readonly #world: World
  readonly #honest: () => SimNode[]
  /** 'a b' -> since when messages pass between them, both ways. */
  readonly #met = new Map<string, number>()
  readonly #leaving = new Map<string, Left>()
  #lookedAt = -Infinity

  /** @param honest - nodes that are up and do not lie */
  constructor (world: World, honest: () => SimNode[]) {
    this.#world = world
    this.#honest = honest
  }

  /** All whom a node could hear of, by whatever way. */
  seenBy (id: string): Set<string> {
    const { network } = this.#world
    const running = this.#world.up().filter(node => !node.frozen).map(node => node.id)
    const seen = new Set([id])
    for (const from of seen) {
      for (const to of running) if (!seen.has(to) && network.carries(from, to)) seen.add(to)
    }
    return seen
  }

  look (): void {
    const { now, network } = this.#world
    if (now - this.#lookedAt < LOOK_EVERY) return
    this.#lookedAt = now
    const nodes = this.#honest()
    nodes.forEach(({ id: a }, i) => {
      for (const { id: b } of nodes.slice(i + 1)) {
        const pair = `${a} ${b}`
        if (!network.carries(a, b)) this.#met.delete(pair)
        else if (!this.#met.has(pair)) this.#met.set(pair, now)
      }
    })
  }

  #haveMet (a: SimNode, b: SimNode): boolean {
    const { now, network, scenario: { drop } } = this.#world
    const since = this.#met.get(`${a.id} ${b.id}`) ?? this.#met.get(`${b.id} ${a.id}`) ?? Infinity
    const stalled = [a, b].some(node => node.frozen || node.stalledSince(now - MET) > 0)
    return now - Math.max(since, a.since, b.since) >= MET && !stalled && drop === 0 && network.conditions.factor === 1 && network.losses.size === 0 && network.carries(a.id, b.id)
  }

  /** A default group is founded when nobody who was met has one, or founds one; and anew when the one before is gone. */
  founded (node: SimNode, config: Config, leads: (node: SimNode) => boolean): void {
    if (config.kind !== 'default') return
    const { now, disturbedAt } = this.#world
    for (const other of this.#honest()) {
      if (other === node) continue
      const hard = processOf(other).durable?.hard
      if (config.replaces === 0 && hard?.founded === true && hard.config?.group !== config.group && this.#haveMet(node, other)) {
        throw new Violation('founding', `${node.id} founds group ${config.group} though it has met ${other.id} of group ${hard.config?.group}`)
      }
      const known = now - disturbedAt >= KNOWN && !processOf(node).errs && this.seenBy(node.id).has(other.id)
      if (config.replaces !== 0 && hard?.config?.group === config.replaces && leads(other) && known) {
        throw new Violation('founding', `${node.id} forms group ${config.replaces} anew though ${other.id} leads it, as its record says`)
      }
    }
  }

  leaves (node: SimNode): void {
    const { now, disturbedBefore, network: { conditions: { mean, factor } }, scenario: { drop, fsync } } = this.#world
    const config = processOf(node).durable?.hard.config
    const calm = now - disturbedBefore >= CALM && drop === 0 && fsync < SLOW_DISK && mean * factor < SLOW_LINE
    const led = this.#honest().some(other => processOf(other).lease !== undefined)
    if (calm && led && config !== undefined && (this.#reached(config).length === config.voters.length || this.#canDoWithout(config, mean * factor))) this.#leaving.set(node.id, { at: now, config })
    else this.#leaving.delete(node.id)
  }

  /** Some seats are dead or cut off; those who live reach each other, and will go on without them when the next one leaves. */
  #canDoWithout (config: Config, mean: number): boolean {
    const there = this.#reached(config)
    const meet = there.every(a => there.every(b => this.#meets(a, b)))
    // a silent one is waited for, for T, before it has to go
    return meet && mean < QUICK_LINE && there.length >= majorityOf(config) && there.every(({ id }) => (processOf(this.#world.nodes.get(id)!).options.profile?.timeout ?? 500) <= 500)
  }

  /** Seats of those who run and that one of the others reaches. */
  #reached (config: Config): Voter[] {
    const there = this.#seatsThere(config)
    return there.length === 1 ? there : there.filter(a => there.some(b => a !== b && this.#meets(a, b)))
  }

  #meets (a: Voter, b: Voter): boolean {
    return a === b || this.#world.network.carries(a.id, b.id)
  }

  /** Seats of those who run and stay. */
  #there (config: Config, but?: string): number {
    return this.#seatsThere(config, but).length
  }

  #seatsThere (config: Config, but?: string): Voter[] {
    return config.voters.filter(({ id, incarnation }) => id !== but && this.#honest().some(node => {
      return node.id === id && !node.frozen && processOf(node).durable?.hard.incarnation === incarnation && processOf(node).durable?.hard.config?.group === config.group
    }))
  }

  /** Nothing else went wrong while it left, and somebody was there: the group goes on without it. */
  exits (node: SimNode, isTab: (id: string) => boolean): void {
    const { disturbedAt, network } = this.#world
    const left = this.#leaving.get(node.id)
    // whom discovery does not see is no heir
    if (left?.at !== disturbedAt || processOf(node).errs) return
    const { group } = left.config
    const others = this.#honest().filter(other => other !== node && !other.frozen)
    const heirs = others.filter(other => {
      const { hard } = processOf(other).durable ?? {}
      return !isTab(other.id) && processOf(other).leaving === undefined && !processOf(other).conflict && hard?.config?.group === group && network.carries(node.id, other.id)
    })
    if (heirs.length === 0) return
    this.#world.count('left to others')
    const newest = [node, ...others].map(other => processOf(other).durable?.hard.config).filter(config => config?.group === group).reduce((a, b) => {
      return a === undefined || (b !== undefined && (b.term > a.term || (b.term === a.term && b.version > a.version))) ? b : a
    }, undefined) as Config
    if (this.#there(newest, node.id) >= majorityOf(newest)) return
    throw new Violation('leaving', `${node.id} is gone, and with it the majority of group ${group}, though ${heirs.map(({ id }) => id).join()} could have taken over`)
  }
}

function processOf (node: SimNode): ElectionProcess {
  return node.process as ElectionProcess
}
