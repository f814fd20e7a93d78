/**
 * How many links there are, per relation and node. Always what the table says: each change of the table changes a count,
 * and a new keeper counts the table. A node that is gone takes all of its counts with it, without a look at its links. Pure.
 */
import type { Place } from './decide.core.ts'

interface Group extends Place {
  readonly parent: string
  count: number
}

/** Links of one parent to one node. */
export interface LinkCount { readonly parent: string, readonly node: string, readonly links: number }

export class Counts {
  readonly #groups = new Map<string, Group>()
  /** By node, then incarnation. */
  readonly #nodes = new Map<string, Map<number, number>>()
  readonly #made = new Map<string, number>()
  /** Links, dead ones included. */
  size = 0

  add (parent: string, place: Place): void {
    const key = keyOf(parent, place)
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, { parent, node: place.node, incarnation: place.incarnation, count: 1 })
    else group.count++
    this.#change(place, 1)
    this.#make(place.maker, 1)
  }

  remove (parent: string, place: Place): void {
    const key = keyOf(parent, place)
    const group = this.#groups.get(key)
    if (group === undefined) return
    if (--group.count === 0) this.#groups.delete(key)
    this.#change(place, -1)
    this.#make(place.maker, -1)
  }

  clear (): void {
    this.#groups.clear()
    this.#nodes.clear()
    this.#made.clear()
    this.size = 0
  }

  /** Links that a peer has asked for, and how many peers have asked for some. */
  made (maker: string): { links: number, makers: number } {
    return { links: this.#made.get(maker) ?? 0, makers: this.#made.size }
  }

  #make (maker = '', by: 1 | -1): void {
    this.size += by
    const made = (this.#made.get(maker) ?? 0) + by
    if (made > 0) this.#made.set(maker, made)
    else this.#made.delete(maker)
  }

  /** Live links of a node, over all parents. */
  of (node: string, isAlive: (place: Place) => boolean): number {
    let links = 0
    for (const [incarnation, count] of this.#nodes.get(node) ?? []) if (isAlive({ node, incarnation })) links += count
    return links
  }

  /** Links in the lives of nodes that this is true of. */
  total (matches: (place: Place) => boolean): number {
    let links = 0
    for (const [node, lives] of this.#nodes) {
      for (const [incarnation, count] of lives) if (matches({ node, incarnation })) links += count
    }
    return links
  }

  /** Incarnations of a node that there are links to. */
  lives (node: string): number[] {
    return [...this.#nodes.get(node)?.keys() ?? []]
  }

  nodes (): IterableIterator<string> {
    return this.#nodes.keys()
  }

  #change ({ node, incarnation }: Place, by: 1 | -1): void {
    const lives = this.#nodes.get(node) ?? new Map<number, number>()
    const count = (lives.get(incarnation) ?? 0) + by
    if (count > 0) lives.set(incarnation, count)
    else lives.delete(incarnation)
    if (lives.size > 0) this.#nodes.set(node, lives)
    else this.#nodes.delete(node)
  }

  /** Of live links, sorted. */
  all (isAlive: (place: Place) => boolean): LinkCount[] {
    const counts = new Map<string, { parent: string, node: string, links: number }>()
    for (const group of this.#groups.values()) {
      if (!isAlive(group)) continue
      const key = `${group.parent}/${group.node}`
      const count = counts.get(key) ?? { parent: group.parent, node: group.node, links: 0 }
      count.links += group.count
      counts.set(key, count)
    }
    return [...counts.entries()].sort(([a], [b]) => a < b ? -1 : 1).map(([, count]) => count)
  }
}

function keyOf (parent: string, { node, incarnation }: Place): string {
  return `${parent}/${node}/${incarnation}`
}
