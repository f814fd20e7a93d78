/**
 * Which lives of nodes are over, by the leader's judgement: what it has committed, and what discovery tells it. Pure.
 *
 * What was committed is forgotten again, so that it does not grow with every node that ever was: once no link is left that
 * it is about, the node has begun another life or is not there any more, and whatever was signed of those links has expired.
 */
import { MAX_DOWNS } from '../wire/limits.ts'
import type { Place } from './decide.core.ts'
import type { NodeInfo } from '../discovery/index.ts'

/** Milliseconds in office before a node that was never heard of counts as gone: its record may be on its way. */
const GRACE = 5_000
/** Nodes that were seen to go and whose former life is remembered. */
const MAX_GONE = 10_000
/** Milliseconds for which what was committed is kept at least: as long as records of links in the DHT live. */
const KEPT_FOR = 6 * 60 * 60 * 1_000

/** What discovery knows of a node. */
type Known = Pick<NodeInfo, 'incarnation' | 'state'> | undefined

interface Down { readonly incarnation: number, readonly since: number }

export class Lives {
  readonly #node: (id: string) => Known
  readonly #downs = new Map<string, Down>()
  readonly #gone = new Map<string, number>()
  #since = 0

  constructor (node: (id: string) => Known) {
    this.#node = node
  }

  /** A leader begins, with what its register says: see {@link down}. */
  begin (now: number): void {
    this.#since = now
    this.#downs.clear()
  }

  /** All links of the node are dead, up to this life. */
  down ({ node, incarnation }: Place, now: number): void {
    const before = this.#downs.get(node)
    if (before === undefined || before.incarnation < incarnation) this.#downs.set(node, { incarnation, since: now })
  }

  /** Discovery has given it up. */
  gone (node: string, incarnation: number): void {
    if (this.#gone.size >= MAX_GONE) this.#gone.clear()
    this.#gone.set(node, incarnation)
  }

  /** The last life that it was seen to end. */
  lastOf (node: string): number | undefined {
    return this.#gone.get(node)
  }

  isDown (node: string, incarnation: number): boolean {
    return incarnation <= (this.#downs.get(node)?.incarnation ?? -1)
  }

  /** Whether a link to that life of the node still counts. */
  isAlive ({ node, incarnation }: Place, now: number): boolean {
    if (this.isDown(node, incarnation)) return false
    const info = this.#node(node)
    if (info !== undefined) return info.incarnation <= incarnation && info.state !== 'left'
    return incarnation > (this.#gone.get(node) ?? -1) && now - this.#since < GRACE
  }

  /** Lives that nodes still go on with as if nothing had been said. */
  * deaf (): IterableIterator<Place> {
    for (const [node, { incarnation }] of this.#downs) {
      const info = this.#node(node)
      if (info !== undefined && info.state !== 'left' && info.incarnation <= incarnation) yield { node, incarnation }
    }
  }

  /** What need not be kept any more, or not beyond {@link MAX_DOWNS}. `lives`: those of a node that there are links to. */
  * forgettable (lives: (node: string) => readonly number[], now: number): IterableIterator<Place> {
    let excess = this.#downs.size - MAX_DOWNS
    for (const [node, { incarnation, since }] of this.#downs) {
      const info = this.#node(node)
      const isPast = info === undefined || info.state === 'left' || info.incarnation > incarnation
      if (!isPast || (excess <= 0 && now - since < KEPT_FOR) || lives(node).some(life => life <= incarnation)) continue
      excess--
      yield { node, incarnation }
    }
  }

  forget ({ node, incarnation }: Place): void {
    if (this.#downs.get(node)?.incarnation === incarnation) this.#downs.delete(node)
  }
}
