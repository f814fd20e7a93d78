/**
 * What a member of a group must remember. As long as there is only a vote and a config, one stable value; what has a part
 * of the register goes to a log, whole saves one after the other, which is rewritten when it has grown long. The newest vote
 * is now in the one, now in the other: without both, there is none.
 */
import { ElectionStoreError, ProtocolError } from '../errors.ts'
import { decodeStored, encodeStored } from '../wire/election-codec.ts'
import { Compaction } from './compaction.ts'
import { Entries } from './entries.core.ts'
import type { CompactionInit } from './compaction.ts'
import type { Durable, Entry, HardState, Rank, Save } from './types.core.ts'
import type { Storage } from '../storage/index.ts'

/** Values in the log beside those of the table itself, before it is rewritten: drawn, as all voters of a group save the same. */
const MIN_LOG = 500
const MAX_LOG = 1_000
/** Values that are read at a time. */
const PAGE = 500
const ZERO: Rank = { epoch: 0, term: 0, index: 0 }

/** One stored unit; the fields of `Stored` in election.proto. */
interface Stored {
  number: number
  hard: HardState | undefined
  reset: boolean
  entries: readonly Entry[]
  drop: readonly string[]
  synced: Rank | undefined
  /** Of the stable value: there is a log, so one that is empty was lost. */
  logged: boolean
}

export interface GroupStoreInit {
  storage: Pick<Storage, 'stable' | 'log'>
  service: string
  onSaved: (id: number) => void
  onFailed: (id: number, reason: string) => void
  /** The log cannot be rewritten for now, so it grows. All that was saved is durable. */
  onLong?: (reason: string) => void
  /** When and how a log is rewritten. `after` is drawn when left out. */
  rewrite?: Pick<CompactionInit, 'after' | 'slice' | 'again'>
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
  readonly #compaction: Compaction
  /** It was told that the log cannot be rewritten. */
  #long = false
  /** The stable value says that there is a log. */
  #logged = false
  /** What is to be forgotten, the last one last, before anything can be saved: see {@link #forget}. */
  #forgets: Array<'stable' | 'log'> = []
  /** Of what failed to be written: what says only what changed since has nothing to stand on, until all of that comes. */
  #missing: 'nothing' | 'hard' | 'register' = 'nothing'
  #queue: Save[] = []
  #writing: Promise<void> | undefined

  constructor (init: GroupStoreInit) {
    this.#init = init
    this.#name = `vote-${init.service}`
    this.#logName = `register-${init.service}`
    this.#compaction = new Compaction({
      log: init.storage.log,
      name: this.#logName,
      entries: this.#entries,
      after: MIN_LOG + Math.floor(Math.random() * (MAX_LOG - MIN_LOG)),
      ...init.rewrite,
      // the newest vote may be in what goes
      encode: entries => encodeStored(this.#unit({ entries, synced: this.#synced, hard: this.#hard }))
    })
  }

  /**
   * Before the first save. `lost`: there was something that is damaged; it has been forgotten.
   *
   * @throws what the storage throws, so nothing was forgotten, for another try, or another version, may read it
   * @throws ElectionStoreError - what is damaged cannot be forgotten; try again
   */
  async load (): Promise<{ durable: Durable | undefined, lost: boolean }> {
    if (this.#init.volatile === true) {
      this.#inherit(this.#init.former)
      return { lost: false, durable: this.#durable }
    }
    this.#clear()
    if (this.#forgets.length === 0) this.#forgets = await this.#read()
    if (this.#forgets.length === 0) return { lost: false, durable: this.#durable }
    await this.#forget()
    return { durable: undefined, lost: true }
  }

  /** Returns what is to be forgotten: all of it, when any of it is damaged, or gone. */
  async #read (): Promise<Array<'stable' | 'log'>> {
    const { stable, log } = this.#init.storage
    const damage = { stable: stable.lost.has(this.#name), log: log.lost.has(this.#logName) }
    if (!damage.stable && !damage.log) {
      const bytes = await stable.get(this.#name)
      damage.stable = bytes !== undefined && !this.#replayAll([bytes], true)
      const { first, last } = await log.bounds(this.#logName)
      for (let from = first; from <= last && !damage.log;) {
        const page = await log.read(this.#logName, from, PAGE)
        damage.log = !this.#replayAll(page.map(({ value }) => value), false) || log.lost.has(this.#logName)
        this.#compaction.length += page.length
        from = (page.at(-1)?.seq ?? last) + 1
      }
      // either is older than the other one, which is gone, may have been
      if (first <= last && bytes === undefined) damage.stable = true
      if (first > last && this.#logged) damage.log = true
    }
    if (!damage.stable && !damage.log) return []
    return damage.log ? ['stable', 'log'] : ['log', 'stable']
  }

  /** False when it cannot be read. */
  #replayAll (values: readonly Uint8Array[], stable: boolean): boolean {
    try {
      for (const value of values) this.#replay(decodeStored(value) as Stored, stable)
      return true
    } catch (err) {
      if (err instanceof ProtocolError) return false
      throw err
    }
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
    if (stable) {
      this.#logged = stored.logged
      return
    }
    if (stored.reset) this.#entries.clear()
    for (const entry of stored.entries) this.#entries.set(entry)
    for (const key of stored.drop) this.#entries.delete(key)
    this.#synced = stored.synced ?? this.#synced
  }

  #clear (): void {
    this.#entries.clear()
    this.#hard = undefined
    this.#synced = ZERO
    this.#number = 0
    this.#logged = false
    this.#compaction.reset()
  }

  /**
   * What is damaged goes last: whenever this is cut short, the next life sees that it was. Nothing is saved before all of it
   * is gone, for what is left would be the vote of the life after.
   */
  async #forget (): Promise<void> {
    const { stable, log } = this.#init.storage
    try {
      for (const part of this.#forgets) await (part === 'stable' ? stable.delete(this.#name) : log.delete(this.#logName))
    } catch (cause) {
      throw new ElectionStoreError(`what is damaged cannot be deleted: ${String(cause)}`, { cause })
    }
    this.#forgets = []
    this.#clear()
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
        await this.#compact()
      } catch (err) {
        // What came meanwhile stands on what failed; the core says everything again.
        if ([...batch, ...this.#queue].some(({ register }) => register !== undefined)) this.#missing = 'register'
        else if (this.#missing === 'nothing') this.#missing = 'hard'
        this.#queue = []
        this.#init.onFailed(batch[0]?.id ?? 0, err instanceof Error ? err.message : String(err))
      }
    }
    this.#writing = undefined
  }

  async #commit (batch: readonly Save[]): Promise<void> {
    const { log } = this.#init.storage
    const hard = batch.findLast(save => save.hard !== undefined)?.hard
    const parts = batch.flatMap(({ register }) => register === undefined ? [] : [register])
    if (this.#init.volatile === true) {
      for (const part of parts) this.#replay(this.#unit(part), false)
      this.#hard = hard ?? this.#hard
      return
    }
    if (parts.length === 0) {
      // also when the life before died between its first part of the register and saying so
      await this.#setStable(hard, this.#logged || this.#compaction.length > 0)
      if (this.#missing === 'hard') this.#missing = 'nothing'
      return
    }
    if (this.#missing !== 'nothing' && parts[0]?.reset !== true) throw new ElectionStoreError('an earlier write failed')
    // first of all: a log without a stable value is taken for half of what there was
    if (!this.#logged && this.#hard === undefined) await this.#setStable(hard, false)
    const units = parts.map((part, index) => this.#unit({ ...part, hard: index === parts.length - 1 ? hard : undefined }))
    await log.append(this.#logName, units.map(encodeStored))
    if (!this.#logged) await this.#setStable(hard ?? this.#hard, true)
    this.#missing = 'nothing'
    for (const unit of units) this.#replay(unit, false)
    this.#compaction.length += units.length
  }

  async #setStable (hard: HardState | undefined, logged: boolean): Promise<void> {
    await this.#init.storage.stable.set(this.#name, encodeStored(this.#unit({ hard, logged })))
    this.#hard = hard ?? this.#hard
    this.#logged = logged
  }

  /** Not while what is stored may be more than this node knows: a slice would take half of it back. */
  async #compact (): Promise<void> {
    if (this.#init.volatile === true || this.#missing !== 'nothing') return
    try {
      if (await this.#compaction.step()) this.#long = false
    } catch (err) {
      if (!this.#long) this.#init.onLong?.(err instanceof Error ? err.message : String(err))
      this.#long = true
    }
  }

  #unit (part: Partial<Stored>): Stored {
    return { hard: undefined, reset: false, entries: [], drop: [], synced: undefined, logged: false, ...part, number: ++this.#number }
  }
}
