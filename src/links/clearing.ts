/** What time brings at a leader: links that nobody uses end, those of nodes that are gone are cleared away, and what was said of those nodes. */
import { pause } from '../util/timeouts.ts'
import { questionOf } from './decide.core.ts'
import { linkOf } from './keys.core.ts'
import { Usage } from './usage.core.ts'
import type { Place, Question } from './decide.core.ts'
import type { Counts } from './counts.core.ts'
import type { Lives } from './lives.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Rank } from './rank.core.ts'
import type { RegisterEntry } from '../election/index.ts'

/** Milliseconds after which the links of a node that is gone are cleared away. */
const CLEAR_AFTER = 60_000
/** Links that are cleared away at a time. */
const CLEARED_AT_ONCE = 500
/** Entries of the table that are looked at in one go. */
const LOOKED_AT_ONCE = 2_000
/** Milliseconds between two looks for words that need not be kept, and how many are forgotten at a time. */
const FORGET_INTERVAL = 60_000
const FORGOTTEN_AT_ONCE = 500

export interface ClearingInit {
  /** Milliseconds, see `LinksOptions`. */
  ttl: number
  counts: Counts
  lives: Lives
  entries: () => Iterable<RegisterEntry>
  placeOf: (entry: RegisterEntry) => Place
  /** Index of an entry that was made in this term; 0 of those before. */
  made: (entry: RegisterEntry) => number
  /** Number of the time in office; undefined: it is over. */
  office: () => number | undefined
  remove: (removals: readonly Question[]) => Promise<unknown>
  /** It need not be known any more that the node is down. */
  forget: (place: Place) => Promise<unknown>
  onError: (err: unknown) => void
}

export class Clearing {
  readonly #init: ClearingInit
  readonly #usage = new Usage()
  readonly #deadSince = new Map<string, number>()
  #nextTurn = Infinity
  #nextForget = Infinity
  #clearing = false
  /** Which links have ended since the last look at all of them. */
  #ended: ((entry: RegisterEntry) => boolean) | undefined

  constructor (init: ClearingInit) {
    this.#init = init
  }

  begin (now: number): void {
    this.#usage.begin()
    this.#ended = undefined
    this.#deadSince.clear()
    this.#nextTurn = now + this.#init.ttl / 2
    this.#nextForget = now + FORGET_INTERVAL
  }

  /** By the key that the link has in the table. */
  used (key: string): void {
    this.#usage.report(key)
  }

  /** It was used of late, as far as this keeper has heard. */
  isUsed (key: string): boolean {
    return this.#usage.has(key)
  }

  /** @param index - of the last link that was made in this term */
  tick (now: number, index: number): void {
    const { lives, placeOf, made } = this.#init
    if (now >= this.#nextTurn) {
      this.#nextTurn = now + this.#init.ttl / 2
      const ended = this.#usage.turn(index)
      // it may have to wait until what is being cleared away is gone
      if (ended !== undefined) this.#ended = entry => ended(entry.key, made(entry)) && !this.#usage.has(entry.key)
    }
    if (this.#ended !== undefined && !this.#clearing) {
      const ended = this.#ended
      this.#ended = undefined
      this.#clear(ended)
    }
    if (this.#hasDead(now)) this.#clear(entry => !lives.isAlive(placeOf(entry), now))
    if (now >= this.#nextForget) {
      this.#nextForget = now + FORGET_INTERVAL
      this.#forget(now).catch(this.#init.onError)
    }
  }

  /** Some node is gone for good, or was restarted, and there are links to it. */
  #hasDead (now: number): boolean {
    const { counts, lives } = this.#init
    let due = false
    for (const node of counts.nodes()) {
      if (counts.lives(node).every(incarnation => lives.isAlive({ node, incarnation }, now))) {
        this.#deadSince.delete(node)
        continue
      }
      const since = this.#deadSince.get(node) ?? now
      this.#deadSince.set(node, since)
      if (now - since >= CLEAR_AFTER) due = true
    }
    return due
  }

  async #forget (now: number): Promise<void> {
    const { counts, lives, forget } = this.#init
    const some: Place[] = []
    for (const node of this.#deadSince.keys()) if (counts.lives(node).length === 0) this.#deadSince.delete(node)
    for (const place of lives.forgettable(node => counts.lives(node), now)) {
      if (some.push(place) >= FORGOTTEN_AT_ONCE) break
    }
    await Promise.all(some.map(forget))
  }

  /** Remove links in the background, a few at a time. */
  #clear (ended: (entry: RegisterEntry) => boolean): void {
    if (this.#clearing) return
    this.#clearing = true
    this.#clearAll(ended, this.#init.office()).catch(this.#init.onError).finally(() => { this.#clearing = false })
  }

  async #clearAll (ended: (entry: RegisterEntry) => boolean, office: number | undefined): Promise<void> {
    const { entries, remove } = this.#init
    let removals: Question[] = []
    let looked = 0
    const isOver = (): boolean => office === undefined || office !== this.#init.office()
    for (const entry of entries()) {
      const name = linkOf(entry.key)
      if (name !== undefined && ended(entry)) {
        removals.push(removal(name, entry.rank))
      }
      if (++looked % LOOKED_AT_ONCE !== 0 && removals.length < CLEARED_AT_ONCE) continue
      await remove(removals.splice(0))
      await pause(0)
      if (isOver()) return
    }
    if (!isOver()) await remove(removals)
    removals = []
  }
}

/** End the link, if it is still this one. */
export function removal (name: LinkName, from: Rank): Question {
  return { ...questionOf('remove', name.parent, name.token), from }
}
