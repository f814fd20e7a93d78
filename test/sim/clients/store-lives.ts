/**
 * The election's store through the lives of one node, on a disk that refuses writes and deletions, at whose every change the
 * process may die, and of which one half is damaged or gone in between. The cores' simulator keeps what is stored in one piece.
 */
import { createRandom } from '../../../src/util/random.core.ts'
import { PartDisk } from '../../harness/part-disk.ts'
import { Violation } from '../kernel/types.ts'
import type { GroupStore } from '../../../src/election/store.ts'
import type { Durable, Entry, HardState, Rank, Save } from '../../../src/election/types.core.ts'
import type { Random } from '../../../src/util/random.core.ts'
import type { Part } from '../../harness/part-disk.ts'

export type StoreClass = typeof GroupStore

const PARTS: readonly Part[] = ['stable', 'log']
const LIVES = 8
const LONG = 1_100
/** A log is rewritten often, in slices of few of its keys; in some lives when it has grown long. */
const OFTEN = { after: 6, slice: 2, again: 2 }
const SELDOM = { after: 400, slice: 500, again: 300 }
const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']

/** What a node promised in the name of one incarnation: its term and its register only grow. */
interface Promised { incarnation: string, term: number, index: number }

export class StoreLives {
  readonly counts: Record<string, number> = {}
  readonly #random: Random
  readonly #store: StoreClass
  readonly #disk = new PartDisk()
  #promised: Promised = { incarnation: '', term: 0, index: 0 }
  /** The register at each index that this incarnation came to. */
  #registers = new Map<number, string>()
  /** Since a life could read what there was. */
  #damaged = false
  #last = 0
  #dead = false

  constructor (seed: number, store: StoreClass) {
    this.#random = createRandom(seed)
    this.#store = store
  }

  /** @throws Violation - an old vote, or an old register, or none though nothing was damaged */
  async run (): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      await this.#live()
      await this.#damage()
    }
  }

  async #live (): Promise<void> {
    const died = this.#arm()
    const lives = async (): Promise<void> => {
      const failed: number[] = []
      const made = new Map<number, Promised>()
      const store = new this.#store({
        storage: this.#disk.open(),
        service: 'login',
        rewrite: this.#random.chance(0.9) ? OFTEN : SELDOM,
        onLong: () => { this.#count('not rewritten') },
        onSaved: id => {
          const saved = made.get(id)
          if (saved !== undefined && !this.#dead) this.#promised = saved
        },
        onFailed: id => { failed.push(id) }
      })
      const { durable, lost } = await this.#load(store)
      if (this.#dead) return
      this.#check(durable, lost)
      await this.#use(store, durable, failed, made)
    }
    await Promise.race([lives(), died])
    // whoever died says nothing more, whatever still comes back from the disk
    this.#dead = true
  }

  /** What this life's disk will do. Resolves when the process dies. */
  async #arm (): Promise<void> {
    const random = this.#random
    this.#dead = false
    const refuses = random.chance(0.4) ? 0.3 : 0
    let left = random.chance(0.6) ? random.int(12) : Infinity
    const died = Promise.withResolvers<undefined>()
    this.#disk.after = async (_part, change) => {
      if (change === 'truncate') this.#count('rewritten')
      if (!random.chance(refuses / 3)) return
      this.#count('done, and refused')
      throw new Error('EIO')
    }
    this.#disk.before = async () => {
      if (this.#dead || left-- <= 0) {
        this.#dead = true
        this.#count('died')
        died.resolve(undefined)
        await new Promise(() => {})
      }
      if (random.chance(refuses)) {
        this.#count('refused')
        throw new Error('disk full')
      }
      // it is done, and nobody hears of it
      if (left === 0 && random.chance(0.5)) {
        this.#dead = true
        queueMicrotask(() => { setImmediate(() => { died.resolve(undefined) }) })
      }
    }
    await died.promise
  }

  /** As the driver does it. */
  async #load (store: GroupStore): ReturnType<GroupStore['load']> {
    for (;;) {
      try {
        return await store.load()
      } catch {
        this.#count('forgets again')
      }
    }
  }

  #check (durable: Durable | undefined, lost: boolean): void {
    const { incarnation, term, index } = this.#promised
    if (durable === undefined) {
      if (!this.#damaged && term > 0) throw new Violation('store', `term ${term} was stored, and nothing damaged it, but there is none`)
      if (lost) this.#count('lost')
    } else {
      const got = `${durable.hard.incarnation} ${durable.hard.term} ${durable.synced.index}`
      if (lost || durable.hard.incarnation !== incarnation || durable.hard.term < term || durable.synced.index < index) {
        throw new Violation('store', `${incarnation} ${term} ${index} was stored, and after ${this.#damaged ? 'damage' : 'a restart'} ${got} is there`)
      }
      const [register, expected] = [textOf(durable.entries), this.#registers.get(durable.synced.index) ?? '']
      if (register !== expected) throw new Violation('store', `${got} has the register ${register}, which was ${expected}`)
      this.#count('kept')
    }
    if (durable === undefined) this.#promised = { incarnation: `${++this.#last}`.padStart(32, '0'), term: 0, index: 0 }
    if (durable === undefined) this.#registers.clear()
    this.#damaged = false
  }

  /** As the core does it: first a hard state; after a failure everything again. */
  async #use (store: GroupStore, durable: Durable | undefined, failed: number[], made: Map<number, Promised>): Promise<void> {
    const random = this.#random
    const { incarnation } = this.#promised
    let { term, index } = { term: durable?.hard.term ?? 0, index: durable?.synced.index ?? 0 }
    const rank = (): Rank => ({ epoch: index === 0 ? 0 : 1, term: index === 0 ? 0 : 1, index })
    const table = new Map(durable?.entries.map(entry => [entry.key, entry]))
    const hard = (): HardState => ({ incarnation, config: undefined, founded: false, term: ++term, vote: 'X', highestEpoch: 0, epochAhead: 0, lineage: [] })
    const part = (): NonNullable<Save['register']> => {
      index++
      const key = random.pick(KEYS) ?? ''
      const drops = random.chance(0.2) && table.delete(key)
      if (!drops) table.set(key, { key, value: Uint8Array.of(index & 0xff), rank: rank() })
      this.#registers.set(index, textOf([...table.values()]))
      return { reset: false, entries: drops ? [] : [table.get(key)!], drop: drops ? [key] : [], synced: rank() }
    }
    const saves = random.chance(0.02) ? LONG : random.int(10)
    let id = 0
    const save = (parts: Omit<Save, 'type' | 'id'>, upTo = index): void => {
      made.set(++id, { incarnation, term, index: upTo })
      store.save({ type: 'save', id, ...parts })
    }
    save({ hard: hard() })
    for (let i = 0; i < saves && !this.#dead; i++) {
      if (random.chance(saves === LONG ? 1 : 0.7)) await store.idle()
      if (failed.length > 0) {
        // a term that it hears of before it tries all of it again
        if (random.chance(0.3)) {
          save({ hard: hard() }, this.#promised.index)
          await store.idle()
          continue
        }
        failed.length = 0
        save({ hard: hard() })
        if (index > 0) save({ register: { reset: true, entries: [...table.values()], drop: [], synced: rank() } })
        this.#count('saved again')
      } else if (random.chance(0.5)) {
        const register = part()
        save(random.chance(0.5) ? { register } : { hard: hard(), register })
      } else save({ hard: hard() })
    }
    await store.idle()
  }

  /** Only what is there can be damaged. */
  async #damage (): Promise<void> {
    const random = this.#random
    if (random.chance(0.4)) return
    for (const part of random.chance(0.1) ? PARTS : [random.pick(PARTS)!]) {
      if (!await this.#disk.has(part)) continue
      this.#damaged = true
      if (random.chance(0.5)) {
        this.#disk.damaged.add(part)
        this.#count(`${part} damaged`)
      } else {
        await this.#disk.vanish(part)
        this.#count(`${part} gone`)
      }
    }
  }

  #count (what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}

/** Whatever their order. */
function textOf (entries: readonly Entry[]): string {
  return entries.map(({ key, value, rank }) => `${key} ${value?.join()} ${rank.index}`).sort().join('; ')
}
