/**
 * Spreads records that are news: over the streams to connected members, once and not back to where they came from
 * (an epidemic), and over gossip, which reaches whom we are not connected with.
 */
import { shuffle } from '../util/random.core.ts'
import { MAX_GOSSIP } from '../wire/limits.ts'
import { recordFrames } from './frames.ts'
import { FANOUT, FANOUT_LARGE, LINGER, MAX_NEWS, SMALL } from './numbers.ts'
import type { Gossip } from './gossip.ts'
import type { Peers } from './peers.ts'

export interface SpreaderInit {
  peers: Peers
  gossip: Gossip
  /** Connected peers that speak the protocol, without this node. */
  members: () => string[]
  random: () => number
}

interface News {
  signed: Uint8Array
  /** Who is known to have it. */
  knownBy: Set<string>
  wide: boolean
}

export class Spreader {
  readonly #init: SpreaderInit
  readonly #news = new Map<string, News>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (init: SpreaderInit) {
    this.#init = init
  }

  /** `wide`: nobody else may know it, so tell as many as possible, and gossip. */
  add (id: string, signed: Uint8Array, { from, wide }: { from?: string | undefined, wide: boolean }): void {
    if (this.#news.size >= MAX_NEWS && !this.#news.has(id)) return
    this.#news.set(id, { signed, wide, knownBy: new Set(from == null ? [id] : [id, from]) })
    this.#timer ??= setTimeout(() => { this.flush() }, LINGER)
  }

  /** Send what waits now. Returns the members that it was sent to. */
  flush (): string[] {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const news = [...this.#news.values()]
    this.#news.clear()
    if (news.length === 0) return []
    const { gossip, random } = this.#init
    const members = shuffle(this.#init.members(), random)
    const others = members.length > SMALL ? FANOUT_LARGE : FANOUT
    this.#push(news.filter(({ wide }) => wide), members.slice(0, FANOUT))
    this.#push(news.filter(({ wide }) => !wide), members.slice(0, others))
    for (const frame of recordFrames(news.filter(({ wide }) => wide).map(({ signed }) => signed))) {
      if (frame.byteLength <= MAX_GOSSIP) gossip.publish(frame)
    }
    return members.slice(0, FANOUT)
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#news.clear()
  }

  #push (news: News[], members: string[]): void {
    for (const { signed, knownBy } of news) {
      const [frame] = recordFrames([signed])
      if (frame == null) continue
      for (const id of members) {
        if (!knownBy.has(id)) this.#init.peers.post(id, frame)
      }
    }
  }
}
