/**
 * Which tokens are linked to this node, as far as it knows: it is the last to judge whether a call of a token may run
 * here. Knowing better than the caller it says where the token is; knowing less it has to ask. Pure.
 */
import { compareRanks, rankText } from './rank.core.ts'
import type { Link, Place } from './decide.core.ts'
import type { Rank } from './rank.core.ts'

/** What this node knows of one token's link. What a handler sees of it is `rank`. */
export class Held {
  readonly parent: string
  readonly token: string
  readonly place: Place
  readonly level: Rank
  /** The link is to this node. */
  readonly mine: boolean
  /** A call of the token has come since the last report. */
  used = true
  /** Milliseconds: of the last report that named it. */
  reported = 0
  readonly #former: Link | undefined
  #text: string | undefined

  constructor (parent: string, token: string, { node, incarnation, rank }: Link, mine: boolean, former?: Link) {
    this.parent = parent
    this.token = token
    this.place = { node, incarnation }
    this.level = rank
    this.mine = mine
    this.#former = former
  }

  /** The link to this node, also one that was asked back and of which nothing was heard since. */
  get own (): Link | undefined {
    return this.mine ? { ...this.place, rank: this.level } : this.#former
  }

  get rank (): string {
    this.#text ??= rankText(this.level)
    return this.#text
  }
}

/** A link that nobody uses. */
export interface Idle { readonly token: string, readonly rank: Rank }

/** `run`: under the link that this node holds. `moved`: it is there. `ask`: who decides must be asked. */
export type Verdict = 'run' | 'moved' | 'ask'

export class Holdings {
  readonly #parents = new Map<string, Map<string, Held>>()
  readonly #most: number
  readonly #onForget: () => void
  /** Used and forgotten since the last report: no more than there are links. */
  readonly #forgotten = new Map<string, Set<string>>()
  #size = 0

  /**
   * @param most - links that are remembered; of those beyond, this node asks when they are used
   * @param onForget - some are remembered no more
   */
  constructor (most: number, onForget: () => void = () => {}) {
    this.#most = most
    this.#onForget = onForget
  }

  get size (): number {
    return this.#size
  }

  get (parent: string, token: string): Held | undefined {
    return this.#parents.get(parent)?.get(token)
  }

  /** Of a call whose caller knows the link of this rank. */
  judge (held: Held | undefined, claimed: Rank): Verdict {
    if (held === undefined) return 'ask'
    const order = compareRanks(held.level, claimed)
    if (held.mine) return order >= 0 ? 'run' : 'ask'
    return order > 0 ? 'moved' : 'ask'
  }

  /** Word of whoever decides. What is older than what is known changes nothing; returns what holds now. */
  learn (parent: string, token: string, link: Link, mine: boolean): Held {
    const before = this.get(parent, token)
    const order = before === undefined ? 1 : compareRanks(link.rank, before.level)
    if (before !== undefined && (order < 0 || (order === 0 && before.mine === mine))) return before
    return this.#set(new Held(parent, token, link, mine))
  }

  #set (held: Held): Held {
    const { parent, token } = held
    if (this.get(parent, token) === undefined) {
      if (this.#size >= this.#most) this.#forgetHalf()
      this.#size++
    }
    const tokens = this.#parents.get(parent) ?? new Map<string, Held>()
    this.#parents.set(parent, tokens)
    tokens.set(token, held)
    return held
  }

  /**
   * The token is to go elsewhere: whatever is heard late of the link that this node held counts no more. Of a newer one
   * than the link that is asked back this says nothing: it was on its way for long.
   */
  revoke (parent: string, token: string, rank: Rank): void {
    const before = this.get(parent, token)
    if (before !== undefined && compareRanks(before.level, rank) > 0) return
    this.#set(new Held(parent, token, { node: '', incarnation: 0, rank }, false, before?.own))
  }

  /** The link was removed, by what has this rank. */
  drop (parent: string, token: string, rank: Rank): Held | undefined {
    const tokens = this.#parents.get(parent)
    const held = tokens?.get(token)
    if (tokens === undefined || held === undefined || compareRanks(held.level, rank) > 0) return undefined
    tokens.delete(token)
    this.#size--
    if (tokens.size === 0) this.#parents.delete(parent)
    return held
  }

  /** Nothing that was known holds in this node's new life. */
  clear (): void {
    this.#parents.clear()
    this.#forgotten.clear()
    this.#size = 0
  }

  /** Tokens of this node that were used since this was last asked, by parent. @param now - milliseconds */
  takeUsed (now: number): Map<string, string[]> {
    const used = new Map<string, string[]>()
    for (const [parent, tokens] of this.#forgotten) used.set(parent, [...tokens])
    this.#forgotten.clear()
    for (const [parent, tokens] of this.#parents) {
      for (const held of tokens.values()) {
        if (!held.mine || !held.used) continue
        held.used = false
        held.reported = now
        const list = used.get(parent)
        if (list === undefined) used.set(parent, [held.token])
        else list.push(held.token)
      }
    }
    return used
  }

  /** Links to this node that nobody has used for so long; named again after half that time. */
  takeIdle (now: number, ttl: number): Map<string, Idle[]> {
    const idle = new Map<string, Idle[]>()
    for (const [parent, tokens] of this.#parents) {
      for (const held of tokens.values()) {
        if (!held.mine || held.used || now - held.reported < ttl) continue
        held.reported = now - ttl / 2
        const list = idle.get(parent) ?? []
        list.push({ token: held.token, rank: held.level })
        idle.set(parent, list)
      }
    }
    return idle
  }

  #forgetHalf (): void {
    for (const [parent, tokens] of this.#parents) {
      let left = Math.ceil(tokens.size / 2)
      for (const [token, { mine, used }] of tokens) {
        if (left-- <= 0) break
        tokens.delete(token)
        this.#size--
        if (mine && used) this.#keepUsed(parent, token)
      }
      if (tokens.size === 0) this.#parents.delete(parent)
    }
    this.#onForget()
  }

  #keepUsed (parent: string, token: string): void {
    const tokens = this.#forgotten.get(parent)
    if (tokens === undefined) this.#forgotten.set(parent, new Set([token]))
    else tokens.add(token)
  }
}
