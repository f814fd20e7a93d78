/**
 * What a member of a group must remember. As long as there is only a vote and a config, one stable value; what has a part
 * of the register goes to a log, whole saves one after the other, which is rewritten when it has grown long.
 */
import { ElectionStoreError, ProtocolError } from '../errors.ts'
import { decodeStored, encodeStored } from '../wire/election-codec.ts'
import { Entries } from './entries.core.ts'
import type { Durable, Entry, HardState, Rank, Save } from './types.core.ts'
import type { Storage } from '../storage/index.ts'

/** Values in the log beside those of the table itself, before it is rewritten. */
const MAX_LOG = 1_000
/** Entries in one value of a rewritten log. */
const CHUNK = 500
const ZERO: Rank = { epoch: 0, term: 0, index: 0 }

/** One stored unit; the fields of `Stored` in election.proto. */
interface Stored {
  number: number
  hard: HardState | undefined
  reset: boolean
  entries: readonly Entry[]
  drop: readonly string[]
  synced: Rank | undefined
}

export interface GroupStoreInit {
  storage: Pick<Storage, 'stable' | 'log'>
  service: string
  onSaved: (id: number) => void
  onFailed: (id: number, reason: string) => void
  /** Nothing outlives this process: to write it down would only cost memory. @default false */
  volatile?: boolean
  /** Of the core before, which failed: what it has stored, this one has. Only for what is volatile. */
  former?: GroupStore | undefined
}

export class GroupStore {
  readonly #init: GroupStoreInit
  readonly #name: string
  readonly #logName: string
  readonly #entries = new Entries()
  #hard: HardState | undefined
  #synced = ZERO
  /** Of the newest stored unit. */
  #number = 0
  /** Values in the log. */
  #length = 0
  /** A write failed: what says only what changed since has nothing to stand on, until all of the register comes. */
  #gap = false
  #queue: Save[] = []
  #writing: Promise<void> | undefined

  constructor (init: GroupStoreInit) {
    this.#init = init
    this.#name = `vote-${init.service}`
    this.#logName = `register-${init.service}`
  }

  /**
   * Once, before the first save. `lost`: there was something that is damaged; it has been forgotten.
   *
   * @throws what the storage throws: nothing was forgotten, for another try, or another version, may read it
   */
  async load (): Promise<{ durable: Durable | undefined, lost: boolean }> {
    const { stable, log } = this.#init.storage
    if (this.#init.volatile === true) {
      this.#inherit(this.#init.former)
      return { lost: false, durable: this.#durable }
    }
    try {
      if (stable.lost.has(this.#name) || log.lost.has(this.#logName)) throw new ProtocolError('damaged')
      const bytes = await stable.get(this.#name)
      if (bytes !== undefined) this.#replay(decodeStored(bytes) as Stored, true)
      const { first, last } = await log.bounds(this.#logName)
      for (let from = first; from <= last;) {
        const page = await log.read(this.#logName, from, CHUNK)
        for (const { value } of page) this.#replay(decodeStored(value) as Stored, false)
        this.#length += page.length
        from = (page.at(-1)?.seq ?? last) + 1
      }
      if (log.lost.has(this.#logName)) throw new ProtocolError('damaged')
    } catch (err) {
      if (!(err instanceof ProtocolError)) throw err
      await this.#forget()
      return { durable: undefined, lost: true }
    }
    return { lost: false, durable: this.#durable }
  }

  get #durable (): Durable | undefined {
    const hard = this.#hard
    return hard === undefined ? undefined : { hard, entries: [...this.#entries], synced: this.#synced }
  }

  #inherit (former: GroupStore | undefined): void {
    if (former === undefined) return
    for (const entry of former.#entries) this.#entries.set(entry)
    this.#hard = former.#hard
    this.#synced = former.#synced
  }

  save (save: Save): void {
    this.#queue.push(save)
    this.#writing ??= this.#write()
  }

  /** Resolves when nothing is being written. */
  async idle (): Promise<void> {
    await this.#writing
  }

  #replay (stored: Stored, stable: boolean): void {
    if (stored.hard !== undefined && stored.number >= this.#number) this.#hard = stored.hard
    this.#number = Math.max(this.#number, stored.number)
    if (stable) return
    if (stored.reset) this.#entries.clear()
    for (const entry of stored.entries) this.#entries.set(entry)
    for (const key of stored.drop) this.#entries.delete(key)
    this.#synced = stored.synced ?? this.#synced
  }

  async #forget (): Promise<void> {
    const { stable, log } = this.#init.storage
    this.#entries.clear()
    this.#hard = undefined
    this.#synced = ZERO
    this.#length = 0
    // What cannot be deleted now cannot be written either: the first save will tell.
    await Promise.allSettled([stable.delete(this.#name), log.delete(this.#logName)])
  }

  async #write (): Promise<void> {
    // what one step saves, a term and the vote in it, is made durable in one write
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      try {
        await this.#commit(batch)
        this.#init.onSaved(batch.at(-1)?.id ?? 0)
      } catch (err) {
        // What came meanwhile stands on what failed; the core says everything again.
        this.#queue = []
        this.#gap = true
        this.#init.onFailed(batch[0]?.id ?? 0, err instanceof Error ? err.message : String(err))
      }
    }
    this.#writing = undefined
  }

  async #commit (batch: readonly Save[]): Promise<void> {
    const { stable, log } = this.#init.storage
    const hard = batch.findLast(save => save.hard !== undefined)?.hard
    const parts = batch.flatMap(({ register }) => register === undefined ? [] : [register])
    if (this.#init.volatile === true) {
      for (const part of parts) this.#replay(this.#unit(part), false)
      this.#hard = hard ?? this.#hard
      return
    }
    if (parts.length === 0) {
      await stable.set(this.#name, encodeStored(this.#unit({ hard })))
      this.#hard = hard ?? this.#hard
      return
    }
    if (this.#gap && parts[0]?.reset !== true) throw new ElectionStoreError('an earlier write failed')
    const units = parts.map((part, index) => this.#unit({ ...part, hard: index === parts.length - 1 ? hard : undefined }))
    await log.append(this.#logName, units.map(encodeStored))
    this.#gap = false
    for (const unit of units) this.#replay(unit, false)
    this.#length += units.length
    if (this.#length > MAX_LOG + 2 * this.#entries.size / CHUNK) await this.#rewrite()
  }

  async #rewrite (): Promise<void> {
    const { log } = this.#init.storage
    const entries = [...this.#entries]
    const units: Stored[] = []
    for (let at = 0; at === 0 || at < entries.length; at += CHUNK) {
      units.push(this.#unit({ reset: at === 0, entries: entries.slice(at, at + CHUNK), synced: this.#synced, hard: this.#hard }))
    }
    const last = await log.append(this.#logName, units.map(encodeStored))
    await log.truncate(this.#logName, last - units.length + 1)
    this.#length = units.length
  }

  #unit (part: Partial<Stored>): Stored {
    return { hard: undefined, reset: false, entries: [], drop: [], synced: undefined, ...part, number: ++this.#number }
  }
}
