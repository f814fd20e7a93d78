/** How long a suspect has to answer or refute: long when one node alone accuses it, short when many agree. Pure. */

export interface SuspicionTiming {
  /** Milliseconds. */
  min: number
  max: number
  /** Confirmations that bring the time down to `min`. */
  enough: number
}

/** Nodes whose word is remembered for one suspect; more of them say nothing new. */
const MAX_ACCUSERS = 16

/** What others say about one member. It counts only once this node itself could not reach the member. */
export class Accusers {
  readonly #ids = new Set<string>()
  /** Another node found that nobody listens where the member was. */
  refused = false

  add (id: string, refused: boolean): void {
    if (this.#ids.size < MAX_ACCUSERS) this.#ids.add(id)
    this.refused ||= refused
  }

  get size (): number {
    return this.#ids.size
  }

  ids (): Iterable<string> {
    return this.#ids
  }
}

/**
 * @param timing - the two ends, and what it takes to get to the lower one
 * @param confirmed - others that suspect the member too
 * @param able - others that could, those included
 * @param lonely - whether this node may be the one that is cut off, when nobody is able
 */
export function suspicionTimeout (timing: SuspicionTiming, confirmed: number, able: number, lonely: boolean): number {
  const { min, max, enough } = timing
  const required = Math.min(enough, able)
  if (required === 0) return lonely ? max : min
  const share = Math.log(Math.min(confirmed, required) + 1) / Math.log(required + 1)
  return Math.max(min, max - share * (max - min))
}
