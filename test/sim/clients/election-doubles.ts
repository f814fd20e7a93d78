/**
 * Machines with one identity. While neither knows of the other both have the same vote, and a group may have two leaders:
 * nobody can help that. From the moment on at which both were told, everything must hold again.
 */
import { cloneOf } from '../kernel/types.ts'
import type { ElectionProcess } from './election-process.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'
import type { Random } from '../../../src/util/random.core.ts'

/** Milliseconds between two words about it, as discovery says them; and those in which it finds out. */
const SAY_EVERY = 3_000
const LONGEST = 4_000
/** Milliseconds in which answers of both may still be under way. */
const UNDER_WAY = 2_000

interface Double { life: number, readonly delay: number, witnessed: number | undefined, said: number }

export class Doubles {
  readonly #world: World
  readonly #random: Random
  readonly #lease: number
  readonly #doubles = new Map<string, Double>()
  /** Groups in which one seat is two, and until when that has consequences. */
  readonly #until = new Map<number, number>()
  /** The highest term in which both may have asked for votes: what one got there is the other's as well, also when it is long gone. */
  readonly #terms = new Map<number, number>()
  /** Groups in which it had. */
  readonly ruined = new Set<number>()

  /** @param timeout - the longest of any node */
  constructor (world: World, random: Random, timeout: number) {
    this.#world = world
    this.#random = random
    this.#lease = 2 * timeout
  }

  /** Whether one seat of the group is two now, or was a moment ago. */
  has (group: number): boolean {
    return this.#world.now <= (this.#until.get(group) ?? -Infinity)
  }

  /** Whether one seat of the group was two in that term, or in a later one. */
  hadIn (group: number, term: number): boolean {
    return term <= (this.#terms.get(group) ?? -1)
  }

  /** Whether any was: what two leaders wrote may have come from one group into another. */
  get hadAny (): boolean {
    return this.#until.size > 0
  }

  /** Whether it ever was. */
  had (group: number): boolean {
    return this.#until.has(group)
  }

  /** @param isLiar - whose word counts for nothing */
  look (isLiar: (id: string) => boolean): void {
    const { nodes, ids } = this.#world
    if (nodes.size === ids.length) return
    for (const id of ids) {
      const [original, copy] = [nodes.get(id), nodes.get(cloneOf(id))]
      if (original === undefined || copy === undefined || isLiar(id)) continue
      if (copy.status === 'up') this.#compare(original, copy)
      if (copy.status === 'up' && original.status === 'up') this.#find(original, copy, isLiar)
    }
  }

  #compare (original: SimNode, copy: SimNode): void {
    const [one, other] = [processOf(original)?.durable ?? original.disk.read('state'), processOf(copy)?.durable] as Array<ElectionProcess['durable']>
    if (one === undefined || one.hard.incarnation !== other?.hard.incarnation) return
    for (const config of [one.hard.config, other.hard.config]) {
      if (config === undefined) continue
      this.#until.set(config.group, this.#world.now + this.#lease + UNDER_WAY)
      this.#terms.set(config.group, Math.max(this.#terms.get(config.group) ?? 0, one.hard.term, other.hard.term))
    }
  }

  /** Somebody who is connected to both finds out. */
  #find (original: SimNode, copy: SimNode, isLiar: (id: string) => boolean): void {
    const { nodes, ids, network, now } = this.#world
    let double = this.#doubles.get(copy.id)
    if (double?.life !== copy.life) {
      double = { life: copy.life, delay: this.#random.between(50, LONGEST), witnessed: undefined, said: -Infinity }
      this.#doubles.set(copy.id, double)
    }
    const witness = ids.some(id => {
      const node = nodes.get(id) as SimNode
      return id !== original.id && !isLiar(id) && node.status === 'up' && !node.frozen && network.carries(id, original.id) && network.carries(id, copy.id)
    })
    if (!witness) double.witnessed = undefined
    else double.witnessed ??= now
    if (double.witnessed === undefined || now - double.witnessed < double.delay || now - double.said < SAY_EVERY) return
    double.said = now
    for (const node of [original, copy]) node.run(() => processOf(node)?.told())
    this.#world.count('clones told')
  }
}

function processOf (node: SimNode): ElectionProcess | undefined {
  return node.process as ElectionProcess | undefined
}
