/** A disk that forgets what was not synced, and sometimes more. */
import type { Random } from '../../../src/util/random.core.ts'
import type { DiskFault } from './types.ts'

export interface Disk {
  /** Undefined when never written, lost, or torn (which a checksum would have found). */
  read (key: string): unknown
  /** Safe only once a later `sync` has ended. */
  write (key: string, value: unknown): void
  /** Ends with `synced(name)` of the process. */
  sync (name: string): void
}

const TORN = Symbol('torn')

export class SimDisk implements Disk {
  readonly #durable = new Map<string, unknown>()
  #unsynced: Array<[string, unknown]> = []
  /** Writes of this life, and how many of them are durable. */
  #written = 0
  #flushed = 0
  /** How many of them were there when writes were refused. */
  #refused = -1
  readonly #startSync: (name: string, upTo: number) => void

  constructor (startSync: (name: string, upTo: number) => void) {
    this.#startSync = startSync
  }

  read (key: string): unknown {
    for (const [name, value] of this.#unsynced.toReversed()) {
      if (name === key) return value
    }
    const value = this.#durable.get(key)
    return value === TORN ? undefined : value
  }

  write (key: string, value: unknown): void {
    this.#unsynced.push([key, value])
    this.#written++
  }

  sync (name: string): void {
    this.#startSync(name, this.#written)
  }

  /** The writes before the sync became durable. */
  finish (upTo: number): void {
    // a sync that started later may have ended before
    const ready = this.#unsynced.splice(0, Math.max(0, upTo - this.#flushed))
    for (const [key, value] of ready) this.#durable.set(key, value)
    this.#flushed += ready.length
  }

  /** What is not durable yet is refused, though any number of it from the first on may have reached the disk. */
  refuse (random: Random): void {
    const kept = random.chance(0.5) ? random.int(this.#unsynced.length + 1) : 0
    for (const [key, value] of this.#unsynced.slice(0, kept)) this.#durable.set(key, value)
    this.#unsynced = []
    this.#flushed = this.#refused = this.#written
  }

  /** Nobody waits for the end of a sync that was under way then. */
  wasRefused (upTo: number): boolean {
    return upTo <= this.#refused
  }

  /** Takes over what is durable on another one. */
  copy (other: SimDisk): void {
    this.#durable.clear()
    for (const [key, value] of other.#durable) this.#durable.set(key, value)
    this.#unsynced = []
  }

  /** The process died. Of the unsynced writes any number from the first on may have reached the disk. */
  crash (fault: DiskFault, random: Random): { lost: number, torn: boolean } {
    const unsynced = this.#unsynced
    this.#unsynced = []
    this.#written = 0
    this.#flushed = 0
    this.#refused = -1
    if (fault === 'wipe') {
      const lost = this.#durable.size + unsynced.length
      this.#durable.clear()
      return { lost, torn: false }
    }
    const kept = random.int(unsynced.length + 1)
    for (const [key, value] of unsynced.slice(0, kept)) this.#durable.set(key, value)
    const next = unsynced[kept]
    const torn = fault === 'torn' && next !== undefined
    if (torn) this.#durable.set(next[0], TORN)
    return { lost: unsynced.length - kept, torn }
  }
}
