/**
 * Entries of a register by their keys, in the order in which they came, in little memory: a group may have a hundred
 * thousand, and each voter keeps them twice, as they are and as they are stored. An object for each, with its rank, would
 * take twice as much; they are made when they are asked for. Pure.
 */
import type { Entry, Rank } from './types.core.ts'

/** What many ranks have in common. */
interface Reign { readonly epoch: number, readonly term: number }

/** Reigns that are looked for before one is remembered again. */
const MAX_REIGNS = 64

export class Entries {
  readonly #places = new Map<string, number>()
  #values: Array<Uint8Array | undefined> = []
  #reigns: Array<Reign | undefined> = []
  #indexes: number[] = []
  #free: number[] = []
  readonly #known: Reign[] = []

  get size (): number {
    return this.#places.size
  }

  has (key: string): boolean {
    return this.#places.has(key)
  }

  get (key: string): Entry | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#at(key, place)
  }

  /** One that is there gives way, and its place in the order with it. */
  set ({ key, value, rank }: Entry): void {
    this.delete(key)
    const place = this.#free.pop() ?? this.#values.length
    this.#places.set(key, place)
    this.#values[place] = value
    this.#reigns[place] = this.#reign(rank)
    this.#indexes[place] = rank.index
  }

  delete (key: string): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#values[place] = this.#reigns[place] = undefined
    this.#free.push(place)
    if (this.#places.size === 0) this.clear()
  }

  clear (): void {
    this.#places.clear()
    this.#values = []
    this.#reigns = []
    this.#indexes = []
    this.#free = []
  }

  * [Symbol.iterator] (): IterableIterator<Entry> {
    for (const [key, place] of this.#places) yield this.#at(key, place)
  }

  #at (key: string, place: number): Entry {
    const { epoch, term } = this.#reigns[place] as Reign
    return { key, value: this.#values[place], rank: { epoch, term, index: this.#indexes[place] as number } }
  }

  /** Entries come in the order of their reigns, few of them. */
  #reign ({ epoch, term }: Rank): Reign {
    const known = this.#known.findLast(reign => reign.term === term && reign.epoch === epoch)
    if (known !== undefined) return known
    if (this.#known.length >= MAX_REIGNS) this.#known.shift()
    const reign = { epoch, term }
    this.#known.push(reign)
    return reign
  }
}
