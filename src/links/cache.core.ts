/**
 * Where tokens are, as a caller last heard. What it once knew never goes back to something older; a place that was found
 * wrong is asked for again. Bounded: of too many, the half that was learnt first is forgotten. Pure.
 */
import { compareRanks, NO_RANK } from './rank.core.ts'
import type { Link, Place } from './decide.core.ts'
import type { Rank } from './rank.core.ts'

/** What is known of one token of one service, and what calls take along to its node. */
export interface Known extends Place {
  /** Of the node: what a call is sent to. */
  readonly id: string
  readonly rank: Rank
  /** For the called node. */
  readonly link: Uint8Array | undefined
}

interface Entry {
  known: Known | undefined
  /** The highest heard of from whoever decides, perhaps of a link that was removed since. */
  rank: Rank
  /** It was found wrong: ask before it is used again. */
  stale: boolean
}

export class Cache {
  readonly #services = new Map<string, Map<string, Entry>>()
  readonly #claim: (rank: Rank) => Uint8Array | undefined
  readonly #most: number
  #size = 0

  /** @param claim - what a call says of a link of this rank; @param most - links that are remembered */
  constructor (claim: (rank: Rank) => Uint8Array | undefined, most: number) {
    this.#claim = claim
    this.#most = most
  }

  get size (): number {
    return this.#size
  }

  /** What may be used without asking. */
  get (service: string, token: string): Known | undefined {
    const entry = this.#services.get(service)?.get(token)
    return entry === undefined || entry.stale ? undefined : entry.known
  }

  /** Of the last link that was heard of, also one that is not there any more. */
  rank (service: string, token: string): Rank {
    return this.#services.get(service)?.get(token)?.rank ?? NO_RANK
  }

  /** The last place, wrong or not. */
  last (service: string, token: string): Known | undefined {
    return this.#services.get(service)?.get(token)?.known
  }

  /**
   * An answer of whoever decides. Undefined: there is no link, nor was one of up to this rank; older ones are believed no
   * more. Returns what holds now: what is older than the link that is known changes nothing.
   */
  learn (service: string, token: string, link: Link | undefined, rank = NO_RANK): Known | undefined {
    const entry = this.#entry(service, token)
    if (link === undefined) {
      if (rank !== NO_RANK && compareRanks(rank, entry.rank) < 0) return entry.known
      if (compareRanks(rank, entry.rank) > 0) entry.rank = rank
      entry.known = undefined
      entry.stale = false
      return undefined
    }
    if (compareRanks(link.rank, entry.rank) < 0) return entry.known
    entry.rank = link.rank
    return this.#place(entry, link)
  }

  /**
   * What the DHT has of it, which may be old, and of whatever rank its signer gave it: it holds against nothing that whoever
   * decides has said or will say. Returns what holds now.
   */
  find (service: string, token: string, link: Link): Known | undefined {
    const entry = this.#entry(service, token)
    const order = compareRanks(link.rank, entry.rank)
    const isRemoved = order === 0 && entry.known === undefined
    if (order < 0 || isRemoved || (entry.known !== undefined && compareRanks(link.rank, entry.known.rank) < 0)) return entry.known
    return this.#place(entry, link)
  }

  #place (entry: Entry, { node, incarnation, rank }: Link): Known {
    entry.known = { id: node, node, incarnation, rank, link: this.#claim(rank) }
    entry.stale = false
    return entry.known
  }

  /** Whoever decides stands below what is known for as long as that nobody can have been overtaken: it was taken back. */
  takeBack (service: string, token: string, { epoch, term }: Omit<Rank, 'index'>): void {
    const entry = this.#services.get(service)?.get(token)
    if (entry === undefined || compareRanks(entry.rank, { epoch, term, index: Infinity }) <= 0) return
    entry.known = undefined
    entry.rank = NO_RANK
  }

  /** The place was wrong. */
  doubt (service: string, token: string): void {
    const entry = this.#services.get(service)?.get(token)
    if (entry !== undefined) entry.stale = true
  }

  /** They may all be wrong. */
  doubtAll (): void {
    for (const entries of this.#services.values()) {
      for (const entry of entries.values()) entry.stale = true
    }
  }

  /** Services that links of a token are known to. */
  services (token: string): string[] {
    return [...this.#services].filter(([, entries]) => entries.get(token)?.known !== undefined).map(([service]) => service)
  }

  clear (): void {
    this.#services.clear()
    this.#size = 0
  }

  #entry (service: string, token: string): Entry {
    let entries = this.#services.get(service)
    const known = entries?.get(token)
    if (known !== undefined) return known
    if (this.#size >= this.#most) {
      this.#forgetHalf()
      entries = this.#services.get(service)
    }
    if (entries === undefined) this.#services.set(service, entries = new Map())
    const entry: Entry = { known: undefined, rank: NO_RANK, stale: false }
    entries.set(token, entry)
    this.#size++
    return entry
  }

  /** Half at once: moving each entry that is used to the end would cost more than to ask again. */
  #forgetHalf (): void {
    for (const [service, entries] of this.#services) {
      let left = Math.ceil(entries.size / 2)
      for (const token of entries.keys()) {
        if (left-- <= 0) break
        entries.delete(token)
        this.#size--
      }
      if (entries.size === 0) this.#services.delete(service)
    }
  }
}
