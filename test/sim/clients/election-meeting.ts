/** When a group may be founded, and that who leaves hands over: what depends on who could hear whom, and for how long. */
import { cloneOf, peerOf, Violation } from '../kernel/types.ts'
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
/** Milliseconds within which some leave together. */
const TOGETHER = 150
const SLOW_DISK = 50
/** Milliseconds that a message takes, on average, with which the ten that a hand-over may need do not fit into the two seconds that it gets. */
const SLOW_LINE = 100
/** One with which they do when a dead one has to be taken out before. */
const QUICK_LINE = 20

interface Left { readonly at: number, readonly config: Config }
/** When a life of a node asked for its seat to be taken. */
interface Asked { readonly at: number, readonly life: number }

export class Meetings {
  readonly #world: World
  readonly #honest: () => SimNode[]
  /** 'a b' -> since when messages pass between them, both ways. */
  readonly #met = new Map<string, number>()
  readonly #leaving = new Map<string, Left>()
  readonly #asked = new Map<string, Asked>()
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
    const { now, network: { conditions: { mean, factor } }, scenario: { drop, fsync } } = this.#world
    const config = processOf(node).durable?.hard.config
    this.#asked.set(node.id, { at: now, life: node.life })
    const others = [...this.#leaving].filter(([id, { at }]) => id !== node.id && now - at < TOGETHER)
    const calm = now - this.#troubledAt() >= CALM && drop === 0 && fsync < SLOW_DISK && mean * factor < SLOW_LINE
    // of some who leave together nobody may lead at the moment, and then it takes longer
    const led = others.length > 0 || this.#honest().some(other => processOf(other).lease !== undefined)
    const inTime = others.length === 0 || (mean * factor < QUICK_LINE && isQuick(node))
    if (!inTime) for (const [id] of others) this.#leaving.delete(id)
    if (calm && led && inTime && config !== undefined && (this.#reached(config).length === config.voters.length || this.#canDoWithout(config, mean * factor))) this.#leaving.set(node.id, { at: now, config })
    else this.#leaving.delete(node.id)
  }

  /** When something was disturbed by anything but a voter that asked to leave. */
  #troubledAt (): number {
    const asked = new Set([...this.#asked.values()].map(({ at }) => at))
    return this.#world.disturbed.findLast(at => !asked.has(at)) ?? Infinity
  }

  /** A leader took a seat out: never so that those who are there are no majority of the rest, as far as it can know. */
  shrunk (leader: string, from: Config, to: Config): void {
    const out = from.voters.find(({ id, incarnation }) => !to.voters.some(voter => voter.id === id && voter.incarnation === incarnation))
    if (out === undefined) return
    const asked = this.#asked.get(out.id)
    const since = asked?.life === this.#world.nodes.get(out.id)?.life ? asked?.at : undefined
    const dead = to.voters.filter(({ id }) => id !== peerOf(leader) && this.#isKnownDead(leader, id, since)).map(({ id }) => id)
    if (to.voters.length - dead.length >= majorityOf(to)) return
    throw new Violation('leaving', `${leader} takes ${out.id} out, though of the ${to.voters.length} that are left ${dead.join()} cannot vote`)
  }

  /** It had stopped when one asked to leave, and so answered nothing since; or the leader saw its connection close. */
  #isKnownDead (leader: string, id: string, asked = -Infinity): boolean {
    const { nodes, network, now } = this.#world
    const node = nodes.get(id)!
    if (nodes.get(cloneOf(id))?.status === 'up') return false
    if (node.status === 'up') return node.frozen && node.frozenSince < asked
    return node.since < asked || (!network.connected(leader, id) && nodes.get(leader)!.stalledSince(now - LOOK_EVERY) === 0)
  }

  /** Some seats are dead or cut off; those who live reach each other, and will go on without them when the next one leaves. */
  #canDoWithout (config: Config, mean: number): boolean {
    const there = this.#reached(config)
    const meet = there.every(a => there.every(b => this.#meets(a, b)))
    // a silent one is waited for, for T, before it has to go
    return meet && mean < QUICK_LINE && there.length >= majorityOf(config) && there.every(({ id }) => isQuick(this.#world.nodes.get(id)!))
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
    const { network } = this.#world
    const left = this.#leaving.get(node.id)
    // whom discovery does not see is no heir
    if (left === undefined || this.#troubledAt() > left.at || processOf(node).errs) return
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

function isQuick (node: SimNode): boolean {
  return (processOf(node).options.profile?.timeout ?? 500) <= 500
}

function processOf (node: SimNode): ElectionProcess {
  return node.process as ElectionProcess
}
