/** When a read has heard enough, and what it has heard: pure. One for each author. */
import { compareRecords } from './record.core.ts'
import type { Ordered } from './record.core.ts'

/** Servers that hold a record: Kademlia's k. */
const REPLICAS = 20
/** Answers that are enough in a small mesh. */
const ENOUGH = 3

/**
 * Valid answers to wait for: three, or more than a quarter of the servers that hold a record, so that a quarter of them
 * may hold back what is newest and cannot hide it.
 */
export function enough (servers: number): number {
  return Math.max(Math.min(ENOUGH, servers), overQuarter(servers))
}

function overQuarter (servers: number): number {
  return Math.floor(Math.min(REPLICAS, servers) / 4) + 1
}

export class Tally<R extends Ordered> {
  readonly #answered = new Set<string>()
  readonly #failed = new Set<string>()
  #records = 0
  #own = 0
  #ended = false
  #best: R | undefined

  get best (): R | undefined {
    return this.#best
  }

  /** The reader is a server and has this record: as good as one of the three, and none of the others, as old ones are put to it too. */
  hold (record: R): void {
    this.#own = 1
    this.#best = record
  }

  /** A server has answered: with a valid record, or that it has none. Counts once. */
  answer (from: string, record: R | undefined): void {
    if (this.#answered.has(from)) return
    this.#answered.add(from)
    if (record === undefined) return
    this.#records++
    if (this.#best === undefined || compareRecords(record, this.#best) > 0) this.#best = record
  }

  /** A server could not be asked, or what it answered was not valid. */
  fail (from: string): void {
    if (!this.#answered.has(from)) this.#failed.add(from)
  }

  /** There is nobody else to ask. */
  end (): void {
    this.#ended = true
  }

  /** So many have the record that one of them has the newest. */
  hasEnough (servers: number): boolean {
    return this.#records >= this.#enough(servers)
  }

  /**
   * There is no need to wait longer. `late`: then those count no longer who failed, and enough who have no record are
   * believed that there is none; but against a record they say nothing, nor for its being the newest.
   */
  done (servers: number, late: boolean): boolean {
    if (this.#ended || this.hasEnough(servers)) return true
    if (!late) return false
    const asked = servers - this.#failed.size
    if (this.#best === undefined) return this.#answered.size >= this.#enough(asked)
    // a quarter of all there are may lie, and they answer first when the others are busy: not of those who did not fail
    return this.#records >= this.#enough(servers, asked)
  }

  /** {@link enough}; `asked`: without those who failed, who lower the three only. */
  #enough (servers: number, asked = servers): number {
    return Math.max(Math.min(ENOUGH, asked) - this.#own, overQuarter(servers))
  }
}
