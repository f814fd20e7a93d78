/**
 * Finds nodes that fail much more often than the others of their service, after gRPC's outlier detection (proposal A50):
 * a node whose share of successes lies below mean - factor x standard deviation is left alone for a while, longer each
 * time. A fault that all nodes share ejects nobody.
 */

export interface OutlierOptions {
  /** Milliseconds between two looks. */
  interval: number
  /** Nodes with enough calls below which nobody is judged. */
  minimumNodes: number
  /** Calls of a node between two looks below which it is not judged. */
  minimumCalls: number
  /** Standard deviations. */
  factor: number
  /** Milliseconds of the first ejection; the n-th takes n times as long. */
  ejection: number
  /** Milliseconds of the longest one. */
  maxEjection: number
  /** Share of the nodes that may be ejected at a time; one always may. */
  maxShare: number
}

interface Tally {
  ok: number
  failed: number
  ejections: number
  until: number
}

export class Outliers {
  readonly #options: OutlierOptions
  readonly #tallies = new Map<string, Tally>()
  #nextLook = -Infinity

  constructor (options: OutlierOptions) {
    this.#options = options
  }

  record (node: string, ok: boolean): void {
    let tally = this.#tallies.get(node)
    if (tally === undefined) {
      tally = { ok: 0, failed: 0, ejections: 0, until: -Infinity }
      this.#tallies.set(node, tally)
    }
    if (ok) {
      tally.ok++
    } else {
      tally.failed++
    }
  }

  /** Is there anything to {@link look} at? */
  due (now: number): boolean {
    return now >= this.#nextLook
  }

  /** Judge the nodes that there are; the others are forgotten. Returns the ids of those newly ejected, sorted. */
  look (now: number, nodes: ReadonlySet<string>): string[] {
    this.#nextLook = now + this.#options.interval
    for (const id of this.#tallies.keys()) {
      if (!nodes.has(id)) {
        this.#tallies.delete(id)
      }
    }
    const ejected = this.#judge(now, nodes.size)
    for (const tally of this.#tallies.values()) {
      if (tally.until <= now && tally.ejections > 0 && !(tally.failed > 0)) {
        tally.ejections--
      }
      tally.ok = 0
      tally.failed = 0
    }
    return ejected
  }

  isEjected (node: string, now: number): boolean {
    return (this.#tallies.get(node)?.until ?? -Infinity) > now
  }

  #judge (now: number, total: number): string[] {
    const { minimumNodes, minimumCalls, factor, maxShare } = this.#options
    const judged: Array<{ id: string, tally: Tally, rate: number }> = []
    let out = 0
    for (const [id, tally] of this.#tallies) {
      const calls = tally.ok + tally.failed
      if (calls >= minimumCalls) {
        judged.push({ id, tally, rate: tally.ok / calls })
      }
      out += tally.until > now ? 1 : 0
    }
    if (judged.length < minimumNodes) {
      return []
    }
    const mean = judged.reduce((sum, { rate }) => sum + rate, 0) / judged.length
    const deviation = Math.sqrt(judged.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / judged.length)
    const room = Math.max(1, Math.floor(total * maxShare)) - out
    // a hundredth more, as the deviation of equal numbers is not always 0
    const worst = judged.filter(({ rate, tally }) => rate + 0.01 < mean - deviation * factor && tally.until <= now)
      .sort((a, b) => a.rate - b.rate || (a.id < b.id ? -1 : 1))
      .slice(0, Math.max(0, room))
    for (const { tally } of worst) {
      this.#eject(tally, now)
    }
    return worst.map(({ id }) => id).sort()
  }

  #eject (tally: Tally, now: number): void {
    const { ejection, maxEjection } = this.#options
    tally.ejections++
    tally.until = now + Math.min(maxEjection, ejection * tally.ejections)
  }
}
