import { StorageError } from '../errors.ts'
import { checkLogName } from './names.ts'
import { NEVER_WRITTEN, recoverLog } from './recovery.core.ts'
import type { LogEntry, LogStore } from './index.ts'
import type { Edges, LogState, RosterEntry } from './recovery.core.ts'

/** Seqs that are reserved at a time: one write to the roster for so many entries, and so many unused ones after a loss. */
const RESERVE = 4096
/** Bytes of values that leave in one write; what is beyond waits for the next one. */
const MAX_GROUP = 8 * 1024 * 1024

export interface PlacedEntry extends LogEntry {
  log: string
}

/** Where entries go. Calls of `commit`, `note` and `prune` never overlap. */
export interface LogBackend {
  /** All or nothing, durable when it resolves. */
  commit (entries: readonly PlacedEntry[], states: ReadonlyMap<string, LogState>): Promise<void>
  /** Durable when it resolves, and not to be lost together with what `commit` wrote. */
  note (entries: ReadonlyMap<string, RosterEntry>): Promise<void>
  /** Intact entries with `from <= seq <= to`, at most `limit`, in order. Corrupt ones are left out. */
  range (log: string, from: number, to: number, limit: number): Promise<LogEntry[]>
  /** Frees entries with `from <= seq < before`; they are out of sight already, so this need not be durable. */
  prune (log: string, from: number, before: number): Promise<void>
  /** Lowest and highest seq at or above `from`, whether intact or not. */
  edges (log: string, from: number): Promise<Edges | undefined>
}

/** What a backend found when it was opened. */
export interface LogContent {
  states: Map<string, LogState | 'corrupt'>
  roster: Map<string, RosterEntry>
  /** Acknowledged writes are missing, and it is not known of which logs. */
  damaged: boolean
}

interface Change {
  log: string
  kind: 'append' | 'truncate' | 'delete' | 'forget'
  values: readonly Uint8Array[]
  bytes: number
  before: number
  resolve (last: number): void
  reject (err: unknown): void
}

/** Every durable {@link LogStore}: one writer, which takes all changes that have gathered and makes them in one commit. */
export class GroupLogStore<B extends LogBackend = LogBackend> implements LogStore {
  readonly lost = new Set<string>()
  protected readonly backend: B
  protected readonly states = new Map<string, LogState>()
  protected readonly roster = new Map<string, RosterEntry>()
  /** Below this seq everything was freed already. */
  protected readonly pruned = new Map<string, number>()
  private queue: Change[] = []
  private writer: Promise<void> | undefined
  protected notes: Promise<void> = Promise.resolve()
  private closed = false

  /** Over a backend that has nothing yet. */
  constructor (backend: B) {
    this.backend = backend
  }

  /** Compares what was found, marks what is lost, and resolves when those marks are durable. */
  static async open<B extends LogBackend> (this: new (backend: B) => GroupLogStore<B>, backend: B, content: LogContent): Promise<GroupLogStore<B>> {
    const store = new this(backend)
    const states = new Map<string, LogState>()
    const notes = new Map<string, RosterEntry>()

    for (const name of [...new Set([...content.states.keys(), ...content.roster.keys()])].sort()) {
      const state = content.states.get(name)
      const roster = content.roster.get(name)
      const from = state == null || state === 'corrupt' ? 1 : state.first
      const found = recoverLog({ state, roster, edges: await backend.edges(name, from) }, content.damaged)
      store.states.set(name, found.state)
      store.roster.set(name, found.roster)
      if (found.state !== state) { states.set(name, found.state) }
      if (found.roster.lost !== (roster?.lost ?? false)) { notes.set(name, found.roster) }
      if (found.roster.lost) { store.lost.add(name) }
    }
    if (notes.size > 0) { await backend.note(notes) }
    if (states.size > 0) { await backend.commit([], states) }
    return store
  }

  async append (log: string, values: readonly Uint8Array[]): Promise<number> {
    const copies = values.map(value => new Uint8Array(value))
    return await this.change(log, { kind: 'append', values: copies })
  }

  async truncate (log: string, before: number): Promise<void> {
    if (Number.isNaN(before)) {
      throw new StorageError(`cannot truncate "${log}" before NaN`)
    }
    await this.change(log, { kind: 'truncate', before: Math.ceil(before) })
  }

  async delete (log: string, { forever = false }: { forever?: boolean } = {}): Promise<void> {
    await this.change(log, { kind: forever ? 'forget' : 'delete' })
  }

  async read (log: string, from: number, limit: number): Promise<LogEntry[]> {
    this.check(log)
    const { first, last } = this.state(log)
    const start = Math.max(Math.ceil(from), first)
    const count = Math.min(Math.floor(limit), last - start + 1)
    if (!(count > 0)) {
      return []
    }
    try {
      const entries = await this.backend.range(log, start, last, count)
      const end = entries.length < count ? last : entries.at(-1)?.seq ?? last
      await this.verify(log, entries, start, end)
      return entries
    } catch (err) {
      throw new StorageError(`could not read the log "${log}": ${err instanceof Error ? err.message : String(err)}`, { cause: err })
    }
  }

  async bounds (log: string): Promise<{ first: number, last: number }> {
    this.check(log)
    const { first, last } = this.state(log)
    return { first, last }
  }

  async logs (): Promise<string[]> {
    this.checkOpen()
    return [...this.states].filter(([, state]) => !state.deleted).map(([name]) => name).sort()
  }

  /** Refuses new work and resolves when what was under way has ended, well or not. */
  async close (): Promise<void> {
    this.closed = true
    await this.writer
    await this.notes
  }

  private checkOpen (): void {
    if (this.closed) {
      throw new StorageError('the storage is closed')
    }
  }

  private check (log: string): void {
    this.checkOpen()
    checkLogName(log)
  }

  protected state (log: string): LogState {
    return this.states.get(log) ?? NEVER_WRITTEN
  }

  /** Says so when an entry between `start` and `end` is not there and was not truncated while it was read. */
  private async verify (log: string, entries: readonly LogEntry[], start: number, end: number): Promise<void> {
    const from = Math.max(start, this.state(log).first)
    const there = entries.filter(entry => entry.seq >= from).length
    if (end - from + 1 > there && !this.lost.has(log) && this.states.has(log)) {
      this.lost.add(log)
      await this.note([[log, { lost: true }]])
    }
  }

  private async change (log: string, change: Partial<Change> & Pick<Change, 'kind'>): Promise<number> {
    this.check(log)
    const values = change.values ?? []
    const bytes = values.reduce((sum, value) => sum + value.length, 0)
    return await new Promise((resolve, reject) => {
      this.queue.push({ log, before: 0, ...change, values, bytes, resolve, reject })
      this.writer ??= this.drain()
    })
  }

  private async drain (): Promise<void> {
    // changes made in the same turn of the event loop leave together
    await Promise.resolve()
    while (this.queue.length > 0) {
      const group = this.takeGroup()
      let results: number[]
      try {
        results = await this.apply(group)
      } catch (err) {
        const failure = writeError(err)
        group.forEach(change => { change.reject(failure) })
        continue
      }
      // what was committed is made, whether or not that can be noted
      const unmended = await this.mend(group).catch(writeError)
      const isMade = ({ kind, log }: Change): boolean => unmended == null || !isDelete(kind) || !this.lost.has(log)
      group.forEach((change, i) => {
        if (isMade(change)) { change.resolve(results[i] ?? 0) } else { change.reject(unmended) }
      })
      await this.prune(group)
      await this.forget(group.filter(change => change.kind === 'forget' && isMade(change)).map(({ log }) => log))
    }
    this.writer = undefined
  }

  private takeGroup (): Change[] {
    let bytes = 0
    const end = this.queue.findIndex((change, i) => {
      bytes += change.bytes
      return i > 0 && bytes > MAX_GROUP
    })
    return this.queue.splice(0, end === -1 ? this.queue.length : end)
  }

  /** Nothing of `states` changes before the commit has succeeded: a failed group leaves no hole. */
  private async apply (group: readonly Change[]): Promise<number[]> {
    const states = new Map<string, LogState>()
    const entries: PlacedEntry[] = []
    const results: number[] = []

    for (const change of group) {
      const state = { ...(states.get(change.log) ?? this.state(change.log)) }
      for (const value of change.values) {
        state.deleted = false
        entries.push({ log: change.log, seq: ++state.last, value })
      }
      if (change.kind === 'truncate') {
        state.first = Math.max(state.first, Math.min(change.before, state.last + 1))
      } else if (change.kind !== 'append') {
        state.first = state.last + 1
        state.deleted = true
      }
      results.push(state.last)
      states.set(change.log, state)
    }

    const changed = new Map([...states].filter(([log, state]) => differs(state, this.state(log))))
    if (changed.size > 0) {
      await this.reserve(changed)
      await this.backend.commit(entries.filter(entry => entry.seq >= (states.get(entry.log) as LogState).first), changed)
      changed.forEach((state, log) => { this.states.set(log, state) })
    }
    return results
  }

  /**
   * Raises ceilings ahead of the seqs. The state of a new log is written before its ceiling: then a ceiling without a
   * state can only mean that the state was lost.
   */
  private async reserve (changed: ReadonlyMap<string, LogState>): Promise<void> {
    const short = [...changed].filter(([log, state]) => state.last > (this.roster.get(log)?.ceiling ?? 0))
    const fresh = short.filter(([log]) => !this.states.has(log))
    if (fresh.length > 0) {
      await this.backend.commit([], new Map(fresh.map(([log]) => [log, NEVER_WRITTEN])))
      fresh.forEach(([log]) => { this.states.set(log, NEVER_WRITTEN) })
    }
    await this.note(short.map(([log, state]) => [log, { ceiling: state.last + RESERVE }]))
  }

  /** What was deleted lacks nothing any more. Before it is forgotten: a ceiling without a state would say that it was lost. */
  private async mend (group: readonly Change[]): Promise<void> {
    const mended = new Set(group.filter(({ log, kind }) => isDelete(kind) && this.lost.has(log)).map(({ log }) => log))
    await this.note([...mended].map(log => [log, { lost: false }]))
    for (const log of mended) { this.lost.delete(log) }
  }

  /** In one write, and one after the other, each on top of the last one that succeeded. */
  private async note (patches: ReadonlyArray<[log: string, patch: Partial<RosterEntry>]>): Promise<void> {
    if (patches.length === 0) { return }
    const noted = this.notes.then(async () => {
      const entries = new Map(patches.map(([log, patch]) => [log, { ceiling: 0, lost: false, ...this.roster.get(log), ...patch }]))
      await this.backend.note(entries)
      for (const [log, entry] of entries) { this.roster.set(log, entry) }
    })
    this.notes = noted.catch(() => {})
    await noted
  }

  private async prune (group: readonly Change[]): Promise<void> {
    for (const log of new Set(group.filter(change => change.kind !== 'append').map(change => change.log))) {
      const { first } = this.state(log)
      const from = this.pruned.get(log) ?? 0
      if (first > from) {
        // what could not be freed now is tried again at the next truncation
        await this.backend.prune(log, from, first).then(() => { this.pruned.set(log, first) }, () => {})
      }
    }
  }

  /** Of logs that were deleted for good nothing need be known. */
  protected async forget (logs: readonly string[]): Promise<void> {
    void logs
  }
}

function isDelete (kind: Change['kind']): boolean {
  return kind === 'delete' || kind === 'forget'
}

function writeError (err: unknown): StorageError {
  return new StorageError(`could not write the log: ${err instanceof Error ? err.message : String(err)}`, { cause: err })
}

function differs (a: LogState, b: LogState): boolean {
  return a.first !== b.first || a.last !== b.last || a.deleted !== b.deleted
}
